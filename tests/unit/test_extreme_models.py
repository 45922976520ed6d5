"""Corrected correlations, latent model, ordered and exact regression: known cases, simulation."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from medlead.performance.completion import Ends
from medlead.performance.exact_logistic import exact_slope
from medlead.performance.latent import Selected, latent_correlation
from medlead.performance.ordinal import (
    fit_slope,
    information,
    minus_log_likelihood,
    parallel_slopes,
)
from medlead.performance.range_enhancement import (
    corrected,
    corrected_range,
    normal_ratio,
    rounded_r,
    spread,
)
from medlead.performance.separation import COMPLETE, OVERLAP, QUASI, separation


def ends_of_scores(scores, codes, below, hidden, half, levels=4):
    scores = np.asarray(scores, dtype=float)
    return Ends(scores - half, scores + half, np.asarray(codes), below, hidden, levels)


# -- correction for the spread


def test_the_correction_by_hand_and_its_inverse():
    assert corrected(0.6, 0.5) == pytest.approx(0.3 / np.sqrt(1 - 0.36 + 0.09))
    r = np.linspace(-0.99, 0.99, 21)
    np.testing.assert_allclose(corrected(corrected(r, 0.7), 1 / 0.7), r, atol=1e-12)
    np.testing.assert_allclose(corrected(r, 1.0), r)
    with pytest.raises(ValueError, match="ratio"):
        corrected(0.5, 0.0)


def test_the_correction_is_that_of_a_line_with_even_scatter():
    # Exactly straight with exactly the same scatter at every score: the correction is exact.
    x = np.repeat(np.arange(-5.0, 6.0), 2)
    y = 2 * x + np.tile([3.0, -3.0], 11)
    kept = np.abs(x) >= 3
    part, all_ = (np.corrcoef(x[k], y[k])[0, 1] for k in (kept, x == x))
    ratio = x.std() / x[kept].std()
    assert part > all_
    assert corrected(part, ratio) == pytest.approx(all_, abs=1e-12)


def test_the_ratio_of_a_normal_score_against_simulation():
    x = np.sort(np.random.default_rng(1).normal(size=300_000))
    third = len(x) // 3
    chosen = np.concatenate([x[:third], x[-third:]])
    assert normal_ratio(1 / 3) == pytest.approx(x.std() / chosen.std(), abs=0.003)
    assert normal_ratio(0.5) == pytest.approx(1.0)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(0, 60), min_size=4, max_size=6, unique=True),
    st.integers(1, 3),
    st.integers(0, 2**32 - 1),
)
def test_the_spread_bounds_hold_all_completions_and_are_attained(scores, hidden, seed):
    rng = np.random.default_rng(seed)
    scores = np.sort(scores).astype(float)
    below, half = int(rng.integers(1, len(scores) - 1)), 0.4
    codes = rng.integers(0, 4, len(scores))
    codes[rng.integers(len(scores))] = -1
    ends = ends_of_scores(scores, codes, below, hidden, half)
    found, rated = spread(ends), ends.rated
    for _ in range(60):
        shown = rng.uniform(ends.low, ends.high)
        middle = rng.uniform(shown[below - 1], shown[below], hidden)
        every = np.concatenate([shown[rated], middle]).std(ddof=1)
        alone = shown[rated].std(ddof=1)
        assert found.all_low - 1e-9 <= every <= found.all_high + 1e-9
        assert found.ends_low - 1e-9 <= alone <= found.ends_high + 1e-9
        assert found.shrink_low - 1e-9 <= every / alone <= found.shrink_high + 1e-9
    corners = [
        np.concatenate([np.array(box)[rated], middle]).std(ddof=1)
        for box in itertools.product(*zip(ends.low, ends.high, strict=True))
        for middle in itertools.product([box[below - 1], box[below]], repeat=hidden)
    ]
    assert found.all_high == pytest.approx(max(corners))

    def size(values):
        shown = np.clip(values[: len(scores)], ends.low, ends.high)
        middle = np.clip(values[len(scores) :], shown[below - 1], shown[below])
        return np.concatenate([shown[rated], middle]).std(ddof=1)

    start = np.concatenate([scores, np.full(hidden, scores[rated].mean())])
    least = optimize.minimize(size, start, method="Nelder-Mead", options={"maxfev": 4000}).fun
    assert found.all_low <= least + 1e-9
    assert found.all_low == pytest.approx(least, rel=0.02)


def test_rounding_moves_r_no_farther_than_found():
    rng = np.random.default_rng(2)
    scores, codes = np.sort(rng.choice(60, 8, replace=False)).astype(float), rng.integers(0, 4, 8)
    ends = ends_of_scores(scores, codes, 4, 2, 0.4)
    low, high = rounded_r(ends, np.arange(1.0, 5))
    drawn = [np.corrcoef(rng.uniform(ends.low, ends.high), codes)[0, 1] for _ in range(2000)]
    assert low <= min(drawn)
    assert high >= max(drawn)
    assert corrected_range((low, high), (0.8, 0.9)) == pytest.approx(
        (float(corrected(low, 0.8 if low > 0 else 0.9)), float(corrected(high, 0.9)))
    )


# -- the latent model


def selected_sample(rho, n, share, seed, cuts=(-0.8, 0.2, 1.0)):
    rng = np.random.default_rng(seed)
    x = rng.normal(50, 5, n)
    tendency = rho * (x - 50) / 5 + np.sqrt(1 - rho**2) * rng.normal(size=n)
    codes = np.digitize(tendency, cuts) + 1.0
    order = np.argsort(x)
    k = int(share * n)
    kept = np.concatenate([order[:k], order[-k:]])
    cut = float(x[order[k]]), float(x[order[-k - 1]])
    return Selected(x[kept], codes[kept], n - 2 * k, *cut), np.corrcoef(x, codes)[0, 1], x, codes


def test_the_model_finds_the_correlation_of_the_whole_from_its_ends():
    latent, off, over = [], [], []
    for seed in range(4):
        data, whole_r, *_ = selected_sample(0.6, 600, 1 / 3, seed)
        latent.append(latent_correlation(data).estimate)
        off.append(latent_correlation(data, target="codes").estimate - whole_r)
        over.append(np.corrcoef(data.scores, data.codes)[0, 1] - whole_r)
    # Standard errors of these means are near 0.02, 0.005 and 0.005.
    assert np.mean(latent) == pytest.approx(0.6, abs=0.06)
    assert abs(np.mean(off)) < 0.02
    assert np.mean(over) > 0.05


def test_without_selection_it_is_the_polyserial_likelihood():
    rng = np.random.default_rng(3)
    x = rng.normal(size=60)
    codes = np.digitize(0.5 * x + rng.normal(size=60), [-0.5, 0.7]) + 1.0
    found = latent_correlation(Selected(x, codes, 0, 0.0, 0.0))

    def minus(theta):
        rho, first, step = np.tanh(theta[0]), theta[1], np.exp(theta[2])
        cuts = np.array([-np.inf, first, first + step, np.inf])
        mean, sigma = x.mean() + theta[3], x.std() * np.exp(theta[4])
        z, place = (x - mean) / sigma, codes.astype(int)
        root = np.sqrt(1 - rho**2)
        up, down = ((cuts[place - s] - rho * z) / root for s in (0, 1))
        chance = stats.norm.cdf(up) - stats.norm.cdf(down)
        return -(stats.norm.logpdf(x, mean, sigma).sum() + np.log(chance).sum())

    best = optimize.minimize(minus, [0.4, -0.5, 0.1, 0, 0], method="BFGS")
    assert found.estimate == pytest.approx(np.tanh(best.x[0]), abs=1e-4)

    def held(z):
        rest = optimize.minimize(lambda t: minus([z, *t]), best.x[1:], method="BFGS")
        return 2 * (rest.fun - best.fun) - stats.chi2.ppf(0.95, 1)

    assert held(np.arctanh(found.low)) == pytest.approx(0, abs=1e-3)
    assert held(np.arctanh(found.high)) == pytest.approx(0, abs=1e-3)


def test_a_score_of_other_units_and_a_mirrored_one():
    data, *_ = selected_sample(0.5, 60, 1 / 3, 9)
    base = latent_correlation(data)
    moved = latent_correlation(
        Selected(
            3 * data.scores + 7, data.codes, data.hidden, 3 * data.floor + 7, 3 * data.ceiling + 7
        )
    )
    mirrored = latent_correlation(
        Selected(-data.scores, data.codes, data.hidden, -data.ceiling, -data.floor)
    )
    assert moved.estimate == pytest.approx(base.estimate, abs=1e-4)
    assert mirrored.estimate == pytest.approx(-base.estimate, abs=1e-4)
    assert mirrored.low == pytest.approx(-base.high, abs=1e-3)


def test_ratings_in_the_order_of_the_score_have_an_open_end():
    x = np.arange(12.0)
    found = latent_correlation(Selected(x, np.repeat([1.0, 2, 3], 4), 0, 0, 0))
    assert found.estimate == found.high == 1
    assert 0.5 < found.low < 1
    with pytest.raises(ValueError, match="two levels"):
        Selected(x, np.ones(12), 0, 0, 0)


# -- ordered regression


def drawn_ratings(n, slope, seed, cuts=(-1.5, 0, 1.5)):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return np.digitize(slope * x + rng.logistic(size=n), cuts), x


def by_statsmodels(codes, x):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return OrderedModel(codes, x[:, None], distr="logit").fit(
            method="bfgs", disp=False, gtol=1e-9
        )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_maximum_likelihood_is_statsmodels_where_nothing_is_separated(seed):
    codes, x = drawn_ratings(40, 0.8, seed)
    found = fit_slope(codes, x, penalised=False)
    theirs = by_statsmodels(codes, x)
    assert found.separation == OVERLAP
    assert found.estimate == pytest.approx(theirs.params[0], abs=1e-4)
    null = codes_only(codes)
    assert found.p_value == pytest.approx(stats.chi2.sf(2 * (theirs.llf - null), 1), rel=1e-3)


def codes_only(codes):
    counts = np.bincount(codes)
    return float((counts * np.log(counts / counts.sum())).sum())


def test_the_information_is_the_expected_curvature():
    x, thresholds, slope = np.array([-1.0, 0.2, 1.5]), np.array([-0.7, 0.9]), 0.6
    eta = thresholds[None] - slope * x[:, None]
    shares = np.diff(np.column_stack([np.zeros(3), special.expit(eta), np.ones(3)]), axis=1)
    total = np.zeros((3, 3))
    for i, j in itertools.product(range(3), range(3)):

        def one(theta, i=i, j=j):
            return minus_log_likelihood(theta[:2], theta[2], np.array([j]), np.array([x[i]]))

        theta, step = np.array([*thresholds, slope]), 1e-4
        moves = np.eye(3) * step
        bend = np.array(
            [
                [
                    (
                        one(theta + a + b)
                        - one(theta + a - b)
                        - one(theta - a + b)
                        + one(theta - a - b)
                    )
                    / (4 * step**2)
                    for b in moves
                ]
                for a in moves
            ]
        )
        total += shares[i, j] * bend
    np.testing.assert_allclose(information(thresholds, slope, x), total, atol=1e-5)


def firth_logistic(above, x):
    """Firth's estimate by his modified score with leverages, an independent road."""
    design = np.column_stack([np.ones(len(x)), x])
    beta = np.zeros(2)
    for _ in range(300):
        p = special.expit(design @ beta)
        weight = p * (1 - p)
        cover = np.linalg.inv(design.T @ (weight[:, None] * design))
        leverage = weight * np.einsum("ij,jk,ik->i", design, cover, design)
        beta = beta + cover @ (design.T @ (above - p + leverage * (0.5 - p)))
    return beta[1]


