"""Figures on a grid of tiles: one tile for each area, roughly where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pandas as pd
from matplotlib.patches import Rectangle

from medlead.present import bars, style
from medlead.present.framed import finished, framed
from medlead.present.sheet import INNER, Sheet, new_sheet
from medlead.present.style import Figure
from medlead.present.subject import Subject, printed_number, tidy_data
from medlead.printed import NEAREST, reconciling_rule

_TILE = (1.28, 0.62)
_BAR = 0.3


def draw_tiles(subject: Subject) -> Figure:
    """Tiles coloured by their count; with declared totals, a bar of these above the tiles."""
    if subject.declared.totals:
        return _totals_above(subject)
    counts = dict(zip(subject.counts["level"], subject.counts["count"], strict=True))
    known = {str(level): int(count) for level, count in counts.items()}
    rows, columns = _size(subject)
    listed = sorted(known, key=lambda level: (-known[level], level))
    grid = rows * _TILE[1]
    line = max(grid / max(len(listed), 1), 0.2)
    list_height = len(listed) * line
    body = max(grid, list_height)
    with style.style():
        sheet = framed(subject, body, "The darker a tile, the more returns.")
        ramp = _ramp(known)
        _tiles(sheet, subject, known, ramp, sheet.high - grid)
        left = style.MARGIN + columns * _TILE[0] + 0.2
        names = 1.35
        width = INNER - columns * _TILE[0] - 0.2 - names
        axes = sheet.axes(left + names, sheet.high - list_height, width, list_height)
        axes.set_ylim(len(listed) - 0.5, -0.5)
        for place, level in enumerate(listed):
            bar = bars.Bar(float(place), known[level])
            bars.lying(axes, [bar], ramp[level], max(known.values()), width)
            y = sheet.high - (place + 0.5) * line
            label = subject.plan.label(subject.of, level)
            sheet.write(left + names - 0.07, y, label, style.SMALL, va="center", ha="right")
    kind = "A grid of tiles, one for each area roughly where it lies, and the same counts in order."
    return finished(subject, sheet, subject.alt(kind))


def _size(subject: Subject) -> tuple[int, int]:
    places = subject.plan.places[subject.of].values()
    return max(row for row, _ in places) + 1, max(column for _, column in places) + 1


def _ramp(known: dict[str, int]) -> dict[str, str]:
    values = [
        str(v) for v in range(min(known.values(), default=0), max(known.values(), default=0) + 1)
    ]
    shades = style.ordered(values)
    return {level: shades[str(count)] for level, count in known.items()}


def _tiles(
    sheet: Sheet, subject: Subject, known: dict[str, int], ramp: dict[str, str], base: float
) -> None:
    """The grid with its lower left corner at the left margin and `base`."""
    rows, columns = _size(subject)
    wide, high = _TILE
    axes = sheet.axes(style.MARGIN, base, columns * wide, rows * high)
    axes.set_xlim(0, columns * wide)
    axes.set_ylim(rows * high, 0)
    for level, (row, column) in subject.plan.places[subject.of].items():
        x, y = column * wide, row * high
        look: dict[str, Any] = {
            "facecolor": ramp.get(level, "white"),
            "edgecolor": "white",
            "linewidth": 2,
        }
        ink = style.INK
        if level in known:
            ink = bars.ink_on(ramp[level])
        else:
            look |= {"hatch": "///", "edgecolor": style.LINE, "linewidth": 0.8}
        axes.add_patch(Rectangle((x + 0.02, y + 0.02), wide - 0.04, high - 0.04, **look))
        name = style.wrap(subject.plan.label(subject.of, level), wide - 0.16, style.SMALL)
        value = str(known[level]) if level in known else subject.unknown
        size = 13.0 if level in known else style.SMALL
        ground = None if level in known else {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
        lines = name.count("\n") + 1
        middle = y + high / 2
        axes.text(
            x + wide / 2,
            middle - 0.1 - (0.0 if lines == 1 else 0.02),
            name,
            size=style.SMALL,
            ha="center",
            va="center",
            color=ink,
            linespacing=1.15,
            bbox=ground,
        )
        axes.text(
            x + wide / 2,
            middle + 0.13 + (0.0 if lines == 1 else 0.04),
            value,
            size=size,
            ha="center",
            va="center",
            color=ink if level in known else style.SOFT,
            bbox=ground,
            weight="bold" if level in known else "normal",
        )


def _totals_above(subject: Subject) -> Figure:
    """A bar of the totals above tiles, these hatched where nothing is known of an area."""
    whole, parts = _totals(subject)
    known = {str(level): int(count) for level, count in subject.declared.counts.items()}
    rows, columns = _size(subject)
    grid = rows * _TILE[1]
    head = 0.24 + _BAR + 0.2 if whole else 0.0
    declared, evidence = subject.declared, subject.evidence
    told = [p.words for p in parts]
    caption = " ".join(filter(None, [f"n = {whole[1]} {whole[0]}." if whole else "", subject.note]))
    with style.style():
        sheet = new_sheet(declared.title, evidence, caption, head + grid, warning=subject.warning)
        if whole:
            _total_bar(sheet, whole, parts, style.MARGIN + columns * _TILE[0] + 0.25)
        _tiles(sheet, subject, known, _ramp(known), sheet.low)
    said = f"Of {whole[1]} {whole[0]}: {'; '.join(told)}." if whole else ""
    areas = list(subject.plan.places[subject.of])
    tiles = [f"{level}: {known[level]}." for level in areas if level in known]
    missing = [level for level in areas if level not in known]
    if missing:
        tiles.append(f"{subject.unknown.capitalize()} by area: {', '.join(missing)}.")
    alt = " ".join(
        filter(
            None,
            [
                f"{declared.title}.",
                said,
                "A grid of tiles, one for each area.",
                *tiles,
                subject.note,
            ],
        )
    )
    frame = pd.DataFrame(
        [
            *([{"part": "total", "level": whole[0], "value": whole[1]}] if whole else []),
            *({"part": "total", "level": p.says, "value": p.count, "note": p.words} for p in parts),
            *(
                {
                    "part": "count",
                    "level": level,
                    "value": known.get(level),
                    "note": "" if level in known else subject.unknown,
                }
                for level in areas
            ),
        ]
    )
    return Figure(sheet.drawing, tidy_data([frame], evidence), alt, declared.title, evidence)


@dataclass(frozen=True)
class _Part:
    """One part of a whole: its name, number, colour, and all of it in words."""

    says: str
    count: int
    colour: str
    words: str


def _totals(subject: Subject) -> tuple[tuple[str, int] | None, list[_Part]]:
    """The whole and its parts; nothing where a number is not given."""

    def value(given: Mapping[str, Any]) -> int | None:
        if "count" in given:
            return int(given["count"])
        printed = printed_number(subject.cells, given["cell"])
        return None if printed is None else int(printed)

    totals = subject.declared.totals
    whole = value(totals["of"])
    parts = []
    for given in totals["parts"]:
        count = value(given)
        if whole and count is not None:
            words = f"{given['says']}: {count} ({_share(count, whole, given, subject)})"
            parts.append(_Part(str(given["says"]), count, str(given["colour"]), words))
    return ((str(totals["of"]["says"]), whole) if whole else None), parts


def _share(count: int, whole: int, given: Mapping[str, Any], subject: Subject) -> str:
    """The percentage, and the printed one where it does not follow from the counts."""
    exact = Fraction(100 * count, whole)
    shown = f"{float(exact):.0f} %" if exact >= 1 else f"{float(exact):.1f} %"
    item, row, column = given.get("percent", ("", "", ""))
    text = subject.cells.get((item, row, column), "")
    if text and reconciling_rule(exact, text, NEAREST) is None:
        shown += f"; in print {text} %"
    return shown


def _total_bar(sheet: Sheet, whole: tuple[str, int], parts: list[_Part], left: float) -> None:
    """One bar of all, cut into its parts, and from `left` below it their names in its order."""
    top = sheet.high
    sheet.write(style.MARGIN, top, f"{whole[1]} {whole[0]}", style.HEADING, weight="bold")
    y = top - 0.24 - _BAR
    x = style.MARGIN
    for part in parts:
        width = INNER * part.count / whole[1]
        sheet.box(x, y, width, _BAR, facecolor=part.colour, edgecolor="none")
        text = str(part.count)
        if style.text_width(text, style.HEADING, bold=True) + 0.05 < width:
            look = {"ha": "center", "va": "center", "color": bars.ink_on(part.colour)}
            sheet.write(x + width / 2, y + _BAR / 2, text, style.HEADING, weight="bold", **look)
        x += width
    y -= 0.25
    room = style.MARGIN + INNER - left - 0.2
    for part in parts:
        words = style.wrap(part.words, room, style.BODY)
        sheet.box(left, y - 0.13, 0.13, 0.13, facecolor=part.colour, edgecolor="none")
        sheet.write(left + 0.2, y, words)
        y -= style.text_height(words, style.BODY) + 0.08
