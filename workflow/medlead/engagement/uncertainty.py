"""How sure the percentile of a small group is: intervals and probabilities.

The doctors of a group are taken as a random sample; the norm sample as fixed.

*Mean of percentiles.* Student's t on the logit of the mean, the standard error carried over
by the delta method. Percentiles end at 0 and 100, so the plain t interval leaves the scale
and, for groups far from the middle, misses the true value too often; the logit keeps to the
scale. Far from the middle a few doctors often have nearly the same percentile by chance, and
their spread says too little; so it is steadied by one further doctor with the spread of
doctors at large. How often the interval holds the true value is told in docs/methods.md.

*Percentile of the mean.* Student's t for the mean score, its ends looked up in the norm
sample. Ranks rise with scores, so what holds for the mean score holds for its rank; ranks
move in steps, and an interval then covers rather more than it says.

Probabilities (of a band, of a quadrant) read the same t distribution as a distribution of
the group's true value (a confidence distribution; with a flat prior, the posterior).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Correlations nearer to 1 are taken as this one: the integral below needs some width.
_ALMOST_ONE = 0.9999
# The probability is then right to 1e-4 where correlations are up to 0.97.
_NODES = 48


@dataclass(frozen=True)
class Moments:
    """Number, mean and standard deviation (n - 1) of something in each of several groups."""

    count: FloatArray
    mean: FloatArray
    deviation: FloatArray

    @property
    def error(self) -> FloatArray:
        """The standard error of the mean; NaN below two values and where all are equal.

        Equal values in a small sample do not mean that the group has no spread, and no
        interval can be had from them.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            error = self.deviation / np.sqrt(self.count)
        return np.where((self.count >= 2) & (self.deviation > 0), error, np.nan)

    @property
    def freedom(self) -> FloatArray:
        """Degrees of freedom: number less one, at least one."""
        return np.maximum(self.count - 1, 1.0)


def moments(count: FloatArray, total: FloatArray, squares: FloatArray) -> Moments:
    """The moments of groups from numbers of values, their sums and the sums of squares.

    The mean is one division of exact sums, so it is the float nearest to the true one.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, total / count, np.nan)
        spread = squares - total * mean
        # What is left of equal values after cancelling is no spread.
        spread = np.where(spread > 1e-12 * np.maximum(squares, 1e-300), spread, 0.0)
        deviation = np.where(count > 1, np.sqrt(spread / (count - 1)), np.nan)
    return Moments(count, mean, deviation)


def logit(percentile: FloatArray) -> FloatArray:
    """The logarithm of the odds of a percentile; infinite at 0 and 100."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(percentile / (100 - percentile)))


def steadied(percentiles: Moments) -> FloatArray:
    """The standard deviation of percentiles, with the weight of one more doctor at large.

    Doctors at large have percentiles spread evenly, with variance 100²/12, a third of
    mean (100 - mean); that third is taken for any mean. 0 and NaN stay what they are.
    """
    count, mean, own = percentiles.count, percentiles.mean, percentiles.deviation**2
    with np.errstate(invalid="ignore", divide="ignore"):
        both = ((count - 1) * own + mean * (100 - mean) / 3) / count
    return np.where(own > 0, np.sqrt(both), percentiles.deviation)


def logit_moments(percentiles: Moments) -> Moments:
    """Moments on the scale of the logit, by the delta method, the spread `steadied`; no error
    at 0 and at 100.
    """
    mean = percentiles.mean
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = 100 / (mean * (100 - mean))
        deviation = np.where((mean > 0) & (mean < 100), steadied(percentiles) * slope, np.nan)
    return Moments(percentiles.count, logit(mean), deviation)


def t_interval(given: Moments, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Student's interval for each mean; NaN where there is no standard error."""
    from scipy.special import stdtrit

    half = stdtrit(given.freedom, (1 + confidence) / 2) * given.error
    return given.mean - half, given.mean + half


def percentile_interval(percentiles: Moments, confidence: float) -> tuple[FloatArray, FloatArray]:
    """The interval of a mean of percentiles, within 0 and 100; see the head of the module."""
    low, high = t_interval(logit_moments(percentiles), confidence)
    return 100 / (1 + np.exp(-low)), 100 / (1 + np.exp(-high))


def distance(given: Moments, value: float) -> FloatArray:
    """How many standard errors a value lies above each mean."""
    return (value - given.mean) / given.error


def probability_below(given: Moments, value: float) -> FloatArray:
    """The probability that the true mean lies below a value; NaN without a standard error."""
    from scipy.special import stdtr

    return np.asarray(stdtr(given.freedom, distance(given, value)))


def share_intervals(
    count: FloatArray, n: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """The exact interval of each share, in per cent (Clopper and Pearson 1934, Biometrika 26).

    It holds the true share at least as often as it says, with however few doctors, and it
    says something of a category that nobody chose. NaN where n is 0.
    """
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    some, fewer = np.maximum(count, 1.0), np.maximum(n - count, 1.0)
    low = np.where(count == 0, 0.0, betaincinv(some, n - count + 1, tail))
    high = np.where(count == n, 1.0, betaincinv(count + 1, fewer, 1 - tail))
    return np.where(n > 0, 100 * low, np.nan), np.where(n > 0, 100 * high, np.nan)


def both_below(
    first: FloatArray, second: FloatArray, correlation: FloatArray, freedom: FloatArray
) -> FloatArray:
    """P(X < first, Y < second) for the bivariate t distribution, for each group.

    Given X = x, Y is a t with one more degree of freedom, about correlation * x, with scale
    sqrt((freedom + x²)(1 - correlation²) / (freedom + 1)) (Dunnett and Sobel 1954, Biometrika
    41, 153-169). Its probability is averaged over X < first by Gauss-Legendre quadrature on
    the scale of X's own probability: no random numbers, the same on every run.
    """
    from scipy.special import stdtr, stdtrit

    nodes, weights = _quadrature()
    rho = np.clip(correlation, -_ALMOST_ONE, _ALMOST_ONE)[:, None]
    df = freedom[:, None]
    upto = stdtr(freedom, first)[:, None]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        x = stdtrit(df, upto * (nodes + 1) / 2)
        scale = np.sqrt((df + x**2) * (1 - rho**2) / (df + 1))
        inner = stdtr(df + 1, (second[:, None] - rho * x) / scale)
    found = (upto / 2 * weights * inner).sum(axis=1)
    # Quadrature may leave the possible range by its own small error.
    low = np.maximum(0.0, stdtr(freedom, first) + stdtr(freedom, second) - 1)
    high = np.minimum(stdtr(freedom, first), stdtr(freedom, second))
    return np.asarray(np.clip(np.where(upto[:, 0] > 0, found, 0.0), low, high))


@cache
def _quadrature() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return nodes, weights
