"""Significance marks that differ though coefficient and number of pairs are alike.

A test that goes by the coefficient and the number alone gives both the same mark, unless one of
its levels lies between the ends of what rounds to the printed coefficient.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.evidence import CONDITIONAL
from medlead.printed import STARS
from medlead.verdicts.findings import Finding, Severity
from medlead.verdicts.places import place
from medlead.verdicts.relations import Key
from medlead.writing import plain_number

CHECK = "marks alike"
"""The check behind what is found of such marks."""


@dataclass(frozen=True)
class AlikeMarks:
    """Marks of which not all can be right, at `keys`, with what is printed and told of them."""

    keys: tuple[Key, ...]
    printed: str
    words: str


def alike_marks(significance: pd.DataFrame, item: str) -> tuple[AlikeMarks, ...]:
    """Groups of unlike marks over coefficients that are alike in size and number of pairs.

    `significance` has a row for each mark (`measure`, `scale`, `r`, `r_low`, `r_high`, `n`,
    `printed`) and test (`tail`), with the fewest and the most stars (`implied_fewest`,
    `implied_most`) that the test gives over all that rounds to the printed coefficient. A group
    where one of the tests gives more than one mark is passed over.
    """
    found = []
    sized = significance.assign(size=significance["r"].astype(float).abs())
    for _, group in sized.groupby(["size", "n"], sort=False):
        size, n = float(group["size"].iloc[0]), group["n"].iloc[0]
        marks = {
            (item, f"{row['measure']}{STARS}", str(row["scale"])): str(row["printed"])
            for row in group.to_dict("records")
        }
        ends = group[["r_low", "r_high"]].astype(float).abs()
        # As many decimals, or what rounds to the one is not what rounds to the other.
        one_width = ends.min(axis=1).nunique() == ends.max(axis=1).nunique() == 1
        one_mark = (group["implied_fewest"].astype(str) == group["implied_most"].astype(str)).all()
        if len(set(marks.values())) < 2 or not one_width or not one_mark:
            continue
        told = " and ".join(f"{mark or 'no star'} ({place(key)})" for key, mark in marks.items())
        low, high = (plain_number(f(ends.to_numpy().tolist()[0])) for f in (min, max))
        words = (
            f"One size of coefficient, {plain_number(size)} with n = {n}, has the marks {told}. "
            f"None of the levels lies between {low} and {high}, which is all that rounds to it, so "
            "that these are not all right by any test that goes by coefficient and number alone."
        )
        found.append(AlikeMarks(tuple(marks), " and ".join(_spelt(marks)), words))
    return tuple(found)


def _spelt(marks: Mapping[Key, Any]) -> list[str]:
    return list(dict.fromkeys(str(mark) or "no star" for mark in marks.values()))


def untold(alike: Sequence[AlikeMarks], told: Sequence[Key]) -> list[Finding]:
    """Findings of what is told at none of these cells."""
    return [
        Finding(one.keys[0], one.printed, "", CHECK, Severity.MINOR, CONDITIONAL, one.words)
        for one in alike
        if set(one.keys).isdisjoint(told)
    ]
