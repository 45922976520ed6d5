"""What the verdicts mean: how the conclusions stand, and what every wrong thing changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.verdicts.answer import ANSWER_COLUMNS, Declared, answer_counts, answered
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claim_verdicts import BETWEEN
from medlead.verdicts.claims import Claims
from medlead.verdicts.conclusions import conclusion_counts, judge_conclusions
from medlead.verdicts.counterfactual import Print
from medlead.verdicts.findings import BETWEEN_CHECKS, Severity
from medlead.verdicts.impact import FINDING, Weighing, impact_counts, weigh_impact


@dataclass(frozen=True)
class Meaning:
    """The conclusions with their standing, the answer, what each wrong thing changes, counts."""

    conclusions: pd.DataFrame
    impact: pd.DataFrame
    answer: pd.DataFrame
    summary: dict[str, Any]


def what_it_means(
    conclusions: pd.DataFrame,
    found: Claims,
    printed: Print,
    context: Context,
    cells: pd.DataFrame,
    audit: pd.DataFrame,
    file: str = "conclusions.csv",
    declared: Declared | None = None,
) -> Meaning:
    """Judge the conclusions on the claims, answer the question, and weigh what is wrong.

    `conclusions` has the columns of data/published/conclusions.csv, `cells` are the verdicts on
    cells and `audit` the findings, all as text; `declared` is the question, where there is one.
    Raises ProblemsFound for checks of conclusions that cannot be evaluated.
    """
    stands = judge_conclusions(conclusions, found.claims, context, file)
    weighing = Weighing(printed, found.claims, found.judged, conclusions, context)
    impact = weigh_impact(weighing, cells, audit)
    bears = findings_on(impact, audit, declared.bears if declared else {})
    stands["findings"] = [BETWEEN.join(bears.get(str(n), ())) for n in stands["conclusion"]]
    answer = (
        answered(declared, stands, context)
        if declared
        else pd.DataFrame(columns=[*ANSWER_COLUMNS, "evidence"])
    )
    counts = conclusion_counts(stands) | impact_counts(impact) | answer_counts(answer)
    return Meaning(stands, impact, answer, counts)


def findings_on(
    impact: pd.DataFrame, audit: pd.DataFrame, declared: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """The findings that bear on each conclusion, the gravest first.

    A finding bears on a conclusion by `bears_on` of `impact`, or because it is `declared` for
    one of its checks. Where `audit` no longer has the check, nothing bears by it.
    """
    order = list(map(str, Severity))
    graver = sorted(audit.to_dict("records"), key=lambda row: order.index(str(row["severity"])))
    by_cause = impact[impact["kind"] == FINDING].set_index("about")["bears_on"]
    found: dict[str, list[str]] = {}
    for row in graver:
        name = str(row["finding"])
        conclusions = [c for c in str(by_cause.get(name, "")).split(BETWEEN) if c]
        for check in str(row["check"]).split(BETWEEN_CHECKS):
            conclusions += declared.get(check, ())
        for conclusion in dict.fromkeys(conclusions):
            found.setdefault(conclusion, []).append(name)
    return found
