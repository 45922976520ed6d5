"""Reading the inputs of a job: all files checked, all problems of all files at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import yaml

from medlead.provenance import sha256
from medlead.ratings import RatingScale, load_rating_scales
from medlead.sources.contracts import check_register, read_study
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.printed_labels import caption_problems
from medlead.sources.printed_statements import statement_problems
from medlead.writing import read_csv

# Reads the input at a path, in a sheet ("" for the only one that fits); raises ProblemsFound.
Reader = Callable[[Path, str], pd.DataFrame]
# What is wrong with the checks of sentences, given their files by name (text, path), the
# register, the cells and the relations.
Checks = Callable[
    [Mapping[str, tuple[pd.DataFrame, str]], pd.DataFrame, pd.DataFrame, Any], list[Problem]
]


def read_yaml(path: str | Path) -> Any:
    """The content of a YAML file; raises ProblemsFound where it cannot be parsed."""
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ProblemsFound(
            [
                Problem(
                    file=str(path),
                    row=mark.line + 1 if mark else None,
                    what=f"not valid YAML: {getattr(error, 'problem', error)}",
                    mend="check the indents, colons and quotes around that line",
                )
            ]
        ) from error


def read_scales(path: str | Path) -> dict[str, dict[str, RatingScale]]:
    """The rating scales of all record files, by file and column."""
    return load_rating_scales(read_yaml(path))


def read_inputs(
    names: Sequence[str],
    paths: Sequence[str],
    sheets: Sequence[str],
    scales: Mapping[str, Mapping[str, RatingScale]],
) -> dict[str, pd.DataFrame]:
    """Each named input as a checked, typed frame.

    Raises ProblemsFound with the problems of every file, and of the references
    between them.
    """
    return read_study(
        {name: Path(path) for name, path in zip(names, paths, strict=True)},
        scales,
        {name: sheet for name, sheet in zip(names, sheets, strict=True) if sheet},
    )


def site_roster(
    names: Sequence[str],
    paths: Sequence[str],
    sheets: Sequence[str],
    scales: Mapping[str, Mapping[str, RatingScale]],
) -> tuple[str, ...]:
    """The sites of the study, in order; raises ProblemsFound where their file has faults.

    Names, paths and sheets are of any inputs, `sites` among them.
    """
    place = list(names).index("sites")
    frames = read_inputs(["sites"], [paths[place]], [sheets[place]], scales)
    return tuple(frames["sites"]["site"].astype(str))


def check_everything(
    *,
    names: Sequence[str],
    paths: Sequence[str],
    sheets: Sequence[str],
    evidence: Sequence[str],
    scales: Mapping[str, Mapping[str, RatingScale]],
    published: Sequence[str],
    labels: Sequence[str] = (),
    readers: Mapping[str, Reader] = MappingProxyType({}),
    claims: tuple[Sequence[str], Checks] | None = None,
) -> pd.DataFrame:
    """Check all record files and all printed evidence; one row per file that holds.

    `readers` read the inputs that have no contract here, because a file of definitions
    says what they hold. `published` are the register, the cells, the relations and, where
    there are any, the statements on engagement; `labels` the captions and what is said more
    than once, where there are any. `claims` are the files of the report's sentences,
    where there are any, and what tells the faults of their checks. Columns
    `file,contract,evidence,rows,columns,sha256`. Raises ProblemsFound with the problems of every
    file at once.
    """
    problems: list[Problem] = []
    frames: dict[str, pd.DataFrame] = {}
    given = list(zip(names, paths, sheets, strict=True))
    known = [g for g in given if g[0] not in readers]
    with _told_with(problems):
        frames |= read_inputs(
            [name for name, _, _ in known],
            [path for _, path, _ in known],
            [sheet for _, _, sheet in known],
            scales,
        )
    for name, path, sheet in given:
        if name in readers:
            with _told_with(problems):
                frames[name] = readers[name](Path(path), sheet)
    printed = _check_print(published, labels, claims, frames, problems)
    if problems:
        raise ProblemsFound(dict.fromkeys(problems))
    listed = [
        *zip(names, paths, evidence, strict=True),
        *((name, path, "printed-aggregates") for name, path in printed),
    ]
    return pd.DataFrame(
        [
            {
                "file": path,
                "contract": name,
                "rows": len(frames[name]),
                "columns": frames[name].shape[1],
                "sha256": sha256(Path(path)),
                "evidence": kind,
            }
            for name, path, kind in listed
        ]
    )


@contextmanager
def _told_with(problems: list[Problem]) -> Iterator[None]:
    """What is wrong here is told with all other problems, and ends only this."""
    try:
        yield
    except ProblemsFound as found:
        problems.extend(found.problems)


def _check_print(
    published: Sequence[str],
    labels: Sequence[str],
    claims: tuple[Sequence[str], Checks] | None,
    frames: dict[str, pd.DataFrame],
    problems: list[Problem],
) -> list[tuple[str, str]]:
    """Check all printed evidence, into `frames` and `problems`; its files by their contract.

    What refers to the register or the cells is held against them only where they hold.
    """
    register, cells, declarations, *statements = (Path(p) for p in published)
    with _told_with(problems):
        frames |= read_study({"items": register, "cells": cells})
        problems.extend(check_register(frames["items"]))
    for file in statements:
        with _told_with(problems):
            frames |= read_study({"engagement": file})
            if "cells" in frames:
                said, printed = read_csv(file), read_csv(cells)
                problems.extend(statement_problems(said, printed, file.as_posix()))
    told = dict(zip(("captions", "repeated"), labels, strict=False))
    for name, path in told.items():
        with _told_with(problems):
            frames |= read_study({name: Path(path)})
            if name == "captions" and "items" in frames:
                problems.extend(caption_problems(read_csv(Path(path)), read_csv(register), path))
    declared = None
    with _told_with(problems):
        declared = read_yaml(declarations)
    files, checks = claims or ((), None)
    texts: dict[str, tuple[pd.DataFrame, str]] = {}
    for file in map(Path, files):
        with _told_with(problems):
            frames |= read_study({file.stem: file})
            texts[file.stem] = read_csv(file), file.as_posix()
    if checks is not None and declared is not None and {"items", "cells"} <= set(frames):
        problems.extend(checks(texts, read_csv(register), read_csv(cells), declared))
    return [
        ("items", str(register)),
        ("cells", str(cells)),
        *(("engagement", str(file)) for file in statements),
        *((Path(file).stem, file) for file in files),
        *told.items(),
    ]
