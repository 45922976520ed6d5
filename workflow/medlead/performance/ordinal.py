"""Proportional odds of an ordered rating, by maximum and by penalised likelihood.

P(rating ≤ level j | x) = 1/(1 + exp(-(γ_j - b·x))) (McCullagh 1980): one slope b for every cut
of the scale. statsmodels fits it (`OrderedModel`), but where the rating is separated by x its
likelihood rises for ever, and it stops somewhere without saying so; it knows no penalty for
ordered ratings. The penalised fit is therefore our own: the log-likelihood plus half the log
determinant of the expected information, that is Jeffreys' prior (Firth 1993, Biometrika 80,
27-38; Heinze and Schemper 2002 for two levels; Kosmidis 2014, JRSS B 76, 169-196, for more).
It pulls towards equal odds, so that the estimate is finite and its profile interval closed.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from medlead.performance.separation import OVERLAP, separation

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_FAR = 40.0
_WORST = 1e10
_STRIDE = 1.0
_STEP = 1e-4
_STILL = 1e-7
_ROUNDS = 100


@dataclass(frozen=True)
class Slope:
    """A log odds ratio per unit of x, with profile interval and p of the (penalised) deviance."""

    estimate: float
    low: float
    high: float
    p_value: float
    separation: str


def minus_log_likelihood(
    thresholds: FloatArray, slope: float, codes: IntArray, x: FloatArray
) -> float:
    """The negative log-likelihood; `codes` from 0, thresholds ascending."""
    low, high = _edges(thresholds, slope, codes, x)
    # log(expit(high) - expit(low)) without cancelling.
    gap = -np.expm1(np.minimum(low - high, -1e-300))
    return float(
        -(
            np.log(np.maximum(gap, 1e-300))
            + special.log_expit(high)
            + np.where(np.isinf(low), 0.0, special.log_expit(-low))
        ).sum()
    )


def information(thresholds: FloatArray, slope: float, x: FloatArray) -> FloatArray:
    """The expected information of thresholds and slope: (∂π)(∂π)ᵀ/π over units and levels."""
    cuts = len(thresholds)
    eta = thresholds[None, :] - slope * x[:, None]
    density = special.expit(eta) * special.expit(-eta)
    below = np.column_stack([np.zeros(len(x)), special.expit(eta), np.ones(len(x))])
    share = np.maximum(np.diff(below, axis=1), 1e-300)
    change = np.zeros((len(x), cuts + 1, cuts + 1))  # unit, level, parameter
    for j in range(cuts):
        change[:, j, j] += density[:, j]
        change[:, j + 1, j] -= density[:, j]
        change[:, j, cuts] -= density[:, j] * x
        change[:, j + 1, cuts] += density[:, j] * x
    return np.asarray(np.einsum("ijp,ijq,ij->pq", change, change, 1 / share), dtype=np.float64)


def fit_slope(
    codes: IntArray, x: FloatArray, *, penalised: bool, confidence: float = 0.95
) -> Slope:
    """The slope of one predictor, by maximum (`penalised` false) or penalised likelihood.

    `codes` (n) hold levels 0 to k - 1, all of which occur. Without penalty a separated rating
    has an infinite estimate on the side of the separation, and an interval open there; its p is
    of the deviance at the end of the search. ValueError for fewer than three units, a constant
    predictor, an absent level, or confidence outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if len(x) < 3 or np.ptp(x) == 0:
        raise ValueError("a slope needs three units and a predictor that varies")
    kind = separation(codes, np.asarray(x, dtype=np.float64)[:, None])
    centre, unit = float(x.mean()), float(x.std())
    model = _Profile(codes, (x - centre) / unit, penalised)
    open_end = kind != OVERLAP and not penalised
    peak = model.end() if open_end else model.minimum()
    least = model.at(peak)
    allowed = least + stats.chi2.isf(1 - confidence, 1) / 2
    low, high = (model.limit(peak, side, allowed) for side in (-1, 1))
    deviance = max(2 * (model.at(0.0) - least), 0.0)
    estimate = float(np.sign(peak)) * np.inf if open_end else peak / unit
    return Slope(estimate, low / unit, high / unit, float(stats.chi2.sf(deviance, 1)), kind)


class _Profile:
    """The least of the (penalised) negative log-likelihood with the slope held, kept by slope."""

    def __init__(self, codes: IntArray, x: FloatArray, penalised: bool) -> None:
        self.codes, self.x, self.penalised = codes, x, penalised
        counts = np.bincount(codes)
        self.start = special.logit(counts.cumsum()[:-1] / counts.sum())
        self.known: dict[float, tuple[float, FloatArray]] = {}

    def cost(self, thresholds: FloatArray, slope: float) -> float:
        if (np.diff(thresholds) <= 0).any():
            return _WORST
        value = minus_log_likelihood(thresholds, slope, self.codes, self.x)
        if self.penalised:
            sign, size = np.linalg.slogdet(information(thresholds, slope, self.x))
            value += _WORST if sign <= 0 or not np.isfinite(size) else -size / 2
        return value

    def at(self, slope: float) -> float:
        """The profile; a slope far from all known ones is approached in steps."""
        if not self.known:
            self.known[0.0] = _descend(partial(self.cost, slope=0.0), self.start)
        while slope not in self.known:
            near = min(self.known, key=lambda s: abs(s - slope))
            step = float(np.clip(slope - near, -_STRIDE, _STRIDE))
            here = slope if abs(slope - near) <= _STRIDE else near + step
            begin = self.known[near][1]
            self.known[here] = _descend(partial(self.cost, slope=here), begin)
        return self.known[slope][0]

    def minimum(self) -> float:
        """Where the profile is least: downhill from 0, then closed in on."""
        side = 1.0 if self.at(_STRIDE / 4) < self.at(-_STRIDE / 4) else -1.0
        place = 0.0
        while self.at(place + side * _STRIDE) < self.at(place) and abs(place) < _FAR:
            place += side * _STRIDE
        found = optimize.minimize_scalar(
            self.at,
            bounds=(place - _STRIDE, place + _STRIDE),
            method="bounded",
            options={"xatol": 1e-7},
        )
        return float(found.x)

    def end(self) -> float:
        """The end towards which the profile falls for ever, as far out as is looked."""
        return _FAR / 2 if self.at(_FAR / 2) < self.at(-_FAR / 2) else -_FAR / 2

    def limit(self, peak: float, side: int, allowed: float) -> float:
        """Where the profile rises to what is allowed; infinite where it does not."""
        inside = peak
        while abs(inside) < _FAR:
            outside = inside + side * _STRIDE
            if self.at(outside) > allowed:
                return float(
                    optimize.brentq(lambda s: self.at(s) - allowed, inside, outside, xtol=1e-7)
                )
            inside = outside
        return side * np.inf


