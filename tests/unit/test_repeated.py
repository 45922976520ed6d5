"""What the report says more than once: planted departures, readings, the file's contract."""

import itertools
import random
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlead.evidence import CERTAINTIES
from medlead.sources.contracts import read_study
from medlead.sources.messages import ProblemsFound
from medlead.sources.printed_repeats import REPEATED_COLUMNS
from medlead.verdicts.audit import with_told_again
from medlead.verdicts.findings import Finding, Severity
from medlead.verdicts.repeated import Repeats, facts_of, judge_repeats, normal
from medlead.writing import read_csv, write_csv

FILE = Path(__file__).parents[2] / "data" / "published" / "repeated.csv"
PUBLISHED = read_csv(FILE)
NAMES = [column.name for column in REPEATED_COLUMNS]
OTHER = "quite another thing"


def row(value: str, line: int, **other: str) -> dict[str, str]:
    """One place that states the name of a body."""
    told = {
        "thing": "body",
        "aspect": "name",
        "value": value,
        "section": "1.2",
        "line": str(line),
        "certainty": "certain",
        "severity": "wording",
    }
    return dict.fromkeys(NAMES, "") | told | other


def frame(*rows: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=NAMES)


def judged(*rows: dict[str, str], told: Sequence[str] = ()) -> Repeats:
    return judge_repeats(frame(*rows), told)


def only(repeats: Repeats) -> Finding:
    (finding,) = repeats.findings
    return finding


# --- worked by hand -----------------------------------------------------------------------


def test_what_departs_from_the_majority_is_found_at_its_line() -> None:
    found = judged(row("Panel", 4), row("Board", 9, section="2"), row("panel", 12))
    finding = only(found)
    assert finding.at == ("2", 9)
    assert (finding.printed, finding.implied) == ("Board", "Panel")
    assert finding.check == "said again: body / name"
    assert "Panel (lines 4, 12); Board (line 9)" in finding.explanation
    assert "2 of 3 places say Panel." in finding.explanation
    assert "after one change, at line 9." in finding.explanation
    (told,) = found.frame.to_dict("records")
    assert (told["outcome"], told["lines"], told["departing"]) == ("fails", "4 9 12", "9")
    assert (told["agreed"], told["mend"], told["occurrences"]) == ("Panel", "9", 3)


def test_without_a_majority_the_later_place_is_found_and_nothing_implied() -> None:
    finding = only(judged(row("Board", 9), row("Panel", 4)))
    assert finding.at == ("1.2", 9)
    assert finding.implied == ""
    assert finding.explanation == (
        "Body (name): the report says Panel (line 4); Board (line 9). "
        "All places would say the same after one change, at line 4 or 9."
    )
    several = only(judged(*(row(*given) for given in (("Board", 9), ("Panel", 4), ("Forum", 11)))))
    assert (several.at, several.implied) == (("1.2", 9), "")
    assert "None of them is what more than half of these 3 places say." in several.explanation


def test_the_place_that_settles_a_fact_stands_before_the_majority() -> None:
    rows = [row("any", 3), row("any", 5), row("inner", 40, settles="yes")]
    finding = only(judged(*rows))
    assert (finding.at, finding.printed, finding.implied) == (("1.2", 3), "any", "inner")
    assert "It is settled at line 40: inner." in finding.explanation
    assert "after 2 changes, and not after fewer" in finding.explanation
    assert judged(*rows).frame["mend"].tolist() == [""]


def test_places_that_agree_are_told_as_tested() -> None:
    found = judged(row("Panel", 4), row("Panel", 9), row("7", 2, aspect="number"))
    assert not found.findings
    assert found.frame["outcome"].tolist() == ["holds", "holds"]
    assert found.frame["severity"].tolist() == ["", ""]
    assert found.summary == {
        "repeated_total": 2,
        "repeated_occurrences": 3,
        "repeated_holding": 2,
        "repeated_failing": 0,
        "repeated_depending": 0,
    }


