"""Printed coefficients whose identified sets are known: which no declared way can give."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.performance.completion_plan import ANY_CODING
from medlead.performance.identified import NO, YES
from medlead.performance.identified_words import bounds_text, way_words
from medlead.verdicts.judgement import Judgement
from medlead.verdicts.relations import Cell, Key
from medlead.verdicts.solved import Solved

BOUNDED = "bounds"
"""The first word of the rule of a cell that is bounded by what hidden records can be."""


def told_of_bounds(sets: pd.DataFrame | None, cells: Sequence[Cell]) -> Solved:
    """The judgement of every printed coefficient with identified sets.

    `sets` has one line per cell and way to compute it (`item`, `row`, `column`, `attained`,
    `low`, `high`). A cell that no completion gives by any declared way differs; one that some
    completion gives by some way is only bounded, and its rule names those ways with their
    bounds. Where a way is open, nothing follows. Raises ValueError for a cell that is not printed.
    """
    if sets is None or sets.empty:
        return Solved()
    printed = {cell.key for cell in cells}
    conflicts: dict[Key, Judgement] = {}
    met: dict[Key, Judgement] = {}
    asked = sets[sets["item"].fillna("") != ""]
    for group, part in asked.groupby(["item", "row", "column"], sort=False):
        item, row, column = map(str, group)
        key = (item, row, column)
        if key not in printed:
            raise ValueError(f"bounded, but not printed: {key}")
        lines = part.to_dict("records")
        ways = [line for line in lines if line["attained"] == YES]
        named = [line for line in ways if line["coding"] != ANY_CODING] or ways
        if ways:
            met[key] = Judgement(
                Verdict.NOT_DERIVABLE,
                EvidenceClass.PRINTED_AGGREGATES,
                rule=f"{BOUNDED}: {'; '.join(map(_bounds, named))}",
                reason=Reason.ONLY_BOUNDED,
            )
        elif all(line["attained"] == NO for line in lines):
            conflicts[key] = Judgement(
                Verdict.DIFFERS,
                EvidenceClass.PRINTED_AGGREGATES,
                rule=f"{BOUNDED}: {'; '.join(map(_bounds, lines))}",
                reason=Reason.CONFLICTS_WITH_PRINT,
            )
    return Solved(conflicts, met)


def _bounds(line: Mapping[Hashable, Any]) -> str:
    way = way_words(*(str(line[name]) for name in ("method", "coding", "ties")))
    return f"{way} {bounds_text(float(str(line['low'])), float(str(line['high'])))}"
