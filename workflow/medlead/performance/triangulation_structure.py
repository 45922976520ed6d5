"""How organisations are organised against how they are rated, and against engagement.

A structure without order is held against a measure by the share of the squared deviations of
ranks that lies between its groups, a number by Kendall's tau-b; both exactly. That nothing is
found among so few says little, so each row tells what could have been found.
"""

import math
from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pandas as pd

from medlead.performance.arrangements import (
    FloatArray,
    arrangements,
    between_ranks,
    chances,
    codes_of,
    kendall_sum,
)
from medlead.performance.detectable import Detectable, detectable_groups, detectable_order
from medlead.performance.resampling import kendall
from medlead.performance.significance import holm
from medlead.performance.triangulation import (
    ALL,
    NO,
    YES,
    Settings,
    families,
    pair_of,
    shows_order,
    usable,
)
from medlead.performance.triangulation_data import Material, numbers
from medlead.performance.triangulation_plan import GROUPS, STRUCTURE, StructureMeasure

ENGAGEMENT = "engagement"
MEASURED = "with engagement"
SHARE, TAU = "share between groups", "Kendall tau-b"
CANNOT_TELL, MORE, LESS = "cannot be told", "engagement more", "structure more"
SEARCHES: dict[str, Callable[..., list[Detectable]]] = {
    SHARE: detectable_groups,
    TAU: detectable_order,
}
# Resamples of the organisations, in any order, that are gone through.
_MOST_RESAMPLES = 25_000


def structure_tests(material: Material, by: Settings) -> pd.DataFrame:
    """Each structural variable and each measure, and engagement: coefficient, exact p and power.

    Measures over all organisations, engagement over those that have it. `corrected` is the share
    between groups less what chance gives, (share - e)/(1 - e) with e = (k - 1)/(n - 1). `holm`
    adjusts the p of the measures for their number, by variable; `detectable` is the least share
    of variance between groups, or the least correlation, that is found with the declared power.
    """
    rows: list[dict[str, Any]] = []
    known = material.engagement.notna()
    for sample, here in ((ALL, known | True), (MEASURED, known)):
        for one in _variables(material, by):
            x = _coded(material.structures.loc[here, one.name], one)
            mine = []
            targets = {m: material.values[m] for m in material.values.columns}
            if sample == MEASURED:
                targets = {ENGAGEMENT: material.engagement[here]}
            for measure, y in targets.items():
                name = f"structure/{sample}/{one.name}/{measure}"
                mine.append(_row(x, y, one, sample, measure, material, by, name))
            judged = [r for r in mine if r["judged"] == YES and r["measure"] != ENGAGEMENT]
            adjusted = holm([r["p"] for r in judged])
            for row, p in zip(judged, adjusted, strict=True):
                row["holm"] = float(p)
            rows += mine
    return pd.DataFrame(rows)


def _variables(material: Material, by: Settings) -> Iterator[StructureMeasure]:
    yield from (one for one in by.plan.structures if one.name in material.structures)


def _coded(column: pd.Series, one: StructureMeasure) -> "pd.Series[float]":
    if one.kind == GROUPS:
        return pd.Series(codes_of(column.tolist()), index=column.index)
    return column.astype(float)


def _row(
    x: "pd.Series[float]",
    y: "pd.Series[float]",
    one: StructureMeasure,
    sample: str,
    measure: str,
    material: Material,
    by: Settings,
    name: str,
) -> dict[str, Any]:
    both = x.notna() & y.notna()
    xs, ys = numbers(x[both]), numbers(y[both])
    groups = len(np.unique(xs))
    ordered = shows_order(xs) and shows_order(ys) and (one.kind != GROUPS or groups < len(xs))
    judged = ordered and len(xs) >= by.plan.smallest_n
    source = material.source(measure)
    row: dict[str, Any] = {
        "sample": sample,
        "variable": one.name,
        "label": one.label,
        "is": one.role,
        "measure": measure,
        "measure_label": material.labels.get(measure, by.plan.engagement),
        "coefficient": SHARE if one.kind == GROUPS else TAU,
        "n": len(xs),
        "groups": groups,
        "judged": YES if judged else NO,
    }
    empty = ("estimate", "corrected", "p", "mid", "smallest", "holm", "detectable")
    row |= dict.fromkeys(empty, math.nan) | {"power_at_most": math.nan}
    row |= {"arrangements": 0, "exact": "", "possible": ""}
    if ordered:
        row |= _tested(pd.Series(xs), pd.Series(ys), one, by, name, judged=judged)
    return row | {"evidence": material.resting(source, "structures")}


