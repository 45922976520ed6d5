"""Bars that count: upright for bands and numbers, lying for names; each carries its figure.

A bar whose printed count is contradicted by the rest of the print shows both: what the records
that fit the rest have stands solid, what is too much hatched, what is missing dashed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from medlead.present import style

DOUBT = "†"
_THICK = 0.78
_OFF = 0.035  # inches between a bar and its figure
_FIGURE = style.SMALL * style.LINE_HEIGHT / 72


@dataclass(frozen=True)
class Bar:
    """One bar: its place on the axis of categories, its count and, where doubted, another one."""

    at: float
    count: int
    rebuilt: int | None = None
    share: str = ""

    @property
    def text(self) -> str:
        """The figure beside the bar."""
        mark = DOUBT if self.rebuilt is not None else ""
        return f"{self.count}{mark}{f'  ({self.share})' if self.share else ''}"

    @property
    def longest(self) -> int:
        """The greater of both counts."""
        return max(self.count, self.rebuilt or 0)

    @property
    def solid(self) -> int:
        """What both counts have."""
        return self.count if self.rebuilt is None else min(self.count, self.rebuilt)


def upright_height(bars: Sequence[Bar], unit: float) -> float:
    """The height in inches of upright bars and their figures, at `unit` inches for one return."""
    return max((bar.longest for bar in bars), default=0) * unit + _FIGURE + _OFF


def upright(
    axes: Axes, bars: Sequence[Bar], colour: str, unit: float, *, thick: float = _THICK
) -> None:
    """Upright bars on axes that are `upright_height` high."""
    per_inch = 1 / unit
    axes.set_ylim(0, upright_height(bars, unit) * per_inch)
    for bar in bars:
        _pieces(axes, bar, colour, thick, lying=False)
        axes.text(
            bar.at,
            bar.longest + _OFF * per_inch,
            bar.text,
            size=style.SMALL,
            ha="center",
            va="bottom",
            color=style.INK if bar.longest else style.MUTED,
        )
    axes.axhline(0, color=style.MUTED, linewidth=0.8, clip_on=False)


def lying(axes: Axes, bars: Sequence[Bar], colour: str, most: int, width: float) -> None:
    """Lying bars on axes `width` inches wide, places counted downwards from 0."""
    room = max((style.text_width(bar.text, style.BODY) for bar in bars), default=0) + 2 * _OFF
    axes.set_xlim(0, max(most, 1) / max(1 - room / width, 0.15))
    per_inch = axes.get_xlim()[1] / width
    for bar in bars:
        _pieces(axes, bar, colour, _THICK, lying=True)
        axes.text(
            bar.longest + _OFF * per_inch,
            bar.at,
            bar.text,
            size=style.BODY,
            va="center_baseline",
            color=style.INK if bar.longest else style.MUTED,
        )
    axes.axvline(0, color=style.MUTED, linewidth=0.8, clip_on=False)


def _pieces(axes: Axes, bar: Bar, colour: str, thick: float, *, lying: bool) -> None:
    low = bar.at - thick / 2

    def piece(start: int, end: int, **look: Any) -> None:
        if end > start:
            across = (
                ((start, low), end - start, thick) if lying else ((low, start), thick, end - start)
            )
            axes.add_patch(Rectangle(*across, **look))

    piece(0, bar.solid, facecolor=colour, edgecolor="none")
    if bar.rebuilt is not None:
        edge: dict[str, Any] = {"edgecolor": style.INK, "linewidth": 0.7}
        piece(bar.solid, bar.count, facecolor="white", hatch="//////", **edge)
        piece(bar.solid, bar.rebuilt, facecolor="none", linestyle=(0, (2, 2)), **edge)


def slots(levels: Sequence[str], known: Sequence[str]) -> tuple[list[float], list[float]]:
    """Places of bands on an axis, and of the gaps where bands between them are left out.

    `known` are all bands in order; a band that is not among them has no neighbours.
    """
    order = {level: place for place, level in enumerate(known)}
    at: list[float] = []
    gaps: list[float] = []
    for place, level in enumerate(levels):
        here = at[-1] + 1 if at else 0.0
        before = order.get(levels[place - 1]) if place else None
        if before is not None and order.get(level, before + 1) - before > 1:
            gaps.append(here - 0.5 + 0.225)
            here += 0.45
        at.append(here)
    return at, gaps


def tick_labels(axes: Axes, at: Sequence[float], labels: Sequence[str], slot: float) -> int:
    """Labels below an axis, broken behind a dash or turned where a slot (inches) is too narrow.

    Returns the number of lines that they take; turned labels count as their length.
    """
    size = style.SMALL
    shown, lines = fitted(labels, slot)
    turned = shown is None
    axes.set_xticks(list(at), list(labels if shown is None else shown), size=size)
    for text in axes.get_xticklabels():
        text.set_linespacing(1.1)
        if turned:
            text.set_rotation(90)
    return lines


def fitted(labels: Sequence[str], slot: float) -> tuple[list[str] | None, int]:
    """Labels that fit into slots, and their lines; None where they have to be turned."""
    size = style.SMALL
    if all(style.text_width(label, size) <= 0.94 * slot for label in labels):
        return list(labels), 1
    broken = [label.replace("-", "-\n", 1).replace(" ", "\n") for label in labels]
    if all(style.text_width(line, size) <= 0.98 * slot for b in broken for line in b.split("\n")):
        return broken, max(b.count("\n") for b in broken) + 1
    longest = max(style.text_width(label, size) for label in labels)
    return None, -(-int(longest * 72 * 10) // int(size * style.LINE_HEIGHT * 10))


def mark_gaps(axes: Axes, gaps: Sequence[float]) -> None:
    """Dots on the base line where bands are left out."""
    for at in gaps:
        axes.text(
            at,
            0,
            "⋯",
            ha="center",
            va="center",
            size=style.BODY,
            color=style.SOFT,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )


def stacked_row(
    axes: Axes, y: float, counts: Mapping[str, int], colours: Mapping[str, str], width: float
) -> None:
    """One bar of shares from 0 to 1 on axes `width` inches wide, the count of each part shown.

    The figure of a part that is too narrow for it stands above the bar, none over another.
    """
    total = sum(counts.values())
    size, start, free = style.SMALL, 0.0, -1.0
    half = 0.31
    for level, count in counts.items():
        if not count:
            continue
        share = count / total
        axes.add_patch(
            Rectangle(
                (start, y - half),
                share,
                2 * half,
                facecolor=colours[level],
                edgecolor="white",
                lw=0.8,
            )
        )
        needs = style.text_width(str(count), size) / width
        middle = start + share / 2
        if needs + 0.02 / width <= share:
            ink = "white" if _dark(colours[level]) else style.INK
            axes.text(
                middle, y, str(count), size=size, ha="center", va="center_baseline", color=ink
            )
        else:
            middle = max(middle, free + needs / 2 + 0.03 / width)
            free = middle + needs / 2
            axes.text(middle, y - half - 0.04, str(count), size=size, ha="center", va="bottom")
        start += share


def _dark(colour: str) -> bool:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140


def ink_on(colour: str) -> str:
    """The colour of text that can be read on a ground (`#rrggbb`)."""
    return "white" if _dark(colour) else style.INK
