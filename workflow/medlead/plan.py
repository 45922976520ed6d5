"""What the workflow needs to know before it plans: paths, checks, code behind each rule.

Kept free of pandas, because it runs at every start of the engine.
"""

import atexit
import csv
import hashlib
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from json import loads
from pathlib import Path
from typing import Any

from medlead.configuration import check_config
from medlead.evidence import EvidenceClass
from medlead.provenance import code_only, collect_problems, module_files, sha256
from medlead.sources.manifest import Manifest, verify
from medlead.sources.messages import Problem, ProblemsFound, report
from medlead.writing import file_stems, stems_alike


class Plan:
    """Paths of one run, relative to the folder it is started in."""

    def __init__(self, config: Mapping[str, Any], root: Path) -> None:
        self.config = config
        self.root = root
        self.raw_folder = config["paths"]["raw"]
        self._manifest = Manifest.read(Path(self.raw_folder)).by_file
        self.solved_folder = config["paths"]["solved"]

    def raw(self, *names: str) -> list[str]:
        """The record files of these inputs."""
        return [f"{self.raw_folder}/{self.config['inputs'][n]['file']}" for n in names]

    def raw_sums(self, *names: str) -> str:
        """The recorded SHA-256 of these inputs: a rerun follows a change of bytes, not of times."""
        files = (self.config["inputs"][n]["file"] for n in names)
        return " ".join(self._manifest[f].sha256 for f in files)

    @property
    def rebuilt(self) -> bool:
        """Whether the survey's returns are rebuilt ones, with what was solved about them."""
        return bool(self.solved_folder)

    @property
    def own_returns(self) -> bool:
        """Whether the returns are a study's own: then nothing is held against the 2013 print."""
        return self.evidence("survey") == ["study"]

    @property
    def told(self) -> bool:
        """Whether there are printed statements on engagement to be held against the responses."""
        return bool(self.config["study"]["statements"])

    def statements(self) -> list[str]:
        """The file of printed statements on engagement; none where a study has none."""
        name = self.config["study"]["statements"]
        return self.published(name) if name else []

    def comments(self) -> list[str]:
        """The file of coded answers to the open questions; none where a study has none."""
        name = self.config["study"]["comments"]
        return self.published(name) if name else []

    def solved(self, *names: str) -> list[str]:
        """Tables that were solved once and are kept."""
        return [f"{self.solved_folder}/{n}.csv" for n in names]

    def evidence(self, *names: str) -> list[str]:
        """The evidence class of each of these inputs, from the manifest."""
        return [str(self._manifest[self.config["inputs"][n]["file"]].evidence) for n in names]

    def sheets(self, *names: str) -> list[str]:
        """The sheet of each of these inputs, empty for the only one that fits."""
        return [self.config["inputs"][n]["sheet"] for n in names]

    def published(self, *names: str) -> list[str]:
        """Files of printed evidence."""
        return [f"{self.config['study']['published']}/{n}" for n in names]

    def instruments(self, *names: str) -> list[str]:
        """Instrument files (scales, levels, layouts)."""
        return [f"{self.config['paths']['instruments']}/{n}" for n in names]

    def schema(self, name: str) -> list[str]:
        """The schema that an instrument file is checked against."""
        return _relative(self.root, [self.root / "workflow" / "schemas" / name])

    def declared(self, name: str, section: str, key: str = "") -> list[str]:
        """The names that one section of an instrument file declares, in its order.

        A section maps names to entries, or lists entries that give their name under `key`.
        Raises ProblemsFound where the file cannot be read or there are none.
        """
        import yaml

        path = Path(self.config["paths"]["instruments"], name)
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            what = f"the file cannot be read: {error}"
            mend = "put it there, or check its indents, colons and quotes"
            raise ProblemsFound([Problem(path.as_posix(), what, mend)]) from None
        entries = content.get(section) if isinstance(content, Mapping) else None
        try:
            names = [str(entry[key] if key else entry) for entry in entries]  # type: ignore[union-attr]
        except (KeyError, TypeError):
            names = []
        if not names or isinstance(entries, Mapping) is bool(key):
            what, mend = f"it declares nothing under '{section}'", "add at least one entry"
            mend += f", each with '{key}:'" if key else ""
            raise ProblemsFound([Problem(path.as_posix(), what, mend)])
        return names

    def result(self, name: str) -> str:
        """The path of one result."""
        return f"{self.config['paths']['results']}/{name}"

    def results(self, *names: str) -> list[str]:
        """The paths of several results."""
        return [self.result(n) for n in names]

    def receipt(self, rule: str) -> str:
        """Where a rule records the SHA-256 of what it made."""
        return self.result(f"provenance/receipts/{rule}.csv")

    def bytes_of(self, *groups: list[str]) -> str:
        """One SHA-256 over these files: a rerun follows a change of bytes, whatever their times.

        A missing file counts as missing: the engine itself says so when it plans.
        """
        found = hashlib.sha256()
        for name in (n for group in groups for n in group):
            path = Path(name)
            found.update(f"{name}\n{sha256(path) if path.is_file() else ''}\n".encode())
        return found.hexdigest()

    def log(self, name: str) -> str:
        """The path of a log, or of the folder of plain problem messages."""
        return f"logs/{name}" if "." in name or name == "problems" else f"logs/{name}.log"

    def code(self, rule: str) -> list[str]:
        """The script of a rule and every module of the package that it uses."""
        return _code(self.root, f"workflow/scripts/{rule}.py")

    def code_sum(self, folder: str, *rules: str) -> str:
        """One SHA-256 over what the modules of one folder that these rules use do.

        Files count by their path below the project, so the sum is the same anywhere;
        comments, docstrings and layout do not count.
        """
        package = self.root / "workflow" / "medlead"
        files = {
            file
            for rule in rules
            for file in module_files(self.root / f"workflow/scripts/{rule}.py", package)
            if file.is_relative_to(package / folder)
        }
        found = hashlib.sha256()
        for file in sorted(files):
            code = code_only(file.read_text(encoding="utf-8"))
            found.update(f"{file.relative_to(self.root).as_posix()}\n{code}\n".encode())
        return found.hexdigest()

    def notebook_code(self, *notebooks: str) -> list[str]:
        """Every module of the package that these notebooks use; without names, the numbered."""
        package = self.root / "workflow" / "medlead"
        wanted = notebooks or self.notebooks()
        found = {f for n in wanted for f in module_files(self.root / n, package)}
        return _relative(self.root, sorted(found))

    def notebooks(self) -> list[str]:
        """The notebooks, in order."""
        return _relative(self.root, sorted((self.root / "notebooks").glob("[0-9]*.ipynb")))

    def notebook(self, name: str) -> list[str]:
        """One notebook that has no number, because it is run with parameters of its own."""
        return _relative(self.root, [self.root / "notebooks" / f"{name}.ipynb"])

    def sites(self) -> dict[str, str]:
        """The sites of the roster, each with the name of its page.

        Raises ProblemsFound where two of them would share one. What else is wrong with the
        roster is told when it is checked, not here.
        """
        (path,) = self.raw("sites")
        column = _column(Path(path), "site", self.sheets("sites")[0])
        stems = file_stems("site", (name for _, name in column if name))
        row = {name: row for row, name in reversed(column)}
        problems = [
            Problem(
                path,
                f"the report of this site would be {stems[name]}.html, as that of '{names[0]}'",
                "name them so that they differ in letters A to Z or digits, whatever the case",
                row[name],
                "site",
                name,
            )
            for names in stems_alike(stems)
            for name in names[1:]
        ]
        if problems:
            raise ProblemsFound(problems)
        return stems