@pytest.mark.parametrize("separated", [False, True])
def test_for_two_levels_the_penalty_is_firth_s(separated):
    codes, x = drawn_ratings(24, 1.0, 5, cuts=(0.2,))
    if separated:
        codes = (x > np.median(x)).astype(int)
    found = fit_slope(codes, x, penalised=True)
    assert found.estimate == pytest.approx(firth_logistic(codes, x), abs=1e-4)
    assert np.isfinite([found.low, found.high]).all()


def test_the_penalised_estimate_is_the_minimum_over_everything():
    codes, x = drawn_ratings(20, 1.5, 8)
    found = fit_slope(codes, x, penalised=True)

    def cost(theta):
        cuts = np.array([theta[1], theta[1] + np.exp(theta[2]), theta[1] + np.exp(theta[2:]).sum()])
        size = np.linalg.slogdet(information(cuts, theta[0], x))[1]
        return minus_log_likelihood(cuts, theta[0], codes, x) - size / 2

    best = optimize.minimize(cost, [1.0, -1, 0, 0], method="Nelder-Mead",
                             options={"maxfev": 20000, "xatol": 1e-9, "fatol": 1e-12})  # fmt: skip
    assert found.estimate == pytest.approx(best.x[0], abs=1e-4)


def test_other_units_and_mirrored_ratings_turn_the_estimate_alone():
    codes, x = drawn_ratings(25, 1.0, 11)
    base = fit_slope(codes, x, penalised=True)
    scaled = fit_slope(codes, 5 * x - 2, penalised=True)
    mirrored = fit_slope(codes.max() - codes, x, penalised=True)
    assert 5 * scaled.estimate == pytest.approx(base.estimate, rel=1e-4)
    assert mirrored.estimate == pytest.approx(-base.estimate, rel=1e-4)
    assert mirrored.low == pytest.approx(-base.high, rel=1e-4)


