"""The verdict stage as one function: cells, relations, audit and headline counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.verdicts.audit import audit_frame
from medlead.verdicts.compare import Judgement, judge_cells, rebuilt_cells, relation_frame
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
    summary: dict[str, Any]


def printed_cells(cells: pd.DataFrame) -> list[Cell]:
    """The printed cells as the relations engine reads them, in print order."""
    columns = (cells[c].astype(str) for c in ("item", "row", "column", "text", "kind"))
    return [Cell((i, r, c), t, k) for i, r, c, t, k in zip(*columns, strict=True)]


def judge_marks(significance: pd.DataFrame, item: str) -> dict[Key, Judgement]:
    """The verdict on each printed significance mark.

    The report does not name its test, so the tail under which more of its marks
    follow is taken for all of them, and said in `rule`. A mark that only
    another r within the rounding interval gives agrees by rounding.
    """
    if significance.empty:
        return {}
    matched = (significance["match"] != "no").groupby(significance["tail"]).sum()
    # A tie would favour the conventional two-sided test.
    tail = max(matched.index, key=lambda t: (matched[t], t == "two-sided"))
    marks = {}
    for row in significance[significance["tail"] == tail].to_dict("records"):
        key = (item, f"{row['measure']}{STARS_SUFFIX}", row["scale"])
        verdict, reason, rule = {
            "exact": (Verdict.AGREES, None, f"{tail} t test"),
            "within rounding": (Verdict.AGREES_BY_ROUNDING, None, f"{tail} t test, r rounded"),
        }.get(row["match"], (Verdict.DIFFERS, Reason.TEST_DIFFERS, f"{tail} t test"))
        implied = str(row["implied"]) or "no star"
        marks[key] = Judgement(verdict, EvidenceClass.PRINTED_AGGREGATES, implied, rule, reason)
    return marks


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
    return Verdicts(judged, relations, audit, headline(items, judged, relations, tables))


def headline(
    items: pd.DataFrame,
    judged: pd.DataFrame,
    relations: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
) -> dict[str, Any]:
    """The counts that the page and the README quote.

    `items_rebuilt` counts tables with at least one rebuilt cell, from records or
    from other printed figures.
    """
    crossed = judged.groupby(["verdict", "evidence"]).size()
    rebuilt = judged[judged["verdict"] != str(Verdict.NOT_DERIVABLE)]
    return {
        "cells_total": len(judged),
        "cells_by_verdict": {str(v): int((judged["verdict"] == str(v)).sum()) for v in Verdict},
        "cells_by_verdict_and_evidence": [
            {"verdict": r["verdict"], "evidence": r["evidence"], "cells": int(r["cells"])}
            for r in crossed.reset_index(name="cells").to_dict("records")
        ],
        "cells_by_reason": {str(r): int((judged["reason"] == str(r)).sum()) for r in Reason},
        "items_total": len(items),
        "items_in_scope": int((items["scope"] == "in").sum()),
        "items_rebuilt": len(set(tables)),
        "items_with_verdict": int(rebuilt["item"].nunique()),
        "relations_total": len(relations),
        "relations_holding": int((relations["outcome"] == "holds").sum()),
        "relations_failing": int((relations["outcome"] == "fails").sum()),
    }
