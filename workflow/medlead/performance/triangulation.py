"""Engagement against each measure, and the measures against each other: exact tests of few.

Everything rests on order alone. An organisation counts for a pair of measures when it has both;
what does not apply is no value. Higher is better throughout, so a positive coefficient says that
the more engaged are rated better.
"""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from medlead.performance.arrangements import (
    Chances,
    FloatArray,
    arrangements,
    chances,
    count_arrangements,
    finer_orders,
    jonckheere,
    kendall_sum,
    spearman_sum,
)
from medlead.performance.detectable import detectable_order
from medlead.performance.resampling import kendall, spearman
from medlead.performance.significance import holm
from medlead.performance.triangulation_data import Material, numbers, only
from medlead.performance.triangulation_plan import TriangulationPlan

ALL = "all"
KENDALL, SPEARMAN, JONCKHEERE = "Kendall tau-b", "Spearman", "Jonckheere-Terpstra J"
YES, NO = "yes", "no"
# Orders of hidden scores within bands that are gone through.
_FINEST = 50_000


@dataclass(frozen=True)
class Settings:
    """How tests are done: the declaration, the level, and one seed for what is drawn."""

    plan: TriangulationPlan
    alpha: float
    confidence: float
    permutations: int
    seed: int

    def stream(self, *names: str) -> np.random.Generator:
        """Random numbers of their own for each name, whatever else is drawn."""
        return np.random.default_rng([self.seed, zlib.crc32("/".join(names).encode())])


@dataclass(frozen=True)
class Pair:
    """Two measures over the organisations that have both, with one of them rearranged."""

    x: FloatArray
    y: FloatArray
    missing: int
    rows: FloatArray
    fixed: FloatArray
    exact: bool

    @property
    def orders(self) -> bool:
        """Whether both show an order of at least three organisations."""
        return shows_order(self.x) and shows_order(self.y)


def shows_order(values: FloatArray) -> bool:
    """Whether at least three values are there and not all are equal."""
    return bool(len(values) >= 3 and np.ptp(values) > 0)


def pair_of(first: "pd.Series[float]", second: "pd.Series[float]", by: Settings, name: str) -> Pair:
    """The two measures (one index) with all arrangements of the one that has fewer.

    Permuting the one against the other or the other against the one is the same.
    """
    x, y = numbers(first), numbers(second)
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    moved, fixed = (x, y) if count_arrangements(x) <= count_arrangements(y) else (y, x)
    drawn = arrangements(moved, by.plan.most, by.stream("pair", name), draws=by.permutations)
    return Pair(x, y, int((~both).sum()), drawn.values, fixed, drawn.exact)


def kendall_chances(pair: Pair) -> Chances:
    """The exact chances of Kendall's S of a pair that shows an order."""
    observed = float(kendall_sum(pair.x, pair.y[None, :])[0])
    return chances(observed, kendall_sum(pair.fixed, pair.rows), 0.0, exact=pair.exact)


def engagement_pairs(material: Material, by: Settings, *, power: bool = True) -> pd.DataFrame:
    """Engagement and each measure: three exact tests, over all and within each stratum.

    - `estimate`: tau-b, Spearman's r, or J, whose mean without association is `expected`; J is
      half the untied pairs of bands plus half of Kendall's S, so both give the same p.
    - `finer_low`, `finer_high`: the least and greatest coefficient over every order of the
      scores that the bands may hide.
    - `p_*` and `mid_*`: exact p-values and mid-p-values by tail, `smallest_*` the least that
      these ties allow; `p`, `smallest` those of the declared tail, `possible` whether any result
      could have had p below alpha.
    - `holm_*`: adjusted within the source and over all sources; `best_holm_*` the least that the
      adjusted p could have been. Only measures of `smallest_n` organisations are `judged`.
    - `detectable`: the least correlation behind the two measures that this test finds with the
      declared power, `detectable_tau` the tau-b expected then; `detectable_holm` the same at
      alpha over the number of tests, which Holm asks of the first. NaN where no strength is, and
      without `power`.
    """
    rows: list[dict[str, Any]] = []
    for sample, part in samples(material, by.plan):
        mine: list[dict[str, Any]] = []
        for measure in part.values.columns:
            name = f"{sample}/{measure}"
            pair = pair_of(part.engagement, part.values[measure], by, name)
            head = {
                "sample": sample,
                "source": material.source(measure),
                "measure": measure.partition(".")[2],
                "label": material.labels[measure],
                "n": len(pair.x),
                "missing": pair.missing,
                "judged": YES if _judged(pair, by.plan) else NO,
                "note": _note(pair, by.plan),
                "evidence": material.resting("engagement", material.source(measure)),
            }
            mine += [head | found for found in _three(pair, by)]
        adjusted = _holm(pd.DataFrame(mine), by)
        rows += _with_power(adjusted, part, by, sample, power)
    columns = [c for c in rows[0] if c not in ("note", "evidence")] if rows else []
    return pd.DataFrame(rows, columns=[*columns, "note", "evidence"])


