"""The commands beside the build, as they are typed."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from medlead.__main__ import main
from medlead.evidence import Verdict


def test_a_folder_is_given_to_each_command_or_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results"
    for name in ("provenance/receipts", "report", "verdicts"):
        (results / name).mkdir(parents=True)
    (results / "report/index.html").write_text("page", encoding="utf-8")
    summary = {"cells_total": 7, "cells_by_verdict": {str(Verdict.AGREES): 7}}
    summary |= {"relations_total": 3, "relations_holding": 2, "relations_failing": 1}
    (results / "verdicts/summary.json").write_text(json.dumps(summary), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for given in ([], ["results"]):
        assert main(["verify", *given]) == 0
        assert "0 built files" in capsys.readouterr().out
        assert main(["headline", *given]) == 0
        said = capsys.readouterr().out
        assert "7 printed cells" in said
        assert "index.html" in said


def test_what_is_not_built_is_said_and_not_raised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["headline", str(tmp_path / "nothing")]) == 1
    assert "build first" in capsys.readouterr().err


# --- trace ------------------------------------------------------------------------------------

ROOT = Path(__file__).parents[2]
TRUST = ("table-27", "5", "overall medical engagement")


@pytest.fixture
def without_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The project itself, with an empty folder of results."""
    monkeypatch.chdir(ROOT)
    return ["--results", str(tmp_path / "none")]


def test_a_number_is_traced_as_far_as_things_are_built(
    without_results: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", *TRUST, *without_results]) == 1
    said = capsys.readouterr()
    with (ROOT / "data/published/cells.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    (row,) = [
        r
        for r in rows
        if r["item"] == TRUST[0]
        and r["row"] == TRUST[1]
        and r["column"].lower().startswith(TRUST[2])
    ]
    assert row["text"] in said.out
    assert f"line {row['line']} of the report" in said.out
    assert f"data/published/cells.csv, row {rows.index(row) + 2}" in said.out
    assert "not built" in said.out
    assert "build first" in said.err


def test_a_trace_is_printed_as_json(
    without_results: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", *TRUST, "--json", *without_results]) == 1
    way = json.loads(capsys.readouterr().out)
    assert (way["kind"], way["verdict"]) == ("cell", None)
    assert [f["file"] for f in way["files"]] == ["data/published/cells.csv"]


@pytest.mark.parametrize(
    ("names", "near"),
    [
        (("tabel-27",), "table-27"),
        (("table-27", "five", "index"), "5"),
        (("table-27", "5", "quality"), "Overall Quality Score"),
    ],
)
def test_a_name_that_is_not_there_names_what_is_allowed(
    without_results: list[str],
    capsys: pytest.CaptureFixture[str],
    names: tuple[str, ...],
    near: str,
) -> None:
    assert main(["trace", *names, *without_results]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Allowed:" in said.err
    assert near in said.err
    assert "Traceback" not in said.err


def test_an_item_is_traced_by_its_name_alone(
    without_results: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", "figure 5", *without_results]) == 1
    assert capsys.readouterr().out.startswith("Figure 5: ")
    assert main(["trace", "table-27", *without_results]) == 1
    assert '"5" "Overall Medical Engagement' in capsys.readouterr().out


def test_a_trace_imports_nothing_that_is_slow() -> None:
    code = (
        "import sys; from medlead.__main__ import main; "
        "main(['trace', 'table-27', '5', 'overall medical']); "
        "print([m for m in ('snakemake', 'matplotlib', 'scipy', 'statsmodels', 'pandera') "
        "if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == "[]"
