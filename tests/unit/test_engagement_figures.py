"""Figures 32 to 88: what is drawn is what was scored, and everything that was scored is there."""

import math
import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
from engagement_world import (
    PUBLISHED,
    SILENT,
    own_instrument,
    own_plan,
    own_results,
    parsed,
    raw,
    texts,
    words,
)

from medlead.evidence import EvidenceClass
from medlead.present import style
from medlead.present.engagement_declared import KINDS
from medlead.present.engagement_figures import draw_engagement
from medlead.present.engagement_topic import chance_text
from medlead.writing import read_csv

DECLARED = {f["figure"]: f for f in parsed("engagement_figures.yaml")["figures"]}
PARTS = {
    "meta-1": ("sub-1", "sub-2"),
    "meta-2": ("sub-3", "sub-4"),
    "meta-3": ("sub-5", "sub-6"),
    "index": ("meta-1", "meta-2", "meta-3"),
    "organisational": ("sub-1", "sub-3", "sub-5"),
    "individual": ("sub-2", "sub-4", "sub-6"),
}


def of_kind(*kinds):
    return [name for name, given in DECLARED.items() if given["kind"] in kinds]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return own_results(tmp_path_factory.mktemp("engagement"))


@pytest.fixture(scope="module")
def drawn(results):
    return dict(draw_engagement(own_plan(), results, results.evidence))


def items_of(scale):
    """The items of a scale, read from the definition file alone."""
    if scale in PARTS:
        return [item for part in PARTS[scale] for item in items_of(part)]
    return next(s["items"] for s in parsed("mes.yaml")["scales"] if s["scale"] == scale)


@pytest.fixture(scope="module")
def ranked():
    """Each doctor's percentile on each scale, from sums of answers, without the engine.

    No answer is missing, so ranks of sums are ranks of means.
    """
    answers, norms = raw("mes_responses"), raw("mes_norms")
    table = answers[["site", "group"]].copy()
    for scale in [s["scale"] for s in parsed("mes.yaml")["scales"]]:
        columns = items_of(scale)
        own = answers[columns].astype(int).sum(axis=1).to_numpy()
        norm = norms[columns].astype(int).sum(axis=1).to_numpy()
        below = (norm[None, :] < own[:, None]).mean(axis=1)
        upto = (norm[None, :] <= own[:, None]).mean(axis=1)
        table[scale] = 50 * (below + upto)
    return table


def members(table, row):
    chosen = table["site"] == row["site"]
    return table[chosen & ((table["group"] == row["group"]) | (row["group"] == ""))]


# --- which figures -------------------------------------------------------------------------------


def test_every_figure_of_the_register_is_drawn_with_its_class(drawn):
    register = read_csv(PUBLISHED / "items.csv")
    number = register["item"].str.extract(r"^figure-(\d\d)$")[0].astype(float)
    wanted = register[number.between(32, 88)]
    assert list(drawn) == list(wanted["item"])
    assert {i: str(f.evidence) for i, f in drawn.items()} == dict(
        zip(wanted["item"], wanted["evidence"], strict=True)
    )
    assert {f["kind"] for f in DECLARED.values()} == set(KINDS)


def test_every_figure_draws_what_the_register_says_it_shows():
    register = read_csv(PUBLISHED / "items.csv").set_index("item")["title"]
    kinds = {
        "Percentile results": "hierarchy",
        "Organisation and person": "components",
        "Groups placed": "map",
        "Answers to": "answers",
        "Engagement levels of the sites": "overview",
        "Tree of": "tree",
        "Four-type": "grid",
        "Engagement model": "model",
    }
    for item, given in DECLARED.items():
        title = register[item]
        assert given["kind"] == next(k for start, k in kinds.items() if title.startswith(start))
        if given["kind"] in ("tree", "grid", "model", "overview"):
            continue
        assert title.endswith(f"site {given['site']}")
        if given["kind"] == "components":
            meta = re.search(r"meta-scale (\d)", title)
            assert given["map"] == (f"meta-{meta[1]}" if meta else "index")


