"""Figures 1 to 31: what is drawn is what was counted, every name is there, nothing overlaps."""

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
from medlead.present.declared import KINDS, load_figures
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
    printed_counts,
    record_counts,
)
from medlead.survey.instrument import load_instrument
from medlead.survey.rules import load_cleaning
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
    return Printed(cells, classes, count_headings(margins), doubted_cells(margins), identified)


@pytest.fixture(scope="module")
def drawn(plan, coded, printed):
    return dict(draw_survey(plan, coded, RECONSTRUCTED, printed))


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


def squeezed(text):
    return re.sub(r"\s+", "", text)


def counts(figure):
    return figure.data[figure.data["part"] == "count"]


FIGURES = [f["figure"] for f in parsed("figures.yaml")["figures"]]
PRINTED = [f["figure"] for f in parsed("figures.yaml")["figures"] if "printed" in f]


# --- what is drawn --------------------------------------------------------------------------


def test_every_figure_of_the_chapter_is_declared_and_drawn(drawn):
    items = read_csv(PUBLISHED / "items.csv")
    wanted = items[items["item"].str.fullmatch(r"figure-\d\d") & items["section"].str.match("[34]")]
    assert list(drawn) == list(wanted["item"]) == FIGURES
    assert {i: str(f.evidence) for i, f in drawn.items()} == dict(
        zip(wanted["item"], wanted["evidence"], strict=True)
    )


@pytest.mark.parametrize("item", PRINTED)
def test_printed_figures_show_the_printed_counts(drawn, plan, cells, item):
    spec = declared(plan, item)
    table = cells[(cells["item"] == spec.printed) & (cells["kind"] == "count")]
    # Here the print is read without the declarations: totals by their names, sums by status rows.
    if spec.printed == "section-4.1.2":
        table = table[table["row"].str.contains("responding")]
    table = table[~table["row"].str.upper().eq("TOTAL")]
    values = table["text"].astype(int)
    if spec.over:
        status = table["row"].str.contains("oundation")
        expected = values[status].groupby(table["column"], sort=False).sum().tolist()
    else:
        expected = values.tolist()
    shown = counts(drawn[item])["value"].astype(int).tolist()
    assert sorted(shown) == sorted(expected)
    assert sum(shown) > 0


def test_a_changed_print_changes_the_picture(plan, coded, printed, drawn):
    at = (printed.cells["item"] == "table-10") & (printed.cells["text"] == "13")
    assert at.sum() == 1
    other = printed.cells.assign(text=printed.cells["text"].mask(at, "12"))
    one = dataclasses.replace(plan, figures=(declared(plan, "figure-13"),))
    ((_, figure),) = draw_survey(
        one, coded, RECONSTRUCTED, dataclasses.replace(printed, cells=other)
    )
    assert counts(figure)["value"].astype(int).sum() == (
        counts(drawn["figure-13"])["value"].astype(int).sum() - 1
    )


@pytest.mark.parametrize(
    "item", [f for f in FIGURES if f not in PRINTED and f not in ("figure-01",)]
)
def test_other_figures_show_the_records(drawn, plan, used, item):
    spec, shown = declared(plan, item), counts(drawn[item])
    for of, by in [(of, by) for of in spec.of for by in spec.by or (None,)]:
        if by is None:
            values = used[of].astype(object).dropna()
            expected = values.map(lambda v: str(v) if isinstance(v, str) else f"{v:g}")
            found = shown[shown["by"] == (of if spec.kind == "ratings" else "")]
            got = dict(zip(found["level"], found["value"].astype(int), strict=True))
            assert {k: v for k, v in got.items() if v} == expected.value_counts().to_dict()
        else:
            table = pd.crosstab(used[by].astype(str), used[of].astype(object))
            found = shown[shown["by"] == by]
            for row in found.to_dict("records"):
                column = [c for c in table.columns if f"{c}" in (row["level"], f"{row['level']}.0")]
                value = table.loc[row["group"], column[0]] if column else 0
                assert int(row["value"]) == value


