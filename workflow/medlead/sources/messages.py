"""Plain messages for people whose input is wrong.

A `Problem` names the file, row, column and value, what is allowed and how to
mend it. Checks collect all problems before they stop, as one `ProblemsFound`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHOWN_AT_MOST = 50


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one input.

    `row` is the row a person sees when the file is opened (the header is row 1),
    or None where the whole file or column is meant.
    """

    file: str
    what: str
    mend: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    allowed: str | None = None

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column '{self.column}'")
        lines = [", ".join(place) + f": {self.what}"]
        if self.value is not None:
            lines.append(f"    found:   {self.value if self.value != '' else '(empty)'}")
        if self.allowed is not None:
            lines.append(f"    allowed: {self.allowed}")
        lines.append(f"    mend:    {self.mend}")
        return "\n".join(lines)


class ProblemsFound(Exception):
    """All problems of one check, raised together so that one round of mending is enough."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(report(self.problems))


def fault(file: str, what: str, mend: str, key: str | None = None) -> Problem:
    """What is wrong with a declaration, below one of its keys or as a whole."""
    return Problem(file=file, what=f"{key}: {what}" if key else what, mend=mend)


def with_keys(content: Any, keys: Sequence[str], file: str) -> Mapping[str, Any]:
    """A declaration that has these keys and no others; else ProblemsFound, with every fault."""
    if not isinstance(content, Mapping):
        raise ProblemsFound([fault(file, "the file declares nothing", "see its head")])
    unknown = [("not known", key) for key in content if key not in keys]
    missing = [("missing", key) for key in keys if key not in content]
    problems = [
        fault(file, f"the key '{key}' is {how}", f"the keys are {', '.join(keys)}")
        for how, key in unknown + missing
    ]
    if problems:
        raise ProblemsFound(problems)
    return content


def report(problems: Iterable[Problem]) -> str:
    """The problems as text for a screen: how many, each one, and what was left out.

    Problems are ordered by file, then row, then column, so that the text is the
    same however they were found.
    """
    ordered = sorted(problems, key=lambda p: (p.file, p.row or 0, p.column or "", p.what))
    count = len(ordered)
    head = f"{count} problem{'s' if count != 1 else ''} found."
    parts = [head, *(str(p) for p in ordered[:SHOWN_AT_MOST])]
    if count > SHOWN_AT_MOST:
        parts.append(f"... and {count - SHOWN_AT_MOST} more; mend these first.")
    return "\n\n".join(parts)
