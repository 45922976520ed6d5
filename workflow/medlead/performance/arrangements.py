"""Exact permutation tests of few organisations: every order enumerated, ties and all.

With n organisations all n! orders are equally likely under no association. Orders that differ
only among tied values give the same arrangement, and each arrangement stands for as many orders;
so the distinct arrangements of the values, each counted once, are the whole distribution.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
# Takes the fixed values (n) and arrangements of the others (m x n); gives one number for each.
Statistic: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]

# Statistics that differ by less, relative to their spread, are the same up to rounding.
_SAME = 1e-9


@dataclass(frozen=True)
class Arrangements:
    """Arrangements of values, one a row; `exact` when they are all there are."""

    values: FloatArray
    exact: bool


@dataclass(frozen=True)
class Chances:
    """p-values of one statistic over arrangements, and the least ones these ties allow.

    `mid_*` count the arrangements that equal the observed one half. `smallest_*` are NaN where
    arrangements were drawn: what was not drawn is not known.
    """

    arrangements: int
    exact: bool
    greater: float
    less: float
    two_sided: float
    mid_greater: float
    mid_less: float
    mid_two_sided: float
    smallest_greater: float
    smallest_less: float
    smallest_two_sided: float


def count_arrangements(values: FloatArray, strata: NDArray[np.intp] | None = None) -> int:
    """How many distinct orders the values have, exchanged within strata only."""
    total = 1
    for members in _members(len(values), strata):
        _, ties = np.unique(values[members], return_counts=True)
        total *= math.factorial(len(members)) // math.prod(map(math.factorial, ties.tolist()))
    return total


def arrangements(
    values: FloatArray,
    most: int,
    rng: np.random.Generator,
    *,
    draws: int,
    strata: NDArray[np.intp] | None = None,
) -> Arrangements:
    """All distinct orders of the values when there are at most `most`, else `draws` drawn ones.

    Each is as likely as any other. With `strata` (n codes) values stay within their stratum.
    """
    members = _members(len(values), strata)
    if count_arrangements(values, strata) > most:
        drawn = np.empty((draws, len(values)))
        for place in members:
            drawn[:, place] = rng.permuted(np.tile(values[place], (draws, 1)), axis=1)
        return Arrangements(drawn, exact=False)
    rows = np.empty((1, len(values)))
    for place in members:
        own = _distinct(values[place])
        rows = np.repeat(rows, len(own), axis=0)
        rows[:, place] = np.tile(own, (len(rows) // len(own), 1))
    return Arrangements(rows, exact=True)


def _members(n: int, strata: NDArray[np.intp] | None) -> list[NDArray[np.intp]]:
    codes = np.zeros(n, dtype=np.intp) if strata is None else strata
    return [np.flatnonzero(codes == code) for code in np.unique(codes)]


def _distinct(values: FloatArray) -> FloatArray:
    """All distinct orders, one a row: grown place by place from what each row has left."""
    levels, counts = np.unique(values, return_counts=True)
    left = counts[None, :].astype(np.int64)
    picked = np.empty((1, 0), dtype=np.intp)
    for _ in values:
        row, level = np.nonzero(left)
        picked = np.column_stack([picked[row], level])
        left = left[row]
        left[np.arange(len(left)), level] -= 1
    return np.asarray(levels[picked], dtype=np.float64)


def chances(observed: float, null: FloatArray, centre: float, *, exact: bool) -> Chances:
    """The chance of a statistic at least so great, so small, or so far from `centre`.

    `null` holds the statistic of every arrangement, or of drawn ones: then each p is (b + 1)/(m +
    1) (Phipson and Smyth 2010). Raises ValueError for an empty null or a value that is no number.
    """
    if not len(null) or np.isnan(null).any() or math.isnan(observed):
        raise ValueError("the statistic needs a value for each of at least one arrangement")
    far, away = np.abs(null - centre), abs(observed - centre)
    tails = {"greater": (null, observed), "less": (-null, -observed), "two_sided": (far, away)}
    same = _SAME * max(1.0, float(far.max()))
    found: dict[str, float] = {}
    for name, (values, at) in tails.items():
        above, level = float((values > at + same).sum()), float((np.abs(values - at) <= same).sum())
        extra, total = (0.0, len(null)) if exact else (1.0, len(null) + 1)
        found[name] = (above + level + extra) / total
        found[f"mid_{name}"] = (above + (level + extra) / 2) / total
        top = float((values >= values.max() - same).mean())
        found[f"smallest_{name}"] = top if exact else math.nan
    return Chances(arrangements=len(null), exact=exact, **found)


def kendall_sum(x: FloatArray, rows: FloatArray) -> FloatArray:
    """Kendall's S: pairs in the same order less pairs in the opposite one (mean 0)."""
    first, second = np.triu_indices(len(x), k=1)
    signs = np.sign(x[first] - x[second])
    return np.asarray(np.sign(rows[:, first] - rows[:, second]) @ signs, dtype=np.float64)


