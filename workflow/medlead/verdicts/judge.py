"""The verdict stage as one function: cells, relations, audit and headline counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.verdicts.audit import audit_frame
from medlead.verdicts.compare import (
    ARITHMETIC,
    REPEATED,
    TESTED,
    Judgement,
    judge_cells,
    rebuilt_cells,
    relation_frame,
)
from medlead.verdicts.mends import smallest_mends
from medlead.verdicts.relations import (
    Cell,
    Key,
    expand,
    numeric_values,
    select,
    test_instance,
)

STARS_SUFFIX = " / stars"


@dataclass(frozen=True)
class Verdicts:
    """What the verdict stage finds."""

    cells: pd.DataFrame
    relations: pd.DataFrame
    audit: pd.DataFrame
    methods: pd.DataFrame
    summary: dict[str, Any]


def printed_cells(cells: pd.DataFrame) -> list[Cell]:
    """The printed cells as the relations engine reads them, in print order."""
    columns = (cells[c].astype(str) for c in ("item", "row", "column", "text", "kind"))
    return [Cell((i, r, c), t, k) for i, r, c, t, k in zip(*columns, strict=True)]


def judge_marks(significance: pd.DataFrame, item: str) -> dict[Key, Judgement]:
    """The verdict on each printed significance mark, over all declared tests.

    The report names no test. A mark agrees only where every declared test gives
    it (by rounding where one of them needs another r within the rounding
    interval); where some do and some do not, it depends on the test; where none
    does, it differs.
    """
    marks = {}
    cells = significance.groupby(["measure", "scale"], sort=False)
    for (measure, scale), tests in cells:
        matches = set(tests["match"])
        implied = [
            f"{mark or 'no star'} ({tail})"
            for mark, tail in zip(tests["implied"], tests["tail"], strict=True)
        ]
        reason = None
        rule = f"{TESTED}: t of r, {' and '.join(tests['tail'])}"
        if matches == {"exact"}:
            verdict = Verdict.AGREES
        elif "no" not in matches:
            verdict = Verdict.AGREES_BY_ROUNDING
        elif matches == {"no"}:
            verdict, reason = Verdict.DIFFERS, Reason.TEST_DIFFERS
        else:
            fitting = tests.loc[tests["match"] != "no", "tail"]
            verdict, reason = Verdict.NOT_DERIVABLE, Reason.DEPENDS_ON_TEST
            rule = f"{TESTED}: t of r, only {' and '.join(fitting)}"
        same = len({text.split(" (")[0] for text in implied}) == 1
        shown = implied[0].split(" (")[0] if same else ", ".join(implied)
        marks[(item, f"{measure}{STARS_SUFFIX}", str(scale))] = Judgement(
            verdict, EvidenceClass.PRINTED_AGGREGATES, shown, rule, reason
        )
    return marks


def tried_methods(significance: pd.DataFrame, item: str) -> pd.DataFrame:
    """Every declared test of every mark, with its result and the number of tries for that mark.

    Columns `item,row,column,method,result,match,tries`: a match is worth less the
    more was tried.
    """
    tries = significance.groupby(["measure", "scale"])["tail"].transform("size")
    return pd.DataFrame(
        {
            "item": item,
            "row": significance["measure"] + STARS_SUFFIX,
            "column": significance["scale"],
            "method": "t of r, " + significance["tail"],
            "result": [mark or "no star" for mark in significance["implied"]],
            "match": significance["match"],
            "tries": tries,
        }
    )


def judge(
    *,
    items: pd.DataFrame,
    cells: pd.DataFrame,
    declarations: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    significance: pd.DataFrame,
    marked_item: str = "table-28",
) -> Verdicts:
    """Judge every printed cell (report chapters 3 to 6).

    `items` and `cells` are the published registers, `declarations` the relations,
    `tables` the rebuilt tables by item, `significance` the judged marks of
    `marked_item`. Raises DeclarationError where a declaration does not fit the
    print, KeyError for a cell of an unregistered item.
    """
    printed = printed_cells(cells)
    texts = {c.key: c.text for c in printed}
    values = numeric_values(printed)
    outcomes = [test_instance(i, values, texts) for i in expand(declarations["relations"], printed)]
    mends, unresolved = smallest_mends(outcomes, values, texts)
    outside = frozenset(
        c.key for s in declarations["outside"] for c in select(printed, s, "outside")
    )
    judged = judge_cells(
        printed,
        item_evidence={
            i: EvidenceClass(e) for i, e in zip(items["item"], items["evidence"], strict=True)
        },
        rebuilt=rebuilt_cells({k: v for k, v in tables.items() if k != marked_item}),
        marks=judge_marks(significance, marked_item),
        outcomes=outcomes,
        mends=mends,
        unresolved=unresolved,
        outside=outside,
    )
    relations = relation_frame(outcomes)
    audit = audit_frame(outcomes, mends, unresolved, judged, cells)
    return Verdicts(
        cells=judged,
        relations=relations,
        audit=audit,
        methods=tried_methods(significance, marked_item),
        summary=headline(items, judged, relations, tables),
    )


def headline(
    items: pd.DataFrame,
    judged: pd.DataFrame,
    relations: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
) -> dict[str, Any]:
    """The counts that the page and the README quote.

    `agreements_by_basis` splits the agreements by what they rest on: arithmetic on
    other cells, a significance test, or a number that is merely printed twice.
    Items are the report's tables and figures; `items_rebuilt` counts those whose
    own cells were laid out again from records.
    """
    crossed = judged.groupby(["verdict", "evidence"]).size()
    agreeing = judged[judged["verdict"].isin([Verdict.AGREES, Verdict.AGREES_BY_ROUNDING])]
    basis = agreeing["rule"].str.split(":", n=1).str[0]
    numbered = items[items["item"].str.match(r"(?:table|figure)-\d")]
    laid_out = {item for item in tables if (judged["item"] == item).any()}
    by_construction = judged[judged["verdict"] == str(Verdict.AGREES_BY_CONSTRUCTION)]
    return {
        "cells_total": len(judged),
        "cells_by_verdict": {str(v): int((judged["verdict"] == str(v)).sum()) for v in Verdict},
        "cells_by_verdict_and_evidence": [
            {"verdict": r["verdict"], "evidence": r["evidence"], "cells": int(r["cells"])}
            for r in crossed.reset_index(name="cells").to_dict("records")
        ],
        "cells_by_reason": {str(r): int((judged["reason"] == str(r)).sum()) for r in Reason},
        "agreements_by_basis": {
            str(name): int((basis == name).sum()) for name in (ARITHMETIC, TESTED, REPEATED)
        },
        "items_total": len(numbered),
        "items_in_scope": int((numbered["scope"] == "in").sum()),
        "items_rebuilt": len(laid_out & set(by_construction["item"])),
        "items_with_verdict": int(
            judged.loc[judged["verdict"] != str(Verdict.NOT_DERIVABLE), "item"].nunique()
        ),
        "relations_total": len(relations),
        "relations_holding": int((relations["outcome"] == "holds").sum()),
        "relations_failing": int((relations["outcome"] == "fails").sum()),
    }
