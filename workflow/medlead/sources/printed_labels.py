"""The file of captions: its columns, rules and references.

`captions.csv` has one row for each caption of a table or figure: where it stands, a
fingerprint of its words and of those in the list at the front, what it says in our own
fields (subject, by what, site, n, year, source), and what the item shows by its place and
the text around it.
"""

import re

import pandas as pd

from medlead.evidence import CERTAINTIES
from medlead.sources.columns import Column, Kind
from medlead.sources.messages import Problem
from medlead.sources.printed_comments import COMMENT_COLUMNS
from medlead.sources.printed_repeats import (
    REPEATED_COLUMNS,
    REPEATED_KEYS,
    REPEATED_RULES,
)
from medlead.sources.reading import nearest

SAID = ("subject", "by", "site", "n", "year", "source")
"""What a caption can say of its item; `shows_` before it for what the item shows."""
_PRINT = r"sha256:[0-9a-f]{16}"


def _optional(name: str) -> Column:
    return Column(name, Kind.TEXT, required=False)


def _fingerprint(name: str) -> Column:
    says = "sha256: and the first 16 digits of the hash of the words"
    return Column(name, Kind.TEXT, pattern=_PRINT, says=says)


CAPTION_COLUMNS = (
    Column("item", Kind.TEXT, pattern=r"(?:table|figure)-\d{2,}", says="such as table-07"),
    Column("line", Kind.INTEGER, low=1),
    Column("list_line", Kind.INTEGER, required=False, low=1),
    _fingerprint("caption"),
    Column("in_list", Kind.TEXT, required=False, pattern=_PRINT),
    Column("subject"),
    *(_optional(name) for name in SAID[1:]),
    Column("shows_subject"),
    *(_optional(f"shows_{name}") for name in SAID[1:]),
    _optional("under_site"),
    Column("certainty", Kind.CHOICE, levels=CERTAINTIES),
    _optional("told_by"),
    _optional("note"),
)

FURTHER_FILES = (
    ("repeated", REPEATED_COLUMNS, REPEATED_KEYS, REPEATED_RULES),
    ("comments", COMMENT_COLUMNS, ("site", "question", "position")),
    ("captions", CAPTION_COLUMNS, ("item",)),
)
"""Further files of the print: columns, key, and rules where a file has any of its own."""


def told_by(text: str) -> dict[str, str]:
    """The checks that tell of a field already, by field: `site:statements C-19 + ...`."""
    parts = (part.partition(":") for part in re.split(r"\s*\+\s*", text) if part)
    return {field: check for field, _, check in parts}


def caption_problems(
    captions: pd.DataFrame, items: pd.DataFrame, file: str = "captions.csv"
) -> list[Problem]:
    """Captions of no registered item or at another line, and items without a caption.

    Both frames are as text.
    """
    lines = dict(zip(items["item"].astype(str), items["line"].astype(str), strict=True))
    problems = []
    for row, (item, line, told) in enumerate(
        zip(captions["item"], captions["line"].astype(str), captions["told_by"], strict=True), 2
    ):
        if item not in lines:
            near = nearest(item, lines)
            mend = f"did you mean '{near}'?" if near else "name an item of items.csv"
            problems.append(Problem(file, "there is no such item", mend, row, "item", item))
        elif lines[item] != line:
            what = f"items.csv has this item at line {lines[item]}"
            problems.append(Problem(file, what, "correct one of them", row, "line", line))
        strange = sorted(set(told_by(told)) - set(SAID))
        if strange:
            mend = f"use one of {', '.join(SAID)}"
            problems.append(Problem(file, f"no field: {strange}", mend, row, "told_by", told))
    numbered = [i for i in lines if re.fullmatch(r"(?:table|figure)-\d+", i)]
    missing = [i for i in numbered if i not in set(captions["item"])] if len(captions) else []
    problems += [
        Problem(file, "an item has no caption", "add its caption", column="item", value=item)
        for item in missing
    ]
    return problems
