"""How far a wrong number or sentence reaches, and how conclusions would stand otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from medlead.verdicts.claim_verdicts import BETWEEN
from medlead.verdicts.conclusions import Standing


class Changes(StrEnum):
    """The furthest thing that is otherwise once a wrong number or sentence is mended."""

    CONCLUSION = "conclusion"
    PART = "part"
    CLAIM = "claim"
    UNKNOWN = "unknown"
    NOTHING = "nothing"

    @property
    def meaning(self) -> str:
        """One plain sentence for legends."""
        return _MEANINGS[self]


_MEANINGS = {
    Changes.CONCLUSION: "A conclusion of the report stands otherwise.",
    Changes.PART: "A part of a conclusion is otherwise, and the conclusion stands as before.",
    Changes.CLAIM: "Another sentence of the report gets another verdict, and no conclusion does.",
    Changes.UNKNOWN: "Something rests on it, and it is not known what should stand there.",
    Changes.NOTHING: "No other sentence that was checked, and no conclusion, is otherwise.",
}

STANDS = {
    Standing.FAILS: "fails",
    Standing.OPEN: "is open",
    Standing.IN_PART: "stands in part",
    Standing.STANDS: "stands",
    Standing.BY_CONSTRUCTION: "stands by construction only",
    Standing.NOT_CHECKABLE: "cannot be checked",
}
"""How a conclusion stands, as the verb of a sentence."""


@dataclass(frozen=True)
class TurnedStanding:
    """How a conclusion stood and would stand; the same twice where only a part of it turns."""

    before: Standing
    after: Standing

    @property
    def whole(self) -> bool:
        """Whether the standing itself turns, and not a part alone."""
        return self.before is not self.after

    def __str__(self) -> str:
        return f"{self.before} -> {self.after}" if self.whole else f"still {self.after}"


def furthest(turned: Iterable[TurnedStanding]) -> Changes | None:
    """The furthest that these reach: a conclusion, a part of one, or none at all."""
    wholes = [t.whole for t in turned]
    return (Changes.CONCLUSION if any(wholes) else Changes.PART) if wholes else None


def told_turned(turned: Mapping[str, TurnedStanding]) -> str:
    """What of conclusions would be otherwise, in one sentence."""
    words = [
        f"conclusion {n}, which now {STANDS[t.before]}: it then {STANDS[t.after]}"
        if t.whole
        else f"a part of conclusion {n}, which as a whole still {STANDS[t.after]}"
        for n, t in turned.items()
    ]
    return f"this would change {BETWEEN.join(words)}."
