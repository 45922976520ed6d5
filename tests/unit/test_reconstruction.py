"""Records from margins: the solver against enumeration, and the shipped returns against the print.

Small cases are gone through one by one: every table of so many records, every set of
cells that could carry the slack, every value that a statistic can take.
"""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import yaml

from medlead.reconstruction import programme
from medlead.reconstruction.bounds import Correlation, Difference, Explorer, Ratio, sum_of
from medlead.reconstruction.check import check_survey
from medlead.reconstruction.deal import deal
from medlead.reconstruction.facts import INFINITE, Fact, Requirement, number_of
from medlead.reconstruction.levels import as_levels, count_levels, role_times, used_returns
from medlead.reconstruction.margins import load_margins, printed_cells
from medlead.reconstruction.parts import joint_block, take_apart
from medlead.reconstruction.programme import Infeasible, assemble
from medlead.reconstruction.sites import first_times, site_facts
from medlead.reconstruction.slack import hold_slack, in_stages, least_slack, optimal_supports
from medlead.reconstruction.space import MISSING, Level, Space, forms_tree
from medlead.reconstruction.statistics import identified_sets, part_ends, value_in
from medlead.reconstruction.survey import excepted_cells
from medlead.sources.messages import ProblemsFound
from medlead.survey.cleaning import clean
from medlead.survey.coding import code
from medlead.survey.instrument import load_instrument
from medlead.survey.table_definition import Statistic, load_tables
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
INSTRUMENTS = ROOT / "config" / "instruments"

Counts = npt.NDArray[np.float64]


def definition(name: str) -> Any:
    return yaml.safe_load((INSTRUMENTS / f"{name}.yaml").read_text(encoding="utf-8"))


SURVEY = load_instrument(definition("survey"))
DECLARED = definition("margins")
CELLS = printed_cells(read_csv(ROOT / "data" / "published" / "cells.csv"))
TABLES = load_tables(definition("tables"), SURVEY)
MARGINS = load_margins(DECLARED, SURVEY, CELLS, TABLES)
RETURNS = read_csv(ROOT / "data" / "raw" / "survey.csv")
EXPECTED = read_csv(ROOT / "tests" / "expected" / "cells.csv")
OUTSIDE = set(
    EXPECTED.loc[EXPECTED["reason"] == "outside-information", ["item", "row", "column"]].itertuples(
        index=False, name=None
    )
)
SITES = pd.read_csv(ROOT / "data" / "raw" / "sites.csv").merge(
    pd.read_csv(ROOT / "data" / "raw" / "site_self_ratings.csv"), on="site"
)
SITE_FACTS = site_facts(DECLARED["sites"], SITES, MARGINS.space)


# --- a small world ---------------------------------------------------------------------


def numbered(*values: int) -> tuple[Level, ...]:
    return tuple(Level(str(v), str(v), v, v + 0.5) for v in values)


def named(*names: str) -> tuple[Level, ...]:
    return tuple(Level(n, n) for n in names)


SMALL = Space(
    {"f": named("yes", "no"), "t": named("a", "b"), "x": numbered(1, 2, 3), "y": numbered(1, 2)},
    (("f", "t"), ("x", "f", "t"), ("y", "f", "t")),
)
PAIR = SMALL.with_block(("x", "y", "f", "t"))
RECORDS = [
    dict(zip("ftxy", values, strict=True))
    for values in itertools.product(*(range(len(SMALL.variables[v])) for v in "ftxy"))
]


def counts_of(space: Space, records: list[dict[str, int]]) -> Counts:
    return count_levels(space, pd.DataFrame(records, columns=list(space.variables)))


def margin_facts(space: Space, counts: Counts, names: str = "xy") -> list[Fact]:
    """The two-way tables of each variable with f and with t, and the sizes of f and t."""
    facts = []
    for by in "ft":
        for j, group in enumerate(space.variables[by]):
            chosen = {by: frozenset([j])}
            n = space.count(chosen, counts)
            facts.append(Fact("sizes", by, group.name, f"{n:g}", "count", (number_of(chosen, n),)))
            for name in names:
                for i, level in enumerate(space.variables[name]):
                    both = {**chosen, name: frozenset([i])}
                    n = space.count(both, counts)
                    cell = (f"{name} by {by}", group.name, level.name)
                    facts.append(Fact(*cell, f"{n:g}", "count", (number_of(both, n),)))
    return facts


