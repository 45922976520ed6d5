"""The file of the report's conclusions: its columns and rules.

One row for each conclusion, in our words, with a check over claims that says how it stands
(`medlead.verdicts.conclusions`).
"""

from medlead.sources.columns import Column, Kind
from medlead.sources.printed_claims import CLAIM_COLUMNS, CLAIM_RULES, SUMMARY, in_line_order
from medlead.sources.schemas import Rule

CONCLUSION_COLUMNS = (
    Column("conclusion", pattern=r"c-\d\d+", says="c and a number: c-03"),
    Column(
        "section", pattern=rf"{SUMMARY}|\d+(?:\.\d+)*", says=f"a number such as 6.11, or {SUMMARY}"
    ),
    Column("line", Kind.INTEGER, low=1),
    Column("statement"),
    Column("check"),
    Column("note", required=False),
)

CONCLUSION_RULES = (
    Rule(
        "conclusion-lines",
        "line",
        in_line_order,
        "this conclusion stands behind one of a later line",
        "put the conclusions in the order of the report's lines",
    ),
)

SENTENCE_FILES = (
    ("claims", CLAIM_COLUMNS, ("claim",), CLAIM_RULES),
    ("conclusions", CONCLUSION_COLUMNS, ("conclusion",), CONCLUSION_RULES),
)
"""The contracts of the files of the report's sentences: name, columns, keys and rules."""
