"""Answers → scores of every scale, exactly, in columns (report, sections 6.1 and 6.2).

A score is a weighted mean of answers or of other scores. Means of a few whole numbers have
small denominators, so all scores are held as whole multiples of one common fraction. Then
equal scores are equal, whatever way they came about: a rank among others and a band at
its very edge do not hang on the last digit of a float. And a scale has few different
scores, so that ranks and bands are worked out once for each and looked up.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medlead.engagement.instrument import Instrument, Scale

Keys = NDArray[np.signedinteger[Any]]
FloatArray = NDArray[np.float64]

# A finer common fraction than this is not used; scores are then rounded to it.
FINEST = 1_000_000
# Beyond so many parts the sums that can occur are not listed one by one.
_LISTED = 12
_SLICE = 1 << 16


@dataclass(frozen=True)
class Grid:
    """The common fraction: a key is a mean code (1 to `points`) times `unit`; 0 is no score.

    `exact` is False where the common denominator would be finer than `FINEST`.
    """

    unit: int
    points: int
    exact: bool
    lowest: float
    highest: float

    @property
    def top(self) -> int:
        """The highest key."""
        return self.unit * self.points

    def scores(self, keys: NDArray[np.generic]) -> FloatArray:
        """Scores on the shown scale, from keys that need not be whole; missing ones are NaN."""
        values = np.asarray(keys, dtype=np.float64)
        share = (values - self.unit) / (self.unit * (self.points - 1))
        shown = self.lowest + share * (self.highest - self.lowest)
        return np.where(values > 0, shown, np.nan)

    def keys(self, scores: FloatArray) -> FloatArray:
        """The keys of scores on the shown scale, whole where they are within rounding of a
        whole one; missing scores are 0.
        """
        share = (scores - self.lowest) / (self.highest - self.lowest)
        keys = self.unit * (1 + share * (self.points - 1))
        whole = np.rint(keys)
        near = np.abs(keys - whole) <= 1e-6 * self.unit
        return np.where(np.isnan(keys), 0.0, np.where(near, whole, keys))


@dataclass(frozen=True)
class Scored:
    """Scores in columns: `keys` and `valid` are (scales, respondents).

    `keys` are whole multiples as `grid` says, 0 where there is no score; `valid` counts the
    items that were answered of those that a scale rests on.
    """

    scales: tuple[str, ...]
    grid: Grid
    keys: Keys
    valid: NDArray[np.uint8]

    @property
    def count(self) -> int:
        """The number of respondents."""
        return int(self.keys.shape[1])

    def place(self, scale: str) -> int:
        """The row of a scale; ValueError where there is none of that name."""
        return self.scales.index(scale)

    def scores(self, scale: str) -> FloatArray:
        """The scores of a scale on the shown range, NaN where there is none."""
        return self.grid.scores(self.keys[self.place(scale)])


def grid_of(instrument: Instrument) -> Grid:
    """The common fraction of all scores of an instrument.

    The least common multiple of every sum of weights that its missing rules let occur,
    along each line of scales.
    """
    units: dict[str, int] = {}
    for scale in instrument.scales:
        below = 1 if scale.of_items else math.lcm(*(units[part] for part in scale.parts))
        units[scale.name] = below * math.lcm(*_sums(scale))
    unit = math.lcm(*units.values())
    return Grid(
        unit=min(unit, FINEST),
        points=len(instrument.points),
        exact=unit <= FINEST,
        lowest=instrument.lowest,
        highest=instrument.highest,
    )


def _sums(scale: Scale) -> Iterable[int]:
    """Every sum of weights with which a score of the scale can be made."""
    parts = len(scale.parts)
    if len(set(scale.weights)) == 1:
        # Weights that are all alike cancel out.
        return range(scale.at_least, parts + 1)
    if parts > _LISTED:
        return range(1, sum(scale.weights) + 1)
    sizes = range(scale.at_least, parts + 1)
    return {sum(chosen) for size in sizes for chosen in combinations(scale.weights, size)}


def score(items: NDArray[np.uint8], instrument: Instrument) -> Scored:
    """Score answers: (items, respondents) of codes, 0 for none, k for the k-th point.

    An item that is turned round counts as points + 1 - code. A scale with fewer answered
    items (or scored parts) than it needs has no score, and so has what needs it. Raises
    ValueError where the number of items is not that of the instrument.
    """
    if len(items) != len(instrument.items):
        raise ValueError(f"{len(items)} items where the instrument has {len(instrument.items)}")
    grid = grid_of(instrument)
    count = items.shape[1]
    # Two bytes for each score where they suffice: keys are most of what is held.
    size = np.int16 if grid.top <= np.iinfo(np.int16).max else np.int32
    keys: Keys = np.zeros((len(instrument.scales), count), dtype=size)
    valid = np.zeros((len(instrument.scales), count), dtype=np.uint8)
    steps = [_step(scale, instrument, grid) for scale in instrument.scales]
    # In slices, so that what is worked out on the way stays in the processor's cache.
    for low in range(0, count, _SLICE):
        part = slice(low, min(low + _SLICE, count))
        answered = (items[:, part] > 0).view(np.uint8)
        for row, step in enumerate(steps):
            step.into(items[:, part], answered, keys[:, part], valid[:, part], row)
    return Scored(instrument.scale_names, grid, keys, valid)


@dataclass(frozen=True)
class _ItemStep:
    """A scale of items: the sum of codes and the number answered give the key by a table."""

    rows: tuple[int, ...]
    reverse: tuple[bool, ...]
    weights: tuple[int, ...]
    at_least: int
    points: int
    unit: int

    def into(
        self,
        items: NDArray[np.uint8],
        answered: NDArray[np.uint8],
        keys: Keys,
        valid: NDArray[np.uint8],
        row: int,
    ) -> None:
        total = sum(self.weights)
        small = total * self.points < 256
        kind: type[Any] = np.uint8 if small else np.int64
        sums: NDArray[Any] = np.zeros(items.shape[1], dtype=kind)
        weight = np.zeros_like(sums)
        turned = np.zeros_like(sums)
        count = valid[row]
        for place, reverse, by in zip(self.rows, self.reverse, self.weights, strict=True):
            code = items[place] if by == 1 else items[place] * kind(by)
            there = answered[place] if by == 1 else answered[place] * kind(by)
            if reverse:
                sums -= code
                turned += there
            else:
                sums += code
            weight += there
            count += answered[place]
        # Unsigned bytes wrap on the way and come out right, as the sum itself fits.
        sums += turned * kind(self.points + 1)
        if small:
            table = self._table(total)
            keys[row] = table[sums.astype(np.intp) * (total + 1) + weight]
        else:
            keys[row] = np.rint(sums * float(self.unit) / np.maximum(weight, 1))
        if self.at_least > 1:
            keys[row][count < self.at_least] = 0

    def _table(self, total: int) -> Keys:
        sums = np.arange(total * self.points + 1)[:, None]
        weight = np.arange(total + 1)[None, :]
        means = sums * float(self.unit) / np.maximum(weight, 1)
        return np.rint(np.where(weight > 0, means, 0)).astype(np.int32).ravel()


@dataclass(frozen=True)
class _ScaleStep:
    """A scale of scales: the weighted mean of the keys that are there."""

    rows: tuple[int, ...]
    weights: tuple[int, ...]
    at_least: int

    def into(
        self,
        items: NDArray[np.uint8],
        answered: NDArray[np.uint8],
        keys: Keys,
        valid: NDArray[np.uint8],
        row: int,
    ) -> None:
        sums = np.zeros(keys.shape[1], dtype=np.int64)
        for place, by in zip(self.rows, self.weights, strict=True):
            sums += keys[place] if by == 1 else keys[place] * np.int64(by)
            valid[row] += valid[place]
        if self.at_least == len(self.rows):
            keys[row] = np.rint(sums / sum(self.weights))
            for place in self.rows:
                keys[row] *= keys[place] > 0
            return
        weight = np.zeros(keys.shape[1], dtype=np.int64)
        there = np.zeros(keys.shape[1], dtype=np.int64)
        for place, by in zip(self.rows, self.weights, strict=True):
            weight += (keys[place] > 0) * np.int64(by)
            there += keys[place] > 0
        keys[row] = np.rint(sums / np.maximum(weight, 1)) * (there >= self.at_least)


def _step(scale: Scale, instrument: Instrument, grid: Grid) -> _ItemStep | _ScaleStep:
    if not scale.of_items:
        rows = tuple(instrument.scale_names.index(part) for part in scale.parts)
        return _ScaleStep(rows, scale.weights, scale.at_least)
    rows = tuple(instrument.item_names.index(part) for part in scale.parts)
    reverse = tuple(instrument.items[row].reverse for row in rows)
    return _ItemStep(rows, reverse, scale.weights, scale.at_least, grid.points, grid.unit)
