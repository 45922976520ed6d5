"""The way of a result: which rule wrote it, with which function, from which files.

Nothing is built and the engine is not asked: what each job made and read stands in its
receipt, and the function stands in the rule's script, which is read and not run.
"""

import ast
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from medlead.provenance import MADE, READ, sha256

CODE = "code"
"""The name under which a rule lists its script and the modules behind it."""
# What reads and writes computes nothing, and the ground layer only helps: modules without a folder.
_BESIDE = ("medlead.sources", "medlead.present.write")
_LOOP = "loop"
_READERS = ("read_", "load_", "write_")


@dataclass(frozen=True)
class Entry:
    """One file of a receipt: its SHA-256 when the job ended, and the rule's name for it."""

    sha256: str
    name: str


@dataclass(frozen=True)
class Step:
    """One job: the files that it made and those that it read, by path."""

    rule: str
    made: Mapping[str, Entry]
    read: Mapping[str, Entry]

    @property
    def script(self) -> str:
        """The path of its script; empty for a receipt that does not tell what was read."""
        ending = f"scripts/{self.rule}.py"
        return next((file for file in self.read if file.endswith(ending)), "")

    @property
    def inputs(self) -> dict[str, Entry]:
        """What it read but its code."""
        return {f: e for f, e in self.read.items() if e.name != CODE}


@dataclass(frozen=True)
class Function:
    """A function of the package: module, name, and the file and line where it begins."""

    module: str
    name: str
    file: str
    line: int


@dataclass(frozen=True)
class Lineage:
    """All jobs by rule, and which of them made each file."""

    steps: Mapping[str, Step]
    maker: Mapping[str, Step] = field(default_factory=dict)

    def before(self, step: Step, names: Iterable[str] = ()) -> list[Step]:
        """A job and all jobs that it rests on, nearest first; `names` limits its own inputs."""
        wanted = frozenset(names)
        found: dict[str, Step] = {step.rule: step}
        todo = [f for f, e in step.inputs.items() if not wanted or e.name in wanted]
        while todo:
            maker = self.maker.get(todo.pop(0))
            if maker is not None and maker.rule not in found:
                found[maker.rule] = maker
                todo += maker.inputs
        return list(found.values())

    def leaves(self, step: Step, names: Iterable[str] = ()) -> dict[str, Entry]:
        """The files, no results themselves, that a job rests on: records, print, instruments."""
        wanted = frozenset(names)
        found: dict[str, Entry] = {}
        for one in self.before(step, wanted):
            for file, entry in one.inputs.items():
                own = one is not step or not wanted or entry.name in wanted
                if own and file not in self.maker:
                    found.setdefault(file, entry)
        return found


def read_lineage(receipts: Iterable[Path]) -> Lineage:
    """What the receipts of jobs tell; a missing one is passed over.

    Where two jobs made one file, the later receipt decides.
    """
    steps: dict[str, Step] = {}
    maker: dict[str, Step] = {}
    dated = []
    for receipt in receipts:
        with suppress(FileNotFoundError):
            dated.append((receipt.stat().st_mtime_ns, receipt.stem, receipt))
    for _, rule, receipt in sorted(dated):
        parts: dict[str, dict[str, Entry]] = {MADE: {}, READ: {}}
        for row in csv.DictReader(io.StringIO(receipt.read_text(encoding="utf-8"))):
            entry = Entry(row["sha256"], row.get("name") or "")
            parts[row.get("part") or MADE][row["file"]] = entry
        steps[rule] = Step(rule, parts[MADE], parts[READ])
        maker.update(dict.fromkeys(parts[MADE], steps[rule]))
    return Lineage(dict(sorted(steps.items())), maker)


class Disk:
    """Files below a folder as they are now; each is read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._sums: dict[str, str] = {}
        self._lines: dict[tuple[str, str], dict[str, tuple[str, int]]] = {}

    def sum(self, file: str) -> str:
        """The SHA-256 of a file as it is now; empty where it is not there."""
        if file not in self._sums:
            path = self.root / file
            self._sums[file] = sha256(path) if path.is_file() else ""
        return self._sums[file]

    def state(self, file: str, recorded: str) -> str:
        """`same` as recorded, `changed` since, or `missing`."""
        now = self.sum(file)
        return "same" if now == recorded else "changed" if now else "missing"

    def text(self, file: str) -> str:
        """The text of a file, empty where it is not there."""
        path = self.root / file
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def line_of(self, folder: str, ending: str, text: str) -> tuple[str, int]:
        """The first file and line of a folder's files that reads so; ("", 0) where none does."""
        if (folder, ending) not in self._lines:
            found: dict[str, tuple[str, int]] = {}
            for path in sorted((self.root / folder).glob(f"*{ending}")):
                name = path.relative_to(self.root).as_posix()
                lines = path.read_text(encoding="utf-8").splitlines()
                for number, line in enumerate(lines, start=1):
                    found.setdefault(line.strip(), (name, number))
            self._lines[folder, ending] = found
        return self._lines[folder, ending].get(text, ("", 0))


