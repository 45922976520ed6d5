"""Answers to the open questions, by theme: how often each is raised, how steadily coded.

Comments are named by where they stand (sections 6.6.6 and 6.7.6 of the report) and are not
quoted; what a theme means is data (`comments.yaml`). Agreement of two codings is Cohen's
kappa (1960) over the decisions "has this theme or not". The decisions on one comment hang
together, so its interval comes from leaving out whole comments (jackknife, Tukey 1958).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.evidence import EvidenceClass
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import nearest

Marks = NDArray[np.bool_]

ALL_SITES, ALL_THEMES = "all", "all"
COUNT_COLUMNS = ("site", "question", "theme", "label", "comments", "printed", "evidence")
AGREEMENT_COLUMNS = (
    *("theme", "label", "comments", "both", "first_only", "second_only", "neither"),
    *("agreement", "kappa", "low", "high", "note", "evidence"),
)
CODED_ONCE = "coded once"
NOT_USED = "used in neither coding"
NO_DISAGREEMENT = "no disagreement, so no interval"
TOO_RARE = "too rare for an interval"

_NEEDED = ("evidence", "caveat", "readers", "themes")
_THEME_NEEDED, _THEME_ALLOWED = ("theme", "label", "covers"), ("but", "alone")
_SEE_HEAD = "see the head of the file"
_CODINGS = ("first", "second", "themes")


@dataclass(frozen=True)
class Theme:
    """One theme; `alone`: a comment that has it has no other."""

    name: str
    label: str
    covers: str
    but: str = ""
    alone: bool = False


@dataclass(frozen=True)
class CodingFrame:
    """All themes in order, the class of the counts, and what must be said beside them."""

    evidence: EvidenceClass
    caveat: str
    readers: str
    themes: tuple[Theme, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of the themes in order."""
        return tuple(theme.name for theme in self.themes)


@dataclass(frozen=True)
class Coded:
    """Comments and their themes. `first`, `second` and `themes` (the settled coding) are
    (comments, themes); `twice` says which comments have a second coding.
    """

    sites: tuple[str, ...]
    questions: tuple[str, ...]
    first: Marks
    second: Marks
    themes: Marks
    twice: Marks


def load_coding_frame(mapping: Mapping[str, Any], *, file: str = "comments.yaml") -> CodingFrame:
    """The coding frame of a parsed definition file.

    Raises `ProblemsFound` with unknown and missing keys, themes named twice and an
    evidence class that does not exist.
    """
    problems: list[Problem] = []

    def wrong(place: str, what: str, mend: str, allowed: Sequence[str] = ()) -> None:
        problems.append(Problem(file, f"{place}: {what}", mend, allowed=", ".join(allowed) or None))

    def keys(place: str, given: object, needed: Sequence[str], further: Sequence[str]) -> bool:
        if not isinstance(given, Mapping):
            wrong(place, "this is not a list of keys", _SEE_HEAD)
            return False
        known = (*needed, *further)
        for key in (k for k in given if k not in known):
            near = nearest(str(key), known)
            mend = f"did you mean '{near}'?" if near else "delete it"
            wrong(place, f"the key '{key}' is not known", mend, known)
        for key in (k for k in needed if k not in given):
            wrong(place, f"the key '{key}' is missing", f"add `{key}:`")
        return all(k in given for k in needed)

    themes: list[Theme] = []
    if keys("the file", mapping, _NEEDED, ()):
        classes = [str(e) for e in EvidenceClass]
        if mapping["evidence"] not in classes:
            wrong("evidence", f"there is no class '{mapping['evidence']}'", "name one", classes)
        listed = mapping["themes"] if isinstance(mapping["themes"], list) else []
        if not listed:
            wrong("themes", "there is none", "list at least one")
        for number, given in enumerate(listed, 1):
            if keys(f"theme {number}", given, _THEME_NEEDED, _THEME_ALLOWED):
                name = str(given["theme"])
                if name in [t.name for t in themes]:
                    wrong(f"theme {number}", f"'{name}' is named twice", "give each its own name")
                alone = given.get("alone", False) is True
                label, covers, but = (str(given.get(k, "")) for k in ("label", "covers", "but"))
                themes.append(Theme(name, label, covers, but, alone))
    if problems:
        raise ProblemsFound(problems)
    return CodingFrame(
        EvidenceClass(mapping["evidence"]),
        caveat=" ".join(str(mapping["caveat"]).split()),
        readers=" ".join(str(mapping["readers"]).split()),
        themes=tuple(themes),
    )


