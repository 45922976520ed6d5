"""Where results come from: import graph, checks at both ends of each file, run record.

A job records the SHA-256 of what it made (its receipt); the next job compares
what it reads with that receipt, so that a result edited by hand cannot flow on.
"""

import ast
import atexit
import csv
import hashlib
import io
import json
import platform
import re
import shutil
import subprocess
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from types import TracebackType
from typing import Any

from medlead.sources.messages import Problem, ProblemsFound, report
from medlead.writing import write_json, write_text

MADE, READ = "made", "read"
"""The part that a file has in a receipt: what the job wrote, or what it rests on."""


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_only(text: str) -> str:
    """A module without its comments, docstrings and layout: what it does, and no more."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[0] if node.body else None
        if (
            isinstance(first, ast.Expr)
            and isinstance(first.value, ast.Constant)
            and isinstance(first.value.value, str)
        ):
            node.body = [*node.body[1:], *([ast.Pass()] if len(node.body) == 1 else [])]
    return ast.unparse(ast.fix_missing_locations(tree))


def module_files(entry: Path, package: Path) -> list[Path]:
    """Every file of the package that a Python file or notebook uses, directly or not, sorted.

    Follows `import` statements anywhere in the file (also inside functions, also
    relative ones) by reading them, so that a changed module reruns exactly the jobs
    that use it. `package` is the package's folder. Importing a module uses its
    parents' `__init__` too, and the files of a folder beside the module that it
    names in a string (templates). Raises SyntaxError for a file that is not
    Python; a notebook's cell that is not Python is passed over.
    """
    found: set[Path] = set()
    todo = [entry]
    while todo:
        file = todo.pop()
        stat = file.stat()
        modules, data = _used_by(file, package, stat.st_mtime_ns, stat.st_size)
        todo.extend(modules - found)
        found |= modules | data
    return sorted(found)


@cache
def _used_by(path: Path, package: Path, *_: int) -> tuple[frozenset[Path], frozenset[Path]]:
    # Many rules share modules; a file is parsed again only if its time or size changed.
    modules: set[Path] = set()
    data: set[Path] = set()
    for tree in _trees(path):
        modules.update(_imports(tree, path, package))
        if path.is_relative_to(package):
            data.update(_data_beside(tree, path))
    return frozenset(modules), frozenset(data)


def _imports(tree: ast.AST, path: Path, package: Path) -> Iterator[Path]:
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                if not path.is_relative_to(package):
                    continue
                around = path.relative_to(package.parent).parts[: -node.level]
                module = ".".join([*around, *filter(None, [module])])
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            yield from _files_of(name.split("."), package)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement, at any depth; far fewer than all nodes, of which `ast.walk` gives each."""
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            below = getattr(node, part, None)
            # The body of a lambda and of an expression is no list of statements.
            todo.extend(below if isinstance(below, list) else ())


def _trees(path: Path) -> list[ast.AST]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return [ast.parse(text, filename=str(path))]
    cells = (c for c in json.loads(text)["cells"] if c["cell_type"] == "code")
    trees: list[ast.AST] = []
    for cell in cells:
        source = "".join(cell["source"])
        # As it stands first: a line of plain Python may begin with a percent sign too.
        for attempt in (source, _MAGIC.sub(r"\1pass", source)):
            with suppress(SyntaxError):
                trees.append(ast.parse(attempt))
                break
    return trees


# A line for the notebook's shell instead of Python: `%matplotlib`, `!ls`, `?name`, `name?`.
_MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?+[ \t]*|\w+[ \t]*=[ \t]*[%!].*)$", re.MULTILINE)


def _data_beside(tree: ast.AST, path: Path) -> Iterator[Path]:
    folders = _data_folders(path.parent)
    if not folders:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from folders.get(node.value, ())


