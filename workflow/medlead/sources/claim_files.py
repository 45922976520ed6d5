"""Which results and records the checks of claims look at, asked before anything is planned.

Kept free of pandas. What is wrong with a file of claims is told when it is checked, not here.
"""

import ast
import csv
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

FRAMES = ("found", "found_text", "found_set", "frame", "frame_texts")
RECORDS = ("records", "record_texts")
DECIDED = {
    "relation": "verdicts/relations",
    "sentence": "reconstruction/sentences",
    "statement": "engagement/statements",
    "identified": "reconstruction/identified",
}
"""The result behind each word that names what is decided elsewhere."""


def files_named(paths: Iterable[str]) -> Mapping[str, list[str]]:
    """The `frames` (of results) and `records` (of raw data) that the checks of files name."""
    found: dict[str, set[str]] = {"frames": set(), "records": set()}
    for check in (check for path in paths for check in _checks(Path(path))):
        for call in _calls(check):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name in DECIDED:
                found["frames"].add(DECIDED[name])
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                kind = "frames" if name in FRAMES else "records" if name in RECORDS else ""
                if kind:
                    found[kind].add(first.value.removesuffix(".csv"))
    return {kind: sorted(names) for kind, names in found.items()}


def _checks(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return [str(row.get("check") or "") for row in csv.DictReader(lines)]
    except (OSError, ValueError, csv.Error):
        return []


def _calls(check: str) -> list[ast.Call]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(check.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
