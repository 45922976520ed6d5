"""Agreement within units and likeness among them, and the measures of a scale as a whole."""

import copy
from json import loads
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from medlead.configuration import check_config
from medlead.engagement.aggregation import (
    BEYOND_NULL,
    NEGATIVE,
    aggregation,
    likeness,
    mean_deviation,
    null_variance,
    spread_over,
    within_agreement,
)
from medlead.engagement.answered import SIMULATED
from medlead.engagement.instrument import Instrument, load_instrument
from medlead.engagement.intake import norms_of
from medlead.engagement.quality import check_choices, chosen, measure
from medlead.engagement.responses import Responses, responses_from
from medlead.engagement.results import engagement_results
from medlead.engagement.scoring import score
from medlead.evidence import EvidenceClass
from medlead.sources.messages import ProblemsFound

ROOT = Path(__file__).parents[2]
GIVEN = yaml.safe_load((ROOT / "config/instruments/mes.yaml").read_text(encoding="utf-8"))
MES = load_instrument(GIVEN)
CHOICES = yaml.safe_load(
    (ROOT / "config/instruments/mes_reliability.yaml").read_text(encoding="utf-8")
)
NULLS = {null["chance"]: null["shares"] for null in CHOICES["agreement"]["nulls"]}

# Six targets seen by four judges each, a table of Shrout and Fleiss (1979, Psychol Bull 86):
# their ICC(1,1) and ICC(1,4) are printed there as .17 and .44.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


def test_likeness_of_the_published_table() -> None:
    found = likeness(SHROUT_FLEISS.ravel(), np.repeat(np.arange(6), 4))
    assert (round(found.icc1, 2), round(found.icc2, 2)) == (0.17, 0.44)
    assert (found.n, found.units) == (24, 6)
    # Their intervals, as the common statistical programs print them.
    ends = (found.icc1_low, found.icc1_high, found.icc2_low, found.icc2_high)
    assert [round(x, 2) for x in ends] == [-0.13, 0.72, -0.88, 0.91]


@given(
    hnp.arrays(np.float64, 20, elements=st.integers(0, 50).map(float)),
    hnp.arrays(np.int64, 20, elements=st.integers(0, 4)),
)
@settings(max_examples=40, deadline=None)
def test_likeness_is_that_of_the_variance_table_of_scipy(values: Any, unit: Any) -> None:
    from scipy import stats

    parts = [values[unit == u] for u in np.unique(unit)]
    assume(len(parts) > 1)
    assume(sum(((p - p.mean()) ** 2).sum() for p in parts) > 1)
    ratio = float(stats.f_oneway(*parts).statistic)
    assume(ratio > 1e-9)
    sizes = np.array([len(p) for p in parts])
    size = (20 - (sizes**2).sum() / 20) / (len(parts) - 1)
    found = likeness(values, unit)
    assert found.icc1 == pytest.approx((ratio - 1) / (ratio - 1 + size), abs=1e-8)
    assert found.icc2 == pytest.approx((ratio - 1) / ratio, rel=1e-8, abs=1e-8)
    # The step-up formula of Spearman and Brown leads from one to the other.
    stepped = size * found.icc1 / (1 + (size - 1) * found.icc1)
    assert found.icc2 == pytest.approx(stepped, rel=1e-6, abs=1e-8)
    assert found.icc1_low <= found.icc1 <= found.icc1_high
    assert found.icc2_low <= found.icc2 <= found.icc2_high


def test_the_interval_of_icc1_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(9)
    true, times = 0.3, 3000
    unit = np.repeat(np.arange(8), 6)
    below = above = 0
    for _ in range(times):
        values = np.sqrt(true) * rng.normal(size=8)[unit] + np.sqrt(1 - true) * rng.normal(size=48)
        found = likeness(values, unit, confidence=0.9)
        below += found.icc1_high < true
        above += found.icc1_low > true
    allowed = 3 * np.sqrt(0.05 * 0.95 / times)
    assert (below / times, above / times) == pytest.approx((0.05, 0.05), abs=allowed)


