"""A set of trusts solved to the printed correlations, and how much the print leaves open.

The printed trusts and their ratings are held. First the ratings and the index of the trusts that
are not listed are drawn until the correlations with the index round to the printed ones; then
scales and the measures without ratings move from a random start to where all correlations do.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from medlead.ratings import code
from medlead.reconstruction.trust_targets import (
    HIDDEN,
    FloatArray,
    Targets,
    coded_measures,
    correlations_of,
    unit,
)

# Below this share of the largest, a singular value is rounding.
_RANK = 1e-9
_DAMPING = 0.01


class NotSolved(Exception):
    """No set was found within the declared tries."""


@dataclass(frozen=True)
class Drawn:
    """What is drawn before the scales: groups, the index, and measures with what is missing."""

    group: list[str]
    index: FloatArray
    measures: FloatArray


def solve_trusts(targets: Targets, rng: np.random.Generator) -> pd.DataFrame:
    """One set of trusts in falling order of the index, with the columns of `Targets.columns`.

    Scales are numbers, rated measures levels as text (empty: missing), others standard scores.
    Every sum is exact to the last written decimal. Raises NotSolved.
    """
    drawn = draw(targets, rng)
    parts, measures = approach(targets, drawn, rng)
    return written(targets, drawn, parts, measures, rng)


def draw(targets: Targets, rng: np.random.Generator) -> Drawn:
    """Index and ratings of the trusts that are not listed, and who lacks which measure.

    The indexes are different values of one decimal between the printed neighbours. For each
    rated measure ratings are drawn until its correlation with the index lies within the
    rounding interval, `room` kept inside. Raises NotSolved after the declared number of tries.
    """
    hidden = targets.size - len(targets.listed)
    low, high = (round(10 * end) for end in targets.hidden_between)
    between = np.sort(rng.choice(np.arange(low + 1, high), hidden, replace=False))[::-1] / 10
    top = targets.at_top
    listed = targets.listed["index"].to_numpy(dtype=float)
    index = np.concatenate([listed[:top], between, listed[top:]])
    groups = targets.listed["rank_group"].astype(str).tolist()
    group = [*groups[:top], *[HIDDEN] * hidden, *groups[top:]]
    at_hidden = np.arange(top, top + hidden)
    known = np.delete(np.arange(targets.size), at_hidden)
    lacking = known[_empty(targets.listed[targets.missing])]
    order = np.concatenate([lacking, rng.permutation(at_hidden), np.setdiff1d(known, lacking)])
    measures = np.full((targets.size, len(targets.measures)), np.nan)
    place, kept = targets.scales.index(targets.index), targets.room["kept"]
    for j, measure in enumerate(targets.measures):
        has = np.ones(targets.size, dtype=bool)
        has[order[: targets.size - measure.n]] = False
        if measure.rated is None:
            measures[has, j] = rng.normal(size=measure.n)
            continue
        scale = targets.rating_scales[measure.rated]
        measures[known, j] = code(targets.listed[measure.rated], scale)
        free = at_hidden[has[at_hidden]]
        has = ~np.isnan(measures[:, j])
        has[free] = True
        if has.sum() != measure.n:
            raise NotSolved(f"{measure.column}: {has.sum()} trusts can have it, not {measure.n}")
        x = unit(index[has])
        low_r, high_r = targets.low[j, place], targets.high[j, place]
        for _ in range(targets.tries["ratings"]):
            middle = rng.uniform(1, len(scale.levels))
            near = np.rint(rng.normal(middle, 0.7, size=len(free)))
            measures[free, j] = np.clip(near, 1, len(scale.levels))
            r = x @ unit(measures[has, j])
            if low_r + kept <= r <= high_r - kept:
                break
        else:
            raise NotSolved(f"{measure.column}: no ratings were found")
    return Drawn(group, index, measures)


def _empty(ratings: "pd.Series[str]") -> FloatArray:
    return np.asarray(ratings.isna() | (ratings.astype(object) == ""), dtype=bool)


def approach(
    targets: Targets, drawn: Drawn, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Base scales and measures at which all correlations round to the printed ones.

    Starts at the index plus normal deviations that sum to zero per trust, and takes damped
    least-squares steps (Levenberg 1944, Marquardt 1963) on how far each correlation lies outside
    its interval, `room` aimed for inside, until each is `room` kept inside. What is printed
    does not move. Raises NotSolved after the declared number of steps.
    """
    deviations = rng.normal(0, targets.spread, size=(targets.size, len(targets.base)))
    weights = _index_weights(targets)
    parts = drawn.index[:, None] + _without(deviations, weights)
    measures = drawn.measures.copy()
    held = [m.rated is not None for m in targets.measures]
    low, high = targets.low + targets.room["aimed"], targets.high - targets.room["aimed"]

    def outside(parts: FloatArray, measures: FloatArray) -> FloatArray:
        found = correlations_of(parts, measures, targets)
        return np.asarray((found - np.clip(found, low, high)).ravel(), dtype=np.float64)

    miss, damping = outside(parts, measures), _DAMPING
    for _ in range(targets.tries["steps"]):
        if np.abs(miss).max() <= targets.room["aimed"] - targets.room["kept"]:
            return parts, measures
        by_parts, by_measures = gradients(parts, measures, targets)
        by_parts = _without(by_parts, weights)
        by_measures[:, :, held] = 0
        count = len(by_parts)
        jacobian = np.hstack(
            [targets.spread * by_parts.reshape(count, -1), by_measures.reshape(count, -1)]
        )
        wrong = miss != 0
        jacobian = jacobian[wrong]
        gram = jacobian @ jacobian.T + damping * np.eye(len(jacobian))
        step = -jacobian.T @ np.linalg.solve(gram, miss[wrong])
        nearer = parts + targets.spread * step[: parts.size].reshape(parts.shape)
        moved = measures + step[parts.size :].reshape(measures.shape)
        found = outside(nearer, moved)
        if found @ found < miss @ miss:
            parts, measures, miss, damping = nearer, moved, found, max(damping / 3, 1e-9)
        else:
            damping *= 4
    raise NotSolved("the correlations were not met within the declared steps")


