"""The survey in the build: a study's own returns, its own bands, and what stops it."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from conftest import PROJECT, Copy, fresh

pytestmark = pytest.mark.workflow

TARGETS = ("results/survey/coded.csv", "results/evidence/inputs.csv")
INPUT = 'survey: {file: survey.csv, sheet: ""}'
KEEP = "duplicates: stop"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy with the returns cleaned, to be copied again."""
    copy = fresh(tmp_path_factory.mktemp("survey") / "project")
    build(copy)
    return copy


@pytest.fixture
def copy(project: Copy, tmp_path: Path) -> Copy:
    shutil.copytree(project.folder, tmp_path / "project", symlinks=True)
    return Copy(tmp_path / "project")


def build(copy: Copy) -> None:
    done = copy.snakemake(*TARGETS, cores=2)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def records(copy: Copy, name: str) -> list[dict[str, str]]:
    text = (copy.folder / "results" / "survey" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def configure(copy: Copy, name: str) -> None:
    """Take a raw file as the survey of the study."""
    copy.edit("config/config.yaml", INPUT, f'survey: {{file: {name}, sheet: ""}}')
    copy.edit("config/config.yaml", "  solved: data/solved", '  solved: ""')
    copy.record_raw()


def test_every_table_has_the_evidence_class_of_the_raw_file(project: Copy) -> None:
    names = {p.name for p in (project.folder / "results" / "survey").glob("*.csv")}
    wanted = {"coded", "clean", "returns", "items", "mentions", "roles", "uncoded"}
    assert names == {
        f"{n}.csv" for n in wanted | {"cleaning-log", "ranges", "problems", "decisions"}
    }
    for name in names - {"decisions.csv"}:
        assert {r["evidence"] for r in records(project, name)} <= {"reconstructed"}
    listed = (project.folder / "results/evidence/inputs.csv").read_text(encoding="utf-8")
    of_file = {r["file"]: r["evidence"] for r in csv.DictReader(io.StringIO(listed))}
    assert of_file["data/raw/survey.csv"] == "reconstructed"


def test_untidy_returns_build_once_a_choice_is_made_and_a_pattern_added_codes_more(
    copy: Copy,
) -> None:
    name = "posted_returns.xlsx"
    shutil.copy(PROJECT / "tests" / "data" / name, copy.folder / "data" / "raw")
    configure(copy, name)
    done = copy.snakemake(*TARGETS, cores=2)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    message = text[text.rindex("1 problem found.") :]
    assert f"data/raw/{name}" in message
    assert "column 'respondent'" in message
    assert "duplicates: first" in message.splitlines()[-1]
    assert "Traceback" not in text
    copy.edit("config/instruments/cleaning.yaml", KEEP, "duplicates: first")
    build(copy)
    coded, problems = records(copy, "coded.csv"), records(copy, "problems.csv")
    assert {r["evidence"] for r in coded} == {"study"}
    assert {r["budget"] for r in coded} >= {"150-199", ""}
    assert {"refused", "range", "doubt", "routing", "duplicate"} <= {p["kind"] for p in problems}
    assert all(p["file"] == f"data/raw/{name}" and p["mend"] for p in problems)
    assert "Buildings Cttee" in {r["text"] for r in records(copy, "uncoded.csv")}
    copy.edit(
        "config/instruments/survey.yaml",
        "18 weeks?|new hospital",
        "buildings|18 weeks?|new hospital",
    )
    build(copy)
    assert "Buildings Cttee" not in {r["text"] for r in records(copy, "uncoded.csv")}
    (mention,) = [r for r in records(copy, "mentions.csv") if r["text"] == "Buildings Cttee"]
    assert mention["code"] == "Other"


def test_a_band_that_is_changed_changes_the_coded_returns_and_nothing_raw(copy: Copy) -> None:
    before = [r["budget"] for r in records(copy, "coded.csv")]
    copy.edit(
        "config/instruments/survey.yaml",
        "- {band: 150-199, from: 150}\n      - {band: 200-249, from: 200}",
        "- {band: 150-249, from: 150}",
    )
    assert {"clean_survey", "check_inputs"} <= copy.planned()
    build(copy)
    after = [r["budget"] for r in records(copy, "coded.csv")]
    merged = {"150-199": "150-249", "200-249": "150-249"}
    assert after == [merged.get(band, band) for band in before]
    assert after != before


def test_a_column_of_no_question_and_a_wrong_site_are_told_at_once(copy: Copy) -> None:
    copy.edit("data/raw/survey.csv", "respondent,", "respondant,")
    copy.edit("data/raw/site_performance.csv", ",Mixed,", ",Mixt,")
    copy.record_raw()
    done = copy.snakemake(*TARGETS, cores=2)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    message = text[text.rindex("2 problems found.") :]
    assert "the column 'respondent' is missing, and this one looks like it" in message
    assert "Mixt" in message


def test_a_study_with_other_questions_needs_no_other_code(copy: Copy) -> None:
    shutil.copy(
        PROJECT / "tests/data/small_survey.yaml", copy.folder / "config/instruments/survey.yaml"
    )
    columns = (
        "library,county,a_money,a_readers,a_clerks,a_posts,b_books,b_films,b_other,b_other_text,"
        "b_main,b_loans_books,b_loans_films,b_loans_other,c_clubs,c_names,c_head,c_mood,c_note"
    )
    returns = (
        f"{columns}\nHill,North,12,150,3,Librarian 3,x,,,,,9,,,yes,Chess; Knitting,Clerk,4,\n"
        "Dale,S,,,,,,,,,,,,,,,,,\n"
    )
    (copy.folder / "data/raw/libraries.csv").write_text(returns, encoding="utf-8")
    configure(copy, "libraries.csv")
    build(copy)
    hill, dale = records(copy, "coded.csv")
    assert (hill["readers"], hill["main"], hill["loans"]) == ("some", "Print", "9")
    assert (hill["names"], dale["complete"]) == ("Chess", "False")
    assert [r["text"] for r in records(copy, "uncoded.csv")] == ["Knitting"]