def test_without_two_units_or_any_spread_there_is_no_likeness() -> None:
    values = np.array([1.0, 2, 3, 4])
    assert np.isnan(likeness(values, np.zeros(4, int)).icc1)
    assert np.isnan(likeness(values, np.arange(4)).icc1)
    assert np.isnan(likeness(np.array([1.0, 1, 2, 2]), np.array([0, 0, 1, 1])).icc1)
    assert np.isnan(likeness(np.full(4, 2.0), np.array([0, 0, 1, 1])).icc2)
    some = likeness(np.array([1, 2, np.nan, 4, 5, np.nan]), np.array([0, 0, 0, 1, 1, 2]))
    assert (some.n, some.units) == (4, 2)


def test_variances_by_chance() -> None:
    # (5² - 1)/12 for five even shares; 1.34 is the published one of a slight skew.
    assert null_variance([0.2] * 5) == pytest.approx(2)
    assert null_variance([1 / 7] * 7) == pytest.approx(4)
    assert null_variance(NULLS["uniform"]) == pytest.approx(2)
    assert null_variance(NULLS["slightly skewed"]) == pytest.approx(1.34)


def test_agreement_by_hand() -> None:
    # One item, answers 3, 4, 5 with variance 1: 1 - 1/2.
    assert within_agreement(np.array([[3.0], [4], [5]]), 2.0) == (0.5, False)
    # Two items of variances 1 and 0: share 1/4, so 2·0.75 / (2·0.75 + 0.25).
    two = np.array([[3.0, 2], [4, 2], [5, 2]])
    assert within_agreement(two, 2.0) == (pytest.approx(1.5 / 1.75), False)
    assert within_agreement(np.full((4, 3), 2.0), 2.0) == (1, False)
    # Variance 8 is more than chance gives.
    assert within_agreement(np.array([[1.0], [5]]), 2.0) == (0, True)
    assert np.isnan(within_agreement(two[:1], 2.0)[0])
    # Distances 1, 0, 1 and 0, 0, 0.
    assert mean_deviation(two) == pytest.approx(2 / 6)
    assert np.isnan(mean_deviation(two[:1]))


@given(hnp.arrays(np.float64, (7, 3), elements=st.integers(1, 5).map(float)))
def test_agreement_does_not_know_who_is_who(values: Any) -> None:
    for moved in (values[::-1], values[:, ::-1], 6 - values):
        assert within_agreement(moved, 2.0)[0] == pytest.approx(within_agreement(values, 2.0)[0])
        assert mean_deviation(moved) == pytest.approx(mean_deviation(values))
    assert 0 <= within_agreement(values, 2.0)[0] <= 1


def doctors(seed: int = 3, apart: float = 0.8) -> Responses:
    """Two sites of two groups and one of a single small group."""
    units = (("A", "x"), ("A", "y"), ("B", "x"), ("B", "z"), ("C", "w"))
    sizes = [12, 8, 10, 9, 3]
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(5, dtype=np.int32), sizes)
    hidden = apart * rng.normal(size=5)[unit] + rng.normal(size=42)
    items = np.clip(np.rint(3 + hidden + rng.normal(size=(30, 42))), 1, 5).astype(np.uint8)
    statements = np.zeros((5, 42), np.uint8)
    names = np.array([f"d{i}" for i in range(42)], dtype="S8")
    return Responses(items, statements, unit, units, names, "some.csv")


def together(responses: Responses) -> pd.DataFrame:
    return aggregation(
        responses, score(responses.items, MES), MES, nulls=NULLS, confidence=0.95, evidence="study"
    )


