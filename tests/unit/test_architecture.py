"""The package's own rules: layers, size, words and the closed vocabulary."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from medlead.evidence import EvidenceClass, Reason, Verdict

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "workflow" / "medlead"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))
MODULES = {
    ".".join(p.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): p
    for p in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

# From the ground up: a module may import from its own layer and those below it.
FOUNDATION = {
    "evidence",
    "printed",
    "ratings",
    "writing",
    "layout",
    "describe",
    "configuration",
    "provenance",
    "lineage",
    "steady",
    "without_print",
    # Plain messages know nothing of the package, and everything may speak.
    "sources.messages",
}
LAYERS = [
    FOUNDATION,
    {"sources"},
    {"survey", "engagement", "performance", "reconstruction"},
    {"verdicts"},
    {"present"},
]
# Above all layers: what the engine and the command line start.
ENTRANCES = {"plan", "__main__"}


def imports(name: str) -> set[str]:
    """The modules of the package that a module imports anywhere, also within functions."""
    found: set[str] = set()
    is_package = MODULES[name].name == "__init__.py"
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                up = name.split(".")[: -node.level + is_package or None]
                module = ".".join([*up, *filter(None, [module])])
            wanted = [f"{module}.{alias.name}" for alias in node.names]
            wanted = [w if w in MODULES else module for w in wanted]
        else:
            continue
        found.update(w for w in wanted if w in MODULES)
    return found - {name}


GRAPH = {name: imports(name) for name in MODULES}


def layer(name: str) -> int | None:
    """The layer of a module; None for the package itself, the entrances at the top."""
    inner = name.removeprefix("medlead").removeprefix(".")
    if not inner:
        return None
    if inner in ENTRANCES:
        return len(LAYERS)
    for number, members in enumerate(LAYERS):
        if inner in members:
            return number
    for number, members in enumerate(LAYERS):
        if inner.partition(".")[0] in members:
            return number
    raise AssertionError(f"{name} belongs to no layer: add it to one")


def test_the_graph_is_not_empty_and_sees_late_imports() -> None:
    assert "medlead.writing" in GRAPH["medlead.provenance"]
    # This one stands within a function.
    assert "medlead.writing" in GRAPH["medlead.sources.manifest"]


def test_no_modules_import_each_other_in_a_circle() -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            for other in sorted(GRAPH[name]):
                visit(other, (*path, name))
            done.add(name)

    for name in MODULES:
        visit(name, ())


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_down_the_layers(name: str) -> None:
    own = layer(name)
    if own is None:
        assert GRAPH[name] == set()
        return
    levels = {other: layer(other) for other in GRAPH[name]}
    upward = [other for other, level in levels.items() if level is not None and level > own]
    assert upward == []


@pytest.mark.parametrize("name", [n for n in MODULES if not n.startswith("medlead.present")])
def test_only_scripts_and_notebooks_draw(name: str) -> None:
    assert [o for o in GRAPH[name] if o.startswith("medlead.present")] == []


@pytest.mark.parametrize("name", MODULES)
def test_the_engine_is_not_imported(name: str) -> None:
    for node in ast.walk(TREES[name]):
        roots = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            roots = [node.module or ""]
        assert not [r for r in roots if r.partition(".")[0] == "snakemake"]


def test_the_start_of_the_engine_is_light() -> None:
    """What runs at every start reaches no module that imports pandas or scipy at once."""
    heavy = {"pandas", "scipy", "numpy", "matplotlib", "pandera", "openpyxl"}
    code = f"import sys, medlead.plan; print(*({heavy!r} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(PACKAGE.parent)}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert not done.stdout.strip()


def names_of(module: str) -> set[str]:
    """What a module defines, sets or imports."""
    found: set[str] = set()
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update(alias.asname or alias.name for alias in node.names)
    return found


def code_of(path: Path) -> str:
    """The code of a script, or of all cells of a notebook."""
    if path.suffix == ".py":
        return path.read_text(encoding="utf-8")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


@pytest.mark.parametrize("path", [*SCRIPTS, *NOTEBOOKS], ids=lambda p: p.name)
def test_what_scripts_and_notebooks_import_is_there(path: Path) -> None:
    """Neither is seen by the type checker, and a build takes minutes to come to a notebook."""
    wanted = [
        (node.module or "", alias.name)
        for node in ast.walk(ast.parse(code_of(path)))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("medlead")
        for alias in node.names
    ]
    assert wanted or path.name == "record_run.py"
    missing = [
        f"{module}.{name}"
        for module, name in wanted
        if f"{module}.{name}" not in MODULES and name not in names_of(module)
    ]
    assert missing == []


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_short(name: str) -> None:
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_scripts_are_adapters(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert ast.get_docstring(ast.parse(text))


Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(tree: ast.Module) -> list[Documented]:
    """Public functions and classes, and the public methods of public classes."""
    found: list[Documented] = []
    todo: list[ast.stmt] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, Documented) and not node.name.startswith("_"):
            found.append(node)
            if isinstance(node, ast.ClassDef):
                todo += node.body
    return found


@pytest.mark.parametrize("name", MODULES)
def test_everything_public_has_a_docstring(name: str) -> None:
    assert ast.get_docstring(TREES[name])
    silent = [n.name for n in public(TREES[name]) if not ast.get_docstring(n)]
    assert silent == []


@pytest.mark.parametrize("vocabulary", [EvidenceClass, Verdict, Reason])
def test_every_word_of_the_vocabulary_has_a_meaning(
    vocabulary: type[EvidenceClass] | type[Verdict] | type[Reason],
) -> None:
    meanings = [word.meaning for word in vocabulary]
    assert all(m.endswith(".") and len(m.split()) > 3 for m in meanings)
    assert len(set(meanings)) == len(meanings)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", str(word)) for word in vocabulary)


def test_every_reason_is_given_somewhere() -> None:
    given = {
        node.attr
        for name in MODULES
        if name != "medlead.evidence"
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Reason"
    }
    assert {r.name for r in Reason} == given


def strings(tree: ast.Module) -> list[str]:
    """All string constants that are no docstrings, parts of f-strings too."""
    docs = {
        id(n.body[0].value)
        for n in ast.walk(tree)
        if isinstance(n, ast.Module | Documented) and n.body and isinstance(n.body[0], ast.Expr)
    }
    return [
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docs
    ]


@pytest.mark.parametrize("name", [n for n in MODULES if n.split(".")[-1] not in ENTRANCES])
def test_no_function_knows_a_path_that_it_was_not_given(name: str) -> None:
    known = [s for s in strings(TREES[name]) if re.match(r"\.?/?(data|results|config|logs)/", s)]
    assert known == []


@pytest.mark.parametrize("name", MODULES)
def test_no_path_is_absolute_and_no_work_is_left_open(name: str) -> None:
    text = MODULES[name].read_text(encoding="utf-8")
    assert not [s for s in strings(TREES[name]) if re.match(r"/(work|home|tmp|root|usr)\b", s)]
    assert not re.search("TO" + "DO|FIX" + "ME|XX" + "X", text)


@pytest.mark.parametrize("part", ["sources", "survey", "performance", "reconstruction", "verdicts"])
def test_a_public_name_stands_for_one_thing_within_a_part_of_the_package(part: str) -> None:
    named: dict[str, list[str]] = {}
    for module, tree in TREES.items():
        if not module.startswith(f"medlead.{part}."):
            continue
        for node in tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                named.setdefault(node.name, []).append(module)
    assert named
    assert {name: where for name, where in named.items() if len(where) > 1} == {}


def test_every_file_of_tests_has_a_name_of_its_own() -> None:
    """Tests are imported by their bare names: two alike stop the whole collection."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert names
    assert sorted(names) == sorted(set(names))
