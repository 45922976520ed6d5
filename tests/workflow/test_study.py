"""A run with returns of one's own: what is built, and what only the 2013 report has is not."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import PROJECT, Copy, fresh

pytestmark = pytest.mark.workflow

OURS = """\
study: {title: Ours}
paths: {solved: "", results: results-ours}
inputs:
  survey: {file: posted_returns.xlsx}
"""
# What holds the report of 2013 against itself, and how its page tells of it.
OF_THE_REPORT = {
    "data/published": (
        *("claims.csv", "conclusions.csv", "captions.csv", "repeated.csv", "engagement.csv"),
    ),
    "config/instruments": (
        *(
            "methods.yaml",
            "words.yaml",
            "answer.yaml",
            "trace.yaml",
            "further.yaml",
            "completions.yaml",
        ),
        *("significance.yaml", "mes_statements.yaml"),
    ),
}


def without_the_report(copy: Copy) -> Copy:
    for folder, names in OF_THE_REPORT.items():
        for name in names:
            (copy.folder / folder / name).unlink()
    return copy


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    copy = fresh(tmp_path / "project")
    shutil.copy(PROJECT / "tests/data/posted_returns.xlsx", copy.folder / "data" / "raw")
    (copy.folder / "config" / "ours.yaml").write_text(OURS, encoding="utf-8")
    copy.record_raw()
    return copy


def test_the_study_gets_its_survey_and_no_verdict_on_the_report(copy: Copy) -> None:
    without_the_report(copy)
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


def test_without_a_set_of_trusts_the_report_is_planned_without_it(copy: Copy) -> None:
    copy.edit("config/config.yaml", "trust_scales: trust_scales.csv", 'trust_scales: ""')
    done = copy.snakemake("--summary")
    assert done.returncode == 0, done.stderr
    files = {line.split("\t")[0] for line in done.stdout.splitlines()}
    assert {"results/tables/table-28.csv", "results/performance/identified.csv"} <= files
    assert not [f for f in files if "trust-" in f]


def test_returns_of_ones_own_do_not_go_with_what_was_solved(copy: Copy) -> None:
    path = copy.folder / "config" / "ours.yaml"
    path.write_text(OURS.replace('solved: "", ', ""), encoding="utf-8")
    done = copy.snakemake("--dry-run", "--configfile", "config/ours.yaml")
    assert done.returncode != 0
    message = done.stderr[done.stderr.rindex("1 problem found.") :]
    assert "paths.solved: 'data/solved' tells of rebuilt returns" in message
    assert "inputs.survey is 'study'" in message
    assert 'under paths, write solved: ""' in message


# --- responses to the engagement scale ---------------------------------------------------------

ENGAGED = """\
study: {title: Three hospitals}
paths: {raw: data/own, results: results-ours}
inputs:
  mes_responses: {file: our answers.xlsx}
  mes_norms: {file: ""}
