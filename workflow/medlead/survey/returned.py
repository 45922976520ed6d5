"""Which rows are returns, which hold answers, and which are used, each with its reason."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from medlead.sources.messages import Problem
from medlead.survey.answers import tidy
from medlead.survey.definition import PartType
from medlead.survey.instrument import Instrument
from medlead.survey.records import Record
from medlead.survey.rules import CleaningRules, Duplicates

USED = ""
_ADDS_UP = "a row without a name whose numbers are the sums of those above, not a return"
_NUMBERS = (PartType.NUMBER, PartType.COUNT)


@dataclass(frozen=True)
class SheetRows:
    """What each row of the sheet of returns is, and how many of each there are.

    `is_return` is False for rows of totals and the like, `is_complete` True where there
    are as many answers as the instrument asks for, `is_used` where the choice about
    duplicates leaves the return in; `answers` counts the parts answered, and `why` says
    in words why a row is not used (empty where it is).
    """

    is_return: tuple[bool, ...]
    is_complete: tuple[bool, ...]
    is_used: tuple[bool, ...]
    answers: tuple[int, ...]
    why: tuple[str, ...]

    @property
    def returned(self) -> int:
        """The number of returns, empty ones among them."""
        return sum(self.is_return)

    @property
    def complete(self) -> int:
        """The number of returns with as many answers as the instrument asks for."""
        return sum(self.is_complete)

    @property
    def used(self) -> int:
        """The number of complete returns that the choice about duplicates leaves."""
        return sum(self.is_used)


def respondent_key(text: str) -> str:
    """What makes a name the same as another: its letters and digits, without leading zeros.

    `St. Mary's` is `st marys`, and `007` is `7`.
    """
    words = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])[.']", "", tidy(text).casefold()))
    return " ".join(w.lstrip("0") or "0" if w.isdigit() else w for w in words if w)


def count_returns(
    records: Sequence[Record], instrument: Instrument, rules: CleaningRules
) -> SheetRows:
    """What each row is and whether it is used.

    With `duplicates: stop` all returns of one respondent count as used; whether that is
    to be is asked by `undecided`.
    """
    key = instrument.part(instrument.key).column or ""
    keys = [respondent_key(record.cells[key].raw) for record in records]
    answers = tuple(sum(record.answered(p) for p in instrument.asked) for record in records)
    says = [_is_sum(record, key, rules.not_returns) for record in records]
    adds = [
        not keys[i] and not says[i] and _adds_up(record, _above(records, says, i), instrument)
        for i, record in enumerate(records)
    ]
    is_return = tuple(not (said or added) for said, added in zip(says, adds, strict=True))
    complete = tuple(
        here and count >= instrument.complete_from
        for here, count in zip(is_return, answers, strict=True)
    )
    why: list[str] = []
    for place, name in enumerate(keys):
        same = [i for i, other in enumerate(keys) if name and other == name and complete[i]]
        taken = {Duplicates.FIRST: same[:1], Duplicates.LAST: same[-1:]}.get(rules.duplicates, same)
        if not is_return[place]:
            why.append(_ADDS_UP if adds[place] else "a row of totals or the like, not a return")
        elif not answers[place]:
            why.append("nothing is filled in")
        elif not complete[place]:
            why.append(f"fewer than {instrument.complete_from} answers")
        elif same and place not in taken:
            why.append(f"the return of the same respondent in row {records[taken[0]].row} is used")
        else:
            why.append(USED)
    used = tuple(reason == USED for reason in why)
    return SheetRows(is_return, complete, used, answers, tuple(why))


def undecided(
    records: Sequence[Record], instrument: Instrument, rules: CleaningRules, file: str
) -> list[Problem]:
    """Respondents with several returns that hold answers, where no choice is made for them."""
    if rules.duplicates is not Duplicates.STOP:
        return []
    key = instrument.part(instrument.key).column or ""
    complete = count_returns(records, instrument, rules).is_complete
    named: dict[str, list[Record]] = {}
    for record, counts in zip(records, complete, strict=True):
        name = respondent_key(record.cells[key].raw)
        if name and counts:
            named.setdefault(name, []).append(record)
    return [
        Problem(
            file,
            f"{len(found)} returns of this respondent hold answers "
            f"(rows {', '.join(str(r.row) for r in found)}), and nothing says which is used",
            "correct the name, delete a return, or choose `duplicates: first`, `last` or `keep` "
            "in cleaning.yaml",
            found[1].row,
            key,
            found[1].cells[key].text,
        )
        for found in named.values()
        if len(found) > 1
    ]


def _is_sum(record: Record, key: str, words: frozenset[str]) -> bool:
    """Whether a row sums up others: by its key or, where that is empty, by its first cell."""
    filled = (cell.raw for cell in record.cells.values() if tidy(cell.raw))
    first = record.cells[key].raw if tidy(record.cells[key].raw) else next(filled, "")
    return _bare(first) in words


def _above(records: Sequence[Record], says: Sequence[bool], place: int) -> list[Record]:
    """The returns that a row could add up: those above it, down from the last row of totals."""
    first = max((i + 1 for i in range(place) if says[i]), default=0)
    return list(records[first:place])


def _adds_up(record: Record, above: Sequence[Record], instrument: Instrument) -> bool:
    """Whether a row gives nothing but the sums of the numbers above it."""
    sums = 0
    for part in instrument.parts:
        # A column of boxes has its sum too, and a 1 there may be one or a tick.
        if part.type is PartType.TICKS:
            continue
        cell = record.cells[part.column or ""]
        if not cell.filled:
            continue
        own = _plain_number(cell.raw)
        if own is None or part.type not in _NUMBERS:
            return False
        found = [other.cells[part.column or ""].read.value for other in above]
        known = [float(value) for value in found if value is not None]
        if len(known) < 2 or not math.isclose(own, math.fsum(known), rel_tol=1e-9):
            return False
        sums += 1
    return sums > 0


def _plain_number(text: str) -> float | None:
    """A number as a spreadsheet writes it; a sum may lie above what one return can say."""
    try:
        return float(re.sub(r"[£,\s]", "", tidy(text)))
    except ValueError:
        return None


def _bare(text: str) -> str:
    """The words of a cell, without numbers, brackets and signs: `Total (n=3):` is `total`."""
    plain = re.sub(r"[(\[].*?[)\]]|\bn\s*=", " ", tidy(text).casefold())
    return " ".join(re.findall(r"[a-z]+", plain))
