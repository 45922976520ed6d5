"""The rebuilt returns in the build: checked each time, refused when stale, left out for a study."""

import csv

import pytest

from conftest import Copy

pytestmark = pytest.mark.workflow

TARGET = "results/reconstruction/check.csv"


def test_the_rebuilt_returns_are_held_against_the_print(built: Copy) -> None:
    with (built.folder / TARGET).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["holds"] for row in rows} == {"yes", "excepted"}
    assert {row["evidence"] for row in rows} == {"reconstructed"}
    assert {row["row"] for row in rows if row["item"] == "solved"} >= {"conditions", "modules"}


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("data/published/cells.csv", "table-05,Foundation Trust,100-149,9,",
         "table-05,Foundation Trust,100-149,8,", "belong to other conditions"),
        ("config/instruments/statistics.yaml", "among: {trust_type: Acute}",
         "among: {trust_type: Specialist}", "belong to other statistics"),
        ("config/instruments/margins.yaml", "statistic: leaders-below-30",
         "statistic: leaders-below", "did you mean 'leaders-below-30'?"),
        ("config/instruments/margins.yaml", "  - {kind: label, reason: heading}\n", "",
         "neither held nor listed"),
    ],
)  # fmt: skip
def test_what_no_longer_belongs_together_is_told(
    scratch: Copy, file: str, old: str, new: str, told: str
) -> None:
    scratch.edit(file, old, new)
    done = scratch.snakemake(TARGET)
    assert done.returncode != 0
    text = done.stdout + done.stderr
    assert told in text[text.rindex("problem") - 2000 :]
    assert text.rstrip().splitlines()[-1].strip().startswith("mend:")


def test_another_comment_asks_for_no_solving(scratch: Copy) -> None:
    scratch.edit("config/instruments/margins.yaml", "# What the report prints", "# All it prints")
    assert scratch.snakemake(TARGET).returncode == 0


def test_a_solved_table_that_was_changed_stops_the_build(scratch: Copy) -> None:
    scratch.edit("data/solved/identified.csv", "0.38,", "0.37,")
    text = "".join(scratch.snakemake("--dry-run").stderr)
    assert "data/solved/identified.csv" in text
    assert "python -m medlead manifest data/solved" in text


def test_returns_of_ones_own_leave_the_step_out(scratch: Copy) -> None:
    scratch.edit("config/config.yaml", "  solved: data/solved", '  solved: ""')
    assert "check_records" not in scratch.planned()
    done = scratch.snakemake("--dry-run", "--forceall")
    assert "check_records" not in done.stdout
    assert done.returncode == 0
