"""Coding of clean returns: bands, ticks, free text, and what is left to a human."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from medlead.sources.reading import read_text_table
from medlead.survey.cleaning import clean
from medlead.survey.coding import Coded, code
from medlead.survey.instrument import CodeSet, load_instrument
from medlead.survey.patterns import cut, match, nearest_rule
from medlead.survey.rules import load_cleaning

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"


def parsed(path: Path) -> dict[str, Any]:
    mapping: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return mapping


SURVEY = load_instrument(parsed(ROOT / "config" / "instruments" / "survey.yaml"))
RULES = load_cleaning(parsed(ROOT / "config" / "instruments" / "cleaning.yaml"))
LIBRARIES = load_instrument(parsed(DATA / "small_survey.yaml"))


def coded(*returns: Mapping[str, str], instrument: Any = LIBRARIES) -> Coded:
    rows = [{"library": f"L{n}", **given} for n, given in enumerate(returns)]
    raw = pd.DataFrame(
        [{c: row.get(c, "") for c in LIBRARIES.columns} for row in rows], dtype="str"
    )
    return code(clean(raw, instrument, RULES), instrument)


def column(result: Coded, name: str) -> list[Any]:
    return [None if pd.isna(v) else v for v in result.frame[name]]


def test_bands_come_from_numbers_and_from_ranges_within_one() -> None:
    texts = ["0", "99", "100", "999", "1000", "120-900", "90-110", "", "over 999"]
    result = coded(*({"a_readers": text} for text in texts))
    few, some, many = "few", "some", "many"
    assert column(result, "readers") == [few, few, some, some, many, some, None, None, many]
    assert result.frame["readers"].dtype == pd.CategoricalDtype([few, some, many], ordered=True)


def test_the_bands_are_the_instrument_s() -> None:
    mapping = parsed(DATA / "small_survey.yaml")
    mapping["bands"]["readers"]["bands"] = [
        {"band": "low", "from": 0},
        {"band": "high", "from": 50},
    ]
    result = coded({"a_readers": "49"}, {"a_readers": "50"}, instrument=load_instrument(mapping))
    assert column(result, "readers") == ["low", "high"]


@given(st.floats(5, 3000))
@settings(max_examples=50)
def test_each_budget_lies_in_the_band_that_its_ends_say(budget: float) -> None:
    bands = SURVEY.bands["budget"]
    label = bands.label_of(budget)
    inside = [b.label for b in bands.bands if b.low <= budget and (b.below or 1e9) > budget]
    assert inside == [label]


def test_ticks_make_one_code_and_ignored_ones_do_not_count() -> None:
    books, films, other = {"b_books": "x"}, {"b_films": "x"}, {"b_other": "x"}
    result = coded(books, films, books | films, books | other, other, {})
    assert column(result, "stock") == ["Books only", "Films only", "Both", "Books only", None, None]
    left = result.uncoded[result.uncoded["variable"] == "stock"]
    assert left[["row", "field", "text"]].to_numpy().tolist() == [[6, "b_other", "other"]]


def test_the_only_tick_stands_for_a_choice_that_was_not_made() -> None:
    books, films = {"b_books": "x"}, {"b_films": "x"}
    result = coded(
        films,
        books | films,
        books | films | {"b_main": "books"},
        films | {"b_main": "other"},
        {},
        {"b_main": "Book"},
    )
    assert column(result, "main") == ["Screen", None, "Print", "Rest", None, "Print"]


def test_an_answer_per_option_is_that_of_the_option_chosen() -> None:
    loans = {"b_loans_books": "5", "b_loans_films": "7"}
    result = coded(
        {"b_films": "x", **loans},
        {"b_books": "x", "b_films": "x", "b_main": "books", **loans},
        {"b_books": "x", "b_films": "x", **loans},
    )
    assert column(result, "loans") == [7, 5, None]
    assert str(result.frame["loans"].dtype) == "Int64"


def test_lists_are_cut_coded_and_counted_once_for_a_return() -> None:
    result = coded(
        {"c_clubs": "yes", "c_names": "Chess; board game, tea, cake ; Knitting"},
        {"c_clubs": "yes", "c_names": "Speed chess, knitting; Readers"},
        {"c_clubs": "no"},
        {"c_clubs": "yes"},
        {},
    )
    assert column(result, "names") == ["Chess; Food", "Reading; Food", None, None, None]
    items = result.items["names"]
    assert list(items.columns) == ["Chess", "Reading", "Food"]
    assert items.iloc[0].tolist() == [True, False, True]
    assert items.iloc[2].tolist() == [False, False, False]
    assert items.iloc[3:].isna().all(axis=None)
    left = result.uncoded
    assert left[["row", "field", "text", "times"]].to_numpy().tolist() == [
        [2, "c_names", "Knitting", 2],
        [3, "c_names", "knitting", 2],
    ]
    mentions = result.mentions
    assert mentions["text"].tolist()[:4] == ["Chess", "board game", "tea, cake", "Knitting"]
    assert mentions["code"].tolist()[:4] == ["Chess", "Chess", "Food", ""]
    assert mentions["pattern"].tolist()[1] == "board games?"


def test_a_text_has_the_first_code_in_the_order_of_trial() -> None:
    heads = ["The clerk", "A clerk and a reader", "Nobody", "", "Clerks"]
    result = coded(*({"c_head": text} for text in heads))
    assert column(result, "head") == ["Clerk", "Together", None, None, "Clerk"]
    assert result.frame["head"].dtype == pd.CategoricalDtype(["Clerk", "Together"], ordered=True)


def test_titles_are_coded_and_their_time_is_added_up_where_it_is_all_known() -> None:
    result = coded(
        {"a_posts": "Librarian 3; 2 x Porters 1.5"},
        {"a_posts": "Librarian 3; Porter"},
        {"a_posts": "Head 2"},
        {},
        {"a_posts": "Librarian - none"},
    )
    assert column(result, "days") == [6, None, 2, None, 0]
    roles = result.roles
    codes = [None if pd.isna(c) else c for c in roles["code"]]
    assert codes == ["Librarian", "Porter", "Librarian", "Porter", None, "Librarian"]
    left = result.uncoded[result.uncoded["variable"] == "titles"]
    assert left["text"].tolist() == ["Head"]


def test_all_returns_stay_and_say_whether_they_are_used() -> None:
    result = coded({"c_clubs": "yes"}, {}, {"library": "L0", "c_mood": "3"})
    assert result.frame["complete"].tolist() == [True, False, True]
    assert result.frame["row"].tolist() == [2, 3, 4]
    assert result.frame["library"].tolist() == ["L0", "L1", "L0"]
    assert column(result, "clubs") == ["yes", None, None]
    assert result.frame["clubs"].dtype == pd.CategoricalDtype(["yes", "no"], ordered=True)
    variables = [variable.name for variable in LIBRARIES.coded]
    assert list(result.frame.columns)[-len(variables) :] == variables


def test_near_misses_are_shown_with_the_rule_they_nearly_meet() -> None:
    assert nearest_rule("librarien", LIBRARIES.codes["titles"]) == ("Librarian", "librarian")
    assert nearest_rule("xyzzy", LIBRARIES.codes["titles"]) == ("", "")


@given(st.lists(st.sampled_from(["chess", "tea, cake", "tea,cake", "a", " - b"]), min_size=1))
def test_cutting_finds_every_item(items: list[str]) -> None:
    found = cut("; ".join(items), LIBRARIES.codes["clubs"])
    assert list(found) == [item.removeprefix(" - ") for item in items]


@given(st.text())
def test_no_text_breaks_the_cutting_or_the_coding(text: str) -> None:
    for codes in (*LIBRARIES.codes.values(), *SURVEY.codes.values()):
        for item in cut(text, codes):
            assert item.strip() == item
            match(item, codes)


def committees() -> CodeSet:
    return SURVEY.codes["committees"]


@pytest.mark.parametrize(
    "codes", [c for c in SURVEY.codes.values() if c.kind in ("items", "text")], ids=lambda c: c.name
)
def test_the_printed_name_of_each_code_is_coded_to_itself(codes: CodeSet) -> None:
    for name in codes.names:
        if name != "Other":
            hit = match(name, codes)
            assert hit is not None
            assert hit.code == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Clinical Governance Committee", "Clinical Governance"),
        ("R & D", "Research & Development"),
        ("Drugs and Therapeutics", "Medicines Management"),
        ("Infection Prevention Committee", "Infection"),
        ("SUIs", "Risk + SUI"),
        ("Caldicott group", "Information Governance"),
        ("Mortality review", "Other"),
    ],
)
def test_committees_as_people_write_them(text: str, expected: str) -> None:
    hit = match(text, committees())
    assert hit is not None
    assert hit.code.startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Clinical Director", "Clinical Director"),
        ("General Manager", "General Manager"),
        ("Clinical Director and General Manager", "Manager and clinician joint"),
        ("Jointly and severally", "Manager and clinician joint"),
        ("The triumvirate", "Triumvirate"),
        ("Varies by division", "Differs"),
    ],
)
def test_responsible_officers_as_people_write_them(text: str, expected: str) -> None:
    hit = match(text, SURVEY.codes["responsible_officers"])
    assert hit is not None
    assert hit.code.startswith(expected)


def test_the_messy_workbook_is_coded() -> None:
    table = read_text_table(DATA / "messy_survey.xlsx", columns=SURVEY.columns)
    result = code(clean(table.frame, SURVEY, RULES, rows=table.rows), SURVEY)
    frame = result.frame.set_index("row")
    assert frame.loc[7, "budget"] == "150-199"
    assert frame.loc[11, "staff"] == "2000-2999"
    assert frame.loc[8, "structures"] == "Service Line"
    assert frame.loc[11, "principal"] == "Other"
    assert frame.loc[7, "units"] == 4
    assert frame.loc[6, "units"] == 5
    assert frame.loc[7, "board_activities"] == 8
    assert frame.loc[7, "responsible_officer"] == "Manager and clinician joint"
    assert result.uncoded["text"].tolist() == ["Flower show"]
    numbers = {"board_doctors", "board_activities", "management_board_doctors", "units"}
    numbers |= {"quality", "finance", "working", "performance", "experience", "committees"}
    for variable in SURVEY.coded:
        dtype = result.frame[variable.name].dtype
        assert (variable.name in numbers) != isinstance(dtype, pd.CategoricalDtype)
        if isinstance(dtype, pd.CategoricalDtype):
            assert dtype.ordered


def test_complete_returns_may_need_more_than_one_answer() -> None:
    stricter = replace(LIBRARIES, complete_from=2)
    result = coded({"c_clubs": "no"}, {"c_clubs": "no", "c_mood": "1"}, instrument=stricter)
    assert result.frame["used"].tolist() == [False, True]