@pytest.mark.parametrize("item", [f for f in FIGURES if f != "figure-01"])
def test_every_level_and_every_count_is_written(drawn, plan, item):
    spec, figure = declared(plan, item), drawn[item]
    shown = counts(figure)
    whole = squeezed(words(figure))
    drawn_levels = shown.loc[shown["value"].astype(int) > 0, "level"]
    if spec.kind != "ratings":
        for level in drawn_levels.unique():
            assert squeezed(plan.label(spec.of[0], level)) in whole, level
    for by, group in shown[["by", "group"]].drop_duplicates().itertuples(index=False):
        name = plan.label(by, group) if group else plan.heading(by) if by else ""
        assert squeezed(name) in whole
    figures = [t.get_text().split("  (")[0] for t in texts(figure)]
    for value in drawn_levels.index:
        text = figure.data.loc[value, "value"]
        mark = bars.DOUBT if figure.data.loc[value, "note"] else ""
        together = re.search(rf"(^|\D){text}( of |{mark})", words(figure))
        assert text + mark in figures or together, text
    for row in shown[shown["value"].astype(int) > 0].to_dict("records"):
        label = plan.label(spec.of[0], row["level"])
        assert f"{label}: {row['value']}" in figure.alt or (
            f"{row['value']} at {label}" in figure.alt
        )


def test_upright_and_lying_bars_are_as_long_as_their_counts(drawn):
    for item, lengths in (
        ("figure-05", lambda p: p.get_height()),
        ("figure-10", lambda p: p.get_height()),
        ("figure-28", lambda p: p.get_width()),
        ("figure-20", lambda p: p.get_width()),
    ):
        figure = drawn[item]
        patches = [p for axes in figure.drawing.axes for p in axes.patches]
        expected = [int(v) for v in counts(figure)["value"] if int(v)]
        assert [round(lengths(p)) for p in patches] == expected


def test_all_panels_of_a_figure_have_one_scale(drawn):
    for item in ("figure-07", "figure-18", "figure-29"):
        axes = [a for a in drawn[item].drawing.axes if a.patches]
        height = drawn[item].drawing.get_size_inches()[1]
        columns = [a for a in axes if a.get_position().width > 0.45]
        unit = [a.get_position().height * height / a.get_ylim()[1] for a in columns]
        assert np.allclose(unit, unit[0])


# --- doubts, warnings, ranges ----------------------------------------------------------------


def test_cells_that_the_rest_of_the_print_denies_are_marked(drawn, used):
    exceptions = parsed("margins.yaml")["exceptions"]
    for item, table in (("figure-07", "table-06"), ("figure-22", "table-17")):
        marked = [t.get_text() for t in texts(drawn[item]) if re.fullmatch(r"\d+†", t.get_text())]
        assert len(marked) == sum(e["item"] == table for e in exceptions) > 0
        assert any(p.get_hatch() for a in drawn[item].drawing.axes for p in a.patches)
        reason = next(e["because"] for e in exceptions if e["item"] == table)
        assert reason in words(drawn[item])
        assert reason in drawn[item].alt
    records = ((used["trust_type"] == "Acute") & (used["budget"] == "100-149")).sum()
    assert f"{records} instead of 13" in words(drawn["figure-07"])
    clear = [i for i in PRINTED if i not in ("figure-07", "figure-21", "figure-22")]
    assert not [i for i in clear if "†" in words(drawn[i])]


def test_rebuilt_figures_carry_the_warning_and_others_do_not(drawn, plan):
    warning = " ".join(plan.warnings["reconstructed"].split())
    for figure in drawn.values():
        rebuilt = figure.evidence is RECONSTRUCTED
        assert (warning in words(figure)) == rebuilt
        assert (warning in figure.alt) == rebuilt
        badge = next(t for t in texts(figure) if t.get_gid() == style.BADGE_ID)
        assert str(figure.evidence).replace("-", " ") in badge.get_text()


def test_a_rebuilt_statistic_stands_beside_its_range(drawn, plan, identified):
    by_name = identified.set_index("statistic")
    for spec in plan.figures:
        figure = drawn[spec.figure]
        assert list(figure.data.loc[figure.data["part"] == "range", "level"]) == list(spec.ranges)
        for name in spec.ranges:
            low, high, here = by_name.loc[name, ["low", "high", "shipped"]]
            shares = high <= 1
            text = [f"{100 * v:.0f} %" if shares else f"{v:.1f}" for v in (here, low, high)]
            assert f"{text[0]} ({text[1]} to {text[2]})" in words(figure)
            assert f"{text[0]} in these records; the print allows {text[1]} to" in figure.alt
    # No other percentage of rebuilt records is quoted.
    for figure in (f for f in drawn.values() if f.evidence is RECONSTRUCTED):
        assert not re.search(r"\d+  \(\d+ %\)", "  ".join(t.get_text() for t in texts(figure)))


