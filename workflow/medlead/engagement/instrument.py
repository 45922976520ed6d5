"""An engagement scale as data: items, scales, norms, bands, typology, and what is assumed.

`load_instrument` turns the parsed definition file (`mes.yaml`) into frozen dataclasses
and refuses everything it does not understand. What a key means is told at the head of
that file. Source: sections 6.1 to 6.8 of the report, which leave much open; what they
leave open stands in `assumptions`.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from medlead.engagement.definition import check_definition
from medlead.sources.messages import ProblemsFound

_UNIT_MARK = re.compile(r"^\s*\[[OI]\]\s*|\s*:?\s*\([0OI]\)\s*$", re.I)


class RankKind(StrEnum):
    """Where ties go in a percentile rank: at or below, below, or the mean of the two shares."""

    WEAK = "weak"
    STRICT = "strict"
    MEAN = "mean"


class Standing(StrEnum):
    """What the percentile of a group is."""

    MEAN_OF_PERCENTILES = "mean-of-percentiles"
    PERCENTILE_OF_MEAN = "percentile-of-mean"


@dataclass(frozen=True)
class Place:
    """Where the report says something: section and line."""

    section: str
    line: int


@dataclass(frozen=True)
class Point:
    """One answer: its value in the file, its label, other spellings that are read as it."""

    value: int
    label: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """One item by its column; `reverse`: agreement speaks against engagement."""

    name: str
    reverse: bool = False


@dataclass(frozen=True)
class Alias:
    """Another spelling of a scale, and where the report has it first."""

    text: str
    place: Place


@dataclass(frozen=True)
class Scale:
    """One scale: the weighted mean of its `parts`, items or other scales.

    With fewer than `at_least` parts there is no score.
    """

    name: str
    level: str
    kind: str
    title: str
    means: str
    parts: tuple[str, ...]
    weights: tuple[int, ...]
    of_items: bool
    at_least: int
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True)
class Band:
    """Percentiles up to `to` (None: no end), which belongs to the band if `includes_end`."""

    label: str
    to: float | None
    includes_end: bool
    printed_colour: str


@dataclass(frozen=True)
class Quadrant:
    """One type of engagement: whether each component is high."""

    label: str
    organisational: bool
    individual: bool


@dataclass(frozen=True)
class Map:
    """One grid: the scale that it is of, and the scales on its two axes."""

    name: str
    organisational: str
    individual: str


@dataclass(frozen=True)
class Typology:
    """The grid: its cut, whether a value on the cut is high, its quadrants and maps."""

    cut: float
    cut_is_high: bool
    quadrants: tuple[Quadrant, ...]
    maps: tuple[Map, ...]


@dataclass(frozen=True)
class Category:
    """One category of Section B; `assumed` where the report never names it."""

    value: int
    label: str
    side: str
    named: tuple[Place, ...]
    assumed: bool
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assumption:
    """What the report does not say, what is assumed instead, and what rests on it."""

    name: str
    about: str
    place: Place
    report: str
    assumed: str
    touches: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """What the report says in two ways, the reading that is followed, and why."""

    about: str
    place: Place
    found: str
    decided: str
    because: str


@dataclass(frozen=True)
class OpenQuestion:
    """A question that is answered in free words, in words of ours."""

    name: str
    asks: str
    place: Place


@dataclass(frozen=True)
class Instrument:
    """The whole scale. `unit` is the common denominator in which scores are held."""

    name: str
    title: str
    source: str
    respondent: str
    site: str
    group: str
    missing: tuple[str, ...]
    points: tuple[Point, ...]
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    lowest: float
    highest: float
    definition: RankKind
    standing: Standing
    bands: tuple[Band, ...]
    typology: Typology
    place_from: int
    statements: Mapping[str, str]
    categories: tuple[Category, ...]
    open_questions: tuple[OpenQuestion, ...]
    assumptions: tuple[Assumption, ...]
    decisions: tuple[Decision, ...]
    ignored: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a response file in order."""
        return (*self.frame, *self.item_names, *self.statements)

    @property
    def frame(self) -> tuple[str, str, str]:
        """The columns of respondent, site and group."""
        return (self.respondent, self.site, self.group)

    @property
    def item_names(self) -> tuple[str, ...]:
        """The columns of the items."""
        return tuple(item.name for item in self.items)

    @property
    def scale_names(self) -> tuple[str, ...]:
        """The keys of the scales in the order of the file."""
        return tuple(scale.name for scale in self.scales)

    def scale(self, name: str) -> Scale:
        """The scale with that key; raises KeyError where there is none."""
        for scale in self.scales:
            if scale.name == name:
                return scale
        raise KeyError(name)

    def scale_called(self, text: str) -> Scale | None:
        """The scale of a printed name, whatever its spelling: its title, an alias, or a
        number and a name (`Meta 1: Working in an Open Culture`); None where none fits or
        number and name are of two scales.
        """
        known = {_name_key(word): s for s in self.scales for word in spellings(s)}
        whole = known.get(_name_key(text))
        if whole is not None:
            return whole
        number, colon, name = text.partition(":")
        found = {known.get(_name_key(part)) for part in (number, name)}
        return found.pop() if colon and len(found) == 1 else None

    def assumed_for(self, *topics: str) -> tuple[Assumption, ...]:
        """The assumptions that touch any of the topics (scores, percentiles, bands, …)."""
        return tuple(a for a in self.assumptions if set(topics) & set(a.touches))


