"""Bounds of statistics against every value that they can take."""

import itertools
from typing import Any

import numpy as np
import pytest
from small_world import (
    PAIR,
    RECORDS,
    SMALL,
    Counts,
    counts_of,
    margin_facts,
    named,
    numbered,
    random_records,
    total_slack,
)

from medlead.reconstruction.bounds import Correlation, Difference, Explorer, Ratio, sum_of
from medlead.reconstruction.facts import INFINITE, Fact, Requirement, number_of
from medlead.reconstruction.parts import take_apart
from medlead.reconstruction.programme import assemble
from medlead.reconstruction.slack import hold_slack, least_slack
from medlead.reconstruction.space import MISSING, Level, Space

# --- bounds ----------------------------------------------------------------------------


def explorer(facts: list[Fact], space: Space = PAIR) -> Explorer:
    assembled = assemble(space, facts)
    total, _ = least_slack(assembled)
    return Explorer(assembled, hold_slack(assembled, total))


def consistent(facts: list[Fact], number: int) -> list[Counts]:
    """Every set of records, told apart by all variables, that meets all facts."""
    wanted = [(f.requirements[0].terms[0][1], f.requirements[0].low) for f in facts]
    kept = []

    def extend(chosen: list[int], start: int) -> None:
        for chosen_levels, most in wanted:
            held = sum(all(RECORDS[i][k] in v for k, v in chosen_levels.items()) for i in chosen)
            if held > most:
                return
        if len(chosen) == number:
            kept.append(counts_of(PAIR, [RECORDS[i] for i in chosen]))
            return
        for i in range(start, len(RECORDS)):
            extend([*chosen, i], i)

    extend([], 0)
    return [c for c in kept if total_slack(PAIR, facts, c) == 0]


X_CODES, Y_CODES = {0: 1.0, 1: 2.0, 2: 3.0}, {0: 1.0, 1: 2.0}
JOINT = {"x": frozenset([2]), "y": frozenset([1])}
STATISTICS: dict[str, Ratio | Difference | Correlation] = {
    "count": Ratio(sum_of(PAIR, {"f": frozenset([0]), "t": frozenset([0])})),
    "share": Ratio(sum_of(PAIR, JOINT), sum_of(PAIR, {"x": frozenset([2])})),
    "mean": Ratio(
        sum_of(PAIR, {"f": frozenset([0]), "t": frozenset([0])}, X_CODES, "x"),
        sum_of(PAIR, {"f": frozenset([0]), "t": frozenset([0])}),
    ),
    "difference": Difference(
        Ratio(
            sum_of(PAIR, {"y": frozenset([0])}, X_CODES, "x"), sum_of(PAIR, {"y": frozenset([0])})
        ),
        Ratio(
            sum_of(PAIR, {"y": frozenset([1])}, X_CODES, "x"), sum_of(PAIR, {"y": frozenset([1])})
        ),
    ),
    "correlation": Correlation(
        PAIR, ("x", "y"), (tuple(X_CODES.values()), tuple(Y_CODES.values()))
    ),
}


def bounds_of(found: Explorer, statistic: Ratio | Difference | Correlation) -> list[Any]:
    if isinstance(statistic, Ratio):
        return [found.ratio(statistic, sense) for sense in (-1, 1)]
    if isinstance(statistic, Difference):
        return [found.difference(statistic, sense) for sense in (-1, 1)]
    return [found.correlation(statistic, sense) for sense in (-1, 1)]


@pytest.fixture(scope="module", params=[3, 11])
def small_case(request: pytest.FixtureRequest) -> tuple[list[Fact], list[Counts]]:
    records = random_records(np.random.default_rng(request.param), 6)
    facts = margin_facts(PAIR, counts_of(PAIR, records))
    return facts, consistent(facts, 6)


