"""The look of every picture: colours, sizes, font, evidence badge, title and caption.

A picture is drawn and saved inside `style()`, so that neither a reader's own
matplotlib settings nor the fonts of a machine can change a byte of it.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.style
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure as Drawing
from matplotlib.font_manager import FontEntry, FontProperties, fontManager
from matplotlib.textpath import text_to_path

from medlead.evidence import EvidenceClass
from medlead.present.tables import evidence_badge
from medlead.writing import write_bytes, write_csv, write_text

# Okabe and Ito (2008): eight colours that stay apart with any colour vision.
COLOURS = {
    "blue": "#0072b2",
    "vermillion": "#d55e00",
    "green": "#009e73",
    "purple": "#cc79a7",
    "sky": "#56b4e9",
    "orange": "#e69f00",
    "yellow": "#f0e442",
    "black": "#000000",
}
# A category gets colour and mark together: neither carries a meaning alone.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
INK, SOFT, MUTED, LINE, FAINT = "#1b1f24", "#4d5761", "#7c868f", "#c9d0d6", "#f1f3f5"

# Light to dark in lightness as well as in hue, so that the order survives grey print.
_ORDERED = ("#a6cee8", "#56b4e9", "#0072b2", "#00304d")

# The colours of the badges on the page (text, ground).
_BADGES = {
    EvidenceClass.PRINTED_RECORDS: ("#0b4f4a", "#e3f3f1"),
    EvidenceClass.PRINTED_AGGREGATES: ("#1f4a7d", "#e6eff9"),
    EvidenceClass.RECONSTRUCTED: ("#6a4300", "#fbf0dc"),
    EvidenceClass.SIMULATED: ("#7a2460", "#faeaf4"),
    EvidenceClass.CONCEPTUAL: ("#454d55", "#f0f2f4"),
    EvidenceClass.STUDY: ("#3d3a8c", "#ecebfa"),
}

# Points; the smallest text that is used must stay readable on an A4 page.
TITLE, HEADING, BODY, SMALL = 11.0, 8.5, 7.5, 7.0
LINE_HEIGHT = 1.3
MARGIN = 0.15  # inches at each side
DPI = 160
# Gids by which a badge and a caption can be found in a drawing.
_EVIDENCE = "evidence"
BADGE_ID, TITLE_ID, CAPTION_ID = "evidence", "title", "caption"

# DejaVu Sans as matplotlib ships it, under a name of our own: another version of it
# may be installed on the machine, and the name alone would not say which is meant.
FAMILY = "medlead sans"

_SETTINGS: dict[str, Any] = {
    "font.family": [FAMILY],
    "font.size": BODY,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.labelsize": BODY,
    "axes.linewidth": 0.7,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": HEADING,
    "axes.titleweight": "bold",
    "grid.color": LINE,
    "grid.linewidth": 0.5,
    "xtick.color": LINE,
    "xtick.labelcolor": SOFT,
    "xtick.labelsize": SMALL,
    "xtick.major.size": 2.5,
    "ytick.color": LINE,
    "ytick.labelcolor": INK,
    "ytick.labelsize": BODY,
    "ytick.major.size": 0,
    "figure.facecolor": "white",
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    # Unhinted, letters are as wide as they were measured, at every size, in PNG as in SVG.
    "text.hinting": "none",
    "svg.hashsalt": "medlead",
    # Paths, not text: an SVG text is set in whatever font the viewer has, and then
    # labels that were placed without overlap no longer are.
    "svg.fonttype": "path",
}


@dataclass(frozen=True)
class Figure:
    """A picture: the drawing, the data drawn, a text in its place, and what it rests on."""

    drawing: Drawing
    data: pd.DataFrame
    alt: str
    title: str
    evidence: EvidenceClass


def write_figure(figure: Figure, folder: Path, stem: str) -> None:
    """Write `stem`.svg, .png, .csv (the data drawn) and .txt (alternative text) into a folder.

    The same figure gives the same bytes every time. The last column of the data is the
    evidence class: of the row where the data say so, else of the figure.
    """
    write_bytes(folder / f"{stem}.svg", svg_of(figure))
    write_bytes(folder / f"{stem}.png", _saved(figure, "png", {"Software": None}))
    data = figure.data
    if _EVIDENCE not in data.columns:
        data = data.assign(**{_EVIDENCE: str(figure.evidence)})
    write_csv(folder / f"{stem}.csv", data[[*(c for c in data if c != _EVIDENCE), _EVIDENCE]])
    write_text(folder / f"{stem}.txt", figure.alt + "\n")


def svg_of(figure: Figure) -> bytes:
    """A picture as SVG; the same figure gives the same bytes every time."""
    about = {"Title": figure.title, "Description": figure.alt, "Creator": "medlead", "Date": None}
    return _saved(figure, "svg", about)


def _saved(figure: Figure, suffix: str, metadata: dict[str, Any]) -> bytes:
    buffer = BytesIO()
    with style():
        figure.drawing.savefig(buffer, format=suffix, dpi=DPI, metadata=metadata)
    return buffer.getvalue()


@contextmanager
def style() -> Iterator[None]:
    """The settings under which a picture is both drawn and saved."""
    _register_font()
    with matplotlib.style.context(["default", _SETTINGS]):
        yield


def _register_font() -> None:
    if any(entry.name == FAMILY for entry in fontManager.ttflist):
        return
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for file, weight in (("DejaVuSans.ttf", 400), ("DejaVuSans-Bold.ttf", 700)):
        fontManager.ttflist.append(
            FontEntry(fname=str(folder / file), name=FAMILY, weight=weight, size="scalable")
        )


def categorical(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each category, always the same for the same place in the list.

    Raises ValueError for a name that stands twice or for more names than colours.
    """
    if len(set(names)) != len(names) or len(names) > len(COLOURS):
        raise ValueError(f"not at most {len(COLOURS)} different categories: {', '.join(names)}")
    return dict(zip(names, zip(COLOURS.values(), MARKERS, strict=True), strict=False))


