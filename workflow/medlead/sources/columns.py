"""Columns of contracts: what a column may hold, and how its text becomes typed values.

The text of a file is turned into a value here, or into a `Failure` that says
what is wrong with one cell in plain words. Ranges, patterns and rules between
columns are the schema's part (`medlead.sources.schemas`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

import pandas as pd

from medlead.sources.reading import MISSING_MARKS, nearest


class Scale(Protocol):
    """What a column needs to know of a rating scale."""

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels from worst to best; empty for a range of numbers."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The marks for "not known"."""

    @property
    def not_applicable(self) -> tuple[str, ...]:
        """The marks for "does not exist for this record"."""

    @property
    def allowed(self) -> str:
        """The allowed values in one line."""

    def admits(self, number: float) -> bool:
        """Whether a number lies on the scale."""


class Kind(StrEnum):
    """The types of column."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes or no"
    CHOICE = "choice"
    RATING = "rating"


@dataclass(frozen=True)
class Column:
    """One column: its type, whether each record needs a value, and the values allowed.

    `low` and `high` are included in the range, `above` is not. `pattern` is a
    regular expression for the whole text and `says` its meaning, or the unit, in
    plain words. `missing` are the marks read as no value (None: the usual ones
    of the type). With `keep_empty` an empty cell is the empty text. `one_spelling`
    refuses values that differ in capitals and blanks only.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = True
    low: float | None = None
    high: float | None = None
    above: float | None = None
    levels: tuple[str, ...] = ()
    ordered: bool = False
    pattern: str | None = None
    says: str = ""
    missing: tuple[str, ...] | None = None
    keep_empty: bool = False
    one_spelling: bool = False
    scale: Scale | None = None

    @property
    def dtype(self) -> Any:
        """The pandas type of the typed column."""
        levels = self.scale.levels if self.scale else self.levels
        if levels:
            return pd.CategoricalDtype(list(levels), ordered=self.ordered or self.scale is not None)
        return _DTYPES[self.kind]

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks that are read as no value."""
        if self.scale is not None:
            return self.scale.missing
        if self.missing is not None:
            return self.missing
        return ("",) if self.kind is Kind.TEXT else tuple(MISSING_MARKS)

    @property
    def applicable_name(self) -> str | None:
        """The name of the companion column, where the scale knows marks for "not applicable"."""
        has_marks = self.scale is not None and bool(self.scale.not_applicable)
        return f"{self.name}_applicable" if has_marks else None

    @property
    def allowed(self) -> str:
        """What a cell may hold, in one line."""
        if self.scale is not None:
            return self.scale.allowed
        if self.levels:
            return ", ".join(self.levels)
        shown = {
            Kind.INTEGER: "a whole number",
            Kind.NUMBER: "a number",
            Kind.DATE: "a date as YYYY-MM-DD or dd/mm/yyyy",
            Kind.YES_NO: "yes, no",
        }.get(self.kind, "" if self.pattern else "a text")
        if self.above is not None:
            shown += f" above {self.above:g}"
        if self.low is not None:
            shown += f" from {self.low:g}"
        if self.high is not None:
            shown += f" to {self.high:g}" if self.low is not None else f" up to {self.high:g}"
        if self.says:
            shown += f", {self.says}" if shown else self.says
        return shown if self.required else f"{shown}, or empty"


_DTYPES: Mapping[Kind, Any] = {
    Kind.TEXT: pd.StringDtype(na_value=float("nan")),
    Kind.INTEGER: pd.Int64Dtype(),
    Kind.NUMBER: "float64",
    Kind.DATE: "datetime64[s]",
    Kind.YES_NO: pd.BooleanDtype(),
    Kind.RATING: "float64",
}


@dataclass(frozen=True)
class Failure:
    """One cell whose text is not a value of its column."""

    position: int
    what: str
    mend: str


class _Refused(Exception):
    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


def convert(
    texts: Sequence[str], column: Column
) -> tuple["pd.Series[Any]", "pd.Series[bool] | None", list[Failure]]:
    """The typed values of a column, its applicability (or None) and the cells refused.

    Refused cells are NA in the typed column. The index counts records from 0.
    """
    values: list[object] = []
    failures: list[Failure] = []
    not_applicable = column.scale.not_applicable if column.scale else ()
    for position, text in enumerate(texts):
        value: object = None
        try:
            if text not in not_applicable:
                value = _value(text, column)
        except _Refused as refused:
            failures.append(Failure(position, refused.what, refused.mend))
        values.append(value)
    typed: pd.Series[Any] = pd.Series(values, dtype=column.dtype, name=column.name)
    applicable = None
    if column.applicable_name is not None:
        applicable = pd.Series([text not in not_applicable for text in texts], dtype="bool")
    return typed, applicable, failures


def _value(text: str, column: Column) -> object:
    if text == "" and column.keep_empty:
        return ""
    if text in column.marks:
        if column.required and column.scale is None:
            what = "a value is needed here"
            if text:
                what += f", and '{text}' means {MISSING_MARKS.get(text, 'missing')}"
            raise _Refused(what, "fill in the value, or take the record out")
        return None
    if column.levels or (column.scale is not None and column.scale.levels):
        return _level(text, column)
    return _READERS[column.kind](text, column)


def _level(text: str, column: Column) -> str:
    levels = column.scale.levels if column.scale is not None else column.levels
    if text in levels:
        return text
    if text == "" and column.scale is not None:
        raise _Refused("a rating is needed here", "write one of the allowed values")
    near = nearest(text, levels)
    if near is not None:
        raise _Refused("this value is not known", f"did you mean '{near}'?")
    raise _Refused("this value is not known", _advice_on_mark(text, column))


def _advice_on_mark(text: str, column: Column) -> str:
    if column.scale is not None and text in MISSING_MARKS:
        meaning = MISSING_MARKS[text]
        key = "not_applicable" if meaning == "not applicable" else "missing"
        return (
            f"'{text}' usually means {meaning}: if it does here, add it to `{key}` of this "
            "column in the rating scales"
        )
    if column.scale is not None:
        return "write one of the allowed values, or change the levels in the rating scales"
    return "write one of the allowed values"


_WHOLE = re.compile(r"[-+]?\d+(?:\.0*)?")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T]00:00(?::00)?)?")
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


def _read_number(text: str, column: Column) -> float:
    plain = text.replace("−", "-")
    if _NUMBER.fullmatch(plain):
        return float(plain)
    raise _Refused("this is not a number", _advice_on_number(plain, column))


def _read_integer(text: str, column: Column) -> int:
    plain = text.replace("−", "-")
    if _WHOLE.fullmatch(plain):
        return int(plain.partition(".")[0])
    if _NUMBER.fullmatch(plain):
        raise _Refused("this is not a whole number", "write the number without a fraction")
    raise _Refused("this is not a whole number", _advice_on_number(plain, column))


def _advice_on_number(text: str, column: Column) -> str:
    if _GROUPED.fullmatch(text):
        plain = text.replace(",", "")
        point = text.replace(",", ".") if text.count(",") == 1 and "." not in text else ""
        if point and column.kind is not Kind.INTEGER:
            return f"write '{plain}' without a comma, or '{point}' if a decimal point is meant"
        return f"write '{plain}', without commas"
    if _DECIMAL_COMMA.fullmatch(text):
        return f"write '{text.replace(',', '.')}', with a decimal point"
    bare = re.sub(r"[£$€%,\s]|[A-Za-z]+\.?", "", text)
    if bare and bare != text and _NUMBER.fullmatch(bare):
        return f"write the number alone, e.g. '{bare}' if that is meant in the column's unit"
    if column.scale is not None:
        return _advice_on_mark(text, column)
    empty = "" if column.required else ", or leave the cell empty where nothing is known"
    return f"write a number with digits{empty}"


def _read_date(text: str, column: Column) -> date:
    iso, day_first = _ISO.fullmatch(text), _DAY_FIRST.fullmatch(text)
    mend = f"write {column.allowed}"
    if iso:
        year, month, day = (int(part) for part in iso.groups())
    elif day_first:
        day, month, year = (int(part) for part in day_first.groups())
        if month > 12 >= day:
            mend = f"the day stands first: write '{month:02}/{day:02}/{year}' if that is meant"
    else:
        raise _Refused("this is not a date", mend)
    try:
        return date(year, month, day)
    except ValueError:
        raise _Refused("there is no such day", mend) from None


def _read_yes_no(text: str, column: Column) -> bool:
    # A spreadsheet turns some typed answers into its own TRUE and FALSE.
    answers = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
    answer = answers.get(text.casefold())
    if answer is None:
        raise _Refused("this is neither yes nor no", "write 'yes' or 'no'")
    return answer


_READERS: Mapping[Kind, Callable[[str, Column], object]] = {
    Kind.TEXT: lambda text, _: text,
    Kind.INTEGER: _read_integer,
    Kind.NUMBER: _read_number,
    Kind.DATE: _read_date,
    Kind.YES_NO: _read_yes_no,
    Kind.RATING: _read_number,
}
