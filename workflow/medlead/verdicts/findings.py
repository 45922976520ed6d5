"""A finding: what does not hold, where it is printed, and in how far that is certain."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from medlead.verdicts.relations import Key


class Severity(StrEnum):
    """How much hangs on a finding."""

    MAJOR = "major"  # counts that cannot be what is printed, taken together
    MINOR = "minor"  # a percentage, a range, a repeated number or a significance mark
    WORDING = "wording"  # two printings of one text


BETWEEN_CHECKS = "; "
"""What stands between the checks of one finding."""


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


@dataclass(frozen=True)
class ToldAgain:
    """What fails for the cause of another finding: that finding's check, the own one, and words."""

    by: str
    check: str
    severity: Severity
    words: str


def joined(
    row: Mapping[Any, Any], check: str, words: str, severity: Severity = Severity.WORDING
) -> dict[Any, Any]:
    """A row of the audit with what fails for the same cause: its check and words are added.

    The finding is as severe as the severer of both, and stays as certain as it is.
    """
    severer = min((Severity(str(row["severity"])), severity), key=list(Severity).index)
    return {
        **row,
        "check": f"{row['check']}{BETWEEN_CHECKS}{check}",
        "severity": str(severer),
        "explanation": f"{row['explanation']} {words}",
    }


def tells(row: Mapping[Any, Any], check: str) -> bool:
    """Whether a row of the audit is the finding of a check, alone or among others."""
    return check in str(row["check"]).split(BETWEEN_CHECKS)
