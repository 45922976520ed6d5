"""Cleaning of returns: every change is logged, nothing is lost, contradictions are named."""

import importlib.util
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from medlead.sources.messages import ProblemsFound
from medlead.sources.reading import read_text_table
from medlead.survey.cleaning import Cleaned, clean
from medlead.survey.coding import code
from medlead.survey.declared import tallies
from medlead.survey.definition import PartType
from medlead.survey.instrument import Instrument, load_instrument
from medlead.survey.rules import CleaningRules, Duplicates, Ranges, load_cleaning

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
MESSY = DATA / "messy_survey.xlsx"


def parsed(path: Path) -> dict[str, Any]:
    mapping: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return mapping


SURVEY = load_instrument(parsed(ROOT / "config" / "instruments" / "survey.yaml"))
CLEANING = parsed(ROOT / "config" / "instruments" / "cleaning.yaml")
RULES = load_cleaning(CLEANING)
LIBRARIES = load_instrument(parsed(DATA / "small_survey.yaml"))
LIBRARY_RULES = load_cleaning(
    {
        **CLEANING,
        "units": {"£ thousand": {"scale": 1000, "money": True}, "days a week": {"words": ["days"]}},
    }
)


def library(*returns: Mapping[str, str]) -> pd.DataFrame:
    """Returns of the made-up questionnaire; what is not given is empty."""
    rows = [{"library": f"L{n}", "c_note": "-", **given} for n, given in enumerate(returns)]
    return pd.DataFrame(
        [{c: row.get(c, "") for c in LIBRARIES.columns} for row in rows], dtype="str"
    )


def cleaned(*returns: Mapping[str, str], **choices: Any) -> Cleaned:
    return clean(library(*returns), LIBRARIES, replace(LIBRARY_RULES, **choices))


def kinds(result: Cleaned) -> list[tuple[str, str]]:
    return list(zip(result.problems["field"], result.problems["kind"], strict=True))


# The messy workbook, cell by cell


def messy() -> tuple[Cleaned, tuple[str, ...]]:
    table = read_text_table(MESSY, columns=SURVEY.columns)
    return clean(table.frame, SURVEY, RULES, rows=table.rows), table.notes


