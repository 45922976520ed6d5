"""A questionnaire as data: its parts, bands, codes and checks (report, Appendix 1).

`load_instrument` turns the parsed definition file (`survey.yaml`) into frozen
dataclasses and refuses everything it does not understand. What a key means is
told at the head of that file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from medlead.sources.messages import ProblemsFound
from medlead.survey.definition import YES_NO, PartType, check_definition

OPTION_MARK = "{option}"


class CodeKind(StrEnum):
    """What a set of codes reads: ticks, one option, several things in a text, one text, titles."""

    TICKS = "ticks"
    CHOICE = "choice"
    ITEMS = "items"
    TEXT = "text"
    ROLES = "roles"


@dataclass(frozen=True)
class Option:
    """One option of a question: its name, the label printed, other spellings and patterns of
    text that stand for it, its tick column.
    """

    name: str
    label: str
    also: tuple[str, ...] = ()
    column: str | None = None
    patterns: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every text that stands for the option, the label first."""
        return tuple(dict.fromkeys((self.label, self.name, *self.also)))


@dataclass(frozen=True)
class Routing:
    """When a part is asked: after one of the options `options` of `part`, after the tick
    `ticked`, or after at least `ticks_from` ticks.
    """

    part: str
    options: tuple[str, ...] = ()
    ticked: str | None = None
    ticks_from: int | None = None


@dataclass(frozen=True)
class Part:
    """One part of a question, answered in `column` (ticks: in the columns of its options).

    `ends` are the words at the two ends of a rating; `option` is set where the part is
    one of several, asked for each option of another.
    """

    name: str
    question: str
    label: str
    type: PartType
    column: str | None = None
    options: tuple[Option, ...] = ()
    unit: str = ""
    low: float | None = None
    high: float | None = None
    asked_if: Routing | None = None
    specify: str | None = None
    codes: str | None = None
    from_frame: bool = False
    option: str | None = None
    ends: tuple[str, str] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The raw columns of the part in order, that of the text to `other` last."""
        own = (self.column,) if self.column else tuple(o.column or "" for o in self.options)
        return (*own, self.specify) if self.specify else own


@dataclass(frozen=True)
class Band:
    """The values from `low` (included) to `below` (not included; None: no end)."""

    label: str
    low: float
    below: float | None
    printed: bool = True

    def __contains__(self, value: float) -> bool:
        return self.low <= value and (self.below is None or value < self.below)


@dataclass(frozen=True)
class BandSet:
    """Contiguous bands of one part."""

    name: str
    of: str
    label: str
    bands: tuple[Band, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, from the lowest band to the highest."""
        return tuple(band.label for band in self.bands)

    def label_of(self, value: float) -> str | None:
        """The label of the band that holds the value; None below the first."""
        return next((band.label for band in self.bands if value in band), None)


@dataclass(frozen=True)
class Code:
    """One code and what it stands for: patterns of text, a set of ticks, or options."""

    name: str
    patterns: tuple[str, ...] = ()
    ticks: frozenset[str] = frozenset()
    options: tuple[str, ...] = ()
    other: bool = False


@dataclass(frozen=True)
class CodeSet:
    """The codes of one or several parts, in the order of the tables.

    `separators` cut a text into items, but not within `keep_whole`; `ignore` are ticks
    that do not count; `otherwise_only` is the ticks part whose only tick decides where
    the choice is empty. `in_order_of_trial` has the codes of `try_first` in front.
    """

    name: str
    of: tuple[str, ...]
    kind: CodeKind
    label: str
    codes: tuple[Code, ...]
    separators: tuple[str, ...] = ()
    keep_whole: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    otherwise_only: str | None = None
    try_first: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The codes in the order of the tables."""
        return tuple(code.name for code in self.codes)

    @property
    def in_order_of_trial(self) -> tuple[Code, ...]:
        """The codes in the order in which their patterns are tried."""
        by_name = {code.name: code for code in self.codes}
        first = tuple(by_name[name] for name in self.try_first)
        return (*first, *(code for code in self.codes if code.name not in self.try_first))


@dataclass(frozen=True)
class Check:
    """A rule between answers: its kind, the parts it names by their place, its sentence."""

    name: str
    kind: str
    parts: Mapping[str, str]
    says: str


@dataclass(frozen=True)
class CodedVariable:
    """One variable of the coded file: the parts it is made from, and by what.

    `sum` adds up the time of all roles; `of` names the choice whose option fills
    `{option}` in a source.
    """

    name: str
    sources: tuple[str, ...]
    label: str
    bands: str | None = None
    codes: str | None = None
    sum: bool = False
    of: str | None = None


@dataclass(frozen=True)
class Decision:
    """An ambiguity of the questionnaire, what was decided, and why."""

    about: str
    found: str
    decided: str
    because: str


@dataclass(frozen=True)
class Instrument:
    """The whole questionnaire."""

    name: str
    title: str
    source: str
    parts: tuple[Part, ...]
    bands: Mapping[str, BandSet]
    codes: Mapping[str, CodeSet]
    checks: tuple[Check, ...]
    coded: tuple[CodedVariable, ...]
    decisions: tuple[Decision, ...]
    key: str
    complete_from: int = 1
    questions: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The raw columns in order: the frame, then the questions."""
        return tuple(column for part in self.parts for column in part.columns)

    @property
    def asked(self) -> tuple[Part, ...]:
        """The parts that respondents answer (all but those of the frame)."""
        return tuple(part for part in self.parts if not part.from_frame)

    def part(self, name: str) -> Part:
        """The part of that name; raises KeyError where there is none."""
        return next(iter(p for p in self.parts if p.name == name), None) or _no_part(name)

    def levels(self, variable: str) -> tuple[str, ...]:
        """The levels of a coded variable in table order; empty for numbers and texts."""
        coded = next(v for v in self.coded if v.name == variable)
        if coded.bands:
            return self.bands[coded.bands].labels
        if coded.codes:
            return self.codes[coded.codes].names
        part = next((p for p in self.parts if p.name == coded.sources[0]), None)
        if part is None:
            return ()
        return YES_NO if part.type is PartType.YES_NO else tuple(o.name for o in part.options)


