"""Figures of engagement: look, bytes, another scale with other sites, wrong declarations."""

import copy
import dataclasses

import matplotlib
import numpy as np
import pandas as pd
import pytest
from engagement_world import (
    own_instrument,
    own_plan,
    own_results,
    parsed,
    scored,
    texts,
    through_files,
    words,
)

from medlead.engagement.instrument import load_instrument
from medlead.evidence import EvidenceClass
from medlead.present import style
from medlead.present.engagement_declared import load_engagement_figures
from medlead.present.engagement_figures import draw_engagement
from medlead.present.engagement_topic import band_range, chance_text, tree
from medlead.present.style import write_figure
from medlead.sources.messages import ProblemsFound

FIGURES = [f["figure"] for f in parsed("engagement_figures.yaml")["figures"]]
STUDY = EvidenceClass.STUDY


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return own_results(tmp_path_factory.mktemp("engagement"))


@pytest.fixture(scope="module")
def drawn(results):
    return dict(draw_engagement(own_plan(), results, results.evidence))


def meeting(figure):
    """Texts that leave the page, and pairs that cover each other."""
    with style.style():
        figure.drawing.draw_without_rendering()
        shown = texts(figure)
        x0, y0, x1, y1 = np.array([t.get_window_extent().extents for t in shown]).T
    wide, high = figure.drawing.bbox.size
    outside = (x0 < 0) | (y0 < 0) | (x1 > wide) | (y1 > high)
    apart = (x1[:, None] <= x0 + 2) | (y1[:, None] <= y0 + 2)
    both = ~(apart | apart.T) & ~np.eye(len(shown), dtype=bool)
    return [shown[i].get_text() for i in np.flatnonzero(outside)] + [
        (shown[i].get_text(), shown[j].get_text()) for i, j in np.argwhere(both)
    ]


@pytest.mark.parametrize("item", FIGURES)
def test_nothing_written_leaves_the_page_or_covers_another(drawn, item):
    assert meeting(drawn[item]) == []
    width, height = drawn[item].drawing.get_size_inches()
    assert width == pytest.approx(170 / 25.4)
    assert height < 257 / 25.4


def test_what_is_written_in_a_cell_stays_in_it(drawn):
    for item in ("figure-33", "figure-68", "figure-82"):
        figure = drawn[item]
        with style.style():
            figure.drawing.draw_without_rendering()
            found = figure.drawing.findobj(matplotlib.patches.Rectangle)
            boxes = [p.get_window_extent() for p in found]
            cells = [b for b in boxes if b.width > 60 and 30 < b.height < 120]
            inside = 0
            for text in texts(figure):
                box = text.get_window_extent()
                x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
                for cell in cells:
                    if cell.x0 < x < cell.x1 and cell.y0 < y < cell.y1:
                        inside += 1
                        assert cell.x0 <= box.x0, text.get_text()
                        assert box.x1 <= cell.x1, text.get_text()
                        assert cell.y0 <= box.y0 + 3, text.get_text()
                        assert box.y1 - 3 <= cell.y1, text.get_text()
        assert inside >= 60


def test_all_sites_are_drawn_alike(drawn):
    kinds = {}
    for given in own_plan().figures:
        if given.site:
            said = [t.get_text() for t in texts(drawn[given.figure])]
            kinds.setdefault((given.kind, given.map), []).append(said)
    for of_one_kind in kinds.values():
        assert len(of_one_kind) == 7
        common = set.intersection(*map(set, of_one_kind))
        assert own_plan().warnings["simulated"] in {" ".join(t.split()) for t in common}
        assert len(common) > 8


def test_a_band_and_a_category_are_told_by_more_than_colour():
    plan = own_plan()
    looks = list(plan.bands.values())
    assert len({look.letter for look in looks}) == len(looks)
    assert len({look.hatch for look in looks}) == len(looks)
    sides = {c.side: plan.categories[c.label].hatch for c in plan.instrument.categories}
    assert len(set(sides.values())) == len(sides)
    colours = [look.colour for look in plan.categories.values()]
    assert len(set(colours)) == len(colours)
    assert plan.components["organisational"].hatch != plan.components["individual"].hatch


