"""The figures of the engagement scale (report, sections 6.2 to 6.8: Figures 32 to 88)."""

from collections.abc import Callable, Iterator, Mapping

from medlead.evidence import EvidenceClass
from medlead.present.engagement_bars import draw_answers, draw_components
from medlead.present.engagement_declared import CONCEPTUAL, EngagementPlan
from medlead.present.engagement_diagrams import draw_grid, draw_model, draw_tree
from medlead.present.engagement_map import draw_map
from medlead.present.engagement_standing import draw_hierarchy, draw_overview
from medlead.present.engagement_topic import Results, Topic
from medlead.present.style import Figure

_DRAWN: Mapping[str, Callable[[Topic], Figure]] = {
    "model": draw_model,
    "tree": draw_tree,
    "grid": draw_grid,
    "overview": draw_overview,
    "hierarchy": draw_hierarchy,
    "components": draw_components,
    "map": draw_map,
    "answers": draw_answers,
}


def draw_engagement(
    plan: EngagementPlan,
    results: Results,
    evidence: EvidenceClass,
    *,
    confidence: float = 0.95,
) -> Iterator[tuple[str, Figure]]:
    """Every declared figure with its item, in the order of the declaration.

    `evidence` is the class of ranks, `confidence` the coverage with which they were
    scored; diagrams are conceptual, and answers to Section B have no rank. Raises ProblemsFound
    for a site that the responses do not have.
    """
    for declared in plan.figures:
        own = EvidenceClass.CONCEPTUAL if declared.kind in CONCEPTUAL else evidence
        if declared.kind == "answers":
            own = results.responses
        topic = Topic(declared, plan, results, own, confidence)
        yield declared.figure, _DRAWN[declared.kind](topic)
