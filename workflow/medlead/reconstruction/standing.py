"""Where doctors and groups stand on the scales, for the making and checking of simulated answers.

Scores are exact whole numbers (sums of items, weighted so that every sub-scale counts
alike in what stands above it), so that ties with the norm sample are ties. An own, small
scorer: it is what the engine of `medlead.engagement` is compared with.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from medlead.engagement.instrument import Instrument, RankKind

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

SIDES = ("organisational", "individual")


@dataclass(frozen=True)
class Scales:
    """The scales as weights of items.

    `weights` are items x columns: how much an item counts, as whole numbers. Each column
    (scale) is scaled by a factor of its own, which changes no rank. `sides` names the
    columns of the two sides of each scale that stands on the grid, `subs` the sub-scales.
    """

    items: tuple[str, ...]
    columns: tuple[str, ...]
    weights: Whole
    backward: npt.NDArray[np.bool_]
    low: int
    high: int
    sides: Mapping[str, tuple[str, str]]
    subs: tuple[str, ...]
    definition: RankKind

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Where each column stands; the side of a scale as `index:organisational` too."""
        found = {column: number for number, column in enumerate(self.columns)}
        for scale, pair in self.sides.items():
            for side, column in zip(SIDES, pair, strict=True):
                found[f"{scale}:{side}"] = found[column]
        return found

    def scores(self, answers: Whole) -> Whole:
        """Respondents x items, all answered, to respondents x columns."""
        keyed = np.where(self.backward, self.low + self.high - answers, answers)
        return np.asarray(keyed @ self.weights, dtype=np.int64)


def scales_of(instrument: Instrument) -> Scales:
    """The scales of an instrument whose answers are numbered in steps of one.

    Raises ValueError where they are not, since a score is then no sum of the numbers.
    """
    values = [point.value for point in instrument.points]
    if values != list(range(values[0], values[0] + len(values))):
        raise ValueError("the answers are not numbered in steps of one")
    names = instrument.item_names
    made: dict[str, list[Fraction]] = {}
    for scale in instrument.scales:
        total = sum(scale.weights)
        row = [Fraction(0)] * len(names)
        for part, weight in zip(scale.parts, scale.weights, strict=True):
            if scale.of_items:
                row[names.index(part)] += Fraction(weight, total)
            else:
                row = [
                    r + Fraction(weight, total) * p for r, p in zip(row, made[part], strict=True)
                ]
        made[scale.name] = row
    whole = []
    for row in made.values():
        factor = math.lcm(*(share.denominator for share in row))
        whole.append([int(share * factor) for share in row])
    maps = instrument.typology.maps
    return Scales(
        names,
        tuple(made),
        np.array(whole, dtype=np.int64).T,
        np.array([item.reverse for item in instrument.items]),
        values[0],
        values[-1],
        {m.name: (m.organisational, m.individual) for m in maps},
        tuple(scale.name for scale in instrument.scales if scale.of_items),
        instrument.definition,
    )


@dataclass(frozen=True)
class Norms:
    """A norm sample: its sorted scores, one row for each column of the scales."""

    scales: Scales
    ordered: Whole

    @classmethod
    def of(cls, scales: Scales, answers: Whole) -> "Norms":
        """The norms of respondents x items."""
        return cls(scales, np.sort(scales.scores(answers), axis=0).T.copy())

    @property
    def size(self) -> int:
        """How many doctors the sample has."""
        return int(self.ordered.shape[1])

    def percentiles(self, answers: Whole) -> Numbers:
        """Respondents x items to respondents x columns: percentile ranks from 0 to 100.

        The share of the norm sample below the score (strict), below or equal (weak), or
        the mean of the two, as the scales say.
        """
        scores = self.scales.scores(answers)
        below = np.column_stack(
            [np.searchsorted(o, s, "left") for o, s in zip(self.ordered, scores.T, strict=True)]
        )
        up_to = np.column_stack(
            [np.searchsorted(o, s, "right") for o, s in zip(self.ordered, scores.T, strict=True)]
        )
        kind = self.scales.definition
        doubled = below + (below if kind is RankKind.STRICT else up_to)
        if kind is RankKind.WEAK:
            doubled = 2 * up_to
        return np.asarray(50.0 * doubled / self.size, dtype=np.float64)


@dataclass(frozen=True)
class Site:
    """One site's returns: standing and tallies of the site as a whole (row 0) and each group.

    `standing` is rows x columns of the scales, `tallies` rows x questions x answers.
    """

    groups: tuple[str, ...]
    sizes: tuple[int, ...]
    standing: Numbers
    tallies: Whole

    def row(self, group: str) -> int:
        """The row of a group; the empty name is the site. Raises KeyError for another name."""
        if not group:
            return 0
        if group not in self.groups:
            raise KeyError(group)
        return 1 + self.groups.index(group)


def site_of(
    groups: Sequence[str],
    member: Whole,
    percentiles: Numbers,
    section_b: Whole,
    answers: Sequence[int],
) -> Site:
    """A site from its doctors: `member` numbers each doctor's group in the order of `groups`.

    `section_b` is doctors x questions, with a number that is none of `answers` for no answer.
    """
    chosen = [np.ones(len(member), dtype=bool), *(member == g for g in range(len(groups)))]
    return Site(
        tuple(groups),
        tuple(int(c.sum()) for c in chosen),
        np.array([percentiles[c].mean(axis=0) for c in chosen]),
        tally(chosen, section_b, answers),
    )


def tally(
    chosen: Sequence[npt.NDArray[np.bool_]], section_b: Whole, answers: Sequence[int]
) -> Whole:
    """How many of each selection gave each answer: selections x questions x answers."""
    given = section_b[:, :, None] == np.asarray(answers)
    return np.array([given[c].sum(axis=0) for c in chosen], dtype=np.int64)
