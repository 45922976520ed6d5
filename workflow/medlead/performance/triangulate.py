"""The step as a whole: engagement, ratings and structure of the same organisations together."""

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.performance.triangulation import Settings, engagement_pairs, overall
from medlead.performance.triangulation_agreement import agreement, counterparts, matrix
from medlead.performance.triangulation_data import Material
from medlead.performance.triangulation_sites import ahead, by_band, profiles
from medlead.performance.triangulation_structure import compare_strengths, structure_tests
from medlead.performance.triangulation_variations import conflicts, variations
from medlead.performance.triangulation_words import all_said

POWER = ("detectable", "detectable_tau", "detectable_holm", "power_at_most")


def triangulate(material: Material, by: Settings) -> dict[str, pd.DataFrame]:
    """Every table of the step by its name; see the functions that make them."""
    varied = variations(material, by)
    found = {
        "pairs": engagement_pairs(material, by),
        "overall": overall(material, by),
        "agreement": agreement(material, by),
        "counterparts": counterparts(material, by),
        "matrix": matrix(material, by),
        "structure": structure_tests(material, by),
        "strengths": compare_strengths(material, by),
        "sites": profiles(material, by.plan),
        "ahead": ahead(material, by.plan),
        "bands": by_band(material, by),
        "variations": varied,
        "conflicts": conflicts(by, varied),
    }
    # What has nothing to tell still has its last column.
    told = {
        n: t if len(t.columns) else pd.DataFrame(columns=["evidence"]) for n, t in found.items()
    }
    told["says"] = all_said(told, by, material.labels)
    return told | power_apart(told["pairs"], told["structure"])


def power_apart(pairs: pd.DataFrame, structure: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tests and what they could show as tables of their own: power rests on draws from a model.

    `pairs` and `structure` without the columns `POWER`, and `power` with these for every test
    that has any: `sample`, `variable` ("" for engagement), `measure` (source.column), simulated.
    """
    names = pairs["source"] + "." + pairs["measure"] if len(pairs) else pd.Series(dtype=str)
    whole = pd.concat([pairs.assign(variable="", measure=names), structure], ignore_index=True)
    columns = ["sample", "variable", "measure", *POWER]
    power = whole.reindex(columns=columns).dropna(subset=list(POWER), how="all")
    power = power.assign(evidence=str(EvidenceClass.SIMULATED)).reset_index(drop=True)
    kept = {"pairs": pairs, "structure": structure}
    return {name: t.drop(columns=[c for c in POWER if c in t]) for name, t in kept.items()} | {
        "power": power
    }
