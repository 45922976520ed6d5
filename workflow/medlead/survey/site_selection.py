"""The sheet from which case-study sites were chosen, and how the choice spreads (3.1.2, 5.1).

Each used return with its part of the sample by size (thirds, or as many parts as declared), its
structure, type and self-rating; the chosen ones marked. Then the strata that these make, and
whether the choice covers more of them than as many returns drawn at random would.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.survey.declared import Numbers, weakest, with_texts

NOT_KNOWN = "not known"
CHOSEN, EFFECTIVE, RATING = "chosen", "effective", "self_rating"
STRATUM, LEVEL, MEASURE, PRINTED = "stratum", "level", "measure", "printed margin"
SPREAD_COLUMNS = (
    *("part", "of", "level", "available", "chosen", "expected", "low", "high"),
    *("p_low", "p_high", "standard_error", "method", "says", "evidence"),
)
_NOT_PRINTED = " Other records that fit the print just as well may give other figures."
EXACT = "exact, all choices of as many returns"


class Place(NamedTuple):
    """Where a value stands among n: how many lie below, and how many are equal (itself too)."""

    below: int
    equal: int
    n: int


def part_of(place: Place, parts: int, ties: str) -> int:
    """In which of equal parts by rank a value lies: 0 for the lowest.

    A value with rank r of n lies in part ⌈r · parts / n⌉. Equal values share a rank, so they
    stay together: their `lowest`, `middle` (mean) or `highest`.
    """
    rank = {
        "lowest": Fraction(place.below + 1),
        "middle": place.below + Fraction(place.equal + 1, 2),
        "highest": Fraction(place.below + place.equal),
    }[ties]
    return math.ceil(rank * parts / place.n) - 1


def parts_of(values: "pd.Series[Any]", names: Sequence[str], ties: str) -> "pd.Series[Any]":
    """The part of each value, as an ordered category; `NOT_KNOWN` where there is no value."""
    known = sorted(float(v) for v in values.dropna())
    array = np.array(known)
    found = [
        NOT_KNOWN
        if pd.isna(value)
        else names[
            part_of(
                Place(
                    int(np.searchsorted(array, value, "left")),
                    known.count(float(value)),
                    len(known),
                ),
                len(names),
                ties,
            )
        ]
        for value in values
    ]
    dtype = pd.CategoricalDtype([*names, NOT_KNOWN], ordered=True)
    return pd.Series(found, index=values.index, dtype=dtype)


def selection_sheet(
    coded: pd.DataFrame, clean: pd.DataFrame, declared: Mapping[str, Any], numbers: Numbers
) -> pd.DataFrame:
    """The used returns, one row each: what a choice of sites was made from.

    Columns: the key, `chosen` (as the return names the site, else empty), the `show` variables,
    each size and its part (an ordered category), the self-rating and whether it counts as
    effective (`yes`, `no`, or `NOT_KNOWN`), `evidence`. Sorted by the strata, then by key.
    `clean` has the same returns in the same order. Problems are kept in `numbers`; with any,
    the sheet is empty.
    """
    place = "selection"
    rating = declared["effective"]["variable"]
    named = [*declared["show"], rating]
    fine = [numbers.known(place, "coded variable", v, coded.columns) for v in named]
    columns = [declared["chosen"], *(size["column"] for size in declared["sizes"])]
    fine += [numbers.known(place, "column of the returns", c, clean.columns) for c in columns]
    made = [*declared["show"], *(s["size"] for s in declared["sizes"]), EFFECTIVE]
    shown = [*declared["strata"], *declared["picture"]["rows"], *declared["picture"]["columns"]]
    fine += [numbers.known(f"{place} / strata", "column of the sheet", v, made) for v in shown]
    if not all(fine):
        return pd.DataFrame()
    used = coded["used"].to_numpy()
    part, own = coded[used], clean[used]
    key = str(coded.columns[0])
    sheet = pd.DataFrame({key: part[key], CHOSEN: _chosen(own[declared["chosen"]])})
    for name in declared["show"]:
        sheet[name] = part[name]
    for size in declared["sizes"]:
        values = pd.to_numeric(own[size["column"]])
        sheet[size["label"]] = values
        sheet[size["size"]] = parts_of(values, declared["groups"], declared["ties"])
    sheet[RATING] = part[rating]
    above = part[rating] > declared["effective"]["above"]
    sheet[EFFECTIVE] = [NOT_KNOWN if pd.isna(a) else "yes" if a else "no" for a in above]
    sheet["evidence"] = str(numbers.evidence)
    return sheet.sort_values([*declared["strata"], key], kind="stable").reset_index(drop=True)


def _chosen(column: "pd.Series[Any]") -> list[str]:
    """The name of each chosen return, empty for the others; a box that is ticked has no name."""
    if column.dtype == "boolean":
        return ["yes" if ticked else "" for ticked in column.fillna(False)]
    return ["" if pd.isna(name) else str(name) for name in column]


def coverage(sizes: Sequence[int], draws: int, others: int = 0) -> dict[int, Fraction]:
    """How many of the groups `draws` members, drawn without replacement, come from: exactly.

    The chance of each number of groups, from the number of ways to draw (integers). `others`
    may be drawn too and belong to no group. Raises ValueError for more draws than there are
    members and others.
    """
    every_one = sum(sizes) + others
    if not 0 <= draws <= every_one:
        raise ValueError(f"{draws} drawn from {every_one}")
    ways: Counter[tuple[int, int]] = Counter(
        {(drawn, 0): math.comb(others, drawn) for drawn in range(min(others, draws) + 1)}
    )
    for size in sizes:
        after: Counter[tuple[int, int]] = Counter()
        for (drawn, covered), count in ways.items():
            for taken in range(min(size, draws - drawn) + 1):
                key = (drawn + taken, covered + (taken > 0))
                after[key] += count * math.comb(size, taken)
        ways = after
    every = math.comb(every_one, draws)
    return {c: Fraction(w, every) for (d, c), w in sorted(ways.items()) if d == draws}


def at_least(chances: Mapping[int, Fraction], value: int) -> float:
    """The chance of at least this value."""
    return float(sum((c for v, c in chances.items() if v >= value), Fraction(0)))


def mean_of(chances: Mapping[int, Fraction]) -> float:
    """The mean of a distribution."""
    return float(sum((v * c for v, c in chances.items()), Fraction(0)))


def differences(levels: "np.ndarray[Any, Any]", chosen: "np.ndarray[Any, Any]") -> float:
    """In how many columns two of the chosen rows differ, on average over all pairs."""
    picked = levels[chosen]
    n = len(picked)
    total = 0
    for column in picked.T:
        _, counts = np.unique(column, return_counts=True)
        total += math.comb(n, 2) - sum(math.comb(int(c), 2) for c in counts)
    return total / math.comb(n, 2)


def selection_spread(
    sheet: pd.DataFrame,
    declared: Mapping[str, Any],
    numbers: Numbers,
    *,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """How the chosen returns spread over the strata (`SPREAD_COLUMNS`).

    - `stratum`: each combination of strata that has a return: how many, how many chosen, and
      how many a random choice would hold on average;
    - `level`: the same for each level of each stratum's column;
    - `measure`: how many strata, and how many levels of each column, the choice covers
      (`chosen`), out of `available`, with the mean over random choices; p is the exact chance
      that a random choice of as many returns covers at least as many. What is not known is
      no level and makes no stratum, though such returns can be drawn. Also the columns in
      which two chosen returns differ on average, with p from `draws` random choices and its
      standard error.
    - `printed margin`: the covered levels by what the report prints of all trusts and of the
      chosen ones, without any return. Where a printed word may be one of several levels, from
      the least to the greatest (`low`, `high`).

    Nothing is returned for a sheet without chosen returns, except the printed margins.
    """
    rows: list[dict[str, object]] = []
    chosen = (sheet[CHOSEN] != "").to_numpy() if len(sheet) else np.zeros(0, dtype=bool)
    k, n = int(chosen.sum()), len(sheet)
    common = {"evidence": str(numbers.evidence)}
    strata = list(declared["strata"])
    if k:
        texts = _texts(sheet, [*strata, EFFECTIVE])
        warning = _NOT_PRINTED if numbers.evidence is EvidenceClass.RECONSTRUCTED else ""
        for part, columns in (
            (STRATUM, [strata]),
            (LEVEL, [[name] for name in (*strata, EFFECTIVE)]),
        ):
            for names in columns:
                rows += [
                    common | {"part": part} | row
                    for row in _counted(sheet, texts, names, chosen, k / n)
                ]
        rows += [
            common | {"part": MEASURE} | _covered(texts, names, chosen, warning)
            for names in (strata, *([name] for name in strata))
        ]
        if k > 1:
            rows.append(common | {"part": MEASURE} | _pairs(texts, strata, chosen, draws, seed))
    rows += _printed_margins(declared["printed"], numbers)
    frame = pd.DataFrame(rows, columns=list(SPREAD_COLUMNS))
    return with_texts(frame, ("level", "method", "says")).astype({"available": "Int64"})


def _texts(sheet: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The levels as text; a missing one is a level of its own."""
    return pd.DataFrame(
        {n: [NOT_KNOWN if pd.isna(v) else str(v) for v in sheet[n]] for n in names},
        index=sheet.index,
    )


