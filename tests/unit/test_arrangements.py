"""Exact tests of few organisations: against all n! orders, scipy, statsmodels and hand counts."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from medlead.performance.arrangements import (
    arrangements,
    between_ranks,
    chances,
    codes_of,
    count_arrangements,
    finer_orders,
    jonckheere,
    kendall_sum,
    spearman_sum,
)
from medlead.performance.significance import holm

RNG = np.random.default_rng(1)
levels = st.lists(st.integers(1, 4), min_size=3, max_size=6)
pairs = st.integers(3, 5).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(1, 4), min_size=n, max_size=n)] * 2)
)


def all_of(values, strata=None):
    return arrangements(np.array(values, float), 10**6, RNG, draws=10, strata=strata)


@given(levels)
@settings(deadline=None)
def test_arrangements_are_the_distinct_orders(values):
    found = all_of(values)
    distinct = set(itertools.permutations(map(float, values)))
    assert found.exact
    assert len(found.values) == len(distinct) == count_arrangements(np.array(values, float))
    assert set(map(tuple, found.values.tolist())) == distinct


def test_arrangements_stay_within_their_stratum():
    values, strata = [1, 2, 3, 3, 5], np.array([0, 1, 0, 1, 1])
    found = all_of(values, strata).values
    expected = {
        o
        for o in itertools.permutations(map(float, values))
        if sorted(np.array(o)[strata == 0]) == [1, 3]
    }
    assert set(map(tuple, found.tolist())) == expected
    assert len(found) == len(expected) == 2 * 6


def test_too_many_arrangements_are_drawn_and_said_to_be():
    values = np.arange(9.0)
    drawn = arrangements(values, 1000, np.random.default_rng(2), draws=50)
    assert not drawn.exact
    assert drawn.values.shape == (50, 9)
    assert (np.sort(drawn.values, axis=1) == values).all()
    found = chances(1.0, np.array([0.0, 1.0, 2.0]), 0.0, exact=False)
    assert found.greater == (2 + 1) / (3 + 1)
    assert math.isnan(found.smallest_two_sided)


@given(pairs)
@settings(deadline=None, max_examples=40)
def test_p_values_are_those_of_all_orders_one_by_one(given_pair):
    """Each of the n! orders counted, with scipy's own coefficients."""
    x, y = (np.array(v, float) for v in given_pair)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return
    orders = [np.array(o) for o in itertools.permutations(y)]
    rows = all_of(y).values
    ours = {
        stats.kendalltau: kendall_sum,
        stats.spearmanr: spearman_sum,
    }
    for theirs, statistic in ours.items():
        every = np.array([theirs(x, o).statistic for o in orders])
        observed = theirs(x, y).statistic
        found = chances(float(statistic(x, y[None, :])[0]), statistic(x, rows), 0.0, exact=True)
        assert found.greater == pytest.approx((every >= observed - 1e-9).mean(), abs=1e-12)
        assert found.less == pytest.approx((every <= observed + 1e-9).mean(), abs=1e-12)
        two = (np.abs(every) >= abs(observed) - 1e-9).mean()
        assert found.two_sided == pytest.approx(two, abs=1e-12)
        same = (np.abs(every - observed) < 1e-9).mean()
        assert found.mid_greater == pytest.approx(found.greater - same / 2, abs=1e-12)
        top = (np.abs(every) >= np.abs(every).max() - 1e-9).mean()
        assert found.smallest_two_sided == pytest.approx(top, abs=1e-12)


@given(pairs)
@settings(deadline=None, max_examples=40)
def test_jonckheeres_j_is_half_of_kendalls_s_above_its_mean(given_pair):
    x, y = (np.array(v, float) for v in given_pair)
    total = 0.0
    for low, high in itertools.combinations(np.unique(x), 2):
        if (x == low).any():
            total += stats.mannwhitneyu(y[x == high], y[x == low]).statistic
    apart = sum(a != b for a, b in itertools.combinations(x, 2))
    assert jonckheere(x, y[None, :])[0] == pytest.approx(total)
    assert total == pytest.approx(apart / 2 + kendall_sum(x, y[None, :])[0] / 2)


def test_the_share_between_groups_is_that_of_kruskal_and_wallis():
    groups = np.array([0, 0, 1, 1, 1, 2, 2.0])
    rows = np.array([[1, 2, 2, 4, 5, 3, 3], [9, 1, 4, 4, 7, 2, 8.0]])
    for row, value in zip(rows, between_ranks(groups, rows), strict=True):
        h = stats.kruskal(*(row[groups == g] for g in range(3))).statistic
        assert value == pytest.approx(h / (len(row) - 1))
    # Its mean over all orders, as the correction for chance has it.
    assert between_ranks(groups, all_of(rows[0]).values).mean() == pytest.approx(2 / 6)
    assert np.isnan(between_ranks(groups, np.ones((1, 7)))[0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
@settings(deadline=None, max_examples=20)
def test_holm_is_that_of_statsmodels(p):
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_finer_orders_are_all_that_keep_the_bands():
    values = np.array([2, 1, 2, 3, 3.0])
    found = finer_orders(values, 100)
    assert len(found) == 2 * 1 * 2
    for row in found:
        assert len(set(row)) == 5
        assert all(row[i] < row[j] for i in range(5) for j in range(5) if values[i] < values[j])
    assert finer_orders(values, 3) is None


def test_a_statistic_without_a_value_is_refused_and_names_become_codes():
    with pytest.raises(ValueError, match="needs a value"):
        chances(math.nan, np.array([1.0]), 0.0, exact=True)
    with pytest.raises(ValueError, match="needs a value"):
        chances(1.0, np.array([]), 0.0, exact=True)
    assert codes_of(["b", "a", "", None, "b"]) == pytest.approx(
        np.array([1, 0, np.nan, np.nan, 1]), nan_ok=True
    )