def _column(path: Path, name: str, sheet: str) -> list[tuple[int, str]]:
    """The rows and texts of one column; more than a plain CSV is read as the jobs do."""
    if path.suffix.lower() == ".csv":
        with path.open(encoding="utf-8-sig", newline="", errors="replace") as lines:
            rows = csv.DictReader(lines)
            if name in (rows.fieldnames or ()):
                return [(at, (row[name] or "").strip()) for at, row in enumerate(rows, 2)]
    from medlead.sources.catalogue import contract_named
    from medlead.sources.reading import read_text_table

    columns = [column.name for column in contract_named("sites").columns]
    table = read_text_table(path, columns=columns, sheet=sheet or None)
    return [(at, str(t).strip()) for at, t in zip(table.rows, table.frame[name], strict=True)]


@cache
def _code(root: Path, script: str) -> list[str]:
    entry = root / script
    return _relative(root, [entry, *module_files(entry, root / "workflow" / "medlead")])


def _relative(root: Path, files: list[Path]) -> list[str]:
    here = Path.cwd()
    return [
        (f.relative_to(here) if f.is_relative_to(here) else f).as_posix()
        for f in (root / f for f in files)
    ]


def prepare(config: Mapping[str, Any], root: Path) -> Plan:
    """Check the configuration and every raw file, and return the plan.

    Raises ProblemsFound with all faults: of the configuration first, then of the
    files against their manifest, then of what was solved about other returns than those
    given, then of the names that rules take from instruments and from the roster of sites.
    """
    schema = loads((root / "workflow/schemas/config.schema.json").read_text(encoding="utf-8"))
    check_config(config, schema, "config/config.yaml")
    raw = Path(config["paths"]["raw"])
    problems = verify(raw)
    if config["paths"]["solved"]:
        problems += verify(Path(config["paths"]["solved"]))
    if not problems:
        manifest = Manifest.read(raw).by_file
        problems = [
            Problem(
                file=f"{raw.as_posix()}/{entry['file']}",
                what=f"the input '{name}' of the configuration is not there",
                mend=f"put the file into {raw.as_posix()}, or name another in config/config.yaml "
                f"under inputs.{name}.file, then run: python -m medlead manifest {raw.as_posix()}",
            )
            for name, entry in config["inputs"].items()
            if entry["file"] not in manifest
        ]
    if problems:
        raise ProblemsFound(problems)
    plan = Plan(config, root)
    (survey,) = plan.evidence("survey")
    if plan.rebuilt and survey != EvidenceClass.RECONSTRUCTED:
        what = f"'{plan.solved_folder}' tells of rebuilt returns, but inputs.survey is '{survey}'"
        mend = 'under paths, write solved: "" for returns of your own, which leaves that step out'
        raise ProblemsFound([Problem("config/config.yaml", f"paths.solved: {what}", mend)])
    # The rules ask for these names; what is wrong with them is told here, before any rule.
    plan.declared("tables.yaml", "tables")
    plan.declared("figures.yaml", "figures", "figure")
    plan.declared("mes_tables.yaml", "tables", "item")
    plan.declared("engagement_figures.yaml", "figures", "figure")
    plan.sites()
    return plan


def show_last(problems: Sequence[Problem]) -> None:
    """Print problems when the process ends, below all that the engine says."""
    if problems:
        atexit.register(print, f"\n{report(problems)}", file=sys.stderr)


def show_problems_last(folder: str) -> None:
    """Print the plain messages of failed jobs when the process ends, below all else."""
    show_last(collect_problems(Path(folder)))
