"""Figures of ratings: how often each was given, and which of two questions go together."""

from typing import Any

import pandas as pd
from matplotlib.patches import Rectangle

from medlead.evidence import EvidenceClass
from medlead.present import bars, style
from medlead.present.framed import finished, framed
from medlead.present.sheet import INNER, Sheet
from medlead.present.style import Figure
from medlead.present.subject import Subject
from medlead.survey.counts import pair_counts

_HEAD, _TICKS, _BETWEEN, _FOOT = 0.24, 0.18, 0.14, 0.2
_PAIR_LEFT, _PAIR_FOOT = 0.42, 0.42


def draw_ratings(subject: Subject) -> Figure:
    """One panel of upright bars for each question and, with `pairs`, both questions crossed."""
    names = subject.declared.of
    low, high = _scale(subject, names[0])
    pairs = subject.declared.pairs
    heads = [
        style.wrap(_heading(subject, n), 3.4 if pairs else INNER, style.HEADING, bold=True)
        for n in names
    ]
    head = max(_HEAD, *(style.text_height(h, style.HEADING) + 0.03 for h in heads))
    values = _values(subject, low, high)
    unit = (1.0 if len(names) > 1 else 1.6) / max(subject.most(), 1)
    drawn = {name: _drawn(subject, name, values) for name in names}
    heights = [bars.upright_height(listed, unit) for listed in drawn.values()]
    chart = sum(heights) + len(names) * (head + _TICKS) + (len(names) - 1) * _BETWEEN + _FOOT
    width = 3.4 if pairs else INNER
    side = INNER - width - 0.2 - _PAIR_LEFT if pairs else 0.0
    chart = max(chart, side + head + _PAIR_FOOT) if pairs else chart
    about = [
        "Figures above the bars and in the squares: returns."
        if pairs
        else "Figures above the bars: returns."
    ]
    with style.style():
        sheet = framed(subject, chart, *about, ends=(low, high))
        top = sheet.high
        for (name, listed), words, height in zip(drawn.items(), heads, heights, strict=True):
            sheet.write(style.MARGIN, top, words, style.HEADING, weight="bold")
            top -= head + height
            axes = sheet.axes(style.MARGIN, top, width, height)
            axes.set_xlim(-0.6, len(values) - 0.4)
            bars.upright(axes, listed, subject.plan.one(name), unit)
            axes.set_xticks(range(len(values)), [f"{v:g}" for v in values], size=style.SMALL)
            axes.tick_params(length=0, pad=2)
            top -= _TICKS + _BETWEEN
        says = f"Rating, {low:g} to {high:g}"
        middle = style.MARGIN + width / 2
        sheet.write(middle, top + _BETWEEN, says, ha="center", color=style.SOFT)
        if pairs:
            _crossed(sheet, subject, side, head, values)
    kind = f"Upright bars count the ratings from {low:g} to {high:g}."
    crossed = [_pair_data(subject)] if pairs else []
    return finished(subject, sheet, subject.alt(kind, *_pair_sentence(subject)), *crossed)


def _scale(subject: Subject, name: str) -> tuple[float, float]:
    """The ends of the scale of a rating."""
    coded = next(v for v in subject.plan.instrument.coded if v.name == name)
    part = subject.plan.instrument.part(coded.sources[0])
    if part.low is None or part.high is None:
        raise ValueError(f"{subject.declared.figure}: '{name}' is no rating with two ends")
    return float(part.low), float(part.high)


def _values(subject: Subject, low: float, high: float) -> list[float]:
    """Every whole rating of the scale and any other given, each with a place of its own."""
    whole = [low + i for i in range(int(high - low) + 1)]
    given = pd.concat([subject.frame[name].dropna() for name in subject.declared.of])
    return sorted({*whole, *given.astype(float)})


def _drawn(subject: Subject, name: str, values: list[float]) -> list[bars.Bar]:
    part = subject.counts[(subject.counts["by"] == name) & (subject.counts["count"] > 0)]
    return [
        bars.Bar(float(values.index(float(level))), int(count))
        for level, count in zip(part["level"], part["count"], strict=True)
    ]


def _heading(subject: Subject, name: str) -> str:
    """The question with the number answering; a study's own ratings also with mean and median."""
    values = subject.frame[name].dropna().astype(float)
    words = f"{subject.plan.heading(name)} (n = {len(values)}"
    if subject.evidence is EvidenceClass.STUDY and len(values):
        words += f", mean {values.mean():.1f}, median {values.median():g}"
    return words + ")"


def _pair_data(subject: Subject) -> pd.DataFrame:
    first, second = subject.declared.of
    found = pair_counts(subject.frame, first, second)
    return pd.DataFrame(
        {
            "part": "pair",
            "by": f"{first} and {second}",
            "group": [f"{v:g}" for v in found["first"]],
            "level": [f"{v:g}" for v in found["second"]],
            "value": found["count"],
            "n": int(found["count"].sum()),
        }
    )


def _pair_sentence(subject: Subject) -> list[str]:
    if not subject.declared.pairs:
        return []
    first, second = subject.declared.of
    found = pair_counts(subject.frame, first, second)
    total = int(found["count"].sum())
    over = int(found.loc[found["first"] > found["second"], "count"].sum())
    same = int(found.loc[found["first"] == found["second"], "count"].sum())
    return [
        f"Of the {total} returns with both ratings drawn here, {over} give more for "
        f"{subject.plan.heading(first).lower()}, {same} the same, {total - over - same} more for "
        f"{subject.plan.heading(second).lower()}."
    ]


def _crossed(sheet: Sheet, subject: Subject, side: float, head: float, values: list[float]) -> None:
    """Squares where two ratings meet, darker and numbered by the returns that gave both."""
    first, second = subject.declared.of
    found = pair_counts(subject.frame, first, second)
    left = style.MARGIN + INNER - side
    top = sheet.high - head
    sheet.write(left, sheet.high, "Both ratings of one return", style.HEADING, weight="bold")
    axes = sheet.axes(left, top - side, side, side)
    places = range(len(values))
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.set_ylim(-0.5, len(values) - 0.5)
    labels = [f"{v:g}" for v in values]
    axes.set_xticks(places, labels, size=style.SMALL)
    axes.set_yticks(places, labels, size=style.SMALL)
    axes.tick_params(length=0, pad=2, labelcolor=style.SOFT)
    for place in places:
        axes.axhline(place, color=style.FAINT, linewidth=0.6, zorder=0)
        axes.axvline(place, color=style.FAINT, linewidth=0.6, zorder=0)
    axes.plot([0, len(values) - 1], [0, len(values) - 1], color=style.LINE, lw=0.9, zorder=0.5)
    shades = style.ordered([str(i) for i in range(1, max([1, *found["count"]]) + 1)])
    for pair in found.to_dict("records"):
        count = int(pair["count"])
        shade = shades[str(count)]
        x, y = (values.index(float(pair[name])) for name in ("first", "second"))
        axes.add_patch(Rectangle((x - 0.45, y - 0.45), 0.9, 0.9, facecolor=shade, edgecolor="none"))
        ink = bars.ink_on(shade)
        axes.text(x, y, str(count), size=style.SMALL, ha="center", va="center_baseline", color=ink)
    look: dict[str, Any] = {"size": style.SMALL, "color": style.SOFT}
    words = style.wrap(subject.plan.heading(first), side, style.SMALL)
    sheet.write(left + side / 2, top - side - 0.2, words, ha="center", **look)
    words = style.wrap(subject.plan.heading(second), side, style.SMALL)
    sheet.write(left - 0.24, top - side / 2, words, ha="right", va="center", rotation=90, **look)
