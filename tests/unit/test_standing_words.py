"""Standings as tables to read: rounding that keeps a band, doubt that is never hidden."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from medlead.engagement.bands import band_labels
from medlead.engagement.groups import NO_RESPONSES, TOO_FEW
from medlead.engagement.instrument import load_instrument
from medlead.engagement.norms import norms_from_items
from medlead.engagement.responses import responses_from
from medlead.engagement.results import engagement_results
from medlead.evidence import EvidenceClass
from medlead.present.standing_words import (
    NOTHING,
    WHOLE_SITE,
    across_an_end,
    interval_text,
    likeliest_others,
    percentile_text,
    places_frame,
    probability_text,
    scales_frame,
    section_b_frame,
    standing_frame,
    unplaced,
)

MES = load_instrument(
    yaml.safe_load(
        (Path(__file__).parents[2] / "config/instruments/mes.yaml").read_text(encoding="utf-8")
    )
)
ENDS = [band.to for band in MES.bands if band.to is not None]


@given(st.floats(0, 100))
def test_a_percentile_is_shown_in_its_own_band(value):
    shown = float(percentile_text(value, MES.bands))
    assert abs(shown - value) <= 0.5
    own, named = band_labels(np.array([value, shown]), MES.bands)
    # Four decimals are the most: nearer to an end than that nothing is told apart.
    if min(abs(value - end) for end in ENDS) > 1e-4:
        assert own == named
        assert shown not in ENDS


@pytest.mark.parametrize(
    ("value", "shown"),
    [(49.875, "49.9"), (50.0, "50"), (50.2, "50.2"), (59.97, "59.97"), (62.6, "63"), (61.4, "61")],
)
def test_percentiles_by_hand(value, shown):
    assert percentile_text(value, MES.bands) == shown


def test_what_is_missing_is_a_dash():
    nan = math.nan
    assert [percentile_text(nan, MES.bands), interval_text(nan, 3.0), probability_text(nan)] == [
        NOTHING
    ] * 3


def test_an_interval_is_rounded_outwards_and_a_probability_is_never_certain():
    assert interval_text(41.2, 58.01) == "41 to 59"
    assert interval_text(40.0, 60.0) == "40 to 60"
    assert [probability_text(p) for p in (1.0, 0.999, 0.984, 0.5, 0.004, 0.0)] == [
        *("over 99 %", "over 99 %", "98 %", "50 %", "under 1 %", "under 1 %")
    ]


@pytest.fixture(scope="module")
def results():
    """Two sites with returns, one without; a group of three, below the smallest placed."""
    rng = np.random.default_rng(5)
    norms = rng.integers(1, 6, size=(len(MES.items), 400), dtype=np.uint8)
    rows = []
    for site, group, count, level in (
        ("North", "Eyes", 9, 4),
        ("North", "Ears", 3, 2),
        ("South", "Skin", 6, 3),
    ):
        for number in range(count):
            answers = np.clip(rng.integers(level - 1, level + 2, len(MES.items)), 1, 5)
            told = {s: "" if number == 0 else str(1 + number % 5) for s in MES.statements}
            rows.append(
                {MES.respondent: f"{group}{number}", MES.site: site, MES.group: group}
                | dict(zip(MES.item_names, map(str, answers), strict=True))
                | told
            )
    return engagement_results(
        responses_from(pd.DataFrame(rows), MES),
        norms_from_items(norms, MES),
        MES,
        ("North", "South", "West"),
        responses_are=EvidenceClass.STUDY,
        norms_are=EvidenceClass.STUDY,
    )


def test_groups_stand_before_their_site_and_small_ones_have_no_band(results):
    frame = standing_frame(
        results.standings, results.placements, MES, "North", "index", "index"
    ).set_index("Group")
    assert list(frame.index) == ["Ears", "Eyes", WHOLE_SITE]
    assert frame["Doctors"].tolist() == [3, 9, 12]
    assert frame.loc["Ears", ["Band", "Type", "Probability"]].tolist() == [
        *(TOO_FEW, NOTHING, NOTHING)
    ]
    assert frame.loc["Ears", "Percentile"] != NOTHING
    row = results.standings.set_index(["site", "group", "scale"]).loc[("North", "Eyes", "index")]
    assert frame.loc["Eyes", "Band"] == row["band"] != ""
    assert frame.loc["Eyes", "Probability"] == probability_text(row[f"p_{row['band']}"])
    assert unplaced(results.standings, "North") == {"Ears": TOO_FEW}


def test_a_site_without_returns_has_a_reason_and_no_number(results):
    frame = standing_frame(results.standings, results.placements, MES, "West", "index", "index")
    assert frame["Band"].tolist() == ["nobody answered"]
    assert frame["Percentile"].tolist() == [NOTHING]
    assert unplaced(results.standings, "West") == {WHOLE_SITE: "nobody answered"}
    (place,) = places_frame(results.placements, MES, "West").to_dict("records")
    assert place.pop("Group") == WHOLE_SITE
    assert place.pop("Doctors") == 0
    assert set(place.values()) == {"nobody answered"}
    assert len(place) == len(MES.typology.maps)
    told = section_b_frame(results.endorsements, MES, "West", 0.95)
    assert set(told["Doctors"]) == {0}
    assert set(told["Agree"]) == {NOTHING}
    assert set(results.standings.query("site == 'West'")["note"]) == {NO_RESPONSES}


def test_every_scale_of_every_group_is_there(results):
    frame = scales_frame(results.standings, MES, "North")
    assert frame["Scale"].tolist() == [s.title for s in MES.scales]
    assert list(frame.columns) == ["Scale", "Ears", "Eyes", WHOLE_SITE]
    found = results.standings.set_index(["site", "group", "scale"])
    for scale, cell in zip(MES.scale_names, frame["Eyes"], strict=True):
        number, band = cell.split(" ")
        assert band == found.loc[("North", "Eyes", scale), "band"]
        assert abs(float(number) - found.loc[("North", "Eyes", scale), "percentile"]) <= 0.5
    assert all(float(cell) >= 0 for cell in frame["Ears"]), "a group too small has no band"


def test_the_type_and_the_next_likeliest_are_named(results):
    frame = places_frame(results.placements, MES, "South").set_index("Group")
    assert list(frame.index) == ["Skin", WHOLE_SITE]
    assert frame["Doctors"].tolist() == [6, 6]
    for grid in MES.typology.maps:
        found = results.placements.query(
            "site == 'South' and group == 'Skin' and map == @grid.name"
        ).iloc[0]
        chances = {q.label: found[f"p_{q.label}"] for q in MES.typology.quadrants}
        own = chances.pop(found["quadrant"])
        best = max(chances, key=lambda name: chances[name])
        assert frame.loc["Skin", MES.scale(grid.name).title] == (
            f"{found['quadrant']} {probability_text(own)}; "
            f"or {best}, {probability_text(chances[best])}"
        )


def test_a_group_too_small_for_a_type_says_so_on_every_map(results):
    frame = places_frame(results.placements, MES, "North").set_index("Group")
    assert set(frame.loc["Ears"].drop("Doctors")) == {TOO_FEW}
    small = results.placements.query("site == 'North' and group == 'Ears'").iloc[0]
    assert likeliest_others(small, MES) == NOTHING


def test_section_b_counts_those_who_answered(results):
    frame = section_b_frame(results.endorsements, MES, "South", 0.9)
    first = frame[frame["Group"] == "Skin"].iloc[0]
    # Doctors 1 to 5 gave the answers 2, 3, 4, 5 and 1; the first gave none.
    assert first["Doctors"] == 5
    # The ends are where one tail of the binomial has 5 %, and are rounded outwards.
    assert binom.sf(1, 5, 0.08) > 0.05 > binom.sf(1, 5, 0.07)
    assert binom.cdf(2, 5, 0.81) > 0.05 > binom.cdf(2, 5, 0.82)
    both = "40 % (2); 7 to 82"
    assert first[["Disagree", "Neither", "Agree"]].tolist() == [both, "20 % (1); 1 to 66", both]
    assert len(frame) == 2 * len(MES.statements)


def test_an_interval_that_holds_an_end_leaves_another_band_open():
    frame = pd.DataFrame({"low": [51.0, 49.0, 10.0, np.nan], "high": [59.0, 55.0, 90.0, np.nan]})
    assert across_an_end(frame, MES).tolist() == [False, True, True, False]
