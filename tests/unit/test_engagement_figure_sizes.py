"""Figures of engagement: sites of any size, legible text, tracks as drawn, and likelier places."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from engagement_world import (
    own_instrument,
    own_plan,
    own_results,
    scored,
    texts,
    through_files,
    words,
)

from medlead.present import style
from medlead.present.engagement_declared import load_engagement_figures
from medlead.present.engagement_figures import draw_engagement
from medlead.present.engagement_paper import INTERVALS_ID, POINTS_ID

SITE_KINDS = ("hierarchy", "components", "map", "answers")
MANY = [f"{name} unit {place}" for place in range(5) for name in ("Acute", "Day", "Eye", "Urology")]


def figures_of(kinds, **more):
    return load_engagement_figures(
        {
            "titles": dict.fromkeys((*SITE_KINDS, "overview"), "Title"),
            "figures": [
                {"figure": k, "kind": k}
                | (more if k in SITE_KINDS else {})
                | ({"map": "meta-2"} if k == "components" else {})
                for k in kinds
            ],
        },
        own_instrument(),
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A site of twenty groups, and one whose only group is a single doctor."""
    instrument = own_instrument()
    random = np.random.default_rng(3)
    rows = [("Big", name) for place, name in enumerate(MANY) for _ in range(1 + place % 7)]
    table = pd.DataFrame([*rows, ("Lone", "Only")], columns=["site", "group"])
    table.insert(0, "respondent", [f"R{i}" for i in range(len(table))])
    for item in instrument.item_names:
        table[item] = random.integers(1, 6, len(table)).astype(str)
    for statement in instrument.statements:
        table[statement] = random.integers(1, 6, len(table)).astype(str)
    norm = random.integers(1, 6, (len(instrument.items), 300)).astype(np.uint8)
    frames = scored(table, norm, instrument)
    return through_files(frames, tmp_path_factory.mktemp("study"), "study")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return own_results(tmp_path_factory.mktemp("own"))


def boxes(figure):
    with style.style():
        figure.drawing.draw_without_rendering()
        return [(t.get_text(), t.get_window_extent()) for t in texts(figure)]


def covered(figure):
    """Pairs of texts that share more than two pixels each way, and texts beyond the sheet."""
    wide, high = figure.drawing.bbox.size
    found = boxes(figure)
    bad = [t for t, b in found if b.x0 < 0 or b.y0 < 0 or b.x1 > wide or b.y1 > high]
    for place, (one, a) in enumerate(found):
        for other, b in found[place + 1 :]:
            across = min(a.x1, b.x1) - max(a.x0, b.x0)
            if across > 2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2:
                bad.append((one, other))
    return bad


@pytest.mark.parametrize(("site", "groups"), [("Big", MANY), ("Lone", ["Only"])])
@pytest.mark.parametrize("kind", SITE_KINDS)
def test_sites_of_any_size_are_drawn_whole(study, site, groups, kind):
    ((_, figure),) = draw_engagement(figures_of([kind], site=site), study, study.evidence)
    said = words(figure)
    for group in groups:
        assert group in said
        assert group in set(figure.data["group"])
    assert covered(figure) == []
    if kind == "components" or kind == "map":
        # Pairs of bars and grids of twenty groups still fit on one printed page.
        assert figure.drawing.get_size_inches()[1] < 297 / 25.4
    if site == "Lone" and kind != "answers":
        assert "too few to place" in said


def test_no_text_is_smaller_than_seven_points(own):
    one_each = {f.kind: f for f in own_plan().figures}
    plan = dataclasses.replace(own_plan(), figures=tuple(one_each.values()))
    for item, figure in draw_engagement(plan, own, own.evidence):
        assert min(t.get_size() for t in texts(figure)) >= 7, item


def test_text_is_as_wide_in_the_picture_as_it_was_measured(own):
    chosen = next(f for f in own_plan().figures if f.kind == "hierarchy")
    plan = dataclasses.replace(own_plan(), figures=(chosen,))
    ((_, figure),) = draw_engagement(plan, own, own.evidence)
    wide = figure.drawing.bbox.width - style.MARGIN * style.DPI
    caption = next(b for t, b in boxes(figure) if "Assumed, and open to change" in t)
    assert caption.x1 <= wide + 1


@pytest.mark.parametrize("kind", ["overview", "hierarchy"])
def test_tracks_show_percentile_and_interval_of_every_cell(own, kind):
    chosen = next(f for f in own_plan().figures if f.kind == kind)
    plan = dataclasses.replace(own_plan(), figures=(chosen,))
    ((_, figure),) = draw_engagement(plan, own, own.evidence)
    rows = figure.data[figure.data["value"] != ""]
    (points,) = figure.drawing.findobj(lambda a: a.get_gid() == POINTS_ID)
    (bars,) = figure.drawing.findobj(lambda a: a.get_gid() == INTERVALS_ID)
    xs, ys = (np.asarray(part, float) for part in points.get_data())
    assert len(xs) == len(rows)
    spans = rows[rows["low"] != ""]
    assert len(bars.get_segments()) == len(spans)
    # The thin line from 0 to 100 of each cell gives the scale on which its marks stand.
    lines = next(
        c for c in figure.drawing.artists if len(getattr(c, "get_segments", list)()) == len(rows)
    )
    ends = {(round(a[0], 6), round(a[1], 6)): b[0] for a, b in lines.get_segments()}
    starts = sorted(ends, key=lambda p: (-p[1], p[0]))
    value = {}
    for x, y in zip(xs, ys, strict=True):
        left = max(p for p in starts if abs(p[1] - y) < 1e-5 and p[0] <= x + 1e-9)
        value[left] = 100 * (x - left[0]) / (ends[left] - left[0])
    assert sorted(value.values()) == pytest.approx(sorted(rows["value"].astype(float)), abs=1e-3)
    widths = []
    for (x0, y), (x1, _) in bars.get_segments():
        left = max(p for p in starts if abs(p[1] - y) < 1e-5 and p[0] <= x0 + 1e-9)
        span = ends[left] - left[0]
        widths.append((100 * (x0 - left[0]) / span, 100 * (x1 - left[0]) / span))
    wanted = [(float(r["low"]), float(r["high"])) for r in spans.to_dict("records")]
    assert np.allclose(sorted(widths), sorted(wanted), atol=1e-3)


def test_a_likelier_quadrant_is_named_beside_that_of_the_point(own):
    chosen = tuple(f for f in own_plan().figures if f.kind == "map")
    plan = dataclasses.replace(own_plan(), figures=chosen)
    sites = {f.figure: f.site for f in chosen}
    chances = [c for c in own.placements.columns if c.startswith("p_")]
    named = 0
    for item, figure in draw_engagement(plan, own, own.evidence):
        shown = {line for t in texts(figure) for line in t.get_text().split("\n")}
        shown = {text.replace("\N{NO-BREAK SPACE}", " ") for text in shown}
        mine = own.placements[(own.placements["site"] == sites[item])]
        wanted = set()
        for row in mine[mine["note"] == ""].to_dict("records"):
            best = max(chances, key=lambda c, row=row: row[c])
            by_rule = f"p_{row['quadrant_by_rule']}"
            percents = [f"{100 * row[c]:.0f}" for c in (best, by_rule)]
            if best != by_rule and len(set(percents)) == 2:
                wanted.add(f"or {best[2:]} {percents[0]} %")
        assert {text for text in shown if text.startswith("or ")} == wanted
        assert ("likeliest" in words(figure)) == bool(wanted)
        named += len(wanted)
    assert named > 0
