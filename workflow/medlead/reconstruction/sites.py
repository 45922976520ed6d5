"""Records that are known one by one (the case-study sites), as facts about single records."""

from collections.abc import Mapping
from numbers import Real
from typing import Any

import pandas as pd

from medlead.reconstruction.facts import Fact, number_of
from medlead.reconstruction.space import Selection, Space
from medlead.sources.reading import nearest
from medlead.survey.instrument import Instrument
from medlead.writing import plain_number


def site_facts(mapping: Mapping[str, Any], sites: pd.DataFrame, space: Space) -> tuple[Fact, ...]:
    """One fact for each value that is known of a site, with the site as its population.

    `mapping` is the part `sites` of the declarations, `sites` the records, one row for
    each site. Raises ValueError for a value that stands for no level.
    """
    facts: list[Fact] = []
    for _, record in sites.iterrows():
        name = str(record[mapping["key"]])
        for given in mapping["columns"]:
            value = record[given["column"]]
            if pd.isna(value):
                continue
            chosen = _selection(given, value, space)
            text = plain_number(float(value)) if isinstance(value, Real) else str(value)
            item, column = given["shown"]
            needed = (number_of(chosen, 1.0),)
            facts.append(Fact(item, name, column, text, "record", needed, population=name))
    return tuple(facts)


def site_column(mapping: Mapping[str, Any], instrument: Instrument) -> str:
    """The column of the returns that names the site, where the return is that of one.

    `mapping` is the part `sites` of the declarations; its `part` is one of the questionnaire.
    Raises ValueError, with the nearest name, where it is not.
    """
    name, names = str(mapping["part"]), [part.name for part in instrument.parts]
    if name not in names:
        near = nearest(name, names)
        hint = f"; did you mean '{near}'?" if near else ""
        raise ValueError(f"sites / part: the questionnaire has no part '{name}'{hint}")
    return instrument.part(name).column or ""


def first_times(roles: pd.DataFrame, mapping: Mapping[str, Any]) -> dict[str, list[float]]:
    """The time of each post of the role that comes first on a board, by site.

    `roles` has one row for each role of a site; `mapping` names the role and its columns
    under `first_role`. A role without a time is left out.
    """
    given = mapping["first_role"]
    chosen = roles[(roles[given["column"]] == given["role"]) & roles[given["time"]].notna()]
    posts = pd.to_numeric(chosen[given["posts"]]).fillna(1).astype(int)
    listed = zip(chosen[mapping["key"]], chosen[given["time"]], posts, strict=True)
    return {str(site): [float(time)] * int(number) for site, time, number in listed}


def _selection(given: Mapping[str, Any], value: Any, space: Space) -> Selection:
    if "records" in given:
        wanted = given["records"].get(str(value))
        if wanted is None:
            raise ValueError(f"'{value}' under {given['column']} describes no records")
        return {name: space.positions(name, [level]) for name, level in wanted.items()}
    of = given["of"]
    levels = space.variables[of]
    if any(level.low is not None for level in levels):
        found = frozenset(i for i, level in enumerate(levels) if level.holds(float(value)))
    else:
        named = given.get("levels", {}).get(str(value), str(value))
        found = space.positions(of, [named] if isinstance(named, str) else named)
    if not found:
        raise ValueError(f"{value} under {given['column']} is no level of '{of}'")
    return {of: found}
