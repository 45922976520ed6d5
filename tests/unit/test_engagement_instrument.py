"""The engagement scale as data: what is loaded, and every fault that is refused."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from medlead.engagement.instrument import RankKind, Standing, load_instrument
from medlead.sources.messages import ProblemsFound
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
FILE = ROOT / "config" / "instruments" / "mes.yaml"
GIVEN = yaml.safe_load(FILE.read_text(encoding="utf-8"))
MES = load_instrument(GIVEN)
CELLS = read_csv(ROOT / "data" / "published" / "cells.csv")


def faults(change: Callable[[dict[str, Any]], object]) -> str:
    mapping = copy.deepcopy(GIVEN)
    change(mapping)
    with pytest.raises(ProblemsFound) as found:
        load_instrument(mapping)
    return str(found.value)


# --- the shipped file ------------------------------------------------------------------


def test_the_structure_of_the_report() -> None:
    levels = [scale.level for scale in MES.scales]
    assert (levels.count("sub"), levels.count("meta"), levels.count("index")) == (6, 3, 1)
    kinds = {s.name: s.kind for s in MES.scales if s.level == "sub"}
    assert [n for n, k in kinds.items() if k == "organisational"] == ["sub-1", "sub-3", "sub-5"]
    assert [n for n, k in kinds.items() if k == "individual"] == ["sub-2", "sub-4", "sub-6"]
    for scale in MES.scales:
        if scale.level == "meta":
            assert [kinds[part] for part in scale.parts] == ["organisational", "individual"]
    for component in ("organisational", "individual"):
        parts = MES.scale(component).parts
        assert [n for n, k in kinds.items() if k == component] == list(parts)


def test_every_item_is_in_one_sub_scale() -> None:
    used = [part for scale in MES.scales if scale.of_items for part in scale.parts]
    assert sorted(used) == sorted(MES.item_names)
    assert len(used) == len(MES.items)


def test_items_are_numbers_and_carry_no_words() -> None:
    for given in GIVEN["items"]:
        assert set(given) <= {"item", "reverse"}
        assert re.fullmatch(r"q\d\d", given["item"])


@pytest.mark.parametrize("item", ["table-26", "table-29", "table-30"])
def test_every_printed_scale_name_is_known(item: str) -> None:
    printed = CELLS[(CELLS["item"] == item) & (CELLS["column"] == "MES Scale")]
    assert len(printed) == 10
    named = [MES.scale_called(text) for text in printed["text"]]
    rows = [MES.scale_called(row) for row in printed["row"]]
    assert named == rows
    assert [s.level for s in named if s] == ["index", *["meta"] * 3, *["sub"] * 6]


def test_every_heading_of_table_28_is_known() -> None:
    statistics = CELLS[(CELLS["item"] == "table-28") & (CELLS["kind"] == "statistic")]
    headings = list(dict.fromkeys(statistics["column"]))
    found = [MES.scale_called(heading) for heading in headings]
    assert [s.name for s in found if s] == [
        "index", *(f"meta-{i}" for i in (1, 2, 3)), *(f"sub-{i}" for i in range(1, 7))
    ]  # fmt: skip


def test_names_that_do_not_fit_are_no_scale() -> None:
    assert MES.scale_called("Meta 1: Having Purpose and Direction") is None
    assert MES.scale_called("Meta 4") is None
    assert MES.scale_called("") is None


def test_aliases_and_titles_differ_by_scale_only() -> None:
    for scale in MES.scales:
        for alias in scale.aliases:
            assert MES.scale_called(alias.text) is scale


def test_bands_quadrants_and_choices() -> None:
    assert [b.label for b in MES.bands] == ["low", "medium", "high"]
    assert [(b.to, b.includes_end) for b in MES.bands[:-1]] == [(50, True), (60, False)]
    assert {q.label for q in MES.typology.quadrants} == {
        "empowered", "frustrated", "reluctant", "indifferent"
    }  # fmt: skip
    assert [m.name for m in MES.typology.maps] == ["index", "meta-1", "meta-2", "meta-3"]
    assert MES.definition is RankKind.MEAN
    assert MES.standing is Standing.MEAN_OF_PERCENTILES


def test_section_b_has_five_statements_and_four_named_categories() -> None:
    assert len(MES.statements) == 5
    assert len(MES.open_questions) == 2
    named = [c for c in MES.categories if c.named]
    assert len(named) == 4
    assert [c.side for c in MES.categories if c.assumed] == ["neither"]


def test_every_topic_has_its_assumptions_with_a_place() -> None:
    for topic in ("scores", "percentiles", "bands", "typology", "groups", "section-b"):
        assert MES.assumed_for(topic)
    for told in (*MES.assumptions, *MES.decisions):
        assert told.place.line > 1000
        assert told.place.section.startswith("6.")
    assert MES.assumed_for() == ()


def test_columns_are_those_of_the_response_file() -> None:
    assert MES.columns[:3] == ("respondent", "site", "group")
    assert MES.columns[3:5] == ("q01", "q02")
    assert len(MES.columns) == 3 + len(MES.items) + len(MES.statements)
    with pytest.raises(KeyError):
        MES.scale("sub-7")


# --- what is refused -------------------------------------------------------------------


def scale(mapping: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(s for s in mapping["scales"] if s["scale"] == name)
    return found


WRONG: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda m: m.pop("bands"), "the key 'bands' is missing"),
    (lambda m: m.update(normes={}), "the key 'normes' is not known"),
    (lambda m: scale(m, "sub-1").update(atleast=2), "did you mean 'at_least'?"),
    (lambda m: scale(m, "sub-1")["items"].append("q99"), "the item 'q99' is not known"),
    (lambda m: scale(m, "sub-1")["items"].append("q01"), "the part 'q01' is used twice"),
    (lambda m: scale(m, "sub-1")["items"].pop(), "'q05' belongs to no scale"),
    (lambda m: scale(m, "meta-1").update(scales=["index"]), "the scale above it 'index' is not"),
    (lambda m: scale(m, "meta-1").update(items=["q01"]), "made of items or of scales"),
    (lambda m: scale(m, "sub-1").update(at_least=6), "write a whole number from 1 to 5"),
    (lambda m: scale(m, "sub-1").update(at_least=0), "write a whole number from 1 to 5"),
    (lambda m: scale(m, "sub-1").update(least_share=0.5), "not one of the two"),
    (lambda m: scale(m, "sub-1").pop("at_least"), "not one of the two"),
    (lambda m: scale(m, "sub-1").update(weights={"q01": 0.5}), "`q01` is 0.5"),
    (lambda m: scale(m, "sub-1").update(weights={"q06": 2}), "the part 'q06' is not known"),
    (lambda m: scale(m, "sub-1").update(level="subs"), "the level 'subs' is not known"),
    (lambda m: scale(m, "sub-1").update(name="Work satisfaction"), "also stands for 'sub-1'"),
    (lambda m: scale(m, "sub-2").update(scale="sub-1"), "the scale 'sub-1' is used twice"),
    (lambda m: m["items"].append({"item": "site"}), "the column 'site' is used twice"),
    (lambda m: m["items"][0].update(reverse="yes"), "`reverse` is not true or false"),
    (lambda m: m["responses"]["points"].reverse(), "the values do not rise by one"),
    (lambda m: m["responses"]["points"][1].update(also=["NA"]), "the spelling 'NA' is used twice"),
    (lambda m: m["scores"].update(lowest=100), "`lowest` is not below `highest`"),
    (lambda m: m["norms"].update(definition="rank"), "the definition 'rank' is not known"),
    (lambda m: m["norms"].update(standing="mean"), "the standing 'mean' is not known"),
    (lambda m: m["bands"][0].update(to=70), "the ends do not rise"),
    (lambda m: m["bands"][0].update(to=60), "bands: the ends do not rise"),
    (lambda m: m["bands"][1].pop("to"), "each band but the last has an end"),
    (lambda m: m["bands"][0].update(to=-5), "an end is no percentile"),
    (lambda m: m["bands"][0].update(includes_end="yes"), "`includes_end` is not true or false"),
    (lambda m: m["typology"].update(cut=100), "the cut is no percentile"),
    (lambda m: m["typology"]["quadrants"].pop(), "not the four corners"),
    (lambda m: m["typology"]["quadrants"][0].update(individual="low"), "not the four corners"),
    (lambda m: m["typology"]["maps"][0].update(individual="sub-9"), "the scale 'sub-9' is not"),
    (lambda m: m["groups"].update(place_from=1), "write a whole number from 2 on"),
    (lambda m: m["section_b"]["categories"][0].update(assumed=True), "that is named is not"),
    (lambda m: m["section_b"]["categories"][0].update(side="against"), "the side 'against'"),
    (lambda m: m["assumptions"][0].update(touches=["score"]), "did you mean 'scores'?"),
    (lambda m: m["assumptions"][0].pop("line"), "the key 'line' is missing"),
    (lambda m: m.update(scales=3), "this is not a list"),
]


@pytest.mark.parametrize(("change", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_fault_is_told(change: Callable[[dict[str, Any]], object], said: str) -> None:
    assert said in faults(change)


def test_all_faults_are_told_at_once_with_their_file() -> None:
    def change(mapping: dict[str, Any]) -> None:
        mapping["groups"]["place_from"] = 0
        mapping["norms"]["definition"] = "stirct"
        scale(mapping, "index")["colour"] = "red"

    text = faults(change)
    assert text.startswith("3 problems found.")
    assert "did you mean 'strict'?" in text
    assert text.count("mes.yaml") == 3


def test_a_least_share_is_a_number_of_parts() -> None:
    mapping = copy.deepcopy(GIVEN)
    for share, number in ((0.5, 3), (0.6, 3), (0.61, 4), (1.0, 5), (0.01, 1)):
        for given in mapping["scales"][:6]:
            given.pop("at_least", None)
            given["least_share"] = share
        assert load_instrument(mapping).scale("sub-1").at_least == number