def _tested(
    x: "pd.Series[float]",
    y: "pd.Series[float]",
    one: StructureMeasure,
    by: Settings,
    name: str,
    *,
    judged: bool,
) -> dict[str, Any]:
    xs, ys = numbers(x), numbers(y)
    if one.kind == GROUPS:
        drawn = arrangements(ys, by.plan.most, by.stream(name), draws=by.permutations)
        estimate = float(between_ranks(xs, ys[None, :])[0])
        null, exact = between_ranks(xs, drawn.values), drawn.exact
        found = chances(estimate, null, 0.0, exact=exact)
        by_chance = (len(np.unique(xs)) - 1) / (len(xs) - 1)
        corrected = (estimate - by_chance) / (1 - by_chance)
        p, mid, smallest = found.greater, found.mid_greater, found.smallest_greater
        search = SEARCHES[SHARE]
    else:
        pair = pair_of(x, y, by, name)
        null, exact = kendall_sum(pair.fixed, pair.rows), pair.exact
        observed = float(kendall_sum(xs, ys[None, :])[0])
        found = chances(observed, null, 0.0, exact=exact)
        estimate, corrected = float(kendall(xs, ys)), math.nan
        p, mid, smallest = found.two_sided, found.mid_two_sided, found.smallest_two_sided
        search = SEARCHES[TAU]
    told = {
        "estimate": estimate,
        "corrected": corrected,
        "p": p,
        "mid": mid,
        "smallest": smallest,
        "arrangements": found.arrangements,
        "exact": YES if exact else NO,
        "possible": "" if math.isnan(smallest) else YES if smallest < by.alpha else NO,
    }
    if judged:
        (power,) = search(
            xs,
            ys,
            null,
            alphas=(by.alpha,),
            power=by.plan.power,
            draws=by.plan.draws,
            rng=by.stream("power", name),
        )
        told |= {"detectable": power.strength, "power_at_most": power.at_most}
    return told


def compare_strengths(material: Material, by: Settings) -> pd.DataFrame:
    """Engagement against each structure: which goes further with the measures, as far as told.

    Both are compared on the same organisations and measures, in the same way: against groups,
    bands count as groups too (mean corrected share); against numbers, the size of the mean tau-b.
    `low`, `high`: percentile interval of the difference over all resamples of the organisations,
    each with its exact chance, where there are few enough (exact bootstrap); a resample in which
    either has no value is left out, `left_out` is their share. `without_low`, `without_high`: the
    difference without any one organisation. `says` follows from the interval alone.
    """
    rows = []
    known = material.engagement.notna()
    for family, measures in families(material, by.plan).items():
        judged = usable(material, measures, by.plan.smallest_n)
        for one in _variables(material, by):
            if one.role != STRUCTURE or not judged:
                continue
            x = _coded(material.structures.loc[known, one.name], one)
            e = material.engagement[known]
            here = x.notna()
            if one.kind == GROUPS and e[here].is_unique:
                continue  # Scores without ties are no groups, so like is not held against like.
            table = numbers(material.values.loc[known, judged][here])
            xs, es = numbers(x[here]), numbers(e[here])
            if not shows_order(xs) or not shows_order(es):
                continue
            evidence = material.resting(
                ENGAGEMENT, "structures", *dict.fromkeys(map(material.source, judged))
            )
            row = {"family": family, "variable": one.name, "label": one.label}
            row |= _difference(es, xs, table, one.kind == GROUPS, by, f"{family}/{one.name}")
            rows.append(row | {"evidence": evidence})
    return pd.DataFrame(rows)


