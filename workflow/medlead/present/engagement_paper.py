"""Small pieces that the figures of the engagement scale are made of, in inches on a sheet."""

from collections.abc import Sequence
from typing import Any

from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from matplotlib.transforms import Affine2D

from medlead.present import style
from medlead.present.engagement_declared import EngagementPlan, Look
from medlead.present.engagement_topic import Standing, Topic, band_range
from medlead.present.sheet import INNER, Sheet

LINE = style.SMALL * style.LINE_HEIGHT / 72
STRIP = 0.09
# Gids by which tracks can be found in a drawing.
INTERVALS_ID, POINTS_ID = "intervals", "points"
_SWATCH = 0.13


def write_line(
    sheet: Sheet, x: float, top: float, text: str, size: float = style.SMALL, **look: Any
) -> None:
    """One line of text whose base line depends on its size alone, not on its letters."""
    sheet.write(x, top - 0.95 * size / 72, text, size, va="baseline", **look)


def write_lines(
    sheet: Sheet, x: float, middle: float, text: str, size: float = style.SMALL, **look: Any
) -> None:
    """Lines of text amid a height, each on a base line that depends on its place alone."""
    step = size * style.LINE_HEIGHT / 72
    lines = text.split("\n")
    y = middle + step * (len(lines) - 1) / 2 - 0.36 * size / 72
    for place, words in enumerate(lines):
        sheet.write(x, y - place * step, words, size, va="baseline", **look)


def tint(colour: str, share: float = 0.2) -> str:
    """A colour thinned with white."""
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(colour))
    return to_hex((red, green, blue))


def line(sheet: Sheet, xs: Sequence[float], ys: Sequence[float], **look: Any) -> None:
    """A line through places in inches."""
    across, up = sheet.drawing.get_size_inches()
    given = {"color": style.LINE, "linewidth": 0.8, **look}
    places = ([x / across for x in xs], [y / up for y in ys])
    sheet.drawing.add_artist(Line2D(*places, transform=sheet.drawing.transFigure, **given))


class Tracks:
    """Percentiles with their intervals on short lines from 0 to 100, all of a sheet at once."""

    def __init__(self, ends: Sequence[float]) -> None:
        self.ends = ends
        self._lines: list[list[tuple[float, float]]] = []
        self._ticks: list[list[tuple[float, float]]] = []
        self._intervals: list[list[tuple[float, float]]] = []
        self._points: list[tuple[float, float]] = []

    def add(self, x: float, y: float, width: float, at: Standing) -> None:
        """A track of a width in inches with its left end at a place; nothing where unknown."""
        if not at.known:
            return

        def place(percentile: float) -> float:
            return x + width * percentile / 100

        self._lines.append([(x, y), (x + width, y)])
        self._ticks += [[(place(end), y - 0.05), (place(end), y)] for end in self.ends]
        if at.interval:
            self._intervals.append([(place(at.low), y), (place(at.high), y)])
        self._points.append((place(at.percentile), y))

    def draw(self, sheet: Sheet) -> None:
        """Put all tracks on the sheet."""
        across, up = sheet.drawing.get_size_inches()
        inches = Affine2D().scale(1 / across, 1 / up) + sheet.drawing.transFigure
        for lines, colour, thick, gid in (
            (self._lines, style.MUTED, 0.5, None),
            (self._ticks, style.SOFT, 0.6, None),
            (self._intervals, style.SOFT, 3.2, INTERVALS_ID),
        ):
            drawn = LineCollection(lines, colors=colour, linewidths=thick, transform=inches)
            drawn.set(gid=gid, capstyle="butt")
            sheet.drawing.add_artist(drawn)
        xs, ys = zip(*self._points, strict=True) if self._points else ((), ())
        look: dict[str, Any] = {"marker": "|", "markersize": 6.5, "linestyle": "none"}
        # White below black: the mark is seen on its interval.
        for colour, thick, gid in (("white", 1.9, None), (style.INK, 0.9, POINTS_ID)):
            look |= {"markeredgecolor": colour, "markeredgewidth": thick, "gid": gid}
            sheet.drawing.add_artist(Line2D(xs, ys, transform=inches, **look))


def arrow(sheet: Sheet, start: tuple[float, float], end: tuple[float, float], **look: Any) -> None:
    """An arrow from one place to another, in inches."""
    across, up = sheet.drawing.get_size_inches()
    given = {"arrowstyle": "-|>", "mutation_scale": 11, "color": style.SOFT, **look}
    ends = ((start[0] / across, start[1] / up), (end[0] / across, end[1] / up))
    patch = FancyArrowPatch(
        *ends, transform=sheet.drawing.transFigure, shrinkA=0, shrinkB=0, **given
    )
    sheet.drawing.add_artist(patch)


def swatch(sheet: Sheet, x: float, y: float, width: float, height: float, look: Look) -> None:
    """A piece in the colour and the hatching of a look."""
    sheet.box(
        x, y, width, height, facecolor=look.colour, hatch=look.hatch, edgecolor="white", linewidth=0
    )


def open_box(sheet: Sheet, x: float, y: float, width: float, height: float) -> None:
    """The dashed box of what is too few to place."""
    look: dict[str, Any] = {"facecolor": "white", "edgecolor": style.SOFT, "linewidth": 0.7}
    sheet.box(x, y, width, height, linestyle=(0, (3, 2)), **look)


def key_line(
    sheet: Sheet, y: float, entries: Sequence[tuple[Look | None, str]], x: float = style.MARGIN
) -> float:
    """A line of swatches with words, broken where the sheet ends; returns the lowest place.

    Without a look the swatch is the dashed box of what is too few to place.
    """
    start, place = x, y
    for look, text in entries:
        needs = _SWATCH + 0.06 + style.text_width(text, style.SMALL)
        if x > start and x + needs > style.MARGIN + INNER:
            x, place = start, place - 0.2
        if look is None:
            open_box(sheet, x, place - _SWATCH, _SWATCH, _SWATCH)
        else:
            swatch(sheet, x, place - _SWATCH, _SWATCH, _SWATCH, look)
        sheet.write(
            x + _SWATCH + 0.06, place - _SWATCH / 2, text, style.SMALL, va="center_baseline"
        )
        x += needs + 0.2
    return place - _SWATCH


def key_rows(entries: Sequence[tuple[Look | None, str]]) -> int:
    """The number of lines that `key_line` needs."""
    x, rows = 0.0, 1
    for _, text in entries:
        needs = _SWATCH + 0.06 + style.text_width(text, style.SMALL)
        if x > 0 and x + needs > INNER:
            x, rows = 0.0, rows + 1
        x += needs + 0.2
    return rows


def key_height(entries: Sequence[tuple[Look | None, str]]) -> float:
    """The height that a key needs, with the gap below it."""
    return 0.2 * key_rows(entries) + 0.08


def band_key(topic: Topic) -> list[tuple[Look | None, str]]:
    """What the bands are, and what is too few to place."""
    bands = topic.instrument.bands
    found: list[tuple[Look | None, str]] = [
        (topic.plan.bands[band.label], band_words(topic.plan, band.label, band_range(bands, place)))
        for place, band in enumerate(bands)
    ]
    return [*found, (None, topic.few)]


def band_words(plan: EngagementPlan, label: str, span: str) -> str:
    """A band in the key: letter, name, percentiles."""
    return f"{plan.bands[label].letter} = {label} ({span})" if span else label