def test_separation_of_ordered_ratings():
    x = np.array([1.0, 2, 3, 4, 5, 6])[:, None]
    assert separation(np.array([0, 0, 1, 1, 2, 2]), x) == COMPLETE
    assert separation(np.array([0, 0, 1, 0, 2, 2]), x) == OVERLAP
    tied = np.array([1.0, 2, 2, 3, 4, 4])[:, None]
    assert separation(np.array([0, 0, 1, 1, 1, 2]), tied) == QUASI
    # Two groups that share one level only: no estimate, though the levels overlap.
    group = np.array([0.0, 0, 0, 1, 1, 1])[:, None]
    assert separation(np.array([0, 1, 2, 2, 3, 3]), group) == QUASI
    with pytest.raises(ValueError, match="every level"):
        separation(np.array([0, 2, 2, 0]), x[:4])


def test_a_separated_rating_has_no_maximum_and_a_finite_penalised_estimate():
    codes, group = np.array([0, 1, 1, 2, 2, 2, 3, 3]), np.repeat([0.0, 1.0], 4)
    plain, soft = (fit_slope(codes, group, penalised=p) for p in (False, True))
    assert plain.estimate == plain.high == np.inf
    assert np.isfinite(plain.low)
    assert 0 < soft.estimate < 20
    assert soft.low < soft.estimate < soft.high < np.inf
    mirrored = fit_slope(codes, 1 - group, penalised=False)
    assert mirrored.estimate == mirrored.low == -np.inf
    # The interval's end: the profile there is the allowed distance above its limit.
    assert mirrored.high == pytest.approx(-plain.low, rel=1e-5)


