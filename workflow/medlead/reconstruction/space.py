"""The counts that describe a set of records: variables, their levels, and blocks of them.

A block holds one count for each combination of levels of its variables. Two blocks
that share variables agree on the counts of what they share; where the blocks form a
tree (each shares with the earlier ones what it has in common with one of them), such
counts can always be completed to records.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

MISSING = ""

# Which records are meant: for each variable the positions of its levels.
Selection = Mapping[str, frozenset[int]]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Level:
    """One level: its name, the heading it is printed under, and the values it holds.

    The values run from `low` (included) to `below` (not included); both are None
    where a level is no number.
    """

    name: str
    heading: str
    low: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        """Whether the value belongs to the level."""
        return self.low is not None and self.below is not None and self.low <= value < self.below


@dataclass(frozen=True)
class Space:
    """Variables with their levels, and the blocks in which they are counted together.

    `impossible` are selections that no record meets.
    """

    variables: Mapping[str, tuple[Level, ...]]
    blocks: tuple[tuple[str, ...], ...]
    impossible: tuple[Selection, ...] = ()
    starts: tuple[int, ...] = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        sizes = [int(np.prod(self.shape(block))) for block in self.blocks]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        object.__setattr__(self, "starts", tuple(int(s) for s in starts[:-1]))
        object.__setattr__(self, "size", int(starts[-1]))

    def shape(self, block: Sequence[str]) -> tuple[int, ...]:
        """The number of levels of each variable of a block."""
        return tuple(len(self.variables[name]) for name in block)

    def with_block(self, block: tuple[str, ...]) -> "Space":
        """The space with one more block, behind the others."""
        return Space(self.variables, (*self.blocks, block), self.impossible)

    def block_for(self, names: Collection[str]) -> int:
        """The position of the smallest block that counts these variables together.

        Raises KeyError where no block does.
        """
        fitting = [i for i, block in enumerate(self.blocks) if set(names) <= set(block)]
        if not fitting:
            raise KeyError(f"no block counts {sorted(names)} together")
        return min(fitting, key=lambda i: (np.prod(self.shape(self.blocks[i])), i))

    def cells(self, selection: Selection, block: int | None = None) -> Positions:
        """The positions of the counts that make up the number of the selected records."""
        number = self.block_for(selection) if block is None else block
        names = self.blocks[number]
        axes = [sorted(selection.get(name, range(len(self.variables[name])))) for name in names]
        if any(len(axis) == 0 for axis in axes):
            return np.empty(0, dtype=np.intp)
        inside = np.ravel_multi_index(np.ix_(*axes), self.shape(names))
        return np.asarray(inside, dtype=np.intp).ravel() + self.starts[number]

    def forbidden(self) -> Positions:
        """The positions of all counts that are zero in every set of records."""
        found = [
            self.cells(selection, number)
            for selection in self.impossible
            for number, block in enumerate(self.blocks)
            if set(selection) <= set(block)
        ]
        return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.intp)

    def links(self, since: int = 0) -> list[tuple[Positions, Positions]]:
        """Pairs of sets of counts with equal sums: what each block shares with earlier ones.

        For each block (from position `since` on) and each earlier one the shared variables,
        unless an earlier pair already shares as much; a block that shares nothing agrees on
        the total.
        """
        pairs: list[tuple[Positions, Positions]] = []
        for later, block in enumerate(self.blocks):
            if later < since:
                continue
            done: list[set[str]] = []
            shares = [(set(block) & set(self.blocks[e]), e) for e in range(later)]
            for shared, earlier in sorted(shares, key=lambda pair: (-len(pair[0]), pair[1])):
                if any(shared <= known for known in done):
                    continue
                done.append(shared)
                names = [name for name in block if name in shared]
                for levels in np.ndindex(*self.shape(names)):
                    one = {n: frozenset([p]) for n, p in zip(names, levels, strict=True)}
                    pairs.append((self.cells(one, later), self.cells(one, earlier)))
        return pairs

    def positions(self, name: str, levels: Collection[str]) -> frozenset[int]:
        """The positions of levels by name or heading; raises KeyError for one that is not there."""
        found: set[int] = set()
        for wanted in levels:
            here = {
                i for i, lv in enumerate(self.variables[name]) if wanted in (lv.name, lv.heading)
            }
            if not here:
                raise KeyError(f"'{name}' has no level '{wanted}'")
            found |= here
        return frozenset(found)

    def answered(self, name: str) -> frozenset[int]:
        """The positions of all levels but the one for a missing answer."""
        return frozenset(i for i, lv in enumerate(self.variables[name]) if lv.name != MISSING)

    def count(self, selection: Selection, counts: npt.NDArray[np.float64]) -> float:
        """The number of selected records in a set of counts."""
        return float(counts[self.cells(selection)].sum())


def forms_tree(blocks: Collection[Collection[str]]) -> bool:
    """Whether blocks can stand in a tree in which the blocks of each variable hang together.

    Only then do counts that agree on what the blocks share always belong to records
    (Beeri, Fagin, Maier and Yannakakis 1983, of relations; of counts as well, since two
    neighbours can be joined record by record). Found by Graham's reduction: variables of
    one block only and blocks within others are taken away until nothing is left.
    """
    left = [set(block) for block in blocks]
    while True:
        before = sum(map(len, left)) + len(left)
        for block in left:
            others = [other for other in left if other is not block]
            block &= set().union(*others)
        # Of two equal blocks the first one goes.
        left = [
            block
            for i, block in enumerate(left)
            if not any(
                block < other or (block == other and i < j)
                for j, other in enumerate(left)
                if j != i
            )
        ]
        if sum(map(len, left)) + len(left) == before:
            return sum(map(len, left)) == 0
