"""What a relation between printed cells is: its kinds, its single tests and their outcomes."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from medlead.printed import number

Key = tuple[str, str, str]
"""One printed cell: item, row, column."""

SELECTIONS = {
    "total": ("parts", "total"),
    "share": ("percent", "count", "base"),
    "equal-sums": ("left", "right"),
    "at-most": ("parts", "limit"),
    "same": ("first", "second"),
    "descending": ("parts",),
    "none": ("parts",),
    "whole": ("parts",),
    "lowest": ("parts", "total"),
    "highest": ("parts", "total"),
    "lowest-band": ("parts", "value"),
    "highest-band": ("parts", "value"),
    "commonest": ("parts", "value"),
    "ranked": ("place", "value", "base"),
    "most-within": ("parts", "ends"),
    "commonest-within": ("parts", "ends"),
    "number-of": ("parts", "total"),
    "within": ("parts", "low", "high"),
    "on-scale": ("parts",),
    "together": ("first", "second"),
    "goes-with": ("first", "second"),
    "counted": ("record", "counts"),
    "listed": ("parts",),
    "product": ("parts",),
    "possible-share": ("parts", "n"),
    "composite": ("whole", "parts"),
    "monotone": ("sizes", "marks"),
}
"""The selections that each kind of relation needs."""
KINDS = tuple(SELECTIONS)
KIND_MEANINGS = {
    "total": "parts add up to their total",
    "share": "a percentage follows from its count",
    "equal-sums": "the same trusts counted two ways",
    "at-most": "no more trusts than there are",
    "same": "one number or text printed twice",
    "descending": "a stated order",
    "none": "nobody where the text says nobody",
    "whole": "percentages of all parts add up to 100",
    "lowest": "the lowest of several values",
    "highest": "the highest of several values",
    "lowest-band": "the low end of a stated range",
    "highest-band": "the high end of a stated range",
    "commonest": "the commonest value, or the next after it",
    "ranked": "a place in an order of counts",
    "most-within": "most lie within a stated range",
    "commonest-within": "the commonest band lies within a stated range",
    "number-of": "how many of some cells are as stated",
    "within": "values lie between two printed ends",
    "on-scale": "values are of their scale",
    "together": "two facts that go together",
    "goes-with": "words that go with each other",
    "counted": "a record is among those that a table counts",
    "listed": "as many as are listed",
    "product": "a whole and what it is made of",
    "possible-share": "a percentage that some count can give",
    "composite": "a scale and its parts",
    "monotone": "a stronger coefficient has no fewer stars",
}
"""What each kind of relation tests, in a reader's words."""
BOUNDING = KINDS[KINDS.index("within") :]
"""The kinds that say what cannot be, and never what a cell must read."""
TERMS = {
    "on-scale": ("scale", "low", "high", "step", "also"),
    "together": ("first", "second"),
    "goes-with": None,
    "counted": None,
    "listed": ("more",),
    "product": ("pattern",),
    "possible-share": ("others",),
}
"""The words that a kind of relation may be given besides its cells; None: any, each with others."""
BANDS = ("lowest-band", "highest-band")
WITHIN = ("most-within", "commonest-within")
ORDERED, ALIKE = ("below", "above"), ("is", "is-not")
BEGINS = "begins"
WHICH = (*ORDERED, *ALIKE, BEGINS)
"""Which cells `number-of` counts: by a number, or by what they read (numbers by value)."""
ALL = Fraction(100)
"""What the percentages of all parts add up to, but for their rounding."""
TIE = "tie"
"""The rule of a place that equal counts leave open."""


class DeclarationError(ValueError):
    """A declared relation does not fit the printed cells: a fault in the declarations."""


@dataclass(frozen=True)
class Cell:
    """One printed cell as the engine sees it."""

    key: Key
    text: str
    kind: str


@dataclass(frozen=True)
class Instance:
    """One single test: two groups of cells, and for a share the base it is taken of.

    `left` and `right` are the cells of each side; for a share `left` is the
    percentage, `right` the count; for `at-most` `right` is the limit. `derived`
    is the cell whose value follows from the others, where there is one. For `lowest`
    and `highest` `right` is the extreme of `left`; for the bands it is a value that
    must lie in the lowest or highest band of `left` that counts anyone. For `ranked`
    `left` is the place, `right` the count, `base` all counts; for the ranges `right`
    are the low and the high end. `differs` tells in our words how two wordings differ.
    For `number-of` `left` are the cells that are looked at and `right` is how many of them
    are as `which` says, all where it is empty: held against what the one cell of `base`
    prints, else against `value`. `terms` are the words and numbers that a kind needs besides
    cells, such as a scale. For `counted` `left` is one record, `right` the counts of a table
    and `base` all records. Where `reading` is set, the test stands for one of several
    ways to understand the print, and says nothing if that is not how it is meant. `per` is what
    a share is of: 100 for a percentage, 1 for a mean. For `same`, `to` is the whole unit that
    the second printing is rounded to, and with `leading` the first is the number that its text
    begins with.
    """

    relation: str
    name: str
    kind: str
    says: str
    left: tuple[Key, ...]
    right: tuple[Key, ...]
    base: tuple[Key, ...] = ()
    derived: Key | None = None
    rank: int = 1
    differs: str = ""
    which: str = ""
    value: str = ""
    reading: str = ""
    per: int = 100
    to: int = 1
    leading: bool = False
    terms: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def cells(self) -> tuple[Key, ...]:
        """All cells that the test reads."""
        return self.left + self.right + self.base


@dataclass(frozen=True)
class Outcome:
    """What a test found: both sides, whether it holds, and the rounding rule it needs.

    `blamed` are the cells of which one must be wrong, where the test itself tells.
    """

    instance: Instance
    holds: bool
    left: str
    right: str
    rule: str = ""
    blamed: tuple[Key, ...] = ()


def tests_by_cell(instances: Iterable[Instance]) -> dict[Key, list[Instance]]:
    """The tests that read each cell, in their order."""
    found: dict[Key, list[Instance]] = {}
    for instance in instances:
        for key in dict.fromkeys(instance.cells):
            found.setdefault(key, []).append(instance)
    return found


def band_of(key: Key) -> tuple[Fraction, Fraction]:
    """The numbers that a cell's heading stands for: `50-99`, or `3`."""
    for heading in (key[2], key[1]):
        low, mark, high = heading.partition("-")
        try:
            return number(low), number(high if mark else low)
        except ValueError:
            continue
    raise DeclarationError(f"{key}: neither heading is a number or a band of numbers")
