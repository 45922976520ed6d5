"""Import graph, receipts and jobs, in folders made for the test."""

import csv
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from medlead.provenance import (
    MADE,
    READ,
    Job,
    changed_results,
    code_only,
    collect_problems,
    module_files,
    read_receipts,
    run_record,
    sha256,
    step_seed,
)
from medlead.sources.messages import Problem, ProblemsFound

PACKAGE = {
    "__init__.py": '"""Root."""\n',
    "plain.py": "X = 1\n",
    "unused.py": "",
    "late.py": "def f():\n    import pkg.plain\n",
    "star.py": "from pkg.plain import *\n",
    "sub/__init__.py": "from pkg.plain import X\n",
    "sub/one.py": "from . import two\n",
    "sub/two.py": "from ..late import f\n",
    "sub/three.py": "from .deep.leaf import y\n",
    "sub/deep/__init__.py": "",
    "sub/deep/leaf.py": "from ... import star\ny = 1\n",
    "circle_a.py": "import pkg.circle_b\n",
    "circle_b.py": "import pkg.circle_a\n",
    "shown/__init__.py": "",
    "shown/page.py": 'FOLDER = "templates"\nOTHER = "sub"\n',
    "shown/templates/page.html": "<p>",
    "shown/templates/parts/row.html": "<p>",
    "shown/templates/.page.html.swp": "",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name, text in PACKAGE.items():
        file = tmp_path / "pkg" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "pkg"


def used(package: Path, text: str, suffix: str = ".py") -> set[str]:
    entry = package.parent / f"entry{suffix}"
    entry.write_text(text, encoding="utf-8")
    files = module_files(entry, package)
    assert files == sorted(files)
    return {f.relative_to(package).as_posix() for f in files}


def notebook(*cells: str | list[str]) -> str:
    code = [{"cell_type": "code", "source": c} for c in cells]
    prose = {"cell_type": "markdown", "source": "import pkg.unused"}
    return json.dumps({"cells": [prose, *code]})


ROOT, SUB = "__init__.py", "sub/__init__.py"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os\nimport pkgs.plain\n", set()),
        ("import pkg\n", {ROOT}),
        ("import pkg.plain as p\n", {ROOT, "plain.py"}),
        ("from pkg import plain\n", {ROOT, "plain.py"}),
        # The name may be a module or something in one: both are followed.
        ("from pkg.plain import X as plain\n", {ROOT, "plain.py"}),
        ("from pkg.sub import two as t\n", {ROOT, SUB, "sub/two.py", "late.py", "plain.py"}),
        ("import pkg.late\n", {ROOT, "late.py", "plain.py"}),
        ("def f():\n    from pkg import plain\n", {ROOT, "plain.py"}),
        (
            "try:\n    import pkg.star\nexcept ImportError:\n    pass\n",
            {ROOT, "star.py", "plain.py"},
        ),
        (
            "from pkg.sub.one import f\n",
            {ROOT, SUB, "sub/one.py", "sub/two.py", "late.py", "plain.py"},
        ),
        (
            "from pkg.sub import three\n",
            {
                ROOT,
                SUB,
                "sub/three.py",
                "sub/deep/__init__.py",
                "sub/deep/leaf.py",
                "star.py",
                "plain.py",
            },
        ),
        ("import pkg.circle_a\n", {ROOT, "circle_a.py", "circle_b.py"}),
        ("from . import plain\n", set()),
        (
            "import pkg.shown.page\n",
            {
                ROOT,
                "shown/__init__.py",
                "shown/page.py",
                "shown/templates/page.html",
                "shown/templates/parts/row.html",
            },
        ),
    ],
)
def test_every_module_that_a_script_uses_is_found(
    package: Path, source: str, expected: set[str]
) -> None:
    assert used(package, source) == expected


def test_a_script_that_is_not_python_is_an_error(package: Path) -> None:
    with pytest.raises(SyntaxError):
        used(package, "%matplotlib inline\n")


