"""Bounds of Pearson's r over all completions and over every scoring that keeps the levels' order.

A scoring that never falls from one level to the next is a sum of steps: of the codings that set
all levels from some cut on against the rest, with weights of at least 0. So

- the smallest r, where no cut can have a negative one, is that of a cut: r is quasi-concave in
  the scoring, and the cuts are the extreme rays of all scorings.
- the largest r (and the smallest, where it is negative) is found by branch and bound. Two
  scorings whose centred ratings are an angle t apart give the same scores two r whose arc
  cosines differ by at most t, so a cone of scorings has no larger r than cos(arccos r - t), r
  being that at its centre and t the angle to the farthest of its edges. Cones are halved until
  what is left cannot exceed the best found by more than a declared amount.
"""

from dataclasses import dataclass

import numpy as np

from medlead.performance.completion import Ends, IntArray
from medlead.performance.completion_pearson import largest
from medlead.performance.resampling import FloatArray

_AT_ONCE = 2048
_MOST_CONES = 400_000


@dataclass(frozen=True)
class Monotone:
    """An extreme r over all completions and codings, with the coding and multiset that have it.

    `value` is that of a completion, `proved` what none is beyond; they are equal, up to
    rounding, at a cut, and else as far apart as was asked for. `counts`, `scores` have L values.
    """

    value: float
    proved: float
    counts: IntArray
    scores: FloatArray


def cuts(levels: int) -> FloatArray:
    """The codings 0 below a cut and 1 from it on, one row for each of the L - 1 cuts."""
    return np.asarray(
        (np.arange(levels) >= np.arange(1, levels)[:, None]).astype(np.float64), dtype=np.float64
    )


def largest_monotone(ends: Ends, *, gap: float = 5e-4) -> Monotone:
    """The largest r over all completions and all codings that never fall.

    Exact where no cut can have a positive one, else proved to `gap`.
    """
    return _largest(ends, 1.0, gap)


def smallest_monotone(ends: Ends, *, gap: float = 5e-4) -> Monotone:
    """The smallest r likewise: exact where no cut has a negative one, else proved to `gap`."""
    best = _largest(ends, -1.0, gap)
    return Monotone(-best.value, -best.proved, best.counts, -best.scores)


def _largest(ends: Ends, sign: float, gap: float) -> Monotone:
    counts = ends.counts()
    edges = sign * cuts(ends.levels)
    found = [largest(ends, counts, edge) for edge in edges]
    values = np.array([best.value for best in found])
    cut, multiset = np.unravel_index(int(np.nanargmax(values)), values.shape)
    proved = float(np.nanmax([best.proved for best in found]))
    best = Monotone(float(values[cut, multiset]), proved, counts[multiset], edges[cut])
    return best if best.value <= 0 else _branch(ends, edges, best, gap)


@dataclass
class _Cones:
    """Cones of scorings: the multiset (N), the edges (N x R x L) and the bound of r (N)."""

    counts: IntArray
    edges: FloatArray
    bound: FloatArray


