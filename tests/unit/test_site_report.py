"""The report of a site: from the roster to a page, for a study with sites of its own."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from medlead.engagement.comments import load_coding_frame, read_codes, theme_counts
from medlead.engagement.instrument import load_instrument
from medlead.engagement.norms import norms_from_items
from medlead.engagement.responses import responses_from
from medlead.engagement.results import SAMPLE, engagement_results, norms_frame
from medlead.evidence import EvidenceClass
from medlead.plan import Plan
from medlead.present.notebooks import run_and_render
from medlead.present.write import notebook_links
from medlead.sources.inputs import read_yaml
from medlead.sources.messages import ProblemsFound
from medlead.writing import file_stems, stems_alike, write_csv

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))

# --- from the roster to names of pages ----------------------------------------


def test_names_of_pages_are_plain():
    assert file_stems("site", ["A", "St Mary's / East", "../up", "A", "Łódź 2", "東京"]) == {
        "A": "site-A",
        "St Mary's / East": "site-St-Mary-s-East",
        "../up": "site-up",
        "Łódź 2": "site-d-2",
        "東京": "site",
    }


@given(st.lists(st.text(max_size=8), max_size=8))
def test_names_that_share_a_page_are_found_whatever_their_order(names):
    stems = file_stems("site", names)
    assert all(re.fullmatch(r"site(-[A-Za-z0-9]+)*", stem) for stem in stems.values())
    alike = stems_alike(stems)
    shared = {frozenset(group) for group in alike}
    assert shared == {frozenset(g) for g in stems_alike(file_stems("site", names[::-1]))}
    # What is not told to be shared is a page of its own.
    kept = {stem.lower() for name, stem in stems.items() if not any(name in g for g in alike)}
    assert len(kept) + sum(map(len, alike)) == len(stems)


def plan_of(folder: Path, file: str, sheet: str = "") -> Plan:
    raw = {**CONFIG["paths"], "raw": folder.as_posix()}
    inputs = {**CONFIG["inputs"], "sites": {"file": file, "sheet": sheet}}
    (folder / "MANIFEST.csv").write_text(
        (ROOT / "data/raw/MANIFEST.csv").read_text(encoding="utf-8"), encoding="utf-8"
    )
    return Plan({**CONFIG, "paths": raw, "inputs": inputs}, ROOT)


def test_the_sites_of_the_roster_in_its_order(tmp_path):
    shutil.copy(ROOT / "data/raw/sites.csv", tmp_path / "sites.csv")
    assert list(plan_of(tmp_path, "sites.csv").sites()) == list(
        pd.read_csv(ROOT / "data/raw/sites.csv")["site"]
    )


@pytest.mark.parametrize(("title", "row"), [("", 4), ("Our sites\n", 5)])
def test_two_sites_with_one_page_are_a_problem_with_its_row(tmp_path, title, row):
    frame = pd.read_csv(ROOT / "data/raw/sites.csv", dtype=str, keep_default_na=False)
    frame = frame.head(4).assign(site=["St Mary's", "North", "St. Mary s", "NORTH"])
    (tmp_path / "sites.csv").write_text(title + frame.to_csv(index=False), encoding="utf-8")
    with pytest.raises(ProblemsFound) as found:
        plan_of(tmp_path, "sites.csv").sites()
    assert [(p.row, p.column, p.value) for p in found.value.problems] == [
        *((row, "site", "St. Mary s"), (row + 1, "site", "NORTH"))
    ]
    first = found.value.problems[0]
    assert "site-St-Mary-s.html" in first.what
    assert "that of 'St Mary's'" in first.what
    assert "differ" in first.mend


@pytest.mark.parametrize("kind", ["mark", "title", "workbook"])
def test_a_roster_as_others_save_it(tmp_path, kind):
    frame = pd.read_csv(ROOT / "data/raw/sites.csv", dtype=str, keep_default_na=False)
    file, expected = "sites.csv", list(frame["site"])
    if kind == "mark":
        frame.to_csv(tmp_path / file, index=False, encoding="utf-8-sig")
    elif kind == "title":
        text = "Our sites in 2027\n" + frame.to_csv(index=False)
        (tmp_path / file).write_text(text, encoding="utf-8")
    else:
        file = "sites.xlsx"
        frame.to_excel(tmp_path / file, index=False)
    assert list(plan_of(tmp_path, file).sites()) == expected


# --- titles and places that a cell says ---------------------------------------


def test_a_notebook_that_says_its_title_is_listed_under_it(tmp_path):
    said = {"output_type": "display_data", "data": {"text/markdown": "# Site X: so\n\nHow it is."}}
    told = {"output_type": "display_data", "data": {"text/markdown": ['<a id="figure-35"></a>']}}
    other = {"output_type": "stream", "name": "stdout", "text": "x"}
    cells = [
        {"cell_type": "code", "source": ["1"], "outputs": [other]},
        {"cell_type": "code", "source": ["2"], "outputs": [said, told]},
        {"cell_type": "markdown", "source": ["later"]},
    ]
    file = tmp_path / "site-X.ipynb"
    file.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    links, listed = notebook_links([file])
    assert listed == [("Site X: so", "../notebooks/site-X.html", "How it is.")]
    assert links == {"figure-35": "../notebooks/site-X.html#figure-35"}


def said(text):
    return {"output_type": "display_data", "data": {"text/markdown": [text]}}


@pytest.mark.parametrize(
    ("outputs", "listed"),
    [
        (
            [said("# Site X"), said("Nobody answered. Nothing follows.")],
            ("Site X", "Nobody answered."),
        ),
        ([said("# Site X\n\n"), said("\n"), said("How it is")], ("Site X", "How it is")),
        ([said("# Site X")], ("Site X", "")),
        ([], ("site-X", "")),
    ],
)
def test_title_and_first_sentence_may_be_said_apart(tmp_path, outputs, listed):
    cells = [{"cell_type": "code", "source": ["1"], "outputs": outputs}]
    file = tmp_path / "site-X.ipynb"
    file.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    ((title, address, sentence),) = notebook_links([file])[1]
    assert (title, sentence) == listed
    assert address == "../notebooks/site-X.html"


# --- the pages ----------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Reports of two sites of a study: one with returns and a small group, one without."""
    folder = tmp_path_factory.mktemp("study")
    instruments = folder / "instruments"
    instruments.mkdir()
    for name in ("mes.yaml", "comments.yaml"):
        shutil.copy(ROOT / "config/instruments" / name, instruments / name)
    drawn = folder / "results/figures/figure-35.svg"
    drawn.parent.mkdir(parents=True)
    drawn.write_text('<svg xmlns="http://www.w3.org/2000/svg"></svg>', encoding="utf-8")
    drawn.with_suffix(".txt").write_text("Where groups stand", encoding="utf-8")
    write_results(folder / "results/engagement", instruments)
    figures = pd.DataFrame(
        [("figure-35", "hierarchy", "North Wing", "", "Where groups stand")],
        columns=["figure", "kind", "site", "map", "title"],
    )
    write_csv(folder / "results/engagement/figures.csv", figures)
    sites = ["North Wing", "West", "East"]
    stems = [file_stems("site", sites)[s] for s in sites]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run_and_render(
            [ROOT / "notebooks/site-report.ipynb"] * 3,
            [Path("out") / f"{stem}.ipynb" for stem in stems],
            [Path("out") / f"{stem}.html" for stem in stems],
            parameters={"results": "results", "instruments": "instruments", "confidence": 0.9},
            own=[
                {"site": "North Wing", "overview": "all.html"},
                {"site": "West"},
                {"site": "East"},
            ],
            failed=Path("logs"),
            home="Beds & boards",
        )
    return {
        s: (folder / f"out/{stem}.html").read_text("utf-8")
        for s, stem in zip(sites, stems, strict=True)
    }


