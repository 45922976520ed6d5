"""Correlation of an engagement score with ratings: three coefficients, exact where possible."""

import zlib
from collections.abc import Callable, Hashable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from medlead.performance.intervals import (
    BCA,
    BONETT_WRIGHT,
    FIELLER,
    FISHER,
    bca_interval,
    fisher_interval,
    kendall_interval,
    proportion_interval,
    spearman_interval,
)
from medlead.performance.resampling import (
    FloatArray,
    Orderings,
    extreme_count,
    kendall,
    orderings,
    pearson,
    spearman,
)
from medlead.performance.significance import p_from_r

EXACT_PERMUTATION = "permutation, all orderings"
DRAWN_PERMUTATION = "permutation, drawn orderings"
_LARGEST_EXACT_KENDALL = 33
_MOST_UNDEFINED = 0.01


class _Coefficient(NamedTuple):
    name: str
    compute: Callable[[FloatArray, FloatArray], FloatArray]
    limits: Callable[[float, int, float], tuple[FloatArray, FloatArray]]
    interval: str
    smallest_n: int


_COEFFICIENTS = (
    _Coefficient("Pearson", pearson, fisher_interval, FISHER, 4),
    _Coefficient("Spearman", spearman, spearman_interval, BONETT_WRIGHT, 4),
    _Coefficient("Kendall tau-b", kendall, kendall_interval, FIELLER, 5),
)

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
    reason = _degenerate(pair)
    drawn = None if reason else orderings(n, permutations, rng, strata)
    picks = rng.integers(n, size=(bootstrap, n)) if drawn is not None else np.empty((0, n), int)
    rows = []
    for coefficient in _COEFFICIENTS:
        row: dict[str, object] = dict.fromkeys(COLUMNS, "") | dict.fromkeys(_NUMBERS, np.nan)
        row |= {"rating": pair.rating, "coefficient": coefficient.name, "n": n}
        row |= {
            "missing": pair.missing,
            "interval": coefficient.interval,
            "note": reason,
        }
        if drawn is not None:
            estimate = _estimate(pair, coefficient)
            row |= {"estimate": estimate} | _interval(coefficient, estimate, n, confidence)
            row |= _permutation_p(pair, coefficient, drawn, estimate, confidence)
            row |= _analytic_p(pair, coefficient, estimate)
            if bootstrap:
                row |= _bootstrap(pair, coefficient, estimate, picks, confidence, row["note"])
        rows.append(row)
    return rows


def _degenerate(pair: _Pair) -> str:
    if len(pair.x) < 3:
        return "fewer than 3 pairs"
    constant = [
        name for name, values in (("score", pair.x), ("rating", pair.y)) if np.ptp(values) == 0
    ]
    return f"constant {' and '.join(constant)}" if constant else ""


def _estimate(pair: _Pair, coefficient: _Coefficient) -> float:
    estimate = float(coefficient.compute(pair.x, pair.y))
    # Rounding may leave a perfect association a hair below 1.
    return float(np.sign(estimate)) if abs(estimate) > 1 - 1e-12 else estimate


def _interval(
    coefficient: _Coefficient, estimate: float, n: int, confidence: float
) -> dict[str, object]:
    if n < coefficient.smallest_n:
        needed = f"no interval: its standard error needs at least {coefficient.smallest_n} pairs"
        return {"note": needed}
    low, high = (float(limit) for limit in coefficient.limits(estimate, n, confidence))
    width = "perfect association: the interval has no width" if abs(estimate) == 1 else ""
    return {"low": low, "high": high, "note": width}


def _permutation_p(
    pair: _Pair,
    coefficient: _Coefficient,
    drawn: Orderings,
    estimate: float,
    confidence: float,
) -> dict[str, object]:
    values = pair.y
    compute = coefficient.compute
    x = pair.x
    if compute is spearman:  # reordering does not change the ranks: rank once
        x, values = (np.asarray(stats.rankdata(v), dtype=np.float64) for v in (x, values))
        compute = pearson
    count = extreme_count(estimate, compute(x, values[drawn.index]))
    total = len(drawn.index)
    if drawn.exact:
        p = count / total
        return {"p_value": p, "p_method": EXACT_PERMUTATION, "p_low": p, "p_high": p}
    low, high = proportion_interval(count, total, confidence)
    p = (count + 1) / (total + 1)
    return {"p_value": p, "p_method": DRAWN_PERMUTATION, "p_low": low, "p_high": high}


def _analytic_p(pair: _Pair, coefficient: _Coefficient, estimate: float) -> dict[str, object]:
    n = len(pair.x)
    if coefficient.compute is not kendall:
        p = float(p_from_r(estimate, n, "two-sided"))
        approximate = " (approximation)" if coefficient.compute is spearman else ""
        return {
            "p_analytic": p,
            "p_analytic_method": f"Student t, n - 2 df{approximate}",
        }
    untied = len(np.unique(pair.x)) == n and len(np.unique(pair.y)) == n
    exact = untied and n <= _LARGEST_EXACT_KENDALL
    result = stats.kendalltau(pair.x, pair.y, method="exact" if exact else "asymptotic")
    method = "exact without ties" if exact else "normal approximation with ties"
    return {"p_analytic": float(result.pvalue), "p_analytic_method": method}


def _bootstrap(
    pair: _Pair,
    coefficient: _Coefficient,
    estimate: float,
    picks: NDArray[np.int64],
    confidence: float,
    note: object,
) -> dict[str, object]:
    resampled = coefficient.compute(pair.x[picks], pair.y[picks])
    everyone = np.arange(len(pair.x))
    others = np.array([np.delete(everyone, left_out) for left_out in everyone])
    jackknife = coefficient.compute(pair.x[others], pair.y[others])
    undefined = int(np.isnan(resampled).sum())
    low = high = np.nan
    notes = [str(note)] if note else []
    if undefined:
        notes.append(f"{undefined} of {len(picks)} bootstrap resamples are constant, left out")
    if undefined <= _MOST_UNDEFINED * len(picks):
        defined = resampled[~np.isnan(resampled)]
        low, high = bca_interval(estimate, defined, jackknife, confidence)
    if np.isnan(low):
        notes.append("no bootstrap interval")
    return {
        "bootstrap_low": low,
        "bootstrap_high": high,
        "bootstrap_interval": BCA,
        "note": "; ".join(notes),
    }