def spearman_sum(x: FloatArray, rows: FloatArray) -> FloatArray:
    """The sum of products of doubled mid-ranks less its mean: whole numbers, so ties are ties."""
    n = len(x)
    doubled = 2 * np.asarray(stats.rankdata(rows, axis=1), dtype=np.float64)
    return np.asarray(doubled @ (2 * stats.rankdata(x)) - n * (n + 1) ** 2, dtype=np.float64)


def jonckheere(x: FloatArray, rows: FloatArray) -> FloatArray:
    """J of Jonckheere (1954) and Terpstra (1952): over all pairs of groups of x, U of the higher.

    Pairs of organisations in different groups count 1 in the expected order, 1/2 where tied.
    """
    first, second = np.triu_indices(len(x), k=1)
    apart = x[first] != x[second]
    signs = np.sign(x[second] - x[first])[apart]
    steps = np.sign(rows[:, second[apart]] - rows[:, first[apart]])
    return np.asarray(((1 + steps * signs) / 2).sum(axis=1), dtype=np.float64)


def between_ranks(groups: FloatArray, rows: FloatArray) -> FloatArray:
    """Share of the squared deviations of ranks that lies between groups: H/(n - 1).

    H is that of Kruskal and Wallis (1952) with its correction for ties; the share is
    known as epsilon squared. Its mean over all orders is (k - 1)/(n - 1) for k groups, ties or
    none. NaN for constant rows.
    """
    ranks = np.asarray(stats.rankdata(rows, axis=1), dtype=np.float64)
    n = len(groups)
    off = ranks - (n + 1) / 2
    whole = (off**2).sum(axis=1)
    codes = np.unique(groups, return_inverse=True)[1]
    member = (codes[:, None] == np.arange(codes.max() + 1)).astype(np.float64)
    part = ((off @ member) ** 2 / member.sum(axis=0)).sum(axis=1)
    return np.asarray(part / np.where(whole > 0, whole, np.nan), dtype=np.float64)


def finer_orders(values: FloatArray, most: int) -> FloatArray | None:
    """Every order without ties that keeps the order of the values, one a row of ranks.

    None where there are more than `most`.
    """
    _, code, counts = np.unique(values, return_inverse=True, return_counts=True)
    if math.prod(map(math.factorial, counts.tolist())) > most:
        return None
    rows = np.zeros((1, len(values)))
    start = 0
    for level, count in enumerate(counts.tolist()):
        own = _distinct(np.arange(start, start + count, dtype=np.float64))
        place = np.flatnonzero(code == level)
        rows = np.repeat(rows, len(own), axis=0)
        rows[:, place] = np.tile(own, (len(rows) // len(own), 1))
        start += count
    return rows


def codes_of(labels: Sequence[object]) -> FloatArray:
    """Whole numbers for names, in the order of the alphabet; NaN for what is missing."""
    known = sorted({str(v) for v in labels if not _absent(v)})
    return np.array([np.nan if _absent(v) else known.index(str(v)) for v in labels], dtype=float)


def _absent(value: object) -> bool:
    return value is None or value == "" or value != value
