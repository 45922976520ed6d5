"""Reads what a trace is put together from, below the folders that it is given.

What is not built is left out. Nothing is imported that is not needed: a trace is asked for
one number, and answers at once.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from medlead.lineage import Disk, read_lineage
from medlead.printed import printed_cells
from medlead.reconstruction.margins import Margins, load_margins
from medlead.sources.messages import ProblemsFound, fault, with_keys
from medlead.survey.coded import read_coded, read_items
from medlead.survey.instrument import Instrument, load_instrument
from medlead.survey.selection import Returns
from medlead.survey.table_definition import Tables, load_tables
from medlead.verdicts.declared import expand
from medlead.verdicts.relations import Cell, Instance, Key
from medlead.verdicts.trace_evidence import Evidence, Paths, Record
from medlead.verdicts.trace_records import (
    FIRST_ROW,
    CountedReturns,
    Found,
    Rows,
    all_rows,
    rows_by_key,
    rows_by_values,
)
from medlead.writing import read_csv

BETWEEN_GROUPS = " + "
_KEYS = ("places", "relations", "records")
_OPTIONAL = ("item", "item_is", "row_ends", "rests_on", "summed_in")
_OF_PLACE = ("rules", "file", "row", "column", "shown", *_OPTIONAL)
_OF_RELATIONS = ("rules", "file", "rests_on")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def paths_of(config: Mapping[str, Any], results: str = "") -> Paths:
    """The folders that a configuration names; `results` stands in for that of the results."""
    paths = config["paths"]
    return Paths(
        results or str(paths["results"]),
        str(config["study"]["published"]),
        str(paths["raw"]),
        str(paths["solved"]),
        str(paths["instruments"]),
    )


def inputs_of(config: Mapping[str, Any]) -> dict[str, str]:
    """The record file of each input that a configuration names, also of the rebuilt trusts."""
    files = {name: str(entry["file"]) for name, entry in config["inputs"].items()}
    return files | {"trust_scales": str(config["study"].get("trust_scales", ""))}


def quick_yaml(path: Path) -> Any:
    """The content of a YAML file, by the fast reader where there is one."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)


def read_evidence(
    root: Path,
    paths: Paths,
    inputs: Mapping[str, str],
    receipts: Iterable[Path] | None = None,
) -> Evidence:
    """Everything below `root` that a trace needs, with the receipts of all jobs or of those given.

    `inputs` maps each input to its file below the folder of records. Raises FileNotFoundError
    where the print has no registers, and ProblemsFound for a declaration that has other keys.
    """

    @cache
    def read(file: str) -> pd.DataFrame | None:
        path = root / file
        return read_csv(path).astype(str) if path.is_file() else None

    def verdicts(name: str) -> pd.DataFrame | None:
        return read(f"{paths.results}/verdicts/{name}.csv")

    published = root / paths.published
    cells = _text(published / "cells.csv")
    listed = _listed(root, paths.published)
    claims = verdicts("claims")
    own = published / "claims.csv"
    declared_in = f"{paths.instruments}/trace.yaml"
    declared = checked(quick_yaml(root / declared_in), declared_in)
    found = receipts
    if found is None:
        found = (root / paths.results / "provenance" / "receipts").glob("*.csv")
    return Evidence(
        items=_text(published / "items.csv"),
        cells=cells,
        paths=paths,
        declared=declared,
        lineage=read_lineage(found),
        disk=Disk(root),
        read=read,
        instances=_instances(published / "relations.yaml", cells),
        verdicts=verdicts("cells"),
        relations=verdicts("relations"),
        audit=verdicts("audit"),
        methods=verdicts("methods"),
        claims=_text(own) if claims is None and own.is_file() else claims,
        used=verdicts("claim-inputs"),
        listed=listed,
        records=_records(root, inputs, paths, declared, declared_in, cells),
    )


def checked(content: Any, file: str) -> Mapping[str, Any]:
    """The content of trace.yaml; ProblemsFound, with every fault, where its keys are others."""
    declared = with_keys(content, _KEYS, file)
    places = [("places", place, _OF_PLACE) for place in declared["places"]]
    problems = [
        fault(file, f"the key '{key}' is {how}", f"the keys are {', '.join(given)}", where)
        for where, entry, given in [*places, ("relations", declared["relations"], _OF_RELATIONS)]
        for how, key in (
            *(("not known", key) for key in entry if key not in given),
            *(("missing", key) for key in given if key not in entry and key not in _OPTIONAL),
        )
    ]
    if problems:
        raise ProblemsFound(problems)
    return declared


