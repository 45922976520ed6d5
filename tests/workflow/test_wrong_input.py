"""What a person sees when something is wrong: our plain message, last on the screen."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from conftest import Copy, fresh

pytestmark = pytest.mark.workflow


def screen(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_a_changed_byte_stops_the_build_before_anything_runs(tmp_path: Path) -> None:
    copy = fresh(tmp_path / "clean")
    path = copy.folder / "data/raw/sites.csv"
    stat = path.stat()
    copy.edit("data/raw/sites.csv", ",South West,", ",South East,")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    text = screen(copy.snakemake())
    assert "data/raw/sites.csv" in text
    assert "python -m medlead manifest data/raw" in text.splitlines()[-1]
    assert not (copy.folder / "results").exists()


def test_all_wrong_values_of_all_files_come_last_and_at_once(tmp_path: Path) -> None:
    copy = fresh(tmp_path / "clean")
    copy.edit("data/raw/trust_engagement.csv", ",Fully Met,", ",Fuly Met,")
    copy.edit("data/raw/site_performance.csv", ",Mixed,", ",Mixt,")
    copy.record_raw()
    text = screen(copy.snakemake())
    message = text[text.rindex("2 problems found.") :]
    for part in ("trust_engagement.csv, row 2, column 'core_standards'", "Fuly Met", "Fully Met"):
        assert part in message
    assert "site_performance.csv, row 2, column 'consistency_across_surveys'" in message
    assert "Traceback" not in text
    assert text.rstrip().splitlines()[-1].strip().startswith("mend:")


def test_wrong_responses_to_the_engagement_scale_are_told_at_once(tmp_path: Path) -> None:
    copy = fresh(tmp_path / "clean")
    raw = "data/raw/mes_responses.csv"
    copy.edit(raw, "A01,A,Emergency,5,", "A01,A,Emergency,strongly agree,")
    copy.edit(raw, "A02,A,", "A02,Z,")
    copy.edit(raw, "A04,A,", "A03,A,")
    copy.edit(raw, "A05,A,Emergency,4,", "A05,A,Emergency,7,")
    copy.edit("data/raw/mes_norms.csv", "respondent,q01,q02,", "respondent,q01,q2,")
    copy.record_raw()
    text = screen(copy.snakemake("results/evidence/inputs.csv"))
    message = text[text.rindex("5 problems found.") :]
    told = [line.strip() for line in message.split("\n\n") if "mes_" in line]
    places = [entry.split(": ")[0].split("/")[-1] for entry in told]
    assert places == [
        "mes_norms.csv, row 1, column 'q2'",
        "mes_responses.csv, row 2, column 'q01'",
        "mes_responses.csv, row 3, column 'site'",
        "mes_responses.csv, row 5, column 'respondent'",
        "mes_responses.csv, row 6, column 'q01'",
    ]
    heading, label, site, double, off_scale = told
    for entry, value in ((label, "strongly agree"), (site, "Z"), (double, "A03"), (off_scale, "7")):
        assert re.search(rf"found: +{value}$", entry, re.MULTILINE), entry
    for entry, allowed in ((label, "1, 2, 3, 4, 5"), (site, "A, B, C"), (off_scale, "1, 2, 3")):
        assert re.search(rf"allowed: +{allowed}", entry), entry
    for entry in told:
        assert re.search(r"mend: +\w+", entry), entry
    assert "write 5" in label
    assert "already in row 4" in double
    assert "'q02'" in heading
    assert "Traceback" not in text


def test_an_unknown_key_of_the_configuration_is_named_with_the_nearest(tmp_path: Path) -> None:
    copy = fresh(tmp_path / "clean")
    copy.edit("config/config.yaml", "  permutations: 9999", "  permutation: 9999")
    text = screen(copy.snakemake())
    assert "unknown key 'analysis.permutation'" in text
    assert "did you mean 'permutations'?" in text
    assert "missing key 'analysis.permutations'" in text


def test_a_slip_in_the_transcription_stops_the_build(scratch: Copy) -> None:
    path = scratch.folder / "data/published/cells.csv"
    path.write_bytes(path.read_bytes().replace(b",0.68,", b",0.86,", 1))
    text = screen(scratch.snakemake("--dry-run"))
    assert "data/published/cells.csv: the file is not the one that was recorded" in text
    assert "python -m medlead manifest data/published" in text


def test_a_result_edited_by_hand_does_not_flow_on(scratch: Copy) -> None:
    scratch.edit("results/tables/table-27.csv", "Excellent", "Good")
    text = screen(scratch.snakemake())
    assert "results/tables/table-27.csv: this result was changed after it was built" in text
    assert text.rstrip().splitlines()[-1].strip().startswith("mend:")
    assert scratch.run("medlead", "verify").returncode == 1


def test_a_failing_notebook_leaves_no_stale_page(scratch: Copy) -> None:
    name = "04-engagement-and-performance"
    scratch.edit(f"notebooks/{name}.ipynb", "from pathlib import Path", "from pathlib import Paths")
    text = screen(scratch.snakemake())
    assert f"{name}" in text.split("problem found.")[-1]
    assert "Paths" in text
    assert not (scratch.folder / f"results/notebooks/{name}.html").exists()
    assert list((scratch.folder / "logs").rglob(f"{name}.failed.*"))


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("config/config.yaml", "extreme_group_size: 10", "extreme_group_size: 15", "do not fit"),
        ("data/published/relations.yaml", "rows: [TOTAL]", "rows: [TOTALS]", "prints no"),
        ("config/instruments/layouts.yaml", "from: index", "from: indx", "no column 'indx'"),
    ],
)
def test_a_choice_that_cannot_be_worked_with_is_told_plainly(
    scratch: Copy, file: str, old: str, new: str, told: str
) -> None:
    scratch.edit(file, old, new)
    text = screen(scratch.snakemake())
    assert told in text[text.rindex("problem") - 20 :]
    assert "Traceback" not in text[text.rindex("WorkflowError") :]
    assert text.rstrip().splitlines()[-1].strip().startswith("mend:")
