"""Printed statements on engagement: what they are about, and how they are read.

A statement is a row of the file of statements: site, group, scale, kind and value. Its
kind gives conditions, each with a slack: by how much it is met (below zero: missed), in
percentile points, or in percentage points or answers for Section B.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from medlead.engagement.instrument import Instrument
from medlead.reconstruction.standing import Scales, Site, scales_of
from medlead.sources.messages import Problem, ProblemsFound

FIELDS = ("statement", "site", "group", "scale", "kind", "value", "followed")
# The figures that the kinds of statement need; a statement's value may name further ones.
FIGURES = ("aligned", "apart", "midpoint", "inner", "undoubted", "differ", "most", "positive")
JOIN = " + "
SITES_JOIN = "+"


@dataclass(frozen=True)
class Statement:
    """One statement: which site and group it is about, on which scale, what kind, which value."""

    statement: str
    site: str
    group: str
    scale: str
    kind: str
    value: str
    followed: str = "yes"

    @property
    def about(self) -> str:
        """The group in words."""
        return self.group or "site"


@dataclass(frozen=True)
class Condition:
    """One condition: its slack, whether zero is too little, and what was found.

    `exact` conditions are met or not; the others can be met with a margin.
    """

    slack: float
    found: str
    strict: bool = False
    exact: bool = False

    @property
    def holds(self) -> bool:
        """Whether the condition is met."""
        return self.slack > 0 if self.strict else self.slack >= 0


@dataclass(frozen=True)
class Reading:
    """How statements are read: the instrument, its scales, and the figures that are ours."""

    instrument: Instrument
    scales: Scales
    figures: Mapping[str, float]

    @cached_property
    def edges(self) -> tuple[float, ...]:
        """Where one band passes to the next, from low to high."""
        return tuple(band.to for band in self.instrument.bands if band.to is not None)

    @cached_property
    def quadrants(self) -> Mapping[str, tuple[bool, bool]]:
        """The quadrants: whether organisation and person are high in each."""
        quadrants = self.instrument.typology.quadrants
        return {q.label: (q.organisational, q.individual) for q in quadrants}

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """The columns of Section B."""
        return tuple(self.instrument.statements)

    @cached_property
    def answers(self) -> tuple[int, ...]:
        """The answers to Section B, from the most negative on."""
        return tuple(category.value for category in self.instrument.categories)

    @cached_property
    def categories(self) -> Mapping[str, tuple[int, ...]]:
        """The answers of each category, and of all categories of a side together."""
        found: dict[str, tuple[int, ...]] = {}
        for category in self.instrument.categories:
            found[category.label.replace(" ", "-")] = (category.value,)
            found[category.side] = (*found.get(category.side, ()), category.value)
        return found

    @cached_property
    def grid(self) -> tuple[str, ...]:
        """The scales that are placed on the grid of organisation and person."""
        return tuple(self.scales.sides)

    @cached_property
    def _sets(self) -> Mapping[str, tuple[str, ...]]:
        levels = {s.name: s.level for s in self.instrument.scales}
        metas = tuple(name for name, level in levels.items() if level == "meta")
        scales = tuple(name for name, level in levels.items() if level != "component")
        return {
            "metas": metas,
            "subs": self.scales.subs,
            "index+metas": self.grid,
            "scales": scales,
            "components": tuple(c for m in metas for c in self.scales.sides[m]),
            "scales+components": self.scales.columns,
            "b": self.questions,
        }

    def columns(self, wanted: str) -> tuple[str, ...]:
        """The columns that a statement's scale names: a name, a set of them, or several."""
        return tuple(name for part in wanted.split(JOIN) for name in self._sets.get(part, (part,)))

    def figure(self, text: str) -> float:
        """A number, a fraction such as 100/3, or the name of a figure of ours."""
        if text in self.figures:
            return float(self.figures[text])
        return float(Fraction(text))


@dataclass(frozen=True)
class Study:
    """All returns: the sites that returned any, by name, and the size of the norm sample."""

    sites: Mapping[str, Site]
    norm_size: int


@dataclass(frozen=True)
class View:
    """One site as a statement sees it."""

    reading: Reading
    site: Site
    said: Statement

    def groups(self) -> tuple[str, ...]:
        """The groups that the statement is about, the empty name for the whole site."""
        if self.said.group == "all":
            return self.site.groups
        return tuple(self.said.group.split(JOIN))

    def columns(self) -> tuple[str, ...]:
        """The columns that the statement is about."""
        return self.reading.columns(self.said.scale)

    def at(self, group: str, column: str) -> float:
        """The standing of a group on a column."""
        place = self.reading.scales.place[column]
        return float(self.site.standing[self.site.row(group), place])

    def sides(self, group: str, scale: str) -> tuple[float, float]:
        """Where a group stands on the sides of a scale: organisation, person."""
        organisation, person = self.reading.scales.sides[scale]
        return self.at(group, organisation), self.at(group, person)

    def figure(self, name: str) -> float:
        """A figure of ours."""
        return float(self.reading.figures[name])

    def shares(self, group: str, category: str, columns: Iterable[str]) -> list[float]:
        """The percentage of a group whose answers fall into a category, by question."""
        chosen = [self.reading.answers.index(a) for a in self.reading.categories[category]]
        found = []
        for column in columns:
            tally = self.site.tallies[self.site.row(group), self.reading.questions.index(column)]
            found.append(100.0 * float(tally[chosen].sum()) / max(int(tally.sum()), 1))
        return found


Reader = Callable[[View], list[Condition]]
StudyReader = Callable[[Reading, Study, Statement], list[Condition]]


def read_reading(
    instrument: Instrument, declared: Mapping[str, Any], file: str = "mes_statements.yaml"
) -> Reading:
    """How statements are read, from the instrument and the declared figures.

    Raises ProblemsFound for figures that are missing or no numbers.
    """
    figures = declared.get("readings") or {}
    problems = [
        Problem(file, "the figure is missing", f"add `{name}:`", column="readings")
        for name in FIGURES
        if name not in figures
    ]
    problems += [
        Problem(file, "this is no number", "write a number", None, f"readings.{name}", str(value))
        for name, value in figures.items()
        if isinstance(value, bool) or not isinstance(value, int | float)
    ]
    if problems:
        raise ProblemsFound(problems)
    return Reading(instrument, scales_of(instrument), dict(figures))
