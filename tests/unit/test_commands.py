"""The commands beside the build, as they are typed."""

import json
from pathlib import Path

import pytest

from medlead.__main__ import main
from medlead.evidence import Verdict


def test_a_folder_is_given_to_each_command_or_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results"
    for name in ("provenance/receipts", "report", "verdicts"):
        (results / name).mkdir(parents=True)
    (results / "report/index.html").write_text("page", encoding="utf-8")
    summary = {"cells_total": 7, "cells_by_verdict": {str(Verdict.AGREES): 7}}
    summary |= {"relations_total": 3, "relations_holding": 2, "relations_failing": 1}
    (results / "verdicts/summary.json").write_text(json.dumps(summary), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for given in ([], ["results"]):
        assert main(["verify", *given]) == 0
        assert "0 built files" in capsys.readouterr().out
        assert main(["headline", *given]) == 0
        said = capsys.readouterr().out
        assert "7 printed cells" in said
        assert "index.html" in said


def test_what_is_not_built_is_said_and_not_raised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["headline", str(tmp_path / "nothing")]) == 1
    assert "build first" in capsys.readouterr().err