def _descend(cost: Callable[[FloatArray], float], begin: FloatArray) -> tuple[float, FloatArray]:
    """Damped Newton steps with central differences, for a handful of parameters."""
    here, value, damping = np.asarray(begin, dtype=np.float64), cost(begin), 1e-6
    size = len(here)
    for _ in range(_ROUNDS):
        # A difference must not carry a threshold past the next one.
        room = float(np.diff(here).min(initial=1.0)) / 3
        moves = np.eye(size) * min(_STEP, room)
        ups, downs = ([cost(here + sign * m) for m in moves] for sign in (1, -1))
        width = moves[0, 0]
        slope = (np.array(ups) - np.array(downs)) / (2 * width)
        bend = np.zeros((size, size))
        for i, j in itertools.combinations_with_replacement(range(size), 2):
            if i == j:
                bend[i, i] = (ups[i] - 2 * value + downs[i]) / width**2
                continue
            both = cost(here + moves[i] + moves[j]) + cost(here - moves[i] - moves[j])
            mixed = both - ups[i] - ups[j] - downs[i] - downs[j] + 2 * value
            bend[i, j] = bend[j, i] = mixed / (2 * width**2)
        if np.abs(slope).max() < _STILL:
            break
        roots, axes = np.linalg.eigh(bend)
        moved = False
        for _ in range(40):
            step = -axes @ ((axes.T @ slope) / (np.maximum(np.abs(roots), 1e-9) + damping))
            step *= min(1.0, 5.0 / max(np.abs(step).max(), 1e-300))
            other = cost(here + step)
            if other < value:
                moved = True
                break
            damping = max(damping * 10, 1e-6)
        if not moved:
            break
        gain, here, value, damping = value - other, here + step, other, damping / 10
        if gain < 1e-12:
            break
    return value, here


def _edges(
    thresholds: FloatArray, slope: float, codes: IntArray, x: FloatArray
) -> tuple[FloatArray, FloatArray]:
    edges = np.concatenate([[-np.inf], thresholds, [np.inf]])
    return edges[codes] - slope * x, edges[codes + 1] - slope * x


@dataclass(frozen=True)
class Parallel:
    """Whether one slope serves all cuts: a likelihood ratio, or why there is none."""

    deviance: float
    df: int
    p_value: float
    note: str


def parallel_slopes(codes: IntArray, x: FloatArray, *, fewest: int) -> Parallel:
    """Test one slope for all cuts against a slope of its own for each, by likelihood ratio.

    The larger model, P(rating ≤ j) = expit(γ_j - b_j x) (Peterson and Harrell 1990), is fitted
    only where every cut overlaps and has at least `fewest` units on its rarer side; otherwise
    nothing is tested and `note` says why.
    """
    cuts = int(codes.max())
    if cuts < 2:
        return Parallel(np.nan, 0, np.nan, "two levels have one slope")
    for cut in range(1, cuts + 1):
        above = codes >= cut
        rare = int(min(above.sum(), (~above).sum()))
        if rare < fewest:
            return Parallel(
                np.nan,
                cuts - 1,
                np.nan,
                f"not tested: {rare} on one side of cut {cut} of {cuts}, {fewest} are needed",
            )
        if separation(above.astype(np.int64), np.asarray(x, dtype=np.float64)[:, None]) != OVERLAP:
            note = f"not tested: cut {cut} of {cuts} is separated"
            return Parallel(np.nan, cuts - 1, np.nan, note)
    scaled = (x - x.mean()) / x.std()
    profile = _Profile(codes, scaled, False)
    one = profile.minimum()
    least = profile.at(one)
    begin = np.concatenate([profile.known[one][1], np.full(cuts, one)])

    def cost(theta: FloatArray) -> float:
        eta = theta[None, :cuts] - scaled[:, None] * theta[None, cuts:]
        below = np.column_stack([np.zeros(len(x)), special.expit(eta), np.ones(len(x))])
        share = np.diff(below, axis=1)[np.arange(len(x)), codes]
        return _WORST if (share <= 0).any() else float(-np.log(share).sum())

    found = optimize.minimize(
        cost,
        begin,
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-10, "maxiter": 50_000, "maxfev": 50_000},
    )
    deviance = max(2 * (least - float(found.fun)), 0.0)
    return Parallel(deviance, cuts - 1, float(stats.chi2.sf(deviance, cuts - 1)), "")
