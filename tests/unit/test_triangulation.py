"""Engagement, ratings and structure together: shipped sites, a made-up study, and bad input."""

import copy
import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from medlead.evidence import EvidenceClass
from medlead.performance.triangulate import POWER, power_apart, triangulate
from medlead.performance.triangulation import KENDALL, Settings, engagement_pairs, overall
from medlead.performance.triangulation_agreement import (
    COMPLETE,
    agreement,
    counterparts,
    matrix,
    source_ranks,
)
from medlead.performance.triangulation_data import (
    composites,
    engagement_printed,
    engagement_scored,
    gather,
    varied,
)
from medlead.performance.triangulation_plan import Variation, read_triangulation
from medlead.performance.triangulation_sites import ahead, by_band, profiles
from medlead.performance.triangulation_structure import (
    CANNOT_TELL,
    compare_strengths,
    resamples,
    structure_tests,
)
from medlead.performance.triangulation_variations import conflicts, variations
from medlead.performance.triangulation_words import all_said, said_conflicts
from medlead.present.site_profiles import draw_profiles
from medlead.present.triangulation import draw_triangulation
from medlead.ratings import load_rating_scales
from medlead.sources.inputs import read_inputs, read_scales, read_yaml
from medlead.sources.messages import ProblemsFound
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
INSTRUMENTS = ROOT / "config" / "instruments"
SCALES = read_scales(INSTRUMENTS / "ratings.yaml")
DECLARED = read_yaml(INSTRUMENTS / "triangulation.yaml")
NAMES = ("site_self_ratings", "site_performance", "sites", "site_roles")
FRAMES = read_inputs(NAMES, [f"{ROOT}/data/raw/{n}.csv" for n in NAMES], [""] * 4, SCALES)
STATEMENTS = read_csv(ROOT / "data" / "published" / "engagement.csv")
CLASSES = dict.fromkeys(NAMES, EvidenceClass.PRINTED_RECORDS)


def declared(**changes):
    content = copy.deepcopy(DECLARED)
    content["tests"] |= {"draws": 200}
    return read_triangulation(content | changes, SCALES)


PLAN = declared()
BY = Settings(PLAN, alpha=0.05, confidence=0.95, permutations=500, seed=7)
PRINTED = engagement_printed(STATEMENTS, PLAN, "engagement.csv")
MATERIAL = gather(FRAMES, SCALES, PLAN, PRINTED, CLASSES)
PAIRS = engagement_pairs(MATERIAL, BY, power=False)


def raw(name):
    return pd.read_csv(ROOT / "data" / "raw" / f"{name}.csv", dtype=str, keep_default_na=False)


# --- the material ------------------------------------------------------------------------------


def test_bands_are_those_of_the_statements_and_sites_come_most_engaged_first():
    rows = STATEMENTS[(STATEMENTS["kind"] == "band") & (STATEMENTS["section"] == "6.5")]
    printed = dict(zip(rows["site"], rows["value"], strict=True))
    assert {s: b for s, b in MATERIAL.bands.items() if b} == printed
    assert list(MATERIAL.engagement.dropna()) == sorted(MATERIAL.engagement.dropna())[::-1]
    assert set(MATERIAL.values.index) == set(raw("sites")["site"])
    # Sites without a band come last.
    assert MATERIAL.engagement.isna().iloc[len(printed) :].all()


def test_every_measure_runs_from_worst_to_best_and_na_is_no_value():
    table = raw("site_performance").set_index("site")
    deaths = MATERIAL.values["national.standardised_mortality"]
    for site, text in table["standardised_mortality"].items():
        if text == "N/A":
            assert math.isnan(deaths[site])
            assert MATERIAL.texts.at[site, "national.standardised_mortality"] == "N/A"
    few = table["standardised_mortality"] == "Below Average"
    many = table["standardised_mortality"] == "Above Average"
    assert deaths[few[few].index].min() > deaths[many[many].index].max()
    risk = MATERIAL.values["national.financial_risk"].dropna()
    assert risk.to_dict() == table.loc[risk.index, "financial_risk"].astype(float).to_dict()
    assert MATERIAL.places.min().min() >= 0
    assert MATERIAL.places.max().max() <= 1


