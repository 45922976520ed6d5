"""Bars of the engagement scale: organisation and person (Figures 37 to 40, …), and the answers
to Section B (Figures 43, 53, …), group by group.
"""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from medlead.engagement.groups import NO_RESPONSES, TOO_FEW
from medlead.engagement.instrument import Map
from medlead.present import style
from medlead.present.engagement_declared import COMPONENTS, Look
from medlead.present.engagement_paper import (
    key_height,
    key_line,
    line,
    swatch,
    tint,
    write_line,
)
from medlead.present.engagement_topic import Standing, Topic, Unit
from medlead.present.sheet import INNER, Sheet
from medlead.present.style import Figure

_NAMES, _SIDES = 1.35, 0.85
# What is told beside a bar: percentile with interval, and band with probability.
_VALUE, _BAND = 0.95, 1.2
# Height of a bar, and the gap between groups; the second where there are many.
_BARS = ((0.21, 0.16), (0.14, 0.08))
_MANY = 12
_HEAD, _FOOT = 0.3, 0.36


def draw_components(topic: Topic) -> Figure:
    """What the organisation offers and what doctors bring, one pair of bars for each group."""
    typology = topic.instrument.typology
    chosen = next(m for m in typology.maps if m.name == topic.declared.map)
    units = topic.units
    width = INNER - _NAMES - _SIDES - _VALUE - _BAND
    bar, gap = _BARS[len(units) > _MANY]
    names = [f"{style.wrap(u.label, _NAMES - 0.1, style.BODY)}\n{u.size}" for u in units]
    rows = [max(2 * bar, style.text_height(t, style.BODY)) + gap for t in names]
    axes_key = _components_key(topic, chosen)
    few = any(topic.standing(u, s).note == TOO_FEW for u in units for s in _scales(chosen))
    caption = topic.caption(
        f"Bars: percentiles; lines: {topic.coverage} intervals; the ground shows the bands, the "
        f"dashed line the cut at {typology.cut:g}. On the right the same in numbers, with the "
        "probability of the band.",
        f"In brackets and dashed: {TOO_FEW}, fewer than {topic.instrument.place_from}."
        if few
        else "",
        topic.reading,
        touches=("scores", "percentiles", "bands", "groups"),
    )
    body = key_height(axes_key) + _HEAD + sum(rows) + _FOOT
    with style.style():
        sheet = topic.sheet(body, caption)
        y = key_line(sheet, sheet.high, axes_key) - 0.12 - _HEAD
        left = style.MARGIN + _NAMES + _SIDES
        axes = sheet.axes(left, y - sum(rows), width, sum(rows))
        axes.set_xlim(0, 100)
        axes.set_ylim(sum(rows), 0)
        _band_ground(topic, axes, sheet, left, y + 0.05, width)
        _heads(topic, sheet, left + width, y + 0.05)
        foot = (left + width / 2, y - sum(rows) - 0.19)
        sheet.write(*foot, topic.axis, style.SMALL, ha="center", color=style.SOFT)
        at = 0.0
        for unit, name, row in zip(units, names, rows, strict=True):
            middle = y - at - row / 2
            weight = "normal" if unit.group else "bold"
            sheet.write(style.MARGIN, middle, name, va="center", weight=weight)
            for side, (kind, scale) in enumerate(zip(COMPONENTS, _scales(chosen), strict=True)):
                centre = at + row / 2 + (side - 0.5) * bar
                standing = topic.standing(unit, scale)
                _bar(axes, centre, standing, topic.plan.components[kind], bar)
                look = {"va": "center_baseline", "color": style.SOFT}
                sheet.write(left - 0.06, y - centre, kind, style.SMALL, ha="right", **look)
                columns = (left + width + 0.1, left + width + _VALUE + 0.1)
                for x, words in zip(columns, _in_words(standing), strict=True):
                    sheet.write(x, y - centre, words, style.SMALL, va="center_baseline")
            at += row
            if unit.group:
                line(sheet, (style.MARGIN, style.MARGIN + INNER), (y - at, y - at), linewidth=0.4)
    told = [
        f"{u.label} ({u.size}): "
        + "; ".join(
            f"{kind} {topic.standing(u, scale).sentence}"
            for kind, scale in zip(COMPONENTS, _scales(chosen), strict=True)
        )
        + "."
        for u in units
    ]
    alt = topic.alt("Pairs of bars show percentiles from 0 to 100.", *told)
    return topic.finished(sheet, topic.standing_data(units, _scales(chosen)), alt)


def _scales(chosen: Map) -> tuple[str, str]:
    return chosen.organisational, chosen.individual


def _components_key(topic: Topic, chosen: Map) -> list[tuple[Look | None, str]]:
    """Which scales are the two sides."""
    found: list[tuple[Look | None, str]] = []
    for kind, scale in zip(COMPONENTS, _scales(chosen), strict=True):
        title = topic.instrument.scale(scale).title
        words = title if title.lower().startswith(kind) else f"{kind.capitalize()}: {title}"
        found.append((topic.plan.components[kind], words))
    return found