def random_records(random: np.random.Generator, number: int) -> list[dict[str, int]]:
    return [RECORDS[i] for i in random.integers(len(RECORDS), size=number)]


def total_slack(space: Space, facts: list[Fact], counts: Counts) -> float:
    return sum(fact.slack(space, counts) for fact in facts)


X_ONLY = Space({v: SMALL.variables[v] for v in "ftx"}, (("f", "t"), ("x", "f", "t")))


def of_x(records: list[dict[str, int]]) -> Counts:
    return count_levels(X_ONLY, pd.DataFrame(records)[list("ftx")])


X_KINDS = [r for r in RECORDS if r["y"] == 0]
# Every set of three records that differ in f, t and x only.
X_TABLES = [
    of_x([X_KINDS[i] for i in chosen])
    for chosen in itertools.combinations_with_replacement(range(len(X_KINDS)), 3)
]


# --- the space -------------------------------------------------------------------------


def test_blocks_of_real_records_agree_on_what_they_share() -> None:
    counts = counts_of(PAIR, random_records(np.random.default_rng(1), 30))
    for one, other in PAIR.links():
        assert counts[one].sum() == counts[other].sum()


def test_counts_that_do_not_come_from_records_break_a_link() -> None:
    counts = counts_of(PAIR, random_records(np.random.default_rng(1), 30))
    counts[PAIR.cells({"x": frozenset([0])})[0]] += 1
    assert any(counts[one].sum() != counts[other].sum() for one, other in PAIR.links())


def test_a_selection_is_counted_in_the_smallest_block() -> None:
    records = random_records(np.random.default_rng(2), 25)
    counts = counts_of(PAIR, records)
    assert PAIR.block_for({"f"}) == 0
    for chosen in ({"f": {0}}, {"x": {1, 2}, "t": {1}}, {"x": {0}, "y": {1}}, {}):
        frozen = {k: frozenset(v) for k, v in chosen.items()}
        expected = sum(all(r[k] in v for k, v in frozen.items()) for r in records)
        assert PAIR.count(frozen, counts) == expected
    with pytest.raises(KeyError, match="no block"):
        SMALL.block_for({"x", "y"})


# --- the least slack -------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_the_least_slack_is_that_of_the_best_of_all_tables(seed: int) -> None:
    random = np.random.default_rng(seed)
    facts = margin_facts(X_ONLY, of_x(random_records(random, 3)), "x")
    # Each printed number is off by up to 2.
    spoiled = []
    for fact in facts:
        low = fact.requirements[0].low + float(random.integers(-1, 2)) * float(
            random.random() < 0.4
        )
        chosen = fact.requirements[0].terms[0][1]
        spoiled.append(Fact(*fact.cell, f"{low:g}", "count", (number_of(chosen, max(low, 0)),)))
    all_of_them = number_of({}, 3)
    spoiled.append(Fact("n", "all", "n", "3", "count", (all_of_them,)))
    assembled = assemble(X_ONLY, spoiled, firm=[len(spoiled) - 1])
    found, columns = least_slack(assembled)
    best = min(total_slack(X_ONLY, spoiled, table) for table in X_TABLES)
    assert found == best
    assert total_slack(X_ONLY, spoiled, assembled.counts(columns)) == best


@pytest.mark.parametrize("seed", range(4))
def test_margins_of_real_records_need_no_slack(seed: int) -> None:
    counts = counts_of(SMALL, random_records(np.random.default_rng(seed), 40))
    assert least_slack(assemble(SMALL, margin_facts(SMALL, counts)))[0] == 0


