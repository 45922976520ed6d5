"""Associations within strata and over them: against scipy, statsmodels and all orderings."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from medlead.performance.association_options import AssociationOptions
from medlead.performance.strata import associate_strata, combine, z_variance
from medlead.performance.vectorised import COEFFICIENTS

PLAIN = AssociationOptions()
SCIPY = dict(zip(COEFFICIENTS, (stats.pearsonr, stats.spearmanr, stats.kendalltau), strict=True))
SIZES = {"Acute": 9, "Mental": 7, "Special": 3}


def study(seed=0, sizes=SIZES):
    rng = np.random.default_rng(seed)
    types = np.repeat(list(sizes), list(sizes.values()))
    labels = [f"o{i:02d}" for i in range(len(types))]
    apart = pd.factorize(types)[0] * 10.0
    x = pd.DataFrame({"s": rng.normal(size=len(types)) + apart}, labels)
    y = pd.DataFrame({"m": rng.integers(1, 5, len(types)) + 0.3 * x["s"].round()}, labels)
    return x, y, pd.Series(types, labels)


def run(x, y, types, options=PLAIN, **more):
    rows, summary = associate_strata(x, y, types, options, seed=1, **{"permutations": 99} | more)
    keys = ["coefficient", "stratum"]
    return rows.set_index(keys), summary.set_index("coefficient")


def test_each_stratum_is_that_of_scipy_and_small_ones_are_told():
    x, y, types = study()
    y.iloc[0, 0] = np.nan
    rows, summary = run(x, y, types)
    for name, stratum in rows.index:
        inside = (types == stratum) & y["m"].notna()
        expected = SCIPY[name](x["s"][inside], y["m"][inside])
        row = rows.loc[(name, stratum)]
        assert row["n"] == inside.sum()
        assert row["missing"] == (stratum == "Acute")
        assert row["estimate"] == pytest.approx(expected.statistic)
        assert row["p_analytic"] == pytest.approx(expected.pvalue)
        assert row["pooled"] == (stratum != "Special")
        assert ("fewer than 4" in row["note"]) == (stratum == "Special")
    assert (summary["strata"] == 2).all()
    assert (summary["strata_left_out"] == 1).all()
    assert (summary["n"] == 15).all()
    assert (summary["n_left_out"] == 3).all()


@pytest.mark.parametrize(
    ("estimator", "method"), [("paule-mandel", "pm"), ("dersimonian-laird", "dl")]
)
@pytest.mark.parametrize("name", COEFFICIENTS)
def test_the_mean_over_strata_is_that_of_statsmodels(estimator, method, name):
    r, n = np.array([0.8, 0.1, -0.4, 0.5]), np.array([30.0, 25, 40, 12])
    variance = z_variance(name, r, n)
    options = replace(PLAIN, estimator=estimator, hartung_knapp=False)
    found = combine(np.arctanh(r), variance, options, 0.9)
    frame = combine_effects(np.arctanh(r), variance, method_re=method).summary_frame(alpha=0.1)
    expected = np.tanh(frame.loc["random effect", ["eff", "ci_low", "ci_upp"]].astype(float))
    assert [found[k] for k in ("estimate", "low", "high")] == pytest.approx(expected.tolist())
    knapp = combine(np.arctanh(r), variance, replace(options, hartung_knapp=True), 0.9)
    weights = 1 / (variance + found["tau2"])
    mean = np.average(np.arctanh(r), weights=weights)
    scale = (weights * (np.arctanh(r) - mean) ** 2).sum() / 3
    half = stats.t.isf(0.05, 3) * np.sqrt(max(1, scale) / weights.sum())
    assert (knapp["low"], knapp["high"]) == pytest.approx(
        tuple(np.tanh([mean - half, mean + half]))
    )
    q = ((np.arctanh(r) - np.average(np.arctanh(r), weights=1 / variance)) ** 2 / variance).sum()
    assert found["q"] == pytest.approx(q)
    assert found["i2"] == pytest.approx(100 * (q - 3) / q)
    assert found["q_p"] == pytest.approx(stats.chi2.sf(q, 3))


def test_variances_are_those_of_the_intervals():
    from medlead.performance.inference import intervals_of

    z = 1.959963984540054
    for name in COEFFICIENTS:
        r, n = np.array([0.3, -0.6]), np.array([12.0, 12.0])
        low, high = intervals_of(name, r, 12, 0.95)
        half = (np.arctanh(high) - np.arctanh(low)) / 2
        np.testing.assert_allclose((half / z) ** 2, z_variance(name, r, n))


def test_strata_that_agree_have_no_variance_between_them():
    z, variance = np.array([0.5, 0.52, 0.49]), np.array([0.05, 0.04, 0.06])
    for estimator in ("paule-mandel", "dersimonian-laird"):
        found = combine(z, variance, replace(PLAIN, estimator=estimator), 0.95)
        assert found["tau2"] == 0
        assert found["i2"] == 0
        assert found["estimate"] == pytest.approx(np.tanh(np.average(z, weights=1 / variance)))
        plain = combine(z, variance, replace(PLAIN, estimator=estimator, hartung_knapp=False), 0.95)
        assert found["low"] < plain["low"] < plain["high"] < found["high"]


@pytest.mark.parametrize("tail", ["two-sided", "greater", "less"])
def test_orderings_within_strata_are_all_counted(tail):
    x, y, types = study(4, {"A": 4, "B": 3, "C": 1})
    _, summary = run(x, y, types, replace(PLAIN, tail=tail))
    u, v = x["s"].to_numpy(), y["m"].to_numpy()
    parts, weights = [np.arange(4), np.arange(4, 7)], np.array([3, 2]) / 5
    for name in COEFFICIENTS:

        def value(order, name=name):
            return sum(
                w * SCIPY[name](u[p], order[p]).statistic
                for w, p in zip(weights, parts, strict=True)
            )

        seen = value(v)
        every = np.array(
            [
                value(np.array([*a, *b, v[7]]))
                for a in itertools.permutations(v[:4])
                for b in itertools.permutations(v[4:7])
            ]
        )
        hits = {
            "two-sided": np.abs(every) >= abs(seen) - 1e-9,
            "greater": every >= seen - 1e-9,
            "less": every <= seen + 1e-9,
        }[tail]
        assert summary.loc[name, "within"] == pytest.approx(seen)
        assert summary.loc[name, "p_value"] == pytest.approx(hits.mean())
        assert summary.loc[name, "p_method"] == "permutation, all orderings"


def test_a_difference_between_types_is_no_association_within_them():
    rng = np.random.default_rng(2)
    types = pd.Series(np.repeat(["a", "b"], 30))
    level = (types == "b") * 20.0
    x = pd.DataFrame({"s": level + rng.normal(size=60)})
    y = pd.DataFrame({"m": level + rng.normal(size=60)})
    _, summary = run(x, y, types, permutations=999)
    assert stats.pearsonr(x["s"], y["m"]).pvalue < 1e-10
    assert (summary["p_value"] > 0.05).all()
    assert (summary["within"].abs() < 0.3).all()
    turned = np.random.default_rng(3).permutation(60)
    _, again = run(x.iloc[turned], y.iloc[turned], types.iloc[turned], permutations=999)
    # Labels 0 to 59 are read as text, so that any order of rows is brought into one.
    pd.testing.assert_frame_equal(again, summary)


def test_what_cannot_be_summed_up_is_told():
    x, y, types = study(1, {"A": 6, "B": 3})
    _, summary = run(x, y, types)
    assert (summary["note"] == "fewer than two strata for a mean").all()
    assert summary["estimate"].isna().all()
    assert summary["p_value"].notna().all()
    x, y, types = study(1, {"A": 6, "B": 6})
    y.iloc[6:, 0] = x["s"].iloc[6:]
    rows, _ = run(x, y, types)
    assert "perfect" in rows.loc[("Pearson", "B"), "note"]
    assert not rows.loc[("Pearson", "B"), "pooled"]
    y["m"] = 3.0
    _, summary = run(x, y, types)
    assert summary["p_value"].isna().all()
    with pytest.raises(ValueError, match="needs a stratum"):
        run(x, y, types.where(types != "A"))