def read_codes(
    frame: pd.DataFrame | None,
    coding: CodingFrame,
    questions: Sequence[str],
    *,
    file: str = "comments.csv",
) -> Coded:
    """The comments of a checked file (contract `comments`), against the coding frame.

    `frame` is None where a study has no comments; `questions` are the open questions of the
    instrument. Raises `ProblemsFound` with
    every theme and question that is not known, a theme twice in one cell, and one that
    stands alone beside others.
    """
    problems: list[Problem] = []
    alone = {theme.name for theme in coding.themes if theme.alone}
    if frame is None:
        frame = pd.DataFrame({name: [] for name in ("site", "question", *_CODINGS)}, dtype=str)

    def wrong(row: int, column: str, value: str, what: str, known: Sequence[str]) -> None:
        near = nearest(value, known)
        mend = f"did you mean '{near}'?" if near else "write allowed names, each once"
        problems.append(Problem(file, what, mend, row, column, value, ", ".join(known)))

    marks = {name: np.zeros((len(frame), len(coding.themes)), dtype=bool) for name in _CODINGS}
    for column, found in marks.items():
        for at, text in enumerate(frame[column].astype(object).where(frame[column].notna(), "")):
            given = [name for name in str(text).split("|") if name]
            for name in (n for n in given if n not in coding.names):
                wrong(at + 2, column, name, "there is no such theme", coding.names)
            if len(set(given)) < len(given):
                wrong(at + 2, column, str(text), "a theme stands twice", coding.names)
            if alone & set(given) and len(given) > 1:
                what = f"'{' '.join(sorted(alone & set(given)))}' cannot stand beside others"
                wrong(at + 2, column, str(text), what, coding.names)
            found[at] = [name in given for name in coding.names]
    asked = tuple(str(q) for q in frame["question"])
    for at, question in enumerate(asked):
        if question not in questions:
            wrong(at + 2, "question", question, "there is no such open question", questions)
    if problems:
        raise ProblemsFound(problems)
    sites = tuple(str(s) for s in frame["site"])
    twice = frame["second"].notna().to_numpy(dtype=bool)
    return Coded(sites, asked, marks["first"], marks["second"], marks["themes"], twice)


def of_sites(coded: Coded, sites: Collection[str]) -> Coded:
    """The comments of these sites alone: those of a site that is not shown count nowhere."""
    kept = np.array([site in sites for site in coded.sites], dtype=bool)

    def named(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name, keep in zip(names, kept, strict=True) if keep)

    return Coded(
        named(coded.sites),
        named(coded.questions),
        coded.first[kept],
        coded.second[kept],
        coded.themes[kept],
        coded.twice[kept],
    )


def theme_counts(coded: Coded, coding: CodingFrame, questions: Sequence[str]) -> pd.DataFrame:
    """How many comments raise each theme (`COUNT_COLUMNS`), by the settled coding.

    For all sites together and for each site with comments, every question and theme,
    those that nobody raised included. `printed` is the number of comments there are; one
    may raise several themes, so counts do not add up to it. No share is given: comments
    that were picked stand for nobody else.
    """
    rows: list[tuple[object, ...]] = []
    if coded.sites:
        for site in (ALL_SITES, *sorted(set(coded.sites))):
            here = np.array([site in (ALL_SITES, s) for s in coded.sites])
            for question in questions:
                asked = here & np.array([q == question for q in coded.questions])
                raised = coded.themes[asked].sum(axis=0).tolist()
                rows += [
                    (site, question, t.name, t.label, n, int(asked.sum()), str(coding.evidence))
                    for t, n in zip(coding.themes, raised, strict=True)
                ]
    return pd.DataFrame(rows, columns=list(COUNT_COLUMNS))


def cohens_kappa(first: Marks, second: Marks) -> float:
    """Cohen's kappa (1960) of two codings of the same decisions; NaN where it has no value.

    Agreement beyond what the two shares of "yes" would give by chance, as a share of what
    there was to gain. Without a value where both say the same of everything.
    """
    a, b = np.asarray(first, dtype=float).ravel(), np.asarray(second, dtype=float).ravel()
    if not a.size:
        return float("nan")
    chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return float(((a == b).mean() - chance) / (1 - chance)) if chance < 1 else float("nan")


def agreement(coded: Coded, coding: CodingFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """How well both codings agree (`AGREEMENT_COLUMNS`): all themes together, then each.

    Over the comments that were coded twice. `agreement` is the share of equal decisions;
    `low` and `high` are the jackknife interval of kappa over comments (Student's t, cut
    at 1). `note` says why there is no kappa or no interval.
    """
    rows: list[tuple[object, ...]] = []
    first, second = coded.first[coded.twice], coded.second[coded.twice]
    places: list[tuple[str, str, slice]] = [(ALL_THEMES, "All themes together", slice(None))]
    places += [(t.name, t.label, slice(i, i + 1)) for i, t in enumerate(coding.themes)]
    for name, label, place in places if len(coded.sites) else ():
        a, b = first[:, place], second[:, place]
        kappa, low, high, note = _kappa_interval(a, b, confidence)
        cells = (a & b, a & ~b, ~a & b, ~a & ~b)
        shared = float((a == b).mean()) if len(a) else float("nan")
        counts = tuple(int(c.sum()) for c in cells)
        what = (kappa, low, high, note, str(coding.evidence))
        rows.append((name, label, len(a), *counts, shared, *what))
    return pd.DataFrame(rows, columns=list(AGREEMENT_COLUMNS))


def _kappa_interval(
    first: Marks, second: Marks, confidence: float
) -> tuple[float, float, float, str]:
    from scipy.special import stdtrit

    nan = float("nan")
    count = len(first)
    if not count:
        return nan, nan, nan, CODED_ONCE
    kappa = cohens_kappa(first, second)
    if np.isnan(kappa):
        return nan, nan, nan, NOT_USED
    if (first == second).all():
        return kappa, nan, nan, NO_DISAGREEMENT
    kept = ~np.eye(count, dtype=bool)
    without = np.array([cohens_kappa(first[k], second[k]) for k in kept])
    if count < 3 or np.isnan(without).any():
        return kappa, nan, nan, TOO_RARE
    error = np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())
    reach = float(stdtrit(count - 1, 0.5 + confidence / 2) * error)
    return kappa, max(kappa - reach, -1.0), min(kappa + reach, 1.0), ""
