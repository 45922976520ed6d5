"""Every engagement score with every performance measure of the same organisations.

The general step behind Table 28 of the report (section 6.3), for the frame of any study: one row
per organisation, scores and measures as columns of numbers, gaps left out pair by pair. Pairs that
rest on the same organisations share their resamples, which are taken for all of them at once.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.performance.association_options import ANALYTIC, AssociationOptions
from medlead.performance.family import adjust_families
from medlead.performance.inference import (
    DRAWN_PERMUTATION,
    EXACT_PERMUTATION,
    analytic_method,
    analytic_ps,
    bootstrap_limits,
    count_extreme,
    degenerate,
    interval_name,
    interval_note,
    intervals_of,
)
from medlead.performance.intervals import BCA, proportion_limits
from medlead.performance.resampling import FloatArray, left_out_once, orderings
from medlead.performance.significance import THRESHOLDS, stars
from medlead.performance.vectorised import IndexArray, coefficients, permuted, resampled
from medlead.provenance import step_seed

NUMBERS = (
    *("estimate", "low", "high", "p_value", "p_low", "p_high", "p_analytic"),
    *("bootstrap_low", "bootstrap_high", "p_holm", "p_bh", "p_max_t"),
)
COLUMNS = (
    *("score", "measure", "coefficient", "n", "missing", "estimate", "low", "high", "interval"),
    *("tail", "p_value", "p_method", "p_low", "p_high", "p_analytic", "p_analytic_method"),
    *("bootstrap_low", "bootstrap_high", "bootstrap_interval"),
    *("family", "p_adjusted", "p_holm", "p_bh", "p_max_t", "stars", "note"),
)
# Bootstrap coefficients held at once: 64 MB.
_HELD = 8_000_000


class _Block(NamedTuple):
    """Scores and measures that rest on the same organisations."""

    scores: list[Hashable]
    measures: list[Hashable]
    x: FloatArray
    y: FloatArray
    kept: IndexArray


def associate(
    scores: pd.DataFrame,
    measures: pd.DataFrame,
    options: AssociationOptions,
    *,
    seed: int,
    confidence: float = 0.95,
    permutations: int = 9999,
    thresholds: Sequence[float] = THRESHOLDS,
) -> pd.DataFrame:
    """Coefficients of each score with each measure and what is inferred, one row per coefficient.

    Both frames have one row per organisation and the same index, whose labels differ; a higher
    number is better. An organisation counts for a pair that it has both numbers of: `n`, and
    `missing` the others.

    - `low`, `high`, `p_analytic`: as in `medlead.performance.correlation.correlate`.
    - `p_value`: permutation p of the declared `tail`, exact where all orderings of the pairs can
      be counted (up to 8), else from `permutations` drawn ones with its Monte Carlo interval
      `p_low`, `p_high` (Clopper and Pearson 1934).
    - `bootstrap_low`, `bootstrap_high`: BCa interval (Efron 1987); none without resamples.
    - `p_holm`, `p_bh`, `p_max_t`: adjusted within `family` and coefficient; see
      `medlead.performance.family.adjust_families`. `p_adjusted` says which p the first two take.
    - `stars`: marks of the declared p and tail below `thresholds`; empty where none are declared.

    Random numbers hang on the seed and on the labels of the organisations of a pair: neither the
    order of rows and columns nor other columns change a row. Raises ValueError where the
    indexes differ or repeat, a name stands twice or a value is infinite.
    """
    x, y = align(scores, measures)
    rows = [
        row
        for block in same_gaps(x, y)
        for row in _block_rows(block, x.index, options, seed, confidence, permutations)
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(NUMBERS, "float64"))
    places = {name: place for place, name in enumerate(options.coefficients)}
    order = pd.DataFrame(
        {
            "score": frame["score"].map({name: i for i, name in enumerate(scores.columns)}),
            "measure": frame["measure"].map({name: i for i, name in enumerate(measures.columns)}),
            "coefficient": frame["coefficient"].map(places),
        }
    )
    frame = frame.loc[order.sort_values(list(order.columns)).index].reset_index(drop=True)
    frame = adjust_families(frame, x, y, options, seed=seed, permutations=permutations)
    frame["stars"] = _marks(frame, x, y, options, thresholds)
    return frame.astype({"n": "int64", "missing": "int64"})


def align(scores: pd.DataFrame, measures: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both frames as numbers, in the order of their labels: then the order given is no matter."""
    if not scores.index.equals(measures.index):
        raise ValueError("scores and measures must have the same index")
    if not scores.index.is_unique:
        raise ValueError("each organisation must stand once")
    for frame, kind in ((scores, "score"), (measures, "measure")):
        if not frame.columns.is_unique:
            raise ValueError(f"each {kind} must have its own name")
        numbers = frame.to_numpy(dtype="float64", na_value=np.nan)
        if np.isinf(numbers).any():
            raise ValueError(f"a {kind} holds an infinite value")
    order = sorted(range(len(scores)), key=lambda place: str(scores.index[place]))
    first, second = (frame.iloc[order].astype("float64") for frame in (scores, measures))
    return first, second


def same_gaps(scores: pd.DataFrame, measures: pd.DataFrame) -> Iterator[_Block]:
    """All pairs, those together whose score and measure have the same gaps."""
    for names, there in _by_gaps(scores):
        for rated, known in _by_gaps(measures):
            kept = np.flatnonzero(there & known)
            x, y = (
                np.ascontiguousarray(frame[columns].to_numpy()[kept])
                for frame, columns in ((scores, names), (measures, rated))
            )
            yield _Block(names, rated, x, y, kept)


