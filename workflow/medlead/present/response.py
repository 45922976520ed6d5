"""Pictures of the survey's response: the funnel, and the sheet from which sites were chosen.

The funnel is drawn here, the sheet in `medlead.present.selection`; both are given out here.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from medlead.evidence import EvidenceClass
from medlead.present import style
from medlead.present.selection import draw_selection
from medlead.survey.declared import weakest
from medlead.survey.response import ALL

_NBSP = "\N{NO-BREAK SPACE}"
_BAR = 0.3  # inches: height of a bar and of the gap under it
_LABELS, _SHARE = 1.75, 1.35  # inches: names left of the bars, and each share right of them

__all__ = ["draw_funnel", "draw_selection"]


def draw_funnel(
    steps: pd.DataFrame,
    completed: pd.DataFrame,
    shares_of: Sequence[str],
    confidence: float,
) -> style.Figure:
    """Every step from those asked to those who completed, and who completed.

    `steps` and `completed` are the frames of `medlead.survey.response`. Each step that goes on
    has a bar as long as its count; what it lost of the step before is the pale rest, with the
    reason beside it. To the right the shares of the steps `shares_of`. Below, the completed
    returns by who completed them.

    Raises ValueError for steps without one first step.
    """
    evidence = weakest(EvidenceClass(e) for e in (*steps["evidence"], *completed["evidence"]))
    stay = steps[steps["leaves"] == "no"].drop_duplicates("step")
    first = stay[stay["of"] == ""]
    if len(first) != 1:
        raise ValueError("the funnel needs one step that is no part of another")
    counts = dict(zip(stay["step"], stay["count"], strict=True))
    total, last = int(first["count"].iloc[0]), int(stay["count"].iloc[-1])
    who = completed[completed["base"] == ALL]
    # Levels that are shown together repeat what stands above them.
    who = who[who["count"].cumsum() <= who["n"]]
    title = f"From {total} trusts asked to {last} completed questionnaires"
    level = f"{100 * confidence:g}{_NBSP}%"
    caption = (
        f"Bars: trusts. At the right, shares of an earlier step, with the exact {level} interval "
        "where a share is taken to estimate a chance for trusts like these."
    )
    notes = [n for n in dict.fromkeys(steps["note"]) if " not " in n]
    if notes:
        caption += f" Printed otherwise: {'; '.join(notes)}."
    with style.style():
        width = 7.8
        foot = style.text_height(
            style.wrap(caption, width - 2 * style.MARGIN, style.SMALL), style.SMALL
        )
        room = 2 * _BAR * len(stay) + 0.55
        drawing, low, high = style.new_figure(width, room + 1.55 + foot, title, evidence, caption)
        height = float(drawing.get_size_inches()[1])
        span = (width - 2 * style.MARGIN - _LABELS - _SHARE * len(shares_of)) / width
        left = (style.MARGIN + _LABELS) / width
        axes = drawing.add_axes((left, (high - room) / height, span, (room - 0.3) / height))
        below = drawing.add_axes((left, (low + 0.12) / height, span, 0.62 / height))
        _steps(axes, stay, steps, counts, shares_of)
        _who(below, who, last)
    by = who.assign(
        step="completed by", says=who["level"], leaves="no", of="completed", base=who["n"]
    )
    shown = ["step", "says", "leaves", "count", "of", "base", "percent", "low", "high", "evidence"]
    data = pd.concat([steps[shown], by[shown]], ignore_index=True)
    return style.Figure(
        drawing,
        data,
        _funnel_text(steps, who),
        title,
        evidence,
    )


def _steps(
    axes: Axes,
    stay: pd.DataFrame,
    steps: pd.DataFrame,
    counts: Mapping[str, int],
    shares_of: Sequence[str],
) -> None:
    total = int(stay["count"].iloc[0])
    axes.set_xlim(0, total)
    axes.set_ylim(2 * len(stay) - 0.4, -0.6)
    axes.set_axis_off()
    box = axes.get_position().width * float(axes.figure.get_size_inches()[0])  # type: ignore[union-attr]
    direct = steps.drop_duplicates("step")
    at = {step: 1 + (0.12 + _SHARE * place) / box for place, step in enumerate(shares_of)}
    for step, x in at.items():
        _say(axes, x, -0.95, f"of the {counts[step]}", colour=style.SOFT, bold=True)
    shades = list(style.ordered([str(i) for i in range(len(stay) + 1)]).values())[1:]
    for place, row in enumerate(stay.to_dict("records")):
        y, count = 2 * place, int(row["count"])
        before = counts.get(row["of"], count)
        axes.barh(
            y,
            before,
            height=1.0,
            color=style.FAINT,
            edgecolor=style.LINE,
            linewidth=0.6,
            clip_on=False,
        )
        axes.barh(y, count, height=1.0, color=shades[place])
        says = style.wrap(str(row["says"]), _LABELS - 0.1, style.BODY)
        _say(axes, -0.1 / box, y, says, align="right")
        inside = style.text_width(str(count), style.HEADING, bold=True) + 0.1 < box * count / total
        axes.text(
            count if inside else count + 0.01 * total,
            y,
            f"{count} " if inside else f" {count}",
            ha="right" if inside else "left",
            va="center_baseline",
            size=style.HEADING,
            weight="bold",
            color="white" if inside and place else style.INK,
        )
        lost = direct[(direct["of"] == row["of"]) & (direct["leaves"] == "yes")]
        if len(lost):
            told = [f"{int(o['count'])} {_lower(o['says'])}" for o in lost.to_dict("records")]
            # Above the bar, at the end of what was lost.
            axes.text(
                before,
                y - 0.62,
                "; ".join(told),
                ha="right",
                va="bottom",
                size=style.SMALL,
                color=style.SOFT,
            )
        for step, x in at.items():
            share = steps[(steps["step"] == row["step"]) & (steps["of"] == step)]
            if len(share):
                _say(axes, x, y, _share(share.iloc[0]))


def _share(row: "pd.Series[Any]") -> str:
    told = f"{row['percent']:.1f}{_NBSP}%"
    return told if math.isnan(row["low"]) else f"{told} ({row['low']:.1f} to {row['high']:.1f})"


def _who(axes: Axes, who: pd.DataFrame, total: int) -> None:
    axes.set_xlim(0, max(total, 1))
    axes.set_ylim(-1.0, 1.4)
    axes.set_axis_off()
    box = axes.get_position().width * float(axes.figure.get_size_inches()[0])  # type: ignore[union-attr]
    _say(axes, -0.1 / box, 0, f"Completed by\n(all {total})", align="right")
    colours = [style.COLOURS[c] for c in ("blue", "sky", "green", "yellow", "orange", "purple")]
    start, ends = 0, [-math.inf, -math.inf]
    for place, row in enumerate(who.to_dict("records")):
        count = int(row["count"])
        unsaid = place == len(who) - 1
        axes.barh(
            0,
            count,
            left=start,
            height=1.0,
            color="white" if unsaid else colours[place % len(colours)],
            edgecolor=style.SOFT,
            linewidth=0.6,
            clip_on=False,
        )
        told = f"{row['level']} {count} ({row['percent']:.0f}{_NBSP}%)"
        wide = (style.text_width(told, style.SMALL) + 0.1) / box * total
        middle = min(max(start + count / 2, wide / 2), 1.45 * total)
        # Names alternate above and below where they would run into each other.
        side = 0 if middle - wide / 2 >= ends[0] or ends[0] <= ends[1] else 1
        middle = max(middle, ends[side] + wide / 2)
        ends[side] = middle + wide / 2
        axes.text(
            middle,
            0.62 if side == 0 else -0.62,
            told,
            ha="center",
            va="bottom" if side == 0 else "top",
            size=style.SMALL,
        )
        start += count


def _say(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    *,
    align: str = "left",
    colour: str = style.INK,
    bold: bool = False,
) -> None:
    """Text beside the bars: x in widths of the panel, y in its data."""
    axes.text(
        x,
        y,
        text,
        transform=axes.get_yaxis_transform(),
        ha=align,  # type: ignore[arg-type]
        va="center_baseline" if "\n" not in text else "center",
        size=style.SMALL if bold else style.BODY,
        color=colour,
        weight="bold" if bold else "normal",
        linespacing=style.LINE_HEIGHT,
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _funnel_text(steps: pd.DataFrame, who: pd.DataFrame) -> str:
    sentences = []
    for row in steps.drop_duplicates("step").to_dict("records"):
        told = f"{row['says']}: {int(row['count'])}"
        if row["of"]:
            told += f" ({row['percent']:.1f} % of {int(row['base'])})"
        sentences.append(told)
    levels = ", ".join(f"{r['level']} {int(r['count'])}" for r in who.to_dict("records"))
    return f"{'; '.join(sentences)}. Completed by: {levels}."
