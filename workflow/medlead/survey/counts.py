"""Counts of coded returns, from the records or from printed tables, in one tidy shape.

What the headings of a printed table stand for is declared in data (`margins.yaml`); the
functions here know no variable of their own. Each frame has the columns `COUNT_COLUMNS`:
`by`, `group` (empty for all returns), `level`, `count` (returns), `n` (returns of the group
that answer), and for printed counts `rebuilt` (what the records have instead where the print
contradicts itself, else missing) and `doubt` (why).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.printed import number
from medlead.survey.instrument import Instrument
from medlead.survey.selection import text_of
from medlead.survey.table_definition import (
    ANSWERED,
    EACH,
    MISSING,
    Each,
    Statistic,
    Table,
    Tables,
)

COUNT_COLUMNS = ["by", "group", "level", "count", "n", "rebuilt", "doubt"]
Doubts = Mapping[tuple[str, str, str], str]
_Row = tuple[str, str, str, int, str]


@dataclass(frozen=True)
class Headings:
    """What the headings of a printed table stand for: heading -> {variable: level}.

    The key `each` names the variable whose levels the further headings are.
    """

    item: str
    rows: Mapping[str, Any]
    columns: Mapping[str, Any]


def count_headings(declared: Mapping[str, Any], tables: Tables) -> tuple[Headings, ...]:
    """The headings of every item whose counts the records were solved to.

    A fact of margins.yaml has them itself, or they are those of its table.
    """
    return tuple(
        Headings(fact["item"], fact["rows"], fact["columns"])
        if "rows" in fact
        else _of_table(tables.tables[fact["item"]])
        for fact in declared["facts"]
        if fact["kind"] == "counts"
    )


def _of_table(table: Table) -> Headings:
    counted = table.columns or {name: {} for name in table.headings(Statistic.COUNT)}
    return Headings(table.item, _plain(table.rows), _plain(counted))


def _plain(headings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        heading: chosen.variable
        if isinstance(chosen, Each)
        else {name: levels[0] if len(levels) == 1 else levels for name, levels in chosen.items()}
        for heading, chosen in headings.items()
    }


def doubted_cells(declared: Mapping[str, Any]) -> dict[tuple[str, str, str], str]:
    """Why the records differ from a printed cell (`exceptions` of margins.yaml), by cell."""
    return {
        (str(e["item"]), str(e["row"]), str(e["column"])): " ".join(
            filter(None, [e["because"], e.get("chosen", "")])
        )
        for e in declared["exceptions"]
    }


def levels_of(values: "pd.Series[Any]", variable: str, instrument: Instrument) -> list[str]:
    """The levels of a variable in order: of the instrument, else the values that occur."""
    if declared := instrument.levels(variable):
        return list(declared)
    if isinstance(values.dtype, pd.CategoricalDtype):
        return [str(level) for level in values.cat.categories]
    return [text_of(v) for v in sorted(values.dropna().unique())]


def record_counts(
    frame: pd.DataFrame, of: str, by: Sequence[str], instrument: Instrument
) -> pd.DataFrame:
    """Returns by the levels of `of`, for all (`by` empty) or each level of each `by`.

    `frame` holds the coded returns that are used. Levels without a return are counted as 0.
    """
    levels = levels_of(frame[of], of, instrument)
    parts: list[tuple[str, str, pd.DataFrame]] = []
    for name in by:
        for group in levels_of(frame[name], name, instrument):
            parts.append((name, group, frame[_is(frame[name], group)]))
    if not by:
        parts = [("", "", frame)]
    rows: list[_Row] = []
    for name, group, part in parts:
        found = part[of].dropna().map(text_of).value_counts()
        rows += [(name, group, level, int(found.get(level, 0)), "") for level in levels]
    return _counted(rows)


def pair_counts(frame: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """How many returns give each pair of two numbers: columns `first`, `second`, `count`."""
    both = frame[[first, second]].dropna().astype(float)
    found = both.value_counts(sort=False).sort_index()
    pairs = list(found.index)
    return pd.DataFrame(
        {
            "first": [float(p[0]) for p in pairs],
            "second": [float(p[1]) for p in pairs],
            "count": [int(c) for c in found],
        }
    )


def printed_counts(
    cells: pd.DataFrame,
    headings: Iterable[Headings],
    item: str,
    of: str,
    by: Sequence[str],
    *,
    over: str = "",
    doubts: Doubts | None = None,
    records: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The printed counts of an item by the levels of `of`, and of `by` or summed `over` one.

    A cell counts where its headings stand for one level of each of these variables and for
    nothing else, so totals are left out; columns and rows keep the order of the print. For a
    cell among the `doubts`, `rebuilt` is the count of the used coded `records`.
    Raises ValueError where the print has no such count.
    """
    rows: list[_Row] = []
    for row, column, text, chosen in _meant(cells, headings, item):
        extra = [name for name in chosen if name != of]
        if of not in chosen or len(extra) > 1:
            continue
        if extra and extra[0] not in by and extra[0] != over:
            continue
        if not extra and (by or over):
            continue
        name = "" if not extra or extra[0] == over else extra[0]
        doubt = (doubts or {}).get((item, row, column), "")
        count = int(number(text))
        rows.append((name, chosen[name] if name else "", chosen[of], count, doubt))
    if not rows or any(name not in {r[0] for r in rows} for name in by):
        wanted = " by ".join([of, *by])
        raise ValueError(f"{item} has no printed counts of {wanted}")
    return _counted(rows, records, of)


