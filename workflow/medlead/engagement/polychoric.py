"""Polychoric correlations: of the normal tendencies behind answers of a few points.

Two steps (Olsson 1979): the thresholds of each item from its own answers, then for every
pair of items the correlation that makes its cross-table likeliest, all pairs at once.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
# No threshold is taken farther out, no correlation nearer to one.
_FAR = 8.0
_HIGHEST = 0.995
_ROUNDS = 60
_STILL = 1e-9


def polychoric(codes: NDArray[np.integer], points: int) -> FloatArray:
    """The correlations of items, from (respondents, items) of codes 1 to `points`, none missing.

    ValueError where an item has no spread. The matrix need not be positive definite.
    """
    n, size = codes.shape
    hot = (codes[:, :, None] == np.arange(1, points + 1)).reshape(n, size * points)
    counts = hot.astype(np.float64)
    return from_tables((counts.T @ counts).reshape(size, points, size, points))


def from_tables(tables: FloatArray) -> FloatArray:
    """The correlations of items from all their cross-tables, (items, points, items, points)."""
    size, points = tables.shape[:2]
    own = np.einsum("ikik->ik", tables)
    if (own == own.sum(axis=1, keepdims=True)).any():
        raise ValueError("no spread")
    share = own.cumsum(axis=1)[:, :-1] / own.sum(axis=1, keepdims=True)
    cuts = np.clip(special.ndtri(share), -_FAR, _FAR)
    first, second = np.triu_indices(size, k=1)
    cells = tables[first, :, second, :]
    values = np.arange(points)
    # Pearson's r of the answers is near enough to begin with.
    mean = (own @ values) / own.sum(axis=1)
    deviation = np.sqrt((own * (values - mean[:, None]) ** 2).sum(axis=1) / own.sum(axis=1))
    product = np.einsum("pij,i,j->p", cells, values, values) / cells.sum(axis=(1, 2))
    begin = (product - mean[first] * mean[second]) / (deviation[first] * deviation[second])
    found = np.eye(size)
    rho = _likeliest(cells, cuts[first], cuts[second], begin)
    found[first, second] = found[second, first] = rho
    return found


def _likeliest(cells: FloatArray, h: FloatArray, k: FloatArray, begin: FloatArray) -> FloatArray:
    """The correlation of every pair, by scoring; steps are held short near the ends."""
    rho = np.clip(begin, -0.95, 0.95)
    n = cells.sum(axis=(1, 2))
    for _ in range(_ROUNDS):
        chance = np.maximum(_cells(both_below(h, k, rho), h, k), 1e-12)
        slope = _differences(_density(h, k, rho))
        score = (cells * slope / chance).sum(axis=(1, 2))
        information = n * (slope**2 / chance).sum(axis=(1, 2))
        step = score / np.maximum(information, 1e-12)
        step = np.clip(step, -0.5 * (1 - np.abs(rho)), 0.5 * (1 - np.abs(rho)))
        rho = np.clip(rho + step, -_HIGHEST, _HIGHEST)
        if np.abs(step).max(initial=0.0) < _STILL:
            break
    return rho


def both_below(h: FloatArray, k: FloatArray, rho: FloatArray) -> FloatArray:
    """P(X ≤ h, Y ≤ k) of standard normals for each pair: (pairs, cuts of h, cuts of k).

    From Φ(h)Φ(k) on, the integral over the correlation's arc sine (Plackett 1954), by
    Gauss-Legendre quadrature; right to 1e-6 where |rho| is up to 0.95.
    """
    a, b = h[:, :, None], k[:, None, :]
    half = (np.arcsin(rho) / 2)[:, None, None]
    found = special.ndtr(a) * special.ndtr(b)
    total = np.zeros_like(found)
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        angle = half * (1 + node)
        sine, cosine = np.sin(angle), np.cos(angle)
        total += weight * np.exp(-(a * a + b * b - 2 * a * b * sine) / (2 * cosine * cosine))
    return np.asarray(found + half * total / (2 * np.pi), dtype=np.float64)


def _density(h: FloatArray, k: FloatArray, rho: FloatArray) -> FloatArray:
    """The change of that probability with the correlation: the density at the cuts."""
    a, b, r = h[:, :, None], k[:, None, :], rho[:, None, None]
    rest = 1 - r * r
    power = np.exp(-(a * a - 2 * r * a * b + b * b) / (2 * rest))
    return np.asarray(power / (2 * np.pi * np.sqrt(rest)), dtype=np.float64)


def _cells(corners: FloatArray, h: FloatArray, k: FloatArray) -> FloatArray:
    """The probability of each cell between cuts, the outer ones included."""
    pairs, rows, columns = corners.shape
    whole = np.zeros((pairs, rows + 2, columns + 2))
    whole[:, 1:-1, 1:-1] = corners
    whole[:, 1:-1, -1] = special.ndtr(h)
    whole[:, -1, 1:-1] = special.ndtr(k)
    whole[:, -1, -1] = 1.0
    return np.diff(np.diff(whole, axis=1), axis=2)


def _differences(corners: FloatArray) -> FloatArray:
    """The same differences for something that is nothing at the outer edges."""
    return np.diff(np.diff(np.pad(corners, ((0, 0), (1, 1), (1, 1))), axis=1), axis=2)