def _counted(
    sheet: pd.DataFrame,
    texts: pd.DataFrame,
    names: Sequence[str],
    chosen: "np.ndarray[Any, Any]",
    share: float,
) -> list[dict[str, object]]:
    levels: list[tuple[str, ...]] = list(texts[list(names)].itertuples(index=False, name=None))
    if len(names) == 1 and isinstance(sheet[names[0]].dtype, pd.CategoricalDtype):
        # Levels without a return stay in the list of a single column.
        first = [(str(c),) for c in sheet[names[0]].cat.categories if str(c) != NOT_KNOWN]
    else:
        first = []
    available = Counter(levels)
    picked = Counter(level for level, yes in zip(levels, chosen, strict=True) if yes)
    return [
        {
            "of": " x ".join(names),
            "level": " | ".join(level),
            "available": available[level],
            "chosen": picked[level],
            "expected": available[level] * share,
        }
        for level in dict.fromkeys([*first, *levels])
    ]


def _covered(
    texts: pd.DataFrame, names: Sequence[str], chosen: "np.ndarray[Any, Any]", warning: str
) -> dict[str, object]:
    levels = list(texts[list(names)].itertuples(index=False, name=None))
    sizes = Counter(level for level in levels if NOT_KNOWN not in level)
    k = int(chosen.sum())
    picked = {level for level, yes in zip(levels, chosen, strict=True) if yes}
    covered = len(picked & set(sizes))
    chances = coverage(list(sizes.values()), k, len(levels) - sizes.total())
    p = at_least(chances, covered)
    what = "strata" if len(names) > 1 else "levels"
    return {
        "of": " x ".join(names),
        "level": f"{what} covered",
        "available": len(sizes),
        "chosen": covered,
        "expected": mean_of(chances),
        "p_low": p,
        "p_high": p,
        "method": EXACT,
        "says": f"{covered} of {len(sizes)} {what}; {k} of {len(levels)} drawn at random cover "
        f"{mean_of(chances):.1f} on average and {max(chances)} at most." + warning,
    }


