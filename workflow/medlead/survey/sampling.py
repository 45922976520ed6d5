"""Exact tests, intervals and power for the few counts that a response is judged by.

Nothing is approximated: the outcomes are enumerated. Two-sided p-values add up all outcomes
that are no more probable than the observed one. Two readings of a set of returns stand side
by side: draws from an endless population of a known share (binomial, multinomial), and draws
without replacement from a population of known size (hypergeometric).
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from medlead.printed import NEAREST, number, reconciling_rule

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

# Probabilities closer than this (relative) count as equal, as in R's fisher.test.
_SAME = 1e-7
# How far an odds ratio is looked for, and how finely its logarithm is found.
_WIDEST, _FINE = math.log(1e6), 1e-6
# More outcomes than these are not enumerated.
MOST_OUTCOMES = 5_000_000


def share_interval(count: int, n: int, confidence: float) -> tuple[float, float]:
    """The exact interval of a share (Clopper and Pearson 1934), as two fractions of 1.

    Raises ValueError for a count outside 0 to n, or n below 1.
    """
    _check_count(count, n)
    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else float(stats.beta.ppf(tail, count, n - count + 1))
    high = 1.0 if count == n else float(stats.beta.ppf(1 - tail, count + 1, n - count))
    return low, high


def members_interval(count: int, n: int, population: int, confidence: float) -> tuple[int, int]:
    """How many members a population can have of whom `count` are among n drawn from it.

    The exact interval of a finite population (Katz 1953): all numbers of members that neither
    one-sided hypergeometric test rejects. As n reaches the population, both ends meet.
    Raises ValueError for impossible counts.
    """
    _check_count(count, n)
    if n > population:
        raise ValueError(f"{n} drawn from {population}")
    possible = np.arange(count, population - (n - count) + 1)
    tail = (1 - confidence) / 2
    at_most = stats.hypergeom.cdf(count, population, possible, n)
    at_least = stats.hypergeom.sf(count - 1, population, possible, n)
    # A tail that is met exactly rejects, whatever binary arithmetic makes of it.
    least = tail * (1 + _SAME)
    kept = possible[(at_most > least) & (at_least > least)]
    return int(kept.min()), int(kept.max())


def binomial_p(count: int, n: int, share: float) -> float:
    """The two-sided exact probability of `count` of n where the share is `share`."""
    _check_count(count, n)
    return _two_sided(stats.binom.pmf(np.arange(n + 1), n, share), count)


def finite_p(count: int, n: int, members: int, population: int) -> float:
    """The two-sided exact probability of `count` members among n of a population.

    n are drawn at random without replacement from `population`, of which `members` are members.
    """
    _check_count(count, n)
    return _two_sided(stats.hypergeom.pmf(np.arange(n + 1), population, members, n), count)


def multinomial_p(counts: Sequence[int], shares: Floats) -> Floats:
    """The exact probability of `counts`, by every row of `shares` (each adds up to 1).

    Two-sided as above, over all ways in which n falls into the categories. Raises ValueError
    for rows that do not fit the counts, and where there are too many ways.
    """
    table = np.atleast_2d(np.asarray(shares, dtype=np.float64))
    if table.shape[1] != len(counts) or not np.allclose(table.sum(axis=1), 1):
        raise ValueError("each row of shares needs one share per count, which add up to 1")
    ways = compositions(sum(counts), len(counts))
    at = _place(ways, counts)
    base = special.gammaln(sum(counts) + 1) - special.gammaln(ways + 1).sum(axis=1)
    found = []
    for row in table:
        chance = np.exp(base + special.xlogy(ways, row).sum(axis=1))
        found.append(_two_sided(chance, at))
    return np.array(found)


def finite_counts_p(counts: Sequence[int], members: Ints) -> Floats:
    """The exact probability of `counts`, drawn from a population by every row of `members`.

    A row of `members` has the size of each category in the population, from which sum(counts)
    are drawn without replacement. Zero where the population has too few.
    """
    table = np.atleast_2d(np.asarray(members, dtype=np.int64))
    if table.shape[1] != len(counts):
        raise ValueError("each row of members needs one number per count")
    n = sum(counts)
    ways = compositions(n, len(counts))
    at = _place(ways, counts)
    found = []
    for row in table:
        possible = (ways <= row).all(axis=1)
        if not possible[at]:
            found.append(0.0)
            continue
        log = _log_choose(row, np.where(possible[:, None], ways, 0)).sum(axis=1)
        log -= _log_choose(np.array([row.sum()]), np.array([n]))[0]
        found.append(_two_sided(np.where(possible, np.exp(log), 0.0), at))
    return np.array(found)


def compositions(total: int, parts: int) -> Ints:
    """All ways in which `total` falls into `parts` ordered parts, one way per row."""
    if math.comb(total + parts - 1, parts - 1) > MOST_OUTCOMES:
        raise ValueError(f"too many ways to let {total} fall into {parts} parts")
    rows = np.zeros((1, 0), dtype=np.int64)
    left = np.array([total], dtype=np.int64)
    for _ in range(parts - 1):
        times = left + 1
        starts = np.repeat(np.cumsum(times) - times, times)
        cell = np.arange(times.sum(), dtype=np.int64) - starts
        rows = np.column_stack([np.repeat(rows, times, axis=0), cell])
        left = np.repeat(left, times) - cell
    return np.column_stack([rows, left])


def detectable(n: int, share: float, alpha: float, power: float) -> tuple[float, float]:
    """The shares nearest to `share` that n draws would tell from it with that power.

    Below and above, as fractions of 1; NaN where no departure on that side would be found so
    often. The test is the two-sided exact binomial one at `alpha`.
    """
    outcomes = np.arange(n + 1)
    rejects = _rejected(stats.binom.pmf(outcomes, n, share), alpha)

    def at(log_odds: float) -> tuple[float, float]:
        moved = float(special.expit(special.logit(share) + log_odds))
        return float(stats.binom.pmf(outcomes, n, moved)[rejects].sum()), moved

    return _nearest(at, power)


def finite_detectable(
    n: int, members: int, population: int, alpha: float, power: float
) -> tuple[float, float]:
    """As `detectable`, for n who answer of a finite population with `members` members.

    Members are taken to answer at other odds than the rest, each on its own, so that the
    members among the n follow Fisher's noncentral hypergeometric distribution (Fog 2008); the
    result is the share of members that is then expected among the n. The test is `finite_p`.
    """
    outcomes = np.arange(max(0, n - (population - members)), min(n, members) + 1)
    null = stats.hypergeom.pmf(outcomes, population, members, n)
    rejects = _rejected(null, alpha)
    log_null = np.log(null)

    def at(log_odds: float) -> tuple[float, float]:
        # The noncentral distribution is the central one, weighted by the odds.
        chance = special.softmax(log_null + outcomes * log_odds)
        return float(chance[rejects].sum()), float((chance * outcomes).sum()) / n

    return _nearest(at, power)


def possible_bases(count: int, text: str) -> list[int]:
    """The bases of which `count` is printed as this percentage, rounded to nearest.

    Raises ValueError for a percentage that prints 0, of which there is no largest base.
    """
    printed = number(text)
    if count < 1 or printed <= 0:
        raise ValueError(f"{count} printed as {text} % has no largest base")
    found: list[int] = []
    base = count
    # Once the percentage has fallen to half of the printed one, no rounding brings it back.
    while not (found and found[-1] < base - 1) and Fraction(200 * count, base) >= printed:
        if reconciling_rule(Fraction(100 * count, base), text, NEAREST):
            found.append(base)
        base += 1
    return found


def _check_count(count: int, n: int) -> None:
    if n < 1 or not 0 <= count <= n:
        raise ValueError(f"{count} of {n} is not a count of so many")


def _two_sided(chance: Floats, at: int) -> float:
    return min(1.0, float(chance[chance <= chance[at] * (1 + _SAME)].sum()))


def _rejected(chance: Floats, alpha: float) -> NDArray[np.bool_]:
    """Which outcomes have a two-sided p of at most alpha."""
    order = np.argsort(chance, kind="stable")
    # Equally probable outcomes share one p: that of the last of them.
    running = np.cumsum(chance[order])
    last = np.searchsorted(chance[order], chance[order] * (1 + _SAME), side="right") - 1
    rejects = np.zeros(len(chance), dtype=np.bool_)
    rejects[order] = running[last] <= alpha
    return rejects


def _nearest(at: Callable[[float], tuple[float, float]], power: float) -> tuple[float, float]:
    ends = []
    for side in (-1, 1):
        if at(side * _WIDEST)[0] < power:
            ends.append(math.nan)
            continue
        low, high = 0.0, _WIDEST
        while high - low > _FINE:
            middle = (low + high) / 2
            if at(side * middle)[0] < power:
                low = middle
            else:
                high = middle
        ends.append(at(side * high)[1])
    return ends[0], ends[1]


def _place(ways: Ints, counts: Sequence[int]) -> int:
    return int(np.flatnonzero((ways == np.asarray(counts)).all(axis=1))[0])


def _log_choose(n: Ints, k: Ints) -> Floats:
    found = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.asarray(found, dtype=np.float64)
