"""Instruments that have less than the report's: no maps, no Section B, a single scale.

From answers to the page of a study and the report of a site, as a study's own run has them.
"""

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from engagement_world import texts

from medlead.engagement.comments import load_coding_frame, read_codes, theme_counts
from medlead.engagement.instrument import load_instrument
from medlead.engagement.norms import norms_from_items
from medlead.engagement.quality import measure
from medlead.engagement.responses import responses_from
from medlead.engagement.results import SAMPLE, engagement_results, norms_frame
from medlead.evidence import EvidenceClass
from medlead.present import style
from medlead.present.engagement_declared import figures_frame, load_engagement_figures
from medlead.present.engagement_figures import draw_engagement
from medlead.present.engagement_topic import read_results
from medlead.present.notebooks import run_and_render
from medlead.present.study_page import build_study_page
from medlead.present.study_parts import read_engagement_part
from medlead.present.style import write_figure
from medlead.sources.inputs import read_yaml
from medlead.writing import write_csv

ROOT = Path(__file__).parents[2]
INSTRUMENTS = ROOT / "config" / "instruments"
STUDY = EvidenceClass.STUDY
RESULTS = ("doctors", "standings", "placements", "endorsements", "withheld")


def parsed(name):
    return read_yaml(INSTRUMENTS / name)


def without_maps(given):
    given["typology"]["maps"] = []


def without_section_b(given):
    given["section_b"] |= {"statements": [], "categories": []}


def one_scale(given):
    """Five items, one scale, nothing else."""
    without_maps(given)
    without_section_b(given)
    given["items"] = [{"item": f"q{i}"} for i in range(1, 6)]
    scale = {"scale": "only", "level": "sub", "kind": "both", "name": "Calm", "means": "of ours"}
    given["scales"] = [scale | {"items": [f"q{i}" for i in range(1, 6)], "at_least": 3}]
    given["open_questions"] = []


VARIANTS = {f.__name__: f for f in (without_maps, without_section_b, one_scale)}
# Pictures of one site, beside the one of all sites.
PICTURES = {"without_maps": 2, "without_section_b": 6, "one_scale": 1}


def chosen(mapping):
    """The choices for reliability, with fewer resamples and, of one scale, only what fits it."""
    declared = parsed("mes_reliability.yaml")
    declared["factors"]["resamples"] = declared["parallel"]["replicates"] = 3
    if len(mapping["scales"]) == 1:
        declared["confirmatory"] = {"of": "only", "models": [{"model": "one", "kind": "one"}]}
    return declared