def _no_part(name: str) -> Part:
    raise KeyError(name)


def load_instrument(mapping: Mapping[str, Any], *, file: str = "survey.yaml") -> Instrument:
    """The instrument of a parsed definition file.

    Strict: unknown keys (the nearest right one is named), names used twice, bands that
    overlap or leave a gap, codes, options, parts and columns that stand for two things
    or for nothing, and patterns that cannot be read are `Problem`s; all are raised
    together as `ProblemsFound`, under the name `file`.
    """
    problems = check_definition(mapping, file)
    if problems:
        raise ProblemsFound(problems)
    returns = mapping["returns"]
    return Instrument(
        name=mapping["instrument"],
        title=mapping["title"],
        source=mapping["source"],
        parts=_all_parts(mapping),
        bands={name: _band_set(name, given) for name, given in mapping["bands"].items()},
        codes={name: _code_set(name, given) for name, given in mapping["codes"].items()},
        checks=tuple(
            Check(
                given["check"],
                given["kind"],
                {k: v for k, v in given.items() if k not in ("check", "kind", "says")},
                given["says"],
            )
            for given in mapping["checks"]
        ),
        coded=tuple(_coded(given, mapping) for given in mapping["coded"]),
        decisions=tuple(Decision(**given) for given in mapping["decisions"]),
        key=returns["key"],
        complete_from=returns["complete_from"],
        questions={q["question"]: q["asks"] for q in mapping["questions"]},
    )


def _all_parts(mapping: Mapping[str, Any]) -> tuple[Part, ...]:
    listed = [("", given) for given in mapping["frame"]]
    listed += [(q["question"], given) for q in mapping["questions"] for given in q["parts"]]
    ticks = {g["part"]: g["options"] for _, g in listed if g["type"] == PartType.TICKS}
    parts: list[Part] = []
    for question, given in listed:
        if "for_each" not in given:
            parts.append(_part(question, given))
            continue
        for option in (_option(o) for o in ticks[given["for_each"]]):
            filled = {
                key: value.replace(OPTION_MARK, option.name) if isinstance(value, str) else value
                for key, value in given.items()
            }
            filled["asked_if"] = {"part": given["for_each"], "ticked": option.name}
            filled["label"] = f"{given['label']}: {option.label}"
            parts.append(_part(question, filled, option.name))
    return tuple(parts)


def _part(question: str, given: Mapping[str, Any], option: str | None = None) -> Part:
    routing = given.get("asked_if")
    return Part(
        name=given["part"],
        question=question,
        label=given["label"],
        type=PartType(given["type"]),
        column=given.get("column"),
        options=tuple(_option(o) for o in given.get("options", ())),
        unit=given.get("unit", ""),
        low=given.get("low"),
        high=given.get("high"),
        asked_if=Routing(
            routing["part"],
            tuple(routing.get("is", ())),
            routing.get("ticked"),
            routing.get("ticks_from"),
        )
        if routing
        else None,
        specify=given.get("specify"),
        codes=given.get("codes"),
        from_frame=given.get("from") == "frame",
        option=option,
        ends=tuple(given["ends"]) if "ends" in given else None,
    )


def _option(given: str | Mapping[str, Any]) -> Option:
    if isinstance(given, str):
        return Option(given, given)
    name = given["option"]
    label = given.get("label", name)
    also, patterns = tuple(given.get("also", ())), tuple(given.get("patterns", ()))
    return Option(name, label, also, given.get("column"), patterns)


def _band_set(name: str, given: Mapping[str, Any]) -> BandSet:
    listed = given["bands"]
    ends = [band["from"] for band in listed[1:]] + [None]
    bands = tuple(
        Band(str(b["band"]), b["from"], b.get("below", end), b.get("printed", True))
        for b, end in zip(listed, ends, strict=True)
    )
    return BandSet(name, given["of"], given["label"], bands)


def _code_set(name: str, given: Mapping[str, Any]) -> CodeSet:
    codes = tuple(
        Code(
            c["code"],
            tuple(c.get("patterns", ())),
            frozenset(c.get("ticks", ())),
            tuple(c.get("options", ())),
            c.get("other", False),
        )
        for c in given["codes"]
    )
    return CodeSet(
        name=name,
        of=(given["of"],) if isinstance(given["of"], str) else tuple(given["of"]),
        kind=CodeKind(given["kind"]),
        label=given["label"],
        codes=codes,
        separators=tuple(given.get("separators", ())),
        keep_whole=tuple(given.get("keep_whole", ())),
        ignore=tuple(given.get("ignore", ())),
        otherwise_only=given.get("otherwise_only"),
        try_first=tuple(given.get("try_first", ())),
    )


def _coded(given: Mapping[str, Any], mapping: Mapping[str, Any]) -> CodedVariable:
    bands, codes = given.get("bands"), given.get("codes")
    of_set = mapping["bands"].get(bands) or mapping["codes"].get(codes) or {}
    sources = given["from"]
    return CodedVariable(
        name=given["variable"],
        sources=(sources,) if isinstance(sources, str) else tuple(sources),
        label=given.get("label") or of_set["label"],
        bands=bands,
        codes=codes,
        sum=given.get("sum", False),
        of=given.get("of"),
    )
