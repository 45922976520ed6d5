"""From the file of returns to the tables of the cleaned and coded survey."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.sources.messages import ProblemsFound
from medlead.sources.reading import read_text_table
from medlead.survey.allowed import allowed_answers
from medlead.survey.cleaning import Cleaned, clean
from medlead.survey.coded import EVIDENCE
from medlead.survey.coding import Coded
from medlead.survey.instrument import Instrument, Part
from medlead.survey.rules import CleaningRules

logger = logging.getLogger(__name__)

WHOLE_FILE = "(file)"
_SEVERAL_MEND = "if these are several things, part them with a semicolon; otherwise leave it"


def read_returns(
    path: Path, instrument: Instrument, rules: CleaningRules, sheet: str = ""
) -> tuple[Cleaned, tuple[str, ...]]:
    """The returns of a CSV or XLSX file, cleaned, and what the reader of the file handled.

    Raises `ProblemsFound` where nothing sensible can be done: the file or its heading
    cannot be read, a column is missing or belongs to no question, or several returns of
    one respondent hold answers and no choice is made for them. Answers never raise.
    """
    table = read_text_table(path, columns=instrument.columns, sheet=sheet or None, keep_faults=True)
    for note in table.notes:
        logger.warning("%s: %s", table.file, note)
    cleaned = clean(table.frame, instrument, rules, rows=table.rows, file=table.file)
    if cleaned.undecided:
        raise ProblemsFound(cleaned.undecided)
    return cleaned, table.notes


def checked_returns(
    path: Path, instrument: Instrument, rules: CleaningRules, sheet: str = ""
) -> pd.DataFrame:
    """The raw columns of the returns, as they will be read; raises as `read_returns` does."""
    return read_returns(path, instrument, rules, sheet)[0].texts


def cleaned_tables(
    cleaned: Cleaned,
    coded: Coded,
    instrument: Instrument,
    *,
    file: str,
    evidence: str,
    notes: Sequence[str] = (),
) -> dict[str, pd.DataFrame]:
    """Every table of the cleaned survey, by name, each with its evidence class as last column.

    `coded` and `clean` have a row for each row of the sheet, as has `returns` (what the
    row is, whether it is used, and if not why); `listed` a row for each return and code of
    a list, `mentions` for each text coded, `roles` for each post, `uncoded` for each text
    without a code; `changes` a row for each change, `ranges` for each answer kept as its ends,
    `problems` for everything a person should look at. `notes` about the whole file stand
    at the head of `changes`. All of these name the return by its key and its row in the
    sheet. `decisions` are those of the instrument.
    """
    key = instrument.part(instrument.key).column or ""
    names = dict(zip(cleaned.rows, cleaned.frame[key], strict=True))
    tables = {
        "coded": coded.frame,
        "clean": cleaned.texts.assign(row=cleaned.rows)[["row", *instrument.columns]],
        "returns": _returns(cleaned, key),
        "listed": _items(coded, cleaned.rows),
        "mentions": coded.mentions.rename(columns={"variable": "set"}),
        "roles": coded.roles,
        "uncoded": coded.uncoded.rename(columns={"variable": "set"}),
        "changes": _log(cleaned, notes),
        "ranges": cleaned.ranges,
        "problems": _problems(cleaned, coded, instrument, file),
    }
    whole = {"coded", "clean", "returns"}
    decisions = pd.DataFrame(
        [(d.about, d.found, d.decided, d.because) for d in instrument.decisions],
        columns=["about", "found", "decided", "because"],
        dtype="str",
    ).assign(**{EVIDENCE: str(EvidenceClass.CONCEPTUAL)})
    return {"decisions": decisions} | {
        name: (table if name in whole else _named(table, names, key)).assign(**{EVIDENCE: evidence})
        for name, table in tables.items()
    }


def _named(table: pd.DataFrame, names: dict[int, Any], key: str) -> pd.DataFrame:
    """The table with the key of each return in front."""
    found = pd.Series([names.get(row) for row in table["row"]], index=table.index, dtype="str")
    rest = [c for c in table.columns if c not in ("row", "file")]
    front = pd.DataFrame({key: found, "row": table["row"]}, index=table.index)
    own = table[["file"]] if "file" in table.columns else table[[]]
    return pd.concat([own, front, table[rest]], axis=1)


def _returns(cleaned: Cleaned, key: str) -> pd.DataFrame:
    returns = cleaned.returns
    return pd.DataFrame(
        {
            key: cleaned.frame[key],
            "row": cleaned.rows,
            "returned": returns.is_return,
            "answers": returns.answers,
            "complete": returns.is_complete,
            "used": returns.is_used,
            "why": returns.why,
        }
    )


def _items(coded: Coded, rows: Sequence[int]) -> pd.DataFrame:
    long = [
        (row, name, code, frame[code].iloc[place])
        for name, frame in coded.items.items()
        for place, row in enumerate(rows)
        for code in frame.columns
    ]
    return pd.DataFrame(long, columns=["row", "set", "code", "named"]).astype(
        {"row": "int64", "set": "str", "code": "str", "named": "boolean"}
    )


def _log(cleaned: Cleaned, notes: Sequence[str]) -> pd.DataFrame:
    head = pd.DataFrame(
        [(None, WHOLE_FILE, "", "", note) for note in notes], columns=cleaned.log.columns
    )
    log = cleaned.log.astype({"row": "Int64"})
    return pd.concat([head.astype(log.dtypes.to_dict()), log], ignore_index=True)


def _problems(cleaned: Cleaned, coded: Coded, instrument: Instrument, file: str) -> pd.DataFrame:
    parts = {column: part for part in instrument.parts for column in part.columns}
    order = {column: place for place, column in enumerate(instrument.columns)}
    several = coded.mentions[coded.mentions["also"] != ""]
    told = [
        (m["row"], m["field"], m["text"], "several-codes", _several(m), _SEVERAL_MEND)
        for m in several.to_dict("records")
    ]
    rows = [*cleaned.problems.itertuples(index=False, name=None), *told]
    rows.sort(key=lambda r: (r[0], order.get(r[1], -1), r[3], r[4]))
    return pd.DataFrame(
        [
            (file, row, field, value, kind, problem, _allowed_in(kind, parts.get(field)), mend)
            for row, field, value, kind, problem, mend in rows
        ],
        columns=["file", "row", "column", "value", "kind", "problem", "allowed", "mend"],
    ).astype({"row": "int64"})


def _several(mention: dict[Any, Any]) -> str:
    return f"this is coded as '{mention['code']}', and parts of it fit '{mention['also']}' too"


def _allowed_in(kind: str, part: Part | None) -> str:
    return allowed_answers(part) if part is not None and kind in ("refused", "range") else ""
