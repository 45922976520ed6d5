"""The two-way counts behind the declared tables, one for each pair of variables.

A table that sets its variable against status and against type has rows of both; each of
them is one crossing of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medlead.printed import Cells
from medlead.survey.selection import Line, Returns
from medlead.survey.table_definition import EACH, Each, Table, Tables, is_list, is_ordered


@dataclass(frozen=True)
class Crossing:
    """Counts of returns: a row for each group, a column for each level of what is described.

    `printed` are the counts that stand in the printed table, where all of them do;
    `from_counts` tells whether the table shows the counts at all.
    """

    item: str
    group: str
    of: str
    groups: tuple[str, ...]
    levels: tuple[str, ...]
    counts: NDArray[np.int64]
    missing: int
    ordered_groups: bool
    ordered: bool
    from_counts: bool
    printed: NDArray[np.int64] | None = None


def crossings(returns: Returns, declared: Tables, printed: Cells | None = None) -> list[Crossing]:
    """Every crossing of the declared tables, in their order.

    Groups are the rows (or columns) that choose by one other variable; those that
    choose all who answer, or returns that an earlier group has, are no groups of their
    own. Tables of one variable have none.
    """
    return [
        crossing
        for table in declared.tables.values()
        for crossing in _of_table(returns, table, printed or {})
    ]


def _of_table(returns: Returns, table: Table, printed: Cells) -> Iterator[Crossing]:
    of = table.of
    groups = returns.rows(table)
    turned = False
    if table.columns:
        outcome = [Line(h, chosen, h) for h, chosen in returns.headings(table.columns)]
        turned = of in _single(groups)
        groups, outcome = (outcome, groups) if turned else (groups, outcome)
        levels = _single(outcome).get(of, [])
    elif table.of_numbers:
        levels = [Line(h, chosen, h) for h, chosen in returns.headings({EACH: Each(of)})]
    else:
        return
    levels = _apart(levels)
    for variable, named in _single(groups).items():
        lines = _apart(named)
        several = any(is_list(name, returns.instrument) for name in (of, variable))
        if variable == of or several or len(lines) < 2 or not levels:
            continue
        yield _crossing(
            returns, table, variable, lines, levels, _texts(table, lines, levels, turned, printed)
        )


def _crossing(
    returns: Returns,
    table: Table,
    group: str,
    lines: list[Line],
    levels: list[Line],
    texts: list[list[str]],
) -> Crossing:
    held = [returns.chosen(line.chosen) for line in lines]
    here = [returns.chosen(line.chosen) for line in levels]
    inside = np.logical_or.reduce(held) & np.logical_or.reduce(here)
    whole = all(text.isdecimal() for row in texts for text in row)
    return Crossing(
        item=table.item,
        group=group,
        of=table.of,
        groups=tuple(line.heading for line in lines),
        levels=tuple(line.heading for line in levels),
        counts=np.array([[int((g & h).sum()) for h in here] for g in held], dtype=np.int64),
        missing=len(returns) - int(inside.sum()),
        ordered_groups=is_ordered(group, returns.instrument),
        ordered=table.ordered,
        from_counts=bool(table.columns),
        printed=np.array(texts).astype(np.int64) if whole else None,
    )


def _texts(
    table: Table, lines: list[Line], levels: list[Line], turned: bool, printed: Cells
) -> list[list[str]]:
    """The printed text of each cell, empty where none is."""
    if not table.columns:
        return [[""]]
    pairs = [[(g.heading, lv.heading) for lv in levels] for g in lines]
    return [
        [printed.get((table.item, *(pair[::-1] if turned else pair)), "") for pair in row]
        for row in pairs
    ]


def _single(lines: list[Line]) -> dict[str, list[Line]]:
    """The lines that choose levels of one variable, by that variable."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if len(line.chosen) == 1:
            ((variable, levels),) = line.chosen.items()
            if isinstance(levels, tuple):
                found.setdefault(variable, []).append(line)
    return found


def _apart(lines: list[Line]) -> list[Line]:
    """The lines without those that share a level with an earlier one."""
    kept: list[Line] = []
    taken: set[str] = set()
    for line in lines:
        (levels,) = line.chosen.values()
        if not taken & set(levels):
            kept.append(line)
            taken |= set(levels)
    return kept