@pytest.mark.parametrize("name", STATISTICS)
def test_bounds_are_the_ends_of_what_all_tables_give(
    name: str, small_case: tuple[list[Fact], list[Counts]]
) -> None:
    facts, tables = small_case
    statistic = STATISTICS[name]
    values = [statistic.value(table) for table in tables]
    values = [v for v in values if not np.isnan(v)]
    if not values:
        pytest.skip("the statistic exists for no table of this case")
    low, high = bounds_of(explorer(facts), statistic)
    assert low.value == pytest.approx(min(values))
    assert high.value == pytest.approx(max(values))
    # What is found at the ends are records that meet the facts and give the bounds back.
    for bound in (low, high):
        assert total_slack(PAIR, facts, bound.counts) == 0
        assert statistic.value(bound.counts) == pytest.approx(bound.value)


def test_bounds_hold_a_thousand_random_completions() -> None:
    """Answers exchanged between records of the same f and t keep every margin."""
    random = np.random.default_rng(5)
    records = random_records(random, 40)
    facts = margin_facts(PAIR, counts_of(PAIR, records))
    found = explorer(facts)
    ends = {name: bounds_of(found, statistic) for name, statistic in STATISTICS.items()}
    held = np.array([[r[v] for v in "ftxy"] for r in records])
    groups = [np.flatnonzero((held[:, :2] == key).all(axis=1)) for key in np.ndindex(2, 2)]
    for _ in range(1000):
        for group in groups:
            for column in (2, 3):
                held[group, column] = random.permutation(held[group, column])
        counts = np.zeros(PAIR.size)
        for number, block in enumerate(PAIR.blocks):
            own = tuple(held[:, "ftxy".index(v)] for v in block)
            cells = np.ravel_multi_index(own, PAIR.shape(block)) + PAIR.starts[number]
            np.add.at(counts, cells, 1.0)
        for name, (low, high) in ends.items():
            value = STATISTICS[name].value(counts)
            assert low.value - 1e-9 <= value <= high.value + 1e-9, name


def test_a_correlation_leaves_out_missing_answers() -> None:
    missing = (Level(MISSING, "(missing)"),)
    space = Space(
        {"x": (*numbered(1, 2), *missing), "y": (*numbered(1, 2), *missing)}, (("x", "y"),)
    )

    def margin(name: str, amounts: tuple[int, int, int]) -> list[Fact]:
        return [
            Fact(name, str(i), "", "", "count", (number_of({name: frozenset([i])}, n),))
            for i, n in enumerate(amounts)
        ]

    facts = [*margin("x", (3, 2, 1)), *margin("y", (2, 3, 1))]
    statistic = Correlation(space, ("x", "y"), ((1.0, 2.0), (1.0, 2.0)))
    values = []
    for table in itertools.product(range(4), repeat=9):
        counts = np.array(table, dtype=float)
        if sum(table) == 6 and total_slack(space, facts, counts) == 0:
            values.append(statistic.value(counts))
    values = [v for v in values if not np.isnan(v)]
    low, high = bounds_of(explorer(facts, space), statistic)
    assert low.value == pytest.approx(min(values))
    assert high.value == pytest.approx(max(values))


def test_a_correlation_of_halves_is_bounded_too() -> None:
    """Codes that are no whole numbers: the same table, halved, has the same correlation."""
    records = random_records(np.random.default_rng(4), 12)
    facts = margin_facts(PAIR, counts_of(PAIR, records))
    found = explorer(facts)
    whole = bounds_of(found, STATISTICS["correlation"])
    halves = Correlation(PAIR, ("x", "y"), ((0.5, 1.0, 1.5), (0.25, 0.5)))
    for one, other in zip(whole, bounds_of(found, halves), strict=True):
        assert one.value == pytest.approx(other.value)


def test_a_ratio_with_a_constant_is_bounded_over_all_numbers_of_answers() -> None:
    """The mean of values with one more added: its best n is not that of the mean alone."""
    codes, answered = {0: 1.0, 1: 4.0}, {"x": frozenset([0, 1])}
    space = Space({"x": (*numbered(1, 4), Level(MISSING, ""))}, (("x",),))
    facts = [
        Fact("n", "", "", "", "count", (number_of({}, 6),)),
        Fact("some", "", "", "", "count", (number_of({"x": frozenset([1])}, 1, 3),)),
    ]
    ratio = Ratio(sum_of(space, {}, codes, "x"), sum_of(space, answered), -3.0)
    values = [(a + 4 * b - 3) / (a + b) for b in (1, 2, 3) for a in range(7 - b) if a + b > 0]
    low, high = bounds_of(explorer(facts, space), ratio)
    assert low.value == pytest.approx(min(values))
    assert high.value == pytest.approx(max(values))
    plain = Ratio(sum_of(space, {"x": frozenset([1])}), None, -3.0)
    assert [bound.value for bound in bounds_of(explorer(facts, space), plain)] == [-2, 0]


