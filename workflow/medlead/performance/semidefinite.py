"""Whether correlations can stand in one matrix: a semidefinite programme, and its check.

A matrix of correlations on one sample has no negative eigenvalue. `complete` looks for the
entries that are not given, and for the rounding of those that are, so that the smallest
eigenvalue is as large as can be. The answer is checked without the solver: eigenvalues by
numpy, and positive definiteness of the rounded matrix in fractions.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
Entry: TypeAlias = tuple[int, int]

# What a change of every interval costs against the margin: so much that it is made only where
# nothing else helps (the margin is at most 1).
_COST = 1000.0
_DIGITS = 8


class NoCompletion(Exception):
    """No correlation matrix meets the definitions, however wide the intervals."""


@dataclass(frozen=True)
class Combination:
    """A weighted sum of entries that must lie between two ends (or equal both)."""

    weights: Mapping[Entry, float]
    low: float
    high: float
    # A rounding interval may be widened where nothing else helps, a definition may not.
    rounded: bool = True


@dataclass(frozen=True)
class Completion:
    """What was found: `margin` the smallest eigenvalue, `change` the widening of each interval.

    `matrix` is the witness, rounded to eight digits. `change` is 0 up to the solver's
    tolerance where the print as it stands can be completed. `proved` says that the matrix
    minus half its margin is positive definite by elimination in fractions.
    """

    size: int
    margin: float
    change: float
    matrix: FloatArray = field(repr=False)
    proved: bool


def complete(
    size: int,
    bounds: Mapping[Entry, tuple[float, float]],
    combinations: Sequence[Combination] = (),
) -> Completion:
    """The completion of a correlation matrix with the largest smallest eigenvalue.

    `bounds` are entries (row, column) with the ends they must lie between; entries without are
    free. Where nothing meets all, every rounding interval is widened by the same least `change`.
    Raises ValueError for an entry on the diagonal or outside, NoCompletion where no widening
    helps, because definitions contradict each other or a correlation matrix.
    """
    import clarabel  # here, so that only what completes a matrix needs the solver
    from scipy import sparse

    place = {entry: k for k, entry in enumerate(itertools.combinations(range(size), 2))}
    for entry in (*bounds, *(e for c in combinations for e in c.weights)):
        if _upper(entry) not in place:
            raise ValueError(f"{entry} is no entry beside the diagonal of a {size} x {size} matrix")
    margin, change = len(place), len(place) + 1
    rows: list[dict[int, float]] = []
    ends: list[float] = []

    def at_most(weights: Mapping[int, float], high: float) -> None:
        rows.append({**weights, change: -1.0})
        ends.append(high)

    for combination in combinations:
        if not combination.rounded:
            rows.append({place[_upper(e)]: w for e, w in combination.weights.items()})
            ends.append(combination.low)
    definitions = len(rows)
    rounded = [Combination({e: 1.0}, *span) for e, span in bounds.items()]
    for combination in (*rounded, *(c for c in combinations if c.rounded)):
        weights = {place[_upper(e)]: w for e, w in combination.weights.items()}
        at_most(weights, combination.high)
        at_most({k: -w for k, w in weights.items()}, -combination.low)
    at_most({}, 0.0)  # nothing is narrowed
    rows.append({margin: -1.0})  # no eigenvalue is negative
    ends.append(0.0)
    inequalities = len(rows) - definitions
    for j in range(size):
        for i in range(j + 1):
            rows.append({margin: 1.0} if i == j else {place[i, j]: -np.sqrt(2)})
            ends.append(1.0 if i == j else 0.0)
    left = sparse.csc_matrix(
        (
            [v for row in rows for v in row.values()],
            ([r for r, row in enumerate(rows) for _ in row], [k for row in rows for k in row]),
        ),
        shape=(len(rows), change + 1),
    )
    cost = np.zeros(change + 1)
    cost[margin], cost[change] = -1.0, _COST
    cones = [
        clarabel.ZeroConeT(definitions),
        clarabel.NonnegativeConeT(inequalities),
        clarabel.PSDTriangleConeT(size),
    ]
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    nothing = sparse.csc_matrix((change + 1, change + 1))
    found = clarabel.DefaultSolver(
        nothing, cost, left, np.array(ends), cones if definitions else cones[1:], settings
    ).solve()
    if str(found.status) not in ("Solved", "AlmostSolved"):
        raise NoCompletion(f"the solver says {found.status}")
    matrix: FloatArray = np.eye(size)
    for (i, j), k in place.items():
        matrix[i, j] = matrix[j, i] = round(found.x[k], _DIGITS)
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    return Completion(
        size=size,
        margin=smallest,
        change=max(0.0, float(found.x[change])),
        matrix=matrix,
        proved=smallest > 0 and positive_definite(matrix, smallest / 2),
    )


def _upper(entry: Entry) -> Entry:
    return (min(entry), max(entry))


def positive_definite(matrix: FloatArray, less: float = 0.0) -> bool:
    """Whether a symmetric matrix minus `less` on its diagonal is positive definite.

    Exactly, for the numbers as they are written: elimination in fractions, all pivots positive.
    """
    rows = [[Fraction(repr(float(v))) for v in row] for row in matrix]
    for i, row in enumerate(rows):
        row[i] -= Fraction(repr(float(less)))
    for i, pivot in enumerate(rows):
        if pivot[i] <= 0:
            return False
        for below in rows[i + 1 :]:
            factor = below[i] / pivot[i]
            if factor:
                for j in range(i, len(rows)):
                    below[j] -= factor * pivot[j]
    return True


def outside(matrix: FloatArray, bounds: Mapping[Entry, tuple[float, float]]) -> float:
    """By how much the worst entry of a matrix lies outside its bounds; 0 where none does."""
    beyond = [
        max(low - matrix[i, j], matrix[i, j] - high, 0.0) for (i, j), (low, high) in bounds.items()
    ]
    return float(max(beyond, default=0.0))
