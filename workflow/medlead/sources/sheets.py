"""Where a table stands in a file: the sheet and the row that hold the wanted headings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from medlead.sources.grids import Grid, load_grids
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.texts import clean, heading_key, nearest

# Titles above a heading are few; looking further would only cost time in long files.
HEADING_WITHIN = 200


def score_of(row: Sequence[str], wanted: Mapping[str, str]) -> float:
    """The share of the wanted headings that stand in a row."""
    return len({heading_key(cell) for cell in row} & wanted.keys()) / len(wanted)


def best_score(rows: Sequence[Sequence[str]], wanted: Mapping[str, str]) -> float:
    """That share in the row that has most of them."""
    return max((score_of(row, wanted) for row in rows[:HEADING_WITHIN]), default=0.0)


def choose_sheet(
    shown: str, grids: list[Grid], wanted: Mapping[str, str], sheet: str | None
) -> Grid:
    """The sheet that is named, or the only one that looks like the wanted table.

    Raises `ProblemsFound` where there is none, or more than one.
    """
    names = [grid.sheet for grid in grids if grid.sheet is not None]
    listed = ", ".join(f"'{name}'" for name in names)
    if sheet is not None and names:
        for grid in grids:
            if grid.sheet is not None and clean(grid.sheet) == clean(sheet):
                return grid
        near = nearest(sheet, names)
        mend = f"did you mean '{near}'?" if near else "name one of the sheets"
        what = "the workbook has no such sheet"
        raise ProblemsFound([Problem(shown, what, mend, value=sheet, allowed=listed)])
    if len(grids) == 1:
        return grids[0]
    scores = [best_score(grid.cells, wanted) for grid in grids]
    best = [grid for grid, score in zip(grids, scores, strict=True) if score == max(scores)]
    if max(scores) > 0 and len(best) == 1:
        return best[0]
    in_sight = [grid for grid in best if not grid.hidden]
    if max(scores) > 0 and len(in_sight) == 1:
        left = ", ".join(f"'{grid.sheet}'" for grid in best if grid.hidden)
        note = f"hidden sheets hold the table's heading too and are not read ({left})"
        return replace(in_sight[0], notes=(*in_sight[0].notes, note))
    if max(scores) == 1:
        held = ", ".join(f"'{grid.sheet}'" for grid in best)
        what = "more than one sheet holds the table's heading, so it is not clear which to read"
        mend = "delete or rename headings on the others, or name the sheet in the configuration"
        raise ProblemsFound([Problem(shown, what, mend, value=held)])
    raise ProblemsFound(
        [
            Problem(
                shown,
                "no sheet has a row that holds the wanted headings",
                "write the headings in one row above the records",
                value=f"sheets {listed}",
                allowed=", ".join(wanted.values()),
            )
        ]
    )


def heading_share(path: Path, columns: Sequence[str], sheet: str | None = None) -> float:
    """How many of the wanted headings, as a share, stand in the row that has most of them.

    Of any sheet of a workbook, or of the one that is named. Raises `ProblemsFound` where the
    file cannot be read at all.
    """
    wanted = {heading_key(name): name for name in columns}
    grids = load_grids(path, lambda rows: best_score(rows, wanted))
    return max(
        best_score(grid.cells, wanted)
        for grid in grids
        if sheet is None or grid.sheet is None or clean(grid.sheet) == clean(sheet)
    )