def _meant(
    cells: pd.DataFrame, headings: Iterable[Headings], item: str
) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """Row, column and text of each count of an item, with the levels that it counts."""
    given = cells[(cells["item"] == item) & (cells["kind"] == "count")]
    tables = [h for h in headings if h.item == item]
    for cell in given.to_dict("records"):
        for table in tables:
            row = _stands_for(str(cell["row"]), table.rows)
            column = _stands_for(str(cell["column"]), table.columns)
            if row is not None and column is not None:
                yield str(cell["row"]), str(cell["column"]), str(cell["text"]), row | column
                break


def _stands_for(heading: str, declared: Mapping[str, Any]) -> dict[str, str] | None:
    """The one level of each variable that a heading stands for; None for anything else."""
    if heading in declared and heading != EACH:
        chosen = declared[heading]
        single = all(isinstance(v, str) and v not in (ANSWERED, MISSING) for v in chosen.values())
        return {k: str(v) for k, v in chosen.items()} if single else None
    return {declared[EACH]: heading} if EACH in declared else None


def _counted(
    rows: Sequence[_Row], records: pd.DataFrame | None = None, of: str = ""
) -> pd.DataFrame:
    """The counts added up for each group and level, in order of first appearance."""
    totals: dict[tuple[str, str, str], int] = {}
    why: dict[tuple[str, str, str], list[str]] = {}
    for name, group, level, count, doubt in rows:
        key = (name, group, level)
        totals[key] = totals.get(key, 0) + count
        if doubt and doubt not in why.setdefault(key, []):
            why[key].append(doubt)
    sizes: dict[tuple[str, str], int] = {}
    for (name, group, _), count in totals.items():
        sizes[name, group] = sizes.get((name, group), 0) + count
    listed = []
    for key, count in totals.items():
        name, group, level = key
        doubt = " ".join(why.get(key, ()))
        rebuilt = None
        if doubt and records is not None:
            part = records[_is(records[name], group)] if name else records
            rebuilt = int(_is(part[of], level).sum())
        listed.append((name, group, level, count, sizes[name, group], rebuilt, doubt))
    frame = pd.DataFrame(listed, columns=COUNT_COLUMNS)
    return frame.astype({"count": "int64", "n": "int64", "rebuilt": "Int64"})


def _is(values: "pd.Series[Any]", level: str) -> "pd.Series[bool]":
    return pd.Series(
        [not pd.isna(v) and text_of(v) == level for v in values],
        index=values.index,
        dtype="bool",
    )