@pytest.mark.parametrize("seed", range(4))
def test_the_planted_cell_is_the_one_that_needs_slack(seed: int) -> None:
    random = np.random.default_rng(seed)
    counts = counts_of(SMALL, random_records(random, 40))
    facts = margin_facts(SMALL, counts)
    tables = [i for i, fact in enumerate(facts) if fact.item != "sizes"]
    planted = int(random.choice(tables))
    low, chosen = facts[planted].requirements[0].low, facts[planted].requirements[0].terms[0][1]
    facts[planted] = Fact(
        *facts[planted].cell, f"{low + 3:g}", "count", (number_of(chosen, low + 3),)
    )
    supports = optimal_supports(assemble(SMALL, facts))
    assert supports.complete
    assert [dict(s) for s in supports.found] == [{planted: 3.0}]
    assert supports.always == {planted}
    assert supports.sometimes == frozenset()


def test_all_sets_that_carry_the_slack_are_found() -> None:
    """Two sizes disagree: either of two cells may be wrong, and no other."""
    one = {"f": frozenset([0])}
    facts = [
        Fact("a", "r", "c", "5", "count", (number_of(one, 5),)),
        Fact("b", "r", "c", "6", "count", (number_of(one, 6),)),
        Fact("c", "r", "c", "9", "count", (number_of({}, 9),)),
    ]
    supports = optimal_supports(assemble(SMALL, facts))
    assert sorted(tuple(s.items()) for s in supports.found) == [((0, 1.0),), ((1, 1.0),)]
    assert supports.always == frozenset()
    assert supports.sometimes == {0, 1}


def test_a_commonest_value_needs_as_much_slack_as_it_lacks() -> None:
    def at(level: int) -> dict[str, frozenset[int]]:
        return {"x": frozenset([level])}

    facts = [
        Fact("n", str(i), "", "", "count", (number_of(at(i), n),)) for i, n in enumerate((2, 5, 4))
    ]
    needed = tuple(Requirement(((1.0, at(0)), (-1.0, at(i))), 0, INFINITE) for i in (1, 2))
    mode = Fact("mode", "", "", "1", "mode", needed, shared=True)
    assembled = assemble(SMALL, [*facts, mode], firm=range(3))
    total, columns = least_slack(assembled)
    assert total == mode.slack(SMALL, assembled.counts(columns)) == 3


def test_what_is_firm_and_impossible_is_told() -> None:
    facts = [Fact("n", str(n), "", "", "count", (number_of({}, n),)) for n in (5, 6)]
    with pytest.raises(Infeasible):
        least_slack(assemble(SMALL, facts, firm=[0, 1]))
    assert least_slack(assemble(SMALL, facts, firm=[0]))[0] == 1


def test_a_level_for_single_records_is_held_by_no_other() -> None:
    third = frozenset([2])
    facts = [
        Fact("n", "", "", "", "count", (number_of({}, 6),)),
        Fact("x", "", "", "", "count", (number_of({"x": third}, 4),)),
        Fact("one", "S", "", "", "record", (number_of({"x": third}, 1),), population="S"),
    ]
    assembled = assemble(SMALL, facts, ["S"], firm=[0, 2], only_singles={"x": third})
    total, columns = least_slack(assembled)
    assert total == 3
    assert SMALL.count({"x": third}, assembled.counts(columns)) == 1
    assert SMALL.count({"x": third}, assembled.counts(columns, "S")) == 1


def test_later_aims_do_not_spoil_earlier_ones() -> None:
    facts = [
        Fact("n", str(n), "", "", "count", (number_of({"x": frozenset([0])}, n),)) for n in (3, 7)
    ]
    assembled = assemble(SMALL, facts)
    first, second = ("first", assembled.total_slack([0])), ("second", assembled.total_slack([1]))
    _, stages, columns = in_stages(assembled.programme, [first, second])
    assert [stage.optimum for stage in stages] == [0, 4]
    assert SMALL.count({"x": frozenset([0])}, assembled.counts(columns)) == 3


# --- the shape of the blocks -----------------------------------------------------------


