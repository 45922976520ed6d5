"""The file of what the report says more than once: its columns and rules.

One row for each place where the report states a fact that it states elsewhere too: a name, a
number, a year, a source, what a question asks, where something is to be found. `value` is a
short code of ours by which the places are compared (names stand as they are printed), `said`
tells two statements of one line apart. How such rows are compared is told in
`medlead.verdicts.repeated`.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd

from medlead.evidence import CERTAINTIES
from medlead.sources.columns import Column, Kind
from medlead.sources.schemas import Rule

ASPECTS = (
    "definition",
    "name",
    "number",
    "outcome",
    "place",
    "question",
    "scale",
    "source",
    "year",
)
FACT = ("thing", "aspect")
REPEATED_KEYS = (*FACT, "line", "value", "said")
_SECTIONS = (
    r"\d+(?:\.\d+)*|Appendix \d+|ES|Front matter|Contents|Glossary|Acknowledgements|References"
)

REPEATED_COLUMNS = (
    Column("thing", one_spelling=True),
    Column("aspect", Kind.CHOICE, levels=ASPECTS),
    Column("value"),
    Column("said", keep_empty=True, required=False),
    Column("section", pattern=_SECTIONS, says="a number such as 4.1.2, ES, or a part by name"),
    Column("line", Kind.INTEGER, low=1),
    Column("certainty", Kind.CHOICE, levels=CERTAINTIES),
    Column("severity", Kind.CHOICE, levels=("major", "minor", "wording")),
    Column("reading", required=False),
    Column("settles", Kind.CHOICE, required=False, levels=("yes",)),
    Column("told_by", required=False),
    Column("note", required=False),
)


def _of_fact(column: str, judge: Callable[["pd.Series[Any]"], bool]) -> Any:
    """A test of all rows of one fact together, told of each of them."""

    def test(frame: pd.DataFrame) -> "pd.Series[bool]":
        if frame.empty:
            return pd.Series(dtype=bool)
        names = [frame[name].astype("string").fillna("") for name in FACT]
        return frame[column].groupby(names).transform(lambda of: judge(of)).astype(bool)

    return test


def _settled_once(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Whether the places that settle a fact, in one reading, all say the same."""
    settling = frame[frame["settles"].notna()]
    by = [settling[c].astype("string").fillna("") for c in (*FACT, "reading")]
    kept = pd.Series(data=True, index=frame.index)
    if len(settling):
        kept.loc[settling.index] = settling["value"].groupby(by).transform("nunique") <= 1
    return kept


REPEATED_RULES = (
    Rule(
        "repeated-twice",
        "thing",
        _of_fact("line", lambda lines: len(lines) > 1),
        "this is stated in one place only",
        "add the other places, or delete the row",
        needs=("aspect", "line"),
    ),
    Rule(
        "repeated-readings",
        "reading",
        _of_fact(
            "reading", lambda of: bool(of.isna().all() or (of.notna() & (of.nunique() > 1)).all())
        ),
        "of one thing either every place has its reading, and there are several, or none has",
        "name the reading of each place, or of none",
        needs=FACT,
    ),
    Rule(
        "repeated-settled",
        "settles",
        _settled_once,
        "the places that settle this thing say different things",
        "let one value settle it, or none",
        needs=(*FACT, "value", "reading"),
    ),
)
