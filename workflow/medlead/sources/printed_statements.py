"""The file of printed statements on engagement: its columns and rules.

One row for each statement that the report makes about sites, groups and scales in its
sections 6.4 to 6.8, and for some around them that do not go with others. What a kind means
as a condition is told in `medlead.reconstruction`. `item`, `row` and `column` name the
printed cell that holds a statement's number. What is not followed says `against` which
statements, how sure it is that not all of them can be true, and how much hangs on it.
"""

from collections.abc import Iterable

import pandas as pd

from medlead.evidence import CERTAIN, CONDITIONAL
from medlead.sources.columns import Column, Kind
from medlead.sources.messages import Problem
from medlead.sources.reading import nearest
from medlead.sources.schemas import Rule

NOT_CHECKABLE, GROUP_NAME, SCALE_NAME = "not-checkable", "group-name", "scale-name"
HIGHER = "higher"
# What stands between the statements of one cell.
JOIN = " + "
CELL = ("item", "row", "column")
STATEMENT_KINDS = (
    "aligned-groups",
    "alignment",
    "area",
    "b-categories",
    "b-each-over",
    "b-lean",
    "b-least",
    "b-most",
    "b-none-over",
    "b-over",
    "b-percent",
    "b-questions-with",
    "band",
    "both-components",
    "clusters",
    "component-band",
    "differ",
    "fewer-returns",
    GROUP_NAME,
    "groups",
    "groups-somewhere",
    HIGHER,
    "lead-largest",
    "least",
    "midpoint",
    "mixed",
    "most",
    "most-ratings",
    "norm-size",
    "not-all-in",
    "not-quadrant",
    "quadrant",
    "ratings-in",
    "returns",
    SCALE_NAME,
    "sites-in-band",
    "sites-returning",
    "some-band",
    "spread",
    NOT_CHECKABLE,
)


def _text(name: str, required: bool = False) -> Column:
    return Column(name, Kind.TEXT, required=required)


STATEMENT_COLUMNS = (
    Column("statement", pattern=r"\w+-\d\d+", says="the site or `all`, and a number: A-01"),
    Column("section", pattern=r"\d+(?:\.\d+)*", says="a number such as 4.1.2"),
    Column("line", Kind.INTEGER, low=1),
    _text("site"),
    _text("group"),
    _text("scale"),
    Column("kind", Kind.CHOICE, levels=STATEMENT_KINDS),
    _text("value"),
    _text("words", required=True),
    Column("followed", Kind.CHOICE, required=False, levels=("yes", "no")),
    _text("reason"),
    *(_text(name) for name in CELL),
    _text("against"),
    Column("certainty", Kind.CHOICE, required=False, levels=(CERTAIN, CONDITIONAL)),
    Column("severity", Kind.CHOICE, required=False, levels=("major", "minor", "wording")),
)


def _reasoned(frame: pd.DataFrame) -> "pd.Series[bool]":
    wanting = (frame["followed"] == "no") | (frame["kind"] == NOT_CHECKABLE)
    return ~wanting.fillna(False).astype(bool) | frame["reason"].notna()


def _decided(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["followed"].notna() | (frame["kind"] == NOT_CHECKABLE).astype(bool)


def _weighed(frame: pd.DataFrame) -> "pd.Series[bool]":
    told = frame[["against", "certainty", "severity"]].notna()
    refused = (frame["followed"] == "no").fillna(False).astype(bool)
    return (refused & told.all(axis=1)) | (~refused & ~told.any(axis=1))


def _whole_cell(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame[list(CELL)].notna().sum(axis=1).isin([0, len(CELL)])


STATEMENT_RULES = (
    Rule(
        "statement-reasoned",
        "reason",
        _reasoned,
        "a statement that is not checked or not followed needs a reason",
        "say why it cannot be checked, or what was followed instead",
        needs=("followed", "kind"),
    ),
    Rule(
        "statement-decided",
        "followed",
        _decided,
        "it is not told whether the statement is followed",
        "write yes or no",
        needs=("kind",),
    ),
    Rule(
        "statement-weighed",
        "against",
        _weighed,
        "what is not followed, and nothing else, says against which statements, how sure and "
        "how severe that is",
        "fill in against, certainty and severity, or empty all three",
        needs=("followed", "certainty", "severity"),
    ),
    Rule(
        "statement-cell",
        "item",
        _whole_cell,
        "a printed cell is named by item, row and column together",
        "fill in all three, or none",
        needs=("row", "column"),
    ),
)


def statement_problems(
    statements: pd.DataFrame, cells: pd.DataFrame, file: str = "engagement.csv"
) -> list[Problem]:
    """Statements that name another statement or a printed cell which is not there.

    Both frames are as text, empty where nothing is said.
    """
    known = list(statements["statement"])
    keys: Iterable[tuple[str, ...]] = cells[list(CELL)].itertuples(index=False, name=None)
    printed = {" / ".join(key) for key in keys}
    problems = []
    for row, said in enumerate(statements.to_dict("records"), 2):
        for name in str(said["against"]).split(JOIN) if said["against"] else ():
            if name not in known:
                near = nearest(name, known)
                mend = f"did you mean '{near}'?" if near else "name a statement of this file"
                what = "there is no such statement"
                problems.append(Problem(file, what, mend, row, "against", name))
        cell = " / ".join(str(said[part]) for part in CELL)
        if said["item"] and cell not in printed:
            near = nearest(cell, printed)
            mend = f"did you mean '{near}'?" if near else "name a cell of cells.csv"
            problems.append(Problem(file, "there is no such printed cell", mend, row, "item", cell))
    return problems
