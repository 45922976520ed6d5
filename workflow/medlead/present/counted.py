"""Figures of counts: bands and numbers as columns, names as rows."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes

from medlead.evidence import EvidenceClass
from medlead.present import bars, style
from medlead.present.framed import finished, framed
from medlead.present.sheet import INNER
from medlead.present.style import Figure
from medlead.present.subject import Group, Mark, Subject

_HEAD, _GAP = 0.22, 0.14
_MARK_LINE = 0.19
_AXIS_LABEL = 0.2
_LINE = style.SMALL * style.LINE_HEIGHT / 72
_SIDE_BY_SIDE = 5
_MOST_TICKS = 32


def draw_columns(subject: Subject) -> Figure:
    """Upright bars for each band or number, one panel below the other for each group.

    One return is equally high in all panels.
    """
    groups, levels = subject.groups(), subject.levels
    known = subject.plan.instrument.levels(subject.of)
    at, gaps = bars.slots(levels, known) if known else ([float(x) for x in levels], [])
    places = dict(zip(levels, at, strict=True))
    ends = _ends(at, subject.marks)
    slot = INNER / (ends[1] - ends[0])
    labels = [subject.plan.label(subject.of, level) for level in levels]
    lines = bars.fitted(labels, slot)[1] if known else 1
    drawn = [_drawn(subject, group, places) for group in groups]
    unit = (2.0 if len(groups) == 1 else 0.95 if len(groups) < 4 else 0.6) / max(subject.most(), 1)
    heights = [bars.upright_height(listed, unit) for listed in drawn]
    head = _HEAD if len(groups) > 1 else 0.0
    marks = _MARK_LINE * len(subject.marks)
    foot = lines * _LINE + 0.06 + _AXIS_LABEL
    chart = sum(heights) + len(groups) * head + (len(groups) - 1) * _GAP + foot + marks
    with style.style():
        sheet = framed(subject, chart, *_about_columns(subject, gaps, at))
        top = sheet.high
        for place, (group, listed, height) in enumerate(zip(groups, drawn, heights, strict=True)):
            if head:
                sheet.write(style.MARGIN, top, group.heading, style.HEADING, weight="bold")
            top -= head + height + (marks if place == 0 else 0.0)
            axes = sheet.axes(style.MARGIN, top, INNER, height)
            axes.set_xlim(*ends)
            bars.upright(axes, listed, group.colour, unit, thick=_thick(at, ends))
            bars.mark_gaps(axes, gaps)
            _show_marks(axes, subject.marks, at, unit, told=place == 0)
            top -= _GAP
        if known:
            bars.tick_labels(axes, at, labels, slot)
        else:
            _number_ticks(axes, ends)
        axes.tick_params(length=0, pad=2)
        y = top + _GAP - lines * _LINE - 0.06
        label = subject.plan.heading(subject.of)
        sheet.write(style.MARGIN + INNER / 2, y, label, ha="center", color=style.SOFT)
    kind = f"Upright bars count the returns by {label[0].lower() + label[1:]}."
    told = [f"Marked: {mark.says}, {_span(mark)}." for mark in subject.marks]
    return finished(subject, sheet, subject.alt(kind, *told))


def _drawn(subject: Subject, group: Group, places: Mapping[str, float]) -> list[bars.Bar]:
    """The bars of a panel; where numbers were counted, those that nobody gave have none."""
    listed = group.bars(places)
    bands = subject.plan.instrument.levels(subject.of)
    return listed if bands or subject.is_printed else [bar for bar in listed if bar.count]


def _about_columns(subject: Subject, gaps: Sequence[float], at: Sequence[float]) -> list[str]:
    about = ["Figures above the bars: returns."]
    if gaps:
        about.append("⋯ marks bands without a return that are left out.")
    holes = not subject.plan.instrument.levels(subject.of) and any(
        b - a > 1 for a, b in pairwise(at)
    )
    if holes:
        whose = "stand in the table" if subject.is_printed else "occur"
        about.append(f"Numbers without a figure do not {whose}.")
    return about


def _thick(at: Sequence[float], ends: tuple[float, float]) -> float:
    step = min((b - a for a, b in pairwise(at)), default=1.0)
    return max(0.8 * min(step, 1.0), (ends[1] - ends[0]) / 150)


def _ends(at: Sequence[float], marks: Sequence[Mark]) -> tuple[float, float]:
    every = [*at, *(m.low for m in marks), *(m.high for m in marks)]
    return (min(every, default=0.0) - 0.6, max(every, default=1.0) + 0.6)


def _number_ticks(axes: Axes, ends: tuple[float, float]) -> None:
    first, last = math.ceil(ends[0]), math.floor(ends[1])
    step = 1
    while (last - first) / step > _MOST_TICKS:
        step *= 5 if str(step)[0] == "1" else 2
    ticks = [t for t in range(first, last + 1) if t % step == 0]
    axes.set_xticks(ticks, [str(t) for t in ticks], size=style.SMALL)


def _show_marks(
    axes: Axes, marks: Sequence[Mark], at: Sequence[float], unit: float, *, told: bool
) -> None:
    """A line for a printed value, a shaded span for a range; words above the first panel."""
    top = axes.get_ylim()[1]
    left, right = axes.get_xlim()
    for place, mark in enumerate(marks):
        y = top + (place * _MARK_LINE + 0.02) / unit
        low, high = mark.low - 0.5, mark.high + 0.5
        if mark.low == mark.high:
            reach = y if told else top
            look: dict[str, Any] = {"color": style.INK, "linewidth": 1, "clip_on": False}
            axes.plot([mark.low] * 2, [0, reach], zorder=0.6, **look)
        elif any(not low <= x <= high for x in at):
            axes.fill_between([low, high], 0, top, color=style.FAINT, linewidth=0, zorder=0)
        if not told:
            continue
        if mark.low != mark.high:
            axes.plot([low, high], [y, y], color=style.SOFT, linewidth=1.2, clip_on=False)
        words = f"{mark.says}: {_span(mark)}"
        needs = style.text_width(words, style.SMALL) / 2 * (right - left) / INNER
        x = min(max((mark.low + mark.high) / 2, left + needs), right - needs)
        axes.text(x, y + 0.02 / unit, words, size=style.SMALL, ha="center", va="bottom")


def _span(mark: Mark) -> str:
    return f"{mark.low:g}" if mark.low == mark.high else f"{mark.low:g} to {mark.high:g}"


def draw_rows(subject: Subject) -> Figure:
    """Lying bars for each named level, the panels of the groups side by side."""
    groups, levels = subject.groups(), subject.levels
    one = len(groups) == 1
    # A share of rebuilt records is no figure to be quoted without its range.
    shares = one and subject.evidence is not EvidenceClass.RECONSTRUCTED
    names = [subject.plan.label(subject.of, level) for level in levels]
    column = 2.1 if one else 1.25
    shown = [style.wrap(name, column, style.BODY) for name in names]
    widest = max(
        (style.text_width(line, style.BODY) for s in shown for line in s.split("\n")), default=0
    )
    column = min(max(widest, 0.75), column) + 0.08
    line = max(0.25, *(style.text_height(s, style.BODY) + 0.06 for s in shown))
    across = min(len(groups), _SIDE_BY_SIDE)
    between = 0.14
    width = (INNER - column - (across - 1) * between) / across
    if one:
        width = min(width, 3.6)
    blocks = [groups[i : i + across] for i in range(0, len(groups), across)]
    heading = style.wrap(subject.plan.heading(subject.of), column - 0.08, style.SMALL)
    heads = [[_panel_head(g, width) for g in block] for block in blocks] if not one else [[""]]
    lowest = 0.0 if one else style.text_height(heading, style.SMALL) + 0.05
    highs = [
        max([lowest, *(style.text_height(h, style.BODY) + 0.05 for h in head if h)])
        for head in heads
    ]
    chart = sum(highs) + len(blocks) * len(levels) * line + 0.15 * (len(blocks) - 1)
    at = {level: float(place) for place, level in enumerate(levels)}
    with style.style():
        extra = "Figures beside the bars: returns" + (" and their share." if shares else ".")
        sheet = framed(subject, chart, extra)
        top = sheet.high
        for block, head, high in zip(blocks, heads, highs, strict=True):
            base = top - high - len(levels) * line
            if not one:
                sheet.write(
                    style.MARGIN,
                    base + len(levels) * line + 0.04,
                    heading,
                    style.SMALL,
                    va="bottom",
                    color=style.SOFT,
                )
            for place, name in enumerate(shown):
                y = base + (len(levels) - place - 0.5) * line
                sheet.write(style.MARGIN + column - 0.08, y, name, va="center", ha="right")
            for place, (group, words) in enumerate(zip(block, head, strict=True)):
                x = style.MARGIN + column + place * (width + between)
                axes = sheet.axes(x, base, width, len(levels) * line)
                axes.set_ylim(len(levels) - 0.5, -0.5)
                bars.lying(axes, group.bars(at, shares=shares), group.colour, subject.most(), width)
                y = base + len(levels) * line + 0.04
                sheet.write(x, y, words, style.BODY, va="bottom", weight="bold")
            top = base - 0.15
    label = subject.plan.heading(subject.of)
    kind = f"Lying bars count the returns by {label[0].lower() + label[1:]}."
    return finished(subject, sheet, subject.alt(kind))


def _panel_head(group: Group, width: float) -> str:
    return style.wrap(group.label, width, style.BODY, bold=True) + f"\nn = {group.n}"
