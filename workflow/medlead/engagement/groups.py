"""Groups and sites: where they stand on each scale, and how sure that is (sections 6.4 to 6.8).

The percentile of a group can be two things. The *mean of percentiles* ranks every doctor
and averages the ranks; the *percentile of the mean* averages the scores and ranks the
average. Single doctors are spread more widely than averages, and ranks are steepest in
the middle, so the second lies farther from 50 than the first; on the same doctors they
differ by up to ten points and more. The report calls its values mean percentiles. Both
are given; the instrument says which one is shown, banded and mapped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.engagement.bands import band_labels, band_probabilities
from medlead.engagement.instrument import Instrument, Standing
from medlead.engagement.norms import Norms, NormScale
from medlead.engagement.responses import Responses, Unit
from medlead.engagement.scoring import Scored
from medlead.engagement.uncertainty import (
    Moments,
    logit,
    logit_moments,
    moments,
    percentile_interval,
    probability_below,
    share_intervals,
    t_interval,
)

FloatArray = NDArray[np.float64]
Codes = NDArray[np.int32]

TOO_FEW = "too few to place"
NO_SPREAD = "no spread"
NO_SCORES = "no scores"
NO_RESPONSES = "no responses"

_SLICE = 1 << 16
# What is added up for each scale, and for each pair of scales on a map.
_SUMS = 5
_PAIR_SUMS = 6


@dataclass(frozen=True)
class Totals:
    """Sums over the doctors of each unit; units can be merged by adding them up.

    `respondents` is (units,), also those without a score. `scales` is (scales, 5, units):
    number, sums of doubled ranks and of their squares, of keys and of their squares.
    `pairs` is (maps, 6, units): number with both scores, sums of each, of the squares, and
    of the products, of what the instrument's standing goes by. All sums are of whole numbers.
    """

    units: tuple[Unit, ...]
    respondents: FloatArray
    scales: FloatArray
    pairs: FloatArray

    def by_site(self) -> "Totals":
        """The same for whole sites: every doctor counts once. The group is empty."""
        sites = sorted({site for site, _ in self.units})
        into = np.zeros((len(self.units), len(sites)))
        places = {site: place for place, site in enumerate(sites)}
        for row, (site, _) in enumerate(self.units):
            into[row, places[site]] = 1
        named = tuple((site, "") for site in sites)
        return Totals(named, self.respondents @ into, self.scales @ into, self.pairs @ into)

    def with_units(self, declared: Iterable[Unit]) -> "Totals":
        """The same with units of which nobody answered, all in order."""
        units = tuple(sorted({*self.units, *declared}))
        at = [units.index(unit) for unit in self.units]

        def spread(sums: FloatArray) -> FloatArray:
            wide = np.zeros((*sums.shape[:-1], len(units)))
            wide[..., at] = sums
            return wide

        return Totals(units, spread(self.respondents), spread(self.scales), spread(self.pairs))


def totals(
    scored: Scored, norms: Norms, unit: Codes, units: Sequence[Unit], instrument: Instrument
) -> Totals:
    """Add up the doctors of each unit, in one pass over the scores.

    `unit` gives each respondent's place in `units`. ValueError where lengths do not fit.
    """
    if len(unit) != scored.count:
        raise ValueError(f"{len(unit)} units are named for {scored.count} respondents")
    count = len(units)
    # The doubled rank and the key of a missing score count as 0, so only numbers need a mask.
    ranks = [np.maximum(norms.scales[name].doubled, 0).astype(np.float64) for name in scored.scales]
    scales = np.zeros((len(scored.scales), _SUMS, count))
    pairs = np.zeros((len(instrument.typology.maps), _PAIR_SUMS, count))
    axes = [
        (scored.place(m.organisational), scored.place(m.individual))
        for m in instrument.typology.maps
    ]
    by_rank = instrument.standing is Standing.MEAN_OF_PERCENTILES
    step = max(_SLICE, 4 * count)
    for low in range(0, scored.count, step):
        part = slice(low, low + step)
        codes, keys = unit[part].astype(np.intp), scored.keys[:, part]

        def add(values: FloatArray, codes: NDArray[np.intp] = codes) -> FloatArray:
            return np.asarray(np.bincount(codes, values, count), dtype=np.float64)

        there = (keys > 0).astype(np.float64)
        found = np.array([table[row] for table, row in zip(ranks, keys, strict=True)])
        values = keys.astype(np.float64)
        for row, sums in enumerate(scales):
            rank, key = found[row], values[row]
            for place, what in enumerate((there[row], rank, rank * rank, key, key * key)):
                sums[place] += add(what)
        chosen = found if by_rank else values
        for sums, (o, i) in zip(pairs, axes, strict=True):
            both = there[o] * there[i]
            first, second = chosen[o] * both, chosen[i] * both
            squares = (first * first, second * second, first * second)
            for place, what in enumerate((both, first, second, *squares)):
                sums[place] += add(what)
    respondents = np.bincount(unit, minlength=count).astype(np.float64)
    return Totals(tuple(units), respondents, scales, pairs)


def totals_of(responses: Responses, scored: Scored, norms: Norms, instrument: Instrument) -> Totals:
    """The totals of the groups of the responses."""
    return totals(scored, norms, responses.unit, responses.units, instrument)


@dataclass(frozen=True)
class Located:
    """Where units stand on one scale: `percentile` and how the probability of lying below
    a percentile is had (`on`: moments on the scale of the interval; `value_of`: a percentile
    and who owns it, on that scale).
    """

    percentile: FloatArray
    low: FloatArray
    high: FloatArray
    on: Moments
    norm: NormScale
    standing: Standing

    def value_of(self, percentile: float, includes: bool) -> float:
        """A percentile on the scale of `on`."""
        if self.standing is Standing.MEAN_OF_PERCENTILES:
            return float(logit(np.array(percentile)))
        return self.norm.crossing(percentile, includes=includes)

    def below(self, percentile: float, includes: bool) -> FloatArray:
        """The probability that the true percentile of each unit lies below one."""
        return probability_below(self.on, self.value_of(percentile, includes))


def locate(sums: FloatArray, norm: NormScale, standing: Standing, confidence: float) -> Located:
    """Where units stand on a scale, from their (5, units) sums; see `Totals`.

    Percentiles are NaN without a score; intervals NaN where there are fewer than two scores
    or all are equal.
    """
    count, rank, rank_squares, key, key_squares = sums
    if standing is Standing.MEAN_OF_PERCENTILES:
        share = 50.0 / norm.size
        doubled = moments(count, rank, rank_squares)
        # One product and one division of exact sums: a mean of exactly 50 is 50.
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(count > 0, 50.0 * rank / (norm.size * count), np.nan)
        given = Moments(count, mean, doubled.deviation * share)
        low, high = percentile_interval(given, confidence)
        return Located(mean, low, high, logit_moments(given), norm, standing)
    given = moments(count, key, key_squares)
    ends = t_interval(given, confidence)
    # An end below every possible score has the rank of the lowest, and NaN stays NaN.
    low, high = (
        np.where(np.isnan(end), np.nan, norm.rank(np.maximum(np.nan_to_num(end), 0.5)))
        for end in ends
    )
    return Located(norm.rank(np.nan_to_num(given.mean)), low, high, given, norm, standing)


def standings(
    given: Totals, norms: Norms, instrument: Instrument, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Where every unit stands on every scale: one row for each, units first, in order.

    Columns: site, group, scale, respondents, n (with a score), score (mean, shown range),
    percentile with low and high (the instrument's standing), mean_of_percentiles and
    percentile_of_mean with their own low and high, band (empty with fewer doctors than the
    instrument places), band_by_rule (always), p_<band> (probability of each), and note.
    """
    tables = []
    for row, scale in enumerate(instrument.scales):
        norm, sums = norms.scales[scale.name], given.scales[row]
        located = {kind: locate(sums, norm, kind, confidence) for kind in Standing}
        shown = located[instrument.standing]
        count = sums[0]
        placed = count >= instrument.place_from
        by_rule = band_labels(shown.percentile, instrument.bands)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_key = np.where(count > 0, sums[3] / count, 0.0)
        table: dict[str, object] = {
            "site": [site for site, _ in given.units],
            "group": [group for _, group in given.units],
            "scale": scale.name,
            "respondents": given.respondents.astype(np.int64),
            "n": count.astype(np.int64),
            "score": norms.grid.scores(mean_key),
            "percentile": shown.percentile,
            "low": shown.low,
            "high": shown.high,
        }
        for kind, at in located.items():
            name = kind.value.replace("-", "_")
            table |= {name: at.percentile, f"{name}_low": at.low, f"{name}_high": at.high}
        table["band"] = [b if p else "" for b, p in zip(by_rule, placed, strict=True)]
        table["band_by_rule"] = by_rule
        chances = band_probabilities(shown.below, instrument.bands)
        for band, chance in zip(instrument.bands, chances, strict=True):
            table[f"p_{band.label}"] = np.where(placed, chance, np.nan)
        table["note"] = notes(given.respondents, count, np.isnan(shown.low), instrument)
        tables.append(pd.DataFrame(table))
    order = np.arange(len(given.units) * len(tables)).reshape(len(tables), -1).T.ravel()
    return pd.concat(tables, ignore_index=True).iloc[order].reset_index(drop=True)


