"""What each single unit does to every coefficient and group statistic, and to its decision."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from medlead.performance.exact import two_group_tests
from medlead.performance.groups import cliffs_delta
from medlead.performance.permutation import (
    concordance_null,
    concordance_sum,
    doubled_ranks,
    product,
    product_null,
    whole,
)
from medlead.performance.resampling import FloatArray, kendall, pearson, spearman

COEFFICIENTS = ("Pearson", "Spearman", "Kendall tau-b")
DELTA = "Cliff's delta"
NOBODY = ""
YES, NO = "yes", "no"


def exact_p(x: FloatArray, y: FloatArray, statistic: str, decimals: int) -> tuple[float, float]:
    """A coefficient and its exact two-sided permutation p; p is NaN where it is too much work.

    `statistic` is `Pearson` (scores with so many decimals, ratings as whole codes), `Spearman` or
    `Kendall tau-b`. Both are NaN where a variable is constant.
    """
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan, np.nan
    if statistic == "Kendall tau-b":
        codes = doubled_ranks(x), doubled_ranks(y)
        null = concordance_null(*codes)
        p = np.nan if null is None else null.p_value(concordance_sum(*codes))
        return float(kendall(x, y)), p
    if statistic == "Spearman":
        pair, estimate = (doubled_ranks(x), doubled_ranks(y)), float(spearman(x, y))
    else:
        pair, estimate = (whole(x, decimals), whole(y, 0)), float(pearson(x, y))
    null = product_null(*pair)
    return estimate, np.nan if null is None else null.p_value(product(*pair))


def leave_one_out(
    units: "pd.Series[str]",
    scores: "pd.Series[float]",
    coded: pd.DataFrame,
    groups: "pd.Series[str]",
    levels: Mapping[str, int],
    ends: Sequence[str],
    *,
    alpha: float,
    decimals: int,
) -> pd.DataFrame:
    """Every statistic with all units (`left_out` empty) and without each of them in turn.

    `ends` are the labels of the upper and of the lower group; the groups stay as they are. One
    row per rating, statistic and unit left out: `estimate`, `change` against all units, exact
    two-sided `p_value`, `p_holm` over the ratings (same statistic, same unit left out), and
    `passes` whether p_holm is below alpha. `turns`: whether that differs from all units. Cliff's
    delta has the p of Mann and Whitney.
    """
    lines = []
    x, labels = scores.to_numpy(dtype=np.float64), groups.to_numpy()
    for left in (None, *range(len(units))):
        kept = np.ones(len(units), dtype=bool)
        if left is not None:
            kept[left] = False
        for rating in coded.columns:
            codes = coded[rating].to_numpy(dtype=np.float64)
            rated = kept & ~np.isnan(codes)
            for name in COEFFICIENTS:
                found = exact_p(x[rated], codes[rated], name, decimals)
                lines.append((rating, name, left, int(rated.sum()), *found))
            delta, p = group_test(codes[rated], labels[rated], levels[str(rating)], ends)
            lines.append((rating, DELTA, left, int(rated.sum()), delta, p))
    columns = ["rating", "statistic", "left_out", "n", "estimate", "p_value"]
    frame = pd.DataFrame(lines, columns=columns)
    frame["left_out"] = [
        NOBODY if pd.isna(at) else str(units.iloc[int(at)]) for at in frame["left_out"]
    ]
    frame["p_holm"] = holm_within(frame, ["statistic", "left_out"])
    frame["passes"] = np.where(frame["p_holm"] < alpha, YES, NO)
    whole_of = frame[frame["left_out"] == NOBODY].set_index(["rating", "statistic"])
    keys = list(zip(frame["rating"], frame["statistic"], strict=True))
    before = whole_of.loc[keys].reset_index()
    frame["change"] = frame["estimate"] - before["estimate"]
    frame["turns"] = np.where(frame["passes"] != before["passes"], YES, NO)
    return frame


def leave_two_out(
    units: "pd.Series[str]",
    coded: pd.DataFrame,
    groups: "pd.Series[str]",
    levels: Mapping[str, int],
    ends: Sequence[str],
    *,
    alpha: float,
) -> pd.DataFrame:
    """Cliff's delta without each pair of units: the weakest result, and how many turn it.

    One row per rating: `first`, `second` the pair without which Mann and Whitney's exact p is
    largest, `estimate` and `p_value` then, `p_holm` over the ratings without that pair, and of
    `pairs` those after which Holm's p passes where all units do not, or the reverse (`turning`).
    """
    labels = groups.to_numpy()
    pairs = [None, *combinations(range(len(units)), 2)]
    table = np.full((len(pairs), len(coded.columns), 2), np.nan)
    for row, pair in enumerate(pairs):
        kept = np.ones(len(units), dtype=bool)
        kept[list(pair or ())] = False
        for column, rating in enumerate(coded.columns):
            codes = coded[rating].to_numpy(dtype=np.float64)
            rated = kept & ~np.isnan(codes)
            table[row, column] = group_test(codes[rated], labels[rated], levels[str(rating)], ends)
    holm = holm_rows(table[:, :, 1])
    passes = holm < alpha
    lines = []
    for column, rating in enumerate(coded.columns):
        worst = 1 + int(np.nanargmax(table[1:, column, 1]))
        pair = pairs[worst]
        assert pair is not None
        rated = coded[rating].notna().to_numpy(copy=True)
        rated[list(pair)] = False
        lines.append(
            {
                "rating": rating,
                "statistic": DELTA,
                "first": str(units.iloc[pair[0]]),
                "second": str(units.iloc[pair[1]]),
                "n": int(rated.sum()),
                "estimate": table[worst, column, 0],
                "p_value": table[worst, column, 1],
                "p_holm": holm[worst, column],
                "passes_with_all": YES if passes[0, column] else NO,
                "pairs": len(pairs) - 1,
                "turning": int((passes[1:, column] != passes[0, column]).sum()),
            }
        )
    return pd.DataFrame(lines)


def group_test(
    codes: FloatArray, labels: "np.typing.NDArray[np.object_]", levels: int, ends: Sequence[str]
) -> tuple[float, float]:
    """Cliff's delta of the first against the second group, and Mann and Whitney's exact p."""
    sides = [codes[labels == end].astype(np.int64) for end in ends]
    if not all(len(side) for side in sides):
        return np.nan, np.nan
    table = np.array([np.bincount(side, minlength=levels + 1)[1:] for side in sides])
    return cliffs_delta(*sides), two_group_tests(table.astype(np.int64)).u_p


def holm_within(frame: pd.DataFrame, by: Sequence[str]) -> "pd.Series[float]":
    """Holm's adjusted p of the column `p_value`, over the rows of each group of `by`."""
    found = pd.Series(np.nan, index=frame.index)
    for _, rows in frame.groupby(list(by), sort=False):
        p = rows["p_value"].to_numpy(dtype=np.float64)
        found.loc[rows.index] = holm_rows(p[None, :])[0]
    return found


def holm_rows(p: FloatArray) -> FloatArray:
    """Holm's (1979) adjusted p within each row; NaN stay and do not count.

    As `significance.adjust`, for many rows at once.
    """
    order = np.argsort(p, axis=1, kind="stable")  # NaN come last
    ranked = np.take_along_axis(p, order, axis=1)
    left = (~np.isnan(p)).sum(axis=1, keepdims=True) - np.arange(p.shape[1])
    raised = np.minimum(np.maximum.accumulate(ranked * left, axis=1), 1.0)
    found = np.empty_like(p)
    np.put_along_axis(found, order, raised, axis=1)
    return found
