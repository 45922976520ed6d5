"""The sheet from which case-study sites were chosen, as a picture: one mark for each return."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from medlead.evidence import EvidenceClass
from medlead.present import style
from medlead.survey.site_selection import CHOSEN, EFFECTIVE, NOT_KNOWN

_DOT, _SITE = 4.2, 10.0  # points: diameter of a return and of a chosen one
_CELL, _LINE = 0.78, 0.19  # inches: width of a cell, height of a line of marks in it
_PER_LINE = 4
_ROWS_LEFT, _ROWS_RIGHT = 2.35, 0.75  # inches: names of the rows, and their totals
_OF = "yes"

_Marks = list[tuple[str, str]]
_Cells = dict[tuple[tuple[str, ...], tuple[str, ...]], _Marks]


def draw_selection(
    sheet: pd.DataFrame,
    picture: Mapping[str, Sequence[str]],
    labels: Mapping[str, str],
    evidence: EvidenceClass,
    *,
    effective: str,
) -> style.Figure:
    """The returns from which sites were chosen, one mark each, by row and column strata.

    `sheet` is that of `medlead.survey.site_selection`; `picture` says which of its columns make the
    `rows` and the `columns`, `labels` their names. Chosen returns are named as on the sheet;
    filled marks rated themselves effective (`effective` says what that means), open ones did
    not; crosses, and squares of chosen returns, did not say.
    """
    rows, columns = _combinations(sheet, picture["rows"]), _combinations(sheet, picture["columns"])
    cells = _cells(sheet, picture)
    chosen = int((sheet[CHOSEN] != "").sum())
    # A size that is not known puts a return into no stratum.
    strata = [marks for key, marks in cells.items() if NOT_KNOWN not in key[0] + key[1]]
    covered = sum(any(m[0] for m in marks) for marks in strata)
    title = f"The {chosen} chosen sites among {len(sheet)} returns"
    warning = (
        " The returns are reconstructed: how structure, type, size and self-rating go together is "
        "one of many ways that agree with the print."
        if evidence is EvidenceClass.RECONSTRUCTED
        else ""
    )
    unsaid = any(name and said == NOT_KNOWN for marks in cells.values() for name, said in marks)
    square = " A chosen site in a square gave no rating." if unsaid else ""
    caption = (
        f"Each mark is a return; letters are chosen sites. {effective} {covered} of {len(strata)} "
        f"strata that hold a return have a chosen one.{square}{warning}"
    )
    with style.style():
        width = 2 * style.MARGIN + _ROWS_LEFT + _CELL * len(columns) + _ROWS_RIGHT
        width = max(width, 5.5)
        foot = style.text_height(
            style.wrap(caption, width - 2 * style.MARGIN, style.SMALL), style.SMALL
        )
        tall = [
            max(1, *(_lines(cells.get((row, column), [])) for column in columns)) for row in rows
        ]
        body = sum(_LINE * t + 0.12 for t in tall)
        drawing, low, high = style.new_figure(width, body + foot + 1.85, title, evidence, caption)
        height = float(drawing.get_size_inches()[1])
        # One unit is one inch, so that marks and words are placed as they are measured.
        bottom = low + 0.25
        axes = drawing.add_axes(
            (
                (style.MARGIN + _ROWS_LEFT) / width,
                bottom / height,
                _CELL * len(columns) / width,
                body / height,
            )
        )
        axes.set_xlim(0, _CELL * len(columns))
        axes.set_ylim(body, 0)
        axes.set_axis_off()
        _draw_cells(axes, rows, columns, tall, cells)
        _name_rows(axes, rows, tall, cells, len(columns))
        _name_columns(axes, columns, picture["columns"], labels, cells, body)
        _selection_key(drawing, high)
    data = _picture_data(cells, picture)
    return style.Figure(
        drawing, data, _selection_text(sheet, cells, picture, labels), title, evidence
    )


def _combinations(sheet: pd.DataFrame, names: Sequence[str]) -> list[tuple[str, ...]]:
    """The combinations of levels that occur, in the order of the levels."""
    sorted_ = sheet.sort_values(list(names), kind="stable", na_position="last")
    return list(dict.fromkeys(_levels(sorted_, names)))


def _levels(sheet: pd.DataFrame, names: Sequence[str]) -> list[tuple[str, ...]]:
    texts = [[NOT_KNOWN if pd.isna(v) else str(v) for v in sheet[name]] for name in names]
    return list(zip(*texts, strict=True))


def _cells(sheet: pd.DataFrame, picture: Mapping[str, Sequence[str]]) -> _Cells:
    """The returns of each cell: name of the chosen (else empty) and self-rating; chosen first."""
    found: _Cells = {}
    keys = zip(_levels(sheet, picture["rows"]), _levels(sheet, picture["columns"]), strict=True)
    for key, name, effective in zip(keys, sheet[CHOSEN], sheet[EFFECTIVE], strict=True):
        found.setdefault(key, []).append((str(name), str(effective)))
    order = {_OF: 0, "no": 1, NOT_KNOWN: 2}
    return {k: sorted(v, key=lambda m: (not m[0], m[0], order[m[1]])) for k, v in found.items()}


def _lines(marks: _Marks) -> int:
    return math.ceil(len(marks) / _PER_LINE)


def _draw_cells(
    axes: Axes,
    rows: Sequence[tuple[str, ...]],
    columns: Sequence[tuple[str, ...]],
    tall: Sequence[int],
    cells: _Cells,
) -> None:
    top = 0.0
    for row, lines in zip(rows, tall, strict=True):
        deep = _LINE * lines + 0.12
        for place, column in enumerate(columns):
            marks = cells.get((row, column), [])
            axes.fill_between(
                [place * _CELL + 0.015, (place + 1) * _CELL - 0.015],
                top + 0.015,
                top + deep - 0.015,
                color=style.FAINT if marks else "white",
                linewidth=0,
                zorder=0,
            )
            for number, (name, effective) in enumerate(marks):
                line, at = divmod(number, _PER_LINE)
                here = len(marks) - line * _PER_LINE if line == _lines(marks) - 1 else _PER_LINE
                x = (place + 0.5) * _CELL + (at - (min(here, _PER_LINE) - 1) / 2) * 0.18
                y = top + deep / 2 + (line - (_lines(marks) - 1) / 2) * _LINE
                axes.plot(x, y, zorder=2, **_mark(effective, chosen=bool(name)))
                if name:
                    axes.text(
                        x,
                        y,
                        name,
                        size=style.SMALL,
                        weight="bold",
                        ha="center",
                        va="center_baseline",
                        color="white" if effective == _OF else style.COLOURS["vermillion"],
                        zorder=3,
                    )
        top += deep


def _mark(effective: str, *, chosen: bool) -> dict[str, Any]:
    colour = style.COLOURS["vermillion"] if chosen else style.SOFT
    # A cross leaves no room for the name of a chosen site.
    unsaid = "s" if chosen else "x"
    return {
        "marker": unsaid if effective == NOT_KNOWN else "o",
        "markersize": _SITE if chosen else _DOT,
        "markerfacecolor": colour if effective == _OF else "white",
        "markeredgecolor": colour,
        "markeredgewidth": 1.0,
        "linestyle": "none",
        "clip_on": False,
    }


def _name_rows(
    axes: Axes,
    rows: Sequence[tuple[str, ...]],
    tall: Sequence[int],
    cells: _Cells,
    columns: int,
) -> None:
    top, before = 0.0, ""
    for row, lines in zip(rows, tall, strict=True):
        deep = _LINE * lines + 0.12
        middle = top + deep / 2
        if row[0] != before:
            if before:
                axes.plot(
                    [-_ROWS_LEFT, columns * _CELL + _ROWS_RIGHT - 0.1],
                    [top, top],
                    color=style.LINE,
                    linewidth=0.7,
                    clip_on=False,
                )
            axes.text(
                -_ROWS_LEFT, middle, row[0], size=style.BODY, weight="bold", va="center_baseline"
            )
            before = row[0]
        rest = style.wrap(", ".join(row[1:]), 1.3, style.SMALL)
        axes.text(-0.08, middle, rest, size=style.SMALL, ha="right", va="center", linespacing=1.1)
        marks = [m for (r, _), cell in cells.items() if r == row for m in cell]
        axes.text(
            columns * _CELL + 0.12, middle, _tally(marks), size=style.SMALL, va="center_baseline"
        )
        top += deep


def _name_columns(
    axes: Axes,
    columns: Sequence[tuple[str, ...]],
    names: Sequence[str],
    labels: Mapping[str, str],
    cells: _Cells,
    body: float,
) -> None:
    depth = len(columns[0]) if columns else 0
    for level in range(depth):
        y = -0.1 - 0.2 * (depth - 1 - level)
        axes.text(-0.08, y, labels[names[level]], size=style.SMALL, ha="right", color=style.SOFT)
        start = 0
        while start < len(columns):
            end = start
            while end < len(columns) and columns[end][: level + 1] == columns[start][: level + 1]:
                end += 1
            axes.text(
                (start + end) / 2 * _CELL,
                y,
                columns[start][level],
                size=style.BODY,
                ha="center",
                weight="bold" if level == 0 else "normal",
            )
            if level == 0 and end - start > 1:
                axes.plot(
                    [start * _CELL + 0.05, end * _CELL - 0.05],
                    [y + 0.04, y + 0.04],
                    color=style.LINE,
                    linewidth=0.8,
                    clip_on=False,
                )
            start = end
    for place, column in enumerate(columns):
        marks = [m for (_, c), cell in cells.items() if c == column for m in cell]
        axes.text(
            (place + 0.5) * _CELL,
            body + 0.08,
            _tally(marks),
            size=style.SMALL,
            ha="center",
            va="top",
        )
    for x, y, align in ((-0.08, body + 0.08, "right"), (len(columns) * _CELL + 0.12, -0.1, "left")):
        axes.text(
            x,
            y,
            "chosen of all" if align == "right" else "chosen\nof all",
            size=style.SMALL,
            ha=align,  # type: ignore[arg-type]
            va="top" if align == "right" else "bottom",
            color=style.SOFT,
        )


def _tally(marks: _Marks) -> str:
    return f"{sum(bool(name) for name, _ in marks)} of {len(marks)}"


def _selection_key(drawing: Any, high: float) -> None:
    handles = [
        Line2D([], [], label="return, self-rated effective", **_mark(_OF, chosen=False)),
        Line2D([], [], label="return, not so", **_mark("no", chosen=False)),
        Line2D([], [], label="return, no rating", **_mark(NOT_KNOWN, chosen=False)),
        Line2D([], [], label="chosen site", **_mark(_OF, chosen=True)),
    ]
    style.key_above(drawing, handles, high, 4, handletextpad=0.3, columnspacing=1.6)


def _picture_data(cells: _Cells, picture: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    rows = []
    for (row, column), marks in cells.items():
        keys = dict(zip((*picture["rows"], *picture["columns"]), (*row, *column), strict=True))
        ratings = [effective for _, effective in marks]
        rows.append(
            keys
            | {
                "returns": len(marks),
                "effective": ratings.count(_OF),
                "not_effective": ratings.count("no"),
                "no_rating": ratings.count(NOT_KNOWN),
                "chosen": " ".join(name for name, _ in marks if name),
            }
        )
    return pd.DataFrame(rows)


def _selection_text(
    sheet: pd.DataFrame,
    cells: _Cells,
    picture: Mapping[str, Sequence[str]],
    labels: Mapping[str, str],
) -> str:
    names = [*picture["rows"], *picture["columns"]]
    chosen = sorted(
        (name, row, column, effective)
        for (row, column), marks in cells.items()
        for name, effective in marks
        if name
    )
    listed = "; ".join(
        f"{name}: "
        + ", ".join(
            f"{labels.get(n, n).lower()} {level}"
            for n, level in zip(names, (*row, *column), strict=True)
        )
        + f" (self-rated effective: {effective})"
        for name, row, column, effective in chosen
    )
    empty = sum(not any(name for name, _ in marks) for marks in cells.values())
    return (
        f"{len(sheet)} returns in {len(cells)} combinations of "
        f"{', '.join(labels.get(n, n).lower() for n in names)}; {len(chosen)} are chosen sites, "
        f"and {empty} combinations have none. {listed}."
    )
