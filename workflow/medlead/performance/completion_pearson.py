"""The smallest and the largest Pearson r over all completions, for each multiset of ratings.

With the ratings of the hidden units fixed, r is c(x)/|x - mean| with c linear in the scores x,
and the scores form a polytope. Where c > 0 such a ratio is quasi-concave, so that

- the largest r is a concave problem. Within a level the hidden scores can be equal (their mean
  leaves c and shortens x), and the ascent x <- P(mean + u/λ) with λ = c/|x - mean|², u the
  centred ratings and P the projection on the polytope, never lowers r: it is a
  majorisation step for |x - mean|²/2 - c/λ, and a mean of a ratio and 1 is at least its root.
  Every result is proved by its own residual q = u - λ(x - mean): as |x·u| is at most
  λ(x·x*) + max q·x over the polytope, the latter a linear problem solved in closed form, no
  completion is farther above it than that maximum allows.
- the smallest r lies at a vertex: every hidden unit at one of its two neighbours, and each shown
  score at an end of its rounding interval. All divisions of each level between the neighbours
  are enumerated. Ends of rounding intervals are fixed by the sign of the slope over the whole
  box, and enumerated where the sign is open.

Where c < 0 the same holds with the ratings reversed.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medlead.performance.completion import Ends, IntArray, multisets
from medlead.performance.resampling import FloatArray

_MOST_STEPS = 5000
_CLOSE = 1e-11
_MOST_OPEN = 14
_AT_ONCE = 4096


@dataclass(frozen=True)
class Best:
    """The largest r for each of M multisets, its proof and the completion that has it.

    `value`: r of the completion (M), NaN where the ratings are constant. `proved`: no completion
    has a larger r (M). `shown`: scores of the shown units (M x S). `lower`, `upper`: score of the
    hidden units of each level (M x L); `at_lower` of them have the first, the rest the second.
    """

    value: FloatArray
    proved: FloatArray
    shown: FloatArray
    lower: FloatArray
    upper: FloatArray
    at_lower: IntArray

    def middle(self, multiset: int, counts: IntArray) -> tuple[FloatArray, list[int]]:
        """Scores and levels of the hidden units in the best completion of one multiset."""
        scores: list[float] = []
        codes: list[int] = []
        for level, count in enumerate(counts[multiset].tolist()):
            first = int(self.at_lower[multiset, level])
            scores += [float(self.lower[multiset, level])] * first
            scores += [float(self.upper[multiset, level])] * (count - first)
            codes += [level] * count
        return np.array(scores, dtype=np.float64), codes


class Polytope:
    """The scores of all completions, for M multisets with one scoring of the levels each."""

    def __init__(self, ends: Ends, counts: IntArray, scores: FloatArray) -> None:
        self.ends, self.counts = ends, counts
        self.scores = np.broadcast_to(np.asarray(scores, dtype=np.float64), counts.shape)
        self.weight = ends.rated.astype(np.float64)
        given = self.scores[:, np.maximum(ends.codes, 0)] * self.weight
        mean = (given.sum(axis=1) + (counts * self.scores).sum(axis=1)) / ends.n
        self.u = (given - mean[:, None]) * self.weight
        self.v = self.scores - mean[:, None]
        size = np.sqrt((self.u**2).sum(axis=1) + (counts * self.v**2).sum(axis=1))
        spread = np.abs(self.scores).max(axis=1, initial=1e-300)
        self.size = np.where(size > 1e-9 * spread, size, np.nan)
        self.order = np.argsort(self.scores, axis=1, kind="stable")
        self.a, self.b = ends.below - 1, ends.below

    def only(self, kept: NDArray[np.bool_]) -> "Polytope":
        """The same for some of the multisets."""
        return Polytope(self.ends, self.counts[kept], self.scores[kept])

    def project(self, shown: FloatArray, middle: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The nearest scores of a completion, unrated units aside (weights are the counts)."""
        low, high = self.ends.low, self.ends.high
        x = np.clip(shown, low, high)
        for at, columns, sign in ((self.a, self.order.T, 1.0), (self.b, self.order.T[::-1], -1.0)):
            # Hidden units that want to pass a neighbour are pooled with it, nearest first.
            weight = np.full(len(shown), self.weight[at])
            total = shown[:, at] * weight
            pool = np.where(weight > 0, shown[:, at], low[at] if sign > 0 else high[at])
            for column in columns:
                rows = np.arange(len(column))
                want, count = middle[rows, column], self.counts[rows, column]
                passing = (sign * (want - pool) < 0) & (weight > 0)
                total = total + np.where(passing, count * want, 0)
                weight = weight + np.where(passing, count, 0)
                pool = np.where(passing, total / np.where(weight > 0, weight, 1), pool)
            x[:, at] = np.clip(pool, low[at], high[at])
        return x, np.clip(middle, x[:, [self.a]], x[:, [self.b]])

    def furthest(
        self, q: FloatArray, p: FloatArray, origin: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
        """The largest q·x + Σ counts p·y over all completions (closed form), and where it is.

        Gives the value with scores taken from `origin` (M), which must be free of the origin
        (weights sum to 0); the shown scores; the scores of the neighbours (M x 2); and for each
        level whether its hidden units are at the lower neighbour.
        """
        low, high = self.ends.low, self.ends.high
        q = q * self.weight
        x = np.where(q >= 0, high, low)
        a, b = self.a, self.b
        best = np.full(len(q), -np.inf)
        ends = np.zeros((len(q), 2))
        for left in (low[a], high[a]):
            for right in (low[b], high[b]):
                sides = np.maximum(p * (left - origin[:, None]), p * (right - origin[:, None]))
                value = q[:, a] * (left - origin) + q[:, b] * (right - origin)
                value = value + (self.counts * sides).sum(axis=1)
                better = value > best
                best = np.where(better, value, best)
                ends = np.where(better[:, None], [left, right], ends)
        x[:, a], x[:, b] = ends[:, 0], ends[:, 1]
        others = np.ones(len(low), dtype=bool)
        others[[a, b]] = False
        best = best + (q * (x - origin[:, None]))[:, others].sum(axis=1)
        return best, x, ends, (p < 0).astype(np.int64)

    def moments(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Mean of the scores, their product with the ratings, and their sum of squares."""
        mean = ((x * self.weight).sum(axis=1) + (self.counts * y).sum(axis=1)) / self.ends.n
        dx, dy = (x - mean[:, None]) * self.weight, y - mean[:, None]
        product = (dx * self.u).sum(axis=1) + (self.counts * dy * self.v).sum(axis=1)
        square = (dx**2).sum(axis=1) + (self.counts * dy**2).sum(axis=1)
        return mean, product, square

    def least_size(self) -> float:
        """A size that |x - mean| cannot be below, from the shown units alone."""
        low, high = self.ends.low[self.ends.rated], self.ends.high[self.ends.rated]
        centre, radius = (low + high) / 2, np.sqrt((((high - low) / 2) ** 2).sum())
        by_centre = np.sqrt(((centre - centre.mean()) ** 2).sum()) - radius
        return float(max(by_centre, (low[-1] - high[0]) / np.sqrt(2), 1e-12))


def largest(ends: Ends, counts: IntArray, scores: FloatArray, *, floor: bool = False) -> Best:
    """The largest Pearson r of score and rating over all completions, for each multiset.

    `counts` (M x L) says how many hidden units have each level, `scores` (L, or M x L) what a
    level counts. The score of a level is free to be the same as another's; where all ratings
    are then equal r is undefined (NaN). With `floor` an r that cannot be above 0 is given as 0
    without search, of no particular completion.
    """
    space = Polytope(ends, counts, scores)
    middle = np.full(len(counts), (ends.low[space.a] + ends.high[space.b]) / 2)
    reach, x, sides, at_lower = space.furthest(space.u, space.v, middle)
    y = np.where(at_lower == 1, sides[:, [0]], sides[:, [1]])
    rising = reach > 1e-12 * np.nan_to_num(space.size, nan=1.0)
    best = Best(
        np.full(len(counts), np.nan),
        np.full(len(counts), np.nan),
        x,
        y.copy(),
        y.copy(),
        counts.copy(),
    )
    defined = ~np.isnan(space.size)
    up = rising & defined
    if up.any():
        best = _put(best, up, _ascend(space.only(up), x[up], y[up]))
    down = ~rising & defined
    if down.any() and floor:
        best.value[down] = best.proved[down] = 0.0
    elif down.any():
        best = _put(best, down, _at_vertices(ends, counts[down], space.scores[down]))
    return best


def smallest(ends: Ends, counts: IntArray, scores: FloatArray) -> Best:
    """The smallest Pearson r likewise: `proved` is then what no completion is below."""
    best = largest(ends, counts, -np.asarray(scores, dtype=np.float64))
    return replace(best, value=-best.value, proved=-best.proved)


def _put(best: Best, where: NDArray[np.bool_], found: Best) -> Best:
    for name in ("value", "proved", "shown", "lower", "upper", "at_lower"):
        getattr(best, name)[where] = getattr(found, name)
    return best


def _ascend(space: Polytope, x: FloatArray, y: FloatArray) -> Best:
    """Ascent to the largest r from scores with c > 0, all multisets at once, with its proof."""
    x, y = x.copy(), y.copy()
    moving = np.ones(len(x), dtype=bool)
    for _ in range(_MOST_STEPS):
        part = space.only(moving)
        mean, product, square = part.moments(x[moving], y[moving])
        step = (square / product)[:, None]
        new_x, new_y = part.project(mean[:, None] + part.u * step, mean[:, None] + part.v * step)
        moved = np.abs(new_x - x[moving]).max(axis=1)
        moved = np.maximum(moved, (np.abs(new_y - y[moving]) * (part.counts > 0)).max(axis=1))
        x[moving], y[moving] = new_x, new_y
        moving[moving] = moved > _CLOSE
        if not moving.any():
            break
    mean, product, square = space.moments(x, y)
    slope = (product / square)[:, None]
    q = space.u - slope * (x - mean[:, None]) * space.weight
    p = space.v - slope * (y - mean[:, None])
    over = np.maximum(space.furthest(q, p, mean)[0], 0) / space.least_size()
    value = product / np.sqrt(square) / space.size
    return Best(value, value + over / space.size, x, y, y.copy(), space.counts.copy())


def _at_vertices(ends: Ends, counts: IntArray, scores: FloatArray) -> Best:
    """The largest r where it is nowhere above 0: at a vertex, all of which are compared."""
    split = multisets(ends.hidden, 2 * ends.levels)
    lower, upper = split[:, : ends.levels], split[:, ends.levels :]
    key = (ends.hidden + 1) ** np.arange(ends.levels)
    by_key = {k: np.flatnonzero((lower + upper) @ key == k) for k in (counts @ key).tolist()}
    shown = np.empty((len(counts), len(ends.low)))
    value = np.empty(len(counts))
    at_lower = np.empty_like(counts)
    for row, k in enumerate((counts @ key).tolist()):
        ways = by_key[k]
        r, x = _blocks(ends, lower[ways], upper[ways], scores[row])
        best = int(np.argmax(r))
        value[row], shown[row], at_lower[row] = r[best], x[best], lower[ways[best]]
    levels = np.ones((1, ends.levels))
    left, right = shown[:, [ends.below - 1]] * levels, shown[:, [ends.below]] * levels
    return Best(value, value + 1e-12, shown, left, right, at_lower)


def _blocks(
    ends: Ends, lower: IntArray, upper: IntArray, scores: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The largest r <= 0 over the ends of rounding intervals, hidden units at their neighbours."""
    a, b = ends.below - 1, ends.below
    given = np.where(ends.rated, scores[np.maximum(ends.codes, 0)], 0.0)
    mean = (given.sum() + ((lower[0] + upper[0]) * scores).sum()) / ends.n
    u = np.tile(np.where(ends.rated, given - mean, 0.0), (len(lower), 1))
    w = np.tile(ends.rated.astype(np.float64), (len(lower), 1))
    size = np.sqrt((u[0] ** 2).sum() + ((lower[0] + upper[0]) * (scores - mean) ** 2).sum())
    for at, side in ((a, lower), (b, upper)):
        u[:, at] += side @ (scores - mean)
        w[:, at] += side.sum(axis=1)
    low = np.tile(ends.low, (len(lower), 1))
    high = np.tile(ends.high, (len(lower), 1))
    open_ = np.ones_like(low, dtype=bool)
    for _ in range(6):
        sign = _slope_sign(u, w, low, high, ends.n)
        # r rises with a score everywhere in the box: its upper end; falls: its lower end.
        low, high = np.where(sign > 0, high, low), np.where(sign < 0, low, high)
        still = low < high
        if (still == open_).all():
            break
        open_ = still
    return _compare_corners(u, w, low, high, ends.n, size)


def _slope_sign(
    u: FloatArray, w: FloatArray, low: FloatArray, high: FloatArray, n: int
) -> FloatArray:
    """The sign of the slope of r in each score where it is one over the whole box, else 0."""
    mean_low, mean_high = ((w * x).sum(axis=1, keepdims=True) / n for x in (low, high))
    centre = (low + high) / 2
    middle = (w * centre).sum(axis=1, keepdims=True) / n
    most = (np.maximum(u * (low - middle), u * (high - middle))).sum(axis=1, keepdims=True)
    least = (np.minimum(u * (low - middle), u * (high - middle))).sum(axis=1, keepdims=True)
    size = np.sqrt((w * (centre - middle) ** 2).sum(axis=1, keepdims=True))
    radius = np.sqrt((w * ((high - low) / 2) ** 2).sum(axis=1, keepdims=True))
    near, far = np.maximum(size - radius, 1e-12) ** 2, (size + radius) ** 2
    slope_low = np.minimum(least / near, least / far)
    slope_high = np.maximum(most / near, most / far)
    d_low, d_high = low - mean_high, high - mean_low
    corners = [s * d for s in (slope_low, slope_high) for d in (d_low, d_high)]
    up = u - w * np.maximum.reduce(corners)
    down = u - w * np.minimum.reduce(corners)
    return np.asarray(np.where(up > 0, 1.0, np.where(down < 0, -1.0, 0.0)), dtype=np.float64)


def _compare_corners(
    u: FloatArray, w: FloatArray, low: FloatArray, high: FloatArray, n: int, size: float
) -> tuple[FloatArray, FloatArray]:
    """The largest r over the ends of what is still open, and the scores that have it."""
    best = np.full(len(u), -np.inf)
    at = low.copy()
    # What has no weight does not matter; what is open is enumerated.
    open_ = (low < high) & (w > 0)
    patterns: dict[bytes, list[int]] = {}
    for row, pattern in enumerate(open_):
        patterns.setdefault(pattern.tobytes(), []).append(row)
    for rows in patterns.values():
        free = np.flatnonzero(open_[rows[0]])
        if len(free) > _MOST_OPEN:
            raise ValueError(f"the slope of r is open in {len(free)} scores: too many corners")
        corners = (np.arange(2 ** len(free))[:, None] >> np.arange(len(free))) & 1
        for start in range(0, len(rows), _AT_ONCE):
            part = np.array(rows[start : start + _AT_ONCE])
            for corner in corners:
                x = low[part].copy()
                x[:, free] = np.where(corner == 1, high[part][:, free], x[:, free])
                mean = (w[part] * x).sum(axis=1, keepdims=True) / n
                d = x - mean
                r = (u[part] * d).sum(axis=1) / np.sqrt((w[part] * d**2).sum(axis=1)) / size
                better = r > best[part]
                best[part] = np.where(better, r, best[part])
                at[part] = np.where(better[:, None], x, at[part])
    return best, at
