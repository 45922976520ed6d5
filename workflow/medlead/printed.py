"""Printed numbers are text: the interval behind them and the rounding that makes them.

`0.68` stands for every value that rounds to it; `17` % of n stands for a set of
counts. Arithmetic is exact (`fractions.Fraction`), because verdicts at the edge
of a rounding interval must not depend on binary floating point.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# The printed text of each cell by item, row and column.
Cells = Mapping[tuple[str, str, str], str]

_NUMBER = re.compile(r"[-+−]?\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|[-+−]?\d*\.?\d+")

_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
)

# Kinds of cell whose printed number is exact (a count is not rounded), and the others.
EXACT_KINDS = frozenset({"count", "n", "rating"})
ROUNDED_KINDS = frozenset({"percent", "statistic", "value"})
# What the row of significance marks has behind the name of the row whose numbers they mark.
STARS = " / stars"
# How what was computed meets a printed text.
EXACT, WITHIN_ROUNDING, NO_MATCH = "exact", "within rounding", "no"


@dataclass(frozen=True)
class Interval:
    """The values that a printed number can stand for, ends included (exact)."""

    low: Fraction
    high: Fraction

    def __contains__(self, value: Fraction | int) -> bool:
        if not isinstance(value, Fraction | int):
            raise TypeError(f"only an exact number can be compared with the ends: {value!r}")
        return self.low <= value <= self.high


@lru_cache(maxsize=65536)
def number(text: str) -> Fraction:
    """The number that a printed text shows, exactly.

    Accepts thousands commas, a leading sign (also U+2212), blanks around, and
    the words from zero to ten. Raises ValueError where the text is not one number.
    """
    stripped = text.strip()
    if stripped.lower() in _WORDS:
        return Fraction(_WORDS.index(stripped.lower()))
    if not _NUMBER.fullmatch(stripped):
        raise ValueError(f"not one printed number: {text!r}")
    return Fraction(stripped.replace(",", "").replace("−", "-"))


def numbers_in(text: str) -> list[Fraction]:
    """All numbers in a printed text, in order; a dash between two numbers is a range mark."""
    spaced = re.sub(r"(?<=\d)\s*[-–−]\s*(?=\d)", " ", text)
    return [number(m) for m in _NUMBER.findall(spaced)]


def decimals(text: str) -> int:
    """How many digits are printed behind the decimal point (trailing zeros count)."""
    return len(text.strip().partition(".")[2])


def interval(text: str, kind: str) -> Interval:
    """The closed interval of values that a printed number stands for.

    Counts, n's and ratings are exact. Other numbers may have been rounded to
    nearest at the last printed digit; both ends are kept, since the report does
    not say how it rounds halves (half a unit either way). Raises ValueError for
    text that is not one number, or a kind that shows none.
    """
    value = number(text)
    if kind in EXACT_KINDS:
        return Interval(value, value)
    if kind not in ROUNDED_KINDS:
        raise ValueError(f"a cell of kind {kind!r} shows no number")
    half = Fraction(1, 2 * 10 ** decimals(text))
    return Interval(value - half, value + half)


_HALF = Fraction(1, 2)


def _half_up(value: Fraction) -> int:
    return math.floor(value + _HALF) if value >= 0 else math.ceil(value - _HALF)


def _by(whole: Callable[[Fraction], int]) -> Callable[[Fraction, int], Fraction]:
    def rounded(value: Fraction, places: int) -> Fraction:
        # Scaled exactly first, so that only the wanted digit is rounded.
        return Fraction(whole(value * 10**places), 10**places)

    return rounded


# In the order in which they are preferred as the explanation of a printed number.
# Ties: `half-up` goes away from zero, `half-down` towards it, `half-even` to the even digit.
ROUNDING_RULES: dict[str, Callable[[Fraction, int], Fraction]] = {
    "half-up": _by(_half_up),
    "half-even": _by(round),
    "truncation": _by(math.trunc),
}
NEAREST = ("half-up", "half-even")
"""The rules that round to nearest: what the report says of its percentages (section 4.1)."""


def reconciling_rule(
    value: Fraction, text: str, allowed: Sequence[str] = tuple(ROUNDING_RULES)
) -> str | None:
    """The rounding rule under which an exact value is printed as this text, or None.

    `exact` where nothing had to be rounded; `nearest` where every way of rounding
    to nearest gives the text; otherwise the first `allowed` rule
    that gives it.
    """
    printed, places = number(text), decimals(text)
    if value == printed:
        return "exact"
    reaching = [name for name in allowed if ROUNDING_RULES[name](value, places) == printed]
    if all(name in reaching for name in NEAREST):
        return "nearest"
    return reaching[0] if reaching else None


def possible_counts(text: str, n: int) -> list[int]:
    """The counts out of n whose percentage is printed as this text, rounded to nearest.

    The idea of GRIM (Brown and Heathers, 2017): an empty list means that no count
    can have been printed so. Raises ValueError for n below 1.
    """
    if n < 1:
        raise ValueError("a percentage needs n of at least 1")
    return [c for c in range(n + 1) if reconciling_rule(Fraction(100 * c, n), text, NEAREST)]


def printed_cells(cells: "pd.DataFrame") -> dict[tuple[str, str, str], str]:
    """The printed text of each cell by item, row and column."""
    keys = zip(cells["item"], cells["row"], cells["column"], strict=True)
    return dict(zip(keys, cells["text"].fillna(""), strict=True))
