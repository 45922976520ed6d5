"""In which part of the sample by size each chosen site lies, as far as the print tells.

The report prints the size of each site and how many trusts fall into each band, no other size.
A site's rank is therefore known up to those of its own band; what is certain of its third
is certain without any record of the other trusts.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.printed import number
from medlead.survey.declared import Numbers, with_texts
from medlead.survey.instrument import Band, Instrument
from medlead.survey.site_selection import Place, part_of

COLUMNS = (
    *("size", "site", "value", "band", "reading", "n", "rank_low", "rank_high", "parts"),
    *("certain", "whatever_the_ties", "in_returns", "note"),
    *("cut", "cut_low", "cut_high", "evidence"),
)
ALL_READINGS, AS_PRINTED = "all readings", "as printed"
MOST_READINGS = 2000
TIES = ("lowest", "middle", "highest")


@dataclass(frozen=True)
class BandCounts:
    """How many trusts a reading of the print puts into each band, and the known sizes there."""

    reading: str
    bands: tuple[Band, ...]
    counts: tuple[int, ...]
    known: tuple[Fraction, ...]
    conflicts: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """All trusts in the bands."""
        return sum(self.counts)

    def band_of(self, value: Fraction) -> int | None:
        """The place of the band that holds a value."""
        return next((i for i, band in enumerate(self.bands) if float(value) in band), None)

    def in_band(self, band: int) -> list[Fraction]:
        """The known sizes of a band, in order."""
        return sorted(v for v in self.known if self.band_of(v) == band)


def places(reading: BandCounts, value: Fraction) -> Iterator[Place]:
    """All places among n that a known size can have: where the unknown sizes of its band lie.

    They may be below it (unless it is the least that the band holds), equal or above. Yields
    nothing where the reading has no band for the value, or fewer trusts there than known sizes.
    """
    at = reading.band_of(value)
    if at is None:
        return
    here = reading.in_band(at)
    free = reading.counts[at] - len(here)
    if free < 0:
        return
    below = sum(reading.counts[:at]) + sum(v < value for v in here)
    equal = sum(v == value for v in here)
    most = 0 if value <= Fraction(str(reading.bands[at].low)) else free
    for lower in range(most + 1):
        for same in range(free - lower + 1):
            yield Place(below + lower, equal + same, reading.n)


def cut_range(reading: BandCounts, rank: int) -> tuple[float, float]:
    """Between which values the size of that rank lies (the upper end excluded if unknown).

    Raises ValueError for a rank outside 1 to n.
    """
    if not 1 <= rank <= reading.n:
        raise ValueError(f"no rank {rank} among {reading.n}")
    before = 0
    at = 0
    while before + reading.counts[at] < rank:
        before += reading.counts[at]
        at += 1
    band, here = reading.bands[at], reading.in_band(at)
    place, free = rank - before, reading.counts[at] - len(here)
    # The unknown sizes all lie at the lower end of the band, or all at its upper end.
    low = float(band.low) if place <= free else float(here[place - free - 1])
    top = float("inf") if band.below is None else float(band.below)
    high = float(here[place - 1]) if place <= len(here) else top
    return low, high


def site_parts(
    declared: Mapping[str, Any],
    instrument: Instrument,
    sheet: pd.DataFrame,
    numbers: Numbers,
) -> pd.DataFrame:
    """Each site's possible parts by size, from the print alone (`COLUMNS`).

    One row for each size, site and reading of the print, and one over all readings. Readings
    are the declared tables of bands, as printed; where a table has no trust where a site should
    count, also every table in which that site was counted in another band of its row. `parts`
    are those that the site can be in, `certain` is `yes` where it is one; `whatever_the_ties`
    says whether it stays that one under every rule for equal sizes. `in_returns` is the part
    on the selection sheet. Rows with a `cut` hold the range of the size at which a part ends:
    the largest that is in it where no sizes are equal.

    Returns no rows for sizes without printed tables. Keeps problems in `numbers`.
    """
    rows: list[dict[str, object]] = []
    for size in declared["sizes"]:
        if "printed" not in size:
            continue
        readings = _readings(size, declared["printed"].get("item", ""), instrument, numbers)
        if not readings:
            continue
        common = {"size": size["label"], "evidence": str(EvidenceClass.PRINTED_AGGREGATES)}
        sites = _sites(declared["printed"]["item"], size["printed"]["column"], numbers)
        for site, value in sites.items():
            own = [_row(site, value, reading, declared) for reading in readings]
            rows += [common | row for row in _with_all(own, declared["groups"])]
            rows[-1]["in_returns"] = _in_returns(sheet, site, size["size"])
        for reading in readings:
            rows += [common | row for row in _cuts(reading, declared["groups"])]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    texts = ["site", "band", "parts", "certain", "whatever_the_ties", "in_returns", "note", "cut"]
    whole = ["n", "rank_low", "rank_high"]
    return with_texts(frame, texts).astype(dict.fromkeys(whole, "Int64"))


def _sites(item: str, column: str, numbers: Numbers) -> dict[str, Fraction]:
    """The printed size of each site, by its row in the table of sites."""
    found: dict[str, Fraction] = {}
    for (where, row, heading), text in numbers.cells.items():
        if where == item and heading == column:
            try:
                found[row] = number(text)
            except ValueError:
                numbers.wrong(f"{item} / {row}", f"'{text}' is no size", "name another column")
    return found


def _readings(
    size: Mapping[str, Any], item: str, instrument: Instrument, numbers: Numbers
) -> list[BandCounts]:
    """Every table of bands as printed, and as it would be with misplaced sites moved."""
    place, printed = f"selection / {size['size']}", size["printed"]
    if not numbers.known(place, "set of bands", size.get("bands", ""), instrument.bands):
        return []
    bands = instrument.bands[size["bands"]].bands
    sites = _sites(item, printed["column"], numbers)
    if not sites:
        numbers.wrong(place, f"{item} has no column '{printed['column']}'", "name another column")
        return []
    found: list[BandCounts] = []
    for table in printed["tables"]:
        grid = _grid(f"{place} / {table['table']}", table, bands, numbers)
        if grid is not None:
            found += _table_readings(table, grid, bands, sites, item, numbers)
    return found


def _grid(
    place: str, table: Mapping[str, Any], bands: Sequence[Band], numbers: Numbers
) -> dict[str, list[int]] | None:
    """The counts of a table of bands by row; 0 for bands that it leaves out."""
    grid: dict[str, list[int]] = {}
    for row in table["rows"]:
        texts = [numbers.cells.get((table["table"], row, band.label)) for band in bands]
        if all(text is None for text in texts):
            numbers.wrong(place, f"there is no row '{row}' with these bands", "correct the row")
            return None
        try:
            grid[row] = [0 if text is None else int(number(text)) for text in texts]
        except ValueError:
            numbers.wrong(place, f"the row '{row}' holds no counts", "name another table")
            return None
    return grid


def _table_readings(
    table: Mapping[str, Any],
    grid: Mapping[str, Sequence[int]],
    bands: tuple[Band, ...],
    sites: Mapping[str, Fraction],
    item: str,
    numbers: Numbers,
) -> list[BandCounts]:
    totals = [sum(column) for column in zip(*grid.values(), strict=True)]
    plain = BandCounts(
        f"{table['table']}, {AS_PRINTED}", bands, tuple(totals), tuple(sites.values())
    )
    misplaced: list[tuple[str, int, str]] = []
    places_of = {site: plain.band_of(value) for site, value in sites.items()}
    for site in sites:
        kind = numbers.cells.get((item, site, table["row_of"]), "")
        row = next((r for r, kinds in table["rows"].items() if kind in kinds), None)
        at = places_of[site]
        if row is None or at is None:
            numbers.wrong(
                f"{table['table']} / {site}",
                f"no row for '{kind}' or no band for {float(sites[site]):g}",
                "declare the row, or the band",
            )
            continue
        if grid[row][at] == 0:
            misplaced.append((site, at, row))
    conflicts = tuple(
        f"{table['table']} has no {row} in {bands[at].label}, the band of site {site}"
        for site, at, row in misplaced
    )
    readings = [replace(plain, conflicts=conflicts)]
    moves = [[(site, i, at) for i, c in enumerate(grid[row]) if c] for site, at, row in misplaced]
    if math.prod(len(m) for m in moves) > MOST_READINGS:
        numbers.wrong(
            table["table"],
            f"{len(misplaced)} sites have no trust in their row and band",
            "the table and the sites do not belong together: correct the rows, or leave it out",
        )
        return readings
    for chosen in product(*moves) if moves else ():
        counts = list(totals)
        said = []
        for site, origin, at in chosen:
            counts[origin] -= 1
            counts[at] += 1
            said.append(f"site {site} moved from {bands[origin].label}")
        if min(counts) >= 0:
            name = f"{table['table']}, {', '.join(said)}"
            readings.append(replace(readings[0], reading=name, counts=tuple(counts)))
    return readings


def _row(
    site: str, value: Fraction, reading: BandCounts, declared: Mapping[str, Any]
) -> dict[str, object]:
    names, at = declared["groups"], reading.band_of(value)
    found = list(places(reading, value))
    by_rule = {ties: {names[part_of(place, len(names), ties)] for place in found} for ties in TIES}
    return {
        "site": site,
        "value": float(value),
        "band": "" if at is None else reading.bands[at].label,
        "reading": reading.reading,
        "n": reading.n,
        "rank_low": min((p.below + 1 for p in found), default=None),
        "rank_high": max((p.below + p.equal for p in found), default=None),
        "parts": by_rule[declared["ties"]],
        "whatever_the_ties": set().union(*by_rule.values()),
        "note": "; ".join(
            [c for c in reading.conflicts if c.endswith(f"site {site}")]
            + ([] if found else ["more sites in this band than trusts"])
        ),
    }


def _with_all(
    rows: Sequence[dict[str, object]], names: Sequence[str]
) -> Iterator[dict[str, object]]:
    """The rows of a site in words, and the one over all readings."""
    notes = [part for row in rows for part in str(row["note"]).split("; ") if part]
    total = {
        **rows[0],
        "reading": ALL_READINGS,
        "n": None,
        "rank_low": None,
        "rank_high": None,
        "parts": set().union(*(_as_set(row["parts"]) for row in rows)),
        "whatever_the_ties": set().union(*(_as_set(row["whatever_the_ties"]) for row in rows)),
        "note": "; ".join(dict.fromkeys(notes)),
    }
    for row in (*rows, total):
        parts, always = _as_set(row["parts"]), _as_set(row["whatever_the_ties"])
        yield {
            **row,
            "parts": " or ".join(name for name in names if name in parts),
            "certain": "yes" if len(parts) == 1 else "no",
            "whatever_the_ties": "yes" if len(always) == 1 else "no",
        }


def _as_set(value: object) -> set[str]:
    return value if isinstance(value, set) else set()


def _cuts(reading: BandCounts, names: Sequence[str]) -> Iterator[dict[str, object]]:
    for place, name in enumerate(names[:-1], start=1):
        rank = reading.n * place // len(names)
        if rank < 1:
            continue
        low, high = cut_range(reading, rank)
        yield {
            "reading": reading.reading,
            "n": reading.n,
            "rank_low": rank,
            "rank_high": rank,
            "cut": f"end of {name}",
            "cut_low": low,
            "cut_high": high,
        }


def _in_returns(sheet: pd.DataFrame, site: str, column: str) -> str:
    if not len(sheet) or column not in sheet.columns:
        return ""
    found = sheet.loc[sheet["chosen"] == site, column]
    return str(found.iloc[0]) if len(found) == 1 else ""
