"""The least slack that the print needs, which cells can carry it, and in how many ways."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from medlead.reconstruction.programme import PLENTY, Assembled, Infeasible, Programme, Vector

# Counts are whole, so a real slack is at least 1; the solver works to some 1e-6.
NEGLIGIBLE = 1e-3
_ROOM = 0.5


@dataclass(frozen=True)
class Stage:
    """One aim of several, the earlier ones kept at their optimum: its name, cost and optimum."""

    name: str
    cost: Mapping[int, float]
    optimum: float


@dataclass(frozen=True)
class Supports:
    """Every set of cells that can carry the least slack, with the slack of each cell.

    `always` are the facts (positions) that need slack in every optimum, also in those
    that were not listed; `complete` tells whether the search ended of itself, so that
    there are no other sets than those found.
    """

    total: float
    found: tuple[Mapping[int, float], ...]
    always: frozenset[int]
    complete: bool

    @property
    def sometimes(self) -> frozenset[int]:
        """The facts that need slack in some optimum that was found, but not in every one."""
        return frozenset.union(*(frozenset(s) for s in self.found)) - self.always


def in_stages(
    programme: Programme, aims: Iterable[tuple[str, Mapping[int, float]]]
) -> tuple[Programme, list[Stage], Vector]:
    """Minimise several costs, each with all earlier ones held at their optimum.

    Returns a programme in which all optima are held, the stages, and columns that
    reach them all.
    """
    held = programme.copy()
    stages: list[Stage] = []
    columns: Vector | None = None
    for name, cost in aims:
        optimum, columns = held.minimise(cost)
        optimum = _whole(optimum)
        held.add_row(cost.items(), float("-inf"), optimum + _ROOM)
        stages.append(Stage(name, cost, optimum))
    if columns is None:
        raise ValueError("there is no aim")
    return held, stages, columns


def least_slack(assembled: Assembled) -> tuple[float, Vector]:
    """The least total slack over all sets of records, and columns that reach it."""
    total, columns = assembled.programme.minimise(assembled.total_slack())
    return _whole(total), columns


def hold_slack(assembled: Assembled, total: float) -> Programme:
    """The programme in which the total slack is no more than `total`."""
    held = assembled.programme.copy()
    held.add_row(assembled.total_slack().items(), float("-inf"), total + _ROOM)
    return held


def optimal_supports(
    assembled: Assembled, limit: int = 200, within: Programme | None = None
) -> Supports:
    """All sets of cells that carry the least slack, by forbidding one after the other.

    A set is told from another by which cells need slack, not by how much. At most
    `limit` sets are sought. `within` is the programme with further aims held; else the
    least slack is.
    """
    cost = assembled.total_slack()
    if within is None:
        total, _ = least_slack(assembled)
        held = hold_slack(assembled, total)
    else:
        held = within.copy()
        total = _whole(held.minimise(cost)[0])
    always = always_needed(assembled, held)
    # One mark for each fact: 1 where it has slack, 0 where it has none.
    marks = [held.add_columns(1, 1.0) for _ in assembled.slacks]
    for mark, slacks in zip(marks, assembled.slacks, strict=True):
        held.add_row([(mark, -max(total, 1.0)), *((s, 1.0) for s in slacks)], -PLENTY, 0.0)
        held.add_row([(mark, -1.0), *((s, 1.0) for s in slacks)], 0.0, PLENTY)
    found: list[Mapping[int, float]] = []
    while len(found) < limit:
        try:
            _, columns = held.minimise(cost)
        except Infeasible:
            return Supports(total, tuple(found), always, complete=True)
        support = support_of(assembled, columns)
        found.append(support)
        terms = [(mark, -1.0 if i in support else 1.0) for i, mark in enumerate(marks)]
        held.add_row(terms, 1.0 - len(support), float("inf"))
    return Supports(total, tuple(found), always, complete=False)


def support_of(assembled: Assembled, columns: Vector) -> dict[int, float]:
    """The facts (positions) that have slack in a solution, and how much."""
    slacks = enumerate(assembled.slack_of(columns))
    return {fact: _whole(slack) for fact, slack in slacks if slack > NEGLIGIBLE}


def always_needed(assembled: Assembled, held: Programme) -> frozenset[int]:
    """The facts that need slack in every optimum: only one of a first optimum can."""
    _, columns = held.minimise(assembled.total_slack())
    return frozenset(
        fact
        for fact in support_of(assembled, columns)
        if held.minimise(assembled.total_slack([fact]))[0] > NEGLIGIBLE
    )


def _whole(value: float) -> float:
    return float(round(value)) if abs(value - round(value)) < NEGLIGIBLE else value
