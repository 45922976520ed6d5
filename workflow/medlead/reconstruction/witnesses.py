"""Witnesses: for each end of an identified set the counts of records that reach it, in few words.

A witness holds the counts of the blocks that its statistic touches. The other blocks
bear on it through the key alone, so their counts stand once for each count of the key
(or once for all, where they do not count by the key). Together they are a whole set of
records, and anybody can check without a solver that it meets the print as well as any
other and gives the statistic its end.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from medlead.reconstruction.margins import Margins
from medlead.reconstruction.parts import Parts
from medlead.reconstruction.programme import Vector, terms_of
from medlead.reconstruction.space import Space

COLUMNS = ("statistic", "end", "block", "counts")
# In the place of a statistic: counts of blocks that it does not touch; the end is the key.
REST, ANY_KEY = "(rest)", "(any)"
BESIDE = " x "

Row = tuple[str, str, str, str]


def write_counts(space: Space, number: int, counts: Vector) -> str:
    """The counts of a block that are not nothing, as places of levels (from 1) and number.

    `2.1.3:5` are five records with the second, first and third level of its variables.
    """
    shape = space.shape(space.blocks[number])
    table = np.round(counts[space.cells({}, number)]).astype(int).reshape(shape)
    places = (tuple(int(i) for i in place) for place in np.argwhere(table))
    return " ".join(f"{'.'.join(str(i + 1) for i in p)}:{table[p]}" for p in places)


def read_counts(space: Space, number: int, text: str) -> Vector:
    """The counts of a block that `write_counts` wrote; raises ValueError for anything else."""
    table = np.zeros(space.shape(space.blocks[number]))
    for item in text.split():
        places, _, amount = item.partition(":")
        place = tuple(int(i) - 1 for i in places.split("."))
        inside = len(place) == table.ndim and all(
            0 <= i < n for i, n in zip(place, table.shape, strict=True)
        )
        if not inside or int(amount) < 1:
            raise ValueError(f"'{item}' is no count of {BESIDE.join(space.blocks[number])}")
        table[place] = int(amount)
    return table.ravel()


class WitnessWriter:
    """Writes witnesses, and once for each key what they share."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.rows: list[Row] = []
        self._done: set[tuple[str, int]] = set()

    def add(self, statistic: str, end: str, space: Space, counts: Vector) -> None:
        """Keep the counts that reach one end of a statistic's set."""
        for number, block in enumerate(space.blocks):
            text = write_counts(space, number, counts)
            self.rows.append((statistic, end, BESIDE.join(block), text))
        key = write_counts(space, 0, counts)
        levels = [int(n) for n in np.round(counts[space.cells({}, 0)])]
        for place, part in enumerate(self.parts.parts):
            if place == 0 or set(part.blocks) <= set(space.blocks):
                continue
            of = key if self.parts.by_key(place) else ANY_KEY
            if (of, place) not in self._done:
                self._done.add((of, place))
                own, found = self.parts.completed(place, levels if of == key else None)
                for block in part.blocks:
                    text = write_counts(own, own.blocks.index(block), found)
                    self.rows.append((REST, of, BESIDE.join(block), text))

    def frame(self) -> pd.DataFrame:
        """All rows: witnesses in the order of their statistics, then what they share."""
        shared = sorted(row for row in self.rows if row[0] == REST)
        own = [row for row in self.rows if row[0] != REST]
        return pd.DataFrame([*own, *shared], columns=list(COLUMNS))


def read_witness(
    rows: pd.DataFrame, space: Space, statistic: str, end: str
) -> tuple[Space, Vector]:
    """The whole set of records of one witness, and the space with the blocks that it adds.

    Raises ValueError where a block has no counts, or counts that cannot be read.
    """
    own = _by_block(rows, statistic, end)
    key = own.get(BESIDE.join(space.blocks[0]), "")
    shared = _by_block(rows, REST, key) | _by_block(rows, REST, ANY_KEY)
    known = {BESIDE.join(block) for block in space.blocks}
    whole = space
    for named in own:
        if named not in known:
            names = tuple(named.split(BESIDE))
            if not set(names) <= set(space.variables):
                raise ValueError(f"'{named}' names no variables of the print")
            whole = whole.with_block(names)
    found = []
    for number, block in enumerate(whole.blocks):
        text = own.get(BESIDE.join(block), shared.get(BESIDE.join(block)))
        if text is None:
            raise ValueError(f"the counts of {BESIDE.join(block)} are missing")
        found.append(read_counts(whole, number, text))
    return whole, np.concatenate(found)


def _by_block(rows: pd.DataFrame, statistic: str, end: str) -> dict[str, str]:
    chosen = rows[(rows["statistic"] == statistic) & (rows["end"] == end)]
    return dict(zip(chosen["block"], chosen["counts"], strict=True))


class Conditions:
    """All conditions on records as sums of counts, put together once for many witnesses."""

    def __init__(self, margins: Margins) -> None:
        space = margins.space
        self.space = space
        self._also = margins.also
        self._links = _matrix(
            [
                dict.fromkeys(map(int, one), 1.0) | dict.fromkeys(map(int, other), -1.0)
                for one, other in space.links()
            ],
            space.size,
        )
        needed = [(i, r) for i, fact in enumerate(margins.facts) for r in fact.requirements]
        self._sums = _matrix([terms_of(space, r) for _, r in needed], space.size)
        self._low = np.array([r.low for _, r in needed])
        self._high = np.array([r.high for _, r in needed])
        self._fact = np.array([i for i, _ in needed], dtype=np.intp)
        self._shared = np.array([fact.shared for fact in margins.facts], dtype=bool)

    def slack(self, counts: Vector) -> float:
        """The total slack of counts, as the facts have it one by one."""
        sums = self._sums @ counts
        missed = np.maximum(np.maximum(self._low - sums, sums - self._high), 0.0)
        added = np.zeros(len(self._shared))
        np.add.at(added, self._fact, missed)
        most = np.zeros(len(self._shared))
        np.maximum.at(most, self._fact, missed)
        return float(np.where(self._shared, most, added).sum())

    def faults(self, whole: Space, counts: Vector, total: float) -> list[str]:
        """What keeps counts from being records with no more than the least slack.

        `whole` is the space with further blocks behind. Exact: whole numbers are added
        and compared, nothing is solved.
        """
        found: list[str] = []
        own = counts[: self.space.size]
        more = whole.links(since=len(self.space.blocks))
        if np.asarray(self._links @ own).any() or any(
            counts[a].sum() != counts[b].sum() for a, b in more
        ):
            found.append("two blocks do not agree on what they share")
        if counts[whole.forbidden()].any():
            found.append("there are records that cannot be")
        for name, levels in self._also.items():
            if self.space.count({name: levels}, own):
                found.append(f"'{name}' has a level that only a known record can have")
        if (slack := self.slack(own)) != total:
            found.append(f"the slack is {slack:g}, the least is {total:g}")
        return found


def _matrix(rows: Sequence[Mapping[int, float]], width: int) -> "csr_array[np.float64]":
    places = [(i, column, factor) for i, row in enumerate(rows) for column, factor in row.items()]
    where = ([i for i, _, _ in places], [column for _, column, _ in places])
    return csr_array(([factor for _, _, factor in places], where), shape=(len(rows), width))


def ends_of(rows: pd.DataFrame) -> Mapping[str, Iterable[str]]:
    """The ends that have a witness, by statistic."""
    own = rows[rows["statistic"] != REST]
    return {str(name): list(dict.fromkeys(part["end"])) for name, part in own.groupby("statistic")}
