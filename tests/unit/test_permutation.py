"""Exact permutation distributions: against every ordering, scipy, and properties."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medlead.performance.doses import (
    detectable,
    smallest_without_ties,
    stratified,
    stratified_p,
)
from medlead.performance.influence import exact_p, holm_rows
from medlead.performance.permutation import (
    Null,
    concordance_null,
    concordance_sum,
    doubled_ranks,
    product,
    product_null,
    whole,
)
from medlead.performance.resampling import kendall, pearson, spearman
from medlead.performance.significance import adjust

PAIRS = [(product, product_null), (concordance_sum, concordance_null)]
small = st.lists(st.integers(0, 4), min_size=2, max_size=6)


def by_every_ordering(statistic, x, y):
    values = [statistic(x, np.array(order)) for order in itertools.permutations(y)]
    found, counts = np.unique(values, return_counts=True)
    return found, counts / counts.sum()


@settings(deadline=None, max_examples=60)
@given(small, st.data())
@pytest.mark.parametrize(("statistic", "null"), PAIRS)
def test_the_distribution_is_that_of_all_orderings(statistic, null, x, data):
    y = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(x), max_size=len(x))))
    x = np.array(x)
    values, chance = by_every_ordering(statistic, x, y)
    found = null(x, y)
    assert found.values.tolist() == values.tolist()
    np.testing.assert_allclose(found.chance, chance, rtol=1e-12)


def test_without_ties_it_is_the_published_distribution():
    x, y = np.arange(9), np.array([2, 0, 3, 1, 5, 4, 8, 7, 6])
    p = concordance_null(x, y).p_value(concordance_sum(x, y))
    assert p == pytest.approx(stats.kendalltau(x, y, method="exact").pvalue, rel=1e-10)


def test_two_levels_are_mann_and_whitney():
    rng = np.random.default_rng(4)
    x, above = rng.permutation(17), np.repeat([0, 1], [9, 8])
    expected = stats.mannwhitneyu(x[above == 1], x[above == 0], method="exact").pvalue
    ranks = doubled_ranks(x)
    assert product_null(ranks, above).p_value(product(ranks, above)) == pytest.approx(expected)
    assert concordance_null(x, above).p_value(concordance_sum(x, above)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "compute"), [("Pearson", pearson), ("Spearman", spearman), ("Kendall tau-b", kendall)]
)
def test_coefficient_and_p_are_those_of_all_orderings(name, compute):
    x = np.array([5.1, 4.0, 4.0, 3.7, 2.2, 1.9, 0.3])
    y = np.array([3.0, 3, 2, 3, 1, 2, 1])
    estimate, p = exact_p(x, y, name, 1)
    orders = np.array(list(itertools.permutations(y)))
    drawn = compute(x, orders)
    assert estimate == pytest.approx(float(compute(x, y)))
    assert p == pytest.approx((np.abs(drawn) >= abs(estimate) - 1e-9).mean(), rel=1e-12)


@given(st.lists(st.integers(0, 60), min_size=4, max_size=9, unique=True), st.data())
@settings(deadline=None, max_examples=25)
def test_a_rising_transformation_changes_no_rank_p(x, data):
    y = np.array(
        data.draw(st.lists(st.integers(1, 3), min_size=len(x), max_size=len(x))), dtype=float
    )
    for name in ("Spearman", "Kendall tau-b"):
        plain = exact_p(np.array(x, dtype=float), y, name, 0)
        bent = exact_p(np.array(x, dtype=float) ** 3 + 7, y**2, name, 0)
        np.testing.assert_allclose(plain, bent, rtol=1e-9)


def test_a_constant_has_no_coefficient_and_too_much_work_no_p():
    assert np.isnan(exact_p(np.arange(4.0), np.ones(4), "Spearman", 0)).all()
    many = np.arange(60)
    assert product_null(many, many) is None
    assert concordance_null(many, many) is None


def test_scores_with_more_decimals_are_refused():
    assert whole(np.array([1.2, 3.0, 1.1]), 1).tolist() == [1, 19, 0]
    with pytest.raises(ValueError, match="more than 1 decimals"):
        whole(np.array([1.25]), 1)


def test_critical_value_and_sum_of_strata():
    null = Null(np.array([-2, 0, 2]), np.array([0.02, 0.96, 0.02]))
    assert null.critical(0.05) == 2
    assert null.critical(0.03) is None
    # A p of exactly alpha does not pass: of 20 places, one at either end is one in ten.
    ends = Null(np.array([-3, -1, 1, 3]), np.array([1, 9, 9, 1]) / 20)
    assert ends.critical(0.1) is None
    assert ends.critical(0.11) == 3
    both = null.plus(null)
    assert both.values.tolist() == [-4, -2, 0, 2, 4]
    assert both.chance[0] == pytest.approx(0.0004)
    assert both.variance() == pytest.approx(2 * null.variance())
    assert null.scaled(3).values.tolist() == [-6, 0, 6]


@pytest.mark.parametrize("statistic", ["Spearman", "Kendall tau-b"])
def test_strata_are_reordered_each_by_itself(statistic):
    x = np.array([1.0, 2, 3, 4, 1, 2, 5])
    y = np.array([1.0, 2, 1, 2, 3, 4, 4])
    strata = np.array([0, 0, 0, 0, 1, 1, 1])
    tested = stratified(x, y, strata, statistic)

    def one(first, second):
        total = 0.0
        for s in (0, 1):
            a, b = first[strata == s], second[strata == s]
            if statistic == "Spearman":
                # Van Elteren's weights: the centred sum of products over n + 1.
                ranks = stats.rankdata(a), stats.rankdata(b)
                middle = (len(a) + 1) / 2
                total += float(((ranks[0] - middle) * (ranks[1] - middle)).sum()) / (len(a) + 1)
            else:
                i, j = np.triu_indices(len(a), k=1)
                total += float((np.sign(a[i] - a[j]) * np.sign(b[i] - b[j])).sum())
        return total

    drawn = np.array(
        [
            one(x, np.array([*first, *second]))
            for first in itertools.permutations(y[:4])
            for second in itertools.permutations(y[4:])
        ]
    )
    expected = (np.abs(drawn) >= abs(one(x, y)) - 1e-9).mean()
    p, how = stratified_p(tested, x, y, strata, statistic, 99, np.random.default_rng(1))
    assert p == pytest.approx(expected, rel=1e-12)
    assert how.startswith("exact")


def test_one_stratum_is_the_plain_coefficient_and_drawn_p_comes_near():
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=12), rng.integers(1, 4, 12).astype(float)
    one = np.zeros(12, dtype=np.intp)
    for statistic, compute in (("Spearman", spearman), ("Kendall tau-b", kendall)):
        tested = stratified(x, y, one, statistic)
        assert tested.estimate == pytest.approx(float(compute(x, y)))
        exact, _ = stratified_p(tested, x, y, one, statistic, 0, rng)
        drawn, how = stratified_p(tested.__class__(tested.observed, None, 0.0, 12), x, y, one,
                              statistic, 1500, rng)  # fmt: skip
        assert how.startswith("permutation, drawn")
        assert drawn == pytest.approx(exact, abs=4 * math.sqrt(0.25 / 1500))


def test_a_stratum_without_spread_says_nothing():
    x, y = np.array([1.0, 2, 3, 4]), np.array([2.0, 2, 1, 2])
    tested = stratified(x, y, np.array([0, 0, 1, 1]), "Kendall tau-b")
    assert tested.n == 2
    nothing = stratified(x, np.ones(4), np.zeros(4, dtype=np.intp), "Spearman")
    assert nothing.n == 0
    assert np.isnan(nothing.estimate)


def test_the_power_of_ten_is_near_what_theory_gives():
    found = smallest_without_ties(
        10, power=0.8, alpha=0.05, draws=6000, rng=np.random.default_rng(2)
    )
    # Pearson's r would need about this much (Fisher's z); ranks need a little more.
    shift = stats.norm.isf(0.025) + stats.norm.ppf(0.8)
    pearson_needs = float(np.tanh(shift / np.sqrt(7)))
    assert pearson_needs < found.latent < pearson_needs + 0.08
    assert found.rank < found.latent


def test_more_units_detect_less_and_a_constant_nothing():
    rng = np.random.default_rng(3)
    options = {"power": 0.8, "alpha": 0.05, "draws": 1500, "rng": rng}
    few = detectable([np.array([1, 1, 2, 2, 3, 3, 4, 4])], **options)
    many = detectable([np.array([1, 1, 2, 2, 3, 3, 4, 4])] * 3, **options)
    assert many.latent < few.latent
    assert np.isnan(detectable([np.ones(10, dtype=int)], **options).rank)
    # One unit apart from nine: its place has ten values, none as rare as one in twenty.
    lone = detectable([np.array([1] + [2] * 9)], **options)
    assert np.isnan(lone.rank)
    assert lone.most == 0


def test_holm_by_rows_is_the_library_s():
    rng = np.random.default_rng(5)
    p = rng.uniform(0, 0.2, (30, 6))
    p[3, 2] = p[7, 0] = np.nan
    expected = np.array([adjust(row, "holm") for row in p])
    np.testing.assert_allclose(holm_rows(p), expected, rtol=1e-12)