def test_readings_that_differ_are_no_finding() -> None:
    then, now = {"reading": "in 2010"}, {"reading": "in 2013"}
    found = judged(row("X", 1, **then), row("Y", 2, **now), row("Y", 3, **now))
    assert found.frame["outcome"].tolist() == ["depends-on-reading"]
    assert not found.findings
    assert found.summary["repeated_depending"] == 1
    alike = judged(row("X", 1, **then), row("X", 2, **now))
    assert alike.frame["outcome"].tolist() == ["holds"]


def test_within_one_reading_a_departure_is_found() -> None:
    then, now = {"reading": "in 2010"}, {"reading": "in 2013"}
    rows = [row("X", 1, **then), row("X", 7, **then), row("Y", 2, **now), row("Z", 3, **now)]
    finding = only(judged(*rows))
    assert finding.at == ("1.2", 3)
    assert "taken as in 2013: the report says Y (line 2); Z (line 3)" in finding.explanation
    assert "in 2010" not in finding.explanation


def test_what_another_check_tells_makes_no_second_finding() -> None:
    rows = [row("Panel", 4), row("Panel", 6), row("Board", 9, told_by="statements all-1")]
    found = judged(*rows, told=["statements all-1"])
    assert not found.findings
    assert found.frame["outcome"].tolist() == ["fails"]
    assert found.frame["told_by"].tolist() == ["statements all-1"]
    # The other check no longer fails, so nothing tells it but this.
    assert only(judged(*rows, told=["statements all-2"])).at == ("1.2", 9)
    # What it says is added to the finding of that check.
    (again,) = found.again
    assert (again.by, again.check) == ("statements all-1", "said again: body / name")
    assert again.words == (
        "Body (name), over the whole report: Panel (lines 4, 6); Board (line 9)."
    )
    assert judged(*rows).again == ()
    also = [*rows, row("Panel", 11), row("Panel", 12), row("Forum", 10)]
    assert only(judged(*also, told=["statements all-1"])).at == ("1.2", 10)


def test_what_another_fact_tells_makes_no_second_finding() -> None:
    rows = [row("Panel", 4, note="so it is"), row("Board", 9)]
    of = "said again: body / name"
    same = [row("6", 4, aspect="number"), row("7", 9, aspect="number", told_by=of)]
    found = judged(*rows, *same)
    assert only(found).check == of
    assert [(one.by, one.check) for one in found.again] == [(of, "said again: body / number")]
    # Two that tell of each other would tell of nothing.
    rows[1]["told_by"] = "said again: body / number"
    assert len(judged(*rows, *same).findings) == 2
    assert judged(*rows, *same).again == ()


def test_what_is_told_again_is_added_to_its_finding_and_nowhere_lost() -> None:
    again = judged(
        row("Panel", 4, severity="minor", told_by="marks"),
        row("Board", 9, severity="minor", told_by="marks", note="so it is"),
        told=["marks"],
    ).again
    table = pd.DataFrame(
        [["1", "parts; marks", "wording", "It is so."], ["2", "total", "major", "No."]],
        columns=["finding", "check", "severity", "explanation"],
    )
    first, second = with_told_again(table, again).to_dict("records")
    assert first["check"] == "parts; marks; said again: body / name"
    assert first["severity"] == "minor"
    assert first["explanation"].startswith("It is so. Body (name), over the whole report: Panel")
    assert first["explanation"].endswith("So it is.")
    assert second == table.to_dict("records")[1]
    with pytest.raises(ValueError, match="no finding has the check 'marks'"):
        with_told_again(table.tail(1), again)


@pytest.mark.parametrize(
    ("departing", "agreeing", "expected"),
    [
        ("certain", "certain", "certain"),
        ("certain", "conditional", "conditional"),
        ("judgement", "conditional", "judgement"),
    ],
)
def test_a_finding_is_as_certain_as_its_weakest_place(
    departing: str, agreeing: str, expected: str
) -> None:
    rows = [row("X", line, certainty=agreeing) for line in (1, 2)]
    finding = only(judged(*rows, row("Y", 3, certainty=departing)))
    assert finding.certainty == expected


