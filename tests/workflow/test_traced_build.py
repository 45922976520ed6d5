"""Every printed cell and claim traced over a whole build, by the command and on the page."""

import csv
import html.parser
import json
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import Copy
from medlead.evidence import EvidenceClass, Verdict
from medlead.verdicts.relations import Key
from medlead.verdicts.trace_evidence import Evidence, Way
from medlead.verdicts.trace_reading import inputs_of, paths_of, quick_yaml, read_evidence
from medlead.verdicts.trace_ways import trace
from medlead.verdicts.trace_words import words

pytestmark = pytest.mark.workflow
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
GIVEN = {str(v) for v in Verdict} - {str(Verdict.NOT_DERIVABLE)}
# What the page may grow by, in bytes, so that it stays quick to open: the ways of all cells and of
# all sentences, a sixteenth of the page with its pictures.
AT_MOST = 800_000


@pytest.fixture(scope="module")
def evidence(built: Copy) -> Evidence:
    config = quick_yaml(built.folder / "config/config.yaml")
    return read_evidence(built.folder, paths_of(config), inputs_of(config))


@pytest.fixture(scope="module")
def ways(evidence: Evidence) -> dict[Key, Way]:
    """The way of every printed cell."""
    return {key: trace(evidence, key) for key in evidence.printed}


