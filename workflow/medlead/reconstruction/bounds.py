"""Exact bounds: the least and greatest value of a statistic over all consistent records.

Shares and means are ratios of counts and are optimised by Dinkelbach's method (1967),
which solves integer programmes until the ratio stands still. A correlation depends on
the joint counts only through one sum once it is known which returns are left out for
a missing answer; those ways are gone through one by one, the hopeless ones passed over
by a bound from linear programming.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from medlead.reconstruction.programme import Assembled, Infeasible, Programme, Vector
from medlead.reconstruction.space import Selection, Space

Sum = Mapping[int, float]
_STILL = 1e-9


@dataclass(frozen=True)
class Bound:
    """One end of an identified set: its value and counts of records that attain it."""

    value: float
    counts: Vector


@dataclass(frozen=True)
class Ratio:
    """A sum of counts over another; the lower sum is 1 where there is none."""

    over: Sum
    under: Sum | None = None

    def value(self, counts: Vector) -> float:
        """The ratio in a set of counts; NaN where the lower sum is nothing."""
        below = 1.0 if self.under is None else _total(self.under, counts)
        return _total(self.over, counts) / below if below else float("nan")


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
            return self.optimum(ratio.over, sense)
        held = self.held.copy()
        held.add_row(ratio.under.items(), 1.0, float("inf"))
        counts = self.optimum(ratio.under, 1, held).counts
        while True:
            value = ratio.value(counts)
            terms = dict(ratio.over)
            for cell, factor in ratio.under.items():
                terms[cell] = terms.get(cell, 0.0) - value * factor
            found = self.optimum(terms, sense, held)
            if sense * found.value <= _STILL:
                return Bound(value, counts)
            counts = found.counts

    def difference(self, difference: Difference, sense: int) -> Bound:
        """The greatest or least difference of two ratios, over every value of the lower sums."""
        best: Bound | None = None
        for below in self._lower_sums(difference):
            held = self.held.copy()
            terms: dict[int, float] = {}
            for ratio, sign, n in zip(
                (difference.first, difference.second), (1.0, -1.0), below, strict=True
            ):
                if ratio.under is not None:
                    held.add_row(ratio.under.items(), n, n)
                for cell, factor in ratio.over.items():
                    terms[cell] = terms.get(cell, 0.0) + sign * factor / n
            try:
                found = self.optimum(terms, sense, held)
            except Infeasible:
                continue
            if best is None or sense * (found.value - best.value) > 0:
                best = found
        if best is None:
            raise Infeasible("the difference exists for no records")
        return best

    def _lower_sums(self, difference: Difference) -> Iterator[tuple[float, float]]:
        ranges = []
        for ratio in (difference.first, difference.second):
            if ratio.under is None:
                ranges.append(range(1, 2))
                continue
            low, high = (round(self.optimum(ratio.under, s).value) for s in (-1, 1))
            ranges.append(range(max(low, 1), high + 1))
        for first in ranges[0]:
            for second in ranges[1]:
                yield float(first), float(second)

    def correlation(self, correlation: Correlation, sense: int) -> Bound:
        """The greatest or least correlation; the explorer's space counts the pair together."""
        one, other = correlation.names
        totals = [self._fixed_totals(name) for name in (one, other)]
        patterns = []
        lost = [self._lost(name) for name in (one, other)]
        for by_one in _ways(totals[0], lost[1]):
            for by_other in _ways(totals[1], lost[0]):
                patterns.append((by_one, by_other))
        ranked = []
        for pattern in patterns:
            held = self._with_pattern(correlation, pattern, lost)
            scale = _scale(correlation, totals, pattern)
            if held is None or scale is None:
                continue
            terms = self._products(correlation)
            try:
                value, _ = held.minimise({c: -sense * f for c, f in terms.items()}, relaxed=True)
            except Infeasible:
                continue
            ranked.append((sense * scale(-sense * value), held, scale, terms))
        ranked.sort(key=lambda entry: -entry[0])
        best: Bound | None = None
        for hope, held, scale, terms in ranked:
            if best is not None and hope <= sense * best.value + _STILL:
                break
            try:
                found = self.optimum(terms, sense, held)
            except Infeasible:
                continue
            value = scale(found.value)
            if best is None or sense * (value - best.value) > 0:
                best = Bound(value, found.counts)
        if best is None:
            raise Infeasible("the correlation exists for no records")
        return best

    def _fixed_totals(self, name: str) -> list[int]:
        """How many records hold each answered level of a variable, which must be fixed."""
        space = self.assembled.space
        found = []
        for level in sorted(space.answered(name)):
            terms = sum_of(space, {name: frozenset([level])})
            low, high = (round(self.optimum(terms, s).value) for s in (-1, 1))
            if low != high:
                raise ValueError(f"the counts of '{name}' are not fixed")
            found.append(low)
        return found

    def _lost(self, name: str) -> int:
        """How many records have no answer to a variable, which is then fixed too."""
        space = self.assembled.space
        missing = frozenset(range(len(space.variables[name]))) - space.answered(name)
        if not missing:
            return 0
        terms = sum_of(space, {name: missing})
        low, high = (round(self.optimum(terms, s).value) for s in (-1, 1))
        if low != high:
            raise ValueError(f"the missing answers to '{name}' are not fixed")
        return low

    def _with_pattern(
        self,
        correlation: Correlation,
        pattern: tuple[Sequence[int], Sequence[int]],
        lost: Sequence[int],
    ) -> Programme | None:
        space, names = self.assembled.space, correlation.names
        # Those without either answer are missing from both sums.
        if lost[1] - sum(pattern[0]) != lost[0] - sum(pattern[1]):
            return None
        held = self.held.copy()
        for name, against, amounts in (
            (names[0], names[1], pattern[0]),
            (names[1], names[0], pattern[1]),
        ):
            missing = frozenset(range(len(space.variables[against]))) - space.answered(against)
            if not missing:
                continue
            for level, amount in zip(sorted(space.answered(name)), amounts, strict=True):
                terms = sum_of(space, {name: frozenset([level]), against: missing})
                held.add_row(terms.items(), amount, amount)
        return held

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