def test_the_table_tells_every_unit_and_all_of_them() -> None:
    responses = doctors()
    found = together(responses)
    scores = score(responses.items, MES).scores("meta-1")
    for level, unit in (("group", responses.unit), ("site", np.repeat([0, 1, 2], [20, 19, 3]))):
        rows = found[(found["level"] == level) & (found["scale"] == "meta-1")]
        wanted = likeness(scores, unit)
        likely = rows.set_index("statistic").loc["ICC(1)"]
        assert likely["value"] == pytest.approx(wanted.icc1)
        assert (likely["n"], likely["units"]) == (42, wanted.units)
    rows = found[(found["level"] == "site") & (found["site"] == "A") & (found["scale"] == "sub-2")]
    given = responses.items[5:10, :20].T.astype(float)
    by_null = rows.set_index("null")["value"]
    assert by_null["uniform"] == pytest.approx(within_agreement(given, 2.0)[0])
    assert by_null["slightly skewed"] == pytest.approx(within_agreement(given, 1.34)[0])
    assert by_null[""] == pytest.approx(mean_deviation(given))
    small = found[(found["site"] == "C") & (found["level"] == "group")]
    assert (small["note"] == "3 complete respondents, 5 needed").all()
    assert small["value"].isna().all()
    median = found[(found["statistic"] == "median AD_M(J)") & (found["level"] == "group")]
    assert (median["units"] == 4).all()
    for name, row in median.set_index("scale").iterrows():
        each = found[(found["statistic"] == "AD_M(J)") & (found["scale"] == name)]
        inner = sorted(each.loc[each["level"] == "group", "value"].dropna())
        # The middle of four.
        assert row["value"] == pytest.approx((inner[1] + inner[2]) / 2)


def test_units_that_differ_less_than_chance_say_so() -> None:
    responses = doctors()
    # Everybody's answers are anybody's: groups are mixed evenly.
    ranked = np.argsort(score(responses.items, MES).scores("index"), kind="stable")
    mixed = np.empty(42, dtype=np.int32)
    mixed[ranked] = np.arange(42) % 5
    found = together(Responses(
        responses.items, responses.statements, mixed, responses.units,
        responses.respondents, "some.csv",
    ))  # fmt: skip
    rows = found[(found["level"] == "group") & (found["scale"] == "index")].set_index("statistic")
    assert rows.loc["ICC(1)", "value"] < 0
    assert rows.loc["ICC(2)", "note"] == NEGATIVE


def test_spread_beyond_chance_is_told() -> None:
    responses = doctors()
    extreme = responses.items.copy()
    extreme[:, ::2], extreme[:, 1::2] = 1, 5
    found = together(Responses(
        extreme, responses.statements, responses.unit, responses.units,
        responses.respondents, "some.csv",
    ))  # fmt: skip
    rows = found[(found["statistic"] == "r_WG(J)") & (found["site"] != "C")]
    assert (rows["value"] == 0).all()
    assert (rows["note"] == BEYOND_NULL).all()


def test_simulated_answers_are_cautioned_wherever_there_is_a_value() -> None:
    responses = doctors()
    scored = score(responses.items, MES)
    tables = [
        aggregation(responses, scored, MES, nulls=NULLS, confidence=0.95, evidence=evidence)
        for evidence in ("simulated", "study")
    ]
    made_up, own = tables
    valued = made_up["value"].notna()
    assert valued.any()
    assert not valued.all()
    assert made_up.loc[valued, "note"].str.endswith(SIMULATED).all()
    assert (made_up.loc[~valued, "note"] == own.loc[~valued, "note"]).all()
    assert not own["note"].str.contains(SIMULATED).any()


def few() -> dict[str, Any]:
    """The shipped choices with few resamples and replicates."""
    choices = copy.deepcopy(CHOICES)
    choices["factors"] |= {"resamples": 4, "per_parameter": 1.5}
    choices["parallel"] |= {"replicates": 5, "per_item": 1.2}
    return choices


STUDY = (EvidenceClass.STUDY, EvidenceClass.SIMULATED)


