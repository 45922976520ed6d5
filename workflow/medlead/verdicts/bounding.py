"""Relations that say what a printed cell cannot be, without saying what it must be.

A value on its scale or between two ends, a record among those that a table counts, a
percentage that some count can give: each holds for many values of a cell, so that none
confirms one. What fails cannot all be true.
"""

import itertools
import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias

from medlead.printed import NEAREST, decimals, number, reconciling_rule
from medlead.verdicts.instances import DeclarationError, Instance, Key, Outcome, band_of
from medlead.writing import plain_number

Values: TypeAlias = Mapping[Key, Fraction]
Texts: TypeAlias = Mapping[Key, str]
_Found: TypeAlias = tuple[str, str, bool, tuple[Key, ...]]
_BETWEEN_NAMES = re.compile(r",")
_JOINED = re.compile(r"\band\b")
_FIRST_NUMBER = re.compile(r"\s*(\d[\d,]*(?:\.\d+)?)\b")


def bounded(instance: Instance, values: Values, texts: Texts) -> Outcome:
    """Decide one test of the kinds in `BOUNDING`; `texts` show what `values` hold."""
    left, right, holds, blamed = _TESTS[instance.kind](instance, values, texts)
    return Outcome(instance, holds, left, right, "exact" if holds else "", blamed)


def first_number(text: str) -> Fraction | None:
    """The number that a text begins with, in digits or as a word; None where there is none."""
    found = _FIRST_NUMBER.match(text)
    try:
        return number(found[1] if found else (text.split() or [""])[0])
    except ValueError:
        return None


def _terms(instance: Instance, name: str) -> tuple[str, ...]:
    return dict(instance.terms).get(name, ())


def _half_unit(text: str) -> Fraction:
    return Fraction(1, 2 * 10 ** decimals(text))


def _listed(keys: tuple[Key, ...], texts: Texts) -> str:
    return ", ".join(dict.fromkeys(texts[k] or "nothing" for k in keys))


def _within(instance: Instance, values: Values, texts: Texts) -> _Found:
    """Every part between the low end and the high end, both included."""
    (low,), (high,) = instance.right, instance.base
    outside = tuple(k for k in instance.left if not values[low] <= values[k] <= values[high])
    shown = _listed(outside or instance.left, texts)
    # An end can be as wrong as what lies beyond it.
    blamed = (*outside, low, high) if outside else ()
    return shown, f"{texts[low]}-{texts[high]}", not outside, blamed


def _on_scale(instance: Instance, values: Values, texts: Texts) -> _Found:
    """Every part one of the words of the scale, or a number of its steps."""
    words = (*_terms(instance, "scale"), *_terms(instance, "also"))
    ends = [number(t) for name in ("low", "high") for t in _terms(instance, name)]
    step = next((number(t) for t in _terms(instance, "step")), None)

    def fits(key: Key) -> bool:
        if texts[key] in words:
            return True
        if not ends or key not in values:
            return False
        on_step = step is None or (values[key] - ends[0]) % step == 0
        return ends[0] <= values[key] <= ends[1] and on_step

    off = tuple(k for k in instance.left if not fits(k))
    scale = ", ".join(_terms(instance, "scale")) or "-".join(map(plain_number, map(float, ends)))
    return _listed(off or instance.left, texts), scale, not off, off


def _together(instance: Instance, values: Values, texts: Texts) -> _Found:
    """Both cells as the terms say, or neither."""
    (first,), (second,) = instance.left, instance.right
    holds = (texts[first] in _terms(instance, "first")) == (
        texts[second] in _terms(instance, "second")
    )
    return texts[first], texts[second], holds, () if holds else (first, second)


def _goes_with(instance: Instance, values: Values, texts: Texts) -> _Found:
    """The second text has one of the words that go with the first."""
    (first,), (second,) = instance.left, instance.right
    holds = any(word in texts[second] for word in _terms(instance, texts[first]))
    return texts[first], texts[second], holds, () if holds else (first, second)


def _heads(counted: Key, cell: Key, instance: Instance, values: Values, texts: Texts) -> bool:
    """Whether a heading of a count stands for what a cell of a record reads."""
    if cell in values:
        try:
            low, high = band_of(counted)
        except DeclarationError:
            return False
        return low <= values[cell] <= high
    names = _terms(instance, texts[cell]) or (texts[cell],)
    return not {counted[1], counted[2]}.isdisjoint(names)


def _counted(instance: Instance, values: Values, texts: Texts) -> _Found:
    """The record is in a cell that counts at least all records of that cell."""
    records: dict[str, list[Key]] = {}
    for key in instance.base:
        records.setdefault(key[1], []).append(key)

    def here(counts: Key, record: list[Key]) -> bool:
        return all(_heads(counts, cell, instance, values, texts) for cell in record)

    own = list(instance.left)
    shown = ", ".join(texts[k] for k in own)
    places = [c for c in instance.right if here(c, own)]
    if not places:
        return shown, "none", False, tuple(own)
    crowds = {c: [r for r in records.values() if here(c, r)] for c in places}
    if any(len(crowds[c]) <= values[c] for c in places):
        return shown, _listed(tuple(places), texts), True, ()
    most = max(places, key=lambda c: values[c])
    return shown, texts[most], False, tuple(k for record in crowds[most] for k in record)