def notes(
    respondents: FloatArray, count: FloatArray, unsure: NDArray[np.bool_], instrument: Instrument
) -> list[str]:
    """Why a unit has no place, or no interval, in a word; empty where it has both."""
    found = np.where(unsure, NO_SPREAD, "")
    found = np.where(count < instrument.place_from, TOO_FEW, found)
    found = np.where(count == 0, NO_SCORES, found)
    found = np.where(respondents == 0, NO_RESPONSES, found)
    return [str(word) for word in found]


def endorsements(
    responses: Responses, instrument: Instrument, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Section B: how many of each unit chose each category, unused ones included.

    Columns: site, group (empty for the whole site), statement, category, side, count, n
    (who answered the statement), percent, and low and high, the exact interval of the
    percentage (see `uncertainty.share_intervals`); the last three NaN where nobody answered.
    """
    units, size = responses.units, len(instrument.categories) + 1
    tables = []
    for statement, codes in zip(instrument.statements, responses.statements, strict=True):
        both = responses.unit.astype(np.int64) * size + codes
        counts = np.bincount(both, minlength=len(units) * size).reshape(-1, size)[:, 1:]
        rows: dict[Unit, NDArray[np.int64]] = dict(zip(units, counts, strict=True))
        for site in sorted({site for site, _ in units}):
            rows[site, ""] = sum(
                (counts[i] for i, (s, _) in enumerate(units) if s == site),
                np.zeros(size - 1, dtype=np.int64),
            )
        for unit in sorted(rows):
            n = int(rows[unit].sum())
            for category, count in zip(instrument.categories, rows[unit].tolist(), strict=True):
                percent = 100 * count / n if n else np.nan
                place = (*unit, statement, category.label, category.side)
                tables.append((*place, count, n, percent))
    columns = ["site", "group", "statement", "category", "side", "count", "n", "percent"]
    found = pd.DataFrame(tables, columns=columns)
    chosen, answered = (found[name].to_numpy(dtype=np.float64) for name in ("count", "n"))
    low, high = share_intervals(chosen, answered, confidence)
    return found.assign(low=low, high=high)


def individuals(
    responses: Responses, scored: Scored, norms: Norms, instrument: Instrument
) -> pd.DataFrame:
    """Every doctor on every scale: respondent, site, group, and for each scale the score
    (shown range), the percentile and the number of items answered (`<scale>_valid`).
    """
    sites, groups = zip(*responses.units, strict=True) if responses.units else ((), ())
    table: dict[str, object] = {
        "respondent": [name.decode("utf-8", errors="replace") for name in responses.respondents],
        "site": np.array(sites, dtype=object)[responses.unit],
        "group": np.array(groups, dtype=object)[responses.unit],
    }
    for row, scale in enumerate(instrument.scale_names):
        table |= {
            f"{scale}_score": scored.scores(scale),
            f"{scale}_percentile": norms.percentiles(scored, scale),
            f"{scale}_valid": scored.valid[row],
        }
    return pd.DataFrame(table)
