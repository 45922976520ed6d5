"""More of one with more of the other inside each end of a ranking: exact tests, and their power."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize

from medlead.performance.correlation import DRAWN_PERMUTATION
from medlead.performance.intervals import kendall_interval, spearman_interval
from medlead.performance.permutation import (
    NOTHING,
    IntArray,
    Null,
    concordance_null,
    concordance_sum,
    doubled_ranks,
    product,
    product_null,
)
from medlead.performance.resampling import FloatArray, spearman

Statistic = Literal["Spearman", "Kendall tau-b"]
STATISTICS: tuple[Statistic, ...] = ("Spearman", "Kendall tau-b")
EXACT = "exact permutation, ties as they are"
COMBINED = "both ends, each by itself"
# A correlation of tendencies that is taken for as strong as can be.
_STRONGEST = 0.999


@dataclass(frozen=True)
class Tested:
    """A statistic over one or more strata: whole-number value, null, and coefficients."""

    observed: int
    null: Null | None
    estimate: float
    n: int


def stratified(
    x: FloatArray, y: FloatArray, strata: NDArray[np.intp], statistic: Statistic
) -> Tested:
    """One rank statistic added up over strata, with the exact null that reorders within them.

    Kendall: S is added up, and the estimate is ΣS over √(Σ untied pairs in x · Σ those in y).
    Spearman: the centred sums of rank products are divided by n_h (n_h + 1) and added (van Elteren
    1960 weighs Wilcoxon's statistic like this); the estimate is the mean of the strata's
    coefficients, weighed by n_h. Strata in which one of both is constant say nothing. The null
    is None where a stratum is too large to enumerate.
    """
    parts = []
    for stratum in np.unique(strata):
        at = strata == stratum
        if at.sum() > 1 and np.ptp(x[at]) > 0 and np.ptp(y[at]) > 0:
            parts.append((x[at], y[at]))
    total = sum(len(a) for a, _ in parts)
    if not parts:
        return Tested(0, NOTHING, np.nan, 0)
    null: Null | None = NOTHING
    observed = 0
    if statistic == "Spearman":
        common = int(np.lcm.reduce([len(a) * (len(a) + 1) for a, _ in parts]))
        for a, b in parts:
            ranks, factor = (doubled_ranks(a), doubled_ranks(b)), common // (len(a) * (len(a) + 1))
            observed += factor * product(*ranks)
            own = product_null(*ranks)
            null = null.plus(own.scaled(factor)) if null is not None and own is not None else None
        estimate = sum(len(a) * float(spearman(a, b)) for a, b in parts) / total
        return Tested(observed, null, estimate, total)
    untied = [0, 0]
    for a, b in parts:
        codes = doubled_ranks(a), doubled_ranks(b)
        observed += concordance_sum(*codes)
        own = concordance_null(*codes)
        null = null.plus(own) if null is not None and own is not None else None
        for place, values in enumerate(codes):
            counts = np.unique(values, return_counts=True)[1]
            untied[place] += (len(values) ** 2 - int((counts**2).sum())) // 2
    return Tested(observed, null, observed / float(np.sqrt(untied[0] * untied[1])), total)


def stratified_p(
    tested: Tested,
    x: FloatArray,
    y: FloatArray,
    strata: NDArray[np.intp],
    statistic: Statistic,
    permutations: int,
    rng: np.random.Generator,
) -> tuple[float, str]:
    """The two-sided p of `stratified` and how it was found: exact, else over drawn orderings."""
    if tested.null is not None:
        return tested.null.p_value(tested.observed), EXACT
    beyond = 0
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    for _ in range(permutations):
        order = np.arange(len(x))
        for own in members:
            order[own] = rng.permutation(own)
        beyond += abs(_value(x, y[order], strata, statistic)) >= abs(tested.observed)
    return (beyond + 1) / (permutations + 1), DRAWN_PERMUTATION


def _value(x: FloatArray, y: FloatArray, strata: NDArray[np.intp], statistic: Statistic) -> int:
    kept = [strata == stratum for stratum in np.unique(strata)]
    kept = [at for at in kept if at.sum() > 1 and np.ptp(x[at]) > 0 and np.ptp(y[at]) > 0]
    if statistic != "Spearman":
        return sum(concordance_sum(doubled_ranks(x[at]), doubled_ranks(y[at])) for at in kept)
    sizes = [int(at.sum()) for at in kept]
    common = int(np.lcm.reduce([n * (n + 1) for n in sizes])) if sizes else 1
    return sum(
        common // (n * (n + 1)) * product(doubled_ranks(x[at]), doubled_ranks(y[at]))
        for n, at in zip(sizes, kept, strict=True)
    )


@dataclass(frozen=True)
class DetectableRise:
    """The weakest association that a test finds so often, by simulation.

    `latent`: the correlation of the normal tendencies behind both; `rank`: the mean rank
    correlation of the sample that goes with it; `most`: the power at the strongest association.
    """

    latent: float
    rank: float
    most: float


def detectable(
    margins: Sequence[IntArray],
    *,
    power: float,
    alpha: float,
    draws: int,
    rng: np.random.Generator,
) -> DetectableRise:
    """The weakest association that Spearman's exact test finds with that power, by simulation.

    `margins` has the ratings of each stratum, whose ties are kept: pairs of normal
    tendencies are drawn, and the units with the highest second tendency get the highest ratings.
    Scores have no ties. The same draws serve every strength, so that power rises smoothly; the
    critical value is that of the exact null. NaN where not even the strongest association is
    found so often.
    """
    useful = [np.sort(m) for m in margins if len(m) > 1 and np.ptp(m) > 0]
    if not useful:
        return DetectableRise(np.nan, np.nan, 0.0)
    common = int(np.lcm.reduce([len(m) * (len(m) + 1) for m in useful]))
    total = sum(len(m) for m in useful)
    null = NOTHING
    drawn = []
    for margin in useful:
        n = len(margin)
        ranks = doubled_ranks(margin)
        own = product_null(doubled_ranks(np.arange(n)), ranks)
        if own is None:
            raise ValueError(f"{n} units in a stratum are too many for an exact null")
        null = null.plus(own.scaled(common // (n * (n + 1))))
        drawn.append((ranks, rng.standard_normal((draws, n)), rng.standard_normal((draws, n))))
    critical = null.critical(alpha)
    if critical is None:
        return DetectableRise(np.nan, np.nan, 0.0)

    def at(rho: float) -> tuple[float, float]:
        statistic = np.zeros(draws, dtype=np.int64)
        strength = np.zeros(draws)
        for ranks, first, second in drawn:
            n = len(ranks)
            x = 2 * first.argsort(axis=1).argsort(axis=1) + 2
            tendency = rho * first + np.sqrt(1 - rho * rho) * second
            y = ranks[tendency.argsort(axis=1).argsort(axis=1)]
            centred = n * (x * y).sum(axis=1) - x.sum(axis=1) * int(ranks.sum())
            statistic += common // (n * (n + 1)) * centred
            spread = n * (ranks**2).sum() - ranks.sum() ** 2
            strength += n / total * centred / np.sqrt(spread * (n * n * (n * n - 1) / 3))
        return float((np.abs(statistic) >= critical).mean()), float(strength.mean())

    most = at(_STRONGEST)[0]
    if most < power:
        return DetectableRise(np.nan, np.nan, most)
    weakest = optimize.bisect(lambda rho: at(rho)[0] - power, 0.0, _STRONGEST, xtol=1e-4)
    return DetectableRise(float(weakest), at(float(weakest))[1], most)


def within_groups(
    scores: FloatArray,
    coded: pd.DataFrame,
    groups: "pd.Series[str]",
    ends: Sequence[str],
    *,
    confidence: float,
    alpha: float,
    power: float,
    draws: int,
    permutations: int,
    streams: Mapping[str, np.random.Generator],
) -> pd.DataFrame:
    """Each rating's association with the score inside each end, and over both ends together.

    One row per rating, part (`ends`, then both) and statistic, with exact p (two-sided) and, for
    each end, Bonett and Wright's or Fieller's interval. `detectable_rank`, `detectable_latent`:
    the weakest association that Spearman's test finds with that power at `alpha`, with the ties
    that the ratings have (`detectable`); `power_at_most`: its power against the strongest
    association. These three rest on simulated draws. `streams`: one source of numbers per rating.
    """
    lines = []
    labels = groups.to_numpy()
    place = {name: number for number, name in enumerate(ends)}
    for rating in coded.columns:
        y_all = coded[rating].to_numpy(dtype=np.float64)
        for part in (*ends, COMBINED):
            wanted = list(ends) if part == COMBINED else [part]
            kept = np.isin(labels, wanted) & ~np.isnan(y_all)
            x, y = scores[kept], y_all[kept]
            strata = np.array([place[label] for label in labels[kept]], dtype=np.intp)
            margins = [y[strata == s].astype(np.int64) for s in np.unique(strata)]
            found = detectable(
                margins, power=power, alpha=alpha, draws=draws, rng=streams[str(rating)]
            )
            for statistic in STATISTICS:
                tested = stratified(x, y, strata, statistic)
                p, how = stratified_p(
                    tested, x, y, strata, statistic, permutations, streams[str(rating)]
                )
                low = high = np.nan
                if part != COMBINED and tested.n > 4:
                    limits = spearman_interval if statistic == "Spearman" else kendall_interval
                    low, high = (float(v) for v in limits(tested.estimate, tested.n, confidence))
                by_power = statistic == "Spearman"
                lines.append(
                    {
                        "rating": rating,
                        "part": part,
                        "statistic": statistic,
                        "n": int(kept.sum()),
                        "levels": len(np.unique(y)),
                        "estimate": tested.estimate,
                        "low": low,
                        "high": high,
                        "p_value": p if tested.n else np.nan,
                        "p_method": how if tested.n else "",
                        "detectable_rank": found.rank if by_power else np.nan,
                        "detectable_latent": found.latent if by_power else np.nan,
                        "power_at_most": found.most if by_power else np.nan,
                        "note": "" if tested.n else "every rating is at one level",
                    }
                )
    return pd.DataFrame(lines)


def smallest_without_ties(
    n: int, *, power: float, alpha: float, draws: int, rng: np.random.Generator
) -> DetectableRise:
    """`detectable` for n units whose ratings are all different: the best that n units can do."""
    return detectable([np.arange(n)], power=power, alpha=alpha, draws=draws, rng=rng)
