"""What the workflow needs to know before it plans: paths, checks, code behind each rule.

Kept free of pandas, because it runs at every start of the engine.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from json import loads
from pathlib import Path
from typing import Any

from medlead.configuration import check_config, files_named, input_problems, laid_over
from medlead.evidence import EvidenceClass
from medlead.provenance import folder_sum, module_files, sha256
from medlead.sources.each import column_texts, lacking_kinds, listed_entries, names_alike
from medlead.sources.manifest import Manifest, verify
from medlead.sources.messages import Problem, ProblemsFound
from medlead.writing import file_stems

_STUDY = str(EvidenceClass.STUDY)
_RATED = ("site_self_ratings", "site_performance")


class Plan:
    """Paths of one run, relative to the folder it is started in."""

    def __init__(self, config: Mapping[str, Any], root: Path) -> None:
        self.config = config
        self.root = root
        self.raw_folder = config["paths"]["raw"]
        self.manifest = Manifest.read(Path(self.raw_folder)).by_file
        self.solved_folder = config["paths"]["solved"]

    def raw(self, *names: str) -> list[str]:
        """The record files of these inputs; none for an input without a file."""
        return [f"{self.raw_folder}/{f}" for f in map(self._file, names) if f]

    def raw_sums(self, *names: str) -> str:
        """The recorded SHA-256 of these inputs: a rerun follows a change of bytes, not of times."""
        files = filter(None, map(self._file, names))
        return " ".join(self.manifest[f].sha256 if f in self.manifest else "" for f in files)

    def _file(self, name: str) -> str:
        return str(self.config["inputs"][name]["file"])

    # -- which stages are built

    @property
    def own_returns(self) -> bool:
        """Whether the returns are a study's own: then nothing is held against the 2013 print."""
        return self.evidence("survey") == [_STUDY]

    @property
    def own_responses(self) -> bool:
        """Whether the responses to the engagement scale are a study's own."""
        return self.evidence("mes_responses") == [_STUDY]

    @property
    def is_study(self) -> bool:
        """Whether this run is of a study, and not of the report of 2013."""
        return self.own_returns or self.own_responses or self.own_performance

    @property
    def own_performance(self) -> bool:
        """Whether there is a study's own file of performance by organisation."""
        return bool(self._file("performance")) and self.evidence("performance") == [_STUDY]

    def builds(self, stage: str) -> bool:
        """Whether a stage is built: of a study, those whose records are its own.

        Stages: `survey`, `engagement`, `associations` (with performance; a study's only),
        `records` (of rebuilt returns), `report` (that of 2013).
        """
        if stage == "associations":
            return self.own_performance
        own = {"survey": self.own_returns, "engagement": self.own_responses}
        if stage in own:
            return own[stage] or not self.is_study
        return not self.is_study and (stage != "records" or self.rebuilt)

    def of(self, stage: str, *files: str) -> list[str]:
        """These files where the stage is built, none where it is left out."""
        return list(files) if self.builds(stage) else []

    @property
    def used(self) -> list[str]:
        """The inputs that this run reads: of a study only those that its stages need."""
        if not self.is_study:
            return [name for name in self.config["inputs"] if self._file(name)]
        engagement = ["mes_responses", *(["mes_norms"] if self._file("mes_norms") else [])]
        return [
            *(["survey"] if self.own_returns else []),
            *(engagement if self.own_responses else []),
            *(["performance"] if self.own_performance else []),
            *(n for n in self.triangulated if n not in self.roster),
            *self.roster,
        ]

    @property
    def triangulated(self) -> list[str]:
        """Ratings of sites, and the sites, to be set against engagement; of a study its own.

        None where engagement is not built or nothing rates the sites: the step is left out.
        """
        names = [*_RATED, *self.roster, *(["site_roles"] if self.roster else [])]
        own = [n for n in names if not self.is_study or self.evidence(n) == [_STUDY]]
        return own if self.builds("engagement") and {*own} & {*_RATED} else []

    @property
    def roster(self) -> list[str]:
        """The input that lists the sites; a study without one of its own has none."""
        return ["sites"] if not self.is_study or self.evidence("sites") == [_STUDY] else []

    @property
    def rebuilt(self) -> bool:
        """Whether the survey's returns are rebuilt ones, with what was solved about them."""
        return bool(self.solved_folder) and not self.is_study

    @property
    def told(self) -> bool:
        """Whether there are printed statements on engagement to be held against the responses."""
        return bool(self.config["study"]["statements"]) and not self.is_study

    def statements(self) -> list[str]:
        """The file of printed statements on engagement; none where a study has none."""
        return self.published(self.config["study"]["statements"]) if self.told else []

    def comments(self) -> list[str]:
        """The file of coded answers to the open questions; none where a study has none.

        A study's own are those whose coding frame says that they are.
        """
        name = self.config["study"]["comments"]
        foreign = self.is_study and self._content("comments.yaml").get("evidence") != _STUDY
        return self.published(name) if name and not foreign else []

    # -- what is shown of a study's own doctors

    @property
    def smallest(self) -> int:
        """The smallest group that is shown: 0 unless doctors answered in confidence."""
        return int(self.config["disclosure"]["smallest_group"]) if self.own_responses else 0

    @property
    def individuals(self) -> bool:
        """Whether a file of single doctors is written."""
        return not self.own_responses or bool(self.config["disclosure"]["individuals"])

    def engagement_figures(self) -> list[str]:
        """The names of the pictures of engagement; of a study, for every site that is shown."""
        if not self.own_responses:
            return self.declared("engagement_figures.yaml", "figures", "figure")
        self.declared("engagement_figures.yaml", self.figure_part, "figure")
        entries = self._content("engagement_figures.yaml")[self.figure_part]
        scale = self._content("mes.yaml")
        try:
            maps = [str(m["map"]) for m in scale["typology"]["maps"]]
            statements = [str(s["statement"]) for s in scale["section_b"]["statements"]]
            lacking = lacking_kinds(maps, statements)
            listed = listed_entries(entries, self.shown_sites(), maps, lacking)
        except (KeyError, TypeError, ValueError):
            return []  # The job that reads the file tells what is wrong with it.
        return [str(entry["figure"]) for entry in listed]

    @property
    def figure_part(self) -> str:
        """The part of engagement_figures.yaml that lists the pictures of this run."""
        return "study" if self.own_responses else "figures"

    def answered_sites(self) -> list[str]:
        """The sites of which any doctor answered, where the responses are a study's own."""
        return sorted(self._counts) if self.own_responses else []

    def shown_sites(self) -> list[str]:
        """The sites of a study with as many responses as the smallest group that is shown."""
        counts = self._counts
        return sorted(site for site, n in counts.items() if n >= max(self.smallest, 1))

    @cached_property
    def _counts(self) -> Counter[str]:
        """How many responses there are of each site."""
        scale = self._content("mes.yaml")
        try:
            frame = [str(scale["responses"][k]) for k in ("respondent", "site", "group")]
            columns = [*frame, *(str(i["item"]) for i in scale["items"])]
            columns += [str(s["statement"]) for s in scale["section_b"]["statements"]]
            ignored = [str(name) for name in scale["responses"].get("ignored", ())]
        except (KeyError, TypeError):
            return Counter()
        (path,), (sheet,) = self.raw("mes_responses"), self.sheets("mes_responses")
        rows = _rows_of(Path(path), frame[1], sheet, lambda: columns, ignored)
        return Counter(site for _, site in rows if site)

    def _content(self, name: str) -> dict[str, Any]:
        """An instrument file; empty where it cannot be read, which its reader tells."""
        import yaml

        try:
            text = Path(*self.instruments(name)).read_text(encoding="utf-8")
            content = yaml.safe_load(text)
        except (OSError, yaml.YAMLError):
            return {}
        return dict(content) if isinstance(content, Mapping) else {}

    def trust_scales(self) -> list[str]:
        """The set of trusts rebuilt from printed correlations; a study has none."""
        name = self.config["study"]["trust_scales"]
        return [f"{self.raw_folder}/{name}"] if name and not self.is_study else []

    def solved(self, *names: str) -> list[str]:
        """Tables that were solved once and are kept."""
        return [f"{self.solved_folder}/{n}.csv" for n in names]

    def evidence(self, *names: str) -> list[str]:
        """The evidence class of each of these inputs, from the manifest.

        Without a norm sample, ranks are taken among the responses; an input that is not there has
        no class.
        """
        standing_in = {"mes_norms": self._file("mes_responses")}
        files = [self._file(n) or standing_in.get(n, "") for n in names]
        return [str(self.manifest[f].evidence) if f in self.manifest else "" for f in files]

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
        """One SHA-256 over what the modules of one folder that these rules use do."""
        return folder_sum(self.root, folder, rules)

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
        """The sites that get a report, each with the name of its page.

        Those of the roster, and of a study's own responses those that are shown; a site of which
        too few answered has none. Raises ProblemsFound where two of them would share a page. What
        else is wrong with a file is told when it is checked, not here.
        """
        listed = self._listed_sites() if self.roster else []
        if self.own_responses:
            few = set(self._counts) - set(self.shown_sites())
            shown = [(0, name) for name in self.shown_sites()]
            listed = [*shown, *((row, name) for row, name in listed if name not in few)]
        stems = file_stems("site", (name for _, name in listed if name))
        (path,) = self.raw(*self.roster) or self.raw("mes_responses")
        problems = names_alike(path, stems, {name: row for row, name in reversed(listed)})
        if problems:
            raise ProblemsFound(problems)
        return stems

    def _listed_sites(self) -> list[tuple[int, str]]:
        def columns() -> list[str]:
            from medlead.sources.catalogue import contract_named

            return [column.name for column in contract_named("sites").columns]

        (path,), (sheet,) = self.raw("sites"), self.sheets("sites")
        return _rows_of(Path(path), "site", sheet, columns)


