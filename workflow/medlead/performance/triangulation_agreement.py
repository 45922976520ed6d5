"""How far the measures, and the sources they come from, rank the same organisations alike."""

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from medlead.performance.concordance import (
    concordance_test,
    mean_spearman,
    mean_spearman_test,
)
from medlead.performance.resampling import kendall, spearman
from medlead.performance.triangulation import (
    ALL,
    NO,
    YES,
    Settings,
    kendall_chances,
    pair_of,
    shows_order,
)
from medlead.performance.triangulation_data import Material, composites, numbers, only

COMPLETE, SHARED, EACH_PAIR = "complete organisations", "measures that all have", "all pairs"
W, MEAN_SPEARMAN = "Kendall's W", "mean Spearman"
SOURCES = "sources"


def agreement(material: Material, by: Settings) -> pd.DataFrame:
    """How far the measures of a source, and the sources, rank the organisations alike.

    Kendall's W needs complete rankings: of the organisations that have all measures, or on the
    measures that all organisations have. The mean Spearman's r over all pairs needs neither. Over
    all and in each stratum; measures without an order there are left out. The sources are compared
    by the mean relative rank on their measures (`composites`) and by engagement.
    """
    rows = []
    parts = [(ALL, material)]
    strata = sorted(s for s in material.strata.unique() if s)
    parts += [(str(s), only(material, (str(s),))) for s in strata if len(strata) > 1]
    for sample, part in parts:
        for source in by.plan.sources:
            measures = [m for m in part.values.columns if part.source(m) == source]
            table = part.values[measures]
            told = material.resting(source) if measures else ""
            shared = [m for m in measures if table[m].notna().all()]
            bases = {COMPLETE: table.dropna(), SHARED: table[shared], EACH_PAIR: table}
            if shared == measures:
                del bases[SHARED]
            for basis, chosen in bases.items():
                row = _agree(chosen, basis, by, f"{sample}/{source}/{basis}")
                if row:
                    rows.append({"sample": sample, "source": source, **row, "evidence": told})
        among = source_ranks(part, by)
        row = _agree(among.dropna(), COMPLETE, by, f"{sample}/sources")
        if row:
            told = material.resting(*among.columns)
            rows.append({"sample": sample, "source": SOURCES, **row, "evidence": told})
    return pd.DataFrame(rows)


def source_ranks(material: Material, by: Settings) -> pd.DataFrame:
    """One number for each organisation and source: engagement and the mean relative ranks."""
    found = {"engagement": material.engagement}
    for source in by.plan.sources:
        measures = [m for m in material.values.columns if material.source(m) == source]
        if measures:
            smallest = min(by.plan.smallest_n, max(3, len(material.values)))
            found[source] = composites(material.values[measures], smallest=smallest)
    return pd.DataFrame(found)


def _agree(table: pd.DataFrame, basis: str, by: Settings, name: str) -> dict[str, Any]:
    ordered = [c for c in table.columns if shows_order(numbers(table[c].dropna()))]
    constant = table.shape[1] - len(ordered)
    rankings = numbers(table[ordered]).T
    if len(ordered) < 2 or len(table) < 3:
        return {}
    pairs, without = 0, 0
    if basis == EACH_PAIR:
        if not np.isnan(rankings).any():
            return {}  # W of the complete rankings says it all.
        found = mean_spearman_test(
            rankings, draws=by.permutations, rng=by.stream(name), confidence=by.confidence
        )
        _, pairs, without = mean_spearman(rankings)
    else:
        found = concordance_test(
            rankings,
            most=by.plan.most,
            draws=by.permutations,
            rng=by.stream(name),
            confidence=by.confidence,
        )
    return {
        "basis": basis,
        "coefficient": MEAN_SPEARMAN if basis == EACH_PAIR else W,
        "n": len(table),
        "measures": len(ordered),
        "without_order": constant,
        "pairs": pairs or "",
        "pairs_without_value": without if pairs else "",
        "estimate": found.estimate,
        "p": found.p,
        "p_low": found.p_low,
        "p_high": found.p_high,
        "method": found.method,
    }


def counterparts(material: Material, by: Settings) -> pd.DataFrame:
    """Measures of two sources that are about the same thing: how far they order alike.

    A name of a source alone stands for its mean relative rank. `same_order`, `opposite` and `tied`
    count pairs of organisations.
    """
    ranks = source_ranks(material, by)
    rows = []
    for first, second in by.plan.counterparts:
        columns = [_either(material, ranks, name) for name in (first, second)]
        if any(c is None for c in columns):
            continue
        rows.append(
            {
                "first": first,
                "second": second,
                **_order(columns[0], columns[1], by, f"{first}/{second}"),
                "evidence": material.resting(material.source(first), material.source(second)),
            }
        )
    return pd.DataFrame(rows)


def _either(material: Material, ranks: pd.DataFrame, name: str) -> Any:
    if name in ranks:
        return ranks[name]
    return material.values.get(name)


def _order(first: Any, second: Any, by: Settings, name: str) -> Mapping[str, Any]:
    pair = pair_of(first, second, by, name)
    i, j = np.triu_indices(len(pair.x), k=1)
    signs = np.sign(pair.x[i] - pair.x[j]) * np.sign(pair.y[i] - pair.y[j])
    told: dict[str, Any] = {
        "n": len(pair.x),
        "tau": math.nan,
        "spearman": math.nan,
        "same_order": int((signs > 0).sum()),
        "opposite": int((signs < 0).sum()),
        "tied": int((signs == 0).sum()),
        "p_two_sided": math.nan,
        "p_greater": math.nan,
        "smallest_two_sided": math.nan,
        "arrangements": 0,
        "exact": "",
    }
    if not pair.orders:
        return told
    found = kendall_chances(pair)
    return told | {
        "tau": float(kendall(pair.x, pair.y)),
        "spearman": float(spearman(pair.x, pair.y)),
        "p_two_sided": found.two_sided,
        "p_greater": found.greater,
        "smallest_two_sided": found.smallest_two_sided,
        "arrangements": found.arrangements,
        "exact": YES if found.exact else NO,
    }


def matrix(material: Material, by: Settings) -> pd.DataFrame:
    """Every pair of measures, engagement first: tau-b, n and exact p. Nothing is adjusted."""
    columns = {"engagement": material.engagement}
    columns |= {m: material.values[m] for m in material.values.columns}
    rows = []
    for first, second in combinations(columns, 2):
        found = _order(columns[first], columns[second], by, f"matrix/{first}/{second}")
        told = material.resting(material.source(first), material.source(second))
        rows.append({"first": first, "second": second, **found, "evidence": told})
    return pd.DataFrame(rows)
