"""The records taken apart: groups of blocks that meet in nothing but the key.

Given the counts of the key (status and type), groups of blocks do not bear on each
other. So the least slack is a sum over groups, if there are counts of the key at which
every group has its own least slack, and what is asked of one group can be answered
without the others, exactly, as long as the key runs over those counts only.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from medlead.reconstruction.facts import Fact
from medlead.reconstruction.programme import (
    Assembled,
    Infeasible,
    Programme,
    Vector,
    assemble,
)
from medlead.reconstruction.slack import NEGLIGIBLE, hold_slack, least_slack
from medlead.reconstruction.space import Space, forms_tree


@dataclass(frozen=True)
class Part:
    """One group of blocks with the key, its facts, and its own least slack."""

    blocks: tuple[tuple[str, ...], ...]
    facts: tuple[Fact, ...]
    slack: float

    @property
    def variables(self) -> frozenset[str]:
        """The variables of the group."""
        return frozenset(name for block in self.blocks for name in block)


@dataclass(frozen=True)
class Parts:
    """All groups of a space, and every count of the key at which all have their least slack."""

    space: Space
    parts: tuple[Part, ...]
    keys: tuple[tuple[int, ...], ...]
    only_singles: Mapping[str, frozenset[int]]

    @property
    def slack(self) -> float:
        """The least total slack."""
        return sum(part.slack for part in self.parts)

    def about(self, wanted: Sequence[Collection[str]]) -> tuple[Assembled, Programme]:
        """The records as far as some variables go, each set of them counted together.

        Returns the programme of the groups that hold the variables, and the same with
        the slack and the key held to what is best for all groups.
        """
        key = self.space.blocks[0]
        names = {name for one in wanted for name in one} - set(key)
        chosen = [part for part in self.parts[1:] if names & part.variables]
        blocks = [key, *(block for part in chosen for block in part.blocks)]
        for one in wanted:
            if not any(set(one) <= set(block) for block in blocks):
                blocks.append(joint_block(self.space, blocks, one))
        assembled = assemble(
            _sub_space(self.space, blocks),
            [fact for part in (self.parts[0], *chosen) for fact in part.facts],
            firm=range(len(self.parts[0].facts)),
            only_singles=self.only_singles,
        )
        held = hold_slack(assembled, sum(part.slack for part in chosen))
        _hold_key(held, assembled.space, self.keys)
        return assembled, held

    def by_key(self, place: int) -> bool:
        """Whether a group counts by the key, so that it has other counts for another key."""
        key = set(self.space.blocks[0])
        return any(key & set(block) for block in self.parts[place].blocks)

    def completed(self, place: int, key: Sequence[int] | None) -> tuple[Space, Vector]:
        """Counts of one group with its least slack, at a count of the key (None: at any)."""
        part = self.parts[place]
        assembled = assemble(
            _sub_space(self.space, (self.space.blocks[0], *part.blocks)),
            [*self.parts[0].facts, *part.facts],
            firm=range(len(self.parts[0].facts)),
            only_singles=self.only_singles,
        )
        held = hold_slack(assembled, part.slack)
        _hold_key(held, assembled.space, self.keys if key is None else [tuple(key)])
        _, columns = held.minimise({})
        return assembled.space, assembled.counts(columns)


def joint_block(
    space: Space, blocks: Sequence[tuple[str, ...]], wanted: Collection[str]
) -> tuple[str, ...]:
    """The smallest block that counts some variables together so that all blocks form a tree.

    It may need variables besides the wanted ones: those that hold these apart.
    """
    others = sorted({name for block in blocks for name in block} - set(wanted))
    for number in range(len(others) + 1):
        fitting = [
            names
            for more in combinations(others, number)
            if forms_tree([*blocks, (names := {*wanted, *more})])
        ]
        if fitting:
            best = min(fitting, key=lambda n: (np.prod(space.shape(sorted(n))), sorted(n)))
            key = [name for name in space.blocks[0] if name in best]
            return (*sorted(best - set(key)), *key)
    raise ValueError(f"the blocks without {sorted(wanted)} form no tree")


def take_apart(
    space: Space, facts: Sequence[Fact], only_singles: Mapping[str, frozenset[int]]
) -> Parts:
    """The groups of a space, their least slacks, and the counts of the key that suit them all.

    Raises ValueError where the groups cannot be looked at one by one: where the key
    itself may need slack, or its counts do not let every group have its own least slack.
    """
    key = space.blocks[0]
    whole = assemble(space, facts, only_singles=only_singles)
    total, _ = least_slack(whole)
    about_key = [i for i, fact in enumerate(facts) if _names(fact) <= set(key)]
    held = hold_slack(whole, total)
    cost = dict.fromkeys(whole.total_slack(about_key), -1.0)
    if about_key and held.minimise(cost)[0] < -NEGLIGIBLE:
        raise ValueError("the counts of the key may need slack")
    on_key = [facts[i] for i in about_key]
    groups = [(key,), *_groups(space, facts)]
    parts: list[Part] = []
    programmes: list[tuple[Space, Programme]] = []
    for group in groups:
        names = {name for block in group for name in block} | set(key)
        own = [fact for fact in facts if _names(fact) <= names and not _names(fact) <= set(key)]
        blocks = group if group[0] == key else (key, *group)
        own = on_key if group[0] == key else own
        assembled = assemble(
            _sub_space(space, blocks),
            own if group[0] == key else [*on_key, *own],
            firm=range(len(on_key)),
            only_singles=only_singles,
        )
        slack, _ = least_slack(assembled)
        parts.append(Part(group, tuple(own), slack))
        # A group that does not count by the key suits every count of it.
        if group[0] == key or any(set(key) & set(block) for block in group):
            programmes.append((assembled.space, hold_slack(assembled, slack)))
    if sum(len(part.facts) for part in parts) != len(facts):
        raise ValueError("a fact belongs to no group")
    keys = _keys(programmes)
    if not keys or sum(part.slack for part in parts) != total:
        raise ValueError("the groups do not have their least slack at the same time")
    return Parts(space, tuple(parts), keys, only_singles)


def _keys(programmes: Sequence[tuple[Space, Programme]]) -> tuple[tuple[int, ...], ...]:
    cells = [int(c) for c in programmes[0][0].cells({}, 0)]
    lows, highs = [0] * len(cells), [10**6] * len(cells)
    for _, programme in programmes:
        for i, cell in enumerate(cells):
            low, high = (s * programme.minimise({cell: float(s)})[0] for s in (1, -1))
            lows[i], highs[i] = max(lows[i], round(low)), min(highs[i], round(high))
    found: list[tuple[int, ...]] = []
    kept = programmes[0][1]
    for counts in _candidates(kept, cells, lows, highs):
        if all(_suits(programme, cells, counts) for _, programme in programmes):
            found.append(counts)
    return tuple(found)


def _candidates(
    programme: Programme, cells: Sequence[int], lows: Sequence[int], highs: Sequence[int]
) -> list[tuple[int, ...]]:
    """Counts of the key within ranges, cell by cell; the last ones follow from the others."""
    found: list[tuple[int, ...]] = [()]
    for i, cell in enumerate(cells):
        longer: list[tuple[int, ...]] = []
        for known in found:
            held = programme.copy()
            for other, value in zip(cells, known, strict=False):
                held.add_row([(other, 1.0)], value, value)
            try:
                low, high = (s * held.minimise({cell: float(s)})[0] for s in (1, -1))
            except Infeasible:
                continue
            first, last = max(lows[i], round(low)), min(highs[i], round(high))
            longer += [(*known, value) for value in range(first, last + 1)]
        found = longer
    return found


def _suits(programme: Programme, cells: Sequence[int], counts: Sequence[int]) -> bool:
    held = programme.copy()
    for cell, value in zip(cells, counts, strict=True):
        held.add_row([(cell, 1.0)], value, value)
    try:
        held.minimise({})
    except Infeasible:
        return False
    return True


def _hold_key(held: Programme, space: Space, keys: Sequence[tuple[int, ...]]) -> None:
    """One of the counts of the key: one mark for each, of which exactly one is set."""
    marks = [held.add_columns(1, 1.0) for _ in keys]
    held.add_row([(mark, 1.0) for mark in marks], 1.0, 1.0)
    for i, cell in enumerate(space.cells({}, 0)):
        terms = [(mark, -float(key[i])) for mark, key in zip(marks, keys, strict=True)]
        held.add_row([(int(cell), 1.0), *terms], 0.0, 0.0)


def _sub_space(space: Space, blocks: Sequence[tuple[str, ...]]) -> Space:
    names = {name for block in blocks for name in block}
    variables = {name: levels for name, levels in space.variables.items() if name in names}
    return Space(variables, tuple(blocks), space.impossible)


def _groups(space: Space, facts: Sequence[Fact]) -> list[tuple[tuple[str, ...], ...]]:
    """Blocks other than the key, together where they share a variable outside the key or a fact."""
    key = set(space.blocks[0])
    groups: list[tuple[set[str], list[tuple[str, ...]]]] = []
    links = [(set(block) - key, [block]) for block in space.blocks[1:]]
    links += [(_names(fact) - key, []) for fact in facts if _names(fact) - key]
    for own, blocks in links:
        joined = [g for g in groups if g[0] & own]
        names = own.union(*(g[0] for g in joined))
        blocks = [b for g in joined for b in g[1]] + blocks
        groups = [g for g in groups if g not in joined] + [(names, blocks)]
    # In the order of the space, whatever joined them.
    place = {block: i for i, block in enumerate(space.blocks)}
    found = [tuple(sorted(blocks, key=lambda b: place[b])) for _, blocks in groups]
    return sorted(found, key=lambda blocks: place[blocks[0]])


def _names(fact: Fact) -> set[str]:
    return {name for needed in fact.requirements for _, chosen in needed.terms for name in chosen}
