"""The general step: against scipy on the same resamples, all orderings, and by properties."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from medlead.performance.association_options import AssociationOptions, Family, Stars
from medlead.performance.associations import NUMBERS, associate, stream
from medlead.performance.family import joint_orderings, null_sd
from medlead.performance.resampling import left_out_once, orderings
from medlead.performance.vectorised import COEFFICIENTS, coefficients, moved, permuted, resampled

SCIPY = dict(zip(COEFFICIENTS, (stats.pearsonr, stats.spearmanr, stats.kendalltau), strict=True))
PLAIN = AssociationOptions()
KEY = ["score", "measure", "coefficient"]


def study(seed=0, n=18, scores=3, measures=3, gaps=True):
    rng = np.random.default_rng(seed)
    labels = [f"org {i:02d}" for i in range(n)]
    x = pd.DataFrame(rng.normal(55, 5, (n, scores)).round(1), labels, list("abcdefgh")[:scores])
    y = pd.DataFrame(
        rng.integers(1, 5, (n, measures)).astype(float), labels, list("pqrstu")[:measures]
    )
    y["p"] += x["a"].rank() / 6
    if gaps:
        y.iloc[rng.choice(n, 4, replace=False), 1] = np.nan
        x.iloc[2, 1] = np.nan
    return x, y


def run(x, y, options=PLAIN, seed=1, **more):
    return associate(x, y, options, seed=seed, **{"permutations": 99, **more}).set_index(KEY)


def pairs(x, y, s, m):
    both = pd.concat([x[s], y[m]], axis=1).sort_index().dropna()
    return both[s].to_numpy(), both[m].to_numpy()


# --- many resamples at once against one call of scipy for each ----------------------------------


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_each_resample_is_that_of_scipy(name):
    rng = np.random.default_rng(4)
    x = rng.integers(0, 6, (14, 3)).astype(float)
    y = np.column_stack([rng.integers(1, 4, (14, 2)), rng.normal(size=14)])
    index = np.array([rng.permutation(14) for _ in range(40)])
    picks, kept = rng.integers(14, size=(40, 14)), np.array([0, 2, 3, 5, 7, 8, 10, 13])
    ways = {
        "permuted": (np.concatenate(list(permuted(name, x, y, index))), lambda b: (x, y[index[b]])),
        "resampled": (
            np.concatenate(list(resampled(name, x, y, picks))),
            lambda b: (x[picks[b]], y[picks[b]]),
        ),
        "moved": (
            np.concatenate(list(moved(name, x, y[kept], kept, index))),
            lambda b: (x[index[b]][kept], y[kept]),
        ),
    }
    for found, sample in ways.values():
        assert found.shape == (40, 3, 3)
        for b, s, m in itertools.product(range(40), range(3), range(3)):
            u, v = sample(b)
            if np.ptp(u[:, s]) and np.ptp(v[:, m]):
                assert found[b, s, m] == pytest.approx(
                    SCIPY[name](u[:, s], v[:, m]).statistic, abs=1e-10
                )
            else:
                assert np.isnan(found[b, s, m])


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_blocks_and_sorting_change_nothing(name, monkeypatch):
    rng = np.random.default_rng(5)
    x, y = rng.integers(0, 5, (2, 15, 3)).astype(float)
    index = np.array([rng.permutation(15) for _ in range(50)])
    before = [np.concatenate(list(f(name, x, y, index))) for f in (permuted, resampled)]
    monkeypatch.setattr("medlead.performance.vectorised._AT_ONCE", 300)
    monkeypatch.setattr("medlead.performance.vectorised._MOST_COUNTED", 0)
    for f, whole in zip((permuted, resampled), before, strict=True):
        parts = list(f(name, x, y, index))
        assert len(parts) > 5
        np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-12)


def test_a_resample_far_from_the_others_keeps_its_digits():
    x = np.array([1e8, *(1e-4 * np.arange(1, 9))])[:, None]
    y = np.array([3.0, 1, 2, 4, 3, 6, 5, 8, 7])[:, None]
    without = np.arange(1, 9)[None, :]
    for name in COEFFICIENTS:
        found = np.concatenate(list(resampled(name, x, y, without))).item()
        assert found == pytest.approx(SCIPY[name](x[1:, 0], y[1:, 0]).statistic, abs=1e-10)


# --- rows ----------------------------------------------------------------------------------------


def test_rows_are_those_of_scipy_pair_by_pair():
    x, y = study()
    found = run(x, y)
    assert list(found.index) == list(itertools.product("abc", "pqr", COEFFICIENTS))
    for s, m, name in found.index:
        u, v = pairs(x, y, s, m)
        row, expected = found.loc[(s, m, name)], SCIPY[name](u, v)
        assert row["n"] == len(u)
        assert row["missing"] == 18 - len(u)
        assert row["estimate"] == pytest.approx(expected.statistic, abs=1e-12)
        assert row["p_analytic"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert set(found["n"]) == {18, 17, 14} | {int((x["b"].notna() & y["q"].notna()).sum())}


@pytest.mark.parametrize("tail", ["two-sided", "greater", "less"])
def test_small_samples_use_every_ordering_of_the_declared_tail(tail):
    x, y = study(3, n=5, scores=2, measures=2, gaps=False)
    y.iloc[1, 1] = np.nan
    found = run(x, y, replace(PLAIN, tail=tail))
    for s, m, name in found.index:
        u, v = pairs(x, y, s, m)
        seen = SCIPY[name](u, v).statistic
        every = np.array([SCIPY[name](u, o).statistic for o in itertools.permutations(v)])
        hits = {
            "two-sided": np.abs(every) >= abs(seen) - 1e-9,
            "greater": every >= seen - 1e-9,
            "less": every <= seen + 1e-9,
        }[tail]
        row = found.loc[(s, m, name)]
        assert row["p_value"] == row["p_low"] == row["p_high"]
        assert row["p_value"] == pytest.approx(hits.mean(), abs=1e-12)
        assert row["p_analytic"] == pytest.approx(
            SCIPY[name](u, v, alternative=tail).pvalue, rel=1e-9
        )


def test_drawn_orderings_are_shared_and_counted_one_more():
    x, y = study(gaps=False)
    found = run(x, y, permutations=59)
    drawn = orderings(18, 59, stream(1, "orderings", x.index))
    for s, m, name in found.index:
        u, v = pairs(x, y, s, m)
        seen = abs(SCIPY[name](u, v).statistic)
        hits = sum(abs(SCIPY[name](u, v[o]).statistic) >= seen - 1e-9 for o in drawn.index)
        row = found.loc[(s, m, name)]
        assert row["p_value"] == pytest.approx((hits + 1) / 60)
        limits = stats.binomtest(hits, 59).proportion_ci(0.95, "exact")
        assert (row["p_low"], row["p_high"]) == pytest.approx((limits.low, limits.high), abs=1e-10)


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_bootstrap_limits_are_scipys_for_the_same_resamples(name):
    x, y = study(7, n=16, scores=1, measures=1, gaps=False)
    row = run(x, y, replace(PLAIN, coefficients=(name,), bootstrap=600)).iloc[0]
    u, v = pairs(x, y, "a", "p")

    def statistic(a, b, axis=-1):
        flat = [
            np.moveaxis(side, axis, -1).reshape(-1, 16 if side.shape[axis] == 16 else 15)
            for side in (a, b)
        ]
        values = [SCIPY[name](i, j).statistic for i, j in zip(*flat, strict=True)]
        return np.reshape(values, np.delete(np.shape(a), axis)) if np.ndim(a) > 1 else values[0]

    class Same(np.random.Generator):
        """Gives our picks to scipy."""

        def __init__(self):
            super().__init__(np.random.PCG64(0))
            self.picks = stream(1, "bootstrap", x.index).integers(16, size=(600, 16))

        def integers(self, low, high=None, size=None, **_):
            rows, self.picks = self.picks[: size[0]], self.picks[size[0] :]
            return rows

    reference = stats.bootstrap(
        (u, v), statistic, paired=True, n_resamples=600, rng=Same(), method="BCa", vectorized=True
    ).confidence_interval
    assert (row["bootstrap_low"], row["bootstrap_high"]) == pytest.approx(
        tuple(reference), abs=1e-10
    )
    assert left_out_once(4).tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


# --- families ------------------------------------------------------------------------------------


def test_adjusted_p_are_those_of_statsmodels_within_each_family():
    x, y = study(2)
    named = (Family("first", scores=("a",)), Family("second", measures=("q",)))
    for families, count in (("all", 9), ("score", 3), ("measure", 3), (named, None)):
        options = replace(PLAIN, families=families, adjusted="analytic")
        found = run(x, y, options, permutations=9)
        for (name, _), part in found.groupby(["coefficient", "family"]):
            assert count in (None, len(part)), name
            for column, method in (("p_holm", "holm"), ("p_bh", "fdr_bh")):
                expected = multipletests(part["p_analytic"], method=method)[1]
                np.testing.assert_allclose(part[column], expected)
    sizes = found[found.index.get_level_values(2) == "Pearson"]["family"].value_counts()
    assert sizes.to_dict() == {"first": 3, "second": 2, "others": 4}


def test_max_t_by_hand_over_all_orderings_with_gaps():
    x, y = study(11, n=5, scores=2, measures=2, gaps=False)
    y.iloc[0, 1] = np.nan
    name = "Pearson"
    found = run(x, y, replace(PLAIN, coefficients=(name,), max_t=True))
    cells = list(itertools.product("ab", "pq"))
    n = {m: int(y[m].notna().sum()) for m in y}

    def weight(order):
        shifted = x.iloc[list(order)].set_index(x.index)
        both = [pairs(shifted, y, s, m) for s, m in cells]
        return [
            abs(stats.pearsonr(*b).statistic) * np.sqrt(n[m] - 1)
            for b, (_, m) in zip(both, cells, strict=True)
        ]

    seen = np.array(weight(range(5)))
    every = np.array([weight(o) for o in itertools.permutations(range(5))])
    expected, running = {}, 0.0
    left = list(range(4))
    while left:
        top = max(left, key=lambda i: seen[i])
        running = max(running, float((every[:, left].max(axis=1) >= seen[top] - 1e-9).mean()))
        expected[cells[top]] = running
        left.remove(top)
    for cell, p in expected.items():
        assert found.loc[(*cell, name), "p_max_t"] == pytest.approx(p, abs=1e-12)


def test_max_t_of_one_pair_is_its_own_permutation_p():
    x, y = study(5, scores=1, measures=1, gaps=False)
    found = run(x, y, replace(PLAIN, max_t=True), permutations=299)
    np.testing.assert_allclose(found["p_max_t"], found["p_value"])
    x, y = study(5, scores=3, measures=3)
    found = run(x, y, replace(PLAIN, max_t=True), permutations=299)
    assert (found["p_max_t"] >= found["p_value"] - 0.1).all()
    # The second score has a gap: that organisation is never moved.
    drawn = joint_orderings(x.index, np.flatnonzero(x.notna().all(axis=1)), 1, 20)
    assert (drawn.index[:, 2] == 2).all()


def test_spread_without_association_is_that_of_all_orderings():
    x, y = study(6, n=6, gaps=False)
    x.iloc[1] = x.iloc[0]
    for name in COEFFICIENTS:
        every = np.array(list(itertools.permutations(range(6))))
        values = np.concatenate(list(permuted(name, x.to_numpy(), y.to_numpy(), every)))
        np.testing.assert_allclose(
            np.sqrt((values**2).mean(axis=0)), null_sd(name, x.to_numpy(), y.to_numpy())
        )


def test_stars_follow_the_declared_p_and_tail():
    x, y = study(1)
    for tail in ("two-sided", "one-sided"):
        found = run(x, y, replace(PLAIN, stars=Stars("analytic", tail)), thresholds=(0.5, 0.2))
        for s, m, name in found.index:
            u, v = pairs(x, y, s, m)
            row = found.loc[(s, m, name)]
            side = tail if tail == "two-sided" else ("greater" if row["estimate"] >= 0 else "less")
            p = SCIPY[name](u, v, alternative=side).pvalue
            assert row["stars"] == "*" * sum(p < t for t in (0.5, 0.2))
    found = run(x, y, replace(PLAIN, stars=Stars("permutation", "two-sided")))
    assert [len(s) for s in found["stars"]] == [
        sum(p < t for t in (0.05, 0.01, 0.001)) for p in found["p_value"]
    ]
    assert (run(x, y)["stars"] == "").all()


# --- properties ----------------------------------------------------------------------------------


def test_neither_order_nor_neighbours_change_a_row():
    x, y = study(8)
    options = replace(PLAIN, bootstrap=200, max_t=True)
    found = run(x, y, options)
    mixed = np.random.default_rng(1).permutation(18)
    turned = run(x.iloc[mixed, ::-1], y.iloc[mixed, ::-1], options)
    pd.testing.assert_frame_equal(turned.loc[found.index], found)
    alone = run(x[["a"]], y[["q"]], replace(options, max_t=False))
    own = [n for n in NUMBERS if not n.startswith(("p_holm", "p_bh", "p_max"))]
    pd.testing.assert_frame_equal(alone[own], found.loc[alone.index, own])
    again = run(x, y, options, seed=2)
    assert (again["p_value"] != found["p_value"]).any()


@settings(max_examples=3)
@given(st.integers(0, 10_000), st.floats(0.1, 50), st.floats(-100, 100))
def test_what_a_transformation_leaves(seed, scale, shift):
    x, y = study(seed, n=14, scores=2, measures=2)
    options = replace(PLAIN, bootstrap=50)
    plain = run(x, y, options)
    affine = run(x * scale + shift, y, options)
    numbers = [n for n in NUMBERS if n != "p_max_t"]
    np.testing.assert_allclose(affine[numbers], plain[numbers], atol=1e-9)
    monotone = run(np.exp(x / 20), y**3, options)
    ranks = plain.index.get_level_values(2) != "Pearson"
    np.testing.assert_allclose(monotone.loc[ranks, numbers], plain.loc[ranks, numbers], atol=1e-9)
    mirrored = run(-x, y, options)
    np.testing.assert_allclose(mirrored["estimate"], -plain["estimate"], atol=1e-12)
    np.testing.assert_allclose(mirrored["p_value"], plain["p_value"])
    np.testing.assert_allclose(mirrored["bootstrap_low"], -plain["bootstrap_high"], atol=1e-9)


def test_what_has_no_coefficient_is_told():
    x, y = study(gaps=False)
    y["p"] = 2.0
    y.loc[y.index[2:], "q"] = np.nan
    found = run(
        x, y, replace(PLAIN, bootstrap=20, max_t=True, stars=Stars("analytic", "two-sided"))
    )
    assert (found.xs("p", level="measure")["note"] == "constant rating").all()
    assert (found.xs("q", level="measure")["note"] == "fewer than 3 pairs").all()
    for gone in ("p", "q"):
        assert found.xs(gone, level="measure")[list(NUMBERS)].isna().all(axis=None)
    left = found.xs("r", level="measure")
    assert left["p_max_t"].notna().all()
    assert (left["note"] == "").all()
    assert coefficients("Pearson", np.arange(4.0)[:, None], np.arange(4.0)[:, None]).item() == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x, y.iloc[::-1]), "same index"),
        (lambda x, y: (x.set_axis(["o"] * 18), y.set_axis(["o"] * 18)), "stand once"),
        (lambda x, y: (x.set_axis(["a", "a", "b"], axis=1), y), "own name"),
        (lambda x, y: (x.replace(x.iloc[0, 0], np.inf), y), "infinite"),
    ],
)
def test_wrong_calls_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        run(*change(*study()))