@pytest.mark.parametrize(
    "cells",
    [
        ["%matplotlib inline\nimport pkg.plain"],
        ["%%capture\nimport pkg.plain"],
        ["def f():\n    %time x = 1\n    import pkg.plain"],
        ["files = !ls\nimport pkg.plain", "pkg?"],
        ["?pkg\npkg.plain??\n!pip list\nimport pkg.plain"],
        ["%%bash\nfor f in *; do echo $f; done", "import pkg.plain"],
        ["this is not Python", ["import ", "pkg.plain"]],
        ["text = '''\n%s\n''' \\\n  % 1\nimport pkg.plain"],
    ],
)
def test_notebooks_may_hold_lines_for_their_shell(package: Path, cells: list[str]) -> None:
    assert used(package, notebook(*cells), ".ipynb") == {ROOT, "plain.py"}


def test_the_real_page_job_depends_on_its_templates() -> None:
    root = Path(__file__).parents[2] / "workflow"
    files = module_files(root / "scripts" / "build_page.py", root / "medlead")
    templates = {p for p in (root / "medlead/present/templates").rglob("*") if p.is_file()}
    assert templates <= set(files)
    assert root / "medlead/provenance.py" in files
    assert root / "medlead/performance/exact.py" not in files


# --- receipts -------------------------------------------------------------------------


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"a\r\n\x00")
    assert sha256(tmp_path / "f") == hashlib.sha256(b"a\r\n\x00").hexdigest()


def paths(tmp_path: Path) -> dict[str, Path]:
    return {
        "made": tmp_path / "results" / "made, twice – é.csv",
        "log": tmp_path / "logs" / "rule.log",
        "problems": tmp_path / "logs" / "problems" / "rule.json",
        "receipt": tmp_path / "receipts" / "rule.csv",
    }


def build(tmp_path: Path, text: str = "x") -> Path:
    p = paths(tmp_path)
    p["made"].parent.mkdir(exist_ok=True)
    with Job([], [str(p["made"]), str(p["receipt"])], str(p["log"]), str(p["receipt"])):
        p["made"].write_text(text, encoding="utf-8")
    return p["made"]


def test_a_job_records_what_it_made_whatever_its_name(tmp_path: Path) -> None:
    made = build(tmp_path)
    receipt = paths(tmp_path)["receipt"]
    assert read_receipts(receipt.parent) == {str(made): sha256(made)}
    with receipt.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["file", "sha256", "part", "name"],
            [str(made), sha256(made), MADE, ""],
        ]
    assert paths(tmp_path)["log"].read_text() == ""


class Listed(list[str]):
    """Files with the names that a rule gives them, as the engine hands them to a script."""

    def __init__(self, **named: str | list[str]) -> None:
        super().__init__(
            f for given in named.values() for f in ([given] if isinstance(given, str) else given)
        )
        self.named = named

    def items(self) -> Iterator[tuple[str, str | list[str]]]:
        yield from self.named.items()


def test_a_receipt_tells_what_a_job_read_and_by_which_name(tmp_path: Path) -> None:
    p = paths(tmp_path)
    p["made"].parent.mkdir()
    read = [tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "code.py"]
    for file in read:
        file.write_text(file.name, encoding="utf-8")
    raw, code = [str(read[1]), str(read[0])], str(read[2])
    receipt = str(p["receipt"])
    # A table may stand under two names; it is read once.
    inputs = Listed(raw=raw, again=raw[:1], code=code)
    outputs = Listed(table=str(p["made"]), receipt=receipt)
    with Job(inputs, outputs, str(p["log"]), receipt):
        p["made"].write_text("x", encoding="utf-8")
    with p["receipt"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert rows == [
        [str(p["made"]), sha256(p["made"]), MADE, "table"],
        [str(read[0]), sha256(read[0]), READ, "raw"],
        [str(read[1]), sha256(read[1]), READ, "raw"],
        [str(read[2]), sha256(read[2]), READ, "code"],
    ]
    # What was only read is no result of this job.
    assert read_receipts(p["receipt"].parent) == {str(p["made"]): sha256(p["made"])}


def test_no_receipts_yet(tmp_path: Path) -> None:
    assert read_receipts(tmp_path / "none") == {}


def test_the_receipt_of_a_rule_that_is_no_more_does_no_harm(tmp_path: Path) -> None:
    made = build(tmp_path)
    old = paths(tmp_path)["receipt"].with_name("zzz-old-name.csv")
    with old.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["file", "sha256"], [str(made), "0" * 64]])
    os.utime(old, (1, 1))
    assert read_receipts(old.parent) == {str(made): sha256(made)}