def _as_many(instance: Instance, values: Values, texts: Texts) -> _Found:
    """The number that a text begins with is that of the names after it.

    Names joined by "and" may share a place or have one each; `more` is a pattern whose
    number counts in place of the one name that it stands with.
    """
    (key,) = instance.left
    text = texts[key]
    stated = first_number(text)
    fewest = len(_BETWEEN_NAMES.findall(text)) + 1
    most = fewest + len(_JOINED.findall(text))
    for pattern in _terms(instance, "more"):
        for several in re.findall(pattern, text):
            fewest, most = fewest + int(several) - 1, most + int(several) - 1
    holds = stated is not None and fewest <= stated <= most
    shown = str(fewest) if fewest == most else f"{fewest} or {most}"
    told = "no number" if stated is None else plain_number(float(stated))
    return shown, told, holds, () if holds else (key,)


def _product(instance: Instance, values: Values, texts: Texts) -> _Found:
    """Every whole in the text is its number of equal parts times each."""
    (key,) = instance.left
    wrong: list[tuple[str, str]] = []
    seen: list[tuple[str, str]] = []
    for pattern in _terms(instance, "pattern"):
        for found in re.finditer(pattern, texts[key]):
            whole, each, parts = (number(found[g]) for g in ("whole", "each", "number"))
            told = f"{found['number']} times {found['each']}"
            (seen if whole == each * parts else wrong).append((found["whole"], told))
    shown = (wrong or seen or [("nothing", "nothing")])[0]
    holds = not wrong and bool(seen)
    return shown[1], shown[0], holds, () if holds else (key,)


def possible_share(text: str, most: int) -> bool:
    """Whether some count out of at most so many gives a percentage, rounded to nearest."""
    stated, unit = number(text), Fraction(1, 10 ** decimals(text))
    for base in range(1, most + 1):
        low = max(0, math.floor((stated - unit) * base / 100))
        for count in range(low, min(base, math.ceil((stated + unit) * base / 100)) + 1):
            if reconciling_rule(Fraction(100 * count, base), text, NEAREST) is not None:
                return True
    return False


def _possible_share(instance: Instance, values: Values, texts: Texts) -> _Found:
    """Every percentage can be that of some of the answers; questions may be left out."""
    (n,) = instance.right
    others = sum(int(text) for text in _terms(instance, "others"))
    most = max(0, math.floor(values[n]) - others)
    odd = tuple(k for k in instance.left if not possible_share(texts[k], most))
    return _listed(odd or instance.left, texts), str(most), not odd, (*odd, n) if odd else ()


def _composite(instance: Instance, values: Values, texts: Texts) -> _Found:
    """A sum of parts goes with a measure no less than the part that does so least.

    The deviation of a sum is at most the sum of the deviations, so where all parts have
    one sign the coefficient of the sum has it too, and is at least the smallest of theirs.
    """
    (whole,) = instance.left
    signs = {values[k] > 0 for k in instance.right}
    shown = _listed(instance.right, texts)
    if len(signs) != 1 or any(values[k] == 0 for k in instance.right):
        return shown, texts[whole], True, ()
    sign = 1 if signs == {True} else -1
    least = min(sign * values[k] - _half_unit(texts[k]) for k in instance.right)
    holds = sign * values[whole] + _half_unit(texts[whole]) >= least
    return shown, texts[whole], holds, () if holds else (whole, *instance.right)


def _monotone(instance: Instance, values: Values, texts: Texts) -> _Found:
    """Of two coefficients from as many pairs, the surely stronger has no fewer stars."""
    pairs = list(zip(instance.left, instance.right, strict=True))
    for (a, mark), (b, other) in itertools.permutations(pairs, 2):
        apart = abs(values[a]) - _half_unit(texts[a]) - abs(values[b]) - _half_unit(texts[b])
        if apart > 0 and len(texts[mark]) < len(texts[other]):
            weaker = f"{texts[b]} {texts[other] or 'no star'}"
            return weaker, f"{texts[a]} {texts[mark] or 'no star'}", False, (a, mark, b, other)
    return f"{len(pairs)} coefficients", f"{len(pairs)} marks", True, ()


_TESTS: Mapping[str, Callable[[Instance, Values, Texts], _Found]] = {
    "within": _within,
    "on-scale": _on_scale,
    "together": _together,
    "goes-with": _goes_with,
    "counted": _counted,
    "listed": _as_many,
    "product": _product,
    "possible-share": _possible_share,
    "composite": _composite,
    "monotone": _monotone,
}
