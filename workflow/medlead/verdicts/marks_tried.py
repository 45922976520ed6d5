"""Significance marks: every declared test, tail, number of pairs and adjustment is tried."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, cast

import pandas as pd

from medlead.performance.hypotheses import NO_ADJUSTMENT, PER_MEASURE, Hypothesis, MarkReading
from medlead.performance.significance import Adjustment, adjust, stars
from medlead.printed import STARS
from medlead.verdicts.grid import TriedNumber, Try

MARKS = "marks"
AS_PRINTED, LARGEST = "as printed", "largest"
_NO_MARK = "no star"


def mark_numbers(
    cells: pd.DataFrame,
    reading: MarkReading,
    thresholds: Sequence[float],
    sizes: Sequence[str],
) -> list[TriedNumber]:
    """Every printed mark with all tries for it.

    `cells` are printed correlations (`measure`, `scale`, `r`, `r_low`, `r_high`, `n`,
    `printed`), `reading` the tests and tails. Each is tried with the numbers of pairs that
    `sizes` lists: the printed one, or the largest of the table; the decision test also with
    every adjustment for many tests. The decision test without adjustment, at the printed n, is
    plain with each of its tails, since the print names none.
    """
    printed = [_shown(str(mark)) for mark in cells["printed"]]
    largest = int(cells["n"].max())
    adjusted = list(_adjusted(cells, reading, thresholds))
    numbers = []
    for place, cell in enumerate(cells.to_dict("records")):
        own = int(cell["n"])
        size_of = {AS_PRINTED: own, LARGEST: largest}
        pairs = dict.fromkeys(size_of[size] for size in sizes)
        tries = [
            _tried(cell, hypothesis, n, thresholds, plain=_plain(hypothesis, reading) and n == own)
            for n in pairs
            for hypothesis in reading.hypotheses
        ]
        tries += [Try(name, marks[place]) for name, marks in adjusted]
        key = (reading.item, f"{cell['measure']}{STARS}", str(cell["scale"]))
        rest = (*printed[:place], *printed[place + 1 :])
        numbers.append(TriedNumber(key, MARKS, printed[place], tuple(tries), rest))
    return numbers


def _plain(hypothesis: Hypothesis, reading: MarkReading) -> bool:
    return hypothesis.test.name == reading.decision_test.name


def _tried(
    cell: Mapping[Hashable, Any],
    hypothesis: Hypothesis,
    n: int,
    thresholds: Sequence[float],
    *,
    plain: bool,
) -> Try:
    test, tail = hypothesis.test, hypothesis.tail
    low, high = test.p_range(cell["r_low"], cell["r_high"], n, tail)
    fewest, most = (len(stars(p, thresholds)) for p in (high, low))
    return Try(
        f"{hypothesis.label}, {tail}, n = {n}",
        _shown(stars(test.p(cell["r"], n, tail), thresholds)),
        plain,
        within=frozenset(_shown("*" * count) for count in range(fewest, most + 1)),
    )


def _adjusted(
    cells: pd.DataFrame, reading: MarkReading, thresholds: Sequence[float]
) -> Iterator[tuple[str, list[str]]]:
    """The marks of all cells under each adjustment, with the name of the method."""
    test = reading.decision_test
    labels = {h.test.name: h.label for h in reading.hypotheses}
    pairs = list(zip(cells["r"], cells["n"].astype(int), strict=True))
    for tail in dict.fromkeys(h.tail for h in reading.hypotheses):
        p = pd.Series([test.p(r, n, tail) for r, n in pairs], index=cells.index, dtype="float64")
        for method in reading.adjustments:
            if method == NO_ADJUSTMENT:
                continue
            by = cast(Adjustment, method)
            for family in reading.families:
                found = p.copy()
                measures = (
                    cells["measure"]
                    if family == PER_MEASURE
                    else cells["measure"].mask(cells["measure"].notna(), "")
                )
                for _, group in p.groupby(measures, sort=False):
                    found[group.index] = adjust(group, by)
                told = f"{labels.get(test.name, test.name)}, {tail}, {method} over {family}"
                yield told, [_shown(stars(value, thresholds)) for value in found]


def _shown(mark: str) -> str:
    return mark or _NO_MARK
