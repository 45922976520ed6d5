"""Exact bounds: the least and greatest value of a statistic over all consistent records.

Shares and means are ratios of counts and are optimised by Dinkelbach's method (1967),
which solves integer programmes until the ratio stands still. Both sums of such a ratio
are whole multiples of a half, so a better ratio would show in the programme by 1/(2n) at
least, far above what the solver leaves open: the end found is exact. A correlation depends on
the joint counts only through one sum once it is known which returns are left out for
a missing answer: a programme that chooses among those ways is solved until nothing better
is left, in whole numbers where the codes are whole, so that this end is exact too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from medlead.reconstruction.programme import Assembled, Infeasible, Programme, Vector
from medlead.reconstruction.space import Selection, Space

Sum = Mapping[int, float]
# Below every gain that a ratio of sums over records can make, above what rounding leaves.
_STILL = 1e-5
# What the solver may leave open of a bound.
_OPEN = 1e-6
# Two values this near are the same number, reckoned in two ways.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Bound:
    """One end of an identified set: its value and counts of records that attain it."""

    value: float
    counts: Vector


@dataclass(frozen=True)
class Ratio:
    """A sum of counts over another, which is 1 where there is none.

    `constant` is added to the upper sum whatever the counts.
    """

    over: Sum
    under: Sum | None = None
    constant: float = 0.0

    def value(self, counts: Vector) -> float:
        """The ratio in a set of counts; NaN where the lower sum is nothing."""
        below = 1.0 if self.under is None else _total(self.under, counts)
        above = _total(self.over, counts) + self.constant
        return above / below if below else float("nan")


@dataclass(frozen=True)
class Difference:
    """One ratio less another."""

    first: Ratio
    second: Ratio

    def value(self, counts: Vector) -> float:
        """The difference in a set of counts."""
        return self.first.value(counts) - self.second.value(counts)


@dataclass(frozen=True)
class Correlation:
    """The product-moment correlation of the codes of two variables that a block counts."""

    space: Space
    names: tuple[str, str]
    codes: tuple[tuple[float, ...], tuple[float, ...]]

    def table(self, counts: Vector) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """The joint counts of the two variables, by their answered levels."""
        number = self.space.block_for(self.names)
        block = self.space.blocks[number]
        full = counts[self.space.cells({}, number)].reshape(self.space.shape(block))
        axes = tuple(i for i, name in enumerate(block) if name not in self.names)
        joint = full.sum(axis=axes)
        if block.index(self.names[0]) > block.index(self.names[1]):
            joint = joint.T
        kept = [sorted(self.space.answered(name)) for name in self.names]
        return joint[np.ix_(*kept)]  # type: ignore[no-any-return]

    def value(self, counts: Vector) -> float:
        """The correlation in a set of counts; NaN where a variable does not vary."""
        table = self.table(counts)
        x, y = (np.array(c) for c in self.codes)
        n, sx, sy = table.sum(), table.sum(axis=1) @ x, table.sum(axis=0) @ y
        sxx, syy = table.sum(axis=1) @ x**2, table.sum(axis=0) @ y**2
        spread = (n * sxx - sx**2) * (n * syy - sy**2)
        if spread <= 0:
            return float("nan")
        return float((n * (x @ table @ y) - sx * sy) / np.sqrt(spread))


def _total(terms: Sum, counts: Vector) -> float:
    return float(sum(factor * counts[cell] for cell, factor in terms.items()))


def sum_of(
    space: Space,
    chosen: Selection,
    factors: Mapping[int, float] | None = None,
    of: str | None = None,
) -> dict[int, float]:
    """The sum that counts the chosen records, or adds up a code of their levels of `of`."""
    if of is None or factors is None:
        return {int(cell): 1.0 for cell in space.cells(chosen)}
    terms: dict[int, float] = {}
    for level, factor in factors.items():
        if of in chosen and level not in chosen[of]:
            continue
        for cell in space.cells({**chosen, of: frozenset([level])}):
            terms[int(cell)] = factor
    return terms


class Explorer:
    """All sets of records that a programme allows, ready to be optimised over."""

    def __init__(self, assembled: Assembled, held: Programme) -> None:
        self.assembled = assembled
        self.held = held

    def optimum(self, terms: Sum, sense: int, within: Programme | None = None) -> Bound:
        """The greatest (`sense` 1) or least (-1) value of a sum."""
        cost = {cell: -sense * factor for cell, factor in terms.items()}
        value, columns = (within or self.held).minimise(cost)
        return Bound(-sense * value, self.assembled.counts(columns))

    def ratio(self, ratio: Ratio, sense: int) -> Bound:
        """The greatest or least value of a ratio, over records for which it exists."""
        if ratio.under is None:
            found = self.optimum(ratio.over, sense)
            return Bound(found.value + ratio.constant, found.counts)
        held = self.held.copy()
        held.add_row(ratio.under.items(), 1.0, float("inf"))
        counts = self.optimum(ratio.under, 1, held).counts
        while True:
            value = ratio.value(counts)
            terms = dict(ratio.over)
            for cell, factor in ratio.under.items():
                terms[cell] = terms.get(cell, 0.0) - value * factor
            found = self.optimum(terms, sense, held)
            if sense * (found.value + ratio.constant) <= _STILL:
                return Bound(value, counts)
            counts = found.counts

    def difference(self, difference: Difference, sense: int) -> Bound:
        """The greatest or least difference of two ratios, over every value of the lower sums.

        No difference goes beyond the best first less the worst second ratio; where that
        is reached the search ends.
        """
        ends = (self.ratio(difference.first, sense), self.ratio(difference.second, -sense))
        hope = ends[0].value - ends[1].value
        best: Bound | None = None
        for below in self._lower_sums(difference, ends):
            held = self.held.copy()
            terms: dict[int, float] = {}
            constant = 0.0
            for ratio, sign, n in zip(
                (difference.first, difference.second), (1.0, -1.0), below, strict=True
            ):
                if ratio.under is not None:
                    held.add_row(ratio.under.items(), n, n)
                constant += sign * ratio.constant / n
                for cell, factor in ratio.over.items():
                    terms[cell] = terms.get(cell, 0.0) + sign * factor / n
            try:
                found = self.optimum(terms, sense, held)
            except Infeasible:
                continue
            found = Bound(found.value + constant, found.counts)
            if best is None or sense * (found.value - best.value) > 0:
                best = found
            if sense * (hope - best.value) <= _ROUNDING:
                break
        if best is None:
            raise Infeasible("the difference exists for no records")
        return best

    def _lower_sums(
        self, difference: Difference, ends: tuple[Bound, Bound]
    ) -> list[tuple[float, float]]:
        """Every pair of lower sums, those at which the two ratios are best by themselves first."""
        ranges, there = [], []
        for ratio, end in zip((difference.first, difference.second), ends, strict=True):
            if ratio.under is None:
                ranges.append(range(1, 2))
                there.append(1.0)
                continue
            low, high = self.whole_range(ratio.under)
            ranges.append(range(max(low, 1), high + 1))
            there.append(_total(ratio.under, end.counts))
        pairs = [(float(first), float(second)) for first in ranges[0] for second in ranges[1]]
        return sorted(pairs, key=lambda p: (abs(p[0] - there[0]) + abs(p[1] - there[1]), p))

    def correlation(self, correlation: Correlation, sense: int) -> Bound:
        """The greatest or least correlation; the explorer's space counts the pair together.

        For each way in which answers can be missing there is a least sum of products that
        makes a correlation beyond the best one known. The programme chooses the way and
        the joint counts, and asks how far the sum can go beyond it; where it cannot reach
        it in any way, the best one known is the end.
        """
        names = correlation.names
        totals = [self._fixed_totals(name) for name in names]
        lost = [self._lost(name) for name in names]
        ways = [
            (way, scale)
            for by_one in _ways(totals[0], lost[1])
            for by_other in _ways(totals[1], lost[0])
            # Those without either answer are missing from both sums.
            if lost[1] - sum(by_one) == lost[0] - sum(by_other)
            and (scale := _scale(correlation, totals, way := (by_one, by_other))) is not None
        ]
        if not ways:
            raise Infeasible("the correlation exists for no records")
        held, marks = self._with_ways(correlation, [way for way, _ in ways])
        products = self._products(correlation)
        whole = all(float(c).is_integer() for codes in correlation.codes for c in codes)
        best: Bound | None = None
        while True:
            edges = [
                _beyond(scale, best.value if best else -2.0 * sense, sense, whole)
                for _, scale in ways
            ]
            aim = products | {mark: -sense * edge for mark, edge in zip(marks, edges, strict=True)}
            found = self.optimum(aim, sense, held)
            value = correlation.value(found.counts)
            # In whole sums what falls short of an edge falls short by 1.
            if best is not None and sense * found.value < (-0.5 if whole else _OPEN):
                return best
            if best is not None and sense * (value - best.value) <= 0:
                return best
            best = Bound(value, found.counts)

    def _fixed_totals(self, name: str) -> list[int]:
        """How many records hold each answered level of a variable, which must be fixed."""
        space = self.assembled.space
        found = []
        for level in sorted(space.answered(name)):
            terms = sum_of(space, {name: frozenset([level])})
            found.append(self._fixed(terms, f"the counts of '{name}' are not fixed"))
        return found

    def _lost(self, name: str) -> int:
        """How many records have no answer to a variable, which is then fixed too."""
        space = self.assembled.space
        missing = frozenset(range(len(space.variables[name]))) - space.answered(name)
        if not missing:
            return 0
        terms = sum_of(space, {name: missing})
        return self._fixed(terms, f"the missing answers to '{name}' are not fixed")

    def _fixed(self, terms: Sum, otherwise: str) -> int:
        low, high = self.whole_range(terms)
        if low != high:
            raise ValueError(otherwise)
        return low

    def whole_range(self, terms: Sum) -> tuple[int, int]:
        """The least and greatest value of a sum of counts: without whole numbers first.

        The whole numbers between the two relaxed ends hold the range; where there is but
        one of them, that is it.
        """
        ends = []
        for sense in (-1, 1):
            cost = {cell: -sense * factor for cell, factor in terms.items()}
            value, _ = self.held.minimise(cost, relaxed=True)
            ends.append(-sense * value)
        low, high = int(np.ceil(ends[0] - _OPEN)), int(np.floor(ends[1] + _OPEN))
        if low == high:
            return low, high
        return round(self.optimum(terms, -1).value), round(self.optimum(terms, 1).value)

    def _with_ways(
        self, correlation: Correlation, ways: Sequence[tuple[Sequence[int], Sequence[int]]]
    ) -> tuple[Programme, list[int]]:
        """The programme with one mark for each way of missing answers, of which one is set."""
        space, names = self.assembled.space, correlation.names
        held = self.held.copy()
        marks = [held.add_columns(1, 1.0) for _ in ways]
        held.add_row([(mark, 1.0) for mark in marks], 1.0, 1.0)
        for side, (name, against) in enumerate((names, names[::-1])):
            missing = frozenset(range(len(space.variables[against]))) - space.answered(against)
            if not missing:
                continue
            for place, level in enumerate(sorted(space.answered(name))):
                terms = sum_of(space, {name: frozenset([level]), against: missing})
                lost = [
                    (mark, -float(way[side][place]))
                    for mark, way in zip(marks, ways, strict=True)
                    if way[side][place]
                ]
                held.add_row([*terms.items(), *lost], 0.0, 0.0)
        return held, marks

    def _products(self, correlation: Correlation) -> dict[int, float]:
        space, (one, other) = self.assembled.space, correlation.names
        terms: dict[int, float] = {}
        for i, x in zip(sorted(space.answered(one)), correlation.codes[0], strict=True):
            for j, y in zip(sorted(space.answered(other)), correlation.codes[1], strict=True):
                for cell in space.cells({one: frozenset([i]), other: frozenset([j])}):
                    terms[int(cell)] = x * y
        return terms


def _ways(totals: Sequence[int], lost: int) -> Iterator[list[int]]:
    """Every way in which up to so many records are lost from levels with these totals."""
    for number in range(lost + 1):
        for levels in combinations_with_replacement(range(len(totals)), number):
            amounts = [levels.count(i) for i in range(len(totals))]
            if all(a <= t for a, t in zip(amounts, totals, strict=True)):
                yield amounts


def _beyond(scale: Callable[[float], float], value: float, sense: int, whole: bool) -> float:
    """The sum of products, times the sense, from which on a correlation is beyond a value."""
    start, step = scale(0.0), scale(1.0) - scale(0.0)
    same = sense * (value - start) / step
    return float(np.floor(same + _OPEN)) + 1.0 if whole else same


def _scale(
    correlation: Correlation,
    totals: Sequence[Sequence[int]],
    pattern: tuple[Sequence[int], Sequence[int]],
) -> Callable[[float], float] | None:
    """The function that makes the sum of products a correlation, for one pattern."""
    x, y = (np.array(c) for c in correlation.codes)
    nx, ny = (np.array(t) - np.array(p) for t, p in zip(totals, pattern, strict=True))
    n, sx, sy = nx.sum(), nx @ x, ny @ y
    spread = (n * (nx @ x**2) - sx**2) * (n * (ny @ y**2) - sy**2)
    if ny.sum() != n or spread <= 0:
        return None
    return lambda products: float((n * products - sx * sy) / np.sqrt(spread))
