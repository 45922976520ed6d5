"""The manifest of a folder of raw files: what stands there and whether it is unchanged.

`MANIFEST.csv` holds one line per file: name, evidence class, number of data
records, SHA-256, how the file was made and where it comes from. A build starts
with `verify`; `write` records a meant change. Only the standard library is
used here, since the check runs at every start.
"""

import csv
import hashlib
import io
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from medlead.evidence import EvidenceClass
from medlead.sources.messages import Problem, ProblemsFound

MANIFEST_NAME = "MANIFEST.csv"
COLUMNS = ("file", "evidence", "rows", "sha256", "made_by", "source")
UNLISTED = frozenset({MANIFEST_NAME, "README.md"})
DELIMITERS = {".csv": ",", ".tsv": "\t"}
SHOWN_DIGITS = 12


@dataclass(frozen=True)
class Entry:
    """One file of the folder; `rows` is None where records cannot be counted (workbooks)."""

    file: str
    evidence: EvidenceClass
    rows: int | None
    sha256: str
    made_by: str = ""
    source: str = ""


@dataclass(frozen=True)
class Manifest:
    """All recorded files of a folder, ordered by name."""

    entries: tuple[Entry, ...]

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest that stands in `folder`; raises `ProblemsFound` where it cannot be used."""
        manifest, problems = _read(folder)
        if problems:
            raise ProblemsFound(problems)
        return manifest

    @property
    def by_file(self) -> Mapping[str, Entry]:
        """The entries by file name."""
        return {entry.file: entry for entry in self.entries}

    def to_csv(self) -> str:
        """The manifest as CSV text with LF line ends."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for e in sorted(self.entries, key=lambda entry: entry.file):
            rows = "" if e.rows is None else str(e.rows)
            writer.writerow((e.file, e.evidence.value, rows, e.sha256, e.made_by, e.source))
        return text.getvalue()


def verify(folder: Path) -> list[Problem]:
    """Every way in which the files of `folder` differ from its manifest.

    Names a listed file that is missing, a file that nobody listed and a file
    whose bytes changed. Subfolders count; hidden files, `README.md` and the
    manifest itself do not. An empty list means that all is as recorded.
    """
    manifest, problems = _read(folder)
    if problems:
        return problems
    present = _files(folder)
    listed = manifest.by_file
    for name, entry in listed.items():
        path = folder / name
        if not path.is_file():
            problems.append(_missing_file(folder, name))
        elif (found := _sha256(path)) != entry.sha256:
            problems.append(_changed_file(folder, entry, found))
    for name in present:
        if name not in listed:
            problems.append(
                Problem(
                    file=_shown(folder / name),
                    what="the file is not listed in the manifest",
                    mend=f"if it belongs here, run `{_refresh(folder)}`; otherwise take it away",
                )
            )
    return problems


def write(
    folder: Path,
    evidence_default: EvidenceClass = EvidenceClass.STUDY,
    *,
    made_by: str = "",
    source: str = "",
) -> Manifest:
    """Record the files of `folder` as they are now, and return the new manifest.

    Evidence class, `made_by` and `source` of files already listed are kept; new
    files get the given ones; files that are gone are left out. The manifest is
    replaced in one step, and not touched where nothing changed. Raises
    `ProblemsFound` where the folder is missing or a present manifest is unusable,
    so that nothing recorded by hand is lost.
    """
    if not folder.is_dir():
        raise ProblemsFound([_no_folder(folder)])
    known: Mapping[str, Entry] = {}
    if (folder / MANIFEST_NAME).exists():
        known = Manifest.read(folder).by_file
    entries = []
    for name in _files(folder):
        path = folder / name
        old = known.get(name)
        entries.append(
            Entry(
                file=name,
                evidence=old.evidence if old else evidence_default,
                rows=count_records(path),
                sha256=_sha256(path),
                made_by=old.made_by if old else made_by,
                source=old.source if old else source,
            )
        )
    manifest = Manifest(tuple(entries))
    _replace(folder / MANIFEST_NAME, manifest.to_csv().encode("utf-8"))
    return manifest


def count_records(path: Path) -> int | None:
    """The number of records below the header line of a text table; None for other files.

    Blank lines do not count; a record may span several lines within quotes.
    """
    delimiter = DELIMITERS.get(path.suffix.lower())
    if delimiter is None:
        return None
    # Only the number of records matters here, so a byte outside UTF-8 does no harm.
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        reader = csv.reader(lines, delimiter=delimiter)
        records = sum(any(cell.strip() for cell in record) for record in reader)
    return max(records - 1, 0)


