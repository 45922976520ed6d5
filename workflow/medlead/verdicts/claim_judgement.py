"""Words of checks whose threshold is ours: it stands in `words.yaml`, with their meaning.

Each truth tells what was measured, the threshold, and where the threshold would turn it.
"""

import math
from dataclasses import replace
from fractions import Fraction

from medlead.verdicts.claim_registry import Context, word
from medlead.verdicts.claim_truths import at_most, below, both, compared, leaf, open_reason
from medlead.verdicts.claim_values import (
    PERCENT,
    SHARE,
    Judged,
    Number,
    Refused,
    Series,
    Truth,
    combined,
    divided,
    exact,
    shown,
    spanning,
)
from medlead.verdicts.claim_verdicts import Touch


def _judged(
    name: str,
    measured: Number,
    least: bool,
    threshold: Fraction,
    told: str,
    scale: int = 1,
    unit: str = "",
    *,
    strictly: bool = False,
) -> Truth:
    """Whether what was measured is at least, or at most, the threshold; a judgement of ours.

    `strictly`: above it, or below it.
    """
    limit = exact(threshold)
    meets, sides = (below, ("above", "below")) if strictly else (at_most, ("at least", "at most"))
    met = meets(limit, measured) if least else meets(measured, limit)
    side = sides[0] if least else sides[1]
    ours = f"{side} {shown(threshold * scale)}{unit}"
    words = f"{told}; {name.replace('_', ' ')} is {ours} (ours)"
    truth = leaf(met, words, measured.basis, why=open_reason(measured))
    ends = dict.fromkeys(shown(end * scale) for end in (measured.low, measured.high))
    judged = Judged(name, f"{ours}", f"{' to '.join(ends)}{unit}")
    return Truth(truth.value, None, truth.told, truth.why, truth.held, (judged,))


def _share(context: Context, name: str, part: Number, whole: Number, least: bool) -> Truth:
    measured, told = _shared(part, whole)
    return _judged(name, measured, least, context.thresholds[name].value, told, 100, " %")


def _shared(part: Number, whole: Number) -> tuple[Number, str]:
    """A part of a whole, from 0 to 1, and in words."""
    measured = divided(part, whole)
    return measured, f"{part} of {whole} ({combined([measured], lambda v: v * 100)} %)"


@word(ours=True, touches=Touch.MAJORITY)
def vast_majority(context: Context, part: Number, whole: Number) -> Truth:
    """At least the threshold's share of the whole."""
    return _share(context, "vast_majority", part, whole, True)


@word(ours=True, touches=Touch.MAJORITY)
def nearly_all(context: Context, part: Number, whole: Number) -> Truth:
    """At least the threshold's share, or all but one where these are a vast majority."""
    threshold = context.thresholds["nearly_all"].value
    if whole.single and whole.low > 0:
        but_one = (whole.low - 1) / whole.low
        if but_one >= context.thresholds["vast_majority"].value:
            threshold = min(threshold, but_one)
    measured, told = _shared(part, whole)
    return _judged("nearly_all", measured, True, threshold, told, 100, " %")


@word(ours=True, touches=Touch.MAJORITY)
def many(context: Context, part: Number, whole: Number) -> Truth:
    """At least the threshold's share of the whole."""
    return _share(context, "many", part, whole, True)


@word(ours=True, touches=Touch.MAJORITY)
def few(context: Context, part: Number, whole: Number) -> Truth:
    """At most the threshold's share of the whole."""
    return _share(context, "few", part, whole, False)


@word(ours=True, touches=Touch.MAJORITY)
def about_half(context: Context, part: Number, whole: Number) -> Truth:
    """A share no further from one half than the threshold."""
    measured, told = _shared(part, whole)
    away = _away(measured, exact(Fraction(1, 2)))
    return _judged(
        "about_half",
        away,
        False,
        context.thresholds["about_half"].value,
        told,
        100,
        " points from half",
    )


def _away(x: Number, y: Number) -> Number:
    """How far two numbers are apart."""
    low = max(Fraction(0), x.low - y.high, y.low - x.high)
    high = max(x.high - y.low, y.high - x.low)
    return spanning(low, high, [x, y])


def _size(x: Number) -> Number:
    """How far a number is from zero, whatever its sign."""
    low, high = sorted((abs(x.low), abs(x.high)))
    return spanning(Fraction(0) if x.low <= 0 <= x.high else low, high, [x])


def _relative(x: Number, y: Number) -> Number:
    """How far x is from y, as a share of y; raises Refused where y can be zero or less."""
    if y.low <= 0:
        raise Refused(f"nearness to {y} has no measure", "compare with a number above zero")
    return divided(_away(x, y), y)


def _near(context: Context, name: str, x: Number, y: Number, side: int) -> Truth:
    threshold = context.thresholds[name].value
    if x.unit == SHARE and not y.unit:
        y = replace(y, unit=SHARE)  # A share is told as a percentage, and so is what it is held to.
    near = _judged(name, _relative(x, y), False, threshold, f"{x} for {y}", 100, f" % from {y}")
    if not side:
        return near
    return both(compared(x, ">" if side > 0 else "<", y), near)


@word(ours=True, touches=Touch.NUMBER)
def about(context: Context, x: Number, y: Number) -> Truth:
    """No further from the number that is named than the threshold's share of it."""
    return _near(context, "about", x, y, 0)


@word(ours=True, touches=Touch.NUMBER)
def just_over(context: Context, x: Number, y: Number) -> Truth:
    """More than the number that is named, by no more than the threshold's share of it."""
    return _near(context, "just_over", x, y, 1)


