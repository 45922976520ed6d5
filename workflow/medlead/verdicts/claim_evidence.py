"""What a check may look at: printed cells, result frames, printed records, and what is decided.

`ClaimEvidence` finds it and writes down each thing that was used, with its evidence class.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pandas as pd

from medlead.evidence import FREEST, EvidenceClass, item_name
from medlead.printed import EXACT_KINDS, ROUNDED_KINDS, decimals, interval, number
from medlead.sources.claim_files import DECIDED
from medlead.sources.texts import nearest
from medlead.verdicts.claim_values import (
    BEYOND,
    PERCENT,
    Basis,
    NotBuilt,
    Number,
    Refused,
    Text,
)
from medlead.verdicts.relations import Cell, Key
from medlead.writing import SIGNIFICANT_DIGITS

CELL, FRAME, RECORD = "cell", "frame", "record"
RELATION, SENTENCE, STATEMENT, IDENTIFIED = "relation", "sentence", "statement", "identified"
_NAMED_BY = {
    RELATION: ("instance", "relation"),
    SENTENCE: ("sentence",),
    STATEMENT: ("statement",),
    IDENTIFIED: ("statistic",),
}
"""The columns by which a row of what is decided elsewhere is named, of each result in `DECIDED`."""
_FREE = (EvidenceClass.RECONSTRUCTED, EvidenceClass.SIMULATED)


@dataclass(frozen=True)
class Use:
    """One thing that a check looked at; `where` names the row by its key columns."""

    kind: str
    item: str
    row: str
    column: str
    where: str
    evidence: EvidenceClass


Loader = Callable[[str], pd.DataFrame | None]
"""Reads a result frame by its name (`survey/response`), as text; None where it is not built."""


@dataclass
class _Table:
    """The rows of a frame, found by what their columns say."""

    columns: list[str]
    rows: Sequence[Mapping[Any, Any]]
    _places: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def places(self, column: str) -> Mapping[str, list[int]]:
        """The rows of each text of a column, in their order."""
        if column not in self._places:
            found: dict[str, list[int]] = {}
            for place, row in enumerate(self.rows):
                found.setdefault(str(row[column]), []).append(place)
            self._places[column] = found
        return self._places[column]


class ClaimEvidence:
    """All that checks may look at, and what one check did look at (`used`)."""

    def __init__(
        self,
        cells: Iterable[Cell],
        classes: Mapping[str, EvidenceClass],
        frames: Loader,
        records: Loader,
        lines: Mapping[Key, int] | None = None,
    ) -> None:
        self._cells = {c.key: c for c in cells}
        self._by_item: dict[str, list[Cell]] = {}
        for cell in self._cells.values():
            self._by_item.setdefault(cell.key[0], []).append(cell)
        self._classes = classes
        self._load = {FRAME: frames, RECORD: records}
        self._known: dict[tuple[str, str], _Table] = {}
        self._lines = lines or {}
        self._entries: Mapping[tuple[str, str, str, str], str] = {}
        self._outcomes: Mapping[str, Mapping[str, str]] = {}
        self._seen: dict[Use, str] = {}
        self.used: dict[Use, None] = {}

    def otherwise(
        self,
        cells: Mapping[Key, str | None],
        entries: Mapping[tuple[str, str, str, str], str],
        outcomes: Mapping[str, Mapping[str, str]],
        headings: Mapping[Key, Key] | None = None,
    ) -> "ClaimEvidence":
        """The same evidence, had some of it other texts; this one stays as it is.

        A cell whose text is None is not there. `entries` are those of result frames and records
        by kind, file, column and `where` of their `Use`, `outcomes` the columns that a tested
        relation has instead, by its instance, `headings` the item, row and column under which a
        cell stands instead.
        """
        other = copy.copy(self)
        other.used, other._seen = {}, {}
        changed = {
            key: None if text is None else replace(self._cells[key], text=text)
            for key, text in cells.items()
        }
        changed |= {k: replace(self._cells[k], key=name) for k, name in (headings or {}).items()}
        other._cells = self._cells | {c.key: c for c in changed.values() if c is not None}
        for key in (k for k, c in changed.items() if c is None or c.key != k):
            del other._cells[key]
        other._by_item = self._by_item | {
            item: [c for cell in self._by_item[item] if (c := changed.get(cell.key, cell))]
            for item in {key[0] for key in changed}
        }
        other._entries, other._outcomes = entries, outcomes
        return other

    def begin(self) -> None:
        """Forget what was used: another check begins."""
        self.used = {}

    # -- printed cells

    def _cell_used(self, cell: Cell) -> None:
        item, row, column = cell.key
        # A copied record is a printed record; all else that is printed counts as a printed figure.
        kind = self._classes.get(item, EvidenceClass.PRINTED_AGGREGATES)
        records = kind is EvidenceClass.PRINTED_RECORDS
        line = self._lines.get(cell.key)
        self.used[
            Use(
                CELL,
                item,
                row,
                column,
                f"line {line}" if line else "",
                kind if records else EvidenceClass.PRINTED_AGGREGATES,
            )
        ] = None

    def select(
        self, item: str, rows: Any, columns: Any, but: Sequence[str] = ()
    ) -> list[tuple[str, Cell]]:
        """The printed cells of some rows and columns, each with its label, in printed order.

        The label is the row where one column is taken, the column where one row is, else both.
        Raises Refused for an item, row or column that is not printed.
        """
        here = self._by_item.get(item)
        if here is None:
            raise _unknown("printed item", item, self._by_item)
        names = [list(dict.fromkeys(c.key[place] for c in here)) for place in (1, 2)]
        chosen = []
        for what, wanted, printed in zip(("row", "column"), (rows, columns), names, strict=True):
            given = printed if wanted == "*" else [wanted] if isinstance(wanted, str) else wanted
            for name in given:
                if name not in printed:
                    raise _unknown(f"{what} of {item_name(item)}", name, printed)
            chosen.append([name for name in given if name not in but])
        for name in but:
            if name not in names[0] and name not in names[1]:
                raise _unknown(f"row or column of {item_name(item)}", name, names[0] + names[1])
        place = {(c.key[1], c.key[2]): c for c in here}
        found = [place[r, c] for r in chosen[0] for c in chosen[1] if (r, c) in place]
        if not found:
            raise Refused(
                f"{item_name(item)} prints no cell in these rows and columns",
                "name rows and columns that meet in a printed cell",
            )
        one = [len({c.key[at] for c in found}) == 1 for at in (1, 2)]
        labels = [
            c.key[1] if one[1] else c.key[2] if one[0] else f"{c.key[1]} / {c.key[2]}"
            for c in found
        ]
        return list(zip(labels, found, strict=True))

    def number_of_cell(self, cell: Cell) -> Number | None:
        """The number that a printed cell shows, as an interval; None where it shows none."""
        if cell.kind not in EXACT_KINDS | ROUNDED_KINDS:
            return None
        try:
            ends = interval(cell.text, cell.kind)
        except ValueError:
            return None
        self._cell_used(cell)
        unit = PERCENT if cell.kind == "percent" else ""
        return Number(ends.low, ends.high, cell.kind in ROUNDED_KINDS, unit, text=cell.text.strip())

    def text_of_cell(self, cell: Cell) -> Text:
        """The text of a printed cell."""
        self._cell_used(cell)
        return Text(cell.text)

    # -- frames and records

    def rows(self, kind: str, file: str, **keys: Any) -> list[Mapping[Any, Any]]:
        """The rows of a frame whose columns have these values (a list: any of them)."""
        table = self._table(kind, file)
        kept: set[int] | None = None
        for column, wanted in keys.items():
            self.column(kind, file, column)
            places = table.places(column)
            here = set()
            for text in map(str, wanted if isinstance(wanted, list) else [wanted]):
                if text not in places:
                    raise _unknown(f"'{column}' of {file}", text, places)
                here.update(places[text])
            kept = here if kept is None else kept & here
        if kept is None:
            return list(table.rows)
        if not kept:
            raise Refused(f"{file} has no row with all of these values", "correct the values")
        return [table.rows[place] for place in sorted(kept)]

    def column(self, kind: str, file: str, name: str) -> None:
        """Make sure that a frame has a column."""
        columns = self._table(kind, file).columns
        if name not in columns:
            raise _unknown(f"column of {file}", name, columns)

    def text_of_entry(self, use: Use) -> str:
        """The text of an entry that some check has looked at; raises KeyError for others."""
        return self._seen[use]

    def texts_of(self, kind: str, file: str, column: str) -> list[str]:
        """The different texts of a column of a frame."""
        return list(self._table(kind, file).places(column))

    def _table(self, kind: str, file: str) -> "_Table":
        name = file.removesuffix(".csv")
        if (kind, name) not in self._known:
            frame = self._load[kind](name)
            if frame is None:
                raise NotBuilt(f"{name}.csv is not there in this run")
            self._known[kind, name] = _Table(list(frame.columns), frame.to_dict("records"))
        return self._known[kind, name]

    def entry(
        self, kind: str, file: str, row: Mapping[Any, Any], column: str, keys: Iterable[str]
    ) -> tuple[str, Basis]:
        """The text of one entry of a frame, and what it rests on; it counts as used."""
        name = file.removesuffix(".csv")
        evidence = EvidenceClass(row.get("evidence") or EvidenceClass.PRINTED_RECORDS)
        folder, _, item = name.rpartition("/")
        key = (item, str(row.get("row", "")), str(row.get("column", "")))
        # Rebuilt tables were solved to show what is printed in these very cells.
        held = folder == "tables" and key in self._cells and evidence in _FREE
        where = ", ".join(f"{k} {row[k]}" for k in keys)
        text = self._entries.get((kind, name, column, where), str(row[column]))
        use = Use(kind, name, "", column, where, evidence)
        self.used[use], self._seen[use] = None, text
        return text, Basis(free=evidence in _FREE and not held, held=held)

    def decided(self, kind: str, name: str) -> Sequence[Mapping[Any, Any]]:
        """The rows of what is decided elsewhere under this name; they count as used."""
        file, keys = DECIDED[kind], _NAMED_BY[kind]
        table = self._table(FRAME, file)
        for key in keys:
            if places := table.places(key).get(name):
                break
        else:
            raise _unknown(kind, name, [n for key in keys for n in table.places(key)])
        found = [table.rows[place] for place in places]
        rows = [{**row, **self._outcomes.get(str(row[keys[0]]), {})} for row in found]
        for row in rows:
            evidence = EvidenceClass(row["evidence"])
            self.used[Use(kind, str(row[keys[0]]), "", "", file, evidence)] = None
        return rows

    @property
    def evidence(self) -> EvidenceClass:
        """The freest class among what was used; a check that uses nothing is conceptual."""
        classes = {use.evidence for use in self.used}
        return next((c for c in FREEST if c in classes), EvidenceClass.CONCEPTUAL)


def written_number(text: str, kind: str, basis: Basis) -> Number | None:
    """The number of an entry of a frame; None where it is empty or no number.

    A result has ten significant digits: with fewer it is exact. A printed record is
    exact where it is whole, and rounded at its last digit where it is not.
    """
    plain = text.strip()
    if plain in ("inf", "-inf"):
        end = BEYOND if plain == "inf" else -BEYOND
        return Number(end, end, basis=basis)
    try:
        value = Fraction(plain) if "e" in plain.lower() else number(plain)
    except ValueError:
        return None
    mantissa, _, power = plain.lower().partition("e")
    digits = decimals(mantissa)
    significant = len(mantissa.lstrip("+-−").replace(".", "").lstrip("0"))
    if not (digits > 0 if kind == RECORD else significant >= SIGNIFICANT_DIGITS and digits > 0):
        return Number(value, value, text=plain if kind == RECORD else "", basis=basis)
    half = Fraction(1, 2) * Fraction(10) ** (int(power or 0) - digits)
    return Number(
        value - half,
        value + half,
        rounded=True,
        text=plain if kind == RECORD else f"{float(value):.4g}",
        basis=basis,
    )


def _unknown(what: str, name: str, known: Iterable[str]) -> Refused:
    have = list(dict.fromkeys(map(str, known)))
    near = nearest(str(name), have)
    some = ", ".join(f"'{n}'" for n in have[:12]) + (", ..." if len(have) > 12 else "")
    return Refused(
        f"there is no {what} '{name}'",
        f"did you mean '{near}'?" if near else f"there are {some}",
    )
