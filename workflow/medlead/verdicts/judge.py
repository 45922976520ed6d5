"""The verdict stage as one function: cells, relations, audit and headline counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.printed import STARS
from medlead.verdicts.audit import audit_frame, with_told_again
from medlead.verdicts.bounded import told_of_bounds
from medlead.verdicts.causes import told_conflicts
from medlead.verdicts.compare import judge_cells, rebuilt_cells, relation_frame
from medlead.verdicts.declared import expand, select
from medlead.verdicts.findings import BETWEEN_CHECKS
from medlead.verdicts.judgement import (
    ARITHMETIC,
    COPIED,
    FROM_RECORDS,
    HELD,
    NAMED,
    REPEATED,
    SOLVED,
    TESTED,
    Judgement,
)
from medlead.verdicts.labels import label_checks, label_findings
from medlead.verdicts.marks_alike import alike_marks
from medlead.verdicts.mends import smallest_mends
from medlead.verdicts.relations import Key, numeric_values, printed_cells, test_instance
from medlead.verdicts.repeated import judge_repeats
from medlead.verdicts.respondents import site_findings
from medlead.verdicts.solved import Solved, in_order, solved_judgements
from medlead.verdicts.statements import told_of_names, told_of_statements


@dataclass(frozen=True)
class Verdicts:
    """What the verdict stage finds."""

    cells: pd.DataFrame
    relations: pd.DataFrame
    audit: pd.DataFrame
    repeated: pd.DataFrame
    summary: dict[str, Any]


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
        marks[(item, f"{measure}{STARS}", str(scale))] = Judgement(
            verdict, EvidenceClass.PRINTED_AGGREGATES, shown, rule, reason
        )
    return marks


def judge(
    *,
    items: pd.DataFrame,
    cells: pd.DataFrame,
    declarations: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    significance: pd.DataFrame,
    marked_item: str = "table-28",
    survey_check: pd.DataFrame | None = None,
    survey_slack: pd.DataFrame | None = None,
    survey_sets: pd.DataFrame | None = None,
    site_conflicts: pd.DataFrame | None = None,
    survey_margins: Mapping[str, Any] | None = None,
    statements: pd.DataFrame | None = None,
    group_sizes: pd.DataFrame | None = None,
    scale_names: pd.DataFrame | None = None,
    identified: pd.DataFrame | None = None,
    captions: pd.DataFrame | None = None,
    repeated: pd.DataFrame | None = None,
) -> Verdicts:
    """Judge every printed cell (report chapters 3 to 6).

    `items` and `cells` are the published registers, `declarations` the relations,
    `tables` the rebuilt tables by item, `significance` the judged marks of
    `marked_item`. Where records were solved to the print, `survey_check` tells which
    printed cells they meet, `survey_slack` and `survey_sets` which cells cannot all hold,
    `site_conflicts` what known records have against the rest, and `survey_margins` the
    words for it; a study has none of these. Where doctors were held to printed statements,
    `statements` tells which hold of them, `group_sizes` which sizes the printed percentages
    allow, and `scale_names` how the print names the scales. `identified` tells the bounds of
    printed coefficients over all that hidden records can be. `captions` are those of tables and
    figures, `repeated` the places of what the report says more than once. What bears on one cell
    is asked in the order of `in_order`: bounds, names, statements, solved records. Tables of the
    class `study` are not held against the print, which is about other records. Raises
    DeclarationError where a declaration does not fit the print, KeyError for a cell of an
    unregistered item, ValueError for a rebuilt or checked cell that is printed nowhere, or for
    what is told by a finding that there is not.
    """
    printed = printed_cells(cells)
    texts = {c.key: c.text for c in printed}
    values = numeric_values(printed)
    instances = expand(declarations["relations"], printed)
    outcomes = [test_instance(i, values, texts) for i in instances]
    mends, unresolved = smallest_mends(outcomes, values, texts)

    def named(key: str) -> frozenset[Key]:
        chosen = declarations.get(key, ())
        return frozenset(c.key for s in chosen for c in select(printed, s, key))

    item_evidence = {
        i: EvidenceClass(e) for i, e in zip(items["item"], items["evidence"], strict=True)
    }
    # A study's own records are about other organisations, and its tables have other cells.
    own = {k for k, v in tables.items() if (v["evidence"] == str(EvidenceClass.STUDY)).any()}
    compared = {k: v for k, v in tables.items() if k not in own}
    # Of the marked table only what was solved stands for printed cells; its marks are judged apart.
    solved_only = {
        k: v[v["evidence"] == str(EvidenceClass.RECONSTRUCTED)] if k == marked_item else v
        for k, v in compared.items()
    }
    rebuilt = rebuilt_cells(solved_only)
    from_solved = {k: text for k, (text, e) in rebuilt.items() if e is EvidenceClass.RECONSTRUCTED}
    # Definitions in our words are no values to be compared; names are, by themselves.
    told_again = {k for k, (_, e) in rebuilt.items() if e is EvidenceClass.CONCEPTUAL}
    engagement = (
        told_of_statements(statements, group_sizes, printed),
        told_of_names(scale_names, printed, statements),
    )
    from_records = solved_judgements(
        printed,
        item_evidence,
        check=survey_check,
        slack=survey_slack,
        sets=survey_sets,
        rebuilt=from_solved,
    )
    # From what says most to what says least: see `in_order`.
    solved = in_order(
        told_of_bounds(identified, printed),
        *(Solved(found.conflicts, found.met) for found in reversed(engagement)),
        from_records,
    )
    judged = judge_cells(
        printed,
        item_evidence=item_evidence,
        rebuilt={k: v for k, v in rebuilt.items() if k not in {*from_solved, *told_again}},
        marks=judge_marks(significance, marked_item),
        outcomes=outcomes,
        mends=mends,
        unresolved=unresolved,
        outside=named("outside"),
        stated_once=named("stated_once"),
        elsewhere=frozenset(own),
        solved=solved,
    )
    relations = relation_frame(outcomes)
    margins = survey_margins or {}
    told = told_conflicts(margins)
    others = [
        *site_findings(site_conflicts, margins, told, printed),
        *(finding for found in engagement for finding in found.findings),
    ]
    others += label_findings(captions, items, {f.check for f in others})
    failing = (o.instance.name for o in outcomes if not o.holds)
    checks = (c for finding in others for c in finding.check.split(BETWEEN_CHECKS))
    repeats = judge_repeats(repeated, told={*failing, *checks})
    audit = audit_frame(
        outcomes,
        mends,
        unresolved,
        judged,
        cells,
        solved=solved,
        told=told,
        others=[*others, *repeats.findings],
        alike=alike_marks(significance, marked_item),
    )
    audit = with_told_again(audit, repeats.again)
    # What is held against what is the print in each of them, whatever records there are.
    of_print = {"evidence": str(EvidenceClass.PRINTED_AGGREGATES)}
    return Verdicts(
        cells=judged,
        relations=relations.assign(**of_print),
        audit=audit.assign(**of_print),
        repeated=repeats.frame,
        summary=headline(items, judged, relations, compared)
        | {"labels_checked": label_checks(captions)}
        | repeats.summary,
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
    `by_construction_from` splits what agrees by construction, which is no agreement, by
    whether a record was copied from the print, solved or held to it.
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
        "by_construction_from": {
            name: int((by_construction["rule"] == name).sum())
            for name in (COPIED, SOLVED, FROM_RECORDS, HELD, NAMED)
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
