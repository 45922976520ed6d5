"""Exact tests of a two-group table on an ordered scale, by enumerating every such table.

With both margins fixed, all allocations of the pooled observations to the two groups are equally
likely under the null. Allocations that give the same table are counted together, so that ties
are part of the distribution and not an obstacle to it.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float64]

MOST_TABLES = 1_000_000
EXACT_RANK = "exact, all allocations with ties"
NORMAL_RANK = "normal approximation with ties"
EXACT_TABLE = "exact, all tables with these margins"
CHI_SQUARE = "chi-square approximation"
# Probabilities closer than this (relative) count as equal, as in R's fisher.test.
_SAME = 1e-7


class TwoGroupTests(NamedTuple):
    """Results of `two_group_tests`."""

    u: float
    u_p: float
    u_method: str
    table_p: float
    table_method: str


def count_tables(totals: IntArray, n_first: int) -> int:
    """How many 2 by k tables have column totals `totals` and first row total `n_first`."""
    ways = [1] + [0] * n_first
    for total in totals.tolist():
        running = [0]
        for way in ways:
            running.append(running[-1] + way)
        ways = [running[s + 1] - running[max(0, s - total)] for s in range(n_first + 1)]
    return ways[n_first]


def first_rows(totals: IntArray, n_first: int) -> IntArray:
    """The first rows of all 2 by k tables with these margins, one table per row."""
    sums = np.zeros(1, dtype=np.int64)
    rows = np.zeros((1, 0), dtype=np.int64)
    left = int(totals.sum())
    for total in totals.tolist():
        left -= total
        times = total + 1
        cell = np.tile(np.arange(times, dtype=np.int64), len(sums))
        sums = np.repeat(sums, times) + cell
        # Keep only what the remaining columns can still complete.
        open_ = (sums <= n_first) & (sums + left >= n_first)
        rows = np.column_stack([np.repeat(rows, times, axis=0)[open_], cell[open_]])
        sums = sums[open_]
    return rows


def probabilities(rows: IntArray, totals: IntArray) -> FloatArray:
    """The multivariate hypergeometric probability of each table, given its margins."""
    n_first = rows.sum(axis=1)
    log_ways = _log_choose(totals, rows).sum(axis=1) - _log_choose(totals.sum(), n_first)
    return np.asarray(np.exp(log_ways), dtype=np.float64)


def doubled_u(rows: IntArray, totals: IntArray) -> IntArray:
    """Twice Mann-Whitney's U of the first group, per table: integers, so ties compare exactly."""
    others = totals - rows
    below = np.cumsum(others, axis=1) - others
    return np.asarray((rows * (2 * below + others)).sum(axis=1), dtype=np.int64)


def two_group_tests(table: IntArray) -> TwoGroupTests:
    """Mann-Whitney and Fisher-Freeman-Halton tests of a 2 by k table of counts.

    Columns are the levels from worst to best, rows the groups. Both p-values are two-sided:

    - Mann-Whitney (1947): the probability of a U at least as far from its mean n₁n₂/2 as the
      observed one, over all allocations of the tied observations.
    - Fisher-Freeman-Halton (1951): the total probability of all tables that are no more probable
      than the observed one. It ignores the order of the levels; for two levels it is Fisher's
      exact test.

    Beyond a million tables the named approximation takes over. Raises ValueError for anything
    but a 2 by k table of counts with no empty group.
    """
    if table.ndim != 2 or table.shape[0] != 2 or (table < 0).any():
        raise ValueError("the table must have two rows of counts")
    used = table[:, table.sum(axis=0) > 0].astype(np.int64)
    n_first, n_second = (int(n) for n in used.sum(axis=1))
    if n_first == 0 or n_second == 0:
        raise ValueError("both groups need at least one observation")
    totals = used.sum(axis=0)
    observed = int(doubled_u(used[:1], totals)[0])
    if count_tables(totals, n_first) > MOST_TABLES:
        return _approximate(used, observed / 2)
    rows = first_rows(totals, n_first)
    chance = probabilities(rows, totals)
    mean = n_first * n_second
    farther = np.abs(doubled_u(rows, totals) - mean) >= abs(observed - mean)
    rarer = chance <= probabilities(used[:1], totals)[0] * (1 + _SAME)
    return TwoGroupTests(
        u=observed / 2,
        u_p=min(1.0, float(chance[farther].sum())),
        u_method=EXACT_RANK,
        table_p=min(1.0, float(chance[rarer].sum())),
        table_method=EXACT_TABLE,
    )


def _approximate(table: IntArray, u: float) -> TwoGroupTests:
    levels = np.arange(table.shape[1])
    first, second = (np.repeat(levels, row) for row in table)
    rank = stats.mannwhitneyu(first, second, alternative="two-sided", method="asymptotic")
    whole = stats.chi2_contingency(table, correction=False)
    return TwoGroupTests(u, float(rank.pvalue), NORMAL_RANK, float(whole.pvalue), CHI_SQUARE)


def _log_choose(n: NDArray[np.int64] | np.int64, k: IntArray) -> FloatArray:
    ways = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.asarray(ways, dtype=np.float64)
