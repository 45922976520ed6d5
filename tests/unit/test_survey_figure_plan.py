"""Figures as declared: a study's own returns, another questionnaire, wrong declarations, bytes."""

import dataclasses
import re
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from medlead.evidence import EvidenceClass
from medlead.present import bars, style
from medlead.present.declared import load_figures
from medlead.present.style import write_figure
from medlead.present.survey_figures import Printed, draw_survey
from medlead.sources.messages import ProblemsFound
from medlead.sources.reading import read_text_table
from medlead.survey.cleaning import clean
from medlead.survey.coded import coded_types
from medlead.survey.coding import code
from medlead.survey.counts import (
    count_headings,
    doubted_cells,
    pair_counts,
    record_counts,
)
from medlead.survey.instrument import load_instrument
from medlead.survey.rules import load_cleaning
from medlead.survey.table_definition import load_tables
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
PUBLISHED, RAW = ROOT / "data" / "published", ROOT / "data" / "raw"
RECONSTRUCTED, STUDY = EvidenceClass.RECONSTRUCTED, EvidenceClass.STUDY


def parsed(name):
    return yaml.safe_load((ROOT / "config" / "instruments" / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def instrument():
    return load_instrument(parsed("survey.yaml"))


@pytest.fixture(scope="module")
def plan(instrument):
    return load_figures(parsed("figures.yaml"), instrument)


@pytest.fixture(scope="module")
def coded(instrument):
    table = read_text_table(RAW / "survey.csv", columns=instrument.columns)
    rules = load_cleaning(parsed("cleaning.yaml"))
    cleaned = clean(table.frame, instrument, rules, rows=table.rows, file=table.file)
    return code(cleaned, instrument).frame


@pytest.fixture(scope="module")
def used(coded):
    return coded[coded["used"]]


@pytest.fixture(scope="module")
def cells():
    return read_csv(PUBLISHED / "cells.csv")


@pytest.fixture(scope="module")
def identified():
    """Ranges that no solver made, each with other ends: only how they are shown is tested."""
    listed = parsed("statistics.yaml")["statistics"]
    rows = []
    for place, given_ in enumerate(listed):
        of_shares = given_["kind"] == "share" or "share" in str(given_.get("first"))
        high = 1.0 - place / 1000 if of_shares else 9.0 - place / 100
        rows.append((given_["statistic"], given_["says"], given_["kind"], high / 3, high, high / 2))
    return pd.DataFrame(rows, columns=["statistic", "says", "kind", "low", "high", "shipped"])


@pytest.fixture(scope="module")
def printed(cells, identified):
    items = read_csv(PUBLISHED / "items.csv")
    margins = parsed("margins.yaml")
    classes = dict(zip(items["item"], items["evidence"], strict=True))
    return Printed(
        cells,
        classes,
        count_headings(
            margins, load_tables(parsed("tables.yaml"), load_instrument(parsed("survey.yaml")))
        ),
        doubted_cells(margins),
        identified,
    )


def declared(plan, figure):
    return next(f for f in plan.figures if f.figure == figure)


@cache
def written(drawing):
    found = drawing.findobj(matplotlib.text.Text)
    return [t for t in found if t.get_visible() and t.get_text().strip()]


def texts(figure):
    return written(figure.drawing)


def words(figure):
    """All that is written in a picture, line breaks aside."""
    return " ".join(re.sub(r"\s+", " ", t.get_text()) for t in texts(figure))


def counts(figure):
    return figure.data[figure.data["part"] == "count"]


# --- bytes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("item", ["figure-01", "figure-07", "figure-25", "figure-31"])
def test_the_same_bytes_twice(tmp_path, plan, coded, printed, item):
    one = dataclasses.replace(plan, figures=(declared(plan, item),))
    for folder, odd in (("a", {}), ("b", {"font.family": "serif", "hatch.linewidth": 5})):
        with matplotlib.rc_context(odd):
            for name, figure in draw_survey(one, coded, RECONSTRUCTED, printed):
                write_figure(figure, tmp_path / folder, name)
    for suffix in ("svg", "png", "csv", "txt"):
        first = (tmp_path / "a" / f"{item}.{suffix}").read_bytes()
        assert first
        assert first == (tmp_path / "b" / f"{item}.{suffix}").read_bytes()


# --- a study with own returns -------------------------------------------------------------------


def test_a_study_is_drawn_from_its_own_returns(plan, coded, printed, used):
    few = (
        "figure-01",
        "figure-03",
        "figure-07",
        "figure-16",
        "figure-18",
        "figure-25",
        "figure-30",
    )
    some = dataclasses.replace(plan, figures=tuple(f for f in plan.figures if f.figure in few))
    alone = dataclasses.replace(plan, figures=some.figures[2:3])
    for chosen, given_ in ((some, None), (alone, printed)):
        for item, figure in draw_survey(chosen, coded, STUDY, given_):
            said = words(figure) + figure.alt
            assert figure.evidence is STUDY
            assert set(figure.data["evidence"]) == {"study"}
            assert not re.search(r"[Pp]rint|rebuilt|these records|†", said), item
            if item == "figure-07":
                table = pd.crosstab(used["trust_type"], used["budget"])
                for row in counts(figure).to_dict("records"):
                    wanted = table.get(row["level"], pd.Series(dtype=int)).get(row["group"], 0)
                    assert int(row["value"]) == wanted


def test_bands_that_no_table_shows_appear_once_a_return_lies_there(plan, coded):
    one = dataclasses.replace(plan, figures=(declared(plan, "figure-05"),))
    hidden = next(b.label for b in plan.instrument.bands["budget"].bands if not b.printed)
    ((_, before),) = draw_survey(one, coded, STUDY)
    other = coded.copy()
    other.loc[other.index[0], "budget"] = hidden
    ((_, after),) = draw_survey(one, other, STUDY)
    ticks = [t.get_text() for f in (before, after) for t in f.drawing.axes[0].get_xticklabels()]
    assert ticks.count(hidden) == 1


@pytest.fixture(scope="module")
def small():
    path = ROOT / "tests" / "data" / "small_survey.yaml"
    return load_instrument(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def libraries(small):
    rows = {
        "library": list("abcdef"),
        "row": range(2, 8),
        "returned": True,
        "complete": True,
        "used": [True] * 5 + [False],
        "county": ["N", "S", "S", "N", None, "S"],
        "readers": ["few", "many", "many", None, "few", "some"],
        "clerks": [1, 1, 40, 3, None, 2],
        "days": [0.5, 2.0, 2.0, None, 7.0, 1.0],
        "stock": ["Both", "Books only", "Both", "Both", None, "Both"],
        "main": ["Print", "Print", "Rest", "Screen", "Print", "Print"],
        "loans": [5, 7, None, 7, 7, 9],
        "clubs": ["yes", "no", "yes", "yes", None, "no"],
        "names": ["Chess", None, "Chess; Food", None, None, None],
        "head": ["Clerk", "Together", "Clerk", None, "Clerk", "Clerk"],
        "mood": [0.0, 4.5, 5.0, 5.0, None, 1.0],
    }
    return pd.DataFrame(rows).astype(coded_types(small))


LIBRARIES = {
    "places": {"county": {"N": [0, 0], "S": [1, 0]}},
    "figures": [
        {"figure": "a", "kind": "tiles", "title": "Counties", "of": "county"},
        {"figure": "b", "kind": "shares", "title": "Main", "of": "main"},
        {"figure": "c", "kind": "columns", "title": "Clerks", "of": "clerks", "by": ["county"]},
        {"figure": "d", "kind": "columns", "title": "Readers", "of": "readers"},
        {"figure": "e", "kind": "rows", "title": "Stock", "of": "stock", "by": ["main", "clubs"]},
        {"figure": "f", "kind": "stacked", "title": "R", "of": "readers", "by": ["main"]},
        {"figure": "g", "kind": "ratings", "title": "Mood", "of": "mood"},
    ],
}


def test_another_questionnaire_needs_only_a_declaration(small, libraries):
    made = dict(draw_survey(load_figures(LIBRARIES, small), libraries, STUDY))
    assert list(made) == list("abcdefg")
    assert dict(zip(counts(made["a"])["level"], counts(made["a"])["value"], strict=True)) == {
        "N": "2",
        "S": "2",
    }
    assert "Northshire" in words(made["a"])
    assert "3 of 5: 60 %" in words(made["b"])
    assert "n = 4 of 5 completed returns, 1 without an answer." in words(made["a"])
    got = {(r["group"], r["level"]): r["value"] for r in counts(made["c"]).to_dict("records")}
    assert got["N", "1"] == got["N", "3"] == got["S", "40"] == got["S", "1"] == "1"
    assert got["N", "40"] == "0"
    assert "some" in words(made["d"])
    assert "readers" in made["d"].alt
    assert {"Print", "Screen", "Rest", "yes", "no"} <= set(words(made["e"]).split())
    assert "4.5" in words(made["g"])
    assert "mean 3.6, median 4.75" in words(made["g"])


def test_a_group_without_answers_is_shown_empty(small, libraries):
    nobody = libraries.assign(readers=libraries["readers"].mask(libraries["county"] == "N"))
    spec = {"figure": "x", "kind": "columns", "title": "x", "of": "readers", "by": ["county"]}
    for kind in ("columns", "rows", "stacked"):
        plan = load_figures({"figures": [spec | {"kind": kind}]}, small)
        ((_, figure),) = draw_survey(plan, nobody, STUDY)
        assert "n = 0" in words(figure)


# --- counts and declarations ---------------------------------------------------------------------


def test_record_counts_keep_empty_levels_and_orders(libraries, small):
    table = record_counts(libraries, "readers", ["county"], small)
    assert list(table["level"]) == ["few", "some", "many"] * 2
    assert list(table["count"]) == [1, 0, 0, 0, 1, 2]
    assert list(table["n"]) == [1] * 3 + [3] * 3


def test_pairs_are_counted_where_both_are_given(libraries):
    table = pair_counts(libraries, "mood", "clerks")
    assert table.values.tolist() == [[0, 1, 1], [1, 2, 1], [4.5, 1, 1], [5, 3, 1], [5, 40, 1]]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"knd": 1}, "did you mean 'kind'"),
        ({"kind": "colums"}, "did you mean 'columns'"),
        ({"of": "clerk"}, "did you mean 'clerks'"),
        ({"by": ["contry"]}, "did you mean 'county'"),
        ({"of": ["mood", "clerks"]}, "one variable"),
        ({"kind": "ratings", "pairs": True}, "pairs need two"),
        ({"kind": "tiles", "of": "main"}, "has no place"),
        ({"kind": "tiles", "of": "county", "counts": {"NN": 1}}, "the level 'NN'"),
        ({"title": ""}, "'title' is missing"),
    ],
)
def test_wrong_declarations_are_named(small, change, says):
    good = {"figure": "x", "kind": "columns", "title": "x", "of": "clerks"}
    load_figures({"figures": [good]}, small)
    with pytest.raises(ProblemsFound) as found:
        load_figures({"figures": [good | change]}, small)
    assert says in str(found.value)


