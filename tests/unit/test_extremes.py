"""The two ends of a ranking: influence, dependence between ratings, the step, words, pictures."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medlead.evidence import EvidenceClass
from medlead.performance.completion_plan import read_completion_plan
from medlead.performance.corrected_readings import BOUNDED, ENDS, PRINTED, Whole
from medlead.performance.dependence import (
    crosstabs,
    effective_tests,
    gamma,
    joint_test,
    monotone_rule,
    monotone_rules,
    partial_associations,
    rank_correlations,
    rating_pairs,
)
from medlead.performance.extremes import EXTREME_TABLES, Extremes, examine_extremes, wholes_of
from medlead.performance.extremes_plan import ExtremesPlan, read_extremes_plan
from medlead.performance.extremes_words import EXTREME_WORDS
from medlead.performance.groups import compare_groups
from medlead.performance.identified import rows_of
from medlead.performance.influence import NOBODY, YES, leave_one_out, leave_two_out
from medlead.performance.ordinal_tables import cut_regressions, ordinal_regressions
from medlead.performance.significance import adjust
from medlead.present.extremes import draw_extremes
from medlead.ratings import load_rating_scales
from medlead.sources.messages import ProblemsFound
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
INSTRUMENTS = ROOT / "config" / "instruments"
SCALES = load_rating_scales(yaml.safe_load((INSTRUMENTS / "ratings.yaml").read_text()))[
    "trust_engagement"
]
DECLARED = yaml.safe_load((INSTRUMENTS / "extremes.yaml").read_text())
RATINGS = ["overall_quality", "core_standards", "national_priorities"]
SETTINGS = {"confidence": 0.95, "alpha": 0.05, "permutations": 199, "extreme_group_size": 10}


@pytest.fixture(scope="module")
def plan() -> ExtremesPlan:
    return replace(read_extremes_plan(DECLARED, SCALES), draws=300, shuffles=49)


@pytest.fixture(scope="module")
def trusts() -> pd.DataFrame:
    frame = read_csv(ROOT / "data" / "raw" / "trust_engagement.csv").astype({"index": float})
    # Fewer ratings, for speed: each is the same work.
    return frame.where(frame != "", None)[["trust", "index", *RATINGS]]


@pytest.fixture(scope="module")
def wholes() -> dict[str, Whole]:
    declared = yaml.safe_load((INSTRUMENTS / "completions.yaml").read_text())
    cells = read_csv(ROOT / "data" / "published" / "cells.csv")
    every = read_csv(ROOT / "data" / "raw" / "trust_engagement.csv").astype({"index": float})
    rows = rows_of(
        every, SCALES, cells, read_completion_plan(declared, SCALES), half=0.05, below=10
    )
    return {r: w for r, w in wholes_of(rows).items() if r in RATINGS[:2]}


@pytest.fixture(scope="module")
def found(trusts, plan, wholes) -> Extremes:
    return examine_extremes(
        trusts, SCALES, plan, wholes, EvidenceClass.PRINTED_RECORDS,
        decimals=1, seed=7, settings=SETTINGS,
    )  # fmt: skip


def coded_of(**ratings):
    return pd.DataFrame({name: np.array(v, dtype=float) for name, v in ratings.items()})


# -- influence


def test_leaving_one_out_is_the_statistic_of_the_rest():
    rng = np.random.default_rng(3)
    n = 9
    scores = pd.Series(np.sort(rng.choice(90, n, replace=False))[::-1] / 10)
    coded = coded_of(a=rng.integers(1, 4, n), b=rng.integers(1, 4, n))
    coded.loc[4, "b"] = np.nan
    groups = pd.Series(["top"] * 4 + ["bottom"] * 5)
    units = pd.Series([f"u{i}" for i in range(n)])
    table = leave_one_out(
        units, scores, coded, groups, {"a": 3, "b": 3}, ("top", "bottom"), alpha=0.05, decimals=1
    )
    assert len(table) == 4 * 2 * (n + 1)
    for left in range(n):
        rest = [i for i in range(n) if i != left]
        part = table[table["left_out"] == f"u{left}"].set_index(["rating", "statistic"])
        own = compare_groups(
            coded.loc[rest].assign(group=groups[rest]), "group", {"a": "xyz", "b": "xyz"}
        ).set_index("rating")
        for name in coded.columns:
            pair = coded.loc[rest, name].notna()
            x, y = scores[rest][pair], coded.loc[rest, name][pair]
            assert part.loc[(name, "Pearson"), "estimate"] == pytest.approx(np.corrcoef(x, y)[0, 1])
            tau = stats.kendalltau(x, y).statistic
            assert part.loc[(name, "Kendall tau-b"), "estimate"] == pytest.approx(tau)
            delta = part.loc[(name, "Cliff's delta")]
            assert delta["estimate"] == pytest.approx(own.loc[name, "estimate"])
            assert delta["p_value"] == pytest.approx(own.loc[name, "p_value"])
            assert delta["n"] == pair.sum()
        if left:
            continue  # the library's correction is slow
        for statistic, each in part.groupby("statistic"):
            expected = adjust(each["p_value"].to_numpy(), "holm")
            np.testing.assert_allclose(each["p_holm"], expected, err_msg=statistic)
    whole = table[table["left_out"] == NOBODY].set_index(["rating", "statistic"])
    one = table[table["left_out"] == "u2"].set_index(["rating", "statistic"])
    np.testing.assert_allclose(one["change"], one["estimate"] - whole["estimate"])
    assert ((one["turns"] == YES) == (one["passes"] != whole["passes"])).all()


def test_the_pair_that_matters_most_is_found():
    coded = coded_of(a=[4, 4, 4, 1, 1, 1, 1, 4, 1, 1, 1, 1], b=[1, 2] * 6)
    groups = pd.Series(["top"] * 6 + ["bottom"] * 6)
    table = leave_two_out(
        pd.Series(list("abcdefghijkl")), coded, groups, {"a": 4, "b": 4},
        ("top", "bottom"), alpha=0.05,
    ).set_index("rating")  # fmt: skip
    assert table.loc["a", "pairs"] == 66
    assert {table.loc["a", "first"], table.loc["a", "second"]} < set("abc")
    assert table.loc["a", "estimate"] == pytest.approx((1 * 5 - 3 * 1) / 24)
    assert table.loc["a", "turning"] == 0


def test_the_n_without_a_pair_counts_rated_units_only():
    # No pair can make p larger than it is, so the first one is named: one of it has no rating.
    coded = coded_of(a=[4, 1, np.nan, 1, 4, np.nan])
    table = leave_two_out(
        pd.Series(list("abcdef")), coded, pd.Series(["top"] * 3 + ["bottom"] * 3), {"a": 4},
        ("top", "bottom"), alpha=0.05,
    ).iloc[0]  # fmt: skip
    assert (table["first"], table["second"]) == ("a", "c")
    assert table["n"] == 3


# -- dependence


def test_gamma_and_tau_by_hand():
    x, y = np.array([1.0, 1, 2, 2, 3]), np.array([1.0, 2, 1, 3, 3])
    # Concordant 5, discordant 1; two pairs tied in x, two in y.
    assert gamma(x, y) == pytest.approx(4 / 6)
    pairs = rating_pairs(coded_of(a=x, b=y))
    assert pairs.loc[0, "tau_b"] == pytest.approx(stats.kendalltau(x, y).statistic)
    orders = np.array([stats.kendalltau(x, o).statistic for o in itertools.permutations(y)])
    expected = (np.abs(orders) >= pairs.loc[0, "tau_b"] - 1e-9).mean()
    assert pairs.loc[0, "p_value"] == pytest.approx(expected)
    assert pairs.loc[0, "same"] == 2
    table = crosstabs(coded_of(a=x, b=y), {"a": "PQR", "b": "PQR"})
    assert table["count"].sum() == 5
    cell = table[(table["first_level"] == "Q") & (table["second_level"] == "R")]
    assert cell["count"].tolist() == [1]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_the_fewest_changes_to_a_monotone_rule(data):
    n = data.draw(st.integers(2, 7))
    rows = st.lists(st.tuples(*[st.integers(1, 3)] * 2), min_size=n, max_size=n)
    x = np.array(data.draw(rows), dtype=float)
    y = np.array(data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n)), dtype=float)
    found = monotone_rule(x, y)

    def against(kept):
        return sum((x[i] >= x[j]).all() and y[i] < y[j] for i in kept for j in kept if i != j)

    assert found.violating == against(range(n))
    fewest = next(
        size
        for size in range(n + 1)
        if any(
            not against([i for i in range(n) if i not in out])
            for out in itertools.combinations(range(n), size)
        )
    )
    assert found.changes == fewest == len(found.units)
    assert against([i for i in range(n) if i not in found.units]) == 0
    assert monotone_rule(x * 2 + 5, y**3).changes == fewest


def test_a_rule_is_found_and_told_from_chance():
    rng = np.random.default_rng(2)
    a, b = rng.integers(1, 5, 20), rng.integers(1, 5, 20)
    coded = coded_of(whole=np.minimum(a, b), a=a, b=b)
    table = monotone_rules(
        coded, "whole", pd.Series(range(20)), permutations=99, rng=rng
    ).set_index("others")
    assert table.loc["a + b", "changes"] == 0
    assert table.loc["a + b", "follow"] == 1
    assert table.loc["a + b", "p_value"] == pytest.approx(1 / 100)
    assert table.loc["a", "changes"] > 0
    assert table.loc["a + b", "by_chance"] > 3
    assert len(table.loc["a", "to_change"].split(", ")) == table.loc["a", "changes"]


def test_effective_tests_at_both_ends():
    assert effective_tests(np.eye(5)) == pytest.approx((5, 5))
    assert effective_tests(np.ones((5, 5))) == pytest.approx((1, 1))
    # Two pairs, alike within and unrelated between: two tests by Li and Ji.
    block = np.kron(np.eye(2), np.ones((2, 2)))
    assert effective_tests(block)[1] == pytest.approx(2)
    assert effective_tests(block)[0] == pytest.approx(1 + 3 * (1 - (4 / 3) / 4))
    three = coded_of(a=[1, 2, 3, 4], b=[1, 2, 3, 4], c=[4, 3, 2, np.nan])
    assert rank_correlations(three)[0, 2] == pytest.approx(-1)


def test_what_is_left_among_equals():
    # The score goes with the rating only because both go with the other one.
    other = np.repeat([1, 2, 3], 4)
    scores = pd.Series(other * 10 + np.tile([1, 2, 3, 4], 3), dtype=float)
    coded = coded_of(built=np.minimum(other + np.tile([0, 1, 1, 0], 3), 4), other=other)
    table = partial_associations(
        scores, coded, "built", permutations=99, rng=np.random.default_rng(1)
    ).set_index("given")
    assert table.loc["", "estimate"] > 0.6
    assert table.loc["", "p_value"] < 0.01
    assert table.loc["other", "estimate"] == pytest.approx(0)
    assert table.loc["other", "p_value"] == pytest.approx(1)
    assert table.loc["other", "pairs"] == 3 * 4
    xy, xz, yz = (
        stats.kendalltau(a, b).statistic
        for a, b in ((scores, coded["built"]), (scores, other), (coded["built"], other))
    )
    partial = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    assert table["partial_tau"].iloc[1] == pytest.approx(partial)


def test_the_joint_test_keeps_dependence():
    rng = np.random.default_rng(8)
    scores = pd.Series(rng.normal(size=14))
    a = rng.integers(1, 4, 14)
    same = joint_test(scores, coded_of(a=a, b=a, c=a), permutations=400, rng=rng)
    # Three times the same rating is one test: nothing to pay for the others.
    np.testing.assert_allclose(same["p_joint"], same["p_single"])
    # Unrelated ratings are paid for: the best of four is found by chance four times as often.
    many = coded_of(**{name: rng.permutation(14) for name in "abcd"})
    paid = joint_test(scores, many, permutations=2000, rng=rng)
    best = paid.loc[paid["statistic"].idxmax()]
    independent = 1 - (1 - best["p_single"]) ** 4
    assert best["p_joint"] == pytest.approx(independent, abs=0.06)
    assert best["p_joint"] > 1.5 * best["p_single"]
    rank = (stats.rankdata(scores) > 7).astype(int) + 1
    table = joint_test(
        scores, coded_of(a=rank, b=a, c=rng.integers(1, 4, 14)), permutations=400, rng=rng
    )
    assert (table["p_joint"] >= table["p_single"] - 1e-12).all()
    bonferroni = np.minimum(3 * table["p_single"], 1)
    assert table["p_joint"].iloc[0] <= bonferroni.iloc[0] + 2 / 401
    assert table["p_joint"].iloc[0] < 0.05


# -- regressions by table


def test_a_separated_group_is_told_and_statsmodels_not_asked():
    scores = pd.Series(np.arange(12.0, 0, -1))
    coded = coded_of(a=[4, 4, 4, 3, 3, 3, 3, 2, 2, 1, 2, 1])
    groups = pd.Series(["top"] * 6 + ["bottom"] * 6)
    table = ordinal_regressions(
        scores, coded, groups, ("top", "bottom"), confidence=0.9, fewest=3
    ).set_index(["predictor", "method"])
    group = table.loc["group"]
    assert (group["separation"] == "quasi-complete").all()
    assert not [method for method in group.index if "statsmodels" in method]
    assert np.isinf(group["log_odds"].iloc[0])
    assert np.isfinite(group["odds_high"].iloc[1])
    score = table.loc["score"]
    assert score["log_odds"].iloc[0] == pytest.approx(score["log_odds"].iloc[1], abs=1e-3)
    assert score["parallel_note"].iloc[-1].startswith("not tested")
    cuts = cut_regressions(scores, coded, {"a": list("PFGE")}, confidence=0.9, decimals=0)
    exact = cuts[cuts["method"] == "exact conditional"].set_index("cut")
    assert exact.loc[4, "separation"] == "complete"
    assert np.isinf(exact.loc[4, "log_odds"])
    assert exact.loc[4, "p_value"] == pytest.approx(2 / 220)
    assert exact.loc[4, "above"] == 3


# -- the step


def test_every_table_has_rows_n_and_evidence(found):
    for name in EXTREME_TABLES:
        table = getattr(found, name)
        assert len(table), name
        assert table.columns[-1] == "evidence"
        assert table["evidence"].isin([str(e) for e in EvidenceClass]).all()
        if name != "words":
            assert {"n", "n_ends"} & set(table.columns), name


def test_what_is_drawn_from_a_model_is_called_simulated(found):
    power = found.doses[found.doses["kind"] == "power"]
    assert set(power["evidence"]) == {"simulated"}
    assert set(found.doses.loc[found.doses["kind"] == "test", "evidence"]) == {"printed-records"}
    told = found.words.set_index("about")["evidence"]
    assert told["power"] == "simulated"
    assert told["doses"] == "printed-records"


def test_the_corrected_reading_is_below_that_of_the_ends(found):
    table = found.corrected.set_index(["rating", "reading"])
    for rating in ("overall_quality", "core_standards"):
        ends, mended = table.loc[(rating, ENDS)], table.loc[(rating, BOUNDED)]
        assert mended["most"] < ends["least"]
        assert mended["high"] < ends["high"]
        assert ends["least"] <= ends["estimate"] <= ends["most"]
        assert (rating, PRINTED) in table.index


def test_results_do_not_hang_on_the_order_of_rows(trusts, plan, found):
    turned = examine_extremes(
        trusts.iloc[::-1].reset_index(drop=True), SCALES, plan, {},
        EvidenceClass.PRINTED_RECORDS, decimals=1, seed=7, settings=SETTINGS,
    )  # fmt: skip
    pd.testing.assert_frame_equal(turned.influence, found.influence)
    pd.testing.assert_frame_equal(turned.doses, found.doses)
    # Nothing is known of the whole sample: what rests on it is left out, the rest is said.
    assert turned.corrected.empty
    assert "spread" not in set(turned.words["about"])
    assert len(turned.words) >= 6


def test_a_study_of_another_shape_runs(plan):
    rng = np.random.default_rng(5)
    scales = load_rating_scales(
        {"own": {"safety": {"label": "Safety", "levels": ["low", "mid", "high"]},
                 "waits": {"label": "Waits", "levels": ["long", "short"]}}}
    )["own"]  # fmt: skip
    n = 14
    score = np.arange(n) + rng.normal(size=n).round(2)
    tendency = score + rng.normal(scale=5, size=n)
    frame = pd.DataFrame(
        {
            "hospital": [f"H{i}" for i in range(n)],
            "mean": np.round(np.argsort(np.argsort(score)) + 0.25, 2),
            "safety": np.array(scales["safety"].levels)[
                np.digitize(tendency, np.quantile(tendency, [0.3, 0.7]))
            ],
            "waits": np.where(tendency > np.median(tendency), "short", "long"),
        }
    )
    own = replace(plan, unit="hospital", units="hospitals", score="mean", built="safety")
    found = examine_extremes(
        frame, scales, own, {}, EvidenceClass.STUDY,
        decimals=2, seed=1, settings={**SETTINGS, "extreme_group_size": 5},
    )  # fmt: skip
    assert set(found.influence["evidence"]) == {"study"}
    assert "hospital" in " ".join(found.words["says"])
    assert "trust" not in " ".join(found.words["says"])


# -- words, declaration, pictures


def tables_of(found):
    return {name: getattr(found, name) for name in EXTREME_TABLES if name != "words"}


def test_words_follow_the_numbers(found, plan):
    labels = {name: scale.label for name, scale in SCALES.items()}
    tables = tables_of(found)
    for about, words in zip(found.words["about"], found.words["says"], strict=True):
        assert EXTREME_WORDS[about](tables, labels, plan, 0.05) == words
        assert not re.search(r"\bnan\b", words)
    # No unit turns a decision: the sentence says the contrary.
    calm = found.influence.assign(turns="no")
    words = EXTREME_WORDS["influence"]({**tables, "influence": calm}, labels, plan, 0.05)
    assert words.startswith("No single trust carries")
    # A rule that needs changes does not follow for all.
    worse = found.rules.assign(changes=found.rules["changes"] + 2)
    words = EXTREME_WORDS["rules"]({**tables, "rules": worse}, labels, plan, 0.05)
    assert "adds nothing" not in words
    fewest = int(worse["changes"].min())
    assert f"for {20 - fewest} of 20" in words
    none = found.joint.assign(p_joint=0.9)
    words = EXTREME_WORDS["together"]({**tables, "joint": none}, labels, plan, 0.05)
    assert words.endswith("with none.")
    rising = found.doses.assign(estimate=0.4)
    assert EXTREME_WORDS["step"]({**tables, "doses": rising}, labels, plan, 0.05) == ""
    wider = found.spread.assign(shrink_high=1.05)
    words = EXTREME_WORDS["spread"]({**tables, "spread": wider}, labels, plan, 0.05)
    assert "overstate" not in words
    assert "from 5 per cent more to 2" in words
    assert "a Spearman correlation of" in EXTREME_WORDS["power"](tables, labels, plan, 0.05)
    assert "looks like a step" in EXTREME_WORDS["step"](tables, labels, plan, 0.05)
    far = found.corrected.copy()
    far.loc[far["reading"] == BOUNDED, ["least", "most", "holds_printed"]] = [0.9, 0.95, "no"]
    words = EXTREME_WORDS["printed"]({**tables, "corrected": far}, labels, plan, 0.05)
    assert "below 0.90 to 0.95" in words
    assert "farther from" in words


def test_the_declaration_is_checked_all_at_once():
    wrong = {**DECLARED, "built": "nobody", "power": 2, "draws": 0, "score": "index", "unit": ""}
    with pytest.raises(ProblemsFound) as caught:
        read_extremes_plan(wrong, SCALES, file="x.yaml")
    text = str(caught.value)
    for part in ("nobody", "power", "draws", "score", "unit", "overall_quality", "x.yaml"):
        assert part in text
    with pytest.raises(ProblemsFound, match="not known"):
        read_extremes_plan({**DECLARED, "other": 1}, SCALES)
    with pytest.raises(ProblemsFound, match="missing"):
        read_extremes_plan({k: v for k, v in DECLARED.items() if k != "built"}, SCALES)
    with pytest.raises(ProblemsFound, match="declares nothing"):
        read_extremes_plan(None, SCALES)


def test_the_pictures_show_what_the_tables_hold(found, plan):
    drawn = draw_extremes(found, SCALES, plan, EvidenceClass.PRINTED_RECORDS, SETTINGS)
    corrected, influence = drawn["extremes-corrected"], drawn["extremes-influence"]
    assert len(corrected.data) == len(found.corrected)
    shown = found.influence[found.influence["statistic"] != "Spearman"]
    assert len(influence.data) == len(shown)
    turned = shown[(shown["turns"] == YES) & (shown["left_out"] != NOBODY)]
    assert f"turns {len(turned)} decisions" in influence.alt
    rings = [
        line
        for axes in influence.drawing.axes
        for line in axes.lines
        if line.get_markerfacecolor() == "none" and len(line.get_xdata()) == 1
    ]
    assert len(rings) == len(turned)
    bad = replace(found, corrected=found.corrected.assign(low=1.0, high=0.0))
    with pytest.raises(ValueError, match="wrong way round"):
        draw_extremes(bad, SCALES, plan, EvidenceClass.PRINTED_RECORDS, SETTINGS)
