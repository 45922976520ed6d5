"""Every method tried for a printed number, and how often such tries would meet a number by luck.

The more is tried, the sooner something fits. So each number is told with the chance that its
tries would reach a printed number that has nothing to do with its data. Two models:

- `exchanged`: the other printed numbers of the same kind are put in its place, one after the
  other (a permutation). The share of them that a try reaches is the chance. Where printed
  numbers have nothing to do with the data, it is met on average, whatever the tries.
- `even`: where a kind has too few numbers, all values that could be printed between two stated
  ends are taken as equally likely.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

import pandas as pd

from medlead.evidence import EvidenceClass, resting_on
from medlead.printed import EXACT, NO_MATCH, ROUNDING_RULES, WITHIN_ROUNDING, decimals, number
from medlead.verdicts.relations import Key
from medlead.writing import plain_number

EXCHANGED, EVEN = "exchanged", "even"
LUCKY, TELLING, CONSTRUCTED = "lucky", "telling", "constructed"
"""What a match is worth. Records made to meet the print meet it by construction: no evidence."""
METHOD_COLUMNS = [
    *("item", "row", "column", "kind", "method", "plain", "result", "match", "tries"),
    *("results", "reached", "of", "chance", "model", "word", "evidence"),
]
NUMBER_COLUMNS = [
    *("item", "row", "column", "kind", "printed", "verdict", "plain", "tries", "results"),
    *("matching", "met_by", "reached", "of", "chance", "model", "word", "evidence"),
]
TALLY_COLUMNS = [
    *("kind", "numbers", "tries", "met_by_plain", "not_met_by_plain", "met_by_another"),
    *("expected_by_luck", "lucky", "telling", "constructed", "evidence"),
]


_MADE = (EvidenceClass.RECONSTRUCTED, EvidenceClass.SIMULATED)


@dataclass(frozen=True)
class Try:
    """One combination of choices and what it gives.

    A number is given by its exact `value` and rounded by `rule`; any other result by its text
    in `result`, with the texts that it allows `within` the rounding of what it was made from.
    `plain` is the method that the report states or that anybody would take first.
    """

    method: str
    result: str
    plain: bool = False
    value: Fraction | None = None
    rule: str = ""
    within: frozenset[str] = frozenset()
    evidence: EvidenceClass = EvidenceClass.PRINTED_AGGREGATES

    def match(self, text: str) -> str:
        """Whether a printed text is what this try gives: exactly, within rounding, or not."""
        if self.value is None:
            return EXACT if text == self.result else self._within(text)
        if (read := _read(text)) is None:
            return NO_MATCH
        printed, places = read
        if printed == self.value:
            return EXACT
        rounded = self.rule and ROUNDING_RULES[self.rule](self.value, places) == printed
        return WITHIN_ROUNDING if rounded else NO_MATCH

    def _within(self, text: str) -> str:
        return WITHIN_ROUNDING if text in self.within else NO_MATCH

    def shown(self, text: str) -> str:
        """What would be printed for this try with as many decimals as `text` has."""
        if self.value is None or not self.rule:
            return self.result
        return str(ROUNDING_RULES[self.rule](self.value, decimals(text)))


def numeric(
    method: str,
    value: Fraction,
    rules: Iterable[str],
    *,
    plain: Iterable[str] = (),
    evidence: EvidenceClass = EvidenceClass.PRINTED_AGGREGATES,
) -> list[Try]:
    """The tries of one value, one for each rounding rule; `plain` are the rules that are plain."""
    shown, usual = plain_number(float(value)), set(plain)
    return [Try(f"{method}; {r}", shown, r in usual, value, r, evidence=evidence) for r in rules]


@dataclass(frozen=True)
class TriedNumber:
    """One printed number, all that was tried for it, and what luck is measured by.

    `others` are the printed numbers that are put in its place; where `between` is given, the
    values that could be printed from its low to its high end are taken instead.
    """

    key: Key
    kind: str
    printed: str
    tries: tuple[Try, ...]
    others: tuple[str, ...] = ()
    between: tuple[Fraction, Fraction] | None = None

    @property
    def model(self) -> str:
        """The model of chance."""
        return EXCHANGED if self.between is None else EVEN

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The texts that could stand in its place by luck."""
        if self.between is None:
            return self.others
        unit = 10 ** decimals(self.printed)
        low, high = (int(end * unit) for end in self.between)
        return tuple(_text(Fraction(v, unit), self.printed) for v in range(low, high + 1))


