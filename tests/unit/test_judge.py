"""The whole verdict stage on a small synthetic print, and on the report's own."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.performance.significance import judge_stars
from medlead.performance.trusts import printed_correlations
from medlead.verdicts.judge import Verdicts, judge, judge_marks, printed_cells
from medlead.verdicts.relations import DeclarationError
from medlead.writing import read_csv

PUBLISHED = Path(__file__).parents[2] / "data" / "published"

ITEMS = pd.DataFrame(
    {
        "item": ["table-01", "table-02", "figure-01"],
        "evidence": ["printed-records", "printed-aggregates", "conceptual"],
        "scope": ["in", "in", "out"],
    }
)
CELLS = pd.DataFrame(
    [
        ("table-01", "a", "n", "1", "count", "1", "1"),
        ("table-01", "b", "n", "2", "count", "1", "2"),
        ("table-02", "Total", "n", "3", "count", "1", "3"),
        ("table-02", "m / stars", "s", "*", "stars", "1", "4"),
    ],
    columns=["item", "row", "column", "text", "kind", "section", "line"],
)
DECLARED: dict[str, Any] = {
    "outside": [{"item": "table-01", "rows": ["b"]}],
    "relations": [
        {
            "relation": "sum",
            "kind": "total",
            "says": "Parts and whole.",
            "parts": {"item": "table-01"},
            "total": {"item": "table-02", "rows": ["Total"]},
        }
    ],
}
REBUILT = pd.DataFrame(
    {"row": ["a"], "column": ["n"], "text": ["1"], "evidence": ["printed-records"]}
)


def significance(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["measure", "tail", "implied", "match"])
    return frame.assign(scale="s")


def small(**changes: Any) -> Verdicts:
    arguments = {
        "items": ITEMS,
        "cells": CELLS,
        "declarations": DECLARED,
        "tables": {"table-01": REBUILT},
        "significance": significance(("m", "two-sided", "*", "exact")),
        "marked_item": "table-02",
    }
    return judge(**(arguments | changes))


def test_the_headline_counts_add_up() -> None:
    found = small()
    summary = found.summary
    assert summary["cells_total"] == len(CELLS) == sum(summary["cells_by_verdict"].values())
    assert set(summary["cells_by_verdict"]) == set(Verdict)
    assert set(summary["cells_by_reason"]) == set(Reason)
    crossed = summary["cells_by_verdict_and_evidence"]
    assert sum(entry["cells"] for entry in crossed) == len(CELLS)
    assert summary["cells_by_verdict"] == {
        "agrees": 2,
        "agrees-by-rounding": 0,
        "agrees-by-construction": 1,
        "differs": 0,
        "not-derivable": 1,
    }
    assert summary["cells_by_reason"]["outside-information"] == 1
    assert (summary["items_total"], summary["items_in_scope"]) == (3, 2)
    assert (summary["relations_total"], summary["relations_failing"]) == (1, 0)
    assert summary["items_with_verdict"] == 2


def test_a_print_without_relations_or_marks_is_judged_too() -> None:
    found = small(declarations={"outside": [], "relations": []}, significance=significance())
    assert found.summary["relations_total"] == 0
    assert found.summary["cells_by_verdict"]["not-derivable"] == 3
    assert found.audit.empty


def test_a_wrong_total_moves_from_agreement_to_conflict() -> None:
    wrong = CELLS.assign(text=["1", "2", "4", "*"])
    found = small(cells=wrong)
    assert found.summary["relations_failing"] == 1
    assert found.audit["check"].tolist() == ["sum"]
    by_row = found.cells.set_index("row")
    assert by_row.loc["Total", "reason"] == Reason.CONFLICTING_EVIDENCE
    assert by_row.loc["a", "verdict"] == Verdict.AGREES_BY_CONSTRUCTION


def test_a_declaration_that_does_not_fit_stops_the_stage() -> None:
    misfit = {"outside": [{"item": "table-09"}], "relations": []}
    with pytest.raises(DeclarationError, match="outside"):
        small(declarations=misfit)


def test_a_cell_of_an_unregistered_item_stops_the_stage() -> None:
    with pytest.raises(KeyError):
        small(items=ITEMS[ITEMS["item"] != "table-02"])


# --- marks ----------------------------------------------------------------------------


def test_the_tail_that_explains_more_marks_judges_all() -> None:
    rows = [
        ("a", "two-sided", "*", "no"),
        ("b", "two-sided", "", "exact"),
        ("c", "two-sided", "**", "no"),
        ("a", "one-sided", "**", "exact"),
        ("b", "one-sided", "*", "within rounding"),
        ("c", "one-sided", "", "no"),
    ]
    marks = judge_marks(significance(*rows), "table-28")
    assert set(marks) == {("table-28", f"{m} / stars", "s") for m in "abc"}
    verdicts = {key[1][0]: mark for key, mark in marks.items()}
    assert verdicts["a"].verdict == Verdict.AGREES
    assert verdicts["b"].verdict == Verdict.AGREES_BY_ROUNDING
    assert (verdicts["c"].verdict, verdicts["c"].reason) == (Verdict.DIFFERS, Reason.TEST_DIFFERS)
    assert verdicts["c"].rebuilt == "no star"
    assert all("one-sided" in mark.rule for mark in marks.values())


@pytest.mark.parametrize("match", ["exact", "no"])
def test_a_tie_between_tails_goes_to_the_conventional_test(match: str) -> None:
    rows = [("a", tail, "*", match) for tail in ("one-sided", "two-sided")]
    (mark,) = judge_marks(significance(*rows), "t").values()
    assert mark.rule.startswith("two-sided")


def test_no_marks_at_all() -> None:
    assert judge_marks(significance(), "t") == {}


# --- the report's own print -----------------------------------------------------------


@pytest.fixture(scope="module")
def published() -> Verdicts:
    cells = read_csv(PUBLISHED / "cells.csv")
    return judge(
        items=read_csv(PUBLISHED / "items.csv"),
        cells=cells,
        declarations=yaml.safe_load((PUBLISHED / "relations.yaml").read_text(encoding="utf-8")),
        tables={},
        significance=judge_stars(printed_correlations(cells)),
    )


def test_every_printed_cell_has_one_verdict_in_print_order(published: Verdicts) -> None:
    cells = read_csv(PUBLISHED / "cells.csv")
    keys = ["item", "row", "column"]
    assert published.cells[keys].to_numpy().tolist() == cells[keys].to_numpy().tolist()
    assert published.cells["printed"].tolist() == cells["text"].tolist()


def test_verdict_reason_and_evidence_are_of_the_vocabulary(published: Verdicts) -> None:
    for row in published.cells.to_dict("records"):
        EvidenceClass(row["evidence"])
        verdict = Verdict(row["verdict"])
        if verdict in (Verdict.DIFFERS, Verdict.NOT_DERIVABLE):
            Reason(row["reason"])
        else:
            assert row["reason"] == ""
            assert row["rule"]
        if verdict is Verdict.DIFFERS:
            assert row["rebuilt"] != row["printed"]
        if verdict is Verdict.NOT_DERIVABLE:
            assert row["rebuilt"] == ""


def test_every_failing_relation_and_every_wrong_mark_is_a_finding(published: Verdicts) -> None:
    failing = published.relations.loc[published.relations["outcome"] == "fails", "instance"]
    marks = (published.cells["reason"] == str(Reason.TEST_DIFFERS)).sum()
    assert sorted(published.audit["check"]) == sorted([*failing, *["marks"] * marks])
    assert published.audit["finding"].is_unique


def test_every_difference_is_explained_by_a_finding(published: Verdicts) -> None:
    lines = set(published.audit["line"])
    cells = read_csv(PUBLISHED / "cells.csv", line="int64")
    differing = cells[(published.cells["verdict"] == str(Verdict.DIFFERS)).to_numpy()]
    assert set(differing["line"]) <= lines


def test_printed_cells_keep_order_and_empty_text() -> None:
    cells = printed_cells(CELLS.assign(text=["", "2", "3", "*"]))
    assert [c.text for c in cells] == ["", "2", "3", "*"]
    assert cells[0].key == ("table-01", "a", "n")
