"""Confidence intervals for coefficients of association, effect sizes and proportions.

Each interval names its method in the constant beside it, so that a table can say which it shows.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

FloatArray: TypeAlias = NDArray[np.float64]

FISHER = "Fisher z (1921)"
BONETT_WRIGHT = "Fisher z, Bonett-Wright standard error (2000)"
FIELLER = "Fisher z, Fieller-Hartley-Pearson standard error (1957)"
NEWCOMBE = "Newcombe method 5 (2006)"
BCA = "BCa bootstrap (Efron 1987)"
CLOPPER_PEARSON = "Clopper-Pearson (1934)"


def critical_z(confidence: float) -> float:
    """The normal quantile of a two-sided interval; ValueError unless 0 < confidence < 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    return float(stats.norm.isf((1 - confidence) / 2))


def fisher_interval(
    r: ArrayLike, n: ArrayLike, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Interval for Pearson's r from n pairs: tanh(arctanh r ± z/√(n-3)) (Fisher 1921).

    Vectorised; NaN where n ≤ 3. At |r| = 1 both limits equal r: the transform carries no
    information about the width there. Raises ValueError for r outside [-1, 1].
    """
    size = np.asarray(n, dtype=float)
    return _z_interval(r, size - 3, np.ones_like(size), confidence)


def spearman_interval(
    r: ArrayLike, n: ArrayLike, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Interval for Spearman's r from n pairs, variance (1 + r²/2)/(n-3) on the z scale.

    Bonett and Wright (2000), Psychometrika 65, 23-28. Same conventions as `fisher_interval`.
    """
    factor = 1 + np.asarray(r, dtype=float) ** 2 / 2
    return _z_interval(r, np.asarray(n, dtype=float) - 3, factor, confidence)


def kendall_interval(
    tau: ArrayLike, n: ArrayLike, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Interval for Kendall's tau from n pairs, variance 0.437/(n-4) on the z scale.

    Fieller, Hartley and Pearson (1957), Biometrika 44, 470-481, recommended by Bonett and Wright
    (2000) for |tau| < 0.8. Derived without ties, so it is approximate for tau-b on a rating of
    few levels. NaN where n ≤ 4.
    """
    size = np.asarray(n, dtype=float)
    return _z_interval(tau, size - 4, np.full_like(size, 0.437), confidence)


def _z_interval(
    estimate: ArrayLike, freedom: FloatArray, factor: ArrayLike, confidence: float
) -> tuple[FloatArray, FloatArray]:
    value = np.asarray(estimate, dtype=float)
    if np.any(np.abs(value) > 1):
        raise ValueError("a correlation must lie between -1 and 1")
    positive = np.where(freedom > 0, freedom, np.nan)
    half = critical_z(confidence) * np.sqrt(np.asarray(factor, dtype=float) / positive)
    with np.errstate(divide="ignore"):  # arctanh(±1) is ±inf, and tanh brings it back
        z = np.arctanh(value)
    return np.tanh(z - half), np.tanh(z + half)


def cliffs_delta_interval(
    delta: float, n_first: int, n_second: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Interval for Cliff's delta by method 5 of Newcombe (2006), Stat Med 25, 559-573.

    With theta = (delta + 1)/2 the limits solve (theta_hat - theta)² = z² V(theta), where
    V(theta) = theta(1-theta)/(mn) · (1 + N*·((1-theta)/(2-theta) + theta/(1+theta))) and
    N* = (m + n)/2 - 1.

    Preferred to the consistent variance of Cliff (1993), which is zero at |delta| = 1 and too
    small near it: the interval would collapse to a point in just the samples that a comparison
    of extreme groups gives. Here the variance belongs to the limit and not to the estimate, so
    the interval keeps its width, stays within [-1, 1], and changes sign when the groups are
    swapped. V is derived without ties; ties make it too large and the interval cautious.

    NaN limits when delta is NaN or a group is empty; ValueError for delta outside [-1, 1].
    """
    z = critical_z(confidence)
    if np.isnan(delta) or n_first < 1 or n_second < 1:
        return np.nan, np.nan
    if abs(delta) > 1:
        raise ValueError("Cliff's delta must lie between -1 and 1")
    star = (n_first + n_second) / 2 - 1

    def lower_theta(estimate: float) -> float:
        def excess(theta: float) -> float:
            spread = 1 + star * ((1 - theta) / (2 - theta) + theta / (1 + theta))
            variance = theta * (1 - theta) / (n_first * n_second) * spread
            return float((estimate - theta) ** 2 - z**2 * variance)

        # theta = 1 solves the equation trivially when the estimate is 1; the limit is the
        # root below it.
        top = min(estimate, 1 - 1e-9)
        return float(optimize.brentq(excess, 0.0, top, xtol=1e-14)) if estimate > 0 else 0.0

    theta_hat = (delta + 1) / 2
    # V is symmetric about one half, so the upper limit is the lower one of the mirrored estimate.
    return 2 * lower_theta(theta_hat) - 1, 1 - 2 * lower_theta(1 - theta_hat)


def proportion_interval(
    successes: int, trials: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Exact interval for a proportion (Clopper and Pearson 1934); ValueError on bad counts."""
    interval = stats.binomtest(successes, trials).proportion_ci(confidence, method="exact")
    return float(interval.low), float(interval.high)


def proportion_limits(
    successes: FloatArray, trials: int, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """`proportion_interval` for many counts of one number of trials, from the beta distribution."""
    critical_z(confidence)
    share = (1 - confidence) / 2
    count = np.asarray(successes, dtype=float)
    # At the ends the beta distribution has no such parameter; the limits there are 0 and 1.
    low = special.betaincinv(np.maximum(count, 1), trials - np.maximum(count, 1) + 1, share)
    high = special.betainccinv(
        np.minimum(count, trials - 1) + 1, trials - np.minimum(count, trials - 1), share
    )
    return np.where(count > 0, low, 0.0), np.where(count < trials, high, 1.0)


def bca_interval(
    estimate: float,
    resampled: FloatArray,
    jackknife: FloatArray,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap interval (Efron 1987, JASA 82, 171-185).

    `resampled` holds the statistic of each bootstrap resample, `jackknife` that of the sample
    without each observation in turn. Resamples equal to the estimate count half as below it,
    as discrete statistics need. Both limits are NaN where the method has none: an undefined
    value, no variation, or an estimate outside all resamples.
    """
    z = critical_z(confidence)
    values = np.concatenate([resampled, jackknife])
    influence = jackknife.mean() - jackknife
    if np.isnan(values).any() or not len(resampled) or np.allclose(influence, 0, atol=1e-15):
        return np.nan, np.nan
    # Rounding must not decide on which side an equal resample falls.
    below = (resampled < estimate - 1e-12).mean()
    equal = (np.abs(resampled - estimate) <= 1e-12).mean()
    bias = special.ndtri(below + equal / 2)
    if not np.isfinite(bias):
        return np.nan, np.nan
    acceleration = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
    shifted = bias + np.array([-z, z])
    levels = special.ndtr(bias + shifted / (1 - acceleration * shifted))
    low, high = np.quantile(resampled, levels)
    return float(low), float(high)