@pytest.mark.parametrize(
    ("blocks", "tree"),
    [
        (["ab", "bc"], True),
        (["ab", "bc", "ca"], False),
        (["ab", "bc", "ca", "abc"], True),
        (["ab", "cd"], True),
        (["ab", "bc", "cd", "da"], False),
        (["ab", "ab", "a"], True),
        (["abx", "bcx", "acx", "x"], False),
        (["abf", "bcf", "cf"], True),
    ],
)
def test_circles_of_blocks_are_told_from_trees(blocks: list[str], tree: bool) -> None:
    assert forms_tree(blocks) is tree
    assert forms_tree(blocks[::-1]) is tree


def test_in_a_circle_counts_can_agree_without_records() -> None:
    """Why trees matter: two equal, two equal, two different answers of three in a ring."""
    space = Space({v: named("1", "2") for v in "abc"}, (("a", "b"), ("b", "c"), ("a", "c")))
    counts = np.array([1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0], dtype=float)
    assert all(counts[one].sum() == counts[other].sum() for one, other in space.links())
    records = [dict(zip("abc", v, strict=True)) for v in itertools.product((0, 1), repeat=3)]
    every = itertools.combinations_with_replacement(records, 2)
    assert not any((counts_of(space, list(pair)) == counts).all() for pair in every)


def test_a_joint_block_takes_in_what_holds_its_variables_apart() -> None:
    space = Space(
        {v: named("1", "2") for v in "ftxyzp"},
        (("f", "t"), ("x", "f", "t"), ("p", "f", "t"), ("y", "p"), ("z", "p")),
    )
    assert set(joint_block(space, space.blocks, ["y", "z"])) == {"y", "z", "p"}
    assert set(joint_block(space, space.blocks, ["x", "p"])) == {"x", "p", "f", "t"}
    assert forms_tree([*space.blocks, joint_block(space, space.blocks, ["x", "y"])])


@pytest.mark.parametrize(
    ("key", "value", "told_as"),
    [
        ("blocks", [["foundation", "trust_type"], ["budget", "foundation"],
                    ["budget", "trust_type"]], "form no tree"),
        ("impossible", [{"budget": "50-99", "staff": "0-999"}], "no block counts budget, staff"),
    ],
)  # fmt: skip
def test_declarations_that_would_pass_unheard_are_refused(
    key: str, value: Any, told_as: str
) -> None:
    assert told_as in told({**DECLARED, key: value})


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


# --- from counts to records ------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_dealt_records_have_the_counts_they_were_dealt_from(seed: int) -> None:
    records = random_records(np.random.default_rng(seed), 30)
    counts = counts_of(SMALL, records)
    single = counts_of(SMALL, records[:1])
    recipe = {"size": {"x": 0.9}, "attitude": {"y": 0.5}}
    dealt = deal(SMALL, counts, {"S": single}, recipe, seed)
    assert (count_levels(SMALL, dealt) == counts).all()
    assert dealt.iloc[0][list("ftxy")].to_dict() == records[0]
    assert list(dealt["single"]).count("S") == 1
    again = deal(SMALL, counts, {"S": single}, recipe, seed)
    pd.testing.assert_frame_equal(dealt, again)


def test_a_single_record_that_is_not_among_all_is_refused() -> None:
    records = [r for r in RECORDS if r["x"] == 0][:5]
    stranger = counts_of(SMALL, [r for r in RECORDS if r["x"] == 2][:1])
    with pytest.raises(ValueError, match="not among"):
        deal(SMALL, counts_of(SMALL, records), {"S": stranger}, {"size": {}, "attitude": {}}, 0)


def test_times_of_roles_stand_at_the_end() -> None:
    assert role_times("Medical Director 8; Clinical Director 2.5") == [8, 2.5]
    assert role_times("Medical Director; Lead 1") == [None, 1]
    assert role_times("") == []


def test_each_post_of_the_first_role_has_its_time() -> None:
    roles = pd.read_csv(ROOT / "data" / "raw" / "site_roles.csv")
    times = first_times(roles, DECLARED["sites"])
    given = DECLARED["sites"]["first_role"]
    chosen = roles[roles["role"] == given["role"]]
    for site, part in chosen.groupby("site"):
        posts = part["posts"].fillna(1).iloc[0]
        assert times[str(site)] == [part["pa_low"].iloc[0]] * int(posts)


