"""One page from one executed notebook: pictures inside, mathematics as MathML, no scripts."""

import re
from functools import cache
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

from bs4 import BeautifulSoup, Tag
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

_TEMPLATES = Path(__file__).parent / "templates"
REPORT = "The report, rebuilt"
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# How many parts each of these has; another number means that the formula was cut short.
_PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2}
_PARTS |= {"msubsup": 3, "munderover": 3}
_LOADING = ("src", "srcset", "poster", "data", "background", "action", "formaction")


class Unfit(Exception):
    """Something in a notebook that no page can be made of: `what`, and how to `mend` it."""

    def __init__(self, what: str, mend: str) -> None:
        self.what, self.mend = what, mend
        super().__init__(what)


def render(notebook: NotebookNode, source: Path, *, beside: str | None, home: str = REPORT) -> str:
    """The page of an executed notebook, as HTML.

    `source` is the file that the notebook was read from; pictures named in its
    text are looked for in its folder. `beside` is the link from the page to the
    executed copy, or None for a notebook that failed, whose page says so and
    links nowhere. `home` names the page that all others are found from.

    Raises Unfit where a formula is not understood, where the page would load
    something, and where a table has ids that change from run to run.
    """
    resources = {
        "metadata": {"name": source.stem, "path": str(source.parent)},
        "page": {"failed": beside is None, "notebook": beside or "", "home": home},
    }
    text, _ = _exporter().from_notebook_node(notebook, resources)
    page = BeautifulSoup(text, "html.parser")
    for script in page.find_all("script"):
        script.decompose()
    for formula in page.find_all("math"):
        del formula["xmlns"]  # HTML knows it without
    _check(page)
    _name_headings(page)
    _box_tables(page)
    return str(page).rstrip("\n") + "\n"


@cache
def _exporter() -> HTMLExporter:
    make: Any = HTMLExporter  # nbconvert is typed in part only
    exporter: Any = make(
        template_name="notebook",
        extra_template_basedirs=[str(_TEMPLATES)],
        extra_template_paths=[str(_TEMPLATES)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    exporter.register_filter("markdown2html", _markdown)
    exporter.register_filter("latex2mathml", lambda text: mathml(text.strip().strip("$"), True))
    return cast(HTMLExporter, exporter)


class _Renderer(IPythonRenderer):
    def block_math(self, body: str) -> str:
        return mathml(body, display=True)

    def inline_math(self, body: str) -> str:
        return mathml(body, display=False)

    def latex_environment(self, name: str, body: str) -> str:
        if name.rstrip("*") == "equation":
            return mathml(body, display=True)
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", display=True)


@pass_context
def _markdown(context: Context, source: str) -> str:
    renderer = _Renderer(
        escape=False,
        attachments=context["cell"].get("attachments", {}),
        embed_images=True,
        path=context["resources"]["metadata"]["path"],
        exclude_anchor_links=True,
    )
    return MarkdownWithMath(renderer=renderer).render(source)


def mathml(formula: str, display: bool) -> str:
    """A formula in LaTeX as MathML, in a line of its own if `display`.

    Raises Unfit where the formula has a command that is not known, or is cut short.
    """
    from latex2mathml.converter import convert

    # Numbered or not, aligned lines are one thing on a page without formula numbers.
    body = re.sub(r"\{(?:align|aligned|split)\*?\}", "{align*}", formula.strip())
    try:
        text: str = convert(body, display="block" if display else "inline")
        _check_mathml(ElementTree.fromstring(text))
    except Exception as error:  # the converter has a dozen errors with no common base
        reason = f" ({error})" if isinstance(error, ValueError) else ""
        raise Unfit(
            f"the formula {formula.strip()!r} cannot be set{reason}",
            "complete it, and use common LaTeX commands only",
        ) from None
    return text


def _check_mathml(root: ElementTree.Element) -> None:
    for element in root.iter():
        kind = element.tag.rpartition("}")[2]
        if kind in _PARTS and len(element) != _PARTS[kind]:
            raise ValueError("it is cut short")
        if (element.text or "").startswith("\\"):
            raise ValueError(f"{element.text} is not known")


def _check(page: BeautifulSoup) -> None:
    for element in page.find_all(True):
        for name in _LOADING:
            value = str(element.get(name, ""))
            if value and not value.startswith("data:"):
                raise Unfit(
                    f"<{element.name}> would load {value!r}",
                    "show pictures from a code cell, or keep the file beside the notebook",
                )
        style = element.get_text() if element.name == "style" else str(element.get("style", ""))
        drawn = element.name in {"use", "image"} and str(element.get("href", "#"))[:1] != "#"
        if (
            element.name == "link"
            or drawn
            or re.search(r"@import|url\(\s*['\"]?(?!data:|#)", style)
        ):
            raise Unfit(
                f"<{element.name}> would load a style sheet, a font or a drawing", "leave it out"
            )
        if re.fullmatch(r"T_[0-9a-f]{5,}", str(element.get("id", ""))):
            raise Unfit(
                "a styled table has ids that differ at each run",
                "show the data frame itself, not its .style",
            )


def _name_headings(page: BeautifulSoup) -> None:
    """Ids for the headings, as Jupyter makes them, and the page's title from the first."""
    taken = {str(e["id"]) for e in page.find_all(id=True)}
    headings = page.find_all(_HEADINGS)
    for heading in headings:
        if heading.get("id"):
            continue
        stem = identifier = re.sub(r"\s+", "-", heading.get_text().strip()) or "heading"
        number = 1
        while identifier in taken:
            number += 1
            identifier = f"{stem}-{number}"
        heading["id"] = identifier
        taken.add(identifier)
    if headings and page.title:
        page.title.string = " ".join(headings[0].get_text().split())


def _box_tables(page: BeautifulSoup) -> None:
    """Each table in a box that scrolls, so that the page never does; numbers to the right."""
    number = 0
    for table in page.find_all("table"):
        del table["border"]
        _align_numbers(table)
        if table.find_parent("table") or table.find_parent(class_="scroll"):
            continue
        number += 1
        label = table.caption.get_text(" ", strip=True) if table.caption else f"Table {number}"
        box = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": label}
        table.wrap(page.new_tag("div", attrs=box))


_NUMBER = re.compile(r"<?[-+−]?[\d,]*\.?\d+(?:e[-+]?\d+)? ?%?")
# What stands for a number in a column of numbers: missing, or without bound.
_NO_NUMBER = {"", "–", "NaN", "<NA>", "∞", "−∞", "inf", "-inf"}


def _align_numbers(table: Tag) -> None:
    """The class `num` for the cells and headings of columns that hold numbers only."""
    for row in table.find_all("tr"):
        del row["style"]
    body = [row.find_all(["td", "th"]) for row in table.select("tbody tr")]
    heads = [row.find_all(["td", "th"]) for row in table.select("thead tr")]
    width = len(body[0]) if body else 0
    if any(len(row) != width for row in body):
        return  # cells that span others have no column
    for place, column in enumerate(zip(*body, strict=True)):
        texts = [cell.get_text().strip() for cell in column if cell.name == "td"]
        if not any(_NUMBER.fullmatch(t) for t in texts):
            continue
        if all(_NUMBER.fullmatch(t) or t in _NO_NUMBER for t in texts):
            above = [row[place] for row in heads if len(row) == width]
            for cell in (*column, *above):
                _mark_number(cell)


def _mark_number(cell: Tag) -> None:
    cell["class"] = " ".join([*(str(c) for c in cell.get_attribute_list("class") if c), "num"])
