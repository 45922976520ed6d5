"""Comparison of two groups, such as the top and the bottom of a ranking, on ordered ratings."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import contingency

from medlead.performance.exact import FloatArray, IntArray, two_group_tests
from medlead.performance.intervals import NEWCOMBE, cliffs_delta_interval, critical_z

CLIFFS_DELTA = "Cliff's delta"
ODDS_RATIO = "odds ratio (conditional maximum likelihood)"
CORNFIELD = "exact conditional (Cornfield 1956)"
FISHER_EXACT = "Fisher exact, two-sided"

_COUNTS = ("n_top", "n_bottom", "missing_top", "missing_bottom")
GROUP_COLUMNS = (
    "rating",
    *_COUNTS,
    *("median_top", "median_bottom", "median_level_top", "median_level_bottom"),
    *("effect", "estimate", "low", "high", "interval"),
    *("u", "p_value", "p_method", "table_p_value", "table_p_method", "note"),
)
CUT_COLUMNS = (
    *("rating", "cut", "at_least"),
    *_COUNTS,
    *("at_or_above_top", "at_or_above_bottom"),
    *("effect", "estimate", "low", "high", "interval", "p_value", "p_method", "note"),
)


class _Rated(NamedTuple):
    """One rating in both groups: the codes that are there, and how many are not."""

    top: IntArray
    bottom: IntArray
    missing_top: int
    missing_bottom: int

    def counts(self) -> dict[str, object]:
        sizes = (len(self.top), len(self.bottom), self.missing_top, self.missing_bottom)
        return dict(zip(_COUNTS, sizes, strict=True))

    @property
    def empty(self) -> str:
        groups = [n for n, codes in (("top", self.top), ("bottom", self.bottom)) if not len(codes)]
        return f"no rating in the {' and the '.join(groups)} group" if groups else ""


def compare_groups(
    frame: pd.DataFrame,
    group: str,
    ratings: Mapping[str, Sequence[str]],
    *,
    top: str = "top",
    bottom: str = "bottom",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare two groups over the whole ordered scale of each rating, one row per rating.

    `frame` has one row per organisation. Its column `group` holds the labels `top` and `bottom`;
    rows with another label or none are left out. `ratings` maps each coded column to the names
    of its levels from worst to best: the codes are 1 to k, missing values NaN.

    - `n_*`, `missing_*`: rated and unrated members of each group.
    - `median_*`: median code; `median_level_*` its level, or `A to B` when the two middle
      ratings differ.
    - `estimate`: Cliff's delta (1993), P(top better) - P(bottom better), with `low`, `high` by
      Newcombe's method 5 (2006); see `medlead.performance.intervals.cliffs_delta_interval` for
      why.
    - `u`, `p_value`: Mann-Whitney's U of the top group and its exact two-sided p with ties.
    - `table_p_value`: exact Fisher-Freeman-Halton p of the whole level by group table. Both are
      defined in `medlead.performance.exact.two_group_tests`.

    A rating that one group lacks altogether gives NaN and a `note`. Raises KeyError for an
    absent column, ValueError for a code outside 1..k or equal group labels.
    """
    critical_z(confidence)
    rows = []
    for name, levels in ratings.items():
        rated = _rated(frame, group, name, len(levels), top, bottom)
        row: dict[str, object] = dict.fromkeys(GROUP_COLUMNS, np.nan)
        row |= {
            "rating": name,
            **rated.counts(),
            "effect": CLIFFS_DELTA,
            "interval": NEWCOMBE,
        }
        row |= {"p_method": "", "table_p_method": "", "note": rated.empty}
        for side, codes in (("top", rated.top), ("bottom", rated.bottom)):
            row[f"median_{side}"] = float(np.median(codes)) if len(codes) else np.nan
            row[f"median_level_{side}"] = _median_level(codes, levels)
        if not rated.empty:
            row |= _whole_scale(rated, len(levels), confidence)
        rows.append(row)
    return pd.DataFrame(rows, columns=GROUP_COLUMNS)


