"""What the least slack says, as tables: which cells, in how many ways, and with the sites."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from medlead.reconstruction.facts import Fact
from medlead.reconstruction.margins import Margins
from medlead.reconstruction.programme import Assembled, assemble
from medlead.reconstruction.sites import site_facts
from medlead.reconstruction.slack import (
    Supports,
    always_needed,
    hold_slack,
    in_stages,
    least_slack,
    optimal_supports,
    support_of,
)
from medlead.writing import plain_number

ALWAYS, SOMETIMES = "always", "in some"


def slack_report(margins: Margins, limit: int = 200) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells that need slack when the survey's print stands alone, and every set of them.

    The first table has one row for each cell: whether it needs slack in every optimum
    (`always`) or `in some`, in how many of how many sets, and how much. The second has
    one row for each cell of each set. `complete` tells whether there are no other sets.
    """
    assembled = assemble(margins.space, margins.facts, only_singles=margins.also)
    supports = optimal_supports(assembled, limit)
    return _cells(assembled, supports), _sets(assembled, supports)


def scenario_report(
    margins: Margins, declarations: Mapping[str, Any], sites: pd.DataFrame
) -> pd.DataFrame:
    """The least slack of each declared scenario, and the cells that carry it.

    One row for each cell of one optimum, with its printed text, what the records give,
    its slack, and whether it needs slack in every optimum of the scenario.
    """
    single = site_facts(declarations["sites"], sites, margins.space)
    rows: list[tuple[Any, ...]] = []
    for given in declarations["scenarios"]:
        rows += _scenario(margins, given, single)
    rows += _staged(margins, declarations, single)
    columns = ["scenario", "total", "item", "row", "column", "printed", "found", "slack", "needed"]
    return pd.DataFrame(rows, columns=columns)


def _scenario(
    margins: Margins, given: Mapping[str, Any], single: Sequence[Fact]
) -> list[tuple[Any, ...]]:
    free = {tuple(cell) for cell in given.get("free", ())}
    known = [
        fact
        for fact in (single if given["sites"] == "all" else ())
        if fact.population != given.get("without") and fact.cell not in free
    ]
    facts = (*margins.facts, *known)
    held = set(given.get("held", ()))
    firm = [i for i, f in enumerate(facts) if i >= len(margins.facts) or f.item in held]
    names = list(dict.fromkeys(fact.population for fact in known))
    assembled = assemble(margins.space, facts, names, firm=firm, only_singles=margins.also)
    total, columns = least_slack(assembled)
    # A scenario that leaves a site out is only asked how much slack remains.
    always = None if "without" in given else always_needed(assembled, hold_slack(assembled, total))
    return _rows(given["scenario"], total, assembled, columns, always)


def _staged(
    margins: Margins, declarations: Mapping[str, Any], single: Sequence[Fact]
) -> list[tuple[Any, ...]]:
    """The print first, then as much of the sites as it allows."""
    facts = (*margins.facts, *single)
    certain = {tuple(g["shown"]) for g in declarations["sites"]["columns"] if g.get("firm")}
    firm = [i for i, f in enumerate(facts) if f.kind == "record" and (f.item, f.column) in certain]
    names = list(dict.fromkeys(fact.population for fact in single))
    assembled = assemble(margins.space, facts, names, firm=firm, only_singles=margins.also)
    count = len(margins.facts)
    held, stages, columns = in_stages(
        assembled.programme,
        [
            ("print", assembled.total_slack(range(count))),
            ("sites", assembled.total_slack(range(count, len(facts)))),
        ],
    )
    total = sum(stage.optimum for stage in stages)
    always = always_needed(assembled, held)
    return _rows("print first, then the sites", total, assembled, columns, always)


def _rows(
    scenario: str,
    total: float,
    assembled: Assembled,
    columns: Any,
    always: Collection[int] | None,
) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for number, slack in support_of(assembled, columns).items():
        fact = assembled.facts[number]
        found = fact.found(assembled.space, assembled.counts(columns, fact.population))
        shown = "" if fact.kind == "record" else plain_number(found)
        needed = "" if always is None else ALWAYS if number in always else SOMETIMES
        rows.append((scenario, total, *fact.cell, fact.text, shown, slack, needed))
    return rows


def _cells(assembled: Assembled, supports: Supports) -> pd.DataFrame:
    rows = []
    for number in sorted(supports.always | supports.sometimes):
        fact = assembled.facts[number]
        slacks = [found[number] for found in supports.found if number in found]
        needed = ALWAYS if number in supports.always else SOMETIMES
        rows.append(
            (
                *fact.cell,
                fact.kind,
                fact.text,
                needed,
                len(slacks),
                len(supports.found),
                supports.complete,
                max(slacks),
                supports.total,
            )
        )
    columns = ["item", "row", "column", "kind", "printed", "needed", "in_sets", "of_sets"]
    return pd.DataFrame(rows, columns=[*columns, "complete", "slack", "total"])


def _sets(assembled: Assembled, supports: Supports) -> pd.DataFrame:
    listed = sorted(sorted(found.items()) for found in supports.found)
    rows = [
        (position, *assembled.facts[number].cell, assembled.facts[number].text, slack)
        for position, found in enumerate(listed, start=1)
        for number, slack in found
    ]
    return pd.DataFrame(rows, columns=["set", "item", "row", "column", "printed", "slack"])
