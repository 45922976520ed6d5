"""Counts, extremes, modes and means: what relations derive, and what is declared beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from statistics import median_high, median_low
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.printed import number
from medlead.verdicts.declared import select
from medlead.verdicts.grid import TriedNumber, Try, numeric
from medlead.verdicts.places import places
from medlead.verdicts.relations import (
    Cell,
    DeclarationError,
    Key,
    Outcome,
    band_of,
    numeric_values,
    sum_of,
)
from medlead.writing import plain_number

ANSWERED = "answered"
LEFT_OUT, AS_ZERO = "left out", "as zero"
MODES = ("mode", "second mode", "third mode", "fourth mode")
STATISTICS = ("count", "mean", "median", *MODES)
_Weights = Mapping[Fraction, Fraction]
"""How often each value occurs."""


def relation_numbers(
    kinds: Mapping[str, Sequence[str]], outcomes: Sequence[Outcome], cells: Sequence[Cell]
) -> list[TriedNumber]:
    """Every printed number that a relation of these kinds derives, with one try for each.

    `kinds` lists kinds of relation by kind of number. A relation that bears on the print only
    if it is read in one way among several is no plain one.
    """
    texts = {c.key: c.text for c in cells}
    numbers: list[TriedNumber] = []
    for kind, relations in kinds.items():
        tried: dict[Key, list[Try]] = {}
        for outcome in outcomes:
            instance = outcome.instance
            if instance.kind in relations and instance.derived is not None:
                told = f"{outcome.instance.kind} of {places(k for k in _parts(outcome))}"
                told += f", if {instance.reading}" if instance.reading else ""
                tried.setdefault(instance.derived, []).extend(
                    Try(told, plain_number(float(v)), not instance.reading, v)
                    for v in _results(outcome)
                )
        for key, tries in tried.items():
            rest = tuple(texts[k] for k in tried if k != key)
            numbers.append(TriedNumber(key, kind, texts[key], tuple(tries), rest))
    return numbers


def _parts(outcome: Outcome) -> Iterator[Key]:
    return (k for k in outcome.instance.cells if k != outcome.instance.derived)


def _results(outcome: Outcome) -> list[Fraction]:
    """What a relation derives: more than one value where equal counts leave a place open."""
    if outcome.instance.kind == "ranked":
        first, _, last = outcome.left.partition("-")
        return [Fraction(v) for v in range(int(first), int(last or first) + 1)]
    try:
        return [number(text) for text in outcome.left.split(" or ")]
    except ValueError:  # there is none
        return []


def declared_numbers(
    declared: Sequence[Mapping[str, Any]],
    rounding: Sequence[str],
    cells: Sequence[Cell],
    records: pd.DataFrame | None,
) -> list[TriedNumber]:
    """The printed numbers with declared ways of their own, with all tries for them.

    Each entry names its `cells`, its `kind`, what luck is measured by (`among` cells or
    `between` two of them), and `ways`: sums of cells, statistics of a printed distribution, or
    of `records` (with their class in `evidence`). Raises DeclarationError for cells that are
    not printed, ValueError for a column that the records do not have.
    """
    values = numeric_values(cells)
    numbers = []
    for entry in declared:
        where = f"numbers, {entry['number']}"
        tries = [
            t
            for way in entry["ways"]
            for t in _of_way(way, rounding, cells, values, records, where)
        ]
        for cell in (c for chosen in entry["cells"] for c in select(cells, chosen, where)):
            among = [c for chosen in entry.get("among", ()) for c in select(cells, chosen, where)]
            others = tuple(c.text for c in among if c.key != cell.key and c.key in values)
            ends = [values[c.key] for c in _ends(entry, cells, where)]
            between = (min(ends), max(ends)) if ends else None
            numbers.append(
                TriedNumber(cell.key, entry["kind"], cell.text, tuple(tries), others, between)
            )
    return numbers


def merged(numbers: Sequence[TriedNumber]) -> list[TriedNumber]:
    """Numbers of one cell as one: all tries, and the luck of the last, which is declared for it."""
    found: dict[Key, TriedNumber] = {}
    for given in numbers:
        before = found.get(given.key)
        told = (*before.tries, *given.tries) if before else given.tries
        # Where a relation is the plain way already, a way declared beside it is another.
        found[given.key] = replace(given, tries=told)
    return list(found.values())


def _ends(entry: Mapping[str, Any], cells: Sequence[Cell], where: str) -> list[Cell]:
    ends = [c for chosen in entry.get("between", ()) for c in select(cells, chosen, where)]
    if len(ends) not in (0, 2):
        raise DeclarationError(f"{where}: between must be two cells, not {len(ends)}")
    return ends


def _of_way(
    way: Mapping[str, Any],
    rounding: Sequence[str],
    cells: Sequence[Cell],
    values: Mapping[Key, Fraction],
    records: pd.DataFrame | None,
    where: str,
) -> Iterator[Try]:
    if "records" in way:
        if records is not None:
            yield from _of_records(way, rounding, records)
        return
    if "distribution" in way:
        chosen = select(cells, way["distribution"], where)
        weights: dict[Fraction, Fraction] = {}
        for cell in chosen:
            low, high = band_of(cell.key)
            if low != high:
                raise DeclarationError(f"{where}: a heading of a distribution is no number")
            weights[low] = weights.get(low, Fraction(0)) + values[cell.key]
        for name in way["statistics"]:
            yield from _summed_up(name, weights, f"{name}, {way['says']}", rounding)
        return
    added = [c.key for chosen in way["add"] for c in select(cells, chosen, where)]
    taken = [c.key for chosen in way.get("less", ()) for c in select(cells, chosen, where)]
    result = sum_of(added, values) - sum_of(taken, values)
    yield Try(way["says"], plain_number(float(result)), bool(way.get("plain")), result)


def _of_records(
    way: Mapping[str, Any], rounding: Sequence[str], records: pd.DataFrame
) -> Iterator[Try]:
    wanted = way["records"]
    evidence = EvidenceClass(records["evidence"].iloc[0])
    chosen = records
    for column, allowed in wanted["where"].items():
        if column not in records:
            raise ValueError(f"the records have no column {column!r}")
        texts = chosen[column].fillna("").astype(str)
        listed = [str(a) for a in (allowed if isinstance(allowed, list) else [allowed])]
        chosen = chosen[texts != "" if allowed == ANSWERED else texts.isin(listed)]
    if "of" not in wanted:
        size = Fraction(len(chosen))
        yield Try(way["says"], str(size), bool(way.get("plain")), size, evidence=evidence)
        return
    if wanted["of"] not in records:
        raise ValueError(f"the records have no column {wanted['of']!r}")
    numbers = pd.to_numeric(chosen[wanted["of"]], errors="coerce")
    for missing in wanted["missing"]:
        kept = numbers.dropna() if missing == LEFT_OUT else numbers.fillna(0)
        if kept.empty or (missing == AS_ZERO and numbers.notna().all()):
            continue
        weights = {Fraction(str(v)): Fraction(n) for v, n in kept.value_counts().items()}
        for name in way["statistics"]:
            told = f"{name}, {way['says']}, missing {missing}"
            for tried in _summed_up(name, weights, told, rounding):
                yield replace(tried, evidence=evidence)


def _summed_up(name: str, weights: _Weights, told: str, rounding: Sequence[str]) -> Iterator[Try]:
    """The tries of one statistic of a distribution; several where equal counts leave it open."""
    total = sum(weights.values(), Fraction(0))
    if name == "mean":
        mean = sum((v * n for v, n in weights.items()), Fraction(0)) / total
        yield from numeric(told, mean, rounding)
    elif name == "median":
        every = sorted(v for v, n in weights.items() for _ in range(int(n)))
        middle = (median_low(every) + median_high(every)) / 2
        yield from numeric(told, middle, rounding)
    else:
        ordered = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))
        ranked = [[v for v, _ in tied] for _, tied in groupby(ordered, key=lambda pair: pair[1])]
        for value in ranked[MODES.index(name)] if MODES.index(name) < len(ranked) else ():
            yield Try(told, plain_number(float(value)), value=value)
