"""The verdicts on the report's sentences, and the closed list of reasons."""

from enum import StrEnum

BETWEEN = "; "
"""What stands between the parts of one field of claims, conclusions and what they change."""


class ClaimVerdict(StrEnum):
    """The outcome of checking one sentence."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDABLE = "undecidable"
    NOT_CHECKABLE = "not-checkable"

    @property
    def meaning(self) -> str:
        """One plain sentence for legends."""
        return _VERDICT_MEANINGS[self]


_VERDICT_MEANINGS = {
    ClaimVerdict.HOLDS: "The evidence bears it out.",
    ClaimVerdict.FAILS: "The evidence says otherwise.",
    ClaimVerdict.UNDECIDABLE: "The evidence allows both that it is so and that it is not.",
    ClaimVerdict.NOT_CHECKABLE: "Nothing that has come down to us could decide it.",
}


class Touch(StrEnum):
    """What of a report a number or a sentence settles: what is changed where it is wrong."""

    RANK = "rank"
    BAND = "band"
    SIGNIFICANCE = "significance"
    MAJORITY = "majority"
    COMPARISON = "comparison"
    NUMBER = "number"
    WORDING = "wording"

    @property
    def meaning(self) -> str:
        """A few plain words for legends."""
        return _TOUCH_MEANINGS[self]


_TOUCH_MEANINGS = {
    Touch.RANK: "which comes first, or next",
    Touch.BAND: "a band or a range",
    Touch.SIGNIFICANCE: "whether it is more than chance",
    Touch.MAJORITY: "a majority or a share",
    Touch.COMPARISON: "what is more, or whether it varies",
    Touch.NUMBER: "a number alone",
    Touch.WORDING: "a name or a wording",
}


class Turns(StrEnum):
    """How much of what a check looks at would have to be otherwise for another verdict."""

    ONE_STEP = "one-step"
    ONE = "one"
    SEVERAL = "several"
    NEVER = "never"

    @property
    def meaning(self) -> str:
        """One plain sentence for legends."""
        return _TURN_MEANINGS[self]


_TURN_MEANINGS = {
    Turns.ONE_STEP: "One step of the last digit of one number, or one word, would turn it.",
    Turns.ONE: "One number would turn it, if it were further from what is printed.",
    Turns.SEVERAL: "No number alone would turn it, several together would.",
    Turns.NEVER: "Nothing that was tried turns it: its check tests nothing.",
}


class ClaimReason(StrEnum):
    """Why a sentence is as it is judged: a closed list."""

    # Nothing can decide it.
    INTERVIEWS = "interviews"
    FIGURE = "figure"
    FREE_TEXT = "free-text"
    LITERATURE = "literature"
    OUTSIDE = "outside"
    OPINION = "opinion"
    RECORDS = "records"
    NO_CONDITION = "no-condition"
    NOT_BUILT = "not-built"
    # Open.
    WITHIN_ROUNDING = "within-rounding"
    SET_HAS_BOTH = "identified-set-contains-both"
    INTERVAL_HAS_BOTH = "interval-contains-both"
    TIED = "tied"
    READINGS = "readings-disagree"
    AT_HAND = "records-at-hand"
    CONFLICTING_EVIDENCE = "conflicting-evidence"
    RECORDS_DIFFER = "records-differ"
    # Held or refused.
    BY_CONSTRUCTION = "by-construction"
    CONFLICTS_WITH_PRINT = "conflicts-with-print"
    OTHER_RESULT = "other-result"
    OUR_THRESHOLD = "our-threshold"

    @property
    def meaning(self) -> str:
        """One plain sentence for legends and the documentation."""
        return _REASON_MEANINGS[self]


GIVEN = (
    ClaimReason.INTERVIEWS,
    ClaimReason.FIGURE,
    ClaimReason.FREE_TEXT,
    ClaimReason.LITERATURE,
    ClaimReason.OUTSIDE,
    ClaimReason.OPINION,
    ClaimReason.RECORDS,
)
"""The reasons that a check may give for being none."""

_REASON_MEANINGS = {
    ClaimReason.INTERVIEWS: "It rests on interviews whose records are not printed.",
    ClaimReason.FIGURE: "It rests on a picture that has not come down to us in the text.",
    ClaimReason.FREE_TEXT: "It rests on answers in words that are not printed.",
    ClaimReason.LITERATURE: "It rests on cited work.",
    ClaimReason.OUTSIDE: "It states a fact of the world outside the report.",
    ClaimReason.OPINION: "It is a valuation or a recommendation, told as found.",
    ClaimReason.RECORDS: (
        "Only records that are not printed could decide it, and no printed figure bounds them."
    ),
    ClaimReason.NO_CONDITION: "It says nothing that numbers could meet or miss.",
    ClaimReason.NOT_BUILT: "What would decide it is not part of medlead, or of this run, yet.",
    ClaimReason.WITHIN_ROUNDING: "The printed numbers are too near each other for their rounding.",
    ClaimReason.SET_HAS_BOTH: (
        "What the print leaves possible has cases in which it is so and cases in which it is not."
    ),
    ClaimReason.INTERVAL_HAS_BOTH: (
        "The interval around what was estimated has values by which it is so and others by which "
        "it is not."
    ),
    ClaimReason.TIED: "Equal counts leave the order open.",
    ClaimReason.READINGS: (
        "Its words can fairly be read in several ways: by one reading it is so, by another not."
    ),
    ClaimReason.AT_HAND: (
        "Solved or simulated records have an answer, but they are one of many sets that the "
        "print allows, and their answer is not the report's."
    ),
    ClaimReason.CONFLICTING_EVIDENCE: (
        "Another statement of the report goes against it, and which of them is wrong is not shown."
    ),
    ClaimReason.RECORDS_DIFFER: (
        "The simulated doctors say otherwise, but nothing printed goes against it: the fault is "
        "theirs."
    ),
    ClaimReason.BY_CONSTRUCTION: (
        "It holds of records that were made to meet it, and so confirms nothing."
    ),
    ClaimReason.CONFLICTS_WITH_PRINT: "Other parts of the print say otherwise.",
    ClaimReason.OTHER_RESULT: "What is computed here from the printed records says otherwise.",
    ClaimReason.OUR_THRESHOLD: (
        "It fails by a threshold of ours, which stands in words.yaml, or in margins.yaml with "
        "the sentence."
    ),
}


class Nothing(Exception):
    """Nothing decides a check, for a reason of the closed list."""

    def __init__(self, reason: ClaimReason, words: str) -> None:
        super().__init__(words)
        self.reason, self.words = reason, words


class Conflicting(Nothing):
    """What would decide a check goes against something else, so that it stays open."""
