"""What the printed tables of the survey leave out, as tidy frames to stand beside them.

Who answered and who did not, the exact interval of each share, the middle of each group.
"""

import math
from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from medlead.describe import joined
from medlead.evidence import EvidenceClass
from medlead.printed import Cells, number
from medlead.sources.messages import Problem, ProblemsFound
from medlead.survey import sampling
from medlead.survey.crossings import Crossing, crossings
from medlead.survey.instrument import Instrument
from medlead.survey.selection import Items, Mask, Returns
from medlead.survey.table_definition import (
    ANSWERED,
    EACH,
    Each,
    Statistic,
    Table,
    Tables,
    is_list,
    is_number,
)
from medlead.survey.tables import base_of, percent_text
from medlead.writing import plain_number

# Shown first: it covers the true share at least as often as it says, whatever the share.
CLOPPER_PEARSON = "Clopper-Pearson"
WILSON = "Wilson"
MANY_FIT = " (in these records; the print does not fix it)"

Cell = tuple[str, str, object, str, int]


def tables_left_out(
    coded: pd.DataFrame,
    declared: Tables,
    instrument: Instrument,
    evidence: EvidenceClass,
    *,
    confidence: float = 0.95,
    population: int | None = None,
    items: Items | None = None,
) -> dict[str, pd.DataFrame]:
    """What each declared table leaves out, as a tidy frame by item.

    - returns that answer each variable of the table, and those that do not;
    - levels that the table leaves to be told beside it;
    - for each share of a one-way table the interval of Clopper and Pearson (1934) and that
      of Wilson (1927), in per cent; for a table of counts in words, the shares within each
      group with the former; `meaning` says what the intervals are about, given how many
      organisations were asked (`population`; None where that is not known);
    - medians of bands, medians and means of numbers, for all and for each group. Where the
      table does not show the distribution and the records were solved or simulated, the
      column says that the print does not fix the value.

    Arguments as for `survey_tables`. Raises ValueError unless 0 < confidence < 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    returns = Returns(coded, instrument, items)
    by_item: dict[str, list[Crossing]] = {}
    for crossing in crossings(returns, declared):
        by_item.setdefault(crossing.item, []).append(crossing)
    solved = evidence in (EvidenceClass.RECONSTRUCTED, EvidenceClass.SIMULATED)
    found = {}
    for item, table in declared.tables.items():
        cells = list(_answering(returns, table))
        shares = [*_one_way(returns, table, confidence)]
        for crossing in by_item.get(item, []):
            shares += _within(crossing, confidence)
        cells += shares
        mark = MANY_FIT if solved and table.of_numbers else ""
        cells += _middles(returns, table, by_item.get(item, []), mark)
        if any(CLOPPER_PEARSON in column for _, column, *_ in shares):
            cells.append(_meaning(len(returns), population, confidence))
        if table.note:
            cells.append(("The table", "note", "", table.note, len(returns)))
        found[item] = joined([(*cell, evidence) for cell in cells])
    return found


def population_of(declared: Tables, printed: Cells, *, file: str = "tables.yaml") -> int | None:
    """How many organisations were asked: as declared, or as printed in the declared cell.

    Raises ProblemsFound where the cell is not there or holds no whole number.
    """
    given = declared.population
    if given is None or isinstance(given, int):
        return given
    try:
        return int(number(printed[given]))
    except (KeyError, ValueError):
        shown = " / ".join(given)
        what = f"population: the print has no number in the cell '{shown}'"
        mend = "write the number itself, correct the cell, or leave `population:` out"
        raise ProblemsFound([Problem(file, what, mend)]) from None


@cache
def percent_interval(
    count: int, n: int, confidence: float = 0.95, method: str = CLOPPER_PEARSON
) -> tuple[float, float]:
    """The interval of a share in per cent, by Clopper and Pearson (1934) or Wilson (1927).

    Raises ValueError for n below 1 or a count outside 0 to n.
    """
    if method == CLOPPER_PEARSON:
        low, high = sampling.share_interval(count, n, confidence)
        return 100 * low, 100 * high
    found = stats.binomtest(count, n).proportion_ci(confidence, method="wilson")
    return 100 * float(found.low), 100 * float(found.high)


def _answering(returns: Returns, table: Table) -> Iterator[Cell]:
    named = [table.of]
    for wanted in (*table.rows.values(), *table.columns.values()):
        named += [wanted.variable] if isinstance(wanted, Each) else list(wanted)
    n = len(returns)
    for variable in dict.fromkeys(named):
        answered = int(returns.answered(variable).sum())
        yield returns.label(variable), "answering", answered, str(answered), n
        yield returns.label(variable), "not answering", n - answered, str(n - answered), n
    each = [w for w in (*table.rows.values(), *table.columns.values()) if isinstance(w, Each)]
    for wanted in each:
        for level in wanted.leave_out:
            count = int(returns.holds(wanted.variable, (level,)).sum())
            yield level, "returns", count, str(count), int(returns.answered(wanted.variable).sum())


def _one_way(returns: Returns, table: Table, confidence: float) -> Iterator[Cell]:
    """The shares of a table of one variable: those printed, or of all who answer."""
    if table.columns or not table.headings(Statistic.COUNT):
        return
    printed = table.headings(Statistic.PERCENT)
    for line in returns.rows(table):
        if not any(isinstance(levels, tuple) for levels in line.chosen.values()):
            continue
        if printed and line.declared in table.show[printed[0]].blank:
            continue
        base = base_of(table.show[printed[0]], table) if printed else {table.of: ANSWERED}
        yield from _share(
            returns.chosen(line.chosen),
            returns.chosen(base),
            line.heading,
            confidence,
            share=not printed,
        )


def _share(
    held: Mask, inside: Mask, heading: str, confidence: float, *, share: bool
) -> Iterator[Cell]:
    count, n = int((held & inside).sum()), int(inside.sum())
    if not n:
        return
    if share:
        yield heading, "per cent", 100 * count / n, percent_text(count, n), n
    for method in (CLOPPER_PEARSON, WILSON):
        yield from _ends(heading, count, n, confidence, method)


def _ends(heading: str, count: int, n: int, confidence: float, method: str) -> Iterator[Cell]:
    for end, value in zip(
        ("from", "to"), percent_interval(count, n, confidence, method), strict=True
    ):
        column = f"{100 * confidence:g} % interval {end} ({method}), per cent"
        yield heading, column, value, f"{value:.1f}", n


def _within(crossing: Crossing, confidence: float) -> Iterator[Cell]:
    """Who answers in each group, and for levels without an order the shares within it."""
    for group, counts in zip(crossing.groups, crossing.counts, strict=True):
        n = int(counts.sum())
        yield group, "answering", n, str(n), int(crossing.counts.sum())
        if crossing.ordered or not n or not crossing.from_counts:
            continue
        for level, count in zip(crossing.levels, counts.tolist(), strict=True):
            heading = f"{group}, {level}"
            yield heading, "per cent", 100 * count / n, percent_text(count, n), n
            yield from _ends(heading, count, n, confidence, CLOPPER_PEARSON)


def _middles(returns: Returns, table: Table, crossed: list[Crossing], mark: str) -> Iterator[Cell]:
    """The median of levels in order, and for numbers the mean, of all and of each group."""
    instrument = returns.instrument
    if not table.ordered or is_list(table.of, instrument):
        return
    levels = [level for level, _ in returns.headings({EACH: Each(table.of)})]
    every = [int(returns.holds(table.of, (level,)).sum()) for level in levels]
    groups = [("All returns", levels, every)]
    for crossing in crossed:
        rows = crossing.counts.tolist()
        groups += [
            (group, list(crossing.levels), row)
            for group, row in zip(crossing.groups, rows, strict=True)
        ]
    for group, names, counts in groups:
        n = sum(counts)
        if not n:
            continue
        text = median_level(names, counts)
        yield group, f"median{mark}", text, text, n
        if is_number(table.of, instrument):
            mean = math.fsum(float(v) * c for v, c in zip(names, counts, strict=True)) / n
            yield group, f"mean{mark}", mean, f"{mean:.2f}", n


def median_level(levels: list[str], counts: list[int]) -> str:
    """The level in the middle of ordered levels; two of them, or the number between, on a tie.

    Raises ValueError where all counts are 0.
    """
    n = sum(counts)
    if not n:
        raise ValueError("nothing has no median")
    reached = np.cumsum(counts)
    low, high = (
        levels[int(np.searchsorted(reached, place))] for place in ((n + 1) // 2, n // 2 + 1)
    )
    if low == high:
        return low
    try:
        return plain_number((float(low) + float(high)) / 2)
    except ValueError:
        return f"{low} to {high}"


def _meaning(n: int, population: int | None, confidence: float) -> Cell:
    text = (
        f"Clopper-Pearson intervals hold the true share in at least {100 * confidence:g} of 100 "
        "repetitions whatever it is, and are shown first for that; Wilson's do so on average and "
        "are narrower. Both take the answers for independent draws from all that such "
        "organisations might have answered. They say nothing of who chose to answer."
    )
    if population is not None and population >= n > 0:
        factor = math.sqrt((population - n) / (population - 1)) if population > 1 else 0.0
        text += (
            f" If the {n} were a random part of the {population} that were approached, and only "
            f"those {population} mattered, chance would reach {factor:.2f} times as far."
        )
    return "Intervals", "meaning", "", text, n
