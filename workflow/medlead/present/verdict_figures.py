"""Pictures of the verdicts on the report's sentences, and of the conclusions that rest on them."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from medlead.evidence import EvidenceClass
from medlead.present import style
from medlead.present.bars import stacked_row
from medlead.present.style import Figure
from medlead.sources.printed_claims import SUMMARY
from medlead.verdicts.claim_verdicts import BETWEEN
from medlead.verdicts.conclusions import state_of

STATES: Mapping[str, tuple[str, str, str]] = {
    "holds": ("holds", "#009e73", "o"),
    "fails": ("fails", "#d55e00", "X"),
    "undecidable": ("open", "#e69f00", "D"),
    "by-construction": ("by construction only", "#cc79a7", "s"),
    "not-checkable": ("cannot be checked", "#c9d0d6", "$–$"),
}
"""What a sentence can be: words, colour and mark (neither carries the meaning alone)."""
_WIDTH, _ROW, _LABEL = 7.2, 0.235, 1.25
_DOT = 0.21
_ON = EvidenceClass.PRINTED_AGGREGATES


def counted_by_section(claims: pd.DataFrame) -> pd.DataFrame:
    """How many sentences are what, by section of at most two levels, in printed order.

    `claims` has the columns of results/verdicts/claims.csv as text. Columns `section`, then one
    for each of `STATES`.
    """
    short = [".".join(section.split(".")[:2]) for section in claims["section"]]
    states = [state_of(row) for row in claims.to_dict("records")]
    table = pd.crosstab(pd.Series(short, name="section"), pd.Series(states, name="state"))
    wide = table.reindex(columns=list(STATES), fill_value=0).reset_index()
    wide.columns.name = None
    order = {SUMMARY: (0, 0)} | {
        s: (int(s.split(".")[0]), int(s.partition(".")[2] or 0)) for s in short if s != SUMMARY
    }
    return wide.sort_values("section", key=lambda s: s.map(order), ignore_index=True)


def draw_sections(claims: pd.DataFrame) -> Figure:
    """The share of sentences that hold, fail, are open or cannot be checked, by section."""
    data = counted_by_section(claims)
    title = "The report's sentences, section by section"
    caption = (
        "Each bar is all checkable sentences of a section, numbers are counts. By construction "
        "only: it holds of records that were made to meet it, and so nothing confirms it."
    )
    with style.style():
        chart = len(data) * _ROW
        height = chart + 1.55
        drawing, low, high = style.new_figure(_WIDTH, height, title, _ON, caption)
        handles = [Patch(facecolor=c, label=words) for words, c, _ in STATES.values()]
        style.key_above(drawing, handles, high, len(handles), columnspacing=1.2, handlelength=1.0)
        (axes,) = style.panel_grid(drawing, low, high - 0.3, 1, 1, first=_LABEL, right=0.35)
        across = _WIDTH - 2 * style.MARGIN - _LABEL - 0.35
        colours = {state: colour for state, (_, colour, _) in STATES.items()}
        labels = []
        for row, entry in enumerate(data.to_dict("records")):
            counts = {state: int(entry[state]) for state in STATES}
            stacked_row(axes, row, counts, colours, across)
            axes.text(1.01, row, str(sum(counts.values())), va="center_baseline", size=style.SMALL)
            labels.append(_section(str(entry["section"])))
        axes.set(xlim=(0, 1), ylim=(len(data) - 0.4, -0.75), xticks=[])
        axes.set_yticks(range(len(data)), labels)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
    return Figure(drawing, data, _told(data), title, _ON)


def _section(section: str) -> str:
    return "Summary" if section == SUMMARY else f"Section {section}"


def _told(data: pd.DataFrame) -> str:
    totals = [f"{int(data[state].sum())} {words}" for state, (words, _, _) in STATES.items()]
    failing = [
        f"{_section(str(row['section']))} ({row['fails']})"
        for row in data.to_dict("records")
        if row["fails"]
    ]
    where = f" Sentences fail in {', '.join(failing)}." if failing else ""
    return f"Sentences by section as stacked bars. In all: {', '.join(totals)}.{where}"


def dots_of(conclusions: pd.DataFrame, states: Sequence[str] = tuple(STATES)) -> pd.DataFrame:
    """The claims of each conclusion with their states: `conclusion,claim,state`, in order."""
    rows = [
        (row["conclusion"], claim, state)
        for row in conclusions.to_dict("records")
        for state in states
        for claim in str(row[state.replace("-", "_")]).split(BETWEEN)
        if claim
    ]
    return pd.DataFrame(rows, columns=["conclusion", "claim", "state"])


def draw_conclusions(conclusions: pd.DataFrame) -> Figure:
    """Each conclusion with a mark for each sentence that it rests on.

    `conclusions` has the columns of results/verdicts/conclusions.csv as text. Those with most
    against them stand first.
    """
    dots = dots_of(conclusions)
    counts = pd.crosstab(dots["conclusion"], dots["state"]).reindex(
        columns=list(STATES), fill_value=0
    )
    rank = {
        str(c): (-r["fails"], -r["undecidable"], r["not-checkable"]) for c, r in counts.iterrows()
    }
    shown = sorted(conclusions.to_dict("records"), key=lambda r: rank[str(r["conclusion"])])
    title = "The conclusions, and what each rests on"
    caption = "One mark for each sentence. Conclusions are in our words; first those with most "
    caption += "sentences that fail or are open, last those that cannot be checked."
    with style.style():
        most = int(counts.sum(axis=1).max())
        room = _WIDTH - 2 * style.MARGIN - most * _DOT - 0.2
        texts = [style.wrap(str(r["statement"]), room, style.BODY) for r in shown]
        heights = [style.text_height(text, style.BODY) + 0.07 for text in texts]
        drawing, low, high = style.new_figure(_WIDTH, sum(heights) + 1.5, title, _ON, caption)
        handles = [
            Line2D([], [], ls="", marker=_marked(s)[0], color=_marked(s)[1], ms=6, label=words)
            for s, (words, _, _) in STATES.items()
        ]
        style.key_above(drawing, handles, high, len(handles), columnspacing=1.2, handletextpad=0.2)
        (axes,) = style.panel_grid(drawing, low, high - 0.3, 1, 1)
        axes.set(xlim=(0, _WIDTH - 2 * style.MARGIN), xticks=[], yticks=[])
        axes.set_ylim(sum(heights), 0)
        axes.axis("off")
        top = 0.0
        for number, (row, text, tall) in enumerate(zip(shown, texts, heights, strict=True)):
            if number % 2 == 0:
                axes.axhspan(top, top + tall, color=style.FAINT, linewidth=0, zorder=0)
            axes.text(0.04, top + tall / 2, text, va="center", size=style.BODY, linespacing=1.3)
            own = dots[dots["conclusion"] == row["conclusion"]]
            for place, state in enumerate(own["state"]):
                mark, colour = _marked(state)
                at = (room + 0.2 + place * _DOT, top + tall / 2)
                axes.plot(*at, ls="", marker=mark, color=colour, ms=6.5, zorder=3)
            top += tall
    return Figure(drawing, dots, _told_of(conclusions, dots), title, _ON)


def _marked(state: str) -> tuple[str, str]:
    """Mark and colour of a dot: what is light enough for a bar is too light for a dash."""
    _, colour, mark = STATES[state]
    return mark, style.MUTED if state == "not-checkable" else colour


def _told_of(conclusions: pd.DataFrame, dots: pd.DataFrame) -> str:
    standing = conclusions["standing"].value_counts()
    how = ", ".join(f"{n} {str(s).replace('-', ' ')}" for s, n in standing.items())
    against = dots[dots["state"] == "fails"]["conclusion"].nunique()
    return (
        f"{len(conclusions)} conclusions with {len(dots)} marks for the sentences they rest on: "
        f"{how}. {against} of them have a sentence that fails."
    )