def _difference(
    es: FloatArray, xs: FloatArray, table: FloatArray, groups: bool, by: Settings, name: str
) -> dict[str, Any]:
    n = len(es)
    measure = _mean_share if groups else _mean_size
    picks, weights, exact = resamples(n, by.permutations, by.stream("bootstrap", name))

    def both(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        index = rows.astype(np.intp)
        return measure(es, table, index), measure(xs, table, index)

    everyone = np.arange(n, dtype=float)
    engagement, structure = (float(v[0]) for v in both(everyone[None, :]))
    first, second = both(picks)
    apart = first - second
    defined = ~np.isnan(apart)
    low, high = _quantiles(apart[defined], weights[defined], by.confidence)
    without = np.array([np.delete(everyone, i) for i in range(n)])
    one, other = both(without)
    single = (one - other)[~np.isnan(one - other)]
    says = MORE if low > 0 else LESS if high < 0 else CANNOT_TELL
    return {
        "coefficient": SHARE if groups else TAU,
        "n": n,
        "measures": table.shape[1],
        "engagement": engagement,
        "structure": structure,
        "difference": engagement - structure,
        "low": low,
        "high": high,
        "resamples": len(picks),
        "exact": YES if exact else NO,
        "left_out": 1 - float(weights[defined].sum() / weights.sum()),
        "without_low": float(single.min()) if len(single) else math.nan,
        "without_high": float(single.max()) if len(single) else math.nan,
        "says": says,
    }


def resamples(n: int, draws: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, bool]:
    """Resamples of n positions (one a row, sorted), their chances, and whether these are all.

    All C(2n - 1, n) different ones, each with its multinomial chance, where there are at most
    25,000 (n up to 8); else `draws` drawn ones.
    """
    if math.comb(2 * n - 1, n) > _MOST_RESAMPLES:
        return rng.integers(n, size=(draws, n)).astype(float), np.full(draws, 1 / draws), False
    rows = np.array(list(combinations_with_replacement(range(n), n)), dtype=float)
    counts = (rows[:, :, None] == np.arange(n)).sum(axis=1)
    ways = [math.factorial(n) / math.prod(map(math.factorial, c)) for c in counts.tolist()]
    return rows, np.array(ways) / n**n, True


def _quantiles(values: FloatArray, weights: FloatArray, confidence: float) -> tuple[float, float]:
    """The least values that leave at most the outer share on either side."""
    if not len(values):
        return math.nan, math.nan
    order = np.argsort(values, kind="stable")
    up = np.cumsum(weights[order]) / weights.sum()
    outer = (1 - confidence) / 2
    low = int(np.searchsorted(up, outer))
    high = int(np.searchsorted(up, 1 - outer))
    return float(values[order][low]), float(values[order][min(high, len(values) - 1)])


def _mean_share(x: FloatArray, table: FloatArray, index: Any) -> FloatArray:
    """The mean corrected share between the groups of x over the measures, by row of positions."""
    return _mean(x, table, index, _shares)


def _mean_size(x: FloatArray, table: FloatArray, index: Any) -> FloatArray:
    """The size of the mean tau-b of x with the measures, by row of positions."""
    return np.asarray(np.abs(_mean(x, table, index, _taus)))


def _mean(x: FloatArray, table: FloatArray, index: Any, of: Any) -> FloatArray:
    total, count = np.zeros(len(index)), np.zeros(len(index))
    for y in table.T:
        values = of(x, y, index)
        defined = ~np.isnan(values)
        total[defined] += values[defined]
        count += defined
    return np.asarray(total / np.where(count > 0, count, np.nan))


def _signs(values: FloatArray, known: Any) -> FloatArray:
    """sgn(a - b) of every two organisations, 0 where one of them is not known."""
    filled = np.where(known, values, 0.0)
    both = known[:, None] & known[None, :]
    return np.asarray(np.sign(filled[:, None] - filled[None, :]) * both)


def _taus(x: FloatArray, y: FloatArray, index: Any) -> FloatArray:
    """tau-b of each row of positions, over those with y; NaN without three, or without order."""
    known = ~np.isnan(y)
    first, second = index[:, :, None], index[:, None, :]
    sx, sy = _signs(x, known)[first, second], _signs(y, known)[first, second]
    whole = (sx**2).sum(axis=(1, 2)) * (sy**2).sum(axis=(1, 2))
    usable = (whole > 0) & (known[index].sum(axis=1) >= 3)
    return np.asarray((sx * sy).sum(axis=(1, 2)) / np.sqrt(np.where(usable, whole, np.nan)))


def _shares(x: FloatArray, y: FloatArray, index: Any) -> FloatArray:
    """The corrected share between groups of each row of positions, over those with y."""
    known = ~np.isnan(y)
    # A mid-rank less the mean rank is half of how many are below less how many above.
    off = _signs(y, known)[index[:, :, None], index[:, None, :]].sum(axis=2) / 2
    has, n = known[index], known[index].sum(axis=1)
    part, k = np.zeros(len(index)), np.zeros(len(index))
    for group in np.unique(x):
        member = has & (x[index] == group)
        size = member.sum(axis=1)
        part += np.where(size > 0, (off * member).sum(axis=1) ** 2 / np.maximum(size, 1), 0.0)
        k += size > 0
    whole = (off**2).sum(axis=1)
    usable = (whole > 0) & (k > 1) & (k < n)
    by_chance = (k - 1) / np.where(usable, n - 1, np.nan)
    return np.asarray((part / np.where(usable, whole, np.nan) - by_chance) / (1 - by_chance))
