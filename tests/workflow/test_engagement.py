"""The engagement stage in the build: its verdicts, and a study with its own responses."""

import csv
import io

import pytest

from conftest import Copy, fresh

pytestmark = pytest.mark.workflow

TARGETS = ("results/engagement/standings.csv", "results/evidence/inputs.csv")
INPUT = "mes_responses: {file: mes_responses.csv"
SITES = "sites: {file: sites.csv"
POINTS = 30


def rows(copy: Copy, name: str) -> list[dict[str, str]]:
    text = (copy.folder / "results" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def write_responses(copy: Copy, site: str = "A") -> None:
    """Responses of a study: one site in two groups of its own, as `site`."""
    items = [f"q{n:02d}" for n in range(1, POINTS + 1)]
    lines = [",".join(["respondent", "site", "group", *items, *(f"b{n}" for n in range(1, 6))])]
    for n in range(12):
        answers = [str(1 + (n + i) % 5) for i in range(POINTS)]
        sections = [str(1 + (n + i) % 5) for i in range(5)]
        lines.append(",".join([f"d{n}", site, "Day" if n < 9 else "Night", *answers, *sections]))
    (copy.folder / "data/raw/ours.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
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


def test_a_study_is_held_to_its_own_list_of_sites(built: Copy) -> None:
    """Its groups are its own, the site nobody answered in is told, and no statement is asked."""
    copy = fresh(built.folder.parent / "study")
    write_responses(copy)
    listed = (copy.folder / "data/raw/sites.csv").read_text(encoding="utf-8").splitlines()
    (copy.folder / "data/raw/our_sites.csv").write_text(
        "\n".join([listed[0], *(line for line in listed if line.startswith(("A,", "B,")))]) + "\n",
        encoding="utf-8",
    )
    copy.edit("config/config.yaml", SITES, "sites: {file: our_sites.csv")
    copy.edit("config/config.yaml", INPUT, "mes_responses: {file: ours.csv")
    copy.record_raw()
    done = copy.snakemake(*TARGETS, cores=2)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    standings = rows(copy, "engagement/standings.csv")
    # Night is smaller than the smallest group that is shown, and with it Day would tell of it.
    assert {r["group"] for r in standings if r["site"] == "A"} == {""}
    assert {r["note"] for r in standings if r["site"] == "B"} == {"no responses"}
    # Ranked against the simulated norms, so the ranks are simulated; Section B is the study's own.
    assert {r["evidence"] for r in standings} == {"simulated"}
    assert {r["evidence"] for r in rows(copy, "engagement/endorsements.csv")} == {"study"}
    assert not (copy.folder / "results/engagement/statements.csv").exists()
    assert not (copy.folder / "results/verdicts").exists()
    write_responses(copy, site="Z")
    done = copy.snakemake(*TARGETS, cores=2)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert "ours.csv, row 2, column 'site'" in text
    assert "the site is not known" in text
