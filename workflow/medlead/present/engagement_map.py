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
from medlead.present.engagement_paper import line, write_lines
from medlead.present.engagement_topic import Topic, Unit, chance_text
from medlead.present.sheet import INNER, Sheet
from medlead.present.style import Figure

_ACROSS, _DOWN = 0.25, 0.5
_AXIS = 0.36
# A panel is as large as the sheet and the table of all units leave room for, within these.
_LEAST, _MOST, _ROOM = 1.6, 2.45, 7.6
# Columns of the table below the panels.
_MARK, _NAME, _SIZE = 0.2, 1.5, 0.42
_ROW_GAP = 0.06


@dataclass(frozen=True)
class _Row:
    """A row of the table: the name of a unit, and in words where it is placed on each map."""

    unit: Unit
    name: str
    outcomes: tuple[str, ...]

    @property
    def height(self) -> float:
        name = style.text_height(self.name, style.BODY)
        return max(name, *(style.text_height(t, style.SMALL) for t in self.outcomes)) + _ROW_GAP


def draw_map(topic: Topic) -> Figure:
    """One grid for each map: every group and the site, with intervals on both axes.

    Below them, for each unit and map, the quadrant and its probability, and the likeliest
    quadrant where that is another one.
    """
    units, maps = topic.units, topic.instrument.typology.maps
    columns = min(2, len(maps))
    lines = -(-len(maps) // columns)
    heads, rows, tall = _table(topic, units, maps)
    widest = (INNER - columns * _AXIS - (columns - 1) * _ACROSS) / columns
    titles = [_title(topic, chosen, min(widest, _MOST)) for chosen in maps]
    head = max(style.text_height(title, style.BODY) for title in titles) + 0.06
    free = (_ROOM - tall) / lines - head - _DOWN
    size = min(widest, _MOST, max(_LEAST, free))
    few = any(topic.place(u, m.name)["note"] == TOO_FEW for u in units for m in maps)
    likelier = any(_likelier(topic.place(u, m.name)) for u in units for m in maps)
    caption = topic.caption(
        f"Points: percentiles; lines: {topic.coverage} intervals of each axis by itself. Below: "
        "the quadrant of the point, and the probability that the unit belongs there"
        + ("; after “or” the likeliest quadrant where that is another." if likelier else "."),
        f"Hollow and dashed: {TOO_FEW}, fewer than {topic.instrument.place_from}; in brackets the "
        "quadrant that the point alone lies in."
        if few
        else "",
        topic.reading.split(". ")[0] + ".",
        touches=("scores", "percentiles", "typology", "groups"),
    )
    with style.style():
        sheet = topic.sheet(lines * (head + size + _DOWN) + tall, caption)
        step = INNER / columns if columns > 1 else size + _AXIS
        for place, chosen in enumerate(maps):
            x = style.MARGIN + (place % columns) * step + _AXIS
            top = sheet.high - (place // columns) * (head + size + _DOWN) - head
            sheet.write(x, top + 0.06, titles[place], weight="bold", va="bottom")
            _panel(topic, sheet, chosen, units, (x, top - size, size))
        _write_table(sheet, sheet.low + tall, heads, rows)
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
    ticks = [0.0, 25.0, 50.0, 75.0, 100.0]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
    axes.tick_params(length=2, pad=1.5, labelsize=style.SMALL)
    for unit in reversed(units):
        _point(axes, topic.place(unit, chosen.name), unit)
    look: dict[str, Any] = {"color": style.SOFT, "ha": "center"}
    sheet.write(x + size / 2, y - 0.17, "organisational, percentile", style.SMALL, **look)
    middle = (x - 0.27, y + size / 2)
    words = "individual, percentile"
    sheet.write(*middle, words, style.SMALL, va="center", rotation=90, **look)


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
        markersize=6.5 if unit.group else 9.0,
        markerfacecolor=unit.colour if placed else "white",
        markeredgecolor="white" if placed else unit.colour,
        markeredgewidth=0.7 if placed else 1.2,
        linestyle="none",
        clip_on=False,
        # The whole site stands amid its groups; its rays are seen behind a group, not the reverse.
        zorder=4 if unit.group else 3.5,
    )


def _title(topic: Topic, chosen: Map, width: float) -> str:
    return style.wrap(map_title(chosen.name, topic.instrument), width, style.BODY, bold=True)


# --- the table ------------------------------------------------------------------------------------


def _column(maps: Sequence[Map]) -> float:
    """The width of a column of the table that belongs to one map."""
    return (INNER - _MARK - _NAME - _SIZE) / len(maps)


def _table(
    topic: Topic, units: Sequence[Unit], maps: Sequence[Map]
) -> tuple[list[str], list[_Row], float]:
    """The heads and rows of the table, and its height."""
    width = _column(maps) - 0.08
    names = [map_title(chosen.name, topic.instrument) for chosen in maps]
    heads = [style.wrap(name, width, style.SMALL, bold=True) for name in names]
    rows = []
    for unit in units:
        places = [_outcome(topic.place(unit, chosen.name)) for chosen in maps]
        outcomes = tuple(style.wrap(text, width, style.SMALL) for text in places)
        name = style.wrap(unit.label, _NAME - 0.1, style.BODY, bold=not unit.group)
        rows.append(_Row(unit, name, outcomes))
    head = max(style.text_height(text, style.SMALL) for text in heads) + 0.1
    return heads, rows, head + sum(row.height for row in rows) + 0.04


def _write_table(sheet: Sheet, top: float, heads: Sequence[str], rows: Sequence[_Row]) -> None:
    width = (INNER - _MARK - _NAME - _SIZE) / len(heads)
    left = style.MARGIN + _MARK + _NAME
    y = top - max(style.text_height(text, style.SMALL) for text in heads) - 0.04
    for place, text in enumerate(("n", *heads)):
        look: dict[str, Any] = {"weight": "bold"} if place else {"ha": "right"}
        x = left + _SIZE + ((place - 1) * width if place else -0.14)
        write_lines(sheet, x, y + style.text_height(text, style.SMALL) / 2, text, **look)
    y -= 0.06
    for row in rows:
        line(sheet, (style.MARGIN, style.MARGIN + INNER), (y, y), linewidth=0.4)
        middle = y - row.height / 2
        axes = sheet.axes(style.MARGIN, middle - 0.07, 0.14, 0.14)
        axes.set_xlim(-1, 1)
        axes.set_ylim(-1, 1)
        few = all(text.startswith("(") for text in row.outcomes)
        _mark(axes, 0, 0, row.unit, placed=not few)
        weight = "normal" if row.unit.group else "bold"
        write_lines(sheet, style.MARGIN + _MARK, middle, row.name, style.BODY, weight=weight)
        x, words = left + _SIZE - 0.14, str(row.unit.n)
        write_lines(sheet, x, middle, words, ha="right", weight=weight)
        for place, text in enumerate(row.outcomes):
            x = left + _SIZE + place * width
            write_lines(sheet, x, middle, text)
        y -= row.height


def _likelier(row: dict[str, Any]) -> str:
    """The likeliest quadrant with its probability, where it is not that of the point."""
    by_rule = str(row["quadrant_by_rule"])
    if not by_rule or not _places(row):
        return ""
    chances = {n[2:]: float(c) for n, c in row.items() if n.startswith("p_") and not pd.isna(c)}
    best = max(chances, key=chances.__getitem__, default=by_rule)
    # What looks the same after rounding is not called likelier.
    if best == by_rule or chance_text(chances[best]) == chance_text(chances[by_rule]):
        return ""
    return f"{best}\N{NO-BREAK SPACE}{_firm(chance_text(chances[best]))}"


def _firm(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _outcome(row: dict[str, Any]) -> str:
    """Where a unit is placed, in words that break only between their parts."""
    if pd.isna(row["organisational"]) or pd.isna(row["individual"]):
        return str(row["note"])
    by_rule = str(row["quadrant_by_rule"])
    if not _places(row):
        return f"({by_rule})"
    sure = _firm(chance_text(float(row[f"p_{by_rule}"])))
    found = [f"{by_rule}\N{NO-BREAK SPACE}{sure}".strip()]
    other = _likelier(row)
    found += [f"or\N{NO-BREAK SPACE}{other}"] if other else []
    found += [_firm(f"n = {int(row['n'])}")] if row["n"] < row["respondents"] else []
    return "\n".join(found)


def _told(topic: Topic, chosen: Map, units: Sequence[Unit]) -> str:
    parts = []
    for unit in units:
        row = topic.place(unit, chosen.name)
        o, i = float(row["organisational"]), float(row["individual"])
        if pd.isna(o) or pd.isna(i):
            parts.append(f"{unit.label} ({unit.size}): {row['note']}")
            continue
        by_rule = str(row["quadrant_by_rule"])
        sure, other = chance_text(float(row[f"p_{by_rule}"])), _likelier(row)
        placed = f"{by_rule}, probability {sure}" if sure else by_rule
        placed += f" (likelier: {other})" if other else ""
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
