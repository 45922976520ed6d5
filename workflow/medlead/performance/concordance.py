"""How far several rankings of the same organisations agree: Kendall's W, and pairs of rankings."""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

from medlead.performance.arrangements import (
    FloatArray,
    IntArray,
    arrangements,
    count_arrangements,
)
from medlead.performance.intervals import proportion_interval
from medlead.performance.resampling import pearson

EXACT = "exact, all rankings independent"
DRAWN = "drawn rankings"
_SAME = 1e-9


@dataclass(frozen=True)
class Agreement:
    """A coefficient and the chance of one at least so great if rankings were independent.

    `p_low`, `p_high` hold the Monte Carlo error of a drawn p.
    """

    estimate: float
    p: float
    p_low: float
    p_high: float
    method: str


def concordance(rankings: FloatArray) -> float:
    """Kendall's W with ties of m rankings (rows) of n organisations (columns), 0 to 1.

    W = 12 S / (m²(n³ - n) - m ΣT): S the sum of squared deviations of the rank sums from their
    mean, T = Σ(t³ - t) over the ties of each ranking (Kendall 1948). NaN where all are constant.
    """
    m, n = rankings.shape
    ranks = np.asarray(stats.rankdata(rankings, axis=1), dtype=np.float64)
    squares = float(((ranks.sum(axis=0) - m * (n + 1) / 2) ** 2).sum())
    ties = sum(float((c**3 - c).sum()) for c in map(_tie_sizes, rankings))
    most = m**2 * (n**3 - n) - m * ties
    return 12 * squares / most if most > 0 else math.nan


def _tie_sizes(row: FloatArray) -> IntArray:
    return np.asarray(np.unique(row, return_counts=True)[1], dtype=np.int64)


def concordance_test(
    rankings: FloatArray, *, most: int, draws: int, rng: np.random.Generator, confidence: float
) -> Agreement:
    """W of complete rankings (m x n) and its exact p, all rankings independent.

    The sums of ranks are convolved ranking by ranking. Only their sorted values count, since no
    ranking prefers an organisation, which keeps them few; where a step would still need more than
    `most` sums, `draws` rankings are drawn. Raises ValueError for missing values or one ranking.
    """
    if np.isnan(rankings).any() or len(rankings) < 2:
        raise ValueError("W needs at least two rankings without gaps")
    w = concordance(rankings)
    if math.isnan(w):
        return Agreement(w, math.nan, math.nan, math.nan, "")
    ranks = 2 * np.asarray(stats.rankdata(rankings, axis=1), dtype=np.float64)
    observed = float((ranks.sum(axis=0) ** 2).sum())
    # The ranking with the most orders may stand still: only orders relative to it matter.
    ways = [count_arrangements(row) for row in ranks]
    ranks = ranks[np.argsort(ways, kind="stable")[::-1]]
    null = _convolved(ranks, most, rng)
    if null is not None:
        squares, chance = null
        p = min(1.0, float(chance[squares >= observed * (1 - _SAME)].sum()))
        return Agreement(w, p, p, p, EXACT)
    sums = np.tile(ranks[0], (draws, 1))
    for row in ranks[1:]:
        sums += rng.permuted(np.tile(row, (draws, 1)), axis=1)
    return _drawn(
        w, int(((sums**2).sum(axis=1) >= observed * (1 - _SAME)).sum()), draws, confidence
    )


def _convolved(
    ranks: FloatArray, most: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray] | None:
    """Squares of rank sums and their chances; None where a step needs more than `most` sums."""
    base = int(ranks.sum(axis=0).max() + ranks.max() * len(ranks)) + 1
    if base ** ranks.shape[1] >= 2**62:
        return None
    powers = np.array([base**i for i in range(ranks.shape[1])], dtype=np.int64)
    states = np.asarray(np.sort(ranks[:1], axis=1), dtype=np.float64)
    chance = np.ones(1, dtype=np.float64)
    for row in ranks[1:]:
        if len(states) * count_arrangements(row) > most:
            return None
        own = arrangements(row, most, rng, draws=1).values
        sums = (states[:, None, :] + own[None, :, :]).reshape(-1, ranks.shape[1])
        sums = np.sort(sums, axis=1)
        weights = np.repeat(chance / len(own), len(own))
        _, first, place = np.unique(
            sums.astype(np.int64) @ powers, return_index=True, return_inverse=True
        )
        states = np.asarray(sums[first], dtype=np.float64)
        chance = np.asarray(np.bincount(place, weights=weights), dtype=np.float64)
    return np.asarray((states**2).sum(axis=1), dtype=np.float64), chance


def mean_spearman(rankings: FloatArray) -> tuple[float, int, int]:
    """The mean of Spearman's r over all pairs of rankings, each over what both rank.

    Rankings (m x n) may have gaps (NaN). Also the pairs that have a value and those that do not:
    fewer than three organisations in common, or one of both constant there.
    """
    found = [float(v) for v in _pairs(rankings[None, :, :])[0]]
    known = [v for v in found if not math.isnan(v)]
    return (float(np.mean(known)) if known else math.nan), len(known), len(found) - len(known)


def mean_spearman_test(
    rankings: FloatArray, *, draws: int, rng: np.random.Generator, confidence: float
) -> Agreement:
    """`mean_spearman` and its p by drawing: each ranking permuted among those that it ranks."""
    observed, known, _ = mean_spearman(rankings)
    if not known:
        return Agreement(math.nan, math.nan, math.nan, math.nan, "")
    drawn = np.tile(rankings, (draws, 1, 1))
    for place, row in enumerate(rankings):
        ranked = np.flatnonzero(~np.isnan(row))
        drawn[:, place, ranked] = rng.permuted(np.tile(row[ranked], (draws, 1)), axis=1)
    values = _pairs(drawn)
    defined = ~np.isnan(values)
    # Without one pair that has a value a drawn set shows no agreement.
    sums = np.where(defined, values, 0.0).sum(axis=1) / np.maximum(defined.sum(axis=1), 1)
    return _drawn(observed, int((sums >= observed - _SAME).sum()), draws, confidence)


def _pairs(sets: FloatArray) -> FloatArray:
    """Spearman's r of each pair of rankings in sets (s x m x n) with the same gaps: s x pairs."""
    known = ~np.isnan(sets[0])
    columns = []
    for first, second in combinations(range(sets.shape[1]), 2):
        both = np.flatnonzero(known[first] & known[second])
        if len(both) < 3:
            columns.append(np.full(len(sets), np.nan))
            continue
        x, y = (stats.rankdata(sets[:, which][:, both], axis=1) for which in (first, second))
        columns.append(pearson(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)))
    return np.column_stack(columns) if columns else np.empty((len(sets), 0))


def _drawn(estimate: float, count: int, draws: int, confidence: float) -> Agreement:
    low, high = proportion_interval(count, draws, confidence)
    return Agreement(estimate, (count + 1) / (draws + 1), low, high, DRAWN)
