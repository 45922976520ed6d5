"""Correlation: against scipy, against plain loops over all orderings, and by properties."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medlead.performance.correlation import COLUMNS, correlate
from medlead.performance.intervals import (
    bca_interval,
    fisher_interval,
    kendall_interval,
    proportion_interval,
    spearman_interval,
)
from medlead.performance.resampling import kendall, orderings, pearson, spearman

SCIPY = {
    "Pearson": stats.pearsonr,
    "Spearman": stats.spearmanr,
    "Kendall tau-b": stats.kendalltau,
}
NUMBERS = ["estimate", "low", "high", "p_value", "p_low", "p_high", "p_analytic"]


def run(x, y, seed=0, **options):
    scores = pd.Series(x, dtype=float)
    ratings = y if isinstance(y, pd.DataFrame) else pd.DataFrame({"rating": y}, dtype=float)
    result = correlate(scores, ratings, rng=np.random.default_rng(seed), **options)
    return result.set_index(
        ["rating", "coefficient"] if len(ratings.columns) > 1 else "coefficient"
    )


def tied_sample(seed, n=20, levels=4):
    rng = np.random.default_rng(seed)
    return rng.normal(55, 5, n).round(1), rng.integers(1, levels + 1, n).astype(float)


@pytest.mark.parametrize("seed", range(5))
def test_estimates_and_analytic_p_are_those_of_scipy(seed):
    x, y = tied_sample(seed)
    result = run(x, y, permutations=9)
    for name, reference in SCIPY.items():
        expected = reference(x, y)
        assert result.loc[name, "estimate"] == pytest.approx(expected.statistic, abs=1e-12)
        assert result.loc[name, "p_analytic"] == pytest.approx(expected.pvalue, rel=1e-9)


def test_kendall_without_ties_uses_the_exact_distribution():
    x, y = np.random.default_rng(3).normal(size=(2, 15))
    row = run(x, y, permutations=9).loc["Kendall tau-b"]
    assert row["p_analytic_method"] == "exact without ties"
    assert row["p_analytic"] == pytest.approx(stats.kendalltau(x, y, method="exact").pvalue)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([1, 2, 3, 4, 5, 6], [2, 1, 4, 3, 3, 4]),
        ([1.5, 1.5, 2.7, 9.1, 0.3], [1, 2, 2, 3, 1]),
        ([3, 1, 2, 5, 4], [5, 3, 4, 1, 2]),
    ],
)
def test_small_samples_use_every_ordering(x, y):
    result = run(x, y)
    for name, reference in SCIPY.items():
        observed = abs(reference(x, y).statistic)
        hits = [
            abs(reference(x, order).statistic) >= observed - 1e-9
            for order in itertools.permutations(y)
        ]
        row = result.loc[name]
        assert row["p_value"] == pytest.approx(np.mean(hits), abs=1e-12)
        assert row["p_low"] == row["p_value"] == row["p_high"]
        assert row["p_method"] == "permutation, all orderings"


def test_drawn_orderings_agree_with_the_exact_distribution():
    x, y = np.random.default_rng(8).normal(size=(2, 12))
    truth = stats.kendalltau(x, y, method="exact").pvalue
    row = run(x, y, permutations=20_000, confidence=0.999).loc["Kendall tau-b"]
    assert row["p_method"] == "permutation, drawn orderings"
    assert row["p_low"] <= truth <= row["p_high"]
    assert row["p_high"] - row["p_low"] < 0.03


def test_drawn_p_is_never_zero_and_counts_the_observed_ordering():
    x = np.arange(30.0)
    result = run(x, x**3, permutations=199)
    assert (result["p_value"] == 1 / 200).all()
    assert (result["p_low"] == 0).all()
    assert result["p_high"].iloc[0] == pytest.approx(1 - 0.025 ** (1 / 199))


def test_exact_p_is_valid_at_every_level_under_the_null():
    # Under the null every distinct arrangement of the ratings is equally likely.
    x = [1.0, 2.0, 4.0, 8.0, 16.0]
    arrangements = sorted(set(itertools.permutations([1, 1, 2, 3, 3])))
    p = pd.DataFrame([run(x, order)["p_value"] for order in arrangements])
    assert len(p) == 30
    for _, sample in p.items():
        for level in np.unique(sample):
            assert (sample <= level + 1e-12).mean() == pytest.approx(level)


def test_strata_exchange_only_within():
    x = np.array([1.0, 2.0, 3.0, 7.0, 9.0])
    y = np.array([2.0, 1.0, 1.0, 3.0, 4.0])
    strata = pd.Series(["low", "high", "low", "high", "low"])
    low, high = [0, 2, 4], [1, 3]
    rearranged = []
    for a in itertools.permutations(low):
        for b in itertools.permutations(high):
            order = y.copy()
            order[low], order[high] = y[list(a)], y[list(b)]
            rearranged.append(order)
    observed = stats.spearmanr(x, y).statistic
    hits = [abs(stats.spearmanr(x, o).statistic) >= abs(observed) - 1e-9 for o in rearranged]
    assert run(x, y, strata=strata).loc["Spearman", "p_value"] == pytest.approx(np.mean(hits))
    drawn = orderings(30, 50, np.random.default_rng(0), np.repeat([0, 1, 2], 10))
    assert not drawn.exact
    assert (drawn.index // 10 == np.repeat([0, 1, 2], 10)).all()
    assert (np.sort(drawn.index, axis=1) == np.arange(30)).all()
    assert len(np.unique(drawn.index, axis=0)) == 50


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-20, 20), st.integers(1, 4)), min_size=9, max_size=15).filter(
        lambda pairs: all(len(set(side)) > 1 for side in zip(*pairs, strict=True))
    )
)
def test_rank_coefficients_ignore_monotone_transformations(pairs):
    x, y = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    plain = run(x, y, permutations=99)
    moved = run(np.exp(x / 10), y**3 + 2, permutations=99)
    for name in ("Spearman", "Kendall tau-b"):
        np.testing.assert_allclose(
            plain.loc[name, NUMBERS].astype(float), moved.loc[name, NUMBERS].astype(float)
        )
    mirrored = run(x, -y, permutations=99)
    np.testing.assert_allclose(mirrored["estimate"], -plain["estimate"], atol=1e-12)
    np.testing.assert_allclose(mirrored["p_value"], plain["p_value"])
    scaled = run(3 * x - 7, y, permutations=99)
    np.testing.assert_allclose(scaled["p_value"], plain["p_value"])


def test_a_rating_is_untouched_by_its_neighbours_and_by_their_order():
    x, a = tied_sample(1)
    _, b = tied_sample(2)
    both = run(x, pd.DataFrame({"a": a, "b": b}), permutations=99, bootstrap=99)
    turned = run(x, pd.DataFrame({"b": b, "a": a}), permutations=99, bootstrap=99)
    alone = run(x, pd.DataFrame({"a": a}), permutations=99, bootstrap=99)
    pd.testing.assert_frame_equal(both.loc["a"], turned.loc["a"])
    pd.testing.assert_frame_equal(both.loc["a"], alone.drop(columns="rating"))
    again = run(x, pd.DataFrame({"a": a, "b": b}), seed=1, permutations=99)
    assert (again["p_value"] != both["p_value"]).any()


def test_missing_values_are_left_out_and_counted():
    x = [1.0, 2.0, np.nan, 4.0, 5.0, 6.0, 7.0]
    y = pd.DataFrame({"rating": pd.array([1, None, 3, 2, 4, None, 4], dtype="Int64")})
    result = run(x, y)
    assert (result["n"] == 4).all()
    assert (result["missing"] == 3).all()
    expected = stats.pearsonr([1, 4, 5, 7], [1, 2, 4, 4]).statistic
    assert result.loc["Pearson", "estimate"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("x", "y", "note"),
    [
        ([1, 2, 3, 4], [2, 2, 2, 2], "constant rating"),
        ([0.1, 0.1, 0.1], [1, 2, 3], "constant score"),
        ([5, 5, 5], [1, 1, 1], "constant score and rating"),
        ([1, 2], [1, 2], "fewer than 3 pairs"),
        ([1, 2, 3], [np.nan] * 3, "fewer than 3 pairs"),
        ([], [], "fewer than 3 pairs"),
    ],
)
def test_degenerate_input_gives_nan_and_a_note_without_warnings(x, y, note):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = run(x, y, bootstrap=20)
    assert set(COLUMNS) == set(result.reset_index().columns)
    assert result[[*NUMBERS, "bootstrap_low", "bootstrap_high"]].isna().all(axis=None)
    assert (result["note"] == note).all()


def test_too_few_pairs_for_an_interval_and_perfect_association_are_noted():
    four = run([1, 2, 3, 4], [1, 3, 2, 4])
    assert np.isnan(four.loc["Kendall tau-b", "low"])
    assert "at least 5" in four.loc["Kendall tau-b", "note"]
    assert four.loc["Spearman", "low"] < four.loc["Spearman", "estimate"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        perfect = run([1, 2, 3, 4, 5, 6], [-1, -2, -3, -4, -5, -6])
    assert (perfect[["estimate", "low", "high"]] == -1).all(axis=None)
    assert perfect["note"].str.contains("no width").all()
    assert perfect["p_value"].to_list() == pytest.approx([2 / 720] * 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": pd.Series([1.0, 2.0, 3.0], index=[1, 2, 3])}, "same index"),
        ({"scores": pd.Series([1.0, np.inf, 3.0])}, "infinite"),
        ({"strata": pd.Series(["a", None, "b"])}, "stratum"),
        ({"strata": pd.Series(["a", "b"])}, "same index"),
        ({"confidence": 1.0}, "confidence"),
        ({"permutations": 0}, "permutation"),
        ({"bootstrap": -1}, "bootstrap"),
    ],
)
def test_wrong_calls_are_refused(change, message):
    call = {
        "scores": pd.Series([1.0, 2.0, 3.0]),
        "ratings": pd.DataFrame({"a": [1.0, 2.0, 3.0]}),
        "rng": np.random.default_rng(0),
    } | change
    with pytest.raises(ValueError, match=message):
        correlate(**call)


def test_coefficients_over_leading_axes_are_those_of_each_row():
    rng = np.random.default_rng(5)
    x = rng.integers(0, 5, (7, 12)).astype(float)
    y = rng.integers(0, 3, (7, 12)).astype(float)
    y[3] = 2.0
    for compute, reference in zip((pearson, spearman, kendall), SCIPY.values(), strict=True):
        together = compute(x, y)
        assert np.isnan(together[3])
        for row in (0, 1, 2, 4, 5, 6):
            assert together[row] == pytest.approx(reference(x[row], y[row]).statistic)
            assert compute(x[0], y)[row] == pytest.approx(reference(x[0], y[row]).statistic)


def test_intervals_against_scipy_and_by_hand():
    x, y = tied_sample(4)
    scipy_limits = stats.pearsonr(x, y).confidence_interval(0.9)
    limits = fisher_interval(stats.pearsonr(x, y).statistic, 20, 0.9)
    assert [float(v) for v in limits] == pytest.approx(list(scipy_limits))
    # r = 0.5: arctanh is ½ ln 3; with n = 12 the Bonett-Wright error is √(1.125/9).
    half = 1.959963984540054 * np.sqrt(1.125 / 9)
    expected = [np.tanh(0.5 * np.log(3) - half), np.tanh(0.5 * np.log(3) + half)]
    assert [float(v) for v in spearman_interval(0.5, 12)] == pytest.approx(expected)
    half = 1.959963984540054 * np.sqrt(0.437 / 8)
    expected = [np.tanh(0.5 * np.log(3) - half), np.tanh(0.5 * np.log(3) + half)]
    assert [float(v) for v in kendall_interval(0.5, 12)] == pytest.approx(expected)
    assert all(np.isnan(kendall_interval(0.5, 4)))
    low, high = proportion_interval(3, 40, 0.9)
    assert stats.binom.sf(2, 40, low) == pytest.approx(0.05)
    assert stats.binom.cdf(3, 40, high) == pytest.approx(0.05)


@pytest.mark.parametrize("compute", [pearson, kendall])
def test_bca_interval_is_that_of_scipy_for_the_same_resamples(compute):
    x, y = np.random.default_rng(9).normal(size=(2, 14))
    y = x + y
    if compute is kendall:  # many resamples equal to the estimate
        x, y = x.round(), y.round()

    def statistic(a, b, axis=-1):
        return compute(np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1))

    reference = stats.bootstrap(
        (x, y), statistic, paired=True, n_resamples=999, rng=np.random.default_rng(1)
    )
    resampled = reference.bootstrap_distribution
    jackknife = np.array([compute(np.delete(x, i), np.delete(y, i)) for i in range(14)])
    ours = bca_interval(float(compute(x, y)), resampled, jackknife)
    assert ours == pytest.approx(tuple(reference.confidence_interval), abs=1e-9)


def test_bca_interval_counts_equal_resamples_half():
    resampled = np.array([0.1] * 30 + [0.2] * 40 + [0.3] * 30)
    jackknife = np.array([0.1, 0.2, 0.3])  # symmetric: no bias, no acceleration
    expected = tuple(np.quantile(resampled, [0.05, 0.95]))
    assert bca_interval(0.2, resampled, jackknife, 0.9) == pytest.approx(expected)
    # Twenty below and thirty equal: 35 % count as below.
    shifted = np.linspace(0, 1, 101)[:-1]
    shifted[20:50] = 0.35
    bias = stats.norm.ppf(0.35)
    levels = stats.norm.cdf(2 * bias + np.array([-1, 1]) * stats.norm.isf(0.05))
    expected = tuple(np.quantile(shifted, levels))
    assert bca_interval(0.35, shifted, jackknife, 0.9) == pytest.approx(expected)
    assert np.isnan(bca_interval(0.5, np.full(9, 0.2), jackknife)).all()
    assert np.isnan(bca_interval(0.2, resampled, np.full(5, 0.2))).all()


def test_bootstrap_leaves_out_constant_resamples_and_says_so():
    rare = run(np.arange(12.0), [1] * 8 + [2] * 4, bootstrap=5000)
    assert rare["bootstrap_low"].notna().all()
    assert rare["note"].str.contains("of 5000 bootstrap resamples are constant").all()
    assert rare["note"].nunique() == 1
    often = run(np.arange(12.0), [1] * 11 + [2], bootstrap=500)
    assert often["bootstrap_low"].isna().all()
    assert often["note"].str.contains("no bootstrap interval").all()
    x, y = tied_sample(1)
    usual = run(x, y, bootstrap=500)
    assert (usual["note"] == "").all()
    assert (usual["bootstrap_low"] < usual["estimate"]).all()
    assert (usual["estimate"] < usual["bootstrap_high"]).all()
    assert run(x, y)["bootstrap_low"].isna().all()
