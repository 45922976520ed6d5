"""What so few organisations could show: power of exact tests under a stated alternative.

Alternative for two ordered measures: behind them stand two normal variables with correlation
rho, and each measure shows only the order of its own, with the ties that were observed. For
groups: a share of the normal variable's variance lies between groups, whose means are drawn from
a normal distribution. So a power is that of the design in hand: its n, its ties, its groups.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from medlead.performance.arrangements import FloatArray, between_ranks

_SAME = 1e-9


@dataclass(frozen=True)
class Detectable:
    """The least strength that is found with the power asked for; NaN where none is.

    `strength` is rho or the share between groups; `expected` the mean coefficient at it; `at_most`
    the power at a strength of 1, `alpha` the level that it holds for. Ties may let a rho of 1 reach
    no small p where a rho of -1 would: then none is found.
    """

    strength: float
    expected: float
    at_most: float
    alpha: float


def critical(null: FloatArray, alpha: float, *, centre: float = 0.0) -> float:
    """The least distance from `centre` with a chance below alpha; infinite where there is none.

    `null` holds the statistic of every arrangement, all equally likely.
    """
    far = np.sort(np.abs(null - centre))
    values = np.unique(far)
    same = _SAME * max(1.0, float(values[-1]))
    above = len(far) - np.searchsorted(far, values - same)
    rare = values[above / len(far) < alpha]
    return float(rare[0]) if len(rare) else math.inf


def detectable_order(
    x: FloatArray,
    y: FloatArray,
    null: FloatArray,
    *,
    alphas: Sequence[float],
    power: float,
    draws: int,
    rng: np.random.Generator,
) -> list[Detectable]:
    """The least rho that Kendall's exact two-sided test of these two measures finds, by alpha.

    `null` holds Kendall's S of every arrangement. The same normal numbers serve every rho, which
    is found to a hundredth.
    """
    n = len(x)
    z, e = rng.standard_normal((draws, n)), rng.standard_normal((draws, n))
    first, second = np.triu_indices(n, k=1)
    shown_x = np.sort(x)[z.argsort(axis=1).argsort(axis=1)]
    signs_x = np.sign(shown_x[:, first] - shown_x[:, second])
    sorted_y = np.sort(y)
    untied = math.sqrt(float((signs_x[0] ** 2).sum()) * float(_untied(sorted_y)))

    @cache
    def sums(rho: float) -> FloatArray:
        hidden = rho * z + math.sqrt(1 - rho * rho) * e
        shown = sorted_y[hidden.argsort(axis=1).argsort(axis=1)]
        signs = np.sign(shown[:, first] - shown[:, second])
        return np.asarray((signs_x * signs).sum(axis=1) / untied, dtype=np.float64)

    return [_least(sums, critical(null, a) / untied, power, a) for a in alphas]


def _untied(values: FloatArray) -> int:
    counts = np.unique(values, return_counts=True)[1]
    n = len(values)
    return (n * (n - 1) - int((counts * (counts - 1)).sum())) // 2


def detectable_groups(
    groups: FloatArray,
    y: FloatArray,
    null: FloatArray,
    *,
    alphas: Sequence[float],
    power: float,
    draws: int,
    rng: np.random.Generator,
) -> list[Detectable]:
    """The least share of variance between groups that the exact test of `between_ranks` finds.

    `null` holds that statistic of every arrangement of `y` over the groups.
    """
    n = len(y)
    codes = np.unique(groups, return_inverse=True)[1]
    means = rng.standard_normal((draws, int(codes.max()) + 1))[:, codes]
    e = rng.standard_normal((draws, n))
    sorted_y = np.sort(y)

    @cache
    def shares(share: float) -> FloatArray:
        hidden = math.sqrt(share) * means + math.sqrt(1 - share) * e
        # Members of one group are equal at a share of one; the own part then decides their order.
        place = np.lexsort((e, hidden), axis=1) if share == 1 else hidden.argsort(axis=1)
        return between_ranks(groups, sorted_y[place.argsort(axis=1)])

    return [_least(shares, critical(null, a), power, a) for a in alphas]


def _least(
    at: Callable[[float], FloatArray], limit: float, power: float, alpha: float
) -> Detectable:
    def found(place: int) -> float:
        return float((np.abs(at(place / 100)) >= limit - _SAME).mean())

    at_most = found(100)
    if at_most < power:
        return Detectable(math.nan, math.nan, at_most, alpha)
    low, high = 0, 100
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if found(middle) >= power else (middle, high)
    return Detectable(high / 100, float(at(high / 100).mean()), at_most, alpha)
