"""Which significance marks would fall under a conventional test, corrected for many tests.

The report marks 80 correlations (section 6.3, Table 28) and corrects for no number of tests.
"""

import itertools
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.performance.hypotheses import (
    CARRIED,
    NO_ADJUSTMENT,
    NOT_CARRIED,
    PER_MEASURE,
    MarkReading,
)
from medlead.performance.significance import THRESHOLDS, Adjustment, adjust, stars

KEPT, FEWER, LOST, MORE = "kept", "fewer stars", "no star left", "more stars"


def regrade(
    cells: pd.DataFrame,
    reading: MarkReading,
    thresholds: Sequence[float] = THRESHOLDS,
) -> pd.DataFrame:
    """The mark of each cell under the two-sided test, as it is and adjusted for many tests.

    One row per cell, adjustment and family. Adjusted p rise with every single p, so the p of the
    strong and of the weak ends of all rounding intervals bound the true adjusted p: `mark_most`
    and `mark_fewest`. `change` compares with the printed mark: `kept` (given by the
    interval), `fewer stars`, `no star left`, `more stars`; it is at the printed r as
    `change_as_printed`. Without adjustment there is only one family.
    """
    test = reading.decision_test
    sizes = [int(n) for n in cells["n"]]
    at_r = np.array([test.p(r, n) for r, n in zip(cells["r"], sizes, strict=True)])
    ends = [
        test.p_range(low, high, n, "two-sided")
        for low, high, n in zip(cells["r_low"], cells["r_high"], sizes, strict=True)
    ]
    strong, weak = (np.array(side, dtype=float) for side in zip(*ends, strict=True))
    measures = cells["measure"].astype(str).to_numpy()
    parts = []
    for adjustment, family in itertools.product(reading.adjustments, reading.families):
        if adjustment == NO_ADJUSTMENT and family != reading.families[0]:
            continue
        groups = measures if family == PER_MEASURE else np.full(len(cells), "")
        p, low, high = (_adjusted(raw, groups, adjustment) for raw in (at_r, strong, weak))
        frame = cells[["measure", "scale", "r", "n", "printed"]].reset_index(drop=True)
        frame = frame.assign(
            adjustment=adjustment,
            family="" if adjustment == NO_ADJUSTMENT else family,
            p=p,
            p_low=low,
            p_high=high,
            mark=[stars(value, thresholds) for value in p],
            mark_fewest=[stars(value, thresholds) for value in high],
            mark_most=[stars(value, thresholds) for value in low],
        )
        changes = [
            (_change(was, m, m), _change(was, f, g))
            for was, m, f, g in zip(
                *(frame[c] for c in ("printed", "mark", "mark_fewest", "mark_most")), strict=True
            )
        ]
        frame["change_as_printed"] = [now for now, _ in changes]
        frame["change"] = [over for _, over in changes]
        parts.append(frame.assign(evidence=str(EvidenceClass.PRINTED_AGGREGATES)))
    return pd.concat(parts, ignore_index=True)


def _adjusted(p: Any, groups: Any, adjustment: str) -> Any:
    if adjustment == NO_ADJUSTMENT:
        return p
    found = np.empty(len(p))
    for group in dict.fromkeys(groups):
        members = groups == group
        found[members] = adjust(p[members], cast(Adjustment, adjustment))
    return found


def _change(printed: str, fewest: str, most: str) -> str:
    if len(fewest) <= len(printed) <= len(most):
        return KEPT
    if len(printed) > len(most):
        return FEWER if most else LOST
    return MORE


def count_changes(regraded: pd.DataFrame) -> pd.DataFrame:
    """How many printed marks stay, weaken, go or rise, per adjustment and family.

    `marked` counts the cells that carry a star in print; the others follow `change`.
    """
    rows = []
    for (adjustment, family), part in regraded.groupby(["adjustment", "family"], sort=False):
        for rounding, column in ((NOT_CARRIED, "change_as_printed"), (CARRIED, "change")):
            counts = part[column].value_counts()
            rows.append(
                {
                    "adjustment": adjustment,
                    "family": family,
                    "rounding": rounding,
                    "cells": len(part),
                    "marked": int((part["printed"] != "").sum()),
                    "kept": int(counts.get(KEPT, 0)),
                    "fewer_stars": int(counts.get(FEWER, 0)),
                    "no_star_left": int(counts.get(LOST, 0)),
                    "more_stars": int(counts.get(MORE, 0)),
                    "evidence": str(EvidenceClass.PRINTED_AGGREGATES),
                }
            )
    return pd.DataFrame(rows)