def ordered(levels: Sequence[str]) -> dict[str, str]:
    """Colour of each level of an ordered scale, from light (first) to dark (last)."""
    ramp = LinearSegmentedColormap.from_list("ordered", _ORDERED)
    last = max(len(levels) - 1, 1)
    return {level: to_hex(ramp(place / last)) for place, level in enumerate(levels)}


@cache
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width in inches of one line of text at a size in points."""
    _register_font()
    font = FontProperties(family=[FAMILY], size=size, weight="bold" if bold else "normal")
    width: float = text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
    return width / 72


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """The text broken between words into lines of at most `width` inches.

    A single word that is wider stands on a line of its own. Line breaks that the text has stay,
    and no-break spaces hold what they join.
    """
    lines: list[str] = []
    blank = text_width("i i", size, bold=bold) - 2 * text_width("i", size, bold=bold)
    for paragraph in text.split("\n"):
        line, about = "", 0.0
        for word in filter(None, paragraph.split(" ")):
            longer = f"{line} {word}".strip(" ")
            about += text_width(word, size, bold=bold) + (blank if line else 0.0)
            # Words are measured once; a whole line only where their sum does not decide.
            if line and (
                about > 1.05 * width
                or (about > 0.95 * width and text_width(longer, size, bold=bold) > width)
            ):
                lines.append(line)
                line, about = word, text_width(word, size, bold=bold)
            else:
                line = longer
        lines.append(line)
    return "\n".join(lines)


def text_height(text: str, size: float) -> float:
    """Height in inches of text with line breaks at a size in points."""
    return (text.count("\n") + 1) * size * LINE_HEIGHT / 72


def new_figure(
    width: float, height: float, title: str, evidence: EvidenceClass, caption: str = ""
) -> tuple[Drawing, float, float]:
    """An empty drawing of that size in inches with title, evidence badge and caption.

    The height is that of the whole drawing. Also returns the lowest and the highest place, in
    inches from the bottom, between which there is room for the panels. Call within `style()`.
    """
    drawing = Drawing(figsize=(width, height), dpi=DPI)
    left = badge(drawing, evidence)
    head = wrap(title, left - 2 * MARGIN, TITLE, bold=True)
    _place(drawing, MARGIN, height - MARGIN, head, TITLE, "top", TITLE_ID, weight="bold")
    top = height - MARGIN - text_height(head, TITLE) - MARGIN
    if not caption:
        return drawing, MARGIN, top
    foot = wrap(caption, width - 2 * MARGIN, SMALL)
    _place(drawing, MARGIN, MARGIN, foot, SMALL, "bottom", CAPTION_ID, color=SOFT)
    return drawing, MARGIN + text_height(foot, SMALL) + MARGIN, top


def key_above(
    drawing: Drawing, handles: Sequence[Artist], top: float, columns: int, **spacing: float
) -> None:
    """The key to a drawing's marks, at its left margin and `top` inches from the bottom."""
    width, height = drawing.get_size_inches()
    drawing.legend(
        handles=list(handles),
        loc="upper left",
        bbox_to_anchor=(MARGIN / width, top / height),
        ncols=columns,
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        **({"fontsize": BODY} | spacing),
    )


