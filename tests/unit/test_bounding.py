"""Relations that bound a cell, on small prints: each kind where it holds and where it fails."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlead.verdicts.bounding import first_number, possible_share
from medlead.verdicts.declared import expand
from medlead.verdicts.relations import BOUNDING, Cell, DeclarationError, Outcome, numeric_values
from medlead.verdicts.relations import test_instance as decide
from medlead.verdicts.templates import filled


def run(cells: Sequence[tuple[str, str, str, str]], **declared: Any) -> list[Outcome]:
    made = [Cell((item, row, column), text, "value") for item, row, column, text in cells]
    texts, values = {c.key: c.text for c in made}, numeric_values(made)
    declaration = {"relation": "r", "says": "It must be so.", **declared}
    return [decide(i, values, texts) for i in expand([declaration], made)]


def one(*cells: tuple[str, str, str, str], **declared: Any) -> Outcome:
    (outcome,) = run(cells, **declared)
    return outcome


def at(item: str, row: str, column: str = "x") -> dict[str, Any]:
    return {"item": item, "rows": [row], "columns": [column]}


def pair(kind: str, first: str, second: str, **more: Any) -> Outcome:
    cells = [("t", "a", "x", first), ("t", "b", "x", second)]
    return one(*cells, kind=kind, first=at("t", "a"), second=at("t", "b"), **more)


def alone(kind: str, text: str, **more: Any) -> Outcome:
    return one(("t", "a", "x", text), kind=kind, parts=at("t", "a"), **more)


@pytest.mark.parametrize(("text", "holds"), [("1", True), ("4", True), ("0", False), ("5", False)])
def test_within_two_printed_ends(text: str, holds: bool) -> None:
    cells = [("t", "a", "x", text), ("t", "a", "low", "1"), ("t", "a", "high", "4")]
    low, high = at("t", "a", "low"), at("t", "a", "high")
    found = one(*cells, kind="within", parts=at("t", "a"), low=low, high=high)
    assert found.holds == holds
    # Where it fails, the value or one of the ends is wrong.
    assert {k[2] for k in found.blamed} == (set() if holds else {"x", "low", "high"})
    assert found.instance.derived is None


@pytest.mark.parametrize(
    ("text", "terms", "holds"),
    [
        ("Good", {"scale": ["Fair", "Good"]}, True),
        ("Goood", {"scale": ["Fair", "Good"]}, False),
        ("", {"scale": ["Fair"], "also": [""]}, True),
        ("9.5", {"low": 0, "high": 10}, True),
        ("9.5", {"low": 0, "high": 10, "step": 1}, False),
        ("11", {"low": 0, "high": 10, "step": 1}, False),
        ("N/A", {"low": 1, "high": 5, "also": "N/A"}, True),
        ("N/A", {"low": 1, "high": 5}, False),
    ],
)
def test_on_a_scale(text: str, terms: dict[str, Any], holds: bool) -> None:
    assert alone("on-scale", text, terms=terms).holds == holds


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [("FT", "3", True), ("Non-FT", "N/A", True), ("FT", "N/A", False), ("Non-FT", "3", False)],
)
def test_two_facts_that_go_together(first: str, second: str, holds: bool) -> None:
    terms = {"first": "Non-FT", "second": "N/A"}
    assert pair("together", first, second, terms=terms).holds == holds


def test_words_that_go_with_each_other() -> None:
    terms = {"Division": ["Division"], "All": ["Division", "Directorate"]}
    assert pair("goes-with", "Division", "5 Divisions", terms=terms).holds
    assert pair("goes-with", "All", "5 Directorates", terms=terms).holds
    assert not pair("goes-with", "Division", "5 Directorates", terms=terms).holds
    assert not pair("goes-with", "Divison", "5 Divisions", terms=terms).holds


COUNTS = [
    ("c", "Foundation", "0-49", "2"),
    ("c", "Foundation", "50-99", "0"),
    ("c", "Other", "0-49", "1"),
    ("c", "Other", "50-99", "3"),
]


@pytest.mark.parametrize(
    ("records", "failing"),
    [
        ([("FT", "20"), ("FT", "49"), ("No", "60")], []),
        ([("FT", "60")], ["A"]),  # nobody there
        ([("FT", "120")], ["A"]),  # no such band
        ([("No", "10"), ("No", "20"), ("FT", "1")], ["A", "B"]),  # two where one is counted
        ([("Of", "10")], ["A"]),  # no such group
    ],
)
def test_a_record_is_among_those_that_are_counted(
    records: list[tuple[str, str]], failing: list[str]
) -> None:
    cells = list(COUNTS)
    for name, (status, value) in zip("ABC", records, strict=False):
        cells += [("s", name, "status", status), ("s", name, "value", value)]
    found = run(
        cells,
        kind="counted",
        for_each="row",
        reading="the records are among them",
        terms={"FT": "Foundation", "No": ["Other"]},
        record={"item": "s", "rows": "*", "columns": ["status", "value"]},
        counts={"item": "c", "rows": "*"},
    )
    assert [o.instance.left[0][1] for o in found if not o.holds] == failing
    for outcome in found:
        # All records of the crowd are as doubtful as this one, the counts are not.
        assert {k[0] for k in outcome.blamed} <= {"s"}
        assert outcome.holds or {k[1] for k in outcome.blamed} == set(failing)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("3 - One, Two, Three", True),
        ("4 - One, Two, Three and Four", True),
        ("3 - One, Two, Three and Four", True),
        ("3 - One, Two", False),
        ("5 - One, Two, Three and Four", False),
        ("3 - One, Two (at 2 different levels)", True),
        ("2 - One, Two (at 2 different levels)", False),
        ("One, Two", False),
    ],
)
def test_as_many_as_are_listed(text: str, holds: bool) -> None:
    terms = {"more": r"at (\d+) different levels"}
    assert alone("listed", text, terms=terms).holds == holds


@pytest.mark.parametrize(
    ("text", "holds"),
    [("12 (6 each for 2 posts)", True), ("13 (6 each for 2 posts)", False), ("12 in all", False)],
)
def test_a_whole_and_its_posts(text: str, holds: bool) -> None:
    terms = {"pattern": r"(?P<whole>\d+) \((?P<each>\d+) each for (?P<number>\d+) posts\)"}
    assert alone("product", text, terms=terms).holds == holds


@given(st.integers(1, 40), st.data())
def test_every_percentage_of_a_count_is_possible(n: int, data: st.DataObject) -> None:
    base = data.draw(st.integers(1, n))
    count = data.draw(st.integers(0, base))
    assert possible_share(str(round(100 * count / base)), n)


def test_percentages_that_no_count_gives() -> None:
    # By brute force: of at most six, rounded to nearest, halves either way.
    near = {
        p
        for base in range(1, 7)
        for k in range(base + 1)
        for p in range(101)
        if abs(100 * k / base - p) <= 0.5
    }
    assert [possible_share(str(p), 6) for p in range(101)] == [p in near for p in range(101)]
    assert not possible_share("18", 6)


def test_a_percentage_of_few() -> None:
    cells = [("t", "a", "x", "18"), ("t", "n", "x", "6")]
    given_ = {"kind": "possible-share", "parts": at("t", "a"), "n": at("t", "n")}
    assert not one(*cells, **given_).holds
    assert one(("t", "a", "x", "17"), cells[1], **given_).holds
    # 29 % needs seven, and two are surely others.
    assert one(("t", "a", "x", "29"), ("t", "n", "x", "7"), **given_).holds
    assert not one(("t", "a", "x", "29"), ("t", "n", "x", "7"), **given_, terms={"others": 2}).holds


@pytest.mark.parametrize(
    ("whole", "parts", "holds"),
    [
        ("0.60", ("0.60", "0.70"), True),
        ("0.59", ("0.60", "0.70"), True),  # both may be rounded
        ("0.58", ("0.60", "0.70"), False),
        ("-0.60", ("0.60", "0.70"), False),
        ("-0.60", ("-0.60", "-0.70"), True),
        ("-0.50", ("-0.60", "-0.70"), False),
        ("-0.99", ("0.60", "-0.70"), True),  # of parts with two signs nothing follows
    ],
)
def test_a_sum_and_its_parts(whole: str, parts: tuple[str, str], holds: bool) -> None:
    cells = [("t", "a", "whole", whole), *(("t", "a", f"p{n}", p) for n, p in enumerate(parts))]
    selection = {"item": "t", "rows": ["a"], "columns": ["p0", "p1"]}
    found = one(*cells, kind="composite", whole=at("t", "a", "whole"), parts=selection)
    assert found.holds == holds


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3), st.data())
def test_correlations_of_sums_are_at_least_the_least(y: list[float], data: st.DataObject) -> None:
    import numpy as np

    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    subs, measure = rng.normal(size=(2, 12)), rng.normal(size=12)
    subs[0] += y[0] * measure
    shown = [f"{np.corrcoef(v, measure)[0, 1]:.2f}" for v in (subs.sum(axis=0), *subs)]
    cells = [("t", "a", c, text) for c, text in zip(("whole", "p0", "p1"), shown, strict=True)]
    selection = {"item": "t", "rows": ["a"], "columns": ["p0", "p1"]}
    assert one(*cells, kind="composite", whole=at("t", "a", "whole"), parts=selection).holds


@pytest.mark.parametrize(
    ("sizes", "marks", "holds"),
    [
        (("0.50", "-0.60"), ("**", "**"), True),
        (("0.50", "-0.60"), ("**", "*"), False),
        (("0.52", "0.52"), ("**", "*"), True),
        (("0.52", "0.53"), ("**", "*"), True),  # they may round to one value
        (("0.52", "0.54"), ("**", "*"), False),
    ],
)
def test_stars_rise_with_the_coefficient(
    sizes: tuple[str, ...], marks: tuple[str, ...], holds: bool
) -> None:
    cells = [("t", f"r{n}", "x", text) for n, text in enumerate(sizes)]
    cells += [("t", f"m{n}", "x", text) for n, text in enumerate(marks)]
    chosen = {"item": "t", "columns": ["x"]}
    found = one(
        *cells,
        kind="monotone",
        sizes={**chosen, "rows": ["r0", "r1"]},
        marks={**chosen, "rows": ["m0", "m1"]},
    )
    assert found.holds == holds


def test_how_many_begin_with_a_number() -> None:
    cells = [("t", r, "x", text) for r, text in (("a", "5 D"), ("b", "4 D"), ("c", "12 D"))]
    cells.append(("s", "told", "x", "2"))
    parts = {"item": "t", "rows": "*"}
    found = one(
        *cells, kind="number-of", parts=parts, which={"begins": "4 or 5"}, total=at("s", "told")
    )
    assert found.holds
    assert first_number("many") is None


def test_what_only_bounds_a_cell_derives_none() -> None:
    assert "within" in BOUNDING
    assert "number-of" not in BOUNDING
    assert alone("on-scale", "1", terms={"low": 0, "high": 2}).instance.derived is None


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [
        ("on-scale", {}, "need scale or low"),
        ("on-scale", {"terms": {"scales": ["a"]}}, "unknown term"),
        ("whole", {"terms": {"scale": ["a"]}}, "do not belong"),
        ("product", {"terms": {}}, "need pattern"),
    ],
)
def test_terms_that_do_not_belong_are_refused(kind: str, more: dict[str, Any], told: str) -> None:
    with pytest.raises(DeclarationError, match=told):
        alone(kind, "1", **more)


# --- declarations made once for several tables ----------------------------------------


def test_a_declaration_is_filled_in_for_each_entry() -> None:
    declared = {
        "relation": "{name}-sum",
        "over": [{"name": "a", "rows": ["x", "y"]}, {"name": "b", "rows": ["z"]}],
        "parts": {"item": "{name}", "rows": "{rows}"},
    }
    first, second = filled([declared])
    assert first == {"relation": "a-sum", "parts": {"item": "a", "rows": ["x", "y"]}}
    assert second["parts"]["rows"] == ["z"]


@pytest.mark.parametrize(
    ("over", "told"),
    [([], "list of entries"), ([{"name": "a", "idle": 1}], "nowhere used"), ([{}], "gives no")],
)
def test_entries_that_do_not_fit_are_refused(over: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(DeclarationError, match=told):
        list(filled([{"relation": "{name}", "over": over}]))