def _text(value: Fraction, like: str) -> str:
    return f"{float(value):.{decimals(like)}f}"


@dataclass(frozen=True)
class Luck:
    """Of how many numbers that could stand there some tries reach how many.

    `own` says whether the printed number is among them, as it is where all values count.
    """

    reached: int
    of: int
    own: bool = False

    @property
    def chance(self) -> float:
        """The chance of a match by luck; 1 where nothing can be put in its place."""
        return self.reached / self.of if self.of else 1.0

    def word(self, match: str, limit: float) -> str:
        """`lucky` or `telling` for a match, nothing for none.

        As in a permutation test (Phipson and Smyth 2010) the printed number counts as one of
        those that are reached: few others cannot show that a match tells anything. `limit` is
        the chance, from 0 to 1, from which a match is lucky.
        """
        more = 0 if self.own else 1
        lucky = (self.reached + more) / (self.of + more) >= limit if self.of + more else True
        return "" if match == NO_MATCH else LUCKY if lucky else TELLING


@dataclass(frozen=True)
class Weighed:
    """A number with its matches, and the chance of one by its plain tries and by all others.

    `matches` are those of its tries, in their order. The chance of another try counts only what
    the plain ones do not reach already: it is that of a match where the plain method has none.
    """

    number: TriedNumber
    matches: tuple[str, ...]
    by_plain: Luck
    by_another: Luck
    results: int = field(default=0)

    def luck(self, tried: Try) -> Luck:
        """The chance that belongs to one try."""
        return self.by_plain if tried.plain else self.by_another

    @property
    def fitting(self) -> list[Try]:
        """The tries that reach the number: the plain ones, else the others."""
        pairs = zip(self.number.tries, self.matches, strict=True)
        return [t for t, m in pairs if m != NO_MATCH and t.plain is self.met_by_plain]

    def word(self, tried: Try, limit: float) -> str:
        """What the match of one try that fits is worth."""
        if tried.evidence in _MADE:
            return CONSTRUCTED
        return self.luck(tried).word(EXACT, limit)

    def worth(self, limit: float) -> str:
        """What the match of the number is worth, empty where there is none."""
        words = [self.word(t, limit) for t in self.fitting]
        return next((w for w in words if w != CONSTRUCTED), words[0] if words else "")

    @property
    def plain_match(self) -> str:
        """The best match of a plain try, empty where there is no plain one."""
        return self._best(plain=True)

    @property
    def other_match(self) -> str:
        """The best match of another try."""
        return self._best(plain=False)

    def _best(self, *, plain: bool) -> str:
        found = [
            m for t, m in zip(self.number.tries, self.matches, strict=True) if t.plain is plain
        ]
        return next((m for m in (EXACT, WITHIN_ROUNDING, NO_MATCH) if m in found), "")

    @property
    def met_by_plain(self) -> bool:
        """Whether the plain method reaches the printed number."""
        return self.plain_match in (EXACT, WITHIN_ROUNDING)

    @property
    def met_by_another(self) -> bool:
        """Whether another try reaches it."""
        return self.other_match in (EXACT, WITHIN_ROUNDING)


@cache
def _read(text: str) -> tuple[Fraction, int] | None:
    try:
        return number(text), decimals(text)
    except ValueError:
        return None


class _Reach:
    """All texts that some tries match, as `Try.match` says; asked often, so made once."""

    def __init__(self, tries: Sequence[Try]) -> None:
        self._texts = {x for t in tries if t.value is None for x in (t.result, *t.within)}
        self._values = {(t.value, t.rule) for t in tries if t.value is not None}
        self._rounded: dict[int, set[Fraction]] = {}

    def __contains__(self, text: str) -> bool:
        if text in self._texts:
            return True
        if (read := _read(text)) is None:
            return False
        value, places = read
        if places not in self._rounded:
            exact = {v for v, _ in self._values}
            rounded = {ROUNDING_RULES[rule](v, places) for v, rule in self._values if rule}
            self._rounded[places] = exact | rounded
        return value in self._rounded[places]


