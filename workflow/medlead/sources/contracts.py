"""From a file to a typed frame: every input is checked against its contract.

The contracts themselves stand in `medlead.sources.catalogue`. `read_checked`
reads one file against its contract, `read_study` several with the references
between them. Everything that is wrong is raised at once.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from medlead.sources.catalogue import CONTRACTS, Contract, Scales, contract_named
from medlead.sources.columns import Kind, convert
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import MISSING_MARKS, TextTable, nearest, read_text_table
from medlead.sources.schemas import build_schema, problems_of

__all__ = [
    "CONTRACTS",
    "REFERENCES",
    "REPORT_FIGURES",
    "REPORT_TABLES",
    "Contract",
    "Scales",
    "check_references",
    "check_register",
    "contract_named",
    "read_checked",
    "read_study",
    "validate",
]

logger = logging.getLogger(__name__)


def validate(table: TextTable, contract: Contract, scales: Scales | None = None) -> pd.DataFrame:
    """The typed frame of a table, columns in the contract's order, one row per record.

    Whole numbers are Int64, other numbers float64, ratings by level an ordered
    categorical (worst first), yes and no boolean, dates datetime64, text pandas
    `str`. A rating whose scale has marks for "not applicable" is NA there, and
    `<column>_applicable` behind it says False. Raises `ProblemsFound` with every
    cell that cannot be read and every rule that is broken; ValueError where the
    file has ratings and no scales are given.
    """
    columns = contract.columns_for(scales)
    typed: dict[str, pd.Series[Any]] = {}
    problems: list[Problem] = []
    refused: set[tuple[int, str]] = set()
    for column in columns:
        texts = table.frame[column.name].tolist()
        typed[column.name], applicable, failures = convert(texts, column)
        if column.applicable_name is not None and applicable is not None:
            typed[column.applicable_name] = applicable
        for failure in failures:
            refused.add((failure.position, column.name))
            problems.append(
                Problem(
                    file=table.file,
                    what=failure.what,
                    mend=failure.mend,
                    row=table.rows[failure.position],
                    column=column.name,
                    value=texts[failure.position],
                    allowed=column.allowed,
                )
            )
    frame = pd.DataFrame(typed)
    rules = contract.rules_for(columns)
    schema = build_schema(contract.name, columns, rules)
    problems.extend(problems_of(frame, table, schema, columns, rules, refused))
    if problems:
        place = {column.name: number for number, column in enumerate(columns)}
        raise ProblemsFound(sorted(problems, key=lambda p: (p.row or 0, place[p.column or ""])))
    return frame


def read_checked(
    path: Path, name: str, scales: Scales | None = None, sheet: str | None = None
) -> pd.DataFrame:
    """Read one file against the contract called `name`; raises `ProblemsFound`.

    What the reader handled (titles and notes left out, blanks removed) is logged
    as a warning, so that no row is dropped in silence.
    """
    return _read(path, contract_named(name), scales, sheet)[0]


def read_study(
    paths: Mapping[str, Path],
    scales: Mapping[str, Scales] | None = None,
    sheets: Mapping[str, str] | None = None,
) -> dict[str, pd.DataFrame]:
    """Read several files, by name of contract, with the references between them.

    `scales` and `sheets` are given by the same names. Raises one `ProblemsFound`
    with the problems of all files.
    """
    frames: dict[str, pd.DataFrame] = {}
    tables: dict[str, TextTable] = {}
    problems: list[Problem] = []
    for name, path in paths.items():
        sheet = (sheets or {}).get(name)
        try:
            frames[name], tables[name] = _read(
                path, contract_named(name), (scales or {}).get(name), sheet
            )
        except ProblemsFound as found:
            problems.extend(found.problems)
    problems.extend(check_references(frames, tables))
    if problems:
        raise ProblemsFound(problems)
    return frames


def _read(
    path: Path, contract: Contract, scales: Scales | None, sheet: str | None
) -> tuple[pd.DataFrame, TextTable]:
    names = [column.name for column in contract.columns_for(scales)]
    table = read_text_table(path, columns=names, sheet=sheet)
    for note in (*table.notes, *_mark_notes(table, contract, scales)):
        logger.warning("%s: %s", table.file, note)
    return validate(table, contract, scales), table


def _mark_notes(table: TextTable, contract: Contract, scales: Scales | None) -> list[str]:
    """How often a column holds a mark for a missing value that nobody declared for it."""
    notes = []
    for column in contract.columns_for(scales):
        if column.kind is Kind.TEXT:
            continue
        found = table.frame[column.name].value_counts()
        scale = column.scale
        declared = {*scale.missing, *scale.not_applicable} if scale else {""}
        for mark in (m for m in MISSING_MARKS if m not in declared and m in found.index):
            what = MISSING_MARKS[mark]
            notes.append(f"column '{column.name}': '{mark}' ({what}) in {found[mark]} cells")
    return notes


# What the report of 2013 numbers (its lists of tables and figures).
REPORT_TABLES = 32
REPORT_FIGURES = 90

# (file, column) -> (file, column) that must hold every value of the first.
REFERENCES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("site_roles", "site"): ("sites", "site"),
    ("site_performance", "site"): ("sites", "site"),
    ("site_self_ratings", "site"): ("sites", "site"),
    ("comments", "site"): ("sites", "site"),
    ("cells", "item"): ("items", "item"),
}


def check_references(
    frames: Mapping[str, pd.DataFrame], tables: Mapping[str, TextTable] | None = None
) -> list[Problem]:
    """Every value that another file should know and does not, each told once per file.

    `frames` are validated frames by name of contract; pairs of which one is not
    given are passed over. With `tables` the problems name files and sheet rows.
    """
    problems = []
    for (name, column), (target, key) in REFERENCES.items():
        if name not in frames or target not in frames:
            continue
        known = frames[target][key].dropna().astype(str).tolist()
        known_set = set(known)
        seen: dict[str, list[int]] = {}
        for position, value in enumerate(frames[name][column]):
            if str(value) not in known_set:
                seen.setdefault(str(value), []).append(position)
        for value, positions in seen.items():
            table = None if tables is None else tables.get(name)
            near = nearest(value, known)
            there = f"add it to {_file(target, tables)}, or correct it here"
            problems.append(
                Problem(
                    file=_file(name, tables),
                    what=f"{_file(target, tables)} has no {key} of this name"
                    + (f" (it stands in {len(positions)} rows here)" if positions[1:] else ""),
                    mend=f"did you mean '{near}'? If not, {there}" if near else there,
                    row=None if table is None else table.rows[positions[0]],
                    column=column,
                    value=value,
                    allowed=", ".join(known) if len(known) <= 20 else None,
                )
            )
    return problems


def _file(name: str, tables: Mapping[str, TextTable] | None) -> str:
    return tables[name].file if tables is not None and name in tables else f"{name}.csv"


def check_register(
    items: pd.DataFrame,
    *,
    tables: int = REPORT_TABLES,
    figures: int = REPORT_FIGURES,
    file: str = "items.csv",
) -> list[Problem]:
    """What a report's register lacks, given how many tables and figures the report numbers.

    A register is complete where it has `table-01` to the last table and
    `figure-01` to the last figure, and none beyond.
    """
    present = set(items["item"])
    wanted = [
        f"{kind}-{number:02}"
        for kind, count in (("table", tables), ("figure", figures))
        for number in range(1, count + 1)
    ]
    problems = [
        Problem(
            file,
            "the register lacks this item",
            "add it, or say with scope `out` and a reason why it is not rebuilt",
            column="item",
            value=item,
        )
        for item in wanted
        if item not in present
    ]
    beyond = sorted(i for i in present - set(wanted) if i.startswith(("table-", "figure-")))
    problems.extend(
        Problem(
            file,
            "the report numbers no such item",
            "correct the number or delete the line",
            column="item",
            value=item,
            allowed=f"table-01 to table-{tables:02}, figure-01 to figure-{figures:02}",
        )
        for item in beyond
    )
    return problems
