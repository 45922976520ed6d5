"""The analyst's choices for the cleaning of returns, as data (`cleaning.yaml`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import nearest
from medlead.survey.answers import MARKS, NOT_ANSWERED, NOT_APPLICABLE, NOT_KNOWN, tidy
from medlead.survey.definition import PartType
from medlead.survey.instrument import Part
from medlead.survey.numbers import Unit


class Ranges(StrEnum):
    """What is done with a range where one number is asked for."""

    BAND = "band"
    REFUSE = "refuse"
    MIDPOINT = "midpoint"


class Duplicates(StrEnum):
    """Which returns of one respondent are used."""

    KEEP = "keep"
    FIRST = "first"
    LAST = "last"
    STOP = "stop"


@dataclass(frozen=True)
class CleaningRules:
    """The choices: units by name, ranges, half steps, duplicates, what to report, marks.

    `not_returns` are the words of rows that sum up others.
    """

    units: Mapping[str, Unit] = field(default_factory=dict)
    ranges: Ranges = Ranges.BAND
    half_steps: bool = True
    duplicates: Duplicates = Duplicates.KEEP
    report_unanswered: frozenset[PartType] = frozenset(PartType) - {PartType.TEXT}
    marks: Mapping[str, str] = field(default_factory=lambda: MARKS)
    not_returns: frozenset[str] = frozenset()

    def unit_of(self, part: Part) -> Unit:
        """The unit of a part, with the part's own bounds; a bare one where it is not named."""
        known = self.units.get(part.unit, Unit(part.unit))
        return Unit(
            name=part.unit,
            scale=known.scale,
            low=0 if part.low is None else part.low,
            high=part.high,
            whole=part.type is PartType.COUNT,
            money=known.money,
            percent=known.percent,
            words=known.words,
            other_basis=known.other_basis,
        )


_KEYS = (
    "units",
    "ranges",
    "half_steps",
    "duplicates",
    "not_returns",
    "report_unanswered",
    "marks",
)
_UNIT_KEYS = ("scale", "money", "percent", "words", "other_basis")
_REASONS = (NOT_ANSWERED, NOT_APPLICABLE, NOT_KNOWN)
_HALF_STEPS = {"keep": True, "refuse": False}


def load_cleaning(mapping: Mapping[str, Any], *, file: str = "cleaning.yaml") -> CleaningRules:
    """The cleaning rules of a parsed definition file.

    Strict: a key or choice that is not known (the nearest right one is named) and a value
    of the wrong kind are `Problem`s, raised together as `ProblemsFound` under the name
    `file`. All keys must be there.
    """
    problems = list(_check(mapping, file))
    if problems:
        raise ProblemsFound(problems)
    marks = dict(MARKS)
    for reason, words in mapping["marks"].items():
        marks.update({tidy(word).casefold(): reason for word in words})
    return CleaningRules(
        units={
            name: Unit(
                name,
                scale=given.get("scale", 1),
                money=given.get("money", False),
                percent=given.get("percent", False),
                words=tuple(given.get("words", ())),
                other_basis=tuple(given.get("other_basis", ())),
            )
            for name, given in mapping["units"].items()
        },
        ranges=Ranges(mapping["ranges"]),
        half_steps=_HALF_STEPS[mapping["half_steps"]],
        duplicates=Duplicates(mapping["duplicates"]),
        report_unanswered=frozenset(PartType(t) for t in mapping["report_unanswered"]),
        marks=marks,
        not_returns=frozenset(tidy(word).casefold() for word in mapping["not_returns"]),
    )


def _check(mapping: Mapping[str, Any], file: str) -> Iterator[Problem]:
    yield from _unknown(file, "", mapping, _KEYS)
    for key in _KEYS:
        if key not in mapping:
            yield Problem(file, f"the key '{key}' is missing", "add it; see the head of the file")
    for key, allowed in (
        ("ranges", [str(r) for r in Ranges]),
        ("half_steps", list(_HALF_STEPS)),
        ("duplicates", [str(d) for d in Duplicates]),
    ):
        if key in mapping and mapping[key] not in allowed:
            yield from _unknown(file, f"{key}: ", [str(mapping[key])], allowed)
    types = mapping.get("report_unanswered", [])
    if not isinstance(types, list):
        yield Problem(file, "`report_unanswered` is not a list", "write the types in a list")
    else:
        yield from _unknown(file, "report_unanswered: ", types, [str(t) for t in PartType])
    yield from _texts(file, "`not_returns`", mapping.get("not_returns", []))
    for key in ("units", "marks"):
        if not isinstance(mapping.get(key, {}), Mapping):
            yield Problem(file, f"`{key}` has no names under it", "see the head of the file")
            return
    for name, given in mapping.get("units", {}).items():
        if not isinstance(given, Mapping):
            yield Problem(file, f"units / {name}: nothing is said of it", "give it its keys")
            continue
        yield from _unknown(file, f"units / {name}: ", given, _UNIT_KEYS)
        scale = given.get("scale", 1)
        if isinstance(scale, bool) or not isinstance(scale, int | float) or scale <= 0:
            mend = "write how many single things one unit is, e.g. 1000000"
            yield Problem(file, f"units / {name}: `scale` is no number", mend, value=str(scale))
        for key in ("money", "percent"):
            if not isinstance(given.get(key, False), bool):
                yield Problem(file, f"units / {name}: `{key}` is not true or false", "mend it")
        for key in ("words", "other_basis"):
            yield from _texts(file, f"units / {name}: `{key}`", given.get(key, []))
    yield from _unknown(file, "marks: ", mapping.get("marks", {}), _REASONS)
    for reason, words in mapping.get("marks", {}).items():
        yield from _texts(file, f"marks / {reason}", words)


def _texts(file: str, place: str, given: object) -> Iterator[Problem]:
    if not isinstance(given, list) or not all(isinstance(word, str) for word in given):
        mend = "write a list of texts, numbers in quotation marks"
        yield Problem(file, f"{place} is not a list of texts", mend)


def _unknown(file: str, place: str, given: Any, allowed: Any) -> Iterator[Problem]:
    for key in given:
        if key not in allowed:
            near = nearest(str(key), allowed)
            mend = f"did you mean '{near}'?" if near else "delete it"
            what = f"{place}'{key}' is not known"
            yield Problem(file, what, mend, allowed=", ".join(allowed))
