"""Printed percentages against every count and every n, by brute force and by hand."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from medlead.printed import ROUNDING_RULES, possible_counts
from medlead.verdicts.declared import expand
from medlead.verdicts.percentages import (
    PERCENTAGE_COLUMNS,
    counts_of,
    percentages_frame,
    sizes_of,
)
from medlead.verdicts.relations import Cell, DeclarationError, numeric_values, printed_cells
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "data" / "published"
RULES = ["half-up", "half-even", "truncation"]


def rounded(count: int, n: int, places: int, rule: str) -> Fraction:
    return ROUNDING_RULES[rule](Fraction(100 * count, n), places)


texts = st.one_of(
    st.integers(0, 100).map(str),
    st.integers(0, 1000).map(lambda v: f"{v / 10:.1f}"),
    st.integers(0, 10000).map(lambda v: f"{v / 100:.2f}"),
)


@settings(max_examples=150)
@given(texts, st.integers(1, 400), st.sampled_from(RULES))
def test_counts_are_those_of_brute_force(text: str, n: int, rule: str) -> None:
    places = len(text.partition(".")[2])
    every = [c for c in range(n + 1) if rounded(c, n, places, rule) == Fraction(text)]
    assert counts_of(text, n, rule) == every


@settings(max_examples=150)
@given(texts, st.integers(0, 90), st.integers(1, 300), st.sampled_from(RULES))
def test_sizes_are_those_of_brute_force(text: str, count: int, most: int, rule: str) -> None:
    places = len(text.partition(".")[2])
    every = [
        n
        for n in range(max(1, count), most + 1)
        if rounded(count, n, places, rule) == Fraction(text)
    ]
    assert sizes_of(text, count, rule, most) == every


@given(st.integers(0, 100).map(str), st.integers(1, 200))
def test_both_ways_of_rounding_to_nearest_give_the_possible_counts(text: str, n: int) -> None:
    either = set(counts_of(text, n, "half-up")) | set(counts_of(text, n, "half-even"))
    assert sorted(either) == possible_counts(text, n)


CELLS = [
    *(Cell(("t", r, "n"), n, "count") for r, n in (("a", "19"), ("b", "6"), ("all", "69"))),
    *(Cell(("t", r, "%"), n, "percent") for r, n in (("a", "28"), ("b", "9"), ("all", ""))),
    Cell(("u", "asked", "n"), "40", "count"),
    *(Cell(("u", r, "%"), n, "percent") for r, n in (("b", "26"), ("c", "17.5"), ("d", "20"))),
    Cell(("v", "e", "%"), "50", "percent"),
]
SHARES = {
    "relation": "shares",
    "kind": "share",
    "for_each": "row",
    "says": "",
    "percent": {"item": "t", "rows": ["a", "b"], "columns": ["%"]},
    "count": {"item": "t", "rows": ["a", "b"], "columns": ["n"]},
    "base": {"item": "t", "rows": ["all"], "columns": ["n"]},
}
DECLARED: dict[str, Any] = {
    "most": 100,
    "without_count": [
        {
            "cells": [{"item": "u", "rows": ["c"]}],
            "n": {"item": "u", "columns": ["n"]},
            "says": "of all",
        },
        {"cells": [{"item": "u", "rows": ["b"]}], "least": 1, "most": 9, "says": "few"},
        {"cells": [{"item": "u", "rows": ["d"], "kinds": ["percent"]}], "says": "an end"},
        {"cells": [{"item": "v"}], "in": "other.csv", "says": "there"},
    ],
}


def frame(declared: dict[str, Any] = DECLARED, cells: list[Cell] = CELLS) -> pd.DataFrame:
    instances = expand([SHARES], cells)
    return percentages_frame(cells, instances, numeric_values(cells), declared, RULES)


def test_one_percentage_by_hand() -> None:
    found = frame()
    assert list(found.columns) == PERCENTAGE_COLUMNS
    a = found[(found["item"] == "t") & (found["row"] == "a")]
    assert len(a) == 9
    base, alone, together = (a.iloc[i] for i in (0, 3, 6))
    # 19 of 69 is 27.5: printed 28, as nothing else of 69 is.
    assert (base["n"], base["counts"], base["fits"], base["inferred"]) == (69, "19", "yes", "yes")
    # 19 is printed as 28 % of 67 (28.4) to 69 (27.5), and of no other n.
    assert (alone["n"], alone["ns"], alone["fits"], alone["inferred"]) == (
        *("", "67 to 69"),
        *("yes", "no"),
    )
    # 6 is printed as 9 % of 64 (9.4) to 70 (8.6): together 67 to 69.
    assert together["ns"] == "67 to 69"
    # Cut off, 19 is 28 % of 66 (28.8) and 67 (28.4), and the printed base has it not.
    cut = a[a["rule"] == "truncation"]
    assert cut["fits"].tolist() == ["no", "no", "no"]
    assert cut["counts"].tolist()[0] == "20"
    assert cut["ns"].tolist()[1:] == ["66 to 67", "66"]
    assert cut["inferred"].tolist() == ["yes", "no", "yes"]
    assert cut["n"].tolist() == [69, "", 66]


def test_what_has_no_count_is_told_by_what_is_declared() -> None:
    found = frame().set_index("row")
    assumed = found.loc["c"]
    assert assumed["n_from"].str.startswith("assumed: U : asked, n").all()
    assert assumed["counts"].tolist() == ["7"] * 3
    assert (assumed["inferred"] == "yes").all()
    # Of up to nine people, 26 % are none: 1 of 4 is 25, 2 of 8 is 25, 2 of 7 is 29.
    limits = found.loc["b"]
    limits = limits[limits["item"] == "u"]
    assert limits["ns"].tolist() == [""] * 3
    assert limits["number"].tolist() == [0] * 3
    assert found.loc["d", "n_from"] == "no share of a count"
    assert found.loc["e", "n_from"] == "elsewhere: other.csv"
    assert "all" not in found.index  # printed empty


def test_a_percentage_that_nothing_is_declared_for_stops() -> None:
    lacking = {**DECLARED, "without_count": DECLARED["without_count"][1:]}
    with pytest.raises(ValueError, match=r"nothing is declared for .*'c'"):
        frame(lacking)
    wrong = {**DECLARED, "without_count": [{"cells": [{"item": "w"}], "says": ""}]}
    with pytest.raises(DeclarationError):
        frame(wrong)


def test_every_printed_percentage_is_told() -> None:
    cells = printed_cells(read_csv(PUBLISHED / "cells.csv"))
    relations = yaml.safe_load((PUBLISHED / "relations.yaml").read_text("utf-8"))["relations"]
    declared = yaml.safe_load((ROOT / "config/instruments/methods.yaml").read_text("utf-8"))
    found = percentages_frame(
        cells,
        expand(relations, cells),
        numeric_values(cells),
        declared["percentages"],
        declared["rounding"],
    )
    told = set(zip(found["item"], found["row"], found["column"], strict=True))
    assert told == {c.key for c in cells if c.kind == "percent" and c.text}
    # Of each percentage that is rounded to nearest, the printed count is one that can be behind it.
    printed = found[found["n_from"].str.startswith("printed") & (found["rule"] == "half-up")]
    for row in printed.to_dict("records"):
        places = len(row["printed"].partition(".")[2])
        near = [
            c
            for c in range(row["n"] + 1)
            if abs(Fraction(100 * c, row["n"]) - Fraction(row["printed"]))
            <= Fraction(1, 2 * 10**places)
        ]
        assert row["number"] == len(near)
