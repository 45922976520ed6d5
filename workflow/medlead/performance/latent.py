"""Correlation of a score with an ordered rating under a latent normal model, the ends selected.

Score X and the tendency Y* behind the rating are taken as bivariate normal with correlation ρ;
the rating says between which thresholds Y* lies (Olsson, Drasgow and Dorans 1982, Psychometrika
47, 337-347). Units are shown because X is high or low, which has nothing to say of Y* beyond X:
so the likelihood is that of the shown scores, of so many hidden ones between the two cut points,
and of each rating given its score,

    Π φ((x - μ)/σ)/σ · [Φ((b - μ)/σ) - Φ((a - μ)/σ)]^hidden · Π P(rating | x).

The correlation of the whole distribution is thus estimated from its ends. Beside ρ itself the
model gives what a correlation of whole samples estimates: Pearson's r of X with the rating's
codes, ρ Σ φ(t_k) (c_{k+1} - c_k) / sd(c), t_k being the thresholds of Y* in standard units.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

FloatArray = NDArray[np.float64]
Target = Literal["latent", "codes"]

# A correlation is not followed closer to 1 than this.
_END = 1 - 1e-6
_WORST = 1e10


@dataclass(frozen=True)
class Selected:
    """Shown scores and ratings (S), and `hidden` units with a score between `floor`, `ceiling`.

    `codes` is NaN where a shown unit has no rating; its score still counts.
    """

    scores: FloatArray
    codes: FloatArray
    hidden: int
    floor: float
    ceiling: float

    def __post_init__(self) -> None:
        known = self.codes[~np.isnan(self.codes)]
        if len(self.scores) != len(self.codes) or len(known) < 3 or len(np.unique(known)) < 2:
            raise ValueError("a latent correlation needs three rated units and two levels")
        if np.ptp(self.scores) == 0 or self.hidden < 0:
            raise ValueError("the scores must differ, and no count be negative")
        if self.hidden and not self.floor < self.ceiling:
            raise ValueError("hidden units need room between two cut points")


@dataclass(frozen=True)
class Reading:
    """An estimate with its profile interval."""

    estimate: float
    low: float
    high: float


class _Model:
    """The negative log-likelihood; parameters μ, log σ, first threshold, logs of the steps."""

    def __init__(self, data: Selected) -> None:
        self.centre, self.unit = float(data.scores.mean()), float(data.scores.std())
        self.x = (data.scores - self.centre) / self.unit
        known = ~np.isnan(data.codes)
        self.z_of = self.x[known]
        self.values, self.place = np.unique(data.codes[known], return_inverse=True)
        self.hidden = data.hidden
        self.cuts = (
            (data.floor - self.centre) / self.unit,
            (data.ceiling - self.centre) / self.unit,
        )

    def start(self) -> FloatArray:
        counts = np.bincount(self.place)
        inner = special.ndtri(counts.cumsum()[:-1] / counts.sum())
        return np.array([0.0, 0.0, inner[0], *np.log(np.maximum(np.diff(inner), 0.05))])

    def thresholds(self, theta: FloatArray) -> FloatArray:
        steps = np.exp(np.clip(theta[3:], -20, 5)).cumsum()
        return np.asarray(theta[2] + np.concatenate([[0.0], steps]), dtype=np.float64)

    def factor(self, t: FloatArray) -> float:
        """Pearson's r of score and codes for ρ = 1: what ρ is multiplied with."""
        shares = np.diff(np.concatenate([[0.0], special.ndtr(t), [1.0]]))
        mean = (shares * self.values).sum()
        variance = (shares * (self.values - mean) ** 2).sum()
        with np.errstate(under="ignore"):
            slope = (np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi) * np.diff(self.values)).sum()
        return max(float(slope / np.sqrt(max(variance, 1e-300))), 1e-9)

    def rho(self, theta: FloatArray, value: float, target: Target) -> float:
        return value if target == "latent" else value / self.factor(self.thresholds(theta))

    def minus(self, theta: FloatArray, rho: float) -> float:
        if abs(rho) > _END or np.abs(theta).max() > 50:
            return _WORST * (1 + abs(rho))
        mu, log_sigma = theta[0], theta[1]
        sigma = np.exp(log_sigma)
        scores = 0.5 * (((self.x - mu) / sigma) ** 2).sum() + len(self.x) * log_sigma
        if self.hidden:
            a, b = ((cut - mu) / sigma for cut in self.cuts)
            scores -= self.hidden * _log_between(np.array([a]), np.array([b]))[0]
        t = np.concatenate([[-np.inf], self.thresholds(theta), [np.inf]])
        root = np.sqrt(1 - rho * rho)
        shift = rho * (self.z_of - mu) / sigma
        low, high = (t[self.place] - shift) / root, (t[self.place + 1] - shift) / root
        return float(scores - _log_between(low, high).sum())

    def best(self, value: float, target: Target, start: FloatArray) -> tuple[float, FloatArray]:
        """The least with the correlation held at a value, and where it is."""

        def cost(theta: FloatArray) -> float:
            return self.minus(theta, self.rho(theta, value, target))

        found = optimize.minimize(cost, start, method="BFGS", options={"gtol": 1e-6})
        # Differences of so flat a function may end the search early; its size tells.
        if not found.success and np.abs(found.jac).max() > 1e-3:
            found = optimize.minimize(
                cost, found.x, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10}
            )
        return float(found.fun), np.asarray(found.x, dtype=np.float64)