# --- the declarations ------------------------------------------------------------------


def told(mapping: dict[str, Any]) -> str:
    with pytest.raises(ProblemsFound) as found:
        load_margins(mapping, SURVEY, CELLS)
    return str(found.value)


def test_facts_about_tables_take_their_rows_from_the_tables_alone() -> None:
    assert "the table 'table-03' is not known" in told(DECLARED)
    other = {
        **definition("tables")["tables"],
        "table-15": {**definition("tables")["tables"]["table-15"]},
    }
    del other["table-15"]["show"]["%"]
    fewer = load_tables({"tables": other}, SURVEY)
    with pytest.raises(ProblemsFound, match="table-15 says 'columns'"):
        load_margins(DECLARED, SURVEY, CELLS, fewer)
    held = {fact.cell for fact in MARGINS.facts}
    for item, table in TABLES.tables.items():
        printed = {key for key, text in CELLS.items() if key[0] == item and text.isdecimal()}
        ranks = table.headings(Statistic.RANK)
        elsewhere = {key for key in printed if key in OUTSIDE}
        assert {key for key in printed - elsewhere if key[2] not in ranks} <= held, item


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": "count"}, "did you mean 'counts'?"),
        ({"item": "table-99"}, "no printed heading of table-99"),
        ({"rows": {"Acute": {"trust_typ": "Acute"}}}, "did you mean 'trust_type'?"),
        ({"rows": {"Acute": {"trust_type": "Acutte"}}}, "no level 'Acutte'"),
        ({"colums": {}}, "did you mean 'columns'?"),
    ],
)
def test_a_declaration_that_names_nothing_is_refused(change: dict[str, Any], expected: str) -> None:
    fact = {
        "kind": "counts",
        "item": "table-06",
        "rows": {"Acute": {"trust_type": "Acute"}},
        "columns": {"each": "budget"},
    }
    assert expected in told({**DECLARED, "facts": [{**fact, **change}]})


def test_every_counted_cell_of_the_survey_tables_is_a_fact() -> None:
    """No table from 3 to 18 has a count or a percentage that nothing asks for."""
    cells = read_csv(ROOT / "data" / "published" / "cells.csv")
    tables = [f"table-{i:02d}" for i in range(3, 19)]
    national = "% of national trusts"
    wanted = cells[
        cells["item"].isin(tables)
        & cells["kind"].isin(["count", "percent"])
        & (cells["text"] != "")
        & (cells["column"] != national)
    ]
    keys = set(zip(wanted["item"], wanted["row"], wanted["column"], strict=True))
    assert keys <= {fact.cell for fact in MARGINS.facts}
    ratings = cells[
        cells["item"].isin([f"table-{i}" for i in range(19, 23)]) & (cells["kind"] != "label")
    ]
    keys = set(zip(ratings["item"], ratings["row"], ratings["column"], strict=True))
    assert keys <= {fact.cell for fact in MARGINS.facts}


# --- the shipped returns ---------------------------------------------------------------


def checked(returns: pd.DataFrame) -> pd.DataFrame:
    return check_survey(
        returns, SURVEY, MARGINS, DECLARED, CELLS, excepted_cells(DECLARED), SITE_FACTS
    )


def test_the_returns_meet_everything_but_the_named_cells() -> None:
    report = checked(RETURNS)
    assert report[report["holds"] == "no"].to_dict("records") == []
    excepted = report[report["holds"] == "excepted"]
    cells = set(zip(excepted["item"], excepted["row"], excepted["column"], strict=True))
    assert cells == excepted_cells(DECLARED)


def test_no_returns_would_need_less_slack() -> None:
    total, _ = least_slack(assemble(MARGINS.space, MARGINS.facts, only_singles=MARGINS.also))
    used = used_returns(RETURNS, SURVEY)
    counts = count_levels(MARGINS.space, as_levels(used, SURVEY, MARGINS.space, MARGINS.several))
    assert sum(fact.slack(MARGINS.space, counts) for fact in MARGINS.facts) == total


