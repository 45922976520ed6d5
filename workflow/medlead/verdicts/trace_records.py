"""Which rows of a record file stand behind a printed cell.

A row is numbered as a person sees it when the file is opened: the heading is row 1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from medlead.reconstruction.facts import Fact
from medlead.reconstruction.margins import Margins
from medlead.survey.instrument import Instrument
from medlead.survey.selection import Line, Mask, Returns
from medlead.survey.table_definition import Shown, Statistic, Table, Tables
from medlead.survey.tables import AND, base_of
from medlead.verdicts.relations import Key
from medlead.writing import plain_number

FIRST_ROW, BETWEEN_PARTS = 2, " / "
_ENDS = (Statistic.LOWEST, Statistic.HIGHEST, Statistic.MODE)


@dataclass(frozen=True)
class Rows:
    """Rows of one file: their numbers, how many the file has, and how each is called there."""

    rows: tuple[int, ...]
    of: int
    names: tuple[str, ...] = ()
    how: str = ""


def rows_by_key(frame: pd.DataFrame, column: str, headings: Sequence[str]) -> Rows | None:
    """The rows whose value in one column is a heading of a cell, or else a part of one.

    A heading of several parts has ` / ` between them: `A / Doctors` is of the record A.
    """
    given = frame[column].astype(str)
    parts = [part for heading in headings for part in heading.split(BETWEEN_PARTS)]
    for heading in dict.fromkeys([*headings, *parts]):
        rows = _numbers((given == heading).to_numpy())
        if rows:
            return Rows(rows, len(frame), (heading,) * len(rows), f"{column} {heading}")
    return None


def rows_by_values(
    frame: pd.DataFrame, wanted: Mapping[str, str], every: str, between: str
) -> Rows | None:
    """The rows with these values; a value that is empty or `every` leaves its column open.

    A value may name several, put together by `between`.
    """
    mask = np.ones(len(frame), dtype=bool)
    told = []
    for column, value in wanted.items():
        if value in ("", every):
            continue
        mask &= frame[column].isin(value.split(between)).to_numpy()
        told.append(f"{column} {value}")
    rows = _numbers(mask)
    key = str(frame.columns[0])
    names = tuple(frame.loc[mask, key].astype(str))
    return Rows(rows, len(frame), names, ", ".join(told)) if rows else None


def all_rows(frame: pd.DataFrame) -> Rows:
    """Every row of a file."""
    return Rows(tuple(range(FIRST_ROW, FIRST_ROW + len(frame))), len(frame))


def _numbers(mask: Mask) -> tuple[int, ...]:
    return tuple(int(i) + FIRST_ROW for i in np.flatnonzero(mask))


# --- returns of a survey ----------------------------------------------------------------------


@dataclass
class CountedReturns:
    """The returns that are counted in a cell: of the survey's tables, or of a printed figure.

    `coded` are the coded returns with the column `row` of the file, `total` how many rows the
    file has. `margins` and `levels` (a frame of level positions, indexed like the used
    returns) are asked for only where no table declares the cell.
    """

    returns: Returns
    tables: Tables
    instrument: Instrument
    total: int
    margins: Callable[[], Margins] | None = None
    levels: Callable[[], pd.DataFrame] | None = None
    _lines: dict[str, dict[str, Line]] = field(default_factory=dict)

    def of(self, key: Key, value: str = "") -> Rows | None:
        """The rows behind a cell; `value` is what it shows. None where nothing is declared."""
        item, row, column = key
        table = self.tables.tables.get(item)
        mask = self._in_table(table, row, column, value) if table else self._of_fact(key, value)
        if mask is None:
            return None
        rows, names = self._named
        chosen = np.flatnonzero(mask)
        told = tuple(names[i] for i in chosen)
        return Rows(tuple(rows[i] for i in chosen), self.total, told, "returns counted")

    @cached_property
    def _named(self) -> tuple[list[int], list[str]]:
        frame = self.returns.frame
        return [int(n) for n in frame["row"]], [str(n) for n in frame.iloc[:, 0]]

    def _in_table(self, table: Table, row: str, column: str, value: str) -> Mask | None:
        if table.item not in self._lines:
            lines = self.returns.rows(table)
            self._lines[table.item] = {line.heading: line for line in lines}
        line = self._lines[table.item].get(row)
        if line is None:
            return None
        held = self.returns.chosen(line.chosen)
        if table.columns:
            chosen = dict(self.returns.headings(table.columns)).get(column)
            return None if chosen is None else held & self.returns.chosen(chosen)
        shown = table.show.get(column)
        return None if shown is None else self._shown(table, held, shown, value)

    def _shown(self, table: Table, held: Mask, shown: Shown, value: str) -> Mask:
        if shown.statistic is Statistic.PERCENT:
            return held & self.returns.chosen(base_of(shown, table))
        if shown.statistic in (*_ENDS, Statistic.N):
            held = held & self.returns.answered(table.of)
        if shown.statistic in _ENDS:
            numbers = self.returns.frame[table.of]
            wanted = value.split(AND)
            alike = [not pd.isna(n) and plain_number(float(n)) in wanted for n in numbers]
            held = held & np.array(alike, dtype=bool)
        return held

    @cached_property
    def _facts(self) -> dict[Key, Fact]:
        return {f.cell: f for f in self.margins().facts} if self.margins else {}

    def _of_fact(self, key: Key, value: str) -> Mask | None:
        fact = self._facts.get(key)
        if fact is None or self.levels is None or self.margins is None:
            return None
        levels, variables = self.levels(), self.margins().space.variables
        mask = np.zeros(len(levels), dtype=bool)
        for _, chosen in fact.requirements[0].terms:
            held = np.ones(len(levels), dtype=bool)
            for name, positions in chosen.items():
                wanted = set(positions)
                if name == fact.of and value:
                    named = [i for i, level in enumerate(variables[name]) if level.name == value]
                    wanted = set(named) or wanted
                held &= levels[name].isin(wanted).to_numpy()
            mask |= held
        return mask


Found = Callable[[Key, Mapping[Any, Any]], Rows | None]
"""Rows of one record file, for a cell and the row of the result that holds its value."""
