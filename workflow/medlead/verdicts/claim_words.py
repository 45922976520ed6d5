"""The words of checks that are a truth and need no threshold.

Every function is one word; its docstring is the one meaning that it has. Words with a
threshold of ours stand in `claim_judgement`.
"""

import itertools
from dataclasses import replace
from fractions import Fraction

from medlead.printed import ROUNDING_RULES, decimals, number, reconciling_rule
from medlead.verdicts.claim_registry import Name, Names, word
from medlead.verdicts.claim_series_words import highest, lowest, rank_of
from medlead.verdicts.claim_truths import (
    at_most,
    below,
    both,
    compared,
    equal,
    leaf,
    open_reason,
    opposite,
    read_all_ways,
)
from medlead.verdicts.claim_values import (
    PERCENT,
    SHARE,
    Number,
    Refused,
    Series,
    Text,
    Texts,
    Truth,
    combined,
    entry_of,
    exact,
    folded,
    label_of,
    same,
)
from medlead.verdicts.claim_verdicts import ClaimReason, Touch

_SHOWN = 6
"""How many labels are named before the others are counted."""

# -- truth words that need no threshold


@word(touches=Touch.NUMBER)
def rounds_to(x: Number, printed: Text) -> Truth:
    """The number, rounded to the printed digits by any declared rule, gives the text."""
    plain = printed.text.strip()
    percent = plain.endswith("%")
    plain = plain.removesuffix("%").strip()
    if percent and x.unit == SHARE:
        x = combined([x], lambda v: v * 100, unit=PERCENT)
    try:
        aim = number(plain)
    except ValueError:
        raise Refused(
            f"'{printed.text}' is no printed number", "write digits, as printed"
        ) from None
    unit = Fraction(1, 10 ** decimals(plain))
    # Nearest takes half a unit either way; truncation all that begins with these digits.
    low = aim - (unit if aim == 0 else unit / 2 if aim > 0 else unit)
    high = aim + (unit / 2 if aim < 0 else unit)
    inside = [_gives(end, plain) for end in (x.low, x.high)]
    if x.single:
        rule = reconciling_rule(x.low, plain)
        told = f"{x} is printed as {printed.text}" + (f" ({rule})" if rule else " by no rule")
        return leaf(rule is not None, told, x.basis)
    meets: bool | None = (x.low < high and x.high > low) or any(inside)
    if meets and not x.rounded and not all(inside):
        meets = None
    return leaf(meets, f"{x}, printed as {printed.text}", x.basis)


def _gives(value: Fraction, text_: str) -> bool:
    return reconciling_rule(value, text_, tuple(ROUNDING_RULES)) is not None


def _part(part: Number, whole: Number) -> str:
    """A part of a whole in words: `41 of 72 (56.9 %)`, and of 1 or 100 only the percentage."""
    if whole.single and whole.low in (1, 100):
        return f"{combined([part], lambda a: a / whole.low * 100)} %"
    of = f"{part} of {whole}"
    if whole.low > 0:
        of += f" ({combined([part, whole], lambda a, b: a / b * 100):}".rstrip()
        of += " %)"
    return of


def _over_half(part: Number, whole: Number) -> Truth:
    half = combined([whole], lambda w: w / 2)
    of_one = whole.single and whole.low in (1, 100)
    most = "above 50 %" if of_one else str(int(half.low) + 1)
    least = f"; more than half is {most}" if whole.single else ""
    return leaf(
        below(half, part),
        _part(part, whole) + least,
        part.basis,
        whole.basis,
        why=open_reason(half, part),
    )


@word(touches=Touch.MAJORITY)
def most(part: Number, whole: Number) -> Truth:
    """More than half of the whole."""
    return _over_half(part, whole)


@word(touches=Touch.MAJORITY)
def majority(part: Number, whole: Number) -> Truth:
    """More than half of the whole."""
    return _over_half(part, whole)


@word(touches=Touch.MAJORITY)
def minority(part: Number, whole: Number) -> Truth:
    """Less than half of the whole."""
    half = combined([whole], lambda w: w / 2)
    return leaf(
        below(part, half), _part(part, whole), part.basis, whole.basis, why=open_reason(half, part)
    )


@word(touches=Touch.MAJORITY)
def all_of(part: Number, whole: Number) -> Truth:
    """The whole without exception."""
    return leaf(equal(part, whole), _part(part, whole), part.basis, whole.basis)


@word(touches=Touch.NUMBER)
def none_of(x: Number) -> Truth:
    """Not one."""
    return leaf(equal(x, exact(0)), f"{x}, none wanted", x.basis, why=open_reason(x))


@word(touches=Touch.COMPARISON)
def higher(first: Number, second: Number) -> Truth:
    """The first number is more than the second."""
    return compared(first, ">", second)


@word(touches=Touch.COMPARISON)
def lower(first: Number, second: Number) -> Truth:
    """The first number is less than the second."""
    return compared(first, "<", second)


@word(touches=Touch.COMPARISON)
def upwards_of(x: Number, y: Number) -> Truth:
    """Not less than the number that is named."""
    return compared(x, ">=", y)


def _ahead(a: Number, b: Number, sign: int) -> bool:
    return (below(b, a) if sign > 0 else below(a, b)) is True