@cache
def _data_folders(around: Path) -> dict[str, list[Path]]:
    """The files that are no modules, by the name of their folder beside a module."""
    found = {}
    for folder in (f for f in around.iterdir() if f.is_dir() and f.name.isidentifier()):
        files = (f for f in folder.rglob("[!.]*") if f.is_file())
        data = [f for f in files if f.suffix not in (".py", ".pyc")]
        if data:
            found[folder.name] = data
    return found


def _files_of(parts: Sequence[str], package: Path) -> Iterator[Path]:
    if parts[0] != package.name:
        return
    for depth in range(1, len(parts) + 1):
        stem = package.parent.joinpath(*parts[:depth])
        for candidate in (stem / "__init__.py", stem.with_suffix(".py")):
            if candidate.is_file():
                yield candidate


def folder_sum(root: Path, folder: str, rules: Iterable[str]) -> str:
    """One SHA-256 over what the modules of a folder of the package that these rules use do.

    Files count by their path below the project, so the sum is the same anywhere; comments,
    docstrings and layout do not count.
    """
    package = root / "workflow" / "medlead"
    files = {
        file
        for rule in rules
        for file in module_files(root / f"workflow/scripts/{rule}.py", package)
        if file.is_relative_to(package / folder)
    }
    found = hashlib.sha256()
    for file in sorted(files):
        code = code_only(file.read_text(encoding="utf-8"))
        found.update(f"{file.relative_to(root).as_posix()}\n{code}\n".encode())
    return found.hexdigest()


def read_receipts(folder: Path) -> dict[str, str]:
    """The recorded SHA-256 of every result that has one, by its path."""
    receipts = []
    for receipt in folder.glob("*.csv"):
        # Another job that begins to build anew takes its receipt away at any moment.
        with suppress(FileNotFoundError):
            written = receipt.stat().st_mtime_ns
            receipts.append((written, receipt.name, receipt.read_text(encoding="utf-8")))
    recorded: dict[str, str] = {}
    # The latest job decides, so that the receipt of a rule that is no more does no harm.
    for _, _, text in sorted(receipts):
        made = (r for r in csv.DictReader(io.StringIO(text)) if r.get("part", MADE) == MADE)
        recorded.update((row["file"], row["sha256"]) for row in made)
    return recorded


def changed_results(files: Iterable[str], recorded: dict[str, str]) -> list[Problem]:
    """A problem for each built file that is no longer what its job wrote."""
    problems = []
    for name in files:
        if name in recorded and (not Path(name).is_file() or sha256(Path(name)) != recorded[name]):
            problems.append(
                Problem(
                    file=name,
                    what="this result was changed after it was built",
                    mend="delete it and build again; change the input or the code instead",
                )
            )
    return problems


def _named(files: Iterable[str]) -> dict[str, str]:
    """The name under which a rule lists each file first; none for a plain list."""
    if not isinstance(files, list) or not hasattr(files, "items"):
        return {}
    named: dict[str, str] = {}
    for name, given in files.items():
        for file in [given] if isinstance(given, str) else given:
            named.setdefault(str(file), str(name))
    return named


