"""Known records against the survey they should be part of, on a small made-up case."""

from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from medlead.evidence import CERTAIN, CONDITIONAL
from medlead.verdicts.causes import Told, find_causes, together, told_conflicts
from medlead.verdicts.findings import Finding, Severity
from medlead.verdicts.places import place, places
from medlead.verdicts.relations import Cell
from medlead.verdicts.respondents import site_findings
from medlead.verdicts.solved import Solved

MARGINS = Path(__file__).parents[2] / "config" / "instruments" / "margins.yaml"

DECLARED: dict[str, Any] = {
    "variables": {"size": {"also": [9.5]}},
    "sites": {
        "key": "site",
        "condition": "They all answered.",
        "columns": [
            {"column": "kind", "of": "kind", "shown": ["t", "Kind"]},
            {
                "column": "where",
                "of": "region",
                "shown": ["t", "Where"],
                "levels": {"Coast": ["East Coast", "West Coast"], "Up": "North"},
            },
            {"column": "size", "of": "size", "shown": ["t", "Size"]},
            {"column": "beds", "of": "size", "shown": ["t", "Beds"]},
        ],
    },
    "scenarios": [
        {"scenario": "none", "sites": "none"},
        {"scenario": "fixed", "sites": "all"},
        {"scenario": "open", "sites": "all", "free": [["t", "A", "Kind"]]},
        {"scenario": "no A", "sites": "all", "without": "A"},
        {"scenario": "no B", "sites": "all", "without": "B"},
        {"scenario": "no C", "sites": "all", "without": "C"},
    ],
}
CELLS = [
    Cell(("t", site, column), text, "label")
    for site, texts in {
        "A": ("new", "Up", "4", "9.5"),
        "B": ("old", "Coast", "5", "9.5"),
        "C": ("old", "Up", "5", "1"),
        "D": ("old", "Up", "5", "2"),
    }.items()
    for column, text in zip(("Kind", "Where", "Size", "Beds"), texts, strict=True)
]
TOTALS = {"none": 2, "fixed": 12, "open": 7, "no A": 6, "no B": 10, "no C": 10, "last": 4}


def conflicts(*needed: tuple[str, str, str]) -> pd.DataFrame:
    """What the solver writes: the totals of all scenarios, and the last with these cells."""
    rows = [(name, str(total), "s", "row", "n", "in some") for name, total in TOTALS.items()]
    rows += [("last", "4", "t", site, column, how) for site, column, how in needed]
    columns = ["scenario", "total", "item", "row", "column", "needed"]
    return pd.DataFrame(rows, columns=columns).assign(printed="?")


def among(*needed: tuple[str, str, str], told: list[Told] | None = None) -> list[Finding]:
    found = site_findings(conflicts(*needed), DECLARED, told or [], CELLS)
    return [f for f in found if f.check == "sites-among-respondents"]


def test_a_cell_that_cannot_be_true_of_a_respondent_is_a_conditional_finding() -> None:
    (found,) = among(("A", "Kind", "always"))
    assert (found.key, found.printed, found.implied) == (("t", "A", "Kind"), "new", "")
    assert (found.severity, found.certainty) == (Severity.MAJOR, CONDITIONAL)
    assert found.explanation == (
        "T : A, Kind: the print says new; this cannot be, with all that the survey prints. With "
        "all known records among the respondents, the printed counts are missed by at least 12 "
        "returns in all; with this cell left open, by 7. Conditional: They all answered."
    )


def test_cells_with_one_reason_are_one_finding_and_others_stay_apart() -> None:
    told = told_conflicts(
        {
            "exceptions": [
                {"item": "t", "row": "A", "column": "Kind", "because": "Too new.", "mend": "old"},
                {"item": "t", "row": "A", "column": "Size", "because": "Too new."},
                {"item": "t", "row": "B", "column": "Where", "because": "Elsewhere."},
            ]
        }
    )
    needed = [("A", "Kind", "always"), ("A", "Size", "always"), ("B", "Where", "always")]
    first, second = among(*needed, told=told)
    assert (
        "T : A, Kind and Size: the print says new; 4; what would fit is old. Too new."
        in first.explanation
    )
    # With both cells of A told together, leaving it out tells of nothing else.
    assert "12 returns in all; without A, by 6." in first.explanation
    assert (first.implied, second.implied) == ("old", "")
    assert "Elsewhere." in second.explanation
    # A cell that needs no slack is no conflict, whatever is told of it.
    assert [f.key for f in among(needed[2], told=told)] == [("t", "B", "Where")]


