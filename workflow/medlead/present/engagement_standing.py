"""Standings as a hierarchy of scales: the groups of a site, or all sites (Figures 33, 35, …).

Scales stand in rows, index first, each below what it is part of; groups or sites in columns.
A cell shows percentile, band, interval and the probability of the band, and below them the
percentile with its interval on a track from 0 to 100.
"""

from collections.abc import Sequence
from typing import Any

from medlead.engagement.groups import NO_RESPONSES, TOO_FEW
from medlead.engagement.instrument import Scale
from medlead.present import style
from medlead.present.engagement_paper import (
    LINE,
    STRIP,
    Tracks,
    band_key,
    key_height,
    key_line,
    line,
    open_box,
    swatch,
    tint,
    write_line,
    write_lines,
)
from medlead.present.engagement_topic import KIND_MARKS, Standing, Topic, Unit, scale_label, tree
from medlead.present.sheet import INNER, Sheet
from medlead.present.style import Figure

_LABELS, _LABELS_NARROW = 2.2, 2.0
_NARROW, _WIDE, _WIDEST = 0.46, 1.04, 1.7
_STEP = 0.17  # by which a scale stands to the right of what it is part of
_GAP = 0.05
_SLIM = 0.7  # of the strip of a narrow cell
_TRACK = 0.11


def draw_hierarchy(topic: Topic) -> Figure:
    """Every group of a site, and the site, on every scale."""
    return _draw(topic, topic.units, wide=True)


def draw_overview(topic: Topic) -> Figure:
    """Every site on every scale; a site of which nobody answered stands as such."""
    return _draw(topic, topic.sites, wide=False)


def _draw(topic: Topic, units: Sequence[Unit], *, wide: bool) -> Figure:
    rows = tree(topic.instrument)
    scales = [scale.name for _, scale in rows]
    left = _LABELS if wide else _LABELS_NARROW
    # Where wide cells do not fit side by side, narrow ones keep all units in one view.
    wide = wide and len(units) * _WIDE <= INNER - left
    least = _WIDE if wide else max(_NARROW, _widest_word(units))
    blocks = _blocks(units, INNER - left, least)
    width = min((INNER - left) / max(len(block) for block in blocks), _WIDEST)
    lines = 2 if wide else 3 + _some_unscored(topic, units, scales)
    high = lines * LINE + _TRACK + 0.13
    labels = [_row_label(depth, scale, left) for depth, scale in rows]
    heights = [max(high, style.text_height(t, style.BODY) + 0.08) for t in labels]
    heads = [[_head(unit, width) for unit in block] for block in blocks]
    tops = [max(style.text_height(t, style.BODY) for t in block) + 0.08 for block in heads]
    entries = band_key(topic)
    body = key_height(entries) + sum(tops) + len(blocks) * (sum(heights) + 0.12)
    where = "second line" if wide else "below it"
    shown = (
        f"Each cell: percentile and band; {where} its {topic.coverage} interval, and the "
        "probability of the band. The track below runs from 0 to 100: mark the percentile, bar "
        "its interval, ticks below it the ends of the bands."
    )
    marks = [f"({m}) {name}" for name, m in KIND_MARKS.items() if _has(rows, name)]
    caption = topic.caption(
        shown,
        f"In brackets: {TOO_FEW}." if _some_few(topic, units, scales) else "",
        f"{', '.join(marks)} sub-scale." if marks else "",
        topic.reading,
        touches=("scores", "percentiles", "bands", "groups"),
    )
    tracks = Tracks([band.to for band in topic.instrument.bands if band.to is not None])
    with style.style():
        sheet = topic.sheet(body, caption)
        y = key_line(sheet, sheet.high, entries) - 0.12
        for block, head, top in zip(blocks, heads, tops, strict=True):
            x = style.MARGIN + left
            for text in head:
                high = style.text_height(text, style.BODY)
                middle = y - top + 0.05 + high / 2
                look: dict[str, Any] = {"ha": "center", "weight": "bold"}
                write_lines(sheet, x + width / 2, middle, text, style.BODY, **look)
                x += width
            y -= top
            _labels(sheet, y, rows, labels, heights)
            corner = (style.MARGIN + left, y)
            _cells(topic, sheet, corner, block, scales, heights, width, tracks, wide=wide)
            y -= sum(heights) + 0.12
        tracks.draw(sheet)
    told = [_told(topic, scale, units) for _, scale in rows]
    missing = [u.label for u in units if not u.n]
    told += [f"{', '.join(missing)}: {NO_RESPONSES}."] if missing else []
    sizes = ", ".join(f"{u.label} {u.n}" for u in units)
    alt = topic.alt(
        "A table of percentiles: scales in rows, index first, with a colour, a hatching and a "
        f"word for each band. Doctors: {sizes}.",
        *told,
    )
    return topic.finished(sheet, topic.standing_data(units, scales), alt)