# --- what is drawn -------------------------------------------------------------------------------


@pytest.mark.parametrize("item", of_kind("overview", "hierarchy", "components"))
def test_percentiles_and_bands_are_those_of_the_answers(drawn, ranked, item):
    data = drawn[item].data
    assert len(data) > 0
    for row in data.to_dict("records"):
        mine = members(ranked, row)[row["scale"]]
        assert int(row["n"]) == len(mine)
        if not len(mine):
            assert row["site"] in SILENT
            assert row["value"] == row["label"] == ""
            continue
        percentile = mine.mean()
        assert float(row["value"]) == pytest.approx(percentile, abs=1e-6)
        band = "low" if percentile <= 50 else "high" if percentile >= 60 else "medium"
        assert row["label"] == (band if len(mine) >= 5 else "")
        assert row["note"] == ("" if len(mine) >= 5 else "too few to place")
        assert (row["low"] == "") == (mine.nunique() == 1)
        if row["low"]:
            assert 0 <= float(row["low"]) < percentile < float(row["high"]) <= 100


@pytest.mark.parametrize("item", of_kind("hierarchy", "overview"))
def test_every_cell_is_written(drawn, item):
    figure = drawn[item]
    shown = [t.get_text() for t in texts(figure)]
    wide = DECLARED[item]["kind"] == "hierarchy"
    for row in figure.data.to_dict("records"):
        if row["value"] == "":
            continue
        number = f"{float(row['value']):.0f}"
        if number in ("50", "60") and float(row["value"]) != float(number):
            number = f"{float(row['value']):.1f}"
        low, high = (float(row[end] or "nan") for end in ("low", "high"))
        ends = f"{math.floor(low)}–{math.ceil(high)}" if row["low"] else "no interval"
        if not row["label"]:
            assert f"({number})" in shown
            assert ends in shown
            assert shown.count("too few") >= 1
        elif wide:
            assert number in shown
            assert row["label"] in shown
            assert f"{ends} · {chance_text(float(row['probability']))}" in shown
        else:
            assert f"{number} {row['label'][0].upper()}" in shown
            assert {ends, chance_text(float(row["probability"]))} <= set(shown)
    few = figure.data["note"].eq("too few to place").sum()
    assert shown.count("too few") == few
    numbers = figure.data.loc[figure.data["value"] != "", "value"].astype(float)
    for value in numbers:
        assert re.search(rf"\b{value:.0f}\b", figure.alt)


@pytest.mark.parametrize("item", of_kind("hierarchy", "components", "map", "answers"))
def test_every_group_stands_there_with_its_number(drawn, item):
    figure, site = drawn[item], DECLARED[item]["site"]
    answers = raw("mes_responses")
    sizes = answers[answers["site"] == site].groupby("group").size().to_dict()
    said = words(figure)
    for group, n in sizes.items():
        assert " ".join(group.split()) in said
        assert group in figure.alt
        # In a table the number has a column of its own.
        sized = f"n = {n}" if DECLARED[item]["kind"] in ("hierarchy", "components") else f"{n}"
        assert sized in said if " " in sized else sized in [t.get_text() for t in texts(figure)]
    assert "Whole site" in said
    kind = DECLARED[item]["kind"]
    if kind != "answers":
        assert ("too few to place" in figure.alt) == (min(sizes.values()) < 5)
        assert "too few to place" in said or min(sizes.values()) >= 5
    else:
        assert [t.get_text() for t in texts(figure)].count(str(min(sizes.values()))) >= 5