# Every cell that must change, by row of the sheet.
CHANGED: dict[int, dict[str, str]] = {
    7: {
        "region": "Yorkshire and the Humber",
        "foundation": "FT",
        "trust_type": "Mental health and partnership",
        "completed_by": "Chief Executive",
        "q1_budget": "193",
        "q1_staff": "3200",
        "q1_consultants": "64",
        "q2a_doctors": "1",
        "q2a_roles": "Medical Director 8",
        "q2b_doctors": "5",
        "q2b_roles": "Medical Director 8; Chief Exec 0; 3 x Clinical Director 2-4",
        "q3a": "yes",
        "q3b": "no",
        "q4a_divisions": "1",
        "q4a_directorates": "1",
        "q4a_service_lines": "0",
        "q4a_other": "0",
        "q4b": "divisions",
        "q5_divisions_units": "4",
        "q5_directorates_units": "12",
        "q7": "10-20%",
        "q8_managers": "0",
        "q8_nurses": "0",
        "q8_triumvirate": "1",
        "q8_other": "0",
        "q9": "yes",
        "q10": "no",
        "q11_quality": "8",
        "q11_finance": "",
        "q13_performance": "8",
        "q13_experience": "",
    },
    8: {
        "foundation": "Non-FT",
        "q1_budget": "193",
        "q1_staff": "3200",
        "q1_consultants": "150",
        "q2a_doctors": "0",
        "q2a_roles": "",
        "q2b_doctors": "",
        "q3a": "no",
        "q4a_divisions": "0",
        "q4a_directorates": "0",
        "q4a_service_lines": "1",
        "q4a_other": "0",
        "q4b": "directorates",
        **dict.fromkeys(("q7", "q9", "q10", "q11_quality", "q11_finance", "q12"), ""),
        **dict.fromkeys(("q13_performance", "q13_experience"), ""),
    },
    11: {
        **dict.fromkeys(("q1_budget", "q1_staff", "q1_consultants", "q3b_forums"), ""),
        "q3b": "yes",
        "q4a_divisions": "1",
        "q4a_directorates": "1",
        "q4a_service_lines": "1",
        "q4a_other": "0",
        "q4b": "other",
    },
    12: {"q1_budget": "193"},
    14: {"q1_budget": "", "q7": "40%+"},
    15: {
        **dict.fromkeys(("region", "trust_type", "q1_budget", "q1_staff", "q1_consultants"), ""),
        **dict.fromkeys(("q2a_doctors", "q2b_doctors", "q4a_divisions", "q12"), ""),
    },
    16: {
        "q1_budget": "131.5",
        **dict.fromkeys(("q1_staff", "q1_consultants", "q2a_doctors", "q3a", "q10_changes"), ""),
    },
}
# Every problem that must be named, by row of the sheet: field and kind.
NAMED: dict[int, list[tuple[str, str]]] = {
    7: [
        ("q1_staff", "doubt"),
        ("q6_divisions_roles", "unanswered"),
        ("q6_directorates_roles", "unanswered"),
        ("q9", "doubt"),
        ("q11_finance", "range"),
        ("q12", "doubt"),
    ],
    8: [
        ("q2b_doctors", "range"),
        ("q3a_forums", "routing"),
        ("q4b", "contradiction"),
        ("q4b", "routing"),
        ("q5_service_lines_units", "unanswered"),
        ("q6_service_lines_roles", "unanswered"),
        *[(field, "refused") for field in ("q7", "q9", "q10")],
        ("q11_quality", "range"),
        *[(field, "refused") for field in ("q11_finance", "q12")],
        *[(field, "refused") for field in ("q13_performance", "q13_experience")],
    ],
    9: [("", "empty")],
    11: [
        ("q1_budget", "refused"),
        ("q1_consultants", "range"),
        ("q2a_roles", "contradiction"),
        ("q3b_forums", "refused"),
        ("q5_service_lines_units", "unanswered"),
        ("q6_divisions_roles", "unanswered"),
        ("q6_directorates_roles", "unanswered"),
        ("q6_service_lines_roles", "unanswered"),
    ],
    12: [("respondent", "duplicate")],
    13: [("respondent", "duplicate")],
    14: [
        ("q1_budget", "range"),
        ("q1_consultants", "contradiction"),
        ("q2a_roles", "doubt"),
        ("q8_other_text", "routing"),
    ],
    15: [
        ("respondent", "key"),
        *[(field, "refused") for field in ("region", "trust_type", "q1_budget", "q1_staff")],
        *[(field, "refused") for field in ("q1_consultants", "q2a_doctors", "q2b_doctors")],
        *[(field, "refused") for field in ("q4a_divisions", "q12")],
    ],
}


def test_the_messy_workbook_comes_out_right() -> None:
    result, _ = messy()
    log = result.log
    changed: dict[int, dict[str, str]] = {}
    for row, field, after in zip(log["row"], log["field"], log["after"], strict=True):
        changed.setdefault(row, {})[field] = after
    assert changed == CHANGED
    assert (log["rule"] != "").all()
    assert not log.duplicated(["row", "field"]).any()


def test_the_messy_workbook_has_every_problem_named() -> None:
    result, _ = messy()
    named: dict[int, list[tuple[str, str]]] = {}
    problems = result.problems
    for row, field, kind in zip(problems["row"], problems["field"], problems["kind"], strict=True):
        named.setdefault(row, []).append((field, kind))
    assert named == NAMED
    messages = result.as_problems("returns.xlsx")
    assert len(messages) == len(problems)
    assert all(m.file == "returns.xlsx" and m.what and m.mend and m.row for m in messages)


