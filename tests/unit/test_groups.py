"""Group comparison: against every allocation counted one by one, scipy, and worked examples."""

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medlead.performance.exact import count_tables, first_rows, probabilities, two_group_tests
from medlead.performance.groups import cliffs_delta, compare_cuts, compare_groups
from medlead.performance.intervals import cliffs_delta_interval

CELLS = Path(__file__).parents[2] / "data" / "published" / "cells.csv"
MET = ["Not Met", "Partly Met", "Almost Met", "Fully Met"]
QUALITY = ["Poor", "Fair", "Good", "Excellent"]


def frame_of(top, bottom):
    return pd.DataFrame(
        {
            "group": ["top"] * len(top) + ["bottom"] * len(bottom),
            "rating": np.array([*top, *bottom], dtype=float),
        }
    )


def compare(top, bottom, levels=QUALITY, **options):
    return compare_groups(frame_of(top, bottom), "group", {"rating": levels}, **options).iloc[0]


def cuts(top, bottom, levels=QUALITY, **options):
    result = compare_cuts(frame_of(top, bottom), "group", {"rating": levels}, **options)
    return result.set_index("cut")


def table_of(top, bottom, levels=4):
    return np.array([np.bincount(side, minlength=levels + 1)[1:] for side in (top, bottom)])


def by_every_allocation(top, bottom):
    """Both two-sided p-values by going through all ways of choosing the top group."""
    pooled = np.array([*top, *bottom])
    chosen = np.array(list(itertools.combinations(range(len(pooled)), len(top))))
    first = pooled[chosen]
    ranks = stats.rankdata(pooled)
    distance = np.abs(ranks[chosen].sum(axis=1) - len(top) * (len(pooled) + 1) / 2)
    observed = abs(ranks[: len(top)].sum() - len(top) * (len(pooled) + 1) / 2)
    ways = np.ones(len(chosen), dtype=object)
    ways_observed = 1
    for level in np.unique(pooled):
        total = int((pooled == level).sum())
        choose = np.array([math.comb(total, a) for a in range(total + 1)], dtype=object)
        ways = ways * choose[(first == level).sum(axis=1)]
        ways_observed *= math.comb(total, list(top).count(level))
    return (distance >= observed - 1e-9).mean(), (ways <= ways_observed).mean()


coded = st.lists(st.integers(1, 4), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(coded, coded)
def test_exact_p_values_are_shares_of_all_allocations(top, bottom):
    row = compare(top, bottom)
    expected_u, expected_table = by_every_allocation(top, bottom)
    assert row["p_value"] == pytest.approx(expected_u, abs=1e-12)
    assert row["table_p_value"] == pytest.approx(expected_table, abs=1e-12)


def test_printed_extreme_groups_against_all_allocations():
    cells = pd.read_csv(CELLS, dtype=str, keep_default_na=False)
    rated = cells[(cells["item"] == "table-27") & (cells["kind"] == "rating")]
    wide = rated.pivot(index="row", columns="column", values="text")
    starts = cells[(cells["item"] == "table-27") & (cells["column"] == "(group)")]
    order = list(dict.fromkeys(rated["row"]))
    second = order.index(starts.loc[starts["text"].str.startswith("Bottom"), "row"].iloc[0])
    group = pd.Series("top", index=order).where(np.arange(len(order)) < second, "bottom")
    scales = {c: MET if set(wide[c]) & set(MET) else QUALITY for c in wide.columns}
    coded_frame = pd.DataFrame(
        {c: wide[c].map({v: i + 1 for i, v in enumerate(s)}) for c, s in scales.items()}
    ).assign(group=group)
    result = compare_groups(coded_frame, "group", scales).set_index("rating")
    assert len(result) == 5
    for rating in scales:
        sides = [
            coded_frame.loc[coded_frame["group"] == side, rating].dropna().astype(int).to_list()
            for side in ("top", "bottom")
        ]
        blank = (wide[rating] == "").groupby(group).sum()
        row = result.loc[rating]
        assert (row["n_top"], row["n_bottom"]) == (len(sides[0]), len(sides[1]))
        assert (row["missing_top"], row["missing_bottom"]) == (blank["top"], blank["bottom"])
        assert (row["p_value"], row["table_p_value"]) == pytest.approx(by_every_allocation(*sides))
        assert row["u"] == stats.mannwhitneyu(*sides).statistic
    assert len(compare_cuts(coded_frame, "group", scales)) == sum(
        len(s) - 1 for s in scales.values()
    )


def test_mann_whitney_without_ties_is_scipys_exact_test():
    rng = np.random.default_rng(2)
    order = rng.permutation(13) + 1
    top, bottom = order[:6], order[6:]
    reference = stats.mannwhitneyu(top, bottom, method="exact")
    tests = two_group_tests(table_of(top, bottom, 13))
    assert tests.u == reference.statistic
    assert tests.u_p == pytest.approx(reference.pvalue)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(lambda c: sum(c[:2]) * sum(c[2:]))
)
def test_two_levels_give_fishers_exact_test(counts):
    table = np.array(counts).reshape(2, 2)
    expected = stats.fisher_exact(table).pvalue
    assert two_group_tests(table).table_p == pytest.approx(expected, abs=1e-10)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=5), st.integers(0, 30))