def test_composites_are_mean_relative_ranks_of_what_each_has():
    values = pd.DataFrame(
        {
            "a": [1, 2, 3, 4.0],
            "b": [2, 2, 1, np.nan],
            "constant": [1.0] * 4,
            "few": [1, np.nan, 2, np.nan],
        }
    )
    found = composites(values, smallest=3)
    expected = [(0.125 + 2 / 3) / 2, (0.375 + 2 / 3) / 2, (0.625 + 1 / 6) / 2, 0.875]
    assert found.tolist() == pytest.approx(expected)
    assert composites(values[["constant"]], smallest=3).isna().all()


# --- engagement and measures --------------------------------------------------------------------


def test_each_pair_is_that_of_scipy_and_of_all_orders_one_by_one():
    for row in PAIRS[PAIRS["sample"] == "all"].to_dict("records"):
        if row["coefficient"] not in (KENDALL, "Spearman") or math.isnan(row["estimate"]):
            continue
        both = pd.DataFrame(
            {
                "x": MATERIAL.engagement,
                "y": MATERIAL.values[f"{row['source']}.{row['measure']}"],
            }
        ).dropna()
        x, y = both["x"].to_numpy(), both["y"].to_numpy()
        theirs = stats.kendalltau if row["coefficient"] == KENDALL else stats.spearmanr
        assert row["n"] == len(x)
        assert row["estimate"] == pytest.approx(theirs(x, y).statistic)
        # Distinct orders of the bands, each as likely as any other.
        orders = np.array(sorted(set(itertools.permutations(x))))
        ranks = stats.rankdata(y) - stats.rankdata(y).mean()
        if row["coefficient"] == KENDALL:
            i, j = np.triu_indices(len(x), 1)
            null = np.sign(orders[:, i] - orders[:, j]) @ np.sign(y[i] - y[j])
            at = np.sign(x[i] - x[j]) @ np.sign(y[i] - y[j])
        else:
            null = stats.rankdata(orders, axis=1) @ ranks
            at = stats.rankdata(x) @ ranks
        assert row["p_two_sided"] == pytest.approx((abs(null) >= abs(at) - 1e-9).mean())
        assert row["p_greater"] == pytest.approx((null >= at - 1e-9).mean())
        assert row["finer_low"] <= row["finer_high"]


def test_jonckheere_and_kendall_are_one_test():
    by = PAIRS.set_index(["sample", "source", "measure", "coefficient"]).sort_index()
    kendall, jonckheere = (
        by.xs(c, level="coefficient")["p_two_sided"] for c in (KENDALL, "Jonckheere-Terpstra J")
    )
    assert kendall.to_numpy() == pytest.approx(jonckheere.to_numpy(), nan_ok=True)


def test_holm_counts_the_judged_measures_of_each_family():
    part = PAIRS[(PAIRS["sample"] == "all") & (PAIRS["coefficient"] == KENDALL)]
    judged = part[part["judged"] == "yes"].sort_values("p")
    assert set(part.loc[part["judged"] == "no", "n"]) <= set(range(PLAN.smallest_n))
    m = len(judged)
    assert judged["holm_all"].iloc[0] == pytest.approx(min(1, m * judged["p"].iloc[0]))
    assert (judged["holm_all"] >= judged["holm_source"] - 1e-12).all()
    assert (judged["best_holm_all"] <= judged["holm_all"] + 1e-12).all()
    assert (judged["smallest"] <= judged["p"] + 1e-12).all()