def _band_ground(
    topic: Topic, axes: Axes, sheet: Sheet, left: float, y: float, width: float
) -> None:
    """The bands behind the bars with their letters above, the cut, and the ticks below."""
    bands, start = topic.instrument.bands, 0.0
    for band in bands:
        end = 100.0 if band.to is None else band.to
        look = topic.plan.bands[band.label]
        axes.axvspan(start, end, facecolor=tint(look.colour, 0.14), edgecolor="none", zorder=0)
        middle = left + width * (start + end) / 200
        wide = width * (end - start) / 100 > style.text_width(band.label, style.SMALL) + 0.06
        text = band.label if wide else look.letter
        sheet.write(middle, y, text, style.SMALL, ha="center", va="baseline", color=style.SOFT)
        start = end
    cut = topic.instrument.typology.cut
    axes.axvline(cut, color=style.SOFT, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
    ticks = [0.0, 25.0, 50.0, 75.0, 100.0]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.tick_params(length=0, pad=2)


def _bar(axes: Axes, centre: float, at: Standing, look: Look, tall: float) -> None:
    """One bar with its interval; hollow and dashed where too few are there to place."""
    if not at.known:
        return
    place: Any = (0, centre - tall * 0.41)
    size = (at.percentile, tall * 0.82)
    if at.placed:
        given: dict[str, Any] = {"facecolor": look.colour, "hatch": look.hatch}
        axes.add_patch(Rectangle(place, *size, edgecolor="white", linewidth=0, **given))
    else:
        given = {"facecolor": "white", "edgecolor": look.colour, "linestyle": (0, (3, 2))}
        axes.add_patch(Rectangle(place, *size, linewidth=1.0, **given))
    if at.interval:
        # White below black: the line is seen on every bar.
        for colour, thick in (("white", 2.6), (style.INK, 1.0)):
            axes.plot([at.low, at.high], [centre] * 2, color=colour, linewidth=thick)
            for end in (at.low, at.high):
                ends = [centre - tall * 0.19, centre + tall * 0.19]
                axes.plot([end] * 2, ends, color=colour, linewidth=thick)


def _heads(topic: Topic, sheet: Sheet, left: float, y: float) -> None:
    """The headings of the two columns of words beside the bars."""
    look: dict[str, Any] = {"va": "bottom", "color": style.SOFT}
    sheet.write(left + 0.1, y, f"percentile,\n{topic.coverage} interval", style.SMALL, **look)
    sheet.write(left + _VALUE + 0.1, y, "band,\nits probability", style.SMALL, **look)


def _in_words(at: Standing) -> tuple[str, str]:
    """A standing as it stands beside its bar: percentile with interval, and band."""
    if not at.known:
        return at.note, ""
    value = f"{at.value} ({at.interval})" if at.interval else f"{at.value} no interval"
    if not at.placed:
        return value, at.note
    count = f"n = {at.n}" if at.n < at.respondents else ""
    return value, ", ".join(filter(None, (f"{at.band} {at.sure}".strip(), count)))


# --- Section B ------------------------------------------------------------------------------------

_COLUMN = 0.5
_GROUPS, _COUNTS = 1.35, 0.28
_LEAST = 1.2


def draw_answers(topic: Topic) -> Figure:
    """The answers to every statement as stacked shares, and each share as a number.

    Categories that nobody chose keep their place among the numbers.
    """
    instrument = topic.instrument
    units = topic.units
    categories = instrument.categories
    heads = [_category_head(c.label, assumed=c.assumed) for c in categories]
    narrow = max(style.text_width(w, style.SMALL) for t in heads for w in t.split("\n")) + 0.08
    numbers = max(0.4, min(narrow, _COLUMN * 1.3))
    width = max(_LEAST, INNER - _GROUPS - _COUNTS - len(categories) * numbers - 0.1)
    names = [style.wrap(u.label, _GROUPS - 0.12, style.BODY) for u in units]
    lines = [max(0.19, style.text_height(t, style.BODY) + 0.02) for t in names]
    says = [
        style.wrap(f"{name.upper()}  {text}", INNER, style.BODY, bold=True)
        for name, text in instrument.statements.items()
    ]
    texts = [style.text_height(t, style.BODY) + 0.04 for t in says]
    head = max(style.text_height(t, style.SMALL) for t in heads) + 0.4
    body = head + sum(texts) + len(says) * (sum(lines) + 0.14)
    assumed = any(c.assumed for c in categories)
    caption = topic.caption(
        "Numbers: percentage of those who answered the statement, each rounded by itself; n: how "
        f"many they are. {_smallest(units)}",
        "* Assumed category: what is known of the statements does not name it." if assumed else "",
        touches=("section-b",),
    )
    rows: list[dict[str, Any]] = []
    with style.style():
        sheet = topic.sheet(body, caption)
        left = style.MARGIN + _GROUPS + _COUNTS
        y = sheet.high - head
        _answer_head(topic, sheet, heads, left + width + 0.1, y + 0.1, numbers)
        for name, text, high in zip(instrument.statements, says, texts, strict=True):
            sheet.write(style.MARGIN, y, text, weight="bold")
            y -= high
            axes = sheet.axes(left, y - sum(lines), width, sum(lines))
            axes.set_xlim(0, 100)
            axes.set_ylim(sum(lines), 0)
            axes.axvline(50, color=style.LINE, linewidth=0.7, zorder=0)
            at = 0.0
            for unit, label, row in zip(units, names, lines, strict=True):
                told = topic.answers(unit, name)
                middle = y - at - row / 2
                weight = "normal" if unit.group else "bold"
                sheet.write(style.MARGIN + 0.1, middle, label, va="center_baseline", weight=weight)
                n = int(told[0]["n"]) if told else 0
                place = (left - 0.08, middle)
                sheet.write(
                    *place, str(n), style.SMALL, va="center_baseline", ha="right", color=style.SOFT
                )
                _shares(topic, axes, at + row / 2, told)
                for column, share in enumerate(told):
                    x = left + width + 0.1 + (column + 0.5) * numbers
                    ink = style.INK if share["n"] and share["count"] else style.MUTED
                    shown = _percent(share["percent"])
                    sheet.write(
                        x, middle, shown, style.SMALL, ha="center", color=ink, va="center_baseline"
                    )
                rows += told
                at += row
            y -= sum(lines) + 0.14
    return topic.finished(sheet, [_answer_row(r) for r in rows], _answer_alt(topic, rows, units))


def _smallest(units: Sequence[Unit]) -> str:
    """What one doctor weighs in the smallest group."""
    least = min((unit.n for unit in units if unit.n), default=0)
    if not least:
        return ""
    return (
        f"Small groups are shown too: where n = {least}, one doctor is {_percent(100 / least)} %."
    )


def _category_head(label: str, *, assumed: bool) -> str:
    return style.wrap(f"{label}*" if assumed else label, _COLUMN, style.SMALL)


def _answer_head(
    topic: Topic, sheet: Sheet, heads: Sequence[str], left: float, y: float, width: float
) -> None:
    """The key: a swatch and the name of each category above its column of numbers."""
    for place, (category, text) in enumerate(zip(topic.instrument.categories, heads, strict=True)):
        x = left + (place + 0.5) * width
        swatch(sheet, x - 0.12, y + 0.02, 0.24, 0.12, topic.plan.categories[category.label])
        sheet.write(x, y + 0.17, text, style.SMALL, ha="center", va="bottom")
    at = style.MARGIN + _GROUPS + _COUNTS
    write_line(sheet, at - 0.08, y + 0.1, "n", ha="right", color=style.SOFT)
    # From the first bar's left end to the last bar's right end.
    right = left - 0.1
    look: dict[str, Any] = {"color": style.SOFT}
    write_line(sheet, (at + right) / 2, y + 0.23, "share of answers, %", ha="center", **look)
    for share in (0, 50, 100):
        x = at + (right - at) * share / 100
        write_line(sheet, x, y + 0.1, f"{share}", ha="center", color=style.SOFT)
        line(sheet, (x, x), (y - 0.03, y + 0.01), color=style.MUTED, linewidth=0.7)


def _shares(topic: Topic, axes: Axes, centre: float, told: Sequence[dict[str, Any]]) -> None:
    start = 0.0
    for share in told:
        if not share["n"] or not share["count"]:
            continue
        look = topic.plan.categories[share["category"]]
        box = ((start, centre - 0.075), share["percent"], 0.15)
        axes.add_patch(
            Rectangle(
                *box, zorder=2, facecolor=look.colour, hatch=look.hatch, edgecolor="white", lw=0.6
            )
        )
        start += share["percent"]
    if not start:
        why = (told[0].get("note") if told else "") or NO_RESPONSES
        axes.text(2, centre, why, size=style.SMALL, va="center", color=style.SOFT)


def _percent(value: float) -> str:
    """A percentage as a whole number, halves upwards; a dash where there is none."""
    return "–" if value != value else f"{int(value + 0.5)}"


def _answer_row(told: dict[str, Any]) -> dict[str, Any]:
    return {
        "part": "answers",
        "site": told["site"],
        "group": told["group"],
        "scale": told["statement"],
        "level": told["category"],
        "value": told["percent"],
        "label": str(int(told["count"])),
        "n": int(told["n"]),
    }


def _answer_alt(topic: Topic, rows: Sequence[dict[str, Any]], units: Sequence[Unit]) -> str:
    parts = []
    for name, text in topic.instrument.statements.items():
        told = []
        for unit in units:
            mine = [r for r in rows if r["statement"] == name and r["group"] == unit.group]
            n = int(mine[0]["n"]) if mine else 0
            shares = ", ".join(f"{_percent(r['percent'])} % {r['category']}" for r in mine if n)
            why = (mine[0].get("note") if mine else "") or NO_RESPONSES
            told.append(f"{unit.label} (n = {n}): {shares or why}")
        parts.append(f"{name.upper()}, {text}: {'; '.join(told)}.")
    return topic.alt("Stacked bars show the answers to each statement.", *parts)