def test_the_messy_workbook_loses_no_return_and_says_what_it_skipped() -> None:
    result, notes = messy()
    assert result.rows == (6, 7, 8, 9, 11, 12, 13, 14, 15, 16)
    assert list(result.frame.columns) == list(SURVEY.columns)
    counts = result.returns
    assert (counts.returned, counts.complete, counts.used) == (10, 9, 9)
    assert result.rows[counts.is_complete.index(False)] == 9
    said = " ".join(notes)
    for words in ("row 1", "row 3", "row 18", "row 19", "rows 10", "read by their letters"):
        assert words in said


def test_the_messy_workbook_is_what_its_maker_writes(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("maker", DATA / "make_messy_survey.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    maker.make(tmp_path / "new.xlsx")
    new, old = load_workbook(tmp_path / "new.xlsx"), load_workbook(MESSY)
    assert new.sheetnames == old.sheetnames
    for name in new.sheetnames:
        cells = [[c.value for c in row] for row in new[name].iter_rows()]
        assert cells == [[c.value for c in row] for row in old[name].iter_rows()]


# Types, boxes, ranges


def test_the_clean_frame_is_typed() -> None:
    frame = cleaned(
        {"county": "North", "a_money": "£12k", "a_readers": "1,200", "b_books": "x"},
        {"c_clubs": "No", "c_mood": "3/5", "c_note": " a  note "},
    ).frame
    assert frame["a_money"].tolist()[0] == 12
    types = {column: str(dtype) for column, dtype in frame.dtypes.items()}
    assert (types["a_money"], types["a_readers"]) == ("Float64", "Int64")
    assert (types["b_books"], types["c_clubs"]) == ("boolean", "boolean")
    assert frame["county"].dtype == pd.CategoricalDtype(["N", "S"], ordered=True)
    assert frame["county"].tolist()[0] == "N"
    assert frame["c_mood"].tolist()[1] == 3
    assert frame["c_note"].isna().tolist() == [True, False]
    assert frame["c_clubs"].tolist()[1] is False


def test_blank_boxes_are_unticked_only_beside_an_answer() -> None:
    frame = cleaned({"b_films": "✓"}, {}, {"b_books": "no"}, {"b_books": "n/a"}).frame
    assert frame["b_books"].tolist()[:1] == [False]
    for column in ("b_books", "b_films", "b_other"):
        assert frame[column].isna().tolist() == [False, True, False, True]
    assert frame["b_books"].tolist()[2] is False


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("120-900", "some"),
        ("100 to 999", "some"),
        ("over 999", "many"),
        ("at least 1000", "many"),
        ("under 100", "few"),
        ("up to 99", "few"),
        ("90-110", None),
        ("up to 100", None),
        ("over 998", None),
        ("at least 100", None),
    ],
)
def test_a_range_is_coded_where_one_band_holds_all_of_it(text: str, band: str | None) -> None:
    result = cleaned({"a_readers": text})
    assert result.frame["a_readers"].isna().all()
    assert result.texts["a_readers"].tolist() == [""]
    assert len(result.ranges) == 1
    assert result.ranges["band"].tolist() == [band or ""]
    assert (("a_readers", "range") in kinds(result)) == (band is None)
    assert len(result.log[result.log["field"] == "a_readers"]) == 1


def test_other_treatments_of_ranges() -> None:
    refused = cleaned({"a_readers": "120-900"}, ranges=Ranges.REFUSE)
    assert ("a_readers", "range") in kinds(refused)
    assert refused.ranges["band"].tolist() == [""]
    middle = cleaned({"a_readers": "120-901"}, {"a_readers": "over 5"}, ranges=Ranges.MIDPOINT)
    assert middle.frame["a_readers"].tolist()[0] == 510
    assert kinds(middle) == [("a_readers", "doubt"), ("a_readers", "range")]
    assert "middle" in middle.log["rule"].tolist()[0]


