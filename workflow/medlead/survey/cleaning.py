"""Returns as they came in → clean, typed records, with a log of every change.

Nothing is dropped: every return keeps its row, every cell that is changed has one
row in the log with the rule that changed it, and every answer that could not be
read, or contradicts another, is among the problems. Whether and how the returns are
then used is for the analyst; what is done by choice stands in `cleaning.yaml`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from medlead.sources.messages import Problem, ProblemsFound
from medlead.survey.answers import NOT_ANSWERED, NOT_APPLICABLE, Parsed
from medlead.survey.coded import clean_types
from medlead.survey.contradictions import Finding, contradictions
from medlead.survey.definition import PartType
from medlead.survey.instrument import Instrument
from medlead.survey.readers import Reader
from medlead.survey.records import Cell, Record
from medlead.survey.returned import SheetRows, count_returns, undecided
from medlead.survey.rules import CleaningRules

LOG_COLUMNS = ["row", "field", "before", "after", "rule"]
PROBLEM_COLUMNS = ["row", "field", "value", "kind", "problem", "mend"]
ROLE_COLUMNS = ["row", "field", "line", "title", "count", "time", "time_low", "time_high"]
RANGE_COLUMNS = ["row", "field", "low", "high", "low_open", "high_open", "bands", "band"]

_UNCLEAR_BOX = "n/k"
_MENDS = {
    "refused": "ask the respondent, or enter what the answer means; it counts as missing",
    "range": "ask for one number, or choose another treatment of ranges; it counts as missing",
    "doubt": "check the answer; it is kept as it is in the clean file",
    "routing": "ask which of the two answers is right; both are kept",
    "unanswered": "ask for the answer; it counts as missing",
    "contradiction": "ask which of the answers is right; all are kept",
    "duplicate": "decide which return is used; all are kept",
    "key": "give each return its own name or number; delete the row if it is no return",
    "empty": "ask for the answers; the return counts as returned, not as completed",
    "not-a-return": "delete the row, or give the respondent another name; it is not counted",
}


@dataclass(frozen=True)
class Cleaned:
    """The outcome of cleaning; all tables name a return by its row in the sheet.

    `frame` has one typed row per return (counts Int64, numbers and ratings Float64,
    boxes and yes-no boolean, options ordered categories, texts str) in the columns of
    the instrument; `texts` is the same as text, in the standard way of writing, and
    cleans to itself; `undecided` are respondents with several returns of which none is
    chosen. `log`, `problems`, `roles` (one row per post listed) and `ranges`
    (answers that have ends and no value) have the columns named above.
    """

    frame: pd.DataFrame
    texts: pd.DataFrame
    log: pd.DataFrame
    problems: pd.DataFrame
    roles: pd.DataFrame
    ranges: pd.DataFrame
    returns: SheetRows
    rows: tuple[int, ...]
    undecided: tuple[Problem, ...] = ()

    def as_problems(self, file: str) -> list[Problem]:
        """The problems as plain messages about `file`."""
        return [
            Problem(file, p["problem"], p["mend"], p["row"], p["field"] or None, p["value"] or None)
            for p in self.problems.to_dict("records")
        ]


def clean(
    raw: pd.DataFrame,
    instrument: Instrument,
    rules: CleaningRules | None = None,
    *,
    rows: Sequence[int] | None = None,
    file: str = "returns",
) -> Cleaned:
    """Clean the returns of a survey.

    `raw` holds texts, one row per return, in the raw columns of the instrument; `rows`
    are their rows in the sheet (default: the heading is row 1). Raises `ProblemsFound`
    where a column is missing, unknown or there twice, ValueError where `rows` does not
    fit; answers never raise, they are reported.
    """
    rules = rules or CleaningRules()
    _check_columns(raw, instrument, file)
    sheet_rows = tuple(range(2, len(raw) + 2)) if rows is None else tuple(rows)
    if len(sheet_rows) != len(raw):
        raise ValueError(f"{len(raw)} returns, but {len(sheet_rows)} rows are named")
    readers = {part.name: Reader(part, instrument, rules) for part in instrument.parts}
    raw = raw[list(instrument.columns)]
    records = [
        _read_record(row, dict(zip(raw.columns, texts, strict=True)), instrument, readers)
        for row, texts in zip(sheet_rows, raw.itertuples(index=False, name=None), strict=True)
    ]
    returns = count_returns(records, instrument, rules)
    findings = [f for record in records for f in _cell_findings(record)]
    findings += contradictions(records, instrument, rules, returns)
    return Cleaned(
        frame=_typed(records, instrument, raw.index),
        texts=pd.DataFrame(
            {c: [r.cells[c].text for r in records] for c in raw.columns},
            index=raw.index,
            dtype="str",
        ),
        log=_log(records),
        problems=_problems(findings, instrument),
        roles=_roles(records),
        ranges=_ranges(records),
        returns=returns,
        rows=sheet_rows,
        undecided=tuple(undecided(records, instrument, rules, file)),
    )


def _check_columns(raw: pd.DataFrame, instrument: Instrument, file: str) -> None:
    have = [str(column) for column in raw.columns]
    problems = [
        Problem(file, "the column is missing", "add the column", column=name)
        for name in instrument.columns
        if name not in have
    ]
    for name in dict.fromkeys(have):
        if name not in instrument.columns:
            mend = "remove it, or name it in the instrument"
            problems.append(Problem(file, "no question has this column", mend, column=name))
        elif have.count(name) > 1:
            problems.append(Problem(file, "the column is there twice", "keep one", column=name))
    if problems:
        raise ProblemsFound(problems)


def _read_record(
    row: int, raw: dict[str, str], instrument: Instrument, readers: dict[str, Reader]
) -> Record:
    raw = {c: "" if not isinstance(text, str) else text for c, text in raw.items()}
    cells: dict[str, Cell] = {}
    for part in instrument.parts:
        reader = readers[part.name]
        if part.type is PartType.TICKS:
            boxes = {o.column or "": reader.tick(raw[o.column or ""]) for o in part.options}
            cells |= _empty_boxes(boxes)
        else:
            cells[part.column or ""] = reader.read(raw[part.column or ""])
        if part.specify:
            cells[part.specify] = reader.text(raw[part.specify])
    return Record(row, cells)


def _empty_boxes(boxes: dict[str, Cell]) -> dict[str, Cell]:
    """Boxes left blank beside one that was filled in are not ticked; else nobody knows.

    A box of such a question that was filled in but says neither is written as not known,
    so that it is not taken for a blank one later.
    """
    if all(cell.read.value is None for cell in boxes.values()):
        return boxes
    rule = "box left empty in a question that was answered: not ticked"
    unticked: Parsed[Any] = Parsed(value=False, rules=(rule,))
    filled: dict[str, Cell] = {}
    for column, cell in boxes.items():
        if cell.read.missing in (NOT_ANSWERED, NOT_APPLICABLE):
            filled[column] = replace(cell, read=unticked, text="0")
        else:
            filled[column] = cell if cell.text else replace(cell, text=_UNCLEAR_BOX)
    return filled


def _cell_findings(record: Record) -> list[Finding]:
    found: list[Finding] = []
    for column, cell in record.cells.items():
        read = cell.read
        if read.problem is not None:
            kind = "range" if read.is_range else "refused"
            found.append(Finding(record.row, column, cell.raw, kind, read.problem))
        found += [Finding(record.row, column, cell.raw, "doubt", d) for d in read.doubts]
    return found


def _typed(records: list[Record], instrument: Instrument, index: pd.Index) -> pd.DataFrame:
    types = clean_types(instrument)
    columns: dict[str, pd.Series[Any]] = {}
    for name, dtype in types.items():
        cells = [record.cells[name] for record in records]
        is_text = dtype == "str" or isinstance(dtype, pd.CategoricalDtype)
        found = [(c.text or None) if is_text else c.read.value for c in cells]
        columns[name] = pd.Series(found, index=index, dtype=dtype)
    return pd.DataFrame(columns, index=index)


def _log(records: list[Record]) -> pd.DataFrame:
    rows = [
        (record.row, column, cell.raw, cell.text, cell.rule)
        for record in records
        for column, cell in record.cells.items()
        if cell.raw != cell.text
    ]
    return pd.DataFrame(rows, columns=LOG_COLUMNS).astype(
        {"row": "int64", **dict.fromkeys(LOG_COLUMNS[1:], "str")}
    )


def _problems(findings: list[Finding], instrument: Instrument) -> pd.DataFrame:
    order = {column: place for place, column in enumerate(instrument.columns)}
    findings = sorted(findings, key=lambda f: (f.row, order.get(f.field, -1), f.kind, f.problem))
    rows = [(f.row, f.field, f.value, f.kind, f.problem, _MENDS[f.kind]) for f in findings]
    return pd.DataFrame(rows, columns=PROBLEM_COLUMNS).astype(
        {"row": "int64", **dict.fromkeys(PROBLEM_COLUMNS[1:], "str")}
    )


def _roles(records: list[Record]) -> pd.DataFrame:
    rows = []
    for record in records:
        for column, cell in record.cells.items():
            roles = cell.read.value if isinstance(cell.read.value, tuple) else ()
            for line, role in enumerate(roles, start=1):
                time = (role.time.value, role.time.low, role.time.high)
                rows.append((record.row, column, line, role.title, role.count, *time))
    floats = dict.fromkeys(ROLE_COLUMNS[5:], "Float64")
    whole = dict.fromkeys(["row", "line", "count"], "int64")
    return pd.DataFrame(rows, columns=ROLE_COLUMNS).astype(
        {**whole, "field": "str", "title": "str", **floats}
    )


def _ranges(records: list[Record]) -> pd.DataFrame:
    rows = []
    for record in records:
        for column, cell in record.cells.items():
            read = cell.read
            if read.is_range:
                ends = (read.low, read.high, read.low_open, read.high_open)
                for name, label in (cell.bands or {"": ""}).items():
                    rows.append((record.row, column, *ends, name, label))
    return pd.DataFrame(rows, columns=RANGE_COLUMNS).astype(
        {
            "row": "int64",
            "field": "str",
            **dict.fromkeys(["low", "high"], "Float64"),
            **dict.fromkeys(["low_open", "high_open"], "bool"),
            **dict.fromkeys(["bands", "band"], "str"),
        }
    )
