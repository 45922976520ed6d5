"""HTML tables: the rebuilt table as a fragment or page, and the printed table as a grid.

Everything is text in, text out: the same input gives the same bytes. Texts are
escaped by the templates; only fragments made here are passed on as markup.
"""

import html
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.printed import STARS
from medlead.writing import plain_number

if TYPE_CHECKING:
    import pandas as pd

TIDY_COLUMNS = ("row", "column", "value", "text", "n", "evidence")

FINGERPRINT = "sha256:"

_EVIDENCE_SYMBOLS = {
    EvidenceClass.PRINTED_RECORDS: "■",
    EvidenceClass.PRINTED_AGGREGATES: "∑",
    EvidenceClass.RECONSTRUCTED: "◐",
    EvidenceClass.SIMULATED: "~",
    EvidenceClass.CONCEPTUAL: "◇",
    EvidenceClass.STUDY: "●",
}
_VERDICT_SYMBOLS = {
    Verdict.AGREES: "✓",
    Verdict.AGREES_BY_ROUNDING: "≈",
    Verdict.AGREES_BY_CONSTRUCTION: "≡",
    Verdict.DIFFERS: "✗",
    Verdict.NOT_DERIVABLE: "○",
}
_NUMERIC = re.compile(r"[-+−]?[\d,]*\.?\d+\s*%?\**|\**")


@dataclass(frozen=True)
class Badge:
    """A word of the vocabulary as it is shown: symbol, words, style name and meaning."""

    name: str
    symbol: str
    word: str
    style: str
    meaning: str


def evidence_badge(evidence: EvidenceClass) -> Badge:
    """The badge of an evidence class."""
    name = evidence.value
    return Badge(
        name,
        _EVIDENCE_SYMBOLS[evidence],
        name.replace("-", " "),
        f"e-{name}",
        evidence.meaning,
    )


def verdict_badge(verdict: Verdict) -> Badge:
    """The badge of a verdict."""
    name = verdict.value
    return Badge(
        name,
        _VERDICT_SYMBOLS[verdict],
        name.replace("-", " "),
        f"v-{name}",
        verdict.meaning,
    )


