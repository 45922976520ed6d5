"""Figures of shares: one variable with exact intervals, or an ordered one stacked by group."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from medlead.present import bars, style
from medlead.present.framed import finished, framed
from medlead.present.sheet import INNER, number_text
from medlead.present.style import Figure
from medlead.present.subject import Subject, printed_number

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class _Share:
    """One level: its count out of n, the exact interval, and the printed share elsewhere."""

    level: str
    label: str
    count: int
    n: int
    low: float
    high: float
    national: float | None

    @property
    def value(self) -> float:
        return self.count / self.n if self.n else 0.0

    @property
    def texts(self) -> tuple[str, str, str, str]:
        """Share, both ends of the interval and the national share, as shown."""
        return (
            number_text(self.value, "share"),
            number_text(self.low, "share"),
            number_text(self.high, "share"),
            "" if self.national is None else number_text(self.national, "share"),
        )


def _shares(subject: Subject) -> list[_Share]:
    from medlead.performance.intervals import proportion_interval

    (group,) = subject.groups()
    found = []
    for row in group.counts.to_dict("records"):
        level, count, n = str(row["level"]), int(row["count"]), group.n
        low, high = proportion_interval(count, n, subject.confidence) if n else (0.0, 1.0)
        cell = subject.declared.national.get(level)
        printed = None if cell is None else printed_number(subject.cells, cell)
        label = subject.plan.label(subject.of, level)
        national = None if printed is None else printed / 100
        found.append(_Share(level, label, count, n, low, high, national))
    return found


def draw_shares(subject: Subject) -> Figure:
    """The share of each level with its exact interval, beside the printed share in the country."""
    shares = _shares(subject)
    line, column, told = 0.46, 1.75, 1.55
    width = INNER - column - told
    coverage = f"{100 * subject.confidence:g} %"
    about = [
        f"Lines: exact {coverage} intervals (Clopper-Pearson), if the returns are taken for a "
        "random sample."
    ]
    if any(share.national is not None for share in shares):
        about.append("◇\N{NO-BREAK SPACE}percentage of the whole country as printed.")
    with style.style():
        sheet = framed(subject, len(shares) * line + 0.2, *about)
        base = sheet.high - len(shares) * line
        axes = sheet.axes(style.MARGIN + column, base, width, len(shares) * line)
        _share_axis(axes, len(shares))
        for place, share in enumerate(shares):
            _share_bar(axes, place, share, subject.plan.colour(subject.of, share.level))
            y = base + (len(shares) - place - 0.5) * line
            label = style.wrap(share.label, column - 0.12, style.BODY)
            sheet.write(style.MARGIN + column - 0.08, y, label, va="center", ha="right")
            value, low, high, national = share.texts
            words = f"{share.count} of {share.n}: {value}\n{low} to {high}"
            words += f", ◇ {national}" if national else ""
            sheet.write(style.MARGIN + column + width + 0.1, y, words, va="center")
    alt = subject.alt("Bars show the share of each level.", *map(_sentence, shares))
    return finished(subject, sheet, alt, _share_data(shares, f"exact {coverage} interval"))


def _share_axis(axes: Axes, rows: int) -> None:
    """An axis of shares from 0 to 1, the rows counted downwards."""
    axes.set_xlim(0, 1)
    axes.set_ylim(rows - 0.5, -0.5)
    for tick in _TICKS:
        axes.axvline(tick, color=style.LINE if tick else style.MUTED, linewidth=0.6, zorder=0)
    axes.set_xticks(list(_TICKS), [number_text(tick, "share") for tick in _TICKS])
    axes.tick_params(length=0, pad=2)


def _share_bar(axes: Axes, place: int, share: _Share, colour: str) -> None:
    axes.barh(place, share.value, height=0.5, color=colour)
    axes.plot([share.low, share.high], [place] * 2, color=style.INK, linewidth=1.1)
    for end in (share.low, share.high):
        axes.plot([end] * 2, [place - 0.09, place + 0.09], color=style.INK, linewidth=1.1)
    if share.national is not None:
        edge: dict[str, Any] = {"markeredgecolor": style.INK, "markeredgewidth": 1.1}
        axes.plot([share.national], [place], marker="D", markersize=6, color="white", **edge)


def _sentence(share: _Share) -> str:
    value, low, high, national = share.texts
    country = f", in the whole country {national}" if national else ""
    return f"{share.label}: {value}, interval {low} to {high}{country}."


def _share_data(shares: list[_Share], note: str) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for s in shares:
        ends = {"low": s.low, "high": s.high, "n": s.n, "note": note}
        rows.append({"part": "share", "level": s.level, "value": s.value, **ends})
        if s.national is not None:
            rows.append({"part": "national", "level": s.level, "value": s.national})
    return pd.DataFrame(rows)


def draw_stacked(subject: Subject) -> Figure:
    """The levels of an ordered variable as shares of one bar for each group."""
    groups, levels = subject.groups(), subject.levels
    colours = style.ordered(levels)
    labels = {level: subject.plan.label(subject.of, level) for level in levels}
    column = 1.95
    line = 0.42
    width = INNER - column - 0.15
    names = [f"{style.wrap(g.label, column - 0.1, style.BODY)}\nn = {g.n}" for g in groups]
    line = max(line, *(style.text_height(name, style.BODY) + 0.06 for name in names))
    key = 0.3
    with style.style():
        sheet = framed(subject, key + len(groups) * line + 0.22, "Figures in the bars: returns.")
        x, y = style.MARGIN + column, sheet.high - 0.02
        for level in levels:
            sheet.box(x, y - 0.13, 0.13, 0.13, facecolor=colours[level], edgecolor="none")
            sheet.write(x + 0.18, y - 0.065, labels[level], style.SMALL, va="center")
            x += 0.18 + style.text_width(labels[level], style.SMALL) + 0.2
        base = sheet.high - key - len(groups) * line
        axes = sheet.axes(style.MARGIN + column, base, width, len(groups) * line)
        _share_axis(axes, len(groups))
        for place, (group, name) in enumerate(zip(groups, names, strict=True)):
            counts = {str(r["level"]): int(r["count"]) for r in group.counts.to_dict("records")}
            if group.n:
                bars.stacked_row(axes, place, counts, colours, width)
            y = base + (len(groups) - place - 0.5) * line
            sheet.write(style.MARGIN + column - 0.1, y, name, va="center", ha="right")
    label = subject.plan.heading(subject.of)
    alt = subject.alt(f"Stacked bars show {label[0].lower() + label[1:]} for each group.")
    return finished(subject, sheet, alt)