def rows_of(built: Copy, file: str) -> list[dict[str, str]]:
    with (built.folder / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_cell_starts_at_its_line_of_the_print(built: Copy, ways: dict[Key, Way]) -> None:
    printed = rows_of(built, "data/published/cells.csv")
    verdicts = rows_of(built, "results/verdicts/cells.csv")
    assert len(ways) == len(printed)
    for key, way in ways.items():
        row = printed[way["printed"]["row"] - 2]
        assert (row["item"], row["row"], row["column"]) == key
        assert (row["text"], row["line"]) == (way["printed"]["text"], str(way["printed"]["line"]))
        judged = verdicts[way["verdict"]["row"] - 2]
        assert (judged["item"], judged["row"], judged["column"]) == key
        assert judged["verdict"] == way["verdict"]["verdict"]


def test_every_cell_has_the_stages_that_its_verdict_demands(
    built: Copy, ways: dict[Key, Way]
) -> None:
    lines: dict[str, list[str]] = {}
    for key, way in ways.items():
        verdict = way["verdict"]
        assert verdict["evidence_meaning"], key
        assert bool(verdict["reason"]) == bool(verdict["reason_meaning"]), key
        assert way["judged_by"]["functions"], key
        # What was found out has a rule, and what has a rule was computed somewhere.
        assert bool(verdict["rule"]) >= (verdict["verdict"] in GIVEN), key
        if not verdict["rule"]:
            continue
        result, made = way["result"], way["made_by"]
        assert result, key
        held = rows_of_cached(built, result["file"])
        assert result["rows"], key
        assert all(2 <= n <= len(held) + 1 for n in result["rows"]), key
        assert made["file"], key
        assert (built.folder / made["script"]).is_file(), key
        assert made["functions"], key
        for f in made["functions"]:
            if f["file"] not in lines:
                text = (built.folder / f["file"]).read_text(encoding="utf-8")
                lines[f["file"]] = text.splitlines()
            assert lines[f["file"]][f["line"] - 1].startswith(f"def {f['name']}("), key


def test_every_cell_ends_at_files_with_the_hash_that_they_have(
    built: Copy, ways: dict[Key, Way]
) -> None:
    manifest = {r["file"]: r["sha256"] for r in rows_of(built, "data/raw/MANIFEST.csv")}
    for key, way in ways.items():
        assert way["stale"] == [], key
        files = {f["file"]: f for f in way["files"]}
        assert files["data/published/cells.csv"]["rows"][0] == way["printed"]["row"], key
        for name, file in files.items():
            assert file["recorded"], (key, name)
            assert file["now"] == "same", (key, name)
            assert re.fullmatch(r"[0-9a-f]{64}", file["sha256"]), (key, name)
            # Two records of one sum, made by different parts.
            if file["is"] == "records":
                assert manifest[Path(name).name] == file["sha256"], (key, name)
        records = [f for f in way["files"] if f["is"] == "records"]
        rests_on_records = way["verdict"]["rule"] in ("copied-record", "solved-record")
        assert bool(records) >= rests_on_records, key


def test_a_copied_record_names_the_row_that_it_is_copied_from(
    built: Copy, ways: dict[Key, Way]
) -> None:
    found = 0
    for key, way in ways.items():
        if way["verdict"]["rule"] != "copied-record" or "(group)" in key:
            continue
        named = [f for f in way["files"] if f["is"] == "records" and f["how"]]
        assert named, key
        rows = [rows_of_cached(built, f["file"])[n - 2] for f in named for n in f["rows"]]
        values = [value for row in rows for value in row.values()]
        assert {*key[1:], *key[1].split(" / ")} & {*values}, key
        if way["printed"]["kind"] == "rating" and way["result"]["value"]:
            assert way["result"]["value"] in values, key
            found += 1
    assert found > 50


def test_a_count_of_the_survey_names_as_many_returns(built: Copy, ways: dict[Key, Way]) -> None:
    returns = rows_of(built, "data/raw/survey.csv")
    counted = 0
    for key, way in ways.items():
        files = {f["file"]: f for f in way["files"]}
        survey = files.get("data/raw/survey.csv")
        if way["printed"]["kind"] != "count" or not survey or not survey["rows"]:
            continue
        if way["verdict"]["rule"] != "solved-margin" or not key[0].startswith("table-"):
            continue
        assert len(survey["rows"]) == int(way["result"]["value"]), key
        assert [returns[n - 2]["respondent"] for n in survey["rows"]] == survey["names"], key
        counted += 1
    assert counted > 200


def test_every_item_and_claim_is_traced(evidence: Evidence) -> None:
    for item in evidence.items["item"]:
        way = trace(evidence, [item])
        assert way["stale"] == []
        assert words(way)
        if way["results"]:
            assert way["made_by"]["functions"], item
            assert way["files"], item
            assert all(f["now"] == "same" for f in way["files"]), item
    claims = [] if evidence.claims is None else list(evidence.claims["claim"])
    for claim in claims:
        way = trace(evidence, [claim])
        assert way["statement"], claim
        assert all(c["text"] or c["verdict"] for c in way["cells"]), claim
        if evidence.used is not None:
            assert way["files"], claim
            assert all(len(f["sha256"]) == 64 for f in way["files"]), claim


def test_every_way_can_be_told(ways: dict[Key, Way]) -> None:
    for way in ways.values():
        told = " ".join(words(way).split())
        assert " ".join(way["printed"]["text"].split()) in told or not way["printed"]["text"]
        assert json.loads(json.dumps(way)) == way


def test_the_command_tells_the_whole_way_at_once(built: Copy) -> None:
    before = built.results()
    began = time.perf_counter()
    done = built.run("medlead", "trace", "table-27", "5", "Overall Medical Engagement Scale Index")
    took = time.perf_counter() - began
    assert done.returncode == 0, done.stderr
    for stage in ("printed", "verdict", "evidence", "rebuilt", "rule", "function", "records"):
        assert re.search(rf"^{stage} ", done.stdout, re.MULTILINE), stage
    assert "STALE" not in done.stdout
    # Generous, for a machine that builds beside it.
    assert took < 10
    assert built.results() == before


def test_the_readme_shows_what_the_command_prints(built: Copy) -> None:
    """But for the numbers of lines of code, which move with any edit of a module."""

    def plain(text: str) -> list[str]:
        return [re.sub(r":\d+$", ":N", " ".join(line.split())) for line in text.splitlines()]

    readme = (built.folder / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"\$ \S*python -m medlead trace ([^\n]+)\n(.*?)```", readme, re.DOTALL)
    assert shown
    done = built.run("medlead", "trace", *shlex.split(shown[1]))
    printed = plain(done.stdout)
    lines = [line for line in plain(shown[2]) if line and line != "..."]
    assert len(lines) > 8
    # A sum may be cut short in the README.
    for line in lines:
        start = line.partition("...")[0]
        assert any(p.startswith(start) for p in printed), line
    assert [line for line in lines if ":N" in line]


def test_a_changed_record_is_told(scratch: Copy) -> None:
    raw = scratch.folder / "data/raw/trust_engagement.csv"
    raw.write_text(raw.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    done = scratch.run("medlead", "trace", "table-27", "5", "overall medical", "--json")
    way = json.loads(done.stdout)
    (file,) = [f for f in way["files"] if f["file"].endswith("trust_engagement.csv")]
    assert file["now"] == "changed"
    assert way["stale"]


# --- the page ---------------------------------------------------------------------------------


class Marked(html.parser.HTMLParser):
    """The cells of the page that open a panel, and the data that they open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.item, self.data, self.inside = "", "", False
        self.cells: list[tuple[str, int]] = []
        self.dialogs: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "item" in (given.get("class") or "").split():
            self.item = given.get("id") or ""
        if given.get("data-t"):
            self.cells.append((self.item, int(given["data-t"] or "")))
        if tag == "dialog":
            self.dialogs.append(given)
        self.inside = given.get("id") == "traces"

    def handle_data(self, data: str) -> None:
        self.data += data if self.inside else ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = False


@pytest.fixture(scope="module")
def marked(built: Copy) -> Marked:
    return Marked((built.folder / "results/report/index.html").read_text(encoding="utf-8"))


def test_the_page_has_the_way_of_every_cell(marked: Marked, ways: dict[Key, Way]) -> None:
    data: dict[str, Any] = json.loads(marked.data)
    texts = data["texts"]
    keys = [tuple(texts[n] for n in cell[:3]) for cell in data["cells"]]
    assert keys == list(ways)
    # Every cell can be opened, in its own item.
    assert {number for _, number in marked.cells} == set(range(len(keys)))
    assert all(keys[number][0] == item for item, number in marked.cells)
    (dialog,) = marked.dialogs
    assert (dialog["role"], dialog["aria-modal"]) == ("dialog", "true")


def test_the_data_of_the_page_stay_small(marked: Marked) -> None:
    assert len(marked.data.encode()) < AT_MOST


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_link_to_a_cell_opens_its_panel(
    built: Copy, tmp_path: Path, ways: dict[Key, Way]
) -> None:
    key = next(k for k, w in ways.items() if w["verdict"]["rule"] == "copied-record")
    page = (built.folder / "results/report/index.html").as_uri()
    names = "/".join(part.replace(" ", "%20") for part in key)
    done = subprocess.run(
        [
            *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=8000"),
            *("--dump-dom", f"{page}#trace={names}"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    panel = re.search(r"<dialog[^>]* open.*?</dialog>", done.stdout, re.DOTALL)
    assert panel, done.stdout[-300:] + done.stderr[-300:]
    way = ways[key]
    (raw, *_) = [f for f in way["files"] if f["is"] == "records" and f["rows"]]
    function = way["made_by"]["functions"][0]
    for text in (
        way["printed"]["text"],
        f"line {way['printed']['line']}",
        way["made_by"]["rule"],
        f"{function['file']}:{function['line']}",
        raw["file"],
        raw["sha256"][:12],
        EvidenceClass(way["verdict"]["evidence"]).meaning,
    ):
        assert text in panel[0], text


_KEPT: dict[tuple[Path, str], list[dict[str, str]]] = {}


def rows_of_cached(built: Copy, file: str) -> list[dict[str, str]]:
    """The rows of a file, read once."""
    name = (built.folder, file)
    if name not in _KEPT:
        _KEPT[name] = rows_of(built, file)
    return _KEPT[name]