def test_a_monotone_change_of_scale_changes_nothing_and_a_mirror_the_sign():
    measure = "national.quality_of_services"
    values = MATERIAL.values.copy()
    values[measure] = np.exp(values[measure])
    stretched = MATERIAL.__class__(**{**vars(MATERIAL), "values": values})
    again = engagement_pairs(stretched, BY, power=False)
    pd.testing.assert_frame_equal(again, PAIRS)
    values[measure] = -values[measure]
    mirrored = MATERIAL.__class__(**{**vars(MATERIAL), "values": values})
    other = engagement_pairs(mirrored, BY, power=False)
    pick = (PAIRS["measure"] == "quality_of_services") & (PAIRS["coefficient"] == KENDALL)
    assert other.loc[pick, "estimate"].tolist() == (-PAIRS.loc[pick, "estimate"]).tolist()
    assert other.loc[pick, "p_greater"].tolist() == PAIRS.loc[pick, "p_less"].tolist()


def test_all_measures_together_are_tested_over_every_arrangement_of_the_bands():
    found = overall(MATERIAL, BY)
    row = found[(found["family"] == "self_rating") & (found["strata"] == "")].iloc[0]
    known = MATERIAL.engagement.dropna()
    table = MATERIAL.values.loc[known.index]
    columns = [m for m in table if m.startswith("self_rating.")]

    def mean_tau(x):
        return np.mean([stats.kendalltau(x, table[c]).statistic for c in columns])

    orders = sorted(set(itertools.permutations(known)))
    null = np.array([mean_tau(o) for o in orders])
    at = mean_tau(known.to_numpy())
    assert row["arrangements"] == len(orders)
    assert row["estimate"] == pytest.approx(at)
    assert row["p_greater"] == pytest.approx((null >= at - 1e-9).mean())
    assert row["p_two_sided"] == pytest.approx((abs(null) >= abs(at) - 1e-9).mean())
    within = found[found["strata"] != ""]
    assert (within["arrangements"] < row["arrangements"]).all()


# --- agreement ----------------------------------------------------------------------------------


def test_agreement_of_sources_is_exact_and_of_pairs_over_what_both_have():
    found = agreement(MATERIAL, BY)
    row = found[(found["source"] == "sources") & (found["sample"] == "all")].iloc[0]
    ranks = source_ranks(MATERIAL, BY).dropna()
    friedman = stats.friedmanchisquare(*[ranks.loc[i] for i in ranks.index]).statistic
    assert row["basis"] == COMPLETE
    assert row["estimate"] == pytest.approx(friedman / (3 * (len(ranks) - 1)))
    told = counterparts(MATERIAL, BY)
    one = told[(told["first"] == "self_rating") & (told["second"] == "national")].iloc[0]
    every = source_ranks(MATERIAL, BY)
    assert one["tau"] == pytest.approx(
        stats.kendalltau(every["self_rating"], every["national"]).statistic
    )
    assert one["same_order"] + one["opposite"] + one["tied"] == math.comb(one["n"], 2)


def test_the_matrix_holds_every_pair_once():
    found = matrix(MATERIAL, BY)
    m = MATERIAL.values.shape[1] + 1
    assert len(found) == math.comb(m, 2) == len(found[["first", "second"]].drop_duplicates())


# --- structure ----------------------------------------------------------------------------------


def test_structure_is_that_of_kruskal_and_every_order():
    found = structure_tests(MATERIAL, BY)
    row = found[
        (found["variable"] == "foundation") & (found["measure"] == "national.quality_of_services")
    ].iloc[0]
    y = MATERIAL.values["national.quality_of_services"]
    parts = [y[MATERIAL.structures["foundation"] == v] for v in ("FT", "Non-FT")]
    assert row["estimate"] == pytest.approx(stats.kruskal(*parts).statistic / (len(y) - 1))
    # Two groups: the same as every choice of so many sites for one of them.
    ranks = stats.rankdata(y)
    sums = np.array([ranks[list(c)].sum() for c in itertools.combinations(range(9), len(parts[0]))])
    centre = len(parts[0]) * (len(y) + 1) / 2
    at = abs(ranks[(MATERIAL.structures["foundation"] == "FT").to_numpy()].sum() - centre)
    assert row["p"] == pytest.approx((abs(sums - centre) >= at - 1e-9).mean())
    assert found.loc[found["judged"] == "yes", "power_at_most"].between(0, 1).all()


