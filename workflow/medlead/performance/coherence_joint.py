"""Can all printed correlations of a table stand together: one matrix that completes them.

The report prints the block of scales and measures only (section 6.3, Table 28); what stands among
scales and among measures is free, as far as one matrix without negative eigenvalues allows.
See `coherence` for what one common sample means where organisations are missing.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from medlead.performance.coherence import (
    EQUAL_SHARES,
    EVIDENCE,
    FREE_SHARES,
    Grid,
    Parts,
    base_parts,
    word,
)
from medlead.performance.composites import Span, fit_composite
from medlead.performance.semidefinite import (
    Combination,
    Completion,
    Entry,
    FloatArray,
    NoCompletion,
    complete,
    outside,
)

APART = "scales by themselves"
# The solver stops within this of its optimum; a smaller change is none.
TOLERANCE = 1e-6


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
        "possible": word(change == 0),
        "margin": found.margin,
        "change": change,
        "change_at_least": max(at_least, 0.0),
        "checked_eigenvalue": float(np.linalg.eigvalsh(found.matrix)[0]),
        "outside": round(max(0.0, beyond - found.change), 7),
        "proved": word(found.proved),
        "evidence": EVIDENCE,
    }


def _no_completion(formulation: str, sample: str, size: int, at_least: float) -> dict[str, Any]:
    numbers = ("margin", "change", "checked_eigenvalue", "outside")
    return {
        "formulation": formulation,
        "sample": sample,
        "size": size,
        "possible": word(False),
        **dict.fromkeys(numbers, math.nan),
        "change_at_least": max(at_least, 0.0),
        "proved": word(False),
        "evidence": EVIDENCE,
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
            "evidence": EVIDENCE,
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
