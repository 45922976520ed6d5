"""How strong an association in a two-way table is, with an interval.

Which measure fits depends on what has an order: neither rows nor columns (Cramér's V),
the columns (Cliff's delta for two rows, epsilon squared of the ranks for more), or both
(Kendall's tau-c). Each interval is of the kind that its measure has in the literature;
all are approximate in tables as sparse as those of a small survey.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from medlead.performance.intervals import NEWCOMBE, cliffs_delta_interval, critical_z
from medlead.survey.contingency import IntArray, concordance, middle_ranks, used_part

CRAMERS_V = "Cramér's V, bias-corrected (Bergsma 2013)"
CLIFFS_DELTA = "Cliff's delta"
EPSILON_SQUARED = "epsilon squared of the ranks"
TAU_C = "Kendall's tau-c (Stuart 1953)"
CHI_SQUARE_INTERVAL = "non-central chi-square (Steiger 2004)"
F_INTERVAL = "non-central F (Steiger 2004)"
DELTA_INTERVAL = "asymptotic standard error (Brown and Benedetti 1977)"


class Effect(NamedTuple):
    """An effect size with its interval and their names; NaN where there is none."""

    name: str
    estimate: float
    low: float
    high: float
    interval: str


def effect_of(
    table: IntArray, *, ordered_rows: bool, ordered_columns: bool, confidence: float = 0.95
) -> Effect:
    """The effect size that suits the order of the table, on its rows and columns in use.

    Cliff's delta is positive where the first row lies higher. With fewer than two rows or
    columns everything is NaN. Raises ValueError for anything but counts.
    """
    counts = used_part(table)
    if ordered_rows and not ordered_columns:
        counts, ordered_rows, ordered_columns = counts.T, False, True
    if ordered_rows:
        return tau_c(counts, confidence)
    if not ordered_columns:
        return cramers_v(counts, confidence)
    if counts.shape[0] == 2:
        return cliffs_delta(counts, confidence)
    return epsilon_squared(counts, confidence)


def cramers_v(counts: IntArray, confidence: float = 0.95) -> Effect:
    """Cramér's V with the correction for bias of Bergsma (2013), J Korean Stat Soc 42, 323-328.

    phi² = max(0, X²/n - (r-1)(c-1)/(n-1)), divided by the smaller of r' - 1 and c' - 1
    with r' = r - (r-1)²/(n-1). The interval turns the ends for the non-centrality of X²
    into V by the same divisor.
    """
    if min(counts.shape, default=0) < 2:
        return Effect(CRAMERS_V, np.nan, np.nan, np.nan, CHI_SQUARE_INTERVAL)
    n = float(counts.sum())
    r, c = counts.shape
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    freedom = (r - 1) * (c - 1)
    # With two observations the correction leaves nothing to divide by.
    smaller = max(min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1, 1e-12)
    corrected = max(0.0, chi_square / n - freedom / (n - 1))
    ends = _non_central(lambda x: float(stats.ncx2.cdf(chi_square, freedom, x)), confidence)
    low, high = (min(1.0, float(np.sqrt(end / n / smaller))) for end in ends)
    return Effect(
        CRAMERS_V, min(1.0, float(np.sqrt(corrected / smaller))), low, high, CHI_SQUARE_INTERVAL
    )


def cliffs_delta(counts: IntArray, confidence: float = 0.95) -> Effect:
    """Cliff's delta (1993) of two rows: P(first higher) - P(first lower), columns in order.

    The interval is that of `medlead.performance.intervals.cliffs_delta_interval`; NaN unless
    there are two rows and at least two columns.
    """
    if counts.shape[0] != 2 or counts.shape[1] < 2:
        return Effect(CLIFFS_DELTA, np.nan, np.nan, np.nan, NEWCOMBE)
    first, second = (int(n) for n in counts.sum(axis=1))
    # Pairs that rise from the first row to the second are concordant.
    delta = -float(concordance(counts)) / (first * second)
    return Effect(
        CLIFFS_DELTA, delta, *cliffs_delta_interval(delta, first, second, confidence), NEWCOMBE
    )


def epsilon_squared(counts: IntArray, confidence: float = 0.95) -> Effect:
    """The share of the ranks' variance that lies between rows, corrected for chance.

    1 - (1 - R²)(n-1)/(n-k) for mid-ranks and k rows, which is (H - k + 1)/(n - k) for the
    H of Kruskal and Wallis (Kelley 1935; Tomczak and Tomczak 2014), not below 0. The
    interval is that of the non-centrality of F in the analysis of variance of the ranks.
    """
    rows, n = counts.shape[0], int(counts.sum())
    if min(counts.shape, default=0) < 2 or n <= rows:
        return Effect(EPSILON_SQUARED, np.nan, np.nan, np.nan, F_INTERVAL)
    ranks = middle_ranks(counts.sum(axis=0))
    mean = (n + 1) / 2
    sizes = counts.sum(axis=1)
    between = float((sizes * (counts @ ranks / sizes - mean) ** 2).sum())
    total = float((counts.sum(axis=0) * (ranks - mean) ** 2).sum())
    share = between / total
    estimate = max(0.0, 1 - (1 - share) * (n - 1) / (n - rows))
    if share > 1 - 1e-12:
        return Effect(EPSILON_SQUARED, 1.0, np.nan, np.nan, F_INTERVAL)
    f = share / (1 - share) * (n - rows) / (rows - 1)
    ends = _non_central(lambda x: float(stats.ncf.cdf(f, rows - 1, n - rows, x)), confidence)
    low, high = (end / (end + n) for end in ends)
    return Effect(EPSILON_SQUARED, estimate, low, high, F_INTERVAL)


def tau_c(counts: IntArray, confidence: float = 0.95) -> Effect:
    """Kendall's tau-c of rows and columns in order (Stuart 1953), with its asymptotic interval.

    2m(C - D)/(n²(m-1)) for C concordant and D discordant pairs and m the smaller of the
    numbers of rows and columns; the variance is that of Brown and Benedetti (1977).
    """
    if min(counts.shape, default=0) < 2:
        return Effect(TAU_C, np.nan, np.nan, np.nan, DELTA_INTERVAL)
    n, m = float(counts.sum()), min(counts.shape)
    # For each cell: how many observations are concordant with one of it, less discordant.
    apart = np.empty(counts.shape)
    for i, j in np.ndindex(*counts.shape):
        agree = counts[:i, :j].sum() + counts[i + 1 :, j + 1 :].sum()
        apart[i, j] = agree - counts[:i, j + 1 :].sum() - counts[i + 1 :, :j].sum()
    twice = float((counts * apart).sum())
    estimate = m * twice / (n**2 * (m - 1))
    variance = float((counts * apart**2).sum()) - twice**2 / n
    error = 2 * m / ((m - 1) * n**2) * np.sqrt(max(variance, 0.0))
    half = critical_z(confidence) * float(error)
    return Effect(
        TAU_C, estimate, max(-1.0, estimate - half), min(1.0, estimate + half), DELTA_INTERVAL
    )


def _non_central(chance: Callable[[float], float], confidence: float) -> tuple[float, float]:
    """The ends for a non-centrality: where what was found is as improbable as the tails."""
    tail = (1 - confidence) / 2
    critical_z(confidence)
    ends = []
    for level in (1 - tail, tail):
        if chance(0.0) <= level:
            ends.append(0.0)
            continue
        top = 1.0
        while chance(top) > level:
            top *= 2
        ends.append(
            float(optimize.brentq(lambda x, at=level: chance(x) - at, 0.0, top, xtol=1e-10))
        )
    return ends[0], ends[1]
