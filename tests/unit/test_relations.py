"""Relations on small synthetic prints whose errors are known, because they were planted."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from medlead.verdicts.declared import expand, select
from medlead.verdicts.mends import Mend, smallest_mends
from medlead.verdicts.relations import (
    KIND_MEANINGS,
    KINDS,
    TIE,
    Cell,
    DeclarationError,
    Instance,
    Key,
    Outcome,
    numeric_values,
    printed_cells,
    share_of,
)
from medlead.verdicts.relations import test_instance as decide
from medlead.verdicts.templates import filled
from medlead.writing import read_csv

PUBLISHED = Path(__file__).parents[2] / "data" / "published"


def table(item: str, rows: Mapping[str, Mapping[str, object]], kind: str = "count") -> list[Cell]:
    return [
        Cell((item, row, column), str(text), kind)
        for row, cells in rows.items()
        for column, text in cells.items()
    ]


def run(
    cells: Sequence[Cell], *declarations: Mapping[str, Any]
) -> tuple[dict[str, Outcome], list[Mend], list[Instance]]:
    texts = {c.key: c.text for c in cells}
    values = numeric_values(cells)
    given_says = [{"says": "It must be so.", **d} for d in declarations]
    outcomes = [decide(i, values, texts) for i in expand(given_says, cells)]
    mends, unresolved = smallest_mends(outcomes, values, texts)
    return {o.instance.name: o for o in outcomes}, mends, unresolved


def total(parts: Sequence[str], whole: str = "Total", item: str = "t") -> dict[str, Any]:
    return {
        "relation": "sum",
        "kind": "total",
        "parts": {"item": item, "rows": list(parts), "columns": ["n"]},
        "total": {"item": item, "rows": [whole], "columns": ["n"]},
    }


SHARES = {
    "relation": "shares",
    "kind": "share",
    "for_each": "row",
    "percent": {"item": "t", "columns": ["%"], "skip_empty": True},
    "count": {"item": "t", "columns": ["n"], "except_rows": ["Total"]},
    "base": {"item": "t", "rows": ["Total"], "columns": ["n"]},
}


# --- selections -----------------------------------------------------------------------


def test_a_selection_keeps_the_declared_order_of_rows_and_columns() -> None:
    cells = table("t", {"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 4}})
    chosen = select(cells, {"item": "t", "rows": ["b", "a"], "columns": ["y", "x"]}, "here")
    assert [c.key[1:] for c in chosen] == [("b", "y"), ("b", "x"), ("a", "y"), ("a", "x")]
    chosen = select(cells, {"item": "t", "columns": ["y", "x"]}, "here")
    assert [c.text for c in chosen] == ["2", "1", "4", "3"]


def test_a_selection_takes_print_order_rows_apart_and_empty_cells_out() -> None:
    cells = table("t", {"b": {"n": 1}, "a": {"n": ""}, "Total": {"n": 3}})
    selection = {"item": "t", "except_rows": ["Total"], "skip_empty": True}
    assert [c.key[1] for c in select(cells, selection, "here")] == ["b"]
    assert [c.key[1] for c in select(cells, {"item": "t"}, "here")] == ["b", "a", "Total"]


def test_headings_may_hold_any_letters() -> None:
    cells = table("t", {"Zürich – «Ω»": {"£ naïve": 4}, "Σ": {"£ naïve": 4}})
    found, _, _ = run(
        cells,
        {
            "relation": "Ω",
            "kind": "total",
            "parts": {"item": "t", "rows": ["Zürich – «Ω»"]},
            "total": {"item": "t", "rows": ["Σ"]},
        },
    )
    assert found["Ω"].holds


@pytest.mark.parametrize(
    "selection",
    [
        {"item": "t", "rows": ["c"]},
        {"item": "t", "columns": ["z"]},
        {"item": "t", "kinds": ["percent"]},
        {"item": "t", "except_rows": ["c"]},
        {"item": "t", "except_rows": ["a", "b"]},
        {"item": "elsewhere"},
        {"item": "t", "row": ["a"]},
        {"rows": ["a"]},
        # One word would be read letter by letter.
        {"item": "t", "rows": "ab"},
        {"item": "t", "columns": "x"},
        {"item": "t", "except_rows": "*"},
    ],
)
def test_a_selection_that_does_not_fit_the_print_is_refused(selection: dict[str, Any]) -> None:
    cells = table("t", {"a": {"x": 1}, "b": {"x": 2}})
    with pytest.raises(DeclarationError, match=r"^here: "):
        select(cells, selection, "here")


# --- declarations ---------------------------------------------------------------------

GOOD = total(["a", "b"])
SMALL = table("t", {"a": {"n": 1, "%": 33}, "b": {"n": 2, "%": 67}, "Total": {"n": 3, "%": ""}})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "sum"}, "none of"),
        ({"part": 1}, "unknown key"),
        ({"total": {"item": "t", "rows": ["a", "b"], "columns": ["n"]}}, "one cell"),
        ({"for_each": "cell"}, "for_each"),
        ({"for_each": "pair"}, "different lengths"),
        ({"for_each": "row"}, "prints nothing"),
        ({"for_each": "match"}, "nothing is tested"),
        ({"for_each": "match", "match": [["a", "z"]]}, "cannot match"),
        ({"absent": 5}, "absent"),
        ({"absent": 0}, "absent"),
        ({"parts": {"item": "t", "rows": ["a", "Total"]}}, "not one printed number"),
    ],
)
def test_a_declaration_that_would_not_test_what_it_says_is_refused(
    change: dict[str, Any], message: str
) -> None:
    expand([{"says": "", **GOOD}], SMALL)
    with pytest.raises(DeclarationError, match=message):
        expand([{"says": "", **GOOD, **change}], SMALL)


@pytest.mark.parametrize("key", ["says", "parts", "total"])
def test_a_declaration_lacks_nothing(key: str) -> None:
    declaration = {"says": "", **GOOD}
    del declaration[key]
    with pytest.raises(DeclarationError, match="missing"):
        expand([declaration], SMALL)


def test_two_tests_cannot_share_a_name() -> None:
    with pytest.raises(DeclarationError, match="this name"):
        expand([{"says": "", **GOOD}] * 2, SMALL)


@pytest.mark.parametrize("kind", ["same", "share"])
def test_sides_that_stand_for_one_cell_have_one(kind: str) -> None:
    several = {"item": "t", "rows": ["a", "b"], "columns": ["n"]}
    sides = {
        "same": {"first": several, "second": several},
        "share": {"percent": several, "count": several, "base": several},
    }[kind]
    with pytest.raises(DeclarationError, match="one cell"):
        expand([{"says": "", "relation": "r", "kind": kind, **sides}], SMALL)


def test_one_cell_has_no_order() -> None:
    alone = {"item": "t", "rows": ["a"], "columns": ["n"]}
    with pytest.raises(DeclarationError, match="two cells"):
        expand([{"says": "", "relation": "r", "kind": "descending", "parts": alone}], SMALL)


@pytest.mark.parametrize("forgotten", ["a", "Total"])
def test_a_row_forgotten_on_one_side_is_told(forgotten: str) -> None:
    declaration = {
        "says": "",
        "relation": "r",
        "kind": "equal-sums",
        "for_each": "row",
        "left": {"item": "t", "columns": ["n"]},
        "right": {"item": "t", "columns": ["n"], "except_rows": [forgotten]},
    }
    with pytest.raises(DeclarationError, match=f"prints nothing for '{forgotten}'"):
        expand([declaration], SMALL)
    # Where the declaration says that an absent row stands for 0, it is tested as 0.
    found, _, _ = run(SMALL, {**declaration, "absent": 0})
    assert not found[f"r[{forgotten}]"].holds
    assert found["r[b]"].holds


# --- single tests ---------------------------------------------------------------------


def test_shares_by_hand() -> None:
    cells = table("t", {"a": {"n": 1, "%": 33}, "b": {"n": 2, "%": 66}, "Total": {"n": 3}})
    found, _, _ = run(cells, SHARES)
    assert (found["shares[a]"].holds, found["shares[a]"].rule) == (True, "nearest")
    # Cut off is not rounded to nearest.
    assert (found["shares[b]"].holds, found["shares[b]"].rule) == (False, "")
    assert (found["shares[b]"].left, found["shares[b]"].right) == ("66", "66.66666667")
    assert found["shares[a]"].instance.derived == ("t", "a", "%")


@pytest.mark.parametrize(
    ("count", "percent", "rule"),
    [
        (1, "12", "half-even"),
        (1, "13", "half-up"),
        (3, "38", "nearest"),
        (3, "37", ""),
        (1, "12.5", "exact"),
        (1, "12.50", "exact"),
        (1, "12.4", ""),
        (8, "100", "exact"),
        (7, "87", ""),
        (7, "89", ""),
    ],
)
def test_a_share_is_rounded_to_nearest_and_halves_either_way(
    count: int, percent: str, rule: str
) -> None:
    cells = table("t", {"a": {"n": count, "%": percent}, "Total": {"n": 8}})
    found, _, _ = run(cells, SHARES)
    assert (found["shares[a]"].rule, found["shares[a]"].holds) == (rule, bool(rule))


@pytest.mark.parametrize(("count", "percent"), [(0, "0"), (0, "100"), (2, "50")])
def test_a_share_of_nothing_fails_without_a_crash(count: int, percent: str) -> None:
    cells = table("t", {"a": {"n": count, "%": percent}, "Total": {"n": 0}})
    found, mends, unresolved = run(cells, SHARES)
    assert not found["shares[a]"].holds
    assert found["shares[a]"].right == "undefined"
    assert share_of(found["shares[a]"].instance, numeric_values(cells)) is None
    assert (mends, unresolved) == ([], [])


def test_mending_a_total_to_nothing_does_not_crash_a_share() -> None:
    cells = table("t", {"a": {"n": 0, "%": 0}, "b": {"n": 0, "%": 0}, "Total": {"n": 4}})
    _, mends, unresolved = run(cells, total(["a", "b"]), SHARES)
    # A total of 0 would leave percentages of nothing, and each part alone breaks its share.
    assert mends == []
    assert [i.name for i in unresolved] == ["sum"]


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        ("131.5", "132", "nearest"),
        ("130.5", "131", "half-up"),
        ("130.5", "130", "half-even"),
        ("131.5", "131", "truncation"),
        ("131.2", "132", ""),
        ("132", "131.5", ""),
        ("Two", "2", "exact"),
        ("1,200", "1200", "exact"),
        ("Fully Met", "Fully Met", "exact"),
        ("Fully Met", "fully met", ""),
        ("", "", "exact"),
        ("7", "seven or so", ""),
    ],
)
def test_two_printings(first: str, second: str, rule: str) -> None:
    cells = table("t", {"a": {"n": first}, "b": {"n": second}})
    found, _, _ = run(
        cells,
        {
            "relation": "r",
            "kind": "same",
            "first": {"item": "t", "rows": ["a"]},
            "second": {"item": "t", "rows": ["b"]},
        },
    )
    assert (found["r"].rule, found["r"].holds) == (rule, bool(rule))


def test_fractional_sums_are_shown_as_decimals() -> None:
    cells = table("t", {"a": {"n": "0.25"}, "b": {"n": "1.5"}, "Total": {"n": 2}}, "value")
    found, _, _ = run(cells, total(["a", "b"]))
    assert (found["sum"].left, found["sum"].right) == ("1.75", "2")


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=6))
def test_descending(numbers: list[int]) -> None:
    cells = table("t", {f"r{i}": {"n": n} for i, n in enumerate(numbers)})
    found, _, _ = run(cells, {"relation": "r", "kind": "descending", "parts": {"item": "t"}})
    assert found["r"].holds == (numbers == sorted(numbers, reverse=True))


def test_labels_of_columns_can_match_labels_of_rows() -> None:
    cells = table("wide", {"x": {"1": 2, "2": 5}, "y": {"1": 1, "2": 0}})
    cells += table("long", {"1": {"n": 3}, "2": {"n": 4}})
    found, _, _ = run(
        cells,
        {
            "relation": "r",
            "kind": "equal-sums",
            "for_each": "column-to-row",
            "left": {"item": "wide"},
            "right": {"item": "long"},
        },
    )
    assert [(o.instance.name, o.holds) for o in found.values()] == [("r[1]", True), ("r[2]", False)]


def test_one_limit_serves_many_cells() -> None:
    cells = table("t", {"a": {"n": 3}, "b": {"n": 9}, "limit": {"n": 5}})
    found, _, _ = run(
        cells,
        {
            "relation": "r",
            "kind": "at-most",
            "for_each": "pair",
            "parts": {"item": "t", "rows": ["a", "b"]},
            "limit": {"item": "t", "rows": ["limit"]},
        },
    )
    assert [o.holds for o in found.values()] == [True, False]


# --- mends ----------------------------------------------------------------------------


def test_an_error_that_several_cells_could_mend_blames_none() -> None:
    cells = table("t", {"a": {"n": 3}, "b": {"n": 4}, "Total": {"n": 8}})
    found, mends, unresolved = run(cells, total(["a", "b"]))
    assert not found["sum"].holds
    assert mends == []
    assert [i.name for i in unresolved] == ["sum"]


def test_a_second_relation_shows_the_wrong_cell() -> None:
    # The shares fix a, b and the total, so that only b can have been misprinted.
    cells = table("t", {"a": {"n": 30, "%": 30}, "b": {"n": 75, "%": 70}, "Total": {"n": 100}})
    _, mends, unresolved = run(cells, total(["a", "b"]), SHARES)
    assert [(m.key, m.printed, m.implied) for m in mends] == [(("t", "b", "n"), "75", Fraction(70))]
    assert set(mends[0].restores) == {"sum", "shares[b]"}
    assert unresolved == []


def test_a_repetition_elsewhere_shields_a_cell() -> None:
    cells = table("t", {"a": {"n": 3}, "b": {"n": 4}, "Total": {"n": 8}})
    cells += table("text", {"all": {"n": 8}, "of a": {"n": 3}})

    def same(name: str, row: str, other: str) -> dict[str, Any]:
        return {
            "relation": name,
            "kind": "same",
            "first": {"item": "text", "rows": [row]},
            "second": {"item": "t", "rows": [other], "columns": ["n"]},
        }

    _, mends, _ = run(cells, total(["a", "b"]), same("all", "all", "Total"), same("a", "of a", "a"))
    assert [(m.key, m.implied) for m in mends] == [(("t", "b", "n"), Fraction(5))]


def test_two_errors_in_one_column_are_not_taken_for_one() -> None:
    good = {"a": {"x": 5, "y": 6}, "b": {"x": 7, "y": 8}}
    left = table("left", good)
    right = table("right", {"a": {"x": 6, "y": 6}, "b": {"x": 9, "y": 8}})
    declarations = [
        {
            "relation": how,
            "kind": "equal-sums",
            "for_each": how,
            "left": {"item": "left"},
            "right": {"item": "right"},
        }
        for how in ("row", "column")
    ]
    found, mends, unresolved = run([*left, *right], *declarations)
    assert {n for n, o in found.items() if not o.holds} == {"row[a]", "row[b]", "column[x]"}
    assert mends == []
    assert len(unresolved) == 3


def test_two_errors_far_apart_are_both_found() -> None:
    cells = table("t", {"a": {"n": 35, "%": 30}, "b": {"n": 70, "%": 70}, "Total": {"n": 100}})
    cells += table("u", {"a": {"n": 5}, "b": {"n": 9}})
    # The limit alone would leave 0 to 5 for b; a second printing says which.
    again = {"relation": "again", "kind": "same", "first": {"item": "v", "rows": ["b"]}}
    again |= {"second": {"item": "u", "rows": ["b"]}}
    limit = {
        "relation": "limit",
        "kind": "at-most",
        "parts": {"item": "u", "rows": ["b"]},
        "limit": {"item": "u", "rows": ["a"]},
    }
    fixed = {"relation": "fixed", "kind": "equal-sums"}
    fixed |= {"left": {"item": "u", "rows": ["a"]}, "right": {"item": "v", "rows": ["a"]}}
    cells += table("v", {"a": {"n": 5}, "b": {"n": 4}})
    _, mends, unresolved = run(cells, total(["a", "b"]), SHARES, limit, fixed, again)
    assert {(m.key, m.implied, m.restores) for m in mends} == {
        (("t", "a", "n"), Fraction(30), ("sum", "shares[a]")),
        (("u", "b", "n"), Fraction(4), ("limit", "again")),
    }
    assert unresolved == []


@pytest.mark.parametrize(
    ("most", "percent", "implied"),
    [
        # At most 5 leaves six values for the cell, at most 0 leaves one.
        ("5", "", None),
        ("1", "", None),
        ("0", "", 0),
        # Of 40 only 2 is 5 %, and no count up to 5 is 20 %.
        ("5", "5", 2),
        ("5", "20", None),
    ],
)
def test_a_cell_is_named_only_with_the_one_value_that_it_can_have(
    most: str, percent: str, implied: int | None
) -> None:
    cells = table("t", {"a": {"n": 9, "%": percent}, "Total": {"n": 40}})
    cells += table("u", {"limit": {"n": most}, "again": {"n": most}})
    limit = {
        "relation": "limit",
        "kind": "at-most",
        "parts": {"item": "t", "rows": ["a"], "columns": ["n"]},
        "limit": {"item": "u", "rows": ["limit"]},
    }
    # The limit is printed twice, so that it is not the limit that is wrong.
    again = {
        "relation": "again",
        "kind": "same",
        "first": {"item": "u", "rows": ["again"]},
        "second": {"item": "u", "rows": ["limit"]},
    }
    shares = [SHARES] if percent else []
    _, mends, unresolved = run(cells, limit, again, *shares)
    if implied is None:
        assert mends == []
        assert [i.name for i in unresolved] == ["limit"]
    else:
        assert [(m.key, m.implied) for m in mends] == [(("t", "a", "n"), implied)]
        assert unresolved == []


@pytest.mark.parametrize(("base", "percent", "several"), [(100, "3", False), (300, "1", True)])
def test_a_share_that_two_counts_give_does_not_determine_the_count(
    base: int, percent: str, several: bool
) -> None:
    # 3 of 100 is the only count printed as 3; 2, 3 and 4 of 300 are all printed as 1.
    cells = table("t", {"a": {"n": 9, "%": percent}, "Total": {"n": base}})
    cells += table("u", {"limit": {"n": 5}, "again": {"n": 5}})
    limit = {"relation": "limit", "kind": "at-most"}
    limit |= {"parts": {"item": "t", "rows": ["a"], "columns": ["n"]}}
    limit |= {"limit": {"item": "u", "rows": ["limit"]}}
    again = {"relation": "again", "kind": "same"}
    again |= {"first": {"item": "u", "rows": ["again"]}, "second": {"item": "u", "rows": ["limit"]}}
    _, mends, _ = run(cells, limit, again, SHARES)
    assert [m.implied for m in mends] == ([] if several else [3])


def test_a_mend_is_never_negative_or_fractional() -> None:
    # Only a can change (b and the total repeat elsewhere), and it would have to be -1.
    cells = table("t", {"a": {"n": 3}, "b": {"n": 5}, "Total": {"n": 4}})
    cells += table("text", {"b": {"n": 5}, "all": {"n": 4}})
    held = [
        {
            "relation": name,
            "kind": "same",
            "first": {"item": "text", "rows": [name]},
            "second": {"item": "t", "rows": [row], "columns": ["n"]},
        }
        for name, row in (("b", "b"), ("all", "Total"))
    ]
    _, mends, unresolved = run(cells, total(["a", "b"]), *held)
    assert mends == []
    assert [i.name for i in unresolved] == ["sum"]
    half = [Cell(c.key, "2.5" if c.key[1] == "b" else c.text, c.kind) for c in cells]
    _, mends, _ = run(half, total(["a", "b"]), *held)
    assert mends == []


@st.composite
def consistent_pair(draw: st.DrawFn) -> tuple[dict[Key, int], list[dict[str, Any]], int]:
    """Two two-way tables of the same people: by two features, each against the same bands.

    Each band holds as many people in one table as in the other; each row's sum is
    limited by a printed group size. Returns counts, declarations, number of bands.
    """
    bands = draw(st.integers(2, 4))
    people = draw(st.lists(st.tuples(*[st.integers(0, n) for n in (1, 2, bands - 1)]), max_size=60))
    sizes = ("status", 2), ("type", 3)
    counts: dict[Key, int] = {}
    declarations: list[dict[str, Any]] = [
        {
            "relation": "bands",
            "kind": "equal-sums",
            "for_each": "column",
            "left": {"item": "by-status"},
            "right": {"item": "by-type"},
        }
    ]
    for feature, (name, groups) in enumerate(sizes):
        for group in range(groups):
            for band in range(bands):
                key = (f"by-{name}", f"g{group}", f"b{band}")
                counts[key] = sum(p[feature] == group and p[2] == band for p in people)
            size = sum(p[feature] == group for p in people) + draw(st.integers(0, 2))
            counts[(f"size-{name}", f"g{group}", "n")] = size
        declarations.append(
            {
                "relation": f"{name}-sizes",
                "kind": "at-most",
                "for_each": "match",
                "parts": {"item": f"by-{name}"},
                "limit": {"item": f"size-{name}"},
                "match": [[f"g{g}", f"g{g}"] for g in range(groups)],
            }
        )
    return counts, declarations, bands


def as_cells(counts: Mapping[Key, int]) -> list[Cell]:
    return [Cell(key, str(n), "count") for key, n in counts.items()]


def consistent(counts: Mapping[Key, int], bands: int) -> bool:
    """The same requirements, written out once more without the engine."""
    for b in range(bands):
        by_status = sum(counts[("by-status", f"g{g}", f"b{b}")] for g in range(2))
        by_type = sum(counts[("by-type", f"g{g}", f"b{b}")] for g in range(3))
        if by_status != by_type:
            return False
    return all(
        sum(counts[(f"by-{name}", f"g{g}", f"b{b}")] for b in range(bands))
        <= counts[(f"size-{name}", f"g{g}", "n")]
        for name, groups in (("status", 2), ("type", 3))
        for g in range(groups)
    )


@settings(deadline=None)  # a slow machine is no failure
@given(consistent_pair())
def test_a_consistent_pair_of_tables_never_fails(
    pair: tuple[dict[Key, int], list[dict[str, Any]], int],
) -> None:
    counts, declarations, bands = pair
    assert consistent(counts, bands)
    found, mends, unresolved = run(as_cells(counts), *declarations)
    assert all(o.holds for o in found.values())
    assert (mends, unresolved) == ([], [])


def requirements(
    counts: Mapping[Key, int], bands: int
) -> list[tuple[set[Key], Callable[[Mapping[Key, int]], bool]]]:
    """Each requirement of the pair as its cells and a predicate, without the engine."""

    def band(b: int) -> tuple[set[Key], Callable[[Mapping[Key, int]], bool]]:
        status: list[Key] = [("by-status", f"g{g}", f"b{b}") for g in range(2)]
        types: list[Key] = [("by-type", f"g{g}", f"b{b}") for g in range(3)]
        return (
            {*status, *types},
            lambda now: sum(now[k] for k in status) == sum(now[k] for k in types),
        )

    def size(name: str, g: int) -> tuple[set[Key], Callable[[Mapping[Key, int]], bool]]:
        inner: list[Key] = [(f"by-{name}", f"g{g}", f"b{b}") for b in range(bands)]
        limit: Key = (f"size-{name}", f"g{g}", "n")
        return {*inner, limit}, lambda now: sum(now[k] for k in inner) <= now[limit]

    groups = (("status", 2), ("type", 3))
    return [
        *(band(b) for b in range(bands)),
        *(size(name, g) for name, n in groups for g in range(n)),
    ]


@settings(deadline=None)  # a slow machine is no failure
@given(consistent_pair(), st.data())
def test_a_planted_error_is_found_and_no_other_cell_is_blamed(
    pair: tuple[dict[Key, int], list[dict[str, Any]], int], data: st.DataObject
) -> None:
    counts, declarations, bands = pair
    planted = data.draw(st.sampled_from([k for k in counts if k[0].startswith("by-")]))
    wrong = data.draw(st.integers(0, 70).filter(lambda n: n != counts[planted]))
    printed = {**counts, planted: wrong}
    found, mends, unresolved = run(as_cells(printed), *declarations)
    assert any(not o.holds for o in found.values())
    # One error: the right value restores all, so no relation can name another cell alone.
    assert [m.key for m in mends] in ([], [planted])
    assert bool(mends) != bool(unresolved)
    for mend in mends:
        assert consistent({**printed, mend.key: int(mend.implied)}, bands)
        assert set(mend.restores) == {n for n, o in found.items() if not o.holds}


@settings(deadline=None)  # a slow machine is no failure
@given(consistent_pair(), st.data())
def test_a_cell_is_named_exactly_where_brute_force_finds_no_other(
    pair: tuple[dict[Key, int], list[dict[str, Any]], int], data: st.DataObject
) -> None:
    counts, declarations, bands = pair
    planted = data.draw(st.sampled_from(list(counts)))
    off = data.draw(st.integers(-9, 9))
    printed = {**counts, planted: max(0, counts[planted] + off)}
    _, mends, _ = run(as_cells(printed), *declarations)
    needed = requirements(counts, bands)

    def could_be(key: Key) -> list[tuple[Key, int]]:
        tests = [holds for cells, holds in needed if key in cells]
        return [
            (key, value)
            for value in range(90)
            if value != printed[key] and all(holds({**printed, key: value}) for holds in tests)
        ]

    candidates = [
        [pair for key in sorted(cells) for pair in could_be(key)]
        for cells, holds in needed
        if not holds(printed)
    ]
    # One cell and one value; and as the true value restores all, no other can be alone.
    alone = {found[0] for found in candidates if len(found) == 1}
    assert alone <= {(planted, counts[planted])}
    assert {(m.key, m.implied) for m in mends} == alone


# --- the report's own declarations ----------------------------------------------------


def test_the_declared_relations_fit_the_print_and_use_every_kind() -> None:
    cells = printed_cells(read_csv(PUBLISHED / "cells.csv"))
    declared = yaml.safe_load((PUBLISHED / "relations.yaml").read_text(encoding="utf-8"))
    instances = expand(declared["relations"], cells)
    assert {i.kind for i in instances} == set(KINDS) == set(KIND_MEANINGS)
    assert {i.relation for i in instances} == {d["relation"] for d in filled(declared["relations"])}
    for selection in declared["outside"]:
        assert select(cells, selection, "outside")


def test_the_published_sums_and_shares_are_decided_as_by_hand() -> None:
    cells = printed_cells(read_csv(PUBLISHED / "cells.csv"))
    declared = yaml.safe_load((PUBLISHED / "relations.yaml").read_text(encoding="utf-8"))
    values, texts = numeric_values(cells), {c.key: c.text for c in cells}
    tried: Counter[str] = Counter()
    for instance in expand(declared["relations"], cells):
        if instance.kind not in ("total", "equal-sums", "at-most", "share"):
            continue
        found = decide(instance, values, texts)
        left, right, base = (
            [float(values[k]) for k in side]
            for side in (instance.left, instance.right, instance.base)
        )
        if instance.kind in ("total", "equal-sums"):
            expected = sum(left) == sum(right)
        elif instance.kind == "at-most":
            expected = sum(left) <= sum(right)
        else:
            # Rounded to nearest: no further from the share than half the last printed digit.
            half = 0.5 * 10 ** -len(texts[instance.left[0]].partition(".")[2])
            expected = abs(left[0] - instance.per * sum(right) / sum(base)) <= half + 1e-9
        tried[instance.kind] += 1
        assert found.holds == expected, instance.name
    assert len(tried) == 4


# --- extremes and bands ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "stated", "holds"),
    [
        ("lowest", "3", True),
        ("lowest", "4", False),
        ("highest", "10", True),
        ("highest", "9", False),
    ],
)
def test_an_extreme_is_that_of_its_parts(kind: str, stated: str, holds: bool) -> None:
    cells = table("t", {"a": {"x": 3}, "b": {"x": 10}, "All": {"x": stated}})
    parts = {"item": "t", "except_rows": ["All"]}
    whole = {"item": "t", "rows": ["All"]}
    found, mends, _ = run(cells, {"relation": "r", "kind": kind, "parts": parts, "total": whole})
    assert found["r"].holds is holds
    assert found["r"].instance.derived == ("t", "All", "x")
    assert found["r"].left == {"lowest": "3", "highest": "10"}[kind]
    assert mends == []


BANDED = {"a": {"0-9": 0, "10-19": 2, "20-29": 1, "30-39": 0}}


@pytest.mark.parametrize(
    ("kind", "value", "holds"),
    [
        ("lowest-band", "10", True),
        ("lowest-band", "19", True),
        ("lowest-band", "9", False),
        ("lowest-band", "20", False),
        ("highest-band", "29", True),
        ("highest-band", "30", False),
    ],
)
def test_a_value_lies_in_the_outermost_band_that_counts_anyone(
    kind: str, value: str, holds: bool
) -> None:
    cells = [*table("t", BANDED), Cell(("text", "size", "end"), value, "statistic")]
    found, _, _ = run(
        cells, {"relation": "r", "kind": kind, "parts": {"item": "t"}, "value": {"item": "text"}}
    )
    assert found["r"].holds is holds
    # A band bounds the value; it does not give it.
    assert found["r"].instance.derived is None


def test_where_bands_are_single_numbers_the_value_follows() -> None:
    cells = [
        *table("t", {"1": {"n": 4}, "2": {"n": 1}, "3": {"n": 0}}),
        Cell(("text", "most", "n"), "2", "statistic"),
    ]
    declared = {"relation": "r", "kind": "highest-band", "parts": {"item": "t"}}
    found, _, _ = run(cells, {**declared, "value": {"item": "text"}})
    assert found["r"].holds
    assert found["r"].instance.derived == ("text", "most", "n")


def test_bands_that_are_all_empty_hold_no_value() -> None:
    cells = [*table("t", {"a": {"0-9": 0}}), Cell(("text", "size", "end"), "5", "statistic")]
    declared = {"relation": "r", "kind": "lowest-band", "parts": {"item": "t"}}
    found, _, _ = run(cells, {**declared, "value": {"item": "text"}})
    assert not found["r"].holds


def test_a_band_needs_a_heading_of_numbers() -> None:
    cells = [*table("t", {"a": {"few": 1}}), Cell(("text", "size", "end"), "5", "statistic")]
    declared = {"relation": "r", "kind": "lowest-band", "parts": {"item": "t"}}
    with pytest.raises(DeclarationError, match="neither heading"):
        run(cells, {**declared, "value": {"item": "text"}})


def test_what_must_be_none_is_mended_where_one_cell_is_to_blame() -> None:
    cells = table("t", {"a": {"x": 0, "y": 3}})
    found, mends, unresolved = run(cells, {"relation": "r", "kind": "none", "parts": {"item": "t"}})
    assert not found["r"].holds
    assert [(m.key, m.implied) for m in mends] == [(("t", "a", "y"), 0)]
    assert unresolved == []


# --- the commonest value --------------------------------------------------------------


def commonest(
    counts: Mapping[str, int], told: str, **more: Any
) -> tuple[Outcome, list[Mend], list[Instance]]:
    cells = [*table("t", {head: {"n": n} for head, n in counts.items()})]
    declared = {"relation": "r", "kind": "commonest", "parts": {"item": "t"}}
    found, mends, unresolved = run(
        [*cells, Cell(("text", "most", "n"), told, "count")],
        {**declared, "value": {"item": "text"}, **more},
    )
    return found["r"], mends, unresolved


@pytest.mark.parametrize(
    ("rank", "told", "shown", "holds"),
    [
        (1, "7", "7", True),
        (1, "2", "7", False),
        # The count itself is not the number that it counts.
        (1, "9", "7", False),
        (2, "2", "2", True),
        (2, "7", "2", False),
        (3, "1", "1", True),
        (4, "1", "none", False),
    ],
)
def test_the_number_with_the_highest_count_or_the_next(
    rank: int, told: str, shown: str, holds: bool
) -> None:
    found, mends, unresolved = commonest({"1": 3, "2": 5, "7": 9}, told, rank=rank)
    assert (found.left, found.right, found.holds) == (shown, told, holds)
    assert found.rule == ("exact" if holds else "")
    assert found.instance.derived == ("text", "most", "n")
    # A text that names another number is no error in the counts.
    assert (mends, unresolved) == ([], [])


def test_the_rank_is_the_first_unless_it_is_told() -> None:
    found, _, _ = commonest({"1": 3, "2": 5}, "2")
    assert (found.instance.rank, found.holds) == (1, True)


@pytest.mark.parametrize("told", ["2", "7"])
def test_of_numbers_that_tie_none_is_the_commonest(told: str) -> None:
    found, _, _ = commonest({"1": 3, "2": 5, "7": 5}, told)
    assert (found.left, found.holds) == ("2 or 7", False)


def test_after_a_tie_the_next_lower_count_is_second() -> None:
    counts = {"1": 3, "2": 5, "7": 5, "8": 1}
    found, _, _ = commonest(counts, "1", rank=2)
    assert (found.left, found.holds) == ("1", True)
    found, _, _ = commonest({**counts, "8": 3}, "1", rank=2)
    assert (found.left, found.holds) == ("1 or 8", False)


@given(
    st.dictionaries(st.integers(0, 12), st.integers(0, 4), min_size=1, max_size=6),
    st.integers(0, 12),
    st.integers(1, 4),
)
def test_the_commonest_number_against_counting_those_above(
    counts: dict[int, int], told: int, rank: int
) -> None:
    found, _, _ = commonest({str(k): n for k, n in counts.items()}, str(told), rank=rank)
    mine = counts.get(told)
    others = [n for k, n in counts.items() if k != told]
    stands = mine is not None and mine not in others
    assert found.holds == (stands and len({n for n in others if n > (mine or 0)}) == rank - 1)


def test_what_is_counted_needs_a_heading_of_numbers_and_one_value() -> None:
    with pytest.raises(DeclarationError, match="neither heading"):
        commonest({"few": 5, "2": 3}, "2")
    with pytest.raises(DeclarationError, match="value must be one cell"):
        commonest({"1": 3, "2": 5}, "2", value={"item": "t"})
    with pytest.raises(DeclarationError, match="not one printed number"):
        commonest({"1": 3, "2": 5}, "hardly any")


def test_a_mend_far_away_counts_as_a_second_explanation() -> None:
    # p may fall to 3, or the limit L may rise to x: the print does not show which.
    cells = table("t", {"a": {"n": 2}, "p": {"n": 9}, "T": {"n": 5}, "L": {"n": 4}, "x": {"n": 20}})

    def rows(*names: str) -> dict[str, Any]:
        return {"item": "t", "rows": list(names)}

    _, mends, unresolved = run(
        cells,
        {"relation": "limit", "kind": "at-most", "parts": rows("p"), "limit": rows("L")},
        {"relation": "end", "kind": "highest", "parts": rows("x"), "total": rows("L")},
        {"relation": "sum", "kind": "total", "parts": rows("a", "p"), "total": rows("T")},
    )
    assert "limit" not in {name for m in mends for name in m.restores if m.key[1] == "p"} or (
        "limit" in {i.name for i in unresolved}
    )


@pytest.mark.parametrize(("kind", "rank"), [("commonest", 0), ("commonest", "2"), ("none", 2)])
def test_a_rank_is_a_whole_number_and_belongs_to_the_commonest(kind: str, rank: object) -> None:
    cells = [*table("t", {"1": {"n": 4}}), Cell(("text", "most", "n"), "1", "count")]
    value = {"value": {"item": "text"}} if kind == "commonest" else {}
    with pytest.raises(DeclarationError, match="rank"):
        run(cells, {"relation": "r", "kind": kind, "rank": rank, "parts": {"item": "t"}, **value})


# --- ranks and stated ranges ------------------------------------------------------------


RANKED = {
    "relation": "ranked",
    "kind": "ranked",
    "for_each": "row",
    "place": {"item": "t", "columns": ["rank"]},
    "value": {"item": "t", "columns": ["n"]},
    "base": {"item": "t", "columns": ["n"]},
}


@given(st.lists(st.integers(0, 4), min_size=2, max_size=6), st.data())
def test_a_rank_is_the_place_in_some_order_of_the_counts(
    counts: list[int], data: st.DataObject
) -> None:
    """Against all orders: a place is allowed where sorting the counts can put the row there."""
    stated = data.draw(st.permutations(range(1, len(counts) + 1)))
    rows = {
        f"r{i}": {"n": n, "rank": rank}
        for i, (n, rank) in enumerate(zip(counts, stated, strict=True))
    }
    found, _, _ = run(table("t", rows), RANKED)
    falling = sorted(counts, reverse=True)
    for i, (n, rank) in enumerate(zip(counts, stated, strict=True)):
        outcome = found[f"ranked[r{i}]"]
        places = [place for place, there in enumerate(falling, start=1) if there == n]
        assert outcome.holds == (rank in places)
        assert outcome.rule == ("" if rank not in places else "exact" if len(places) == 1 else TIE)
        assert outcome.instance.derived == ("t", f"r{i}", "rank")


def test_a_rank_needs_its_own_count_among_those_it_is_compared_with() -> None:
    cells = table("t", {"a": {"n": 3, "rank": 1}, "b": {"n": 2, "rank": 2}})
    with pytest.raises(DeclarationError, match="none of those in base"):
        run(cells, {**RANKED, "base": {"item": "t", "rows": ["a"], "columns": ["n"]}})


COUNTED_BANDS = {"0-9": 3, "10-19": 4, "20-29": 4, "30-39": 0}


@pytest.mark.parametrize(
    ("kind", "low", "high", "holds", "told"),
    [
        ("most-within", 0, 19, True, "7 of 11"),
        ("most-within", 10, 19, False, "4 of 11"),
        # A band that only reaches into the range does not count.
        ("most-within", 0, 18, False, "3 of 11"),
        ("commonest-within", 10, 29, True, "10-19 or 20-29"),
        ("commonest-within", 10, 19, False, "10-19 or 20-29"),
        ("commonest-within", 30, 39, False, "10-19 or 20-29"),
    ],
)
def test_a_stated_range(kind: str, low: int, high: int, holds: bool, told: str) -> None:
    cells = table("t", {"all": COUNTED_BANDS}) + table("u", {"range": {"low": low, "high": high}})
    declared = {"relation": "r", "kind": kind, "parts": {"item": "t"}, "ends": {"item": "u"}}
    found, mends, unresolved = run(cells, declared)
    assert (found["r"].holds, found["r"].left, found["r"].right) == (holds, told, f"{low}-{high}")
    # Other ranges would do as well, so neither end is derived; and no count is mended for it.
    assert found["r"].instance.derived is None
    assert not mends
    assert not unresolved


def test_exactly_half_is_not_most() -> None:
    cells = table("t", {"all": {"1": 2, "2": 2}}) + table("u", {"range": {"low": 1, "high": 1}})
    declared = {"relation": "r", "kind": "most-within", "parts": {"item": "t"}}
    assert not run(cells, {**declared, "ends": {"item": "u"}})[0]["r"].holds


def test_a_range_has_two_ends() -> None:
    cells = table("t", {"all": COUNTED_BANDS}) + table("u", {"range": {"low": 1, "high": 2}})
    declared = {"relation": "r", "kind": "most-within", "parts": {"item": "t"}}
    with pytest.raises(DeclarationError, match="two cells, not 1"):
        run(cells, {**declared, "ends": {"item": "u", "columns": ["low"]}})


def test_pairs_of_percentage_and_count_have_one_base() -> None:
    cells = table("t", {"a": {"n": 1, "%": 25}, "b": {"n": 3, "%": 70}, "all": {"n": 4, "%": 9}})
    declared = {
        "relation": "pair",
        "kind": "share",
        "for_each": "pair",
        "percent": {"item": "t", "rows": ["a", "b"], "columns": ["%"]},
        "count": {"item": "t", "rows": ["a", "b"], "columns": ["n"]},
        "base": {"item": "t", "rows": ["all"], "columns": ["n"]},
    }
    found, _, _ = run(cells, declared)
    assert [o.holds for o in found.values()] == [True, False]


# --- percentages of a whole --------------------------------------------------------------


def whole(*texts: str) -> tuple[Outcome, list[Mend], list[Instance]]:
    rows = {f"r{place}": {"n": text} for place, text in enumerate(texts)}
    parts = {"relation": "all", "kind": "whole", "parts": {"item": "t", "columns": ["n"]}}
    outcomes, mends, unresolved = run(table("t", rows, "percent"), parts)
    return outcomes["all"], mends, unresolved


@given(st.lists(st.integers(1, 40), min_size=2, max_size=8), st.integers(0, 2))
def test_the_rounded_percentages_of_a_whole_are_always_of_one(
    counts: list[int], places: int
) -> None:
    shown = [f"{100 * count / sum(counts):.{places}f}" for count in counts]
    assert whole(*shown)[0].holds


@pytest.mark.parametrize(
    ("texts", "rule", "told"),
    [
        (("69", "25", "6"), "exact", "100"),
        (("52", "24", "11", "6", "6"), "nearest", "99"),
        # Three whole percentages are off by three halves at most, and no more.
        (("33", "33", "32"), "", "98"),
        (("33", "33", "32.5"), "", "98.5"),
        (("33", "33", "33"), "nearest", "99"),
        (("73", "26", "0.1"), "nearest", "99.1"),
        (("73", "26", "0.0", "0.0"), "nearest", "99"),
        (("74", "15", "5"), "", "94"),
    ],
)
def test_percentages_that_leave_something_out_are_told(
    texts: tuple[str, ...], rule: str, told: str
) -> None:
    outcome, mends, _ = whole(*texts)
    assert (outcome.rule, outcome.left, outcome.right) == (rule, told, "100")
    assert outcome.holds == bool(rule)
    assert mends == []  # any part could be the wrong one


def test_a_part_with_another_ground_of_its_own_is_not_the_wrong_one() -> None:
    rows = {"a": {"n": "74"}, "b": {"n": "20"}, "a again": {"n": "74"}}
    parts = {"item": "t", "rows": ["a", "b"], "columns": ["n"]}
    again = {
        "relation": "again",
        "kind": "same",
        "first": {"item": "t", "rows": ["a"], "columns": ["n"]},
        "second": {"item": "t", "rows": ["a again"], "columns": ["n"]},
    }
    all_ = {"relation": "all", "kind": "whole", "parts": parts}
    _, mends, unresolved = run(table("t", rows, "percent"), all_, again)
    # 26, or 25 or 27 by rounding: the cell is known, its value is not.
    assert mends == []
    assert [i.name for i in unresolved] == ["all"]
