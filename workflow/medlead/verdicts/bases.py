"""Percentages: the bases they could have been taken of, with every rounding, are tried."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from medlead.printed import NEAREST
from medlead.verdicts.declared import select
from medlead.verdicts.grid import TriedNumber, Try, numeric
from medlead.verdicts.places import places
from medlead.verdicts.relations import (
    ALL,
    Cell,
    DeclarationError,
    Instance,
    Key,
    sum_of,
)
from medlead.writing import plain_number

PERCENTAGES = "percentages"
_WHERE = "bases"
_Offer = tuple[str, frozenset[str] | None, tuple[Key, ...]]


def is_percentage(instance: Instance) -> bool:
    """Whether a relation derives a percentage, and not a mean."""
    return instance.kind == "share" and instance.per == ALL


def percentage_numbers(
    declared: Mapping[str, Any],
    rounding: Sequence[str],
    instances: Sequence[Instance],
    cells: Sequence[Cell],
    values: Mapping[Key, Fraction],
) -> list[TriedNumber]:
    """Every printed percentage that a relation derives, with all tries for it.

    The base of the relation, rounded to nearest, is the plain one. Tried are each of
    `declared["bases"]` that is no smaller than the count, each with every rule of `rounding`,
    and with `declared["remainder"]` what the other percentages of the same relation leave of
    100. Bases of one size are one try. Raises DeclarationError where a base is not printed.
    """
    texts = {c.key: c.text for c in cells}
    offers = list(_offers(declared["bases"], cells))
    shares = [i for i in instances if is_percentage(i)]
    printed = [texts[i.left[0]] for i in shares]
    numbers = []
    for place, instance in enumerate(shares):
        key = instance.left[0]
        tries = list(_of_bases(instance, offers, rounding, values))
        others = [o.left[0] for o in shares if o.relation == instance.relation and o.left[0] != key]
        if declared["remainder"] and others:
            tries.append(_remainder(others, values))
        rest = (*printed[:place], *printed[place + 1 :])
        numbers.append(TriedNumber(key, PERCENTAGES, texts[key], tuple(tries), rest))
    return numbers


def _of_bases(
    instance: Instance,
    offers: Sequence[_Offer],
    rounding: Sequence[str],
    values: Mapping[Key, Fraction],
) -> Iterator[Try]:
    count, item = sum_of(instance.right, values), instance.left[0][0]
    named: dict[Fraction, list[str]] = {}
    own = sum_of(instance.base, values)
    if own:
        named[own] = [places(instance.base)]
    for name, items, chosen in offers:
        size = sum_of(chosen, values)
        if (items is None or item in items) and size and size >= count:
            named.setdefault(size, []).append(name)
    for size, names in named.items():
        told = f"{plain_number(float(count))} of {plain_number(float(size))}, {'; '.join(names)}"
        plain = NEAREST if size == own else ()
        yield from numeric(told, 100 * count / size, rounding, plain=plain)


def _remainder(others: Sequence[Key], values: Mapping[Key, Fraction]) -> Try:
    left = ALL - sum_of(others, values)
    method = f"what {len(others)} other percentages leave of {ALL}"
    return Try(method, plain_number(float(left)), value=left)


def _offers(bases: Sequence[Mapping[str, Any]], cells: Sequence[Cell]) -> Iterator[_Offer]:
    printed = {c.key[0] for c in cells}
    for given in bases:
        strange = set(given.get("by_item", ())) - printed
        if strange:
            raise DeclarationError(f"{_WHERE}: {sorted(strange)} is not printed")
        if "cells" in given:
            chosen = tuple(c.key for c in select(cells, given["cells"], _WHERE))
            yield given["base"], None, chosen
        for item, selection in given.get("by_item", {}).items():
            chosen = tuple(c.key for c in select(cells, selection, _WHERE))
            yield given["base"], frozenset({item}), chosen
