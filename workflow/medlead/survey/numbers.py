"""Numbers as people write them: £193m, c. 3,200, between three and four, 25 per cent.

What is clearly one number is read and every step is named; what could be two
things, or is far outside what the question can mean, is a problem and never a
guess.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from medlead.survey.answers import (
    MARKS,
    Parsed,
    date_problem,
    missing_reason,
    no_value,
    refused,
    tidy,
)


@dataclass(frozen=True)
class Unit:
    """The unit in which a question's numbers are kept.

    `scale` is what one unit is in single things (£ million: 1000000). `low` and
    `high` bound what can be true of a respondent: a number outside them is read
    in single things where only that is possible, else it is a problem. `words`
    may stand beside the number; `other_basis` words may too, but say that
    another thing was counted, which is reported.
    """

    name: str = ""
    scale: float = 1
    low: float | None = 0
    high: float | None = None
    whole: bool = False
    money: bool = False
    percent: bool = False
    words: tuple[str, ...] = ()
    other_basis: tuple[str, ...] = ()

    def admits(self, number: Decimal) -> bool:
        """Whether a number can be true of a respondent."""
        above = self.low is None or number >= Decimal(str(self.low))
        return above and (self.high is None or number <= Decimal(str(self.high)))

    @property
    def bounds(self) -> str:
        """The plausible numbers in words, for messages."""
        low = f"{self.low:.15g}" if self.low is not None else "any"
        return f"{low} to {self.high:.15g}" if self.high is not None else f"at least {low}"


_SCALES = {
    **dict.fromkeys(("hundred", "hundreds"), 100),
    **dict.fromkeys(("k", "thousand", "thousands", "thou", "000s", "'000", "'000s"), 10**3),
    **dict.fromkeys(("m", "mn", "mln", "mil", "mill", "mio", "million", "millions"), 10**6),
    **dict.fromkeys(("b", "bn", "bln", "billion", "billions"), 10**9),
}
_NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?: \d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?:e[+-]?\d{1,2}(?!\d))?"
)
_SCALE = "|".join(sorted(map(re.escape, _SCALES), key=len, reverse=True))
_AMOUNT = rf"({_NUMBER})(?:\s*({_SCALE})(?![a-z])\.?)?"
_ONE = re.compile(_AMOUNT)
_RANGE = re.compile(
    rf"(?:between\s*{_AMOUNT}\s*(?:and|to|-)\s*{_AMOUNT}|(?:from\s*)?{_AMOUNT}"
    rf"\s*(?:-|to|or)\s*{_AMOUNT})"
)
_LOWER = re.compile(
    rf"(?:(over|more than|greater than|above|exceeding|in excess of|upwards of|>(?!=))|"
    rf"(?:at least|min(?:imum)?\.?(?: of)?|not? (?:less|fewer) than|>=|≥))\s*{_AMOUNT}"
)
_LOWER_AFTER = re.compile(
    rf"{_AMOUNT}\s*(?:\+|plus|or more|or over|or above|and over|and above|and more|upwards)"
)
_UPPER = re.compile(
    rf"(?:(under|less than|fewer than|below|<(?!=))|"
    rf"(?:up to|at most|max(?:imum)?\.?(?: of)?|no(?:t)? more than|<=|≤))\s*{_AMOUNT}"
)
_UPPER_AFTER = re.compile(rf"{_AMOUNT}\s*(?:or less|or fewer|or under|or below|and under|maximum)")

_LONGEST = 200
# Beyond this, floats no longer tell whole numbers apart.
_GREATEST = 10**15
_NONE = re.compile(r"nil|none|zero|nought|naught|no one|nobody")
_SPAN = r"(?:(?:19|20)\d\d(?:\s*[/-]\s*(?:\d\d){1,2})?|\d\d\s*/\s*\d\d)"
_YEAR = re.compile(
    rf"[(\[][a-z/\s]*{_SPAN}\s*[)\]]"
    rf"|,?\s*\b(?:in|for|during|fy|y/?e|as (?:at|of))\s+(?:\d{{1,2}}\s)?(?:[a-z]+\s)*{_SPAN}$"
    rf"|^(?:in\s+|fy\s*)?{_SPAN}\s*:\s*"
)
_ABOUT = re.compile(
    r"\b(?:approx(?:imately)?|about|around|roughly|circa|nearly|almost|some|just (?:over|under)"
    r"|est(?:imated?)?|ca|or so|or thereabouts)\b\.?|\bc\b\.?|\bc(?=\d)|[~≈]|(?<=\d)\s?ish\b"
)
_POUNDS = re.compile(r"£|\bgbp\b|\bpounds?\b(?: sterling)?|\bsterling\b")
_OTHER_MONEY = re.compile(r"[$€¥]|\b(?:eur|euros?|usd|dollars?)\b")
_PERCENT = re.compile(r"%|\bper ?cent\b|(?<=\d)\s?pc\b")
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_FILLERS: tuple[str, ...] = (
    *("just", "only", "in total", "total", "in all", "altogether", "overall"),
    *("per annum", "p.a.", "p.a", "a year", "per year", "each year", "annually", "annual"),
)

_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"]
_TEENS += ["eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: n for n, word in enumerate([*_UNITS, *_TEENS], start=1)}
_WORDS |= {word: n * 10 for n, word in enumerate(_TENS, start=2)}
_TO_NINETEEN = "|".join([*_TEENS, *_UNITS])
_SMALL = rf"(?:(?:{'|'.join(_TENS)})(?:[\s-](?:{'|'.join(_UNITS)})\b)?|{_TO_NINETEEN})"
_HUNDRED = rf"(?:(?:a|{_SMALL}) hundred(?:(?: and)? {_SMALL})?|{_SMALL})"
_SPELT = re.compile(rf"\b(?:(?:a|{_HUNDRED}) thousand(?:,?(?: and)? {_HUNDRED})?|{_HUNDRED})\b")


def parse_number(text: str, unit: Unit, marks: Mapping[str, str] = MARKS) -> Parsed[float]:
    """One answer to a question that asks for a number, in the unit's own scale.

    Read are currency signs, separators, scale words (k, m, bn), words for
    numbers, "approx", percent signs, the unit's words, a year or remark beside
    the number, and ranges, which keep their ends and get no value. A number
    that is plausible only in single things is converted and the rule named.
    Everything else is a problem.
    """
    reason = missing_reason(text, marks)
    if reason is not None:
        return no_value(reason)
    found = tidy(text).casefold().strip(" .;:,")
    if len(found) > _LONGEST:
        return refused("this is a longer text where a number is asked for")
    if (date := date_problem(found)) is not None:
        return refused(date)
    if _NONE.fullmatch(found):
        return _finish("0", "none read as 0", unit)
    return _Text(found, unit).read()


class _Text:
    """The text of one number while its parts are taken off, with the rules used so far."""

    def __init__(self, text: str, unit: Unit) -> None:
        self.text, self.unit = text, unit
        self.rules: list[str] = []
        self.doubts: list[str] = []

    def take(self, pattern: re.Pattern[str], rule: str, put: str = " ") -> bool:
        """Replace what the pattern finds and note the rule; False where it finds nothing."""
        text, count = pattern.subn(put, self.text)
        if count:
            self.text = re.sub(r"\s+", " ", text).strip(" .;:,")
            self.rules.append(rule)
        return bool(count)

    def read(self) -> Parsed[float]:
        unit = self.unit
        self.take(_YEAR, "year beside the number left out")
        if _OTHER_MONEY.search(self.text):
            return refused("the amount is in another currency")
        if self.take(_POUNDS, "currency sign left out", "") and not unit.money:
            return refused("an amount of money stands where another number is asked for")
        signed = self.take(_PERCENT, "percent sign left out", "")
        if signed and not unit.percent:
            return refused("a percentage stands where a number is asked for")
        self.take(_ABOUT, "approximate")
        self._take_second_count()
        self._take_words(unit.other_basis, other_basis=True)
        self._take_spelt()
        self._take_brackets()
        self._take_words((*unit.words, *_FILLERS), other_basis=False)
        self.text = self.text.strip(" .;:,")
        result = self._match(signed)
        return replace(
            result,
            rules=(*self.rules, *result.rules),
            doubts=(*self.doubts, *result.doubts),
        )

    def _take_words(self, words: tuple[str, ...], *, other_basis: bool) -> None:
        for word in sorted(words, key=len, reverse=True):
            pattern = re.compile(rf"(?<![a-z]){re.escape(word.casefold())}(?![a-z])\.?")
            if self.take(pattern, f"'{word}' beside the number left out") and other_basis:
                self.doubts.append(f"given in '{word}', which is not what the question counts")

    def _take_second_count(self) -> None:
        """Leave out another count in brackets: in `3,200 (2,900 wte)` only the first is asked."""
        for inner in _BRACKETS.findall(self.text):
            rest = self.text.replace(f"({inner})", " ").replace(f"[{inner}]", " ")
            if (
                any(_holds_word(inner, word) for word in self.unit.other_basis)
                and not any(_holds_word(rest, word) for word in self.unit.other_basis)
                and re.search(r"\d", rest)
            ):
                self.text = rest.strip()
                self.rules.append("another count in brackets left out")

    def _take_spelt(self) -> None:
        text = _SPELT.sub(lambda m: str(spelt_number(m[0])), self.text)
        if text != self.text:
            self.text = text
            self.rules.append("number written in words")

    def _take_brackets(self) -> None:
        for inner in _BRACKETS.findall(self.text):
            rest = self.text.replace(f"({inner})", " ").replace(f"[{inner}]", " ")
            if rest.strip() and (not re.search(r"\d", inner) or inner.strip() == rest.strip()):
                self.text = re.sub(r"\s+", " ", rest).strip(" .;:,")
                if inner.strip():
                    self.rules.append("remark in brackets left out")

    def _match(self, signed: bool) -> Parsed[float]:
        text, unit = self.text, self.unit
        if one := _ONE.fullmatch(text):
            if unit.percent and not signed and 0 < _plain(one[1]) < 1:
                return refused("it is not clear whether this is a percentage or a share of 1")
            return _finish(one[1], "", unit, one[2])
        if both := _RANGE.fullmatch(text):
            low, low_scale, high, high_scale = both.groups()[:4]
            if low is None:
                low, low_scale, high, high_scale = both.groups()[4:]
            return _finish_range((low, low_scale), (high, high_scale), unit)
        for pattern, lower in ((_LOWER, True), (_UPPER, False)):
            if end := pattern.fullmatch(text):
                return _finish_open(end[2], end[3], unit, lower=lower, strict=end[1] is not None)
        for pattern, lower in ((_LOWER_AFTER, True), (_UPPER_AFTER, False)):
            if end := pattern.fullmatch(text):
                return _finish_open(end[1], end[2], unit, lower=lower, strict=False)
        return refused(_why_not(text))


def _holds_word(text: str, word: str) -> bool:
    return re.search(rf"(?<![a-z]){re.escape(word.casefold())}(?![a-z])", text) is not None


def spelt_number(words: str) -> int:
    """The number that English words name: `one hundred and fifty` is 150.

    Words that name no number raise KeyError.
    """
    total = part = 0
    for word in re.split(r"[\s,-]+", words):
        if word == "thousand":
            total, part = total + part * 1000, 0
        elif word == "hundred":
            part *= 100
        elif word == "a":
            part = 1
        elif word != "and":
            part += _WORDS[word]
    return total + part


def _why_not(text: str) -> str:
    numbers = re.findall(_NUMBER, text)
    if not numbers:
        return "no number is written here"
    if re.fullmatch(rf"-\s*{_AMOUNT}", text):
        return "the number is negative"
    if re.fullmatch(r"\d+(?:,\d+)+(?:\.\d+)?|\d+(?:\.\d+){2,}", text):
        return "the commas or points do not part thousands, so the number is not clear"
    if len(numbers) > 1:
        return "more than one number is written here, and it is not clear which is meant"
    words = re.sub(r"\s+", " ", re.sub(_NUMBER, " ", text)).strip()
    return f"it is not clear what '{words}' says about the number"


def _plain(number: str) -> Decimal:
    return Decimal(number.replace(",", "").replace(" ", ""))


def _in_units(number: str, scale: str | None, unit: Unit) -> tuple[Decimal, list[str], bool]:
    """The number in the unit's scale, the rules used, and whether it is plausible."""
    rules: list[str] = []
    if "," in number:
        rules.append("thousands separators left out")
    if " " in number:
        rules.append("blanks read as thousands separators")
    if "e" in number:
        rules.append("number in scientific notation")
    value = _plain(number)
    per_unit = Decimal(str(unit.scale))
    if scale is not None:
        value = value * _SCALES[scale] / per_unit
        rules.append(f"'{scale}' read as {_SCALES[scale]:,}")
        return value, rules, unit.admits(value)
    if not unit.admits(value) and per_unit != 1 and unit.admits(value / per_unit):
        rules.append(f"given in single units, converted to {unit.name}")
        return value / per_unit, rules, True
    return value, rules, unit.admits(value)


