"""The verdicts on the survey chapter in a whole build, against what the solver found."""

import csv

import pytest

from conftest import Copy
from medlead.verdicts.marks_alike import CHECK as ALIKE

pytestmark = pytest.mark.workflow

Row = dict[str, str]
Key = tuple[str, str, str]


def rows(built: Copy, name: str) -> list[Row]:
    with (built.folder / "results" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def key(row: Row) -> Key:
    return row["item"], row["row"], row["column"]


@pytest.fixture(scope="module")
def verdicts(built: Copy) -> dict[Key, Row]:
    return {key(row): row for row in rows(built, "verdicts/cells.csv")}


def in_chapter(item: str) -> bool:
    name, _, rest = item.partition("-")
    return (
        rest == "4" or rest.startswith("4.")
        if name == "section"
        else name == "table" and 3 <= int(rest) <= 22
    )


def test_every_cell_of_the_chapter_has_a_verdict(verdicts: dict[Key, Row]) -> None:
    waiting = [
        k for k, v in verdicts.items() if in_chapter(k[0]) and v["reason"] == "stage-not-built"
    ]
    assert waiting == []


def test_every_cell_that_the_solver_changes_is_no_agreement(
    built: Copy, verdicts: dict[Key, Row]
) -> None:
    slack = rows(built, "reconstruction/slack.csv")
    assert slack
    for row in slack:
        expected = "differs" if row["needed"] == "always" else "not-derivable"
        assert verdicts[key(row)]["verdict"] == expected
    explained = " ".join(row["explanation"] for row in rows(built, "verdicts/audit.csv"))
    for row in slack:
        assert row["row"] in explained
        assert row["column"] in explained


def test_what_agrees_by_construction_is_met_by_the_returns(
    built: Copy, verdicts: dict[Key, Row]
) -> None:
    missed = {key(row) for row in rows(built, "reconstruction/check.csv") if row["holds"] != "yes"}
    solved = {k for k, v in verdicts.items() if v["rule"] == "solved-margin"}
    assert solved
    assert not solved & missed
    assert {verdicts[k]["evidence"] for k in solved} == {"reconstructed"}
    # The shipped returns fail nowhere where the print is sound.
    assert not [k for k, v in verdicts.items() if v["reason"] == "records-differ"]


def test_each_conflict_of_a_site_is_a_conditional_finding(built: Copy) -> None:
    audit = rows(built, "verdicts/audit.csv")
    sites = [row for row in audit if row["check"] == "sites-among-respondents"]
    assert sites
    assert {row["certainty"] for row in sites} == {"conditional"}
    # One cause is one finding: no check is told twice.
    checks = [c for row in audit for c in row["check"].split("; ")]
    several = ("sites-among-respondents", "marks", ALIKE, "least slack")
    named = [c for c in checks if c not in several]
    assert len(named) == len(set(named))
