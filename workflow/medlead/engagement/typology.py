"""The grid of engagement: what the organisation offers against what doctors bring (6.6.4).

Empowered: both high. Frustrated: doctors willing, the organisation not encouraging.
Reluctant: the other way round. Indifferent: both low. Names and corners are the
instrument's. Organisational and individual percentiles come from the same doctors, so
they go together; the probability of each quadrant takes that into account.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.engagement.groups import Located, Totals, locate, notes
from medlead.engagement.instrument import Instrument, Typology
from medlead.engagement.norms import Norms
from medlead.engagement.scoring import Scored
from medlead.engagement.uncertainty import both_below, distance

FloatArray = NDArray[np.float64]


def is_high(percentiles: FloatArray, typology: Typology) -> NDArray[np.bool_]:
    """Whether percentiles lie on the high side of the cut; False for NaN."""
    values = np.asarray(percentiles, dtype=np.float64)
    return values >= typology.cut if typology.cut_is_high else values > typology.cut


def quadrants(organisational: FloatArray, individual: FloatArray, typology: Typology) -> list[str]:
    """The quadrant of each pair of percentiles; empty where one of the two is NaN."""
    named = {(q.organisational, q.individual): q.label for q in typology.quadrants}
    missing = np.isnan(organisational) | np.isnan(individual)
    corners = zip(
        is_high(organisational, typology).tolist(),
        is_high(individual, typology).tolist(),
        missing.tolist(),
        strict=True,
    )
    return ["" if gone else named[o, i] for o, i, gone in corners]


def doctor_quadrants(
    scored: Scored, norms: Norms, instrument: Instrument, map_name: str
) -> NDArray[np.int8]:
    """The quadrant of each doctor on a map, as its place in the instrument; -1 without one.

    Raises KeyError where there is no such map.
    """
    axes = {m.name: (m.organisational, m.individual) for m in instrument.typology.maps}
    places = {
        (q.organisational, q.individual): n for n, q in enumerate(instrument.typology.quadrants)
    }
    o, i = (norms.percentiles(scored, scale) for scale in axes[map_name])
    corner = is_high(o, instrument.typology) * 2 + is_high(i, instrument.typology)
    order = [places[bool(c // 2), bool(c % 2)] for c in range(4)]
    found: NDArray[np.int8] = np.array(order, dtype=np.int8)[corner]
    found[np.isnan(o) | np.isnan(i)] = -1
    return found


def placements(
    given: Totals, norms: Norms, instrument: Instrument, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Every unit on every map: one row for each, units first, in order.

    Doctors with both scores count. Columns: site, group, map, respondents, n,
    organisational and individual (percentiles by the instrument's standing, each with
    _low and _high), quadrant (empty with fewer doctors than the instrument places),
    quadrant_by_rule (always), p_<quadrant> (adding up to 1) and note. An instrument without
    maps has the columns and no row.
    """
    typology, standing = instrument.typology, instrument.standing
    tables = []
    for row, m in enumerate(typology.maps):
        sums = given.pairs[row]
        count = sums[0]
        placed = count >= instrument.place_from
        axes = [
            locate(_of_one(sums, axis, by), norms.scales[scale], standing, confidence)
            for axis, (scale, by) in enumerate(
                ((m.organisational, standing), (m.individual, standing))
            )
        ]
        table: dict[str, object] = {
            "site": [site for site, _ in given.units],
            "group": [group for _, group in given.units],
            "map": m.name,
            "respondents": given.respondents.astype(np.int64),
            "n": count.astype(np.int64),
        }
        for name, at in zip(("organisational", "individual"), axes, strict=True):
            table |= {name: at.percentile, f"{name}_low": at.low, f"{name}_high": at.high}
        by_rule = quadrants(axes[0].percentile, axes[1].percentile, typology)
        table["quadrant"] = [q if p else "" for q, p in zip(by_rule, placed, strict=True)]
        table["quadrant_by_rule"] = by_rule
        chances = _chances(axes, _correlation(sums), typology, placed)
        for quadrant in typology.quadrants:
            chance = chances[quadrant.organisational, quadrant.individual]
            table[f"p_{quadrant.label}"] = chance
        unsure = np.isnan(axes[0].low) | np.isnan(axes[1].low)
        table["note"] = notes(given.respondents, count, unsure, instrument)
        tables.append(pd.DataFrame(table))
    if not tables:
        return pd.DataFrame(columns=_columns(typology))
    order = np.arange(len(given.units) * len(tables)).reshape(len(tables), -1).T.ravel()
    return pd.concat(tables, ignore_index=True).iloc[order].reset_index(drop=True)


def _columns(typology: Typology) -> list[str]:
    sides = [f"{n}{end}" for n in ("organisational", "individual") for end in ("", "_low", "_high")]
    chances = [f"p_{quadrant.label}" for quadrant in typology.quadrants]
    head, named = ["site", "group", "map", "respondents", "n"], ["quadrant", "quadrant_by_rule"]
    return [*head, *sides, *named, *chances, "note"]


def _of_one(sums: FloatArray, axis: int, standing: object) -> FloatArray:
    """The five sums of `locate` for one axis: what the standing goes by stands for both."""
    total, squares = sums[1 + axis], sums[3 + axis]
    return np.array([sums[0], total, squares, total, squares])


def _correlation(sums: FloatArray) -> FloatArray:
    """The correlation of both axes over the doctors of each unit; NaN without spread."""
    count, first, second, first_squares, second_squares, products = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.maximum(first_squares - first**2 / count, 0.0)
        spread = spread * np.maximum(second_squares - second**2 / count, 0.0)
        return np.asarray((products - first * second / count) / np.sqrt(spread))


def _chances(
    axes: Sequence[Located],
    correlation: FloatArray,
    typology: Typology,
    placed: NDArray[np.bool_],
) -> dict[tuple[bool, bool], FloatArray]:
    """The probability of each corner (organisational high?, individual high?)."""
    found = {(o, i): np.full(len(placed), np.nan) for o in (False, True) for i in (False, True)}
    includes = not typology.cut_is_high
    first, second = (distance(a.on, a.value_of(typology.cut, includes)) for a in axes)
    use = placed & np.isfinite(first) & np.isfinite(second) & np.isfinite(correlation)
    if not use.any():
        return found
    low = both_below(first[use], second[use], correlation[use], axes[0].on.freedom[use])
    each = [a.below(typology.cut, includes)[use] for a in axes]
    found[False, False][use] = low
    found[False, True][use] = each[0] - low
    found[True, False][use] = each[1] - low
    found[True, True][use] = 1 - each[0] - each[1] + low
    return found
