"""The questionnaire as data: what is loaded, and every fault that is refused."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from medlead.sources.messages import ProblemsFound
from medlead.survey.definition import PartType
from medlead.survey.instrument import CodeKind, Instrument, load_instrument
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
FILE = ROOT / "config" / "instruments" / "survey.yaml"
GIVEN = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SURVEY = load_instrument(GIVEN)
CELLS = read_csv(ROOT / "data" / "published" / "cells.csv")


def changed() -> dict[str, Any]:
    return copy.deepcopy(GIVEN)


def faults(mapping: dict[str, Any]) -> str:
    with pytest.raises(ProblemsFound) as found:
        load_instrument(mapping)
    return str(found.value)


def headings(item: str, axis: str) -> list[str]:
    kinds = (CELLS["item"] == item) & CELLS["kind"].isin(["count", "percent"])
    return list(dict.fromkeys(CELLS.loc[kinds, axis]))


# --- the shipped file ------------------------------------------------------------------


def test_all_questions_are_there_in_order() -> None:
    assert list(SURVEY.questions) == [f"Q{i}" for i in range(1, 15)]
    asked = [part.question for part in SURVEY.asked]
    assert list(dict.fromkeys(asked)) == list(SURVEY.questions)


def test_every_column_stands_once() -> None:
    assert len(set(SURVEY.columns)) == len(SURVEY.columns)
    assert not [c for c in SURVEY.columns if not re.fullmatch(r"[a-z][a-z0-9_]*", c)]


def test_parts_for_each_kind_of_unit_are_routed_by_its_tick() -> None:
    kinds = [o.name for o in SURVEY.part("q4a").options]
    units = [p for p in SURVEY.parts if p.name.endswith("_units")]
    assert [p.option for p in units] == kinds
    assert [p.asked_if.ticked for p in units if p.asked_if] == kinds


@pytest.mark.parametrize(
    ("variable", "items"),
    [
        ("budget", ["table-05", "table-06"]),
        ("staff", ["table-07", "table-08"]),
        ("consultants", ["table-09", "table-10"]),
        ("structures", ["table-16"]),
        ("principal", ["table-17"]),
    ],
)
def test_levels_are_the_printed_headings_in_their_order(variable: str, items: list[str]) -> None:
    levels: tuple[str, ...] = SURVEY.levels(variable)
    if variable in SURVEY.bands:
        levels = tuple(b.label for b in SURVEY.bands[variable].bands if b.printed)
    for item in items:
        assert headings(item, "column") == list(levels)


def test_committees_and_officers_are_the_printed_rows() -> None:
    committees = [c.name for c in SURVEY.codes["committees"].codes if not c.other]
    assert committees == headings("table-15", "row")
    officers = list(SURVEY.codes["responsible_officers"].names)
    assert [*officers, "Total"] == headings("table-18", "row")


@pytest.mark.parametrize("name", ["committees", "responsible_officers"])
def test_the_printed_name_of_a_code_is_coded_to_it(name: str) -> None:
    codes = SURVEY.codes[name]
    for wanted in codes.codes:
        text = wanted.name
        if not wanted.other:
            first = next(
                c.name
                for c in codes.in_order_of_trial
                if any(re.search(p, text, re.IGNORECASE) for p in c.patterns)
            )
            assert first == wanted.name


@given(st.floats(min_value=0, max_value=2000, allow_nan=False))
def test_every_value_has_exactly_one_band(value: float) -> None:
    for bands in SURVEY.bands.values():
        holding = [band.label for band in bands.bands if value in band]
        assert holding == [bands.label_of(value)]


def test_a_band_holds_its_printed_ends_and_decimals_between_bands() -> None:
    for bands in SURVEY.bands.values():
        for band in bands.bands:
            if "-" in band.label:
                low, high = (float(end) for end in band.label.split("-"))
                assert bands.label_of(low) == bands.label_of(high) == band.label
                assert bands.label_of(high + 0.9) == band.label


def test_sets_of_ticks_cover_every_choice_of_named_kinds() -> None:
    codes = SURVEY.codes["structures"]
    named = {o.name for o in SURVEY.part("q4a").options} - set(codes.ignore)
    assert len(codes.codes) == 2 ** len(named) - 1
    assert codes.kind is CodeKind.TICKS


def test_each_decision_says_what_why_and_about_what() -> None:
    assert len({d.about for d in SURVEY.decisions}) == len(SURVEY.decisions) >= 10
    assert all(d.found and d.decided and d.because for d in SURVEY.decisions)


def test_the_names_of_options_are_spellings() -> None:
    part = SURVEY.part("trust_type")
    assert "Mental Health" in part.options[1].spellings
    assert part.options[0].spellings == ("Acute",)


def test_an_unknown_part_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="q99"):
        SURVEY.part("q99")


# --- what is refused -------------------------------------------------------------------


def test_an_unknown_key_is_named_with_the_nearest() -> None:
    mapping = changed()
    mapping["questions"][0]["parts"][0]["collumn"] = "x"
    assert "did you mean 'column'?" in faults(mapping)


@pytest.mark.parametrize("key", ["frame", "bands", "coded", "returns"])
def test_a_missing_key_is_named(key: str) -> None:
    mapping = changed()
    del mapping[key]
    assert f"the key '{key}' is missing" in faults(mapping)


def test_overlapping_and_gapped_bands_are_told_apart() -> None:
    mapping = changed()
    mapping["bands"]["budget"]["bands"][1]["below"] = 110
    assert "'50-99' and '100-149' overlap" in faults(mapping)
    mapping["bands"]["budget"]["bands"][1]["below"] = 90
    assert "gap between the bands '50-99' and '100-149'" in faults(mapping)
    mapping = changed()
    bands = mapping["bands"]["staff"]["bands"]
    bands[2], bands[3] = bands[3], bands[2]
    assert "overlap" in faults(mapping)


def test_no_answer_can_fall_beside_the_bands() -> None:
    mapping = changed()
    bands = mapping["bands"]["budget"]["bands"]
    first, last = bands.pop(0), bands[-1]
    assert "budget: values from 5 to below 50 have no band" in faults(mapping)
    bands.insert(0, first)
    last["below"] = 2000
    assert "budget: values from 2000 on have no band" in faults(mapping)
    # The greatest answer that is taken, 3000, is the last that needs one.
    last["below"] = 3000
    assert "budget: values from 3000 on have no band" in faults(mapping)
    last["below"] = 3001
    load_instrument(mapping)


def test_every_option_of_a_choice_that_is_coded_has_a_code() -> None:
    mapping = changed()
    codes = next(c for c in mapping["codes"].values() if c["kind"] == "choice")
    lost = codes["codes"].pop()["options"][0]
    assert f"the option '{lost}' has no code" in faults(mapping)


def test_a_band_end_that_is_no_number_is_refused() -> None:
    mapping = changed()
    mapping["bands"]["staff"]["bands"][2]["from"] = "two thousand"
    assert "is no number" in faults(mapping)


def test_a_code_used_twice_or_with_a_meaning_used_twice_is_refused() -> None:
    mapping = changed()
    mapping["codes"]["principal"]["codes"][1]["code"] = "Other"
    assert "the code 'Other' is used twice" in faults(mapping)
    mapping = changed()
    mapping["codes"]["structures"]["codes"][1]["ticks"] = ["divisions"]
    assert "the meaning 'divisions' is used twice" in faults(mapping)


def test_a_pattern_that_cannot_be_read_is_refused() -> None:
    mapping = changed()
    mapping["codes"]["committees"]["codes"][0]["patterns"] = ["(quality"]
    assert "cannot be read" in faults(mapping)


def test_columns_parts_and_options_are_unique() -> None:
    mapping = changed()
    mapping["questions"][0]["parts"][1]["column"] = "q1_budget"
    assert "the column 'q1_budget' is used twice" in faults(mapping)
    mapping = changed()
    mapping["frame"][2]["options"].append("London")
    assert "the option 'London' is used twice" in faults(mapping)


def test_routing_to_something_unknown_is_refused() -> None:
    mapping = changed()
    mapping["questions"][2]["parts"][1]["asked_if"] = {"part": "q3a_forum", "is": ["yes"]}
    assert "did you mean 'q3a_forums'?" in faults(mapping)
    mapping["questions"][2]["parts"][1]["asked_if"] = {"part": "q3a", "is": ["perhaps"]}
    assert "the option 'perhaps' is not known" in faults(mapping)


def test_types_and_ratings_are_checked() -> None:
    mapping = changed()
    mapping["questions"][10]["parts"][0]["type"] = "ratings"
    assert "did you mean 'rating'?" in faults(mapping)
    mapping["questions"][10]["parts"][0] |= {"type": "rating", "low": 10, "high": 0}
    assert "a rating needs its ends" in faults(mapping)


def test_all_faults_are_told_at_once() -> None:
    mapping = changed()
    mapping["codes"]["principal"]["codes"][1]["code"] = "Other"
    mapping["bands"]["budget"]["bands"][1]["below"] = 90
    mapping["decisions"][0]["becouse"] = "x"
    told = faults(mapping)
    assert "Other" in told
    assert "gap" in told
    assert "did you mean 'because'?" in told


def test_a_changed_band_changes_the_levels() -> None:
    mapping = changed()
    mapping["bands"]["budget"]["bands"] = [
        {"band": "small", "from": 0},
        {"band": "large", "from": 200},
    ]
    other: Instrument = load_instrument(mapping)
    assert other.levels("budget") == ("small", "large")
    assert other.bands["budget"].label_of(199.9) == "small"


def test_every_type_of_answer_occurs() -> None:
    assert {part.type for part in SURVEY.parts} == set(PartType)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ends": ["low"]}, "`ends` are not two texts"),
        ({"ends": ["low", "low"]}, "`ends` are not two texts"),
        ({"type": "text", "ends": ["low", "high"]}, "only a rating has `ends`"),
    ],
)
def test_the_words_at_the_ends_of_a_scale_are_two_and_of_a_rating(
    change: dict[str, Any], told: str
) -> None:
    mapping = changed()
    parts = {p["part"]: p for q in mapping["questions"] for p in q["parts"]}
    del parts["q12"]["ends"]
    parts["q12"].update(change)
    assert told in faults(mapping)


def test_a_pattern_of_an_option_must_be_readable() -> None:
    mapping = changed()
    region = next(part for part in mapping["frame"] if part["part"] == "region")
    region["options"][0]["patterns"] = ["(north"]
    assert "cannot be read" in faults(mapping)


def test_the_key_cannot_have_the_name_of_a_column_of_the_tables() -> None:
    mapping = changed()
    mapping["frame"][0]["column"] = "code"
    assert "'code' cannot be the key" in faults(mapping)
