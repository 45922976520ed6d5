"""What several figures share: a key above the drawing, rows that the eye can follow."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D

from medlead.evidence import EvidenceClass
from medlead.present import style


@pytest.fixture
def drawing():
    drawing, _, _ = style.new_figure(6.0, 4.0, "a title", EvidenceClass.SIMULATED)
    yield drawing
    drawing.clear()


def test_a_key_hangs_from_its_height_at_the_left_margin(drawing):
    handles = [Line2D([], [], label=label) for label in ("one", "two", "three")]
    style.key_above(drawing, handles, top=2.0, columns=3)
    (key,) = drawing.legends
    inches = drawing.dpi_scale_trans.inverted()
    box = key.get_window_extent(FigureCanvasAgg(drawing).get_renderer()).transformed(inches)
    assert (box.x0, box.y1) == pytest.approx((style.MARGIN, 2.0), abs=0.02)
    assert [text.get_text() for text in key.get_texts()] == ["one", "two", "three"]
    heights = {round(text.get_window_extent().y0) for text in key.get_texts()}
    assert len(heights) == 1


def test_the_letters_of_a_key_are_body_size_unless_told(drawing):
    style.key_above(drawing, [Line2D([], [], label="one")], top=2.0, columns=1)
    style.key_above(drawing, [Line2D([], [], label="one")], top=1.0, columns=1, fontsize=5.0)
    sizes = [key.get_texts()[0].get_fontsize() for key in drawing.legends]
    assert sizes == [style.BODY, 5.0]


@pytest.mark.parametrize("count", [1, 4, 7])
def test_rows_run_down_from_the_top_with_every_other_one_shaded(drawing, count):
    axes = drawing.add_axes((0.1, 0.1, 0.8, 0.8))
    style.striped_rows(axes, count)
    top, bottom = axes.transData.transform([(0, 0), (0, count - 1)])[:, 1]
    assert top >= bottom
    assert axes.get_ylim() == (count - 0.5, -0.5)
    shaded = sorted(np.mean(patch.get_extents().get_points()[:, 1]) for patch in axes.patches)
    centres = [axes.transData.transform((0, row))[1] for row in range(0, count, 2)]
    assert shaded == pytest.approx(sorted(centres))