def test_a_range_for_a_part_without_bands_is_a_problem() -> None:
    assert ("a_clerks", "range") in kinds(cleaned({"a_clerks": "3 or 4"}))


def test_an_unclear_box_is_not_taken_for_a_blank_one() -> None:
    result = cleaned({"b_books": "x", "b_films": "maybe"}, {"b_films": "maybe"})
    assert result.texts["b_films"].tolist() == ["n/k", ""]
    assert result.frame["b_films"].isna().all()
    assert kinds(result).count(("b_films", "refused")) == 2


# Answers against each other


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({"c_clubs": "no", "c_names": "Chess"}, [("c_names", "routing")]),
        ({"c_names": "Chess"}, [("c_names", "routing")]),
        ({"c_clubs": "yes"}, [("c_names", "unanswered")]),
        ({"c_clubs": "yes", "c_names": "Chess"}, []),
        ({"c_clubs": "no"}, []),
        ({"b_books": "x", "b_loans_books": "5"}, []),
        ({"b_books": "x", "b_loans_books": "5", "b_main": "Book"}, []),
        (
            {"b_books": "x", "b_loans_books": "5", "b_main": "films"},
            [("b_main", "contradiction"), ("b_main", "routing")],
        ),
        (
            {"b_books": "x", "b_films": "x", "b_loans_books": "5", "b_loans_films": "5"},
            [("b_main", "unanswered")],
        ),
        (
            {"b_books": "x", "b_loans_books": "5", "b_loans_films": "5"},
            [("b_loans_films", "routing")],
        ),
        (
            {"b_books": "x", "b_loans_books": "5", "b_other_text": "y"},
            [("b_other_text", "routing")],
        ),
        ({"a_clerks": "50", "a_readers": "20"}, [("a_clerks", "contradiction")]),
        ({"a_clerks": "20", "a_readers": "20"}, []),
        ({"a_clerks": "1", "a_posts": "Librarian; 2 x Porter 2"}, [("a_posts", "contradiction")]),
        ({"a_clerks": "3", "a_posts": "Librarian; 2 x Porter 2"}, []),
    ],
)
def test_routing_and_checks(answers: dict[str, str], found: list[tuple[str, str]]) -> None:
    assert kinds(cleaned(answers)) == found


def test_other_may_stand_for_a_combination() -> None:
    answers = {"b_books": "x", "b_films": "x", "b_loans_books": "1", "b_loans_films": "1"}
    assert kinds(cleaned({**answers, "b_main": "other"})) == []


def test_what_to_report_as_unanswered_is_a_choice() -> None:
    choice = frozenset({PartType.COUNT})
    result = cleaned({"c_clubs": "yes", "b_books": "x"}, report_unanswered=choice)
    assert kinds(result) == [("b_loans_books", "unanswered")]


def test_returns_there_twice_or_without_a_name_are_reported_and_kept() -> None:
    answers = {"a_readers": "5", "c_note": "same"}
    result = cleaned(
        {"library": "A", "a_readers": "7"},
        {"library": " a ", "a_readers": "8"},
        {**answers, "library": "B"},
        {**answers, "library": "C"},
        {"library": "", "a_readers": "9"},
    )
    found = list(zip(result.problems["row"], result.problems["kind"], strict=True))
    assert found == [(3, "duplicate"), (5, "duplicate"), (6, "key")]
    assert "row 2" in result.problems["problem"].tolist()[0]
    assert "row 4" in result.problems["problem"].tolist()[1]
    assert result.returns.used == 5