def samples(material: Material, plan: TriangulationPlan) -> Iterator[tuple[str, Material]]:
    """All organisations, then each stratum in which enough of them have engagement."""
    yield ALL, material
    counts = material.strata[material.engagement.notna()].value_counts()
    for stratum in sorted(s for s in counts.index if s):
        if counts[stratum] >= plan.smallest_n and counts[stratum] < counts.sum():
            yield str(stratum), only(material, (str(stratum),))


def _judged(pair: Pair, plan: TriangulationPlan) -> bool:
    return pair.orders and len(pair.x) >= plan.smallest_n


def _note(pair: Pair, plan: TriangulationPlan) -> str:
    if len(pair.x) < 3:
        return "fewer than 3 organisations have both"
    if not pair.orders:
        return "all have the same level: no order to compare"
    return "" if len(pair.x) >= plan.smallest_n else "too few to be judged"


def _three(pair: Pair, by: Settings) -> Iterator[dict[str, Any]]:
    for coefficient in (KENDALL, SPEARMAN, JONCKHEERE):
        found: dict[str, Any] = {"coefficient": coefficient} | dict.fromkeys(
            ("estimate", "expected", "finer_low", "finer_high"), math.nan
        )
        found |= dict.fromkeys(_CHANCES, math.nan) | {"arrangements": 0, "exact": ""}
        if pair.orders:
            found |= _test(pair, coefficient) | _finer(pair, coefficient)
        two = by.plan.tail == "two-sided"
        found["p"] = found["p_two_sided" if two else "p_greater"]
        found["smallest"] = found["smallest_two_sided" if two else "smallest_greater"]
        found["possible"] = _below(found["smallest"], by.alpha)
        yield found


_CHANCES = tuple(
    f"{kind}_{tail}"
    for tail in ("two_sided", "greater", "less")
    for kind in ("p", "mid", "smallest")
)


def _below(p: float, alpha: float) -> str:
    return "" if math.isnan(p) else YES if p < alpha else NO


def _test(pair: Pair, coefficient: str) -> dict[str, Any]:
    if coefficient == SPEARMAN:
        estimate, expected = float(spearman(pair.x, pair.y)), 0.0
        observed = float(spearman_sum(pair.x, pair.y[None, :])[0])
        null, centre = spearman_sum(pair.fixed, pair.rows), 0.0
    elif coefficient == KENDALL:
        estimate, expected = float(kendall(pair.x, pair.y)), 0.0
        observed = float(kendall_sum(pair.x, pair.y[None, :])[0])
        null, centre = kendall_sum(pair.fixed, pair.rows), 0.0
    else:
        # The groups are those of x; which of the two is rearranged makes no difference.
        observed = estimate = float(jonckheere(pair.x, pair.y[None, :])[0])
        first, second = np.triu_indices(len(pair.x), k=1)
        expected = centre = float((pair.x[first] != pair.x[second]).sum()) / 2
        null = centre + kendall_sum(pair.fixed, pair.rows) / 2
    found = chances(observed, null, centre, exact=pair.exact)
    told = {
        f"{kind}_{tail}": getattr(found, tail if kind == "p" else f"{kind}_{tail}")
        for kind in ("p", "mid", "smallest")
        for tail in ("two_sided", "greater", "less")
    }
    return told | {
        "estimate": estimate,
        "expected": expected,
        "arrangements": found.arrangements,
        "exact": YES if found.exact else NO,
    }


def _finer(pair: Pair, coefficient: str) -> dict[str, float]:
    if coefficient == JONCKHEERE or len(np.unique(pair.x)) == len(pair.x):
        return {}
    orders = finer_orders(pair.x, _FINEST)
    if orders is None:
        return {}
    values = (kendall if coefficient == KENDALL else spearman)(orders, pair.y)
    return {"finer_low": float(values.min()), "finer_high": float(values.max())}


def _holm(frame: pd.DataFrame, by: Settings) -> pd.DataFrame:
    frame = frame.assign(
        **dict.fromkeys(("holm_source", "best_holm_source", "holm_all", "best_holm_all"), math.nan),
        tests_source=0,
        tests_all=0,
    )
    for _, rows in frame[frame["judged"] == YES].groupby("coefficient", sort=False):
        families = [("all", rows), *(("source", part) for _, part in rows.groupby("source"))]
        for family, part in families:
            frame.loc[part.index, f"holm_{family}"] = holm(part["p"])
            known = part["smallest"].notna().all()
            best = holm(part["smallest"]) if known else math.nan
            frame.loc[part.index, f"best_holm_{family}"] = best
            frame.loc[part.index, f"tests_{family}"] = len(part)
    below = [_below(p, by.alpha) for p in frame["p"]]
    return frame.assign(
        below=below,
        below_holm_source=[_below(p, by.alpha) for p in frame["holm_source"]],
        below_holm_all=[_below(p, by.alpha) for p in frame["holm_all"]],
    )


