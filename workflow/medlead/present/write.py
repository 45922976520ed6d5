"""Writing tables as files, and reading what the page puts together."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass, item_name
from medlead.present.tables import html_table, page
from medlead.writing import read_csv, write_csv, write_text

_ANCHOR = re.compile(r'<a id="((?:table|figure)-\d\d|section-[\d.]+)">')


def read_titles(register: str | Path) -> dict[str, str]:
    """The title of each item of the register."""
    items = read_csv(Path(register))
    return dict(zip(items["item"], items["title"], strict=True))


def _added(item: str, frame: pd.DataFrame) -> str:
    """What a table leaves out, as a list to unfold: such figures share no columns."""
    listed = frame.assign(row=frame["row"] + ": " + frame["column"], column="Value")
    # Each figure has its own n: beside it, and not in a note that names every row again.
    ns = listed[listed["n"] != ""].assign(column="n", text=frame["n"], value=frame["n"])
    if len(set(ns["n"])) > 1:
        listed = pd.concat([listed, ns]).assign(n="")
    table = _fragment(f"added-{item}", listed, "what the table leaves out", of=item)
    summary = f"<summary>What the table leaves out: {len(frame)} figures</summary>"
    return f"<details>{summary}{table}</details>"


def _fragment(identifier: str, frame: pd.DataFrame, title: str, *, of: str = "") -> str:
    classes = [EvidenceClass(e) for e in dict.fromkeys(frame["evidence"])]
    # A table carries the class of most of its cells; the data file has each cell's own.
    main = max(classes, key=lambda c: int((frame["evidence"] == str(c)).sum()))
    return html_table(
        frame,
        identifier=identifier,
        title=f"{item_name(of or identifier)}: {title}",
        evidence=main,
    )


def write_tables(
    tables: Mapping[str, pd.DataFrame],
    titles: Mapping[str, str],
    files: Sequence[str],
    pages: Sequence[str] = (),
) -> None:
    """Write each table as CSV and, where pages are named, as a page of its own.

    `files` and `pages` stand in the order of `tables`, whose keys are items.
    """
    for (item, frame), file in zip(tables.items(), files, strict=True):
        write_csv(Path(file), frame)
        if pages:
            target = next(p for p in pages if Path(p).stem == item)
            write_text(Path(target), page(_fragment(item, frame, titles[item])))


def read_fragments(
    files: Iterable[str], titles: Mapping[str, str], added: Iterable[str] = ()
) -> dict[str, str]:
    """The HTML of each rebuilt table, by item, from the written data.

    `titles` gives the title of each item; the tables of `added` (`<item>-added.csv`) stand
    below that of their item.
    """
    found = {
        Path(f).stem: _fragment(Path(f).stem, read_csv(Path(f)), titles[Path(f).stem])
        for f in files
    }
    for file in map(Path, added):
        item = file.stem.removesuffix("-added")
        found[item] += _added(item, read_csv(file))
    return found


def read_figures(files: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The SVG and the alternative text of each picture, by item."""
    found = {}
    for file in (Path(f) for f in files if str(f).endswith(".svg")):
        alt = file.with_suffix(".txt").read_text(encoding="utf-8").strip()
        found[file.stem] = (file.read_text(encoding="utf-8"), alt)
    return found


def _told(cell: Mapping[str, Any]) -> list[str]:
    """The texts of a cell as Markdown: what is written in it, or what its code says."""
    if cell["cell_type"] == "markdown":
        return ["".join(cell["source"])]
    said = [output.get("data", {}).get("text/markdown") for output in cell.get("outputs", ())]
    return ["".join(text) for text in said if text]


def notebook_links(
    notebooks: Sequence[Path],
) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """Where each item is told in a notebook, and the list of notebooks.

    A notebook tells an item where its text has an anchor named after it. The
    list holds title, address and first line of text, from the first text there is,
    be it written or the result of a cell: one notebook may tell of several sites.
    """
    links: dict[str, str] = {}
    listed = []
    for notebook in notebooks:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        texts = [text for cell in cells for text in _told(cell)]
        address = f"../notebooks/{notebook.stem}.html"
        lines = [line for text in texts for line in text.splitlines() if line.strip()]
        listed.append((lines[0].lstrip("# "), address, lines[1]))
        for text in texts:
            for item in _ANCHOR.findall(text):
                links.setdefault(item, f"{address}#{item}")
    return links, listed
