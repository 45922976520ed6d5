"""The survey's tables, counted from coded returns as `tables.yaml` declares them.

Nothing of a questionnaire stands here: bands, codes and levels come from the instrument,
rows and columns from the declaration. Only returns that are used are counted.
"""

from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.describe import joined
from medlead.evidence import EvidenceClass
from medlead.printed import ROUNDING_RULES
from medlead.survey.instrument import Instrument
from medlead.survey.selection import Items, Line, Returns
from medlead.survey.table_definition import EACH, Chosen, Each, Shown, Statistic, Table, Tables
from medlead.writing import plain_number

# How a cell shows several values that are equally frequent.
AND = ", "
# A table that nobody answered says so in one cell.
NOBODY = ("(no answers)", "returns")

Cell = tuple[str, str, object, str, int]
Value = tuple[object, str, int]


def survey_tables(
    coded: pd.DataFrame,
    declared: Tables,
    instrument: Instrument,
    evidence: EvidenceClass,
    items: Items | None = None,
) -> dict[str, pd.DataFrame]:
    """Each declared table as a tidy frame (row, column, value, text, n, evidence), by item.

    `coded` has one row for each return, as `Coded.frame`; `items` are the truth values of
    lists, as `Coded.items` (without them a return answers a list by naming something).
    `n` is the number of returns that a value rests on: those that answer all variables
    of a count, the base of a percentage, the numbers behind an end or a mode. A mode
    names every value that is most frequent. Values: counts, percentages unrounded,
    numbers in the unit of their variable.
    """
    returns = Returns(coded, instrument, items)
    return {
        item: joined([(*cell, evidence) for cell in _cells(returns, table)])
        for item, table in declared.tables.items()
    }


def percent_text(count: int, base: int, decimals: int = 0) -> str:
    """A percentage as it is printed, halves rounded up; empty where the base is 0."""
    if not base:
        return ""
    rounded = ROUNDING_RULES["half-up"](Fraction(100 * count, base), decimals)
    return f"{float(rounded):.{decimals}f}"


def most_frequent(values: NDArray[np.float64]) -> list[float]:
    """Every value that no other one is more frequent than, in order."""
    counts = Counter(values.tolist())
    most = max(counts.values(), default=0)
    return sorted(value for value, count in counts.items() if count == most)


def base_of(shown: Shown, table: Table) -> Chosen:
    """The returns that are the base of a percentage."""
    if not isinstance(shown.of, str):
        return shown.of
    base = table.rows[shown.of]
    return {} if isinstance(base, Each) else base


def _cells(returns: Returns, table: Table) -> list[Cell]:
    cells = _crossed(returns, table) if table.columns else _shown(returns, table)
    return cells or [(*NOBODY, 0, "0", 0)]


def _crossed(returns: Returns, table: Table) -> list[Cell]:
    columns = [(c, chosen, returns.chosen(chosen)) for c, chosen in returns.headings(table.columns)]
    cells: list[Cell] = []
    for line in returns.rows(table):
        held = returns.chosen(line.chosen)
        for column, by_column, here in columns:
            count = int((held & here).sum())
            n = returns.asked(line.chosen, by_column)
            cells.append((line.heading, column, count, str(count), n))
    return cells


def _shown(returns: Returns, table: Table) -> list[Cell]:
    lines = returns.rows(table)
    places = _places(returns, lines)
    return [
        (line.heading, heading, *_value(returns, table, line, shown, places))
        for line in lines
        for heading, shown in table.show.items()
    ]


def _value(
    returns: Returns, table: Table, line: Line, shown: Shown, places: dict[str, int]
) -> Value:
    held = returns.chosen(line.chosen)
    match shown.statistic:
        case Statistic.COUNT:
            count = int(held.sum())
            return count, str(count), returns.asked(line.chosen)
        case Statistic.RANK:
            place = places.get(line.heading) if line.declared == EACH else None
            return place, "" if place is None else str(place), returns.asked(line.chosen)
        case Statistic.PERCENT:
            inside = returns.chosen(base_of(shown, table))
            count, base = int((held & inside).sum()), int(inside.sum())
            if line.declared in shown.blank or not base:
                return None, "", base
            return 100 * count / base, percent_text(count, base, shown.decimals), base
        case _:
            return _of_numbers(returns.numbers(table.of, held), shown.statistic)


def _places(returns: Returns, lines: list[Line]) -> dict[str, int]:
    """The place of each level by its count; where two are equal, the earlier row is first."""
    listed = [line for line in lines if line.declared == EACH]
    listed.sort(key=lambda line: -int(returns.chosen(line.chosen).sum()))
    return {line.heading: place for place, line in enumerate(listed, start=1)}


def _of_numbers(values: NDArray[np.float64], statistic: Statistic) -> Value:
    n = len(values)
    if statistic is Statistic.N:
        return n, str(n), n
    if not n:
        return None, "", 0
    if statistic is Statistic.MODE:
        modes = most_frequent(values)
        text = AND.join(plain_number(value) for value in modes)
        return (modes[0] if len(modes) == 1 else text), text, n
    value = float(values.min() if statistic is Statistic.LOWEST else values.max())
    return value, plain_number(value), n