def test_a_receipt_that_vanishes_while_it_is_read_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = build(tmp_path)
    folder = paths(tmp_path)["receipt"].parent
    gone = folder / "gone.csv"
    real = Path.glob

    def with_gone(self: Path, pattern: str) -> list[Path]:
        return [*real(self, pattern), gone]

    monkeypatch.setattr(Path, "glob", with_gone)
    assert read_receipts(folder) == {str(made): sha256(made)}


def test_what_changed_after_it_was_built(tmp_path: Path) -> None:
    made = build(tmp_path)
    recorded = read_receipts(paths(tmp_path)["receipt"].parent)
    assert changed_results([str(made), "raw/never-built.csv"], recorded) == []
    made.write_text("y", encoding="utf-8")
    (problem,) = changed_results([str(made)], recorded)
    assert problem.file == str(made)
    made.unlink()
    assert len(changed_results([str(made)], recorded)) == 1


# --- jobs -----------------------------------------------------------------------------


def test_a_result_edited_by_hand_does_not_flow_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    p = paths(tmp_path)
    build(tmp_path).write_text("edited", encoding="utf-8")
    later, ran = tmp_path / "receipts" / "later.csv", False
    with (
        pytest.raises(SystemExit) as stopped,
        Job([str(p["made"])], [], str(tmp_path / "logs" / "later.log"), str(later)),
    ):
        ran = True
    assert stopped.value.code == 1
    assert not ran
    assert not later.exists()
    (told,) = collect_problems(tmp_path / "logs" / "problems")
    assert "changed after it was built" in told.what
    assert told.file == str(p["made"])
    log = (tmp_path / "logs" / "later.log").read_text(encoding="utf-8")
    assert log == f"{ProblemsFound([told])}\n"


def test_a_mended_job_takes_its_old_message_away(tmp_path: Path) -> None:
    p = paths(tmp_path)
    p["problems"].parent.mkdir(parents=True)
    p["problems"].write_text("old", encoding="utf-8")
    build(tmp_path)
    assert not p["problems"].exists()


def test_another_error_is_passed_on_and_leaves_no_receipt(tmp_path: Path) -> None:
    p = paths(tmp_path)
    with (
        pytest.raises(ZeroDivisionError),
        Job([], [str(p["made"])], str(p["log"]), str(p["receipt"])),
    ):
        _ = 1 / 0
    assert not p["receipt"].exists()
    assert not p["problems"].exists()


def test_an_output_that_was_not_made_is_no_success(tmp_path: Path) -> None:
    p = paths(tmp_path)
    with (
        pytest.raises(FileNotFoundError),
        Job([], [str(p["made"])], str(p["log"]), str(p["receipt"])),
    ):
        pass
    assert not p["receipt"].exists()


SCRIPT = """
import sys
from medlead.provenance import Job
from medlead.sources.messages import Problem, ProblemsFound

log, receipt = sys.argv[1:]
with Job([], [receipt], log, receipt):
    raise ProblemsFound([Problem(file="sites.csv", what="this is wrong", mend="write it right")])
"""


