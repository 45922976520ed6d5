"""Exact permutation distributions of rank and product statistics, with ties, one or more strata.

All orderings of the second variable are equally likely under the null. They are not gone through
one by one: units are placed in the order of the first variable, and orderings that have used up
the same number of each level with the same sum so far are counted together (dynamic programming
over counts, as for Jonckheere's and Wilcoxon's statistics; Streitberg and Roehmel 1986). All
statistics are whole numbers centred at 0, so that ties compare exactly.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

# Additions beyond which a distribution is not enumerated (seconds of work).
MOST_WORK = 400_000_000


@dataclass(frozen=True)
class Null:
    """A statistic under the null: ascending whole `values`, and the `chance` of each."""

    values: IntArray
    chance: FloatArray

    def p_value(self, observed: int) -> float:
        """The chance of a value at least as far from 0 as the observed one."""
        return min(1.0, float(self.chance[np.abs(self.values) >= abs(observed)].sum()))

    def critical(self, alpha: float) -> int | None:
        """The least distance from 0 whose p is below `alpha`; None where none is.

        Few orderings give chances of exactly one in twenty, which a test at 0.05 does not pass.
        """
        far, place = np.unique(np.abs(self.values), return_inverse=True)
        beyond = np.bincount(place, weights=self.chance)[::-1].cumsum()[::-1]
        fits = far[beyond < alpha * (1 - 1e-12)]
        return int(fits[0]) if len(fits) else None

    def variance(self) -> float:
        """The variance of the statistic, whose mean is 0."""
        return float((self.values.astype(np.float64) ** 2 * self.chance).sum())

    def scaled(self, factor: int) -> "Null":
        """The distribution of the statistic times a positive whole number."""
        return Null(self.values * factor, self.chance)

    def plus(self, other: "Null") -> "Null":
        """The distribution of the sum with an independent statistic, such as that of a stratum."""
        sums = np.add.outer(self.values, other.values).ravel()
        values, place = np.unique(sums, return_inverse=True)
        weights = np.multiply.outer(self.chance, other.chance).ravel()
        return Null(values, np.bincount(place, weights).astype(np.float64))


NOTHING = Null(np.zeros(1, dtype=np.int64), np.ones(1))


def product(x: IntArray, y: IntArray) -> int:
    """The product sum n Σxy - Σx Σy: Pearson's r but for a factor that no ordering changes."""
    return int(len(x) * (x * y).sum() - x.sum() * y.sum())


def concordance_sum(x: IntArray, y: IntArray) -> int:
    """Kendall's S: pairs in the same order less pairs in opposite order."""
    first, second = np.triu_indices(len(x), k=1)
    return int((np.sign(x[first] - x[second]) * np.sign(y[first] - y[second])).sum())


def doubled_ranks(values: NDArray[np.generic]) -> IntArray:
    """Twice the mid-ranks, which are whole numbers."""
    return np.asarray(np.rint(2 * stats.rankdata(values)), dtype=np.int64)


def whole(values: FloatArray, decimals: int) -> IntArray:
    """Numbers with so many decimals as whole numbers, from 0; ValueError where they have more."""
    scaled = np.asarray(values, dtype=np.float64) * 10.0**decimals
    found = np.rint(scaled)
    if np.abs(scaled - found).max(initial=0.0) > 1e-6:
        raise ValueError(f"a score has more than {decimals} decimals")
    return (found - found.min(initial=np.inf)).astype(np.int64) if len(found) else found.astype(int)


