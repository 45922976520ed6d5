"""Tables as text: one reader for CSV and XLSX that finds the table and names what is odd.

Files as they come from hospitals and national bodies carry titles above the
heading, notes below the table, blanks in codes, several sheets, several
encodings. The reader handles these and says so in `TextTable.notes`, or names
them as problems; it never drops a row in silence. Values stay text here: what
a mark or a number means is decided per column by the contracts.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from medlead.sources.grids import Grid, load_grids
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.sheets import HEADING_WITHIN, best_score, choose_sheet, score_of

# These stand there, and are part of what a reader of tables needs.
from medlead.sources.texts import clean as clean
from medlead.sources.texts import heading_key as heading_key
from medlead.sources.texts import nearest as nearest

# Every mark that is read as "no value" somewhere, and what it stands for. A contract
# says for each column which of them it may hold.
MISSING_MARKS: Mapping[str, str] = MappingProxyType(
    {
        "": "missing",
        "NA": "missing",
        "n/a": "not applicable",
        "N/A": "not applicable",
        "-": "missing",
        "\N{EN DASH}": "missing",
        "\N{EM DASH}": "missing",
        ".": "missing",
        "..": "missing",
        ":": "missing",
        "*": "withheld",
        "x": "withheld",
        "NULL": "missing",
        "null": "missing",
        "None": "missing",
        "NaN": "missing",
    }
)

ERROR_CELLS = frozenset(
    {
        "#N/A",
        "#REF!",
        "#DIV/0!",
        "#VALUE!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
    }
)

UNSTORED = "#UNSTORED!"

_FOOTNOTE = re.compile(r"(?:sources?|notes?|n\.?b\.?|copyright)\b|©|\(c\)|[*†‡]+\s*\w", re.I)


@dataclass(frozen=True)
class TextTable:
    """A table as text: `frame` holds strings only, in the order of the wanted columns.

    `rows` is the sheet row of each record (the first row of the file is 1),
    `notes` what the reader handled, `file` the name to use in messages.
    """

    frame: pd.DataFrame
    rows: tuple[int, ...]
    notes: tuple[str, ...]
    file: str


def read_text_table(
    path: Path,
    *,
    columns: Sequence[str],
    sheet: str | None = None,
    keep_faults: bool = False,
    ignored: Sequence[str] | None = None,
) -> TextTable:
    """The records of a CSV, TSV or XLSX file as text, in the order of `columns`.

    The heading is the first row that holds all wanted columns, whatever their
    order, capitals and blanks (an underscore counts as a blank). Of several
    sheets, `sheet` or the only one with that heading is read, a hidden one only where
    no other has it. Raises `ProblemsFound` with everything that is wrong: unreadable
    files, missing, unknown or repeated columns, rows of another length, error cells,
    formulas without a stored value, cells merged within the table. With `keep_faults`
    error cells stay as they are, and formulas without a value read `#UNSTORED!`: for
    tables whose reader judges each cell itself. Columns headed by one of `ignored` are left out
    with a note (None: the table has no such list).
    """
    wanted = {heading_key(name): name for name in columns}
    if len(wanted) != len(columns):
        raise ValueError(f"wanted columns are not told apart: {list(columns)}")
    grids = load_grids(path, lambda rows: best_score(rows, wanted))
    grid = choose_sheet(path.as_posix(), grids, wanted, sheet)
    return _Table(grid, wanted, keep_faults, ignored).read()


class _Table:
    """The search for one table in one grid; collects problems and notes on the way."""

    def __init__(
        self,
        grid: Grid,
        wanted: Mapping[str, str],
        keep_faults: bool,
        ignored: Sequence[str] | None,
    ) -> None:
        self.grid = grid
        self.can_ignore = ignored is not None
        self.ignored = {heading_key(name) for name in ignored or ()}
        self.keep_faults = keep_faults
        self.wanted = wanted
        self.cells = [[clean(cell) for cell in row] for row in grid.cells]
        self.problems = list(grid.broken)
        self.notes = list(grid.notes)

    def read(self) -> TextTable:
        heading = self._find_heading()
        places = self._match_columns(heading)
        bounds = [c for c, text in enumerate(self.cells[heading]) if text]
        left, right = bounds[0], bounds[-1]
        records = self._find_records(heading, left)
        self._check_lengths(records, heading, right)
        self._check_cells(records, heading, left, right)
        self._check_merged(records, heading, left, right)
        self._note_blanks(records, places.values())
        if not records and not self.problems:
            self._problem("there are no records below the heading", "add the records", heading)
        if self.problems:
            raise ProblemsFound(self.problems)
        unstored = self.grid.unstored if self.keep_faults else frozenset()
        texts = {
            name: [UNSTORED if (r, c) in unstored else self._at(r, c) for r in records]
            for name, c in ((name, places[name]) for name in self.wanted.values())
        }
        frame = pd.DataFrame(texts, columns=list(self.wanted.values()), dtype="str")
        return TextTable(frame, tuple(r + 1 for r in records), tuple(self.notes), self.grid.file)

    def _at(self, r: int, c: int) -> str:
        return self.cells[r][c] if c < len(self.cells[r]) else ""

    def _problem(
        self,
        what: str,
        mend: str,
        r: int | None = None,
        column: str | None = None,
        value: str | None = None,
        allowed: str | None = None,
    ) -> None:
        row = None if r is None else r + 1
        self.problems.append(Problem(self.grid.file, what, mend, row, column, value, allowed))

    def _find_heading(self) -> int:
        scores = [score_of(row, self.wanted) for row in self.cells[:HEADING_WITHIN]]
        best = max(scores, default=0.0)
        heading = scores.index(best) if best >= 0.5 else self._guess_heading()
        if not scores or self._likeness(heading) < 0.5:
            self._problem(
                "no row holds the wanted headings",
                "write them in one row above the records",
                value=_shown(self.cells[heading]) if scores else None,
                allowed=", ".join(self.wanted.values()),
            )
            raise ProblemsFound(self.problems)
        above = [r for r in range(heading) if any(self.cells[r])]
        if above:
            shown = "; ".join(f"row {r + 1}: '{_shown(self.cells[r])}'" for r in above)
            self.notes.append(f"rows above the heading skipped ({shown})")
        return heading

    def _guess_heading(self) -> int:
        return max(range(min(len(self.cells), HEADING_WITHIN)), key=self._likeness, default=0)

    def _likeness(self, r: int) -> float:
        headings = [text for text in self.cells[r] if text]
        found = sum(nearest(name, headings) is not None for name in self.wanted.values())
        return found / len(self.wanted)

    def _match_columns(self, heading: int) -> dict[str, int]:
        places: dict[str, int] = {}
        extra: dict[str, int] = {}
        respelt: list[str] = []
        for c, text in enumerate(self.cells[heading]):
            name = self.wanted.get(heading_key(text))
            if not text:
                continue
            if name is None and heading_key(text) in self.ignored:
                self.notes.append(f"the column '{text}' is not read")
                continue
            if name is None:
                if heading_key(text) not in map(heading_key, extra):
                    extra[text] = c
                continue
            if name in places:
                mend = "keep one of the two columns and delete or rename the other"
                self._problem("the heading stands more than once", mend, heading, text)
                continue
            places[name] = c
            if text != name:
                respelt.append(f"'{text}' as '{name}'")
        if respelt:
            self.notes.append(f"headings read by their letters: {', '.join(respelt)}")
        missing = [name for name in self.wanted.values() if name not in places]
        unused = [text for text in extra if nearest(text, missing) is None]
        for text in extra:
            near = nearest(text, missing)
            if near is not None:
                missing.remove(near)
                what = f"the column '{near}' is missing, and this one looks like it"
                self._problem(what, f"rename the heading to '{near}'", heading, text)
                continue
            twin = nearest(text, places)
            mend = "remove the column"
            if missing:
                mend = f"if it holds {_listed(missing, joined=' or ')}, rename it; else {mend}"
            if self.can_ignore:
                mend += ", or list its heading under `ignored` in the instrument's file"
            if twin is not None:
                mend = f"remove the column; '{twin}' is there already"
            self._problem("this column is not used here", mend, heading, text)
        for name in missing:
            near = nearest(name, (text for text in self.cells[heading] if text))
            mend = "add the column; leave its cells empty where nothing is known"
            if unused and near is None:
                mend = f"rename the column that holds it ({_listed(unused)}), or {mend}"
            if near is not None:
                mend += f" (the nearest heading is '{near}')"
            self._problem("the column is missing", mend, heading, name)
        return places

    def _find_records(self, heading: int, left: int) -> list[int]:
        filled = [r for r in range(heading + 1, len(self.cells)) if any(self.cells[r])]
        foot = self._footer_start(filled, heading, left)
        for r in filled[foot:]:
            self.notes.append(
                f"row {r + 1} below the table is not read as a record: '{_shown(self.cells[r])}'"
            )
        records = filled[:foot]
        if records:
            blank = sorted(set(range(heading + 1, records[-1])) - set(records))
            if blank:
                shown = ", ".join(str(r + 1) for r in blank)
                self.notes.append(f"blank rows skipped (rows {shown})")
        return records

    def _footer_start(self, filled: list[int], heading: int, left: int) -> int:
        """The position in `filled` from which on rows are notes below the table."""
        start = len(filled)
        single_column = len(self.wanted) == 1
        for position in reversed(range(len(filled))):
            r = filled[position]
            texts = [(c, text) for c, text in enumerate(self.cells[r]) if text]
            if len(texts) != 1 or texts[0][0] > left:
                break
            text = texts[0][1]
            after_blank = r - 1 > heading and not any(self.cells[r - 1])
            is_text = any(character.isalpha() for character in text)
            if _FOOTNOTE.match(text) or (after_blank and is_text and not single_column):
                start = position
        return start

    def _check_lengths(self, records: list[int], heading: int, right: int) -> None:
        for r in records:
            beyond = [text for text in self.cells[r][right + 1 :] if text]
            if beyond:
                self._problem(
                    "the row has cells beyond the last heading",
                    'give each cell a heading; in a CSV file put a text with a comma in "..."',
                    r,
                    value=" | ".join(beyond),
                )
            elif self.grid.ragged and len(self.cells[r]) <= right:
                self._problem(
                    f"the row has {len(self.cells[r])} cells where the heading has {right + 1}",
                    "write one cell for each heading, empty ones too",
                    r,
                    value=_shown(self.cells[r]),
                )

    def _check_cells(self, records: list[int], heading: int, left: int, right: int) -> None:
        for c in range(left, right + 1):
            name = self._at(heading, c)
            under = [r for r in records if self._at(r, c)]
            if not name and under:
                what = "cells stand in a column without a heading"
                mend = "give the column a heading or delete it"
                self._problem(what, mend, under[0], value=self._at(under[0], c))
            for r in records if not self.keep_faults else ():
                if self._at(r, c) in ERROR_CELLS:
                    mend = "mend the formula, or write the value or a mark for missing"
                    self._problem(
                        "the cell holds a spreadsheet error", mend, r, name, self._at(r, c)
                    )
                elif (r, c) in self.grid.unstored:
                    mend = "open the workbook in a spreadsheet program and save it again"
                    self._problem("the formula has no stored value", mend, r, name)

    def _check_merged(self, records: list[int], heading: int, left: int, right: int) -> None:
        last = records[-1] if records else heading
        for area in self.grid.merged:
            if area.bottom < heading or area.top > last or area.right < left or area.left > right:
                continue
            mend = "unmerge the cells and write the value in each of them"
            self._problem(
                "cells of the table are merged",
                mend,
                area.top,
                self._at(heading, area.left) or None,
                area.name,
            )

    def _note_blanks(self, records: list[int], places: Iterable[int]) -> None:
        changed = [
            r
            for r in records
            for c in places
            if c < len(self.cells[r]) and self.cells[r][c] != self.grid.cells[r][c]
        ]
        if changed:
            cells = "1 cell" if len(changed) == 1 else f"{len(changed)} cells"
            first = min(changed) + 1
            self.notes.append(
                f"blanks around the text, or unusual ones, removed in {cells} (first: row {first})"
            )


def _listed(names: Sequence[str], most: int = 5, joined: str = ", ") -> str:
    more = f"{joined}{len(names) - most} more" if len(names) > most else ""
    return joined.join(f"'{name}'" for name in names[:most]) + more


def _shown(cells: Sequence[str], most: int = 80) -> str:
    text = " | ".join(cell for cell in cells if cell)
    return text if len(text) <= most else text[: most - 3] + "..."