def weigh(given: TriedNumber) -> Weighed:
    """Hold all tries of a number against its print, and against what could stand there by luck."""
    plain = [t for t in given.tries if t.plain]
    others = [t for t in given.tries if not t.plain]

    by_plain, by_other = _Reach(plain), _Reach(others)
    verdicts = {text: (text in by_plain, text in by_other) for text in set(given.alternatives)}
    found = [verdicts[text] for text in given.alternatives]
    left = [other for usual, other in found if not usual]
    return Weighed(
        given,
        tuple(t.match(given.printed) for t in given.tries),
        Luck(sum(usual for usual, _ in found), len(found), given.between is not None),
        Luck(sum(left), len(left), given.between is not None),
        len({t.shown(given.printed) for t in given.tries}),
    )


def tries_frame(weighed: Iterable[Weighed], limit: float) -> pd.DataFrame:
    """Every try with its result, its match and its chance of one (columns `METHOD_COLUMNS`).

    `tries` counts those of the number, `results` how many different numbers they would print;
    `limit` is the chance from which a match is called lucky.
    """
    rows = []
    for w in weighed:
        for tried, match in zip(w.number.tries, w.matches, strict=True):
            luck = w.luck(tried)
            word = "" if match == NO_MATCH else w.word(tried, limit)
            told = [luck.reached, luck.of, luck.chance, w.number.model, word]
            made = [tried.method, "yes" if tried.plain else "no", tried.result, match]
            counted = [len(w.matches), w.results]
            rows.append([*w.number.key, w.number.kind, *made, *counted, *told, str(tried.evidence)])
    return pd.DataFrame(rows, columns=METHOD_COLUMNS)


def numbers_frame(
    weighed: Iterable[Weighed], limit: float, verdicts: dict[Key, str]
) -> pd.DataFrame:
    """One row for each number (columns `NUMBER_COLUMNS`): what would reach it, and how luckily.

    `plain` is the match of the plain method. Where it has none, `met_by` names the other tries
    that reach the number, and the chance is theirs. No match here changes the verdict beside it.
    """
    rows = []
    for w in weighed:
        fitting, luck = w.fitting, w.by_plain if w.met_by_plain else w.by_another
        resting = [t.evidence for t in fitting] or [t.evidence for t in w.number.tries]
        rows.append(
            [
                *(*w.number.key, w.number.kind, w.number.printed, verdicts.get(w.number.key, "")),
                *(w.plain_match or "none", len(w.matches), w.results),
                sum(m != NO_MATCH for m in w.matches),
                " | ".join(dict.fromkeys(t.method for t in fitting)),
                *(luck.reached, luck.of, luck.chance, w.number.model, w.worth(limit)),
                str(resting_on(*resting)),
            ]
        )
    return pd.DataFrame(rows, columns=NUMBER_COLUMNS)


def tally_frame(weighed: Sequence[Weighed], limit: float) -> pd.DataFrame:
    """By kind: how many numbers the plain method misses, and how many others reach them.

    `expected_by_luck` adds up the chances of the missed ones: so many would be reached if they
    had nothing to do with their data (columns `TALLY_COLUMNS`).
    """
    rows = []
    for kind in dict.fromkeys(w.number.kind for w in weighed):
        here = [w for w in weighed if w.number.kind == kind]
        missed = [w for w in here if not w.met_by_plain]
        words = [w.worth(limit) for w in missed]
        rows.append(
            [
                *(kind, len(here), sum(len(w.matches) for w in here)),
                *(len(here) - len(missed), len(missed), sum(w.met_by_another for w in missed)),
                sum(w.by_another.chance for w in missed if len(w.number.tries) > _plain(w)),
                *(words.count(word) for word in (LUCKY, TELLING, CONSTRUCTED)),
                str(resting_on(*(t.evidence for w in here for t in w.number.tries))),
            ]
        )
    return pd.DataFrame(rows, columns=TALLY_COLUMNS)


def _plain(weighed: Weighed) -> int:
    return sum(t.plain for t in weighed.number.tries)