def test_all_faults_of_a_declaration_are_told_at_once(small):
    good = {"figure": "x", "kind": "columns", "title": "x", "of": "clerks"}
    wrong = {
        "figures": [good, good, good | {"figure": "y", "of": "nobody"}],
        "looks": {"county": {"W": {"label": "West"}}},
        "place": {},
    }
    with pytest.raises(ProblemsFound) as found:
        load_figures(wrong, small)
    assert len(found.value.problems) == 4


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12, unique=True))
def test_bands_with_a_gap_between_them_are_set_apart(chosen):
    known = [f"b{i}" for i in range(31)]
    chosen = sorted(chosen)
    at, gaps = bars.slots([known[i] for i in chosen], known)
    steps = np.diff(at)
    apart = np.diff(chosen) > 1
    assert np.allclose(steps, np.where(apart, 1.45, 1.0))
    assert len(gaps) == apart.sum()
    assert all(any(a + 0.5 <= g <= b - 0.5 for a, b in pairwise(at)) for g in gaps)


@settings(max_examples=25)
@example([400, 12, 11, 10])
@given(st.lists(st.integers(0, 400), min_size=1, max_size=6).filter(any))
def test_the_figures_of_a_stacked_bar_stay_apart(numbers):
    levels = [f"l{i}" for i in range(len(numbers))]
    with style.style():
        drawing = matplotlib.figure.Figure(figsize=(4, 1), dpi=100)
        axes = drawing.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, 1)
        axes.set_ylim(1, -1)
        shades = style.ordered(levels)
        bars.stacked_row(axes, 0, dict(zip(levels, numbers, strict=True)), shades, 4)
        drawing.canvas.draw()
        boxes = [t.get_window_extent().padded(-0.5) for t in axes.texts]
    assert [t.get_text() for t in axes.texts] == [str(n) for n in numbers if n]
    assert np.isclose(sum(p.get_width() for p in axes.patches), 1)
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_a_key_that_yaml_reads_as_a_truth_value_is_told_like_any_other(instrument):
    declared = yaml.safe_load("figures: [{figure: f-1, kind: rows, title: t, off: region}]")
    with pytest.raises(ProblemsFound, match="the key 'False' is not known"):
        load_figures(declared, instrument)
