"""Pictures: what is drawn is what was given, and the same picture has the same bytes."""

import re
import warnings
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from medlead.evidence import EvidenceClass
from medlead.layout import lay_out
from medlead.performance.intervals import fisher_interval
from medlead.performance.significance import judge_stars, survivors
from medlead.present import style
from medlead.present.figures import _stack, draw_correlations, draw_trusts, write_figure
from medlead.present.forest import SURVIVAL, _forest
from medlead.ratings import load_rating_scales

ROOT = Path(__file__).parents[2]
INSTRUMENTS = ROOT / "config" / "instruments"
SUFFIXES = ("svg", "png", "csv", "txt")
SAMPLE, GROUP = 30, 10


def parsed(name):
    return yaml.safe_load((INSTRUMENTS / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def records():
    frame = pd.read_csv(
        ROOT / "data" / "raw" / "trust_engagement.csv", dtype=str, keep_default_na=False
    )
    return frame.astype({"index": float})


@pytest.fixture(scope="module")
def scales():
    return load_rating_scales(parsed("ratings.yaml"))["trust_engagement"]


@pytest.fixture(scope="module")
def layout():
    return parsed("layouts.yaml")["table-27"]


@pytest.fixture(scope="module")
def table(records, layout):
    return lay_out(records, layout, EvidenceClass.PRINTED_RECORDS, group_size=GROUP)


@pytest.fixture(scope="module")
def printed():
    cells = pd.read_csv(ROOT / "data" / "published" / "cells.csv", dtype=str, keep_default_na=False)
    cells = cells[cells["item"] == "table-28"]
    text = cells.set_index(["row", "column"])["text"]
    rows = [
        {
            "measure": row,
            "scale": column,
            "r": float(r),
            "n": int(text[row, "n Trusts"]),
            "printed": text[f"{row} / stars", column],
        }
        for (row, column), r in text[(cells["kind"] == "statistic").to_numpy()].items()
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(r_low=frame["r"] - 0.005, r_high=frame["r"] + 0.005)


def judged(cells):
    frame = judge_stars(cells)
    low, high = fisher_interval(frame["r"].to_numpy(), frame["n"].to_numpy())
    return frame.assign(low=low, high=high)


@pytest.fixture(scope="module")
def trusts(table, scales, layout):
    return draw_trusts(table, scales, layout, GROUP, sample_size=SAMPLE)


@pytest.fixture(scope="module")
def forest(printed):
    return draw_correlations(judged(printed), survivors(printed), 0.95)


@pytest.fixture(params=["trusts", "forest"])
def figure(request):
    return request.getfixturevalue(request.param)


def texts(figure):
    found = figure.drawing.findobj(matplotlib.text.Text)
    return [t.get_text() for t in found if t.get_visible() and t.get_text().strip()]


def test_the_same_bytes_whatever_the_readers_settings(tmp_path, table, scales, layout, printed):
    # Part of each picture, to be quick.
    few = printed[printed["measure"].isin(printed["measure"].unique()[:2])]
    few = few[few["scale"].isin(few["scale"].unique()[:3])]
    two = layout | {"columns": layout["columns"][:3]}

    def make(folder):
        trusts = draw_trusts(table, scales, two, GROUP, sample_size=SAMPLE)
        forest = draw_correlations(judged(few), survivors(few), 0.95)
        write_figure(trusts, tmp_path / folder, "trusts")
        write_figure(forest, tmp_path / folder, "forest")
        return forest

    make("plain")
    odd = {"font.family": "serif", "lines.linewidth": 9, "svg.fonttype": "none", "savefig.dpi": 30}
    with matplotlib.rc_context(odd):
        forest = make("odd")
        # Saving must not change the drawing.
        write_figure(forest, tmp_path / "twice", "forest")
    for stem, folder in (("trusts", "odd"), ("forest", "odd"), ("forest", "twice")):
        for name in (f"{stem}.{suffix}" for suffix in SUFFIXES):
            first = (tmp_path / "plain" / name).read_bytes()
            assert first, name
            assert (tmp_path / folder / name).read_bytes() == first, (folder, name)


def test_files_hold_what_they_should(tmp_path, figure):
    with warnings.catch_warnings():
        # Among others, matplotlib warns of a sign that the font does not have.
        warnings.simplefilter("error")
        write_figure(figure, tmp_path, "f")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(f"f.{s}" for s in SUFFIXES)
    assert (tmp_path / "f.txt").read_text(encoding="utf-8") == figure.alt + "\n"
    back = pd.read_csv(tmp_path / "f.csv", keep_default_na=False)
    assert list(back.columns) == [*figure.data.columns, "evidence"]
    assert set(back["evidence"]) == {str(figure.evidence)}
    assert len(back) == len(figure.data)
    svg = (tmp_path / "f.svg").read_text(encoding="utf-8")
    assert "<text" not in svg
    assert "<dc:date>" not in svg
    assert f"<title>{figure.title}</title>" in svg
    png = (tmp_path / "f.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert b"Software" not in png
    assert int.from_bytes(png[16:20]) == pytest.approx(
        figure.drawing.get_size_inches()[0] * style.DPI, abs=1
    )


# --- every picture -------------------------------------------------------------------------


def test_evidence_title_and_caption_stand_in_the_picture(figure):
    by_id = {t.get_gid(): t.get_text() for t in figure.drawing.texts}
    assert figure.evidence.value.replace("-", " ") in by_id[style.BADGE_ID]
    assert by_id[style.TITLE_ID].replace("\n", " ") == figure.title
    assert "n = " in by_id[style.CAPTION_ID]


def test_nothing_that_is_written_leaves_the_picture_or_meets_the_badge(figure):
    with style.style():
        figure.drawing.canvas.draw()
        whole = figure.drawing.bbox
        boxes = {
            t: t.get_window_extent()
            for t in figure.drawing.findobj(matplotlib.text.Text)
            if t.get_visible() and t.get_text().strip()
        }
    for text, box in boxes.items():
        shown = box.width and box.height
        assert not shown or (box.x0 >= whole.x0 and box.x1 <= whole.x1), text
        assert not shown or (box.y0 >= whole.y0 and box.y1 <= whole.y1), text
    own = {t.get_gid(): t for t in figure.drawing.texts}
    for one, other in combinations((style.BADGE_ID, style.TITLE_ID, style.CAPTION_ID), 2):
        assert not boxes[own[one]].overlaps(boxes[own[other]])


def test_only_the_shipped_font_is_used(figure):
    with style.style():
        for text in figure.drawing.findobj(matplotlib.text.Text):
            path = Path(matplotlib.font_manager.findfont(text.get_fontproperties()))
            assert path.is_relative_to(matplotlib.get_data_path())
            assert path.name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")


# --- trusts --------------------------------------------------------------------------------


def test_every_rating_of_every_trust_is_drawn(trusts, records, scales):
    drawn = trusts.data.pivot(index="trust", columns="measure", values="level")
    given = records.set_index("trust")[list(scales)]
    given.columns = [scales[name].label for name in scales]
    assert drawn.shape == (len(records), len(scales))
    pd.testing.assert_frame_equal(
        drawn.sort_index(axis=0).sort_index(axis=1),
        given.sort_index(axis=0).sort_index(axis=1),
        check_names=False,
        check_dtype=False,
    )
    index = trusts.data.drop_duplicates("trust").set_index("trust")["index"]
    assert index.to_dict() == records.set_index("trust")["index"].to_dict()
    groups = trusts.data.drop_duplicates("trust").set_index("trust")["group"]
    assert groups.to_dict() == records.set_index("trust")["rank_group"].to_dict()


def test_there_is_a_point_per_trust_and_open_ones_for_the_missing(trusts, records, scales):
    panels = [axes for axes in trusts.drawing.axes if axes.axison]
    assert len(panels) == len(scales)
    for axes, name in zip(panels, scales, strict=True):
        points = [line for line in axes.lines if line.get_linestyle() == "None"]
        assert sorted(float(p.get_xdata()[0]) for p in points) == sorted(records["index"])
        open_points = [p for p in points if p.get_markerfacecolor() == "white"]
        missing = records.loc[records[name] == "", "index"]
        assert sorted(float(p.get_xdata()[0]) for p in open_points) == sorted(missing)
        # Each point lies nearer to the line of its own level than to any other.
        level = dict(zip(records["index"], records[name], strict=True))
        for point in set(points) - set(open_points):
            x, y = float(point.get_xdata()[0]), float(point.get_ydata()[0])
            assert round(y) == scales[name].levels.index(level[x]) + 1


def test_hidden_trusts_are_counted_and_told(trusts, table, scales, layout, records):
    label = f"{SAMPLE - len(records)} trusts not printed"
    assert texts(trusts).count(label) == len(scales)
    complete = draw_trusts(table, scales, layout, GROUP, sample_size=len(records))
    assert not any("not printed" in text for text in texts(complete))
    study = table.assign(evidence=str(EvidenceClass.STUDY))
    own = draw_trusts(study, scales, layout, GROUP, sample_size=SAMPLE)
    assert own.evidence is EvidenceClass.STUDY
    assert not any("not printed" in text for text in [*texts(own), own.alt])


def test_the_text_tells_the_counts(trusts, records, scales):
    top = records[records["rank_group"] == "top"]
    for name, scale in scales.items():
        best = scale.levels[-1]
        assert f"{scale.label}: top group {(top[name] == best).sum()} {best}" in trusts.alt
    assert f"{top['index'].min():g} to {top['index'].max():g}" in trusts.alt


def test_trusts_between_the_groups_are_drawn_as_such(table, scales, layout, records):
    few = draw_trusts(table, scales, layout, 3)
    counts = few.data.drop_duplicates("trust")["group"].value_counts().to_dict()
    assert counts == {"top": 3, "middle": len(records) - 6, "bottom": 3}


def changed(table, column, text, trust="21"):
    at = (table["row"] == trust) & (table["column"] == column)
    assert at.sum() == 1
    return table.assign(text=table["text"].mask(at, text))


def test_bad_input_is_refused(table, scales, layout):
    quality = "Overall Quality Score"
    with pytest.raises(ValueError, match="Splendid"):
        draw_trusts(changed(table, quality, "Splendid"), scales, layout, GROUP)
    with pytest.raises(ValueError, match="do not fit"):
        draw_trusts(table, scales, layout, GROUP + 1)
    with pytest.raises(ValueError, match="sample of 19"):
        draw_trusts(table, scales, layout, GROUP, sample_size=19)
    with pytest.raises(ValueError, match="twice"):
        draw_trusts(pd.concat([table, table]), scales, layout, GROUP)
    short = table[~((table["row"] == "21") & (table["column"] == quality))]
    with pytest.raises(ValueError, match="no cell"):
        draw_trusts(short, scales, layout, GROUP)
    mixed = table.assign(evidence=table["evidence"].mask(table["row"] == "21", "study"))
    with pytest.raises(ValueError, match="evidence class"):
        draw_trusts(mixed, scales, layout, GROUP)


@given(st.lists(st.floats(0, 10), max_size=25), st.floats(0.1, 3))
def test_stacked_points_never_cover_each_other(x, apart):
    steps = _stack(x, apart)
    for (a, s), (b, t) in combinations(zip(x, steps, strict=True), 2):
        assert s != t or abs(a - b) >= apart


def test_points_are_stacked_up_before_down():
    assert _stack([1, 1, 1, 1, 9], 0.5) == [0, 1, -1, 2, 0]


# --- correlations --------------------------------------------------------------------------


def test_every_correlation_is_drawn_where_it_lies(forest, printed):
    assert len(forest.data) == len(printed) == 80
    pd.testing.assert_frame_equal(
        forest.data[["measure", "scale", "r", "n", "printed"]],
        printed[["measure", "scale", "r", "n", "printed"]],
        check_dtype=False,
    )
    drawn = [
        float(line.get_xdata()[0])
        for axes in forest.drawing.axes
        for line in axes.lines
        if line.get_linestyle() == "None"
    ]
    assert drawn == printed["r"].tolist()
    z = np.arctanh(forest.data["r"])
    half = 1.959964 / np.sqrt(forest.data["n"] - 3)
    assert np.allclose(forest.data["low"], np.tanh(z - half), atol=1e-6)
    assert np.allclose(forest.data["high"], np.tanh(z + half), atol=1e-6)


def test_survival_is_nested_and_counted(forest, printed):
    frame = survivors(printed)
    place = forest.data["survives"].map(SURVIVAL.index)
    for name, adjustment in (("two-sided", "none"), *((a, a) for a in SURVIVAL[3:])):
        sure = (frame[frame["adjustment"] == adjustment]["below"] == "yes").sum()
        assert (place >= SURVIVAL.index(name)).sum() == sure
        assert re.search(rf"\b{sure}\b", forest.alt)
    assert (forest.data["survives_at_most"].map(SURVIVAL.index) >= place).all()
    doubtful = (forest.data["survives"] != forest.data["survives_at_most"]).sum()
    assert sum(text.endswith("†") for text in texts(forest)) == doubtful


def test_the_negative_measure_keeps_its_sign_and_is_told(forest, printed):
    negative = printed[printed["r"] < 0]
    assert sum(text.startswith("−") and text[1:2] == "0" for text in texts(forest)) >= len(negative)
    assert sum(text.startswith("negative r") for text in texts(forest)) == 1
    assert f"{len(negative)} negative" in forest.alt
    assert negative["measure"].iloc[0] in forest.alt


def test_text_columns_are_read_as_numbers(forest, printed):
    as_read = draw_correlations(judged(printed).astype(str), survivors(printed).astype(str), 0.95)
    pd.testing.assert_frame_equal(as_read.data, forest.data, check_dtype=False)
    assert as_read.alt == forest.alt


def test_r_at_the_edges_of_the_tests():
    # n = 30: the two-sided limit at 0.05 is 0.361, the one-sided 0.306; with one test, neither
    # adjustment changes anything.
    def fate(r, half=0.0):
        cells = pd.DataFrame(
            [{"measure": "m", "scale": "s", "r": r, "r_low": r - half, "r_high": r + half}]
        ).assign(n=30, printed="")
        data = _forest(judged(cells), survivors(cells), 0.05)
        return data.loc[0, ["survives", "survives_at_most"]].tolist()

    assert fate(0.30) == ["none", "none"]
    assert fate(0.308, 0.005) == ["none", "one-sided only"]
    assert fate(0.31) == ["one-sided only", "one-sided only"]
    assert fate(-0.31) == ["one-sided only", "one-sided only"]
    assert fate(0.37) == ["holm", "holm"]
    assert fate(0.36, 0.005) == ["one-sided only", "holm"]


def test_bad_correlations_are_refused(printed):
    frame, left = judged(printed), survivors(printed)
    with pytest.raises(ValueError, match="one-sided"):
        draw_correlations(frame[frame["tail"] == "two-sided"], left, 0.95)
    with pytest.raises(ValueError, match="holm"):
        draw_correlations(frame, left[left["adjustment"] != "holm"], 0.95)
    with pytest.raises(ValueError, match="two-sided row"):
        draw_correlations(pd.concat([frame, frame]), left, 0.95)
    with pytest.raises(ValueError, match="interval"):
        draw_correlations(frame.assign(low=0.99), left, 0.95)


# --- the common style ----------------------------------------------------------------------


def test_categories_differ_in_colour_and_marker():
    looks = style.categorical(list("abcdefgh"))
    assert len({colour for colour, _ in looks.values()}) == 8
    assert len({marker for _, marker in looks.values()}) == 8
    assert style.categorical(["x"])["x"] == looks["a"]
    for wrong in (list("abcdefghi"), ["a", "a"]):
        with pytest.raises(ValueError, match="different"):
            style.categorical(wrong)


@pytest.mark.parametrize("count", [2, 3, 5, 9])
def test_ordered_colours_grow_darker(count):
    colours = style.ordered([str(i) for i in range(count)]).values()
    light = [matplotlib.colors.to_rgb(c) @ np.array([0.2126, 0.7152, 0.0722]) for c in colours]
    assert all(a > b for a, b in pairwise(light))


@given(st.text("abc \N{NO-BREAK SPACE}", max_size=60), st.floats(0.2, 3))
def test_wrapped_text_keeps_its_words_and_its_width(text, width):
    lines = style.wrap(text, width, style.BODY).split("\n")
    assert " ".join(lines).split(" ") == [w for w in text.split(" ") if w] or not text.strip(" ")
    for line in lines:
        assert " " not in line or style.text_width(line, style.BODY) <= width


def test_panels_keep_their_places():
    with style.style():
        drawing, low, high = style.new_figure(6, 4, "t", EvidenceClass.SIMULATED, "c")
        panels = style.panel_grid(drawing, low, high, 2, 3, left=0.3, right=0.2, first=0.5)
        boxes = [axes.get_position() for axes in panels]
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
        assert all(box.y0 * 4 >= low - 1e-9 and box.y1 * 4 <= high + 1e-9 for box in boxes)
        with pytest.raises(ValueError, match="do not fit"):
            style.panel_grid(drawing, low, high, 2, 30)
