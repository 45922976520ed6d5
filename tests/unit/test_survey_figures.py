"""Figures 1 to 31: what is drawn is what was counted, every name is there, nothing overlaps."""

import dataclasses
import re
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
import yaml

from medlead.evidence import EvidenceClass
from medlead.present import bars, style
from medlead.present.declared import KINDS, load_figures
from medlead.present.survey_figures import Printed, draw_survey
from medlead.sources.reading import read_text_table
from medlead.survey.cleaning import clean
from medlead.survey.coding import code
from medlead.survey.counts import (
    count_headings,
    doubted_cells,
    printed_counts,
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
        # A number without a range says so.
        bare = rebuilt and not figure.data["part"].eq("range").any()
        assert (plan.warnings["no_ranges"] in words(figure)) == bare
        assert (plan.warnings["no_ranges"] in figure.alt) == bare
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


def test_the_kinds_are_all_used(plan):
    assert {f.kind for f in plan.figures} == set(KINDS)
