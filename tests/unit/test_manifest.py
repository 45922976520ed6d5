"""The manifest: what it records, what it notices and what its messages tell."""

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from medlead.evidence import EvidenceClass
from medlead.sources.manifest import COLUMNS, MANIFEST_NAME, Manifest, count_records, verify, write
from medlead.sources.messages import ProblemsFound


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a table, a workbook, a dictionary and things that are not data."""
    raw = tmp_path / "raw"
    (raw / "wave-2").mkdir(parents=True)
    (raw / "sites.csv").write_bytes(b"site,staff\nA,10\n\nB,20\n")
    (raw / "book.xlsx").write_bytes(b"PK-not-really")
    (raw / "DICTIONARY.csv").write_bytes(b"file,column\nsites.csv,site\n")
    (raw / "wave-2" / "sites.csv").write_bytes(b"site\nC\n")
    (raw / "README.md").write_text("about these files")
    (raw / ".gitkeep").write_text("")
    (raw / "~$book.xlsx").write_text("lock")
    write(raw)
    return raw


def records(folder: Path) -> list[dict[str, str]]:
    with (folder / MANIFEST_NAME).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def set_cell(folder: Path, file: str, column: str, value: str) -> None:
    rows = records(folder)
    for row in rows:
        if row["file"] == file:
            row[column] = value
    with (folder / MANIFEST_NAME).open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_write_lists_data_files_with_rows_and_sums(folder: Path) -> None:
    rows = records(folder)
    assert list(rows[0]) == list(COLUMNS)
    assert {r["file"]: r["rows"] for r in rows} == {
        "DICTIONARY.csv": "1",
        "book.xlsx": "",
        "sites.csv": "2",
        "wave-2/sites.csv": "1",
    }
    by_name = {r["file"]: r for r in rows}
    content = (folder / "sites.csv").read_bytes()
    assert by_name["sites.csv"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert {r["evidence"] for r in rows} == {"study"}
    assert (folder / MANIFEST_NAME).read_bytes().endswith(b"\n")
    assert b"\r" not in (folder / MANIFEST_NAME).read_bytes()


def test_untouched_folder_has_no_problem(folder: Path) -> None:
    assert verify(folder) == []


def test_one_changed_byte_is_named_with_both_sums(folder: Path) -> None:
    path = folder / "sites.csv"
    recorded = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes().replace(b"20", b"21"))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    (problem,) = verify(folder)
    assert problem.file == path.as_posix()
    assert problem.value is not None
    assert found[:12] in problem.value
    assert problem.allowed is not None
    assert recorded[:12] in problem.allowed
    assert f"python -m medlead manifest {folder.as_posix()}" in problem.mend
    assert f"git checkout -- {path.as_posix()}" in problem.mend
    assert "line ends" not in problem.what


def test_a_restored_time_stamp_does_not_hide_a_change(folder: Path) -> None:
    import os

    path = folder / "sites.csv"
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"20", b"21"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [p.file for p in verify(folder)] == [path.as_posix()]


def test_a_change_of_line_ends_alone_is_told_as_such(folder: Path) -> None:
    path = folder / "sites.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    (problem,) = verify(folder)
    assert "only its line ends differ" in problem.what


def test_missing_and_unlisted_files_are_both_reported(folder: Path) -> None:
    (folder / "sites.csv").unlink()
    (folder / "wave-2" / "new.csv").write_text("a\n1\n")
    problems = {Path(p.file).name: p for p in verify(folder)}
    assert set(problems) == {"sites.csv", "new.csv"}
    assert "is not there" in problems["sites.csv"].what
    assert "not listed" in problems["new.csv"].what


def test_write_keeps_what_is_known_and_refreshes_the_rest(folder: Path) -> None:
    set_cell(folder, "sites.csv", "evidence", "printed-records")
    set_cell(folder, "sites.csv", "made_by", "typed twice, compared")
    set_cell(folder, "sites.csv", "source", 'Table 1, "sites"')
    (folder / "sites.csv").write_bytes(b"site,staff\nA,10\n")
    (folder / "added.csv").write_bytes(b"x\n1\n2\n3\n")
    (folder / "book.xlsx").unlink()
    manifest = write(folder, made_by="survey tool")
    entry = manifest.by_file["sites.csv"]
    assert entry.evidence is EvidenceClass.PRINTED_RECORDS
    assert (entry.rows, entry.made_by) == (1, "typed twice, compared")
    assert entry.source == 'Table 1, "sites"'
    added = manifest.by_file["added.csv"]
    assert (added.evidence, added.rows, added.made_by) == (EvidenceClass.STUDY, 3, "survey tool")
    assert "book.xlsx" not in manifest.by_file
    assert Manifest.read(folder) == manifest
    assert verify(folder) == []


def test_the_default_evidence_of_new_files_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "drawn.csv").write_text("a\n1\n")
    manifest = write(tmp_path, EvidenceClass.SIMULATED)
    assert manifest.by_file["drawn.csv"].evidence is EvidenceClass.SIMULATED


def test_writing_twice_leaves_the_file_alone(folder: Path) -> None:
    path = folder / MANIFEST_NAME
    import os

    os.utime(path, ns=(1_000_000_000, 1_000_000_000))
    write(folder)
    assert path.stat().st_mtime_ns == 1_000_000_000
    assert [p.name for p in folder.iterdir() if p.name.startswith(f".{MANIFEST_NAME}")] == []


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        ("evidence", "printed", "evidence class"),
        ("rows", "two", "number of records"),
        ("sha256", "abc", "SHA-256"),
        ("file", "../outside.csv", "not the name of a file"),
    ],
)
def test_a_damaged_line_is_named_by_row_and_column(
    folder: Path, column: str, value: str, word: str
) -> None:
    set_cell(folder, "sites.csv", column, value)
    (problem,) = verify(folder)
    assert (problem.row, problem.column, problem.value) == (4, column, value)
    assert word in problem.what
    with pytest.raises(ProblemsFound):
        write(folder)


def test_a_file_listed_twice_is_a_problem(folder: Path) -> None:
    path = folder / MANIFEST_NAME
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text.splitlines()[-1] + "\n", encoding="utf-8")
    assert ["listed twice" in p.what for p in verify(folder)] == [True]


def test_wrong_heading_and_missing_manifest_and_folder(folder: Path, tmp_path: Path) -> None:
    (folder / MANIFEST_NAME).write_text("file,sum\nsites.csv,1\n")
    (problem,) = verify(folder)
    assert problem.value == "file,sum"
    assert problem.allowed == ",".join(COLUMNS)
    (folder / MANIFEST_NAME).unlink()
    assert "no manifest" in verify(folder)[0].what
    assert "no such folder" in verify(tmp_path / "elsewhere")[0].what
    with pytest.raises(ProblemsFound):
        write(tmp_path / "elsewhere")


def test_records_are_counted_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'\xef\xbb\xbfa,b\r\n1,"two\r\nlines"\r\n\r\n,,\r\n2,x\r\n')
    assert count_records(path) == 2
    path.write_bytes(b"")
    assert count_records(path) == 0
    assert count_records(tmp_path / "t.xlsx") is None


def test_the_check_loads_no_heavy_library() -> None:
    code = (
        "import sys, medlead.sources.manifest;"
        "print([m for m in ('pandas', 'numpy', 'openpyxl', 'pandera', 'yaml') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
