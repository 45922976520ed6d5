"""The values of the language of claims: numbers as intervals, series, texts, and truth in three.

A number stands for everything between its ends (exact); a truth is held, refused, or open
where the numbers allow both. What a value rests on travels with it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from medlead.sources.texts import nearest
from medlead.writing import plain_number

BEYOND = Fraction(10**400)
"""Stands for no limit: further out than any number that a result can hold."""
PERCENT, SHARE = "percent", "share"
WITHIN_ROUNDING, SET_HAS_BOTH, INTERVAL_HAS_BOTH, TIED, AT_HAND = (
    "within-rounding",
    "identified-set-contains-both",
    "interval-contains-both",
    "tied",
    "records-at-hand",
)
"""Why a truth is open (see `medlead.verdicts.claim_verdicts`)."""


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
    of an estimate. `text` is how it is printed, `about` the label that it belongs to.
    """

    low: Fraction
    high: Fraction
    rounded: bool = False
    unit: str = ""
    interval: bool = False
    text: str = ""
    about: str = ""
    basis: Basis = field(default_factory=Basis)

    @property
    def single(self) -> bool:
        """Whether it is one value."""
        return self.low == self.high

    def __str__(self) -> str:
        told = self.text or _shown(self)
        if self.unit == SHARE and not self.text:
            told = _shown(combined([self], lambda v: v * 100)) + " %"
        elif self.unit == PERCENT:
            told += " %"
        return f"{told} ({self.about})" if self.about else told


@dataclass(frozen=True)
class Text:
    """A printed or written text."""

    text: str
    basis: Basis = field(default_factory=Basis)

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


@dataclass(frozen=True)
class Truth:
    """Held (True), refused (False) or open (None).

    `firm` is the same with every word whose threshold is ours taken as open. `why` tells
    why parts are open, `told` what was computed, `held` whether it holds by construction.
    """

    value: bool | None
    firm: bool | None
    told: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
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


# -- truth in three values


def leaf(
    value: bool | None, told: str, *basis: Basis, why: str = SET_HAS_BOTH, firm: bool = True
) -> Truth:
    """The truth of one comparison.

    What rests on records that are one of many sets is open, whatever those at hand say.
    """
    rests = joint(basis)
    if rests.free and value is not None:
        of_them = "holds" if value else "does not hold"
        return Truth(None, None, (f"{told}: {of_them} of the records at hand",), (AT_HAND,))
    open_for = () if value is not None else (why,)
    return Truth(value, value if firm else None, (told,), open_for, rests.held)


def both(*truths: Truth) -> Truth:
    """All of them (Kleene)."""
    values = _all(t.value for t in truths), _all(t.firm for t in truths)
    return _joined(truths, *values, held=any(t.held for t in truths))


def either(*truths: Truth) -> Truth:
    """At least one of them (Kleene)."""
    values = _any(t.value for t in truths), _any(t.firm for t in truths)
    return _joined(truths, *values, held=all(t.held for t in truths if t.value))


def opposite(truth: Truth) -> Truth:
    """The other one; open stays open."""
    turned = [None if v is None else not v for v in (truth.value, truth.firm)]
    return replace(truth, value=turned[0], firm=turned[1])


def _all(values: Iterable[bool | None]) -> bool | None:
    given = list(values)
    return False if False in given else None if None in given else True


def _any(values: Iterable[bool | None]) -> bool | None:
    given = list(values)
    return True if True in given else None if None in given else False


def _joined(truths: Sequence[Truth], value: bool | None, firm: bool | None, held: bool) -> Truth:
    told = tuple(dict.fromkeys(words for t in truths for words in t.told))
    why = tuple(dict.fromkeys(reason for t in truths for reason in t.why))
    return Truth(value, firm, told, why, held, tuple(j for t in truths for j in t.judged))


# -- comparisons


def below(first: Number, second: Number) -> bool | None:
    """Whether the first is less than the second: of all choices, of none, or of some."""
    return True if first.high < second.low else False if first.low >= second.high else None


def at_most(first: Number, second: Number) -> bool | None:
    """Whether the first is not more than the second."""
    return True if first.high <= second.low else False if first.low > second.high else None


def equal(first: Number, second: Number) -> bool | None:
    """Whether two numbers are the same.

    Refused where they are apart; held where both are single and equal, or where what is
    left open is printed rounding alone, so that the one may be what was rounded.
    """
    if first.high < second.low or second.high < first.low:
        return False
    if all(n.single or n.rounded for n in (first, second)):
        return True
    return None


def open_reason(*numbers: Number) -> str:
    """Why a comparison of these is open."""
    wide = [n for n in numbers if not n.single]
    if not wide:
        return TIED
    if any(n.interval for n in wide):
        return INTERVAL_HAS_BOTH
    return WITHIN_ROUNDING if all(n.rounded for n in wide) else SET_HAS_BOTH


def same(first: str, second: str) -> bool:
    """Whether two texts are the same but for capitals and blanks around and between."""
    return " ".join(first.split()).casefold() == " ".join(second.split()).casefold()


_SIGNS: Mapping[str, Callable[[Number, Number], bool | None]] = {
    "<": below,
    "<=": at_most,
    ">": lambda a, b: below(b, a),
    ">=": lambda a, b: at_most(b, a),
    "==": equal,
    "!=": lambda a, b: None if (found := equal(a, b)) is None else not found,
}
_SAID = {
    "<": "below ",
    "<=": "at most ",
    ">": "above ",
    ">=": "at least ",
    "==": "",
    "!=": "other than ",
}
_TOLD = {True: "is", False: "is not", None: "may or may not be"}


def compared(first: Value, sign: str, second: Value) -> Truth:
    """One comparison of two numbers or two texts; raises Refused for anything else."""
    if isinstance(first, Number) and isinstance(second, Number):
        found = _SIGNS[sign](first, second)
        told = f"{first} {_TOLD[found]} {_SAID[sign]}{second}"
        why = open_reason(first, second)
        return leaf(found, told, first.basis, second.basis, why=why)
    if isinstance(first, Text) and isinstance(second, Text) and sign in ("==", "!="):
        alike = same(first.text, second.text)
        told = f"{first} {'is' if alike else 'is not'} {second}"
        return leaf(alike == (sign == "=="), told, first.basis, second.basis)
    raise Refused(
        f"these two cannot be compared by '{sign}'",
        "compare two numbers, or two texts by == or !=",
    )