@pytest.mark.parametrize("item", of_kind("components"))
def test_bars_are_as_long_as_the_percentiles(drawn, item):
    figure = drawn[item]
    axes = max(figure.drawing.axes, key=lambda a: len(a.patches))
    ground = len(own_instrument().bands)
    bars = axes.patches[ground:]
    rows = figure.data.to_dict("records")
    assert [b.get_width() for b in bars] == pytest.approx([float(r["value"]) for r in rows])
    for bar, row in zip(bars, rows, strict=True):
        hollow = matplotlib.colors.to_hex(bar.get_facecolor()) == "#ffffff"
        assert hollow == (row["note"] == "too few to place")
    hatches = {bool(b.get_hatch()) for b, r in zip(bars, rows, strict=True) if not r["note"]}
    assert hatches in ({True, False}, set())
    lines = [line for line in axes.lines if line.get_color() == style.INK]
    spans = [tuple(line.get_xdata()) for line in lines if len(set(line.get_ydata())) == 1]
    wanted = [(float(r["low"]), float(r["high"])) for r in rows if r["low"]]
    assert np.allclose(spans, wanted)


@pytest.mark.parametrize("item", of_kind("map"))
def test_points_stand_where_both_percentiles_are(drawn, ranked, item):
    figure = drawn[item]
    maps = {m.name: m for m in own_instrument().typology.maps}
    panels = [a for a in figure.drawing.axes if a.get_xlim() == (0, 100)]
    assert len(panels) == len(maps)
    said = words(figure)
    data = figure.data
    for axes, (name, chosen) in zip(panels, maps.items(), strict=True):
        points = [line for line in axes.lines if line.get_marker() not in (None, "None", "")]
        places = {(float(p.get_xdata()[0]), float(p.get_ydata()[0])): p for p in points}
        mine = data[data["scale"] == name]
        assert len(points) == len(mine) / 2
        for _, pair in mine.groupby("group", sort=False):
            o, i = pair["value"].astype(float)
            row = pair.iloc[0]
            doctors = members(ranked, row)
            assert o == pytest.approx(doctors[chosen.organisational].mean(), abs=1e-6)
            assert i == pytest.approx(doctors[chosen.individual].mean(), abs=1e-6)
            named = {
                (True, True): "empowered",
                (False, True): "frustrated",
                (True, False): "reluctant",
                (False, False): "indifferent",
            }[o > 50, i > 50]
            point = places[o, i]
            hollow = matplotlib.colors.to_hex(point.get_markerfacecolor()) == "#ffffff"
            if len(doctors) < 5:
                assert hollow
                assert row["label"] == row["probability"] == ""
                assert f"({named})" in said
            else:
                assert not hollow
                assert row["label"] == named
                sure = chance_text(float(row["probability"]))
                assert f"{named} {sure}" in said
                assert f"organisational {o:.0f}, individual {i:.0f}, {named}, " in figure.alt


@pytest.mark.parametrize("item", of_kind("map"))
def test_the_mark_of_a_site_covers_no_group(drawn, item):
    for axes in (a for a in drawn[item].drawing.axes if a.get_xlim() == (0, 100)):
        points = [line for line in axes.lines if line.get_marker() not in (None, "None", "")]
        stars = {p.get_zorder() for p in points if p.get_marker() == "*"}
        others = {p.get_zorder() for p in points if p.get_marker() != "*"}
        assert max(stars) < min(others)


