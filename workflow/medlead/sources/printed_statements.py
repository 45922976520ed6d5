"""The file of printed statements on engagement: its columns and rules.

One row for each statement that the report makes about sites, groups and scales in its
sections 6.4 to 6.8. What a kind means as a condition is told in `medlead.reconstruction`.
"""

import pandas as pd

from medlead.sources.columns import Column, Kind
from medlead.sources.schemas import Rule

NOT_CHECKABLE = "not-checkable"
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
    "group-name",
    "groups",
    "groups-somewhere",
    "higher",
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
)


def _reasoned(frame: pd.DataFrame) -> "pd.Series[bool]":
    wanting = (frame["followed"] == "no") | (frame["kind"] == NOT_CHECKABLE)
    return ~wanting.fillna(False).astype(bool) | frame["reason"].notna()


def _decided(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["followed"].notna() | (frame["kind"] == NOT_CHECKABLE).astype(bool)


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
)
