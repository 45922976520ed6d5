"""A copy of the project for each test that builds, and ways to run the engine in it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(
    *(".venv", ".git", ".snakemake", "results", "logs", "benchmarks", "__pycache__"),
    *(".*_cache", ".hypothesis", "*.egg-info", "tests", "build", "own"),
)
# Written at every run, with times and machine facts: outside the comparison.
RUN_RECORD = "provenance/run.json"


@dataclass(frozen=True)
class Copy:
    """One copy of the project in its own folder."""

    folder: Path

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a Python module in the copy, with the copy's own package."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "SNAKEMAKE"))}
        env |= {"PYTHONPATH": str(self.folder / "workflow")} | environment
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    def snakemake(
        self, *arguments: str, cores: int = 4, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the engine in the copy."""
        return self.run("snakemake", "--cores", str(cores), *arguments, **environment)

    def build(self, cores: int = 4, **environment: str) -> None:
        """Build everything; fails the test with the engine's last lines where that fails."""
        done = self.snakemake(cores=cores, **environment)
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]

    def planned(self) -> set[str]:
        """The rules that the engine would run now."""
        done = self.snakemake("--dry-run")
        text = done.stdout + done.stderr
        assert done.returncode == 0, text[-3000:]
        table = re.search(r"^job +count\n[- ]+\n(.*?)^total", text, re.MULTILINE | re.DOTALL)
        return set() if table is None else {line.split()[0] for line in table[1].splitlines()}

    def record_raw(self) -> None:
        """Record a meant change of the raw files."""
        self.record("data/raw")

    def record(self, folder: str) -> None:
        """Record a meant change of the files of a folder with a manifest."""
        done = self.run("medlead", "manifest", folder)
        assert done.returncode == 0, done.stderr

    def results(self) -> dict[str, bytes]:
        """Every built file but the record of the run, by its path below results."""
        top = self.folder / "results"
        files = {p.relative_to(top).as_posix(): p for p in top.rglob("*") if p.is_file()}
        return {name: path.read_bytes() for name, path in files.items() if name != RUN_RECORD}

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace one text in a file of the copy; it must be there.

        A change of the transcription is recorded, as a meant one is.
        """
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
        if name.startswith("data/published/"):
            self.record("data/published")


def fresh(folder: Path) -> Copy:
    """A clean copy of the project, nothing built."""
    shutil.copytree(PROJECT, folder, ignore=LEFT_OUT)
    return Copy(folder)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy that was built once, with four cores; only for tests that leave it as it is."""
    copy = fresh(tmp_path_factory.mktemp("first") / "project")
    copy.build(cores=4, TZ="UTC", LANG="C.UTF-8", PYTHONHASHSEED="0")
    return copy


@pytest.fixture
def scratch(built: Copy, tmp_path: Path) -> Iterator[Copy]:
    """A copy of the built copy, to be edited."""
    folder = tmp_path / "edited"
    shutil.copytree(built.folder, folder, symlinks=True)
    yield Copy(folder)
    shutil.rmtree(folder, ignore_errors=True)
