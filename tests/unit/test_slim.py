"""Slim pictures draw what the pictures drew: compared shape by shape, and on the page."""

import html.parser
import re
import xml.etree.ElementTree as ET
from io import BytesIO
from urllib.parse import unquote

import matplotlib
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from medlead.present.embedded import data_uri
from medlead.present.slim import slim_svg
from medlead.present.style import style

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
Shape = tuple[str, str, tuple[str, ...], tuple[float, float]]


@pytest.fixture(scope="module", params=["plain", 'a doctor\'s "own" <word> & more'])
def picture(request: pytest.FixtureRequest) -> str:
    """A drawing with text, marks, a clip, hatching and a notes block."""
    with style():
        figure, axes = plt.subplots(figsize=(3, 2))
        axes.plot([0, 1.23456789, 2], [3, 1, 2.7182818], marker="o")
        axes.bar([0, 1], [1, 2], hatch="/////", edgecolor="white")
        axes.set_title(request.param)
        sink = BytesIO()
        figure.savefig(sink, format="svg", metadata={"Title": request.param, "Date": None})
        plt.close(figure)
    return sink.getvalue().decode("utf-8")


def _place(element: ET.Element) -> tuple[float, float]:
    """Where a reference puts its glyph: by attributes, or by a transformation alone."""
    moved = re.fullmatch(r"translate\((\S+?)(?: (\S+))?\)", element.get("transform", ""))
    at = (moved[1], moved[2] or 0) if moved else (element.get("x", 0), element.get("y", 0))
    return float(at[0]), float(at[1])


def _words(drawn: str) -> tuple[str, ...]:
    """A path: its letters as they are, its numbers to a hundredth."""
    return tuple(w if w.isalpha() else f"{round(float(w), 2) + 0:.2f}" for w in drawn.split())


def shapes(svg: str) -> list[Shape]:
    """Every drawn shape in order, references followed to what they name."""
    root = ET.fromstring(svg)
    named = {e.get("id"): e for e in root.iter() if e.get("id")}
    found = []
    for element in root.iter():
        tag = element.tag.removeprefix(SVG)
        if tag == "use":
            goal = named[(element.get("href") or element.get(LINK) or "")[1:]]
            look = element.get("style", "") + goal.get("style", "") + goal.get("transform", "")
            found.append((tag, _unnamed(look), _words(goal.get("d", "")), _place(element)))
        elif tag in ("path", "rect", "g", "pattern"):
            look = element.get("style", "") + element.get("transform", "")
            found.append((tag, _unnamed(look), _words(element.get("d", "")), (0.0, 0.0)))
        for link in re.findall(r"url\(#(.*?)\)", " ".join(element.attrib.values())):
            assert link in named
    return found


def _unnamed(look: str) -> str:
    return re.sub(r"url\(#.*?\)", "url()", look)


def test_every_shape_is_where_it_was(picture: str) -> None:
    before, after = shapes(picture), shapes(slim_svg(picture))
    assert len(before) > 60
    assert [s[:3] for s in after] == [s[:3] for s in before]
    for (*_, old), (*_, new) in zip(before, after, strict=True):
        assert new == pytest.approx(old, abs=0.0051)


def test_a_small_turn_or_scale_is_left_as_it_is(picture: str) -> None:
    kept = re.findall(r"(?:scale|rotate)\([^)]*\)", picture)
    assert kept
    assert re.findall(r"(?:scale|rotate)\([^)]*\)", slim_svg(picture)) == kept


def test_it_is_much_smaller_and_nothing_is_left_to_take_away(picture: str) -> None:
    slim = slim_svg(picture)
    assert len(slim) < 0.7 * len(picture)
    assert "metadata" not in slim
    assert shapes(slim_svg(slim)) == shapes(slim)


def test_the_page_gets_the_picture_whole(picture: str) -> None:
    from jinja2 import Environment

    class Images(html.parser.HTMLParser):
        found = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            Images.found = str(dict(attrs)["src"])

    page = Environment(autoescape=True).from_string('<img src="{{ uri }}">')
    Images().feed(page.render(uri=data_uri(picture)))
    head, _, coded = Images.found.partition(",")
    assert head == "data:image/svg+xml;charset=utf-8"
    assert "#" not in coded
    assert shapes(unquote(coded)) == shapes(slim_svg(picture))