def _read(folder: Path) -> tuple[Manifest, list[Problem]]:
    path = folder / MANIFEST_NAME
    empty = Manifest(())
    if not folder.is_dir():
        return empty, [_no_folder(folder)]
    shown = _shown(path)
    if not path.is_file():
        return empty, [
            Problem(
                shown,
                "the folder has no manifest",
                f"run `{_refresh(folder)}` to make one",
            )
        ]
    restore = f"restore it, e.g. `git checkout -- {shlex.quote(shown)}`"
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            records = list(csv.reader(lines, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        return empty, [Problem(shown, f"the manifest cannot be read ({error})", restore)]
    header = tuple(cell.strip() for cell in records[0]) if records else ()
    if header != COLUMNS:
        return empty, [
            Problem(
                shown,
                "the heading line is not the one of a manifest",
                restore,
                row=1,
                value=",".join(header),
                allowed=",".join(COLUMNS),
            )
        ]
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    for row, record in enumerate(records[1:], start=2):
        if not any(cell.strip() for cell in record):
            continue
        entry, wrong = _entry(shown, row, [cell.strip() for cell in record])
        problems.extend(wrong)
        if entry is None:
            continue
        if entry.file in entries:
            what = "the file is listed twice"
            mend = "delete one of the two lines"
            problems.append(Problem(shown, what, mend, row=row, column="file", value=entry.file))
        entries[entry.file] = entry
    return Manifest(tuple(entries[name] for name in sorted(entries))), problems


def _entry(shown: str, row: int, record: list[str]) -> tuple[Entry | None, list[Problem]]:
    if len(record) != len(COLUMNS):
        what = f"the line has {len(record)} cells where the heading has {len(COLUMNS)}"
        return None, [Problem(shown, what, "write one cell for each heading", row=row)]
    file, evidence, rows, sha256, made_by, source = record
    problems = []

    def wrong(column: str, value: str, what: str, allowed: str, mend: str) -> None:
        problems.append(Problem(shown, what, mend, row, column, value, allowed))

    if not file or "\\" in file or file.startswith("/") or ".." in file.split("/"):
        wrong(
            "file",
            file,
            "this is not the name of a file in the folder",
            "a name such as sites.csv or wave-2/sites.csv",
            "write the name as it is seen from the folder of the manifest",
        )
    if evidence not in set(EvidenceClass):
        wrong(
            "evidence",
            evidence,
            "this is not an evidence class",
            ", ".join(EvidenceClass),
            "write one of the allowed classes; your own records are `study`",
        )
    if rows and not (rows.isascii() and rows.isdigit()):
        wrong(
            "rows",
            rows,
            "this is not a number of records",
            "a whole number, or empty for a workbook",
            "empty the cell and refresh the manifest",
        )
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        wrong(
            "sha256",
            sha256,
            "this is not a SHA-256",
            "64 digits of 0-9 and a-f",
            "restore the line, or delete it and refresh the manifest",
        )
    if problems:
        return None, problems
    count = int(rows) if rows else None
    return Entry(file, EvidenceClass(evidence), count, sha256, made_by, source), []


def _files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if _counts(path, folder)
    )


def _counts(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    # `.DS_Store`, `.gitkeep` and the lock files of an open workbook (`~$...`) are not data.
    if any(part.startswith((".", "~$")) for part in parts):
        return False
    return path.is_file() and path.relative_to(folder).as_posix() not in UNLISTED


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _missing_file(folder: Path, name: str) -> Problem:
    shown = _shown(folder / name)
    return Problem(
        file=shown,
        what="the manifest lists this file, but it is not there",
        mend=(
            f"if it was taken away on purpose, run `{_refresh(folder)}`; otherwise restore it, "
            f"e.g. `git checkout -- {shlex.quote(shown)}`"
        ),
    )


def _changed_file(folder: Path, entry: Entry, found: str) -> Problem:
    path = folder / entry.file
    shown = _shown(path)
    what = "the file is not the one that was recorded"
    if _differs_by_line_ends_only(path, entry.sha256):
        what += "; only its line ends differ (Windows line ends instead of Unix ones)"
    return Problem(
        file=shown,
        what=what,
        mend=(
            f"if the change is meant, run `{_refresh(folder)}`; otherwise restore the file, "
            f"e.g. `git checkout -- {shlex.quote(shown)}`"
        ),
        value=f"SHA-256 {found[:SHOWN_DIGITS]}...",
        allowed=f"SHA-256 {entry.sha256[:SHOWN_DIGITS]}... (recorded)",
    )


def _differs_by_line_ends_only(path: Path, recorded: str) -> bool:
    if path.suffix.lower() not in DELIMITERS:
        return False
    content = path.read_bytes().replace(b"\r\n", b"\n")
    return hashlib.sha256(content).hexdigest() == recorded


def _no_folder(folder: Path) -> Problem:
    return Problem(_shown(folder), "there is no such folder", "check the path for a typing error")


def _refresh(folder: Path) -> str:
    # The very Python that runs here: the user's shell may find another one, without medlead.
    python = Path(sys.executable).parent / "python"
    here = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    return f"{here.as_posix()} -m medlead manifest {shlex.quote(_shown(folder))}"


def _shown(path: Path) -> str:
    return path.as_posix()


def _replace(path: Path, content: bytes) -> None:
    # An equal file keeps its time stamp, so that nothing downstream is rebuilt for it.
    if path.is_file() and path.read_bytes() == content:
        return
    # Imported late: the check at each start never writes.
    from medlead.writing import write_bytes

    write_bytes(path, content)
