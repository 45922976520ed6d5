"""Null distributions of coefficients: against scipy, full enumeration and drawn orderings."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medlead.performance.null_tests import (
    LARGEST_COUNTED_SPEARMAN,
    TESTS,
    best_roberts,
)
from medlead.performance.significance import critical_r, p_from_r

SPEARMAN, KENDALL = TESTS["spearman-permutation"], TESTS["kendall-permutation"]
tests = st.sampled_from(list(TESTS.values()))
tails = st.sampled_from(["two-sided", "one-sided"])


@pytest.mark.parametrize("name", ["pearson-t", "spearman-t"])
def test_students_t_is_the_p_of_r(name):
    for r, n, tail in itertools.product((-0.9, -0.3, 0, 0.2, 0.72), (4, 24, 30), ("two-sided",)):
        assert TESTS[name].p(r, n, tail) == pytest.approx(float(p_from_r(r, n, tail)), rel=1e-12)
        assert TESTS[name].p(r, n, "one-sided") == pytest.approx(
            float(p_from_r(r, n, "one-sided")), rel=1e-12
        )


def test_fishers_z_is_the_normal_tail_of_z():
    for r, n in ((0.1, 10), (-0.45, 24), (0.7, 30)):
        z = abs(np.arctanh(r)) * np.sqrt(n - 3)
        assert TESTS["fisher-z"].p(r, n) == pytest.approx(2 * stats.norm.sf(z), rel=1e-12)


@pytest.mark.parametrize("n", [4, 5, 6])
def test_rank_tests_count_all_orderings(n):
    x = np.arange(n)
    orders = [np.array(o) for o in itertools.permutations(range(n))]
    rho = np.array([1 - 6 * ((o - x) ** 2).sum() / (n**3 - n) for o in orders])
    tau = np.array([stats.kendalltau(x, o, method="asymptotic").statistic for o in orders])
    for test, values in ((SPEARMAN, rho), (KENDALL, tau)):
        for value in np.unique(np.round(values, 12)):
            two = (np.abs(values) >= abs(value) - 1e-9).mean()
            one = (values >= abs(value) - 1e-9).mean()
            assert test.p(value, n) == pytest.approx(min(1, two), abs=1e-12) or value == 0
            assert test.p(value, n, "one-sided") == pytest.approx(one, abs=1e-12)


@pytest.mark.parametrize("n", [8, 24, 25, 30])
def test_kendalls_orderings_are_those_of_scipy(n):
    rng = np.random.default_rng(n)
    x = np.arange(n)
    for noise in (0.3, 1, 3):
        y = stats.rankdata(x / n + noise * rng.normal(size=n) / 3)
        expected = stats.kendalltau(x, y, method="exact")
        assert KENDALL.p(expected.statistic, n) == pytest.approx(expected.pvalue, rel=1e-9)


def test_the_series_meets_the_counted_orderings_where_both_are_known():
    # Positions are filled one after the other: counts by set of used ranks, another way round
    # than the module, for an n beyond those it counts.
    n = LARGEST_COUNTED_SPEARMAN + 2
    ways = {0: {0: 1}}
    for position in range(n):
        following = {}
        for used, sums in ways.items():
            for rank in range(n):
                if not used & (1 << rank):
                    into = following.setdefault(used | (1 << rank), {})
                    for total, count in sums.items():
                        key = total + (rank - position) ** 2
                        into[key] = into.get(key, 0) + count
        ways = following
    (counts,) = ways.values()
    assert sum(counts.values()) == math.factorial(n)
    for squares in range(100, 440, 20):
        exact = sum(c for s, c in counts.items() if s >= squares) / math.factorial(n)
        assert best_roberts(squares, n) == pytest.approx(exact, abs=4e-4)


@pytest.mark.parametrize("n", [24, 30])
def test_the_series_meets_drawn_orderings(n):
    rng = np.random.default_rng(n)
    drawn = rng.permuted(np.tile(np.arange(n), (100_000, 1)), axis=1)
    rho = 1 - 6 * ((drawn - np.arange(n)) ** 2).sum(axis=1) / (n**3 - n)
    for value in (0.1, 0.3, 0.5):
        share = (rho >= value).mean()
        error = 4 * np.sqrt(share * (1 - share) / len(rho)) + 1e-4
        assert SPEARMAN.p(value, n, "one-sided") == pytest.approx(share, abs=error)


@given(tests, tails, st.integers(4, 60), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=200, deadline=None)
def test_a_stronger_coefficient_is_never_less_rare(test, tail, n, first, second):
    weak, strong = sorted((first, second))
    assert test.p(strong, n, tail) <= test.p(weak, n, tail) + 1e-12
    assert test.p(-weak, n, tail) == test.p(weak, n, tail)


@given(tests, st.integers(4, 60), st.floats(-1, 1))
@settings(max_examples=200, deadline=None)
def test_attainable_values_stand_on_either_side(test, n, r):
    low, near, high = (test.attainable(r, n, way) for way in ("down", "nearest", "up"))
    assert low <= r + 1e-8
    assert high >= r - 1e-8
    assert near == pytest.approx(low) or near == pytest.approx(high)
    count = test.steps(n)
    assert high - low <= (2 / count if count else 0) + 1e-9


@given(tests, tails, st.integers(8, 60), st.sampled_from([0.05, 0.01, 0.001]))
@settings(max_examples=100, deadline=None)
def test_the_least_strength_is_where_p_passes_alpha(test, tail, n, alpha):
    strength = test.strength_at(alpha, n, tail)
    below = strength - (2 / test.steps(n) if test.steps(n) else 1e-9)
    if math.isfinite(strength):
        assert test.p(min(1, strength + 1e-12), n, tail) < alpha
        assert test.p(below, n, tail) >= alpha
    else:
        assert test.p(1, n, tail) >= alpha


def test_the_least_strength_of_students_t_is_its_critical_r():
    for alpha, tail in itertools.product((0.05, 0.001), ("two-sided", "one-sided")):
        expected = float(critical_r(25, alpha, tail))
        assert TESTS["pearson-t"].strength_at(alpha, 25, tail) == pytest.approx(expected, abs=1e-12)


def test_a_range_spans_what_the_coefficient_can_take():
    # tau of five pairs is 1, 0.8, 0.6, ...: only 0.6 lies in the interval.
    low, high = KENDALL.p_range(0.55, 0.7, 5, "one-sided")
    assert low == high == KENDALL.p(0.6, 5, "one-sided")
    assert TESTS["pearson-t"].p_range(-0.1, 0.2, 20, "two-sided")[1] == 1
    with pytest.raises(ValueError, match="no coefficient"):
        KENDALL.p_range(0.65, 0.7, 5, "one-sided")


@pytest.mark.parametrize(
    ("r", "n", "tail", "match"),
    [
        (1.1, 9, "two-sided", "between"),
        (0.5, 2, "two-sided", "at least"),
        (0.5, 9, "left", "tail"),
    ],
)
def test_what_is_no_test_is_refused(r, n, tail, match):
    with pytest.raises(ValueError, match=match):
        TESTS["pearson-t"].p(r, n, tail)