def _with_power(
    frame: pd.DataFrame, part: Material, by: Settings, sample: str, power: bool
) -> list[dict[str, Any]]:
    rows = []
    for row in frame.to_dict("records"):
        one = {str(k): v for k, v in row.items()}
        for key in ("detectable", "detectable_tau", "detectable_holm", "power_at_most"):
            one[key] = math.nan
        if power and one["coefficient"] == KENDALL and one["judged"] == YES:
            measure = f"{one['source']}.{one['measure']}"
            pair = pair_of(part.engagement, part.values[measure], by, f"{sample}/{measure}")
            one |= _detectable(pair, by, f"{sample}/{measure}", int(one["tests_all"]))
        rows.append(one)
    return rows


def _detectable(pair: Pair, by: Settings, name: str, tests: int) -> dict[str, float]:
    null = kendall_sum(pair.fixed, pair.rows)
    single, first = detectable_order(
        pair.x,
        pair.y,
        null,
        alphas=(by.alpha, by.alpha / max(tests, 1)),
        power=by.plan.power,
        draws=by.plan.draws,
        rng=by.stream("power", name),
    )
    return {
        "detectable": single.strength,
        "detectable_tau": single.expected,
        "detectable_holm": first.strength,
        "power_at_most": single.at_most,
    }


def families(material: Material, plan: TriangulationPlan) -> dict[str, list[str]]:
    """The measures of each source, and of all where there are several sources."""
    columns = list(material.values.columns)
    found = {s: [m for m in columns if material.source(m) == s] for s in plan.sources}
    found = {s: measures for s, measures in found.items() if measures}
    return {ALL: columns, **found} if len(found) > 1 else found


def usable(material: Material, measures: list[str], smallest: int) -> list[str]:
    """The measures that show an order of enough organisations with engagement."""
    known = material.values[material.engagement.notna()]
    return [
        m
        for m in measures
        if known[m].notna().sum() >= smallest and known[m].dropna().nunique() > 1
    ]


def overall(material: Material, by: Settings) -> pd.DataFrame:
    """Whether the more engaged are rated better at all: one exact test for each family.

    `estimate` is the mean tau-b of engagement with the measures; engagement is rearranged over
    the organisations, which keeps whatever the measures have in common. With `strata` it is
    rearranged within strata only. An arrangement that leaves a measure without an order counts 0.
    """
    rows = []
    known = material.engagement.notna()
    x = numbers(material.engagement[known])
    for within in ("", by.plan.strata):
        codes = None
        if within:
            if material.strata[known].nunique() < 2:
                continue
            codes = pd.factorize(material.strata[known])[0].astype(np.intp)
        for family, measures in families(material, by.plan).items():
            judged = usable(material, measures, by.plan.smallest_n)
            name = f"overall/{family}/{within}"
            drawn = arrangements(
                x, by.plan.most, by.stream(name), draws=by.permutations, strata=codes
            )
            if not judged or len(drawn.values) < 2:
                continue
            y = material.values.loc[known, judged]
            null = mean_tau(drawn.values, y)
            estimate = float(mean_tau(x[None, :], y)[0])
            found = chances(estimate, null, float(null.mean()), exact=drawn.exact)
            rows.append(
                {
                    "family": family,
                    "strata": within,
                    "n": len(x),
                    "measures": len(judged),
                    "estimate": estimate,
                    # Without strata it is nought, but for rounding.
                    "expected": round(float(null.mean()), 12) + 0.0,
                    "largest": float(null.max()),
                    "arrangements": found.arrangements,
                    "exact": YES if found.exact else NO,
                    "p_two_sided": found.two_sided,
                    "p_greater": found.greater,
                    "mid_two_sided": found.mid_two_sided,
                    "mid_greater": found.mid_greater,
                    "smallest_two_sided": found.smallest_two_sided,
                    "smallest_greater": found.smallest_greater,
                    "evidence": material.resting(
                        "engagement", *{material.source(m): 0 for m in judged}
                    ),
                }
            )
    return pd.DataFrame(rows)


def mean_tau(rows: FloatArray, values: pd.DataFrame) -> FloatArray:
    """The mean tau-b of each row (m x n) with the measures; 0 where one shows no order."""
    total = np.zeros(len(rows))
    for measure in values.columns:
        y = numbers(values[measure])
        has = ~np.isnan(y)
        total += np.nan_to_num(kendall(rows[:, has], y[has]), nan=0.0)
    return total / len(values.columns)
