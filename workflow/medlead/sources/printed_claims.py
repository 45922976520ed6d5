"""The file of the report's checkable sentences: its columns and rules.

One row for each thing that a sentence states, in our words, with what would decide it and
the check that does (`medlead.verdicts.claim_language`).
"""

import pandas as pd

from medlead.sources.columns import Column, Kind
from medlead.sources.schemas import Rule

SUMMARY = "ES"
"""The section of the executive summary, which has no number."""

CLAIM_COLUMNS = (
    Column(
        "claim",
        pattern=r"(?:es|\d+(?:\.\d+)*)-\d\d+[a-z]?",
        says="the section and a number: 4.2.1-03, es-02 for the executive summary",
    ),
    Column(
        "section", pattern=rf"{SUMMARY}|\d+(?:\.\d+)*", says=f"a number such as 4.1.2, or {SUMMARY}"
    ),
    Column("line", Kind.INTEGER, low=1),
    Column("statement"),
    Column("rests_on"),
    Column("check"),
)


def _of_section(frame: pd.DataFrame) -> "pd.Series[bool]":
    sections = frame["claim"].str.rpartition("-")[0]
    own = sections == frame["section"].str.lower()
    return own | frame["claim"].isna() | frame["section"].isna()


def in_line_order(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Whether each row stands behind no row of a later line; a missing line is passed over."""
    lines = frame["line"].astype("Float64")
    return (lines >= lines.ffill().shift()).fillna(True).astype(bool)


def _numbered(frame: pd.DataFrame) -> "pd.Series[bool]":
    before = frame.groupby("section", sort=False)["claim"].shift()
    given = frame["claim"].notna() & before.notna()
    return ~given | _number(frame["claim"]).gt(_number(before)).fillna(True).astype(bool)


def _number(claims: "pd.Series[str]") -> "pd.Series[str]":
    # A letter behind a number puts a claim between two others.
    tail = claims.str.rpartition("-")[2]
    return tail.str.extract(r"(\d+)")[0].str.zfill(6) + tail.str.extract(r"([a-z]?)$")[0]


CLAIM_RULES = (
    Rule(
        "claim-section",
        "claim",
        _of_section,
        "the id of this claim begins with another section",
        "begin it with the section, in small letters",
        needs=("section",),
    ),
    Rule(
        "claim-lines",
        "line",
        in_line_order,
        "this claim stands behind one of a later line",
        "put the claims in the order of the report's lines",
    ),
    Rule(
        "claim-numbers",
        "claim",
        _numbered,
        "the claims of this section are not numbered in their order",
        "number them upwards in each section",
        needs=("section",),
    ),
)
