"""What is known of a set of records, as conditions on counts, and where it is printed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medlead.reconstruction.space import Selection, Space

INFINITE = float("inf")


@dataclass(frozen=True)
class Requirement:
    """A sum of counts, each with a factor, that lies between `low` and `high`."""

    terms: tuple[tuple[float, Selection], ...]
    low: float = -INFINITE
    high: float = INFINITE

    def value(self, space: Space, counts: npt.NDArray[np.float64]) -> float:
        """The sum in a set of counts."""
        return sum(factor * space.count(chosen, counts) for factor, chosen in self.terms)

    def slack(self, space: Space, counts: npt.NDArray[np.float64]) -> float:
        """By how many records the sum misses the interval."""
        value = self.value(space, counts)
        return max(self.low - value, value - self.high, 0.0)


@dataclass(frozen=True)
class Fact:
    """One printed cell and all that it requires of the records.

    Its slack is the sum over its requirements, or the greatest of them where they
    share one slack (as the other values do that a commonest value must not fall below).
    `population` is the record that is meant, by its name; "" for all records together.
    `of` is the variable whose least, greatest or commonest value is printed.
    """

    item: str
    row: str
    column: str
    text: str
    kind: str
    requirements: tuple[Requirement, ...]
    shared: bool = False
    population: str = ""
    of: str = ""

    @property
    def cell(self) -> tuple[str, str, str]:
        """Item, row and column."""
        return self.item, self.row, self.column

    def slack(self, space: Space, counts: npt.NDArray[np.float64]) -> float:
        """By how many records the counts miss what the cell requires."""
        found = [requirement.slack(space, counts) for requirement in self.requirements]
        return max(found) if self.shared else sum(found)

    def found(self, space: Space, counts: npt.NDArray[np.float64]) -> float:
        """The value of the first requirement: for a count, what the records give."""
        return self.requirements[0].value(space, counts)


def number_of(selection: Selection, low: float, high: float | None = None) -> Requirement:
    """The number of selected records lies between two ends (one number: is exactly that)."""
    return Requirement(((1.0, selection),), low, low if high is None else high)
