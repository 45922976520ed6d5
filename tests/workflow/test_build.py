"""The build as users run it: planned, repeated, the same again, and rerun where needed."""

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from conftest import Copy, fresh
from medlead.evidence import EvidenceClass

pytestmark = pytest.mark.workflow

# What each kind of edit reaches: no rule more, no rule less.
PAGE = {"run_notebooks", "build_page", "record_run", "all"}
SENTENCES = {"judge_claims", "turn_claims"}
JUDGED = {"judge_cells", "try_methods"} | SENTENCES
OF_TRUSTS = {"check_trusts", "compare_trusts", "examine_extremes", "identify_correlations"}
AFTER_TRUSTS = {"draw_performance"} | JUDGED | OF_TRUSTS | PAGE
# What takes only the printed correlations: their marks, and whether they can stand together.
OF_CORRELATIONS = {"weigh_marks", "weigh_coherence"}
# Sentences are held against these results too.
AFTER_SITES = {"triangulate"} | SENTENCES | PAGE
AFTER_RECORDS = {"check_records", "draw_survey"} | JUDGED | PAGE
AFTER_RETURNS = {"clean_survey", "tabulate_survey", "describe_response"} | AFTER_RECORDS
# The responses to the engagement scale: scored, told, drawn, judged, and each site's report.
AFTER_COMMENTS = {"count_comments", "report_sites"} | SENTENCES | PAGE
AFTER_STATEMENTS = {"check_statements"} | JUDGED | PAGE
# Names of scales are held against the printed ones, errors planted among them too.
AFTER_SCORES = (
    {"score_engagement", "draw_engagement", "report_sites", "plant_errors"} | JUDGED | PAGE
)
AFTER_RESPONSES = {"measure_reliability"} | AFTER_SCORES | AFTER_STATEMENTS
EVERY_JOB = (
    AFTER_TRUSTS
    | AFTER_RETURNS
    | AFTER_RESPONSES
    | AFTER_COMMENTS
    | AFTER_SITES
    | OF_CORRELATIONS
    | {"check_inputs", "tabulate_sites", "tabulate_performance"}
)


def test_a_clean_copy_plans_every_job(tmp_path: Path) -> None:
    copy = fresh(tmp_path / "clean")
    assert copy.planned() == EVERY_JOB


def test_the_shim_plans_the_same(tmp_path: Path) -> None:
    copy = fresh(tmp_path / "clean")
    done = copy.snakemake("--dry-run", "--snakefile", "workflow/Snakefile")
    assert done.returncode == 0
    assert f"total {len(EVERY_JOB):19d}".split() in [
        line.split() for line in done.stdout.splitlines()
    ]


def test_a_second_run_does_nothing(built: Copy) -> None:
    before = built.results()
    done = built.snakemake()
    assert "Nothing to be done" in done.stdout + done.stderr
    assert built.results() == before


def test_every_result_has_a_receipt_and_verifies(built: Copy) -> None:
    done = built.run("medlead", "verify")
    assert done.returncode == 0, done.stderr
    receipts = [n for n in built.results() if n.startswith("provenance/receipts/")]
    assert f"{len(built.results()) - len(receipts)} built files" in done.stdout


def test_every_row_of_every_result_says_what_it_rests_on(built: Copy) -> None:
    classes = {str(e) for e in EvidenceClass}
    found = [f for f in (built.folder / "results").rglob("*.csv") if "provenance" not in f.parts]
    assert len(found) > 100
    for file in found:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        assert {row["evidence"] for row in rows} <= classes, file
        # In the verdicts it stands between what is compared and what was found.
        last = list(rows[0])[-1] if rows else "evidence"
        assert last == "evidence" or file.name == "cells.csv", file


def test_two_builds_give_the_same_bytes(built: Copy, tmp_path: Path) -> None:
    other = fresh(tmp_path / "elsewhere" / "other name")
    other.build(
        cores=1, TZ="Pacific/Auckland", LANG="de_DE.UTF-8", LC_ALL="POSIX", PYTHONHASHSEED="4242"
    )
    first, second = built.results(), other.results()
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_no_result_knows_where_it_was_built(built: Copy) -> None:
    here = str(built.folder).encode()
    assert [name for name, content in built.results().items() if here in content] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "reached"),
    [
        ("trust_engagement.csv", ",Good,", ",Fair,", AFTER_TRUSTS | {"check_inputs"}),
        (
            "sites.csv",
            ",South West,",
            ",South East,",
            # The roster says which sites there are, with or without responses.
            {"check_inputs", "tabulate_sites"}
            | AFTER_RECORDS
            | AFTER_SCORES
            | AFTER_COMMENTS
            | AFTER_SITES,
        ),
        (
            "site_self_ratings.csv",
            "8",
            "9",
            {"check_inputs", "tabulate_performance"} | AFTER_RECORDS | AFTER_SITES,
        ),
        ("survey.csv", "131.5,", "131,", {"check_inputs"} | AFTER_RETURNS),
        (
            "mes_responses.csv",
            "A01,A,Emergency,5,",
            "A01,A,Emergency,4,",
            {"check_inputs"} | AFTER_RESPONSES,
        ),
        ("mes_norms.csv", "N0001,2,", "N0001,3,", {"check_inputs"} | AFTER_RESPONSES),
    ],
)
def test_one_raw_cell_reruns_what_depends_on_it(
    scratch: Copy, file: str, old: str, new: str, reached: set[str]
) -> None:
    scratch.edit(f"data/raw/{file}", old, new)
    scratch.record_raw()
    assert scratch.planned() == reached


