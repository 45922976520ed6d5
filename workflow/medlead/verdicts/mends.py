"""Mends: where changing one printed count, and only that one, restores a failing relation."""

import math
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from medlead.printed import decimals, number
from medlead.verdicts.relations import (
    ALL,
    ORDERED,
    Instance,
    Key,
    Outcome,
    count_of,
    rounding_of,
    share_of,
    sum_of,
    test_instance,
    tests_by_cell,
)

_LINEAR = frozenset({"total", "equal-sums", "at-most"})
_MENDED = _LINEAR | {"none", "whole"}
_Range = tuple[Fraction | None, Fraction | None]


@dataclass(frozen=True)
class Mend:
    """The one printed cell whose change restores the tests named."""

    key: Key
    printed: str
    implied: Fraction
    restores: tuple[str, ...] = ()


def smallest_mends(
    outcomes: Sequence[Outcome],
    values: Mapping[Key, Fraction],
    texts: Mapping[Key, str],
) -> tuple[list[Mend], list[Instance]]:
    """Where changing one printed count, and only that one, restores a failing sum.

    A cell is a mend if a non-negative whole value for it makes every relation
    that it stands in hold at once. Only where exactly one cell of a failing sum,
    and exactly one value for it, is a mend is it returned, and applied before
    the next one is looked at. Returns the mends, and the failing sums that no
    single cell, or more than one, could restore. Failing shares and repetitions
    are never mended for their own sake: they are left to their derived cell.
    """
    # A test of one reading among several binds no cell: the print may be meant otherwise.
    by_cell = tests_by_cell(o.instance for o in outcomes if not o.instance.reading)
    sums = [o.instance for o in outcomes if o.instance.kind in _MENDED and not o.instance.reading]
    current = dict(values)
    mends: list[Mend] = []
    while True:
        failing = [i for i in sums if not test_instance(i, current, texts).holds]
        for instance in failing:
            found = [
                (key, value)
                for key in dict.fromkeys(instance.cells)
                for value in _mends_for(key, by_cell[key], current, texts)
            ]
            if len(found) == 1:
                ((key, value),) = found
                restored = (i for i in by_cell[key] if not test_instance(i, current, texts).holds)
                mends.append(Mend(key, texts[key], value, tuple(i.name for i in restored)))
                current[key] = value
                break
        else:
            return mends, failing


def possible_mends(
    instance: Instance,
    by_cell: Mapping[Key, Sequence[Instance]],
    values: Mapping[Key, Fraction],
    texts: Mapping[Key, str],
) -> list[tuple[Key, Fraction]]:
    """Each cell and whole value that restores a failing sum and all that the cell stands in.

    At most two values of a cell, which already say that the print does not determine it. None
    for tests of other kinds, and of one reading among several.
    """
    if instance.kind not in _MENDED or instance.reading:
        return []
    firm = {k: [i for i in by_cell[k] if not i.reading] for k in instance.cells}
    return [
        (key, value)
        for key in dict.fromkeys(instance.cells)
        if key in values
        for value in _mends_for(key, firm[key], values, texts)
    ]


def _mends_for(
    key: Key,
    touching: Sequence[Instance],
    values: Mapping[Key, Fraction],
    texts: Mapping[Key, str],
) -> list[Fraction]:
    """Other whole values from 0 up that make every test of this cell hold: at most two.

    Two already say that the print does not determine the cell.
    """
    low, high = Fraction(0), None
    for instance in touching:
        least, most = _allowed(key, instance, values, texts)
        low = low if least is None else max(low, least)
        high = most if high is None else high if most is None else min(high, most)
    here, first = values[key], math.ceil(low)
    if high is None:
        # Nothing holds the cell from above. The tests change their answer only near a value
        # of another cell, so these and what follows them are tried.
        near = {math.floor(values[k]) for i in touching for k in i.cells if k in values}
        near |= {math.floor(number(i.value)) for i in touching if i.which in ORDERED and i.value}
        starts = {first, math.ceil(here), *near}
        candidates = sorted({v + step for v in starts for step in (0, 1, 2)} - set(range(first)))
    else:
        candidates = list(range(first, math.floor(high) + 1))
    found: list[Fraction] = []
    for candidate in map(Fraction, candidates):
        changed = ChainMap({key: candidate}, dict(values))
        if candidate != here and all(test_instance(i, changed, texts).holds for i in touching):
            found.append(candidate)
            if len(found) > 1:
                break
    return found


def _allowed(
    key: Key, instance: Instance, values: Mapping[Key, Fraction], texts: Mapping[Key, str]
) -> _Range:
    """A range outside of which one test cannot hold for one of its cells, all others as they are.

    An end is None where the test sets none. Whether a value within it does
    hold is left to the test itself.
    """
    if instance.kind in _LINEAR:
        on_left = key in instance.left
        mine, other = instance.left, instance.right
        if not on_left:
            mine, other = other, mine
        needed = sum_of(other, values) - sum_of((k for k in mine if k != key), values)
        if instance.kind == "at-most":
            return (None, needed) if on_left else (needed, None)
        return needed, needed
    if instance.kind == "same":
        ends = [values[k] for k in instance.cells if k != key and k in values]
        # One printing may be rounded to its unit, not more.
        unit = instance.to
        return (ends[0] - unit, ends[0] + unit) if ends else (None, None)
    if instance.kind == "descending":
        place = instance.left.index(key)
        after, before = instance.left[place + 1 : place + 2], instance.left[:place][-1:]
        return (
            values[after[0]] if after else None,
            values[before[0]] if before else None,
        )
    if instance.kind == "whole":
        needed = ALL - sum_of((k for k in instance.left if k != key), values)
        off = rounding_of(instance.left, texts)
        return needed - off, needed + off
    if instance.kind == "none":
        return None, -sum_of((k for k in instance.left if k != key), values)
    if instance.kind == "number-of" and key not in (*instance.left, *instance.base):
        counted = count_of(instance, values, texts)
        return counted, counted
    if instance.kind == "share":
        return _share_allows(key, instance, values, texts)
    return None, None  # extremes and bands set no range by themselves: the test decides


def _share_allows(
    key: Key, instance: Instance, values: Mapping[Key, Fraction], texts: Mapping[Key, str]
) -> _Range:
    (percent,) = instance.left
    if key == percent:
        share = share_of(instance, values)
        return (None, None) if share is None else (share - 1, share + 1)
    unit = Fraction(1, 10 ** decimals(texts[percent]))
    least, most = values[percent] - unit, values[percent] + unit
    count, base = sum_of(instance.right, values), sum_of(instance.base, values)
    if key in instance.right:
        others = count - values[key]
        return base * least / instance.per - others, base * most / instance.per - others
    others = base - values[key]
    return (
        instance.per * count / most - others if most > 0 else None,
        instance.per * count / least - others if least > 0 else None,
    )
