"""The organisations themselves: where each stands on each measure, and which is ahead of which."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from medlead.performance.triangulation import ALL, NO, YES, Settings
from medlead.performance.triangulation_data import Material, numbers, only
from medlead.performance.triangulation_plan import TriangulationPlan

ENGAGEMENT = "engagement"
KNOWN, UNKNOWN, DOES_NOT_APPLY = "yes", "not known", "does not apply"


def profiles(material: Material, plan: TriangulationPlan) -> pd.DataFrame:
    """Each organisation on each measure, engagement first; organisations and measures in order.

    `text` is the level as written, `place` where it stands from 0 (worst possible) to 1 (best):
    levels evenly apart, numbers on their range, bands by their order, scores by their rank.
    `better`, `same`, `worse` count the other organisations that are so; `_there` those of the
    same stratum.
    """
    rows: list[dict[str, Any]] = []
    columns = {ENGAGEMENT: (material.engagement, material.bands, _places(material, plan))}
    for m in material.values.columns:
        columns[m] = (material.values[m], material.texts[m], material.places[m])
    for measure, (values, texts, places) in columns.items():
        source = material.source(measure)
        for site in material.values.index:
            value = values[site]
            known = KNOWN if value == value else DOES_NOT_APPLY if texts[site] else UNKNOWN
            row: dict[str, Any] = {
                "site": site,
                "stratum": material.strata[site],
                "source": source,
                "measure": measure.partition(".")[2] or measure,
                "label": material.labels.get(measure, plan.engagement),
                "text": texts[site],
                "known": known,
                "value": value,
                "place": places[site],
            }
            there = values[material.strata == material.strata[site]]
            row |= _others(values, value, "") | _others(there, value, "_there")
            rows.append(row | {"evidence": material.resting(source)})
    return pd.DataFrame(rows)


def _places(material: Material, plan: TriangulationPlan) -> "pd.Series[float]":
    banded = set(material.bands) - {""} <= set(plan.bands) and material.banded
    if banded and len(plan.bands) > 1:
        return (material.engagement - 1) / (len(plan.bands) - 1)
    known = material.engagement.count()
    return (material.engagement.rank() - 1) / max(known - 1, 1)


def _others(values: "pd.Series[float]", value: float, suffix: str) -> dict[str, Any]:
    if value != value:
        return {f"{k}{suffix}": "" for k in ("better", "same", "worse")}
    return {
        f"better{suffix}": int((values > value).sum()),
        f"same{suffix}": int((values == value).sum()) - 1,
        f"worse{suffix}": int((values < value).sum()),
    }


def ahead(material: Material, plan: TriangulationPlan) -> pd.DataFrame:
    """Every two organisations: on how many measures the first is better, the same, worse.

    Over all measures of each source and over all sources, in all organisations and within each
    stratum. `first_ahead` says whether the first is nowhere worse and somewhere better;
    `second_ahead` the reverse.
    """
    rows = []
    for sample, part in _parts(material):
        for source in (ALL, *plan.sources):
            kept = [m for m in part.values.columns if source in (ALL, part.source(m))]
            if not kept:
                continue
            table = part.values[kept]
            evidence = part.resting(*dict.fromkeys(map(part.source, kept)))
            for first, second in combinations(table.index, 2):
                a, b = numbers(table.loc[first]), numbers(table.loc[second])
                both = ~(np.isnan(a) | np.isnan(b))
                better, worse = int((a > b)[both].sum()), int((a < b)[both].sum())
                rows.append(
                    {
                        "sample": sample,
                        "source": source,
                        "first": first,
                        "second": second,
                        "measures": int(both.sum()),
                        "better": better,
                        "same": int(both.sum()) - better - worse,
                        "worse": worse,
                        "first_ahead": YES if better and not worse else NO,
                        "second_ahead": YES if worse and not better else NO,
                        "evidence": evidence,
                    }
                )
    return pd.DataFrame(rows)


def _parts(material: Material) -> Iterator[tuple[str, Material]]:
    yield ALL, material
    for stratum in sorted(s for s in material.strata.unique() if s):
        if (material.strata == stratum).sum() > 1 and material.strata.nunique() > 1:
            yield str(stratum), only(material, (str(stratum),))


def by_band(material: Material, by: Settings) -> pd.DataFrame:
    """The levels of each measure in each band of engagement, and whether bands overlap.

    Per measure and band: organisations, their levels with how many have each, and against each
    other band how many pairs of organisations are in the order of engagement (`agree`), against
    it (`disagree`) or equal (`equal`), summed over the bands below. Scores without bands of
    their own are left out.
    """
    rows = []
    bands = [b for b in by.plan.bands if (material.bands == b).any()]
    for measure in material.values.columns:
        for place, band in enumerate(bands):
            inside = material.values.loc[material.bands == band, measure].dropna()
            below = material.values.loc[material.bands.isin(bands[:place]), measure].dropna()
            signs = np.sign(numbers(inside)[:, None] - numbers(below)[None, :])
            counted = material.texts.loc[inside.sort_values().index, measure].value_counts(
                sort=False
            )
            rows.append(
                {
                    "source": material.source(measure),
                    "measure": measure.partition(".")[2],
                    "label": material.labels[measure],
                    "band": band,
                    "organisations": " ".join(map(str, sorted(inside.index))),
                    "levels": "; ".join(f"{level} ({n})" for level, n in counted.items()),
                    "agree": int((signs > 0).sum()),
                    "equal": int((signs == 0).sum()),
                    "disagree": int((signs < 0).sum()),
                    "evidence": material.resting("engagement", material.source(measure)),
                }
            )
    return pd.DataFrame(rows)
