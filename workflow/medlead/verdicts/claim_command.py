"""One check or one claim tried on built results, for people who write or review claims."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.sources.inputs import read_yaml
from medlead.sources.manifest import Manifest
from medlead.sources.messages import Problem, ProblemsFound, report
from medlead.sources.texts import nearest
from medlead.verdicts.claim_evidence import ClaimEvidence, Loader
from medlead.verdicts.claim_language import parse, truth_words
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claim_thresholds import load_words
from medlead.verdicts.claim_values import Refused
from medlead.verdicts.claims import Decided, judged_claim
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


def tried(text: str, context: Context, name: str = "check") -> Decided:
    """One check, evaluated; raises ProblemsFound where it cannot be."""
    check = parse(text, name)
    try:
        return judged_claim(check, context)
    except Refused as refused:
        raise ProblemsFound(
            [Problem(name, refused.what, refused.mend, column="check", value=text)]
        ) from None


def told(found: Decided) -> str:
    """What was found, for a screen."""
    lines = [
        f"verdict:   {found.verdict}" + (f" ({found.reason})" if found.reason else ""),
        f"computed:  {found.computed}",
        f"evidence:  {found.evidence}",
    ]
    if found.judgement:
        lines.append(f"judgement: a threshold of ours decides; it turns with {found.turns_at}")
    lines.append(f"used:      {len(found.used)}")
    for use in found.used[:40]:
        parts = [p for p in (use.item, use.row, use.column, use.where) if p]
        lines.append(f"  {use.kind}: {' | '.join(parts)} [{use.evidence}]")
    if len(found.used) > 40:
        lines.append(f"  ... and {len(found.used) - 40} more")
    return "\n".join(lines)


def claims_told(file: Path, claim: str, context: Context) -> str:
    """The claims of a file, one in full or all in a line each; then how many have which verdict.

    Raises ProblemsFound with the faults of all checks.
    """
    rows = read_csv(file).to_dict("records")
    chosen = [r for r in rows if r["claim"] == claim] if claim else rows
    if not chosen:
        near = nearest(claim, [str(r["claim"]) for r in rows])
        mend = f"did you mean '{near}'?" if near else "see the file"
        raise ProblemsFound([Problem(file.as_posix(), f"there is no claim '{claim}'", mend)])
    lines, counts, problems = [], Counter[str](), list[Problem]()
    for row in chosen:
        name = str(row["claim"])
        try:
            found = tried(str(row["check"]), context, name)
        except ProblemsFound as faults:
            problems.extend(faults.problems)
            continue
        counts[str(found.verdict)] += 1
        reason = f" ({found.reason})" if found.reason else ""
        ours = " [judgement]" if found.judgement else ""
        lines.append(f"{name}: {found.verdict}{reason}{ours}: {row['statement']}")
        lines.append(f"    {row['check']}\n{told(found)}" if claim else f"    {found.computed}")
    lines += [f"{count:5d}  {verdict}" for verdict, count in sorted(counts.items())]
    lines += [report(problems)] if problems else []
    return "\n".join(lines)