@pytest.mark.parametrize(
    ("choice", "used"),
    [
        (Duplicates.KEEP, (True, True, True, False)),
        (Duplicates.FIRST, (True, False, True, False)),
        (Duplicates.LAST, (False, True, True, False)),
    ],
)
def test_which_of_several_returns_is_used_is_a_choice(
    choice: Duplicates, used: tuple[bool, ...]
) -> None:
    answers = [{"library": "A", "a_readers": "7"}, {"library": "A", "a_readers": "8"}]
    result = cleaned(
        *answers, {"library": "B", "a_readers": "9"}, {"library": "A"}, duplicates=choice
    )
    assert result.returns.is_used == used
    assert len(result.frame) == 4


def test_an_empty_return_is_returned_but_not_complete() -> None:
    result = cleaned(
        {"a_readers": "5"},
        {"county": "North"},
        {"b_books": "0", "b_films": "0"},
        {"a_readers": "n/k"},
        {"a_readers": "many"},
    )
    assert result.returns.is_complete == (True, False, False, False, True)
    empty = result.problems[result.problems["kind"] == "empty"]
    assert empty["row"].tolist() == [3, 4, 5]
    stricter = clean(library({"a_readers": "5"}), replace(LIBRARIES, complete_from=2))
    assert stricter.returns.complete == 0


# What holds for every return

WRITTEN = {
    "library": ["A", "B ", "", "N/A"],
    "county": ["North", "n", "Southshire", "Wales", ""],
    "a_money": ["£12k", "12", "12000", "7-9", "", "?", "lots"],
    "a_readers": ["1,200", "120-900", "over 5", "", "n/k", "two hundred", "12%"],
    "a_clerks": ["3", "3.5", "nil", "", "between 3 and 4"],
    "a_posts": ["Librarian (2 days), Porter 3", "2 x Porter – none", "Head 9; Librarian", "", "5"],
    "b_books": ["x", "", "0", "maybe", "✓"],
    "b_films": ["1", "", "no"],
    "b_other": ["", "yes"],
    "b_other_text": ["", "Maps"],
    "b_main": ["Book", "", "films; books", "other"],
    "c_clubs": ["Y", "no", "", "x", "No, but soon"],
    "c_names": ["", "Chess; Tea, cake", "see attached"],
    "c_mood": ["3", "3/5", "2.5", "1-2", "", "9"],
    "c_note": ["", "a\u200b note ", "as above", "-"],
}
RETURN = st.fixed_dictionaries(
    {
        column: st.one_of(st.sampled_from(WRITTEN.get(column, ["", "5"])), st.text(max_size=8))
        for column in LIBRARIES.columns
    }
)
PIECES = ["Librarian", "Porter", "2", "x", "3", ",", ";", "(", ")", "-", "and", "days", "none", " "]


@settings(max_examples=30)
@given(st.lists(RETURN, min_size=1, max_size=4))
def test_every_change_has_one_row_in_the_log_and_no_return_is_lost(
    returns: list[dict[str, str]],
) -> None:
    raw = pd.DataFrame(returns, columns=list(LIBRARIES.columns), dtype="str")
    rows = tuple(range(11, 11 + len(raw)))
    result = clean(raw, LIBRARIES, LIBRARY_RULES, rows=rows)
    assert len(result.frame) == len(result.texts) == result.returns.returned == len(raw)
    differs = {
        (row, column): (raw[column].iloc[place], result.texts[column].iloc[place])
        for place, row in enumerate(rows)
        for column in raw.columns
        if raw[column].iloc[place] != result.texts[column].iloc[place]
    }
    log = result.log
    logged = {
        (row, field): (before, after)
        for row, field, before, after in zip(
            log["row"], log["field"], log["before"], log["after"], strict=True
        )
    }
    assert len(log) == len(logged)
    assert logged == differs
    assert (log["rule"] != "").all()


@settings(max_examples=30)
@given(st.lists(RETURN, min_size=1, max_size=4))
def test_cleaning_what_is_clean_changes_nothing(returns: list[dict[str, str]]) -> None:
    raw = pd.DataFrame(returns, columns=list(LIBRARIES.columns), dtype="str")
    once = clean(raw, LIBRARIES, LIBRARY_RULES)
    twice = clean(once.texts, LIBRARIES, LIBRARY_RULES)
    assert twice.log.empty
    pd.testing.assert_frame_equal(twice.frame, once.frame)
    pd.testing.assert_frame_equal(twice.roles.drop(columns="row"), once.roles.drop(columns="row"))