def test_resamples_are_all_there_are_with_their_chances():
    rows, chance, exact = resamples(3, 10, np.random.default_rng(0))
    counted = {}
    for way in itertools.product(range(3), repeat=3):
        key = tuple(sorted(way))
        counted[key] = counted.get(key, 0) + 1 / 27
    assert exact
    found = dict(zip(map(tuple, rows.astype(int).tolist()), chance, strict=True))
    assert found == pytest.approx(counted)
    drawn, _, exact = resamples(12, 10, np.random.default_rng(0))
    assert drawn.shape == (10, 12)
    assert not exact


def test_the_verdict_on_strength_follows_from_the_interval():
    found = compare_strengths(MATERIAL, BY)
    for row in found.to_dict("records"):
        holds_nought = row["low"] <= 0 <= row["high"]
        assert (row["says"] == CANNOT_TELL) is holds_nought
        assert row["difference"] == pytest.approx(row["engagement"] - row["structure"])
    one = found[(found["variable"] == "units") & (found["family"] == "self_rating")].iloc[0]
    known = MATERIAL.engagement.dropna().index
    taus = [
        [
            stats.kendalltau(x[known], MATERIAL.values.loc[known, m]).statistic
            for m in MATERIAL.values
        ]
        for x in (MATERIAL.engagement, MATERIAL.structures["units"])
    ]
    own = [m.startswith("self_rating.") for m in MATERIAL.values]
    for value, name in zip(
        np.array(taus)[:, own].mean(axis=1), ("engagement", "structure"), strict=True
    ):
        assert one[name] == pytest.approx(abs(value))


def test_the_share_between_groups_is_corrected_for_what_chance_gives():
    def corrected(groups, y):
        parts = [y[groups == g] for g in sorted(set(groups))]
        k, n = len(parts), len(y)
        share = stats.kruskal(*parts).statistic / (n - 1)
        return (share - (k - 1) / (n - 1)) / (1 - (k - 1) / (n - 1))

    known = MATERIAL.engagement.dropna().index
    found = compare_strengths(MATERIAL, BY)
    one = found[(found["variable"] == "structure") & (found["family"] == "self_rating")].iloc[0]
    own = [m for m in MATERIAL.values if m.startswith("self_rating.")]
    for name, groups in (
        ("engagement", MATERIAL.engagement[known]),
        ("structure", MATERIAL.structures.loc[known, "structure"]),
    ):
        expected = np.mean([corrected(groups, MATERIAL.values.loc[known, m]) for m in own])
        assert one[name] == pytest.approx(expected)
    row = structure_tests(MATERIAL, BY).query(
        "variable == 'structure' and measure == 'national.quality_of_services'"
    )
    y = MATERIAL.values["national.quality_of_services"]
    expected = corrected(MATERIAL.structures["structure"], y)
    assert row["corrected"].iloc[0] == pytest.approx(expected)


# --- what is said in two ways ---------------------------------------------------------------------


DROPPED = {"drop": ["national.consistency_across_surveys"]}