@pytest.mark.parametrize("item", ["figure-33", "figure-34", "figure-37", "figure-42", "figure-43"])
def test_the_same_bytes_twice(tmp_path, results, item):
    chosen = tuple(f for f in own_plan().figures if f.figure == item)
    one = dataclasses.replace(own_plan(), figures=chosen)
    for folder, odd in (("a", {}), ("b", {"font.family": "serif", "hatch.linewidth": 5})):
        with matplotlib.rc_context(odd):
            for name, figure in draw_engagement(one, results, results.evidence):
                write_figure(figure, tmp_path / folder, name)
    for suffix in ("svg", "png", "csv", "txt"):
        first = (tmp_path / "a" / f"{item}.{suffix}").read_bytes()
        assert first
        assert first == (tmp_path / "b" / f"{item}.{suffix}").read_bytes()


# --- another scale, other sites -------------------------------------------------------------------


def other_scale():
    """The scale with four bands, no neutral category, two maps, and places from three doctors."""
    given = copy.deepcopy(parsed("mes.yaml"))
    given["bands"] = [
        {"band": "poor", "to": 25, "includes_end": False},
        {"band": "fair", "to": 50, "includes_end": True},
        {"band": "good", "to": 75, "includes_end": False},
        {"band": "great"},
    ]
    given["typology"]["maps"] = given["typology"]["maps"][:2]
    given["groups"]["place_from"] = 3
    section_b = given["section_b"]
    section_b["categories"] = [c for c in section_b["categories"] if c["side"] != "neither"]
    for place, category in enumerate(section_b["categories"], 1):
        category["value"] = place
    return load_instrument(given)


def plan_of(instrument, figures):
    return load_engagement_figures(
        {"titles": {k: k for k in KINDS}, "figures": figures}, instrument
    )


KINDS = ("overview", "hierarchy", "components", "map", "answers", "model", "tree", "grid")
WARD = "A ward with a remarkably long name, nights and weekends"


@pytest.fixture(scope="module")
def hospitals(tmp_path_factory):
    """Twelve sites; one of ten groups, among them one of a single doctor and one without scores."""
    instrument = other_scale()
    random = np.random.default_rng(1)
    groups = [("North", f"Ward {i}") for i in range(8) for _ in range(4)]
    groups += [("North", WARD)] * 6 + [("North", "Single")] + [("North", "Silent")] * 4
    groups += [(f"Town {i}", "All") for i in range(11) for _ in range(5)]
    table = pd.DataFrame(groups, columns=["site", "group"])
    table.insert(0, "respondent", [f"R{i}" for i in range(len(table))])
    for item in instrument.item_names:
        table[item] = random.integers(1, 6, len(table)).astype(str)
    # Half of one ward left out the second sub-scale: fewer scores than respondents.
    table.loc[table["group"].eq("Ward 0") & (table.index % 4 == 0), ["q06", "q07", "q08"]] = ""
    table.loc[table["group"] == "Silent", list(instrument.item_names)] = ""
    for statement in instrument.statements:
        table[statement] = random.integers(1, 5, len(table)).astype(str)
    table.loc[table["group"] == "Silent", list(instrument.statements)] = ""
    norm = random.integers(1, 6, (len(instrument.items), 400)).astype(np.uint8)
    folder = tmp_path_factory.mktemp("hospitals")
    return through_files(scored(table, norm, instrument, ("Empty",)), folder, "study")


def test_another_study_draws_by_declaration_alone(hospitals):
    figures = [
        {"figure": kind, "kind": kind}
        | ({"site": "North"} if kind in ("hierarchy", "components", "map", "answers") else {})
        | ({"map": "meta-1"} if kind == "components" else {})
        for kind in KINDS
    ]
    plan = plan_of(other_scale(), figures)
    assert hospitals.evidence is STUDY
    made = dict(draw_engagement(plan, hospitals, hospitals.evidence))
    assert list(made) == list(KINDS)
    for kind, figure in made.items():
        assert meeting(figure) == [], kind
        assert "simulated" not in words(figure) + figure.alt
    for kind in ("hierarchy", "components", "map", "answers"):
        said = words(made[kind])
        assert WARD in " ".join(said.split())
        assert "Ward 7" in said
        assert "Silent" in said
        assert made[kind].evidence is STUDY
    assert "Town 10" in words(made["overview"])
    assert "no responses" in words(made["overview"])
    assert "great (75 or more)" in words(made["overview"])
    assert "too few to place: fewer than 3" in words(made["hierarchy"])
    assert "no scores" in words(made["hierarchy"])
    assert "neither" not in words(made["answers"])
    cells = [t.get_text() for t in texts(made["hierarchy"])]
    assert "n = 3" in cells
    assert len([a for a in made["map"].drawing.axes if a.get_xlim() == (0, 100)]) == 2