def test_a_printed_percentage_that_does_not_follow_is_told(drawn):
    assert "declined: 2 (0.8 %; in print 0.1 %)" in words(drawn["figure-01"])
    assert "approved: 179 (73 %)" in words(drawn["figure-01"])


def test_unknown_areas_are_named_as_such(drawn, plan):
    hidden = [t for t in texts(drawn["figure-01"]) if t.get_text() == "not printed"]
    assert len(hidden) == len(plan.places["region"])
    assert not counts(drawn["figure-01"])["value"].any()


def test_missing_ranges_and_items_are_refused(plan, coded, printed):
    few = dataclasses.replace(printed, identified=printed.identified.iloc[:1])
    one = dataclasses.replace(plan, figures=(declared(plan, "figure-24"),))
    with pytest.raises(ValueError, match=r"figure-24: no range was computed for .*divisions"):
        dict(draw_survey(one, coded, RECONSTRUCTED, few))
    without = dataclasses.replace(printed, classes={})
    with pytest.raises(ValueError, match="figure-01 is not in the register"):
        dict(draw_survey(plan, coded, RECONSTRUCTED, without))
    with pytest.raises(ValueError, match="table-05 has no printed counts of budget by region"):
        printed_counts(printed.cells, printed.headings, "table-05", "budget", ["region"])


# --- the look ---------------------------------------------------------------------------------


@pytest.mark.parametrize("item", FIGURES)
def test_nothing_written_leaves_the_page_or_covers_another(drawn, item):
    figure = drawn[item]
    with style.style():
        figure.drawing.draw_without_rendering()
        # Dots in the base line stand where no label is.
        shown = [t for t in texts(figure) if t.get_text() != "⋯"]
        x0, y0, x1, y1 = np.array([t.get_window_extent().extents for t in shown]).T
    wide, high = figure.drawing.bbox.size
    assert min(*x0, *y0) >= 0
    assert max(x1) <= wide
    assert max(y1) <= high
    apart = (x1[:, None] <= x0 + 2) | (y1[:, None] <= y0 + 2)
    meeting = ~(apart | apart.T) & ~np.eye(len(shown), dtype=bool)
    assert [(shown[i].get_text(), shown[j].get_text()) for i, j in np.argwhere(meeting)] == []
    assert figure.drawing.get_size_inches()[0] == pytest.approx(170 / 25.4)


def test_a_level_looks_the_same_in_every_figure(drawn, plan):
    for by in ("foundation", "trust_type", "principal"):
        orders, colours = set(), {}
        for item, figure in drawn.items():
            spec = declared(plan, item)
            if by not in spec.by:
                continue
            orders.add(tuple(counts(figure).query("by == @by")["group"].unique()))
            if spec.kind == "rows":
                panels = [a for a in figure.drawing.axes if a.patches]
                groups = counts(figure)[["by", "group"]].drop_duplicates()
                for axes, (name, group) in zip(panels, groups.to_numpy(), strict=True):
                    if name == by:
                        seen = {matplotlib.colors.to_hex(p.get_facecolor()) for p in axes.patches}
                        colours.setdefault(group, set()).update(seen - {"#ffffff", "#000000"})
        assert len(orders) == 1
        assert all(len(found) == 1 for found in colours.values())
    levels = ("foundation", "trust_type", "principal")
    used_colours = [plan.colour(v, level) for v in levels for level in plan.instrument.levels(v)]
    assert len(set(used_colours)) == len(used_colours)


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


def test_the_kinds_are_all_used(plan):
    assert {f.kind for f in plan.figures} == set(KINDS)


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
    for given_ in (None, printed):
        for item, figure in draw_survey(some, coded, STUDY, given_):
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
    assert "n = 4 of 5 returns, 1 without an answer." in words(made["a"])
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