def test_the_enumeration_is_complete(totals, first):
    totals = np.array(totals)
    n_first = min(first, int(totals.sum()))
    rows = first_rows(totals, n_first)
    brute = [r for r in itertools.product(*(range(t + 1) for t in totals)) if sum(r) == n_first]
    assert sorted(map(tuple, rows.tolist())) == sorted(brute)
    assert count_tables(totals, n_first) == len(brute)
    assert probabilities(rows, totals).sum() == pytest.approx(1)


def test_a_table_beyond_enumeration_says_that_it_approximates():
    rng = np.random.default_rng(0)
    table = table_of(rng.integers(1, 12, 90), rng.integers(1, 12, 70), 11)
    tests = two_group_tests(table)
    assert "normal" in tests.u_method
    assert "chi-square" in tests.table_method
    assert tests.table_p == pytest.approx(stats.chi2_contingency(table).pvalue)
    first, second = (np.repeat(np.arange(11), row) for row in table)
    reference = stats.mannwhitneyu(first, second, method="asymptotic")
    assert (tests.u, tests.u_p) == pytest.approx((reference.statistic, reference.pvalue))


def test_tables_that_are_no_two_group_tables_are_refused():
    for table in (np.ones((3, 2), int), np.array([[1, -1], [1, 1]]), np.array([[0, 0], [1, 2]])):
        with pytest.raises(ValueError, match=r"two rows|at least one"):
            two_group_tests(table)


def test_a_worked_example():
    # Top 4 4 3, bottom 3 2 1: of nine pairs eight favour the top and one is tied, so
    # U = 8.5 and delta = 8/9. Of the 20 allocations only {4, 4, 3} (two ways to take the 3) and
    # the mirrored {1, 2, 3} (two ways) lie as far from the mean of 4.5: p = 4/20.
    row = compare([4, 4, 3], [3, 2, 1])
    assert row["u"] == 8.5
    assert row["estimate"] == pytest.approx(8 / 9)
    assert row["p_value"] == pytest.approx(4 / 20)
    assert (row["median_top"], row["median_bottom"]) == (4, 2)
    assert (row["median_level_top"], row["median_level_bottom"]) == ("Excellent", "Fair")


def test_a_median_between_two_levels_names_both():
    row = compare([4, 3, 4, 3], [1, 4])
    assert (row["median_top"], row["median_level_top"]) == (3.5, "Good to Excellent")
    assert (row["median_bottom"], row["median_level_bottom"]) == (2.5, "Poor to Excellent")