def test_a_list_that_its_standard_form_would_change_is_kept_as_written() -> None:
    result = cleaned({"a_posts": " [ Two Porter", "a_clerks": "9"}, {"a_posts": "Porter 2"})
    assert result.texts["a_posts"].tolist() == ["[ Two Porter", "Porter 2"]
    assert kinds(result) == [("a_posts", "doubt")]


@settings(max_examples=40)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))
def test_lists_of_posts_settle_at_once(text: str) -> None:
    once = cleaned({"a_posts": text})
    assert (
        once.texts["a_posts"].tolist()
        == clean(once.texts, LIBRARIES, LIBRARY_RULES).texts["a_posts"].tolist()
    )


@settings(max_examples=40)
@given(RETURN)
def test_what_was_written_is_kept_or_named(answers: dict[str, str]) -> None:
    """An answer has a value, is coded as a range, says why it is none, or is a problem."""
    result = cleaned(answers)
    problems = set(result.problems["field"])
    said = {"not answered", "not applicable", "not known"}
    for field, before, after, rule in zip(
        result.log["field"],
        result.log["before"],
        result.log["after"],
        result.log["rule"],
        strict=True,
    ):
        if before.strip() and after in ("", "n/k"):
            assert field in problems or rule in said or "lies in band" in rule


# What is wrong with files and choices


def test_wrong_columns_are_named() -> None:
    raw = library({}).rename(columns={"a_money": "money"})
    with pytest.raises(ProblemsFound) as raised:
        clean(raw, LIBRARIES)
    assert {p.column for p in raised.value.problems} == {"a_money", "money"}
    with pytest.raises(ValueError, match="rows"):
        clean(library({}), LIBRARIES, rows=(2, 3))


def changed_cleaning(**changes: Any) -> str:
    with pytest.raises(ProblemsFound) as raised:
        load_cleaning({**CLEANING, **changes})
    return str(raised.value)


def test_the_cleaning_rules_are_checked() -> None:
    assert "did you mean 'midpoint'?" in changed_cleaning(ranges="midpont")
    assert "did you mean 'half_steps'?" in changed_cleaning(half_step="keep")
    assert "`scale` is no number" in changed_cleaning(units={"x": {"scale": "big"}})
    assert "did you mean 'words'?" in changed_cleaning(units={"x": {"word": []}})
    assert "not a list of texts" in changed_cleaning(units={"x": {"words": [1]}})
    assert "did you mean 'rating'?" in changed_cleaning(report_unanswered=["ratings"])
    assert "did you mean 'not known'?" in changed_cleaning(marks={"notknown": []})
    assert "`not_returns` is not a list of texts" in changed_cleaning(not_returns=[1])
    assert "did you mean 'stop'?" in changed_cleaning(duplicates="stopp")
    with pytest.raises(ProblemsFound) as raised:
        load_cleaning({k: v for k, v in CLEANING.items() if k != "units"})
    assert "'units' is missing" in str(raised.value)


def test_a_row_that_sums_up_others_is_no_return_and_stays() -> None:
    result = cleaned(
        {"library": "Total", "a_readers": "9"},
        {"library": "Grand total (n=2):", "a_readers": "9"},
        {"library": "Totals Hall", "a_readers": "9"},
        {"library": "", "county": "Total", "a_readers": "9"},
        {"library": "L", "c_note": "total"},
        not_returns=frozenset({"total", "grand total"}),
    )
    assert result.returns.is_return == (False, False, True, False, True)
    assert result.returns.used == 2
    assert [
        row
        for row, kind in zip(result.problems["row"], result.problems["kind"], strict=True)
        if kind == "not-a-return"
    ] == [2, 3, 5]
    assert len(result.frame) == 5


