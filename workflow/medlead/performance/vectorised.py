"""Three coefficients for all pairs of scores and measures over many resamples at once.

Scores are the columns of an n by S matrix, measures those of an n by M matrix, without gaps. A
resample costs one row of a matrix product, not a call: Pearson's r is a product of
standardised columns, Spearman's r that of mid-ranks, and Kendall's tau-b that of the signs of all
differences, whose sums are whole numbers and therefore exact. Work goes in blocks, so that memory
does not grow with the number of resamples.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from medlead.performance.resampling import FloatArray, kendall, pearson, spearman

PEARSON, SPEARMAN, KENDALL = "Pearson", "Spearman", "Kendall tau-b"
COEFFICIENTS = (PEARSON, SPEARMAN, KENDALL)

IndexArray = NDArray[np.intp]
_PLAIN = {PEARSON: pearson, SPEARMAN: spearman, KENDALL: kendall}
# Numbers in the largest array of a block: 4 MB of doubles, which a processor keeps near.
_AT_ONCE = 500_000
# Beyond as many rows, sorting each resample is less work than counting signs.
_MOST_COUNTED = 128


def coefficients(name: str, x: FloatArray, y: FloatArray) -> FloatArray:
    """The coefficient of each score with each measure, S by M; NaN where one is constant.

    Rounding may leave a perfect association a hair below 1; it is set to 1.
    """
    left, right = (np.ascontiguousarray(side.T) for side in (x, y))
    found = _PLAIN[name](left[:, None, :], right[None, :, :])
    return np.where(np.abs(found) > 1 - 1e-12, np.sign(found), found)


def permuted(name: str, x: FloatArray, y: FloatArray, index: IndexArray) -> Iterator[FloatArray]:
    """The coefficients with the measures reordered by each row of `index`, in blocks b by S by M.

    Reordering changes no mean, rank or tie, so only the products are taken anew. NaN where a
    column is constant.
    """
    if name == KENDALL:
        yield from _permuted_signs(x, y, index)
        return
    if name == SPEARMAN:
        x, y = _ranks(x, 0), _ranks(y, 0)
    u, v = _standardised(x, 0), np.ascontiguousarray(_standardised(y, 0).T)
    for rows in _slices(len(index), v.size):
        moved = v[:, index[rows]]
        yield np.clip((moved @ u).transpose(1, 2, 0), -1, 1)


def _permuted_signs(x: FloatArray, y: FloatArray, index: IndexArray) -> Iterator[FloatArray]:
    n = len(x)
    first, second = np.triu_indices(n, k=1)
    sx = _signs(x, first, second)
    # Signs of every ordered pair, so that a reordered pair is found by its two positions.
    sy = np.sign(y.T[:, :, None] - y.T[:, None, :]).reshape(y.shape[1], n * n).astype(np.float32)
    scale = np.sqrt(_untied(sx)[:, None] * _untied(_signs(y, first, second))[None, :])
    for rows in _slices(len(index), y.shape[1] * len(first)):
        part = index[rows]
        pairs = part[:, first] * n + part[:, second]
        total = (np.take(sy, pairs, axis=1) @ sx).transpose(1, 2, 0)
        yield np.clip(total / scale, -1, 1)


def resampled(name: str, x: FloatArray, y: FloatArray, picks: IndexArray) -> Iterator[FloatArray]:
    """The coefficients of the rows that each row of `picks` names, in blocks b by S by M.

    Picks may repeat rows (bootstrap) or leave some out (jackknife). NaN where the picked scores
    or ratings are constant.
    """
    if name == KENDALL:
        yield from _resampled_signs(x, y, picks)
        return
    if name == SPEARMAN and len(x) <= _MOST_COUNTED:
        yield from _resampled_ranks(x, y, picks)
        return
    width = picks.shape[1] * (x.shape[1] + y.shape[1])
    for rows in _slices(len(picks), width):
        part = picks[rows]
        yield _products(name, x[part], y[part])


def _resampled_ranks(x: FloatArray, y: FloatArray, picks: IndexArray) -> Iterator[FloatArray]:
    """Mid-ranks without sorting: a rank less the mean rank is half a sum of signs."""
    n = len(x)
    signs = [np.sign(side[None, :, :] - side[:, None, :]).reshape(n, -1) / 2 for side in (x, y)]
    for rows in _slices(len(picks), n * (x.shape[1] + y.shape[1])):
        counts = _counts(picks[rows], n).astype(np.float64)
        u, v = ((counts @ sign).reshape(len(counts), n, -1) for sign in signs)
        total = (u * counts[:, :, None]).transpose(0, 2, 1) @ v
        # Sums of halves are exact, so that a constant resample gives a true zero.
        squares = [np.einsum("bn,bnv->bv", counts, side**2) for side in (u, v)]
        scale = np.sqrt(squares[0][:, :, None] * squares[1][:, None, :])
        yield np.clip(total / np.where(scale > 0, scale, np.nan), -1, 1)


def _counts(picks: IndexArray, n: int) -> IndexArray:
    """How often each of n rows stands in each resample."""
    places = picks + np.arange(len(picks))[:, None] * n
    return np.bincount(places.ravel(), minlength=len(picks) * n).reshape(len(picks), n)


def _resampled_signs(x: FloatArray, y: FloatArray, picks: IndexArray) -> Iterator[FloatArray]:
    n = len(x)
    first, second = np.triu_indices(n, k=1)
    sx, sy = _signs(x, first, second), _signs(y, first, second)
    for rows in _slices(len(picks), len(first)):
        times = _counts(picks[rows], n).astype(np.float32)
        # A pair of rows stands in a resample as often as the product of their counts.
        both = times[:, first] * times[:, second]
        total = np.stack([both @ (sx * column[:, None]) for column in sy.T], axis=2)
        untied = (both @ sx**2).astype(np.float64)[:, :, None] * (both @ sy**2)[:, None, :]
        yield np.clip(total / np.sqrt(np.where(untied > 0, untied, np.nan)), -1, 1)


def moved(
    name: str, x: FloatArray, y: FloatArray, kept: IndexArray, index: IndexArray
) -> Iterator[FloatArray]:
    """The coefficients at the rows `kept`, each score taken from where `index` moves it.

    `x` has all N rows and `index` orders them; `y` has the rows that are `kept`. Other than with
    `permuted`, scores may come from rows whose measure is missing. In blocks b by S by M.
    """
    width = len(kept) * x.shape[1] * (len(kept) // 2 if name == KENDALL else 1)
    for rows in _slices(len(index), width):
        part = x[index[rows][:, kept]]
        if name == KENDALL:
            yield _products_of_signs(part, y)
        else:
            yield _products(name, part, np.broadcast_to(y, (len(part), *y.shape)))


def _products(name: str, x: FloatArray, y: FloatArray) -> FloatArray:
    """Pearson's or Spearman's r within each block of b by k by S and b by k by M values."""
    if name == SPEARMAN:
        x, y = _ranks(x, 1), _ranks(y, 1)
    u, v = _standardised(x, 1), _standardised(y, 1)
    return np.asarray(np.clip(u.transpose(0, 2, 1) @ v, -1, 1), dtype=np.float64)


def _products_of_signs(x: FloatArray, y: FloatArray) -> FloatArray:
    first, second = np.triu_indices(x.shape[1], k=1)
    sx = np.sign(x[:, first] - x[:, second]).astype(np.float32)
    sy = _signs(y, first, second)
    untied = (sx**2).sum(axis=1).astype(np.float64)[:, :, None] * (sy**2).sum(axis=0)
    total = sx.transpose(0, 2, 1) @ sy
    return np.asarray(total / np.sqrt(np.where(untied > 0, untied, np.nan)), dtype=np.float64)


def _standardised(values: FloatArray, axis: int) -> FloatArray:
    """Columns less their mean, divided by the root of their sum of squares; NaN if constant."""
    varies = np.ptp(values, axis=axis, keepdims=True) > 0
    centred = values - values.mean(axis=axis, keepdims=True)
    scale = np.sqrt((centred**2).sum(axis=axis, keepdims=True))
    return np.asarray(centred / np.where(varies & (scale > 0), scale, np.nan), dtype=np.float64)


def _ranks(values: FloatArray, axis: int) -> FloatArray:
    return np.asarray(stats.rankdata(values, axis=axis), dtype=np.float64)


def _signs(values: FloatArray, first: IndexArray, second: IndexArray) -> NDArray[np.float32]:
    """The sign of each difference, one row per pair: single precision holds their sums exactly."""
    return np.sign(values[first] - values[second]).astype(np.float32)


def _untied(signs: NDArray[np.float32]) -> FloatArray:
    untied = (signs**2).sum(axis=0).astype(np.float64)
    return np.where(untied > 0, untied, np.nan)


def _slices(rows: int, width: int) -> Iterator[slice]:
    step = max(1, _AT_ONCE // max(1, width))
    for start in range(0, rows, step):
        yield slice(start, start + step)