def test_the_tea_tasting_example():
    # Fisher's (1935) table 3 1 / 1 3: p = 34/70; the odds ratio and its limits are as R gives.
    row = cuts([2, 2, 2, 1], [2, 1, 1, 1], ["no", "yes"]).loc[2]
    assert row["at_least"] == "yes"
    assert (row["at_or_above_top"], row["at_or_above_bottom"]) == (3, 1)
    assert row["p_value"] == pytest.approx(34 / 70)
    # R searches to about four digits, and its upper limit (as a reciprocal) to fewer.
    assert row["estimate"] == pytest.approx(6.408309, rel=1e-5)
    assert row["low"] == pytest.approx(0.2117329, rel=1e-3)
    assert row["high"] == pytest.approx(621.9337, rel=0.01)
    assert stats.nchypergeom_fisher.mean(8, 4, 4, row["estimate"]) == pytest.approx(3)
    low_tail = stats.nchypergeom_fisher.sf(2, 8, 4, 4, row["low"])
    high_tail = stats.nchypergeom_fisher.cdf(3, 8, 4, 4, row["high"])
    assert (low_tail, high_tail) == pytest.approx((0.025, 0.025))


def test_zero_cells_leave_bounds_open():
    result = cuts([4, 4, 4], [1, 2, 2])
    assert result.loc[4, "estimate"] == np.inf
    assert result.loc[4, "high"] == np.inf
    assert 0 < result.loc[4, "low"] < np.inf
    assert result.loc[4, "p_value"] == pytest.approx(2 / 20)
    assert "no finite upper bound" in result.loc[4, "note"]
    mirrored = cuts([1, 2, 2], [4, 4, 4])
    assert (mirrored.loc[4, "estimate"], mirrored.loc[4, "low"]) == (0, 0)
    assert mirrored.loc[4, "high"] == pytest.approx(1 / result.loc[4, "low"], rel=1e-6)
    same = cuts([3, 4], [3, 3, 4]).loc[3]
    assert np.isnan(same["estimate"])
    assert (same["low"], same["high"], same["p_value"]) == (0, np.inf, 1)
    assert "one side" in same["note"]


@settings(max_examples=20, deadline=None)
@given(coded, coded)
def test_swapping_the_groups_mirrors_every_effect(top, bottom):
    one, other = compare(top, bottom), compare(bottom, top)
    assert other["estimate"] == pytest.approx(-one["estimate"])
    assert (other["low"], other["high"]) == pytest.approx((-one["high"], -one["low"]), abs=1e-9)
    assert other["u"] == len(top) * len(bottom) - one["u"]
    assert other["p_value"] == pytest.approx(one["p_value"])
    assert other["table_p_value"] == pytest.approx(one["table_p_value"])
    assert one["estimate"] == pytest.approx(2 * one["u"] / (len(top) * len(bottom)) - 1)
    assert -1 <= one["low"] <= one["estimate"] <= one["high"] <= 1
    np.testing.assert_allclose(cuts(bottom, top)["p_value"], cuts(top, bottom)["p_value"])


@settings(max_examples=30, deadline=None)
@given(coded, coded)
def test_rank_results_ignore_the_spacing_of_levels(top, bottom):
    wide = {1: 1, 2: 4, 3: 5, 4: 9}
    stretched = compare([wide[c] for c in top], [wide[c] for c in bottom], list("abcdefghi"))
    plain = compare(top, bottom)
    for column in ("estimate", "low", "high", "u", "p_value", "table_p_value"):
        assert stretched[column] == pytest.approx(plain[column])


def newcombe_variance(theta, m, n):
    """Hanley and McNeil's variance with both sample sizes replaced by their mean."""
    size = (m + n) / 2
    q1, q2 = theta / (2 - theta), 2 * theta**2 / (1 + theta)
    spread = theta * (1 - theta) + (size - 1) * (q1 - theta**2) + (size - 1) * (q2 - theta**2)
    return spread / (m * n)


