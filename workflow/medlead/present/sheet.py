"""The sheet on which a figure of the survey stands: title, badge, warning, body, ranges, caption.

All lengths are inches from the lower left corner. A sheet is as wide as a printed page of A4
between its margins, and as high as its body needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from medlead.evidence import EvidenceClass
from medlead.present import style

WIDTH = 170 / 25.4
INNER = WIDTH - 2 * style.MARGIN

_PAD = 0.07
_GAP = 0.12
_RANGE_LABEL, _RANGE_TEXT, _RANGE_HEAD, _RANGE_AXIS = 2.55, 1.25, 0.3, 0.2
_RANGE_LINE = 0.06


@dataclass(frozen=True)
class Sheet:
    """A drawing and the lowest and highest place of its body."""

    drawing: Drawing
    low: float
    high: float

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Empty axes without frame at a place."""
        across, up = self.drawing.get_size_inches()
        axes: Axes = self.drawing.add_axes((x / across, y / up, width / across, height / up))
        axes.spines[:].set_visible(False)
        axes.xaxis.set_major_locator(NullLocator())
        axes.yaxis.set_major_locator(NullLocator())
        axes.patch.set_visible(False)
        return axes

    def write(self, x: float, y: float, text: str, size: float = style.BODY, **look: Any) -> None:
        """Text at a place; `look` as for matplotlib, aligned left and to the top unless told."""
        across, up = self.drawing.get_size_inches()
        given = {"ha": "left", "va": "top", "linespacing": style.LINE_HEIGHT, **look}
        self.drawing.text(x / across, y / up, text, size=size, **given)

    def box(self, x: float, y: float, width: float, height: float, **look: Any) -> None:
        """A rectangle at a place."""
        across, up = self.drawing.get_size_inches()
        patch = Rectangle(
            (x / across, y / up),
            width / across,
            height / up,
            transform=self.drawing.transFigure,
            **look,
        )
        self.drawing.add_artist(patch)


def new_sheet(
    title: str, evidence: EvidenceClass, caption: str, body: float, *, warning: str = ""
) -> Sheet:
    """A sheet whose body is `body` inches high. Call within `style.style()`.

    The warning stands in a box of the badge's colours below the title.
    """
    probe = 20.0
    _, low, high = style.new_figure(WIDTH, probe, title, evidence, caption)
    told = style.wrap(warning, INNER - 2 * _PAD, style.SMALL) if warning else ""
    strip = style.text_height(told, style.SMALL) + 2 * _PAD + _GAP if told else 0.0
    height = low + body + strip + probe - high
    drawing, low, high = style.new_figure(WIDTH, height, title, evidence, caption)
    sheet = Sheet(drawing, low, high - strip)
    if told:
        ink, ground = style.badge_colours(evidence)
        place = (style.MARGIN, high - strip + _GAP, INNER, strip - _GAP)
        sheet.box(*place, facecolor=ground, edgecolor="none")
        sheet.write(style.MARGIN + _PAD, high - _PAD, told, style.SMALL, color=ink)
    return sheet


def number_text(value: float, kind: str) -> str:
    """A statistic as it is shown: shares in per cent, means and others with one or two digits."""
    if kind == "share":
        text = f"{100 * value:.0f} %"
    elif kind == "count":
        text = f"{value:.0f}"
    else:
        text = f"{value:.2f}" if kind == "correlation" else f"{value:.1f}"
    return text.replace("-", "−")


def range_kinds(ranges: pd.DataFrame) -> list[str]:
    """What each statistic is shown as: a difference as the others of the same picture."""
    kinds = [str(kind) for kind in ranges["kind"]]
    base = next((kind for kind in kinds if kind != "difference"), "mean")
    return [base if kind == "difference" else kind for kind in kinds]


def ranges_height(ranges: pd.DataFrame | None) -> float:
    """The height that `draw_ranges` needs."""
    if ranges is None or ranges.empty:
        return 0.0
    rows = sum(_row_height(label) for label in _range_labels(ranges))
    return _GAP + _RANGE_HEAD + rows + _RANGE_AXIS


def draw_ranges(
    sheet: Sheet, ranges: pd.DataFrame | None, heading: str, ends: tuple[float, float] | None
) -> None:
    """At the foot of the body: each statistic of the records within the range left open.

    `ranges` has the columns `says,kind,low,high,shipped`; `ends` of the axis are those of the
    scale of a mean, and 0 and 1 for a share unless a value lies outside them.
    """
    if ranges is None or ranges.empty:
        return
    labels, kinds = _range_labels(ranges), range_kinds(ranges)
    top = sheet.low + ranges_height(ranges) - _GAP
    left = style.MARGIN
    sheet.write(left, top, heading, style.HEADING, weight="bold")
    key = "bar: from the least to the greatest that fits; dot: these records"
    sheet.write(left + INNER, top - 0.015, key, style.SMALL, ha="right", color=style.SOFT)
    first, last = ends or (0.0, 1.0)
    first = min([first, *ranges["low"].astype(float)])
    last = max([last, *ranges["high"].astype(float)])
    span = last - first
    base = sheet.low + _RANGE_AXIS
    rows = [_row_height(label) for label in labels]
    width = INNER - _RANGE_LABEL - _RANGE_TEXT
    axes = sheet.axes(left + _RANGE_LABEL, base, width, sum(rows))
    axes.set_xlim(first - 0.02 * span, last + 0.02 * span)
    axes.set_ylim(0, sum(rows))
    shown_as = kinds[0]
    ticks = _ticks(first, last, shown_as)
    axes.set_xticks(ticks, [number_text(t, shown_as).replace(".0", "") for t in ticks])
    for tick in ticks:
        axes.axvline(tick, color=style.LINE, linewidth=0.5, zorder=0)
    y = sum(rows)
    for label, kind, height, row in zip(
        labels, kinds, rows, ranges.to_dict("records"), strict=True
    ):
        y -= height
        middle = y + height / 2
        low, high, here = (float(row[name]) for name in ("low", "high", "shipped"))
        axes.add_patch(
            Rectangle(
                (low, middle - _RANGE_LINE),
                max(high - low, 0.004 * span),
                2 * _RANGE_LINE,
                facecolor="#e3c48f",
                edgecolor=style.SOFT,
                linewidth=0.5,
            )
        )
        axes.plot([here], [middle], marker="o", markersize=4.5, color=style.INK, clip_on=False)
        sheet.write(left, base + middle, label, style.SMALL, va="center")
        text = f"{number_text(here, kind)} ({number_text(low, kind)} to {number_text(high, kind)})"
        sheet.write(left + INNER, base + middle, text, style.SMALL, va="center", ha="right")


def _range_labels(ranges: pd.DataFrame) -> list[str]:
    return [style.wrap(str(s), _RANGE_LABEL - 0.15, style.SMALL) for s in ranges["says"]]


def _row_height(label: str) -> float:
    return max(0.24, style.text_height(label, style.SMALL) + 0.08)


def _ticks(first: float, last: float, kind: str) -> list[float]:
    step = 0.25 if last - first <= 1.01 else 0.5 if kind in ("share", "correlation") else 2.0
    start = -(-first // step) * step
    return [start + i * step for i in range(int((last - start) / step + 1e-9) + 1)]


def wrapped(texts: Sequence[str], width: float, size: float, *, bold: bool = False) -> list[str]:
    """Each text broken into lines of a width in inches."""
    return [style.wrap(text, width, size, bold=bold) for text in texts]
