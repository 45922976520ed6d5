"""Whether returns meet everything that is printed about them, cell by cell."""

import math
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from medlead.printed import interval, number
from medlead.reconstruction.facts import Fact
from medlead.reconstruction.levels import as_levels, count_levels, numbers, used_returns
from medlead.reconstruction.margins import Cells, Margins
from medlead.reconstruction.programme import Vector
from medlead.reconstruction.sites import site_column
from medlead.reconstruction.space import MISSING, Space
from medlead.sources.messages import Problem
from medlead.survey.allowed import allowed_answers
from medlead.survey.definition import PartType
from medlead.survey.instrument import OPTION_MARK, Instrument
from medlead.writing import plain_number

COLUMNS = ("item", "row", "column", "kind", "printed", "found", "slack", "holds")
HOLDS, EXCEPTED, FAILS = "yes", "excepted", "no"

Cell = tuple[str, str, str]


def excepted_cells(declarations: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """The cells that the declarations allow to differ, by item, row and column."""
    return {(e["item"], e["row"], e["column"]) for e in declarations["exceptions"]}


def check_survey(
    raw: pd.DataFrame,
    instrument: Instrument,
    margins: Margins,
    declarations: Mapping[str, Any],
    cells: Cells,
    excepted: Collection[Cell] = (),
    sites: Collection[Fact] = (),
) -> pd.DataFrame:
    """Every condition on the returns: what is printed, what they give, and whether it holds.

    `raw` are returns in the questionnaire's own shape, written cleanly. `slack` is by how
    many records (for a value: by how much) they miss; `holds` is yes, no, or excepted for
    cells that are known to differ. `sites` are facts about single returns, found by the
    column that names a site.
    The first row tells whether every answer has a level at all.
    """
    used = used_returns(raw, instrument)
    key = site_column(declarations["sites"], instrument)
    levels = as_levels(used, instrument, margins.space, margins.several)
    counts = count_levels(margins.space, levels)
    rows: list[tuple[Any, ...]] = [_known_levels(levels)]
    for fact in margins.facts:
        slack = fact.slack(margins.space, counts)
        found = _found(fact, margins.space, counts)
        rows.append((*fact.cell, fact.kind, fact.text, found, slack, ""))
    single = {
        name: count_levels(margins.space, levels[(used[key] == name).to_numpy()])
        for name in {fact.population for fact in sites}
    }
    for fact in sites:
        slack = fact.slack(margins.space, single[fact.population])
        name = next(iter(fact.requirements[0].terms[0][1]))
        held = levels.loc[used[key] == fact.population, name]
        found = margins.space.variables[name][int(held.iloc[0])].name if len(held) else MISSING
        rows.append((*fact.cell, fact.kind, fact.text, found, slack, ""))
    rows += [_value(given, raw, used, instrument, cells) for given in declarations["values"]]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    known = set(excepted)
    frame["holds"] = [
        HOLDS if slack < 1e-9 else EXCEPTED if (item, row, column) in known else FAILS
        for item, row, column, slack in zip(
            frame["item"], frame["row"], frame["column"], frame["slack"], strict=True
        )
    ]
    return frame


def unreadable_numbers(raw: pd.DataFrame, instrument: Instrument, file: str) -> list[Problem]:
    """Every answer that should be a number and is none, as a problem of the file.

    `raw` are returns with the heading in row 1 of `file` and no row left out.
    """
    return [
        Problem(
            file,
            "this is not a number",
            "write a plain number, or leave the cell empty where nothing was answered",
            row,
            part.column,
            str(text),
            allowed_answers(part),
        )
        for part in instrument.parts
        if part.type in (PartType.NUMBER, PartType.COUNT, PartType.RATING)
        for row, text in enumerate(raw[part.column or ""].fillna(""), start=2)
        if str(text) != "" and not _is_number(str(text))
    ]


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _found(fact: Fact, space: Space, counts: Vector) -> str:
    """What the records give in the place of a printed cell."""
    first = fact.requirements[0]
    _, chosen = first.terms[0]
    if not fact.of:
        return plain_number(space.count(chosen, counts))
    where = {name: levels for name, levels in chosen.items() if name != fact.of}
    held = {
        i: space.count({**where, fact.of: frozenset([i])}, counts)
        for i in sorted(space.answered(fact.of))
    }
    levels = space.variables[fact.of]
    present = sorted((i for i, n in held.items() if n > 0), key=lambda i: (levels[i].low or 0, i))
    if not present:
        return ""
    if fact.kind in ("lowest", "highest"):
        named = [present[0] if fact.kind == "lowest" else present[-1]]
    else:
        # Not those that the cell leaves aside (the commonest one, where the second is told).
        compared = [i for r in fact.requirements for _, o in r.terms for i in o[fact.of]]
        most = max(held[i] for i in set(compared))
        named = [i for i in sorted(set(compared)) if held[i] == most]
    return " or ".join(levels[i].name for i in named)


def _known_levels(levels: pd.DataFrame) -> tuple[Any, ...]:
    unknown = int((levels < 0).sum().sum())
    where = ", ".join(str(name) for name in levels if (levels[name] < 0).any())
    return ("returns", "answers without a level", where, "coding", "0", str(unknown), unknown, "")


def _value(
    given: Mapping[str, Any],
    raw: pd.DataFrame,
    used: pd.DataFrame,
    instrument: Instrument,
    cells: Cells,
) -> tuple[Any, ...]:
    key = (given["item"], given["row"], given["column"])
    statistic = given["statistic"]
    text = cells[key]
    if statistic == "mean":
        printed = interval(text, "statistic")
        low, high = float(printed.low), float(printed.high)
    else:
        low = high = float(number(text))
    if statistic in ("returned", "empty"):
        found = float(len(raw) if statistic == "returned" else len(raw) - len(used))
    else:
        part = used
        for name, level in given.get("where", {}).items():
            part = part[part[name] == level]
        names = [given["of"]]
        if OPTION_MARK in given["of"]:
            front, _, back = given["of"].partition(OPTION_MARK)
            names = [
                p.name
                for p in instrument.parts
                if p.name.startswith(front) and p.name.endswith(back) and p.option
            ]
        values = pd.concat([numbers(part, name, instrument) for name in names]).dropna()
        found = float(
            {"lowest": values.min, "highest": values.max, "mean": values.mean}[statistic]()
        )
    return (*key, statistic, text, plain_number(found), max(low - found, found - high, 0.0), "")
