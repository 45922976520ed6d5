"""The arithmetic that the print allows: declared relations between printed cells, tested.

Declarations say which cells must add up, agree or follow from each other. They are
expanded to single tests (`Instance`), and `test_instance` decides each one.
"""

import itertools
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from medlead.printed import NEAREST, decimals, number, numbers_in, reconciling_rule
from medlead.verdicts.bounding import bounded, first_number
from medlead.verdicts.instances import (
    ALIKE,
    ALL,
    BANDS,
    BEGINS,
    BOUNDING,
    KIND_MEANINGS,
    KINDS,
    ORDERED,
    SELECTIONS,
    TIE,
    WHICH,
    WITHIN,
    Cell,
    DeclarationError,
    Instance,
    Key,
    Outcome,
    band_of,
    tests_by_cell,
)
from medlead.writing import plain_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ALL",
    "BANDS",
    "BOUNDING",
    "KINDS",
    "KIND_MEANINGS",
    "ORDERED",
    "SELECTIONS",
    "TIE",
    "WHICH",
    "WITHIN",
    "Cell",
    "DeclarationError",
    "Instance",
    "Key",
    "Outcome",
    "band_of",
    "count_of",
    "numeric_values",
    "printed_cells",
    "rounding_of",
    "share_of",
    "sum_of",
    "test_instance",
    "tests_by_cell",
]


def sum_of(keys: Iterable[Key], values: Mapping[Key, Fraction]) -> Fraction:
    """The exact sum of some cells, 0 for none."""
    return sum((values[k] for k in keys), Fraction(0))


def share_of(instance: Instance, values: Mapping[Key, Fraction]) -> Fraction | None:
    """The exact percentage or mean that a count and a base imply; None where the base is 0."""
    base = sum_of(instance.base, values)
    return instance.per * sum_of(instance.right, values) / base if base else None


def _occupied(instance: Instance, values: Mapping[Key, Fraction]) -> tuple[Fraction, ...] | None:
    """The lowest or highest band that counts anyone, None where all are empty."""
    bands = [band_of(k) for k in instance.left if values[k] > 0]
    return (min if instance.kind == "lowest-band" else max)(bands, default=None)


def _commonest(instance: Instance, values: Mapping[Key, Fraction]) -> str:
    """The number that heads the count of the instance's rank; all of them where counts tie."""
    counts = sorted({values[k] for k in instance.left}, reverse=True)
    if len(counts) < instance.rank:
        return "none"
    wanted = counts[instance.rank - 1]
    return " or ".join(_exact(band_of(k)[0]) for k in instance.left if values[k] == wanted)


def _within(instance: Instance, values: Mapping[Key, Fraction]) -> frozenset[Key]:
    """The bands that lie wholly between the two stated ends."""
    low, high = (values[k] for k in instance.right)
    return frozenset(k for k in instance.left if low <= band_of(k)[0] and band_of(k)[1] <= high)


def _ranked(instance: Instance, values: Mapping[Key, Fraction]) -> tuple[int, int]:
    """The first and the last place that a count can have among all of them."""
    here = values[instance.right[0]]
    above = sum(values[k] > here for k in instance.base)
    return above + 1, above + sum(values[k] == here for k in instance.base)


def _like(text: str, other: str) -> bool:
    """Whether two printed texts are alike: numbers by value, all others letter for letter."""
    try:
        return number(text) == number(other)
    except ValueError:
        return text == other


def count_of(
    instance: Instance, values: Mapping[Key, Fraction], texts: Mapping[Key, str]
) -> Fraction:
    """How many of the cells of a `number-of` are as it says."""

    def shown(key: Key) -> str:
        return str(values[key]) if key in values else texts[key]

    if not instance.which:
        return Fraction(len(instance.left))
    if instance.which == BEGINS:
        starts = numbers_in(instance.value)
        return Fraction(sum(first_number(texts[k]) in starts for k in instance.left))
    if instance.which in ALIKE:
        value = shown(instance.base[0]) if instance.base else instance.value
        wanted = instance.which == "is"
        return Fraction(sum(_like(shown(k), value) == wanted for k in instance.left))
    limit = values[instance.base[0]] if instance.base else number(instance.value)
    if instance.which == "below":
        return Fraction(sum(values[k] < limit for k in instance.left))
    return Fraction(sum(values[k] > limit for k in instance.left))


def rounding_of(keys: Iterable[Key], texts: Mapping[Key, str]) -> Fraction:
    """By how much the sum of some rounded cells can be off: half a last place for each."""
    return sum((Fraction(1, 2 * 10 ** decimals(texts[k])) for k in keys), Fraction(0))


