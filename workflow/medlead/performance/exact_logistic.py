"""Exact conditional logistic regression of a cut of a rating on one score.

With as many units above the cut as observed, the sum t of their scores is all that the data say
of the slope b, and its chance is c(t) exp(b t)/Σ c(s) exp(b s), where c counts the choices of
units with that sum (Cox 1970; Mehta and Patel 1995, Statistics in Medicine 14, 2143-2160). No
large sample is asked for, and separation does no harm: the estimate is then infinite, its interval
open on that side, and a median-unbiased estimate stands in.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from medlead.performance.permutation import Null, product, product_null

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_FAR = 1e4


@dataclass(frozen=True)
class ExactSlope:
    """A conditional log odds ratio per unit of x: estimate, exact interval, two-sided p.

    `estimate` is of maximum likelihood, ±inf at the end of what is possible; `median` is
    median-unbiased: where `estimate` is infinite, the limit of a one-sided interval of one half.
    """

    estimate: float
    median: float
    low: float
    high: float
    p_value: float


def exact_slope(above: NDArray[np.bool_], x: IntArray, confidence: float = 0.95) -> ExactSlope:
    """The slope of being above a cut on a score in whole steps, per step.

    The interval joins two one-sided exact ones (Clopper and Pearson's way); the p is the chance,
    without association, of a sum at least as far from its mean as the observed one. ValueError
    where all or none are above the cut, or the score is constant, or too many units for
    enumeration.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if above.all() or not above.any() or np.ptp(x) == 0:
        raise ValueError("an exact slope needs units on both sides and a score that varies")
    null = product_null(x, above.astype(np.int64))
    if null is None:
        raise ValueError("too many units to enumerate")
    observed = product(x, above.astype(np.int64))
    alpha = (1 - confidence) / 2
    # The product is n times the sum: the slope per unit of x is n times that per unit of it.
    n = len(x)

    def at_most(b: float) -> float:
        return _tail(null, b / n, observed, -1)

    def at_least(b: float) -> float:
        return _tail(null, b / n, observed, 1)

    first, last = int(null.values[0]), int(null.values[-1])
    low = -np.inf if observed == first else _solve(lambda b: at_least(b) - alpha, null, n)
    high = np.inf if observed == last else _solve(lambda b: alpha - at_most(b), null, n)
    if observed in (first, last):
        estimate = np.inf if observed == last else -np.inf
        one = at_least if observed == last else at_most
        sign = 1 if observed == last else -1
        median = _solve(lambda b: sign * (one(b) - 0.5), null, n)
    else:
        estimate = _solve(lambda b: _mean(null, b / n) - observed, null, n)
        median = (
            _solve(lambda b: at_least(b) - 0.5, null, n)
            + _solve(lambda b: 0.5 - at_most(b), null, n)
        ) / 2
    return ExactSlope(estimate, median, low, high, null.p_value(observed))


def _weights(null: Null, b: float) -> FloatArray:
    logs = np.log(null.chance) + b * null.values
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _tail(null: Null, b: float, observed: int, side: int) -> float:
    return float(_weights(null, b)[side * (null.values - observed) >= 0].sum())


def _mean(null: Null, b: float) -> float:
    return float((_weights(null, b) * null.values).sum())


def _solve(rising: Callable[[float], float], null: Null, n: int) -> float:
    """The root of a function that rises with b, sought on the scale of the statistic."""
    reach = n / np.sqrt(null.variance())
    while reach < _FAR * n and (rising(-reach) > 0 or rising(reach) < 0):
        reach *= 2
    return float(optimize.brentq(rising, -reach, reach, xtol=1e-12, rtol=1e-12))
