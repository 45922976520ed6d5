"""Can all printed correlations of a table stand together: composites one by one, then jointly.

The report prints the correlations of an index, its meta-scales and their sub-scales with eight
measures (section 6.3, Table 28). A scale that is a sum of others cannot correlate as it likes.
Measures with the same n may rest on the same organisations; those with the largest n rest on
all of them, so for these alone one sample is certain. Where organisations are missing the
correlations of different measures come from different samples, and then neither a common
weight nor a matrix without negative eigenvalues is owed: the tests over all measures say what
one common sample would need.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
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
from medlead.performance.semidefinite import (
    Combination,
    Completion,
    Entry,
    FloatArray,
    NoCompletion,
    complete,
    outside,
)

ALL_MEASURES, WHOLE_SAMPLE = "all measures", "measures of the whole sample"
APART, FREE_SHARES, EQUAL_SHARES = "scales by themselves", "free shares", "equal shares"
# The solver stops within this of its optimum; a smaller change is none.
TOLERANCE = 1e-6
_EVIDENCE = str(EvidenceClass.PRINTED_AGGREGATES)

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
            "inside": _word(meet([allowed, whole]) is not None),
        }
        for label, compute in (
            ("free", lambda s=spans: free_bounds(s)),
            ("implied", lambda s=spans, w=whole: implied_intercorrelation(w, s)),
            ("possible", lambda s=spans: possible_intercorrelation(s)),
        ):
            found = _or_open(compute)
            row |= {f"{label}_low": found.low, f"{label}_high": found.high}
        rows.append(row | {"evidence": _EVIDENCE})
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


def _word(holds: bool) -> str:
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
                    "possible": _word(fit.deviation <= 0),
                    "deviation": fit.deviation,
                    "proved": fit.proved,
                    "weights": "; ".join(f"{w:.4f}" for w in fit.weights),
                    "intercorrelation_low": among.low if among else math.nan,
                    "intercorrelation_high": among.high if among else math.nan,
                    "proof": "; ".join(proof) if fit.deviation > 0 else "",
                    "evidence": _EVIDENCE,
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
                    "declared": _word(set(choice) == set(members)),
                    "place": place,
                    "deviation": deviation,
                    "possible": _word(deviation <= 0),
                    "evidence": _EVIDENCE,
                }
            )
    columns = ["composite", "parts", "declared", "place", "deviation", "possible", "evidence"]
    return pd.DataFrame(rows, columns=columns)


class Joint(NamedTuple):
    """The joint completions: one row each, and the entries of their witness matrices."""

    completions: pd.DataFrame
    witnesses: pd.DataFrame


def complete_jointly(grid: Grid, parts: Parts) -> Joint:
    """One matrix of all scales and measures that completes the printed block, three ways.

    - `scales by themselves`: all scales and measures, no scale is a sum. The margin is the
      largest smallest eigenvalue that a completion can have.
    - `free shares`, `equal shares`: every composite is exactly a sum of its parts. Then the
      full matrix is singular, and what is completed is that of base scales and measures, with
      the composites' correlations as weighted sums of its entries and their unit variances as
      definitions. The weights are those of `fit_composite`, so `margin` is that at these
      weights, a lower bound of the best. `change` is the least widening of all rounding intervals
      at these weights and `change_at_least` what no weights can go below: where both agree,
      it is the smallest change that restores the print. Both `margin` and `change` are empty
      where the weights themselves contradict every correlation among the parts.

    `checked_eigenvalue` and `outside` (how far the witness lies outside the print beyond the
    change) are recomputed from the rounded witness without the solver; `proved` is positive
    definiteness in fractions.
    """
    rows, entries = [], []
    for sample, measures in grid.samples().items():
        everything = {
            (i, len(grid.scales) + j): grid.spans[s, m]
            for (i, s), (j, m) in itertools.product(enumerate(grid.scales), enumerate(measures))
        }
        size = len(grid.scales) + len(measures)
        found = complete(size, everything)
        row = _completion_row(APART, sample, found, 0.0, outside(found.matrix, everything))
        rows.append(row)
        entries += _entries(row, [*grid.scales, *measures], found.matrix)
        for shares in (FREE_SHARES, EQUAL_SHARES) if parts else ():
            weights, at_least = base_weights(grid, parts, measures, shares)
            base = list(weights.columns)
            bounds, sums = sums_as_combinations(grid, weights, measures)
            try:
                found = complete(len(base) + len(measures), bounds, sums)
            except NoCompletion:
                rows.append(_no_completion(shares, sample, len(base) + len(measures), at_least))
                continue
            full = expand(found.matrix, weights, grid.scales)
            row = _completion_row(shares, sample, found, at_least, outside(full, everything))
            rows.append(row)
            entries += _entries(row, [*grid.scales, *measures], full)
    columns = list(rows[0])
    return Joint(pd.DataFrame(rows, columns=columns), pd.DataFrame(entries))


def _completion_row(
    formulation: str, sample: str, found: Completion, at_least: float, beyond: float
) -> dict[str, Any]:
    change = found.change if found.change > TOLERANCE else 0.0
    return {
        "formulation": formulation,
        "sample": sample,
        "size": found.size,
        "possible": _word(change == 0),
        "margin": found.margin,
        "change": change,
        "change_at_least": max(at_least, 0.0),
        "checked_eigenvalue": float(np.linalg.eigvalsh(found.matrix)[0]),
        "outside": round(max(0.0, beyond - found.change), 7),
        "proved": _word(found.proved),
        "evidence": _EVIDENCE,
    }


def _no_completion(formulation: str, sample: str, size: int, at_least: float) -> dict[str, Any]:
    numbers = ("margin", "change", "checked_eigenvalue", "outside")
    return {
        "formulation": formulation,
        "sample": sample,
        "size": size,
        "possible": _word(False),
        **dict.fromkeys(numbers, math.nan),
        "change_at_least": max(at_least, 0.0),
        "proved": _word(False),
        "evidence": _EVIDENCE,
    }


def _entries(
    row: Mapping[str, Any], names: Sequence[str], matrix: FloatArray
) -> list[dict[str, Any]]:
    return [
        {
            "formulation": row["formulation"],
            "sample": row["sample"],
            "first": names[i],
            "second": names[j],
            "r": float(matrix[i, j]),
            "evidence": _EVIDENCE,
        }
        for i, j in itertools.combinations(range(len(names)), 2)
    ]


def base_weights(
    grid: Grid, parts: Parts, measures: Sequence[str], shares: str
) -> tuple[pd.DataFrame, float]:
    """Every composite as a sum of standardised base scales, and the least widening it takes.

    Rows are composites, columns base scales. With free shares each composite's weights are those
    fitted to its own parts, carried down to the base; with equal shares those fitted to the
    base itself. The widening is the largest of the fits, so no weights need less.
    """
    base = [s for s in grid.scales if s not in parts]
    found = {name: np.eye(len(base))[i] for i, name in enumerate(base)}
    widening = -math.inf
    pending = list(parts)
    while pending:
        name = next(p for p in pending if not set(parts[p]) & set(pending))
        pending.remove(name)
        equal = shares == EQUAL_SHARES
        members = base_parts(parts, name) if equal else tuple(parts[name])
        fit = fit_composite(
            [grid.spans[name, m] for m in measures],
            [[grid.spans[p, m] for p in members] for m in measures],
            equal=equal,
        )
        widening = max(widening, fit.deviation)
        found[name] = np.array(fit.weights) @ np.array([found[member] for member in members])
    table = pd.DataFrame([found[name] for name in parts], index=list(parts), columns=base)
    return table, widening


def sums_as_combinations(
    grid: Grid, weights: pd.DataFrame, measures: Sequence[str]
) -> tuple[dict[Entry, Span], list[Combination]]:
    """The print on base scales as bounds, and on composites as sums of entries (see `complete`)."""
    base = list(weights.columns)
    bounds = {
        (i, len(base) + j): grid.spans[s, m]
        for (i, s), (j, m) in itertools.product(enumerate(base), enumerate(measures))
    }
    sums = []
    for name, row in zip(weights.index, weights.to_numpy(), strict=True):
        used = np.flatnonzero(row)
        for j, measure in enumerate(measures):
            entries = {(int(i), len(base) + j): float(row[i]) for i in used}
            sums.append(Combination(entries, *grid.spans[str(name), measure]))
        variance = 1 - float((row**2).sum())
        pairs = {
            (int(i), int(j)): float(2 * row[i] * row[j]) for i, j in itertools.combinations(used, 2)
        }
        sums.append(Combination(pairs, variance, variance, rounded=False))
    return bounds, sums


def expand(matrix: FloatArray, weights: pd.DataFrame, scales: Sequence[str]) -> FloatArray:
    """The matrix of all scales and measures from that of base scales and measures."""
    base = list(weights.columns)
    others = len(matrix) - len(base)
    loading = np.zeros((len(scales) + others, len(matrix)))
    for i, scale in enumerate(scales):
        loading[i, : len(base)] = (
            weights.loc[scale] if scale in weights.index else [float(b == scale) for b in base]
        )
    loading[len(scales) :, len(base) :] = np.eye(others)
    return np.asarray(loading @ matrix @ loading.T, dtype=np.float64)
