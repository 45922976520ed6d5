"""The built pages as a reviewer meets them: self-contained, and within the screen."""

import html.parser
import itertools
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from conftest import Copy

pytestmark = pytest.mark.workflow
PAGES = (
    "report/index.html",
    "notebooks/01-the-evidence.html",
    "notebooks/02-the-national-survey.html",
    "notebooks/03-medical-engagement.html",
    "notebooks/04-engagement-and-performance.html",
    "notebooks/05-is-the-report-right.html",
    "notebooks/site-D.html",
    "notebooks/site-F.html",
    "tables/table-27.html",
)
# The class stands above the first of these, and the last lists what is assumed.
WITHOUT_DATA = ("In short", "How to read this")
LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)


class Page(html.parser.HTMLParser):
    """What a page loads, which ids it has, and which of its own ids it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in LOADS and given.get(LOADS[tag]):
            self.loads.append(str(given[LOADS[tag]]))
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))


def read(built: Copy, name: str) -> str:
    return (built.folder / "results" / name).read_text(encoding="utf-8")


def traced(text: str) -> set[str]:
    """The fragments that open the way of a sentence: those that the page's own data has."""
    data = re.search(r'<script type="application/json" id="traces">(.*?)</script>', text, re.S)
    return {f"trace={claim[0]}" for claim in json.loads(data[1])["claims"]} if data else set()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_nothing_from_elsewhere(built: Copy, name: str) -> None:
    text = read(built, name)
    assert [load for load in Page(text).loads if not load.startswith("data:")] == []
    assert re.findall(r"@import|url\(\s*['\"]?(?!data:|#|%23)[^)]", text) == []


@pytest.mark.parametrize("name", PAGES)
def test_ids_are_unique_and_inner_links_arrive(built: Copy, name: str) -> None:
    text = read(built, name)
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    inner = {link[1:] for link in page.links if link.startswith("#") and link != "#"}
    assert inner <= {*page.ids, *traced(text)}


@pytest.mark.parametrize("name", [n for n in PAGES if n.startswith("notebooks/")])
def test_a_notebook_shows_no_message_and_links_to_what_is_there(built: Copy, name: str) -> None:
    page = BeautifulSoup(read(built, name), "html.parser")
    assert [m.get_text() for m in page.find_all(class_="message")] == []
    assert [i for i in page.find_all("img") if not i.get("alt", "").strip()] == []
    levels = [int(h.name[1]) for h in page.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    for link in (a["href"].partition("#")[0] for a in page.find_all("a", href=True)):
        assert ":" not in link
        assert not link or (built.folder / "results/notebooks" / link).is_file(), link


@pytest.mark.parametrize("name", ["03-medical-engagement", "05-is-the-report-right", "site-D"])
def test_every_section_with_data_shows_its_class(built: Copy, name: str) -> None:
    page = BeautifulSoup(read(built, f"notebooks/{name}.html"), "html.parser")
    seen, section = False, ""
    for element in page.main.find_all(["h2", "table", "figure", "p"]):
        if element.name == "h2":
            seen, section = False, element.get_text()
        elif "evidence" in element.get("class", []):
            seen = True
        elif element.name in ("table", "figure") and section not in WITHOUT_DATA:
            assert seen, f"{section}: a {element.name} stands before the class"


def test_links_between_pages_arrive(built: Copy) -> None:
    folder = built.folder / "results" / "report"
    links = [link for link in Page(read(built, "report/index.html")).links if "notebooks/" in link]
    assert links
    for link in links:
        address, _, anchor = link.partition("#")
        target = (folder / address).resolve()
        assert target.is_file(), link
        assert not anchor or anchor in Page(target.read_text(encoding="utf-8")).ids, link


def test_the_page_shows_the_counts_of_the_summary(built: Copy) -> None:
    summary = json.loads(read(built, "verdicts/summary.json"))
    text = re.sub(r"<[^>]+>", " ", read(built, "report/index.html"))
    text = re.sub(r"\s+", " ", text)
    for verdict, count in summary["cells_by_verdict"].items():
        assert re.search(rf"\b{count:,} \S+ {verdict.replace('-', '.')}", text), verdict


# Too short to tell by its height that it was drawn.
SHORT = ("notebooks/site-F.html", "tables/table-27.html")
FRAME = """<!doctype html>
<iframe id="f" src="{page}" style="width:{width}px;height:2000px;border:0"></iframe>
<script>
document.getElementById("f").onload = (e) => {{
  const doc = e.target.contentDocument.documentElement;
  document.body.setAttribute("data-width", doc.scrollWidth);
  document.body.setAttribute("data-height", doc.scrollHeight);
}};
</script>"""


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", [n for n in PAGES if n not in SHORT])
def test_a_page_never_scrolls_sideways(built: Copy, tmp_path: Path, name: str, width: int) -> None:
    page = (built.folder / "results" / name).as_uri()
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.format(page=page, width=width), encoding="utf-8")
    quiet = ("--no-first-run", "--disable-background-networking", "--disable-component-update")
    done = subprocess.run(
        [
            *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", *quiet),
            *("--allow-file-access-from-files", f"--user-data-dir={tmp_path / 'profile'}"),
            *("--window-size=1400,2200", "--virtual-time-budget=8000", "--dump-dom"),
            frame.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = re.search(r'data-width="(\d+)" data-height="(\d+)"', done.stdout)
    assert found, done.stdout[-500:] + done.stderr[-500:]
    assert int(found[2]) > 1000
    assert int(found[1]) <= width
