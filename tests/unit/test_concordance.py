"""Agreement of rankings and what few organisations could show: against enumeration and scipy."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from medlead.performance.arrangements import arrangements, between_ranks, kendall_sum
from medlead.performance.concordance import (
    DRAWN,
    EXACT,
    concordance,
    concordance_test,
    mean_spearman,
    mean_spearman_test,
)
from medlead.performance.detectable import critical, detectable_groups, detectable_order


def w_of(rankings, most=10**6, seed=1):
    rng = np.random.default_rng(seed)
    return concordance_test(
        np.array(rankings, float), most=most, draws=20_000, rng=rng, confidence=0.99
    )


def test_w_is_that_of_the_textbook():
    # Siegel and Castellan (1988): three judges, six candidates, W = 0.16.
    judges = [[1, 6, 3, 2, 5, 4], [1, 5, 6, 4, 2, 3], [6, 3, 2, 5, 4, 1]]
    assert concordance(np.array(judges, float)) == pytest.approx(0.1619, abs=1e-4)
    assert concordance(np.array([[1, 2, 2, 4.0]] * 3)) == pytest.approx(1)
    assert math.isnan(concordance(np.ones((3, 4))))


def test_w_is_friedmans_with_ties_and_the_mean_spearman_without():
    rng = np.random.default_rng(4)
    for _ in range(5):
        tied = rng.integers(1, 5, size=(4, 6)).astype(float)
        friedman = stats.friedmanchisquare(*tied.T).statistic
        assert concordance(tied) == pytest.approx(friedman / (4 * 5))
        untied = np.array([rng.permutation(6) for _ in range(4)], float)
        mean, known, without = mean_spearman(untied)
        assert (known, without) == (6, 0)
        assert concordance(untied) == pytest.approx((3 * mean + 1) / 4)


@pytest.mark.parametrize(
    "rankings",
    [
        [[1, 2, 3, 4], [1, 3, 2, 4], [2, 1, 3, 4]],
        [[1, 1, 2, 3], [1, 2, 2, 3], [3, 1, 2, 3]],
        [[1, 2, 2], [3, 1, 2], [1, 1, 2], [1, 2, 3]],
    ],
)
def test_the_exact_p_of_w_counts_every_set_of_rankings(rankings):
    given = np.array(rankings, float)
    ways = [list(itertools.permutations(row)) for row in given[1:]]
    values = np.array([concordance(np.array([given[0], *way])) for way in itertools.product(*ways)])
    found = w_of(rankings)
    assert found.method == EXACT
    assert found.p == pytest.approx((values >= concordance(given) - 1e-9).mean(), abs=1e-12)


def test_a_drawn_p_of_w_lies_about_the_exact_one_and_is_said_to_be_drawn():
    rankings = [[1, 2, 3, 4, 5], [1, 3, 2, 4, 5], [2, 1, 3, 5, 4], [1, 1, 2, 3, 3]]
    exact, drawn = w_of(rankings), w_of(rankings, most=10)
    assert drawn.method == DRAWN
    assert drawn.p_low <= exact.p <= drawn.p_high


def test_w_refuses_gaps():
    with pytest.raises(ValueError, match="without gaps"):
        w_of([[1, 2, np.nan], [1, 2, 3]])


def test_the_mean_spearman_takes_each_pair_over_what_both_rank():
    rankings = np.array([[1, 2, 3, 4, np.nan], [2, 1, 3, np.nan, 5], [1, 1, 1, 2, 3.0]])
    expected = [
        stats.spearmanr([1, 2, 3], [2, 1, 3]).statistic,
        stats.spearmanr([1, 2, 3, 4], [1, 1, 1, 2]).statistic,
        stats.spearmanr([2, 1, 3, 5], [1, 1, 1, 3]).statistic,
    ]
    mean, known, without = mean_spearman(rankings)
    assert mean == pytest.approx(np.mean(expected))
    assert (known, without) == (3, 0)
    constant = np.vstack([rankings, [7, 7, 7, 7, 8]])
    # With the first ranking the new one has one level only.
    assert mean_spearman(constant)[1:] == (5, 1)
    found = mean_spearman_test(rankings, draws=2000, rng=np.random.default_rng(3), confidence=0.95)
    assert found.estimate == pytest.approx(mean)
    assert found.p_low <= found.p <= found.p_high


# --- what could be found ------------------------------------------------------------------------


def nulls(x, y):
    rows = arrangements(y, 10**6, np.random.default_rng(0), draws=1).values
    return kendall_sum(x, rows), between_ranks(x, rows)


def order_power(x, y, alphas=(0.05,), seed=5, power=0.8):
    null, _ = nulls(x, y)
    rng = np.random.default_rng(seed)
    return detectable_order(x, y, null, alphas=alphas, power=power, draws=1500, rng=rng)


def test_the_critical_value_is_the_least_that_is_rare_enough():
    null = np.array([-3, -1, -1, -1, 0, 0, 1, 1, 1, 3.0])
    assert critical(null, 0.21) == 3
    assert critical(null, 0.2) == math.inf
    assert critical(null, 0.81) == 1


def test_ties_that_allow_no_small_p_detect_nothing():
    x, y = np.array([1, 1, 2, 2, 3.0]), np.array([1, 1, 1, 1, 2.0])
    (found,) = order_power(x, y)
    assert math.isnan(found.strength)
    assert found.at_most == 0


def test_more_organisations_detect_less_and_a_stricter_level_more():
    eight, eleven = np.arange(8.0), np.arange(9.0)
    lenient, strict = order_power(eight, eight, alphas=(0.05, 0.005))
    (larger,) = order_power(eleven, eleven)
    assert larger.strength < lenient.strength < strict.strength < 1
    assert 0 < lenient.expected < 1


def test_the_power_is_that_of_a_plain_simulation():
    """Independent of the search: bivariate normal samples, scipy's exact test without ties."""
    n = 8
    (found,) = order_power(np.arange(n, dtype=float), np.arange(n, dtype=float))
    rng = np.random.default_rng(11)
    cov = [[1, found.strength], [found.strength, 1]]
    hits = 0
    for _ in range(1000):
        x, y = rng.multivariate_normal([0, 0], cov, size=n).T
        hits += stats.kendalltau(x, y, method="exact").pvalue < 0.05
    assert hits / 1000 == pytest.approx(0.8, abs=0.04)


def test_groups_that_are_all_there_is_are_found_and_none_where_no_table_is_rare():
    groups, y = np.repeat([0, 1, 2.0], 4), np.arange(12.0)
    _, null = nulls(groups[:9], y[:9])
    rng = np.random.default_rng(2)
    (found,) = detectable_groups(
        groups[:9], y[:9], null, alphas=(0.05,), power=0.6, draws=600, rng=rng
    )
    assert 0.3 < found.strength < 1
    few = np.array([0, 0, 1, 1.0])
    _, null = nulls(few, y[:4])
    (none,) = detectable_groups(few, y[:4], null, alphas=(0.05,), power=0.6, draws=100, rng=rng)
    assert math.isnan(none.strength)
