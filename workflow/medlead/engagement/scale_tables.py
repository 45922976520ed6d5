"""Tables of the scales, in our words, and the names that the print gives them.

Tables 26, 29 and 30 of the report name the scales and say in a sentence what each is
concerned with. The sentences are not carried over; the names are, since results stand
under them, and the report does not always use the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.engagement.instrument import Instrument, Scale, same_name, spellings
from medlead.evidence import EvidenceClass
from medlead.layout import tidy
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import nearest

NAME_COLUMNS = ["item", "row", "column", "scale", "printed", "name", "same", "evidence"]
_KEYS = ("item", "title", "name", "means", "rows")


@dataclass(frozen=True)
class ScaleTable:
    """One table: its headings, and the scale behind each of its rows."""

    item: str
    title: str
    name: str
    means: str
    rows: Mapping[str, Scale]


def load_scale_tables(
    mapping: Mapping[str, Any], instrument: Instrument, *, file: str = "mes_tables.yaml"
) -> tuple[ScaleTable, ...]:
    """The declared tables; ProblemsFound with missing and unknown keys, and unknown scales."""
    problems: list[Problem] = []
    known = [word for scale in instrument.scales for word in spellings(scale)]
    tables = []
    for place, given in enumerate(mapping.get("tables") or (), 1):
        where = f"tables / {given.get('item', place)}"
        for key in (k for k in given if k not in _KEYS):
            near = nearest(key, _KEYS)
            mend = f"did you mean '{near}'?" if near else "remove it"
            problems.append(Problem(file, f"{where}: the key '{key}' is not known", mend))
        missing = [key for key in _KEYS if key not in given]
        problems += [
            Problem(file, f"{where}: the key '{key}' is missing", f"add `{key}:`")
            for key in missing
        ]
        if missing:
            continue
        rows: dict[str, Scale] = {}
        for heading in map(str, given["rows"]):
            scale = instrument.scale_called(heading)
            if scale is None:
                near = nearest(heading, known)
                mend = f"did you mean '{near}'?" if near else "add it to the aliases of a scale"
                what = f"{where}: the row is headed by no name of a scale"
                problems.append(Problem(file, what, mend, value=heading))
            else:
                rows[heading] = scale
        headings = (str(given[key]) for key in ("item", "title", "name", "means"))
        tables.append(ScaleTable(*headings, rows))
    if problems:
        raise ProblemsFound(problems)
    return tuple(tables)


def scale_tables(tables: Sequence[ScaleTable]) -> dict[str, pd.DataFrame]:
    """Each table as a tidy frame (row, column, value, text, n, evidence), by item.

    Names and meanings are the instrument's own; each cell tells of one scale.
    """
    return {
        table.item: tidy(
            [
                (row, heading, text, text, 1, EvidenceClass.CONCEPTUAL)
                for row, scale in table.rows.items()
                for heading, text in ((table.name, scale.title), (table.means, scale.means))
            ]
        )
        for table in tables
    }


def compared_names(tables: Sequence[ScaleTable], cells: pd.DataFrame) -> pd.DataFrame:
    """Every printed name of a scale beside the one that is used (columns `NAME_COLUMNS`).

    `cells` is the register of printed cells. `same` is yes where the print has the name
    that is used, whatever its capitals and marks of the kind, all of it in the cell or
    part of it in the heading of the row ("Index", "Medical Engagement"). A cell that is
    not printed has no row.
    """
    keys = zip(cells["item"], cells["row"], cells["column"], strict=True)
    printed = dict(zip(keys, cells["text"], strict=True))
    rows = []
    for table in tables:
        for row, scale in table.rows.items():
            text = printed.get((table.item, row, table.name))
            if text is None:
                continue
            same = any(same_name(t, scale.title) for t in (text, f"{text} {row}"))
            shown = "yes" if same else "no"
            evidence = str(EvidenceClass.PRINTED_AGGREGATES)
            rows.append(
                (table.item, row, table.name, scale.name, text, scale.title, shown, evidence)
            )
    return pd.DataFrame(rows, columns=NAME_COLUMNS)
