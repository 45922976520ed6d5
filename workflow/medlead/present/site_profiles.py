"""Every organisation on every measure: where it stands between the worst and the best level."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from medlead.evidence import EvidenceClass, resting_on
from medlead.performance.triangulation_plan import TriangulationPlan
from medlead.performance.triangulation_sites import DOES_NOT_APPLY, ENGAGEMENT, KNOWN
from medlead.present import style
from medlead.present.sheet import INNER, Sheet, new_sheet

_ROW, _HEAD, _GROUP, _KEY = 0.33, 0.13, 0.2, 0.26
_LABELS = 1.3  # inches for the names of the measures
_MOST_ACROSS = 10  # organisations in one band of the chart
_PAD = 0.12  # of a cell, left free at both ends of its line
_CELL = 6.4  # points of the text in a cell


def draw_profiles(
    sites: pd.DataFrame, shown: pd.DataFrame, plan: TriangulationPlan
) -> style.Figure:
    """A cell for each organisation and measure: a mark between worst and best, and the level.

    `sites` is the table of `medlead.performance.triangulation_sites.profiles`, `shown` what stands
    below each name. Organisations keep the order of the table, and more than ten stand below each
    other. What does not apply, and what is not known, is said in words.
    """
    classes = [EvidenceClass(c) for c in sites["evidence"].unique()]
    evidence = resting_on(classes[0], *classes[1:])
    names = list(dict.fromkeys(sites["site"]))
    parts = [names[i : i + _MOST_ACROSS] for i in range(0, len(names), _MOST_ACROSS)]
    measures = sites[["source", "measure", "label"]].drop_duplicates()
    heads = measures["source"].nunique()
    title = f"{len(names)} organisations on {len(measures)} measures"
    caption = (
        "In each cell the mark stands between the worst (left) and the best (right) level that the "
        "measure has, levels evenly apart; below it the level as written. Best is what is best for "
        "those concerned, not the highest figure. Organisations by "
        f"{plan.engagement.lower()}, the highest first, those without it last."
    )
    with style.style():
        across = (INNER - _LABELS) / min(len(names), _MOST_ACROSS)
        below = _below(shown, across)
        lines = max((text.count("\n") + 1 for text in below.values()), default=0)
        head = 0.2 + lines * _HEAD
        tall = head + heads * _GROUP + len(measures) * _ROW
        sheet = new_sheet(title, evidence, caption, len(parts) * (tall + 0.1) + _KEY)
        _key(sheet)
        for place, part in enumerate(parts):
            top = sheet.high - _KEY - place * (tall + 0.1)
            _chart(sheet, top, sites[sites["site"].isin(part)], part, below, across, head, plan)
    data = sites[["site", "stratum", "source", "measure", "text", "known", "place", "evidence"]]
    return style.Figure(sheet.drawing, data, _text(sites, plan), title, evidence)


def _below(shown: pd.DataFrame, across: float) -> dict[str, str]:
    """What stands below each name, every column from the same line on."""
    wrapped = {
        column: [style.wrap(str(v), across - 0.04, style.SMALL) for v in shown[column]]
        for column in shown.columns
        if shown[column].ne("").any()
    }
    deep = {c: max(text.count("\n") for text in texts) for c, texts in wrapped.items()}
    found = {}
    for place, site in enumerate(shown.index):
        parts = [
            texts[place] + "\n" * (deep[c] - texts[place].count("\n"))
            for c, texts in wrapped.items()
        ]
        if parts:
            found[str(site)] = "\n".join(parts)
    return found


def _chart(
    sheet: Sheet,
    top: float,
    sites: pd.DataFrame,
    names: list[str],
    below: dict[str, str],
    across: float,
    head: float,
    plan: TriangulationPlan,
) -> None:
    left = style.MARGIN + _LABELS
    for place, name in enumerate(names):
        middle = left + (place + 0.5) * across
        size = style.HEADING if style.text_width(name, style.HEADING) < across else style.SMALL
        wrapped = style.wrap(name, across - 0.04, size, bold=True)
        sheet.write(middle, top, wrapped, size, ha="center", weight="bold")
        sheet.write(
            middle, top - 0.2, below.get(name, ""), style.SMALL, ha="center", color=style.SOFT
        )
    y = top - head
    for source, rows in sites.groupby("source", sort=False):
        said = plan.engagement if source == ENGAGEMENT else plan.source_labels[str(source)]
        sheet.write(style.MARGIN, y - 0.05, said, style.SMALL, weight="bold", color=style.SOFT)
        y -= _GROUP
        for row, (_, cells) in enumerate(rows.groupby("measure", sort=False)):
            y -= _ROW
            if row % 2 == 0:
                sheet.box(
                    style.MARGIN,
                    y,
                    _LABELS + len(names) * across,
                    _ROW,
                    color=style.FAINT,
                    linewidth=0,
                    zorder=0,
                )
            label = "Band" if source == ENGAGEMENT else str(cells["label"].iloc[0])
            sheet.write(
                style.MARGIN + 0.04,
                y + _ROW / 2,
                style.wrap(label, _LABELS - 0.1, style.SMALL),
                style.SMALL,
                va="center",
            )
            axes = sheet.axes(left, y, len(names) * across, _ROW)
            axes.set_xlim(0, len(names))
            axes.set_ylim(0, 1)
            _row(axes, cells, names, across)


def _row(axes: Axes, cells: pd.DataFrame, names: list[str], across: float) -> None:
    found = {str(c["site"]): c for c in cells.to_dict("records")}
    for place, name in enumerate(names):
        cell = found[name]
        if cell["known"] != KNOWN:
            said = "does not\napply" if cell["known"] == DOES_NOT_APPLY else "not known"
            axes.text(
                place + 0.5,
                0.5,
                said,
                size=_CELL,
                ha="center",
                va="center",
                color=style.MUTED,
                style="italic",
                linespacing=1.1,
            )
            continue
        low, high = place + _PAD, place + 1 - _PAD
        axes.plot([low, high], [0.8, 0.8], color=style.LINE, linewidth=1.0, zorder=1)
        at = low + float(cell["place"]) * (high - low)
        axes.plot([at], [0.8], zorder=3, **_mark(float(cell["place"])))
        text = style.wrap(str(cell["text"]), across - 0.035, _CELL)
        axes.text(place + 0.5, 0.34, text, size=_CELL, ha="center", va="center", linespacing=1.05)


def _mark(place: float) -> dict[str, Any]:
    """Dark and full at the better half, open at the worse; the place itself tells the level."""
    good = place > 0.5
    return {
        "marker": "o",
        "markersize": 4.6,
        "markerfacecolor": style.COLOURS["blue"] if good else "white",
        "markeredgecolor": style.COLOURS["blue"] if good else style.COLOURS["vermillion"],
        "markeredgewidth": 1.1,
        "linestyle": "none",
    }


def _key(sheet: Sheet) -> None:
    handles = [
        Line2D([], [], label="in the better half of its scale", **_mark(1.0)),
        Line2D([], [], label="in the middle or the worse half", **_mark(0.0)),
    ]
    style.key_above(
        sheet.drawing,
        handles,
        sheet.high,
        2,
        handletextpad=0.4,
        columnspacing=1.6,
        fontsize=style.SMALL,
    )


def _text(sites: pd.DataFrame, plan: TriangulationPlan) -> str:
    sentences = []
    for name, rows in sites.groupby("site", sort=False):
        known = rows[rows["known"] == KNOWN]
        told = "; ".join(
            f"{str(r['label']).lower()} "
            + ("" if r["source"] == ENGAGEMENT else f"({plan.source_labels[r['source']].lower()}) ")
            + str(r["text"])
            for r in known.to_dict("records")
        )
        lacking = len(rows) - len(known)
        sentences.append(
            f"{name} ({rows['stratum'].iloc[0]}): {told}."
            + (f" {lacking} not measured or not applicable." if lacking else "")
        )
    return " ".join(sentences)
