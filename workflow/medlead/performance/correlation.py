"""Correlation of an engagement score with ratings: three coefficients, exact where possible."""

import zlib
from collections.abc import Hashable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.performance.inference import (
    DRAWN_PERMUTATION,
    EXACT_PERMUTATION,
    analytic_p,
    bootstrap_limits,
    count_extreme,
    degenerate,
    interval_name,
    interval_note,
    intervals_of,
    permutation_p,
)
from medlead.performance.intervals import BCA
from medlead.performance.resampling import FloatArray, Orderings, left_out_once, orderings
from medlead.performance.vectorised import COEFFICIENTS, coefficients, permuted, resampled

__all__ = ["COLUMNS", "DRAWN_PERMUTATION", "EXACT_PERMUTATION", "correlate"]

_NUMBERS = (
    *("estimate", "low", "high", "p_value", "p_low", "p_high", "p_analytic"),
    *("bootstrap_low", "bootstrap_high"),
)
COLUMNS = (
    *("rating", "coefficient", "n", "missing", "estimate", "low", "high", "interval"),
    *("p_value", "p_method", "p_low", "p_high", "p_analytic", "p_analytic_method"),
    *("bootstrap_low", "bootstrap_high", "bootstrap_interval", "note"),
)


def correlate(
    scores: pd.Series,
    ratings: pd.DataFrame,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    permutations: int = 9999,
    strata: pd.Series | None = None,
    bootstrap: int = 0,
) -> pd.DataFrame:
    """Pearson, Spearman and Kendall tau-b of one score with each rating, one row per pair.

    `scores`, `ratings` and `strata` share one index; ratings are numeric codes in which a higher
    code is better. A row counts for a rating when both its score and that rating are present:
    `n` such rows, `missing` the others.

    - `low`, `high`: interval by the method named in `interval`.
    - `p_value`: two-sided permutation p for exchangeable ratings, the chance of a coefficient at
      least as far from zero. All orderings are used when there are at most 8! of them; else
      `permutations` are drawn and p = (b + 1)/(m + 1) (Phipson and Smyth 2010), with the exact
      interval of Clopper and Pearson for the Monte Carlo error in `p_low`, `p_high`. With
      `strata`, ratings are exchanged only among rows of one stratum. It is a test of
      independence: for Pearson's r it is not a test of zero correlation among dependent values.
    - `p_analytic`: Student's t on n - 2 df for Pearson and (approximately) Spearman; for Kendall
      the exact distribution without ties up to n = 33, else the normal approximation with ties.
      It takes no account of strata.
    - `bootstrap_low`, `bootstrap_high`: BCa interval from that many resamples of the rows (0:
      none), the same for the three coefficients. A resample whose score or rating is constant
      has no coefficient; such resamples are left out and counted in `note`, and beyond one in a
      hundred there is no interval.

    Every rating has its own stream of random numbers, made of one draw from `rng` and the
    rating's name, so neither the order nor the number of ratings changes a result.

    Degenerate input (fewer than 3 pairs, a constant) gives NaN and says so in `note`. Raises
    ValueError when the indexes differ, a value is infinite, a stratum is missing, or an option
    is out of range.
    """
    _check_options(scores, ratings, strata, confidence, permutations, bootstrap)
    root = int(rng.integers(2**63))
    x = _numbers(scores)
    codes = None if strata is None else pd.factorize(strata)[0].astype(np.intp)
    rows: list[dict[str, object]] = []
    for name in ratings.columns:
        own = np.random.default_rng([root, zlib.crc32(str(name).encode())])
        y = _numbers(ratings[name])
        kept = ~(np.isnan(x) | np.isnan(y))
        within = None if codes is None else codes[kept]
        pair = _Pair(name, x[kept], y[kept], int((~kept).sum()))
        rows.extend(_rows(pair, within, confidence, permutations, bootstrap, own))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"n": "int64", "missing": "int64"} | dict.fromkeys(_NUMBERS, "float64"))


class _Pair(NamedTuple):
    rating: Hashable
    x: FloatArray
    y: FloatArray
    missing: int


def _check_options(
    scores: pd.Series,
    ratings: pd.DataFrame,
    strata: pd.Series | None,
    confidence: float,
    permutations: int,
    bootstrap: int,
) -> None:
    if not scores.index.equals(ratings.index):
        raise ValueError("scores and ratings must have the same index")
    if not ratings.columns.is_unique:
        raise ValueError("each rating must have its own name")
    if strata is not None:
        if not strata.index.equals(scores.index):
            raise ValueError("scores and strata must have the same index")
        if strata.isna().any():
            raise ValueError("every row needs a stratum")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if permutations < 1:
        raise ValueError("at least one permutation is needed")
    if bootstrap < 0:
        raise ValueError("the number of bootstrap resamples cannot be negative")


def _numbers(values: pd.Series) -> FloatArray:
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    if np.isinf(numbers).any():
        raise ValueError(f"'{values.name}' holds an infinite value")
    return np.asarray(numbers, dtype=np.float64)


def _rows(
    pair: _Pair,
    strata: NDArray[np.intp] | None,
    confidence: float,
    permutations: int,
    bootstrap: int,
    rng: np.random.Generator,
) -> list[dict[str, object]]:
    n = len(pair.x)
    reason = degenerate(pair.x, pair.y)
    drawn = None if reason else orderings(n, permutations, rng, strata)
    picks = rng.integers(n, size=(bootstrap, n)) if drawn is not None else np.empty((0, n), int)
    rows = []
    for name in COEFFICIENTS:
        row: dict[str, object] = dict.fromkeys(COLUMNS, "") | dict.fromkeys(_NUMBERS, np.nan)
        row |= {"rating": pair.rating, "coefficient": name, "n": n, "missing": pair.missing}
        row |= {"interval": interval_name(name), "note": reason}
        if drawn is not None:
            row |= _inferred(name, pair, drawn, confidence)
            if bootstrap:
                row |= _bootstrap(name, pair, picks, confidence, str(row["note"]))
        rows.append(row)
    return rows


def _inferred(name: str, pair: _Pair, drawn: Orderings, confidence: float) -> dict[str, object]:
    x, y = pair.x[:, None], pair.y[:, None]
    observed = coefficients(name, x, y)
    blocks = permuted(name, x, y, drawn.index)
    count = sum(int(count_extreme(observed, block, "two-sided").item()) for block in blocks)
    found = permutation_p(count, len(drawn.index), drawn.exact, confidence)
    estimate = observed.item()
    low, high = (limit.item() for limit in intervals_of(name, observed, len(x), confidence))
    note = interval_note(name, estimate, len(x))
    p, method = analytic_p(name, estimate, pair.x, pair.y)
    return {
        "estimate": estimate,
        "low": low,
        "high": high,
        "note": note,
        "p_value": found.p,
        "p_method": found.method,
        "p_low": found.low,
        "p_high": found.high,
        "p_analytic": p,
        "p_analytic_method": method,
    }


def _bootstrap(
    name: str, pair: _Pair, picks: NDArray[np.intp], confidence: float, note: str
) -> dict[str, object]:
    x, y = pair.x[:, None], pair.y[:, None]
    drawn, jackknife = (
        np.concatenate([block.ravel() for block in resampled(name, x, y, index)])
        for index in (picks, left_out_once(len(x)))
    )
    estimate = coefficients(name, x, y).item()
    low, high, notes = bootstrap_limits(estimate, drawn, jackknife, confidence)
    return {
        "bootstrap_low": low,
        "bootstrap_high": high,
        "bootstrap_interval": BCA,
        "note": "; ".join(filter(None, [note, *notes])),
    }