def _log_between(low: FloatArray, high: FloatArray) -> FloatArray:
    """log(Φ(high) - Φ(low)), from the tail in which it is exact."""
    flip = low > 0
    down, up = np.where(flip, -high, low), np.where(flip, -low, high)
    log_up, log_down = special.log_ndtr(up), special.log_ndtr(down)
    gap = np.minimum(log_down - log_up, -1e-300)
    return np.asarray(log_up + np.log(np.maximum(-np.expm1(gap), 1e-300)), dtype=np.float64)


def latent_correlation(
    data: Selected, *, target: Target = "latent", confidence: float = 0.95
) -> Reading:
    """ρ (`latent`) or the implied Pearson r of the codes (`codes`), by maximum likelihood.

    With its profile likelihood interval. Where the ratings follow the score without overlap the
    estimate is ±1 for ρ, and that limit is open. Raises ValueError for confidence outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    model = _Model(data)
    start = model.start()
    free: dict[float, tuple[float, FloatArray]] = {}

    def at(z: float) -> float:
        """The profile at tanh z; neighbours start from each other."""
        if z not in free:
            near = free[min(free, key=lambda k: abs(k - z))][1] if free else start
            free[z] = model.best(float(np.tanh(z)), target, near)
        return free[z][0]

    grid = np.linspace(-1.5, 1.5, 7)
    for z in sorted(grid, key=abs):
        at(float(z))
    middle = min(grid, key=lambda z: free[float(z)][0])
    found = optimize.minimize_scalar(
        at,
        bounds=(max(middle - 0.5, -7.0), middle + 0.5),
        method="bounded",
        options={"xatol": 1e-4},
    )
    least, peak = float(found.fun), float(found.x)
    edge = abs(middle) == grid[-1] and abs(peak) > abs(middle) + 0.45
    if edge:  # no overlap: the likelihood rises up to the end
        peak = float(np.sign(peak)) * 7.0
        least = min(at(peak), least)
    allowed = least + stats.chi2.isf(1 - confidence, 1) / 2

    def limit(side: int) -> float:
        inside, step = peak, 0.25
        while side * inside < 7.0:
            outside = inside + side * step
            if at(outside) > allowed:
                root = optimize.brentq(lambda z: at(z) - allowed, inside, outside, xtol=1e-5)
                return float(np.tanh(root))
            inside = outside
        return float(side)

    low, high = limit(-1), limit(1)
    return Reading(
        estimate=float(np.sign(peak)) if edge else float(np.tanh(peak)),
        low=low,
        high=high,
    )