def _rows_of(*given: Any) -> list[tuple[int, str]]:
    """`column_texts`, and nothing of a file with faults: the check of all inputs tells them."""
    try:
        return column_texts(*given)
    except (ProblemsFound, OSError):
        return []


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


def prepare(config: Mapping[str, Any], root: Path, overlays: Sequence[Path] = ()) -> Plan:
    """Check the configuration, every raw file and the transcription, and return the plan.

    `overlays` are the files that were laid over the configuration that comes with medlead.
    Raises ProblemsFound with all faults: of the configuration first, then of the
    files against their manifest, then of what was solved about other returns than those
    given, then of the names that rules take from instruments and from the roster of sites.
    """
    schema = loads((root / "workflow/schemas/config.schema.json").read_text(encoding="utf-8"))
    base, given = "config/config.yaml", laid_over(overlays)
    check_config(config, schema, base, given)
    plan = Plan(config, root)
    # What is printed is about the report: a study may have it, another print, or none.
    printed = [] if plan.is_study else [config["study"]["published"]]
    folders = [*filter(None, (config["paths"][name] for name in ("raw", "solved"))), *printed]
    problems = [problem for folder in folders for problem in verify(Path(folder))]
    if problems:
        raise ProblemsFound(problems)
    classes = {name: plan.evidence(name)[0] for name in config["inputs"]}
    file, before = next(reversed(given), base), files_named(root / base)
    problems = input_problems(config, classes, sorted(plan.manifest), plan.used, before, file)
    if problems:
        raise ProblemsFound(problems)
    # The rules ask for these names; what is wrong with them is told here, before any rule.
    plan.declared("tables.yaml", "tables")
    plan.declared("figures.yaml", "figures", "figure")
    if not plan.own_responses:
        plan.declared("mes_tables.yaml", "tables", "item")
    plan.declared("engagement_figures.yaml", plan.figure_part, "figure")
    if plan.builds("engagement"):
        plan.sites()
    return plan