def _outermost(labels: Names, s: Series, sign: int) -> Truth:
    """Whether these stand before all others, from the highest (1) or the lowest (-1)."""
    inner = [label_of(s, name) for name in labels]
    others = [name for name in s.items if name not in inner]
    if not others:
        raise Refused("these are all labels of the series", "name some of them")
    found: list[bool | None] = []
    pairs = [(s.items[a], s.items[b]) for a in inner for b in others]
    for a, b in pairs:
        # A tie leaves open which of them stands before the other.
        found.append(True if _ahead(a, b, sign) else False if _ahead(b, a, sign) else None)
    value_ = False if False in found else None if None in found else True
    ties = [p for p, f in zip(pairs, found, strict=True) if f is None]
    told = ", ".join(f"{name}: {s.items[name]}" for name in inner)
    ordered = sorted(others, key=lambda n: (-sign * s.items[n].high, -sign * s.items[n].low))
    # What stands in the way is named in full: all that the last of these is behind.
    last = min(inner, key=lambda n: sign * s.items[n].high)
    beyond = [n for n in ordered if _ahead(s.items[n], s.items[last], sign)]
    named = beyond or ordered[:1]
    stand = "stands" if len(beyond) == 1 else "stand"
    how = f"{'above' if sign > 0 else 'below'} {last} {stand}" if beyond else "next"
    told += f"; {how} {', '.join(f'{n}: {s.items[n]}' for n in named)}"
    why = open_reason(*(n for pair in ties for n in pair))
    return leaf(value_, told, s.basis, why=why)


@word(touches=Touch.RANK)
def most_frequent(label: Names, s: Series) -> Truth:
    """The label, or each of these, stands before all others; a tie with another leaves it open."""
    return _outermost(label, s, 1)


@word(touches=Touch.RANK)
def least_frequent(label: Names, s: Series) -> Truth:
    """The label, or each of these, stands behind all others; a tie with another leaves it open."""
    return _outermost(label, s, -1)


@word(touches=Touch.RANK)
def among_most_frequent(label: Names, s: Series, k: Number) -> Truth:
    """The label, or each of these, is one of the first k; a tie at the edge leaves it open."""
    ranks = [rank_of(Name(name), s) for name in label]
    parts = [
        leaf(
            at_most(r, k),
            f"{name}: {entry_of(s, name)}, place {_bare(r)}",
            s.basis,
            why=_open_reason_of_rank(r),
        )
        for name, r in zip(label, ranks, strict=True)
    ]
    return both(*parts)


def _bare(n: Number) -> Number:
    return Number(n.low, n.high)


def _open_reason_of_rank(rank: Number) -> ClaimReason:
    """Places that are open are tied."""
    return open_reason(exact(1)) if not rank.single else open_reason(rank)


@word(touches=Touch.RANK)
def in_order_(labels: Names, s: Series) -> Truth:
    """The numbers of these labels never rise from one to the next."""
    names = [label_of(s, name) for name in labels]
    if len(names) < 2:
        raise Refused("an order needs two labels", "name at least two")
    pairs = itertools.pairwise(names)
    parts = [compared(s.items[a], ">=", s.items[b]) for a, b in pairs]
    truth = both(*parts)
    told = ", ".join(f"{name}: {s.items[name]}" for name in names)
    return Truth(truth.value, truth.firm, (told,), truth.why, truth.held)


@word(touches=Touch.BAND)
def range_is(s: Series, low: Number, high: Number) -> Truth:
    """The lowest and the highest of a series are these."""
    ends = both(compared(lowest(s), "==", low), compared(highest(s), "==", high))
    told = f"the lowest is {lowest(s)}, the highest {highest(s)}; said are {low} and {high}"
    return replace(ends, told=(told,))


@word(touches=Touch.COMPARISON)
def differs_between(s: Series | Texts) -> Truth:
    """Not all of a series are the same."""
    if isinstance(s, Texts):
        spelt = {folded(t.text) for t in s.items.values()}
        return leaf(len(spelt) > 1, f"{len(spelt)} texts in {len(s.items)} places", s.basis)
    low, high = lowest(s), highest(s)
    return opposite(compared(low, "==", high))


@word()
def by_all_readings(first: Truth, second: Truth, third: Truth | None = None) -> Truth:
    """The sentence is so by each of several fair readings; where they disagree it is open."""
    return read_all_ways([given for given in (first, second, third) if given is not None])


@word(touches=Touch.WORDING)
def contains(s: Series | Texts | Text, label: Name) -> Truth:
    """A series has this label, or a text these words (but for capitals)."""
    if isinstance(s, Text):
        there = label.casefold() in s.text.casefold()
        told = f"{s.name or 'the text'} reads {s}"
        if not same(s.text, label):
            told += f", {'with' if there else 'without'} '{label}'"
        return leaf(there, told, s.basis)
    there = any(same(name, label) for name in s.items)
    shown = ", ".join(f"'{name}'" for name in list(s.items)[:_SHOWN])
    rest = f" and {len(s.items) - _SHOWN} others" if len(s.items) > _SHOWN else ""
    told = f"'{label}' is {'among' if there else 'not among'} {shown}{rest}"
    return leaf(there, told if s.items else f"'{label}' is not there, as nothing is", s.basis)


@word(touches=Touch.WORDING)
def same_text(first: Text, second: Text) -> Truth:
    """Two texts are the same but for capitals and blanks."""
    return compared(first, "==", second)
