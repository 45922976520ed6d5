"""What the report says more than once: whether it says the same each time.

A fact is a thing and an aspect of it (the name of a body, the number of sites, what a question
asks); its occurrences are the places that state it. Two values are the same if they differ in
capitals, blanks, hyphens and apostrophes only. Occurrences are held against the place that
settles the fact, where one does (the question as it was put, the list that a text sums up), else
against what most of them say, else against the first. Occurrences that have a `reading` (another
time, another sense) are compared with those of the same reading alone; where only the
readings differ, the fact depends on the reading, and nothing is found. What departs for a
cause that another finding tells (`told_by`) is no second finding: it is added to that one.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from medlead.evidence import CERTAINTIES, EvidenceClass
from medlead.sources.printed_repeats import FACT
from medlead.verdicts.findings import Finding, Severity, ToldAgain

CHECK = "said again"
"""The check behind a finding: `said again: SMR / name`."""
REPEATED_COLUMNS = [
    *("thing", "aspect", "occurrences", "values", "outcome", "agreed", "departing", "lines"),
    *("mend", "told_by", "severity", "certainty", "evidence"),
]
# Blanks, hyphens and dashes, apostrophes straight and curved.
_SET_ASIDE = re.compile(r"[\s'\u2018\u2019\u2010-\u2014-]")

# What a thing is told by where its name alone does not say so.
_TOLD_ASPECTS = ("name", "number", "place", "scale", "source", "year")
_AND, _OR = ", ", " or "
_TWO = 2  # of two places that differ, neither is what most say
Row = Mapping[Any, Any]


class RepeatOutcome(StrEnum):
    """What comparing the occurrences of one fact gives."""

    HOLDS = "holds"
    FAILS = "fails"
    DEPENDS_ON_READING = "depends-on-reading"


@dataclass(frozen=True)
class Occurrence:
    """One place that states a fact; `place` is its position in the file, from 0."""

    place: int
    value: str
    said: str
    section: str
    line: int
    certainty: str
    severity: Severity
    reading: str = ""
    settles: bool = False
    told_by: str = ""


@dataclass(frozen=True)
class Fact:
    """One fact: its outcome, what was agreed on by reading, and who departs from it.

    `agreed` is empty for a reading in which neither a settling place nor a majority says what
    holds. `mends` are the occurrences of which each alone, if it were changed, would restore all.
    """

    thing: str
    aspect: str
    occurrences: tuple[Occurrence, ...]
    outcome: RepeatOutcome
    agreed: Mapping[str, str]
    departing: tuple[Occurrence, ...]
    mends: tuple[Occurrence, ...]
    note: str = ""


@dataclass(frozen=True)
class Repeats:
    """All facts as a frame (`REPEATED_COLUMNS`), the findings among them, and the counts.

    `again` is what fails for the cause of another finding.
    """

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    again: tuple[ToldAgain, ...]
    summary: dict[str, int]


def normal(value: str) -> str:
    """A value without what makes no difference: capitals, blanks, hyphens, apostrophes."""
    return _SET_ASIDE.sub("", value).casefold()


def judge_repeats(repeated: pd.DataFrame | None, told: Collection[str] = ()) -> Repeats:
    """Compare the occurrences of every fact (columns of repeated.csv, as text).

    `told` are the checks that fail elsewhere in the audit: an occurrence whose departure one
    of them tells already, or a finding of another fact does, makes no second finding. Without
    a file there is nothing.
    """
    facts = [] if repeated is None else facts_of(repeated)
    frame = pd.DataFrame([_row(fact) for fact in facts], columns=REPEATED_COLUMNS)
    outcomes = Counter(fact.outcome for fact in facts)
    own = {_check(fact) for fact in facts if any(not one.told_by for one in fact.departing)}
    known = {*told, *own}
    return Repeats(
        frame,
        tuple(found for fact in facts if (found := _finding(fact, known)) is not None),
        tuple(one for fact in facts if (one := _told_again(fact, known)) is not None),
        {
            "repeated_total": len(facts),
            "repeated_occurrences": sum(len(fact.occurrences) for fact in facts),
            "repeated_holding": outcomes[RepeatOutcome.HOLDS],
            "repeated_failing": outcomes[RepeatOutcome.FAILS],
            "repeated_depending": outcomes[RepeatOutcome.DEPENDS_ON_READING],
        },
    )


def facts_of(repeated: pd.DataFrame) -> list[Fact]:
    """Every fact of the file, compared, in the order in which they first stand there."""
    grouped: dict[tuple[str, str], list[tuple[int, Row]]] = {}
    for place, row in enumerate(repeated.to_dict("records")):
        thing, aspect = (str(row[name]) for name in FACT)
        grouped.setdefault((thing, aspect), []).append((place, row))
    return [_fact(thing, aspect, rows) for (thing, aspect), rows in grouped.items()]


def _occurrence(place: int, row: Row) -> Occurrence:
    return Occurrence(
        place,
        str(row["value"]),
        str(row["said"]),
        str(row["section"]),
        int(str(row["line"])),
        str(row["certainty"]),
        Severity(str(row["severity"])),
        str(row["reading"]),
        bool(row["settles"]),
        str(row["told_by"]),
    )


def _fact(thing: str, aspect: str, rows: Sequence[tuple[int, Row]]) -> Fact:
    given = sorted((_occurrence(*row) for row in rows), key=lambda o: (o.line, o.place))
    by_reading: dict[str, list[Occurrence]] = {}
    for one in given:
        by_reading.setdefault(one.reading, []).append(one)
    agreed: dict[str, str] = {}
    departing: list[Occurrence] = []
    mends: list[Occurrence] = []
    for reading, several in by_reading.items():
        agreed[reading] = _agreed(several)
        measure = normal(agreed[reading] or several[0].value)
        out = [one for one in several if normal(one.value) != measure]
        departing += out
        mends += _mends(several) if out else []
    same = len({normal(one.value) for one in given}) == 1
    outcome = (
        RepeatOutcome.FAILS
        if departing
        else RepeatOutcome.HOLDS
        if same
        else RepeatOutcome.DEPENDS_ON_READING
    )
    # Two readings that each need a change have no single one.
    failing = {one.reading for one in departing}
    return Fact(
        thing,
        aspect,
        tuple(given),
        outcome,
        agreed,
        tuple(sorted(departing, key=lambda o: (o.line, o.place))),
        tuple(mends) if len(failing) == 1 else (),
        next((str(row["note"]) for _, row in rows if row["note"]), ""),
    )


def _agreed(several: Sequence[Occurrence]) -> str:
    """The value of the settling place, else that of more than half, else nothing."""
    settled = next((one.value for one in several if one.settles), "")
    if settled:
        return settled
    value, times = Counter(normal(one.value) for one in several).most_common(1)[0]
    if 2 * times <= len(several):
        return ""
    return next(one.value for one in several if normal(one.value) == value)


def _mends(several: Sequence[Occurrence]) -> list[Occurrence]:
    """The occurrences of which one alone has to change for all to agree."""
    return [
        one
        for one in several
        if not one.settles and len({normal(o.value) for o in several if o is not one}) == 1
    ]


def _check(fact: Fact) -> str:
    return f"{CHECK}: {fact.thing} / {fact.aspect}"


def _untold(fact: Fact, told: Collection[str]) -> list[Occurrence]:
    return [one for one in fact.departing if one.told_by not in told or not one.told_by]


def _told_again(fact: Fact, told: Collection[str]) -> ToldAgain | None:
    """What is added to the finding that tells all departures of a fact, the first of several."""
    if not fact.departing or _untold(fact, told):
        return None
    words = f"{_thing(fact)}, over the whole report: {_values(fact.occurrences)}.{_noted(fact)}"
    severity = _severity(fact.departing)
    return ToldAgain(fact.departing[0].told_by, _check(fact), severity, words)


def _finding(fact: Fact, told: Collection[str]) -> Finding | None:
    untold = _untold(fact, told)
    if not untold:
        return None
    at = untold[0]
    return Finding(
        ("", "", ""),
        at.value,
        fact.agreed[at.reading],
        _check(fact),
        _severity(untold),
        _certainty(fact, untold),
        _explained(fact),
        at=(at.section, at.line),
    )


def _severity(several: Iterable[Occurrence]) -> Severity:
    return min((one.severity for one in several), key=list(Severity).index)


def _certainty(fact: Fact, departing: Sequence[Occurrence]) -> str:
    """The weakest certainty of what departs and of all that it departs from."""
    readings = {one.reading for one in departing}
    against = [one for one in fact.occurrences if one.reading in readings]
    return max((one.certainty for one in against), key=CERTAINTIES.index)


def _values(several: Iterable[Occurrence]) -> str:
    """Each value with the lines that have it, in the order of the lines."""
    placed: dict[str, list[Occurrence]] = {}
    for one in several:
        placed.setdefault(normal(one.value), []).append(one)
    return "; ".join(f"{of[0].value} ({_lines(of)})" for of in placed.values())


def _lines(several: Iterable[Occurrence]) -> str:
    told = [f"{one.line}, {one.said}" if one.said else str(one.line) for one in several]
    parts = "; " if any("," in text for text in told) else ", "
    return f"line{'s' if len(told) > 1 else ''} {parts.join(dict.fromkeys(told))}"


def _explained(fact: Fact) -> str:
    parts = []
    for reading, value in fact.agreed.items():
        of = [one for one in fact.occurrences if one.reading == reading]
        if not any(one in fact.departing for one in of):
            continue
        taken = f", taken as {reading}" if reading else ""
        parts.append(f"{_thing(fact)}{taken}: the report says {_values(of)}.")
        if any(one.settles for one in of):
            where = _numbers(one for one in of if one.settles)
            parts.append(f"It is settled at {where}: {value}.")
        elif value:
            times = sum(normal(one.value) == normal(value) for one in of)
            parts.append(f"{times} of {len(of)} places say {value}.")
        elif len(of) > _TWO:
            parts.append(f"None of them is what more than half of these {len(of)} places say.")
    return f"{' '.join(parts)}{_noted(fact)} {_mended(fact)}"


def _thing(fact: Fact) -> str:
    aspect = f" ({fact.aspect})" if fact.aspect in _TOLD_ASPECTS else ""
    return f"{fact.thing[:1].upper()}{fact.thing[1:]}{aspect}"


def _noted(fact: Fact) -> str:
    return f" {fact.note[:1].upper()}{fact.note[1:]}." if fact.note else ""


def _mended(fact: Fact) -> str:
    if not fact.mends:
        return f"All places would say the same after {_changes(fact)} changes, and not after fewer."
    where = _numbers(fact.mends, _OR)
    return f"All places would say the same after one change, at {where}."


def _numbers(several: Iterable[Occurrence], between: str = _AND) -> str:
    lines = list(dict.fromkeys(str(one.line) for one in several))
    many = len(lines) > 1 and between == _AND
    return f"line{'s' if many else ''} {between.join(lines)}"


def _changes(fact: Fact) -> int:
    """The fewest occurrences that have to change for each reading to have one value."""
    changes = 0
    for reading in fact.agreed:
        of = [one for one in fact.occurrences if one.reading == reading]
        settled = next((normal(one.value) for one in of if one.settles), None)
        counts = Counter(normal(one.value) for one in of)
        kept = counts[settled] if settled is not None else max(counts.values())
        changes += len(of) - kept
    return changes


def _row(fact: Fact) -> list[Any]:
    failing = fact.outcome is RepeatOutcome.FAILS
    return [
        fact.thing,
        fact.aspect,
        len(fact.occurrences),
        _values(fact.occurrences),
        str(fact.outcome),
        "; ".join(dict.fromkeys(value for value in fact.agreed.values() if value)),
        " ".join(str(one.line) for one in fact.departing),
        " ".join(str(one.line) for one in fact.occurrences),
        " ".join(str(one.line) for one in fact.mends),
        "; ".join(dict.fromkeys(one.told_by for one in fact.departing if one.told_by)),
        str(_severity(fact.departing)) if failing else "",
        _certainty(fact, fact.departing) if failing else "",
        str(EvidenceClass.PRINTED_AGGREGATES),
    ]