def write_results(folder: Path, instruments: Path) -> None:
    mes = load_instrument(read_yaml(instruments / "mes.yaml"))
    rng = np.random.default_rng(3)
    rows = [
        {mes.respondent: f"{group}{n}", mes.site: "North Wing", mes.group: group}
        | {name: str(rng.integers(1, 6)) for name in (*mes.item_names, *mes.statements)}
        for group, count in (("Eyes & Ears", 8), ("Skin", 2))
        for n in range(count)
    ]
    rows += [row | {mes.respondent: f"e{n}", mes.site: "East"} for n, row in enumerate(rows[-2:])]
    norms = norms_from_items(rng.integers(1, 6, (len(mes.items), 300), dtype=np.uint8), mes)
    write_csv(folder / "norms.csv", norms_frame(norms, SAMPLE, EvidenceClass.STUDY))
    found = engagement_results(
        responses_from(pd.DataFrame(rows), mes),
        norms,
        mes,
        ("East", "North Wing", "West"),
        responses_are=EvidenceClass.STUDY,
        norms_are=EvidenceClass.STUDY,
    )
    for name in ("doctors", "standings", "placements", "endorsements", "withheld"):
        write_csv(folder / f"{name}.csv", getattr(found, name))
    coding = load_coding_frame(read_yaml(instruments / "comments.yaml"))
    questions = [q.name for q in mes.open_questions]
    comment = ("North Wing", questions[0], 1, *["time|trust"] * 3)
    columns = ["site", "question", "position", "first", "second", "themes"]
    coded = read_codes(pd.DataFrame([comment], columns=columns), coding, questions)
    write_csv(folder / "comments.csv", theme_counts(coded, coding, questions))


