"""Declarations that stand for every site: written out, with names that are good and apart."""

import csv

import pytest
from engagement_world import own_instrument, parsed

from medlead.engagement.responses import read_responses
from medlead.present.engagement_declared import figures_frame, load_engagement_figures
from medlead.sources.each import column_texts, lacking_kinds, listed_entries
from medlead.sources.messages import ProblemsFound


def test_an_entry_stands_once_for_each_site_and_map():
    entries = [
        {"figure": "all", "kind": "overview"},
        {"figure": "{site}-of-{map}", "kind": "components", "each": ["site", "map"]},
    ]
    found = listed_entries(entries, ["St Mary's", "st marys", "B"], ["index", "meta 1"])
    assert [e["figure"] for e in found] == [
        "all",
        *("site-St-Mary-s-of-index", "site-St-Mary-s-of-meta-1"),
        *("site-st-marys-of-index", "site-st-marys-of-meta-1"),
        *("site-B-of-index", "site-B-of-meta-1"),
    ]
    assert found[2] == {
        "figure": "site-St-Mary-s-of-meta-1",
        "kind": "components",
        "site": "St Mary's",
        "map": "meta 1",
    }


def test_what_the_instrument_lacks_is_left_out_of_those():
    entries = [
        {"figure": "grid", "kind": "grid"},
        {"figure": "{site}-b", "kind": "answers", "each": "site"},
        {"figure": "{site}-m", "kind": "map", "each": "site"},
    ]
    lacking = lacking_kinds([], [])
    assert [e["figure"] for e in listed_entries(entries, ["A"], [], lacking)] == ["grid"]
    assert not lacking_kinds(["index"], ["b1"])


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"figure": "x", "each": "site"}, "does not hold {site}"),
        ({"figure": "{site}", "each": "ward"}, "'ward' under `each`"),
    ],
)
def test_an_entry_that_would_repeat_names_is_refused(entry, told):
    with pytest.raises(ValueError, match=told):
        listed_entries([entry], ["A", "B"], [])


def test_the_pictures_of_a_study_follow_its_sites():
    given = parsed("engagement_figures.yaml")
    maps = len(own_instrument().typology.maps)
    sites = ["North & South", "C"]
    plan = load_engagement_figures(given, own_instrument(), part="study", sites=sites)
    table = figures_frame(plan)
    assert table["figure"].is_unique
    for site in sites:
        mine = table[table["site"] == site]
        assert sorted(mine["kind"]) == sorted(
            ["hierarchy", "map", "answers", *["components"] * maps]
        )
        assert mine["title"].str.startswith(site).all()
    assert list(table[table["site"] == ""]["kind"]) == ["overview"]


def test_a_wrong_entry_is_told_with_its_file():
    given = {**parsed("engagement_figures.yaml")}
    given["study"] = [{"figure": "same", "kind": "hierarchy", "each": "site"}]
    with pytest.raises(ProblemsFound, match=r"ours\.yaml: same: .*\{site\}"):
        load_engagement_figures(
            given, own_instrument(), part="study", sites=["A", "B"], file="ours.yaml"
        )


def test_the_texts_of_a_column_however_the_file_is_laid_out(tmp_path):
    plain, titled = tmp_path / "a.csv", tmp_path / "b.csv"
    plain.write_text('\ufeffid,Site\n1,"North, upper"\n2,B \n', encoding="utf-8")
    titled.write_text("Our answers\n\nID;site ;stamp\n1;North;x\n2;B;y\n", encoding="utf-8")
    assert column_texts(plain, "Site", "", lambda: ["id", "Site"]) == [
        (2, "North, upper"),
        (3, "B"),
    ]
    assert column_texts(titled, "Site", "", lambda: ["id", "Site"], ["Stamp"]) == [
        (4, "North"),
        (5, "B"),
    ]
    with pytest.raises(ProblemsFound, match="stamp"):
        column_texts(titled, "Site", "", lambda: ["id", "Site"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_names_of_sites_are_those_that_the_reader_of_responses_reads(tmp_path, encoding):
    """Asked for before anything is planned, the names must be those of the results."""
    instrument = own_instrument()
    path = tmp_path / "answers.csv"
    names = ["St Édred’s", "Trust\xa0North ", "Hill, East"]
    rows = [[f"d{n}", name, "x", *["3"] * 35] for n, name in enumerate(names)]
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([instrument.columns, *rows])
    read = read_responses(path, instrument)
    before = [text for _, text in column_texts(path, "site", "", lambda: instrument.columns)]
    assert before == ["St Édred’s", "Trust North", "Hill, East"]
    assert sorted(before) == [site for site, _ in read.units]
