"""The least slack against enumeration, and the shape that blocks must have.

Small cases are gone through one by one: every table of so many records, and every set of
cells that could carry the slack.
"""

import itertools
from typing import Any

import numpy as np
import pytest
from small_world import (
    PAIR,
    SMALL,
    X_ONLY,
    X_TABLES,
    counts_of,
    margin_facts,
    named,
    of_x,
    random_records,
    total_slack,
)

from medlead.reconstruction import programme
from medlead.reconstruction.facts import INFINITE, Fact, Requirement, number_of
from medlead.reconstruction.parts import joint_block
from medlead.reconstruction.programme import Infeasible, assemble
from medlead.reconstruction.slack import in_stages, least_slack, optimal_supports
from medlead.reconstruction.space import Space, forms_tree

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