def _exact(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else plain_number(float(value))


def test_instance(
    instance: Instance, values: Mapping[Key, Fraction], texts: Mapping[Key, str]
) -> Outcome:
    """Decide one single test on the printed cells.

    `same` compares numbers by value under the rounding rules, and any other
    text letter for letter. A share of a base of 0 fails: there is no such
    percentage. `values` may differ from what `texts` show, to try a change.
    """

    def text(key: Key) -> str:
        unchanged = key not in values or number(texts[key]) == values[key]
        return texts[key] if unchanged else _exact(values[key])

    if instance.kind in BOUNDING:
        return bounded(instance, values, {key: text(key) for key in instance.cells})
    left, right, rule = "", "", None
    if instance.kind == "same":
        (first,), (second,) = instance.left, instance.right
        left, right = text(first), text(second)
        value = first_number(left) if instance.leading else values.get(first)
        if value is not None and second in values:
            left = _exact(value) if instance.leading else left
            units = values[second] / instance.to
            if instance.to == 1:
                rule = reconciling_rule(value, right)
            elif units.denominator == 1:  # else it is not rounded to that unit
                rule = reconciling_rule(value / instance.to, str(units))
        else:
            rule = "exact" if left == right else None
    elif instance.kind == "share":
        share = share_of(instance, values)
        left = text(instance.left[0])
        right = "undefined" if share is None else plain_number(float(share))
        rule = None if share is None else reconciling_rule(share, left, NEAREST)
    elif instance.kind in BANDS:
        right, band = text(instance.right[0]), _occupied(instance, values)
        left = "none" if band is None else "-".join(dict.fromkeys(map(_exact, band)))
        if band is not None and band[0] <= values[instance.right[0]] <= band[1]:
            rule = "exact"
    elif instance.kind == "commonest":
        left, right = _commonest(instance, values), text(instance.right[0])
        rule = "exact" if left == _exact(values[instance.right[0]]) else None
    elif instance.kind == "ranked":
        best, worst = _ranked(instance, values)
        left, right = "-".join(map(str, dict.fromkeys((best, worst)))), text(instance.left[0])
        if best <= values[instance.left[0]] <= worst:
            rule = "exact" if best == worst else TIE
    elif instance.kind in WITHIN:
        inside, right = _within(instance, values), "-".join(text(k) for k in instance.right)
        if instance.kind == "most-within":
            here, all_ = sum_of(inside, values), sum_of(instance.left, values)
            left, holds = f"{_exact(here)} of {_exact(all_)}", 2 * here > all_
        else:
            top = max(values[k] for k in instance.left)
            highest = [k for k in instance.left if values[k] == top]
            left = " or ".join("-".join(dict.fromkeys(map(_exact, band_of(k)))) for k in highest)
            holds = inside.issuperset(highest)
        rule = "exact" if holds else None
    elif instance.kind in ("lowest", "highest"):
        ends = [values[k] for k in instance.left]
        end = min(ends) if instance.kind == "lowest" else max(ends)
        left, right = _exact(end), text(instance.right[0])
        rule = reconciling_rule(end, right)
    elif instance.kind == "number-of":
        counted, right = count_of(instance, values, texts), text(instance.right[0])
        left, rule = _exact(counted), "exact" if counted == values[instance.right[0]] else None
    elif instance.kind == "none":
        left, right = _exact(sum_of(instance.left, values)), "0"
        rule = "exact" if left == right else None
    elif instance.kind == "whole":
        total = sum_of(instance.left, values)
        left, right = _exact(total), _exact(ALL)
        if abs(total - ALL) <= rounding_of(instance.left, texts):
            rule = "exact" if total == ALL else "nearest"
    elif instance.kind == "descending":
        left = " ".join(text(k) for k in instance.left)
        ordered = [values[k] for k in instance.left]
        rule = "exact" if all(a >= b for a, b in itertools.pairwise(ordered)) else None
    else:
        first_sum, second_sum = sum_of(instance.left, values), sum_of(instance.right, values)
        left, right = _exact(first_sum), _exact(second_sum)
        fits = first_sum <= second_sum if instance.kind == "at-most" else first_sum == second_sum
        rule = "exact" if fits else None
    return Outcome(instance, rule is not None, left, right, rule or "")


test_instance.__test__ = False  # type: ignore[attr-defined]


def numeric_values(cells: Iterable[Cell]) -> dict[Key, Fraction]:
    """The cells whose text is one number, with its exact value."""
    values = {}
    for cell in cells:
        try:
            values[cell.key] = number(cell.text)
        except ValueError:
            continue
    return values


def printed_cells(cells: "pd.DataFrame") -> list[Cell]:
    """The printed cells as the relations engine reads them, in print order."""
    columns = (cells[c].astype(str) for c in ("item", "row", "column", "text", "kind"))
    return [Cell((i, r, c), t, k) for i, r, c, t, k in zip(*columns, strict=True)]
