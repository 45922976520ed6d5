"""Files as grids of text: every cell as a spreadsheet user sees it, nothing interpreted.

A text file gives one grid, a workbook one grid per sheet. What cannot be read
at all is raised as `ProblemsFound`; what is odd about a cell is kept beside the
grid, for the reader of tables to judge once it knows where the table stands.
"""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from medlead.sources.messages import Problem, ProblemsFound

TEXT_SUFFIXES = (".csv", ".tsv")
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}

_ZIP_MAGIC = b"PK\x03\x04"
# The container of old .xls workbooks, and of any workbook that has a password to open.
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Area:
    """A rectangle of merged cells: first and last row and column, counted from 0."""

    top: int
    left: int
    bottom: int
    right: int
    name: str


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet as text; row i stands in row i + 1 of the sheet.

    `ragged` says that row lengths mean something (text files): a short row lost
    cells. `unstored` are places of formulas without a stored value; `hidden` says
    that a spreadsheet program does not show the sheet.
    """

    file: str
    cells: Sequence[Sequence[str]]
    notes: tuple[str, ...] = ()
    sheet: str | None = None
    ragged: bool = False
    unstored: frozenset[tuple[int, int]] = frozenset()
    merged: tuple[Area, ...] = ()
    broken: tuple[Problem, ...] = field(default=())
    hidden: bool = False


def load_grids(path: Path, score: Callable[[Sequence[Sequence[str]]], float]) -> list[Grid]:
    """The grids of a CSV, TSV or XLSX file: one for text, one per sheet of a workbook.

    `score` says how much rows look like the wanted table; it decides which of
    comma, semicolon and tab parts the cells of a text file. Raises
    `ProblemsFound` where the file cannot be read.
    """
    shown = path.as_posix()
    suffix = path.suffix.lower()
    if suffix not in (*TEXT_SUFFIXES, *WORKBOOK_SUFFIXES):
        raise _stop(
            shown,
            f"files of the kind '{path.suffix or path.name}' are not read",
            "open it in a spreadsheet program and save it as .xlsx or as CSV (UTF-8)",
            allowed=", ".join((*TEXT_SUFFIXES, *WORKBOOK_SUFFIXES)),
        )
    if not path.is_file():
        what = "this is a folder, not a file" if path.is_dir() else "there is no such file"
        raise _stop(shown, what, "check the name and the folder for a typing error")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _stop(
            shown,
            f"the file cannot be opened ({error.strerror})",
            "close it in other programs and check that you may read it",
        ) from None
    if not content.strip():
        raise _stop(shown, "the file is empty", "save the table again, or restore the file")
    if suffix in WORKBOOK_SUFFIXES:
        return _workbook_grids(shown, content)
    return [_text_grid(shown, content, score)]


def _text_grid(
    shown: str, content: bytes, score: Callable[[Sequence[Sequence[str]]], float]
) -> Grid:
    text, notes = _decode(shown, content)
    parsed = {delimiter: _parse(shown, text, delimiter) for delimiter in DELIMITERS}
    # The first best wins, so that commas are taken where nothing tells them apart.
    chosen = max(DELIMITERS, key=lambda delimiter: score(parsed[delimiter][0]))
    rows, broken = parsed[chosen]
    if chosen != ",":
        notes.append(f"cells are separated by {DELIMITERS[chosen]}")
    return Grid(shown, rows, tuple(notes), ragged=True, broken=broken)


def _decode(shown: str, content: bytes) -> tuple[str, list[str]]:
    if content.startswith(_ZIP_MAGIC):
        raise _stop(
            shown,
            "the file is a workbook under the name of a text file",
            "name it .xlsx, or open it in a spreadsheet program and save it as CSV (UTF-8)",
        )
    if content.startswith(_UTF16_MARKS):
        try:
            return content.decode("utf-16"), ["read as UTF-16 text"]
        except UnicodeDecodeError:
            pass
    if b"\x00" in content:
        mend = "save the table as CSV (UTF-8) again, or restore the file"
        raise _stop(shown, "the file is not text", mend)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    else:
        marked = content.startswith(b"\xef\xbb\xbf")
        return text, ["byte order mark at the start skipped"] if marked else []
    try:
        return content.decode("cp1252"), ["read as Windows-1252, since it is not UTF-8"]
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise _stop(
            shown,
            "a character is neither UTF-8 nor Windows-1252",
            "open the file in a spreadsheet program and save it as CSV (UTF-8)",
            row=row,
        ) from None


def _parse(shown: str, text: str, delimiter: str) -> tuple[list[list[str]], tuple[Problem, ...]]:
    rows: list[list[str]] = []
    try:
        # Strict, so that a quotation mark that is never closed cannot swallow records.
        rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        problem = Problem(
            file=shown,
            what=f"the quotation marks of this row do not pair up ({error})",
            mend='close each quoted cell; write a quotation mark inside one twice ("")',
            row=len(rows) + 1,
        )
        return rows, (problem,)
    return rows, ()


def _workbook_grids(shown: str, content: bytes) -> list[Grid]:
    if content.startswith(_OLE_MAGIC):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise _stop(
                shown,
                "the workbook is protected by a password",
                "open it, take the password away (File, Info, Protect Workbook) and save it",
            )
        mend = "open it in a spreadsheet program and save it as .xlsx"
        raise _stop(shown, "the file is a workbook of the old kind (.xls)", mend)
    if not content.startswith(_ZIP_MAGIC):
        mend = "open it in a spreadsheet program and save it as .xlsx, or restore the file"
        raise _stop(shown, "the file is not a workbook, whatever its name says", mend)
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            # It warns of drop-down lists and print settings, which hold no data.
            warnings.simplefilter("ignore")
            values = load_workbook(io.BytesIO(content), data_only=True)
            formulas = _formula_places(load_workbook(io.BytesIO(content), read_only=True))
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, OSError) as error:
        raise _damaged(shown, error) from None
    except SyntaxError as error:  # an XML parse error is one
        raise _damaged(shown, error) from None
    many = len(values.worksheets) > 1
    return [_sheet_grid(shown, sheet, formulas, many) for sheet in values.worksheets]


def _damaged(shown: str, error: Exception) -> ProblemsFound:
    return _stop(
        shown,
        f"the workbook is damaged ({type(error).__name__})",
        "open it in a spreadsheet program, let it repair the file and save it; or restore it",
    )


def _formula_places(workbook: Any) -> dict[str, set[tuple[int, int]]]:
    places: dict[str, set[tuple[int, int]]] = {}
    for sheet in workbook.worksheets:
        found = places.setdefault(sheet.title, set())
        for row in sheet.iter_rows():
            found.update((c.row - 1, c.column - 1) for c in row if c.data_type == "f")
    workbook.close()
    return places


def _sheet_grid(
    shown: str, sheet: Any, formulas: dict[str, set[tuple[int, int]]], many: bool
) -> Grid:
    cells: list[list[str]] = []
    unstored: set[tuple[int, int]] = set()
    for r, row in enumerate(sheet.iter_rows()):
        texts: list[str] = []
        for c, cell in enumerate(row):
            if cell.value is None:
                # A formula whose stored result is the empty text keeps the type "str".
                if (r, c) in formulas[sheet.title] and cell.data_type != "str":
                    unstored.add((r, c))
                texts.append("")
            else:
                texts.append(cell_text(cell.value, cell.number_format))
        cells.append(texts)
    merged = tuple(
        Area(m.min_row - 1, m.min_col - 1, m.max_row - 1, m.max_col - 1, m.coord)
        for m in sorted(sheet.merged_cells.ranges, key=lambda m: (m.min_row, m.min_col))
    )
    return Grid(
        file=f"{shown} (sheet '{sheet.title}')" if many else shown,
        cells=cells,
        sheet=sheet.title,
        unstored=frozenset(unstored),
        merged=merged,
        hidden=sheet.sheet_state != "visible",
    )


_ZEROS = re.compile(r"(0+)(?:\.(0+))?(%?)")


def cell_text(value: object, number_format: str = "General") -> str:
    """The text that a spreadsheet shows for a stored value, without losing digits.

    Numbers carry at most 15 significant digits and no exponent; whole ones have
    no decimal point. Formats made of zeros add zeros (`007`, `62.0`) but never
    cut digits; a percent format gives the number with its sign. Dates are
    YYYY-MM-DD, truth values TRUE and FALSE.
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number_text(value, number_format)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).replace("_x000D_", "")


def _number_text(value: int | float, number_format: str) -> str:
    # A spreadsheet stores binary floats and shows 15 digits of them: 65.8, not 65.799999.
    number = Decimal(format(value, ".15g"))
    shape = _ZEROS.fullmatch(number_format.split(";")[0])
    percent = shape is not None and shape[3] == "%"
    if percent:
        number *= 100
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", ""):
        text = "0"
    if shape is None:
        return text
    whole, _, decimals = text.removeprefix("-").partition(".")
    whole = whole.zfill(len(shape[1]))
    decimals = decimals.ljust(len(shape[2] or ""), "0")
    sign = "-" if text.startswith("-") else ""
    return sign + whole + (f".{decimals}" if decimals else "") + ("%" if percent else "")


def _stop(
    shown: str, what: str, mend: str, *, allowed: str | None = None, row: int | None = None
) -> ProblemsFound:
    return ProblemsFound([Problem(shown, what, mend, row=row, allowed=allowed)])
