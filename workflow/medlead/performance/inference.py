"""What is inferred from a coefficient: interval, p-values, bootstrap limits, each told by name."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from medlead.performance.intervals import (
    BONETT_WRIGHT,
    FIELLER,
    FISHER,
    FloatArray,
    bca_interval,
    fisher_interval,
    kendall_interval,
    proportion_interval,
    spearman_interval,
)
from medlead.performance.significance import Tail, p_from_r
from medlead.performance.vectorised import KENDALL, PEARSON, SPEARMAN

EXACT_PERMUTATION = "permutation, all orderings"
DRAWN_PERMUTATION = "permutation, drawn orderings"
_LARGEST_EXACT_KENDALL = 33
_EXACT_KENDALL = "exact without ties"
_MOST_UNDEFINED = 0.01
# Two resamples whose coefficients differ by less than this are the same up to rounding.
_SAME = 1e-12


class _Interval(NamedTuple):
    limits: Callable[[ArrayLike, int, float], tuple[FloatArray, FloatArray]]
    name: str
    smallest_n: int


_INTERVALS = {
    PEARSON: _Interval(fisher_interval, FISHER, 4),
    SPEARMAN: _Interval(spearman_interval, BONETT_WRIGHT, 4),
    KENDALL: _Interval(kendall_interval, FIELLER, 5),
}


# By which distribution the analytic p of a coefficient is found; Kendall's own has two.
STUDENT = {
    PEARSON: "Student t, n - 2 df",
    SPEARMAN: "Student t, n - 2 df (approximation)",
}


class PermutationP(NamedTuple):
    """A permutation p, how it was found, and the interval of its Monte Carlo error."""

    p: float
    method: str
    low: float
    high: float


def degenerate(x: FloatArray, y: FloatArray) -> str:
    """Why these pairs have no coefficient; empty where they have one."""
    if len(x) < 3:
        return "fewer than 3 pairs"
    constant = [name for name, values in (("score", x), ("rating", y)) if np.ptp(values) == 0]
    return f"constant {' and '.join(constant)}" if constant else ""


def interval_name(coefficient: str) -> str:
    """The method of `intervals_of` for a coefficient."""
    return _INTERVALS[coefficient].name


def intervals_of(
    coefficient: str, estimates: FloatArray, n: int, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Both limits of the intervals of coefficients from n pairs; NaN where n is too small."""
    own = _INTERVALS[coefficient]
    if n < own.smallest_n:
        return np.full_like(estimates, np.nan), np.full_like(estimates, np.nan)
    return own.limits(estimates, n, confidence)


def interval_note(coefficient: str, estimate: float, n: int) -> str:
    """What must be said of the interval: that there is none, or that it has no width."""
    smallest = _INTERVALS[coefficient].smallest_n
    if n < smallest:
        return f"no interval: its standard error needs at least {smallest} pairs"
    return "perfect association: the interval has no width" if abs(estimate) == 1 else ""


def analytic_p(
    coefficient: str, estimate: float, x: FloatArray, y: FloatArray, tail: Tail = "two-sided"
) -> tuple[float, str]:
    """The analytic p of one estimate from its pairs, and by which distribution."""
    own = np.array([[estimate]])
    p = analytic_ps(coefficient, own, x[:, None], y[:, None], tail)
    return float(p.item()), analytic_method(coefficient, x, y)


def analytic_ps(
    coefficient: str, estimates: FloatArray, x: FloatArray, y: FloatArray, tail: Tail
) -> FloatArray:
    """The analytic p of each score (columns of x) with each measure (columns of y), S by M.

    Student's t on n - 2 df for Pearson and (approximately) Spearman; for Kendall the exact
    distribution without ties up to n = 33, else the normal approximation with ties. `one-sided`
    is the tail on the side of the estimate's sign. NaN where there is no estimate.
    """
    if coefficient != KENDALL:
        return p_from_r(estimates, len(x), tail)
    found = np.full(estimates.shape, np.nan)
    for s, m in np.argwhere(~np.isnan(estimates)):
        side: Literal["two-sided", "greater", "less"] = (
            tail if tail != "one-sided" else "greater" if estimates[s, m] >= 0 else "less"
        )
        exact = analytic_method(coefficient, x[:, s], y[:, m]) == _EXACT_KENDALL
        method: Literal["exact", "asymptotic"] = "exact" if exact else "asymptotic"
        result = stats.kendalltau(x[:, s], y[:, m], method=method, alternative=side)
        found[s, m] = result.pvalue
    return found


def analytic_method(coefficient: str, x: FloatArray, y: FloatArray) -> str:
    """By which distribution the analytic p is found."""
    if coefficient != KENDALL:
        return STUDENT[coefficient]
    untied = len(np.unique(x)) == len(x) and len(np.unique(y)) == len(y)
    exact = untied and len(x) <= _LARGEST_EXACT_KENDALL
    return _EXACT_KENDALL if exact else "normal approximation with ties"


def count_extreme(observed: FloatArray, resampled: FloatArray, tail: Tail) -> FloatArray:
    """How many resamples (first axis) are at least as extreme as the observed, per cell.

    `two-sided`: at least as far from zero; `greater`, `less`: at least as high, as low.
    """
    if tail == "two-sided":
        hits = np.abs(resampled) >= np.abs(observed) - _SAME
    elif tail == "greater":
        hits = resampled >= observed - _SAME
    elif tail == "less":
        hits = resampled <= observed + _SAME
    else:
        raise ValueError(f"a permutation test has no tail '{tail}'")
    return np.asarray(np.count_nonzero(hits, axis=0), dtype=np.float64)


def permutation_p(count: int, total: int, exact: bool, confidence: float) -> PermutationP:
    """P from `count` extreme orderings of `total`.

    Over all orderings it is their share. Of drawn ones p = (b + 1)/(m + 1) (Phipson and Smyth
    2010), with the exact interval of Clopper and Pearson for the Monte Carlo error.
    """
    if exact:
        p = count / total
        return PermutationP(p, EXACT_PERMUTATION, p, p)
    low, high = proportion_interval(count, total, confidence)
    return PermutationP((count + 1) / (total + 1), DRAWN_PERMUTATION, low, high)


def bootstrap_limits(
    estimate: float, resampled: FloatArray, jackknife: FloatArray, confidence: float
) -> tuple[float, float, list[str]]:
    """BCa limits from resamples and from the sample without each pair in turn, and notes.

    Resamples without a coefficient (NaN: a constant) are left out and counted; beyond one in a
    hundred there is no interval.
    """
    undefined = int(np.isnan(resampled).sum())
    low = high = np.nan
    notes = []
    if undefined:
        told = f"{undefined} of {len(resampled)} bootstrap resamples are constant, left out"
        notes.append(told)
    if undefined <= _MOST_UNDEFINED * len(resampled):
        low, high = bca_interval(estimate, resampled[~np.isnan(resampled)], jackknife, confidence)
    if np.isnan(low):
        notes.append("no bootstrap interval")
    return low, high, notes
