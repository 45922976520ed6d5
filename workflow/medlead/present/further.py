"""What the page shows with an item beyond the report: pictures, and sentences from results."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from medlead.evidence import EvidenceClass
from medlead.present.tables import Badge, evidence_badge
from medlead.present.write import read_figures
from medlead.sources.messages import Problem, ProblemsFound
from medlead.writing import read_csv

_KEYS = {"title", "pictures", "says"}
_COLUMNS = ("about", "says", "evidence")


@dataclass(frozen=True)
class Sentence:
    """One sentence with what it is about and the evidence it rests on."""

    about: str
    says: str
    badge: Badge


@dataclass(frozen=True)
class Further:
    """What stands with one item: a heading, sentences, and pictures as (SVG, alternative)."""

    title: str
    sentences: tuple[Sentence, ...]
    pictures: tuple[tuple[str, str], ...]


def read_further(declared: Path, files: Iterable[str]) -> dict[str, Further]:
    """What is declared with each item (config/instruments/further.yaml), from built files.

    `files` are pictures (SVG, their alternative text beside them) and files of sentences with
    the columns `about`, `says`, `evidence`. Raises ProblemsFound with every unknown key and
    every file that is named and not among `files`.
    """
    given = list(files)
    pictures = read_figures(given)
    # Beside a picture lies the data it was drawn from, under the same name: no sentences.
    tables = {Path(f).stem: Path(f) for f in given if str(f).endswith(".csv")}
    sentences = {name: file for name, file in tables.items() if name not in pictures}
    chosen: Mapping[str, Any] = yaml.safe_load(declared.read_text(encoding="utf-8")) or {}
    problems = [p for item, what in chosen.items() for p in _problems(declared, item, what)]
    for item, what in chosen.items():
        for key, there in (("pictures", pictures), ("says", sentences)):
            problems += [
                Problem(
                    str(declared),
                    f"{item}: {key} names {name!r}, which is not built for the page",
                    f"take one of: {', '.join(sorted(there)) or 'none'}",
                )
                for name in (what.get(key) or ())
                if name not in there
            ]
    if problems:
        raise ProblemsFound(problems)
    return {
        item: Further(
            title=str(what["title"]),
            sentences=tuple(s for name in what.get("says", ()) for s in _read(sentences[name])),
            pictures=tuple(pictures[name] for name in what.get("pictures", ())),
        )
        for item, what in chosen.items()
    }


def _problems(declared: Path, item: str, what: Mapping[str, Any]) -> list[Problem]:
    unknown = [key for key in what if key not in _KEYS]
    lacking = [] if "title" in what else ["title"]
    allowed = f"the keys are {', '.join(sorted(_KEYS))}"
    return [Problem(str(declared), f"{item}: unknown key {key!r}", allowed) for key in unknown] + [
        Problem(str(declared), f"{item}: {key} is not given", allowed) for key in lacking
    ]


def _read(file: Path) -> list[Sentence]:
    rows = read_csv(file)[list(_COLUMNS)].to_dict("records")
    return [
        Sentence(str(r["about"]), str(r["says"]), evidence_badge(EvidenceClass(r["evidence"])))
        for r in rows
    ]
