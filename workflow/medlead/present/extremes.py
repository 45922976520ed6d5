"""Two pictures of the ends of a ranking: what single units do, and corrected correlations."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from medlead.evidence import EvidenceClass
from medlead.performance.corrected_readings import (
    BOUNDED,
    CODES,
    ENDS,
    LATENT,
    NORMAL,
    PRINTED,
    READINGS,
)
from medlead.performance.extremes import Extremes
from medlead.performance.extremes_plan import ExtremesPlan
from medlead.performance.influence import DELTA, NOBODY, YES
from medlead.present import style
from medlead.ratings import RatingScale

_ROW = 0.2  # inches
_HEAD = 0.32
_VALUES = 1.55
_LANES = 0.27  # inches for the marks of one unit
_SHOWN = ("Pearson", "Kendall tau-b", DELTA)
_NAMES = {
    PRINTED: "printed, all",
    ENDS: "ends alone",
    BOUNDED: "corrected, spread bounded",
    NORMAL: "corrected, normal spread",
    CODES: "model of both ends, r",
    LATENT: "model of both ends, latent r",
}


def draw_corrected(
    corrected: pd.DataFrame,
    labels: Mapping[str, str],
    plan: ExtremesPlan,
    evidence: EvidenceClass,
    confidence: float,
) -> style.Figure:
    """Forest of the readings of each correlation over the ends, the printed one dashed.

    `corrected` is the table of `medlead.performance.corrected_readings`. Raises ValueError where an
    interval is the wrong way round.
    """
    numbers = ["n", "estimate", "least", "most", "low", "high"]
    data = corrected.assign(**{c: pd.to_numeric(corrected[c]) for c in numbers})
    if (data["low"] > data["high"]).any() or (data["least"] > data["most"]).any():
        raise ValueError("an interval is the wrong way round")
    order = {name: place for place, name in enumerate(READINGS)}
    ratings = list(dict.fromkeys(data["rating"]))
    rows = {rating: int((data["rating"] == rating).sum()) for rating in ratings}
    level = f"{100 * confidence:g} %"
    title = f"Correlations with the {plan.score_name}: from both ends to all"
    caption = (
        f"Thin lines: {level} intervals. Thick bars: what a reading can be over all values that "
        f"the {plan.units} between the ends can have, rounding carried. Dashed: the printed r over "
        "all. "
        "The corrections take the regression as straight with even scatter; the model takes the "
        f"{plan.score_name} and the tendency behind a rating as bivariate normal. The latent r is "
        "that of the tendencies, not of the rating's codes, and is not to be held against the "
        "printed one."
    )
    with style.style():
        width = 7.8
        foot = style.wrap(caption, width - 2 * style.MARGIN, style.SMALL)
        chart = sum(rows.values()) * _ROW + len(ratings) * _HEAD
        tall = chart + style.text_height(foot, style.SMALL) + 1.5
        drawing, _, high = style.new_figure(width, tall, title, evidence, caption)
        height = drawing.get_figheight()
        first = max(style.text_width(name, style.SMALL) for name in _NAMES.values()) + 0.1
        top = high - 0.2
        limits = min(0.0, float(data["low"].min())) - 0.03, 1.0
        for rating in ratings:
            part = data[data["rating"] == rating].sort_values(
                "reading", key=lambda names: names.map(order), kind="stable"
            )
            top -= _HEAD + rows[rating] * _ROW
            axes = drawing.add_axes(
                (
                    (style.MARGIN + first) / width,
                    top / height,
                    (width - 2 * style.MARGIN - first - _VALUES) / width,
                    rows[rating] * _ROW / height,
                )
            )
            axes.set_xlim(*limits)
            _forest(axes, part, labels[rating], last=rating == ratings[-1])
        style.key_above(drawing, _forest_key(), high, 4)
    shown = data[["rating", "reading", *numbers, "evidence"]]
    return style.Figure(drawing, shown, _corrected_text(data, labels, plan), title, evidence)


def _forest(axes: Axes, part: pd.DataFrame, label: str, *, last: bool) -> None:
    names = part["reading"].tolist()
    style.striped_rows(axes, len(part))
    axes.set_yticks(range(len(part)), [_NAMES[name] for name in names], size=style.SMALL)
    axes.tick_params(axis="y", length=0, pad=3)
    axes.axvline(0, color=style.LINE, linewidth=0.8, zorder=1)
    n = part.loc[part["reading"] == ENDS, "n"].iloc[0]
    printed = part.loc[part["reading"] == PRINTED]
    head = f"{label} (n = {n:.0f} at the ends"
    head += f", {printed['n'].iloc[0]:.0f} in all)" if len(printed) else "; none printed for all)"
    axes.set_title(head, size=style.SMALL, weight="bold", loc="left", pad=3)
    if len(printed):
        value = printed["estimate"].iloc[0]
        axes.axvline(value, color=style.INK, linewidth=0.9, linestyle=(0, (3, 2)), zorder=1.5)
    for row, one in enumerate(part.to_dict("records")):
        colour = _reading_colour(one["reading"])
        if one["reading"] != PRINTED:
            axes.plot([one["low"], one["high"]], [row, row], color=colour, linewidth=1.0, zorder=2)
        if one["most"] > one["least"]:
            axes.plot(
                [one["least"], one["most"]],
                [row, row],
                color=colour,
                linewidth=5,
                solid_capstyle="butt",
                zorder=3,
            )
        if not pd.isna(one["estimate"]):
            axes.plot(one["estimate"], row, zorder=4, **_dot(one["reading"]))
        bounded = pd.isna(one["estimate"])
        words = f"{one['least']:.2f} to {one['most']:.2f}" if bounded else f"{one['estimate']:.2f}"
        if one["reading"] != PRINTED:
            words += f"  ({one['low']:.2f} to {one['high']:.2f})"
        axes.text(
            1.02,
            row,
            words.replace("-", "−"),
            transform=axes.get_yaxis_transform(),
            size=style.SMALL,
            va="center_baseline",
        )
    axes.tick_params(axis="x", labelbottom=last, labelsize=style.SMALL)
    if last:
        axes.set_xlabel("correlation", labelpad=1)


def _reading_colour(reading: str) -> str:
    found = {PRINTED: style.INK, ENDS: style.COLOURS["vermillion"]}
    if reading in (BOUNDED, NORMAL):
        return style.COLOURS["blue"]
    return found.get(reading, style.COLOURS["green"])


def _dot(reading: str) -> dict[str, Any]:
    marks = {PRINTED: "|", ENDS: "s", CODES: "D", LATENT: "D"}
    colour = _reading_colour(reading)
    return {
        "marker": marks.get(reading, "o"),
        "markersize": 8 if reading == PRINTED else 4.4,
        "markerfacecolor": "white" if reading == LATENT else colour,
        "markeredgecolor": colour,
        "markeredgewidth": 1.1,
        "linestyle": "none",
    }


def _forest_key() -> list[Any]:
    return [
        Line2D([], [], color=style.INK, linewidth=0.9, linestyle=(0, (3, 2)), label="printed"),
        Line2D([], [], label="ends alone", **_dot(ENDS)),
        Patch(color=_reading_colour(BOUNDED), label="corrected for the spread"),
        Line2D([], [], label="model of both ends", **_dot(CODES)),
    ]


def _corrected_text(data: pd.DataFrame, labels: Mapping[str, str], plan: ExtremesPlan) -> str:
    table = data.set_index(["rating", "reading"])
    sentences = [
        f"Readings of the correlation of the {plan.score_name} with {data['rating'].nunique()} "
        "ratings, from the ends of the ranking."
    ]
    for rating in dict.fromkeys(data["rating"]):
        words = f"{labels[rating]}: {table.loc[(rating, ENDS), 'estimate']:.2f} over the ends"
        if (rating, BOUNDED) in table.index:
            one = table.loc[(rating, BOUNDED)]
            words += f", {one['least']:.2f} to {one['most']:.2f} corrected"
        if (rating, PRINTED) in table.index:
            words += f", printed {table.loc[(rating, PRINTED), 'estimate']:.2f}"
        sentences.append(words + ".")
    return " ".join(sentences)


def draw_influence(
    influence: pd.DataFrame,
    units: "pd.Series[str]",
    labels: Mapping[str, str],
    plan: ExtremesPlan,
    evidence: EvidenceClass,
    alpha: float,
) -> style.Figure:
    """Each statistic without each unit, a column per rating and a row per unit, ranked.

    `influence` is the table of `medlead.performance.influence.leave_one_out`, `units` the order of
    the rows from the highest score. A filled mark passes after Holm's correction; a ring shows
    that leaving this unit out turns the decision.
    """
    numbers = ["estimate", "p_value", "p_holm", "change"]
    data = influence.assign(**{c: pd.to_numeric(influence[c]) for c in numbers})
    data = data[data["statistic"].isin(_SHOWN)]
    ratings = list(dict.fromkeys(data["rating"]))
    names = [str(unit) for unit in units]
    title = f"What each {plan.unit} does to the comparison of the ends"
    caption = (
        f"Each mark: the statistic without the {plan.unit} of that row ({plan.units} from the "
        f"highest {plan.score_name} down). Line: with all {plan.units}. Filled: p below {alpha:g} "
        "after Holm's correction over the ratings, by exact permutation; hollow: not. Ringed: "
        f"leaving the {plan.unit} out turns that."
    )
    with style.style():
        width = 7.8
        foot = style.wrap(caption, width - 2 * style.MARGIN, style.SMALL)
        tall = len(names) * _LANES + style.text_height(foot, style.SMALL) + 1.75
        drawing, low, high = style.new_figure(width, tall, title, evidence, caption)
        first = max(style.text_width(n, style.SMALL) for n in [*names, "without"]) + 0.15
        panels = style.panel_grid(
            drawing, low + 0.3, high - 0.45, 1, len(ratings), gap=(0.14, 0.3), first=first
        )
        values = data["estimate"].dropna()
        limits = float(values.min()) - 0.08, min(1.0, float(values.max())) + 0.06
        for axes, rating in zip(panels, ratings, strict=True):
            axes.set_xlim(*limits)
            part = data[data["rating"] == rating]
            _influence(axes, part, names, labels[rating], left=axes is panels[0])
        panels[0].text(
            -0.05,
            1.008,
            "without",
            transform=panels[0].transAxes,
            size=style.SMALL,
            color=style.SOFT,
            ha="right",
            va="bottom",
        )
        style.key_above(drawing, _influence_key(), high, 5)
    turned = data[(data["turns"] == YES) & (data["left_out"] != NOBODY)]
    counts = turned["left_out"].value_counts()
    alt = (
        f"{', '.join(_SHOWN)} of {len(ratings)} ratings without each of {len(names)} {plan.units}. "
        f"Leaving one out turns {len(turned)} decisions."
    )
    if len(counts):
        alt += f" Most turn without {plan.unit} {counts.idxmax()}: {counts.max()}."
    shown = data[["rating", "statistic", "left_out", "n", "estimate", "p_holm", "passes", "turns"]]
    return style.Figure(drawing, shown, alt, title, evidence)


def _influence(axes: Axes, part: pd.DataFrame, names: list[str], label: str, *, left: bool) -> None:
    style.striped_rows(axes, len(names))
    axes.set_yticks(range(len(names)), names if left else [""] * len(names), size=style.SMALL)
    axes.tick_params(axis="y", length=0, pad=3)
    axes.tick_params(axis="x", labelsize=style.SMALL)
    low, high = axes.get_xlim()
    axes.set_xticks([tick / 4 for tick in range(-4, 5) if low < tick / 4 < high - 0.08])
    axes.axvline(0, color=style.LINE, linewidth=0.8, zorder=1)
    axes.set_title(label, size=style.SMALL, weight="bold", loc="left", pad=4)
    for one in part.to_dict("records"):
        look = _mark(one["statistic"], filled=one["passes"] == YES)
        if one["left_out"] == NOBODY:
            axes.axvline(one["estimate"], color=look["markeredgecolor"], linewidth=0.8, zorder=1)
            continue
        # Each statistic has a lane of its own, so that equal values do not hide each other.
        place = names.index(one["left_out"]) + (_SHOWN.index(one["statistic"]) - 1) * 0.27
        axes.plot(one["estimate"], place, zorder=3, **look)
        if one["turns"] == YES:
            axes.plot(one["estimate"], place, zorder=4, **_ring())


def _mark(statistic: str, *, filled: bool) -> dict[str, Any]:
    colours = dict(zip(_SHOWN, ("blue", "green", "vermillion"), strict=True))
    markers = dict(zip(_SHOWN, ("o", "^", "s"), strict=True))
    colour = style.COLOURS[colours[statistic]]
    return {
        "marker": markers[statistic],
        "markersize": 4.2,
        "markerfacecolor": colour if filled else "white",
        "markeredgecolor": colour,
        "markeredgewidth": 0.9,
        "linestyle": "none",
    }


def _ring() -> dict[str, Any]:
    return {
        "marker": "o",
        "markersize": 8.6,
        "markerfacecolor": "none",
        "markeredgecolor": style.INK,
        "markeredgewidth": 1.0,
        "linestyle": "none",
    }


def _influence_key() -> list[Any]:
    return [
        *(Line2D([], [], label=name, **_mark(name, filled=True)) for name in _SHOWN),
        Line2D([], [], label="turns the decision", **_ring()),
    ]


def draw_extremes(
    found: Extremes,
    scales: Mapping[str, RatingScale],
    plan: ExtremesPlan,
    evidence: EvidenceClass,
    settings: Mapping[str, Any],
) -> dict[str, style.Figure]:
    """Both pictures by the name of their file; `settings` has `confidence` and `alpha`."""
    labels = {name: scale.label for name, scale in scales.items()}
    order = pd.Series([u for u in dict.fromkeys(found.influence["left_out"]) if u != NOBODY])
    return {
        "extremes-corrected": draw_corrected(
            found.corrected, labels, plan, evidence, settings["confidence"]
        ),
        "extremes-influence": draw_influence(
            found.influence, order, labels, plan, evidence, settings["alpha"]
        ),
    }
