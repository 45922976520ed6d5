"""p-values adjusted for the number of tests in a family: Holm, Benjamini-Hochberg, max-T.

Each coefficient has its families to itself: three coefficients of one pair are three readings of
one question, and not three questions.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from medlead.performance.association_options import ANALYTIC, AssociationOptions
from medlead.performance.resampling import FloatArray, Orderings, orderings
from medlead.performance.significance import adjust
from medlead.performance.vectorised import KENDALL, IndexArray, moved, permuted
from medlead.provenance import step_seed

_SAME = 1e-12
_ROWS = 2000


class _Group(NamedTuple):
    """Pairs of the same organisations: all scores, the measures at `kept`, and the cells.

    A cell is its place among the rows, its score and its measure; `sd` is that of the
    coefficient without any association.
    """

    x: FloatArray
    y: FloatArray
    kept: IndexArray
    cells: list[tuple[int, int, int]]
    sd: FloatArray


def adjust_families(
    frame: pd.DataFrame,
    scores: pd.DataFrame,
    measures: pd.DataFrame,
    options: AssociationOptions,
    *,
    seed: int,
    permutations: int,
) -> pd.DataFrame:
    """The rows of `associate` with `p_holm`, `p_bh` and, where declared, `p_max_t`.

    Holm (1979) and Benjamini and Hochberg (1995) take the declared p. Of drawn orderings no p is
    below 1/(m + 1), so in a large family a permutation p needs enough of them.

    `p_max_t` is the step-down max-T of Westfall and Young (1993): whole rows of scores are moved
    among the organisations that have all scores, which keeps what scores have to do with each
    other and measures with each other, and each pair is judged by the largest standardised
    coefficient of the pairs that are not above it. Where nothing is missing these are the
    orderings of `p_value` itself.
    """
    found = frame.copy()
    p = found["p_analytic" if options.adjusted == ANALYTIC else "p_value"].to_numpy()
    families = found[["coefficient", "family"]].drop_duplicates()
    kinds = list(families.itertuples(index=False, name=None))
    places = {
        kind: np.flatnonzero((found["coefficient"] == kind[0]) & (found["family"] == kind[1]))
        for kind in kinds
    }
    adjusted = {name: np.full(len(found), np.nan) for name in ("p_holm", "p_bh", "p_max_t")}
    complete = np.flatnonzero(scores.notna().all(axis=1).to_numpy())
    moves = options.max_t and len(complete) >= 3
    drawn = joint_orderings(scores.index, complete, seed, permutations) if moves else None
    for (name, _), rows in places.items():
        adjusted["p_holm"][rows] = adjust(p[rows], "holm")
        adjusted["p_bh"][rows] = adjust(p[rows], "benjamini-hochberg")
        if drawn is not None:
            part = found.iloc[rows]
            of_family = _step_down(str(name), part, scores, measures, drawn, options.tail)
            adjusted["p_max_t"][rows] = of_family
    return found.assign(**adjusted)


def joint_orderings(
    labels: pd.Index, complete: IndexArray, seed: int, permutations: int
) -> Orderings:
    """Orderings of all organisations that move only those with every score."""
    named = "\n".join(str(label) for label in labels[complete])
    rng = np.random.default_rng(step_seed(seed, f"associate orderings {named}"))
    drawn = orderings(len(complete), permutations, rng)
    index = np.tile(np.arange(len(labels)), (len(drawn.index), 1))
    index[:, complete] = complete[drawn.index]
    return Orderings(index, drawn.exact)


def _step_down(
    name: str,
    part: pd.DataFrame,
    scores: pd.DataFrame,
    measures: pd.DataFrame,
    drawn: Orderings,
    tail: str,
) -> FloatArray:
    groups = _groups(name, part, scores, measures)
    spread = np.full(len(part), np.nan)
    for group in groups:
        for place, s, m in group.cells:
            spread[place] = group.sd[s, m]
    observed = _sided(part["estimate"].to_numpy() / spread, tail)
    known = np.flatnonzero(~np.isnan(observed))
    order = known[np.argsort(-observed[known], kind="stable")]
    counts = np.zeros(len(order))
    for start in range(0, len(drawn.index), _ROWS):
        index = drawn.index[start : start + _ROWS]
        found = np.full((len(index), len(part)), np.nan)
        for group in groups:
            block = _moved_block(name, group, index)
            for place, s, m in group.cells:
                found[:, place] = _sided(block[:, s, m] / group.sd[s, m], tail)
        # A moved sample may be constant: then it has no coefficient and is not extreme.
        found = np.where(np.isnan(found), -np.inf, found)[:, order]
        highest = np.maximum.accumulate(found[:, ::-1], axis=1)[:, ::-1]
        counts += (highest >= observed[order] - _SAME).sum(axis=0)
    more = 0 if drawn.exact else 1
    result = np.full(len(part), np.nan)
    result[order] = np.maximum.accumulate((counts + more) / (len(drawn.index) + more))
    return result


def _groups(
    name: str, part: pd.DataFrame, scores: pd.DataFrame, measures: pd.DataFrame
) -> list[_Group]:
    there = {score: scores[score].notna().to_numpy() for score in set(part["score"])}
    rated = {measure: measures[measure].notna().to_numpy() for measure in set(part["measure"])}
    alike: dict[bytes, list[tuple[int, str, str]]] = {}
    for place, (s, m) in enumerate(zip(part["score"], part["measure"], strict=True)):
        alike.setdefault((there[s] & rated[m]).tobytes(), []).append((place, s, m))
    found = []
    for key, cells in alike.items():
        rows = list(dict.fromkeys(s for _, s, _ in cells))
        columns = list(dict.fromkeys(m for _, _, m in cells))
        kept = np.flatnonzero(np.frombuffer(key, dtype=bool))
        if len(kept) < 3:
            continue
        x, y = scores[rows].to_numpy(), measures[columns].to_numpy()[kept]
        places = [(place, rows.index(s), columns.index(m)) for place, s, m in cells]
        found.append(_Group(x, y, kept, places, null_sd(name, x[kept], y)))
    return found


def _moved_block(name: str, group: _Group, index: IndexArray) -> FloatArray:
    if len(group.kept) == len(group.x):
        return np.concatenate(list(permuted(name, group.x, group.y, index)))
    # Moving the scores by the inverse is moving the measures by the ordering.
    inverse = np.argsort(index, axis=1)
    return np.concatenate(list(moved(name, group.x, group.y, group.kept, inverse)))


def null_sd(name: str, x: FloatArray, y: FloatArray) -> FloatArray:
    """The standard deviation of each coefficient (S by M) over all orderings of its pairs.

    Of r that of exchangeable pairs, 1/(n - 1) squared; of tau-b Kendall's variance with ties (1970,
    Rank correlation methods, chapter 4).
    """
    n = len(x)
    if name != KENDALL:
        return np.full((x.shape[1], y.shape[1]), 1 / np.sqrt(n - 1))
    of_x, of_y = _ties(x)[:, :, None], _ties(y)[:, None, :]
    every, threes, pairs = n * (n - 1) * (2 * n + 5), n * (n - 1) * (n - 2), n * (n - 1)
    variance = (every - of_x[2] - of_y[2]) / 18 + of_x[0] * of_y[0] / (2 * pairs)
    variance = variance + of_x[1] * of_y[1] / (9 * threes)
    untied = (pairs - of_x[0]) * (pairs - of_y[0]) / 4
    safe = np.where(untied > 0, untied, np.nan)
    return np.asarray(np.sqrt(variance / safe), dtype=np.float64)


def _ties(values: FloatArray) -> FloatArray:
    """Sums over groups of ties of t(t-1), t(t-1)(t-2) and t(t-1)(2t+5), three rows per column."""
    found = []
    for column in values.T:
        t = np.unique(column, return_counts=True)[1].astype(np.float64)
        pairs = t * (t - 1)
        found.append([pairs.sum(), (pairs * (t - 2)).sum(), (pairs * (2 * t + 5)).sum()])
    return np.array(found).T


def _sided(values: FloatArray, tail: str) -> FloatArray:
    if tail == "two-sided":
        return np.abs(values)
    return values if tail == "greater" else -values