def striped_rows(axes: Axes, count: int) -> None:
    """Room for rows, the first at the top, every other one shaded so that the eye stays on it."""
    axes.set_ylim(count - 0.5, -0.5)
    axes.spines["left"].set_visible(False)
    for row in range(0, count, 2):
        axes.axhspan(row - 0.5, row + 0.5, color=FAINT, linewidth=0, zorder=0)


def badge_colours(evidence: EvidenceClass) -> tuple[str, str]:
    """The colours of an evidence class: of its text and of the ground behind it."""
    return _BADGES[evidence]


def badge(drawing: Drawing, evidence: EvidenceClass) -> float:
    """Write the evidence class, in words, into the top right corner; returns its left edge."""
    shown = evidence_badge(evidence)
    words = f"{shown.symbol} evidence: {shown.word}"
    ink, ground = _BADGES[evidence]
    width, height = drawing.get_size_inches()
    pad = 0.05
    _place(
        drawing,
        width - MARGIN - pad,
        height - MARGIN - pad,
        words,
        BODY,
        "top",
        BADGE_ID,
        ha="right",
        color=ink,
        weight="bold",
        bbox={
            "boxstyle": f"round,pad={pad * 72 / BODY},rounding_size=0.3",
            "facecolor": ground,
            "edgecolor": ink,
            "linewidth": 0.8,
        },
    )
    return float(width) - MARGIN - 2 * pad - text_width(words, BODY, bold=True)


def _place(
    drawing: Drawing, x: float, y: float, text: str, size: float, va: str, gid: str, **look: Any
) -> None:
    """Text at a place in inches from the lower left corner."""
    width, height = drawing.get_size_inches()
    drawing.text(
        x / width, y / height, text, va=va, size=size, gid=gid, linespacing=LINE_HEIGHT, **look
    )


def panel_grid(
    drawing: Drawing,
    bottom: float,
    top: float,
    rows: int,
    columns: int,
    *,
    left: float = 0.0,
    right: float = 0.0,
    gap: tuple[float, float] = (0.4, 0.5),
    first: float = 0.0,
) -> list[Any]:
    """Axes in a grid, row by row, all lengths in inches.

    `left` and `right` are kept free beside every panel, `first` beside the first column only;
    `gap` lies between columns and between rows, and half of a row gap above the first row.
    """
    width, height = drawing.get_size_inches()
    across, down = gap
    room = width - 2 * MARGIN - first - (columns - 1) * across
    cell = room / columns
    tall = (top - bottom - (rows - 1) * down) / rows
    if min(cell - left - right, tall) <= 0 or math.isnan(tall):
        raise ValueError(f"{rows} x {columns} panels do not fit into {width:g} x {height:g} inches")
    return [
        drawing.add_axes(
            (
                (MARGIN + first + column * (cell + across) + left) / width,
                (top - row * (tall + down) - tall) / height,
                (cell - left - right) / width,
                tall / height,
            )
        )
        for row in range(rows)
        for column in range(columns)
    ]
