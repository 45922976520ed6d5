"""The words of checks that make numbers of series and of other numbers.

Every function is one word; its docstring is the one meaning that it has.
"""

from fractions import Fraction

from medlead.printed import number
from medlead.verdicts.claim_registry import Name, Names, word
from medlead.verdicts.claim_truths import below, compared
from medlead.verdicts.claim_values import (
    PLACE,
    SHARE,
    Number,
    Refused,
    Series,
    Text,
    Texts,
    added,
    combined,
    divided,
    entry_of,
    label_of,
    series_of,
    spanning,
)
from medlead.verdicts.claim_verdicts import Touch
from medlead.verdicts.places import listed

_ENDS = 3
"""How many labels of an extreme are named before the others are counted."""

# -- numbers from series


@word()
def total(s: Series) -> Number:
    """The sum of a series."""
    return added(s.items.values())


def _extreme(s: Series, sign: int) -> Number:
    values = list(s.items.items())
    ends = [max(sign * n.low for _, n in values), max(sign * n.high for _, n in values)]
    low, high = sorted(sign * end for end in ends)
    best = [(k, n) for k, n in values if (n.low, n.high) == (low, high)]
    about = listed([k for k, _ in best[:_ENDS]])
    more = len(best) - _ENDS
    about += f" and {more} {'other' if more == 1 else 'others'}" if more > 0 else ""
    return spanning(
        low,
        high,
        s.items.values(),
        unit=values[0][1].unit,
        text=best[0][1].text if best else "",
        about=about,
    )


@word()
def highest(s: Series) -> Number:
    """The highest number of a series."""
    return _extreme(s, 1)


@word()
def lowest(s: Series) -> Number:
    """The lowest number of a series."""
    return _extreme(s, -1)


@word()
def mean(s: Series) -> Number:
    """The mean of a series."""
    return combined([added(s.items.values())], lambda t: t / len(s.items))


@word()
def middle(s: Series) -> Number:
    """The median of a series."""
    ends = []
    for values in (
        sorted(n.low for n in s.items.values()),
        sorted(n.high for n in s.items.values()),
    ):
        half = len(values) // 2
        ends.append((values[half] + values[~half]) / 2)
    return spanning(ends[0], ends[1], s.items.values())


@word()
def spread(s: Series) -> Number:
    """The highest number of a series less the lowest."""
    high, low = _extreme(s, 1), _extreme(s, -1)
    least = max(high.low - low.high, Fraction(0))
    return spanning(least, high.high - low.low, s.items.values(), unit=high.unit)


@word()
def size(s: Series | Texts) -> Number:
    """How many labels a series has."""
    return Number(Fraction(len(s.items)), Fraction(len(s.items)), basis=s.basis)


@word()
def value(s: Series, label: Name) -> Number:
    """The number of one label."""
    return entry_of(s, label)


@word()
def pick(s: Series, labels: Names | None = None, *, but: Names | None = None) -> Series:
    """The part of a series with these labels, or without those of `but`."""
    chosen = [label_of(s, name) for name in (labels if labels is not None else s.items)]
    left_out = {label_of(s, name) for name in but or []}
    return series_of({name: s.items[name] for name in chosen if name not in left_out})


@word()
def share(part: Number, whole: Number) -> Number:
    """A part of a whole, from 0 to 1."""
    return divided(part, whole, unit=SHARE)


@word()
def shares(part: Series, whole: Series | Number) -> Series:
    """Each number of a series as a share of the same label of another, or of one number."""
    return Series(
        {
            name: divided(
                n, whole if isinstance(whole, Number) else entry_of(whole, name), unit=SHARE
            )
            for name, n in part.items.items()
        }
    )


@word()
def weighted_mean(counts: Series) -> Number:
    """The mean of the numbers that are the labels, each as often as it was counted."""
    try:
        by = {name: number(name) for name in counts.items}
    except ValueError:
        raise Refused("not every label of this series is a number", "pick those that are") from None
    weighed = added(combined([n], lambda v, at=by[k]: v * at) for k, n in counts.items.items())
    return divided(weighed, added(counts.items.values()))


@word()
def number_of(
    s: Series | Texts,
    *,
    above: Number | None = None,
    below: Number | None = None,
    at_least: Number | None = None,
    at_most: Number | None = None,
    equal: Number | Text | None = None,
    like: Text | None = None,
    unlike: Text | None = None,
    containing: Text | None = None,
) -> Number:
    """How many of a series are as asked: numbers by size, texts by what they say.

    `like` and `unlike` compare the whole text but for capitals and blanks; `containing`
    asks for a part of it. Several conditions must all be met.
    """
    sizes = {">": above, "<": below, ">=": at_least, "<=": at_most}
    tests: list[tuple[str, Number | Text]] = [(k, v) for k, v in sizes.items() if v is not None]
    tests += [("==", v) for v in (equal, like) if v is not None]
    tests += [("!=", unlike)] if unlike is not None else []
    if not tests and containing is None:
        raise Refused("number_of needs a condition", "add above=, at_least=, like= or another")
    sure = possible = 0
    for entry in s.items.values():
        met = [_meets(entry, sign, wanted) for sign, wanted in tests]
        if containing is not None:
            if not isinstance(entry, Text):
                raise Refused("containing= asks for texts", "use texts(...)")
            met.append(containing.text.casefold() in entry.text.casefold())
        sure += all(m is True for m in met)
        possible += all(m is not False for m in met)
    return Number(Fraction(sure), Fraction(possible), basis=s.basis)


def _meets(entry: Number | Text, sign: str, wanted: Number | Text) -> bool | None:
    if isinstance(entry, Number) and isinstance(wanted, Text):
        raise Refused("numbers are asked for a text here", "use texts(...) for like and unlike")
    # What it rests on travels with the count, not with its parts.
    plain = entry if isinstance(entry, Text) else Number(entry.low, entry.high, entry.rounded)
    bare = Text(plain.text) if isinstance(plain, Text) else plain
    return compared(bare, sign, wanted).value


@word(touches=Touch.RANK)
def rank_of(label: Name, s: Series) -> Number:
    """The place of a label from the highest; with ties all places that it can have."""
    own = entry_of(s, label)
    others = [n for name, n in s.items.items() if name != label_of(s, label)]
    ahead = sum(below(own, n) is True for n in others)
    level = sum(below(own, n) is not True and below(n, own) is not True for n in others)
    ends = Fraction(1 + ahead), Fraction(1 + ahead + level)
    return Number(*ends, unit=PLACE, about=f"{label} ({own})", basis=s.basis)
