"""The forest of a study's associations: one panel per measure, one row per engagement score."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from medlead.evidence import EvidenceClass
from medlead.performance.association_options import ANALYTIC
from medlead.present import style

# What an association withstands at alpha, each including those before it.
NONE, ALONE, BH, HOLM = "none", "alone", "benjamini-hochberg", "holm"
SURVIVAL = (NONE, ALONE, BH, HOLM)
_MARKERS = {NONE: "o", ALONE: "s", BH: "D", HOLM: "o"}
_NBSP = "\N{NO-BREAK SPACE}"
_ROW = 0.19  # inches
_VALUES = 0.72  # inches to the right of each panel for the coefficient and its n
_SCORES = 2.6  # inches at most for the names of scores


def survival(frame: pd.DataFrame, alpha: float) -> list[str]:
    """The strictest of the tests at alpha that each row passes, from `SURVIVAL`."""
    numbers = {n: pd.to_numeric(frame[n]) for n in ("p_value", "p_analytic", "p_bh", "p_holm")}
    own = numbers["p_analytic"].where(frame["p_adjusted"] == ANALYTIC, numbers["p_value"])
    passed = {ALONE: own < alpha, BH: numbers["p_bh"] < alpha, HOLM: numbers["p_holm"] < alpha}
    rows = zip(*(passed[name].tolist() for name in passed), strict=True)
    return [
        ([NONE] + [name for name, yes in zip(passed, row, strict=True) if yes])[-1] for row in rows
    ]


def draw_associations(
    associations: pd.DataFrame,
    labels: Mapping[str, str],
    coefficient: str,
    confidence: float,
    *,
    alpha: float,
    evidence: EvidenceClass,
) -> style.Figure:
    """One coefficient of `medlead.performance.associations.associate` with its intervals.

    Pairs without a coefficient stand there without a mark. `labels` names scores and measures.
    Raises ValueError where the frame has no row of the coefficient.
    """
    rows = associations[associations["coefficient"] == coefficient]
    if rows.empty:
        raise ValueError(f"no association by {coefficient}")
    numbers = {c: pd.to_numeric(rows[c]).astype(float) for c in ("estimate", "low", "high", "n")}
    data = rows[["score", "measure", "coefficient", "tail", "family"]].assign(**numbers)
    data = data.assign(survives=survival(rows, alpha)).reset_index(drop=True)
    scores, measures = (list(dict.fromkeys(data[c])) for c in ("score", "measure"))
    level = f"{confidence * 100:g}{_NBSP}%"
    title = "Engagement and performance: every association with its interval"
    caption = (
        f"{coefficient} with its {level} interval, which is that of a single coefficient whatever "
        f"the mark; at the right the coefficient and n. A higher number is better on both sides; "
        "a measure whose low end is the good one is turned round. "
        f"Marks: {rows['tail'].iloc[0]} tests at {alpha:g}; corrections are for the tests of a "
        f"family ({', '.join(dict.fromkeys(map(str, rows['family'])))})."
    )
    with style.style():
        names = {s: style.wrap(labels.get(s, s), _SCORES, style.SMALL) for s in scores}
        width, lines = 7.8, max(name.count("\n") + 1 for name in names.values())
        first = max(
            style.text_width(line, style.SMALL) for n in names.values() for line in n.split("\n")
        )
        first, tall = first + 0.1, _ROW + (lines - 1) * 0.13
        down = (len(measures) + 1) // 2
        room = (width - 2 * style.MARGIN - first - 0.15) / 2
        heads = {
            m: style.wrap(labels.get(m, m), room - 0.05, style.SMALL, bold=True) for m in measures
        }
        head = max(style.text_height(h, style.SMALL) for h in heads.values())
        foot = style.wrap(caption, width - 2 * style.MARGIN, style.SMALL)
        height = (
            1.5
            + style.text_height(foot, style.SMALL)
            + down * (max(tall * len(scores), 0.3) + head + 0.3)
        )
        drawing, low, high = style.new_figure(width, height, title, evidence, caption)
        panels = style.panel_grid(
            drawing,
            low + 0.34,
            high - 0.45 - head,
            down,
            2,
            first=first,
            right=_VALUES,
            gap=(0.15, head + 0.3),
        )
        for place, (axes, measure) in enumerate(zip(panels, measures, strict=False)):
            part = data[data["measure"] == measure].set_index("score")
            _panel(
                axes, part, names, heads[measure], labelled=place % 2 == 0, across=room - _VALUES
            )
        for axes in panels[max(len(measures) - 2, 0) : len(measures)]:
            axes.set_xlabel(coefficient, labelpad=1)
        for axes in panels[len(measures) :]:
            axes.set_axis_off()
        counts = data.loc[data["estimate"].notna(), "survives"].value_counts()
        style.key_above(
            drawing,
            [
                Line2D([], [], label=f"{text} ({counts.get(name, 0)})", **_mark(name))
                for name, text in _legend(alpha).items()
            ],
            high,
            4,
            handletextpad=0.3,
            columnspacing=1.4,
        )
    return style.Figure(drawing, data, _text(data, labels, level, alpha), title, evidence)


def _legend(alpha: float) -> dict[str, str]:
    return {
        NONE: f"not below {alpha:g}",
        ALONE: f"below {alpha:g}",
        BH: "also after Benjamini-Hochberg",
        HOLM: "also after Holm",
    }


def _mark(survives: str) -> dict[str, Any]:
    colour = _colours()[survives]
    return {
        "marker": _MARKERS[survives],
        "markersize": 5.4 if survives == HOLM else 4.6,
        "markerfacecolor": "white" if survives == NONE else colour,
        "markeredgecolor": colour,
        "markeredgewidth": 1.0,
        "linestyle": "none",
    }


def _colours() -> dict[str, str]:
    return {**style.ordered(["", ALONE, BH, HOLM]), NONE: style.MUTED}


def _panel(
    axes: Axes,
    part: pd.DataFrame,
    names: Mapping[str, str],
    head: str,
    *,
    labelled: bool,
    across: float,
) -> None:
    axes.set_xlim(-1.04, 1.04)
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    style.striped_rows(axes, len(names))
    axes.set_yticks(range(len(names)), list(names.values()) if labelled else [""] * len(names))
    axes.tick_params(axis="y", labelsize=style.SMALL, pad=3)
    axes.set_title(head, size=style.SMALL, pad=3, linespacing=style.LINE_HEIGHT)
    axes.axvline(0, color=style.LINE, linewidth=0.8, zorder=1)
    cells = part.to_dict("index")
    for row, score in enumerate(names):
        cell: Mapping[Any, Any] = cells[score]
        known = not pd.isna(cell["estimate"])
        if known:
            colour = _colours()[cell["survives"]]
            if not pd.isna(cell["low"]):
                ends = [cell["low"], cell["high"]]
                axes.plot(ends, [row, row], color=colour, linewidth=1.0, zorder=2)
            axes.plot(cell["estimate"], row, zorder=3, **_mark(cell["survives"]))
        value = f"{cell['estimate']:z.2f}".replace("-", "−") if known else "none"
        for inches, text in ((0.38, value), (0.66, f"n {cell['n']:.0f}")):
            axes.text(
                1 + inches / across,
                row,
                text,
                transform=axes.get_yaxis_transform(),
                size=style.SMALL,
                color=style.INK if text == value else style.SOFT,
                ha="right",
                va="center_baseline",
            )


def _text(data: pd.DataFrame, labels: Mapping[str, str], level: str, alpha: float) -> str:
    known = data[data["estimate"].notna()]
    total, name = len(data), data["coefficient"].iloc[0]
    if known.empty:
        return f"None of {total} pairs has a coefficient ({name})."
    passed = {
        kind: int(known["survives"].isin(SURVIVAL[SURVIVAL.index(kind) :]).sum())
        for kind in SURVIVAL
    }
    ordered = known.sort_values("estimate", kind="stable").to_dict("records")
    ends: list[Mapping[Any, Any]] = [ordered[0], ordered[-1]]
    lowest, highest = (
        f"{row['estimate']:z.2f} ({labels.get(row['score'], row['score'])} and "
        f"{labels.get(row['measure'], row['measure'])}, n = {row['n']:.0f})"
        for row in ends
    )
    return (
        f"{name} of {data['score'].nunique()} engagement scores with "
        f"{data['measure'].nunique()} performance measures, {len(known)} of {total} pairs with a "
        f"coefficient, each with its {level} interval. The lowest is {lowest}, the highest "
        f"{highest}. {passed[ALONE]} are below {alpha:g}, {passed[BH]} after "
        f"Benjamini-Hochberg and {passed[HOLM]} after Holm."
    )
