"""What checks are evaluated on: the print, results and records of one build, and the thresholds."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.sources.inputs import read_yaml
from medlead.sources.manifest import Manifest
from medlead.verdicts.claim_evidence import ClaimEvidence, Loader
from medlead.verdicts.claim_language import truth_words
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claim_thresholds import load_words
from medlead.verdicts.relations import printed_cells
from medlead.writing import read_csv


def frames_in(folder: Path) -> Loader:
    """Reads result frames below a folder by their names."""

    def load(name: str) -> pd.DataFrame | None:
        path = folder / f"{name}.csv"
        return read_csv(path) if path.is_file() else None

    return load


def records_in(folder: Path) -> Loader:
    """Reads the record files of a folder that are printed record by record."""
    listed = Manifest.read(folder).by_file
    names = [n for n, e in listed.items() if e.evidence is EvidenceClass.PRINTED_RECORDS]
    classes = [str(listed[n].evidence) for n in names]
    return given_frames(
        [n.removesuffix(".csv") for n in names], [str(folder / n) for n in names], classes
    )


def given_frames(names: Sequence[str], paths: Sequence[str], classes: Sequence[str] = ()) -> Loader:
    """Reads these files and no others, by their names; records get their evidence class."""
    files = dict(zip(names, paths, strict=True))
    kinds = dict(zip(names, classes, strict=True)) if classes else {}

    def load(name: str) -> pd.DataFrame | None:
        if name not in files:
            return None
        frame = read_csv(Path(files[name]))
        return frame.assign(evidence=kinds[name]) if name in kinds else frame

    return load


def context_of(items: Path, cells: Path, frames: Loader, records: Loader, words: Path) -> Context:
    """The evidence and the thresholds of one build; raises ProblemsFound for bad words."""
    printed, register = read_csv(cells), read_csv(items)
    keys = zip(printed["item"], printed["row"], printed["column"], strict=True)
    evidence = ClaimEvidence(
        printed_cells(printed),
        {i: EvidenceClass(e) for i, e in zip(register["item"], register["evidence"], strict=True)},
        frames,
        records,
        dict(zip(keys, printed["line"].astype(int), strict=True)),
    )
    ours, plain = truth_words(ours=True), truth_words(ours=False)
    return Context(evidence, load_words(read_yaml(words), ours, plain, words.as_posix()))


def built_context(results: Path, published: Path, raw: Path, words: Path) -> Context:
    """The same of a folder of results, and the folders that it was built from."""
    files = published / "items.csv", published / "cells.csv"
    return context_of(*files, frames_in(results), records_in(raw), words)
