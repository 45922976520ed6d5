"""Receipts as a graph, and the function that a script calls for an output."""

import ast
import csv
import os
import re
from pathlib import Path

import pytest

from medlead.lineage import CODE, Disk, Entry, Lineage, Step, functions_behind, read_lineage
from medlead.provenance import MADE, READ, module_files, sha256

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))


def receipt(folder: Path, rule: str, *rows: tuple[str, ...]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{rule}.csv"
    header = ("file", "sha256", "part", "name")[: len(rows[0])]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def lineage(tmp_path: Path) -> Lineage:
    """raw -> clean -> count -> judge, where `judge` also reads the print and another record."""
    rows = {
        "clean": [("r/clean.csv", "1", MADE, "clean"), ("raw/a.csv", "2", READ, "raw")],
        "count": [
            ("r/count.csv", "3", MADE, "table"),
            ("r/clean.csv", "1", READ, "clean"),
            ("scripts/count.py", "4", READ, CODE),
        ],
        "judge": [
            ("r/judged.csv", "5", MADE, "cells"),
            ("r/count.csv", "3", READ, "tables"),
            ("print/cells.csv", "6", READ, "published"),
            ("raw/b.csv", "7", READ, "raw"),
        ],
    }
    return read_lineage([receipt(tmp_path / "x", rule, *given) for rule, given in rows.items()])


def test_files_are_followed_down_to_those_that_no_job_made(lineage: Lineage) -> None:
    judge = lineage.steps["judge"]
    assert [s.rule for s in lineage.before(judge)] == ["judge", "count", "clean"]
    assert set(lineage.leaves(judge)) == {"print/cells.csv", "raw/b.csv", "raw/a.csv"}
    assert lineage.leaves(judge)["raw/b.csv"] == Entry("7", "raw")
    # Code is no evidence.
    assert set(lineage.leaves(lineage.steps["count"])) == {"raw/a.csv"}
    assert lineage.steps["count"].script == "scripts/count.py"
    assert judge.script == ""


def test_a_value_may_rest_on_some_inputs_of_its_job(lineage: Lineage) -> None:
    judge = lineage.steps["judge"]
    assert set(lineage.leaves(judge, ["published"])) == {"print/cells.csv"}
    assert set(lineage.leaves(judge, ["tables"])) == {"raw/a.csv"}
    assert [s.rule for s in lineage.before(judge, ["published"])] == ["judge"]


def test_receipts_of_older_builds_and_missing_ones_are_read(tmp_path: Path) -> None:
    old = receipt(tmp_path / "x", "old", ("r/a.csv", "1"))
    lineage = read_lineage([old, tmp_path / "x" / "none.csv"])
    assert lineage.steps["old"].made == {"r/a.csv": Entry("1", "")}
    assert lineage.steps["old"].read == {}
    assert lineage.maker["r/a.csv"].rule == "old"


def test_the_later_of_two_receipts_says_who_made_a_file(tmp_path: Path) -> None:
    later = receipt(tmp_path / "x", "a_later", ("r/a.csv", "1", MADE, ""))
    before = receipt(tmp_path / "x", "z_before", ("r/a.csv", "1", MADE, ""))
    os.utime(before, (1, 1))
    assert read_lineage([later, before]).maker["r/a.csv"].rule == "a_later"


def test_the_disk_tells_what_was_changed_since(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x\n  rule b:\n", encoding="utf-8")
    recorded = sha256(tmp_path / "a")
    assert Disk(tmp_path).state("a", recorded) == "same"
    assert Disk(tmp_path).state("none", recorded) == "missing"
    (tmp_path / "a").write_text("y\n rule b:\n", encoding="utf-8")
    disk = Disk(tmp_path)
    assert disk.state("a", recorded) == "changed"
    assert disk.line_of(".", "a", "rule b:") == ("a", 2)
    assert disk.line_of(".", "a", "rule c:") == ("", 0)
    assert disk.text("none") == ""


# --- functions --------------------------------------------------------------------------------

HEAD = """
from medlead.layer.sums import add, tables, Kind, read_frame, again
from medlead.ground import helper
from medlead.writing import write_csv
job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    frame = read_frame(job.input.raw)
"""
SUMS = '''
from medlead.layer.other import again


def read_frame(path):
    """Reads."""


def add(frame):
    """Adds."""


def tables(frame):
    """Tables."""


class Kind:
    """No function."""
'''


@pytest.mark.parametrize(
    ("body", "output", "names"),
    [
        ("write_csv(job.output.total, add(frame))", "total", ["add"]),
        ("write_csv(Path(job.output.total), helper(Kind(add(frame))))", "total", ["add"]),
        ("found = tables(frame)\n    write_csv(job.output.total, found)", "total", ["tables"]),
        # Only what the output itself needs.
        (
            "write_csv(job.output.total, add(frame))\n    write_csv(job.output.rest, tables(1))",
            "rest",
            ["tables"],
        ),
        # Nearest first.
        ("x = tables(frame)\n    write_csv(job.output.total, add(x))", "total", ["add", "tables"]),
        # By name, in a loop, by subscript, by attribute and with something in its place.
        (
            "for name, t in tables(frame).items():\n        write_csv(job.output[name], t)",
            "total",
            ["tables"],
        ),
        (
            "x = tables(frame)\n    for name in x:\n"
            "        write_csv(getattr(job.output, name), x[name])",
            "total",
            ["tables"],
        ),
        (
            "x = tables(frame)\n    for n in x:\n        for target in job.output.get(n, ()):\n"
            "            write_csv(target, x[n])",
            "total",
            ["tables"],
        ),
        (
            "for target in map(Path, job.output.total):\n        write_csv(target, add(frame))",
            "total",
            ["add"],
        ),
        # A folder that is named first.
        (
            "folder = Path(job.output.total[0]).parent\n"
            "    for t in tables(frame):\n        write_csv(folder / t.name, t)",
            "total",
            ["tables"],
        ),
        # A name that was passed on by the module.
        ("write_csv(job.output.total, again(frame))", "total", ["again"]),
        ("write_csv(job.output.total, frame)", "total", []),
    ],
)
def test_the_function_is_read_from_the_script(
    tmp_path: Path, body: str, output: str, names: list[str]
) -> None:
    files = {
        "scripts/rule.py": f"{HEAD}    {body}\n",
        "medlead/layer/sums.py": SUMS,
        "medlead/layer/other.py": "\n\ndef again(frame):\n    pass\n",
        "medlead/ground.py": "def helper(x):\n    pass\n",
        "medlead/writing.py": "def write_csv(a, b):\n    pass\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    read = {
        f"./{name}"[2:] if name.startswith("s") else f"./{name}": Entry("", CODE) for name in files
    }
    step = Step("rule", {}, read)
    found = functions_behind(step, output, Disk(tmp_path))
    assert [f.name for f in found] == names
    for f in found:
        lines = (tmp_path / f.file).read_text(encoding="utf-8").splitlines()
        assert lines[f.line - 1].startswith(f"def {f.name}(")


def test_without_a_record_of_the_code_there_is_no_function() -> None:
    assert functions_behind(Step("rule", {}, {}), "total", Disk(ROOT)) == []


OUTPUT = re.compile(r"job\.output\.(?!receipt|get\b)(\w+)")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_script_calls_the_functions_that_are_named_for_its_outputs(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    code = [script, *module_files(script, ROOT / "workflow" / "medlead")]
    read = {f.relative_to(ROOT).as_posix(): Entry("", CODE) for f in code}
    step, disk = Step(script.stem, {}, read), Disk(ROOT)
    called = {
        node.func.id
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    for output in {*OUTPUT.findall(text), "written by its name"}:
        if output == "written by its name" and "job.output[" not in text:
            continue
        found = functions_behind(step, output, disk)
        # The record of a run is made by the ground layer alone.
        assert found or script.stem == "record_run", output
        for f in found:
            assert f.name in called
            line = (ROOT / f.file).read_text(encoding="utf-8").splitlines()[f.line - 1]
            assert line.startswith(f"def {f.name}(")