def test_profile_limits_are_where_the_deviance_is_critical():
    codes, x = drawn_ratings(30, 0.7, 13, cuts=(0.0,))
    found = fit_slope(codes, x, penalised=False, confidence=0.9)

    def held(slope):
        return optimize.minimize_scalar(
            lambda cut: minus_log_likelihood(np.array([cut]), slope, codes, x), bracket=(-1, 1)
        ).fun

    for limit in (found.low, found.high):
        assert 2 * (held(limit) - held(found.estimate)) == pytest.approx(
            stats.chi2.ppf(0.9, 1), abs=1e-4
        )


def test_one_slope_for_all_cuts():
    p = []
    for seed in range(12):
        codes, x = drawn_ratings(120, 0.8, seed, cuts=(-1, 1))
        p.append(parallel_slopes(codes, x, fewest=5).p_value)
    assert min(p) > 0.002
    assert max(p) > 0.5
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)
    # The lower cut follows x, the upper one does not.
    lower = 3 * x + rng.logistic(size=300) > 0
    codes = lower + (lower & (rng.uniform(size=300) < 0.5)).astype(int)
    assert parallel_slopes(codes.astype(np.int64), x, fewest=5).p_value < 1e-4
    few = parallel_slopes(np.array([0, 1, 1, 1, 2, 2, 2]), np.arange(7.0), fewest=2)
    assert np.isnan(few.p_value)
    assert "1 on one side of cut 1" in few.note