@cache
def templates() -> Environment:
    """The templates of this package: every text is escaped, an unknown name is an error."""
    environment = Environment(
        loader=PackageLoader("medlead.present", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["carried"] = carried
    environment.filters["thousands"] = lambda count: f"{count:,}"
    return environment


def plain_text(value: object) -> str:
    """A frame's value as text: missing is empty, a float has ten significant digits."""
    if value is None:
        return ""
    if isinstance(value, float):
        return plain_number(value)
    text = str(value)
    return "" if text in ("<NA>", "NaT") else text


def records(frame: "pd.DataFrame", columns: Sequence[str], what: str) -> list[dict[str, str]]:
    """The named columns of a frame as text, row by row; ValueError names a missing column."""
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise ValueError(f"{what}: no column {', '.join(missing)}")
    lists = [[plain_text(v) for v in frame[c].tolist()] for c in columns]
    return [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]


def carried(text: str) -> str:
    """A text as it is shown: words in place of the fingerprint of a sentence."""
    if text.startswith(FINGERPRINT):
        return f"sentence not carried (fingerprint {text.removeprefix(FINGERPRINT)})"
    return text


def is_numeric(texts: Sequence[str]) -> bool:
    """Whether all texts that are not empty are printed numbers or stars, and one is."""
    shown = [t for t in texts if t.strip()]
    return bool(shown) and all(_NUMERIC.fullmatch(t.strip()) for t in shown)


# --- the rebuilt table -------------------------------------------------------------------


def _ns_shown(cells: Mapping[tuple[str, str], Mapping[str, str]]) -> tuple[str, bool]:
    """How the n of a table is told: one footnote where it can be, else in every cell."""
    if {cell["n"] for (_, c), cell in cells.items() if c != "(group)"} <= {"", "1"}:
        return "", False  # a cell that is one record's own value has no n worth telling
    for place, word in ((None, ""), (0, "by row"), (1, "by column")):
        by: dict[Hashable, set[str]] = {}
        for key, cell in cells.items():
            by.setdefault(key[place] if place is not None else None, set()).add(cell["n"])
        if all(len(found) == 1 for found in by.values()):
            if place is None:
                n = next(iter(by[None]))
                return (f"n = {n}." if n else ""), False
            listed = "; ".join(f"{k} {next(iter(v)) or 'not given'}" for k, v in by.items())
            return f"n {word}: {listed}.", False
    return "", True


def html_table(
    frame: "pd.DataFrame",
    *,
    identifier: str,
    title: str,
    evidence: EvidenceClass,
    note: str = "",
) -> str:
    """A self-contained HTML fragment `<figure class="table">` of one rebuilt table.

    `frame` is tidy (`TIDY_COLUMNS`), one record per cell; rows and columns stand in
    the order of their first appearance and `text` is what is shown. The caption
    carries the evidence badge. Footnotes tell the meaning of the class, the n
    (once, by row or by column where that is enough, else in each cell), the cells
    that rest on another class than the table, and `note`. The figure's id is
    `rebuilt-` and `identifier`.

    Raises ValueError for an empty frame, a missing column or a cell given twice.
    """
    found = records(frame, TIDY_COLUMNS, identifier)
    if not found:
        raise ValueError(f"{identifier}: a table without cells")
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for record in found:
        key = (record["row"], record["column"])
        if key in cells:
            raise ValueError(f"{identifier}: the cell {key[0]!r}, {key[1]!r} is given twice")
        cells[key] = record
    rows = list(dict.fromkeys(r for r, _ in cells))
    columns = list(dict.fromkeys(c for _, c in cells))
    n_note, n_in_cells = _ns_shown(cells)

    # A cell on another footing than its table carries a letter, told below the table.
    others = list(
        dict.fromkeys(r["evidence"] for r in found if r["evidence"] not in ("", evidence))
    )
    letters = {name: chr(ord("a") + i) for i, name in enumerate(others)}
    numeric = {
        c: is_numeric([cells[r, c]["text"] for r in rows if (r, c) in cells]) for c in columns
    }
    return (
        templates()
        .get_template("table.html.j2")
        .render(
            id=f"rebuilt-{identifier}",
            title=title,
            badge=evidence_badge(evidence),
            columns=[{"label": c, "numeric": numeric[c]} for c in columns],
            rows=[
                {
                    "label": r,
                    "cells": [
                        {
                            "text": cells[r, c]["text"] if (r, c) in cells else "",
                            "n": cells[r, c]["n"] if n_in_cells and (r, c) in cells else "",
                            "letter": letters.get(cells[r, c]["evidence"], "")
                            if (r, c) in cells
                            else "",
                            "numeric": numeric[c],
                        }
                        for c in columns
                    ],
                }
                for r in rows
            ],
            footnotes=[text for text in (n_note, note.strip()) if text],
            lettered=[
                (letter, evidence_badge(EvidenceClass(name))) for name, letter in letters.items()
            ],
        )
    )


def page(fragment: str) -> str:
    """A complete small page around a fragment of `html_table`: styles inside, nothing loaded.

    The page's title is the fragment's. Raises ValueError for any other text.
    """
    found = re.search(r'<span class="title">(.*?)</span>', fragment, re.DOTALL)
    if not fragment.startswith('<figure class="table"') or found is None:
        raise ValueError("not a table fragment")
    return (
        templates()
        .get_template("table_page.html.j2")
        .render(title=html.unescape(found.group(1)), fragment=Markup(fragment))
    )


# --- the printed table -------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """One printed cell with its verdict, as the page shows it.

    `verdict` is None for a cell that nothing has judged, `number` for one without a way to show.
    """

    row: str
    column: str
    text: str
    kind: str
    verdict: Verdict | None = None
    evidence: EvidenceClass | None = None
    rebuilt: str = ""
    low: str = ""
    high: str = ""
    rule: str = ""
    reason: Reason | None = None
    number: int | None = None

    @property
    def badge(self) -> Badge | None:
        """The badge of the verdict."""
        return None if self.verdict is None else verdict_badge(self.verdict)

    @property
    def shown(self) -> str:
        """The printed text; words in place of a blank, or of a sentence not carried."""
        return carried(self.text) or "blank"

    @property
    def as_printed(self) -> bool:
        """Whether the text shown is the printed one, letter for letter."""
        return self.shown == self.text

    @property
    def why(self) -> str:
        """The rule and the meaning of the reason, in one line; empty where there is neither."""
        parts = [f"Rule: {self.rule}."] if self.rule else []
        return " ".join([*parts, *([self.reason.meaning] if self.reason else [])])

    @property
    def stands_for(self) -> str:
        """The interval behind a rounded printed number, in words; empty for an exact one."""
        return "" if self.low == self.high else f"{self.low} to {self.high}"

    @property
    def tooltip(self) -> str:
        """All that is known of the cell, in one line."""
        if self.verdict is None:
            return "Not judged."
        word = verdict_badge(self.verdict).word.capitalize()
        rebuilt = f" Evidence gives {carried(self.rebuilt)}." if self.rebuilt else ""
        return f"{word}.{rebuilt} {self.why}".rstrip()


@dataclass
class GridRow:
    """A row of the printed grid: its label and cells, or a heading over rows (`heading`).

    A cell is None where nothing is printed in the row's column; the second of the
    pair is the significance mark printed under the number.
    """

    label: str
    cells: list[tuple[Judged, Judged | None] | None] = field(default_factory=list)
    heading: Judged | None = None


@dataclass
class Grid:
    """A printed table, laid out: headings above all columns, columns, rows and notes."""

    headings: list[Judged]
    columns: list[str]
    numeric: list[bool]
    rows: list[GridRow]
    notes: list[Judged]


def printed_grid(cells: Sequence[Judged]) -> Grid:
    """Lay out the cells of one item as printed, in the order of first appearance.

    `(heading)` rows go above the columns, `(note)` rows below the table,
    `(sub-heading)` and `(group)` cells become headings over the rows that follow.
    A row `X / stars` is joined to row `X`, mark beside number, where every mark
    has its number; else it stays a row.
    """
    body: dict[str, dict[str, Judged]] = {}
    over: dict[str, Judged] = {}
    grid = Grid([], [], [], [], [])
    for cell in cells:
        if cell.row == "(heading)":
            grid.headings.append(cell)
        elif cell.row == "(note)":
            grid.notes.append(cell)
        elif cell.column in ("(sub-heading)", "(group)"):
            over[cell.row] = cell
            body.setdefault(cell.row, {})
        else:
            body.setdefault(cell.row, {})[cell.column] = cell
    grid.columns = list(dict.fromkeys(c for row in body.values() for c in row))
    marks: dict[str, dict[str, Judged]] = {}
    for label in [r for r in body if r.endswith(STARS) and r not in over]:
        number_row = label.removesuffix(STARS)
        if set(body[label]) <= set(body.get(number_row, ())):
            marks[number_row] = body.pop(label)
    for label, row in body.items():
        if label in over:
            grid.rows.append(GridRow(over[label].shown, heading=over[label]))
        if row:
            stars = marks.get(label, {})
            pairs = [(row[c], stars.get(c)) if c in row else None for c in grid.columns]
            grid.rows.append(GridRow(label, pairs))
    for column in grid.columns:
        grid.numeric.append(
            is_numeric([row[column].text for row in body.values() if column in row])
        )
    return grid
