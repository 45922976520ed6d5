"""What one answer became when it was read: a value, a range, nothing, or a problem.

Shared by all readers of single answers; the words that stand for "no answer"
are here because every type of question meets them.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from medlead.sources.reading import clean

T = TypeVar("T")

NOT_ANSWERED = "not answered"
NOT_APPLICABLE = "not applicable"
NOT_KNOWN = "not known"
ELSEWHERE = "answered elsewhere"

# Marks for "no value" and what they say. Compared without capitals, blanks and dots.
_WORDS = {
    NOT_ANSWERED: "|-|--|---|*|blank|null|nan|<na>|left blank|no answer|no response|not answered"
    "|not completed",
    NOT_APPLICABLE: "n/a|na|not applicable|#n/a",
    NOT_KNOWN: "n/k|nk|not known|unknown|don't know|dont know|do not know|d/k|dk|?|??|???"
    "|not sure|unsure|not available|unavailable|not stated|not recorded|not provided|tbc|tba"
    "|to be confirmed",
}
MARKS: Mapping[str, str] = MappingProxyType(
    {word: reason for reason, words in _WORDS.items() for word in words.split("|")}
)

_ELSEWHERE = re.compile(
    r"(?:please\s+)?(?:see|refer\s+to|as\s+per|as|as\s+in)\s+(?:the\s+|our\s+|answer\s+to\s+)*"
    r"(?:attach|enclos|above|below|previous|over|chart|organi[sz]ation|organo?gra|append|question"
    r"|q\s*\d|separate|website|web\b).*"
    r"|(?:attach|enclos)ed\b.*|ditto\W*|[\"”〃]"
    r"|(?:all|any|both|most|many|some|same|the\s+same)\s+(?:of\s+|as\s+)?(?:the\s+)?"
    r"(?:above|below|those\s+listed|these|examples\b.*|previous\b.*|before)",
    re.I | re.S,
)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_QUOTES = dict.fromkeys(map(ord, "‘’ʼ´`"), "'")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]*"
_DATE = re.compile(
    rf"(?P<y>\d{{4}})-(?P<m>\d\d)-(?P<d>\d\d)(?: \d\d:\d\d(?::\d\d)?)?"
    rf"|(?P<d2>\d{{1,2}})[ /-]{_MONTH}(?:[ /-]\d{{2,4}})?|{_MONTH}[ /-](?P<y2>\d\d)"
)
_HALF = re.compile(r"(?<=\d)\s*½")


@dataclass(frozen=True)
class Parsed(Generic[T]):
    """One answer as it was read.

    `value` is the answer, None where there is none. A range keeps `low` and
    `high` (None: no such end; `low_open`, `high_open`: the end itself is
    excluded) and has no value. `rules` name what was done to the text,
    `doubts` what a person should look at though the value is kept, `problem`
    why there is no value though something was written, and `missing` why
    nothing was.
    """

    value: T | None = None
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    rules: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    problem: str | None = None
    missing: str | None = None

    @property
    def is_range(self) -> bool:
        """Whether the answer is a stretch of numbers and not one number."""
        return self.value is None and (self.low is not None or self.high is not None)

    @property
    def rule(self) -> str:
        """The rules in one line, for a log."""
        return "; ".join(self.rules)

    @property
    def range_text(self) -> str:
        """The range in one line: `140 to 150`, `over 200`, `up to 5`."""
        if self.low is not None and self.high is not None:
            return f"{self.low:.15g} to {self.high:.15g}"
        if self.low is not None:
            return f"{'over' if self.low_open else 'at least'} {self.low:.15g}"
        if self.high is not None:
            return f"{'under' if self.high_open else 'up to'} {self.high:.15g}"
        return ""


def tidy(text: str) -> str:
    """The text with one form for each dash, quotation mark, digit and blank."""
    text = clean(text).translate(_DASHES).translate(_QUOTES)
    text = _HALF.sub(".5", text).replace("½", "0.5")
    text = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return re.sub(r"\s+", " ", text).strip()


def missing_reason(text: str, marks: Mapping[str, str] = MARKS) -> str | None:
    """Why an answer holds no value, if it says so; None where it says something else.

    `marks` maps words to reasons; an answer that points to a chart, an
    attachment or another answer is "answered elsewhere".
    """
    key = tidy(text).casefold()
    for candidate in (key, key.strip(" .,;:!()[]"), key.replace(".", "")):
        if candidate in marks:
            return marks[candidate]
    return ELSEWHERE if _ELSEWHERE.fullmatch(key) else None


def date_problem(text: str) -> str | None:
    """What is wrong with an answer that is a date, None where it is none.

    Spreadsheet programs make a date of `10-12` (10 December) and of `10-20` (October 2020).
    """
    found = _DATE.fullmatch(tidy(text).casefold())
    if found is None:
        return None
    day, year = found["d"] or found["d2"], (found["y"] or found["y2"] or "")[-2:]
    named = found[5] or found[6]
    month = int(found["m"]) if found["m"] else _MONTHS.index(named) + 1
    guesses = [sorted((int(day), month))] if day else []
    if year and day in (None, "01") and int(year) > month:
        guesses.insert(0, [month, int(year)])
    shown = " or ".join(f"'{low}-{high}'" for low, high in guesses)
    return "this is a date: spreadsheet programs make dates of answers such as '2-3' or '8/10'" + (
        f" (here perhaps of {shown})" if shown else ""
    )


def no_value(reason: str) -> Parsed[T]:
    """The reading of an answer that holds no value for the given reason."""
    if reason == ELSEWHERE:
        return Parsed(
            problem="the answer stands elsewhere: look it up and enter it",
            missing=ELSEWHERE,
        )
    rules = () if reason == NOT_ANSWERED else (reason,)
    return Parsed(rules=rules, missing=reason)


def refused(problem: str, *rules: str) -> Parsed[T]:
    """The reading of an answer that a person has to look at."""
    return Parsed(problem=problem, rules=rules)


def agree(first: str, second: str, key: Callable[[str], str] = str.casefold) -> bool:
    """Whether two texts are the same once tidied and without capitals."""
    return key(tidy(first)) == key(tidy(second))
