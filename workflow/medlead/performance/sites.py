"""Self-ratings and national measures of the nine sites (report section 6.9).

Tables 31 and 32 are laid out from records by `medlead.layout`; here is what they
leave out: the spread of each self-rating and how often each level occurs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from medlead.describe import Row, counts, joined, spread
from medlead.evidence import EvidenceClass
from medlead.layout import lay_out
from medlead.ratings import RatingScale


def self_ratings_added(
    ratings: pd.DataFrame, scales: Mapping[str, RatingScale], evidence: EvidenceClass
) -> pd.DataFrame:
    """Lowest, median and highest self-rating, over all measures and for each (0–10)."""
    measures = [c for c in ratings.columns if c in scales]
    rows: list[Row] = []
    for name in measures:
        rows += spread(ratings[name], evidence, label=scales[name].label)
        rows += counts(ratings, name, evidence, label=f"{scales[name].label}: sites by rating")
    every = pd.DataFrame({"rating": pd.concat([ratings[m].astype(float) for m in measures])})
    rows += spread(every["rating"], evidence, label="All self-ratings")
    rows += counts(every, "rating", evidence, label="All self-ratings: number by rating")
    return joined(rows)


def measures_added(
    measures: pd.DataFrame, scales: Mapping[str, RatingScale], evidence: EvidenceClass
) -> pd.DataFrame:
    """How many sites have each level of each national measure, and how many it cannot apply to."""
    rows: list[Row] = []
    for name in (c for c in measures.columns if c in scales):
        applicable = measures.get(f"{name}_applicable")
        part = measures if applicable is None else measures[applicable]
        label = scales[name].label
        rows += counts(part, name, evidence, label=label)
        missing = len(measures) - len(part)
        if missing:
            rows.append(
                (
                    label,
                    "not applicable",
                    missing,
                    str(missing),
                    len(measures),
                    evidence,
                )
            )
    return joined(rows)


def performance_tables(
    self_ratings: pd.DataFrame,
    measures: pd.DataFrame,
    scales: Mapping[str, Mapping[str, RatingScale]],
    layouts: Mapping[str, Any],
    evidence: Sequence[EvidenceClass],
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Tables 31 and 32, and beside each what it leaves out, by item.

    `scales` are the rating scales by record file; `evidence` the classes of the
    two files in the order of the frames.
    """
    tables = {
        "table-31": lay_out(self_ratings, layouts["table-31"], evidence[0]),
        "table-32": lay_out(measures, layouts["table-32"], evidence[1]),
    }
    added = {
        "table-31": self_ratings_added(self_ratings, scales["site_self_ratings"], evidence[0]),
        "table-32": measures_added(measures, scales["site_performance"], evidence[1]),
    }
    return tables, added