@pytest.mark.parametrize("delta", [-0.9, -0.2, 0.0, 0.51, 0.95, 0.9999, 1.0])
@pytest.mark.parametrize(("m", "n"), [(10, 10), (8, 10), (1, 5), (200, 3)])
def test_delta_limits_solve_newcombes_equation(delta, m, n):
    low, high = cliffs_delta_interval(delta, m, n)
    for limit in {low, high} - {1.0, -1.0}:
        gap = (delta - limit) / 2
        wanted = 1.959963984540054 * math.sqrt(newcombe_variance((limit + 1) / 2, m, n))
        assert abs(gap) == pytest.approx(wanted, rel=1e-6)
    assert -1 <= low < high <= 1
    narrower = cliffs_delta_interval(delta, m, n, 0.8)
    assert low < narrower[0]
    assert narrower[1] <= high


def test_complete_separation_keeps_an_interval():
    row = compare([4] * 10, [1] * 10)
    assert (row["estimate"], row["high"]) == (1, 1)
    assert 0.4 < row["low"] < 0.95
    assert row["p_value"] == pytest.approx(2 / math.comb(20, 10))


def test_delta_interval_covers_near_the_edge():
    # Exact coverage for ten against ten on four levels, by adding up all pairs of samples.
    p, q = np.array([0, 0.01, 0.49, 0.5]), np.array([0.1, 0.75, 0.14, 0.01])
    samples = np.array([c for c in itertools.product(range(11), repeat=4) if sum(c) == 10])
    chance = [stats.multinomial.pmf(samples, 10, side) for side in (p, q)]
    sign = np.sign(np.subtract.outer(np.arange(4), np.arange(4)))
    truth = p @ sign @ q
    assert truth > 0.9
    deltas = (samples @ sign @ samples.T).round().astype(int)
    covers = {}
    for value in np.unique(deltas):
        low, high = cliffs_delta_interval(value / 100, 10, 10)
        covers[value] = low <= truth <= high
    covered = np.vectorize(covers.get)(deltas)
    assert 0.94 < chance[0] @ covered @ chance[1] < 0.995


def test_others_and_missing_are_left_out_and_counted():
    frame = pd.DataFrame(
        {
            "group": ["top", "top", "top", "bottom", "bottom", "middle", None, "bottom"],
            "a": pd.array([4, None, 3, 1, 2, 4, 1, None], dtype="Int64"),
            "b": [np.nan, np.nan, np.nan, 1, 2, 3, 4, 4],
        }
    )
    scales = {"a": QUALITY, "b": QUALITY}
    result = compare_groups(frame, "group", scales).set_index("rating")
    counts = ["n_top", "n_bottom", "missing_top", "missing_bottom"]
    assert result.loc["a", counts].to_list() == [2, 2, 1, 1]
    assert result.loc["a", "estimate"] == 1
    assert result.loc["b", counts].to_list() == [0, 3, 3, 0]
    assert result.loc["b", ["estimate", "low", "u", "p_value", "median_top"]].isna().all()
    assert result.loc["b", "note"] == "no rating in the top group"
    other = compare_cuts(frame, "group", scales)
    assert other.loc[other["rating"] == "b", ["estimate", "p_value"]].isna().all(axis=None)
    assert len(other) == 6
    level = compare([2, 2], [2, 2, 2])
    assert (level["estimate"], level["p_value"], level["table_p_value"]) == (0, 1, 1)
    assert level["note"] == "every rating is at one level"
    assert np.isnan(cliffs_delta(np.array([]), np.array([1])))


def test_wrong_calls_are_refused():
    frame = frame_of([4, 5], [1, 2])
    with pytest.raises(ValueError, match="outside 1 to 4"):
        compare_groups(frame, "group", {"rating": QUALITY})
    with pytest.raises(ValueError, match="outside 1 to 4"):
        compare_cuts(frame_of([2.5], [1]), "group", {"rating": QUALITY})
    with pytest.raises(KeyError):
        compare_groups(frame, "group", {"absent": QUALITY})
    with pytest.raises(ValueError, match="different labels"):
        compare_groups(frame, "group", {"rating": QUALITY}, top="x", bottom="x")
    with pytest.raises(ValueError, match="confidence"):
        compare_groups(frame, "group", {"rating": QUALITY}, confidence=95)
    with pytest.raises(ValueError, match="delta"):
        cliffs_delta_interval(1.2, 3, 3)