def test_a_site_that_is_not_there_is_named(results):
    for wanted, says in (("Z", "name a site"), ("a", "did you mean 'A'")):
        plan = plan_of(own_instrument(), [{"figure": "x", "kind": "map", "site": wanted}])
        with pytest.raises(ProblemsFound) as found:
            dict(draw_engagement(plan, results, results.evidence))
        assert f"the site '{wanted}' is not among the responses" in str(found.value)
        assert says in str(found.value)


def test_a_site_without_responses_can_be_asked_for(results):
    kinds = ("hierarchy", "components", "map", "answers")
    figures = [
        {"figure": k, "kind": k, "site": "F"} | ({"map": "index"} if k == "components" else {})
        for k in kinds
    ]
    made = dict(draw_engagement(plan_of(own_instrument(), figures), results, results.evidence))
    for figure in made.values():
        assert "no responses" in words(figure)
        assert meeting(figure) == []


# --- declarations and words ----------------------------------------------------------------------


GOOD = {"figure": "x", "kind": "components", "site": "A", "map": "index", "title": "x"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"knd": 1}, "did you mean 'kind'"),
        ({"kind": "maps"}, "did you mean 'map'"),
        ({"map": "meta1"}, "did you mean 'meta-1'"),
        ({"map": ""}, "the key 'map' is missing"),
        ({"site": ""}, "the key 'site' is missing"),
        ({"title": ""}, "there is no title"),
        ({"kind": "tree"}, "the key 'site' is not known"),
    ],
)
def test_wrong_declarations_are_named(change, says):
    load_engagement_figures({"figures": [GOOD]}, own_instrument())
    with pytest.raises(ProblemsFound) as found:
        load_engagement_figures({"figures": [GOOD | change]}, own_instrument())
    assert says in str(found.value)


def test_all_faults_of_a_declaration_are_told_at_once():
    wrong = {
        "figures": [GOOD, GOOD, GOOD | {"figure": "y", "map": "nothing"}],
        "looks": {"bands": {"hgh": {}}, "sides": {"agreed": {}}, "band": {}},
        "words": {"quadrants": {"frustated": "x"}, "model": {"high": "x"}},
        "title": {},
        "titles": {"mapp": "x"},
    }
    with pytest.raises(ProblemsFound) as found:
        load_engagement_figures(wrong, own_instrument())
    assert len(found.value.problems) == 9


def test_titles_name_site_and_scale():
    given = parsed("engagement_figures.yaml") | {"titles": {"components": "{scale} at {site}"}}
    plan = load_engagement_figures(given | {"figures": [GOOD | {"title": None}]}, own_instrument())
    assert plan.figures[0].title == "Medical Engagement Index at A"


def test_bands_are_told_with_their_ends():
    bands = own_instrument().bands
    told = [band_range(bands, place) for place in range(3)]
    assert told == ["50 or less", "above 50, below 60", "60 or more"]
    bands = other_scale().bands
    told = [band_range(bands, place) for place in range(4)]
    assert told == ["below 25", "25 or more, 50 or less", "above 50, below 75", "75 or more"]


@pytest.mark.parametrize(
    ("chance", "text"),
    [(0.0, "<1 %"), (0.0049, "<1 %"), (0.012, "1 %"), (0.994, "99 %"), (1.0, ">99 %")],
)
def test_no_probability_is_shown_as_certain(chance, text):
    assert chance_text(chance) == text
    assert chance_text(float("nan")) == ""


def test_the_tree_has_the_ten_scales_and_no_component():
    rows = tree(own_instrument())
    assert [depth for depth, _ in rows] == [0, 1, 2, 2, 1, 2, 2, 1, 2, 2]
    assert [s.name for _, s in rows if s.kind == "both"] == ["index", "meta-1", "meta-2", "meta-3"]
    assert not [s for _, s in rows if s.level == "component"]
