"""A run with returns of one's own: what is built, and what only the 2013 report has is not."""

import shutil
from pathlib import Path

import pytest

from conftest import PROJECT, Copy, fresh

pytestmark = pytest.mark.workflow

OURS = """\
study: {title: Ours}
paths: {solved: "", results: results-ours}
inputs:
  survey: {file: posted_returns.xlsx}
"""


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    copy = fresh(tmp_path / "project")
    shutil.copy(PROJECT / "tests/data/posted_returns.xlsx", copy.folder / "data" / "raw")
    (copy.folder / "config" / "ours.yaml").write_text(OURS, encoding="utf-8")
    copy.record_raw()
    return copy


def test_the_study_gets_its_survey_and_no_verdict_on_the_report(copy: Copy) -> None:
    done = copy.snakemake("--configfile", "config/ours.yaml", "--summary")
    assert done.returncode == 0, done.stderr
    files = {line.split("\t")[0] for line in done.stdout.splitlines()}
    assert {
        "results-ours/report/index.html",
        "results-ours/tables/table-22.csv",
        "results-ours/figures/figure-31.svg",
        "results-ours/survey/funnel.csv",
        "results-ours/survey/association.csv",
        "results-ours/survey/cleaning-log.csv",
    } <= files
    strange = ("/verdicts/", "/notebooks/", "/reconstruction/", "/performance/", "table-27")
    assert not [f for f in files for part in strange if part in f]


def test_returns_of_ones_own_do_not_go_with_what_was_solved(copy: Copy) -> None:
    path = copy.folder / "config" / "ours.yaml"
    path.write_text(OURS.replace('solved: "", ', ""), encoding="utf-8")
    done = copy.snakemake("--dry-run", "--configfile", "config/ours.yaml")
    assert done.returncode != 0
    message = done.stderr[done.stderr.rindex("1 problem found.") :]
    assert "paths.solved: 'data/solved' tells of rebuilt returns" in message
    assert "inputs.survey is 'study'" in message
    assert 'under paths, write solved: ""' in message
