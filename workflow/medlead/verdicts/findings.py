"""A finding: what does not hold, where it is printed, and in how far that is certain."""

from dataclasses import dataclass
from enum import StrEnum

from medlead.verdicts.relations import Key


class Severity(StrEnum):
    """How much hangs on a finding."""

    MAJOR = "major"  # counts that cannot be what is printed, taken together
    MINOR = "minor"  # a percentage, a range, a repeated number or a significance mark
    WORDING = "wording"  # two printings of one text


CERTAIN, CONDITIONAL, JUDGEMENT = "certain", "conditional", "judgement"
"""Arithmetic is certain; what rests on an assumption that is named is conditional; where readers
may weigh words differently, it is a judgement."""


@dataclass(frozen=True)
class Finding:
    """One finding at one printed cell; `implied` is empty where several values would do.

    `at` is the section and line of a statement, which need not stand in a cell.
    """

    key: Key
    printed: str
    implied: str
    check: str
    severity: Severity
    certainty: str
    explanation: str
    at: tuple[str, int] | None = None