def measured(responses: Responses, norms: Any, seed: int = 1) -> dict[str, pd.DataFrame]:
    return measure(responses, norms, MES, few(), evidence=STUDY, confidence=0.95, seed=seed)


def test_the_shipped_choices_are_sound() -> None:
    schema = ROOT / "workflow/schemas/mes_reliability.schema.json"
    check_config(CHOICES, loads(schema.read_text(encoding="utf-8")), "mes_reliability.yaml")
    check_choices(CHOICES, MES, "mes_reliability.yaml")


def test_all_measures_of_a_study_and_of_its_norms() -> None:
    norms = doctors(seed=8).items
    found = measured(doctors(), norms)
    assert list(found) == ["reliability", "structure", "aggregation"]
    table = found["reliability"]
    assert set(zip(table["sample"], table["site"], table["evidence"], strict=True)) == {
        ("norms", "", "simulated"),
        ("all", "", "study"),
        *(("site", site, "study") for site in "ABC"),
    }
    alphas = table[(table["statistic"] == "alpha") & (table["scale"] == "index")]
    counts = alphas.set_index(["sample", "site"])["n"].to_dict()
    assert counts == {
        ("norms", ""): 42, ("all", ""): 42,
        ("site", "A"): 20, ("site", "B"): 19, ("site", "C"): 3,
    }  # fmt: skip
    assert set(found["structure"]["sample"]) == {"norms", "all"}
    again = measured(doctors(), norms)
    for name, frame in found.items():
        assert frame.columns[-1] == "evidence"
        pd.testing.assert_frame_equal(frame, again[name])
    other = measured(doctors(), norms, seed=2)["reliability"]
    same = (table["low"] == other["low"]) | table["low"].isna()
    assert not same[table["statistic"] == "omega-total"].all()
    assert same[table["statistic"] == "alpha"].all()


def test_norms_that_are_scores_have_no_answers_to_look_at() -> None:
    found = measured(doctors(), None)
    assert "norms" not in set(found["reliability"]["sample"]) | set(found["structure"]["sample"])


def test_choices_that_do_not_fit_are_told_at_once() -> None:
    wrong = copy.deepcopy(CHOICES)
    wrong["confirmatory"]["of"] = "idex"
    wrong["confirmatory"]["models"][1]["level"] = "subs"
    wrong["confirmatory"]["models"][3]["level"] = "sub"
    wrong["agreement"]["nulls"][0]["shares"] = [1, 0, 0]
    wrong["agreement"]["nulls"][1]["shares"] = [0.1] * 5
    with pytest.raises(ProblemsFound) as told:
        check_choices(wrong, MES, "some.yaml")
    problems = told.value.problems
    assert len(problems) == 5
    assert {p.file for p in problems} == {"some.yaml"}
    assert [p.mend for p in problems][:2] == ["did you mean 'index'?", "did you mean 'sub'?"]
    assert all("add up to 1" in p.what for p in problems[3:])


# --- what follows from the instrument by itself --------------------------------------------------


@pytest.mark.parametrize("answers", [3, 4, 5, 7, 10, 11])
def test_even_shares_stay_even_and_all_keep_their_sum_and_lean(answers: int) -> None:
    assert spread_over(NULLS["uniform"], answers) == pytest.approx([1 / answers] * answers)
    skewed = spread_over(NULLS["slightly skewed"], answers)
    assert sum(skewed) == pytest.approx(1)
    # The mean place on the range, each share in the middle of its stretch, stays where it is.
    place = (np.arange(answers) + 0.5) / answers
    assert np.dot(skewed, place) == pytest.approx(
        np.dot(NULLS["slightly skewed"], (np.arange(5) + 0.5) / 5), abs=0.01
    )