# --- the function behind an output ------------------------------------------------------------


def functions_behind(step: Step, output: str, disk: Disk) -> list[Function]:
    """The functions of the package that a rule's script calls to make one output, nearest first.

    Read from the script: what is called in the statement that writes `job.output.<output>` (or,
    for an output that it writes in a loop over names, in that loop), then what is called where
    the names in it were set. What only reads or writes is left out. Files are those that the
    receipt lists as code. Raises SyntaxError for a script that is not Python.
    """
    if not step.script:
        return []
    code = [file for file, entry in step.read.items() if entry.name == CODE]
    return list(_behind(disk.text(step.script), output, tuple(code), disk))


@cache
def _behind(text: str, output: str, code: tuple[str, ...], disk: Disk) -> tuple[Function, ...]:
    tree = ast.parse(text)
    imported = {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "medlead"
        for alias in node.names
    }
    found: dict[str, Function] = {}
    for called in _called(tree, output):
        module, name = imported.get(called, ("", ""))
        if not module or name.startswith(_READERS):
            continue
        function = _defined(module, name, code, disk)
        if function is None or function.module.startswith(_BESIDE):
            continue
        if function.module.count(".") > 1:
            found.setdefault(called, function)
    return tuple(found.values())


def _called(tree: ast.Module, output: str) -> Iterator[str]:
    """The names that are called for an output, and for what that call is given, nearest first."""
    statements = list(_statements(tree.body, ()))
    exact = [s for s in statements if any(_writes(node, output) for node in s)]
    by_name = [s for s in statements if any(_writes(node, "") for node in s)]
    # A folder may be named first, and written to later.
    named = {
        name for s in exact if getattr(s[0], "type_comment", "") != _LOOP for name in _set(s[0])
    }
    exact += [s for s in statements if any(_loads(node, named) for node in s)]
    todo = [node for s in exact or by_name for node in s]
    set_by: dict[str, list[ast.AST]] = {}
    for statement, *around in statements:
        for name in _set(statement):
            # What stands around is a loop, whose own values are the source of what is set.
            set_by.setdefault(name, []).extend([statement, *around])
    seen: set[int] = set()
    while todo:
        node = todo.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
                yield inner.func.id
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
                todo += set_by.get(inner.id, ())


def _statements(body: Sequence[ast.stmt], around: tuple[ast.AST, ...]) -> Iterator[list[ast.AST]]:
    """Every simple statement, with the values that the loops around it run over."""
    for node in body:
        if isinstance(node, ast.For):
            yield from _statements(node.body, (*around, node.iter))
            yield [ast.Assign([node.target], node.iter, type_comment=_LOOP), *around]
        elif isinstance(node, ast.With | ast.If):
            yield from _statements(node.body, around)
            yield from _statements(getattr(node, "orelse", []), around)
        else:
            yield [node, *around]


def _set(statement: ast.AST) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else ()
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name):
                yield node.id


def _loads(statement: ast.AST, names: set[str]) -> bool:
    return any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names
        for node in ast.walk(statement)
    )


def _writes(statement: ast.AST, output: str) -> bool:
    """Whether a statement names `job.output.<output>`; without `output`, one found by a name."""
    for node in ast.walk(statement):
        if not isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
            continue
        if isinstance(node, ast.Attribute):
            if _is_output(node.value) and (node.attr == output if output else node.attr == "get"):
                return True
        elif isinstance(node, ast.Subscript):
            if not output and _is_output(node.value):
                return True
        elif not output and any(_is_output(argument) for argument in node.args):
            return True
    return False


def _is_output(node: ast.AST) -> bool:
    """Whether this is `job.output` itself."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "output"
        and isinstance(node.value, ast.Name)
    )


def _defined(module: str, name: str, code: Sequence[str], disk: Disk) -> Function | None:
    """Where a function stands; None for what is no function, or is not among the code."""
    ending = f"/{module.replace('.', '/')}.py"
    file = next((f for f in code if f.endswith(ending)), "")
    if not file:
        return None
    for node in ast.parse(disk.text(file)).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return Function(module, name, file, node.lineno)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("medlead."):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _defined(node.module or "", alias.name, code, disk)
    return None