def test_variations_change_what_they_say_and_nothing_else():
    kept = list(DECLARED["variations"])[::2] + ["more deaths as the better end"]
    few = {k: v for k, v in DECLARED["variations"].items() if k in kept}
    plan = declared(
        variations=few | {"without consistency across surveys": DROPPED},
        conflicts=[c for c in DECLARED["conflicts"] if c["variation"] in ("", *few)],
    )
    by = Settings(plan, BY.alpha, BY.confidence, BY.permutations, BY.seed)
    found = variations(MATERIAL, by)
    told = conflicts(by, found).set_index("about")
    # Nobody rated below one, so the narrower range changes nothing.
    assert (raw("site_self_ratings").iloc[:, 1:].astype(float) >= 1).all(axis=None)
    assert told.loc["Range of the self-ratings", "matters"] == "no"
    for row in told.to_dict("records"):
        own = found[found["variation"] == row["variation"]]
        answers = {"yes"} if (own["crosses"] == "yes").any() else {"no", "numbers only"}
        if not row["variation"]:
            answers = {"not computed"}
        elif answers != {"yes"}:
            answers = {"numbers only"} if (own["changed"] == "yes").any() else {"no"}
        assert {row["matters"]} == answers
    flipped = found[found["variation"] == "more deaths as the better end"].set_index("name")
    base = found[found["variation"] == "as declared"].set_index("name")
    name = "national.standardised_mortality"
    assert flipped.loc[name, "estimate"] == pytest.approx(-base.loc[name, "estimate"])
    dropped = found[found["variation"] == "without consistency across surveys"]
    assert "national.consistency_across_surveys" not in set(dropped["name"])
    words = said_conflicts(told.reset_index(), found, 0.05)
    for about in told.index[told["matters"] == "yes"]:
        assert about in words
    acute = "acute trusts only"
    one = told.reset_index().iloc[[0]].assign(about="A", variation=acute, matters="yes")
    rows = found[found["variation"] == "as declared"]
    moved = rows.assign(variation=acute, crosses="yes", n=rows["n"] - 2)
    assert "with: A." in said_conflicts(one, pd.concat([rows, moved.assign(n=rows["n"])]), 0.05)
    assert "A (on" in said_conflicts(one, pd.concat([rows, moved]), 0.05)
    joined = varied(MATERIAL, Variation(bands=(("low", "medium"), ("high",))))
    assert sorted(joined.engagement.dropna().unique()) == [1, 2]


# --- the sites ------------------------------------------------------------------------------------


def test_profiles_and_who_is_ahead_are_counts():
    sites = profiles(MATERIAL, PLAN)
    own = sites[sites["measure"] == "job_satisfaction"].set_index("site")
    levels = MATERIAL.values["national.job_satisfaction"]
    for site in levels.index:
        assert own.loc[site, "better"] == sum(levels > levels[site])
        assert own.loc[site, "same"] == sum(levels == levels[site]) - 1
    told = ahead(MATERIAL, PLAN)
    for row in told.to_dict("records"):
        assert row["better"] + row["same"] + row["worse"] == row["measures"]
        assert not (row["first_ahead"] == row["second_ahead"] == "yes")
    bands = by_band(MATERIAL, BY)
    for measure, rows in bands.groupby("measure"):
        if (rows["source"].nunique()) > 1:
            continue
        full = f"{rows['source'].iloc[0]}.{measure}"
        row = PAIRS[
            (PAIRS["sample"] == "all")
            & (PAIRS["coefficient"] == "Jonckheere-Terpstra J")
            & (PAIRS["source"] + "." + PAIRS["measure"] == full)
        ].iloc[0]
        if not math.isnan(row["estimate"]):
            assert rows["agree"].sum() + rows["equal"].sum() / 2 == row["estimate"]


# --- another study: other names, scores instead of bands, no structure, one source ---------------

OTHER_SCALES = load_rating_scales(
    {
        "wards": {
            "falls": {"label": "Falls", "low": 0, "high": 50, "best": "low"},
            "stars": {
                "label": "Stars",
                "levels": ["none", "one", "two"],
                "not_applicable": ["n/a"],
            },
        }
    }
)
OTHER = {
    "engagement": {
        "label": "Score",
        "levels": ["low", "medium", "high"],
        "scored": {"scale": "index", "column": "score", "band": "band"},
    },
    "sources": {"own": {"file": "wards", "label": "Ward record"}},
    "strata": "",
    "shown": [],
    "counterparts": [],
    "structures": [],
    "tests": dict(DECLARED["tests"]) | {"draws": 100, "smallest_n": 4},
}


