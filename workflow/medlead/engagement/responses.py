"""Responses to an engagement scale: read, checked and held in columns.

One answer takes one byte: 0 where there is none, else the place of the answer among
the points of the instrument, from 1. Nothing is guessed: an answer that the instrument
does not list is a problem with its row and column, and all problems are told at once.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.engagement.instrument import Instrument
from medlead.engagement.response_names import (
    A_DATE,
    MISSING,
    alike_names,
    is_date,
    of_rows_without_a_place,
)
from medlead.sources.columnar import Block, Layout, codes_of, layout_of, read_blocks, texts_of
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import heading_key, nearest, read_text_table

Answers = NDArray[np.uint8]
Unit = tuple[str, str]

_BAD = 255
_SHOWN_CELLS = 20


@dataclass(frozen=True)
class Responses:
    """Responses in columns.

    `items` and `statements` are (columns, respondents) of codes: 0 is no answer, k the
    k-th point (category). `unit` gives each respondent's place in `units`, the sorted pairs
    of site and group. `respondents` are the names as bytes.
    """

    items: Answers
    statements: Answers
    unit: NDArray[np.int32]
    units: tuple[Unit, ...]
    respondents: NDArray[np.bytes_]
    file: str

    @property
    def count(self) -> int:
        """The number of respondents."""
        return int(self.items.shape[1])

    def number_of(self, site: str, group: str) -> int:
        """The place of a group in `units`; ProblemsFound where nobody of it answered."""
        if (site, group) in self.units:
            return self.units.index((site, group))
        listed = [f"{s} / {g}" for s, g in self.units]
        near = nearest(f"{site} / {group}", listed)
        mend = f"did you mean '{near}'?" if near else "name a group that has responses"
        what = "no such group is among the responses"
        raise ProblemsFound(
            [Problem(self.file, what, mend, value=f"{site} / {group}", allowed=", ".join(listed))]
        )


def read_responses(
    path: Path,
    instrument: Instrument,
    *,
    known: Mapping[str, Iterable[str]] | None = None,
    sheet: str = "",
) -> Responses:
    """Read and check a response file (CSV, TSV or XLSX) with the instrument's columns.

    `known` lists the groups of each site; another site is then a problem, and another group
    too where a site lists any. `sheet` is that of a workbook ("": the only one that fits). Raises
    `ProblemsFound` with all problems: columns, records of another length, answers that the
    instrument does not list, missing or repeated respondents, missing sites and groups.
    A problem of one text in one column is told for its first 20 rows, the rest as a count.
    """
    return _read(path, instrument, instrument.columns, known, sheet)


def read_norm_items(path: Path, instrument: Instrument, *, sheet: str = "") -> Answers:
    """The answers of a norm sample: a file with the items, and the respondents or not.

    (items, doctors) of codes; raises `ProblemsFound` as `read_responses` does.
    """
    named = (instrument.respondent, *instrument.item_names)
    try:
        return _read(path, instrument, instrument.item_names, None, sheet).items
    except ProblemsFound as found:
        respondent = heading_key(instrument.respondent)
        if not any(heading_key(p.column or "") == respondent for p in found.problems):
            raise
    return _read(path, instrument, named, None, sheet).items


def responses_from(
    frame: pd.DataFrame,
    instrument: Instrument,
    *,
    known: Mapping[str, Iterable[str]] | None = None,
    file: str = "responses",
) -> Responses:
    """The responses of a frame, checked as those of a file (empty cells are missing)."""
    text = frame.to_csv(index=False, lineterminator="\n").encode("utf-8")
    reader = _Reader(instrument, instrument.columns, file, known)
    head, _, rest = text.partition(b"\n")
    layout = layout_of(head, instrument.columns)
    if layout is None:
        what = "the columns are not those of the instrument"
        shown = ", ".join(map(str, frame.columns))
        allowed = ", ".join(instrument.columns)
        mend = "rename, add or remove columns"
        raise ProblemsFound([Problem(file, what, mend, value=shown, allowed=allowed)])
    return reader.read(io.BytesIO(rest), layout)


def _read(
    path: Path,
    instrument: Instrument,
    columns: tuple[str, ...],
    known: Mapping[str, Iterable[str]] | None,
    sheet: str,
) -> Responses:
    reader = _Reader(instrument, columns, path.as_posix(), known)
    if path.is_file() and path.suffix.lower() in (".csv", ".tsv", ".txt"):
        with path.open("rb") as source:
            layout = layout_of(source.readline(1 << 16), columns)
            if layout is not None:
                return reader.read(source, layout)
    # Workbooks, titles above the heading, wrong headings: the reader that handles and names them.
    table = read_text_table(path, columns=columns, sheet=sheet or None, ignored=instrument.ignored)
    body = io.BytesIO(table.frame.to_csv(index=False, header=False).encode("utf-8"))
    layout = Layout(ord(","), len(columns), tuple(range(len(columns))))
    return reader.read(body, layout, np.array(table.rows))


class _Reader:
    """Blocks of a file turned into codes; collects problems on the way."""

    def __init__(
        self,
        instrument: Instrument,
        columns: tuple[str, ...],
        file: str,
        known: Mapping[str, Iterable[str]] | None,
    ) -> None:
        self.columns = columns
        self.file = file
        self.known = None if known is None else {s: tuple(g) for s, g in known.items()}
        self.framed = columns[: len(instrument.frame)] == instrument.frame
        # Columns before the answers.
        named = columns[:1] == (instrument.respondent,)
        self.first = len(instrument.frame) if self.framed else int(named)
        self.items = len(instrument.items)
        points: dict[str, int] = dict.fromkeys(instrument.missing, 0)
        points[""] = 0
        categories = dict(points)
        for code, point in enumerate(instrument.points, 1):
            points |= dict.fromkeys((str(point.value), *point.also), code)
        for code, category in enumerate(instrument.categories, 1):
            categories |= dict.fromkeys((str(category.value), *category.also), code)
        self.spelt = (points, categories)
        self.allowed = tuple(
            ", ".join(str(x.value) for x in listed) + ", or empty"
            for listed in (instrument.points, instrument.categories)
        )
        self.digits = (
            (slice(0, self.items), *_digits([p.value for p in instrument.points])),
            (slice(self.items, None), *_digits([c.value for c in instrument.categories])),
        )
        self.labels = {p.label.casefold(): p.value for p in instrument.points}
        self.problems: list[Problem] = []
        # For each column and text that is wrong: how often, and how often told.
        self.wrong: dict[tuple[str, str], list[int]] = {}
        self.sites: dict[str, int] = {}
        self.groups: dict[str, int] = {}

    def read(
        self, source: BinaryIO, layout: Layout, sheet_rows: NDArray[np.int64] | None = None
    ) -> Responses:
        answers: list[Answers] = []
        units: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []
        names: list[NDArray[np.bytes_]] = []
        rows: list[NDArray[np.int64]] = []
        try:
            for block in read_blocks(source, layout, self.file):
                block_rows = block.rows if sheet_rows is None else sheet_rows[block.rows - 2]
                answers.append(self._answers(block, block_rows))
                rows.append(block_rows)
                if self.framed:
                    names.append(self._names(block, block_rows))
                    site = self._texts(block, block_rows, 1, self.sites)
                    units.append((site, self._texts(block, block_rows, 2, self.groups)))
        except ProblemsFound as found:
            self.problems += found.problems
        count = sum(a.shape[1] for a in answers)
        if not count and not self.problems:
            what, mend = "there are no records below the heading", "add the records"
            self.problems.append(Problem(self.file, what, mend))
        self._tell_rest()
        all_answers = np.empty((len(self.columns) - self.first, count), dtype=np.uint8)
        for place, column in enumerate(all_answers):
            if answers:
                np.concatenate([a[place] for a in answers], out=column)
        answers.clear()
        unit, listed = self._units(units)
        if units:
            named = (self.file, self.columns[1:3], listed, unit, np.concatenate(rows))
            self.problems += alike_names(*named)
            self.problems = of_rows_without_a_place(self.problems, *self.columns[1:3])
        respondents = _joined(names)
        if names:
            self._check_twice(respondents, np.concatenate(rows))
        if self.problems:
            raise ProblemsFound(self.problems)
        items, statements = all_answers[: self.items], all_answers[self.items :]
        return Responses(items, statements, unit, listed, respondents, self.file)

    def _answers(self, block: Block, rows: NDArray[np.int64]) -> Answers:
        """(columns, records) of codes; what is not listed is 0 and a problem."""
        start = block.start[:, self.first :]
        length = block.end[:, self.first :] - start
        found = np.ascontiguousarray(block.data[start].T)
        sound = np.ascontiguousarray((length == 1).T)
        for part, lowest, count in self.digits:
            # A digit less the one before the lowest is the code; anything else is looked up.
            found[part] -= lowest
            sound[part] &= found[part] - np.uint8(1) < count
        found *= sound
        odd = ~sound & (length > 0).T
        for column in np.flatnonzero(odd.any(axis=1)):
            records = np.flatnonzero(odd[column])
            found[column, records] = self._odd(block, rows, int(column), records)
        return found

    def _odd(
        self, block: Block, rows: NDArray[np.int64], column: int, records: NDArray[np.intp]
    ) -> Answers:
        """The codes of answers that are not one plain character, once for each text."""
        number, words = codes_of(block.words(self.first + column, records))
        texts = texts_of(words, block.quoted)
        spelt = self.spelt[column >= self.items]
        codes = np.array([spelt.get(text, _BAD) for text in texts], dtype=np.uint8)
        for n in np.flatnonzero(codes == _BAD):
            self._wrong_answer(column, texts[n], rows[records[number == n]])
        codes[codes == _BAD] = 0
        return codes[number]

    def _wrong_answer(self, column: int, text: str, rows: NDArray[np.int64]) -> None:
        name = self.columns[self.first + column]
        meant = self._meant(text) if column < self.items else None
        mend = "write the number of the answer, or leave the cell empty"
        if meant is not None:
            mend = f"write {meant}, or list this spelling under `also` of the point {meant}"
        what = "this is no answer of the instrument"
        self._wrong(what, mend, name, text, rows, self.allowed[column >= self.items])

    def _meant(self, text: str) -> int | None:
        """The answer that a label, its first letters or a number with decimals stands for."""
        low = text.casefold()
        if low in self.labels:
            return self.labels[low]
        letters = {"".join(w[0] for w in label.split()): v for label, v in self.labels.items()}
        if low in letters:
            return letters[low]
        try:
            value = float(low)
        except ValueError:
            return None
        return int(value) if value in self.labels.values() else None

    def _wrong(
        self,
        what: str,
        mend: str,
        column: str,
        text: str,
        rows: NDArray[np.int64],
        allowed: str | None = None,
        most: int = _SHOWN_CELLS,
    ) -> None:
        told = self.wrong.setdefault((column, text), [0, 0, 0])
        for row in rows[: max(0, most - told[1])]:
            self.problems.append(Problem(self.file, what, mend, int(row), column, text, allowed))
            told[1] += 1
        told[0] += len(rows)
        if told[0] > told[1] and not told[2]:
            told[2] = int(rows[-(told[0] - told[1])])

    def _tell_rest(self) -> None:
        for (column, text), (count, shown, row) in self.wrong.items():
            if count > shown:
                what = f"the same in {count - shown} more rows, this one the first"
                self.problems.append(Problem(self.file, what, "mend them alike", row, column, text))

    def _names(self, block: Block, rows: NDArray[np.int64]) -> NDArray[np.bytes_]:
        words = block.words(0)
        missing = np.flatnonzero(~words.any(axis=1))
        if len(missing):
            what, name = MISSING.format("name"), self.columns[0]
            self._wrong(what, "give each respondent a name or number", name, "", rows[missing])
        return np.ascontiguousarray(words).astype(">u8").view(f"S{words.shape[1] * 8}")[:, 0]

    def _texts(
        self, block: Block, rows: NDArray[np.int64], column: int, seen: dict[str, int]
    ) -> NDArray[np.int32]:
        number, words = codes_of(block.words(column))
        texts = texts_of(words, block.quoted)
        name = self.columns[column]
        for n, text in enumerate(texts):
            if not text:
                what = MISSING.format(name)
                self._wrong(what, f"write the {name}", name, text, rows[number == n])
            elif is_date(text):
                self._wrong(A_DATE, f"write the {name}", name, text, rows[number == n])
            elif column == 1 and self.known is not None and text not in self.known:
                self._unknown(name, text, tuple(self.known), rows[number == n])
        codes = np.array([seen.setdefault(text, len(seen)) for text in texts], dtype=np.int32)
        return codes[number]

    def _unknown(
        self, name: str, text: str, known: tuple[str, ...], rows: NDArray[np.int64]
    ) -> None:
        near = nearest(text, known)
        mend = f"did you mean '{near}'?" if near else f"correct it, or list the {name}"
        self._wrong(f"the {name} is not known", mend, name, text, rows, ", ".join(known), most=1)

    def _units(
        self, parts: list[tuple[NDArray[np.int32], NDArray[np.int32]]]
    ) -> tuple[NDArray[np.int32], tuple[Unit, ...]]:
        """For each respondent the place of site and group among the sorted pairs."""
        if not parts:
            return np.zeros(0, dtype=np.int32), ()
        sites, groups = list(self.sites), list(self.groups)
        pair = np.concatenate([s for s, _ in parts]).astype(np.int64) * len(groups)
        pair += np.concatenate([g for _, g in parts])
        number, found = pd.factorize(pair)
        named = [(sites[p // len(groups)], groups[p % len(groups)]) for p in found.tolist()]
        for site, group in named:
            if self.known is not None and group not in (self.known.get(site) or (group,)):
                near = nearest(group, self.known[site])
                mend = f"did you mean '{near}'?" if near else "correct it, or list the group"
                what = f"the group is not known in site '{site}'"
                allowed = ", ".join(self.known[site])
                column = self.columns[2]
                self.problems.append(Problem(self.file, what, mend, None, column, group, allowed))
        order = sorted(range(len(named)), key=named.__getitem__)
        place = np.empty(len(order), dtype=np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        return place[number], tuple(named[i] for i in order)

    def _check_twice(self, names: NDArray[np.bytes_], rows: NDArray[np.int64]) -> None:
        # Files are mostly in order, and then this one look is enough.
        if bool((names[1:] > names[:-1]).all()):
            return
        number, distinct = codes_of(names.reshape(-1, 1).view(">u8").astype(np.uint64))
        if len(distinct) == len(names):
            return
        first = np.empty(len(distinct), dtype=np.intp)
        first[number[::-1]] = np.arange(len(number))[::-1]
        # A missing name is told as such.
        again = np.flatnonzero((first[number] != np.arange(len(number))) & (names != b""))
        for i in again[:_SHOWN_CELLS]:
            what = f"the respondent is already in row {rows[first[number[i]]]}"
            mend = "give each respondent a name or number of its own, or delete the double"
            text = names[i].decode("utf-8", errors="replace")
            self.problems.append(
                Problem(self.file, what, mend, int(rows[i]), self.columns[0], text)
            )
        if len(again) > _SHOWN_CELLS:
            what = f"{len(again) - _SHOWN_CELLS} more respondents stand there twice"
            self.problems.append(Problem(self.file, what, "mend them alike", None, self.columns[0]))


def _digits(values: list[int]) -> tuple[np.uint8, int]:
    """The byte before that of the lowest value, and how many values are one digit; (0, 0)
    where the values do not rise by one from a digit, so that every answer is looked up.
    """
    single = [v for v in values if 0 <= v <= 9]
    if not single or single != list(range(values[0], values[0] + len(single))):
        return np.uint8(0), 0
    return np.uint8(ord(str(single[0])) - 1), len(single)


def _joined(parts: list[NDArray[np.bytes_]]) -> NDArray[np.bytes_]:
    if not parts:
        return np.zeros(0, dtype="S8")
    size = max(part.dtype.itemsize for part in parts)
    return np.concatenate([part.astype(f"S{size}", copy=False) for part in parts])