def test_problems_end_the_process_with_1_and_without_a_traceback(tmp_path: Path) -> None:
    p = paths(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(p["log"]), str(p["receipt"])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    expected = Problem("sites.csv", "this is wrong", "write it right")
    assert p["log"].read_text(encoding="utf-8") == f"{ProblemsFound([expected])}\n"
    assert collect_problems(p["problems"].parent) == [expected]
    assert not p["receipt"].exists()


def test_a_problem_that_two_jobs_met_is_told_once_and_then_forgotten(tmp_path: Path) -> None:
    shared, own = Problem("a.csv", "wrong", "mend", row=2), Problem("b.csv", "wrong", "mend")
    for rule, problems in {"first": [shared], "second": [own, shared]}.items():
        with (
            pytest.raises(SystemExit),
            Job([], [], str(tmp_path / f"{rule}.log"), str(tmp_path / "receipts" / f"{rule}.csv")),
        ):
            raise ProblemsFound(problems)
    assert sorted(collect_problems(tmp_path / "problems"), key=str) == [shared, own]
    assert collect_problems(tmp_path / "problems") == []


# --- seeds and the record of a run ----------------------------------------------------


def test_each_step_has_its_own_seed() -> None:
    digest = hashlib.sha256(b"2013/norms").hexdigest()
    assert step_seed(2013, "norms") == int(digest[:16], 16)
    names = [f"step-{i}" for i in range(200)]
    assert len({step_seed(s, n) for n in names for s in (1, 2)}) == 400


def test_the_run_record_can_be_written_as_json(tmp_path: Path) -> None:
    made = build(tmp_path)
    record = run_record({"seed": 1}, paths(tmp_path)["receipt"].parent)
    again = json.loads(json.dumps(record))
    assert again["results"] == {str(made): sha256(made)}
    assert again["config"] == {"seed": 1}
    assert "medlead" in again["packages"]
    assert again["finished"].endswith("+00:00")


def test_a_refused_value_is_told_plainly_and_traced_in_the_log(tmp_path: Path) -> None:
    p = paths(tmp_path)
    with (
        pytest.raises(SystemExit) as stopped,
        Job([], [str(p["made"])], str(p["log"]), str(p["receipt"])),
    ):
        raise ValueError("two groups of 15 do not fit into 20 records")
    assert stopped.value.code == 1
    (told,) = collect_problems(p["problems"].parent)
    assert told.what == "two groups of 15 do not fit into 20 records"
    assert told.file == "step 'rule'"
    log = p["log"].read_text(encoding="utf-8")
    assert "Traceback" in log
    assert log.startswith(str(ProblemsFound([told])))
    assert not p["receipt"].exists()


@pytest.mark.parametrize("wrong", [lambda: [].items(), lambda: "2" + 2])
def test_a_value_of_a_wrong_kind_is_told_plainly(
    tmp_path: Path, wrong: Callable[[], object]
) -> None:
    p = paths(tmp_path)
    files = [tmp_path / "tables.yaml", tmp_path / "returns.csv"]
    for file in files:
        file.write_text("", encoding="utf-8")
    with (
        pytest.raises(SystemExit) as stopped,
        Job([str(f) for f in files], [str(p["made"])], str(p["log"]), str(p["receipt"])),
    ):
        wrong()
    assert stopped.value.code == 1
    (told,) = collect_problems(p["problems"].parent)
    assert "another kind" in told.what
    # Where to look: the files in which kinds can be mixed up, and the log.
    assert str(files[0]) in told.mend
    assert "returns.csv" not in told.mend
    assert p["log"].as_posix() in told.mend
    assert "Traceback" in p["log"].read_text(encoding="utf-8")
    assert not p["receipt"].exists()


def test_what_a_module_does_is_all_that_counts_of_it() -> None:
    code = 'def f(x):\n    """Add one."""\n    return x + 1  # one more\n'
    told = (
        '"""A module."""\n\n\ndef f(x):\n    """Add 1, in other words."""\n\n    return (x + 1)\n'
    )
    assert code_only(told) == code_only(code)
    assert code_only(code.replace("+ 1", "+ 2")) != code_only(code)
    assert code_only('def f():\n    """Nothing."""\n') == code_only("def f():\n    pass\n")
    assert code_only('x = """text"""\n') != code_only('x = """other"""\n')