@word(ours=True, touches=Touch.NUMBER)
def just_under(context: Context, x: Number, y: Number) -> Truth:
    """Less than the number that is named, by no more than the threshold's share of it."""
    return _near(context, "just_under", x, y, -1)


def _points(numbers: list[Number]) -> Fraction | None:
    """What makes these numbers percentage points, where all of them are shares or percentages."""
    units = {n.unit for n in numbers}
    return {frozenset({PERCENT}): Fraction(1), frozenset({SHARE}): Fraction(100)}.get(
        frozenset(units)
    )


def _difference(context: Context, name: str, a: Number, b: Number) -> tuple[Number, Fraction, str]:
    """How much a is above b: in points for shares, else as a share of b; threshold and unit."""
    given, points = context.thresholds[name], _points([a, b])
    if points is not None and given.of_shares is not None:
        gap = combined([a, b], lambda x, y: (x - y) * points)
        return gap, given.of_shares, " points"
    if b.low <= 0:
        raise Refused(f"a difference from {b} has no measure", "compare with a number above zero")
    return combined([a, b], lambda x, y: (x - y) / y * 100), given.value * 100, " %"


@word(ours=True, touches=Touch.COMPARISON)
def clearly_higher(context: Context, first: Number, second: Number) -> Truth:
    """Higher by at least the threshold: in points for shares, else as a share of the second."""
    gap, threshold, unit = _difference(context, "clearly_higher", first, second)
    told = f"{first} against {second}, {gap}{unit} more"
    return _judged("clearly_higher", gap, True, threshold, told, 1, unit)


@word(ours=True, touches=Touch.COMPARISON)
def similar(context: Context, first: Number, second: Number) -> Truth:
    """No further apart than the threshold: in points for shares, else as a share of the second."""
    gap, threshold, unit = _difference(context, "similar", first, second)
    away = _size(gap)
    told = f"{first} against {second}, {away}{unit} apart"
    return _judged("similar", away, False, threshold, told, 1, unit)


def _variation(context: Context, name: str, s: Series, least: bool) -> Truth:
    """The greatest difference of shares in points, else the coefficient of variation."""
    numbers, given = list(s.items.values()), context.thresholds[name]
    if len(numbers) < 2:
        raise Refused("one number does not vary", "give a series of several")
    points = _points(numbers)
    if points is not None and given.of_shares is not None:
        high, low = (f(numbers, key=k) for f, k in ((max, _high), (min, _low)))
        least_gap = max(Fraction(0), max(map(_low, numbers)) - min(map(_high, numbers)))
        measured = spanning(least_gap * points, (high.high - low.low) * points, numbers)
        told = f"from {low} to {high}"
        return _judged(name, measured, least, given.of_shares, told, 1, " points")
    measured = _coefficient(numbers)
    told = f"coefficient of variation {measured}"
    return _judged(name, measured, least, given.value, told)


def _high(n: Number) -> Fraction:
    return n.high


def _low(n: Number) -> Fraction:
    return n.low


def _coefficient(numbers: list[Number]) -> Number:
    """Bounds of the coefficient of variation (population), over all that the numbers can be."""
    n = len(numbers)
    mean = [sum((end(x) for x in numbers), Fraction(0)) / n for end in (_low, _high)]
    if mean[0] <= 0:
        raise Refused("a mean of zero or less has no coefficient of variation", "compare shares")
    squares = [Fraction(0), Fraction(0)]
    for x in numbers:
        away = _away(x, Number(mean[0], mean[1]))
        squares[0] += away.low**2
        squares[1] += away.high**2
    low = math.sqrt(squares[0] / n) / float(mean[1])
    high = math.sqrt(squares[1] / n) / float(mean[0])
    return spanning(Fraction(str(low)), Fraction(str(high)), numbers)


@word(ours=True, touches=Touch.COMPARISON)
def little_variation(context: Context, s: Series) -> Truth:
    """The coefficient of variation, or for shares the greatest difference, is at most this."""
    return _variation(context, "little_variation", s, False)


@word(ours=True, touches=Touch.COMPARISON)
def wide_variation(context: Context, s: Series) -> Truth:
    """The coefficient of variation, or for shares the greatest difference, is at least this."""
    return _variation(context, "wide_variation", s, True)


@word(ours=True, touches=Touch.BAND)
def wide_range(context: Context, s: Series) -> Truth:
    """At least the threshold's number of kinds that occur."""
    occurring = [n.low > 0 for n in s.items.values()], [n.high > 0 for n in s.items.values()]
    kinds = spanning(Fraction(sum(occurring[0])), Fraction(sum(occurring[1])), s.items.values())
    least = context.thresholds["wide_range"].value
    return _judged("wide_range", kinds, True, least, f"{kinds} kinds", 1, " kinds")


@word(ours=True, touches=Touch.SIGNIFICANCE)
def beyond_chance(context: Context, p: Number) -> Truth:
    """A probability by chance alone that is below the threshold.

    0.05 is the highest level that the report marks as significant.
    """
    level = context.thresholds["beyond_chance"].value
    return _judged("beyond_chance", p, False, level, f"p = {p}", strictly=True)


@word(ours=True, touches=Touch.COMPARISON)
def strong(context: Context, r: Number) -> Truth:
    """A correlation of at least the threshold, whatever its sign.

    Half and more is what Cohen (1988) calls large.
    """
    return _judged("strong", _size(r), True, context.thresholds["strong"].value, f"correlation {r}")