@pytest.mark.parametrize("item", of_kind("answers"))
def test_answers_are_those_of_the_file_and_unused_categories_keep_their_place(drawn, item):
    figure = drawn[item]
    answers = raw("mes_responses")
    categories = [c.label for c in own_instrument().categories]
    widths = [p.get_width() for a in figure.drawing.axes for p in a.patches]
    rows = figure.data.to_dict("records")
    assert np.allclose(widths, [float(r["value"]) for r in rows if float(r["value"])])
    # The numbers of the axis stand on base lines, those of the table amid their rows.
    found = [t for t in texts(figure) if t.get_va() == "center_baseline"]
    shown = [t for t in found if re.fullmatch(r"\d+", t.get_text())]
    columns = sorted({round(t.get_position()[0], 6) for t in shown if t.get_ha() == "center"})
    assert len(columns) == len(categories)
    for row in rows:
        mine = members(answers, row)[row["scale"]].astype(int)
        count = int((mine == categories.index(row["level"]) + 1).sum())
        assert int(row["label"]) == count
        assert float(row["value"]) == pytest.approx(100 * count / len(mine))
    for place, category in enumerate(categories):
        column = [t for t in shown if np.isclose(t.get_position()[0], columns[place], atol=1e-5)]
        wanted = [int(float(r["value"]) + 0.5) for r in rows if r["level"] == category]
        assert [int(t.get_text()) for t in column] == wanted
    empty = [r for r in rows if r["label"] == "0"]
    assert empty
    assert all(f" {r['level']}" in figure.alt for r in empty)


# --- what stands beside it -----------------------------------------------------------------------


def test_simulated_pictures_carry_badge_and_warning(drawn):
    warning = own_plan().warnings["simulated"]
    for figure in drawn.values():
        simulated = figure.evidence is EvidenceClass.SIMULATED
        assert (warning in words(figure)) == simulated
        assert (warning in figure.alt) == simulated
        badge = next(t for t in texts(figure) if t.get_gid() == style.BADGE_ID)
        assert str(figure.evidence) in badge.get_text()
        assert set(figure.data["evidence"]) == {str(figure.evidence)}


@pytest.mark.parametrize(
    ("kind", "topics"),
    [
        ("overview", ("scores", "percentiles", "bands", "groups")),
        ("hierarchy", ("scores", "percentiles", "bands", "groups")),
        ("components", ("scores", "percentiles", "bands", "groups")),
        ("map", ("scores", "percentiles", "typology", "groups")),
        ("answers", ("section-b",)),
    ],
)
def test_what_is_assumed_is_named_in_the_picture(drawn, kind, topics):
    for item in of_kind(kind):
        for assumption in own_instrument().assumed_for(*topics):
            assert assumption.name.replace("-", " ") in words(drawn[item])


def test_sites_without_responses_stand_as_such(drawn):
    (item,) = of_kind("overview")
    figure = drawn[item]
    shown = [t.get_text() for t in texts(figure)]
    assert shown.count("no responses") == len(SILENT)
    assert f"Site {SILENT[0]}, Site {SILENT[1]}: no responses." in figure.alt
    assert list(pd.unique(figure.data["site"])) == list("ABCDEFGHI")


def test_diagrams_name_all_scales_sides_and_types(drawn):
    instrument = own_instrument()
    for item in of_kind("tree"):
        for scale in (s for s in instrument.scales if s.level != "component"):
            assert scale.title in words(drawn[item]).replace("\N{NO-BREAK SPACE}", " ")
            assert scale.means in words(drawn[item])
    for item in of_kind("grid"):
        for quadrant in instrument.typology.quadrants:
            assert quadrant.label in words(drawn[item])
            assert own_plan().quadrants[quadrant.label] in words(drawn[item])
    for item in of_kind("model"):
        for corner in own_plan().corners.values():
            assert corner in words(drawn[item])
        for scale in (s for s in instrument.scales if s.level == "sub"):
            assert scale.title in words(drawn[item]).replace("\N{NO-BREAK SPACE}", "")


def test_the_types_stand_in_their_fields(drawn):
    places = {}
    for item in of_kind("grid"):
        for text in texts(drawn[item]):
            places[text.get_text()] = text.get_position()
    across = {name: places[name][0] for name in own_plan().quadrants}
    up = {name: places[name][1] for name in own_plan().quadrants}
    for quadrant in own_instrument().typology.quadrants:
        for other in own_instrument().typology.quadrants:
            if quadrant.organisational and not other.organisational:
                assert across[quadrant.label] > across[other.label]
            if quadrant.individual and not other.individual:
                assert up[quadrant.label] > up[other.label]
