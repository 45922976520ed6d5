"""Printed percentages against the counts and the n's that could stand behind them (chapter 4).

A percentage of n people stands for a set of counts (GRIM: Brown and Heathers, 2017); with its
count it stands for a set of n's. Both are enumerated, for each way of rounding.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.printed import ROUNDING_RULES, decimals, number
from medlead.verdicts.bases import is_percentage
from medlead.verdicts.declared import select
from medlead.verdicts.places import places
from medlead.verdicts.relations import Cell, Instance, Key, sum_of

PERCENTAGE_COLUMNS = [
    *("item", "row", "column", "printed", "n_from", "rule", "n", "ns", "counts", "number"),
    *("fits", "inferred", "says", "evidence"),
]
PRINTED, BY_COUNT, TOGETHER, ASSUMED = (
    "printed",
    "count and percentage",
    "all percentages of the relation",
    "assumed",
)
LIMITS, ELSEWHERE, NO_SHARE = "limits", "elsewhere", "no share of a count"
_NO_RULE = ""
_AT_MOST = 12


def reaches(count: int, n: int, text: str, rule: str) -> bool:
    """Whether a count out of n is printed as this percentage under a rounding rule."""
    return ROUNDING_RULES[rule](Fraction(100 * count, n), decimals(text)) == number(text)


def counts_of(text: str, n: int, rule: str) -> list[int]:
    """The counts out of n that are printed as this percentage under a rounding rule."""
    middle = number(text) * n / 100
    width = Fraction(n, 100 * 10 ** decimals(text)) + 1
    low, high = max(0, int(middle - width)), min(n, int(middle + width) + 1)
    return [c for c in range(low, high + 1) if reaches(c, n, text, rule)]


def sizes_of(text: str, count: int, rule: str, most: int) -> list[int]:
    """The n up to a limit of which a count is printed as this percentage."""
    unit = Fraction(1, 10 ** decimals(text))
    least, greatest = number(text) - unit, number(text) + unit
    first = max(count, 1, int(100 * count / greatest))
    last = most if least <= 0 else min(most, int(100 * count / least) + 1)
    return [n for n in range(first, last + 1) if reaches(count, n, text, rule)]


def percentages_frame(
    cells: Sequence[Cell],
    instances: Sequence[Instance],
    values: Mapping[Key, Fraction],
    declared: Mapping[str, Any],
    rounding: Sequence[str],
) -> pd.DataFrame:
    """Every printed percentage with what could stand behind it (columns `PERCENTAGE_COLUMNS`).

    Where a relation gives its count and its base, three rows for each rule: the counts that the
    printed base allows, the n's that the printed count allows, and those that all percentages of
    the relation allow together. Others are declared: with an n that is taken from elsewhere in
    the print, with limits of n, told in another result, or no share of a count. `inferred` says
    whether just one n, or one count, is left. Raises DeclarationError where a declaration names
    what is not printed, ValueError for a percentage that nothing is declared for.
    """
    shares = {i.left[0]: i for i in instances if is_percentage(i)}
    groups: dict[str, list[Instance]] = {}
    for instance in shares.values():
        groups.setdefault(instance.relation, []).append(instance)
    texts = {c.key: c.text for c in cells}
    told = _declared(declared, cells, values)
    rows: list[list[object]] = []
    for cell in cells:
        if cell.kind != "percent" or not cell.text:
            continue
        if cell.key in shares:
            share = shares[cell.key]
            group = groups[share.relation]
            found = list(_of_share(share, group, texts, values, declared["most"], rounding))
        elif cell.key in told:
            found = list(_of_declared(cell.text, told[cell.key], rounding))
        else:
            raise ValueError(f"nothing is declared for the percentage {cell.key}")
        rows += [[*cell.key, cell.text, *row] for row in found]
    frame = pd.DataFrame(rows, columns=PERCENTAGE_COLUMNS[:-1])
    return frame.assign(evidence=str(EvidenceClass.PRINTED_AGGREGATES))


def _of_share(
    instance: Instance,
    group: Sequence[Instance],
    texts: Mapping[Key, str],
    values: Mapping[Key, Fraction],
    most: int,
    rounding: Sequence[str],
) -> Iterator[list[object]]:
    text = texts[instance.left[0]]
    count, base = int(sum_of(instance.right, values)), int(sum_of(instance.base, values))
    where = places(instance.base)
    for rule in rounding:
        counts = counts_of(text, base, rule) if base else []
        yield [
            *(f"{PRINTED}: {where}", rule, base, "", _spans(counts), len(counts)),
            *(_yes(count in counts), _yes(len(counts) == 1), ""),
        ]
    for rule in rounding:
        sizes = sizes_of(text, count, rule, most)
        yield _inferred(BY_COUNT, rule, sizes, count, base, most)
    if len(group) > 1:
        for rule in rounding:
            together = [
                set(sizes_of(texts[i.left[0]], int(sum_of(i.right, values)), rule, most))
                for i in group
            ]
            sizes = sorted(set.intersection(*together))
            yield _inferred(f"{TOGETHER} ({len(group)})", rule, sizes, count, base, most)


def _inferred(
    how: str, rule: str, sizes: Sequence[int], count: int, base: int, most: int
) -> list[object]:
    n = sizes[0] if len(sizes) == 1 else ""
    says = f"of {count}; n up to {most}"
    return [
        *(how, rule, n, _spans(sizes), count, len(sizes)),
        *(_yes(base in sizes), _yes(len(sizes) == 1), says),
    ]


def _declared(
    declared: Mapping[str, Any], cells: Sequence[Cell], values: Mapping[Key, Fraction]
) -> dict[Key, dict[str, Any]]:
    found: dict[Key, dict[str, Any]] = {}
    for entry in declared["without_count"]:
        given = dict(entry)
        if "n" in given:
            keys = [c.key for c in select(cells, given["n"], "percentages")]
            given["size"], given["from"] = int(sum_of(keys, values)), places(keys)
        for chosen in entry["cells"]:
            found |= {c.key: given for c in select(cells, chosen, "percentages")}
    return found


def _of_declared(
    text: str, given: Mapping[str, Any], rounding: Sequence[str]
) -> Iterator[list[object]]:
    if "in" in given:
        yield [f"{ELSEWHERE}: {given['in']}", _NO_RULE, "", "", "", "", "", "", given["says"]]
    elif "size" in given:
        size = given["size"]
        for rule in rounding:
            counts = counts_of(text, size, rule)
            yield [
                *(f"{ASSUMED}: {given['from']}", rule, size, "", _spans(counts), len(counts)),
                *("", _yes(len(counts) == 1), given["says"]),
            ]
    elif "least" in given:
        least, most = given["least"], given["most"]
        for rule in rounding:
            sizes = [n for n in range(least, most + 1) if counts_of(text, n, rule)]
            n = sizes[0] if len(sizes) == 1 else ""
            yield [
                *(f"{LIMITS}: {least} to {most}", rule, n, _spans(sizes), "", len(sizes)),
                *("", _yes(len(sizes) == 1), given["says"]),
            ]
    else:
        yield [NO_SHARE, _NO_RULE, "", "", "", "", "", "", given["says"]]


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _spans(numbers: Sequence[int]) -> str:
    """Whole numbers in order as text: `4; 7 to 9`; many spans by the first of them."""
    parts: list[list[int]] = []
    for value in numbers:
        if parts and value == parts[-1][1] + 1:
            parts[-1][1] = value
        else:
            parts.append([value, value])
    shown = [str(a) if a == b else f"{a} to {b}" for a, b in parts]
    more = len(shown) - _AT_MOST
    return "; ".join([*shown[:_AT_MOST], *([f"and {more} more spans"] if more > 0 else [])])
