"""Small pieces that the figures of the engagement scale are made of, in inches on a sheet."""

from collections.abc import Sequence
from typing import Any

from matplotlib.colors import to_hex, to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from medlead.present import style
from medlead.present.engagement_declared import EngagementPlan, Look
from medlead.present.engagement_topic import Topic, band_range
from medlead.present.sheet import INNER, Sheet

LINE = style.SMALL * style.LINE_HEIGHT / 72
STRIP = 0.09
_SWATCH = 0.13


def write_line(
    sheet: Sheet, x: float, top: float, text: str, size: float = style.SMALL, **look: Any
) -> None:
    """One line of text whose base line depends on its size alone, not on its letters."""
    sheet.write(x, top - 0.95 * size / 72, text, size, va="baseline", **look)


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
