"""Judging printed significance marks from printed correlations and sample sizes.

The report prints r, n and stars for 80 correlations (section 6.3, Table 28) without naming the
test. Here each mark is compared with what Student's t test of r gives, two-sided and one-sided,
carrying the rounding interval of r through to the p-value.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from medlead.performance.intervals import fisher_interval
from medlead.printed import EXACT, NO_MATCH, WITHIN_ROUNDING

FloatArray: TypeAlias = NDArray[np.float64]
Tail = Literal["two-sided", "greater", "less", "one-sided"]
Adjustment = Literal["holm", "benjamini-hochberg"]

THRESHOLDS = (0.05, 0.01, 0.001)
JUDGED_TAILS: tuple[Tail, ...] = ("two-sided", "one-sided")
MATCHES = (EXACT, WITHIN_ROUNDING, NO_MATCH)
ADJUSTMENTS: tuple[Adjustment, ...] = get_args(Adjustment)

__all__ = [
    "ADJUSTMENTS",
    "EXACT",
    "JUDGED_TAILS",
    "MATCHES",
    "NO_MATCH",
    "THRESHOLDS",
    "WITHIN_ROUNDING",
    "Adjustment",
    "Tail",
    "adjust",
    "critical_r",
    "fisher_interval",
    "holm",
    "implied_stars",
    "judge_stars",
    "p_from_r",
    "sample_size",
    "stars",
    "survivors",
    "tally",
]


def p_from_r(r: ArrayLike, n: ArrayLike, tail: Tail = "two-sided") -> FloatArray:
    """The p-value of Pearson's r from n pairs, t = r√((n-2)/(1-r²)) on n-2 df (Student 1908).

    Vectorised over r and n. `one-sided` is the tail on the side of r's sign, which is half the
    two-sided p; it flatters a direction chosen after seeing r. NaN where r or n is missing or
    n < 3. Raises ValueError for |r| > 1 or an unknown tail.
    """
    _check_tail(tail)
    value, size = np.broadcast_arrays(np.asarray(r, dtype=float), np.asarray(n, dtype=float))
    if np.any(np.abs(value) > 1):
        raise ValueError("a correlation must lie between -1 and 1")
    df = np.where(size >= 3, size - 2, np.nan)
    with np.errstate(divide="ignore"):  # |r| = 1 gives an infinite t and p = 0
        t = value * np.sqrt(df / (1 - value**2))
    if tail == "greater":
        p = stats.t.sf(t, df)
    elif tail == "less":
        p = stats.t.cdf(t, df)
    else:
        p = stats.t.sf(np.abs(t), df) * (2 if tail == "two-sided" else 1)
    return np.asarray(p, dtype=np.float64)


def stars(p: float, thresholds: Sequence[float] = THRESHOLDS) -> str:
    """One star per threshold that p is strictly below: '' to '***' for the usual three.

    Raises ValueError when p is not a probability (NaN too: no p, no mark).
    """
    if not 0 <= p <= 1:
        raise ValueError(f"a p-value must lie between 0 and 1, not {p}")
    return "*" * sum(p < threshold for threshold in thresholds)


def implied_stars(
    r_low: float,
    r_high: float,
    n: int,
    tail: Tail = "two-sided",
    thresholds: Sequence[float] = THRESHOLDS,
) -> frozenset[str]:
    """Every mark that some r in the closed interval [r_low, r_high] would carry.

    Raises ValueError for an interval that is empty or n < 3.
    """
    p_low, p_high = p_range(r_low, r_high, n, tail)
    fewest, most = len(stars(p_high, thresholds)), len(stars(p_low, thresholds))
    # p is continuous in r, so every mark between the two extremes is reached.
    return frozenset("*" * count for count in range(fewest, most + 1))


def p_range(r_low: float, r_high: float, n: int, tail: Tail) -> tuple[float, float]:
    """The smallest and the largest p over r in [r_low, r_high]; limits beyond ±1 are cut off."""
    _check_tail(tail)
    low, high = max(r_low, -1.0), min(r_high, 1.0)
    if not low <= high:
        raise ValueError(f"[{r_low}, {r_high}] holds no correlation")
    if n < 3:
        raise ValueError("a p-value needs n of at least 3")
    candidates = [low, high]
    if tail in ("two-sided", "one-sided") and low < 0 < high:
        candidates.append(0.0)  # the weakest r lies inside
    p = p_from_r(candidates, n, tail)
    return float(p.min()), float(p.max())


def judge_stars(
    cells: pd.DataFrame,
    tails: Sequence[Tail] = JUDGED_TAILS,
    thresholds: Sequence[float] = THRESHOLDS,
) -> pd.DataFrame:
    """Compare each printed mark with the marks its printed r and n imply, under each tail.

    `cells` has one row per correlation: measure, scale, r, r_low, r_high (the interval that the
    printed r stands for), n, printed (the mark, '' for none). The result has one row per cell and
    tail, with p at the printed r, `p_low` and `p_high` over the interval, `implied` (the mark at
    the printed r), `implied_fewest` and `implied_most` (over the interval) and `match`:
    `exact` when the printed mark is `implied`, `within rounding` when only another r of the
    interval gives it, `no` otherwise.

    Raises ValueError when a mark is not made of stars, or r, its interval or n is missing or
    contradictory.
    """
    most_stars = len(thresholds)
    rows = []
    for tail in tails:
        for cell, printed in zip(_cells(cells), cells["printed"].astype(str), strict=True):
            if printed not in {"*" * count for count in range(most_stars + 1)}:
                raise ValueError(f"'{printed}' is not a mark of at most {most_stars} stars")
            p_low, p_high = p_range(cell.r_low, cell.r_high, cell.n, tail)
            p = float(p_from_r(cell.r, cell.n, tail))
            possible = implied_stars(cell.r_low, cell.r_high, cell.n, tail, thresholds)
            implied = stars(p, thresholds)
            rows.append(
                {
                    **cell._asdict(),
                    "printed": printed,
                    "tail": tail,
                    "p": p,
                    "p_low": p_low,
                    "p_high": p_high,
                    "implied": implied,
                    "implied_fewest": min(possible, key=len),
                    "implied_most": max(possible, key=len),
                    "match": _match(printed, implied, possible),
                }
            )
    return pd.DataFrame(rows)


class _Cell(NamedTuple):
    measure: str
    scale: str
    r: float
    r_low: float
    r_high: float
    n: int


def _cells(frame: pd.DataFrame) -> list[_Cell]:
    names = (frame[column].astype(str) for column in ("measure", "scale"))
    numbers = (
        frame[c].to_numpy(dtype="float64", na_value=np.nan) for c in ("r", "r_low", "r_high")
    )
    sizes = frame["n"].astype("int64")
    cells = [_Cell(*values) for values in zip(*names, *numbers, sizes, strict=True)]
    for cell in cells:
        if not cell.r_low <= cell.r <= cell.r_high:
            raise ValueError(f"r of {cell} does not lie in its own interval")
    return cells


def _match(printed: str, implied: str, possible: frozenset[str]) -> str:
    if printed == implied:
        return EXACT
    return WITHIN_ROUNDING if printed in possible else NO_MATCH


def tally(judged: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Count the matches of each tail (and of each value of the columns `by`).

    From the result of `judge_stars`. One row per group: tail, `cells`, `exact`,
    `within_rounding`, `no`, and `matched` = exact + within_rounding.
    """
    keys = ["tail", *by]
    counts = judged.groupby([*keys, "match"], sort=False).size().unstack("match", fill_value=0)
    counts = counts.reindex(columns=list(MATCHES), fill_value=0)
    table = pd.DataFrame(
        {
            "cells": counts.sum(axis=1),
            "exact": counts[EXACT],
            "within_rounding": counts[WITHIN_ROUNDING],
            "no": counts[NO_MATCH],
            "matched": counts[EXACT] + counts[WITHIN_ROUNDING],
        }
    )
    # Keep the order in which the groups first appear.
    first_seen = pd.MultiIndex.from_frame(judged[keys].drop_duplicates())
    order = first_seen if by else first_seen.get_level_values(0)
    return table.reindex(order).reset_index()