def _by_gaps(frame: pd.DataFrame) -> Iterator[tuple[list[Hashable], NDArray[np.bool_]]]:
    there = frame.notna().to_numpy()
    groups: dict[bytes, list[int]] = {}
    for place in range(there.shape[1]):
        groups.setdefault(there[:, place].tobytes(), []).append(place)
    for places in groups.values():
        yield [frame.columns[place] for place in places], there[:, places[0]]


def stream(seed: int, what: str, labels: pd.Index) -> np.random.Generator:
    """The random numbers for one set of organisations."""
    named = "\n".join(str(label) for label in labels)
    return np.random.default_rng(step_seed(seed, f"associate {what} {named}"))


def _block_rows(
    block: _Block,
    labels: pd.Index,
    options: AssociationOptions,
    seed: int,
    confidence: float,
    permutations: int,
) -> Iterator[dict[str, object]]:
    n = len(block.kept)
    for name in options.coefficients:
        found = _inferred(name, block, labels, options, seed, confidence, permutations)
        for s, score in enumerate(block.scores):
            for m, measure in enumerate(block.measures):
                row: dict[str, object] = dict.fromkeys(COLUMNS, "") | dict.fromkeys(NUMBERS, np.nan)
                row |= {"score": score, "measure": measure, "coefficient": name, "n": n}
                row |= {"missing": len(labels) - n, "tail": options.tail}
                row |= {"interval": interval_name(name), "p_adjusted": options.adjusted}
                row["family"] = options.family(str(score), str(measure))
                row["note"] = degenerate(block.x[:, s], block.y[:, m])
                yield row if row["note"] else row | found[s, m]


def _inferred(
    name: str,
    block: _Block,
    labels: pd.Index,
    options: AssociationOptions,
    seed: int,
    confidence: float,
    permutations: int,
) -> dict[tuple[int, int], dict[str, object]]:
    """What is inferred of each score and measure that have a coefficient."""
    n, own = len(block.kept), labels[block.kept]
    if n < 3:
        return {}
    observed = coefficients(name, block.x, block.y)
    drawn = orderings(n, permutations, stream(seed, "orderings", own))
    counts = np.zeros_like(observed)
    for part in permuted(name, block.x, block.y, drawn.index):
        counts += count_extreme(observed, part, options.tail)
    total, more = len(drawn.index), 0 if drawn.exact else 1
    p = (counts + more) / (total + more)
    p_low, p_high = (p, p) if drawn.exact else proportion_limits(counts, total, confidence)
    low, high = intervals_of(name, observed, n, confidence)
    analytic = analytic_ps(name, observed, block.x, block.y, options.tail)
    numbers = {"estimate": observed, "low": low, "high": high}
    numbers |= {"p_value": p, "p_low": p_low, "p_high": p_high, "p_analytic": analytic}
    method = EXACT_PERMUTATION if drawn.exact else DRAWN_PERMUTATION
    limits = {}
    if options.bootstrap:
        picks = stream(seed, "bootstrap", own).integers(n, size=(options.bootstrap, n))
        limits = _bootstrapped(name, block, picks, observed, confidence)
    found = {}
    for s, m in map(tuple, np.argwhere(~np.isnan(observed)).tolist()):
        estimate, x, y = float(observed[s, m]), block.x[:, s], block.y[:, m]
        row: dict[str, object] = {key: float(value[s, m]) for key, value in numbers.items()}
        row |= {"p_method": method, "p_analytic_method": analytic_method(name, x, y)}
        notes = [interval_note(name, estimate, n)]
        if limits:
            low_, high_, more_notes = limits[s, m]
            row |= {"bootstrap_low": low_, "bootstrap_high": high_, "bootstrap_interval": BCA}
            notes += more_notes
        found[s, m] = row | {"note": "; ".join(filter(None, notes))}
    return found


def _bootstrapped(
    name: str, block: _Block, picks: IndexArray, observed: FloatArray, confidence: float
) -> dict[tuple[int, int], tuple[float, float, list[str]]]:
    """The BCa limits of each score and measure; a few measures at a time, to hold little."""
    found = {}
    others = left_out_once(len(block.kept))
    step = max(1, _HELD // max(1, len(picks) * block.x.shape[1]))
    for start in range(0, block.y.shape[1], step):
        y = block.y[:, start : start + step]
        drawn, jackknife = (
            np.concatenate(list(resampled(name, block.x, y, index))) for index in (picks, others)
        )
        for s, m in np.argwhere(~np.isnan(observed[:, start : start + step])):
            found[int(s), start + int(m)] = bootstrap_limits(
                float(observed[s, start + m]), drawn[:, s, m], jackknife[:, s, m], confidence
            )
    return found


def _marks(
    frame: pd.DataFrame,
    scores: pd.DataFrame,
    measures: pd.DataFrame,
    options: AssociationOptions,
    thresholds: Sequence[float],
) -> list[str]:
    if options.stars is None:
        return [""] * len(frame)
    p = frame["p_value"].to_numpy(copy=True)
    if options.stars.p == ANALYTIC:
        for name in options.coefficients:
            for block in same_gaps(scores, measures):
                if len(block.kept) < 3:
                    continue
                observed = coefficients(name, block.x, block.y)
                found = analytic_ps(name, observed, block.x, block.y, options.stars.tail)
                cells = pd.DataFrame(found, block.scores, block.measures).stack()
                rows = frame["coefficient"].eq(name).to_numpy()
                keys = pd.MultiIndex.from_frame(frame.loc[rows, ["score", "measure"]])
                own = cells.reindex(keys).to_numpy()
                p[rows] = np.where(keys.isin(cells.index), own, p[rows])
    return ["" if np.isnan(value) else stars(float(value), thresholds) for value in p]