@pytest.mark.parametrize("held", [1, 2, 3])
def test_a_difference_is_sought_over_all_sizes_of_the_groups(held: int) -> None:
    """Where the best share of each group needs another number of records in it."""
    space = Space({"g": numbered(1, 2), "x": numbered(0, 1)}, (("g", "x"),))

    def cell(g: int, x: int) -> dict[str, frozenset[int]]:
        return {"g": frozenset([g]), "x": frozenset([x])}

    across = Requirement(((1.0, cell(0, 1)), (2.0, cell(1, 0))), held, held + 1)
    facts = [
        Fact("n", "", "", "", "count", (number_of({}, 6),)),
        Fact("across", "", "", "", "count", (across,)),
    ]
    shares = [
        Ratio(sum_of(space, cell(g, 1)), sum_of(space, {"g": frozenset([g])})) for g in (0, 1)
    ]
    difference = Difference(*shares)
    tables = (np.array(t, dtype=float) for t in itertools.product(range(7), repeat=4))
    values = [
        difference.value(t) for t in tables if t.sum() == 6 and total_slack(space, facts, t) == 0
    ]
    values = [v for v in values if not np.isnan(v)]
    low, high = bounds_of(explorer(facts, space), difference)
    assert low.value == pytest.approx(min(values))
    assert high.value == pytest.approx(max(values))


@pytest.mark.parametrize("seed", [0, 1])
def test_taken_apart_the_records_have_the_same_bounds(seed: int) -> None:
    random = np.random.default_rng(seed)
    facts = margin_facts(SMALL, counts_of(SMALL, random_records(random, 15)))
    parts = take_apart(SMALL, facts, {})
    assert parts.slack == 0
    one = {"f": frozenset([0]), "t": frozenset([0])}
    together = explorer(facts, SMALL)
    low, high = (together.optimum(sum_of(SMALL, one), s).value for s in (-1, 1))
    assert {low, high} <= {float(key[0]) for key in parts.keys}
    assert min(key[0] for key in parts.keys) == low
    assert max(key[0] for key in parts.keys) == high
    apart = Explorer(*parts.about([{"x", "y"}]))
    both = sum_of(apart.assembled.space, JOINT)
    whole = explorer(facts, PAIR)
    for sense in (-1, 1):
        expected = whole.optimum(sum_of(PAIR, JOINT), sense).value
        assert apart.optimum(both, sense).value == expected


def test_groups_that_a_fact_joins_stay_together() -> None:
    space = Space({v: named("1", "2") for v in "ftab"}, (("f", "t"), ("a",), ("b",)))
    first = frozenset([0])
    more = Requirement(((1.0, {"a": first}), (-1.0, {"b": first})), 0, INFINITE)
    facts = [
        Fact("n", "", "", "", "count", (number_of({}, 9),)),
        Fact("b", "", "", "", "count", (number_of({"b": first}, 7),)),
        Fact("rank", "", "", "", "rank", (more,)),
    ]
    found = Explorer(*take_apart(space, facts, {}).about([{"a"}]))
    terms = sum_of(found.assembled.space, {"a": first})
    assert [found.optimum(terms, s).value for s in (-1, 1)] == [7, 9]


def test_records_are_not_taken_apart_where_the_key_is_wrong() -> None:
    counts = counts_of(SMALL, random_records(np.random.default_rng(0), 15))
    facts = margin_facts(SMALL, counts)
    size = next(i for i, fact in enumerate(facts) if fact.item == "sizes")
    chosen, low = facts[size].requirements[0].terms[0][1], facts[size].requirements[0].low
    facts[size] = Fact(*facts[size].cell, "", "count", (number_of(chosen, low + 2),))
    with pytest.raises(ValueError, match="key"):
        take_apart(SMALL, facts, {})
