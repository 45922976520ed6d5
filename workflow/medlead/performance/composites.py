"""What the correlations of its parts say about the correlation of a composite.

A composite is a sum of parts, each with a weight times a standard deviation that is not printed
(its `share`, never negative). On one sample its correlation with a measure y is the sum of
share × r(part, y), divided by its own standard deviation. All that is printed is rounded, so
every correlation here is an interval (a `Span`).
"""

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

FloatArray: TypeAlias = NDArray[np.float64]
_FINEST = 10**9


class Span(NamedTuple):
    """Every r from `low` to `high`, ends included."""

    low: float
    high: float


def composite_bounds(parts: Sequence[Span], shares: Sequence[float] | None = None) -> Span:
    """Every correlation with y that a sum of parts can have, whatever the parts' own correlations.

    `parts` are the correlations of the parts with y, `shares` their weights times standard
    deviations (without: equal). Write each part as r·y + √(1-r²)·e with e unrelated to y: the sum
    is R·y + a vector whose length is at most Q = Σ share·√(1-r²), where all e agree, and at least
    what the largest term keeps when all others oppose it. Both ends are reached.

    Raises ValueError for fewer than two parts, a share that is not positive, or parts so unlike
    that the ends need not lie at the ends of their rounding intervals (never where all r have
    one sign).
    """
    weights = _shares(len(parts), shares)
    strong = [_reach([p.low for p in parts], weights), _reach([p.high for p in parts], weights)]
    angles = np.arccos([[p.low, p.high] for p in parts])
    if np.ptp(angles) >= math.pi / 2:
        raise ValueError("the correlations of the parts are too unlike for these bounds")
    return Span(min(s.low for s in strong), max(s.high for s in strong))


def _reach(r: Sequence[float], shares: FloatArray) -> Span:
    along, across = shares * np.asarray(r), shares * np.sqrt(1 - np.square(r))
    total = float(along.sum())
    nearest = max(0.0, float(2 * across.max() - across.sum()))
    ends = []
    for distance in (nearest, float(across.sum())):
        length = math.hypot(total, distance)
        ends.append(total / length if length > 0 else math.copysign(1.0, total))
    return Span(min(ends), max(ends))


def free_bounds(parts: Sequence[Span]) -> Span:
    """The same where the shares are not known either: from the weakest part to ±1.

    A sum cannot correlate less strongly than the weakest of its parts where all have one sign.
    Raises ValueError where they have not: then nothing is ruled out.
    """
    if all(p.low > 0 for p in parts):
        return Span(min(p.low for p in parts), 1.0)
    if all(p.high < 0 for p in parts):
        return Span(-1.0, max(p.high for p in parts))
    raise ValueError("parts of both signs leave the correlation of their sum open")


def implied_intercorrelation(whole: Span, parts: Sequence[Span]) -> Span:
    """The mean correlation among parts of equal share that the correlation of the sum implies.

    ((Σ r(part, y) / r(whole, y))² - k) / (k(k - 1)) for k parts, over all roundings. A value
    outside [-1/(k - 1), 1] says that such parts cannot make such a sum. Raises ValueError where
    an interval holds 0 or the signs differ: then the ratio is not bounded.
    """
    signs = {math.copysign(1.0, s.low) for s in (whole, *parts)}
    if any(s.low <= 0 <= s.high for s in (whole, *parts)) or len(signs) > 1:
        raise ValueError("all correlations must have one sign, roundings included")
    k = len(parts)
    ends = [abs(sum(p.low for p in parts)), abs(sum(p.high for p in parts))]
    wholes = [abs(whole.low), abs(whole.high)]
    ratios = (min(ends) / max(wholes), max(ends) / min(wholes))
    low, high = ((ratio**2 - k) / (k * (k - 1)) for ratio in ratios)
    return Span(low, high)


def possible_intercorrelation(parts: Sequence[Span]) -> Span:
    """The mean correlations that parts of equal share with these r can have among themselves."""
    k = len(parts)
    means = []
    for r in zip(*parts, strict=True):
        along, across = np.asarray(r), np.sqrt(1 - np.square(r))
        nearest = max(0.0, float(2 * across.max() - across.sum()))
        for distance in (nearest, float(across.sum())):
            variance = float(along.sum()) ** 2 + distance**2
            means.append((variance - k) / (k * (k - 1)))
    return Span(min(means), max(means))


class Fit(NamedTuple):
    """How well a composite's correlations with several measures are sums of those of its parts.

    `deviation` is the least amount by which every rounding interval must be widened; at most 0
    where the print as it stands allows it. `weights` are the shares over the composite's
    standard deviation at which it is reached. `proof` has for each measure a number for `sum too
    strong` and one for `sum too weak`, together 1: so weighted, the conditions contradict each
    other by `proved`, computed in fractions and never above `deviation`.
    """

    deviation: float
    weights: tuple[float, ...]
    proof: tuple[tuple[float, float], ...]
    proved: float


