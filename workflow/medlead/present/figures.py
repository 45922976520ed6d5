"""Pictures of section 6.3: trusts by engagement and rating, and the correlations as a forest.

The trusts are drawn here, the forest in `medlead.present.forest`; both are given out here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from medlead.evidence import EvidenceClass
from medlead.present import style
from medlead.present.forest import draw_correlations
from medlead.present.style import Figure, write_figure
from medlead.ratings import RatingScale, code
from medlead.writing import plain_number

__all__ = ["Figure", "draw_correlations", "draw_trusts", "write_figure"]

TOP, MIDDLE, BOTTOM = "top", "middle", "bottom"
NOT_GIVEN = "not given"


_GROUPS = {
    BOTTOM: (style.COLOURS["vermillion"], "s"),
    TOP: (style.COLOURS["blue"], "o"),
    MIDDLE: (style.MUTED, "D"),
}
_POINT = 5.0  # diameter of a point, in points
_TRUST_LABELS, _TRUST_COUNTS = 0.82, 0.68  # inches beside each panel


def draw_trusts(
    table: pd.DataFrame,
    scales: Mapping[str, RatingScale],
    layout: Mapping[str, Any],
    group_size: int,
    *,
    sample_size: int | None = None,
) -> Figure:
    """One panel per rating: every trust by its engagement index (x) and its level (y).

    `table` is tidy (`row`, `column`, `text`, `evidence`); `layout` says which heading belongs to
    which record column and which of them ranks the trusts; columns with a scale are drawn.
    The first and last `group_size` trusts by rank are the top and the bottom group.
    `sample_size` counts the trusts that were ranked: those of them without a row are told as not
    printed and lie between the groups. None, or records of a study, means that all have a row.

    Raises ValueError for a level that a scale does not have, a cell that is missing or given
    twice, cells of several evidence classes, groups that overlap, or a sample smaller than the
    table.
    """
    evidence, data = _trust_points(table, scales, layout, group_size)
    trusts = data.drop_duplicates("trust")
    n = len(trusts)
    total = n if sample_size is None or evidence is EvidenceClass.STUDY else sample_size
    if total < n:
        raise ValueError(f"{n} trusts are shown of a sample of {total}")
    hidden = total - n
    by_group = trusts.groupby("group")["index"]
    gap = (by_group.max()[BOTTOM], by_group.min()[TOP])
    shown = {
        column["from"]: scales[column["from"]]
        for column in layout["columns"]
        if column["from"] in scales
    }
    title = f"How the most and the least engaged of {total} trusts were rated"
    caption = f"n = {n} trusts" + (f" of {total}." if hidden else ".")
    if hidden:
        caption += (
            f" {_trusts(hidden)} not printed; their index lies between {plain_number(gap[0])} and "
            f"{plain_number(gap[1])} (shaded)."
        )
    caption += (
        " Points of one level are moved apart upwards and downwards where they would cover "
        "each other. The levels run from the worst, below, to the best."
    )
    rows = (len(shown) + 2) // 2  # one place is kept for the key
    with style.style():
        drawing, low, high = style.new_figure(7.8, 1.0 + 2.45 * rows, title, evidence, caption)
        panels = style.panel_grid(
            drawing,
            low + 0.35,
            high - 0.35,
            rows,
            2,
            left=_TRUST_LABELS,
            right=_TRUST_COUNTS,
            gap=(0.25, 0.75),
        )
        ends = (data["index"].min(), data["index"].max())
        pad = 0.06 * (ends[1] - ends[0]) or 1.0
        for axes, (name, scale) in zip(panels, shown.items(), strict=False):
            axes.set_xlim(ends[0] - pad, ends[1] + pad)
            _trust_panel(axes, data[data["rating"] == name], scale, gap, hidden)
        for axes in panels[max(len(shown) - 2, 0) : len(shown)]:
            axes.set_xlabel("Engagement index")
        for axes in panels[len(shown) :]:
            axes.set_axis_off()
        sizes = trusts["group"].value_counts()
        _trust_key(panels[len(shown)], {g: int(sizes[g]) for g in _GROUPS if g in sizes.index})
    alt = _trust_text(data, shown, gap, hidden, group_size)
    return Figure(drawing, data.drop(columns="rating"), alt, title, evidence)


def _trust_points(
    table: pd.DataFrame,
    scales: Mapping[str, RatingScale],
    layout: Mapping[str, Any],
    group_size: int,
) -> tuple[EvidenceClass, pd.DataFrame]:
    headings = {column["from"]: column["heading"] for column in layout["columns"]}
    ranked_by = headings[layout["groups"]["by"]]
    rated = {name: heading for name, heading in headings.items() if name in scales}
    cells = table[table["column"].isin([ranked_by, *rated.values()])]
    if cells.duplicated(["row", "column"]).any():
        raise ValueError("a cell of the trusts is given twice")
    classes = sorted(set(cells["evidence"]))
    if len(classes) != 1:
        raise ValueError(f"one evidence class is needed, not: {', '.join(classes) or 'none'}")
    wide = cells.pivot(index="row", columns="column", values="text")
    if wide.isna().any(axis=None):
        raise ValueError("a trust has no cell for its index or one of its ratings")
    index = pd.to_numeric(wide[ranked_by]).astype(float)
    # Equal scores keep the order of the table.
    places = {trust: place for place, trust in enumerate(cells["row"].drop_duplicates())}
    order = sorted(wide.index, key=lambda trust: (-index[trust], places[trust]))
    if group_size < 1 or 2 * group_size > len(order):
        raise ValueError(f"two groups of {group_size} do not fit into {len(order)} trusts")
    groups = [TOP] * group_size + [MIDDLE] * (len(order) - 2 * group_size) + [BOTTOM] * group_size
    parts = []
    for name, heading in rated.items():
        texts = wide.loc[order, heading]
        parts.append(
            pd.DataFrame(
                {
                    "trust": order,
                    "group": groups,
                    "index": index[order].to_numpy(),
                    "rating": name,
                    "measure": scales[name].label,
                    "level": texts.to_numpy(),
                    "code": code(texts, scales[name]).to_numpy(),
                }
            )
        )
    if not parts:
        raise ValueError("no column of the layout has a rating scale")
    return EvidenceClass(classes[0]), pd.concat(parts, ignore_index=True)


def _ticks(scale: RatingScale) -> dict[float, str]:
    """Height and label of each level; a numeric scale shows its two ends, the best one above."""
    if scale.levels:
        return {float(place): level for place, level in enumerate(scale.levels, start=1)}
    ends = [scale.low or 0.0, scale.high or 0.0]
    labels = [plain_number(end) for end in (ends if scale.best == "high" else ends[::-1])]
    return dict(zip(ends, labels, strict=True))


def _stack(x: Sequence[float], apart: float) -> list[int]:
    """Which step up (+) or down (-) each point takes so that none lies within `apart` of another.

    In the order given; the nearest free step is taken, up before down.
    """
    taken: list[tuple[float, int]] = []
    for value in x:
        step = 0
        while any(s == step and abs(value - other) < apart for other, s in taken):
            step = -step if step > 0 else 1 - step
        taken.append((value, step))
    return [step for _, step in taken]


def _trust_panel(
    axes: Axes, points: pd.DataFrame, scale: RatingScale, gap: tuple[float, float], hidden: int
) -> None:
    ticks = _ticks(scale)
    unit = (max(ticks) - min(ticks)) / (len(ticks) - 1 if scale.levels else 3)
    floor = min(ticks) - unit
    known = points["code"].notna()
    axes.set_title(f"{scale.label} (n = {int(known.sum())})", pad=17)
    axes.set_ylim(floor - 0.5 * unit, max(ticks) + 0.5 * unit)
    axes.set_yticks([floor, *ticks], [NOT_GIVEN, *ticks.values()])
    axes.get_yticklabels()[0].set_color(style.MUTED)
    for height in ticks:
        axes.axhline(height, color=style.LINE, linewidth=0.5, zorder=0)
    axes.axhline(floor + 0.5 * unit, color=style.MUTED, linewidth=0.7, linestyle=(0, (2, 2)))
    if hidden and gap[0] < gap[1]:
        axes.axvspan(*gap, color=style.FAINT, zorder=-1)
        axes.text(
            (gap[0] + gap[1]) / 2,
            (floor + max(ticks)) / 2,
            f"{_trusts(hidden)} not printed",
            rotation=90,
            ha="center",
            va="center",
            size=style.SMALL,
            color=style.SOFT,
        )
    box = axes.get_position()
    width, height = axes.figure.get_size_inches()  # type: ignore[union-attr]
    per_inch = np.diff(axes.get_xlim())[0] / (box.width * width)
    up_per_inch = np.diff(axes.get_ylim())[0] / (box.height * height)
    diameter = (_POINT + 1.2) / 72
    heights = points["code"].fillna(floor)
    for level, part in points.groupby(heights, sort=True):
        steps = _stack(part["index"].tolist(), diameter * per_inch)
        # A crowd is pressed together rather than let into the next level.
        most = max(abs(step) for step in steps)
        up = min(diameter * up_per_inch, 0.42 * unit / max(most, 1))
        y = [float(level) + step * up for step in steps]
        rows = zip(part["index"], y, part["group"], known[part.index], strict=True)
        for x, at, group, given in rows:
            axes.plot(x, at, **_point(group, given))
    for level in (floor, *(ticks if scale.levels else ())):
        _count(axes, level, points.loc[heights == level, "group"])
    for group, place in _COUNT_PLACES.items():
        _beside(axes, place, axes.get_ylim()[1], group, _GROUPS[group][0], va="bottom")


_COUNT_PLACES = {BOTTOM: 0.22, TOP: 0.55}  # inches to the right of a panel


def _count(axes: Axes, level: float, groups: "pd.Series[str]") -> None:
    for group, place in _COUNT_PLACES.items():
        count = int((groups == group).sum())
        _beside(axes, place, level, str(count), _GROUPS[group][0] if count else style.MUTED)


def _beside(
    axes: Axes, inches: float, y: float, text: str, colour: str, *, va: str = "center_baseline"
) -> None:
    width = float(axes.figure.get_size_inches()[0])  # type: ignore[union-attr]
    axes.text(
        1 + inches / (axes.get_position().width * width),
        y,
        text,
        transform=axes.get_yaxis_transform(),
        ha="center",
        va=va,
        size=style.SMALL if text.isalpha() else style.BODY,
        color=colour,
        weight="bold",
    )


def _point(group: str, given: bool) -> dict[str, Any]:
    colour, marker = _GROUPS[group]
    return {
        "marker": marker,
        "markersize": _POINT,
        "markerfacecolor": colour if given else "white",
        "markeredgecolor": colour,
        "markeredgewidth": 1.0,
        "linestyle": "none",
    }


def _trust_key(axes: Axes, sizes: Mapping[str, int]) -> None:
    names = {
        TOP: "{} of the highest engagement",
        MIDDLE: "{} in between",
        BOTTOM: "{} of the lowest engagement",
    }
    handles = [
        Line2D([], [], label=names[g].format(_trusts(sizes[g])), **_point(g, True))
        for g in names
        if g in sizes
    ]
    handles.append(Line2D([], [], label="open: rating not given", **_point(MIDDLE, False)))
    handles[-1].set_marker("o")
    key = axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(-0.25, 1.0),
        frameon=False,
        title="Each point is a trust",
        title_fontproperties={"weight": "bold", "size": style.HEADING},
        alignment="left",
        fontsize=style.BODY,
        labelspacing=0.8,
    )
    key.set_zorder(2)
    axes.text(
        -0.22,
        0.18,
        "Numbers at the right of a panel\ncount those of the two groups\nat that level.",
        transform=axes.transAxes,
        size=style.BODY,
        color=style.SOFT,
        linespacing=style.LINE_HEIGHT,
    )


def _trust_text(
    data: pd.DataFrame,
    shown: Mapping[str, RatingScale],
    gap: tuple[float, float],
    hidden: int,
    group_size: int,
) -> str:
    index = data.drop_duplicates("trust").groupby("group")["index"]
    low, high = index.min(), index.max()
    sentences = [
        f"{len(shown)} panels show how {data['trust'].nunique()} trusts were rated: the "
        f"{group_size} of the highest engagement (index {low[TOP]:g} to {high[TOP]:g}) and the "
        f"{group_size} of the lowest ({low[BOTTOM]:g} to {high[BOTTOM]:g})."
    ]
    if hidden:
        sentences.append(f"Not printed: {_trusts(hidden)} between {gap[0]:g} and {gap[1]:g}.")
    for name, scale in shown.items():
        part = data[data["rating"] == name]
        parts = []
        for group in (TOP, BOTTOM):
            levels = part.loc[part["group"] == group, "level"]
            counts = [(level, int((levels == level).sum())) for level in reversed(scale.levels)]
            missing = int(part.loc[part["group"] == group, "code"].isna().sum())
            counts.append((NOT_GIVEN, missing))
            told = ", ".join(f"{count} {level}" for level, count in counts if count)
            parts.append(f"{group} group {told}")
        sentences.append(f"{scale.label}: {'; '.join(parts)}.")
    return " ".join(sentences)


def _trusts(count: int) -> str:
    return f"{count} trust" if count == 1 else f"{count} trusts"
