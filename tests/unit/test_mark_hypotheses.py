"""Which test the marks follow and which would fall: by hand, against statsmodels, properties."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats
from statsmodels.stats.multitest import multipletests

from medlead.performance.decisions import (
    FEWER,
    KEPT,
    LOST,
    MORE,
    count_changes,
    regrade,
)
from medlead.performance.hypotheses import (
    CARRIED,
    EVERYWHERE,
    NOT_CARRIED,
    apart,
    by_cell,
    judge_hypotheses,
    load_mark_reading,
    needed,
    spans,
    strengths,
    tally_hypotheses,
)
from medlead.performance.null_tests import TESTS
from medlead.performance.significance import judge_stars, tally
from medlead.performance.trusts import printed_correlations
from medlead.sources.messages import ProblemsFound
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "config/instruments/significance.yaml").read_text(encoding="utf-8")
READING = load_mark_reading(yaml.safe_load(TEXT))
T_ONLY = [h for h in READING.hypotheses if h.test.name == "pearson-t"]


@pytest.fixture(scope="module")
def cells():
    return printed_correlations(read_csv(ROOT / "data/published/cells.csv"))


@pytest.fixture(scope="module")
def judged(cells):
    return judge_hypotheses(cells, READING.hypotheses)


def made(*rows):
    frame = pd.DataFrame(rows, columns=["measure", "scale", "r", "n", "printed"])
    return frame.assign(r_low=frame["r"] - 0.005, r_high=frame["r"] + 0.005)


def test_students_t_is_judged_as_by_the_step_that_knows_it_alone(cells, judged):
    alone = judge_stars(cells)
    for tail in ("two-sided", "one-sided"):
        mine = judged[judged["hypothesis"] == f"pearson-t, {tail}"].reset_index(drop=True)
        other = alone[alone["tail"] == tail].reset_index(drop=True)
        assert mine["match"].tolist() == other["match"].tolist()
        assert mine["implied"].tolist() == other["implied"].tolist()
        np.testing.assert_allclose(mine["p_high"], other["p_high"], rtol=1e-10)
        np.testing.assert_allclose(mine["p_low"], other["p_low"], rtol=1e-10)


def test_the_counts_are_those_of_a_loop_over_scipy(cells, judged):
    counted = tally_hypotheses(judged).set_index(["hypothesis", "measure", "rounding"])["matched"]
    for tail, factor in (("two-sided", 2), ("one-sided", 1)):
        z = np.arctanh(cells["r"].abs()) * np.sqrt(cells["n"] - 3)
        p = factor * stats.norm.sf(z)
        marks = ["*" * int((value < np.array([0.05, 0.01, 0.001])).sum()) for value in p]
        expected = sum(m == q for m, q in zip(marks, cells["printed"], strict=True))
        assert counted[f"fisher-z, {tail}", EVERYWHERE, NOT_CARRIED] == expected


@pytest.mark.parametrize(
    ("r", "printed", "match"),
    [
        # 30 pairs carry a star from |r| = 0.3610 on.
        (0.37, "*", "exact"),
        (0.35, "", "exact"),
        (0.36, "*", "within rounding"),  # the strong end of the interval gives it
        (0.36, "", "exact"),
        (0.363, "", "within rounding"),  # the weak end does
        (0.37, "", "no"),
        (0.35, "*", "no"),
    ],
)
def test_either_end_of_the_rounding_interval_can_give_a_mark(r, printed, match):
    two_sided = [h for h in T_ONLY if h.tail == "two-sided"]
    assert judge_hypotheses(made(("m", "s", r, 30, printed)), two_sided)["match"].item() == match
    mirrored = made(("m", "s", -r, 30, printed))
    assert judge_hypotheses(mirrored, two_sided)["match"].item() == match


def test_parts_add_up_and_rounding_only_adds(judged):
    table = tally_hypotheses(judged)
    for (_, rounding), part in table.groupby(["hypothesis", "rounding"]):
        whole = part["measure"] == EVERYWHERE
        for column in ("cells", "matched"):
            assert part.loc[whole, column].item() == part.loc[~whole, column].sum(), rounding
    wide = table.pivot(index=["hypothesis", "measure"], columns="rounding", values="matched")
    assert (wide[CARRIED] >= wide[NOT_CARRIED]).all()
    known = tally(judge_stars(judged[judged["hypothesis"] == "pearson-t, two-sided"]))
    one = known.set_index("tail").loc["one-sided", "matched"]
    assert wide.loc[("pearson-t, one-sided", EVERYWHERE), CARRIED] == one


def test_a_mark_that_one_tail_alone_gives_tells_them_apart():
    # n = 30: |r| of 0.306 and 0.361 carry one star under one tail and two.
    cells = made(
        ("m", "weak", 0.33, 30, "*"), ("m", "strong", 0.40, 30, "*"), ("m", "no", 0, 30, "*")
    )
    judged = judge_hypotheses(cells, T_ONLY)
    told = by_cell(judged).set_index("scale")
    assert told["explained"].to_dict() == {"weak": "by some", "strong": "by all", "no": "by none"}
    assert told.loc["weak", "given_by"] == "pearson-t, one-sided"
    (pair,) = apart(judged).to_dict("records")
    assert (pair["first"], pair["second"]) == ("pearson-t, two-sided", "pearson-t, one-sided")
    counts = [pair[c] for c in ("only_first", "only_second", "both", "neither")]
    assert counts == [0, 1, 1, 1]


def test_the_two_readings_of_students_t_cannot_be_told_apart(judged):
    pairs = apart(judged).set_index(["first", "second"])
    pair = pairs.loc[("pearson-t, two-sided", "spearman-t, two-sided")]
    assert pair["only_first"] == pair["only_second"] == 0


def test_what_is_needed_gives_the_mark_and_what_lies_beyond_does_not(judged):
    table = needed(judged, READING.hypotheses, 60)
    by_name = {h.name: h for h in READING.hypotheses}
    unmatched = judged[judged["match"] == "no"]
    assert len(table) == len(unmatched)
    for row in table.iloc[::7].to_dict("records"):
        h, n = by_name[row["hypothesis"]], row["n"]
        low, high = row["r_needed_low"], row["r_needed_high"]
        if np.isnan(low):
            continue

        def mark(r, h=h, n=n):
            return "*" * sum(h.test.p(r, n, h.tail) < t for t in (0.05, 0.01, 0.001))

        assert mark(low) == row["printed"]
        step = 2 / h.test.steps(n) if h.test.steps(n) else 1e-9
        if low > step:
            assert len(mark(low - step)) < len(row["printed"])
        if high < 1:
            assert len(mark(high)) > len(row["printed"])
        assert row["change_of_r"] > 0


@pytest.mark.parametrize(
    ("r", "printed", "change"), [(0.35, "*", 0.361 - 0.355), (0.38, "", 0.375 - 0.361)]
)
def test_the_change_needed_is_counted_from_the_rounding(r, printed, change):
    two_sided = [h for h in T_ONLY if h.tail == "two-sided"]
    found = judge_hypotheses(made(("m", "s", -r, 30, printed)), two_sided)
    line = needed(found, two_sided, 40).iloc[0]
    assert line["change_of_r"] == pytest.approx(change, abs=1e-4)


def test_needed_n_is_found_by_trying_each(judged):
    row = needed(
        made_judged := judge_hypotheses(made(("m", "s", 0.41, 30, "**")), T_ONLY), T_ONLY, 80
    )
    assert (made_judged["match"] == "no").all()
    for _, found in row.iterrows():
        tail = found["hypothesis"].split(", ")[1]
        good = []
        for n in range(3, 81):
            ends = []
            for r in (0.405, 0.415):
                p = stats.t.sf(r * np.sqrt((n - 2) / (1 - r * r)), n - 2)
                ends.append(p * (2 if tail == "two-sided" else 1))
            if ends[1] < 0.01 and ends[0] >= 0.001:
                good.append(n)
        assert found["n_needed"] == spans(good, 80)


def test_spans():
    assert spans([4, 7, 8, 9], 20) == "4, 7 to 9"
    assert spans([4, 18, 19, 20], 20) == "4, 18 or more"
    assert spans([], 20) == ""


def test_strengths_of_neighbouring_marks_meet():
    test = TESTS["pearson-t"]
    ends = [strengths(test, "two-sided", 25, count) for count in range(4)]
    assert ends[0][0] == 0
    assert [high for _, high in ends[:-1]] == [low for low, _ in ends[1:]]
    assert ends[-1][1] > 1


def test_adjusted_marks_are_those_of_statsmodels(cells):
    found = regrade(cells, READING)
    p = np.array([TESTS["pearson-t"].p(r, n) for r, n in zip(cells["r"], cells["n"], strict=True)])
    for name, method in (("holm", "holm"), ("benjamini-hochberg", "fdr_bh")):
        part = found[(found["adjustment"] == name) & (found["family"] == "all")]
        np.testing.assert_allclose(part["p"], multipletests(p, method=method)[1], rtol=1e-10)
        part = found[(found["adjustment"] == name) & (found["family"] == "measure")]
        for measure, rows in part.groupby("measure"):
            own = p[(cells["measure"] == measure).to_numpy()]
            np.testing.assert_allclose(rows["p"], multipletests(own, method=method)[1], rtol=1e-10)


def test_changes_by_hand():
    # Two-sided p at n = 30: 0.5 -> .005, 0.38 -> .038, 0.33 -> .075, 0.7 -> .00001.
    cells = made(
        ("m", "a", 0.50, 30, "**"),
        ("m", "b", 0.38, 30, "*"),
        ("m", "c", 0.33, 30, "*"),
        ("m", "d", 0.70, 30, "**"),
        ("m", "e", 0.50, 30, "***"),
    )
    found = regrade(cells, READING)
    plain = found[found["adjustment"] == "none"]
    assert plain["change"].tolist() == [KEPT, KEPT, LOST, MORE, FEWER]
    holm = found[(found["adjustment"] == "holm") & (found["family"] == "all")]
    # Holm by hand: .00001*5, .005*4, .005*4 (no less than the one before), .038*2, .075.
    assert holm["mark"].tolist() == ["*", "", "", "***", "*"]
    counts = count_changes(found).set_index(["adjustment", "family", "rounding"])
    row = counts.loc[("none", "", CARRIED)]
    assert row[["kept", "fewer_stars", "no_star_left", "more_stars"]].tolist() == [2, 1, 1, 1]


@pytest.mark.parametrize(("r", "as_printed", "most"), [(0.36, "", "*"), (0.363, "*", "*")])
def test_the_ends_of_the_rounding_bound_the_mark(r, as_printed, most):
    found = regrade(made(("m", "s", r, 30, "*")), READING)
    line = found[found["adjustment"] == "none"].iloc[0]
    assert (line["mark"], line["mark_fewest"], line["mark_most"]) == (as_printed, "", most)
    assert line["p_low"] < line["p"] < line["p_high"]
    assert line["change"] == KEPT
    assert line["change_as_printed"] == (KEPT if as_printed else LOST)


def test_every_cell_changes_in_one_way(cells):
    counts = count_changes(regrade(cells, READING))
    ways = counts[["kept", "fewer_stars", "no_star_left", "more_stars"]].sum(axis=1)
    assert (ways == len(cells)).all()


def test_one_measure_alone_is_its_own_family():
    cells = made(("m", "a", 0.5, 30, "**"), ("m", "b", 0.4, 30, "*"))
    found = regrade(cells, READING)
    holm = found[found["adjustment"] == "holm"]
    both = [part["p"].tolist() for _, part in holm.groupby("family")]
    assert both[0] == both[1]


def test_all_faults_of_the_declaration_are_told_at_once():
    content = yaml.safe_load(TEXT) | {
        "tests": [{"test": "z-test", "label": "x"}],
        "tails": ["two-sided", "left"],
        "adjustments": ["bonferroni"],
        "largest_n": "many",
        "extra": 1,
    }
    with pytest.raises(ProblemsFound) as found:
        load_mark_reading(content)
    text = str(found.value)
    for part in ("z-test", "left", "bonferroni", "largest_n", "extra"):
        assert part in text
    del content["item"]
    with pytest.raises(ProblemsFound, match="item"):
        load_mark_reading(content)