def product_null(x: IntArray, y: IntArray) -> Null | None:
    """The distribution of `product` over all orderings of y; None where that is too much work.

    The cost grows with the number of ways to use up the levels of y: few levels are cheap.
    """
    n = len(x)
    if n == 0:
        return NOTHING
    x_step, y_step = _step(x), _step(y)
    a, b = (x - x.min()) // x_step, (y - y.min()) // y_step
    levels, counts = np.unique(b, return_counts=True)
    # What the commonest level has used up follows from the others; where that would be more
    # than it has, too little of another is left, and the last state is never reached.
    common = int(counts.argmax())
    others = [level for level in range(len(levels)) if level != common]
    shape = [int(counts[level]) + 1 for level in others]
    length = int((np.sort(a) * np.sort(b)).sum()) + 1
    if math.prod(shape) * length * n * len(levels) > MOST_WORK:
        return None
    ways = np.zeros((*shape, length))
    ways[(0,) * len(shape) + (0,)] = 1.0
    for value in np.sort(a).tolist():
        after = np.zeros_like(ways)
        for level, weight in enumerate(levels.tolist()):
            shift = value * weight
            if shift >= length:
                continue
            to, fro = [slice(None)] * len(shape), [slice(None)] * len(shape)
            if level != common:
                axis = others.index(level)
                to[axis], fro[axis] = slice(1, None), slice(None, -1)
            after[(*to, slice(shift, None))] += ways[(*fro, slice(0, length - shift))]
        ways = after / after.sum()
    chance = ways[tuple(int(counts[level]) for level in others)]
    found = np.flatnonzero(chance)
    values = (n * found - int(a.sum()) * int(b.sum())) * x_step * y_step
    return Null(values.astype(np.int64), chance[found] / chance[found].sum())


def concordance_null(x: IntArray, y: IntArray) -> Null | None:
    """The distribution of `concordance_sum` over all orderings of y; None if too much work."""
    n = len(x)
    if n == 0:
        return NOTHING
    counts = tuple(int(c) for c in np.unique(y, return_counts=True)[1])
    groups = [int(c) for c in np.unique(x, return_counts=True)[1]]
    far = n * (n - 1) // 2
    states = math.prod(c + 1 for c in counts) / max(counts)
    dealt = sum(math.comb(g + len(counts) - 1, len(counts) - 1) for g in groups)
    if states * dealt * (2 * far + 1) > MOST_WORK:
        return None
    ways: dict[tuple[int, ...], FloatArray] = {(0,) * len(counts): np.zeros(2 * far + 1)}
    ways[(0,) * len(counts)][far] = 1.0
    for size in groups:
        after: dict[tuple[int, ...], FloatArray] = {}
        for used, sums in ways.items():
            below = list(itertools.accumulate(used, initial=0))
            gains = [below[level] - (below[-1] - below[level + 1]) for level in range(len(counts))]
            for dealt_out in _dealt(size, [c - u for c, u in zip(counts, used, strict=True)]):
                gain = sum(g * d for g, d in zip(gains, dealt_out, strict=True))
                # In logarithms and per ordering of the group: factorials outgrow floats.
                many = math.exp(
                    math.lgamma(size + 1)
                    - sum(math.lgamma(d + 1) for d in dealt_out)
                    - size * math.log(len(counts))
                )
                to = tuple(u + d for u, d in zip(used, dealt_out, strict=True))
                target = after.setdefault(to, np.zeros(2 * far + 1))
                if gain >= 0:
                    target[gain:] += many * sums[: 2 * far + 1 - gain]
                else:
                    target[:gain] += many * sums[-gain:]
        ways = after
    chance = ways[counts]
    found = np.flatnonzero(chance)
    return Null((found - far).astype(np.int64), chance[found] / chance[found].sum())


def _dealt(size: int, room: list[int]) -> list[tuple[int, ...]]:
    """All ways to put `size` equal things into places with so much room."""
    ways: list[tuple[int, ...]] = [()]
    left = sum(room)
    for space in room:
        left -= space
        ways = [
            (*way, put)
            for way in ways
            for put in range(min(space, size - sum(way)) + 1)
            if size - sum(way) - put <= left
        ]
    return ways


def _step(values: IntArray) -> int:
    """The largest whole number of which all differences are multiples (1 for a constant)."""
    return int(np.gcd.reduce(values - values.min())) or 1
