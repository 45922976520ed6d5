"""The identified sets: for declared statistics the exact range that the print leaves open."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from medlead.printed import number
from medlead.reconstruction.bounds import (
    Bound,
    Correlation,
    Difference,
    Explorer,
    Ratio,
    sum_of,
)
from medlead.reconstruction.levels import as_levels, count_levels, numbers
from medlead.reconstruction.margins import Cells, Margins
from medlead.reconstruction.parts import Parts, take_apart
from medlead.reconstruction.programme import Vector
from medlead.reconstruction.space import Selection, Space
from medlead.reconstruction.witnesses import WitnessWriter
from medlead.survey.instrument import Instrument

COLUMNS = ("statistic", "kind", "low", "high", "attained", "optimised")
LOW, HIGH = "low", "high"
# A bound and the value of its own witness may differ by rounding only.
_SAME = 1e-9

# From a mapping of variables to levels, the records that it chooses.
Reader = Callable[[Mapping[str, Any]], Selection]


@dataclass(frozen=True)
class Ends:
    """The mean of whole numbers in bands: what is known of the values within the bands.

    `least` and `most` are the means at which every value is as small or as large as its
    band and the printed ends allow, but for the one record that attains the other printed
    end (the constant of the ratio). Sizes are whole numbers.
    """

    least: Ratio
    most: Ratio


Statistic = Ratio | Difference | Correlation | Ends


def selection_reader(space: Space) -> Reader:
    """Reads `answered` and names of levels; raises KeyError for what is not there."""

    def read(given: Mapping[str, Any]) -> Selection:
        chosen: dict[str, frozenset[int]] = {}
        for name, wanted in given.items():
            if wanted == "answered":
                chosen[name] = space.answered(name)
            else:
                named = [wanted] if isinstance(wanted, str) else wanted
                chosen[name] = space.positions(name, [str(w) for w in named])
        return chosen

    return read


def level_codes(space: Space, instrument: Instrument, name: str) -> dict[int, float]:
    """A number for each answered level: its value, or the place of its band among all bands."""
    coded = next(v for v in instrument.coded if v.name == name)
    codes: dict[int, float] = {}
    for position in sorted(space.answered(name)):
        level = space.variables[name][position]
        if coded.bands:
            codes[position] = float(instrument.bands[coded.bands].labels.index(level.heading))
        elif level.low is None:
            raise ValueError(f"the levels of '{name}' are no numbers")
        else:
            codes[position] = float(level.low)
    return codes


def needed(given: Mapping[str, Any]) -> set[str]:
    """The variables that a statistic needs to be counted together."""
    names: set[str] = set()
    for key in ("where", "among"):
        names |= set(given.get(key, {}))
    of = given.get("of", {})
    return names | ({of} if isinstance(of, str) else set(of))


def build(
    given: Mapping[str, Any],
    space: Space,
    instrument: Instrument,
    ends: Mapping[str, tuple[float, float]],
) -> Statistic:
    """The statistic that a declaration describes; raises ValueError for an unknown kind."""
    read = selection_reader(space)
    kind = given["kind"]
    if kind == "count":
        return Ratio(sum_of(space, read(given["where"])))
    if kind == "share":
        among = read(given["among"])
        both = dict(among)
        for name, levels in read(given["of"]).items():
            both[name] = levels & both.get(name, levels)
        # Counted in one block, so that upper and lower sum speak of the same records.
        return Ratio(sum_of(space, both), sum_of(space, among))
    if kind == "mean":
        of, where = given["of"], read(given["where"])
        codes = level_codes(space, instrument, of)
        answered = {**where, of: space.answered(of)}
        return Ratio(sum_of(space, where, codes, of), sum_of(space, answered))
    if kind == "values":
        return _ends(given, space, ends[given["part"]])
    if kind == "correlation":
        one, other = given["of"]
        codes_of = tuple(level_codes(space, instrument, name) for name in (one, other))
        return Correlation(
            space,
            (one, other),
            (tuple(codes_of[0].values()), tuple(codes_of[1].values())),
        )
    if kind == "difference":
        parts = [build(given[key], space, instrument, ends) for key in ("first", "second")]
        first, second = parts
        if not isinstance(first, Ratio) or not isinstance(second, Ratio):
            raise ValueError("only shares, means and counts have a difference")
        return Difference(first, second)
    raise ValueError(f"'{kind}' is no kind of statistic")


def identified_sets(
    statistics: list[Mapping[str, Any]],
    instrument: Instrument,
    margins: Margins,
    ends: Mapping[str, tuple[float, float]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The least and greatest value of each statistic, and counts of records that reach them.

    Over all sets of records with the least total slack. `ends` are the printed lowest and
    highest value by part. `attained` tells whether the records found at both ends give
    the bounds back when the statistic is computed from them. The second table holds those
    records (`medlead.reconstruction.witnesses`).
    """
    parts = take_apart(margins.space, margins.facts, margins.also)
    witnesses = WitnessWriter(parts)
    rows: list[tuple[Any, ...]] = []
    for given in statistics:
        explorer = _explorer(given, parts)
        space = explorer.assembled.space
        statistic = build(given, space, instrument, ends)
        bounds = _range(statistic, explorer)
        for end, bound in zip((LOW, HIGH), bounds, strict=True):
            witnesses.add(given["statistic"], end, space, bound.counts)
        attained = all(
            abs(value_at(statistic, bound.counts, end) - bound.value) < _SAME
            for end, bound in zip((LOW, HIGH), bounds, strict=True)
        )
        low, high = (bound.value for bound in bounds)
        how = _HOW[given["kind"]]
        rows.append((given["statistic"], given["kind"], low, high, attained, how))
    return pd.DataFrame(rows, columns=list(COLUMNS)), witnesses.frame()