class Job:
    """One job of the workflow: checks what it reads, records what it made, speaks plainly.

    As a context manager around a script's work. On entry the inputs are compared
    with their receipts; on success the receipt is written, with the SHA-256 of what the
    job made and of what it read (records, print, instruments, code); a
    `ProblemsFound` is written to the log and to `problems` and ends the process
    with exit code 1 and no traceback on the screen; so do a `ValueError`, and a `TypeError`
    or `AttributeError`, which a value of a wrong kind leads to; their traceback goes to the log.
    """

    def __init__(
        self, inputs: Iterable[str], outputs: Iterable[str], log: str, receipt: str
    ) -> None:
        self.inputs = [str(i) for i in inputs]
        self.outputs = [str(o) for o in outputs if str(o) != receipt]
        # The engine's lists know the name that the rule gives to each of their files.
        self.names = {READ: _named(inputs), MADE: _named(outputs)}
        self.log = Path(log)
        self.receipt = Path(receipt)

    def __enter__(self) -> "Job":
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("", encoding="utf-8")
        self._problems.unlink(missing_ok=True)
        with self._plainly():
            problems = changed_results(self.inputs, read_receipts(self.receipt.parent))
            if problems:
                raise ProblemsFound(problems)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, ProblemsFound):
            self._stop(error)
        if isinstance(error, ValueError):
            # What our functions refuse: a choice or a combination that cannot be worked with.
            refused = Problem(
                file=f"step '{self.log.stem}'",
                what=str(error),
                mend=f"change what it names in the configuration, the instruments or the data; "
                f"where it arose stands in {self.log.as_posix()}",
            )
            self._stop(ProblemsFound([refused]), "".join(traceback.format_exception(error)))
        if isinstance(error, TypeError | AttributeError):
            read = [name for name in self.inputs if name.endswith((".yaml", ".yml"))]
            self._stop(
                ProblemsFound([self._wrong_kind(error, read)]),
                "".join(traceback.format_exception(error)),
            )
        if error is None:
            text = io.StringIO()
            lines = csv.writer(text, lineterminator="\n")
            lines.writerow(("file", "sha256", "part", "name"))
            read = [name for name in self.inputs if Path(name).is_file()]
            for part, files in ((MADE, self.outputs), (READ, read)):
                lines.writerows(
                    (name, sha256(Path(name)), part, self.names[part].get(name, ""))
                    for name in sorted(set(files))
                )
            write_text(self.receipt, text.getvalue())

    def _wrong_kind(self, error: Exception, read: Sequence[str]) -> Problem:
        """A list where names are asked for, a text where a number is, or a fault of the code."""
        return Problem(
            file=f"step '{self.log.stem}'",
            what=f"a value has another kind than the one that is asked for here ({error})",
            mend="look for a number, text, list or names under a key where another of these belongs"
            + (f", in {', '.join(dict.fromkeys(read))}" if read else "")
            + "; if there is none, this is a fault of the program; where it arose stands in "
            + self.log.as_posix(),
        )

    @property
    def _problems(self) -> Path:
        return self.log.parent / "problems" / f"{self.log.stem}.json"

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except ProblemsFound as error:
            self._stop(error)

    def _stop(self, error: ProblemsFound, details: str = "") -> None:
        write_text(self.log, f"{error}\n{details}")
        write_json(self._problems, [asdict(problem) for problem in error.problems])
        sys.exit(1)


def collect_problems(folder: Path) -> list[Problem]:
    """The problems that failed jobs left in a folder, each once, whichever job met it first.

    The files are taken away, so that no later run shows them again.
    """
    found: dict[Problem, None] = {}
    for file in sorted(folder.glob("*.json")):
        left = json.loads(file.read_text(encoding="utf-8"))
        found.update(dict.fromkeys(Problem(**fields) for fields in left))
        file.unlink()
    return list(found)


def step_seed(seed: int, step: str) -> int:
    """The seed of one named step: independent of the other steps and of their order."""
    digest = hashlib.sha256(f"{seed}/{step}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def run_record(config: Mapping[str, Any], receipts: Path) -> dict[str, Any]:
    """When, where and with what a run was made: outside every comparison of outputs.

    Holds the time (UTC), machine, Python, packages, the Git commit where there is
    one, the configuration, and the SHA-256 of every result.
    """
    commit = None
    if shutil.which("git"):
        asked = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        )
        commit = asked.stdout.strip() or None
    packages = {d.metadata["Name"]: d.version for d in distributions()}
    return {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"system": platform.platform(), "processor": platform.machine()},
        "python": platform.python_version(),
        "packages": dict(sorted(packages.items())),
        "commit": commit,
        "config": dict(config),
        "results": read_receipts(receipts),
    }


def show_last(problems: Sequence[Problem]) -> None:
    """Print problems when the process ends, below all that the engine says."""
    if problems:
        atexit.register(print, f"\n{report(problems)}", file=sys.stderr)


def show_problems_last(folder: str) -> None:
    """Print the plain messages of failed jobs when the process ends, below all else."""
    show_last(collect_problems(Path(folder)))