def _branch(ends: Ends, cut: FloatArray, best: Monotone, gap: float) -> Monotone:
    """The search, from the best cut, whose r is above 0."""
    counts = ends.counts()
    edges = _varying(ends, counts, np.tile(cut[None], (len(counts), 1, 1)))
    cones = _Cones(counts, edges, np.full(len(counts), np.inf))
    closed, tried = -np.inf, 0
    while len(cones.bound):
        # The most promising cones first: a good value early closes many others.
        order = np.argsort(-cones.bound, kind="stable")
        now, later = order[:_AT_ONCE], order[_AT_ONCE:]
        tried += len(now)
        if tried > _MOST_CONES:
            raise ValueError(f"the bound is not within {gap:g} after {_MOST_CONES} cones")
        part = cones.counts[now], cones.edges[now]
        centre, angle = _centre(ends, *part)
        found = largest(ends, part[0], centre, floor=True)
        at = int(np.argmax(np.nan_to_num(found.value, nan=-np.inf)))
        if found.value[at] > best.value:
            best = Monotone(float(found.value[at]), np.inf, part[0][at], centre[at])
        # Where all ratings are equal no scoring of the cone has an r: it is closed at once.
        proved = np.nan_to_num(found.proved, nan=-1.0)
        reach = np.arccos(np.clip(proved, -1, 1)) - angle
        bound = np.where(angle > 0, np.cos(np.maximum(reach, 0)), proved)
        split = bound > best.value + gap
        closed = max(closed, float(np.max(bound[~split], initial=-np.inf)))
        halves = _halved(ends, part[0][split], part[1][split])
        kept = later[cones.bound[later] > best.value + gap]
        dropped = cones.bound[later][cones.bound[later] <= best.value + gap]
        closed = max(closed, float(np.max(dropped, initial=-np.inf)))
        cones = _Cones(
            np.concatenate([cones.counts[kept], *[part[0][split]] * 2]),
            np.concatenate([cones.edges[kept], *halves]),
            np.concatenate([cones.bound[kept], *[bound[split]] * 2]),
        )
    return Monotone(best.value, max(closed, best.value), best.counts, best.scores)


def _centred(ends: Ends, counts: IntArray, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Each edge less its mean rating (N x R x L), and its size over all rated units (N x R)."""
    all_counts = (counts + ends.shown_counts()).astype(np.float64)[:, None, :]
    centred = edges - (edges * all_counts).sum(axis=2, keepdims=True) / ends.n
    return centred, np.sqrt((centred**2 * all_counts).sum(axis=2))


def _varying(ends: Ends, counts: IntArray, edges: FloatArray) -> FloatArray:
    """The edges with those that rate all units alike replaced by another of the same cone.

    A coding that rates all alike adds nothing to r, so the cone stays what it was.
    """
    _, size = _centred(ends, counts, edges)
    replaced = edges.copy()
    for row in range(len(edges)):
        good = np.flatnonzero(size[row] > 1e-9)
        if len(good):
            replaced[row, size[row] <= 1e-9] = edges[row, good[0]]
    return replaced


def _angles(ends: Ends, counts: IntArray, edges: FloatArray) -> FloatArray:
    """The angles between the edges of each cone (N x R x R)."""
    centred, size = _centred(ends, counts, edges)
    all_counts = (counts + ends.shown_counts()).astype(np.float64)
    unit = centred / np.where(size > 0, size, 1)[:, :, None]
    # From the chord: the arc cosine of nearly 1 is blind to small angles.
    apart = unit[:, :, None, :] - unit[:, None, :, :]
    chord = np.sqrt((apart**2 * all_counts[:, None, None, :]).sum(axis=3))
    return np.asarray(2 * np.arcsin(np.clip(chord / 2, 0, 1)), dtype=np.float64)


def _centre(ends: Ends, counts: IntArray, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A scoring within each cone (N x L), and the angle to the farthest edge (N)."""
    _, size = _centred(ends, counts, edges)
    centre = (edges / np.where(size > 0, size, 1)[:, :, None]).mean(axis=1)
    angles = _angles(ends, counts, np.concatenate([edges, centre[:, None]], axis=1))
    return centre, angles[:, -1, :].max(axis=1)


def _halved(ends: Ends, counts: IntArray, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Each cone cut in two across the widest angle between two of its edges."""
    if not len(edges):
        return edges, edges
    angles = _angles(ends, counts, edges)
    size = edges.shape[1]
    first, second = np.divmod(angles.reshape(len(edges), -1).argmax(axis=1), size)
    rows = np.arange(len(edges))
    _, lengths = _centred(ends, counts, edges)
    units = edges / np.where(lengths > 0, lengths, 1)[:, :, None]
    between = units[rows, first] + units[rows, second]
    one, other = edges.copy(), edges.copy()
    one[rows, first], other[rows, second] = between, between
    return one, other