def test_a_rerun_after_an_edit_equals_a_build_from_nothing(scratch: Copy, tmp_path: Path) -> None:
    scratch.edit("data/raw/trust_engagement.csv", ",Good,", ",Fair,")
    scratch.record_raw()
    before = scratch.results()
    scratch.build()
    changed = {n for n, content in scratch.results().items() if before.get(n) != content}
    assert "tables/table-27.csv" in changed
    assert "tables/table-01.csv" not in changed
    clean = fresh(tmp_path / "clean")
    clean.edit("data/raw/trust_engagement.csv", ",Good,", ",Fair,")
    clean.record_raw()
    clean.build()
    assert clean.results() == scratch.results()


@pytest.mark.parametrize(
    ("module", "reached"),
    [
        # Planted errors are looked for among the marks of the correlations too.
        ("performance/groups.py", AFTER_TRUSTS | OF_CORRELATIONS | {"plant_errors"}),
        ("performance/arrangements.py", AFTER_SITES),
        ("performance/coherence.py", {"weigh_coherence"} | PAGE),
        ("performance/latent.py", {"examine_extremes"} | PAGE),
        (
            "reconstruction/trust_check.py",
            AFTER_TRUSTS - {"examine_extremes", "identify_correlations"},
        ),
        ("survey/sites.py", {"tabulate_sites"} | JUDGED | PAGE),
        ("survey/association.py", {"tabulate_survey"} | JUDGED | PAGE),
        ("survey/site_parts.py", {"describe_response"} | SENTENCES | PAGE),
        ("survey/rules.py", {"check_inputs"} | AFTER_RETURNS - {"check_records"}),
        ("reconstruction/sentences.py", AFTER_RECORDS),
        ("present/tiles.py", {"draw_survey"} | PAGE),
        ("present/forest.py", {"draw_performance"} | PAGE),
        ("verdicts/audit.py", JUDGED | PAGE),
        ("verdicts/claim_findings.py", {"judge_claims"} | PAGE),
        ("verdicts/claim_words.py", {"check_inputs"} | SENTENCES | PAGE),
        ("verdicts/percentages.py", {"try_methods"} | PAGE),
        ("verdicts/power.py", {"plant_errors"} | PAGE),
        ("verdicts/turning.py", {"turn_claims"} | PAGE),
        ("verdicts/repeated.py", JUDGED | PAGE),
        ("verdicts/impact.py", {"judge_claims"} | PAGE),
        ("verdicts/conclusions.py", {"check_inputs", "judge_claims"} | PAGE),
        ("present/verdict_figures.py", PAGE),
        ("present/site.py", {"build_page", "record_run", "all"}),
        ("engagement/typology.py", {"check_inputs"} | AFTER_SCORES | AFTER_STATEMENTS),
        ("engagement/reliability.py", {"measure_reliability"} | PAGE),
        ("engagement/comments.py", AFTER_COMMENTS),
        ("reconstruction/on_scales.py", AFTER_STATEMENTS),
        ("verdicts/statements.py", AFTER_STATEMENTS),
        ("present/engagement_map.py", {"draw_engagement", "report_sites"} | PAGE),
        ("writing.py", EVERY_JOB),
    ],
)
def test_one_module_reruns_the_rules_that_use_it(
    scratch: Copy, module: str, reached: set[str]
) -> None:
    path = scratch.folder / "workflow" / "medlead" / module
    path.write_text(path.read_text(encoding="utf-8") + "\n# an edit\n", encoding="utf-8")
    assert scratch.planned() == reached