def _blocks(units: Sequence[Unit], width: float, least: float) -> list[Sequence[Unit]]:
    """The units in as few blocks of columns as the sheet has room for, about equally many each."""
    room = max(1, int(width / least + 1e-9))
    number = -(-len(units) // room)
    size = -(-len(units) // number)
    return [units[i : i + size] for i in range(0, len(units), size)]


def _widest_word(units: Sequence[Unit]) -> float:
    """The width of a column in which no word of a name has to be broken."""
    words = [word for unit in units for word in unit.label.split()]
    return max(style.text_width(word, style.BODY, bold=True) for word in words) + 0.07


def _has(rows: Sequence[tuple[int, Scale]], kind: str) -> bool:
    return any(scale.kind == kind for _, scale in rows)


def _some_few(topic: Topic, units: Sequence[Unit], scales: Sequence[str]) -> bool:
    return any(topic.standing(u, s).note == TOO_FEW for u in units for s in scales)


def _some_unscored(topic: Topic, units: Sequence[Unit], scales: Sequence[str]) -> bool:
    standings = (topic.standing(u, s) for u in units for s in scales)
    return any(at.known and at.n < at.respondents for at in standings)


def _row_label(depth: int, scale: Scale, left: float) -> str:
    width = left - depth * _STEP - 0.12
    return style.wrap(scale_label(scale), width, style.BODY, bold=depth < 1)


def _head(unit: Unit, width: float) -> str:
    name = style.wrap(unit.label, width - 0.06, style.BODY, bold=True)
    return f"{name}\n{unit.size}"


def _labels(
    sheet: Sheet,
    top: float,
    rows: Sequence[tuple[int, Scale]],
    labels: Sequence[str],
    heights: Sequence[float],
) -> None:
    """The names of the scales, each joined to what it is part of."""
    x, y = style.MARGIN, top
    # Depth, middle and lower end of every label so far.
    above: list[tuple[int, float]] = []
    for (depth, _), label, height in zip(rows, labels, heights, strict=True):
        y -= height
        middle = y + height / 2
        weight = "bold" if depth == 0 else "normal"
        sheet.write(x + depth * _STEP, middle, label, va="center", weight=weight)
        start = next((end for d, end in reversed(above) if d == depth - 1), None)
        if start is not None:
            at = x + depth * _STEP - 0.11
            line(sheet, (at, at, at + 0.08), (start, middle, middle), color=style.MUTED)
        above.append((depth, middle - style.text_height(label, style.BODY) / 2 - 0.02))


def _cells(
    topic: Topic,
    sheet: Sheet,
    corner: tuple[float, float],
    units: Sequence[Unit],
    scales: Sequence[str],
    heights: Sequence[float],
    width: float,
    tracks: Tracks,
    *,
    wide: bool,
) -> None:
    """The cells of a block of columns, from its upper left corner."""
    start, top = corner
    for column, unit in enumerate(units):
        x = start + column * width + _GAP / 2
        if not unit.n:
            height = sum(heights) - _GAP
            y = top - sum(heights) + _GAP / 2
            ground = {"facecolor": style.FAINT, "edgecolor": style.LINE, "linewidth": 0.6}
            sheet.box(x, y, width - _GAP, height, **ground)
            place = (x + (width - _GAP) / 2, y + height / 2)
            look: dict[str, Any] = {"ha": "center", "va": "center", "color": style.SOFT}
            if height > style.text_width(NO_RESPONSES, style.HEADING):
                sheet.write(*place, NO_RESPONSES, style.HEADING, rotation=90, **look)
            else:  # An instrument of few scales has no column to write along.
                words = style.wrap(NO_RESPONSES, width - 2 * _GAP, style.SMALL)
                sheet.write(*place, words, style.SMALL, **look)
            continue
        y = top
        for scale, height in zip(scales, heights, strict=True):
            y -= height
            box = (x, y + _GAP / 2, width - _GAP, height - _GAP)
            _cell(topic, sheet, box, topic.standing(unit, scale), tracks, wide=wide)


def _cell(
    topic: Topic,
    sheet: Sheet,
    box: tuple[float, float, float, float],
    at: Standing,
    tracks: Tracks,
    *,
    wide: bool,
) -> None:
    x, y, width, height = box
    strip = STRIP * (1 if wide else _SLIM)
    left = x + strip + (0.05 if wide else 0.03)
    if at.placed:
        look = topic.plan.bands[at.band]
        sheet.box(*box, facecolor=tint(look.colour), edgecolor="none")
        swatch(sheet, x, y, strip, height, look)
        band = at.band if wide else look.letter
    else:
        open_box(sheet, *box)
        band = "too few"
    if not at.known:
        words = style.wrap(at.note, width - (left - x), style.SMALL)
        sheet.write(left, y + height / 2, words, style.SMALL, va="center")
        return
    tracks.add(left + 0.01, y + 0.085, x + width - 0.04 - left, at)
    count = f"n = {at.n}" if at.n < at.respondents else ""
    weight = "bold" if at.placed else "normal"
    if wide:
        top = y + height - 0.045
        write_line(sheet, left, top, at.value, style.BODY, weight=weight)
        after = left + style.text_width(at.value, style.BODY, bold=at.placed) + 0.06
        write_line(sheet, after, top, band, style.BODY)
        told = " · ".join(filter(None, (at.interval or "no interval", at.sure, count)))
        write_line(sheet, left, top - 1.22 * LINE, told)
        return
    top = y + height - 0.045
    head = f"{at.value} {band}" if at.placed else at.value
    write_line(sheet, left, top, head, style.BODY, weight=weight)
    lines = [at.interval or "–", at.sure if at.placed else band, count]
    for place, text in enumerate(filter(None, lines)):
        write_line(sheet, left, top - (1.15 + place) * LINE, text)


def _told(topic: Topic, scale: Scale, units: Sequence[Unit]) -> str:
    parts = [f"{u.label} {topic.standing(u, scale.name).sentence}" for u in units if u.n]
    return f"{scale.title}: {'; '.join(parts)}."
