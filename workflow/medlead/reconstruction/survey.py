"""The survey's records: solved to the print with the known sites among them, and written out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from medlead.printed import number
from medlead.provenance import step_seed
from medlead.reconstruction.check import excepted_cells
from medlead.reconstruction.deal import deal
from medlead.reconstruction.facts import INFINITE, Fact, Requirement, number_of
from medlead.reconstruction.margins import Cells, Margins
from medlead.reconstruction.plausible import EFFORT, nearest_counts, targets
from medlead.reconstruction.programme import (
    Assembled,
    Infeasible,
    Programme,
    Vector,
    assemble,
    terms_of,
)
from medlead.reconstruction.returns import ReturnWriter, within_levels
from medlead.reconstruction.sites import site_column, site_facts
from medlead.reconstruction.slack import hold_slack
from medlead.reconstruction.space import Space
from medlead.survey.instrument import Instrument


def solve_survey(
    margins: Margins,
    sites: Sequence[Fact],
    excepted: set[tuple[str, str, str]],
    shapes: Mapping[str, Any],
    seed: int,
    *,
    effort: int = EFFORT,
) -> tuple[Assembled, Vector]:
    """Counts that meet every fact but the excepted ones, which have the least slack.

    Raises Infeasible where other facts would have to differ too.
    """
    # A record that cannot hold what is known of it has still answered.
    answered = [
        replace(fact, requirements=tuple(_answered(margins.space, fact)), kind="answered")
        for fact in sites
        if fact.cell in excepted
    ]
    facts = (*margins.facts, *sites, *answered)
    firm = [i for i, f in enumerate(facts) if f.cell not in excepted or f.kind == "answered"]
    names = list(dict.fromkeys(fact.population for fact in sites))
    assembled = assemble(margins.space, facts, names, firm=firm, only_singles=margins.also)
    total, columns = assembled.programme.minimise(assembled.total_slack())
    held = hold_slack(assembled, round(total))
    fewest = {int(c): 1.0 for chosen in margins.fewest for c in margins.space.cells(chosen)}
    if fewest:
        least, columns = held.minimise(fewest)
        held.add_row(fewest.items(), 0.0, round(least) + 0.5)
    held = _alone(held, margins.space, [f for f in margins.facts if f.cell not in excepted])
    wanted = targets(margins.space, margins.facts, assembled.counts(columns), shapes)
    return assembled, nearest_counts(held, wanted, seed, effort=effort)


def _alone(held: Programme, space: Space, facts: Sequence[Fact]) -> Programme:
    """The programme in which each commonest value stands alone, where it can, in turn."""
    for fact in facts:
        if fact.kind not in ("mode", "commonest"):
            continue
        stricter = held.copy()
        for requirement in fact.requirements:
            stricter.add_row(terms_of(space, requirement).items(), 1.0, INFINITE)
        try:
            stricter.minimise({})
        except Infeasible:
            continue
        held = stricter
    return held


def _answered(space: Space, fact: Fact) -> Iterator[Requirement]:
    for requirement in fact.requirements:
        for _, chosen in requirement.terms:
            yield number_of({name: space.answered(name) for name in chosen}, 1.0)


def make_survey(
    instrument: Instrument,
    margins: Margins,
    declarations: Mapping[str, Any],
    recipe: Mapping[str, Any],
    cells: Cells,
    sites: pd.DataFrame,
    first_times: Mapping[str, Sequence[float]],
    seed: int,
    *,
    effort: int = EFFORT,
) -> pd.DataFrame:
    """The returns of the survey in the questionnaire's own shape, every cell a text.

    All completed returns, in random order, and the empty ones where the print counts
    them. `sites` are the records that are known, `first_times` the known times of their
    first roles. What the print leaves open is filled by the recipe and the seed.
    """
    single = site_facts(declarations["sites"], sites, margins.space)
    excepted = excepted_cells(declarations)
    assembled, columns = solve_survey(
        margins, single, excepted, recipe["shapes"], step_seed(seed, "counts"), effort=effort
    )
    singles = {name: assembled.counts(columns, name) for name in assembled.populations}
    known_of = {given.get("of") for given in declarations["sites"]["columns"]}
    records = deal(
        margins.space,
        assembled.counts(columns),
        singles,
        recipe,
        step_seed(seed, "records"),
        [name for name in recipe["attitude"] if name not in known_of],
    )
    random = np.random.default_rng(step_seed(seed, "values"))
    numbers = _numbers(instrument, margins, declarations, recipe, cells, records, random)
    known = _known(declarations["sites"], sites)
    for (name, variable), value in known.items():
        held = records.index[records["single"] == name]
        for i in held:
            level = margins.space.variables[variable][int(records.loc[i, variable])]
            if level.holds(value):
                numbers[variable][i] = value
    totals = _totals(declarations, cells)
    raw = ReturnWriter(
        instrument,
        margins.space,
        margins.several,
        records,
        numbers,
        recipe,
        totals,
        first_times,
        step_seed(seed, "answers"),
    ).write()
    raw[site_column(declarations["sites"], instrument)] = records["single"]
    order = random.permutation(len(raw))
    raw = raw.iloc[order].reset_index(drop=True)
    for value in declarations["values"]:
        if value["statistic"] == "empty":
            empty = int(number(cells[(value["item"], value["row"], value["column"])]))
            for _ in range(empty):
                raw.loc[len(raw)] = ""
    raw[instrument.key] = [f"{i:03d}" for i in range(1, len(raw) + 1)]
    return raw[list(instrument.columns)]


def _known(mapping: Mapping[str, Any], sites: pd.DataFrame) -> dict[tuple[str, str], float]:
    """The numbers that are known of single records, by name and variable."""
    return {
        (str(record[mapping["key"]]), given["of"]): float(record[given["column"]])
        for _, record in sites.iterrows()
        for given in mapping["columns"]
        if "of" in given and isinstance(record[given["column"]], Real)
    }


def _printed(
    declarations: Mapping[str, Any], cells: Cells, of: str, where: bool = False
) -> dict[str, tuple[float, Mapping[str, str]]]:
    return {
        v["statistic"]: (
            float(number(cells[(v["item"], v["row"], v["column"])])),
            v.get("where", {}),
        )
        for v in declarations["values"]
        if v.get("of") == of and ("where" in v) == where
    }


def _totals(declarations: Mapping[str, Any], cells: Cells) -> dict[str, tuple[float, float, float]]:
    found: dict[str, tuple[float, float, float]] = {}
    for of in {v["of"] for v in declarations["values"] if v["statistic"] == "mean"}:
        printed = _printed(declarations, cells, of)
        found[of] = (printed["lowest"][0], printed["highest"][0], printed["mean"][0])
    return found


def _numbers(
    instrument: Instrument,
    margins: Margins,
    declarations: Mapping[str, Any],
    recipe: Mapping[str, Any],
    cells: Cells,
    records: pd.DataFrame,
    random: np.random.Generator,
) -> dict[str, "pd.Series[float]"]:
    """The value of each variable that has one, the printed ends attained."""
    space = margins.space
    found: dict[str, pd.Series[float]] = {}
    for name, levels in space.variables.items():
        if all(level.low is None for level in levels):
            continue
        coded = next(v for v in instrument.coded if v.name == name)
        if coded.bands is None:
            lows = [np.nan if lv.low is None else lv.low for lv in levels]
            found[name] = pd.Series([lows[i] for i in records[name]], index=records.index)
            continue
        printed = _printed(declarations, cells, coded.sources[0])
        ends = (printed["lowest"][0], printed["highest"][0])
        values = within_levels(space, name, records, recipe["steps"][name], ends, random)
        for statistic, (value, where) in [
            *printed.items(),
            *_printed(declarations, cells, coded.sources[0], where=True).items(),
        ]:
            among = pd.Series(True, index=records.index)
            for other, level in where.items():
                among &= records[other].isin(space.positions(other, [level]))
            inside = [lv.holds(value) for lv in levels]
            among &= records[name].isin([i for i, holds in enumerate(inside) if holds])
            chosen = values[among]
            end = chosen.idxmin() if statistic == "lowest" else chosen.idxmax()
            values = values.where(values.index != end, value)
        found[name] = values
    return found
