"""Composite bounds: random vectors, brute force, worked examples; completions of matrices."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    NoCompletion,
    complete,
    outside,
    positive_definite,
)

seeds = st.integers(0, 10**6)


def exact(*values):
    return [Span(v, v) for v in values]


def rounded(value):
    near = round(float(value), 2)
    return Span(near - 0.005, near + 0.005)


def sample(seed, parts=2, measures=4, n=40):
    """Parts with a common core and own spread, measures that go with them, and the sum."""
    rng = np.random.default_rng(seed)
    core = rng.normal(size=n)
    x = np.array([core + rng.uniform(0.3, 1) * rng.normal(size=n) for _ in range(parts)])
    y = np.array([core + rng.uniform(0.3, 1.5) * rng.normal(size=n) for _ in range(measures)])
    return x, y


def unit(v):
    v = v - v.mean(axis=-1, keepdims=True)
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


@given(seeds, st.integers(2, 4))
@settings(max_examples=20, deadline=None)
def test_random_parts_stay_within_the_bounds(seed, k):
    rng = np.random.default_rng(seed)
    r = rng.uniform(-0.4, 0.9, size=k) if seed % 2 else rng.uniform(0.05, 0.95, size=k)
    shares = rng.uniform(0.2, 3, size=k)
    if np.ptp(np.arccos(r)) >= math.pi / 2:
        return
    bounds = composite_bounds(exact(*r), shares)
    # 10,000 ways to lie at these correlations: the rest of each part points anywhere.
    rest = rng.normal(size=(10_000, k, 3))
    rest /= np.linalg.norm(rest, axis=2, keepdims=True)
    across = (shares[:, None] * np.sqrt(1 - r**2)[:, None] * rest).sum(axis=1)
    along = float(shares @ r)
    found = along / np.hypot(along, np.linalg.norm(across, axis=1))
    assert found.min() >= bounds.low - 1e-12
    assert found.max() <= bounds.high + 1e-12


def test_both_bounds_are_reached_by_vectors():
    # Three parts: all rests agree, or close a triangle.
    r, q = np.array([0.6, 0.5, 0.4]), np.sqrt(1 - np.array([0.6, 0.5, 0.4]) ** 2)
    bounds = composite_bounds(exact(*r))
    along = r.sum()
    assert bounds.low == pytest.approx(along / np.hypot(along, q.sum()))
    assert bounds.high == pytest.approx(1)
    # Of two parts the weaker rest cannot cancel the stronger one.
    two = composite_bounds(exact(0.6, 0.1))
    left = abs(math.sqrt(1 - 0.36) - math.sqrt(1 - 0.01))
    assert two.high == pytest.approx(0.7 / math.hypot(0.7, left))


def test_rounded_bounds_hold_every_exact_one():
    spans = [Span(0.45, 0.55), Span(-0.05, 0.05), Span(0.2, 0.4)]
    wide = composite_bounds(spans)
    rng = np.random.default_rng(5)
    for _ in range(300):
        inner = composite_bounds(exact(*(rng.uniform(s.low, s.high) for s in spans)))
        assert wide.low - 1e-12 <= inner.low
        assert inner.high <= wide.high + 1e-12


def test_bounds_turn_with_the_sign_of_the_measure():
    up = composite_bounds([Span(0.4, 0.5), Span(0.2, 0.3)])
    down = composite_bounds([Span(-0.5, -0.4), Span(-0.3, -0.2)])
    assert down == pytest.approx((-up.high, -up.low))


@given(seeds, st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_a_sum_is_no_weaker_than_its_weakest_part(seed, k):
    x, y = sample(seed, k, 1)
    r = unit(x) @ unit(y)[0]
    if (r <= 0).any():
        return
    weights = np.random.default_rng(seed).uniform(0.01, 5, size=k)
    whole = unit(weights @ x) @ unit(y)[0]
    assert free_bounds(exact(*r)).low - 1e-12 <= whole <= free_bounds(exact(*r)).high + 1e-12


@given(seeds, st.integers(2, 5))
@settings(max_examples=60, deadline=None)
def test_the_implied_mean_correlation_is_the_true_one(seed, k):
    x, y = sample(seed, k, 1)
    z = unit(x)
    r, whole = z @ unit(y)[0], unit(z.sum(axis=0)) @ unit(y)[0]
    mean = ((z @ z.T).sum() - k) / (k * (k - 1))
    if (r > 0.02).all():
        found = implied_intercorrelation(Span(whole, whole), exact(*r))
        assert found == pytest.approx((mean, mean), abs=1e-9)
        possible = possible_intercorrelation(exact(*r))
        assert possible.low - 1e-9 <= mean <= possible.high + 1e-9
        wide = implied_intercorrelation(rounded(whole), [rounded(v) for v in r])
        assert wide.low - 1e-9 <= mean <= wide.high + 1e-9


@given(seeds, st.integers(2, 3))
@settings(max_examples=40, deadline=None)
def test_true_sums_fit_as_printed(seed, k):
    x, y = sample(seed, k, 5)
    total = np.random.default_rng(seed).uniform(0.5, 2, size=k) @ x
    whole = [rounded(v) for v in unit(y) @ unit(total)]
    parts = [[rounded(v) for v in row] for row in unit(y) @ unit(x).T]
    fit = fit_composite(whole, parts)
    assert fit.deviation <= 1e-9
    assert fit.proved <= fit.deviation + 1e-9
    if k == 2:
        among = two_part_intercorrelation(whole, parts)
        true = float(unit(x)[0] @ unit(x)[1])
        assert among.low - 1e-6 <= true <= among.high + 1e-6


def test_a_fit_is_that_of_a_fine_grid_of_weights():
    whole = [rounded(v) for v in (0.70, 0.44, 0.25, 0.47)]
    parts = [[rounded(a), rounded(b)] for a, b in ((0.73, 0.5), (0.5, 0.2), (0.3, 0.6), (0.1, 0.7))]
    fit = fit_composite(whole, parts)
    a, b = np.meshgrid(np.linspace(0, 2, 801), np.linspace(0, 2, 801))
    worst = np.full(a.shape, -np.inf)
    for total, (first, second) in zip(whole, parts, strict=True):
        strong = a * first.low + b * second.low - total.high
        weak = total.low - a * first.high - b * second.high
        worst = np.maximum(worst, np.maximum(strong, weak) / (1 + a + b))
    assert fit.deviation == pytest.approx(worst.min(), abs=1e-3)
    assert 0 < fit.deviation <= worst.min() + 1e-12
    assert fit.proved == pytest.approx(fit.deviation, abs=1e-9)
    assert sum(sum(pair) for pair in fit.proof) == pytest.approx(1)
    same = fit_composite(whole, parts, equal=True)
    assert same.deviation == pytest.approx(worst.diagonal().min(), abs=1e-3)
    with pytest.raises(ValueError, match="no weights"):
        two_part_intercorrelation(whole, parts)


def test_the_proof_holds_for_any_weights():
    whole = [rounded(v) for v in (0.9, 0.1)]
    parts = [[rounded(0.3), rounded(0.3)], [rounded(0.3), rounded(0.3)]]
    fit = fit_composite(whole, parts)
    assert fit.proved > 0
    rng = np.random.default_rng(3)
    for w in rng.uniform(0, 5, size=(1000, 2)):
        violations = []
        for total, members in zip(whole, parts, strict=True):
            violations.append(sum(w * [m.low for m in members]) - total.high)
            violations.append(total.low - sum(w * [m.high for m in members]))
        assert max(violations) >= fit.proved * (1 + w.sum()) - 1e-12


def test_two_part_intercorrelation_is_that_of_a_fine_grid():
    whole = [rounded(v) for v in (0.63, 0.48, 0.37)]
    parts = [[rounded(a), rounded(b)] for a, b in ((0.68, 0.46), (0.50, 0.37), (0.37, 0.31))]
    a, b = np.meshgrid(np.linspace(0.001, 2, 1500), np.linspace(0.001, 2, 1500))
    allowed = np.ones(a.shape, dtype=bool)
    for total, (first, second) in zip(whole, parts, strict=True):
        allowed &= a * first.low + b * second.low <= total.high
        allowed &= a * first.high + b * second.high >= total.low
    rho = ((1 - a**2 - b**2) / (2 * a * b))[allowed]
    found = two_part_intercorrelation(whole, parts)
    assert found.low == pytest.approx(max(-1, rho.min()), abs=0.02)
    assert found.high == pytest.approx(min(1, rho.max()), abs=0.02)
    assert found.low <= max(-1, rho.min()) + 1e-9
    assert found.high >= min(1, rho.max()) - 1e-9


def test_what_bounds_nothing_is_refused():
    with pytest.raises(ValueError, match="too unlike"):
        composite_bounds(exact(0.9, -0.9))
    with pytest.raises(ValueError, match="both signs"):
        free_bounds(exact(0.5, -0.5))
    with pytest.raises(ValueError, match="one sign"):
        implied_intercorrelation(Span(0.1, 0.2), exact(0.5, -0.5))
    with pytest.raises(ValueError, match="two parts"):
        composite_bounds(exact(0.5))
    with pytest.raises(ValueError, match="bound"):
        fit_composite([Span(-0.1, 0.1)], [[Span(-0.1, 0.1), Span(-0.1, 0.1)]])


def test_meet():
    assert meet([Span(0, 2), Span(1, 3)]) == (1, 2)
    assert meet([Span(0, 1), Span(2, 3)]) is None


def test_three_correlations_that_contradict_are_moved_as_little_as_helps():
    # 1 - 2a is an eigenvalue of the matrix with a, a and -a: a = 0.5 is the most.
    bounds = {(0, 1): (0.9, 0.9), (0, 2): (0.9, 0.9), (1, 2): (-0.9, -0.9)}
    found = complete(3, bounds)
    assert found.change == pytest.approx(0.4, abs=1e-5)
    assert outside(found.matrix, bounds) == pytest.approx(0.4, abs=1e-5)


def test_the_margin_is_that_of_a_grid():
    bounds = {(0, 1): (0.75, 0.85), (0, 2): (0.55, 0.65)}
    best = -1.0
    for a in np.linspace(0.75, 0.85, 11):
        for b in np.linspace(0.55, 0.65, 11):
            for c in np.linspace(-1, 1, 401):
                m = np.array([[1, a, b], [a, 1, c], [b, c, 1]])
                best = max(best, np.linalg.eigvalsh(m)[0])
    found = complete(3, bounds)
    assert found.margin == pytest.approx(best, abs=2e-3)
    assert found.margin >= best - 1e-7
    assert found.change == pytest.approx(0, abs=1e-7)
    assert found.proved
    assert np.linalg.eigvalsh(found.matrix)[0] == pytest.approx(found.margin)


def test_a_definition_is_held_and_a_rounded_sum_widened():
    # Unit parts whose sum has variance 3 correlate by 0.5; the sum then has r = (a + b)/√3.
    half = [Combination({(0, 1): 2 / 3}, 1 / 3, 1 / 3, rounded=False)]
    found = complete(3, {(0, 2): (0.5, 0.5), (1, 2): (0.5, 0.5)}, half)
    assert found.matrix[0, 1] == pytest.approx(0.5, abs=1e-6)
    root = math.sqrt(3)
    wrong = Combination({(0, 2): 1 / root, (1, 2): 1 / root}, 0.7, 0.7)
    moved = complete(3, {(0, 2): (0.5, 0.5), (1, 2): (0.5, 0.5)}, [*half, wrong])
    # (1 + 2d)/√3 = 0.7 - d
    assert moved.change == pytest.approx((0.7 - 1 / root) / (1 + 2 / root), abs=1e-5)


def test_definitions_that_no_correlation_meets_are_told():
    with pytest.raises(NoCompletion):
        complete(2, {}, [Combination({(0, 1): 1.0}, 1.5, 1.5, rounded=False)])


def test_positive_definite_is_exact():
    edge = np.array([[1.0, 0.5], [0.5, 0.25]])
    assert not positive_definite(edge)
    assert positive_definite(edge + np.diag([0, 1e-12]))
    rng = np.random.default_rng(1)
    for _ in range(20):
        a = rng.normal(size=(5, 7))
        matrix = np.round(a @ a.T, 6)
        smallest = np.linalg.eigvalsh(matrix)[0]
        assert positive_definite(matrix, 0.99 * smallest)
        assert not positive_definite(matrix, 1.01 * smallest)


def test_an_entry_outside_the_matrix_is_refused():
    with pytest.raises(ValueError, match="no entry"):
        complete(2, {(0, 2): (0, 1)})
    with pytest.raises(ValueError, match="no entry"):
        complete(2, {(1, 1): (0, 1)})


def test_one_measure_leaves_the_greatest_intercorrelation_on_an_edge():
    # a + b = 0.6 / 0.5 at the least: equal weights of 0.6 are the parts' strongest correlation.
    found = two_part_intercorrelation([Span(0.6, 0.6)], [exact(0.5, 0.5)])
    assert found.high == pytest.approx((1 - 2 * 0.36) / (2 * 0.36), abs=1e-6)
    assert found.low == -1