def _without(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Changes of the base scales (last axis) that leave the index of every trust as it is."""
    along = values @ weights / (weights @ weights)
    return np.asarray(values - along[..., None] * weights, dtype=np.float64)


def _index_weights(targets: Targets) -> FloatArray:
    return np.asarray(targets.loading[targets.scales.index(targets.index)], dtype=np.float64)


def gradients(
    parts: FloatArray, measures: FloatArray, targets: Targets
) -> tuple[FloatArray, FloatArray]:
    """The derivatives of all correlations: (correlations × trusts × base, and × measures).

    Correlations run measure by measure, scale by scale. The derivative of r by x is
    (unit y - r · unit x) / length of centred x, over the trusts that have the measure.
    """
    scales = parts @ targets.loading.T
    count = measures.shape[1] * scales.shape[1]
    by_parts = np.zeros((count, *parts.shape))
    by_measures = np.zeros((count, *measures.shape))
    for j, values in enumerate(measures.T):
        has = ~np.isnan(values)
        zx, zy = unit(scales[has]), unit(values[has])
        lengths = np.linalg.norm(scales[has] - scales[has].mean(axis=0), axis=0)
        length = np.linalg.norm(values[has] - values[has].mean())
        r = zx.T @ zy
        for s in range(scales.shape[1]):
            row = j * scales.shape[1] + s
            by_scale = (zy - r[s] * zx[:, s]) / lengths[s]
            by_parts[row, has] = np.outer(by_scale, targets.loading[s])
            by_measures[row, has, j] = (zx[:, s] - r[s] * zy) / length
    return by_parts, by_measures


def written(
    targets: Targets,
    drawn: Drawn,
    parts: FloatArray,
    measures: FloatArray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The set as it is written: rounded so that every sum stays exact."""
    unit_step = 10 ** targets.decimals["parts"]
    whole = np.rint(parts * unit_step)
    weights = _index_weights(targets)
    smallest = weights[weights > 0].min()
    counts = np.rint(weights / smallest)
    # The last part takes up what rounding left, so that the index is what was drawn.
    total = np.rint(drawn.index * unit_step) * counts.sum()
    whole[:, -1] = (total - whole[:, :-1] @ counts[:-1]) / counts[-1]
    scores = (whole / unit_step) @ targets.loading.T
    frame = pd.DataFrame(np.round(scores, 6), columns=list(targets.scales))
    frame.insert(0, "rank_group", drawn.group)
    frame.insert(0, "rank", np.arange(1, targets.size + 1))
    listed = targets.listed["trust"].astype(int).tolist()
    left = rng.permutation([n for n in targets.numbers if n not in listed]).tolist()
    top = targets.at_top
    frame.insert(0, "trust", [*listed[:top], *left, *listed[top:]])
    for j, measure in enumerate(targets.measures):
        values = measures[:, j]
        if measure.rated is not None:
            levels = targets.rating_scales[measure.rated].levels
            frame[measure.column] = ["" if np.isnan(v) else levels[int(v) - 1] for v in values]
        else:
            standard = (values - np.nanmean(values)) / np.nanstd(values, ddof=1)
            frame[measure.column] = np.round(standard, targets.decimals["scores"])
    return frame[targets.columns]


def as_text(trusts: pd.DataFrame, targets: Targets) -> pd.DataFrame:
    """A solved set with every number as text of the declared number of decimals."""
    shown = trusts.copy()
    decimals = {m.column: targets.decimals["scores"] for m in targets.measures if m.rated is None}
    decimals |= {
        s: targets.decimals["parts" if s in targets.base else "sums"] for s in targets.scales
    }
    decimals[targets.index] = targets.decimals["index"]
    for column, places in decimals.items():
        shown[column] = ["" if np.isnan(v) else f"{v:z.{places}f}" for v in trusts[column]]
    return shown


def freedom(trusts: pd.DataFrame, targets: Targets) -> pd.DataFrame:
    """How many directions the print leaves free at a set, ratings held: `quantity,value`.

    `numbers` counts the scores of base scales and the measures without ratings; `fixed indexes`
    and `correlations` the conditions as equations, `independent conditions` their rank;
    `trivial directions` shift or stretch a measure without ratings, which changes
    nothing that is known of it. Within their rounding the correlations themselves are free too.
    """
    parts = trusts[list(targets.base)].to_numpy(dtype=float)
    measures = coded_measures(trusts, targets)
    by_parts, by_measures = gradients(parts, measures, targets)
    free = [j for j, m in enumerate(targets.measures) if m.rated is None]
    known = ~np.isnan(measures[:, free])
    count = len(by_parts)
    own = by_measures[:, :, free].reshape(count, -1)[:, known.ravel()]
    scale = np.nanstd(parts)
    listed = np.flatnonzero(trusts["rank_group"].to_numpy() != HIDDEN)
    fixed = np.zeros((len(listed), *parts.shape))
    for row, i in enumerate(listed):
        fixed[row, i] = _index_weights(targets)
    fixed = np.hstack([fixed.reshape(len(listed), -1), np.zeros((len(listed), own.shape[1]))])
    matrix = np.vstack([np.hstack([scale * by_parts.reshape(count, -1), own]), fixed])
    singular = np.linalg.svd(matrix, compute_uv=False)
    rank = int((singular > _RANK * singular[0]).sum())
    rows = [
        ("numbers", matrix.shape[1]),
        ("fixed indexes", len(listed)),
        ("correlations", count),
        ("independent conditions", rank),
        ("trivial directions", 2 * len(free)),
        ("free directions", matrix.shape[1] - rank - 2 * len(free)),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value"])