def fit_composite(
    whole: Sequence[Span], parts: Sequence[Sequence[Span]], *, equal: bool = False
) -> Fit:
    """The weights at which a composite is nearest to the sum of its parts, over all measures.

    `whole` has one span per measure, `parts` per measure one span for each part. On one sample
    r(whole, y) = Σ w·r(part, y) for all y with the same w ≥ 0 (share over the standard deviation
    of the sum). Widening every interval by d gives Σ w·low - high ≤ d·(1 + Σ w) and its mirror
    image; divided by 1 + Σ w (Charnes and Cooper 1962) the least d is a linear programme. With
    `equal` all w are the same.

    Raises ValueError where nothing bounds the weights (the parts go with no measure).
    """
    k = len(parts[0])
    rows = []
    for total, members in zip(whole, parts, strict=True):
        lows, highs = [m.low for m in members], [m.high for m in members]
        if equal:
            lows, highs = [sum(lows) / k], [sum(highs) / k]
        rows.append([*lows, -total.high])
        rows.append([*(-h for h in highs), total.low])
    matrix = np.array(rows)
    free = matrix.shape[1]
    found = optimize.linprog(
        [0.0] * free + [1.0],
        A_ub=np.column_stack([matrix, -np.ones(len(matrix))]),
        b_ub=np.zeros(len(matrix)),
        A_eq=[[1.0] * free + [0.0]],
        b_eq=[1.0],
        bounds=[(0, None)] * free + [(None, None)],
        method="highs",
    )
    solution = found.x
    if solution is None or solution[free - 1] < 1e-9:
        raise ValueError("the correlations of the parts do not bound their weights")
    shares = solution[: free - 1] / solution[free - 1]
    multipliers = _as_proof(-np.asarray(found.ineqlin.marginals))
    proved = _proved(rows, multipliers)
    pairs = tuple(zip(map(float, multipliers[::2]), map(float, multipliers[1::2]), strict=True))
    weights = np.full(k, shares[0] / k) if equal else shares
    return Fit(float(solution[-1]), tuple(float(w) for w in weights), pairs, float(proved))


def _as_proof(multipliers: FloatArray) -> list[Fraction]:
    whole = [Fraction(max(0.0, m)).limit_denominator(_FINEST) for m in multipliers]
    total = sum(whole)
    return [m / total for m in whole]


def _proved(rows: Sequence[Sequence[float]], multipliers: Sequence[Fraction]) -> Fraction:
    # For any shares u ≥ 0 of sum 1 the largest row is at least the weighted mean of the rows,
    # which is at least its smallest column: weak duality, free of the solver's tolerance.
    columns = zip(*([Fraction(repr(float(value))) for value in row] for row in rows), strict=True)
    return min(
        sum((m * v for m, v in zip(multipliers, c, strict=True)), Fraction(0)) for c in columns
    )


def two_part_intercorrelation(whole: Sequence[Span], parts: Sequence[Sequence[Span]]) -> Span:
    """Every correlation of two parts at which they can make the composite, shares being free.

    The weights that meet all measures form a polygon; at weights (a, b) the parts correlate by
    (1 - a² - b²)/(2ab). Where that is at least c the weights lie in an ellipse, so the least value
    stands at a corner and the greatest on an edge, where it rises to one peak. Raises
    ValueError where no weights do, or where they are not bounded.
    """
    fit = fit_composite(whole, parts)
    if fit.deviation > 0:
        raise ValueError("no weights make this sum")
    planes = [(-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)]
    for total, (first, second) in zip(whole, parts, strict=True):
        planes.append((first.low, second.low, total.high))
        planes.append((-first.high, -second.high, -total.low))
    corners = []
    for (a, b, c), (d, e, f) in itertools.combinations(planes, 2):
        size = a * e - b * d
        if abs(size) > 1e-12:
            x, y = (c * e - b * f) / size, (a * f - c * d) / size
            if all(p * x + q * y <= s + 1e-9 for p, q, s in planes):
                corners.append((x, y))
    middle = np.mean(corners, axis=0)
    corners.sort(key=lambda c: math.atan2(c[1] - middle[1], c[0] - middle[0]))

    def correlation(at: Sequence[float]) -> float:
        x, y = max(at[0], 1e-12), max(at[1], 1e-12)
        return (1 - x * x - y * y) / (2 * x * y)

    low = min(correlation(c) for c in corners)
    high = max(correlation(c) for c in corners)
    for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):

        def along(t: float, p: Sequence[float] = start, q: Sequence[float] = end) -> float:
            return -correlation([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])])

        peak = optimize.minimize_scalar(along, bounds=(0, 1), method="bounded")
        high = max(high, -float(peak.fun))
    return Span(max(low, -1.0), min(high, 1.0))


def meet(spans: Sequence[Span]) -> Span | None:
    """What all spans share; None where they share nothing."""
    low, high = max(s.low for s in spans), min(s.high for s in spans)
    return Span(low, high) if low <= high else None


def _shares(count: int, shares: Sequence[float] | None) -> FloatArray:
    if count < 2:
        raise ValueError("a composite has at least two parts")
    given = np.ones(count) if shares is None else np.asarray(shares, dtype=np.float64)
    if len(given) != count or not (given > 0).all():
        raise ValueError("each part needs one positive share")
    return given