# -- exact conditional regression


def exact_by_hand(above, x, slope):
    """Chances of every choice of as many units, weighed by the slope."""
    sums = np.array([sum(c) for c in itertools.combinations(x, int(above.sum()))], dtype=float)
    weights = np.exp(slope * (sums - sums.max()))
    return sums, weights / weights.sum()


def test_exact_slope_against_every_choice_of_units():
    x = np.array([0, 3, 4, 7, 9, 10, 14, 15])
    above = np.array([0, 0, 1, 0, 1, 0, 1, 1], dtype=bool)
    found = exact_slope(above, x, 0.9)
    observed = x[above].sum()
    for slope, side in ((found.low, 1), (found.high, -1)):
        sums, chance = exact_by_hand(above, x, slope)
        assert chance[side * (sums - observed) >= 0].sum() == pytest.approx(0.05, abs=1e-8)
    sums, chance = exact_by_hand(above, x, found.estimate)
    assert (sums * chance).sum() == pytest.approx(observed)
    sums, chance = exact_by_hand(above, x, 0.0)
    far = np.abs(sums - sums.mean()) >= abs(observed - sums.mean()) - 1e-9
    assert found.p_value == pytest.approx(chance[far].sum())


def test_for_two_groups_it_is_the_conditional_odds_ratio():
    table = np.array([[5, 2], [1, 6]])
    x = np.repeat([1, 0], [7, 7])
    above = np.concatenate([np.repeat([True, False], row) for row in table])
    found = exact_slope(above, x)
    theirs = stats.contingency.odds_ratio(table, kind="conditional")
    limits = theirs.confidence_interval(0.95)
    assert np.exp(found.estimate) == pytest.approx(theirs.statistic, rel=1e-5)
    assert np.exp(found.low) == pytest.approx(limits.low, rel=1e-5)
    assert np.exp(found.high) == pytest.approx(limits.high, rel=1e-5)


def test_a_separated_cut_is_infinite_with_a_median_unbiased_estimate():
    x = np.arange(8)
    found = exact_slope(x >= 5, x)
    assert found.estimate == found.high == np.inf
    sums, chance = exact_by_hand(x >= 5, x, found.median)
    assert chance[sums >= 18].sum() == pytest.approx(0.5, abs=1e-8)
    assert found.low < found.median < np.inf
    assert found.p_value == pytest.approx(2 / 56)
    turned = exact_slope(x < 3, x)
    assert turned.estimate == turned.low == -np.inf
    with pytest.raises(ValueError, match="both sides"):
        exact_slope(np.ones(8, dtype=bool), x)
