"""The step as a whole: engagement, ratings and structure of the same organisations together."""

import pandas as pd

from medlead.performance.triangulation import Settings, engagement_pairs, overall
from medlead.performance.triangulation_agreement import agreement, counterparts, matrix
from medlead.performance.triangulation_data import Material
from medlead.performance.triangulation_sites import ahead, by_band, profiles
from medlead.performance.triangulation_structure import compare_strengths, structure_tests
from medlead.performance.triangulation_variations import conflicts, variations
from medlead.performance.triangulation_words import all_said


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
    return told | {"says": all_said(told, by, material.labels)}
