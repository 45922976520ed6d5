"""An accidental edit of the transcription is noticed before anything runs; a study is not asked."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from medlead.__main__ import main
from medlead.plan import prepare
from medlead.sources.manifest import Manifest, write
from medlead.sources.messages import ProblemsFound

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The project's configuration, with a transcription of its own to be spoilt."""
    monkeypatch.chdir(ROOT)
    loaded: dict[str, Any] = yaml.safe_load(Path("config/config.yaml").read_text("utf-8"))
    shutil.copytree("data/published", tmp_path / "printed")
    loaded["study"]["published"] = str(tmp_path / "printed")
    return loaded


def spoil(config: dict[str, Any]) -> Path:
    cells = Path(config["study"]["published"], "cells.csv")
    cells.write_bytes(cells.read_bytes().replace(b",0.68,", b",0.86,", 1))
    return cells


def test_a_changed_digit_of_the_transcription_is_told_with_its_mend(config: dict[str, Any]) -> None:
    prepare(config, ROOT)
    cells = spoil(config)
    with pytest.raises(ProblemsFound, match="not the one that was recorded") as found:
        prepare(config, ROOT)
    (problem,) = found.value.problems
    assert problem.file == cells.as_posix()
    assert f"python -m medlead manifest {cells.parent.as_posix()}" in problem.mend
    # A meant change is recorded by that command, and then is the transcription.
    assert main(["manifest", str(cells.parent)]) == 0
    prepare(config, ROOT)


def test_raw_files_and_transcription_are_told_at_once(
    config: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copytree(config["paths"]["raw"], tmp_path / "raw")
    config["paths"]["raw"] = str(tmp_path / "raw")
    sites = tmp_path / "raw" / "sites.csv"
    sites.write_bytes(sites.read_bytes() + b"\n")
    cells = spoil(config)
    with pytest.raises(ProblemsFound) as found:
        prepare(config, ROOT)
    assert {p.file for p in found.value.problems} == {sites.as_posix(), cells.as_posix()}


def test_a_study_is_not_asked_for_the_transcription(config: dict[str, Any], tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for entry in filter(lambda entry: entry["file"], config["inputs"].values()):
        (raw / entry["file"]).write_text("a\n1\n", encoding="utf-8")
    write(raw)
    config["paths"] |= {"raw": str(raw), "solved": ""}
    cells = spoil(config)
    assert prepare(config, ROOT).is_study
    (cells.parent / "MANIFEST.csv").unlink()
    assert prepare(config, ROOT).is_study


def test_a_new_file_has_the_class_of_all_others_of_its_folder(
    config: dict[str, Any], tmp_path: Path
) -> None:
    printed = Path(config["study"]["published"])
    (printed / "more.csv").write_text("a\n1\n", encoding="utf-8")
    assert main(["manifest", str(printed)]) == 0
    entries = Manifest.read(printed).by_file
    assert entries["more.csv"].evidence is entries["cells.csv"].evidence
    # Where classes differ, only a study can say of which a new file is.
    shutil.copytree("data/raw", tmp_path / "raw")
    (tmp_path / "raw" / "more.csv").write_text("a\n1\n", encoding="utf-8")
    assert main(["manifest", str(tmp_path / "raw")]) == 0
    assert str(Manifest.read(tmp_path / "raw").by_file["more.csv"].evidence) == "study"
