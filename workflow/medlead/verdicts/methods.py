"""The search for the method behind each printed number, as one function (section 4.1, 6.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.performance.completion_plan import CompletionPlan
from medlead.performance.hypotheses import MarkReading
from medlead.performance.trusts import printed_correlations
from medlead.ratings import RatingScale
from medlead.verdicts.bases import percentage_numbers
from medlead.verdicts.coefficients_tried import coefficient_numbers
from medlead.verdicts.counts_tried import declared_numbers, merged, relation_numbers
from medlead.verdicts.declared import expand
from medlead.verdicts.grid import numbers_frame, tally_frame, tries_frame, weigh
from medlead.verdicts.marks_tried import mark_numbers
from medlead.verdicts.percentages import percentages_frame
from medlead.verdicts.relations import numeric_values, printed_cells, test_instance


@dataclass(frozen=True)
class Methods:
    """What was tried: every try, every number, the counts by kind, and the percentages."""

    tries: pd.DataFrame
    numbers: pd.DataFrame
    tally: pd.DataFrame
    percentages: pd.DataFrame


def try_methods(
    cells: pd.DataFrame,
    relations: Sequence[Mapping[str, Any]],
    declared: Mapping[str, Any],
    *,
    reading: MarkReading,
    thresholds: Sequence[float],
    trusts: pd.DataFrame,
    scales: Mapping[str, RatingScale],
    plan: CompletionPlan,
    returns: pd.DataFrame | None = None,
    judged: pd.DataFrame | None = None,
) -> Methods:
    """Try every declared method for every printed number that can be computed.

    `cells` are the printed cells, `relations` those between them, `declared` the content of
    methods.yaml; `reading` and `thresholds` are of the printed marks, `trusts` with `scales`
    and `plan` the records behind printed coefficients, `returns` coded returns of the survey.
    `judged` gives the verdicts that are told beside. Raises DeclarationError where something
    declared is not printed, ValueError for a percentage that nothing is declared for.
    """
    printed = printed_cells(cells)
    texts, values = {c.key: c.text for c in printed}, numeric_values(printed)
    instances = expand(relations, printed)
    outcomes = [test_instance(i, values, texts) for i in instances]
    rounding = declared["rounding"]
    found = merged(
        [
            *percentage_numbers(declared["percentages"], rounding, instances, printed, values),
            *relation_numbers(declared["relations"], outcomes, printed),
            *declared_numbers(declared["numbers"], rounding, printed, returns),
            *mark_numbers(
                printed_correlations(cells), reading, thresholds, declared["marks"]["sizes"]
            ),
            *coefficient_numbers(trusts, scales, plan, declared["coefficients"], rounding, printed),
        ]
    )
    order = {c.key: place for place, c in enumerate(printed)}
    # Where there are no returns, nothing was tried for what is counted in them.
    tried = [n for n in found if n.tries]
    weighed = [weigh(n) for n in sorted(tried, key=lambda n: order[n.key])]
    limit = declared["lucky"]
    verdicts = {}
    if judged is not None:
        keys = zip(judged["item"], judged["row"], judged["column"], strict=True)
        verdicts = dict(zip(keys, judged["verdict"].astype(str), strict=True))
    return Methods(
        tries_frame(weighed, limit),
        numbers_frame(weighed, limit, verdicts),
        tally_frame(weighed, limit),
        percentages_frame(printed, instances, values, declared["percentages"], rounding),
    )
