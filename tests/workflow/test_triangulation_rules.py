"""Engagement against ratings in a study of one's own: built where both are own, else left out."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from conftest import Copy, fresh
from test_study import ENGAGED, answers

pytestmark = pytest.mark.workflow

SITES = ("North General", "St Mary's / East", "Cottage")
# Two measures of their own in place of the national ones of 2013.
RATINGS = {
    "site_performance": {
        "falls": {"label": "Falls", "low": 0, "high": 50, "best": "low"},
        "stars": {"label": "Stars", "levels": ["none", "one", "two"], "not_applicable": ["N/A"]},
    }
}


@pytest.fixture
def rated(tmp_path: Path) -> Copy:
    copy = fresh(tmp_path / "project")
    own = copy.folder / "data" / "own"
    own.mkdir()
    answers().to_excel(own / "our answers.xlsx", index=False)
    table = pd.DataFrame({"site": SITES, "falls": [12, 9, 30], "stars": ["two", "one", "N/A"]})
    table.assign(patient_experience_survey="").to_csv(own / "site_performance.csv", index=False)
    (copy.folder / "config" / "ours.yaml").write_text(ENGAGED, encoding="utf-8")
    instruments = copy.folder / "config" / "instruments"
    scales = yaml.safe_load((instruments / "ratings.yaml").read_text(encoding="utf-8"))
    (instruments / "ratings.yaml").write_text(yaml.safe_dump(scales | RATINGS), encoding="utf-8")
    declared = yaml.safe_load((instruments / "triangulation.yaml").read_text(encoding="utf-8"))
    declared |= {"counterparts": [], "conflicts": [], "variations": {}}
    declared["tests"] |= {"smallest_n": 3, "draws": 50}
    (instruments / "triangulation.yaml").write_text(yaml.safe_dump(declared), encoding="utf-8")
    done = copy.run("medlead", "manifest", "data/own")
    assert done.returncode == 0, done.stderr
    return copy


def test_a_study_with_ratings_of_its_own_sets_them_against_its_scores(rated: Copy) -> None:
    target = "results-ours/performance/triangulation-says.csv"
    done = rated.snakemake(target, "--configfile", "config/ours.yaml")
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    top = rated.folder / "results-ours"
    pairs = pd.read_csv(top / "performance/triangulation-pairs.csv", keep_default_na=False)
    assert set(pairs["measure"]) == {"falls", "stars"}
    assert set(pairs["evidence"]) == {"study"}
    # One of the three has too few doctors to be shown, so two are left to compare.
    assert set(pairs["n"]) == {2}
    assert (top / "figures/site-profiles.svg").is_file()
    structure = (top / "performance/triangulation-structure.csv").read_text(encoding="utf-8")
    assert structure.splitlines()[1:] == []


def test_the_step_is_part_of_a_whole_run_and_not_of_one_without_ratings(rated: Copy) -> None:
    def planned() -> str:
        done = rated.snakemake("--dry-run", "--configfile", "config/ours.yaml")
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return done.stdout + done.stderr

    assert "triangulate" in planned()
    (rated.folder / "data/own/site_performance.csv").unlink()
    done = rated.run("medlead", "manifest", "data/own")
    assert done.returncode == 0, done.stderr
    assert "triangulate" not in planned()
