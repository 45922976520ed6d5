"""Every way to fill in the middle of a ranked sample of which only the two ends are printed.

Of a sample ranked by a score, the units at both ends are known with a rating each, the units
between them are not. What is known of a hidden unit is that its score lies between those of its
two printed neighbours, and that its rating is one of the levels of the scale. A completion gives
all of them a score and a rating. What a coefficient can be over all completions is its identified
set (Manski 2003); a printed coefficient outside it was not computed from this sample so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.performance.resampling import FloatArray

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Ends:
    """A ranked sample without its middle: S shown units in ascending order, and hidden ones.

    `low`, `high`: the scores that each printed score can stand for (S). `codes`: the level of
    each shown unit, 0 for the worst, -1 where it has none (S). `below`: how many shown units
    are below the hidden ones. `hidden`: how many hidden units have a rating (all others count
    for nothing). `levels`: how many levels the scale has.
    """

    low: FloatArray
    high: FloatArray
    codes: IntArray
    below: int
    hidden: int
    levels: int

    def __post_init__(self) -> None:
        shown = len(self.low)
        if not len(self.high) == len(self.codes) == shown or not 0 < self.below < shown:
            raise ValueError("each shown unit needs two limits and a code, with some at each end")
        if (self.low > self.high).any() or (self.low[1:] < self.high[:-1] - 1e-9).any():
            raise ValueError("the scores must ascend, without two that may change places")
        if self.hidden < 0 or not np.isin(self.codes, np.arange(-1, self.levels)).all():
            raise ValueError(f"a code must be -1 or below {self.levels}, and no count negative")
        if self.n < 3:
            raise ValueError("a coefficient needs three rated units")

    @property
    def rated(self) -> NDArray[np.bool_]:
        """Which shown units have a rating."""
        return self.codes >= 0

    @property
    def n(self) -> int:
        """How many units the coefficient rests on."""
        return int(self.rated.sum()) + self.hidden

    def counts(self) -> IntArray:
        """How many hidden units have each level, one row per multiset of ratings."""
        return multisets(self.hidden, self.levels)

    def shown_counts(self) -> IntArray:
        """How many shown units have each level."""
        return np.bincount(self.codes[self.rated], minlength=self.levels).astype(np.int64)


def ends_of(
    scores: "pd.Series[float]",
    codes: "pd.Series[float]",
    *,
    below: int,
    sample: int,
    n: int,
    levels: int,
    half: float,
) -> Ends:
    """The ends of a sample of `sample` units, of which `n` have this rating.

    `scores` are printed ones, right to `half` a unit of their last digit; `codes` run from 1 for
    the worst to `levels`, NaN where there is no rating. The `below` lowest are below the hidden
    ones, all others above. Raises ValueError where n leaves fewer than none or more than all of
    the hidden units with a rating, or where scores tie.
    """
    order = np.argsort(scores.to_numpy(), kind="stable")
    score = scores.to_numpy(dtype=np.float64)[order]
    code = codes.to_numpy(dtype=np.float64)[order]
    hidden = n - int((~np.isnan(code)).sum())
    if not 0 <= hidden <= sample - len(score):
        shown = len(score) - int(np.isnan(code).sum())
        raise ValueError(f"n = {n} does not fit {shown} of {len(score)} shown in {sample}")
    whole = np.where(np.isnan(code), 0, code).astype(np.int64) - 1
    low, high = (np.asarray(score + side, dtype=np.float64) for side in (-half, half))
    return Ends(low, high, whole, below, hidden, levels)


def multisets(size: int, kinds: int) -> IntArray:
    """All ways to give `size` equal things one of `kinds` each, as counts: C(size+kinds-1, size).

    Sorted from all of the first kind to all of the last.
    """
    bars = list(combinations(range(size + kinds - 1), kinds - 1))
    cuts = np.array(bars, dtype=np.int64).reshape(len(bars), kinds - 1)
    edges = np.column_stack([np.full(len(cuts), -1), cuts, np.full(len(cuts), size + kinds - 1)])
    return np.asarray((np.diff(edges, axis=1) - 1)[::-1], dtype=np.int64)


def completed(
    ends: Ends, shown: FloatArray, middle: FloatArray, codes: Sequence[int]
) -> pd.DataFrame:
    """One completion as a frame: `score` and `code` of every rated unit, ascending, and `hidden`.

    `shown` has the S scores of the shown units, `middle` and `codes` one of each hidden one.
    """
    kept = ends.rated
    frame = pd.DataFrame(
        {
            "score": [*shown[kept], *middle],
            "code": [*ends.codes[kept], *codes],
            "hidden": [False] * int(kept.sum()) + [True] * len(middle),
        }
    )
    # A tie with a neighbour must not put a hidden unit outside its place in the list.
    place = [*np.where(np.arange(len(kept)) < ends.below, 0, 2)[kept], *[1] * len(middle)]
    return (
        frame.assign(place=place)
        .sort_values(["place", "score", "code"], kind="stable", ignore_index=True)
        .drop(columns="place")
    )


def admits(ends: Ends, shown: FloatArray, middle: FloatArray, *, slack: float = 1e-9) -> bool:
    """Whether these scores are a completion: each within its limits, the middle in the middle."""
    inside = (shown >= ends.low - slack).all() and (shown <= ends.high + slack).all()
    floor, ceiling = shown[ends.below - 1], shown[ends.below]
    return bool(inside and (middle >= floor - slack).all() and (middle <= ceiling + slack).all())
