"""Groups and sites: their percentiles, how sure these are, and their place on the grid."""

import copy
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medlead.engagement.groups import (
    NO_RESPONSES,
    NO_SCORES,
    NO_SPREAD,
    TOO_FEW,
    Totals,
    endorsements,
    individuals,
    standings,
    totals,
    totals_of,
)
from medlead.engagement.instrument import Instrument, load_instrument
from medlead.engagement.norms import Norms, norms_from_items
from medlead.engagement.responses import responses_from
from medlead.engagement.scoring import Scored, score
from medlead.engagement.typology import doctor_quadrants, placements, quadrants
from medlead.engagement.uncertainty import (
    Moments,
    both_below,
    moments,
    percentile_interval,
    probability_below,
    steadied,
    t_interval,
)

ROOT = Path(__file__).parents[2]
GIVEN = yaml.safe_load((ROOT / "config/instruments/mes.yaml").read_text(encoding="utf-8"))
MES = load_instrument(GIVEN)


def with_choices(standing: str = "mean-of-percentiles", **groups: Any) -> Instrument:
    mapping = copy.deepcopy(GIVEN)
    mapping["norms"]["standing"] = standing
    mapping["groups"].update(groups)
    return load_instrument(mapping)


OF_MEAN = with_choices("percentile-of-mean")


def alike(codes: list[int]) -> np.ndarray[Any, Any]:
    """Doctors who answer every item alike."""
    return np.repeat(np.array([codes], dtype=np.uint8), 30, axis=0)


# Scores 0, 25, 50, 75, 100 on every scale, four of each: mid-ranks 10, 30, 50, 70, 90.
EVEN = norms_from_items(alike([1, 2, 3, 4, 5] * 4), MES)


def table_of(
    codes: np.ndarray[Any, Any], norms: Norms, instrument: Instrument = MES
) -> pd.DataFrame:
    scored = score(codes, instrument)
    one = np.zeros(scored.count, dtype=np.int32)
    return standings(totals(scored, norms, one, [("A", "x")], instrument), norms, instrument)


def index_of(table: pd.DataFrame) -> dict[str, Any]:
    found: dict[str, Any] = table[table["scale"] == "index"].iloc[0].to_dict()
    return found