def test_severity_is_that_of_what_departs() -> None:
    rows = [row("X", 1, severity="major"), row("X", 2), row("X", 3)]
    assert only(judged(*rows, row("Y", 4), row("Y", 5, severity="minor"))).severity == (
        Severity.MINOR
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Clinical Director", "clinical director", True),
        ("sub-scale", "subscale", True),
        ("sub-scale", "sub scale", True),
        ("2010\N{EN DASH}11", "2010-11", True),
        ("King's Fund", "Kings Fund", True),
        ("King\N{RIGHT SINGLE QUOTATION MARK}s Fund", "King's Fund", True),
        ("Health Care  Commission", "Healthcare Commission", True),
        ("2008/09", "2008/10", False),
        ("commitment", "commitments", False),
        ("9", "10", False),
        ("1.5", "15", False),
    ],
)
def test_only_capitals_blanks_hyphens_and_apostrophes_make_no_difference(
    one: str, other: str, same: bool
) -> None:
    assert (normal(one) == normal(other)) is same
    assert bool(judged(row(one, 1), row(other, 2)).findings) is not same


def test_no_file_is_nothing() -> None:
    found = judge_repeats(None)
    assert found.frame.empty
    assert found.findings == ()
    assert set(found.summary.values()) == {0}


# --- properties ---------------------------------------------------------------------------

VALUES = st.lists(st.sampled_from("abc"), min_size=2, max_size=6)


@given(VALUES)
def test_mends_and_majority_are_those_of_trying_every_change(values: list[str]) -> None:
    (fact,) = facts_of(frame(*(row(v, n) for n, v in enumerate(values, 1))))
    tried = {
        place
        for place in range(len(values))
        for new in "abc"
        if len({*values[:place], new, *values[place + 1 :]}) == 1
    }
    expected = set() if len(set(values)) == 1 else {place + 1 for place in tried}
    assert {one.line for one in fact.mends} == expected
    modes = statistics.multimode(values)
    most = modes[0] if 2 * values.count(modes[0]) > len(values) else ""
    assert fact.agreed == {"": most}
    away = [n for n, v in enumerate(values, 1) if v != (most or values[0])]
    assert [one.line for one in fact.departing] == away


@given(VALUES)
def test_the_fewest_changes_are_those_of_every_set_of_changes(values: list[str]) -> None:
    found = judged(*(row(v, n) for n, v in enumerate(values, 1)))
    fewest = min(
        sum(old != new for old, new in zip(values, changed, strict=True))
        for changed in itertools.product("abc", repeat=len(values))
        if len(set(changed)) == 1
    )
    if fewest == 0:
        assert not found.findings
    elif fewest > 1:
        assert f"after {fewest} changes" in only(found).explanation
    else:
        assert "after one change" in only(found).explanation


@given(st.lists(st.sampled_from(["Sub-Scale", "sub scale", "SUBSCALE"]), min_size=2))
def test_a_consistent_file_has_no_finding(spellings: list[str]) -> None:
    found = judged(*(row(v, n) for n, v in enumerate(spellings, 1)))
    assert not found.findings
    assert found.summary["repeated_holding"] == 1


# --- the published file -------------------------------------------------------------------


def consistent() -> pd.DataFrame:
    """The published file with the first value of every fact in all of its places."""
    first = PUBLISHED.groupby(["thing", "aspect"])["value"].transform("first")
    return PUBLISHED.assign(value=first)


def test_the_published_file_made_consistent_has_no_finding() -> None:
    found = judge_repeats(consistent())
    assert not found.findings
    assert found.summary["repeated_holding"] == found.summary["repeated_total"]


