"""Integer programmes over the counts of records, solved exactly with HiGHS.

HiGHS is run through SciPy with no gap allowed, and nothing that it returns is taken on
trust: the rounded columns are put into every row again, and the bound that it proved
must meet the value. So a value is the optimum up to 1e-6, and exact where two values
that can be reached differ by more, as sums of whole numbers do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from medlead.reconstruction.facts import Fact, Requirement
from medlead.reconstruction.space import Space

Vector = npt.NDArray[np.float64]
# A count beyond every set of records here.
PLENTY = 1000.0
# How far a row may be missed, and a value stand from its proved bound, by rounding.
TOLERANCE = 1e-6


class Infeasible(Exception):
    """No set of records meets the conditions that allow no slack."""


class Programme:
    """Columns with bounds, rows between limits, and the optimum of a cost over them."""

    def __init__(self) -> None:
        self._low: list[float] = []
        self._high: list[float] = []
        self._whole: list[int] = []
        self._rows: list[int] = []
        self._cols: list[int] = []
        self._factors: list[float] = []
        self._limits: list[tuple[float, float]] = []

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self._low)

    def add_columns(self, number: int, high: float = PLENTY, *, whole: bool = True) -> int:
        """Add columns from 0 to `high`; returns the position of the first."""
        first = self.width
        self._low += [0.0] * number
        self._high += [high] * number
        self._whole += [int(whole)] * number
        return first

    def limit(self, column: int, low: float, high: float) -> None:
        """Set the bounds of one column."""
        self._low[column], self._high[column] = low, high

    def add_row(self, terms: Iterable[tuple[int, float]], low: float, high: float) -> None:
        """Add the condition that a sum of columns with factors lies between two limits."""
        row = len(self._limits)
        for column, factor in terms:
            self._rows.append(row)
            self._cols.append(int(column))
            self._factors.append(factor)
        self._limits.append((low, high))

    def copy(self) -> "Programme":
        """A programme of its own with the same columns and rows."""
        other = Programme()
        for name, value in vars(self).items():
            setattr(other, name, list(value))
        return other

    def minimise(
        self,
        cost: Mapping[int, float] | Vector,
        *,
        relaxed: bool = False,
        gap: float = 0.0,
        nodes: int | None = None,
    ) -> tuple[float, Vector]:
        """The least cost and columns that reach it; whole unless `relaxed`.

        With `gap` or `nodes` the best columns found within that relative distance of the
        optimum, or within that many nodes of the search (not seconds: a second holds more
        on another machine). Raises Infeasible where no columns meet the rows, and
        RuntimeError where the solver ends without what was asked for, or where its columns
        do not meet the rows or the optimum is not proved.
        """
        weights = np.zeros(self.width)
        if isinstance(cost, Mapping):
            for column, factor in cost.items():
                weights[column] += factor
        else:
            weights[: len(cost)] = cost
        shape = (len(self._limits), self.width)
        matrix = csr_array((self._factors, (self._rows, self._cols)), shape=shape)
        limits = np.array(self._limits).reshape(-1, 2)
        whole = np.zeros(self.width, dtype=np.int8)
        if not relaxed:
            whole[:] = self._whole
        options: Any = {"mip_rel_gap": gap} | ({"node_limit": nodes} if nodes else {})
        found: Any = milp(
            weights,
            integrality=whole,
            bounds=Bounds(np.array(self._low), np.array(self._high)),
            constraints=LinearConstraint(matrix, limits[:, 0], limits[:, 1]),
            options=options,
        )
        if found.status == 2:
            raise Infeasible("no set of records meets the conditions")
        if found.status != 0 and not (found.status == 1 and nodes and found.x is not None):
            raise RuntimeError(f"the solver stopped without an optimum: {found.message}")
        columns = np.asarray(found.x, dtype=np.float64)
        if not relaxed:
            exact = whole.astype(bool)
            columns[exact] = np.round(columns[exact])
            sums = matrix @ columns
            missed = np.maximum(limits[:, 0] - sums, sums - limits[:, 1])
            if missed.max(initial=0.0) > TOLERANCE:
                raise RuntimeError("the solver's whole numbers do not meet every row")
        value = float(weights @ columns)
        if not relaxed and not gap and not nodes:
            proved = found.mip_dual_bound
            if proved is None or value - proved > TOLERANCE * max(1.0, abs(value)):
                raise RuntimeError(f"the solver found {value} but proved no more than {proved}")
        return value, columns


@dataclass(frozen=True)
class Assembled:
    """The programme of a space and its facts, and where everything stands in it.

    `populations` are the single records that are counted within all, by name, each
    with its own counts from the given column; all records start at column 0.
    `slacks` are the columns of each fact's slack.
    """

    space: Space
    facts: tuple[Fact, ...]
    programme: Programme
    populations: Mapping[str, int]
    slacks: tuple[tuple[int, ...], ...]
    only_singles: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def counts(self, columns: Vector, population: str = "") -> Vector:
        """The counts of all records, or of one of the single ones."""
        start = self.populations[population] if population else 0
        return columns[start : start + self.space.size]

    def total_slack(self, facts: Sequence[int] | None = None) -> dict[int, float]:
        """The cost that adds up the slack of these facts (positions; None: all)."""
        chosen = range(len(self.facts)) if facts is None else facts
        return {column: 1.0 for fact in chosen for column in self.slacks[fact]}

    def slack_of(self, columns: Vector) -> list[float]:
        """The slack of each fact."""
        return [float(sum(columns[list(s)])) for s in self.slacks]


def assemble(
    space: Space,
    facts: Sequence[Fact],
    singles: Sequence[str] = (),
    *,
    firm: Iterable[int] = (),
    only_singles: Mapping[str, frozenset[int]] | None = None,
) -> Assembled:
    """The integer programme of all sets of records, with slack for each fact.

    `singles` are single records within the set that facts may speak of; `firm` are
    the positions of facts that get no slack. `only_singles` are levels, by variable,
    that no record but a single one holds.
    """
    programme = Programme()
    starts = {"": programme.add_columns(space.size)}
    for name in singles:
        starts[name] = programme.add_columns(space.size, 1.0)
    forbidden = space.forbidden()
    links = space.links()
    for name, start in starts.items():
        for cell in forbidden:
            programme.limit(start + int(cell), 0.0, 0.0)
        for one, other in links:
            terms = [(start + c, 1.0) for c in one] + [(start + c, -1.0) for c in other]
            programme.add_row(terms, 0.0, 0.0)
        if name:
            programme.add_row([(start + c, 1.0) for c in space.cells({}, 0)], 1.0, 1.0)
    apart = _apart(space, only_singles or {})
    for cell in range(space.size):
        if singles or cell in apart:
            terms = [(cell, 1.0)] + [(starts[name] + cell, -1.0) for name in singles]
            programme.add_row(terms, 0.0, 0.0 if cell in apart else PLENTY)
    hard = frozenset(firm)
    slacks = tuple(
        _add_fact(programme, space, fact, starts[fact.population], number in hard)
        for number, fact in enumerate(facts)
    )
    populations = {name: start for name, start in starts.items() if name}
    return Assembled(space, tuple(facts), programme, populations, slacks, only_singles or {})


def _apart(space: Space, levels: Mapping[str, frozenset[int]]) -> frozenset[int]:
    cells: set[int] = set()
    for name, positions in levels.items():
        for number, block in enumerate(space.blocks):
            if name in block:
                cells |= {int(c) for c in space.cells({name: positions}, number)}
    return frozenset(cells)


def terms_of(space: Space, requirement: Requirement, start: int = 0) -> dict[int, float]:
    """The columns of a requirement's sum with their factors; counts begin at `start`."""
    terms: dict[int, float] = {}
    for factor, chosen in requirement.terms:
        for cell in space.cells(chosen):
            terms[start + int(cell)] = terms.get(start + int(cell), 0.0) + factor
    return terms


def _add_fact(
    programme: Programme, space: Space, fact: Fact, start: int, firm: bool
) -> tuple[int, ...]:
    slacks: list[int] = []
    for requirement in fact.requirements:
        row = list(terms_of(space, requirement, start).items())
        if firm:
            programme.add_row(row, requirement.low, requirement.high)
            continue
        if not slacks or not fact.shared:
            # One column for what is missing, one for what is too much.
            slacks += [programme.add_columns(1), programme.add_columns(1)]
        short, over = slacks[-2:]
        programme.add_row([*row, (short, 1.0), (over, -1.0)], requirement.low, requirement.high)
    return tuple(slacks)