def adjust(p: ArrayLike, method: Adjustment) -> FloatArray:
    """p-values adjusted for the number of tests, in the given order; NaN stay and do not count.

    `holm` (1979) bounds the chance of one false finding whatever the dependence;
    `benjamini-hochberg` (1995) bounds the expected share of false findings for tests that are
    independent or positively dependent. Raises ValueError for another method or a p outside
    [0, 1].
    """
    if method not in ADJUSTMENTS:
        raise ValueError(f"the method must be one of {', '.join(ADJUSTMENTS)}, not '{method}'")
    values = np.asarray(p, dtype=float)
    if np.any((values < 0) | (values > 1)):
        raise ValueError("a p-value must lie between 0 and 1")
    known = ~np.isnan(values)
    adjusted = np.full(values.shape, np.nan)
    if known.any():
        by = holm if method == "holm" else stats.false_discovery_control
        adjusted[known] = by(values[known])
    return adjusted


def holm(p: ArrayLike) -> FloatArray:
    """p-values adjusted by Holm (1979), in the given order; none may be missing.

    Written out, since the libraries at hand either lack it or collect garbage at every call.
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    stepped = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted


def survivors(cells: pd.DataFrame, alpha: float = 0.05) -> pd.DataFrame:
    """Which correlations stay below alpha, unadjusted and adjusted for all rows of the frame.

    `cells` has the columns of `judge_stars`. One row per cell and adjustment (`none`, `holm`,
    `benjamini-hochberg`), with the adjusted two-sided `p`, its `p_low` and `p_high` when every r
    lies at the strong or the weak end of its rounding interval, and `below`: `yes` or `no`
    when both ends agree, else `depends on rounding`. Both adjustments rise with every single p,
    so the true adjusted p lies between the two.

    Raises ValueError for alpha outside (0, 1) or a bad interval.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha}")
    ranges = [p_range(c.r_low, c.r_high, c.n, "two-sided") for c in _cells(cells)]
    lows = np.array([low for low, _ in ranges], dtype=float)
    highs = np.array([high for _, high in ranges], dtype=float)
    p = p_from_r(cells["r"].to_numpy(dtype=float), cells["n"].to_numpy(dtype=float))
    parts = []
    for method in (None, *ADJUSTMENTS):
        value, low, high = (
            raw if method is None else adjust(raw, method) for raw in (p, lows, highs)
        )
        below = np.where(high < alpha, "yes", np.where(low < alpha, "depends on rounding", "no"))
        part = cells[["measure", "scale", "r", "n"]].reset_index(drop=True)
        parts.append(
            part.assign(
                adjustment=method or "none",
                p=value,
                p_low=low,
                p_high=high,
                below=below,
            )
        )
    return pd.concat(parts, ignore_index=True)


