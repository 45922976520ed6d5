"""A small world for the tests of the reconstruction: four variables, every record, every table."""

import itertools

import numpy as np
import numpy.typing as npt
import pandas as pd

from medlead.reconstruction.facts import Fact, number_of
from medlead.reconstruction.levels import count_levels
from medlead.reconstruction.space import Level, Space

Counts = npt.NDArray[np.float64]


def numbered(*values: int) -> tuple[Level, ...]:
    return tuple(Level(str(v), str(v), v, v + 0.5) for v in values)


def named(*names: str) -> tuple[Level, ...]:
    return tuple(Level(n, n) for n in names)


SMALL = Space(
    {"f": named("yes", "no"), "t": named("a", "b"), "x": numbered(1, 2, 3), "y": numbered(1, 2)},
    (("f", "t"), ("x", "f", "t"), ("y", "f", "t")),
)
PAIR = SMALL.with_block(("x", "y", "f", "t"))
RECORDS = [
    dict(zip("ftxy", values, strict=True))
    for values in itertools.product(*(range(len(SMALL.variables[v])) for v in "ftxy"))
]


def counts_of(space: Space, records: list[dict[str, int]]) -> Counts:
    return count_levels(space, pd.DataFrame(records, columns=list(space.variables)))


def margin_facts(space: Space, counts: Counts, names: str = "xy") -> list[Fact]:
    """The two-way tables of each variable with f and with t, and the sizes of f and t."""
    facts = []
    for by in "ft":
        for j, group in enumerate(space.variables[by]):
            chosen = {by: frozenset([j])}
            n = space.count(chosen, counts)
            facts.append(Fact("sizes", by, group.name, f"{n:g}", "count", (number_of(chosen, n),)))
            for name in names:
                for i, level in enumerate(space.variables[name]):
                    both = {**chosen, name: frozenset([i])}
                    n = space.count(both, counts)
                    cell = (f"{name} by {by}", group.name, level.name)
                    facts.append(Fact(*cell, f"{n:g}", "count", (number_of(both, n),)))
    return facts


def random_records(random: np.random.Generator, number: int) -> list[dict[str, int]]:
    return [RECORDS[i] for i in random.integers(len(RECORDS), size=number)]


def total_slack(space: Space, facts: list[Fact], counts: Counts) -> float:
    return sum(fact.slack(space, counts) for fact in facts)


X_ONLY = Space({v: SMALL.variables[v] for v in "ftx"}, (("f", "t"), ("x", "f", "t")))


def of_x(records: list[dict[str, int]]) -> Counts:
    return count_levels(X_ONLY, pd.DataFrame(records)[list("ftx")])


X_KINDS = [r for r in RECORDS if r["y"] == 0]
# Every set of three records that differ in f, t and x only.
X_TABLES = [
    of_x([X_KINDS[i] for i in chosen])
    for chosen in itertools.combinations_with_replacement(range(len(X_KINDS)), 3)
]
