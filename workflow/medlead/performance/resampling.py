"""Coefficients over many resamples at once, and the orderings of a permutation test."""

import itertools
import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray: TypeAlias = NDArray[np.float64]

MOST_ENUMERATED = math.factorial(8)
_PAIRS_AT_ONCE = 2_000_000


def pearson(x: FloatArray, y: FloatArray) -> FloatArray:
    """Pearson's r along the last axis (leading axes broadcast); NaN where x or y is constant."""
    varies = (np.ptp(x, axis=-1) > 0) & (np.ptp(y, axis=-1) > 0)
    dx = x - x.mean(axis=-1, keepdims=True)
    dy = y - y.mean(axis=-1, keepdims=True)
    scale = np.sqrt((dx**2).sum(axis=-1)) * np.sqrt((dy**2).sum(axis=-1))
    r = (dx * dy).sum(axis=-1) / np.where(varies & (scale > 0), scale, np.nan)
    return np.asarray(np.clip(r, -1, 1), dtype=np.float64)


def spearman(x: FloatArray, y: FloatArray) -> FloatArray:
    """Spearman's r along the last axis: Pearson's r of the mid-ranks."""
    return pearson(
        np.asarray(stats.rankdata(x, axis=-1), dtype=np.float64),
        np.asarray(stats.rankdata(y, axis=-1), dtype=np.float64),
    )


def kendall(x: FloatArray, y: FloatArray) -> FloatArray:
    """Kendall's tau-b along the last axis (leading axes broadcast); NaN where constant.

    tau-b = Σ sgn(xi-xj) sgn(yi-yj) / √(pairs untied in x · pairs untied in y) (Kendall 1945).
    """
    n = x.shape[-1]
    shape = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    first, second = np.triu_indices(n, k=1)

    def signs(values: FloatArray) -> FloatArray:
        return np.asarray(np.sign(values[..., first] - values[..., second]), dtype=np.float64)

    one_x = x.ndim == 1
    flat_x = x if one_x else np.broadcast_to(x, (*shape, n)).reshape(-1, n)
    flat_y = np.broadcast_to(y, (*shape, n)).reshape(-1, n)
    fixed = signs(x) if one_x else None
    result = np.empty(len(flat_y))
    step = max(1, _PAIRS_AT_ONCE // max(1, len(first)))
    for start in range(0, len(flat_y), step):
        part = slice(start, start + step)
        sy = signs(flat_y[part])
        sx = signs(flat_x[part]) if fixed is None else fixed
        untied = (sx**2).sum(axis=-1) * (sy**2).sum(axis=-1)
        total = (sx * sy).sum(axis=-1)
        result[part] = total / np.sqrt(np.where(untied > 0, untied, np.nan))
    return np.asarray(np.clip(result, -1, 1).reshape(shape), dtype=np.float64)


@dataclass(frozen=True)
class Orderings:
    """Orderings of n positions: one per row of `index`; `exact` when they are all there are."""

    index: NDArray[np.intp]
    exact: bool


def orderings(
    n: int,
    count: int,
    rng: np.random.Generator,
    strata: NDArray[np.intp] | None = None,
) -> Orderings:
    """All orderings of n positions when there are at most 8! of them, else `count` drawn ones.

    With `strata` (n codes) positions are exchanged only within their stratum.
    """
    codes = np.zeros(n, dtype=np.intp) if strata is None else strata
    members = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    if math.prod(math.factorial(len(m)) for m in members) <= MOST_ENUMERATED:
        ways = itertools.product(*(itertools.permutations(m) for m in members))
        index = np.array([list(itertools.chain(*way)) for way in ways], dtype=np.intp)
        # The columns come stratum by stratum; bring them back to the order of the positions.
        return Orderings(index[:, np.argsort(np.concatenate(members))], exact=True)
    index = np.empty((count, n), dtype=np.intp)
    for m in members:
        index[:, m] = rng.permuted(np.tile(m, (count, 1)), axis=1)
    return Orderings(index, exact=False)


def left_out_once(n: int) -> NDArray[np.intp]:
    """The positions 0 to n - 1 without each of them in turn, one row for each: the jackknife's."""
    everyone = np.arange(n)
    return np.array([np.delete(everyone, out) for out in everyone], dtype=np.intp)
