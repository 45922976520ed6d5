"""The survey's built tables read back with the types they were built with.

`clean_survey` writes CSV, in which every type is lost; the instrument knows them. All
readers give the returns in the order of the file, numbered from 0, so that rows of one
table stand beside the same rows of another.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from medlead.sources.messages import Problem, ProblemsFound
from medlead.survey.definition import RESERVED, YES_NO, PartType
from medlead.survey.instrument import OPTION_MARK, CodedVariable, CodeKind, Instrument
from medlead.writing import read_csv

EVIDENCE = "evidence"
_MEND = "delete the file and build again; it was made with another questionnaire or by hand"
_TRUTHS = {"True": True, "False": False, "1": True, "0": False, "yes": True, "no": False}
_NUMBERS: Mapping[PartType, str] = {
    PartType.NUMBER: "Float64",
    PartType.COUNT: "Int64",
    PartType.RATING: "Float64",
}
_BOXES = frozenset({PartType.TICKS, PartType.YES_NO})
_ROLE_TYPES = {
    **dict.fromkeys(("row", "line", "count"), "int64"),
    **dict.fromkeys(("time", "time_low", "time_high"), "Float64"),
}


def coded_types(instrument: Instrument) -> dict[str, Any]:
    """The pandas type of each column of the coded frame, in its order.

    Variables with levels are ordered categories, counts Int64, other numbers Float64,
    lists of codes and texts str; `row` is int64, `returned`, `complete` and `used`
    are bool.
    """
    key = instrument.part(instrument.key)
    types: dict[str, Any] = {key.column or "": clean_types(instrument)[key.column or ""]}
    types |= dict(zip(RESERVED, ("int64", "bool", "bool", "bool"), strict=True))
    return types | {v.name: _coded_type(v, instrument) for v in instrument.coded}


def clean_types(instrument: Instrument) -> dict[str, Any]:
    """The pandas type of each column of the clean frame, in the order of the instrument."""
    types: dict[str, Any] = {}
    for part in instrument.parts:
        own: Any = _NUMBERS.get(part.type, "boolean" if part.type in _BOXES else "str")
        if part.type is PartType.CHOICE:
            own = pd.CategoricalDtype([o.name for o in part.options], ordered=True)
        types |= {c: "str" if c == part.specify else own for c in part.columns}
    return types


def _coded_type(variable: CodedVariable, instrument: Instrument) -> Any:
    codes = instrument.codes.get(variable.codes or "")
    if codes is not None and codes.kind in (CodeKind.ITEMS, CodeKind.ROLES):
        return "str"
    if variable.bands is not None or codes is not None:
        return pd.CategoricalDtype(list(instrument.levels(variable.name)), ordered=True)
    if variable.sum:
        return "Float64"
    name = variable.sources[0]
    if variable.of is not None:
        first = instrument.part(variable.of).options[0].name
        name = name.replace(OPTION_MARK, first)
    part = instrument.part(name)
    if part.type is PartType.YES_NO:
        return pd.CategoricalDtype(list(YES_NO), ordered=True)
    return clean_types(instrument)[part.column or ""]


def read_coded(path: Path, instrument: Instrument) -> pd.DataFrame:
    """The coded returns, one row each, with the columns and types of `Coded.frame`.

    Bands and codes are ordered categories in the order of the instrument, whether or not
    a level occurs; what was not answered is missing. The file's column `evidence` is left
    out. Raises `ProblemsFound` where the file does not fit the instrument.
    """
    return _read(path, coded_types(instrument))


def read_clean(path: Path, instrument: Instrument) -> pd.DataFrame:
    """The clean answers, one row for each return, with the columns and types of `Cleaned.frame`.

    Raises `ProblemsFound` where the file does not fit the instrument.
    """
    types = clean_types(instrument)
    return _read(path, {"row": "int64", **types})[list(types)]


def read_items(path: Path, instrument: Instrument) -> dict[str, pd.DataFrame]:
    """The codes of each list, as `Coded.items`: by variable, one truth value per return and code.

    Missing where the question was not answered. Raises `ProblemsFound` where the file
    does not fit the instrument.
    """
    key = instrument.part(instrument.key).column or ""
    types = {key: "str", "row": "int64", "set": "str", "code": "str", "named": "boolean"}
    long = _read(path, types)
    items: dict[str, pd.DataFrame] = {}
    for variable in instrument.coded:
        codes = instrument.codes.get(variable.codes or "")
        if codes is None or codes.kind not in (CodeKind.ITEMS, CodeKind.ROLES):
            continue
        # Rows of the sheet rise through the file, so the order of returns is theirs.
        own = long[long["set"] == variable.name]
        wide = own.pivot(index="row", columns="code", values="named")
        missing = [name for name in codes.names if name not in wide.columns]
        if missing and len(wide):
            what = f"the list '{variable.name}' lacks codes of the questionnaire"
            problem = Problem(path.as_posix(), what, _MEND, column="code", value=", ".join(missing))
            raise ProblemsFound([problem])
        wide = wide.reindex(columns=list(codes.names)).reset_index(drop=True)
        items[variable.name] = wide.rename_axis(columns=None).astype("boolean")
    return items


def read_roles(path: Path) -> pd.DataFrame:
    """The posts listed in the returns, one row each, with the types of `Coded.roles`."""
    frame = read_csv(path, **_ROLE_TYPES)
    texts = [name for name in frame.columns if name not in _ROLE_TYPES]
    return frame.assign(**{c: frame[c].where(frame[c] != "", None).astype("str") for c in texts})


def _read(path: Path, types: Mapping[str, Any]) -> pd.DataFrame:
    shown = path.as_posix()
    texts = read_csv(path)
    have = [c for c in texts.columns if c != EVIDENCE]
    if have != list(types):
        what = "the columns are not those of the questionnaire"
        allowed = ", ".join(types)
        raise ProblemsFound([Problem(shown, what, _MEND, value=", ".join(have), allowed=allowed)])
    problems: list[Problem] = []
    columns: dict[str, pd.Series[Any]] = {}
    for name, dtype in types.items():
        found: list[Any] = []
        for row, text in enumerate(texts[name], start=2):
            try:
                found.append(_value(text, dtype))
            except ValueError as error:
                found.append(None)
                problem = Problem(shown, str(error), _MEND, row, name, text, _allowed(dtype))
                problems.append(problem)
        if not problems:
            columns[name] = pd.Series(found, index=texts.index, dtype=dtype)
    if problems:
        raise ProblemsFound(problems)
    return pd.DataFrame(columns, index=texts.index)


def _value(text: str, dtype: Any) -> Any:
    """One cell as a value of its type, None where it is empty; raises ValueError."""
    if text == "":
        if dtype in ("int64", "bool"):
            raise ValueError("the cell is empty")
        return None
    if isinstance(dtype, pd.CategoricalDtype):
        if text not in dtype.categories:
            raise ValueError("the questionnaire has no such level")
        return text
    if dtype in ("bool", "boolean"):
        # A box that was filled in but says neither is written as `n/k` in the clean file.
        if text not in _TRUTHS and (dtype == "bool" or text != "n/k"):
            raise ValueError("this is neither true nor false")
        return _TRUTHS.get(text)
    if dtype == "str":
        return text
    try:
        return int(text) if dtype in ("int64", "Int64") else float(text)
    except ValueError:
        raise ValueError("this is not a number of the right kind") from None


def _allowed(dtype: Any) -> str:
    if isinstance(dtype, pd.CategoricalDtype):
        return ", ".join(map(str, dtype.categories))
    names = {"int64": "a whole number", "Int64": "a whole number", "Float64": "a number"}
    return names.get(str(dtype), "True, False")