def _text(path: Path) -> pd.DataFrame:
    return read_csv(path).astype(str)


def _listed(root: Path, published: str) -> dict[str, tuple[str, int]]:
    """The file and row of each published claim, and of each statement that is one."""
    found: dict[str, tuple[str, int]] = {}
    for path in sorted((root / published).glob("*.csv")):
        frame = _text(path)
        name = next((n for n in ("claim", "statement") if frame.columns[0] == n), "")
        file = path.relative_to(root).as_posix()
        for row, told in enumerate(frame[name] if name else (), start=FIRST_ROW):
            found.setdefault(str(told), (file, row))
    return found


def _instances(file: Path, cells: pd.DataFrame) -> list[Instance]:
    if not file.is_file():
        return []
    columns = (cells[c] for c in ("item", "row", "column", "text", "kind"))
    printed = [Cell((i, r, c), t, k) for i, r, c, t, k in zip(*columns, strict=True)]
    return expand(quick_yaml(file)["relations"], printed)


# --- rows of record files ---------------------------------------------------------------------


def _records(
    root: Path,
    given: Mapping[str, str],
    paths: Paths,
    declared: Mapping[str, Any],
    declared_in: str,
    cells: pd.DataFrame,
) -> dict[str, Found]:
    """How rows are found in each record file, by its path. Raises ProblemsFound for no input."""
    unknown = [name for name in declared["records"] if name not in given]
    if unknown:
        what, mend = f"no input is called {', '.join(unknown)}", f"inputs: {', '.join(given)}"
        raise ProblemsFound([fault(declared_in, what, mend, "records")])
    return {
        f"{paths.raw}/{given[name]}": _finder(
            root / paths.raw / given[name],
            how or {},
            _counted(root, paths, root / paths.raw / given[name], cells),
        )
        for name, how in declared["records"].items()
        if given[name].endswith(".csv")
    }


def _finder(
    file: Path, how: Mapping[str, Any], counted: Callable[[int], CountedReturns | None]
) -> Found:
    @cache
    def frame() -> pd.DataFrame:
        return _text(file)

    def find(key: Key, fields: Record) -> Rows | None:
        if not file.is_file():
            return None
        if how.get("counted"):
            of = counted(len(frame()))
            shown = str(fields.get("text", fields.get("found", "")))
            return of.of(key, shown) if of and fields else None
        if "key" in how:
            return rows_by_key(frame(), how["key"], key[1:]) or all_rows(frame())
        if "by" in how and fields:
            wanted = {col: str(fields.get(name, "")) for name, col in how["by"].items()}
            return rows_by_values(frame(), wanted, str(how["every"]), BETWEEN_GROUPS)
        return all_rows(frame())

    return find


def _counted(
    root: Path, paths: Paths, raw: Path, cells: pd.DataFrame
) -> Callable[[int], CountedReturns | None]:
    """The coded returns, read when the first cell asks for them; None where they are not built."""

    @cache
    def counted(total: int) -> CountedReturns | None:
        coded, listed = (root / paths.results / "survey" / f"{n}.csv" for n in ("coded", "items"))
        if not coded.is_file() or not listed.is_file():
            return None
        instruments = root / paths.instruments
        instrument = load_instrument(quick_yaml(instruments / "survey.yaml"))
        tables = load_tables(quick_yaml(instruments / "tables.yaml"), instrument)
        frame = read_coded(coded, instrument)
        returns = Returns(frame, instrument, read_items(listed, instrument))
        return CountedReturns(
            returns,
            tables,
            instrument,
            total,
            *_of_margins(instruments / "margins.yaml", raw, frame, cells, instrument, tables),
        )

    return counted


def _of_margins(
    file: Path,
    raw: Path,
    coded: pd.DataFrame,
    cells: pd.DataFrame,
    instrument: Instrument,
    tables: Tables,
) -> tuple[Callable[[], Margins], Callable[[], pd.DataFrame]]:
    @cache
    def margins() -> Margins:
        return load_margins(quick_yaml(file), instrument, printed_cells(cells), tables)

    @cache
    def levels() -> pd.DataFrame:
        # Costly to import, and asked for only by figures in the text.
        from medlead.reconstruction.levels import as_levels

        returns = _text(raw)
        used = returns.iloc[[int(n) - FIRST_ROW for n in coded.loc[coded["used"], "row"]]]
        return as_levels(used, instrument, margins().space, margins().several)

    return margins, levels
