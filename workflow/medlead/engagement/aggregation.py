"""Whether doctors of one group answer alike, so that a group may stand for its doctors.

Agreement within a group: r_WG(J) (James, Demaree and Wolf 1984) and AD_M(J) (Burke,
Finkelstein and Dusig 1999). Groups among each other: ICC(1), the share of a score's variance
between groups, and ICC(2), the reliability of a group's mean (Bartko 1976; Bliese 2000).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from medlead.engagement.answered import NO_SPREAD, complete, simulated_note, too_few
from medlead.engagement.instrument import Instrument
from medlead.engagement.responses import Responses
from medlead.engagement.scoring import Scored

FloatArray = NDArray[np.float64]

F_INTERVAL = "F of the analysis of variance (Searle 1971; McGraw and Wong 1996)"
NEGATIVE = "below 0: doctors of one unit are no more alike than any"
BEYOND_NULL = "more spread than by chance, shown as 0"
COLUMNS = ["level", "site", "group", "scale", "statistic", "null", "value", "low", "high", "n",
           "units", "interval", "note", "evidence"]  # fmt: skip


@dataclass(frozen=True)
class Likeness:
    """ICC(1) and ICC(2) with intervals, from `units` units with `n` values; NaN without."""

    icc1: float
    icc1_low: float
    icc1_high: float
    icc2: float
    icc2_low: float
    icc2_high: float
    n: int
    units: int


def likeness(values: FloatArray, unit: NDArray[np.integer], confidence: float = 0.95) -> Likeness:
    """ICC(1) and ICC(2) of values in units, from a one-way analysis of variance.

    Units of different sizes count by k0 = (N - Σn²/N)/(g - 1). The intervals come from F and
    are exact for normal values in units of one size. NaN with fewer than two units, no more
    values than units, or none that differ within units; values that are NaN are left out.
    """
    there = ~np.isnan(values)
    values, names = values[there], unit[there]
    _, place, sizes = np.unique(names, return_inverse=True, return_counts=True)
    n, g = len(values), len(sizes)
    if g < 2 or n <= g:
        return _unlike(n, g)
    means = np.bincount(place, values, g) / sizes
    between = float((sizes * (means - values.mean()) ** 2).sum()) / (g - 1)
    within = float(((values - means[place]) ** 2).sum()) / (n - g)
    if within <= 1e-12 or between <= 1e-12:
        return _unlike(n, g)
    size = (n - float((sizes**2).sum()) / n) / (g - 1)
    ratio, tail = between / within, (1 - confidence) / 2
    low = ratio / float(stats.f.isf(tail, g - 1, n - g))
    high = ratio / float(stats.f.isf(1 - tail, g - 1, n - g))
    first, first_low, first_high = ((f - 1) / (f - 1 + size) for f in (ratio, low, high))
    second, second_low, second_high = (1 - 1 / f for f in (ratio, low, high))
    return Likeness(first, first_low, first_high, second, second_low, second_high, n, g)


def _unlike(n: int, units: int) -> Likeness:
    return Likeness(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, n, units)


def null_variance(shares: Sequence[float]) -> float:
    """The variance of answers 1, 2, … that are given with these shares."""
    points = np.arange(1, len(shares) + 1)
    mean = float(np.dot(shares, points))
    return float(np.dot(shares, (points - mean) ** 2))


def spread_over(shares: Sequence[float], answers: int) -> list[float]:
    """Shares of some number of answers as shares of another number, over the same range.

    Each share is laid evenly over its stretch of the range, which is then cut into `answers`
    equal stretches. With the same number nothing changes, and even shares stay even.
    """
    if len(shares) == answers:
        return list(shares)
    ends = np.concatenate([[0.0], np.cumsum(shares)])
    cut = np.interp(np.linspace(0, 1, answers + 1), np.linspace(0, 1, len(shares) + 1), ends)
    return [float(share) for share in np.diff(cut)]


def within_agreement(values: FloatArray, expected: float) -> tuple[float, bool]:
    """r_WG(J) of (respondents, items), and whether it was below 0 and stands as 0.

    J(1 - s²/σ²) / (J(1 - s²/σ²) + s²/σ²) for the mean s² of the items' variances and the
    variance σ² expected of answers by chance. NaN below two respondents.
    """
    n, j = values.shape
    if n < 2:
        return np.nan, False
    share = float(values.var(axis=0, ddof=1).mean()) / expected
    if share >= 1:
        return 0.0, share > 1
    return j * (1 - share) / (j * (1 - share) + share), False


def mean_deviation(values: FloatArray) -> float:
    """AD_M(J) of (respondents, items): the mean distance from an item's mean, over all items.

    In points of the answers; NaN below two respondents. A sixth of the number of points is
    the usual limit of agreement (Burke and Dunlap 2002).
    """
    if len(values) < 2:
        return np.nan
    return float(np.abs(values - values.mean(axis=0)).mean())


def aggregation(
    responses: Responses,
    scored: Scored,
    instrument: Instrument,
    *,
    nulls: Mapping[str, Sequence[float]],
    confidence: float,
    evidence: str,
) -> pd.DataFrame:
    """Agreement within every group and site, and likeness among them, on every scale.

    Agreement is of respondents who answered every item of a scale, in units of no fewer
    than the instrument places; likeness of all scores. One row for each value, or the
    reason why there is none; rows without site and group are of all units of a level.
    """
    sites = sorted({site for site, _ in responses.units})
    at_site = np.array([sites.index(site) for site, _ in responses.units])[responses.unit]
    levels = {
        "group": (responses.unit, list(responses.units)),
        "site": (at_site, [(site, "") for site in sites]),
    }
    rows: list[dict[str, Any]] = []
    for level, (unit, units) in levels.items():
        for scale in instrument.scales:
            common = {"level": level, "scale": scale.name, "evidence": evidence, "null": ""}
            found = likeness(scored.scores(scale.name), unit, confidence)
            head = common | {"site": "", "group": "", "n": found.n, "units": found.units}
            rows += [head | row for row in _likeness_rows(found)]
            agreed: dict[str, list[float]] = {}
            for place, (site, group) in enumerate(units):
                answers = responses.items[:, unit == place]
                given = complete(answers, instrument, scale)
                head = common | {"site": site, "group": group, "n": given.count, "units": 1}
                for row in _agreement_rows(given.values, nulls, instrument.place_from):
                    rows.append(head | row)
                    if not np.isnan(row.get("value", np.nan)):
                        key = f"{row['statistic']}|{row.get('null', '')}"
                        agreed.setdefault(key, []).append(row["value"])
            for key, values in agreed.items():
                statistic, _, null = key.partition("|")
                rows.append(
                    common | {"site": "", "group": "", "statistic": f"median {statistic}",
                    "null": null, "value": float(np.median(values)), "units": len(values)}
                )  # fmt: skip
    for row in rows:
        caution = simulated_note(evidence, row.get("value", np.nan))
        row["note"] = "; ".join(filter(None, (row.get("note", ""), caution)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _likeness_rows(found: Likeness) -> Iterator[dict[str, Any]]:
    why = "fewer than two units" if found.units < 2 else NO_SPREAD
    if found.units >= 2 and found.n <= found.units:
        why = "one doctor in each unit"
    for name, value, low, high in (
        ("ICC(1)", found.icc1, found.icc1_low, found.icc1_high),
        ("ICC(2)", found.icc2, found.icc2_low, found.icc2_high),
    ):
        missing = bool(np.isnan(value))
        note = why if missing else NEGATIVE if value < 0 else ""
        yield {"statistic": name, "value": value, "low": low, "high": high, "note": note,
               "interval": "" if missing else F_INTERVAL}  # fmt: skip


def _agreement_rows(
    values: FloatArray, nulls: Mapping[str, Sequence[float]], least: int
) -> Iterator[dict[str, Any]]:
    why = too_few(len(values), least) if len(values) < least else ""
    for null, shares in nulls.items():
        row: dict[str, Any] = {"statistic": "r_WG(J)", "null": null}
        if why:
            yield row | {"note": why}
            continue
        value, beyond = within_agreement(values, null_variance(shares))
        yield row | {"value": value, "note": BEYOND_NULL if beyond else ""}
    row = {"statistic": "AD_M(J)", "note": why}
    yield row if why else row | {"value": mean_deviation(values)}
