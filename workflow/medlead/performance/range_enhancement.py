"""Why a correlation over the two ends of a ranking overstates, and the corrected reading.

Choosing units by a high or a low score spreads the score out: its standard deviation among the
chosen, s, is larger than S among all. If the rating's regression on the score is a straight line
with the same scatter everywhere, slope and scatter are untouched by the choice, and only the
spread must be mended: Thorndike's case 2 (1949), which Alf and Abrahams (1975, Psychometrika 40,
563-572) state for extreme groups; see Preacher, Rucker, MacCallum and Nicewander (2005,
Psychological Methods 10, 178-192) for what extreme groups cost otherwise. Where the middle is
not known, S lies between two bounds, and the corrected r with it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from medlead.performance.completion import Ends
from medlead.performance.completion_pearson import largest, smallest
from medlead.performance.resampling import FloatArray


class Spread(NamedTuple):
    """Standard deviations of the score (divisor n - 1): of the ends alone, and of all units.

    Each from the smallest to the largest over all completions, rounding carried; `shrink_low`
    and `shrink_high` bound the ratio of the two, all units to ends.
    """

    n_ends: int
    n_all: int
    ends_low: float
    ends_high: float
    all_low: float
    all_high: float
    shrink_low: float
    shrink_high: float


def corrected(r: ArrayLike, ratio: ArrayLike) -> FloatArray:
    """The r among all units, from r among the chosen and `ratio` = S/s of standard deviations.

    R = r u / √(1 - r² + r² u²) with u = S/s (Thorndike's case 2): smaller than r where the
    chosen spread wider (u < 1), larger where they spread less. Vectorised. ValueError for r
    outside [-1, 1] or a ratio that is not positive.
    """
    value, u = np.asarray(r, dtype=np.float64), np.asarray(ratio, dtype=np.float64)
    if (np.abs(value) > 1).any() or not (u > 0).all():
        raise ValueError("a correlation lies between -1 and 1, and a ratio of spreads above 0")
    return np.asarray(value * u / np.sqrt(1 - value**2 + (value * u) ** 2), dtype=np.float64)


def normal_ratio(share: float) -> float:
    """S/s where the top and the bottom `share` of a normally distributed score are chosen.

    The variance of the chosen is 1 + z φ(z)/share, z being the quantile with `share` above.
    ValueError unless 0 < share ≤ 1/2.
    """
    if not 0 < share <= 0.5:
        raise ValueError(f"a share at each end lies above 0 and is at most one half, not {share}")
    z = stats.norm.isf(share)
    return float(1 / np.sqrt(1 + z * stats.norm.pdf(z) / share))


def spread(ends: Ends) -> Spread:
    """The spread of the score over all completions, exactly, and over the shown units alone.

    Counted are the units that have the rating. The smallest variance puts every hidden unit and
    every rounded score as near to one centre as its limits allow (a convex problem in one
    number, the centre). The largest lies at a corner, since a variance is convex: some hidden
    units at the lower neighbour, the rest at the upper one, and every rounded score at an end
    of its interval. Of two scores with equal room the one farther up is then at its upper end
    unless both are at the same (exchanging their ends would keep the sum and raise the sum of
    squares), so that all corners that can be largest are compared. ValueError where the shown
    scores do not all have the same room.
    """
    alone = Ends(
        ends.low[ends.rated],
        ends.high[ends.rated],
        ends.codes[ends.rated],
        _below(ends),
        0,
        ends.levels,
    )
    ends_low, ends_high = (np.sqrt(v) for v in (_smallest(alone), _largest(alone)))
    all_low, all_high = (np.sqrt(v) for v in (_smallest(ends), _largest(ends)))
    low, high = all_low / ends_high, all_high / ends_low
    if not ends.hidden:
        low = high = 1.0
    sizes = int(ends.rated.sum()), ends.n
    return Spread(*sizes, *map(float, (ends_low, ends_high, all_low, all_high, low, high)))


def _below(ends: Ends) -> int:
    """How many rated units are below the hidden ones; one at least, where none are hidden."""
    rated = int(ends.rated.sum())
    return int(np.clip(ends.rated[: ends.below].sum(), 1, rated - 1))


def _smallest(ends: Ends) -> float:
    """The smallest variance: each score at the point of its interval nearest to the centre."""
    rated = ends.rated
    floor, ceiling = ends.low[ends.below - 1], ends.high[ends.below]

    def total(centre: float) -> tuple[float, float]:
        near = np.clip(centre, ends.low[rated], ends.high[rated])
        middle = np.full(ends.hidden, np.clip(centre, floor, ceiling))
        every = np.concatenate([near, middle])
        return float(((every - centre) ** 2).sum()), float(every.mean())

    # The sum of squares about a centre that is free to move is convex in it: its minimum is
    # where the mean of the nearest points is the centre itself.
    low, high = float(ends.low.min()), float(ends.high.max())
    for _ in range(200):
        centre = (low + high) / 2
        if total(centre)[1] > centre:
            low = centre
        else:
            high = centre
    return total((low + high) / 2)[0] / (ends.n - 1)


def _largest(ends: Ends) -> float:
    """The largest variance, over every corner that can have it."""
    room = ends.high - ends.low
    if np.ptp(room) > 1e-9 * max(1.0, room.max()):
        raise ValueError("the largest spread needs the same rounding for all scores")
    a, b = ends.below - 1, ends.below
    neighbours = [
        (left, right)
        for left in (ends.low[a], ends.high[a])
        for right in (ends.low[b], ends.high[b])
    ]
    others = ends.rated.copy()
    others[[a, b]] = False
    low, high = ends.low[others], ends.high[others]
    best = 0.0
    for left, right in neighbours:
        kept = [value for value, place in ((left, a), (right, b)) if ends.rated[place]]
        for down in range(ends.hidden + 1):
            middle = [left] * down + [right] * (ends.hidden - down)
            for fallen in range(len(low) + 1):
                every = [*low[:fallen], *high[fallen:], *kept, *middle]
                best = max(best, float(np.var(every, ddof=1)))
    return best


def rounded_r(ends: Ends, scores: FloatArray) -> tuple[float, float]:
    """The smallest and the largest Pearson r over the shown units alone, rounding carried.

    `scores` says what each level counts (L).
    """
    rated = ends.rated
    alone = Ends(ends.low[rated], ends.high[rated], ends.codes[rated], _below(ends), 0, ends.levels)
    none = np.zeros((1, ends.levels), dtype=np.int64)
    return (
        float(smallest(alone, none, scores).value[0]),
        float(largest(alone, none, scores).value[0]),
    )


def corrected_range(r: tuple[float, float], shrink: tuple[float, float]) -> tuple[float, float]:
    """The corrected r over all r and all ratios of these two intervals.

    R rises with r, and moves away from 0 as the ratio rises, so the corners have the ends.
    """
    corners = [float(corrected(one, ratio)) for one in r for ratio in shrink]
    return min(corners), max(corners)
