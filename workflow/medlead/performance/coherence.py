"""Can all printed correlations of a table stand together: composites one by one.

The report prints the correlations of an index, its meta-scales and their sub-scales with eight
measures (section 6.3, Table 28). A scale that is a sum of others cannot correlate as it likes.
Measures with the same n may rest on the same organisations; those with the largest n rest on
all of them, so for these alone one sample is certain. Where organisations are missing the
correlations of different measures come from different samples, and then neither a common
weight nor a matrix without negative eigenvalues is owed: the tests over all measures say what
one common sample would need. `coherence_joint` asks for one matrix of all of them.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.performance.composites import (
    Span,
    composite_bounds,
    fit_composite,
    free_bounds,
    implied_intercorrelation,
    meet,
    possible_intercorrelation,
    two_part_intercorrelation,
)

ALL_MEASURES, WHOLE_SAMPLE = "all measures", "measures of the whole sample"
FREE_SHARES, EQUAL_SHARES = "free shares", "equal shares"
EVIDENCE = str(EvidenceClass.PRINTED_AGGREGATES)

Parts = Mapping[str, Sequence[str]]


class Grid(NamedTuple):
    """The printed correlations as spans by scale and measure, and the n of each measure."""

    spans: dict[tuple[str, str], Span]
    scales: tuple[str, ...]
    measures: tuple[str, ...]
    n: dict[str, int]

    def samples(self) -> dict[str, tuple[str, ...]]:
        """The sets of measures that are looked at together."""
        largest = max(self.n.values())
        whole = tuple(m for m in self.measures if self.n[m] == largest)
        found = {ALL_MEASURES: self.measures, WHOLE_SAMPLE: whole}
        return found if 1 < len(whole) < len(self.measures) else {ALL_MEASURES: self.measures}


def read_grid(cells: pd.DataFrame) -> Grid:
    """The printed correlations (columns measure, scale, r_low, r_high, n) as a grid.

    Raises ValueError where a measure lacks a scale or has more than one n.
    """
    keys = zip(cells["scale"].astype(str), cells["measure"].astype(str), strict=True)
    spans = {
        key: Span(float(low), float(high))
        for key, low, high in zip(keys, cells["r_low"], cells["r_high"], strict=True)
    }
    scales = tuple(dict.fromkeys(cells["scale"].astype(str)))
    measures = tuple(dict.fromkeys(cells["measure"].astype(str)))
    if len(spans) != len(scales) * len(measures) or len(spans) != len(cells):
        raise ValueError("every measure needs one correlation with every scale")
    sizes = cells.groupby(cells["measure"].astype(str))["n"].unique()
    if any(len(found) > 1 for found in sizes):
        raise ValueError("a measure has more than one n")
    return Grid(spans, scales, measures, {str(m): int(found[0]) for m, found in sizes.items()})


def printed_parts(called: Mapping[str, str], parts: Parts) -> dict[str, tuple[str, ...]]:
    """The composites among printed headings, with their parts as headings.

    `called` gives the scale of each heading, `parts` the parts of each scale. A scale is
    a composite here only where all its parts are printed too.
    """
    heading = {scale: printed for printed, scale in called.items()}
    return {
        printed: tuple(heading[part] for part in parts[scale])
        for printed, scale in called.items()
        if parts.get(scale) and all(part in heading for part in parts[scale])
    }


def base_parts(parts: Parts, name: str) -> tuple[str, ...]:
    """The scales that a composite is made of in the end, composites among its parts resolved."""
    if name not in parts:
        return (name,)
    return tuple(itertools.chain.from_iterable(base_parts(parts, p) for p in parts[name]))


def bounds_by_measure(grid: Grid, parts: Parts) -> pd.DataFrame:
    """Each composite and measure: what its parts allow, and what its printed r implies of them.

    Composites are looked at as sums of their parts and, where these are composites, of their
    base scales too. `low`, `high`: every r that parts of equal share allow, whatever their own
    correlations; `free_low`, `free_high` with free shares. `implied_*`: the mean correlation
    among parts of equal share that the printed r implies; `possible_*`: which ones their r
    allow. `inside` says whether the printed interval meets [low, high].
    """
    rows = []
    for (name, members), measure in itertools.product(_sums(parts), grid.measures):
        whole = grid.spans[name, measure]
        spans = [grid.spans[member, measure] for member in members]
        allowed = composite_bounds(spans)
        row: dict[str, Any] = {
            "composite": name,
            "parts": "; ".join(members),
            "measure": measure,
            "n": grid.n[measure],
            "r_low": whole.low,
            "r_high": whole.high,
            "low": allowed.low,
            "high": allowed.high,
            "inside": word(meet([allowed, whole]) is not None),
        }
        for label, compute in (
            ("free", lambda s=spans: free_bounds(s)),
            ("implied", lambda s=spans, w=whole: implied_intercorrelation(w, s)),
            ("possible", lambda s=spans: possible_intercorrelation(s)),
        ):
            found = _or_open(compute)
            row |= {f"{label}_low": found.low, f"{label}_high": found.high}
        rows.append(row | {"evidence": EVIDENCE})
    return pd.DataFrame(rows)


def _sums(parts: Parts) -> list[tuple[str, tuple[str, ...]]]:
    direct = [(name, tuple(members)) for name, members in parts.items()]
    nested = [(name, base_parts(parts, name)) for name, _ in direct]
    return [*direct, *(s for s in nested if s not in direct)]


def _or_open(compute: Any) -> Span:
    try:
        found: Span = compute()
    except ValueError:
        return Span(math.nan, math.nan)
    return found


def word(holds: bool) -> str:
    """`yes` or `no`, as the results say it."""
    return "yes" if holds else "no"


def fits(grid: Grid, parts: Parts) -> pd.DataFrame:
    """Each composite over several measures at once: whether it is one sum of its parts.

    The same sum on one sample, that is.

    One row per sum, set of measures and `shares` (free, or equal). `deviation` is the least
    widening of every rounding interval that makes it so (0 or less: possible as printed) and
    `proved` a lower bound for it in fractions, whose weights on the measures stand in `proof`.
    `intercorrelation_*`: the correlations of two parts (the mean one of several, for equal
    shares only) at which it is possible; empty where it is not, or where nothing bounds it.
    """
    rows = []
    for (name, members), (sample, measures) in itertools.product(
        _sums(parts), grid.samples().items()
    ):
        whole = [grid.spans[name, m] for m in measures]
        spans = [[grid.spans[p, m] for p in members] for m in measures]
        for shares in (FREE_SHARES, EQUAL_SHARES):
            fit = fit_composite(whole, spans, equal=shares == EQUAL_SHARES)
            among: Span | None = None
            if fit.deviation <= 0 and shares == EQUAL_SHARES:
                among = meet(
                    [
                        _or_open(lambda w=w, s=s: implied_intercorrelation(w, s))
                        for w, s in zip(whole, spans, strict=True)
                    ]
                )
            elif fit.deviation <= 0 and len(members) == 2:
                among = two_part_intercorrelation(whole, spans)
            proof = [
                f"{measure}: {'sum too strong' if side == 0 else 'sum too weak'} {weight:.3f}"
                for measure, pair in zip(measures, fit.proof, strict=True)
                for side, weight in enumerate(pair)
                if weight > 0
            ]
            rows.append(
                {
                    "composite": name,
                    "parts": "; ".join(members),
                    "sample": sample,
                    "measures": len(measures),
                    "shares": shares,
                    "possible": word(fit.deviation <= 0),
                    "deviation": fit.deviation,
                    "proved": fit.proved,
                    "weights": "; ".join(f"{w:.4f}" for w in fit.weights),
                    "intercorrelation_low": among.low if among else math.nan,
                    "intercorrelation_high": among.high if among else math.nan,
                    "proof": "; ".join(proof) if fit.deviation > 0 else "",
                    "evidence": EVIDENCE,
                }
            )
    return pd.DataFrame(rows)


def rival_parts(grid: Grid, parts: Parts) -> pd.DataFrame:
    """Which base scales could make each composite of base scales: every choice of as many.

    Over all measures, shares free; the choices in order of their `deviation` per composite, with
    their `place`; `declared` marks the one that the instrument names.
    """
    base = tuple(s for s in grid.scales if s not in parts)
    rows = []
    for name, members in parts.items():
        if set(members) - set(base):
            continue
        whole = [grid.spans[name, m] for m in grid.measures]
        found = []
        for choice in itertools.combinations(base, len(members)):
            spans = [[grid.spans[p, m] for p in choice] for m in grid.measures]
            found.append((fit_composite(whole, spans).deviation, choice))
        for place, (deviation, choice) in enumerate(sorted(found), start=1):
            rows.append(
                {
                    "composite": name,
                    "parts": "; ".join(choice),
                    "declared": word(set(choice) == set(members)),
                    "place": place,
                    "deviation": deviation,
                    "possible": word(deviation <= 0),
                    "evidence": EVIDENCE,
                }
            )
    columns = ["composite", "parts", "declared", "place", "deviation", "possible", "evidence"]
    return pd.DataFrame(rows, columns=columns)
