"""The values of the language of claims: numbers as intervals, series, texts and truths.

A number stands for everything between its ends (exact arithmetic). What a value rests on
travels with it. How truths come about is told in `medlead.verdicts.claim_truths`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from medlead.sources.texts import nearest
from medlead.verdicts.claim_verdicts import ClaimReason
from medlead.writing import plain_number

BEYOND = Fraction(10**400)
"""Stands for no limit: further out than any number that a result can hold."""
PERCENT, SHARE, PLACE = "percent", "share", "place"
# Of more signs than these a computed number is no reading.
_LONG = 8


class Refused(Exception):
    """A check that cannot be evaluated: `what` is wrong, and how to `mend` it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


class NotBuilt(Exception):
    """A result that this run does not have."""


@dataclass(frozen=True)
class Basis:
    """What a value rests on beside the print.

    `free`: records that are one of many sets which the print allows. `held`: records that
    were made to show this very print.
    """

    free: bool = False
    held: bool = False

    def __or__(self, other: "Basis") -> "Basis":
        return Basis(self.free or other.free, self.held or other.held)


def joint(bases: Iterable[Basis]) -> Basis:
    """What values rest on together."""
    found = Basis()
    for basis in bases:
        found = found | basis
    return found


@dataclass(frozen=True)
class Number:
    """All that a number can be, ends included.

    `rounded`: the width comes from printed rounding alone, so that a value inside is what
    may have been printed; else the width is a set of possible values, or with `interval` that
    of an estimate. `text` is how it is printed, `about` the label that it belongs to, `name` what
    it is, which a comparison tells.
    """

    low: Fraction
    high: Fraction
    rounded: bool = False
    unit: str = ""
    interval: bool = False
    text: str = ""
    about: str = ""
    basis: Basis = field(default_factory=Basis)
    name: str = field(default="", compare=False)

    @property
    def full(self) -> str:
        """The number with what it is, where that is known."""
        if not self.name:
            return str(self)
        about = f": {self.about}" if self.about and self.about not in self.name else ""
        return f"{replace(self, about='')} ({self.name}{about})"

    @property
    def single(self) -> bool:
        """Whether it is one value."""
        return self.low == self.high

    def __str__(self) -> str:
        told = self.text or _shown(self)
        if self.unit == PLACE:
            return f"{self.about or 'it'} stands in place {told}"
        if self.unit == SHARE and not self.text:
            told = _shown(combined([self], lambda v: v * 100)) + " %"
        elif self.unit == PERCENT:
            told += " %"
        return f"{told} ({self.about})" if self.about else told


@dataclass(frozen=True)
class Text:
    """A printed or written text; `name` is what it is, for a reader."""

    text: str
    basis: Basis = field(default_factory=Basis)
    name: str = field(default="", compare=False)

    @property
    def full(self) -> str:
        """The text with what it is, where that is known."""
        return f"{self} ({self.name})" if self.name else str(self)

    def __str__(self) -> str:
        return f"'{self.text}'"


@dataclass(frozen=True)
class Series:
    """Numbers by label, in printed order."""

    items: Mapping[str, Number]

    @property
    def basis(self) -> Basis:
        """What the numbers rest on together."""
        return joint(n.basis for n in self.items.values())


@dataclass(frozen=True)
class Texts:
    """Texts by label, in printed order."""

    items: Mapping[str, Text]

    @property
    def basis(self) -> Basis:
        """What the texts rest on together."""
        return joint(t.basis for t in self.items.values())


@dataclass(frozen=True)
class Judged:
    """One use of a word whose threshold is ours: where the threshold would turn its truth."""

    word: str
    threshold: str
    turns_at: str
    place: int = -1

    @property
    def placed(self) -> bool:
        """Whether its place in a check is known."""
        return self.place >= 0


@dataclass(frozen=True)
class Truth:
    """Held (True), refused (False) or open (None).

    `firm` is the same with every word whose threshold is ours taken as open. `why` tells
    why parts are open, `told` what was computed, `held` whether it holds by construction.
    """

    value: bool | None
    firm: bool | None
    told: tuple[str, ...] = ()
    why: tuple[ClaimReason, ...] = ()
    held: bool = False
    judged: tuple[Judged, ...] = ()