def _finish(number: str, rule: str, unit: Unit, scale: str | None = None) -> Parsed[float]:
    value, rules, plausible = _in_units(number, scale, unit)
    rules = [rule, *rules] if rule else rules
    if not plausible or abs(value) > _GREATEST:
        problem = f"{value:f} {unit.name}".strip() + f" cannot be right (plausible: {unit.bounds})"
        in_thousands = value * 1000 / Decimal(str(unit.scale))
        if scale is None and unit.scale > 1000 and unit.admits(in_thousands):
            problem += f"; if it is in thousands it means {in_thousands.normalize():f} {unit.name}"
        return refused(problem, *rules)
    if unit.whole and value != value.to_integral_value():
        return refused(f"{value.normalize():f} is not a whole number", *rules)
    return Parsed(value=float(value), rules=tuple(rules))


def _finish_range(
    lower: tuple[str, str | None], upper: tuple[str, str | None], unit: Unit
) -> Parsed[float]:
    # "140-150m" means millions twice, "950-1.2bn" does not: try both, and take the only one.
    readings = []
    for scale in dict.fromkeys((lower[1] or upper[1], lower[1])):
        low, rules, low_fits = _in_units(lower[0], scale, unit)
        high, more, high_fits = _in_units(*upper, unit)
        if low_fits and high_fits and low < high < _GREATEST:
            readings.append((low, high, tuple(dict.fromkeys((*rules, *more)))))
    if not readings:
        return refused(f"the range is not possible (plausible: {unit.bounds}, smaller end first)")
    if len({reading[:2] for reading in readings}) > 1:
        return refused("the range can be read in two ways")
    low, high, rules_used = readings[0]
    return Parsed(low=float(low), high=float(high), rules=(*rules_used, "range kept as its ends"))


def _finish_open(
    number: str, scale: str | None, unit: Unit, *, lower: bool, strict: bool
) -> Parsed[float]:
    one = _finish(number, "", unit, scale)
    if one.value is None:
        return one
    rules = (*one.rules, "range with one end kept as that end")
    if lower:
        return Parsed(low=one.value, low_open=strict, rules=rules)
    return Parsed(high=one.value, high_open=strict, rules=rules)
