"""What the verdicts mean: how the conclusions stand, and what every wrong thing changes."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claims import Claims
from medlead.verdicts.conclusions import conclusion_counts, judge_conclusions
from medlead.verdicts.counterfactual import Print
from medlead.verdicts.impact import Weighing, impact_counts, weigh_impact


@dataclass(frozen=True)
class Meaning:
    """The conclusions with their standing, what each wrong thing changes, and the counts."""

    conclusions: pd.DataFrame
    impact: pd.DataFrame
    summary: dict[str, Any]


def what_it_means(
    conclusions: pd.DataFrame,
    found: Claims,
    printed: Print,
    context: Context,
    cells: pd.DataFrame,
    audit: pd.DataFrame,
    file: str = "conclusions.csv",
) -> Meaning:
    """Judge the conclusions on the claims, and weigh what is wrong.

    `conclusions` has the columns of data/published/conclusions.csv, `cells` are the verdicts on
    cells and `audit` the findings, all as text. Raises ProblemsFound for checks of conclusions
    that cannot be evaluated.
    """
    stands = judge_conclusions(conclusions, found.claims, context, file)
    weighing = Weighing(printed, found.claims, found.judged, conclusions, context)
    impact = weigh_impact(weighing, cells, audit)
    return Meaning(stands, impact, conclusion_counts(stands) | impact_counts(impact))
