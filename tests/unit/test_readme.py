"""The headline of the README: written from counts, and never stale."""

import json
import sys
from pathlib import Path

import pytest

from medlead.__main__ import main
from medlead.sources.messages import ProblemsFound
from medlead.verdicts.readme import BEGIN, END, readme_block, with_block

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "expected"))
from renew import counts  # noqa: E402

SMALL = {
    "answer": [
        {"about": "Is it so?", "stands": "", "says": "In part."},
        {"about": "Somewhere", "stands": "the conclusion stands", "says": "3 of 4."},
    ],
    "cells_total": 1100,
    "cells_by_verdict": {"agrees": 40, "agrees-by-rounding": 2, "differs": 7},
    "relations_total": 9,
    "relations_holding": 8,
    "relations_failing": 1,
    "claims_total": 2000,
    "claims_by_verdict": {"holds": 1500, "fails": 500},
    "claims_by_reason": {"by-construction": 3},
    "conclusions_by_standing": {"stands": 5, "stands-in-part": 2, "open": 0, "not-checkable": 1},
}


def test_the_committed_counts_are_those_of_the_expected_verdicts() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    renewed = with_block(text, readme_block(counts()))
    assert renewed == text, "run `make expected` after a build"


def test_the_counts_are_told_in_whole_sentences() -> None:
    block = " ".join(readme_block(SMALL).split())
    assert "- **Is it so?** In part. - Somewhere: the conclusion stands. 3 of 4. - Of the" in block
    assert "8 main conclusions 5 stand, 2 stand in part and 1 cannot be checked." in block
    assert "Of its 2,000 sentences that were looked at 1,500 hold and 500 fail; 3 of" in block
    assert "Of its 1,100 printed cells 42 agree with other evidence and 7 differ;" in block
    assert "Of 9 relations between printed cells 8 hold and 1 fail." in block
    assert all(len(line) <= 100 for line in readme_block(SMALL).splitlines())


@pytest.mark.parametrize("missing", sorted(SMALL))
def test_a_missing_count_is_no_sentence(missing: str) -> None:
    with pytest.raises(KeyError):
        readme_block({k: v for k, v in SMALL.items() if k != missing})


def test_only_the_block_is_written() -> None:
    text = f"before\n{BEGIN}\nold 1,234\n{END}\nafter\n"
    found = with_block(text, readme_block(SMALL))
    assert found.startswith("before\n")
    assert found.endswith(f"{END}\nafter\n")
    assert "1,234" not in found
    assert with_block(found, readme_block(SMALL)) == found


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{END}{END}"])
def test_marks_that_are_not_there_once_each_are_told(text: str) -> None:
    with pytest.raises(ProblemsFound, match="the marks of the headline"):
        with_block(text, "new")


def test_the_command_writes_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme, results = tmp_path / "README.md", tmp_path / "results"
    readme.write_text(f"a\n{BEGIN}\n{END}\nb\n", encoding="utf-8")
    assert main(["readme", str(results), "--file", str(readme)]) == 1
    assert "build first" in capsys.readouterr().err
    (results / "verdicts").mkdir(parents=True)
    (results / "verdicts" / "summary.json").write_text(json.dumps(SMALL), encoding="utf-8")
    assert main(["readme", str(results), "--file", str(readme)]) == 0
    assert readme.read_text(encoding="utf-8") == f"a\n{readme_block(SMALL)}\nb\n"
