"""The engagement stage in the build: its verdicts, and a study with its own responses."""

import csv
import io

import pytest

from conftest import Copy, fresh

pytestmark = pytest.mark.workflow

TARGETS = ("results/engagement/standings.csv", "results/evidence/inputs.csv")
INPUT = "mes_responses: {file: mes_responses.csv"
POINTS = 30


def rows(copy: Copy, name: str) -> list[dict[str, str]]:
    text = (copy.folder / "results" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def with_own_responses(copy: Copy, site: str = "A") -> None:
    """Responses of a study: one site in two groups of its own, and no printed statements."""
    items = [f"q{n:02d}" for n in range(1, POINTS + 1)]
    lines = [",".join(["respondent", "site", "group", *items, *(f"b{n}" for n in range(1, 6))])]
    for n in range(12):
        answers = [str(1 + (n + i) % 5) for i in range(POINTS)]
        sections = [str(1 + (n + i) % 5) for i in range(5)]
        lines.append(",".join([f"d{n}", site, "Day" if n < 9 else "Night", *answers, *sections]))
    (copy.folder / "data/raw/ours.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    copy.edit("config/config.yaml", INPUT, "mes_responses: {file: ours.csv")
    copy.edit("config/config.yaml", "statements: engagement.csv", 'statements: ""')
    copy.record_raw()


def test_every_statement_and_every_cell_of_the_sections_has_its_verdict(built: Copy) -> None:
    statements = rows(built, "engagement/statements.csv")
    assert {r["evidence"] for r in statements} == {"simulated"}
    assert {r["verdict"] for r in statements} == {"agrees-by-construction", "not-derivable"}
    waiting = {
        r["item"]
        for r in rows(built, "verdicts/cells.csv")
        if r["reason"] == "stage-not-built" and r["item"].startswith(("section-6.4", "section-6.5"))
    }
    assert waiting == set()
    audit = rows(built, "verdicts/audit.csv")
    refused = [r for r in statements if r["followed"] == "no"]
    assert len([r for r in audit if r["check"].startswith("statements ")]) == len(refused)


def test_a_study_without_statements_is_scored_and_judged(built: Copy) -> None:
    """By configuration alone: own groups, no statements, the other sites without responses."""
    copy = fresh(built.folder.parent / "study")
    with_own_responses(copy)
    done = copy.snakemake(*TARGETS, "results/verdicts/cells.csv", cores=2)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    standings = rows(copy, "engagement/standings.csv")
    assert {r["group"] for r in standings if r["site"] == "A"} == {"", "Day", "Night"}
    night = [r for r in standings if r["group"] == "Night"]
    assert {(r["n"], r["note"]) for r in night} == {("3", "too few to place")}
    assert {r["note"] for r in standings if r["site"] == "B"} == {"no responses"}
    # Ranked against the simulated norms, so the ranks are simulated; Section B is the study's own.
    assert {r["evidence"] for r in standings} == {"simulated"}
    assert {r["evidence"] for r in rows(copy, "engagement/endorsements.csv")} == {"study"}
    assert not (copy.folder / "results/engagement/statements.csv").exists()
    simulated = [
        r
        for r in rows(copy, "verdicts/cells.csv")
        if r["evidence"] == "simulated" and r["verdict"] != "not-derivable"
    ]
    assert simulated == []


def test_a_site_that_the_study_does_not_know_is_told_with_its_row(built: Copy) -> None:
    copy = fresh(built.folder.parent / "stranger")
    with_own_responses(copy, site="Z")
    done = copy.snakemake(*TARGETS, cores=2)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert "ours.csv, row 2, column 'site'" in text
    assert "the site is not known" in text
