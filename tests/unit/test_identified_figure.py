"""The picture of the bounds: what is drawn is what the table says, and nothing covers another."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from medlead.performance.identified import NO, PEARSON, TIES, YES
from medlead.performance.identified_joint import ALL_SHOWN
from medlead.present import style
from medlead.present.identified import draw_identified

LABELS = {"one": "First rating", "two": "Second rating"}


@pytest.fixture
def sets() -> pd.DataFrame:
    rows = [
        ("one", PEARSON, "steps", "x", 30, -0.1011, 0.7, -0.1023, 0.7044, 0.68, YES),
        ("one", "Spearman", "", TIES, 30, 0.2, 0.6744, 0.2, 0.6744, 0.68, NO),
        ("two", PEARSON, "steps", "x", 25, 0.1, 0.5, 0.1, 0.5, None, ""),
        ("two", "Spearman", "", TIES, 25, 0.2, 0.4, 0.2, 0.4, None, ""),
    ]
    columns = ["rating", "method", "coding", "ties", "n", "low", "high", "low_proved"]
    return pd.DataFrame(rows, columns=[*columns, "high_proved", "printed", "attained"])


@pytest.fixture
def without() -> pd.DataFrame:
    rows = [
        ("one", ALL_SHOWN, PEARSON, "steps", 0.69, 0.71),
        ("one", "lower end", PEARSON, "steps", 0.1, 0.2),
    ]
    return pd.DataFrame(rows, columns=["rating", "sample", "method", "coding", "low", "high"])


def test_bars_are_the_proved_bounds_in_the_colour_of_the_answer(sets, without) -> None:
    figure = draw_identified(sets, without, LABELS)
    first, second = figure.drawing.axes
    bars = [line for line in first.lines if line.get_linewidth() > 4]
    assert [line.get_xdata().tolist() for line in bars] == [[-0.1023, 0.7044], [0.2, 0.6744]]
    colours = [line.get_color() for line in bars]
    assert colours == [style.COLOURS["blue"], style.COLOURS["vermillion"]]
    assert {line.get_color() for line in second.lines if line.get_linewidth() > 4} == {style.MUTED}
    crosses = [line.get_xdata()[0] for line in first.lines if line.get_marker() == "x"]
    assert crosses == pytest.approx([0.7])
    assert not [line for line in second.lines if line.get_marker() == "x"]
    printed = [line.get_xdata()[0] for line in first.lines if line.get_linestyle() == "--"]
    assert printed == [0.68]
    told = [text.get_text() for text in first.texts]
    assert told == [
        "\N{MINUS SIGN}0.103 to 0.705",
        "can give it",
        "0.200 to 0.675",
        "cannot give it",
    ]
    assert first.get_title(loc="left") == "First rating (n = 30, printed 0.68)"
    assert second.get_title(loc="left") == "Second rating (n = 25, no printed value)"


def test_data_and_words_say_the_same(sets, without) -> None:
    figure = draw_identified(sets, without, LABELS)
    assert figure.data["attained"].tolist() == [YES, NO, "", ""]
    assert figure.data["low"].tolist() == sets["low_proved"].tolist()
    assert figure.data["ends_alone"].notna().tolist() == [True, False, False, False]
    assert "1 ways can give each printed value: Pearson (steps)." in figure.alt
    assert "First rating, printed 0.68, cannot be Spearman with ties allowed." in figure.alt
    none = draw_identified(sets.assign(attained=NO), without, LABELS)
    assert "No way can give each printed value." in none.alt


def test_no_words_cover_others_or_leave_the_picture(sets, without) -> None:
    figure = draw_identified(sets, without, LABELS).drawing
    figure.draw_without_rendering()
    texts = [
        *(t for axes in figure.axes for t in axes.get_children() if isinstance(t, Text)),
        *(t for axes in figure.axes for t in axes.get_yticklabels()),
        *(t for legend in figure.legends for t in legend.get_texts()),
        *figure.texts,
    ]
    boxes = [t.get_window_extent() for t in texts if t.get_text()]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    edges = figure.bbox
    assert np.min([b.x0 for b in boxes]) >= edges.x0
    assert np.max([b.x1 for b in boxes]) <= edges.x1


def test_bounds_the_wrong_way_round_are_refused(sets, without) -> None:
    with pytest.raises(ValueError, match="above the largest"):
        draw_identified(sets.assign(low_proved=0.9), without, LABELS)
