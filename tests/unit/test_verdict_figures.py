"""The pictures of sentences by section and of conclusions with their sentences."""

from pathlib import Path

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from test_conclusions import CONTEXT, claims, conclusion, every

from medlead.present.style import svg_of, write_figure
from medlead.present.tell import drawn
from medlead.present.verdict_figures import (
    STATES,
    counted_by_section,
    dots_of,
    draw_conclusions,
    draw_sections,
)
from medlead.verdicts.conclusions import judge_conclusions

ALL = ("holds", "fails", "undecidable", "not-checkable", "by-construction", "holds")


def said() -> pd.DataFrame:
    return claims(*ALL).assign(section=["6.10", "4.1.2", "ES", "4", "6.2", "4.1.3"])


def stated() -> pd.DataFrame:
    rows = [
        conclusion('claim("1-01")', conclusion="c-01"),
        conclusion('claim("1-03") and claim("1-01")', conclusion="c-02"),
        conclusion(every(6), conclusion="c-03", statement="A long one " * 20),
    ]
    return judge_conclusions(pd.DataFrame(rows), said(), CONTEXT, "c.csv")


def test_sections_are_counted_at_two_levels_in_printed_order() -> None:
    found = counted_by_section(said())
    assert list(found["section"]) == ["ES", "4", "4.1", "6.2", "6.10"]
    assert list(found.columns) == ["section", *STATES]
    assert found.set_index("section").loc["4.1"].to_dict() == {
        "holds": 1,
        "fails": 1,
        "undecidable": 0,
        "by-construction": 0,
        "not-checkable": 0,
    }
    assert found[list(STATES)].to_numpy().sum() == len(ALL)


def test_the_bars_show_the_counts_and_say_them() -> None:
    figure = draw_sections(said())
    assert "2 holds, 1 fails, 1 open, 1 by construction only, 1 cannot be checked" in figure.alt
    assert "Sentences fail in Section 4.1 (1)." in figure.alt
    axes = figure.drawing.axes[0]
    bars = [p for p in axes.patches if p.get_height() < 0.7]
    assert len(bars) == len(ALL)
    assert next(t.get_text() for t in axes.get_yticklabels()) == "Summary"


def test_each_conclusion_has_a_mark_for_each_sentence() -> None:
    dots = dots_of(stated())
    assert dots["conclusion"].value_counts().to_dict() == {"c-01": 1, "c-02": 2, "c-03": 6}
    figure = draw_conclusions(stated())
    lines = figure.drawing.axes[0].lines
    assert len(lines) == len(dots)
    # Most against first: the one that fails, the one that is open, the one that stands.
    texts = [t.get_text() for t in figure.drawing.axes[0].texts]
    assert texts[0].startswith("A long one")
    assert "1 of them have a sentence that fails." in figure.alt


@pytest.mark.parametrize(
    "draw", [lambda: draw_sections(said()), lambda: draw_conclusions(stated())]
)
def test_pictures_are_the_same_again_and_nothing_leaves_them(tmp_path: Path, draw) -> None:  # type: ignore[no-untyped-def]
    figure = draw()
    assert svg_of(figure) == svg_of(draw())
    write_figure(figure, tmp_path, "x")
    assert (tmp_path / "x.svg").read_bytes() == svg_of(figure)
    width, height = figure.drawing.get_size_inches() * figure.drawing.dpi
    renderer = FigureCanvasAgg(figure.drawing).get_renderer()
    for text in [*figure.drawing.texts, *figure.drawing.axes[0].texts]:
        box = text.get_window_extent(renderer)
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
    assert f'alt="{figure.alt}"' in drawn(figure).data


def test_texts_of_conclusions_do_not_meet_their_marks() -> None:
    figure = draw_conclusions(stated())
    renderer = FigureCanvasAgg(figure.drawing).get_renderer()
    axes = figure.drawing.axes[0]
    right = max(t.get_window_extent(renderer).x1 for t in axes.texts)
    left = min(line.get_window_extent(renderer).x0 for line in axes.lines)
    assert right < left
    last = max(line.get_window_extent(renderer).x1 for line in axes.lines)
    assert last < figure.drawing.get_size_inches()[0] * figure.drawing.dpi