@pytest.mark.workflow
def test_a_page_of_a_site_with_returns(pages):
    page = BeautifulSoup(pages["North Wing"], "html.parser")
    text = re.sub(r"\s+", " ", page.main.get_text(" "))
    assert (
        page.title.string == page.h1.get_text(strip=True) == "Site North Wing: medical engagement"
    )
    assert "10 doctors answered, in 2 groups: Eyes & Ears (8), Skin (2)" in text
    assert "90 % interval" in text
    assert [a["href"] for a in page.main.find_all("a", href=True)] == ["all.html"]
    assert "Evidence: study" in text
    assert "Skin: too few to place" in text
    assert "This is a specimen" not in text, "own answers are no specimen"
    assert "provisional" not in text, "ranked among doctors of its own"
    assert "Time and workload" in text
    assert page.find(id="figure-35")
    assert [i["alt"] for i in page.find_all("img")] == ["Where groups stand"]
    headings = [h.get_text(strip=True) for h in page.find_all("h2")]
    assert len(headings) == len(set(headings)) >= 8
    # The exact interval of no doctor in ten, at 90 %: (1 - x)^10 is 5 % at 25.9 %.
    assert re.search(r"\b0 % \(0\); 0 to (26|31|78)\b", text)
    assert re.search(r"for (\d+|none) of them the interval reaches into another band", text)


@pytest.mark.workflow
def test_a_site_of_small_groups_only_says_nothing_of_bands_that_it_has_not(pages):
    text = BeautifulSoup(pages["East"], "html.parser").main.get_text(" ")
    assert "No group has a band on any scale." in text
    assert "the band alone" not in text
    assert "reaches into" not in text


@pytest.mark.workflow
@pytest.mark.parametrize("site", ["North Wing", "West", "East"])
def test_a_page_leads_back_to_the_page_that_it_is_part_of(pages, site):
    (back, _) = BeautifulSoup(pages[site], "html.parser").header.find_all("a")
    assert back["href"] == "../report/index.html"
    assert back.get_text().endswith("Beds & boards")


@pytest.mark.workflow
def test_a_page_of_a_site_without_returns_is_one_paragraph(pages):
    page = BeautifulSoup(pages["West"], "html.parser")
    assert [h.get_text(strip=True) for h in page.find_all(re.compile("h[1-6]"))] == [
        "Site West: medical engagement"
    ]
    (paragraph,) = page.main.find_all("p")
    assert "No doctor of site West answered" in paragraph.get_text()
    assert page.main.find("a", href=True) is None, "no overview was named"
    assert page.find("table") is None
    assert page.find("img") is None


@pytest.mark.workflow
@pytest.mark.parametrize("site", ["North Wing", "West"])
def test_a_page_shows_no_code_loads_nothing_and_has_each_id_once(pages, site):
    page = BeautifulSoup(pages[site], "html.parser")
    assert page.find("details") is None
    assert "import" not in page.main.get_text()
    ids = [e["id"] for e in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    sources = [e["src"] for e in page.find_all(src=True)]
    assert all(s.startswith("data:") for s in sources)
    assert page.find_all(["script", "link"]) == []
    assert not [a for a in page.find_all("a", href=True) if "//" in a["href"]]