def test_a_solver_that_only_comes_near_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = programme.milp

    def lazy(*arguments: Any, **options: Any) -> Any:
        found = real(*arguments, **options)
        found.mip_dual_bound = found.fun - 1.0
        return found

    facts = [Fact("n", "", "", "", "count", (number_of({}, 5),))]
    assembled = assemble(SMALL, facts)
    monkeypatch.setattr(programme, "milp", lazy)
    with pytest.raises(RuntimeError, match="proved no more"):
        least_slack(assembled)


def test_whole_numbers_that_miss_a_row_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = programme.milp

    def careless(*arguments: Any, **options: Any) -> Any:
        found = real(*arguments, **options)
        found.x = found.x + 0.6
        return found

    assembled = assemble(SMALL, [Fact("n", "", "", "", "count", (number_of({}, 5),))], firm=[0])
    monkeypatch.setattr(programme, "milp", careless)
    with pytest.raises(RuntimeError, match="do not meet every row"):
        least_slack(assembled)


def test_ranks_are_held_by_frequency() -> None:
    facts = [f for f in MARGINS.facts if f.kind == "rank"]
    ranked = [c for c in CELLS if c[0] == "table-15" and c[2] == "Rank"]
    assert {f.cell for f in facts} == set(ranked)
    made = next(iter(MARGINS.several.values()))
    first, last = (facts[i].row for i in (0, -1))
    for fact, named_here, expected in (
        (facts[0], {first: 5}, 0.0),
        (facts[-1], {last: 5}, 5.0),
    ):
        counts = np.zeros(MARGINS.space.size)
        for name, n in named_here.items():
            counts[MARGINS.space.cells({made[name]: frozenset([0])})] = n
        assert fact.slack(MARGINS.space, counts) == expected


def test_commonest_values_stand_alone() -> None:
    report = checked(RETURNS)
    shown = report[report["kind"].isin(["mode", "commonest"])]
    assert not shown["found"].str.contains(" or ").any()
    held = shown[(shown["holds"] == "yes") & (shown["kind"] == "mode")]
    assert (held["found"] == held["printed"]).all()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("q1_budget", "999999"),
        ("region", "London"),
        ("q2b_doctors", "19"),
        ("q11_quality", "0"),
        ("q9", ""),
        ("q3a_forums", ""),
        ("q8_responsible_officer", "Triumvirate"),
    ],
)
def test_a_changed_answer_is_found(column: str, value: str) -> None:
    other = RETURNS.copy()
    row = next(i for i in other.index if other.loc[i, column] not in ("", value))
    other.loc[row, column] = value
    assert "no" in set(checked(other)["holds"])


def test_a_lost_return_is_found() -> None:
    report = checked(RETURNS.iloc[1:])
    assert (report["holds"] == "no").sum() > 10


def test_every_site_is_a_return_with_its_known_numbers() -> None:
    excepted = excepted_cells(DECLARED)
    for fact in SITE_FACTS:
        if fact.cell in excepted:
            continue
        given = next(
            g for g in DECLARED["sites"]["columns"] if tuple(g["shown"]) == (fact.item, fact.column)
        )
        variable = next((v for v in SURVEY.coded if v.name == given.get("of")), None)
        if variable is None or variable.bands is None:
            continue
        (held,) = RETURNS.loc[RETURNS["case_study"] == fact.population].index
        column = SURVEY.part(variable.sources[0]).column or ""
        assert float(RETURNS.loc[held, column]) == float(fact.text)


def test_the_analysis_codes_the_returns_as_the_check_does() -> None:
    coded = code(clean(RETURNS, SURVEY), SURVEY)
    used = used_returns(RETURNS, SURVEY)
    levels = as_levels(used, SURVEY, MARGINS.space, MARGINS.several)
    for of, by_code in MARGINS.several.items():
        for name, made in by_code.items():
            named_here = coded.items[of].loc[used.index, name].fillna(False).astype(bool)
            assert (named_here == (levels[made] == 0)).all()
    several = {made for by_code in MARGINS.several.values() for made in by_code.values()}
    for name, known in MARGINS.space.variables.items():
        if name in several:
            continue
        headings = [known[i].heading if known[i].name else "" for i in levels[name]]
        values = coded.frame.loc[used.index, name]
        shown = ["" if pd.isna(v) else str(v) if isinstance(v, str) else f"{v:g}" for v in values]
        assert shown == headings, name


