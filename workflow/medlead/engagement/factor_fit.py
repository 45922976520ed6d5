"""Factor models fitted to correlations by maximum likelihood, and how well they fit.

The discrepancy log|Σ| + tr(RΣ⁻¹) - log|R| - p (Jöreskog 1969) is brought to its least by the
bounded quasi-Newton method of `scipy.optimize`, with the exact gradient. The models do not
depend on the scale of an item, so that correlations serve for covariances. Answers count as
continuous; with five points and more the loadings are then little too low (Rhemtulla,
Brosseau-Liard and Savalei 2012), while chi-square takes them for normal, which they are not.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, stats

from medlead.engagement.factor_model import FactorModel

FloatArray = NDArray[np.float64]

# A uniqueness that would fall below this one is held here and named (Heywood case).
LEAST_UNIQUENESS = 0.005
_HIGHEST = 3.0
_NEAR = 1e-6
# Largest slope at which a fit counts as having arrived.
_FLAT = 1e-5
_NO_VALUE = 1e10
# Fits near another one: slope at the end, steps at most, and the step for its curvature.
_STILL = 1e-9
_ROUNDS = 60
_STEP = 1e-5
# Digits after the point to which an iterative result is the same on any machine.
STEADY = 6


@dataclass(frozen=True)
class Loadings:
    """A fitted model: loadings and uniquenesses of standardised items, factor correlations.

    `edges` are the loadings of factors on those above them, `top` those of the items'
    factors on the top of the tree (None without one). `discrepancy` is the least value
    found; `held` names the parameters that ended at a bound; `start` begins a fit nearby.
    """

    model: FactorModel
    items: FloatArray
    uniquenesses: FloatArray
    correlations: FloatArray
    edges: FloatArray
    top: FloatArray | None
    discrepancy: float
    converged: bool
    held: tuple[str, ...]
    start: FloatArray

    @property
    def implied(self) -> FloatArray:
        """The correlations of items that the model implies."""
        return _implied(self.model, self.items, self.uniquenesses, self.correlations)


@dataclass(frozen=True)
class Fit:
    """How a model fits n respondents: chi-square of n times the discrepancy, and indices.

    CFI (Bentler 1990), TLI (Tucker and Lewis 1973), RMSEA (Steiger and Lind 1980) with its
    interval from the non-central chi-square (Browne and Cudeck 1993), SRMR (Bentler 1995).
    What needs degrees of freedom is NaN without any.
    """

    n: int
    chi_square: float
    freedom: int
    p: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_low: float
    rmsea_high: float
    srmr: float


def fit(model: FactorModel, correlations: FloatArray, start: FloatArray | None = None) -> Loadings:
    """Fit a model to the correlations of its items, in the order of `model.items`.

    ValueError where the matrix has another size or is not positive definite (an item that is
    a sum of others, or fewer respondents than items).
    """
    task = _task(model, correlations)
    found = optimize.minimize(
        task,
        task.start() if start is None else start,
        jac=True,
        method="L-BFGS-B",
        bounds=task.bounds(),
        options={"maxiter": 3000, "maxfun": 6000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 30},
    )
    return _arrived(task, np.asarray(found.x, dtype=np.float64))


def fits_near(found: Loadings, correlations: FloatArray) -> Callable[[FloatArray], Loadings]:
    """`fit` for correlations that differ little from those that `found` was fitted to.

    Steps from that fit with its curvature, which is taken once from differences of the exact
    gradient and brought up to date by each step (BFGS). Where they do not lead to an end
    within the bounds, or the first fit ended at one, the fit is made as any other.
    """
    first = _task(found.model, correlations)
    low, high = (np.array(ends) for ends in zip(*first.bounds(), strict=True))
    steps = _STEP * np.eye(len(found.start))
    curvature = np.array(
        [(first(found.start + s)[1] - first(found.start - s)[1]) / (2 * _STEP) for s in steps]
    )
    usable = not found.held and np.linalg.eigvalsh(curvature + curvature.T)[0] > 0
    inverse = np.linalg.inv(curvature) if usable else curvature

    def refit(given: FloatArray) -> Loadings:
        task = _task(found.model, given)
        theta, back = found.start, inverse
        slope = task(theta)[1]
        for _ in range(_ROUNDS if usable else 0):
            if np.abs(slope).max() <= _STILL:
                return _arrived(task, theta)
            step = -back @ slope
            theta = theta + step
            if (theta <= low + _NEAR).any() or (theta >= high - _NEAR).any():
                break
            value, after = task(theta)
            change, slope = after - slope, after
            along = float(change @ step)
            if value >= _NO_VALUE or along <= 0:
                break
            turn = back @ change
            back = back + (1 + change @ turn / along) / along * np.outer(step, step)
            back -= (np.outer(turn, step) + np.outer(step, turn)) / along
        return fit(found.model, given, found.start)

    return refit


def _task(model: FactorModel, correlations: FloatArray) -> "_Task":
    size = len(model.items)
    if correlations.shape != (size, size):
        raise ValueError(f"{correlations.shape} correlations for {size} items")
    try:
        log_det = 2 * float(np.log(np.diag(linalg.cholesky(correlations, lower=True))).sum())
    except linalg.LinAlgError:
        raise ValueError("the correlations are not positive definite") from None
    return _Task(model, correlations, log_det)


def _arrived(task: "_Task", theta: FloatArray) -> Loadings:
    """The fit that has these parameters, and whether it is one."""
    value, slope = task(theta)
    low, high = (np.array(ends) for ends in zip(*task.bounds(), strict=True))
    # A slope that pushes against a bound is as good as none.
    at_low, at_high = theta <= low + _NEAR, theta >= high - _NEAR
    slope = np.where((at_low & (slope > 0)) | (at_high & (slope < 0)), 0.0, slope)
    loadings, uniquenesses, between = task.split(theta)
    held = [n for n, at in zip(task.names(), at_low | at_high, strict=True) if at]
    edges, top = task.edges(between)
    return Loadings(
        task.model,
        loadings,
        uniquenesses,
        task.factors(between),
        edges,
        top,
        float(value),
        bool(value < _NO_VALUE and np.abs(slope).max() <= _FLAT),
        tuple(held),
        theta,
    )


def fit_indices(found: Loadings, correlations: FloatArray, n: int, confidence: float = 0.95) -> Fit:
    """How a fitted model fits, against items that have nothing in common."""
    size = len(correlations)
    freedom, base_freedom = found.model.freedom, size * (size - 1) // 2
    chi_square = max(0.0, n * found.discrepancy)
    sign, log_det = np.linalg.slogdet(correlations)
    base = -n * float(log_det) if sign > 0 else np.nan
    excess, base_excess = max(chi_square - freedom, 0.0), max(base - base_freedom, 0.0)
    worst = max(excess, base_excess)
    apart = (correlations - found.implied)[np.tril_indices(size)]
    tli = p = rmsea = low = high = np.nan
    if freedom > 0:
        ratio = base / base_freedom
        tli = (ratio - chi_square / freedom) / (ratio - 1) if ratio != 1 else np.nan
        p = float(stats.chi2.sf(chi_square, freedom))
        scale = freedom * n
        rmsea = float(np.sqrt(excess / scale))
        low, high = (
            float(np.sqrt(end / scale)) for end in _non_central(chi_square, freedom, confidence)
        )
    return Fit(
        n,
        chi_square,
        freedom,
        p,
        1 - excess / worst if worst > 0 else 1.0,
        tli,
        rmsea,
        low,
        high,
        float(np.sqrt(np.mean(apart**2))),
    )


def _non_central(value: float, freedom: int, confidence: float) -> tuple[float, float]:
    """The ends for the non-centrality of a chi-square."""
    ends = []
    for level in (1 - (1 - confidence) / 2, (1 - confidence) / 2):

        def over(at: float, level: float = level) -> float:
            # A non-centrality of exactly zero is the plain chi-square.
            below = stats.ncx2.cdf(value, freedom, at) if at else stats.chi2.cdf(value, freedom)
            return float(below) - level

        if over(0.0) <= 0:
            ends.append(0.0)
            continue
        top = max(1.0, value)
        while over(top) > 0:
            top *= 2
        ends.append(float(optimize.brentq(over, 0.0, top, xtol=1e-9)))
    return ends[0], ends[1]


def _implied(
    model: FactorModel, items: FloatArray, uniquenesses: FloatArray, factors: FloatArray
) -> FloatArray:
    place = np.array(model.factor_of)
    common = np.outer(items, items) * factors[np.ix_(place, place)]
    return np.asarray(common + np.diag(uniquenesses), dtype=np.float64)


class _Task:
    """The discrepancy of a model and its gradient, at a vector of its free parameters:
    loadings, uniquenesses, correlations of factors or loadings of edges.
    """

    def __init__(self, model: FactorModel, correlations: FloatArray, log_det: float) -> None:
        self.model = model
        self.given = correlations
        self.log_det = log_det
        self.place = np.array(model.factor_of)
        self.cells = np.ix_(self.place, self.place)
        self.member = (self.place[:, None] == np.arange(len(model.factors))).astype(float)
        self.lower = np.tri(len(model.items), dtype=bool)
        self.diagonal = np.diag_indices(len(model.items))
        self.own = np.array(model.item_parameters)
        self.loaded = len(set(model.item_parameters))
        self.unique = self.loaded + len(model.items)
        self.first, self.second = np.triu_indices(len(model.factors), k=1)
        self.tied = np.array(model.edge_parameters, dtype=np.intp)
        self.paths = None if model.chains is None else model.paths()

    def split(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Loadings and uniquenesses of items, and what is between factors."""
        return (
            theta[: self.loaded][self.own],
            theta[self.loaded : self.unique],
            theta[self.unique :],
        )

    def factors(self, between: FloatArray) -> FloatArray:
        """The correlations of the factors."""
        found = np.eye(len(self.model.factors))
        values = between
        if self.paths is not None:
            values = np.where(self.paths, between[self.tied], 1.0).prod(axis=1)
        found[self.first, self.second] = found[self.second, self.first] = values
        return found

    def edges(self, between: FloatArray) -> tuple[FloatArray, FloatArray | None]:
        """Loadings of edges, and of the items' factors on the top."""
        if self.model.chains is None:
            return np.zeros(0), None
        edges = between[self.tied]
        return edges, np.array([edges[list(chain)].prod() for chain in self.model.chains])

    def __call__(self, theta: FloatArray) -> tuple[float, FloatArray]:
        loadings, uniquenesses, between = self.split(theta)
        spread: FloatArray | float = 1.0
        if len(between):
            spread = self.factors(between)[self.cells]
        common = np.outer(loadings, loadings)
        implied = common * spread
        implied[self.diagonal] += uniquenesses
        root, failed = linalg.lapack.dpotrf(implied, lower=1)
        if failed:
            return _NO_VALUE, np.zeros_like(theta)
        half, _ = linalg.lapack.dpotri(root, lower=1)
        inverse = np.where(self.lower, half, half.T)
        both = inverse @ self.given
        value = 2 * np.log(root.diagonal()).sum() + both.trace() - self.log_det - len(self.given)
        slope = inverse - both @ inverse
        found = np.empty_like(theta)
        by_item = 2 * (slope * spread) @ loadings
        found[: self.loaded] = np.bincount(self.own, by_item, self.loaded)
        found[self.loaded : self.unique] = slope.diagonal()
        if len(between):
            weighted = self.member.T @ (slope * common) @ self.member
            pairs = 2 * weighted[self.first, self.second]
            found[self.unique :] = self._between(pairs, between)
        return float(value), found

    def _between(self, pairs: FloatArray, between: FloatArray) -> FloatArray:
        """The gradient between factors, from that by the correlation of each pair."""
        if self.paths is None:
            return pairs
        factors = np.where(self.paths, between[self.tied], 1.0)
        found = np.zeros_like(between)
        for edge, parameter in enumerate(self.tied):
            rest = np.delete(factors, edge, axis=1).prod(axis=1)
            found[parameter] += float((pairs * rest * self.paths[:, edge]).sum())
        return found

    def start(self) -> FloatArray:
        """Somewhere to begin: one common loading with the signs of each factor's items."""
        found = np.empty(self.model.parameters)
        for factor in range(len(self.model.factors)):
            rows = np.flatnonzero(self.place == factor)
            _, vectors = np.linalg.eigh(self.given[np.ix_(rows, rows)])
            lead = vectors[:, -1] * (1.0 if vectors[:, -1].sum() >= 0 else -1.0)
            found[self.own[rows]] = np.where(lead >= 0, 0.7, -0.7)
        found[self.loaded : self.unique] = 0.5
        found[self.unique :] = 0.5 if self.paths is None else 0.8
        return found

    def bounds(self) -> list[tuple[float, float]]:
        """The ends of every parameter; a factor cannot have a negative rest either."""
        loadings = [(-_HIGHEST, _HIGHEST)] * self.loaded
        unique = [(LEAST_UNIQUENESS, _HIGHEST)] * len(self.model.items)
        return [*loadings, *unique, *[(-1.0, 1.0)] * self.model.between]

    def names(self) -> list[str]:
        """What every parameter is of, in words."""
        items = self.model.items
        loadings = [f"loading of {items[list(self.own).index(n)]}" for n in range(self.loaded)]
        unique = [f"uniqueness of {item}" for item in items]
        if self.paths is None:
            named = [
                f"correlation of {self.model.factors[f]} and {self.model.factors[g]}"
                for f, g in zip(self.first, self.second, strict=True)
            ]
        else:
            order = [list(self.tied).index(n) for n in range(self.model.between)]
            named = [f"loading of {self.model.edges[edge]}" for edge in order]
        return [*loadings, *unique, *named]