def test_a_planted_departure_is_found_where_it_was_planted() -> None:
    report = judge_repeats(PUBLISHED)
    before = {finding.check for finding in report.findings}
    holding = report.frame.loc[report.frame["outcome"] == "holds", ["thing", "aspect"]]
    holds = set(holding.itertuples(index=False, name=None))
    facts = [f for f in facts_of(PUBLISHED) if (f.thing, f.aspect) in holds]
    draw = random.Random(20130401)
    # One place of every fact that holds; facts do not touch each other.
    chosen = [(fact, draw.choice(fact.occurrences)) for fact in facts]
    planted = PUBLISHED.copy()
    for _, one in chosen:
        planted.loc[planted.index[one.place], "value"] = OTHER
    new = {f.check: f for f in judge_repeats(planted).findings if f.check not in before}
    assert len(new) == len(chosen)
    for fact, one in chosen:
        found = new[f"said again: {fact.thing} / {fact.aspect}"]
        assert f"{OTHER} (line {one.line}" in found.explanation
        if len(fact.occurrences) > 2:
            assert found.at == (one.section, one.line)
            assert (found.printed, found.implied) == (OTHER, fact.agreed[""])
            assert f"after one change, at line {one.line}." in found.explanation
        else:
            assert found.at == (fact.occurrences[1].section, fact.occurrences[1].line)
            assert found.implied == ""
    assert min(Counter(len(fact.occurrences) > 2 for fact, _ in chosen).values()) > 50


def test_every_fact_has_an_outcome_and_every_failing_one_is_told() -> None:
    report = judge_repeats(PUBLISHED)
    summary = report.summary
    assert summary["repeated_total"] == len(report.frame) == len(facts_of(PUBLISHED))
    parts = ("repeated_holding", "repeated_failing", "repeated_depending")
    assert sum(summary[part] for part in parts) == summary["repeated_total"]
    assert summary["repeated_occurrences"] == len(PUBLISHED)
    # Each failing fact is one finding, or is added to another one.
    assert len(report.findings) + len(report.again) == summary["repeated_failing"]
    assert report.frame.columns[-1] == "evidence"
    assert all(finding.certainty in CERTAINTIES for finding in report.findings)


# --- the contract -------------------------------------------------------------------------


def problems(tmp_path: Path, *rows: dict[str, str]) -> list[Any]:
    path = tmp_path / "repeated.csv"
    write_csv(path, frame(*rows))
    try:
        read_study({"repeated": path})
    except ProblemsFound as found:
        return list(found.problems)
    return []


def test_the_published_file_keeps_its_contract(tmp_path: Path) -> None:
    read_study({"repeated": FILE})
    assert not problems(tmp_path, row("X", 1), row("X", 2))


@pytest.mark.parametrize(
    ("rows", "column", "line"),
    [
        ([row("X", 1), row("X", 2), row("X", 1, thing="other")], "thing", 4),
        ([row("X", 1), row("X", 2, aspect="colour")], "aspect", 3),
        ([row("X", 1), row("", 2)], "value", 3),
        ([row("X", 1), row("X", 2, certainty="sure")], "certainty", 3),
        ([row("X", 1), row("X", 2, severity="")], "severity", 3),
        ([row("X", 1), row("X", 2, section="chapter one")], "section", 3),
        ([row("X", 1), row("X", 1)], "said", 3),
        ([row("X", 1), row("Y", 2, reading="later")], "reading", 2),
        ([row("X", 1, reading="later"), row("Y", 2, reading="later")], "reading", 2),
        ([row("X", 1, settles="yes"), row("Y", 2, settles="yes")], "settles", 2),
        ([row("X", 1), row("X", 2), row("X", 3, thing="Body"), row("X", 4)], "thing", 4),
    ],
)
def test_a_fault_of_the_file_is_told_with_row_and_column(
    tmp_path: Path, rows: list[dict[str, str]], column: str, line: int
) -> None:
    found = problems(tmp_path, *rows)
    assert any((p.column, p.row) == (column, line) for p in found), [str(p) for p in found]


def test_settling_places_of_two_readings_may_differ(tmp_path: Path) -> None:
    then, now = {"reading": "in 2010"}, {"reading": "in 2013"}
    rows = [row("X", 1, settles="yes", **then), row("Y", 2, settles="yes", **now)]
    assert not problems(tmp_path, *rows)