def test_shares_spread_over_more_answers_by_hand() -> None:
    """Two halves over three thirds: the middle third takes from both."""
    assert spread_over([0.3, 0.7], 3) == pytest.approx([0.2, 1 / 3, 1.4 / 3])
    assert spread_over([0.1, 0.2, 0.3, 0.4], 2) == pytest.approx([0.3, 0.7])
    assert spread_over([0.05, 0.95], 2) == [0.05, 0.95]


def four_scales() -> Instrument:
    """Four scales of six items with seven answers, an index of another name, nothing else."""
    given = copy.deepcopy(GIVEN)
    given["responses"]["points"] = [{"value": v, "label": f"point {v}"} for v in range(1, 8)]
    given["items"] = [{"item": f"i{n}"} for n in range(1, 25)]
    base: dict[str, Any] = {"means": "ours", "kind": "both", "aliases": []}
    given["scales"] = [
        base | {"scale": f"s{k}", "level": "sub", "name": f"Scale {k}", "least_share": 0.5,
                "items": [f"i{n}" for n in range(6 * k + 1, 6 * k + 7)]}
        for k in range(4)
    ]  # fmt: skip
    top = {"scale": "pulse", "level": "index", "name": "Pulse", "at_least": 4}
    given["scales"].append(base | top | {"scales": ["s0", "s1", "s2", "s3"]})
    given["typology"]["maps"] = []
    given["section_b"] |= {"statements": [], "categories": []}
    return load_instrument(given)


def test_another_instrument_needs_no_other_choices() -> None:
    pulse = four_scales()
    check_choices(CHOICES, pulse, "mes_reliability.yaml")
    of, models, nulls = chosen(CHOICES, pulse)
    assert of == "pulse"
    assert [m["kind"] for m in models] == ["hierarchical", "correlated", "one"]
    assert list(nulls) == ["uniform", "slightly skewed, spread from 5 to 7 answers"]
    assert null_variance(nulls["uniform"]) == pytest.approx((7**2 - 1) / 12)
    of, models, nulls = chosen(CHOICES, MES)
    assert (of, len(models), nulls) == ("index", 4, NULLS)


def test_another_instrument_is_scored_placed_and_measured() -> None:
    """Nothing but the four scales: no map, no statements; a 7 of 7 everywhere is a score of 100."""
    pulse = four_scales()
    rng = np.random.default_rng(4)
    drawn = rng.integers(1, 8, (40, 24))
    drawn[0] = 7
    table = pd.DataFrame(drawn.astype(str), columns=list(pulse.item_names))
    table.insert(0, "group", ["x", "y"] * 20)
    table.insert(0, "site", ["A"] * 20 + ["B"] * 20)
    table.insert(0, "respondent", [f"d{n:02d}" for n in range(40)])
    responses = responses_from(table, pulse)
    norms, _ = norms_of([], responses, pulse, smallest=5)
    kinds = {"responses_are": EvidenceClass.STUDY, "norms_are": EvidenceClass.STUDY}
    found = engagement_results(responses, norms, pulse, (), **kinds, smallest=5)
    assert not len(found.placements)
    assert {"map", "n", "p_empowered", "note", "evidence"} <= set(found.placements.columns)
    assert not len(found.endorsements)
    assert found.doctors["pulse_score"].iloc[0] == 100
    by_hand = (drawn[:20].mean() - 1) / 6 * 100
    index = found.standings.query("site == 'A' and group == '' and scale == 'pulse'")
    assert index["score"].iloc[0] == pytest.approx(by_hand)
    measures = measure(
        responses, None, pulse, few(), evidence=STUDY, confidence=0.95, seed=1, smallest=5
    )
    agreed = measures["aggregation"].query("site == 'A' and group == 'x' and scale == 's0'")
    (uniform,) = agreed[agreed["null"] == "uniform"]["value"]
    own = drawn[:20:2, :6]
    q = own.var(axis=0, ddof=1).mean() / 4
    assert uniform == pytest.approx(max(0, 6 * (1 - q) / (6 * (1 - q) + q)) if q < 1 else 0)
