"""No verdict changes unseen: what the build says against what it said before."""

import csv
import difflib
import sys

import pytest

from conftest import PROJECT, Copy
from medlead.verdicts.claim_verdicts import Turns

sys.path.insert(0, str(PROJECT / "tests" / "expected"))
from renew import KEPT, kept

pytestmark = pytest.mark.workflow
MEND = (
    "If the change is meant, run `python tests/expected/renew.py` after a build, read the "
    "difference, and say in CHANGELOG.md which verdicts moved and why."
)


def test_no_cell_waits_for_what_is_not_built(built: Copy) -> None:
    found = kept(built.folder / "results", "cells.csv").splitlines()
    assert [line for line in found if line.endswith("stage-not-built")] == []


def test_every_sentence_that_is_decided_could_have_been_decided_otherwise(built: Copy) -> None:
    file = built.folder / "results" / "verdicts" / "claim-turns.csv"
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert rows
    assert [row["claim"] for row in rows if row["turns"] == Turns.NEVER] == []


@pytest.mark.parametrize("name", KEPT)
def test_verdicts_are_those_expected(built: Copy, name: str) -> None:
    expected = (PROJECT / "tests" / "expected" / name).read_text(encoding="utf-8")
    found = kept(built.folder / "results", name)
    moved = [
        line
        for line in difflib.unified_diff(
            expected.splitlines(), found.splitlines(), "expected", "found", lineterm="", n=0
        )
        if not line.startswith("@@")
    ]
    assert moved == [], "\n".join([*moved[:60], MEND])
