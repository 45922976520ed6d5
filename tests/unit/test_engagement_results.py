"""What the engagement stage gives, with own sites, groups and scales as with the report's."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from medlead.engagement.groups import NO_RESPONSES, totals_of
from medlead.engagement.instrument import Instrument, load_instrument
from medlead.engagement.intake import checked_norms, checked_responses, free_groups
from medlead.engagement.norms import norms_from_items, read_norms
from medlead.engagement.responses import read_responses, responses_from
from medlead.engagement.results import (
    Results,
    answers_frame,
    engagement_results,
    items_frame,
    with_wholes,
)
from medlead.engagement.scoring import score
from medlead.evidence import EvidenceClass, resting_on
from medlead.sources.messages import ProblemsFound
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data" / "raw"
GIVEN = yaml.safe_load((ROOT / "config/instruments/mes.yaml").read_text(encoding="utf-8"))
MES = load_instrument(GIVEN)
ROSTER = tuple(read_csv(RAW / "sites.csv")["site"])
SIMULATED, STUDY = EvidenceClass.SIMULATED, EvidenceClass.STUDY


def small_scale() -> Instrument:
    """A questionnaire of a study: four items, other names, marks, bands and categories."""
    given = copy.deepcopy(GIVEN)
    given["responses"] |= {"respondent": "nurse", "site": "hospital", "group": "ward"}
    given["items"] = [
        {"item": "i1"},
        {"item": "i2", "reverse": True},
        {"item": "i3"},
        {"item": "i4"},
    ]
    base = {"level": "sub", "means": "of ours", "at_least": 1, "aliases": []}
    given["scales"] = [
        base | {"scale": "org", "name": "Place", "kind": "organisational", "items": ["i1", "i2"]},
        base | {"scale": "own", "name": "Person", "kind": "individual", "items": ["i3", "i4"]},
    ]
    given["bands"] = [{"band": "under", "to": 40, "includes_end": True}, {"band": "over"}]
    given["typology"]["maps"] = [{"map": "org", "organisational": "org", "individual": "own"}]
    given["groups"]["place_from"] = 2
    given["section_b"]["statements"] = [{"statement": "s1", "says": "of ours"}]
    given["section_b"]["categories"] = [
        {"value": 1, "category": "no", "side": "disagree", "named": []},
        {"value": 2, "category": "yes", "side": "agree", "named": []},
    ]
    return load_instrument(given)


SMALL = small_scale()
WARDS = pd.DataFrame(
    [
        ("n1", "Hill", "East", "5", "1", "5", "4", "2"),
        ("n2", "Hill", "East", "4", "2", "4", "4", "1"),
        ("n3", "Hill", "West", "1", "5", "2", "1", ""),
        ("n4", "Dale", "East", "3", "3", "", "", "2"),
    ],
    columns=["nurse", "hospital", "ward", "i1", "i2", "i3", "i4", "s1"],
)


def of_study(norms_are: EvidenceClass = STUDY) -> Results:
    responses = responses_from(WARDS, SMALL)
    norms = norms_from_items(responses.items, SMALL)
    roster = ("Hill", "Dale", "Moor")
    return engagement_results(
        responses, norms, SMALL, roster, responses_are=STUDY, norms_are=norms_are
    )


@pytest.fixture(scope="module")
def shipped() -> Results:
    responses = read_responses(RAW / "mes_responses.csv", MES, known=free_groups(ROSTER))
    norms = read_norms(RAW / "mes_norms.csv", MES)
    return engagement_results(
        responses, norms, MES, ROSTER, responses_are=SIMULATED, norms_are=SIMULATED
    )


# --- own groups and sites ------------------------------------------------------------------


def test_a_study_with_its_own_scale_is_scored_and_placed() -> None:
    """By hand: Place of n1 is (5+5)/2, of n2 (4+4)/2, of n3 (1+1)/2, of n4 (3+3)/2; among
    themselves their mid-ranks are 87.5, 62.5, 12.5 and 37.5.
    """
    found = of_study()
    doctors = found.doctors.set_index("respondent")
    assert doctors["org_percentile"].to_dict() == {"n1": 87.5, "n2": 62.5, "n3": 12.5, "n4": 37.5}
    place = found.standings[found.standings["scale"] == "org"].set_index(["site", "group"])
    assert place["percentile"].drop(("Moor", "")).to_dict() == {
        ("", ""): 50,
        ("Dale", ""): 37.5,
        ("Dale", "East"): 37.5,
        ("Hill", ""): pytest.approx((87.5 + 62.5 + 12.5) / 3),
        ("Hill", "East"): 75,
        ("Hill", "West"): 12.5,
    }
    assert place.loc[("Hill", "East"), "band"] == "over"
    assert place.loc[("Hill", "West"), "band"] == ""
    assert place.loc[("Hill", "West"), "band_by_rule"] == "under"
    shares = found.endorsements.set_index(["site", "group", "category"])
    assert shares.loc[("Hill", "East", "yes"), ["count", "n", "percent"]].tolist() == [1, 2, 50]


def test_rows_stand_in_order_everybody_first_and_sites_before_their_groups() -> None:
    units = of_study().standings[["site", "group"]].drop_duplicates()
    assert list(units.itertuples(index=False, name=None)) == [
        *(("", ""), ("Dale", ""), ("Dale", "East")),
        *(("Hill", ""), ("Hill", "East"), ("Hill", "West"), ("Moor", "")),
    ]


def test_own_responses_in_simulated_norms_have_simulated_ranks() -> None:
    found = of_study(SIMULATED)
    for frame in (found.doctors, found.standings, found.placements):
        assert set(frame["evidence"]) == {"simulated"}
        assert frame.columns[-1] == "evidence"
    # Section B is not ranked, so it rests on the responses alone.
    assert set(found.endorsements["evidence"]) == {"study"}
    assert set(of_study().standings["evidence"]) == {"study"}


@pytest.mark.parametrize("order", [(STUDY, SIMULATED), (SIMULATED, STUDY)])
def test_the_freer_class_is_told_in_any_order(order: tuple[EvidenceClass, ...]) -> None:
    assert resting_on(*order) is SIMULATED
    printed = EvidenceClass.PRINTED_RECORDS
    assert resting_on(printed, EvidenceClass.RECONSTRUCTED) is EvidenceClass.RECONSTRUCTED
    assert resting_on(printed, printed) is printed


# --- sites without responses ----------------------------------------------------------------


def test_sites_without_responses_stand_there_without_numbers(shipped: Results) -> None:
    answered = set(read_csv(RAW / "mes_responses.csv")["site"])
    absent = set(ROSTER) - answered
    assert absent
    for frame in (shipped.standings, shipped.placements):
        rows = frame[frame["site"].isin(absent)]
        assert set(rows["site"]) == absent
        assert set(rows["note"]) == {NO_RESPONSES}
        assert (rows[["respondents", "n"]] == 0).all(axis=None)
        numbers = rows.select_dtypes("float")
        assert len(numbers.columns) > 5
        assert numbers.isna().all(axis=None)
    shares = shipped.endorsements[shipped.endorsements["site"].isin(absent)]
    assert len(shares) == len(absent) * len(MES.statements) * len(MES.categories)
    assert shares[["count", "percent", "low", "high"]].isna().all(axis=None)
    assert set(shares["note"]) == {NO_RESPONSES}
    assert not set(shipped.doctors["site"]) & absent


def test_a_site_that_is_answered_for_needs_no_roster() -> None:
    responses = responses_from(WARDS, SMALL)
    norms = norms_from_items(responses.items, SMALL)
    found = engagement_results(responses, norms, SMALL, (), responses_are=STUDY, norms_are=STUDY)
    assert set(found.standings["site"]) == {"", "Hill", "Dale"}
    assert set(found.endorsements["note"]) == {""}
    surer = engagement_results(
        responses, norms, SMALL, (), responses_are=STUDY, norms_are=STUDY, confidence=0.5
    )
    widths = [f.endorsements.eval("high - low") for f in (surer, found)]
    answered = found.endorsements["n"] > 0
    assert answered.any()
    assert (widths[0] < widths[1])[answered].all()


# --- against another reckoning ---------------------------------------------------------------


def test_groups_sites_and_everybody_are_means_of_their_doctors(shipped: Results) -> None:
    doctors = shipped.doctors
    for scale in MES.scale_names:
        ranks = doctors[f"{scale}_percentile"]
        expected = {("", ""): ranks.mean()}
        for site, own in ranks.groupby(doctors["site"]):
            expected[str(site), ""] = own.mean()
        for (site, group), own in ranks.groupby([doctors["site"], doctors["group"]]):
            expected[str(site), str(group)] = own.mean()
        rows = shipped.standings[shipped.standings["scale"] == scale]
        found = {
            (r.site, r.group): r.mean_of_percentiles for r in rows.itertuples() if r.respondents
        }
        assert found == pytest.approx(expected)


def test_every_doctor_counts_once_in_each_whole() -> None:
    responses = responses_from(WARDS, SMALL)
    norms = norms_from_items(responses.items, SMALL)
    groups = totals_of(responses, score(responses.items, SMALL), norms, SMALL)
    every = with_wholes(groups, ["Hill", "Moor"])
    count = dict(zip(every.units, every.respondents.tolist(), strict=True))
    assert count["", ""] == len(WARDS)
    assert count["Hill", ""] == 3
    assert count["Moor", ""] == 0
    assert every.scales.shape[-1] == every.pairs.shape[-1] == len(every.units)


def test_answers_come_back_as_they_were_read() -> None:
    given = read_csv(RAW / "mes_responses.csv")
    responses = read_responses(RAW / "mes_responses.csv", MES)
    pd.testing.assert_frame_equal(
        answers_frame(responses, MES).astype(object), given[list(MES.columns)].astype(object)
    )
    assert answers_frame(responses_from(WARDS, SMALL), SMALL).to_numpy().tolist() == (
        WARDS.to_numpy().tolist()
    )


# --- reading ----------------------------------------------------------------------------------


def test_a_site_beyond_the_roster_is_a_problem_and_a_new_group_is_none(tmp_path: Path) -> None:
    path = tmp_path / "wards.csv"
    WARDS.replace("Dale", "Dael").to_csv(path, index=False)
    with pytest.raises(ProblemsFound) as raised:
        checked_responses(path, SMALL, ["Hill", "Dale"])
    (problem,) = raised.value.problems
    assert (problem.row, problem.column, problem.value) == (5, "hospital", "Dael")
    assert "Dale" in problem.mend
    WARDS.replace("West", "Annexe").to_csv(path, index=False)
    read = checked_responses(path, SMALL, ["Hill", "Dale"])
    assert set(read["ward"]) == {"East", "Annexe"}
    assert read.shape == WARDS.shape


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_norms_may_name_their_doctors(tmp_path: Path, suffix: str) -> None:
    items = list(SMALL.item_names)
    named, plain = tmp_path / f"named.{suffix}", tmp_path / f"plain.{suffix}"
    for path, columns in ((named, ["nurse", *items]), (plain, items)):
        frame = WARDS[columns]
        if suffix == "csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_excel(path, index=False)
    with_names, without = (checked_norms(path, SMALL) for path in (named, plain))
    pd.testing.assert_frame_equal(with_names, without)
    assert with_names.to_numpy().tolist() == WARDS[items].to_numpy().tolist()


def test_a_wrong_answer_in_named_norms_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "norms.csv"
    frame = WARDS[["nurse", *SMALL.item_names]].copy()
    frame.loc[1, "i3"] = "9"
    frame.to_csv(path, index=False)
    with pytest.raises(ProblemsFound) as raised:
        checked_norms(path, SMALL)
    assert [(p.row, p.column, p.value) for p in raised.value.problems] == [(3, "i3", "9")]


def test_norms_may_be_scores(tmp_path: Path) -> None:
    path = tmp_path / "norms.csv"
    pd.DataFrame({"org": [0, 50, 100], "own": [25, 50, np.nan]}).to_csv(path, index=False)
    assert checked_norms(path, SMALL).shape == (3, 2)


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    path = tmp_path / "wards.xlsx"
    with pd.ExcelWriter(path) as book:
        WARDS.to_excel(book, sheet_name="old", index=False)
        WARDS.iloc[:2].to_excel(book, sheet_name="new", index=False)
    assert read_responses(path, SMALL, sheet="new").count == 2
    assert len(checked_responses(path, SMALL, ["Hill", "Dale"], "old")) == len(WARDS)


def test_items_without_an_answer_are_empty_text() -> None:
    codes: Any = np.array([[0, 5]] * 4, dtype=np.uint8)
    assert items_frame(codes, SMALL).to_numpy().tolist() == [[""] * 4, ["5"] * 4]
