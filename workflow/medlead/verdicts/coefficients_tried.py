"""Printed coefficients: every declared way to compute them from the records that are printed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.performance.completion_plan import CompletionPlan
from medlead.performance.resampling import FloatArray, kendall, pearson, spearman
from medlead.ratings import RatingScale, code
from medlead.verdicts.grid import TriedNumber, Try, numeric
from medlead.verdicts.relations import Cell

COEFFICIENTS = "coefficients"
COMPUTED: Mapping[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "Pearson": pearson,
    "Spearman": spearman,
    "Kendall tau-b": kendall,
}
LEFT_OUT, WORST, BEST = "left out", "as the worst level", "as the best level"
ALL_RECORDS, TOP, BOTTOM = "all records", "top group", "bottom group"
SCORE, GROUP = "score", "top against bottom"
_TOP = "top"


def coefficient_numbers(
    records: pd.DataFrame,
    scales: Mapping[str, RatingScale],
    plan: CompletionPlan,
    declared: Mapping[str, Sequence[str]],
    rounding: Sequence[str],
    cells: Sequence[Cell],
    *,
    group: str = "rank_group",
) -> list[TriedNumber]:
    """The coefficients of the printed score with each printed rating, with all tries for them.

    `records` hold the score (`plan.column`), ratings in the levels of `scales`, and the
    column `group` with the end of the ranking that a record belongs to. `declared` lists
    `coefficients`, `records`, `missing` and `score`; codings are those of `plan` that fit the
    levels. None is plain: the print's coefficients are over more records than it prints.
    """
    here = [c for c in cells if c.key[0] == plan.item and c.kind == "statistic"]
    texts = {c.key: c.text for c in here}
    numbers = []
    for rating, measure in plan.ratings.items():
        key = (plan.item, measure, plan.score)
        if measure and key in texts:
            tries = tuple(_tries(records, scales[rating], rating, plan, declared, rounding, group))
            others = tuple(text for k, text in texts.items() if k != key)
            numbers.append(TriedNumber(key, COEFFICIENTS, texts[key], tries, others))
    return numbers


def _tries(
    records: pd.DataFrame,
    scale: RatingScale,
    rating: str,
    plan: CompletionPlan,
    declared: Mapping[str, Sequence[str]],
    rounding: Sequence[str],
    group: str,
) -> Iterator[Try]:
    levels = code(records[rating], scale)
    size = len(scale.levels)
    codings = {name: c for name, c in plan.codings.items() if len(c) == size}
    is_top = records[group].astype(str) == _TOP
    chosen_of = {ALL_RECORDS: is_top | ~is_top, TOP: is_top, BOTTOM: ~is_top}
    for of, score, missing, (coding, scores) in (
        (of, score, missing, coding)
        for of in declared["records"]
        for score in declared["score"]
        for missing in declared["missing"]
        for coding in codings.items()
    ):
        x = is_top.astype(float) if score == GROUP else records[plan.column].astype(float)
        filled = levels.fillna({WORST: 1, BEST: size}.get(missing, np.nan))
        chosen = filled.notna() & chosen_of[of]
        y = filled[chosen].astype(int).map(dict(enumerate(scores, start=1))).astype(float)
        if (missing != LEFT_OUT and levels.notna().all()) or _constant(x[chosen]) or _constant(y):
            continue
        for name in declared["coefficients"]:
            r = COMPUTED[name](*(np.asarray(v, dtype=np.float64) for v in (x[chosen], y)))
            told = f"{name}; {coding}; {of}; missing {missing}; {score}; n = {len(y)}"
            yield from numeric(
                told,
                Fraction(float(np.asarray(r).item())),
                rounding,
                evidence=EvidenceClass.PRINTED_RECORDS,
            )


def _constant(values: "pd.Series[Any]") -> bool:
    return values.nunique() < 2