def drawn(seed: int, count: int, units: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    level = rng.normal(size=count)[None]
    answers = np.clip(np.rint(3.2 + level + rng.normal(size=(30, count))), 1, 5).astype(np.uint8)
    answers[rng.random(answers.shape) < 0.05] = 0
    return answers, rng.integers(0, units, count).astype(np.int32)


@pytest.fixture(scope="module")
def norms() -> Norms:
    return norms_from_items(drawn(1, 997, 1)[0], MES)


# --- standings -------------------------------------------------------------------------


def test_a_group_worked_by_hand() -> None:
    """Doctors at 30, 30, 50, 70, 90: mean 54, medium. Their mean score is 55, above the 60 %
    of the norm sample at 50 or less: percentile 60. Squares about the mean 2720, and those of
    one more doctor at large 54 * 46 / 3 = 828: variance 3548 / 5, error of the mean its root
    over that of 5, t(4) = 2.776.
    """
    row = index_of(table_of(alike([2, 2, 3, 4, 5]), EVEN))
    assert (row["n"], row["respondents"], row["score"]) == (5, 5, pytest.approx(55))
    assert row["percentile"] == row["mean_of_percentiles"] == 54
    assert row["percentile_of_mean"] == 60
    assert (row["band"], row["band_by_rule"], row["note"]) == ("medium", "medium", "")
    half = 2.7764451 * math.sqrt(3548 / 5 / 5) / (54 * 0.46)
    middle = math.log(54 / 46)
    assert row["low"] == pytest.approx(100 / (1 + math.exp(-middle + half)))
    assert row["high"] == pytest.approx(100 / (1 + math.exp(-middle - half)))
    error = half / 2.7764451
    below = [stats.t.cdf((math.log(e / (100 - e)) - middle) / error, 4) for e in (50, 60)]
    chances = [row["p_low"], row["p_medium"], row["p_high"]]
    assert chances == pytest.approx([below[0], below[1] - below[0], 1 - below[1]])


def test_an_end_beyond_all_scores_has_the_rank_of_the_lowest_or_highest() -> None:
    """Scores 0, 0, 0, 0, 100: the t interval of the mean, 20, reaches far below 0. And back."""
    norms = norms_from_items(alike([1, 2, 3, 4, 5] * 4), OF_MEAN)
    low = index_of(table_of(alike([1, 1, 1, 1, 5]), norms, OF_MEAN))
    high = index_of(table_of(alike([5, 5, 5, 5, 1]), norms, OF_MEAN))
    assert (low["low"], high["high"]) == (0, 100)
    assert (low["score"], high["score"]) == (pytest.approx(20), pytest.approx(80))
    assert low["p_low"] + low["p_medium"] + low["p_high"] == pytest.approx(1)


def test_a_mean_between_two_scores_of_the_norms_can_be_on_the_edge_of_a_band() -> None:
    """Five each at 0, 25, 50, 75: every mean above 25 and below 50 has rank 50, and is low. So
    low ends at a mean of 50, not of 25. Doctors 25, 25, 25, 50, 50: mean 35, s = 13.69.
    """
    norms = norms_from_items(alike([1, 2, 3, 4] * 5), OF_MEAN)
    row = index_of(table_of(alike([2, 2, 2, 3, 3]), norms, OF_MEAN))
    assert (row["percentile"], row["band"]) == (50, "low")
    error = np.std([25, 25, 25, 50, 50], ddof=1) / math.sqrt(5)
    assert row["p_low"] == pytest.approx(stats.t.cdf((50 - 35) / error, 4))
    # From 50 on the rank is above 60: 62.5 at 50 itself, where a quarter has the same.
    assert row["p_high"] == pytest.approx(1 - row["p_low"])
    scored = score(alike([2, 2, 2, 3, 3]), OF_MEAN)
    summed = totals(scored, norms, np.zeros(5, dtype=np.int32), [("A", "x")], OF_MEAN)
    place = placements(summed, norms, OF_MEAN).iloc[0]
    assert place["quadrant"] == "indifferent"
    assert place["p_indifferent"] + place["p_frustrated"] == pytest.approx(row["p_low"])


def by_plain_means(
    scored: Scored, norms: Norms, unit: np.ndarray[Any, Any], name: str, place: int
) -> list[float]:
    """Mean of percentiles and percentile of the mean of one unit, by numpy and scipy."""
    mine = (unit == place) & ~np.isnan(scored.scores(name))
    ranks = norms.percentiles(scored, name)[mine]
    key = scored.keys[scored.place(name)][mine].mean()
    weak = stats.percentileofscore(norms.scales[name].keys, key, kind="mean")
    return [ranks.mean(), float(weak), scored.scores(name)[mine].mean()]


@pytest.mark.parametrize("instrument", [MES, OF_MEAN], ids=["mean", "of mean"])
def test_standings_are_those_of_single_doctors(norms: Norms, instrument: Instrument) -> None:
    answers, unit = drawn(2, 400, 6)
    scored = score(answers, instrument)
    units = [("A", f"g{i}") for i in range(3)] + [("B", f"g{i}") for i in range(3)]
    summed = totals(scored, norms, unit, units, instrument)
    table = standings(summed, norms, instrument)
    assert len(table) == 6 * 12
    assert list(table["scale"][:12]) == list(MES.scale_names)
    columns = ["mean_of_percentiles", "percentile_of_mean", "score"]
    for place, (site, group) in enumerate(units):
        for name in MES.scale_names:
            row = table[(table["site"] == site) & (table["group"] == group)]
            got = row[row["scale"] == name][columns].iloc[0].tolist()
            assert got == pytest.approx(by_plain_means(scored, norms, unit, name, place))
    shown = "percentile_of_mean" if instrument is OF_MEAN else "mean_of_percentiles"
    assert np.array_equal(table["percentile"], table[shown])
    assert np.array_equal(table["low"], table[f"{shown}_low"])
    assert (table["low"] <= table["percentile"]).all()
    assert (table["percentile"] <= table["high"]).all()
    sums = table[["p_low", "p_medium", "p_high"]].sum(axis=1)
    assert sums.to_numpy() == pytest.approx(np.ones(72))
    sites = standings(summed.by_site(), norms, instrument)
    for name in MES.scale_names:
        row = sites[(sites["site"] == "B") & (sites["scale"] == name)].iloc[0]
        expected = by_plain_means(scored, norms, unit >= 3, name, 1)
        assert row[columns].tolist() == pytest.approx(expected)
        assert row["group"] == ""


def test_merged_sites_are_the_same_as_counted_at_once(norms: Norms) -> None:
    answers, unit = drawn(3, 300, 4)
    scored = score(answers, MES)
    units = [("A", "x"), ("A", "y"), ("B", "x"), ("B", "y")]
    merged = totals(scored, norms, unit, units, MES).by_site()
    whole = totals(scored, norms, unit // 2, [("A", ""), ("B", "")], MES)
    assert merged.units == whole.units
    for name in ("respondents", "scales", "pairs"):
        assert np.array_equal(getattr(merged, name), getattr(whole, name))


def test_many_rows_and_slices_add_up(norms: Norms) -> None:
    answers, unit = drawn(4, 500, 3)
    many, codes = np.tile(answers, 300), np.tile(unit, 300)
    units = [("A", "x"), ("A", "y"), ("B", "z")]
    once = totals(score(answers, MES), norms, unit, units, MES)
    often = totals(score(many, MES), norms, codes, units, MES)
    assert np.array_equal(often.scales, once.scales * 300)
    assert np.array_equal(often.pairs, once.pairs * 300)


@settings(deadline=None, max_examples=4)
@given(seed=st.integers(0, 99))
def test_the_order_of_respondents_does_not_matter(norms: Norms, seed: int) -> None:
    answers, unit = drawn(5, 60, 3)
    order = np.random.default_rng(seed).permutation(60)
    units = [("A", "x"), ("A", "y"), ("B", "z")]
    tables = []
    for a, u in ((answers, unit), (answers[:, order], unit[order])):
        summed = totals(score(a, MES), norms, u, units, MES)
        tables.append((standings(summed, norms, MES), placements(summed, norms, MES)))
    for first, second in zip(*tables, strict=True):
        pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize(
    ("codes", "percentile", "band"),
    [
        ([1, 3, 3, 5, 3], 50, "low"),
        ([3, 3, 4, 3, 4, 4, 3, 4], 60, "high"),
        ([3, 3, 3, 3, 3, 3, 4], 370 / 7, "medium"),
    ],
)
def test_bands_of_groups_at_their_very_edges(
    codes: list[int], percentile: float, band: str
) -> None:
    row = index_of(table_of(alike(codes), EVEN))
    assert row["percentile"] == percentile
    assert row["band"] == band
    # The same doctors many times: the mean of a million ranks is still at the edge.
    often = index_of(table_of(alike(codes * 20_000), EVEN))
    assert (often["percentile"], often["band"]) == (percentile, band)


def test_means_of_ranks_are_the_nearest_floats(norms: Norms) -> None:
    """No rounding on the way: what is at the edge of a band in fractions is so in floats."""
    for seed in range(12):
        answers, unit = drawn(seed, 211, 3)
        scored = score(answers, MES)
        units = [("A", "x"), ("A", "y"), ("B", "z")]
        table = standings(totals(scored, norms, unit, units, MES), norms, MES)
        for row, name in enumerate(MES.scale_names):
            doubled = norms.scales[name].doubled[scored.keys[row]]
            got = table.loc[table["scale"] == name, "percentile"].tolist()
            for place in range(3):
                mine = doubled[(unit == place) & (doubled >= 0)]
                exact = Fraction(50 * int(mine.sum()), norms.scales[name].size * len(mine))
                assert got[place] == float(exact)


def test_bands_are_decided_before_rounding() -> None:
    """Ranks 50 * 999 + 70: mean 50.02, which shows as 50 and is medium."""
    row = index_of(table_of(alike([3] * 999 + [4]), EVEN))
    assert round(row["percentile"]) == 50
    assert row["band"] == "medium"


@pytest.mark.parametrize(
    ("codes", "note", "has_interval"),
    [
        ([4], TOO_FEW, False),
        ([4, 4, 2, 3], TOO_FEW, True),
        ([4] * 5, NO_SPREAD, False),
        ([0] * 6, NO_SCORES, False),
        ([4, 4, 4, 4, 0], TOO_FEW, False),
        ([4, 4, 2, 3, 3], "", True),
    ],
)
def test_units_that_cannot_be_placed_say_why(
    codes: list[int], note: str, has_interval: bool
) -> None:
    row = index_of(table_of(alike(codes), EVEN))
    assert row["note"] == note
    assert row["respondents"] == len(codes)
    assert row["n"] == sum(code > 0 for code in codes)
    assert math.isnan(row["low"]) != has_interval
    assert math.isnan(row["p_low"]) == (note != "")
    assert (row["band"] == "") == (note in (TOO_FEW, NO_SCORES))
    assert (row["band_by_rule"] == "") == (note == NO_SCORES)


def test_the_smallest_group_is_configuration() -> None:
    few = with_choices(place_from=2)
    assert index_of(table_of(alike([4, 2]), EVEN, few))["band"] == "low"
    assert index_of(table_of(alike([4, 2]), EVEN))["band"] == ""


def test_units_without_responses_are_shown() -> None:
    scored = score(alike([4, 2, 3]), MES)
    unit = np.zeros(3, dtype=np.int32)
    summed = totals(scored, EVEN, unit, [("B", "x")], MES)
    wide = summed.with_units([("A", "y"), ("B", "x"), ("F", "")])
    assert wide.units == (("A", "y"), ("B", "x"), ("F", ""))
    table = standings(wide, EVEN, MES)
    index = table[table["scale"] == "index"].set_index("site")
    assert index["note"].to_dict() == {"A": NO_RESPONSES, "B": TOO_FEW, "F": NO_RESPONSES}
    assert index["n"].to_dict() == {"A": 0, "B": 3, "F": 0}
    maps = placements(wide, EVEN, MES)
    assert set(maps.loc[maps["site"] == "F", "note"]) == {NO_RESPONSES}
    assert set(maps.loc[maps["site"] == "F", "quadrant_by_rule"]) == {""}


def test_lengths_must_fit() -> None:
    with pytest.raises(ValueError, match="2 units are named for 3 respondents"):
        totals(score(alike([1, 2, 3]), MES), EVEN, np.zeros(2, dtype=np.int32), [("A", "x")], MES)


# --- how sure it is ----------------------------------------------------------------------


def test_moments_are_those_of_numpy() -> None:
    values = [np.array([3.0, 5, 9]), np.array([7.0]), np.array([4.0, 4, 4]), np.array([])]
    got = moments(
        np.array([len(v) for v in values], dtype=float),
        np.array([v.sum() for v in values]),
        np.array([(v**2).sum() for v in values]),
    )
    assert got.mean[:3] == pytest.approx([17 / 3, 7, 4])
    assert got.deviation[0] == pytest.approx(np.std(values[0], ddof=1))
    assert got.deviation[2] == 0
    assert np.isnan(got.error[[1, 2, 3]]).all()
    low, high = t_interval(got, 0.95)
    expected = stats.t.interval(0.95, 2, 17 / 3, stats.sem(values[0]))
    assert (low[0], high[0]) == pytest.approx(expected)
    assert probability_below(got, 4.0)[0] == pytest.approx(
        stats.ttest_1samp(values[0], 4, alternative="greater").pvalue
    )


def test_intervals_stay_on_the_scale() -> None:
    given_moments = Moments(
        np.array([5.0, 5, 5]), np.array([2.0, 98.0, 100.0]), np.array([3.0, 3, 0])
    )
    low, high = percentile_interval(given_moments, 0.99)
    assert ((low > 0) & (high < 100))[:2].all()
    assert np.isnan(low[2])
    assert low[0] == pytest.approx(100 - high[1])


def test_a_spread_is_steadied_by_one_doctor_at_large() -> None:
    """Spread evenly over 0 to 100 doctors have the variance 10000 / 12, and keep it; what has
    none, or is a single doctor, keeps that; many doctors hardly notice one more.
    """
    even = math.sqrt(10_000 / 12)
    given = Moments(
        np.array([6.0, 6, 1, 6, 10_000]),
        np.array([50.0, 50, 50, 90, 90]),
        np.array([even, 0, np.nan, 2, 2]),
    )
    # 90: 5 squares of 2, and 90 * 10 / 3 = 300 of the one more.
    expected = [even, 0, np.nan, math.sqrt((20 + 300) / 6), 2]
    assert steadied(given) == pytest.approx(expected, rel=0.005, nan_ok=True)


def latent(rng: np.random.Generator, shape: tuple[int, ...], level: float) -> np.ndarray[Any, Any]:
    """Sums of 30 answers to items of six sub-scales, doctors about a level of their group."""
    doctors = level + math.sqrt(0.85) * rng.normal(size=shape)
    subs = 0.8 * doctors[..., None] + 0.6 * rng.normal(size=(*shape, 6))
    items = 3.5 + 0.75 * subs[..., None] + 0.66 * rng.normal(size=(*shape, 6, 5))
    found: np.ndarray[Any, Any] = np.clip(np.rint(items), 1, 5).sum(axis=(-1, -2)).astype(np.int64)
    return found


@pytest.mark.parametrize("level", [-1.7, -1.2, -0.6, 0.0, 0.9])
def test_intervals_cover_what_they_say(level: float) -> None:
    """Groups of 6 to 31 doctors about a true level: both intervals hold it about 95 times in
    100 (1,500 groups: standard error 0.6), also far from the middle, where plain t does not.
    """
    rng = np.random.default_rng(2013)
    norm = np.sort(np.concatenate([latent(rng, (20,), m) for m in 0.39 * rng.normal(size=150)]))
    ranks = np.array([stats.percentileofscore(norm, s) for s in range(151)])
    truth = latent(rng, (40_000,), level)
    true_rank, true_sum = ranks[truth].mean(), truth.mean()
    plain = []
    for n in (6, 14, 31):
        people = latent(rng, (1500, n), level)
        drawn_ranks = ranks[people]
        count = np.full(1500, float(n))
        by_rank = moments(count, drawn_ranks.sum(1), (drawn_ranks**2).sum(1))
        low, high = percentile_interval(by_rank, 0.95)
        # With six doctors far from the middle it is rather too wide.
        most = 0.975 if n > 6 else 0.995
        assert 0.92 <= ((low <= true_rank) & (true_rank <= high)).mean() <= most
        by_sum = moments(count, people.sum(1).astype(float), (people**2).sum(1).astype(float))
        low, high = t_interval(by_sum, 0.95)
        assert 0.93 <= ((low <= true_sum) & (true_sum <= high)).mean() <= 0.975
        low, high = t_interval(by_rank, 0.95)
        plain.append(((low <= true_rank) & (true_rank <= high)).mean())
    if level <= -1.2:
        assert plain[0] < 0.92


@pytest.mark.parametrize("rho", [-0.95, -0.4, 0.0, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("df", [4.0, 9.0, 60.0])
def test_the_bivariate_t_is_that_of_scipy(rho: float, df: float) -> None:
    points = [(-1.5, 0.2), (0.0, 0.0), (0.7, 1.3), (2.5, -0.4), (5.0, 5.0)]
    first, second = np.array(points).T
    got = both_below(first, second, np.full(5, rho), np.full(5, df))
    law = stats.multivariate_t([0, 0], [[1, rho], [rho, 1]], df=df, seed=1)
    expected = [law.cdf(point, maxpts=20_000) for point in points]
    assert got == pytest.approx(expected, abs=2e-3)


def test_the_bivariate_t_where_it_is_known() -> None:
    """At the centre the probability is 1/4 + asin(rho) / (2 pi), for every number of doctors."""
    rho = np.array([-0.9, -0.5, 0.0, 0.5, 0.8, 0.95])
    zero = np.zeros(6)
    for df in (4.0, 30.0):
        got = both_below(zero, zero, rho, np.full(6, df))
        assert got == pytest.approx(0.25 + np.arcsin(rho) / (2 * math.pi), abs=1e-4)
    alone = both_below(np.array([40.0]), np.array([0.5]), np.array([0.3]), np.array([9.0]))
    assert alone == pytest.approx([stats.t.cdf(0.5, 9)], abs=1e-4)
    for rho_end, expected in ((1.0, stats.t.cdf(0.3, 9)), (-1.0, 0.0)):
        got = both_below(
            np.array([0.3]), np.array([0.9 * rho_end]), np.array([rho_end]), np.array([9.0])
        )
        expected = (
            min(stats.t.cdf(0.3, 9), stats.t.cdf(0.9, 9))
            if rho_end > 0
            else max(0.0, stats.t.cdf(0.3, 9) + stats.t.cdf(-0.9, 9) - 1)
        )
        assert got == pytest.approx([expected], abs=5e-3)


# --- the grid ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("organisational", "individual", "quadrant"),
    [
        (51, 51, "empowered"), (49, 51, "frustrated"), (51, 49, "reluctant"),
        (49, 49, "indifferent"), (50, 50, "indifferent"), (50, 50.001, "frustrated"),
        (np.nextafter(50, 51), 50, "reluctant"), (math.nan, 80, ""), (80, math.nan, ""),
    ],
)  # fmt: skip
def test_quadrants_and_their_edges(organisational: float, individual: float, quadrant: str) -> None:
    got = quadrants(np.array([organisational]), np.array([individual]), MES.typology)
    assert got == [quadrant]


def test_the_side_of_the_cut_is_configuration() -> None:
    mapping = copy.deepcopy(GIVEN)
    mapping["typology"]["at_cut"] = "high"
    typology = load_instrument(mapping).typology
    assert quadrants(np.array([50.0]), np.array([50.0]), typology) == ["empowered"]


def split(organisational: list[int], individual: list[int]) -> np.ndarray[Any, Any]:
    """Doctors with one answer to all organisational and another to all individual items."""
    codes = np.zeros((30, len(organisational)), dtype=np.uint8)
    for scale, answers in (("organisational", organisational), ("individual", individual)):
        for sub in MES.scale(scale).parts:
            for item in MES.scale(sub).parts:
                codes[MES.item_names.index(item)] = answers
    return codes


@pytest.mark.parametrize("instrument", [MES, OF_MEAN], ids=["mean", "of mean"])
@pytest.mark.parametrize(
    ("organisational", "individual", "quadrant"),
    [
        ([4, 5, 4, 5, 3, 4], [4, 4, 5, 4, 5, 3], "empowered"),
        ([2, 1, 2, 3, 2, 1], [4, 4, 5, 4, 5, 3], "frustrated"),
        ([4, 5, 4, 5, 3, 4], [2, 1, 2, 3, 2, 1], "reluctant"),
        ([2, 1, 2, 3, 2, 1], [1, 1, 2, 3, 2, 2], "indifferent"),
    ],
)
def test_groups_in_each_quadrant(
    instrument: Instrument, organisational: list[int], individual: list[int], quadrant: str
) -> None:
    scored = score(split(organisational, individual), instrument)
    unit = np.zeros(6, dtype=np.int32)
    summed = totals(scored, EVEN, unit, [("A", "x")], instrument)
    table = placements(summed, EVEN, instrument)
    assert list(table["map"]) == ["index", "meta-1", "meta-2", "meta-3"]
    assert list(table["quadrant"]) == [quadrant] * 4
    chances = table[[f"p_{q.label}" for q in MES.typology.quadrants]]
    assert chances.sum(axis=1).tolist() == pytest.approx([1] * 4)
    assert (chances.idxmax(axis=1) == f"p_{quadrant}").all()
    stand = standings(summed, EVEN, instrument).set_index("scale")
    for m, row in zip(MES.typology.maps, table.to_dict("records"), strict=True):
        for axis, scale in (("organisational", m.organisational), ("individual", m.individual)):
            for end, of in (("", "percentile"), ("_low", "low"), ("_high", "high")):
                assert row[f"{axis}{end}"] == pytest.approx(stand.loc[scale, of])
    numbers = doctor_quadrants(scored, EVEN, instrument, "index")
    labels = [q.label for q in MES.typology.quadrants]
    each = quadrants(
        EVEN.percentiles(scored, "organisational"), EVEN.percentiles(scored, "individual"),
        MES.typology,
    )  # fmt: skip
    assert [labels[n] for n in numbers] == each


def test_the_probability_of_a_quadrant_against_drawing_from_the_posterior(norms: Norms) -> None:
    """With a flat prior the two means have a bivariate t posterior: normal draws divided by
    the root of a chi-square over its degrees of freedom.
    """
    answers, _ = drawn(11, 9, 1)
    scored = score(answers, MES)
    summed = totals(scored, norms, np.zeros(9, dtype=np.int32), [("A", "x")], MES)
    row = placements(summed, norms, MES).iloc[0]
    ranks = np.array([norms.percentiles(scored, n) for n in ("organisational", "individual")])
    ranks = ranks[:, ~np.isnan(ranks).any(axis=0)]
    n = ranks.shape[1]
    mean = ranks.mean(axis=1)
    # The spread with one more doctor at large, see the hand-worked group.
    squares = ((ranks - mean[:, None]) ** 2).sum(axis=1) + mean * (100 - mean) / 3
    error = np.sqrt(squares / n) / math.sqrt(n)
    rho = np.corrcoef(ranks)[0, 1]
    rng = np.random.default_rng(3)
    z = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=400_000)
    t = z / np.sqrt(rng.chisquare(n - 1, size=(400_000, 1)) / (n - 1))
    high = np.log(mean / (100 - mean)) + t * error * 100 / (mean * (100 - mean)) > 0
    assert row["p_empowered"] == pytest.approx(high.all(axis=1).mean(), abs=4e-3)
    assert row["p_frustrated"] == pytest.approx((~high[:, 0] & high[:, 1]).mean(), abs=4e-3)
    assert row["p_reluctant"] == pytest.approx((high[:, 0] & ~high[:, 1]).mean(), abs=4e-3)
    assert row["p_indifferent"] == pytest.approx((~high).all(axis=1).mean(), abs=4e-3)


@pytest.mark.parametrize("instrument", [MES, OF_MEAN], ids=["mean", "of mean"])
def test_quadrants_at_the_centre_follow_from_the_correlation(instrument: Instrument) -> None:
    """Both means on the cut: opposite corners share 1/2 + asin(rho) / pi."""
    organisational, individual = [2, 3, 4, 3, 2, 4], [4, 2, 3, 3, 4, 2]
    scored = score(split(organisational, individual), instrument)
    norms = norms_from_items(alike([1, 2, 3, 4, 5] * 4), instrument)
    summed = totals(scored, norms, np.zeros(6, dtype=np.int32), [("A", "x")], instrument)
    row = placements(summed, norms, instrument).iloc[0]
    rho = np.corrcoef(organisational, individual)[0, 1]
    assert rho < -0.5
    both = 0.25 + math.asin(rho) / (2 * math.pi)
    got = [row[f"p_{q}"] for q in ("empowered", "indifferent", "frustrated", "reluctant")]
    assert got == pytest.approx([both, both, 0.5 - both, 0.5 - both], abs=1e-4)


def test_small_groups_are_not_placed_on_the_grid() -> None:
    summed = totals(score(alike([5, 4, 5, 5]), MES), EVEN, np.zeros(4, dtype=np.int32),
                    [("A", "x")], MES)  # fmt: skip
    table = placements(summed, EVEN, MES)
    assert set(table["quadrant"]) == {""}
    assert set(table["quadrant_by_rule"]) == {"empowered"}
    assert set(table["note"]) == {TOO_FEW}
    assert table["p_empowered"].isna().all()


# --- from a file of responses ----------------------------------------------------------------


def frame_of(answers: np.ndarray[Any, Any], groups: list[tuple[str, str]]) -> pd.DataFrame:
    table = pd.DataFrame({"respondent": [f"r{i}" for i in range(answers.shape[1])]})
    table["site"] = [s for s, _ in groups]
    table["group"] = [g for _, g in groups]
    for name, row in zip(MES.item_names, answers.tolist(), strict=True):
        table[name] = ["" if v == 0 else str(v) for v in row]
    for number, name in enumerate(MES.statements):
        table[name] = ["" if i == number else str(1 + (i + number) % 5) for i in range(len(table))]
    return table


def test_from_responses_to_groups_and_doctors(norms: Norms) -> None:
    answers, unit = drawn(6, 12, 3)
    names = [("A", "x"), ("A", "y"), ("B", "x")]
    responses = responses_from(frame_of(answers, [names[u] for u in unit]), MES)
    scored = score(responses.items, MES)
    summed = totals_of(responses, scored, norms, MES)
    assert summed.units == tuple(sorted({names[u] for u in unit}))
    assert isinstance(summed.by_site(), Totals)
    doctors = individuals(responses, scored, norms, MES)
    assert list(doctors["respondent"]) == [f"r{i}" for i in range(12)]
    assert list(zip(doctors["site"], doctors["group"], strict=True)) == [names[u] for u in unit]
    means = doctors.groupby(["site", "group"])["sub-1_percentile"].mean()
    table = standings(summed, norms, MES)
    table = table[table["scale"] == "sub-1"].set_index(["site", "group"])
    for key, mean in means.items():
        assert table.loc[key, "percentile"] == pytest.approx(mean, nan_ok=True)
    assert list(doctors["index_valid"]) == (answers > 0).sum(axis=0).tolist()


def test_section_b_counts_every_category(norms: Norms) -> None:
    answers, _ = drawn(6, 12, 3)
    names = [("A", "x")] * 5 + [("A", "y")] * 4 + [("B", "x")] * 3
    frame = frame_of(answers, names)
    table = endorsements(responses_from(frame, MES), MES, confidence=0.8)
    categories = len(MES.categories)
    assert len(table) == 5 * 5 * categories
    for (site, group, statement), part in table.groupby(["site", "group", "statement"]):
        rows = frame[(frame["site"] == site) & ((frame["group"] == group) | (group == ""))]
        given_answers = rows[statement][rows[statement] != ""].astype(int)
        counts = [int((given_answers == c.value).sum()) for c in MES.categories]
        assert part["count"].tolist() == counts
        assert (part["n"] == len(given_answers)).all()
        if len(given_answers):
            assert part["percent"].sum() == pytest.approx(100)
        for row in part.to_dict("records") if len(given_answers) else ():
            theirs = stats.binomtest(row["count"], row["n"]).proportion_ci(0.8, method="exact")
            assert (row["low"], row["high"]) == pytest.approx((100 * theirs.low, 100 * theirs.high))
    assert list(table["category"][:categories]) == [c.label for c in MES.categories]


def test_section_b_without_any_answer() -> None:
    frame = frame_of(alike([3, 4]), [("A", "x")] * 2)
    frame["b1"] = ""
    table = endorsements(responses_from(frame, MES), MES)
    none = table[table["statement"] == "b1"]
    assert none["count"].sum() == 0
    assert none[["percent", "low", "high"]].isna().all(axis=None)
