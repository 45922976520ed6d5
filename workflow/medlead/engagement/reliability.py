"""How reliable each scale is: Cronbach's alpha, McDonald's omega, and what each item adds.

The report calls the scales reliable (sections 6.2 and 6.6.1) and prints no coefficient.
Everything here is of the respondents who answered every item of a scale.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from medlead.engagement.answered import (
    NO_SPREAD,
    ONE_ITEM,
    Complete,
    Sample,
    complete,
    left_out_note,
    simulated_note,
    too_few,
)
from medlead.engagement.factor_fit import STEADY, Loadings, fit, fits_near
from medlead.engagement.factor_model import FactorModel, NotIdentified, tree
from medlead.engagement.instrument import Instrument, Scale

FloatArray = NDArray[np.float64]

FELDT = "Feldt (1965)"
BOOTSTRAP = "percentiles of bootstrap samples"
COLUMNS = ["sample", "site", "scale", "item", "statistic", "value", "low", "high", "n", "items",
           "interval", "note", "evidence"]  # fmt: skip


@dataclass(frozen=True)
class Omega:
    """Shares of a score's variance: `total`, of all factors, and `hierarchical`, of the one
    at the top; NaN where there is no top or a single factor.
    """

    total: float
    hierarchical: float


def alpha(values: FloatArray) -> float:
    """Cronbach's alpha (1951) of the sum of (respondents, items); NaN below two items or
    respondents and where the sum has no spread.
    """
    n, k = values.shape
    if n < 2 or k < 2:
        return np.nan
    whole = float(values.sum(axis=1).var(ddof=1))
    if whole <= 1e-12:
        return np.nan
    return float(k / (k - 1) * (1 - values.var(axis=0, ddof=1).sum() / whole))


def feldt_interval(
    estimate: float, n: int, k: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Interval for alpha of n respondents and k items (Feldt 1965, Psychometrika 30, 357-370).

    (1 - alpha)/(1 - estimate) follows F with n-1 and (n-1)(k-1) degrees of freedom. Exact for
    normal items with equal variances and covariances, near it for others.
    """
    if np.isnan(estimate) or n < 2 or k < 2:
        return np.nan, np.nan
    tail = (1 - confidence) / 2
    upper, lower = (float(stats.f.isf(p, n - 1, (n - 1) * (k - 1))) for p in (tail, 1 - tail))
    return 1 - (1 - estimate) * upper, 1 - (1 - estimate) * lower


def item_rest(values: FloatArray) -> FloatArray:
    """Pearson's r of each item with the sum of the others; NaN where one has no spread."""
    rest = values.sum(axis=1, keepdims=True) - values
    x, y = values - values.mean(axis=0), rest - rest.mean(axis=0)
    scale = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > 1e-12, (x * y).sum(axis=0) / scale, np.nan)


def omega(found: Loadings, weights: FloatArray) -> Omega:
    """McDonald's omega (1999) of a weighted sum of standardised items, as a model implies it.

    Total: the share of the sum's variance that all factors make; hierarchical: the share of
    the factor at the top of a tree (Schmid and Leiman 1957; Zinbarg and others 2005).
    `weights` are the items' weights times their standard deviations.
    """
    place = np.array(found.model.factor_of)
    common = np.bincount(place, weights * found.items, len(found.model.factors))
    shared = float(common @ found.correlations @ common)
    whole = shared + float((weights**2 * found.uniquenesses).sum())
    top = np.nan if found.top is None else float((common * found.top).sum()) ** 2 / whole
    return Omega(shared / whole, top)


def omega_intervals(
    found: Loadings,
    values: FloatArray,
    weights: FloatArray,
    *,
    resamples: int,
    confidence: float,
    rng: np.random.Generator,
) -> tuple[tuple[float, float], tuple[float, float], int]:
    """Intervals for both omegas: percentiles over resampled respondents, refitted.

    (respondents, items) of values, weights of the items in the score. Also tells how many
    resamples found no fit and count for nothing. NaN where fewer than half have one.
    """
    n = len(values)
    drawn = []
    refit = fits_near(found, correlations_of(values))
    for counts in rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64):
        mean = counts @ values / n
        moved = values - mean
        spread = moved.T @ (moved * counts[:, None]) / (n - 1)
        deviations = np.sqrt(np.diag(spread))
        if deviations.min() <= 1e-9:
            continue
        try:
            again = refit(spread / np.outer(deviations, deviations))
        except ValueError:
            continue
        if again.converged:
            one = omega(again, weights * deviations)
            drawn.append((one.total, one.hierarchical))
    if 2 * len(drawn) < resamples:
        return (np.nan, np.nan), (np.nan, np.nan), resamples - len(drawn)
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.array(drawn), [tail, 1 - tail], axis=0)
    total, top = ((float(a), float(b)) for a, b in zip(low, high, strict=True))
    return total, top, resamples - len(drawn)


def correlations_of(values: FloatArray) -> FloatArray:
    """Pearson correlations of items, (respondents, items); ValueError where one has no spread."""
    if values.std(axis=0).min(initial=np.inf) <= 1e-12:
        raise ValueError(NO_SPREAD)
    return np.asarray(np.corrcoef(values, rowvar=False), dtype=np.float64)


