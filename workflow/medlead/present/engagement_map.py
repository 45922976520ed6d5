"""Groups on the grids of the typology, with how sure their places are (Figures 42, 52, …)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from medlead.engagement.disclosure import WITHHELD
from medlead.engagement.groups import NO_RESPONSES, NO_SCORES, TOO_FEW
from medlead.engagement.instrument import Map
from medlead.present import style
from medlead.present.engagement_declared import map_title
from medlead.present.engagement_paper import LINE, write_line
from medlead.present.engagement_topic import Topic, Unit, chance_text
from medlead.present.sheet import INNER, Sheet
from medlead.present.style import Figure

_COLUMN = 1.78
_ACROSS, _DOWN = 0.2, 0.44
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_AXIS = 0.32


@dataclass(frozen=True)
class _Block:
    """The key of one unit: the lines of its name, and those on its size and places."""

    name: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        return (1.3 * len(self.name) + len(self.lines)) * LINE + 0.14


def draw_map(topic: Topic) -> Figure:
    """One grid for each map: every group and the site, with intervals on both axes.

    Beside them, for each unit and map, the quadrant and its probability.
    """
    units, maps = topic.units, topic.instrument.typology.maps
    columns = min(2, len(maps))
    size = (INNER - _COLUMN - columns * (_AXIS + _ACROSS)) / 2
    rows = -(-len(maps) // columns)
    titles = [_title(topic, place, size + _AXIS) for place in range(len(maps))]
    head = max(style.text_height(title, style.BODY) for title in titles) + 0.06
    blocks = [_key_block(topic, unit, maps) for unit in units]
    listed = sum(block.height for block in blocks)
    body = max(rows * (head + size + _DOWN), listed)
    few = any(topic.place(u, m.name)["note"] == TOO_FEW for u in units for m in maps)
    caption = topic.caption(
        f"Points: percentiles; lines: {topic.coverage} intervals of each axis by itself. On the "
        "right: the quadrant, and the probability that the group belongs there.",
        f"Hollow and dashed: {TOO_FEW}, fewer than {topic.instrument.place_from}; in brackets the "
        "quadrant that the point alone lies in."
        if few
        else "",
        topic.reading.split(". ")[0] + ".",
        touches=("scores", "percentiles", "typology", "groups"),
    )
    with style.style():
        sheet = topic.sheet(body, caption)
        for place in range(len(maps)):
            x = style.MARGIN + (place % columns) * (size + _AXIS + _ACROSS) + _AXIS
            top = sheet.high - (place // columns) * (head + size + _DOWN) - head
            sheet.write(x - _AXIS + 0.02, top + 0.1, titles[place], weight="bold", va="baseline")
            _panel(topic, sheet, maps[place], units, (x, top - size, size))
        x = style.MARGIN + INNER - _COLUMN + 0.06
        y = sheet.high
        for unit, block in zip(units, blocks, strict=True):
            _write_block(sheet, x, y, unit, block)
            y -= block.height
    told = [_told(topic, chosen, units) for chosen in maps]
    alt = topic.alt(
        "Grids with what the organisation offers from left to right and what doctors bring "
        f"upwards, both percentiles, cut at {topic.instrument.typology.cut:g}.",
        *told,
    )
    return topic.finished(sheet, _data(topic, units, maps), alt)


def _places(row: dict[str, Any]) -> bool:
    return str(row["note"]) not in (TOO_FEW, NO_SCORES, NO_RESPONSES, WITHHELD)


def _panel(
    topic: Topic,
    sheet: Sheet,
    chosen: Map,
    units: Sequence[Unit],
    place: tuple[float, float, float],
) -> None:
    x, y, size = place
    typology = topic.instrument.typology
    axes = sheet.axes(x, y, size, size)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.spines[:].set_visible(True)
    cut = typology.cut
    for quadrant in typology.quadrants:
        across, up = quadrant.organisational, quadrant.individual
        ground = style.FAINT if across == up else "white"
        left, low = (cut if across else 0.0), (cut if up else 0.0)
        right, high = (100.0 if across else cut), (100.0 if up else cut)
        axes.fill([left, right, right, left], [low, low, high, high], color=ground, zorder=0)
        axes.text(
            98 if across else 2,
            98 if up else 2,
            quadrant.label,
            size=style.SMALL,
            color=style.SOFT,
            ha="right" if across else "left",
            va="top" if up else "bottom",
            zorder=3,
            bbox={"facecolor": ground, "edgecolor": "none", "pad": 0.8, "alpha": 0.75},
        )
    for draw in (axes.axvline, axes.axhline):
        draw(cut, color=style.SOFT, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    ticks = [0.0, 50.0, 100.0]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
    axes.tick_params(length=2, pad=1.5, labelsize=style.SMALL)
    # The whole site last and small: it stands amid its groups.
    for unit in (*reversed(units[:-1]), units[-1]):
        _point(axes, topic.place(unit, chosen.name), unit)
    look: dict[str, Any] = {"color": style.SOFT, "ha": "center"}
    sheet.write(x + size / 2, y - 0.16, "organisational", style.SMALL, va="top", **look)
    middle = (x - 0.23, y + size / 2)
    sheet.write(*middle, "individual", style.SMALL, va="center", rotation=90, **look)


def _point(axes: Axes, row: dict[str, Any], unit: Unit) -> None:
    """A unit on a grid: mark, and lines for its intervals."""
    x, y = float(row["organisational"]), float(row["individual"])
    if pd.isna(x) or pd.isna(y):
        return
    placed = _places(row)
    drawn: dict[str, Any] = {"color": unit.colour, "linewidth": 1.0, "alpha": 0.75, "zorder": 2}
    dashes = "-" if placed else (0, (2, 2))
    ends = [
        float(row[f"{n}_{e}"]) for n in ("organisational", "individual") for e in ("low", "high")
    ]
    if not pd.isna(ends[0]):
        axes.plot(ends[:2], [y, y], linestyle=dashes, **drawn)
    if not pd.isna(ends[2]):
        axes.plot([x, x], ends[2:], linestyle=dashes, **drawn)
    _mark(axes, x, y, unit, placed=placed)


def _mark(axes: Axes, x: float, y: float, unit: Unit, *, placed: bool) -> None:
    axes.plot(
        [x],
        [y],
        marker=unit.marker,
        markersize=7.5 if unit.group else 6.5,
        markerfacecolor=unit.colour if placed else "white",
        markeredgecolor="white" if placed else unit.colour,
        markeredgewidth=0.7 if placed else 1.2,
        linestyle="none",
        clip_on=False,
        zorder=4 if unit.group else 5,
    )


def _key_block(topic: Topic, unit: Unit, maps: Sequence[Map]) -> _Block:
    """The key of one unit: its name, its size, and its place on each map."""
    name = tuple(style.wrap(unit.label, _COLUMN - 0.26, style.BODY, bold=True).split("\n"))
    if not unit.n:
        return _Block(name, (f"{unit.size}: {NO_RESPONSES}",))
    rows = [topic.place(unit, chosen.name) for chosen in maps]
    few = all(str(row["note"]) == TOO_FEW for row in rows)
    size = f"{unit.size}: {TOO_FEW}" if few else unit.size
    places = (f"{_letter(place)}  {_outcome(row)}" for place, row in enumerate(rows))
    return _Block(name, (size, *places))


def _title(topic: Topic, number: int, width: float) -> str:
    """The title of a panel, with the letter by which the key names it."""
    name = map_title(topic.instrument.typology.maps[number].name, topic.instrument)
    return style.wrap(f"{_letter(number)}  {name}", width, style.BODY, bold=True)


def _letter(number: int) -> str:
    return _LETTERS[number % len(_LETTERS)]


def _outcome(row: dict[str, Any]) -> str:
    if pd.isna(row["organisational"]) or pd.isna(row["individual"]):
        return str(row["note"])
    by_rule = str(row["quadrant_by_rule"])
    if not _places(row):
        return f"({by_rule})"
    sure = chance_text(float(row[f"p_{by_rule}"]))
    count = f", n = {int(row['n'])}" if row["n"] < row["respondents"] else ""
    return f"{by_rule} {sure}{count}".strip()


def _write_block(sheet: Sheet, x: float, y: float, unit: Unit, block: _Block) -> None:
    """The key of a unit, its mark before its name."""
    axes = sheet.axes(x, y - LINE - 0.01, 0.14, 0.14)
    axes.set_xlim(-1, 1)
    axes.set_ylim(-1, 1)
    _mark(axes, 0, 0, unit, placed=not any(TOO_FEW in text for text in block.lines))
    for text in block.name:
        write_line(sheet, x + 0.2, y, text, style.BODY, weight="bold")
        y -= 1.3 * LINE
    for text in block.lines:
        write_line(sheet, x + 0.2, y, text)
        y -= LINE


def _told(topic: Topic, chosen: Map, units: Sequence[Unit]) -> str:
    parts = []
    for unit in units:
        row = topic.place(unit, chosen.name)
        o, i = float(row["organisational"]), float(row["individual"])
        if pd.isna(o) or pd.isna(i):
            parts.append(f"{unit.label} ({unit.size}): {row['note']}")
            continue
        by_rule = str(row["quadrant_by_rule"])
        sure = chance_text(float(row[f"p_{by_rule}"]))
        placed = f"{by_rule}, probability {sure}" if sure else by_rule
        told = placed if _places(row) else f"{row['note']} (the point lies in {by_rule})"
        parts.append(
            f"{unit.label} ({unit.size}): organisational {o:.0f}, individual {i:.0f}, {told}"
        )
    return f"{map_title(chosen.name, topic.instrument)}: {'; '.join(parts)}."


def _data(topic: Topic, units: Sequence[Unit], maps: Sequence[Map]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for unit in units:
        for chosen in maps:
            row = topic.place(unit, chosen.name)
            by_rule, placed = str(row["quadrant_by_rule"]), _places(row)
            base = {
                "site": unit.site,
                "group": unit.group,
                "scale": chosen.name,
                "label": by_rule if placed else "",
                "probability": float(row[f"p_{by_rule}"]) if by_rule and placed else None,
                "n": int(row["n"]),
                "note": str(row["note"]),
            }
            for axis in ("organisational", "individual"):
                ends = {e: float(row[f"{axis}_{e}"]) for e in ("low", "high")}
                rows.append(
                    {"part": "place", "level": axis, "value": float(row[axis]), **ends, **base}
                )
    return rows
