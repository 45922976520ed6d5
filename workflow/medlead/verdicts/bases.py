"""The bases that a percentage could have been taken of: each is tried, and what it gives shown."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import pandas as pd

from medlead.printed import NEAREST, reconciling_rule
from medlead.verdicts.declared import select
from medlead.verdicts.places import places
from medlead.verdicts.relations import Cell, DeclarationError, Instance, Key, sum_of
from medlead.writing import plain_number

METHOD_COLUMNS = ["item", "row", "column", "method", "result", "match", "tries"]
_OWN = "as declared"
_WHERE = "bases"


def tried_bases(
    declared: Mapping[str, Any] | None,
    instances: Sequence[Instance],
    cells: Sequence[Cell],
    values: Mapping[Key, Fraction],
) -> pd.DataFrame:
    """Every base tried for each percentage of the declared items (columns `METHOD_COLUMNS`).

    The base of the relation comes first, then each of `declared["tried"]` that no smaller
    than the count. `result` is the exact percentage, `match` whether it is printed so:
    exactly, within rounding to nearest, or not. `tries` counts the different bases of one
    percentage: where more than one of them fits, the fit of one says little. Raises
    DeclarationError where a base is not printed, or belongs to an item that is not listed.
    """
    if not declared:
        return pd.DataFrame(columns=METHOD_COLUMNS)
    texts = {c.key: c.text for c in cells}
    offered = _offered(declared, cells)
    rows: list[list[object]] = []
    for instance in instances:
        key = instance.left[0]
        if instance.kind != "share" or key[0] not in declared["items"]:
            continue
        count = sum_of(instance.right, values)
        bases = {tuple(instance.base): _OWN}
        for name, chosen in offered[key[0]]:
            bases[chosen] = name if bases.get(chosen, _OWN) == _OWN else f"{bases[chosen]}; {name}"
        sizes = {chosen: sum_of(chosen, values) for chosen in bases}
        fitting = {chosen: size for chosen, size in sizes.items() if size and size >= count}
        for chosen, size in fitting.items():
            share = 100 * count / size
            rule = reconciling_rule(share, texts[key], NEAREST)
            match = "no" if rule is None else "exact" if rule == "exact" else "within rounding"
            told = places(chosen) if bases[chosen] == _OWN else bases[chosen]
            method = f"{plain_number(float(count))} of {plain_number(float(size))}, {told}"
            tries = len(set(fitting.values()))
            rows.append([*key, method, plain_number(float(share)), match, tries])
    return pd.DataFrame(rows, columns=METHOD_COLUMNS)


def _offered(
    declared: Mapping[str, Any], cells: Sequence[Cell]
) -> dict[str, list[tuple[str, tuple[Key, ...]]]]:
    offered: dict[str, list[tuple[str, tuple[Key, ...]]]] = {i: [] for i in declared["items"]}
    for given in declared["tried"]:
        strange = set(given.get("by_item", ())) - set(offered)
        if strange:
            raise DeclarationError(f"{_WHERE}: {sorted(strange)} is not among the items")
        for item, found in offered.items():
            selection = given.get("by_item", {}).get(item, given.get("cells"))
            if selection is not None:
                chosen = tuple(c.key for c in select(cells, selection, _WHERE))
                found.append((given["base"], chosen))
    return offered
