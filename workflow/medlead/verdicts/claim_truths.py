"""Truth in three values: what comparisons of numbers and texts give, and how truths are joined.

A truth is held, refused, or open where the numbers allow both (Kleene 1952).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from medlead.verdicts.claim_values import (
    PLACE,
    Basis,
    Number,
    Refused,
    Text,
    Truth,
    Value,
    joint,
    same,
)
from medlead.verdicts.claim_verdicts import ClaimReason


def leaf(
    value: bool | None,
    told: str,
    *basis: Basis,
    why: ClaimReason = ClaimReason.SET_HAS_BOTH,
    firm: bool = True,
) -> Truth:
    """The truth of one comparison.

    What rests on records that are one of many sets is open, whatever those at hand say.
    """
    rests = joint(basis)
    if rests.free and value is not None:
        of_them = "holds" if value else "does not hold"
        return Truth(
            None, None, (f"{told}: {of_them} of the records at hand",), (ClaimReason.AT_HAND,)
        )
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


def read_all_ways(readings: Sequence[Truth]) -> Truth:
    """One sentence by several fair readings: as they all say, and open where they disagree."""
    value, firm = ({r.value for r in readings}, {r.firm for r in readings})
    joined = _joined(
        [replace(r, told=_of_reading(n, r)) for n, r in enumerate(readings, 1)],
        value.pop() if len(value) == 1 else None,
        firm.pop() if len(firm) == 1 else None,
        held=any(r.held for r in readings),
    )
    if not {True, False} <= {r.value for r in readings}:
        return joined
    # Of several reasons the first is told: that they disagree is the plainest.
    return replace(joined, why=(ClaimReason.READINGS, *joined.why))


def _of_reading(number: int, truth: Truth) -> tuple[str, ...]:
    """What was computed of one reading, with what comes of it before the first."""
    said = {True: "so", False: "not so", None: "open"}[truth.value]
    before = f"reading {number}, {said}: "
    return tuple(words if n else before + words for n, words in enumerate(truth.told))


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


def open_reason(*numbers: Number) -> ClaimReason:
    """Why a comparison of these is open."""
    wide = [n for n in numbers if not n.single]
    if not wide:
        return ClaimReason.TIED
    if any(n.interval for n in wide):
        return ClaimReason.INTERVAL_HAS_BOTH
    return ClaimReason.WITHIN_ROUNDING if all(n.rounded for n in wide) else ClaimReason.SET_HAS_BOTH


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
        told = f"{first.full} {_TOLD[found]} {_SAID[sign]}{second.full}"
        if first.unit == PLACE and sign == "==":
            rest = {True: "", False: f", not {second}", None: f"; asked is {second}"}
            told = f"{first}{rest[found]}"
        why = open_reason(first, second)
        return leaf(found, told, first.basis, second.basis, why=why)
    if isinstance(first, Text) and isinstance(second, Text) and sign in ("==", "!="):
        alike = same(first.text, second.text)
        told = f"{first.full} {'is' if alike else 'is not'} {second.full}"
        return leaf(alike == (sign == "=="), told, first.basis, second.basis)
    raise Refused(
        f"these two cannot be compared by '{sign}'",
        "compare two numbers, or two texts by == or !=",
    )