def test_identified_sets_are_the_sharp_bounds_of_tables_that_share_a_key() -> None:
    """For tables of one variable with status and with type, Frechet's bounds are exact."""
    items = {"section-4.1.2", "table-04", "table-11", "table-12"}
    names = ["foundation", "trust_type", "board_doctors"]
    few = {
        **DECLARED,
        "variables": {name: DECLARED["variables"][name] for name in names},
        "blocks": [names[:2], ["board_doctors", *names[:2]]],
        "impossible": [],
        "fewest": [],
        "facts": [fact for fact in DECLARED["facts"] if fact["item"] in items],
    }
    statistics = [
        s
        for s in definition("statistics")["statistics"]
        if s["statistic"] in ("foundation-acute", "acute-foundation-board-doctors")
    ]
    margins = load_margins(few, SURVEY, CELLS, TABLES)
    ends = part_ends(DECLARED, CELLS)
    found, _ = identified_sets(statistics, SURVEY, margins, ends)
    assert found["attained"].all()
    used = used_returns(RETURNS, SURVEY)
    shipped = [value_in(given, used, SURVEY, margins, ends) for given in statistics]
    assert (found["low"] <= shipped).all()
    assert (shipped <= found["high"]).all()
    table = {
        row: [int(CELLS["table-12", row, str(k)]) for k in range(1, 5)]
        for row in ("Foundation", "Non-Foundation", "Acute")
    }
    rows = zip(table["Foundation"], table["Acute"], table["Non-Foundation"], strict=True)
    ends = [(max(0, f + a - (f + n)), min(f, a)) for f, a, n in rows]
    count = found.set_index("statistic").loc["foundation-acute"]
    assert count["low"] == sum(low for low, _ in ends)
    assert count["high"] == sum(high for _, high in ends)


def test_every_declared_statistic_can_be_built_and_says_how_it_correlates() -> None:
    declared = definition("statistics")["statistics"]
    assert len({s["statistic"] for s in declared}) == len(declared) >= 20
    used, ends = used_returns(RETURNS, SURVEY), part_ends(DECLARED, CELLS)
    for given in declared:
        assert np.isfinite(value_in(given, used, SURVEY, MARGINS, ends))
        if given["kind"] == "correlation":
            assert "number" in given["says"]
            assert "the returns that give both" in given["says"]


def test_values_of_statistics_are_those_of_the_answers() -> None:
    """By another way: from the coded returns, with pandas."""
    coded = code(clean(RETURNS, SURVEY), SURVEY).frame.loc[used_returns(RETURNS, SURVEY).index]
    used, ends = used_returns(RETURNS, SURVEY), part_ends(DECLARED, CELLS)
    declared = {s["statistic"]: s for s in definition("statistics")["statistics"]}

    def value(name: str) -> float:
        return value_in(declared[name], used, SURVEY, MARGINS, ends)

    rating = {n: pd.to_numeric(coded[n]) for n in ("quality", "finance", "performance")}
    assert value("quality-less-finance") == pytest.approx(
        rating["quality"].mean() - rating["finance"].mean()
    )
    assert value("mean-staff") == pytest.approx(pd.to_numeric(used["q1_staff"]).mean())
    labels = [list(SURVEY.bands[n].labels) for n in ("budget", "staff")]
    both = coded[["budget", "staff"]].astype(object).dropna()
    x, y = (
        [known.index(v) for v in both[n]]
        for n, known in zip(("budget", "staff"), labels, strict=True)
    )
    assert value("budget-with-staff") == pytest.approx(np.corrcoef(x, y)[0, 1])
    high = (rating["quality"] >= 7) & rating["performance"].notna()
    assert value("performance-where-quality-high") == pytest.approx(
        (rating["performance"][high] >= 7).mean()
    )