def critical_r(n: ArrayLike, alpha: float = 0.05, tail: Tail = "two-sided") -> FloatArray:
    """The |r| beyond which Pearson's r from n pairs has p < alpha: t/√(t² + n - 2).

    Vectorised over n; NaN where n < 3. For `less`, r must lie below the negative of it. Raises
    ValueError unless 0 < alpha < 1, and for a single tail unless alpha ≤ 1/2.
    """
    _check_tail(tail)
    if not 0 < alpha < 1 or (tail != "two-sided" and alpha > 0.5):
        raise ValueError(f"no critical |r| exists for alpha = {alpha}, {tail}")
    size = np.asarray(n, dtype=float)
    df = np.where(size >= 3, size - 2, np.nan)
    t = stats.t.isf(alpha / 2 if tail == "two-sided" else alpha, df)
    return np.asarray(t / np.sqrt(t**2 + df), dtype=np.float64)


def sample_size(r: float, alpha: float = 0.05, power: float = 0.8, tail: Tail = "two-sided") -> int:
    """How many pairs a test of no correlation needs to notice a true correlation of `r`.

    The smallest n with which Fisher's z, taken as normal with variance 1 / (n - 3), passes
    `alpha` with at least the chance `power` (Fisher 1921; Cohen 1988). Raises ValueError where
    r is 0 or not between -1 and 1, or where alpha or power is no probability between 0 and 1.
    """
    _check_tail(tail)
    if not 0 < abs(r) < 1 or not 0 < alpha < 1 or not 0 < power < 1:
        raise ValueError(
            f"r {r}, alpha {alpha}, power {power}: r is to lie in (-1, 0) or (0, 1), "
            "the others in (0, 1)"
        )
    tails = 2 if tail == "two-sided" else 1
    reach = stats.norm.isf(alpha / tails) + stats.norm.ppf(power)
    return int(np.ceil(max(reach, 0) ** 2 / np.arctanh(abs(r)) ** 2 + 3))


def _check_tail(tail: str) -> None:
    if tail not in get_args(Tail):
        raise ValueError(f"the tail must be one of {', '.join(get_args(Tail))}, not '{tail}'")