def reliability(
    samples: Sequence[Sample],
    instrument: Instrument,
    *,
    respondents_from: int,
    per_parameter: float,
    resamples: int,
    confidence: float,
    rng_of: Callable[[str], np.random.Generator],
) -> pd.DataFrame:
    """Alpha, omega, item-rest correlations and alpha without each item, per sample and scale.

    One row for each value, with its interval, number of respondents and items, or the reason
    why there is none. `respondents_from` is the smallest sample looked at, `per_parameter`
    the respondents for each free parameter of a factor model; `rng_of` gives the random
    stream of a name.
    """
    rows: list[dict[str, Any]] = []
    for sample in samples:
        for scale in instrument.scales:
            given = complete(sample.answers, instrument, scale)
            stream = f"{sample.name}/{sample.site}/{scale.name}"
            frame = {
                "sample": sample.name,
                "site": sample.site,
                "scale": scale.name,
                "item": "",
                "n": given.count,
                "items": len(given.items),
                "evidence": sample.evidence,
            }
            found = [
                *_alphas(given, respondents_from, confidence),
                *_omegas(
                    given, instrument, scale, respondents_from, per_parameter,
                    resamples, confidence, rng_of(stream),
                ),
            ]  # fmt: skip
            for row in found:
                notes = (
                    row.get("note", ""),
                    left_out_note(given.left_out),
                    simulated_note(sample.evidence, row.get("value", np.nan)),
                )
                rows.append(frame | row | {"note": "; ".join(filter(None, notes))})
    return pd.DataFrame(rows, columns=COLUMNS)


def _alphas(given: Complete, least: int, confidence: float) -> Iterator[dict[str, Any]]:
    values = given.values * given.weights
    n, k = values.shape
    nothing = ""
    if k < 2:
        nothing = ONE_ITEM
    elif n < least:
        nothing = too_few(n, least)
    elif np.isnan(alpha(values)):
        nothing = NO_SPREAD
    if nothing:
        yield {"statistic": "alpha", "note": nothing}
        for item in given.items:
            yield {"statistic": "item-rest", "item": item, "note": nothing}
            yield {"statistic": "alpha-without", "item": item, "note": nothing}
        return
    value = alpha(values)
    low, high = feldt_interval(value, n, k, confidence)
    yield {"statistic": "alpha", "value": value, "low": low, "high": high, "interval": FELDT}
    for place, (item, r) in enumerate(zip(given.items, item_rest(values), strict=True)):
        without = alpha(np.delete(values, place, axis=1))
        yield _or_reason("item-rest", item, float(r), NO_SPREAD)
        yield _or_reason("alpha-without", item, without, ONE_ITEM if k < 3 else NO_SPREAD)


def _or_reason(statistic: str, item: str, value: float, reason: str) -> dict[str, Any]:
    note = reason if np.isnan(value) else ""
    return {"statistic": statistic, "item": item, "value": value, "note": note}


def _omegas(
    given: Complete,
    instrument: Instrument,
    scale: Scale,
    least: int,
    per_parameter: float,
    resamples: int,
    confidence: float,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    names = ["omega-total"] if scale.of_items else ["omega-total", "omega-hierarchical"]
    try:
        model = tree(instrument, scale)
        place = [given.items.index(item) for item in model.items]
        values, weights = given.values[:, place], given.weights[place]
        found = fitted(model, values, least, per_parameter)
    except (NotIdentified, ValueError) as reason:
        return [{"statistic": name, "note": str(reason)} for name in names]
    one = omega(found, weights * values.std(axis=0, ddof=1))
    total, top, failed = omega_intervals(
        found, values, weights, resamples=resamples, confidence=confidence, rng=rng
    )
    notes = [f"held at its bound: {', '.join(found.held)}" if found.held else ""]
    notes.append(f"{failed} of {resamples} resamples without a fit" if failed else "")
    note = "; ".join(filter(None, notes))
    rows = []
    for name, *three in zip(
        names, (one.total, one.hierarchical), (total[0], top[0]), (total[1], top[1]), strict=False
    ):
        value, low, high = (round(number, STEADY) for number in three)
        missing = np.isnan(value)
        rows.append(
            {"statistic": name, "value": value, "low": low, "high": high,
             "interval": "" if missing or np.isnan(low) else BOOTSTRAP,
             "note": "one factor only" if missing else note}
        )  # fmt: skip
    return rows


def fitted(model: FactorModel, values: FloatArray, least: int, per_parameter: float) -> Loadings:
    """A model fitted to the answers of enough respondents, (respondents, items) in its order.

    ValueError with the reason where there are too few (Bentler and Chou 1987 ask for five to
    a parameter), an item has no spread, or the fit does not arrive.
    """
    wanted = max(least, int(np.ceil(per_parameter * model.parameters)))
    if len(values) < wanted:
        raise ValueError(too_few(len(values), wanted))
    found = fit(model, correlations_of(values))
    if not found.converged:
        raise ValueError("the fit did not converge")
    return found
