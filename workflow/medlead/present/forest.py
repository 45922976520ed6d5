"""The forest of the correlations between engagement scales and performance measures."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from medlead.evidence import EvidenceClass
from medlead.present import style

# What a correlation withstands, from nothing to the strictest; each includes those before it.
NONE, ONE_SIDED, TWO_SIDED, BH, HOLM = (
    "none",
    "one-sided only",
    "two-sided",
    "benjamini-hochberg",
    "holm",
)
SURVIVAL = (NONE, ONE_SIDED, TWO_SIDED, BH, HOLM)
_NBSP = "\N{NO-BREAK SPACE}"
_KEY = ["measure", "scale"]
_MARKERS = {NONE: "o", ONE_SIDED: "^", TWO_SIDED: "s", BH: "D", HOLM: "o"}
_SIZES = {NONE: 4.6, ONE_SIDED: 5.2, TWO_SIDED: 4.6, BH: 4.6, HOLM: 5.6}
_OPEN = (NONE, ONE_SIDED)
_ROW = 0.168  # inches
_VALUES = 0.62  # inches to the right of each panel for r and its mark


def draw_correlations(
    significance: pd.DataFrame,
    survivors: pd.DataFrame,
    confidence: float,
    *,
    alpha: float = 0.05,
    evidence: EvidenceClass = EvidenceClass.PRINTED_AGGREGATES,
) -> style.Figure:
    """Every correlation with its interval, one panel per measure and one row per scale.

    `significance` has one row per correlation and tail (`two-sided`, `one-sided`): `measure`,
    `scale`, `r`, the limits `low` and `high` of its interval of that `confidence`, `n`, `printed`,
    `tail`, `p_low` and `p_high`. `survivors` has one row per correlation and adjustment (`none`,
    `holm`, `benjamini-hochberg`) with `below`, judged at the same `alpha`. Numbers may be text.

    Colour and mark tell the strictest test that is passed by every r that rounds to the printed
    one; where some other such r would pass a stricter one, the row is marked.

    Raises ValueError where a correlation lacks a row or has two, or its interval does not hold r.
    """
    data = _forest(significance, survivors, alpha)
    measures = list(dict.fromkeys(data["measure"]))
    scales = list(dict.fromkeys(data["scale"]))
    open_rows = int((data["survives"] != data["survives_at_most"]).sum())
    level = f"{confidence * 100:g}{_NBSP}%"
    title = f"{len(data)} correlations of engagement with performance"
    ns = data["n"]
    caption = (
        f"Pearson's r with Fisher's {level} interval, n = {ns.min()} to {ns.max()} trusts; the "
        "interval is that of a single r, whatever the mark. At the right: r and its stars as "
        f"printed. Marks: tests at {alpha:g} of no correlation; both adjustments are for "
        f"{len(data)} two-sided tests."
    )
    if open_rows:
        caption += (
            f" † {open_rows} rows: some r that rounds to the printed one passes a "
            "stricter test; the weaker mark is shown."
        )
    negative = [m for m in measures if (data.loc[data["measure"] == m, "r"] < 0).all()]
    with style.style():
        first = max(style.text_width(scale, style.SMALL) for scale in scales) + 0.1
        rows = (len(measures) + 1) // 2
        width = 7.8
        room = (width - 2 * style.MARGIN - first - 0.15) / 2
        heads = {m: _head(data, m, room) for m in measures}
        tall = [style.text_height(head, style.SMALL) for head in heads.values()]
        down = max(tall) + 0.3
        foot = style.text_height(
            style.wrap(caption, width - 2 * style.MARGIN, style.SMALL), style.SMALL
        )
        height = 1.45 + foot + max(tall[:2]) + rows * _ROW * len(scales) + (rows - 1) * down
        drawing, low, high = style.new_figure(width, height, title, evidence, caption)
        panels = style.panel_grid(
            drawing,
            low + 0.34,
            high - 0.45 - max(tall[:2]),
            rows,
            2,
            first=first,
            right=_VALUES,
            gap=(0.15, down),
        )
        reach = max(data["low"].abs().max(), data["high"].abs().max())
        for place, (axes, measure) in enumerate(zip(panels, measures, strict=False)):
            axes.set_xlim(-1.02 * reach, 1.02 * reach)
            part = data[data["measure"] == measure]
            _panel(axes, part, scales, heads[measure], labels=place % 2 == 0)
            if measure in negative:
                _say_negative(axes, len(scales))
        for axes in panels[max(len(measures) - 2, 0) : len(measures)]:
            axes.set_xlabel("r", labelpad=1)
        for axes in panels[len(measures) :]:
            axes.set_axis_off()
        counts = data["survives"].value_counts()
        handles = [
            Line2D([], [], label=f"{label} ({counts.get(name, 0)})", **_mark(name))
            for name, label in _labels(alpha).items()
        ]
        style.key_above(drawing, handles, high, 3, handletextpad=0.3, columnspacing=1.6)
    text = _text(data, negative, level, alpha)
    return style.Figure(drawing, data, text, title, evidence)


def _labels(alpha: float) -> dict[str, str]:
    return {
        NONE: f"no test passed at {alpha:g}",
        ONE_SIDED: "one-sided test only",
        TWO_SIDED: "two-sided test, unadjusted",
        BH: "also after Benjamini-Hochberg",
        HOLM: "also after Holm",
    }


def _forest(significance: pd.DataFrame, survivors: pd.DataFrame, alpha: float) -> pd.DataFrame:
    # From text: a frame as it was read has no numbers yet.
    numbers = ["r", "low", "high", "n", "p_low", "p_high"]
    judged = significance.assign(**{c: pd.to_numeric(significance[c]) for c in numbers})
    base = judged[judged["tail"] == "two-sided"]
    if base.empty or base.duplicated(_KEY).any():
        raise ValueError("one two-sided row per correlation is needed")
    if not ((base["low"] <= base["r"]) & (base["r"] <= base["high"])).all():
        raise ValueError("an r does not lie within its interval")
    keys = pd.MultiIndex.from_frame(base[_KEY])
    one = _row_each(judged[judged["tail"] == "one-sided"], keys, "one-sided")
    surely = {ONE_SIDED: one["p_high"] < alpha}
    perhaps = {ONE_SIDED: one["p_low"] < alpha}
    for name, adjustment in ((TWO_SIDED, "none"), (BH, BH), (HOLM, HOLM)):
        rows = _row_each(survivors[survivors["adjustment"] == adjustment], keys, adjustment)
        surely[name] = rows["below"] == "yes"
        perhaps[name] = rows["below"] != "no"
    data = base[[*_KEY, "r", "low", "high", "n", "printed"]].reset_index(drop=True)
    return data.assign(survives=_strictest(surely), survives_at_most=_strictest(perhaps))


def _row_each(frame: pd.DataFrame, keys: pd.MultiIndex, what: str) -> pd.DataFrame:
    indexed = frame.set_index(_KEY)
    if indexed.index.has_duplicates or set(indexed.index) != set(keys):
        raise ValueError(f"{what}: not one row for each correlation")
    return indexed.loc[keys]


def _strictest(passed: Mapping[str, "pd.Series[bool]"]) -> list[str]:
    names = [name for name in SURVIVAL if name in passed]
    rows = zip(*(passed[name].tolist() for name in names), strict=True)
    return [([NONE] + [n for n, yes in zip(names, row, strict=True) if yes])[-1] for row in rows]


def _head(data: pd.DataFrame, measure: str, room: float) -> str:
    sizes = sorted(set(data.loc[data["measure"] == measure, "n"]))
    n = " to ".join(str(size) for size in dict.fromkeys((sizes[0], sizes[-1])))
    return style.wrap(f"{measure} (n{_NBSP}={_NBSP}{n})", room, style.SMALL, bold=True)


def _mark(survives: str) -> dict[str, Any]:
    colour = _colours()[survives]
    return {
        "marker": _MARKERS[survives],
        "markersize": _SIZES[survives],
        "markerfacecolor": "white" if survives in _OPEN else colour,
        "markeredgecolor": colour,
        "markeredgewidth": 1.0,
        "linestyle": "none",
    }


def _colours() -> dict[str, str]:
    # The palest step is left out: a thin line in it would be lost on the shading.
    filled = style.ordered(["", TWO_SIDED, BH, HOLM])
    return {**filled, NONE: style.MUTED, ONE_SIDED: style.COLOURS["vermillion"]}


def _panel(axes: Axes, part: pd.DataFrame, scales: list[str], head: str, *, labels: bool) -> None:
    style.striped_rows(axes, len(scales))
    axes.set_yticks(range(len(scales)), scales if labels else [""] * len(scales))
    axes.tick_params(axis="y", labelsize=style.SMALL, pad=3)
    axes.set_xticks([-0.5, 0, 0.5])
    axes.axvline(0, color=style.SOFT, linewidth=0.8, zorder=1)
    axes.set_title(head, size=style.SMALL, linespacing=style.LINE_HEIGHT, pad=4)
    colours = _colours()
    for cell in part.to_dict("records"):
        row, survives = scales.index(cell["scale"]), cell["survives"]
        limits = [cell["low"], cell["high"]]
        axes.plot(limits, [row, row], color=colours[survives], linewidth=1.0, zorder=2)
        axes.plot(cell["r"], row, zorder=3, **_mark(survives))
        mark = cell["printed"] + (" †" if survives != cell["survives_at_most"] else "")
        for x, text, align in ((1.19, _signed(cell["r"]), "right"), (1.21, mark, "left")):
            axes.text(
                x,
                row,
                text,
                transform=axes.get_yaxis_transform(),
                size=style.SMALL,
                ha=align,
                va="center_baseline",
            )


def _say_negative(axes: Axes, rows: int) -> None:
    note = "negative r:\nthe measure\nfalls as\nengagement\nrises"
    axes.text(
        0.9 * axes.get_xlim()[1],
        (rows - 1) / 2,
        note,
        size=style.SMALL,
        color=style.SOFT,
        ha="right",
        va="center",
        multialignment="left",
        linespacing=style.LINE_HEIGHT,
    ).set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 2})


def _signed(r: float) -> str:
    return f"{r:.2f}".replace("-", "−")


def _text(data: pd.DataFrame, negative: list[str], level: str, alpha: float) -> str:
    counts = data["survives"].value_counts()
    passed = {
        name: int(sum(counts.get(n, 0) for n in SURVIVAL[SURVIVAL.index(name) :]))
        for name in SURVIVAL
    }
    doubtful = int((data["survives"] != data["survives_at_most"]).sum())
    strengths = data.groupby("measure", sort=False)["r"].agg(lambda r: r.abs().mean())
    ends = data.loc[[data["r"].idxmin(), data["r"].idxmax()]]
    sentences = [
        f"{len(data)} correlations of {data['scale'].nunique()} engagement scales with "
        f"{data['measure'].nunique()} performance measures in {data['n'].min()} to "
        f"{data['n'].max()} trusts, each with its {level} interval.",
        f"r runs from {ends['r'].iloc[0]:.2f} to {ends['r'].iloc[1]:.2f}; "
        f"{int((data['r'] > 0).sum())} are positive and {int((data['r'] < 0).sum())} negative.",
        *(f"All of '{m}' are negative: it falls as engagement rises." for m in negative),
        f"At {alpha:g}, {passed[TWO_SIDED]} pass a two-sided test, {passed[BH]} of them also "
        f"after the Benjamini-Hochberg adjustment and {passed[HOLM]} after Holm's; "
        f"{int(counts.get(ONE_SIDED, 0))} pass only one-sided and {int(counts.get(NONE, 0))} "
        "no test."
        + (f" For {doubtful} rows the rounding of r leaves a stricter test open." * bool(doubtful)),
        f"On average r is strongest for '{strengths.idxmax()}' "
        f"(size {strengths.max():.2f}) and weakest for '{strengths.idxmin()}' "
        f"({strengths.min():.2f}).",
    ]
    return " ".join(sentences)