"""
HOSPITALS = {
    "North General": {"Anaesthetics": 14, "Medicine": 12, "Radiology": 2, "Surgery": 3},
    "St Mary's / East": {"A&E": 9, "Medicine": 8},
    "Cottage": {"Medicine": 4},
}


def answers(seed: int = 3) -> pd.DataFrame:
    """Made-up answers of the doctors of three hospitals, with headings as analysts have them."""
    rng = np.random.default_rng(seed)
    rows = []
    for site, groups in HOSPITALS.items():
        for group, n in groups.items():
            lean = rng.normal(0, 0.5)
            for _ in range(n):
                drawn = np.clip(np.round(rng.normal(3.2 + lean, 1, 35)), 1, 5).astype(int)
                rows.append([f"D{len(rows):03d}", site, group, *drawn.tolist()])
    heads = [*(f"Q{i:02d} " for i in range(1, 31)), *(f"B{i}" for i in range(1, 6))]
    return pd.DataFrame(rows, columns=["Respondent", " SITE", "Group", *heads])


@pytest.fixture
def hospitals(tmp_path: Path) -> Copy:
    copy = fresh(tmp_path / "project")
    own = copy.folder / "data" / "own"
    own.mkdir()
    with pd.ExcelWriter(own / "our answers.xlsx") as book:
        pd.DataFrame([["Read me first"]]).to_excel(book, sheet_name="Notes", header=False)
        answers().to_excel(book, sheet_name="Export", index=False, startrow=2)
        book.sheets["Export"]["A1"] = "Engagement, spring"
    (copy.folder / "config" / "ours.yaml").write_text(ENGAGED, encoding="utf-8")
    done = copy.run("medlead", "manifest", "data/own")
    assert done.returncode == 0, done.stderr
    return copy


def study(copy: Copy, *arguments: str) -> subprocess.CompletedProcess[str]:
    return copy.snakemake(*arguments, "--configfile", "config/ours.yaml")


def test_hospitals_are_built_and_nothing_of_the_report(hospitals: Copy) -> None:
    done = study(without_the_report(hospitals))
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    top = hospitals.folder / "results-ours"
    files = {p.relative_to(top).as_posix() for p in top.rglob("*") if p.is_file()}
    strange = ("verdicts/", "reconstruction/", "performance/", "survey/", "tables/", "figure-")
    assert not [f for f in files for part in strange if f.startswith(part) or part in f[8:]]
    assert "engagement/doctors.csv" not in files
    assert {"notebooks/site-North-General.html", "notebooks/site-St-Mary-s-East.html"} <= files
    assert "figures/site-North-General-components-meta-1.svg" in files
    # Too few answered in one hospital: it stands nowhere.
    assert not [f for f in files if "Cottage" in f]
    page = (top / "report/index.html").read_text(encoding="utf-8")
    assert "48 doctors of 2 sites answered" in page
    # Those four count nowhere: all together have the mean rank 50, and would tell of them.
    assert "ranked among all 48 who answered at the sites shown here" in page
    assert "Cottage" in page.partition("Not shown")[2]
    assert 'class="badge e-simulated"' not in page
    for told in ("standings", "placements", "endorsements"):
        frame = pd.read_csv(top / f"engagement/{told}.csv", keep_default_na=False)
        assert set(frame["evidence"]) == {"study"}
        groups = set(zip(frame["site"], frame["group"], strict=True))
        # Two and three doctors are five together, so nothing else need go.
        hidden = {("North General", "Radiology"), ("North General", "Surgery")}
        assert not groups & {*hidden, ("Cottage", ""), ("Cottage", "Medicine")}
        assert ("North General", "Medicine") in groups
    standings = pd.read_csv(top / "engagement/standings.csv", keep_default_na=False)
    whole = standings[(standings["site"] == "") & (standings["scale"] == "index")].iloc[0]
    assert (int(whole["respondents"]), float(whole["percentile"])) == (48, 50)
    report = (top / "notebooks/site-North-General.html").read_text(encoding="utf-8")
    assert "Radiology, Surgery" in report
    assert "specimen" not in report


def test_norms_that_are_simulated_are_said_to_be(hospitals: Copy) -> None:
    raw, own = (hospitals.folder / "data" / name for name in ("raw", "own"))
    shutil.copy(raw / "mes_norms.csv", own)
    assert hospitals.run("medlead", "manifest", "data/own").returncode == 0
    text = (own / "MANIFEST.csv").read_text(encoding="utf-8")
    norms = next(line for line in text.splitlines() if line.startswith("mes_norms"))
    (own / "MANIFEST.csv").write_text(
        text.replace(norms, norms.replace(",study,", ",simulated,")), encoding="utf-8"
    )
    hospitals.edit("config/ours.yaml", '  mes_norms: {file: ""}\n', "")
    done = study(hospitals, "results-ours/figures/engagement-sites.svg")
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    top = hospitals.folder / "results-ours"
    drawn = (top / "figures/engagement-sites.txt").read_text(encoding="utf-8")
    assert "ranked among simulated doctors" in drawn
    standings = pd.read_csv(top / "engagement/standings.csv")
    said = pd.read_csv(top / "engagement/endorsements.csv")
    assert set(standings["evidence"]) == {"simulated"}
    assert set(said["evidence"]) == {"study"}


def test_survey_and_responses_together(hospitals: Copy) -> None:
    shutil.copy(PROJECT / "tests/data/posted_returns.xlsx", hospitals.folder / "data" / "own")
    assert hospitals.run("medlead", "manifest", "data/own").returncode == 0
    text = ENGAGED.replace("{raw:", '{solved: "", raw:')
    text += "  survey: {file: posted_returns.xlsx}\ndisclosure: {individuals: true}\n"
    (hospitals.folder / "config" / "ours.yaml").write_text(text, encoding="utf-8")
    done = study(hospitals, "--summary")
    assert done.returncode == 0, done.stderr
    files = {line.split("\t")[0] for line in done.stdout.splitlines()}
    assert {
        "results-ours/survey/funnel.csv",
        "results-ours/tables/table-22.csv",
        "results-ours/engagement/doctors.csv",
        "results-ours/figures/site-North-General-grid.svg",
        "results-ours/report/index.html",
    } <= files
    strange = ("/verdicts/", "/reconstruction/", "/performance/", "table-26", "figure-33")
    assert not [f for f in files for part in strange if part in f]


def test_everything_wrong_with_the_answers_is_told_at_once(hospitals: Copy) -> None:
    frame = answers()
    frame.loc[3, "Q01 "] = 7
    frame["B2"] = frame["B2"].astype(object)
    frame.loc[5, "B2"] = "Agree"
    frame.loc[9, "Group"] = ""
    frame.loc[11, "Respondent"] = frame.loc[10, "Respondent"]
    frame.to_excel(hospitals.folder / "data/own/our answers.xlsx", index=False)
    assert hospitals.run("medlead", "manifest", "data/own").returncode == 0
    done = study(hospitals, "results-ours/evidence/inputs.csv")
    assert done.returncode != 0
    message = done.stderr[done.stderr.rindex(" found.") :]
    for place in ("row 5, column 'q01'", "row 7, column 'b2'", "row 11, column 'group'", "row 13"):
        assert place in message, message


def test_a_template_has_the_columns_that_are_read(hospitals: Copy) -> None:
    done = hospitals.run("medlead", "template", "mes", "data/own/empty.xlsx")
    assert done.returncode == 0, done.stderr
    heads = pd.read_excel(hospitals.folder / "data/own/empty.xlsx").columns
    wanted = [name.strip().lower() for name in answers().columns]
    assert list(heads) == wanted
    again = hospitals.run("medlead", "template", "mes", "data/own/empty.xlsx")
    assert again.returncode == 1
    assert "already" in again.stderr
    for of in ("norms", "survey"):
        done = hospitals.run("medlead", "template", of, f"data/own/{of}.csv")
        assert done.returncode == 0, done.stderr


# --- performance of organisations --------------------------------------------------------------

PERFORMED = """\
study: {title: Ten trusts}
paths: {raw: data/own, results: results-ours}
inputs:
  performance: {file: our ratings.xlsx}