def compare_cuts(
    frame: pd.DataFrame,
    group: str,
    ratings: Mapping[str, Sequence[str]],
    *,
    top: str = "top",
    bottom: str = "bottom",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare the shares rated at least each level, one row per rating and cut.

    Arguments and errors as for `compare_groups`. A rating of k levels has k - 1 cuts: `cut` is
    the lowest code that counts, `at_least` its level. `estimate` is the odds ratio of top
    against bottom by conditional maximum likelihood, with the exact conditional interval
    (Cornfield 1956); `p_value` is Fisher's exact test, two-sided by adding up the tables that
    are no more probable than the observed one. That p and the equal-tailed interval are two
    definitions and may disagree about 1 near the threshold.

    A zero cell makes the estimate 0 or infinite and that side of the interval unbounded (`inf`
    is kept and noted). When all organisations of both groups fall on one side of the cut nothing
    can be estimated: NaN, an interval from 0 to inf, p = 1 and a note.
    """
    critical_z(confidence)
    rows = []
    for name, levels in ratings.items():
        rated = _rated(frame, group, name, len(levels), top, bottom)
        for cut in range(2, len(levels) + 1):
            row: dict[str, object] = dict.fromkeys(CUT_COLUMNS, np.nan)
            row |= {
                "rating": name,
                "cut": cut,
                "at_least": levels[cut - 1],
                **rated.counts(),
            }
            row |= {"effect": ODDS_RATIO, "interval": CORNFIELD, "note": rated.empty}
            above = [int((codes >= cut).sum()) for codes in (rated.top, rated.bottom)]
            row["at_or_above_top"], row["at_or_above_bottom"] = above
            row["p_method"] = "" if rated.empty else FISHER_EXACT
            if not rated.empty:
                row |= _at_cut(rated, above[0], above[1], confidence)
            rows.append(row)
    return pd.DataFrame(rows, columns=CUT_COLUMNS)


def cliffs_delta(first: FloatArray | IntArray, second: FloatArray | IntArray) -> float:
    """P(first > second) - P(first < second) over all pairs (Cliff 1993); NaN if one is empty."""
    if not len(first) or not len(second):
        return np.nan
    return float(np.sign(np.subtract.outer(first, second)).mean())


def _rated(
    frame: pd.DataFrame, group: str, rating: str, levels: int, top: str, bottom: str
) -> _Rated:
    if top == bottom:
        raise ValueError("the two groups need different labels")
    codes = frame[rating].to_numpy(dtype="float64", na_value=np.nan)
    known = ~np.isnan(codes)
    if not np.isin(codes[known], np.arange(1, levels + 1)).all():
        raise ValueError(f"'{rating}' holds a code outside 1 to {levels}")
    sides = [frame[group].eq(label).fillna(False).to_numpy(dtype=bool) for label in (top, bottom)]
    first, second = (codes[side & known].astype(np.int64) for side in sides)
    lost_first, lost_second = (int((side & ~known).sum()) for side in sides)
    return _Rated(first, second, lost_first, lost_second)


def _median_level(codes: IntArray, levels: Sequence[str]) -> str:
    if not len(codes):
        return ""
    ordered = np.sort(codes)
    lower = levels[int(ordered[(len(codes) - 1) // 2]) - 1]
    upper = levels[int(ordered[len(codes) // 2]) - 1]
    return lower if lower == upper else f"{lower} to {upper}"


def _whole_scale(rated: _Rated, levels: int, confidence: float) -> dict[str, object]:
    table = np.array(
        [np.bincount(codes, minlength=levels + 1)[1:] for codes in (rated.top, rated.bottom)],
        dtype=np.int64,
    )
    tests = two_group_tests(table)
    delta = cliffs_delta(rated.top, rated.bottom)
    low, high = cliffs_delta_interval(delta, len(rated.top), len(rated.bottom), confidence)
    one_level = (table.sum(axis=0) > 0).sum() == 1
    return {
        "estimate": delta,
        "low": low,
        "high": high,
        "u": tests.u,
        "p_value": tests.u_p,
        "p_method": tests.u_method,
        "table_p_value": tests.table_p,
        "table_p_method": tests.table_method,
        "note": "every rating is at one level" if one_level else "",
    }


def _at_cut(rated: _Rated, top: int, bottom: int, confidence: float) -> dict[str, object]:
    table = np.array(
        [[top, len(rated.top) - top], [bottom, len(rated.bottom) - bottom]],
        dtype=np.int64,
    )
    if (table.sum(axis=0) == 0).any():
        uninformed = "all organisations are on one side of the cut: any odds ratio is possible"
        return {"low": 0.0, "high": np.inf, "p_value": 1.0, "note": uninformed}
    result = contingency.odds_ratio(table, kind="conditional")
    limits = result.confidence_interval(confidence_level=confidence)
    unbounded = {0.0: "no lower bound above 0", np.inf: "no finite upper bound"}
    return {
        "estimate": float(result.statistic),
        "low": float(limits.low),
        "high": float(limits.high),
        # The same rule of ties as for the whole table; it is Fisher's test for two levels.
        "p_value": two_group_tests(table[:, ::-1]).table_p,
        "note": unbounded.get(float(result.statistic), ""),
    }