def _pairs(
    texts: pd.DataFrame,
    names: Sequence[str],
    chosen: "np.ndarray[Any, Any]",
    draws: int,
    seed: int,
) -> dict[str, object]:
    levels = np.column_stack([pd.factorize(texts[name])[0] for name in names])
    k, n = int(chosen.sum()), len(levels)
    observed = differences(levels, np.flatnonzero(chosen))
    stream = np.random.default_rng(seed)
    random = np.array(
        [differences(levels, stream.permutation(n)[:k]) for _ in range(draws)], dtype=np.float64
    )
    # The observed choice is one of those that chance could make (Phipson and Smyth 2010).
    p = (1 + int((random >= observed - 1e-9).sum())) / (draws + 1)
    # The mean over all choices is that over all pairs of returns.
    expected = differences(levels, np.arange(n))
    return {
        "of": " x ".join(names),
        "level": "columns in which two chosen differ",
        "available": len(names),
        "chosen": observed,
        "expected": expected,
        "p_low": p,
        "p_high": p,
        "standard_error": math.sqrt(p * (1 - p) / draws),
        "method": f"{draws} random choices",
        "says": f"Two chosen returns differ in {observed:.2f} of {len(names)} columns on average, "
        f"two returns at large in {expected:.2f}.",
    }


def _printed_margins(printed: Mapping[str, Any], numbers: Numbers) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for margin in printed.get("margins", ()):
        place = f"selection / printed / {margin['margin']}"
        found = {
            str(level): numbers.find(f"{place} / {level}", source)
            for level, source in margin["available"].items()
        }
        texts = [
            text
            for (item, _, column), text in numbers.cells.items()
            if item == printed["item"] and column == margin["column"]
        ]
        if not texts:
            numbers.wrong(
                place,
                f"{printed['item']} has no column '{margin['column']}'",
                "name a column of the table of sites",
            )
        meant = [[str(m) for m in margin["levels"].get(text, [text])] for text in texts]
        fine = [numbers.known(place, "level", m, found) for options in meant for m in options]
        sizes = {level: count.count for level, count in found.items() if count is not None}
        if not texts or not all(fine) or len(sizes) < len(found):
            continue
        covered = {len(set(options)) for options in product(*meant)}
        available = sum(size > 0 for size in sizes.values())
        chances = coverage(list(sizes.values()), len(texts))
        low, high = min(covered), max(covered)
        said = f"{low}" if low == high else f"{low} to {high}"
        rows.append(
            {
                "part": PRINTED,
                "of": margin["margin"],
                "level": "levels covered",
                "available": available,
                "chosen": low if low == high else None,
                "expected": mean_of(chances),
                "low": low,
                "high": high,
                "p_low": at_least(chances, high),
                "p_high": at_least(chances, low),
                "method": EXACT,
                "says": f"{said} of {available} levels; {len(texts)} of {sum(sizes.values())} "
                f"drawn at random cover {mean_of(chances):.1f} on average.",
                "evidence": str(weakest(c.evidence for c in found.values() if c is not None)),
            }
        )
    return rows