Value = Number | Text | Series | Texts | Truth


def exact(value: Fraction | int, **more: str) -> Number:
    """A number that is one value."""
    return Number(Fraction(value), Fraction(value), **more)  # type: ignore[arg-type]


def _shown(number: Number) -> str:
    if number.single:
        return shown(number.low)
    return f"{shown(number.low)} to {shown(number.high)}"


def shown(value: Fraction) -> str:
    """One value for a reader: whole numbers in full, others with four significant digits."""
    if abs(value) >= BEYOND / 10**9:
        return "no limit"
    if value.denominator == 1:
        return str(value.numerator)
    return plain_number(float(f"{float(value):.4g}"))


def short_text(text: object) -> str:
    """A long computed number as it is shown to a reader (`shown`); all other texts as they are."""
    told = str(text)
    try:
        value = Fraction(told)
    except ValueError:
        return told
    return shown(value) if len(told) > _LONG else told


def spanning(
    low: Fraction,
    high: Fraction,
    of: Iterable[Number],
    *,
    unit: str = "",
    text: str = "",
    about: str = "",
) -> Number:
    """A number that was made of others, given its ends; it rests on what all of them rest on.

    Its width is rounding where that of each of them is, and that of an estimate where one is.
    """
    made_of = list(of)
    wide = [n for n in made_of if not n.single]
    return Number(
        low,
        high,
        rounded=bool(wide) and all(n.rounded for n in wide),
        unit=unit,
        interval=any(n.interval for n in wide),
        text=text,
        about=about,
        basis=joint(n.basis for n in made_of),
    )


def combined(
    numbers: Sequence[Number], function: Callable[..., Fraction], *, unit: str = ""
) -> Number:
    """A function that is monotone in each number, of all that the numbers can be."""
    corners: list[tuple[Fraction, ...]] = [()]
    for number in numbers:
        ends = {number.low, number.high}
        corners = [(*corner, end) for corner in corners for end in sorted(ends)]
    found = [function(*corner) for corner in corners]
    return spanning(min(found), max(found), numbers, unit=unit)


def added(numbers: Iterable[Number]) -> Number:
    """The sum of numbers; of none it is zero."""
    given = list(numbers)
    low, high = (
        sum(ends, Fraction(0)) for ends in ([n.low for n in given], [n.high for n in given])
    )
    units = {n.unit for n in given}
    return spanning(low, high, given, unit=units.pop() if len(units) == 1 else "")


def divided(part: Number, whole: Number, *, unit: str = "") -> Number:
    """One number over another; raises Refused where the other can be zero."""
    if whole.low <= 0 <= whole.high:
        raise Refused(f"nothing can be divided by {whole}, which can be zero", "name another whole")
    return combined([part, whole], lambda a, b: a / b, unit=unit)


def folded(text: str) -> str:
    """A text without capitals, and with single blanks between its words only."""
    return " ".join(text.split()).casefold()


def same(first: str, second: str) -> bool:
    """Whether two texts are the same but for capitals and blanks around and between."""
    return folded(first) == folded(second)


def series_of(items: dict[str, Number]) -> Series:
    """A series of at least one number; raises Refused for none."""
    if not items:
        raise Refused("no cell or row that was asked for has a number", "ask for its texts")
    return Series(items)


def entry_of(s: Series, label: str) -> Number:
    """The number of a label; raises Refused for one that the series has not."""
    return s.items[label_of(s, label)]


def label_of(s: Series | Texts, label: str) -> str:
    """The label as the series spells it; raises Refused, with the nearest, where there is none."""
    for name in s.items:
        if same(name, label):
            return name
    near = nearest(label, s.items)
    have = ", ".join(f"'{n}'" for n in list(s.items)[:12])
    raise Refused(
        f"the series has no label '{label}'",
        f"did you mean '{near}'?" if near else f"it has {have}",
    )
