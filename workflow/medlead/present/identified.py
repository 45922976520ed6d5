"""The bounds of each printed correlation over all completions, beside the printed value."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from medlead.evidence import EvidenceClass
from medlead.performance.identified import NO, YES
from medlead.performance.identified_joint import ALL_SHOWN
from medlead.performance.identified_words import bounds_text, way_words
from medlead.present import style

_ROW = 0.185  # inches
_HEAD = 0.3
_VALUES = 1.65  # inches to the right of each panel for the bounds and the answer
_GAP, _ANSWER = 0.07, 0.95  # inches from the panel to each of them
_GIVES = {YES: "can give it", NO: "cannot give it", "": ""}
_OPEN = "not decided"


def draw_identified(
    sets: pd.DataFrame,
    without: pd.DataFrame,
    labels: Mapping[str, str],
    *,
    evidence: EvidenceClass = EvidenceClass.PRINTED_AGGREGATES,
) -> style.Figure:
    """One panel per rating and one row per way to compute it: bounds against the printed value.

    `sets` and `without` are the tables of `medlead.performance.identify`; `labels` names the
    ratings. A rating without a printed value is shown with its bounds alone. Raises ValueError
    where bounds are the wrong way round.
    """
    data = _data(sets, without)
    ratings = list(dict.fromkeys(data["rating"]))
    title = "Correlations with the index: possible and printed"
    caption = (
        "Bars: the proved bounds of the coefficient over all ratings and all index values that "
        "the organisations between the printed ends can have, the rounding of the printed index "
        "carried. Dashed: the printed value. Cross: the coefficient over the printed "
        "organisations alone. In brackets, for Pearson, what a level counts. A bar may reach "
        "over the dashed line without a completion that has its value: the words at the right tell."
    )
    rows = {rating: int((data["rating"] == rating).sum()) for rating in ratings}
    with style.style():
        width = 7.8
        foot = style.text_height(
            style.wrap(caption, width - 2 * style.MARGIN, style.SMALL), style.SMALL
        )
        chart = sum(rows.values()) * _ROW + len(ratings) * _HEAD
        drawing, _, high = style.new_figure(width, chart + foot + 1.55, title, evidence, caption)
        height = drawing.get_figheight()
        first = max(style.text_width(way, style.SMALL) for way in data["way"]) + 0.1
        top = high - 0.3
        limits = min(0.0, float(data["low"].min())) - 0.03, max(data["high"].max(), 0.8) + 0.03
        for rating in ratings:
            part = data[data["rating"] == rating]
            tall = rows[rating] * _ROW
            top -= _HEAD + tall
            axes = drawing.add_axes(
                (
                    (style.MARGIN + first) / width,
                    top / height,
                    (width - 2 * style.MARGIN - first - _VALUES) / width,
                    tall / height,
                )
            )
            axes.set_xlim(*limits)
            wide = axes.get_position().width * width
            _panel(axes, part, labels[rating], wide, last=rating == ratings[-1])
        style.key_above(
            drawing,
            _key(others=not data["attained"].isin([YES, NO]).all()),
            high,
            3,
            handletextpad=0.5,
            columnspacing=1.6,
        )
    return style.Figure(drawing, data, _text(data, labels), title, evidence)


def _data(sets: pd.DataFrame, without: pd.DataFrame) -> pd.DataFrame:
    # What is proved: over all codings the search ends within a declared distance of it.
    wanted = {"low": "low_proved", "high": "high_proved", "printed": "printed", "n": "n"}
    data = sets.assign(**{name: pd.to_numeric(sets[c]) for name, c in wanted.items()})
    if (data["low"] > data["high"]).any():
        raise ValueError("a smallest coefficient is above the largest")
    keys = data[["method", "coding", "ties"]].fillna("").astype(str)
    data = data.assign(way=[way_words(*key) for key in keys.itertuples(index=False)])
    alone = without[without["sample"] == ALL_SHOWN]
    places = {
        (r, m, c): (float(low) + float(high)) / 2
        for r, m, c, low, high in alone[["rating", "method", "coding", "low", "high"]]
        .fillna("")
        .itertuples(index=False)
    }
    data["ends_alone"] = [
        places.get((r, m, c), float("nan"))
        for r, m, c in zip(data["rating"], keys["method"], keys["coding"], strict=True)
    ]
    columns = ["rating", "way", "n", "low", "high", "printed", "ends_alone", "attained"]
    return data[columns].assign(attained=data["attained"].fillna(""))


def _colour(attained: str) -> str:
    found = {YES: style.COLOURS["blue"], NO: style.COLOURS["vermillion"]}
    return found.get(attained, style.MUTED)


def _panel(axes: Axes, part: pd.DataFrame, label: str, wide: float, *, last: bool) -> None:
    style.striped_rows(axes, len(part))
    axes.set_yticks(range(len(part)), part["way"].tolist(), size=style.SMALL)
    axes.tick_params(axis="y", length=0, pad=3)
    axes.axvline(0, color=style.LINE, linewidth=0.8, zorder=1)
    printed = part["printed"].iloc[0]
    head = f"{label} (n = {part['n'].iloc[0]}"
    head += ", no printed value)" if pd.isna(printed) else f", printed {printed:.2f})"
    axes.set_title(head, size=style.SMALL, weight="bold", loc="left", pad=3)
    if not pd.isna(printed):
        axes.axvline(printed, color=style.INK, linewidth=0.9, linestyle=(0, (3, 2)), zorder=3)
    for row, one in enumerate(part.to_dict("records")):
        colour = _colour(one["attained"])
        axes.plot(
            [one["low"], one["high"]],
            [row, row],
            color=colour,
            linewidth=4.5,
            solid_capstyle="butt",
            zorder=2,
        )
        if not pd.isna(one["ends_alone"]):
            axes.plot(one["ends_alone"], row, **_cross())
        gives = _GIVES.get(one["attained"], _OPEN)
        words = bounds_text(one["low"], one["high"], 3).replace("-", "−")
        axes.text(
            1 + _GAP / wide,
            row,
            words,
            transform=axes.get_yaxis_transform(),
            size=style.SMALL,
            va="center_baseline",
        )
        axes.text(
            1 + _ANSWER / wide,
            row,
            gives,
            transform=axes.get_yaxis_transform(),
            size=style.SMALL,
            va="center_baseline",
            color=colour,
        )
    axes.tick_params(axis="x", labelbottom=last, labelsize=style.SMALL)
    if last:
        axes.set_xlabel("coefficient", labelpad=1)


def _cross() -> dict[str, Any]:
    return {
        "marker": "x",
        "color": style.INK,
        "markersize": 4.2,
        "markeredgewidth": 1.0,
        "linestyle": "none",
        "zorder": 4,
    }


def _key(*, others: bool) -> list[Any]:
    return [
        Patch(color=_colour(YES), label="can give the printed value"),
        Patch(color=_colour(NO), label="cannot"),
        *([Patch(color=style.MUTED, label="none printed, or not decided")] if others else []),
        Line2D([], [], color=style.INK, linewidth=0.9, linestyle=(0, (3, 2)), label="printed"),
        Line2D([], [], label="printed organisations alone", **_cross()),
    ]


def _text(data: pd.DataFrame, labels: Mapping[str, str]) -> str:
    asked = data[data["printed"].notna()]
    number = asked["rating"].nunique()
    able = asked[asked["attained"] == YES].groupby("way", sort=False)["rating"].nunique()
    every = able[able == number].index.tolist()
    sentences = [
        f"Bounds of {data['way'].nunique()} ways to correlate the index with "
        f"{data['rating'].nunique()} ratings, {number} of them with a printed value.",
        f"{len(every)} ways can give each printed value: {', '.join(every)}."
        if every
        else "No way can give each printed value.",
    ]
    for rating, part in asked.groupby("rating", sort=False):
        missed = part.loc[part["attained"] == NO, "way"].tolist()
        if missed:
            sentences.append(
                f"{labels[str(rating)]}, printed {part['printed'].iloc[0]:.2f}, cannot be "
                f"{'; '.join(missed)}."
            )
    return " ".join(sentences)
