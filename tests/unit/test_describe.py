"""Counts and spreads against the standard library."""

from collections import Counter
from statistics import median

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medlead.describe import counts, joined, spread, spread_by
from medlead.evidence import EvidenceClass
from medlead.layout import TIDY_COLUMNS

STUDY = EvidenceClass.STUDY


@settings(deadline=None)  # a slow machine is no failure
@given(st.lists(st.sampled_from(["x", "y", "z", None]), max_size=30))
def test_counts_are_those_of_a_counter(values: list[str | None]) -> None:
    frame = pd.DataFrame({"v": pd.Series(values, dtype="str")})
    rows = counts(frame, "v", STUDY, label="V")
    expected = Counter(v for v in values if v is not None)
    missing = values.count(None)
    assert [(r[1], r[2]) for r in rows if r[1] != "not given"] == sorted(expected.items())
    assert [(r[1], r[2], r[4]) for r in rows if r[1] == "not given"] == (
        [("not given", missing, len(values))] if missing else []
    )
    assert {r[4] for r in rows if r[1] != "not given"} <= {len(values) - missing}


def test_levels_keep_their_order_and_unused_ones_their_place() -> None:
    levels = ["Poor", "Fair", "Good"]
    frame = pd.DataFrame({"v": pd.Categorical(["Good", "Poor", "Good"], levels, ordered=True)})
    rows = counts(frame, "v", STUDY, label="V")
    assert [(r[1], r[2], r[3]) for r in rows] == [
        ("Poor", 1, "1"),
        ("Fair", 0, "0"),
        ("Good", 2, "2"),
    ]


def test_numbers_are_named_as_a_person_writes_them_and_sorted_by_size() -> None:
    frame = pd.DataFrame({"v": [10.0, 9.5, 10.0, 2.0]})
    assert [r[1] for r in counts(frame, "v", STUDY, label="V")] == ["2", "9.5", "10"]


@settings(deadline=None)  # a slow machine is no failure
@given(st.lists(st.integers(-1000, 1000) | st.none(), max_size=20))
def test_spread_against_the_standard_library(values: list[int | None]) -> None:
    known = [v for v in values if v is not None]
    rows = spread(pd.Series(values, dtype="Int64"), STUDY, label="V", total=True)
    if not known:
        assert rows == []
        return
    assert {r[1]: r[2] for r in rows} == {
        "lowest": min(known),
        "median": median(known),
        "highest": max(known),
        "total": sum(known),
    }
    assert {r[4] for r in rows} == {len(known)}
    assert [r[1] for r in spread(pd.Series(known), STUDY, label="V")][-1] == "highest"


def test_spread_by_group_comes_after_all_records() -> None:
    frame = pd.DataFrame({"v": [1, 2, 9], "g": ["b", "a", "b"]})
    rows = spread_by(frame, "v", "g", STUDY, label="V")
    assert [(r[0], r[1], r[3]) for r in rows if r[1] == "highest"] == [
        ("V", "highest", "9"),
        ("V, a", "highest", "2"),
        ("V, b", "highest", "9"),
    ]


def test_text_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="parse"):
        spread(pd.Series(["1", "two"]), STUDY, label="V")


def test_joined_rows_are_a_tidy_table() -> None:
    frame = joined(spread(pd.Series([1, 2]), STUDY, label="V"))
    assert list(frame.columns) == TIDY_COLUMNS
    assert frame["text"].tolist() == ["1", "1.5", "2"]
    assert list(joined([]).columns) == TIDY_COLUMNS
