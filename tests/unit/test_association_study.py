"""A study's own file and options: what is read, what is refused, and what comes of it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from medlead.performance.association_options import load_association_options
from medlead.performance.intake import performance_columns, read_performance
from medlead.performance.study import organisations, study_results, told
from medlead.ratings import load_rating_scales
from medlead.sources.messages import ProblemsFound

INSTRUMENTS = Path(__file__).parents[2] / "config" / "instruments"
SHIPPED = yaml.safe_load((INSTRUMENTS / "associations.yaml").read_text(encoding="utf-8"))
SCALES = load_rating_scales(
    {
        "performance": {
            "quality": {"label": "Quality", "levels": ["Poor", "Fair", "Good"], "missing": [""]},
            "deaths": {
                "label": "Deaths",
                "low": 0,
                "high": 300,
                "best": "low",
                "missing": [""],
                "not_applicable": ["N/A"],
            },
        }
    }
)["performance"]
SETTINGS = {
    "confidence": 0.95,
    "permutations": 99,
    "extreme_group_size": 2,
    "star_thresholds": [0.05, 0.01, 0.001],
}
ROWS = """organisation,type,engaged,quality,deaths
North,Acute,61.5,Good,80
South,Acute,55,Fair,100
East,Acute,48,Poor,N/A
West,Mental,58,Fair,95
Mid,Mental,52,Good,110
Isle,Mental,,Poor,120
"""


def content(**changes):
    own = {**SHIPPED["file"], "scores": {"engaged": {"label": "Engaged", "low": 0, "high": 100}}}
    return {**SHIPPED, "file": own, "bootstrap": 50, **changes}


def options(**changes):
    return load_association_options(content(**changes))


def written(tmp_path, text=ROWS):
    file = tmp_path / "performance.csv"
    file.write_text(text, encoding="utf-8")
    return file


def without(text, name):
    """The file without one of its columns."""
    place = text.splitlines()[0].split(",").index(name)
    rows = [line.split(",") for line in text.splitlines()]
    return "\n".join(",".join(row[:place] + row[place + 1 :]) for row in rows)


def problems(call, *arguments, **more):
    with pytest.raises(ProblemsFound) as found:
        call(*arguments, **more)
    return "\n".join(str(p) for p in found.value.problems)


def test_the_shipped_options_are_read():
    found = load_association_options(SHIPPED)
    assert found.coefficients == ("Pearson", "Spearman", "Kendall tau-b")
    assert found.stars is None
    assert found.type == "type"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"shown": "Pearsn"}, "`shown`"),
        ({"tail": "one-sided"}, "`tail`"),
        ({"bootstrap": -1}, "`bootstrap`"),
        ({"coefficients": ["Pearson", "Pearson"]}, "`coefficients`"),
        ({"adjustment": {"p": "best", "families": "all", "max_t": True}}, "adjustment: p"),
        ({"adjustment": {"p": "analytic", "families": "some", "max_t": True}}, "families"),
        ({"adjustment": {"p": "analytic", "families": {"a": {}}, "max_t": True}}, "neither"),
        ({"adjustment": {"p": "analytic", "families": "all", "max_t": "true"}}, "max_t"),
        ({"adjustment": {"p": "analytic", "families": "all"}}, "'max_t' is missing"),
        ({"stars": {"p": "permutation", "tail": "one-sided"}}, "stars: tail"),
        ({"stars": True}, "whose they are"),
        (
            {"strata": {"smallest": 3, "estimator": "paule-mandel", "hartung_knapp": True}},
            "smallest",
        ),
        ({"strata": {"smallest": 4, "estimator": "reml", "hartung_knapp": True}}, "estimator"),
        (
            {"codings": {"dichotomies": True, "alternatives": {"quality": {"x": {"Poor": "a"}}}}},
            "number for each",
        ),
        ({"engagement": {"standing": "rank", "scales": []}}, "standing"),
        ({"extra": 1}, "unknown key"),
        ({"file": {"organisation": "a", "type": "a", "scores": {}}}, "two meanings"),
        ({"file": {"organisation": "a", "type": "", "scores": {"s": {"low": 1}}}}, "no label"),
    ],
)
def test_wrong_options_are_refused(changes, words):
    assert words in problems(load_association_options, content(**changes))


def test_every_fault_of_the_options_is_told_at_once():
    text = problems(load_association_options, content(shown="x", tail="y", bootstrap="z"))
    assert all(f"`{name}`" in text for name in ("shown", "tail", "bootstrap"))


def test_options_that_do_not_go_with_the_measures_are_refused(tmp_path):
    file = written(tmp_path)
    named = {"p": "analytic", "families": {"a": {"scores": ["engagd"]}}, "max_t": False}
    coding = {
        "dichotomies": False,
        "alternatives": {"quality": {"x": {"Poor": 1}}, "qualty": {"x": {"a": 1}}},
    }
    text = problems(read_performance, file, options(adjustment=named, codings=coding), SCALES)
    assert "did you mean 'engaged'?" in text
    assert "did you mean 'quality'?" in text
    assert "each level a number" in text
    none = {**SHIPPED["file"], "scores": {}}
    assert "no engagement scores" in problems(read_performance, file, options(file=none), SCALES)
    assert "no measures" in problems(read_performance, file, options(), {})
    twice = {**content()["file"], "type": "quality"}
    assert "a measure too" in problems(read_performance, file, options(file=twice), SCALES)


def test_everything_wrong_with_the_file_is_told_at_once(tmp_path):
    text = ROWS.replace("55,Fair,100", "155,Fine,1000").replace("Mid,Mental", "West,")
    told_ = problems(read_performance, written(tmp_path, text), options(), SCALES)
    for place in ("row 3, column 'engaged'", "row 3, column 'quality'", "row 3, column 'deaths'"):
        assert place in told_, told_
    assert "row 6, column 'type'" in told_
    assert "row 6, column 'organisation'" in told_
    text = problems(
        read_performance,
        written(tmp_path, without(ROWS, "engaged")),
        load_association_options(SHIPPED),
        SCALES,
        sites=["North", "South", "East", "West", "Mid", "Isles"],
        engaged=["index"],
    )
    assert "row 7, column 'organisation'" in text
    assert "did you mean 'Isles'?" in text


def test_own_scores_and_measures_are_held_against_each_other(tmp_path):
    chosen = options()
    assert performance_columns(chosen, SCALES) == tuple(ROWS.split("\n")[0].split(","))
    frame = read_performance(written(tmp_path), chosen, SCALES)
    given = organisations(frame, SCALES, chosen, "study")
    # Fewer deaths are better: the number is mirrored.
    assert given.measures["deaths"].tolist()[:2] == [220, 200]
    found = study_results(given, SCALES, chosen, seed=1, settings=SETTINGS)
    names = {"associations", "strata", "strata_summary", "codings", "extremes"}
    assert set(found) == names
    assert all(set(frame["evidence"]) == {"study"} for frame in found.values())
    row = found["associations"].set_index(["measure", "coefficient"]).loc[("deaths", "Pearson")]
    expected = stats.pearsonr([61.5, 55, 58, 52], [-80, -100, -95, -110])
    assert row["estimate"] == pytest.approx(expected.statistic)
    assert (row["n"], row["missing"]) == (4, 2)
    codings = found["codings"].set_index(["coding", "coefficient"])
    assert set(codings.index.get_level_values(0)) == {
        "as declared",
        "at least Fair",
        "at least Good",
    }
    cut = stats.pearsonr([61.5, 55, 48, 58, 52], [1, 0, 0, 0, 1]).statistic
    assert codings.loc[("at least Good", "Pearson"), "estimate"] == pytest.approx(cut)
    extremes = found["extremes"].set_index("measure")
    assert extremes.loc["deaths", ["median_level_top", "median_level_bottom"]].tolist() == [
        "95 to 80",
        "110",
    ]
    assert extremes.loc["quality", "n_top"] == 2
    listed = told(given, SCALES)["organisations"].set_index("organisation")
    assert listed.loc["Isle", "note"] == "no engagement score"
    assert listed.loc["East", "note"] == "1 of 2 measures of performance missing"
    assert listed.loc["North", "note"] == ""


def test_an_alternative_coding_is_that_of_its_numbers(tmp_path):
    numbers = {"Poor": 0, "Fair": 1, "Good": 5}
    coding = {"dichotomies": False, "alternatives": {"quality": {"steep": numbers}}}
    chosen = options(codings=coding)
    frame = read_performance(written(tmp_path), chosen, SCALES)
    given = organisations(frame, SCALES, chosen, "study")
    found = study_results(given, SCALES, chosen, seed=1, settings=SETTINGS)["codings"]
    row = found[(found["coding"] == "steep") & (found["coefficient"] == "Pearson")].iloc[0]
    expected = stats.pearsonr([61.5, 55, 48, 58, 52], [5, 1, 0, 1, 5]).statistic
    assert row["estimate"] == pytest.approx(expected)


def test_groups_that_do_not_fit_and_no_types_are_told(tmp_path):
    chosen = options()
    text = ROWS.replace("Acute", "").replace("Mental", "")
    frame = read_performance(written(tmp_path, text), chosen, SCALES)
    given = organisations(frame, SCALES, chosen, "study")
    assert given.strata is None
    found = study_results(
        given, SCALES, chosen, seed=1, settings=SETTINGS | {"extreme_group_size": 3}
    )
    assert len(found["strata"]) == len(found["strata_summary"]) == 0
    assert "do not fit" in found["extremes"]["note"].iloc[0]
    assert found["strata"].columns[-1] == "evidence"


def test_scores_come_from_the_standings_of_sites(tmp_path):
    chosen = load_association_options(content(file=SHIPPED["file"]))
    text = without(ROWS, "engaged")
    sites = ["North", "South", "East", "West", "Mid", "Isle", "Far"]
    frame = read_performance(
        written(tmp_path, text), chosen, SCALES, sites=sites, engaged=["index", "sub"]
    )
    standings = pd.DataFrame(
        [
            (site, group, scale, str(40 + place + (scale == "sub") * 10), "simulated")
            for place, site in enumerate(["", *sites[:5], "Far"])
            for group in ("", "Surgery")
            for scale in ("index", "sub")
        ],
        columns=["site", "group", "scale", "score", "evidence"],
    )
    titles = {"index": "Index", "sub": "Part"}
    given = organisations(frame, SCALES, chosen, "study", (standings, titles))
    assert given.scores.loc["North"].tolist() == [41, 51]
    assert given.scores.loc["Isle"].isna().all()
    assert given.without_measures == ("Far",)
    assert given.labels["index"] == "Index"
    assert str(given.evidence) == "simulated"
    listed = told(given, SCALES)["organisations"].set_index("organisation")
    assert listed.loc["Far", "note"] == "no measure of performance"
    assert np.isclose(given.scores["sub"] - given.scores["index"], 10, equal_nan=True)[:5].all()