@pytest.mark.parametrize(
    ("file", "old", "new", "reached"),
    [
        (
            "data/published/engagement.csv",
            "Doctors of the site",
            "Doctors who answered",
            {"check_inputs"} | AFTER_STATEMENTS | AFTER_SITES,
        ),
        (
            "config/instruments/words.yaml",
            "threshold: 0.8}",
            "threshold: 0.75}",
            SENTENCES | PAGE,
        ),
        (
            "data/published/conclusions.csv",
            "stage on their way",
            "step on their way",
            {"check_inputs", "judge_claims"} | PAGE,
        ),
        ("data/published/comments.csv", "A,A,1,2205,", "A,A,1,2206,", AFTER_COMMENTS),
        (
            "data/published/relations.yaml",
            "relations:",
            "# An edit\nrelations:",
            {"check_inputs", "plant_errors"} | JUDGED | PAGE,
        ),
        (
            "data/published/captions.csv",
            ",",
            ", ",
            {"check_inputs", "plant_errors"} | JUDGED | PAGE,
        ),
        ("data/published/repeated.csv", ",", ", ", {"check_inputs"} | JUDGED | PAGE),
        ("data/published/claims.csv", ",", ", ", {"check_inputs"} | SENTENCES | PAGE),
        ("data/published/conclusions.csv", ",", ", ", {"check_inputs", "judge_claims"} | PAGE),
        ("config/instruments/mes_tables.yaml", "title: Scales", "title: All scales", AFTER_SCORES),
        ("config/instruments/mes_statements.yaml", "aligned: 10", "aligned: 11", AFTER_STATEMENTS),
        (
            "config/instruments/completions.yaml",
            "gap: 0.001",
            "gap: 0.002",
            {"identify_correlations", "examine_extremes"} | JUDGED | PAGE,
        ),
        (
            "config/instruments/methods.yaml",
            "remainder: true",
            "remainder: false",
            {"try_methods"} | PAGE,
        ),
        (
            "config/instruments/further.yaml",
            "title: The sites",
            "title: All sites",
            {"build_page", "record_run", "all"},
        ),
    ],
)
def test_one_declaration_reruns_the_rules_that_read_it(
    scratch: Copy, file: str, old: str, new: str, reached: set[str]
) -> None:
    scratch.edit(file, old, new)
    assert scratch.planned() == reached


def test_several_edits_at_once_miss_nothing(scratch: Copy) -> None:
    scratch.edit("data/raw/sites.csv", ",South West,", ",South East,")
    scratch.record_raw()
    path = scratch.folder / "workflow" / "medlead" / "performance" / "groups.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# an edit\n", encoding="utf-8")
    roster = AFTER_RECORDS | AFTER_SCORES | AFTER_COMMENTS | AFTER_SITES
    both = AFTER_TRUSTS | OF_CORRELATIONS | roster
    assert scratch.planned() == both | {"check_inputs", "tabulate_sites"}


def test_the_summary_adds_up(built: Copy) -> None:
    summary = json.loads(built.results()["verdicts/summary.json"])
    cells = built.results()["verdicts/cells.csv"].decode().splitlines()
    assert sum(summary["cells_by_verdict"].values()) == summary["cells_total"]
    assert len((built.folder / "data/published/cells.csv").read_text().splitlines()) == len(cells)
    claims = list(csv.DictReader(built.results()["verdicts/claims.csv"].decode().splitlines()))
    assert sum(summary["claims_by_verdict"].values()) == summary["claims_total"] == len(claims)
    told = {row["claim"] for row in claims}
    for file in ("claims.csv", "engagement.csv"):
        with (built.folder / "data/published" / file).open(encoding="utf-8") as lines:
            given = {next(iter(row.values())) for row in csv.DictReader(lines)}
        assert given <= told
    assert len(told) == len(claims)


def test_a_workbook_gives_the_same_table_as_the_file(built: Copy, tmp_path: Path) -> None:
    copy = fresh(tmp_path / "workbook")
    raw = copy.folder / "data/raw"
    book = openpyxl.Workbook()
    book.active.append(["Nothing of interest on this sheet"])
    sheet = book.create_sheet("Ratings 2008-09")
    sheet.append(["Engagement and ratings, as returned"])
    sheet.append([])
    with (raw / "trust_engagement.csv").open(encoding="utf-8", newline="") as lines:
        header, *records = csv.reader(lines)
    sheet.append([f" {name} " for name in header])
    for record in records:
        record[1] = float(record[1])
        sheet.append([f"{v} " if isinstance(v, str) and v else v or None for v in record])
    book.save(raw / "trust_engagement.xlsx")
    (raw / "trust_engagement.csv").unlink()
    copy.record_raw()
    # A new file counts as a study's own; here it stands for the printed records.
    copy.edit(
        "data/raw/MANIFEST.csv",
        "trust_engagement.xlsx,study",
        "trust_engagement.xlsx,printed-records",
    )
    copy.edit("config/config.yaml", "trust_engagement.csv", "trust_engagement.xlsx")
    done = copy.snakemake("results/tables/table-27.csv")
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    name = "results/tables/table-27.csv"
    assert (copy.folder / name).read_bytes() == (built.folder / name).read_bytes()