def other_study(n=7):
    plan = read_triangulation(OTHER, OTHER_SCALES)
    names = [f"Ward {i}" for i in range(n)]
    standings = pd.DataFrame(
        {
            "site": [*names, "", names[0]],
            "group": [""] * (n + 1) + ["Night"],
            "scale": "index",
            "score": [*map(str, range(60, 60 + n)), "61", "70"],
            "band": "low",
            "evidence": "study",
        }
    )
    wards = pd.DataFrame(
        {
            "site": names,
            "falls": [float(40 - 3 * i) for i in range(n)],
            "stars": ["one", "n/a", *(["two", "none", "one"] * n)][:n],
        }
    )
    engagement = engagement_scored(standings, plan)
    classes = {"wards": EvidenceClass.STUDY}
    material = gather({"wards": wards}, OTHER_SCALES, plan, engagement, classes)
    return material, Settings(plan, 0.05, 0.95, 200, 1)


def test_a_study_with_other_measures_goes_through_by_configuration_alone(tmp_path):
    material, by = other_study()
    found = triangulate(material, by)
    falls = found["pairs"].query("measure == 'falls' and coefficient == @KENDALL").iloc[0]
    # Fewer falls are better, and the more engaged wards have fewer: perfect agreement.
    assert falls["estimate"] == 1
    assert falls["p_greater"] == pytest.approx(1 / math.factorial(7))
    assert set(found["pairs"]["evidence"]) == {"study"}
    assert found["structure"].empty
    assert found["strengths"].empty
    assert found["conflicts"].empty
    classes = found["says"].set_index("about")["evidence"]
    assert classes["single measures"] == "study"
    # The power of the tests rests on draws from a model.
    assert classes["what could be shown"] == "simulated"
    freer = found["overall"].copy()
    freer.loc[freer.index[-1], "evidence"] = "study"
    freer = pd.concat([freer, freer.assign(evidence="simulated")])
    whole = {"pairs": engagement_pairs(material, by), "overall": freer}
    told = all_said({**found, **whole}, by, material.labels).set_index("about")
    assert told.loc["measures together", "evidence"] == "simulated"
    for name, table in found.items():
        assert table.columns[-1] == "evidence", name
    drawn = draw_profiles(found["sites"], material.shown, by.plan)
    assert "7 organisations on 3 measures" in drawn.title
    assert draw_triangulation(found["matrix"], material.labels, by.plan, 0.05).alt


def test_the_same_seed_gives_the_same_tables():
    material, by = other_study(5)
    first, second = (triangulate(material, by) for _ in range(2))
    for name, table in first.items():
        pd.testing.assert_frame_equal(table, second[name])


def test_a_long_list_of_organisations_is_drawn_in_parts():
    material, by = other_study(13)
    figure = draw_profiles(profiles(material, by.plan), material.shown, by.plan)
    shown = {t.get_text() for t in figure.drawing.texts}
    assert {f"Ward {i}" for i in range(13)} <= {t.replace("\n", " ") for t in shown}


# --- pictures -------------------------------------------------------------------------------------


def test_every_level_and_what_does_not_apply_is_written_in_the_chart():
    sites = profiles(MATERIAL, PLAN)
    figure = draw_profiles(sites, MATERIAL.shown, PLAN)
    shown = [t.get_text().replace("\n", " ") for axes in figure.drawing.axes for t in axes.texts]
    expected = [
        row["text"]
        if row["known"] == "yes"
        else "does not apply"
        if row["known"] == "does not apply"
        else "not known"
        for row in sites.to_dict("records")
    ]
    assert sorted(shown) == sorted(expected)
    assert len(figure.data) == len(sites)
    for site in MATERIAL.values.index:
        assert f"{site} (" in figure.alt


# --- bad input ------------------------------------------------------------------------------------