def value_at(statistic: Statistic, counts: Vector, end: str) -> float:
    """A statistic in a set of counts; where counts leave it open, its least or greatest value."""
    if isinstance(statistic, Ends):
        return (statistic.least if end == LOW else statistic.most).value(counts)
    return statistic.value(counts)


def value_in(
    given: Mapping[str, Any],
    used: pd.DataFrame,
    instrument: Instrument,
    margins: Margins,
    ends: Mapping[str, tuple[float, float]],
) -> float:
    """A declared statistic in returns that are there."""
    wanted = [tuple(sorted(names)) for names in _wanted(given)]
    variables = {n: levels for n, levels in margins.space.variables.items() if n in sum(wanted, ())}
    space = Space(variables, tuple(wanted))
    statistic = build(given, space, instrument, ends)
    if isinstance(statistic, Ends):
        return float(numbers(used, given["part"], instrument).mean())
    levels = as_levels(used, instrument, space, margins.several)
    return statistic.value(count_levels(space, levels))


_HOW = {
    "count": "the count",
    "share": "the ratio of two counts, by a sequence of integer programmes",
    "mean": "the ratio of a sum of values to the number of answers, by integer programmes",
    "values": "the sum of the least or greatest values that bands and printed ends allow",
    "correlation": "the sum of products, over every way in which answers can be missing",
    "difference": "the difference of the sums, for each possible number of records",
}


def _range(statistic: Statistic, explorer: Explorer) -> tuple[Bound, Bound]:
    if isinstance(statistic, Ends):
        return explorer.ratio(statistic.least, -1), explorer.ratio(statistic.most, 1)
    if isinstance(statistic, Ratio):
        return explorer.ratio(statistic, -1), explorer.ratio(statistic, 1)
    if isinstance(statistic, Difference):
        return explorer.difference(statistic, -1), explorer.difference(statistic, 1)
    return explorer.correlation(statistic, -1), explorer.correlation(statistic, 1)


def _wanted(given: Mapping[str, Any]) -> list[set[str]]:
    """The sets of variables that are counted together."""
    wanted = [given] if given["kind"] != "difference" else [given["first"], given["second"]]
    return [names for one in wanted if (names := needed(one))]


def _explorer(given: Mapping[str, Any], parts: Parts) -> Explorer:
    return Explorer(*parts.about(_wanted(given)))


def _ends(given: Mapping[str, Any], space: Space, ends: tuple[float, float]) -> Ends:
    of = given["of"]
    low, high = ends
    least: dict[int, float] = {}
    most: dict[int, float] = {}
    for position in sorted(space.answered(of)):
        level = space.variables[of][position]
        if level.low is None or level.below is None:
            raise ValueError(f"'{of}' has no values")
        least[position] = max(level.low, low)
        most[position] = min(float(np.ceil(level.below)) - 1, high)
    (bottom,) = (i for i in least if space.variables[of][i].holds(low))
    (top,) = (i for i in least if space.variables[of][i].holds(high))
    answered = sum_of(space, {of: space.answered(of)})
    return Ends(
        Ratio(sum_of(space, {}, least, of), answered, high - least[top]),
        Ratio(sum_of(space, {}, most, of), answered, low - most[bottom]),
    )


def part_ends(declarations: Mapping[str, Any], cells: Cells) -> dict[str, tuple[float, float]]:
    """The printed lowest and highest value of each part that has both, over all returns."""
    found: dict[str, dict[str, float]] = {}
    for given in declarations["values"]:
        if given["statistic"] in ("lowest", "highest") and "where" not in given:
            text = cells[(given["item"], given["row"], given["column"])]
            found.setdefault(given["of"], {})[given["statistic"]] = float(number(text))
    return {of: (e["lowest"], e["highest"]) for of, e in found.items() if len(e) == 2}
