"""Significance marks: against scipy, worked examples and properties."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medlead.performance.significance import (
    JUDGED_TAILS,
    MATCHES,
    THRESHOLDS,
    adjust,
    critical_r,
    fisher_interval,
    implied_stars,
    judge_stars,
    p_from_r,
    sample_size,
    stars,
    survivors,
    tally,
)

CELLS = Path(__file__).parents[2] / "data" / "published" / "cells.csv"
TAILS = ("two-sided", "greater", "less", "one-sided")

correlations = st.floats(-0.999, 0.999)
sizes = st.integers(4, 200)


def cell(r, n, printed, half=0.005, **names):
    return {
        "measure": "m",
        "scale": "s",
        "r": r,
        "r_low": r - half,
        "r_high": r + half,
        "n": n,
        "printed": printed,
    } | names


@pytest.fixture(scope="module")
def printed():
    """The correlations, marks and sizes of Table 28, with the interval of two printed decimals."""
    cells = pd.read_csv(CELLS, dtype=str, keep_default_na=False)
    table = cells[cells["item"] == "table-28"]
    r = table[table["kind"] == "statistic"].set_index(["row", "column"])["text"].astype(float)
    marks = table[table["kind"] == "stars"]
    marks = marks.assign(row=marks["row"].str.removesuffix(" / stars"))
    n = table[table["kind"] == "n"].set_index("row")["text"].astype(int)
    frame = r.rename("r").to_frame()
    frame["printed"] = marks.set_index(["row", "column"])["text"]
    frame = frame.reset_index(names=["measure", "scale"])
    frame["n"] = frame["measure"].map(n)
    return frame.assign(r_low=frame["r"] - 0.005, r_high=frame["r"] + 0.005)


@pytest.mark.parametrize("tail", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("n", [3, 8, 30])
def test_p_is_that_of_scipys_pearsonr(tail, n):
    for x, y in np.random.default_rng(n).normal(size=(5, 2, n)):
        reference = stats.pearsonr(x, y, alternative=tail)
        assert p_from_r(reference.statistic, n, tail) == pytest.approx(reference.pvalue, rel=1e-8)


def test_p_is_that_of_a_regression_slope():
    x, y = np.random.default_rng(1).normal(size=(2, 12))
    line = stats.linregress(x, y)
    assert p_from_r(line.rvalue, 12) == pytest.approx(line.pvalue)


@given(correlations, sizes)
def test_the_tails_fit_together(r, n):
    two, greater, less, one = (float(p_from_r(r, n, tail)) for tail in TAILS)
    assert greater + less == pytest.approx(1)
    assert two == pytest.approx(2 * min(greater, less))
    assert one == pytest.approx(two / 2)
    assert p_from_r(-r, n, "greater") == pytest.approx(less)


@given(correlations, correlations, sizes, sizes)
def test_stars_rise_with_the_size_of_r_and_with_n(a, b, n, m):
    weak, strong = sorted([abs(a), abs(b)])
    small, large = sorted([n, m])
    for tail in ("two-sided", "one-sided"):
        marks = [
            len(stars(float(p_from_r(r, size, tail))))
            for r, size in ((weak, small), (strong, small), (strong, large))
        ]
        assert marks == sorted(marks)


def test_p_at_the_limits():
    assert p_from_r([1, -1, 0], 10).tolist() == pytest.approx([0, 0, 1])
    assert np.isnan(p_from_r([0.5, np.nan, 0.5], [2, 10, np.nan])).all()
    assert p_from_r([[0.1], [0.2]], [10, 20, 30]).shape == (2, 3)
    with pytest.raises(ValueError, match="between -1 and 1"):
        p_from_r(1.01, 10)
    with pytest.raises(ValueError, match="tail"):
        p_from_r(0.5, 10, "both")


def test_a_mark_needs_p_strictly_below_its_threshold():
    ps = [0.2, 0.05, 0.0499, 0.01, 0.0099, 0.001, 0.00099, 0]
    assert [stars(p) for p in ps] == ["", "", "*", "*", "**", "**", "***", "***"]
    assert stars(0.08, thresholds=(0.1,)) == "*"
    for wrong in (np.nan, -0.1, 1.1):
        with pytest.raises(ValueError, match="p-value"):
            stars(wrong)


@given(correlations, st.floats(0, 0.4), st.integers(4, 60), st.sampled_from(TAILS))
def test_implied_marks_are_those_met_on_the_way_through_the_interval(r, width, n, tail):
    low, high = max(-1, r - width), min(1, r + width)
    inside = p_from_r(np.linspace(low, high, 2001), n, tail)
    met = {stars(float(p)) for p in inside}
    possible = implied_stars(low, high, n, tail)
    assert met <= possible
    # The grid may step over a narrow mark, but never over the two outermost by much.
    outermost = {min(met, key=len), max(met, key=len)}
    if low > 0 or high < 0 or tail in ("greater", "less"):
        assert {min(possible, key=len), max(possible, key=len)} == outermost


def test_an_interval_around_zero_can_mean_no_star():
    assert implied_stars(-0.5, 0.5, 30) == {"", "*", "**"}
    assert implied_stars(-0.5, 0.5, 30, "greater") == {"", "*", "**"}
    assert implied_stars(0.999, 1.004, 10) == {"***"}
    for low, high, n in ((0.5, 0.4, 10), (1.1, 1.2, 10), (0.1, 0.2, 2), (np.nan, 0.1, 10)):
        with pytest.raises(ValueError, match=r"holds no|at least 3"):
            implied_stars(low, high, n)


def test_judging_worked_cells():
    # n = 30, two-sided: the 5 % and 1 % limits of |r| are 0.361 and 0.463 (standard tables).
    cells = pd.DataFrame(
        [
            cell(0.40, 30, "*"),  # between the limits
            cell(0.36, 30, "*"),  # below the limit, but 0.364 would pass
            cell(0.36, 30, ""),  # what the printed r itself gives
            cell(0.34, 30, "*"),  # no r in the interval passes two-sided; one-sided it does
            cell(-0.50, 30, "*"),  # deserves two
        ]
    )
    two = judge_stars(cells, tails=["two-sided"])
    assert two["match"].to_list() == ["exact", "within rounding", "exact", "no", "no"]
    assert two["implied"].to_list() == ["*", "", "", "", "**"]
    assert two["implied_most"].to_list() == ["*", "*", "*", "", "**"]
    assert (two["p_low"] <= two["p"]).all()
    assert (two["p"] <= two["p_high"]).all()
    one = judge_stars(cells, tails=["one-sided"])
    assert one["match"].to_list()[3:] == ["exact", "no"]
    np.testing.assert_allclose(one["p"], two["p"] / 2)


def test_tally_counts_by_tail_and_group():
    cells = pd.DataFrame(
        [
            cell(0.40, 30, "*", measure="z"),
            cell(0.36, 30, "*", measure="a"),
            cell(0.1, 30, "***", measure="a"),
        ]
    )
    judged = judge_stars(cells)
    total = tally(judged)
    assert total["tail"].to_list() == list(JUDGED_TAILS)
    assert total.iloc[0].to_list() == ["two-sided", 3, 1, 1, 1, 2]
    grouped = tally(judged, by=["measure"])
    assert grouped["measure"].to_list() == ["z", "a", "z", "a"]
    assert grouped["cells"].to_list() == [1, 2, 1, 2]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (cell(0.4, 30, "****"), "not a mark"),
        (cell(0.4, 30, np.nan), "not a mark"),
        (cell(0.4, 30, "*", r_low=0.41), "interval"),
        (cell(np.nan, 30, "*"), "interval"),
        (cell(0.4, 2, "*"), "at least 3"),
    ],
)
def test_contradictory_cells_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        judge_stars(pd.DataFrame([wrong]))


def test_every_printed_cell_is_judged_under_each_tail(printed):
    assert len(printed) == 80
    assert printed.notna().all(axis=None)
    judged = judge_stars(printed)
    assert len(judged) == 160
    assert not judged.duplicated(["measure", "scale", "tail"]).any()
    assert judged["match"].isin(MATCHES).all()
    counts = tally(judged)
    assert (counts["cells"] == 80).all()
    assert (counts[["exact", "within_rounding", "no"]].sum(axis=1) == 80).all()
    by_measure = tally(judged, by=["measure"])
    assert (
        by_measure.groupby("tail")["no"].sum().to_dict() == counts.set_index("tail")["no"].to_dict()
    )
    # Every decision restated by the critical value instead of the p-value.
    for tail, part in judged.groupby("tail"):
        limits = [critical_r(part["n"].to_numpy(), alpha, tail) for alpha in THRESHOLDS]
        count = sum((part["r"].abs().to_numpy() > limit).astype(int) for limit in limits)
        assert (part["implied"].str.len().to_numpy() == count).all()


def holm(p):
    order = np.argsort(p)
    result = np.empty(len(p))
    running = 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, (len(p) - rank) * p[i]))
        result[i] = running
    return result


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_against_independent_versions(p):
    np.testing.assert_allclose(adjust(p, "holm"), holm(p), atol=1e-12)
    expected = stats.false_discovery_control(p, method="bh")
    np.testing.assert_allclose(adjust(p, "benjamini-hochberg"), expected, atol=1e-12)


def test_adjusting_a_worked_example():
    p = [0.01, np.nan, 0.04, 0.03]
    np.testing.assert_allclose(adjust(p, "holm"), [0.03, np.nan, 0.06, 0.06])
    np.testing.assert_allclose(adjust(p, "benjamini-hochberg"), [0.03, np.nan, 0.04, 0.04])
    assert np.isnan(adjust([np.nan], "holm")).all()
    with pytest.raises(ValueError, match="method"):
        adjust(p, "bonferroni")
    with pytest.raises(ValueError, match="p-value"):
        adjust([1.5], "holm")


def test_survivors_carry_the_rounding_through(printed):
    result = survivors(printed, 0.05)
    assert len(result) == 240
    assert ((result["p_low"] <= result["p"]) & (result["p"] <= result["p_high"])).all()
    assert (result.loc[result["below"] == "yes", "p_high"] < 0.05).all()
    assert (result.loc[result["below"] == "no", "p_low"] >= 0.05).all()
    assert result["below"].isin(["yes", "no", "depends on rounding"]).all()
    wide = result.pivot(index=["measure", "scale"], columns="adjustment", values="p")
    assert (wide["none"] <= wide["benjamini-hochberg"]).all()
    assert (wide["benjamini-hochberg"] <= wide["holm"]).all()
    # Any r within the intervals gives an adjusted p within the stated range.
    rng = np.random.default_rng(0)
    drawn = printed.assign(r=rng.uniform(printed["r_low"], printed["r_high"]))
    other = survivors(drawn, 0.05)
    assert ((result["p_low"] <= other["p"]) & (other["p"] <= result["p_high"])).all()
    with pytest.raises(ValueError, match="alpha"):
        survivors(printed, 5)


@given(sizes, st.floats(0.0001, 0.4), st.sampled_from(TAILS))
def test_the_critical_r_has_p_equal_to_alpha(n, alpha, tail):
    r = critical_r(n, alpha, tail)
    assert p_from_r(-r if tail == "less" else r, n, tail) == pytest.approx(alpha, rel=1e-6)


def test_critical_r_of_the_standard_tables():
    assert critical_r([10, 30], 0.05).round(3).tolist() == [0.632, 0.361]
    assert critical_r([10, 30], 0.05, "one-sided").round(3).tolist() == [0.549, 0.306]
    assert np.isnan(critical_r(2))
    with pytest.raises(ValueError, match="critical"):
        critical_r(10, 0.7, "greater")


def test_fisher_interval_by_hand():
    # n = 28 gives a standard error of 1/5, and arctanh 0.5 is ½ ln 3.
    z = 0.5 * np.log(3)
    low, high = fisher_interval(0.5, 28)
    half = 1.959963984540054 / 5
    assert (float(low), float(high)) == pytest.approx((np.tanh(z - half), np.tanh(z + half)))
    lows, highs = fisher_interval([0.5, 1.0, 0.5], [28, 10, 3])
    assert (lows[1], highs[1]) == (1, 1)
    assert np.isnan([lows[2], highs[2]]).all()
    for wrong in ((1.5, 10, 0.95), (0.5, 10, 1.0)):
        with pytest.raises(ValueError, match="between"):
            fisher_interval(*wrong)


@settings(max_examples=40)
@given(
    r=st.floats(0.05, 0.95),
    sign=st.sampled_from([1, -1]),
    alpha=st.sampled_from([0.01, 0.05]),
    power=st.floats(0.5, 0.99),
    tail=st.sampled_from(["two-sided", "one-sided"]),
)
def test_a_sample_has_the_power_it_was_chosen_for_and_one_pair_less_has_not(
    r, sign, alpha, power, tail
):
    n = sample_size(sign * r, alpha, power, tail)
    passed = stats.norm.isf(alpha / (2 if tail == "two-sided" else 1))

    def chance(n):
        return stats.norm.sf(passed - np.arctanh(r) * np.sqrt(n - 3)) if n > 3 else 0.0

    assert chance(n) >= power - 1e-9
    assert chance(n - 1) < power


def test_sample_sizes_by_hand():
    # (1.959964 + 0.841621)^2 = 7.848878; atanh(0.3)^2 = 0.0958037, atanh(0.5)^2 = 0.3017373.
    assert (sample_size(0.3), sample_size(0.5)) == (85, 30)


@pytest.mark.parametrize("wrong", [{"r": 0}, {"r": 1.0}, {"r": 0.3, "power": 1}, {"alpha": 0}])
def test_a_sample_for_no_correlation_or_certainty_is_refused(wrong):
    with pytest.raises(ValueError, match="r is to lie in"):
        sample_size(**({"r": 0.3} | wrong))