analysis: {extreme_group_size: 3}
"""
TRUSTS = pd.DataFrame(
    {
        "Organisation": [f"Trust {i}" for i in range(10)],
        "type": ["Acute"] * 6 + ["Community"] * 4,
        "engaged": [61, 58, 57, 55, 52, 49, 60, 54, 53, None],
        "overall_quality": ["Excellent", "Good", "Good", "Fair", "Good", "Poor"] + ["Fair"] * 4,
        "financial_management": ["Good", "Good", "Fair", "Fair", "Poor"] * 2,
        "patient_experience": [8.1, 7.5, None, 7.2, 6.1, 6.6, 9, 7.7, 7.8, 5],
        "standardised_mortality": [80, 95, 99, 104, "N/A", 110, 90, 101, 96, 100],
    }
)


@pytest.fixture
def trusts(tmp_path: Path) -> Copy:
    copy = fresh(tmp_path / "project")
    (copy.folder / "data" / "own").mkdir()
    copy.edit(
        "config/instruments/associations.yaml",
        "  scores: {}",
        "  scores: {engaged: {label: Engagement, low: 0, high: 100}}",
    )
    copy.edit("config/instruments/associations.yaml", "bootstrap: 9999", "bootstrap: 199")
    (copy.folder / "config" / "ours.yaml").write_text(PERFORMED, encoding="utf-8")
    record_ratings(copy, TRUSTS)
    return copy


def record_ratings(copy: Copy, frame: pd.DataFrame) -> None:
    frame.to_excel(copy.folder / "data/own/our ratings.xlsx", index=False)
    done = copy.run("medlead", "manifest", "data/own")
    assert done.returncode == 0, done.stderr


def test_engagement_is_held_against_performance_and_nothing_else_is_built(trusts: Copy) -> None:
    done = study(without_the_report(trusts))
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    top = trusts.folder / "results-ours"
    files = {p.relative_to(top).as_posix() for p in top.rglob("*") if p.is_file()}
    strange = ("verdicts/", "reconstruction/", "engagement/", "survey/", "tables/", "notebooks/")
    assert not [f for f in files if f.startswith(strange)]
    found = pd.read_csv(top / "performance/associations.csv").set_index(["measure", "coefficient"])
    row = found.loc[("standardised_mortality", "Spearman")]
    known = TRUSTS[TRUSTS["standardised_mortality"].ne("N/A")].dropna(subset=["engaged"])
    # Fewer deaths are better, so that the sign turns.
    ranks = known[["engaged", "standardised_mortality"]].astype(float).rank()
    assert row["estimate"] == pytest.approx(-ranks.corr().iloc[0, 1])
    assert (row["n"], row["missing"], row["evidence"]) == (8, 2, "study")
    within = pd.read_csv(top / "performance/strata.csv")
    assert (within.loc[within["stratum"] == "Community", "pooled"] == False).all()  # noqa: E712
    page = (top / "report/index.html").read_text(encoding="utf-8")
    assert "9 of 10 organisations have both" in page
    assert "Trust 9" in page.partition("What is missing")[2]
    assert 'class="badge e-simulated"' not in page


def test_everything_wrong_with_performance_is_told_at_once(trusts: Copy) -> None:
    frame = TRUSTS.astype(object)
    frame.loc[1, "overall_quality"] = "Goood"
    frame.loc[2, "standardised_mortality"] = 900
    frame.loc[3, "engaged"] = 155
    frame.loc[4, "type"] = None
    frame.loc[6, "Organisation"] = "Trust 5"
    record_ratings(trusts, frame)
    done = study(trusts, "results-ours/evidence/inputs.csv")
    assert done.returncode != 0
    message = done.stderr[done.stderr.rindex(" found.") :]
    for place in (
        *("row 3, column 'overall_quality'", "row 4, column 'standardised_mortality'"),
        *("row 5, column 'engaged'", "row 6, column 'type'", "row 8, column 'organisation'"),
    ):
        assert place in message, message


def test_scores_are_taken_from_the_responses_where_the_file_has_none(hospitals: Copy) -> None:
    text = ENGAGED + "  performance: {file: ratings.csv}\n"
    (hospitals.folder / "config" / "ours.yaml").write_text(text, encoding="utf-8")
    done = hospitals.run("medlead", "template", "performance", "data/own/ratings.csv")
    assert done.returncode == 0, done.stderr
    assert "Poor, Fair, Good, Excellent" in done.stdout
    file = hospitals.folder / "data/own/ratings.csv"
    heads = file.read_text(encoding="utf-8")
    assert heads.startswith("organisation,type,overall_quality")
    file.write_text(heads + "North General,,Good,Fair,7,99\nSt Mary,,Fair,Fair,8,90\n")
    assert hospitals.run("medlead", "manifest", "data/own").returncode == 0
    done = study(hospitals, "--summary")
    assert done.returncode == 0, done.stderr
    files = {line.split("\t")[0] for line in done.stdout.splitlines()}
    assert {
        "results-ours/performance/associations.csv",
        "results-ours/figures/associations.svg",
        "results-ours/engagement/standings.csv",
    } <= files
    done = study(hospitals, "results-ours/evidence/inputs.csv")
    assert done.returncode != 0
    assert "nobody of this organisation answered" in done.stderr
    assert "St Mary's / East" in done.stderr