def problems_of(change):
    content = copy.deepcopy(DECLARED)
    change(content)
    with pytest.raises(ProblemsFound) as found:
        read_triangulation(content, SCALES, file="ours.yaml")
    assert all(p.file == "ours.yaml" for p in found.value.problems)
    return " | ".join(p.what for p in found.value.problems)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.pop("tests"), "the key 'tests' is missing"),
        (lambda c: c.update(source={}), "the key 'source' is not known"),
        (lambda c: c["counterparts"].append(["national", "national.nothing"]), "is no measure"),
        (lambda c: c["sources"]["national"].update(file="nowhere"), "'nowhere' has no ratings"),
        (lambda c: c["tests"].update(power=80), "out of range"),
        (lambda c: c["tests"].update(coefficient="pearson"), "only kendall is known"),
        (lambda c: c["tests"].pop("tail"), "an entry has not the form"),
        (lambda c: c["structures"][0].update(kind="colour"), "another kind"),
        (lambda c: c["variations"].update(x={"bands": ["low", "high"]}), "other bands"),
        (lambda c: c["variations"].update(x={"drops": []}), "the key 'drops' is not known"),
        (lambda c: c["conflicts"][0].update(variation="none such"), "there is no variation"),
        (
            lambda c: c["variations"].update(
                x={"levels": {"national.quality_of_services": ["Weak", "Good"]}}
            ),
            "other levels",
        ),
    ],
)
def test_what_is_wrong_with_the_declaration_is_told(change, says):
    assert says in problems_of(change)


def test_all_problems_are_told_at_once():
    def change(content):
        content["tests"]["power"] = 2
        content["counterparts"].append(["national", "nothing"])

    assert problems_of(change).count("|") == 1


def test_printed_bands_that_cannot_be_used_are_told():
    wrong = STATEMENTS.copy()
    rows = (wrong["kind"] == "band") & (wrong["section"] == "6.5")
    wrong.loc[rows & (wrong["site"] == "B"), "value"] = "huge"
    twice = pd.concat([wrong, STATEMENTS[rows & (STATEMENTS["site"] == "E")]])
    with pytest.raises(ProblemsFound) as found:
        engagement_printed(twice, PLAN, "engagement.csv")
    assert {p.value or p.what.split()[1] for p in found.value.problems} == {"huge", "E"}
    with pytest.raises(ProblemsFound, match="no statement"):
        engagement_printed(STATEMENTS.iloc[:0], PLAN, "engagement.csv")
    with pytest.raises(ProblemsFound, match="no site has"):
        engagement_scored(
            pd.DataFrame(columns=["site", "group", "scale", "score", "band", "evidence"]), PLAN
        )


# --- what could be shown stands by itself --------------------------------------------------------


def test_power_stands_apart_from_exact_tests_and_loses_nothing():
    pairs, structure = engagement_pairs(MATERIAL, BY), structure_tests(MATERIAL, BY)
    found = power_apart(pairs, structure)
    power = found["power"]
    assert set(power["evidence"]) == {"simulated"}
    for name, whole in (("pairs", pairs), ("structure", structure)):
        assert not set(POWER) & set(found[name].columns)
        assert list(found[name].columns)[-1] == "evidence"
        assert set(whole.columns) - set(found[name].columns) <= set(POWER)
    # Every test with any power has its row, under the name that tells the test.
    asked = structure[structure["power_at_most"].notna()]
    keys = ["sample", "variable", "measure"]
    back = asked[keys].merge(power, on=keys, how="left", validate="one_to_one")
    assert back["power_at_most"].tolist() == asked["power_at_most"].tolist()
    own = power[power["variable"] == ""]
    judged = pairs[pairs["power_at_most"].notna()]
    assert own["measure"].tolist() == (judged["source"] + "." + judged["measure"]).tolist()
    assert len(own) + len(asked) == len(power)


def test_a_step_without_any_test_still_has_its_tables():
    empty = pd.DataFrame(columns=["evidence"])
    found = power_apart(empty, empty)
    assert {name: len(t) for name, t in found.items()} == {"pairs": 0, "structure": 0, "power": 0}
    assert list(found["power"].columns)[-1] == "evidence"
