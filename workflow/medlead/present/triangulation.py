"""All pairs of measures in one square: how alike they order organisations, and how sure that is."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from medlead.evidence import EvidenceClass, resting_on
from medlead.performance.triangulation_plan import TriangulationPlan
from medlead.performance.triangulation_sites import ENGAGEMENT
from medlead.present import style
from medlead.present.sheet import INNER, new_sheet

_LABELS = 1.65
_SIZE = 6.6
_AGAINST, _WITH = style.COLOURS["vermillion"], style.COLOURS["blue"]
_RAMP = LinearSegmentedColormap.from_list("tau", [_AGAINST, "#ffffff", _WITH])
_DARK = 0.7  # from this tau-b on the blue is so dark that text on it is white


def draw_triangulation(
    matrix: pd.DataFrame, labels: Mapping[str, str], plan: TriangulationPlan, alpha: float
) -> style.Figure:
    """Below the diagonal tau-b and n of each pair of measures, above it the exact two-sided p.

    `matrix` is the table of `medlead.performance.triangulation_agreement.matrix`, `labels` the
    names of the measures; p below `alpha` are bold. Measures are numbered along the top as at the
    left.
    """
    classes = [EvidenceClass(c) for c in matrix["evidence"].unique()]
    evidence = resting_on(classes[0], *classes[1:])
    names = list(dict.fromkeys([*matrix["first"], *matrix["second"]]))
    known = matrix[matrix["tau"].notna()]
    title = f"How alike {len(names)} measures order the same organisations"
    caption = (
        "Below the diagonal: Kendall's tau-b of two measures, and how many organisations have both "
        "(small). Above it: the exact two-sided p, every arrangement of the levels counted; bold "
        f"below {alpha:g}, for one test by itself. Nothing is adjusted: of {len(known)} p-values "
        f"{alpha * len(known):.0f} would be expected there without any association, were they "
        "continuous. A dash: fewer than three organisations have both, or "
        "one measure gives them all one level. Higher is better throughout."
    )
    with style.style():
        cell = (INNER - _LABELS) / len(names)
        high = max(cell * 0.86, 0.29)
        sheet = new_sheet(title, evidence, caption, high * len(names) + 0.22)
        bottom = sheet.high - 0.22 - high * len(names)
        axes = sheet.axes(style.MARGIN + _LABELS, bottom, cell * len(names), high * len(names))
        axes.set_xlim(0, len(names))
        axes.set_ylim(len(names), 0)
        groups = [name.partition(".")[0] for name in names]
        for place, name in enumerate(names):
            y = sheet.high - 0.22 - (place + 0.5) * high
            label = f"{place + 1}  {_name(name, labels, plan)}"
            sheet.write(
                style.MARGIN,
                y,
                style.wrap(label, _LABELS - 0.06, style.SMALL),
                style.SMALL,
                va="center",
            )
            x = style.MARGIN + _LABELS + (place + 0.5) * cell
            sheet.write(
                x, sheet.high - 0.04, str(place + 1), style.SMALL, ha="center", weight="bold"
            )
            axes.add_patch(Rectangle((place, place), 1, 1, color=style.FAINT, linewidth=0))
            if place and groups[place] != groups[place - 1]:
                for draw in (axes.axhline, axes.axvline):
                    draw(place, color=style.MUTED, linewidth=0.9, zorder=4)
        for row in matrix.to_dict("records"):
            i, j = sorted((names.index(row["first"]), names.index(row["second"])))
            _cell(axes, i, j, row["tau"], row["p_two_sided"], row["n"], alpha)
    return style.Figure(sheet.drawing, matrix, _text(known, labels, plan), title, evidence)


def _cell(axes: Axes, i: int, j: int, tau: float, p: float, n: int, alpha: float) -> None:
    look: dict[str, Any] = {"ha": "center", "size": _SIZE}
    if tau != tau:
        for x, y in ((i, j), (j, i)):
            axes.text(x + 0.5, y + 0.5, "–", va="center", color=style.MUTED, **look)
        return
    axes.add_patch(
        Rectangle((i, j), 1, 1, facecolor=_RAMP((tau + 1) / 2), edgecolor="white", linewidth=0.6)
    )
    ink = "white" if tau > _DARK else style.INK
    axes.text(i + 0.5, j + 0.38, f"{tau:+.2f}".replace("-", "−"), va="center", color=ink, **look)
    axes.text(i + 0.5, j + 0.78, f"n {n}", va="center", color=ink, ha="center", size=6.0)
    weight = "bold" if p < alpha else "normal"
    shown = f"{p:.2f}" if p >= 0.1 else f"{p:.3f}" if p >= 0.001 else "<.001"
    axes.text(j + 0.5, i + 0.5, shown, va="center", weight=weight, **look)


def _name(name: str, labels: Mapping[str, str], plan: TriangulationPlan) -> str:
    if name == ENGAGEMENT:
        return plan.engagement
    source = plan.source_labels[name.partition(".")[0]].split()[0].lower()
    return f"{labels[name]} ({source})"


def _text(known: pd.DataFrame, labels: Mapping[str, str], plan: TriangulationPlan) -> str:
    if known.empty:
        return "No two measures can be compared."
    ordered = known.sort_values("tau", kind="stable")
    low, high = ordered.iloc[0], ordered.iloc[-1]
    own = known[known["first"] == ENGAGEMENT]
    sentences = [
        f"{len(known)} pairs of measures; tau-b from {low['tau']:.2f} "
        f"({_pair(low, labels, plan)}) to {high['tau']:.2f} ({_pair(high, labels, plan)}).",
        *(
            f"{plan.engagement} with {_name(r['second'], labels, plan)}: {r['tau']:.2f}, "
            f"n = {r['n']}, p = {r['p_two_sided']:.2g}."
            for r in own.to_dict("records")
        ),
    ]
    return " ".join(sentences)


def _pair(row: "pd.Series[Any]", labels: Mapping[str, str], plan: TriangulationPlan) -> str:
    return " and ".join(_name(str(row[k]), labels, plan) for k in ("first", "second"))