def test_a_row_without_a_name_that_adds_up_those_above_is_no_return() -> None:
    returns = [
        {"a_readers": "900", "a_clerks": "3", "c_mood": "4"},
        {"a_readers": "99,000", "a_clerks": "", "c_mood": "2"},
        {"a_readers": "200", "a_clerks": "4"},
    ]
    total = {"library": "", "a_readers": "100,100", "a_clerks": "7", "b_books": "3"}
    result = cleaned(*returns, total)
    assert result.returns.is_return == (True, True, True, False)
    assert "sums of those above" in result.returns.why[3]
    assert ("library", "not-a-return") in kinds(result)
    # With a name, another number, or an answer that is none, it is a return.
    for change in ({"library": "L9"}, {"a_clerks": "8"}, {"c_clubs": "yes"}, {"county": "North"}):
        assert cleaned(*returns, {**total, **change}).returns.is_return[3], change
    # So is the second of two returns with the same numbers, and a row after one return.
    assert cleaned({"a_readers": "5"}, {"library": "", "a_readers": "5"}).returns.returned == 2
    # Sums begin anew after a row of totals.
    two = [*returns, {"library": "Total", "a_readers": "100,100"}, *returns[:2]]
    again = {"library": "", "a_readers": "99,900"}
    found = cleaned(*two, again, not_returns=frozenset({"total"}))
    assert [n for n, here in enumerate(found.returns.is_return) if not here] == [3, 6]


def test_a_row_of_totals_is_no_return_in_any_count() -> None:
    result = cleaned(
        {"a_readers": "900"},
        {"library": "L", "c_note": "-"},
        {"library": "Total", "a_readers": "900"},
        not_returns=frozenset({"total"}),
    )
    coded = code(result, LIBRARIES).frame
    assert coded["returned"].tolist() == [True, True, False]
    assert tallies(coded) == {"returned": 2, "completed": 1, "used": 1}


def test_returns_of_one_respondent_wait_for_a_choice_only_where_both_hold_answers() -> None:
    twins = [{"library": "A", "a_readers": "9"}, {"library": "a", "a_readers": "8"}]
    (found,) = cleaned(*twins, duplicates=Duplicates.STOP).undecided
    assert (found.row, found.column, found.value) == (3, "library", "a")
    for choice in (Duplicates.KEEP, Duplicates.FIRST, Duplicates.LAST):
        assert cleaned(*twins, duplicates=choice).undecided == ()
    empty = {"library": "A", "c_note": ""}
    assert cleaned(twins[0], empty, duplicates=Duplicates.STOP).undecided == ()


def test_a_cell_that_a_spreadsheet_could_not_fill_is_a_problem_in_every_type() -> None:
    for column in ("a_money", "b_books", "b_main", "c_clubs", "c_names", "c_mood", "a_posts"):
        result = cleaned({column: "#N/A"}, {column: "#UNSTORED!"})
        assert kinds(result).count((column, "refused")) == 2, column


def test_own_marks_are_read() -> None:
    rules = load_cleaning({**CLEANING, "marks": {"not known": ["Search me"]}})
    result = clean(library({"a_readers": "search me"}), LIBRARIES, rules)
    assert result.log[result.log["field"] == "a_readers"]["rule"].tolist() == ["not known"]


def test_every_unit_of_the_survey_has_its_rules() -> None:
    named = {part.unit for part in SURVEY.parts if part.unit}
    assert named == set(RULES.units)


def test_without_rules_numbers_are_still_read() -> None:
    result = clean(library({"a_readers": "1,200"}), LIBRARIES)
    assert isinstance(LIBRARIES, Instrument)
    assert CleaningRules().ranges is Ranges.BAND
    assert result.frame["a_readers"].tolist() == [1200]
