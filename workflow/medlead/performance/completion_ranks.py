"""Rank coefficients over all completions: they depend on the weak order of the scores alone.

Without ties among the scores there is one order of places, and every way to put ratings on the
hidden places is enumerated. With ties every division of the hidden places into tied blocks is
enumerated too (the first may tie with the neighbour below, the last with the one above). For
one division and one multiset of ratings the scores' ranks and the denominators are fixed, and
the numerator is largest where the ratings ascend and smallest where they descend: exchanging
two hidden ratings that stand in the wrong order cannot lower it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from medlead.performance.completion import Ends, IntArray
from medlead.performance.resampling import FloatArray

SPEARMAN, TAU_B = "Spearman", "Kendall tau-b"
TAU_A, GAMMA = "Kendall tau-a", "Goodman-Kruskal gamma"
RANKED = (SPEARMAN, TAU_B, TAU_A, GAMMA)
WITH_TIES = (SPEARMAN, TAU_B, TAU_A)
"""Gamma leaves tied pairs out of its denominator, which ties of scores make depend on the order
of the ratings; it is bounded without ties only."""
MOST_SEQUENCES = 4_194_304
_SAME = 1e-12


@dataclass(frozen=True)
class Ranked:
    """The smallest and largest coefficient for each of M multisets, and where they stand.

    `places_low`, `places_high` (M x H): the block of each hidden place, ascending from 1; 0 is
    tied with the neighbour below and -1 with the one above. The hidden ratings ascend over the
    places for `high`, and descend for `low`. `possible` (M): whether a completion without ties
    has the printed value, with `sequence` (M x H) its ratings by place, -1 where there is none.
    """

    low: FloatArray
    high: FloatArray
    places_low: IntArray
    places_high: IntArray
    possible: NDArray[np.bool_]
    places: IntArray
    sequence: IntArray


def blocks(hidden: int, below: bool, above: bool) -> Iterator[tuple[int, ...]]:
    """The ways in which the scores of hidden places can tie, as the block of each place.

    Blocks are numbered from 1 in ascending order; 0 stands for a tie with the shown neighbour
    below and -1 with the one above, where `below` and `above` allow them. The first way is
    without any tie.
    """
    if hidden == 0:
        yield ()
        return
    for size in range(hidden - 1, -1, -1):
        for edges in combinations(range(1, hidden), size):
            block = np.searchsorted(edges, np.arange(hidden), side="right") + 1
            last = int(block[-1])
            yield tuple(block.tolist())
            if below:
                yield tuple(np.where(block == 1, 0, block).tolist())
            if above:
                yield tuple(np.where(block == last, -1, block).tolist())
            if below and above and last > 1:
                both = np.where(block == 1, 0, np.where(block == last, -1, block))
                yield tuple(both.tolist())


def ranked_bounds(
    ends: Ends, method: str, *, ties: bool, target: tuple[float, float] | None = None
) -> Ranked:
    """The smallest and the largest coefficient over all completions, for each multiset.

    `target` is the interval of values that a printed coefficient can stand for. Undefined
    coefficients (all ratings equal) are NaN. Raises ValueError for an unknown method, gamma
    with ties, or too many hidden units to enumerate.
    """
    if method not in (WITH_TIES if ties else RANKED):
        raise ValueError(f"'{method}' is not bounded {'with' if ties else 'without'} ties")
    if ends.levels**ends.hidden > MOST_SEQUENCES:
        raise ValueError(f"{ends.hidden} hidden units are too many to enumerate")
    counts = ends.counts()
    near = [bool(ends.rated[at]) and ties for at in (ends.below - 1, ends.below)]
    every = list(blocks(ends.hidden, *near))
    every = every if ties else every[:1]
    chosen = np.array(every, dtype=np.int64).reshape(len(every), ends.hidden)
    x = _scores(ends, chosen)
    rising = _ratings(ends, counts)
    falling = _ratings(ends, counts, reverse=True)
    high = _coefficients(method, x, rising)
    low = _coefficients(method, x, falling)
    at_high = np.argmax(np.nan_to_num(high, nan=-2), axis=0)
    at_low = np.argmin(np.nan_to_num(low, nan=2), axis=0)
    columns = np.arange(len(counts))
    possible = np.zeros(len(counts), dtype=bool)
    sequence = np.full((len(counts), ends.hidden), -1, dtype=np.int64)
    places = np.tile(np.arange(1, ends.hidden + 1), (len(counts), 1))
    if target is not None:
        first = int(ends.rated[: ends.below].sum())
        for values, ratings in ((low, falling), (high, rising)) if ties else ():
            hits = (values >= target[0] - _SAME) & (values <= target[1] + _SAME)
            for row in np.flatnonzero(hits.any(axis=0)).tolist():
                possible[row], places[row] = True, chosen[np.argmax(hits[:, row])]
                sequence[row] = ratings[row, first : first + ends.hidden]
        for row, found in _reaching(ends, method, counts, rising, target):
            possible[row], sequence[row] = True, found
            places[row] = np.arange(1, ends.hidden + 1)
    return Ranked(
        low[at_low, columns],
        high[at_high, columns],
        chosen[at_low],
        chosen[at_high],
        possible,
        places,
        sequence,
    )


def _scores(ends: Ends, chosen: IntArray) -> FloatArray:
    """Scores in the order of each division into blocks (D x n), shown units first and last."""
    rated = ends.rated
    hidden = chosen.astype(np.float64)
    top = float(ends.hidden + 1)
    hidden = np.where(chosen == -1, top, hidden)
    # The neighbours are 0 and `top`; an unrated one is left out, and nothing ties with it.
    lower = np.arange(1 - ends.below, 1, dtype=np.float64)[rated[: ends.below]]
    upper = (top + np.arange(len(rated) - ends.below))[rated[ends.below :]]
    many = len(chosen)
    return np.concatenate([np.tile(lower, (many, 1)), hidden, np.tile(upper, (many, 1))], axis=1)


def _ratings(ends: Ends, counts: IntArray, *, reverse: bool = False) -> FloatArray:
    """The ratings by place (M x n), those of the hidden units ascending or descending."""
    levels = np.arange(ends.levels)
    hidden = np.array([np.repeat(levels, row) for row in counts]).reshape(len(counts), -1)
    hidden = hidden[:, ::-1] if reverse else hidden
    rated = ends.rated
    lower, upper = ends.codes[: ends.below], ends.codes[ends.below :]
    lower, upper = lower[rated[: ends.below]], upper[rated[ends.below :]]
    many = len(counts)
    return np.concatenate(
        [np.tile(lower, (many, 1)), hidden, np.tile(upper, (many, 1))], axis=1
    ).astype(np.float64)


def _coefficients(method: str, x: FloatArray, y: FloatArray) -> FloatArray:
    """The coefficient of each row of x with each row of y (D x M)."""
    if method == SPEARMAN:
        a, b = (_unit(np.asarray(stats.rankdata(v, axis=1), dtype=np.float64)) for v in (x, y))
        return np.asarray(a @ b.T, dtype=np.float64)
    a, b = _signs(x), _signs(y)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((a @ b.T) / _denominator(method, a, b), dtype=np.float64)


def _unit(values: FloatArray) -> FloatArray:
    centred = values - values.mean(axis=1, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    return np.asarray(centred / np.where(size > 0, size, np.nan), dtype=np.float64)


def _signs(values: FloatArray) -> FloatArray:
    first, second = np.triu_indices(values.shape[1], k=1)
    return np.asarray(np.sign(values[:, second] - values[:, first]), dtype=np.float64)


def _denominator(method: str, a: FloatArray, b: FloatArray) -> FloatArray:
    if method == TAU_A:
        return np.full((len(a), len(b)), float(a.shape[1]))
    if method == GAMMA:
        return np.asarray(np.abs(a) @ np.abs(b).T, dtype=np.float64)
    untied = (np.abs(v).sum(axis=1) for v in (a, b))
    return np.asarray(np.sqrt(np.multiply.outer(*untied)), dtype=np.float64)


def _reaching(
    ends: Ends,
    method: str,
    counts: IntArray,
    rising: FloatArray,
    target: tuple[float, float],
) -> Iterator[tuple[int, IntArray]]:
    """Each multiset that has the printed value without ties, and the first order that has it."""
    every = sequences(ends.hidden, ends.levels)
    base = (ends.hidden + 1) ** np.arange(ends.levels)
    key = np.zeros(len(every), dtype=np.int64)
    for place in range(ends.hidden):
        key += base[every[:, place]]
    order = np.argsort(key, kind="stable")
    found, starts = np.unique(key[order], return_index=True)
    ranges = {k: (s, e) for k, s, e in zip(found, starts, [*starts[1:], len(key)], strict=True)}
    x = _scores(ends, np.arange(1, ends.hidden + 1)[None])
    first = int(ends.rated[: ends.below].sum())
    hidden = slice(first, first + ends.hidden)
    for row, k in enumerate((counts @ base).tolist()):
        start, stop = ranges[k]
        members = every[order[start:stop]]
        at_top = _coefficients(method, x, rising[[row]])[0, 0]
        if np.isnan(at_top):
            continue
        values = _rearranged(method, x[0], rising[row], members, hidden, at_top)
        hits = (values >= target[0] - _SAME) & (values <= target[1] + _SAME)
        if hits.any():
            yield row, members[int(np.argmax(hits))].astype(np.int64)


def _rearranged(
    method: str,
    x: FloatArray,
    rising: FloatArray,
    members: NDArray[np.int8],
    hidden: slice,
    at_top: float,
) -> FloatArray:
    """The coefficient for each order of the same hidden ratings, from that where they ascend."""
    if method == SPEARMAN:
        places = np.asarray(stats.rankdata(x), dtype=np.float64)
        ranks = np.asarray(stats.rankdata(rising), dtype=np.float64)
        of_level = {int(c): r for c, r in zip(rising, ranks, strict=True)}
        table = np.array([of_level.get(c, 0.0) for c in range(int(rising.max()) + 1)])
        lost = (table[members] - ranks[hidden]) @ places[hidden]
        size = np.sqrt(((places - places.mean()) ** 2).sum() * ((ranks - ranks.mean()) ** 2).sum())
        return np.asarray(at_top + lost / size, dtype=np.float64)
    a, b = _signs(x[None]), _signs(rising[None])
    inversions = np.zeros(len(members), dtype=np.int64)
    for one, other in combinations(range(members.shape[1]), 2):
        inversions += members[:, one] > members[:, other]
    return np.asarray(at_top - 2 * inversions / _denominator(method, a, b)[0, 0], dtype=np.float64)


def sequences(places: int, levels: int) -> NDArray[np.int8]:
    """All ways to put one of `levels` ratings on each place (levels**places rows)."""
    numbers = np.arange(levels**places)
    powers = levels ** np.arange(places)
    return np.asarray((numbers[:, None] // powers) % levels, dtype=np.int8)
