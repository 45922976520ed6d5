"""One claim that the responses stand for all: its counts and what is known of the population."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from medlead.printed import decimals, possible_counts
from medlead.survey.declared import Declared, weakest

COLUMNS = (
    *("claim", "level", "method", "against", "count", "n", "percent", "low", "high"),
    *("population_percent_low", "population_percent_high", "p_low", "p_high"),
    *("detects_below", "detects_above", "verdict", "says", "evidence"),
)
RESPONSES, BASES, BINOMIAL, FINITE = "responses", "possible bases", "binomial", "finite population"
MULTINOMIAL, FINITE_COUNTS, STATEMENT = "multinomial", "finite population, all types", "statement"
METHODS = (RESPONSES, BASES, BINOMIAL, FINITE, MULTINOMIAL, FINITE_COUNTS, STATEMENT)
UNACCOUNTED = "with all that is unaccounted for"


class Tested(NamedTuple):
    """One test of a level: the ends of the population's share (per cent) and of p.

    `as_printed`: nothing that the printed shares leave unaccounted for is dealt to the level.
    """

    low: float
    high: float
    p_low: float
    p_high: float
    as_printed: bool


@dataclass
class Claim:
    """One variable: what was counted, what is known of the population, and what is shown."""

    name: str
    counts: Mapping[str, Declared]
    population: Declared
    members: Mapping[str, Declared]
    shares: Mapping[str, Declared]
    alpha: float
    confidence: float
    power: float
    rows: list[dict[str, object]] = field(default_factory=list)

    @property
    def n(self) -> int:
        """The number of responses."""
        return sum(c.count for c in self.counts.values())

    def add(self, level: str, method: str, **found: object) -> None:
        """One row; the class is that of all that the claim rests on."""
        sources = [*self.counts.values(), *self.members.values(), *self.shares.values()]
        if method in (FINITE, FINITE_COUNTS, BASES):
            sources.append(self.population)
        row = {"claim": self.name, "level": level, "method": method, "n": self.n}
        if level in self.counts:
            count = self.counts[level].count
            row |= {"count": count, "percent": 100 * count / self.n}
        self.rows.append(row | found | {"evidence": str(weakest(s.evidence for s in sources))})

    def shares_between(self, level: str) -> tuple[float, float]:
        """The least and the greatest share (per cent) that the level can have, unaccounted in."""
        low, high = rounded(self.shares[level])
        # With one share given, the rest belongs to the other levels.
        if set(self.shares) != set(self.counts):
            return low, high
        return low, max(
            high, 100 - sum(rounded(s)[0] for k, s in self.shares.items() if k != level)
        )

    def known_members(self, level: str) -> list[int]:
        """How many members of a level the population can have."""
        if level in self.members:
            return [self.members[level].count]
        if level in self.shares:
            return possible_counts(self.shares[level].text, self.population.count)
        return []

    def finite_readings(self, level: str) -> list[tuple[str, list[int]]]:
        """What the members of a level can be, in words and numbers: as printed, then at most."""
        known = self.known_members(level)
        if not known:
            return []
        size = self.population.count
        readings = [(f"{span_of(known)} of {size}", known)]
        if set(self.shares) == set(self.counts):
            others = [self.known_members(other) for other in self.counts if other != level]
            most = size - sum(min(o) for o in others if o)
            if all(others) and most > known[-1]:
                every = list(range(known[0], most + 1))
                readings.append((f"{span_of(every)} of {size}, {UNACCOUNTED}", every))
        return readings


def rounded(share: Declared) -> tuple[float, float]:
    """The ends of what a percentage may stand for: rounded as printed, or as written."""
    half = 0.5 * 10.0 ** -decimals(share.text)
    return max(share.value - half, 0.0), min(share.value + half, 100.0)


def span_of(values: Sequence[int]) -> str:
    """The least and the greatest value, in words."""
    first, last = min(values), max(values)
    return str(first) if first == last else f"{first} to {last}"