@pytest.fixture(scope="module", params=VARIANTS)
def study(request, tmp_path_factory):
    """A study with the instrument: two sites that answered, one that did not."""
    mapping = copy.deepcopy(parsed("mes.yaml"))
    mapping["assumptions"] = []
    VARIANTS[request.param](mapping)
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "instruments").mkdir()
    (folder / "instruments/mes.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    comments = (INSTRUMENTS / "comments.yaml").read_text(encoding="utf-8")
    (folder / "instruments/comments.yaml").write_text(comments, encoding="utf-8")
    mes, rng = load_instrument(mapping), np.random.default_rng(3)
    who = [(s, g, n) for s in ("North", "South") for g, size in (("x", 9), ("y", 7))
           for n in range(size)]  # fmt: skip
    rows = [
        {mes.respondent: f"{s}{g}{n}", mes.site: s, mes.group: g}
        | {name: str(rng.integers(1, 6)) for name in (*mes.item_names, *mes.statements)}
        for s, g, n in who
    ]
    responses = responses_from(pd.DataFrame(rows), mes)
    norms = norms_from_items(rng.integers(1, 6, (len(mes.items), 300), dtype=np.uint8), mes)
    roster = ("North", "South", "West")
    found = engagement_results(
        responses, norms, mes, roster, responses_are=STUDY, norms_are=STUDY, smallest=3
    )
    frames = {name: getattr(found, name) for name in RESULTS}
    frames["norms"] = norms_frame(norms, SAMPLE, STUDY)
    frames |= measure(
        responses, None, mes, chosen(mapping), evidence=(STUDY, STUDY), confidence=0.95, seed=1
    )
    coding, asked = (
        load_coding_frame(yaml.safe_load(comments)),
        [q.name for q in mes.open_questions],
    )
    frames["comments"] = theme_counts(read_codes(None, coding, asked), coding, asked)
    plan = load_engagement_figures(
        parsed("engagement_figures.yaml"), mes, part="study", sites=["North"]
    )
    frames["figures"] = figures_frame(plan).assign(evidence=str(STUDY))
    at = folder / "results/engagement"
    for name, frame in frames.items():
        write_csv(at / f"{name}.csv", frame)
    names = ("standings", "placements", "endorsements", "norms")
    results = read_results(*(at / f"{name}.csv" for name in names))
    drawn = dict(draw_engagement(plan, results, results.evidence))
    for item, figure in drawn.items():
        write_figure(figure, folder / "results/figures", item)
    return request.param, folder, mes, drawn, frames


def test_what_the_instrument_lacks_is_left_out_and_the_rest_is_drawn(study):
    variant, _, mes, drawn, frames = study
    assert len(drawn) == 1 + PICTURES[variant]
    assert len(frames["placements"]) == len(mes.typology.maps) * len(
        frames["standings"][["site", "group"]].drop_duplicates()
    )
    assert set(frames["placements"]["map"]) == {m.name for m in mes.typology.maps}
    assert frames["placements"].columns[-1] == "evidence"
    assert set(frames["endorsements"]["statement"]) == set(mes.statements)


def test_columns_of_places_are_the_same_with_and_without_maps(study):
    *_, frames = study
    head = ["site", "group", "map", "respondents", "n", "organisational", "organisational_low"]
    columns = list(frames["placements"].columns)
    assert columns[: len(head)] == head
    assert columns[-8:] == [
        *("quadrant", "quadrant_by_rule", "p_empowered", "p_frustrated", "p_reluctant"),
        *("p_indifferent", "note", "evidence"),
    ]


def test_nobody_answered_is_written_within_its_column(study):
    *_, drawn, _ = study
    figure = drawn["engagement-sites"]
    with style.style():
        figure.drawing.draw_without_rendering()
        shown = [(t.get_text().split(), t.get_window_extent()) for t in texts(figure)]
    (silent,) = [box for words, box in shown if words == ["no", "responses"]]
    for words, box in shown:
        if words != ["no", "responses"]:
            across = min(box.x1, silent.x1) - max(box.x0, silent.x0)
            assert across <= 0 or min(box.y1, silent.y1) - max(box.y0, silent.y0) <= 0, words


@pytest.mark.workflow
def test_the_page_and_the_report_of_a_site_are_built(study, monkeypatch):
    variant, folder, mes, drawn, _ = study
    monkeypatch.chdir(folder)
    report = Path("results/notebooks/site-North.ipynb")
    run_and_render(
        [ROOT / "notebooks/site-report.ipynb"],
        [report],
        [report.with_suffix(".html")],
        parameters={"results": "results", "instruments": "instruments"},
        own=[{"site": "North"}],
        failed=Path("logs"),
    )
    page = BeautifulSoup(report.with_suffix(".html").read_text("utf-8"), "html.parser")
    headings = {h.get_text(strip=True) for h in page.find_all("h2")}
    assert ("Types of engagement" in headings) == bool(mes.typology.maps)
    assert ("Structure and working arrangements" in headings) == bool(mes.statements)
    assert ("Type" in {h.get_text() for h in page.find_all("th")}) == bool(mes.typology.maps)
    assert ("meta-scales" in page.main.get_text()) == (variant != "one_scale")
    stems = ("standings", "placements", "endorsements", "norms", "withheld", "doctors")
    measures = ("reliability", "structure", "aggregation")
    files = {n: [f"results/engagement/{n}.csv"] for n in (*stems, *measures)} | {
        "counts": ["results/engagement/comments.csv"],
        "instrument": ["instruments/mes.yaml"],
        "drawn": ["results/engagement/figures.csv"],
        "pictures": sorted(str(p) for p in Path("results/figures").iterdir()),
        "reports": [str(report)],
    }
    part = read_engagement_part(
        files, Path("results/report/index.html"), smallest=3, confidence=0.95, pictures=list(drawn)
    )
    text = build_study_page("Wards", [part])
    assert text.count("<img ") == len(drawn)
    assert ("Of Section B the share" in text) == bool(mes.statements)