def test_leaving_a_record_out_is_not_told_for_one_of_its_several_conflicts() -> None:
    size, where = among(("B", "Size", "always"), ("B", "Where", "always"))
    assert "without B" not in size.explanation + where.explanation
    (alone,) = among(("B", "Where", "always"))
    assert "at least 12 returns in all; without B, by 10." in alone.explanation


def test_a_conflict_that_leaving_the_record_out_does_not_ease_is_minor() -> None:
    """Then another printed number may be the wrong one; what was not tried says nothing."""
    assert [f.severity for f in among(("D", "Size", "always"))] == [Severity.MAJOR]
    scenario = {"scenario": "no D", "sites": "all", "without": "D"}
    declared = {**DECLARED, "scenarios": [*DECLARED["scenarios"], scenario]}
    tried = pd.DataFrame([{"scenario": "no D", "total": str(TOTALS["fixed"])}])
    frame = pd.concat([conflicts(("D", "Size", "always")), tried]).fillna("")
    (found,) = (
        f for f in site_findings(frame, declared, [], CELLS) if f.check == "sites-among-respondents"
    )
    assert (found.severity, found.certainty) == (Severity.MINOR, CONDITIONAL)
    assert "returns in all" not in found.explanation


def test_cells_that_stand_in_for_each_other_are_named_together() -> None:
    """B is blamed in one optimum; C prints the same and eases as much, D eases nothing."""
    (found,) = among(("B", "Size", "in some"))
    assert found.explanation.startswith("T : B and C, Size: the print says 5; this cannot be")
    (found,) = among(("B", "Size", "always"))
    assert found.explanation.startswith("T : B, Size: the print says 5; ")


def test_words_of_several_meanings_and_values_without_a_box_are_certain() -> None:
    found = site_findings(None, DECLARED, [], CELLS)
    assert [(f.key, f.printed, f.implied, f.severity) for f in found] == [
        (("t", "B", "Where"), "Coast", "East Coast or West Coast", Severity.WORDING),
        (("t", "A", "Beds"), "9.5", "", Severity.MINOR),
        (("t", "B", "Beds"), "9.5", "", Severity.MINOR),
    ]
    assert {f.certainty for f in found} == {CERTAIN}
    for finding in found:
        assert f"the print says {finding.printed}" in finding.explanation


def test_a_study_has_no_known_records() -> None:
    assert site_findings(None, {}, [], CELLS) == []
    assert site_findings(conflicts(), {}, [], CELLS) == []


def test_the_declared_exceptions_have_a_reason_each_and_one_condition() -> None:
    declared = yaml.safe_load(MARGINS.read_text(encoding="utf-8"))
    told = told_conflicts(declared)
    assert sum(len(t.cells) for t in told) == len(declared["exceptions"])
    assert all(t.because.endswith(".") for t in told)
    assert len({t.because for t in told}) == len(told) < len(declared["exceptions"])
    shown = {tuple(c["shown"]) for c in declared["sites"]["columns"]}
    of_sites = [t for t in told if (t.cells[0][0], t.cells[0][2]) in shown]
    assert of_sites
    assert all(t.mend for t in of_sites)
    assert declared["sites"]["condition"].endswith(".")


# --- together --------------------------------------------------------------------------


def test_groups_are_joined_through_others() -> None:
    def cell(name: str) -> tuple[str, str, str]:
        return ("t", name, "n")

    groups = [[cell(n) for n in names] for names in ("ab", "cd", "x", "bc", "y", "d")]
    assert together(groups) == [[0, 1, 3, 5], [2], [4]]
    assert together([]) == []


def test_words_alone_are_no_cause() -> None:
    told = [Told((("t", "a", "n"),), "Because.")]
    assert find_causes([], [], Solved(), told) == []
    (cause,) = find_causes([], [], Solved(always=(("t", "a", "n"),)), told)
    assert cause.told == tuple(told)


# --- places ----------------------------------------------------------------------------


def test_cells_are_named_by_item_with_like_rows_together() -> None:
    keys = [("table-05", r, c) for r in ("a", "b") for c in ("1", "2")]
    assert place(keys[0]) == "Table 5, a, 1"
    assert places(keys) == "Table 5: a and b, each with 1 and 2"
    assert places([*keys, keys[0]]) == places(keys)
    assert places([*keys, ("table-05", "c", "1"), ("section-4.1", "x", "n")]) == (
        "Table 5: a and b, each with 1 and 2 / c, 1; Section 4.1: x, n"
    )
    many = [("table-05", str(n), "n") for n in range(9)]
    assert places(many) == "Table 5: 0 to 8 (9 of them), n"
    assert places([]) == ""
