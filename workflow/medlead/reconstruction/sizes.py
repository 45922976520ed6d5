"""Which group sizes printed percentages allow.

A whole number of people out of n gives only certain rounded percentages, so a printed
percentage excludes most small n (GRIM: Brown and Heathers, 2017). A percentage of two
answer categories together may also be the sum of two percentages that were rounded
separately; then other sizes are possible, and both readings are kept apart.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.printed import NEAREST, ROUNDING_RULES, decimals, number
from medlead.reconstruction.statements import Reading

WHOLE, PARTS = "rounded as a whole", "sum of rounded parts"
COLUMNS = ("site", "group", "size", "rounding", "reading", "counts", "fits_site")


@dataclass(frozen=True)
class Share:
    """A printed percentage of a group: its text, and how many categories it takes together."""

    name: str
    text: str
    parts: int = 1


@dataclass(frozen=True)
class Explanation:
    """One way to come by all percentages of a group: size, rounding, reading, counts by share."""

    size: int
    rounding: str
    reading: str
    counts: tuple[tuple[int, ...], ...]


def counts_of(share: Share, n: int, rounding: str, reading: str) -> tuple[int, ...]:
    """Every count out of n that is printed as this percentage, under one rounding and reading.

    `rounding` is a rule of `printed.ROUNDING_RULES`. Read as parts, the count is split in
    every way among the categories, each rounded by itself. A share of one category has
    no parts, so both readings are the same. Raises ValueError for n below 1.
    """
    if n < 1:
        raise ValueError("a percentage needs n of at least 1")
    printed = number(share.text)
    rounded = _rounded(n, rounding, decimals(share.text))
    if reading == WHOLE or share.parts == 1:
        return tuple(c for c in range(n + 1) if rounded[c] == printed)
    sums = _sums(n, rounding, decimals(share.text), share.parts)
    return tuple(c for c in range(n + 1) if printed in sums[c])


@cache
def _rounded(n: int, rounding: str, places: int) -> tuple[Fraction, ...]:
    """The percentage that each count out of n is printed as."""
    rule = ROUNDING_RULES[rounding]
    return tuple(rule(Fraction(100 * c, n), places) for c in range(n + 1))


@cache
def _sums(n: int, rounding: str, places: int, parts: int) -> tuple[frozenset[Fraction], ...]:
    """The sums that so many rounded parts can reach, by the count that they hold together."""
    rounded = _rounded(n, rounding, places)
    if parts == 1:
        return tuple(frozenset([value]) for value in rounded)
    fewer = _sums(n, rounding, places, parts - 1)
    return tuple(
        frozenset(before + rounded[c - own] for own in range(c + 1) for before in fewer[own])
        for c in range(n + 1)
    )


def explanations(shares: Sequence[Share], largest: int) -> list[Explanation]:
    """Every size up to `largest` at which one rounding and reading gives all the percentages.

    Ordered by size, then rounding (half up before half even), then reading.
    """
    found = []
    for size, rounding, reading in itertools.product(
        range(1, largest + 1), NEAREST, (WHOLE, PARTS)
    ):
        counts = tuple(counts_of(share, size, rounding, reading) for share in shares)
        if all(counts):
            found.append(Explanation(size, rounding, reading, counts))
    return found


def unexplained(shares: Iterable[Share], sizes: Iterable[int]) -> list[Share]:
    """The shares that none of the sizes gives, under any rounding and reading."""
    wanted = list(sizes)
    return [
        share
        for share in shares
        if not any(
            counts_of(share, size, rounding, reading)
            for size in wanted
            for rounding in NEAREST
            for reading in (WHOLE, PARTS)
        )
    ]


def combinations(
    possible: Mapping[str, Sequence[int]], groups: Sequence[str], returns: int, complete: bool
) -> list[tuple[int, ...]]:
    """Every way to give the groups of a site sizes, in order of the groups.

    `possible` are the sizes of the groups that have percentages; any other group has at
    least one member. The sizes add up to the site's returns where `complete` says that
    every doctor belongs to a named group, and to at most that otherwise.
    """
    ranges = [sorted(set(possible.get(group, range(1, returns + 1)))) for group in groups]
    found: list[tuple[int, ...]] = []

    def extend(chosen: tuple[int, ...]) -> None:
        spare = returns - sum(chosen)
        later = len(ranges) - len(chosen)
        if later == 0:
            if spare >= 0 and not (complete and spare):
                found.append(chosen)
            return
        for size in ranges[len(chosen)]:
            if size + later - 1 > spare:
                break
            extend((*chosen, size))

    extend(())
    return found


def possible_sizes(
    shares: Mapping[str, Mapping[str, Sequence[Share]]],
    groups: Mapping[str, Sequence[str]],
    returns: Mapping[str, int],
    complete: bool = False,
) -> pd.DataFrame:
    """One row for each size of each group that its printed percentages allow, by reading.

    `shares` are the percentages by site and group, the site itself under the empty name;
    `groups` the named groups and `returns` the doctors of each site. Columns
    `site,group,size,rounding,reading,counts,fits_site`: `counts` are the possible counts
    of each percentage, `fits_site` says whether the other groups of the site leave room.
    A group whose percentages no size gives has one row with an empty size. A site's own
    percentages are set against its returns.
    """
    rows: list[tuple[object, ...]] = []
    for site, by_group in shares.items():
        found = {group: explanations(wanted, returns[site]) for group, wanted in by_group.items()}
        possible = {group: [e.size for e in found[group]] for group in by_group if group}
        together = combinations(possible, groups[site], returns[site], complete)
        fitting = {
            group: {sizes[place] for sizes in together} for place, group in enumerate(groups[site])
        }
        fitting[""] = {returns[site]}
        for group, wanted in by_group.items():
            for e in found[group]:
                if not group and e.size != returns[site]:
                    continue
                counts = "; ".join(
                    f"{share.name}: {' or '.join(map(str, one))}"
                    for share, one in zip(wanted, e.counts, strict=True)
                )
                fits = "yes" if e.size in fitting[group] else "no"
                rows.append((site, group, str(e.size), e.rounding, e.reading, counts, fits))
            if not any(row[:2] == (site, group) for row in rows):
                rows.append((site, group, "", "", "", "", "no"))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sizes_allowed(statements: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """The sizes that the printed percentages of Section B allow (`possible_sizes`).

    `statements` is the file of statements as text. Adds `evidence`: sizes follow from
    printed percentages and returns alone.
    """
    parts = {name: len(answers) for name, answers in reading.categories.items()}
    found = possible_sizes(*printed_shares(statements, parts))
    return found.assign(evidence=str(EvidenceClass.PRINTED_AGGREGATES))


def printed_shares(
    statements: pd.DataFrame, parts: Mapping[str, int]
) -> tuple[dict[str, dict[str, list[Share]]], dict[str, list[str]], dict[str, int]]:
    """The printed shares by site and group, the groups and the returns of each site.

    `statements` is the file of statements as text; `parts` says of how many answer
    categories each share is made, by the name of the share. Raises KeyError for a share
    of another name.
    """
    shares: dict[str, dict[str, list[Share]]] = {}
    groups: dict[str, list[str]] = {}
    returns: dict[str, int] = {}
    for said in statements.to_dict("records"):
        site, group = said["site"], said["group"]
        if said["kind"] == "returns":
            returns[site] = int(said["value"])
        elif said["kind"] == "group-name" and group not in groups.setdefault(site, []):
            groups[site].append(group)
        elif said["kind"] == "b-percent":
            category, text = said["value"].split("=")
            share = Share(said["scale"], text, parts[category])
            shares.setdefault(site, {}).setdefault(group, []).append(share)
    return shares, groups, returns