def spellings(scale: Scale) -> tuple[str, ...]:
    """Every name of a scale: key, title, aliases."""
    return (scale.name, scale.title, *(alias.text for alias in scale.aliases))


def same_name(first: str, second: str) -> bool:
    """Whether two names differ in capitals and marks only."""
    return _name_key(first) == _name_key(second)


def _name_key(text: str) -> str:
    """Letters and digits only: what is left when spelling, marks and case do not count."""
    text = _UNIT_MARK.sub("", text).replace("&", " and ")
    return re.sub(r"[^a-z0-9]+", "", text.casefold())


def load_instrument(mapping: Mapping[str, Any], *, file: str = "mes.yaml") -> Instrument:
    """The instrument of a parsed definition file.

    Strict: unknown keys (the nearest right one is named), names used twice, items that
    belong to no scale, scales made of themselves, missing rules that cannot be met, bands
    out of order, quadrants that are not four and aliases of two scales are `Problem`s; all
    are raised together as `ProblemsFound`, under the name `file`.
    """
    problems = check_definition(mapping, file)
    if problems:
        raise ProblemsFound(problems)
    responses, typology, section_b = (
        mapping["responses"],
        mapping["typology"],
        mapping["section_b"],
    )
    return Instrument(
        name=mapping["instrument"],
        title=mapping["title"],
        source=mapping["source"],
        respondent=responses["respondent"],
        site=responses["site"],
        group=responses["group"],
        missing=tuple(responses["missing"]),
        points=tuple(
            Point(p["value"], p["label"], tuple(map(str, p.get("also", ()))))
            for p in responses["points"]
        ),
        items=tuple(Item(i["item"], i.get("reverse", False)) for i in mapping["items"]),
        scales=tuple(_scale(given) for given in mapping["scales"]),
        lowest=float(mapping["scores"]["lowest"]),
        highest=float(mapping["scores"]["highest"]),
        definition=RankKind(mapping["norms"]["definition"]),
        standing=Standing(mapping["norms"]["standing"]),
        bands=tuple(
            Band(b["band"], b.get("to"), b.get("includes_end", True), b.get("printed_colour", ""))
            for b in mapping["bands"]
        ),
        typology=Typology(
            float(typology["cut"]),
            typology["at_cut"] == "high",
            tuple(
                Quadrant(q["quadrant"], q["organisational"] == "high", q["individual"] == "high")
                for q in typology["quadrants"]
            ),
            tuple(Map(m["map"], m["organisational"], m["individual"]) for m in typology["maps"]),
        ),
        place_from=mapping["groups"]["place_from"],
        statements={s["statement"]: s["says"] for s in section_b["statements"]},
        categories=tuple(
            Category(
                c["value"],
                c["category"],
                c["side"],
                _places(c.get("named", ())),
                c.get("assumed", False),
                tuple(map(str, c.get("also", ()))),
            )
            for c in section_b["categories"]
        ),
        open_questions=tuple(
            OpenQuestion(q["question"], q["asks"], _place(q)) for q in mapping["open_questions"]
        ),
        assumptions=tuple(
            Assumption(
                a["assumption"],
                a["about"],
                _place(a),
                a["report"],
                a["assumed"],
                tuple(a["touches"]),
            )
            for a in mapping["assumptions"]
        ),
        decisions=tuple(
            Decision(d["about"], _place(d), d["found"], d["decided"], d["because"])
            for d in mapping["decisions"]
        ),
        ignored=tuple(map(str, responses.get("ignored", ()))),
    )


def _scale(given: Mapping[str, Any]) -> Scale:
    parts = tuple(given.get("items") or given["scales"])
    weights = given.get("weights", {})
    share = given.get("least_share")
    # The smallest number that is no less than the share; rounding must not add one to it.
    at_least = given["at_least"] if share is None else max(1, math.ceil(share * len(parts) - 1e-9))
    return Scale(
        name=given["scale"],
        level=given["level"],
        kind=given["kind"],
        title=given["name"],
        means=given["means"],
        parts=parts,
        weights=tuple(weights.get(part, 1) for part in parts),
        of_items="items" in given,
        at_least=at_least,
        aliases=tuple(Alias(a["as"], _place(a)) for a in given.get("aliases", ())),
    )


def _place(given: Mapping[str, Any]) -> Place:
    return Place(str(given["section"]), given["line"])


def _places(given: Iterable[Mapping[str, Any]]) -> tuple[Place, ...]:
    return tuple(_place(g) for g in given)
