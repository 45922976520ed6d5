"""The vocabulary of the project: evidence classes, verdicts and reasons.

Every number, table, figure and sentence that medlead shows carries one
`EvidenceClass`; every printed number that it judges carries one `Verdict`, and
a `Reason` from the closed list wherever the verdict is not an agreement.
"""

from enum import StrEnum


class EvidenceClass(StrEnum):
    """What a shown value rests on, from the firmest to the freest."""

    PRINTED_RECORDS = "printed-records"
    PRINTED_AGGREGATES = "printed-aggregates"
    RECONSTRUCTED = "reconstructed"
    SIMULATED = "simulated"
    CONCEPTUAL = "conceptual"
    STUDY = "study"

    @property
    def meaning(self) -> str:
        """One plain sentence for the badge's tooltip and the legend."""
        return _CLASS_MEANINGS[self]


_CLASS_MEANINGS = {
    EvidenceClass.PRINTED_RECORDS: "Computed here from record-level values that the report prints.",
    EvidenceClass.PRINTED_AGGREGATES: "Derived from other figures that the report prints.",
    EvidenceClass.RECONSTRUCTED: (
        "Computed from records solved so that they agree with printed figures; "
        "agreement is by construction."
    ),
    EvidenceClass.SIMULATED: (
        "Computed from responses drawn from a stated model; only the shape is meaningful."
    ),
    EvidenceClass.CONCEPTUAL: "A diagram or definition without data.",
    EvidenceClass.STUDY: "Computed from the records of the study that was run.",
}


FREEST = (
    EvidenceClass.SIMULATED,
    EvidenceClass.RECONSTRUCTED,
    EvidenceClass.STUDY,
    EvidenceClass.PRINTED_AGGREGATES,
    EvidenceClass.PRINTED_RECORDS,
)
"""The classes from what is made up to what is printed record by record."""
# What was made up is told before what was measured, wherever a result rests on both.
_NOT_PRINTED = FREEST[:3]


def resting_on(first: EvidenceClass, *others: EvidenceClass) -> EvidenceClass:
    """The class of a result that rests on several: the freest of them.

    Own records that are ranked in a simulated norm sample have simulated ranks.
    """
    given = (first, *others)
    return next((c for c in _NOT_PRINTED if c in given), first)


class Verdict(StrEnum):
    """The outcome of comparing one printed cell with what the evidence gives."""

    AGREES = "agrees"
    AGREES_BY_ROUNDING = "agrees-by-rounding"
    AGREES_BY_CONSTRUCTION = "agrees-by-construction"
    DIFFERS = "differs"
    NOT_DERIVABLE = "not-derivable"

    @property
    def meaning(self) -> str:
        """One plain sentence for legends."""
        return _VERDICT_MEANINGS[self]


_VERDICT_MEANINGS = {
    Verdict.AGREES: "What other printed evidence gives, exactly.",
    Verdict.AGREES_BY_ROUNDING: (
        "What other printed evidence gives, once rounded by the named rule."
    ),
    Verdict.AGREES_BY_CONSTRUCTION: (
        "Shown from a record copied, solved or simulated from this very print, so it cannot "
        "disagree: no reproduction."
    ),
    Verdict.DIFFERS: "The evidence gives another value than the one printed.",
    Verdict.NOT_DERIVABLE: "The evidence at hand does not determine this value.",
}


class Reason(StrEnum):
    """Why a cell differs or cannot be derived: a closed list."""

    STAGE_NOT_BUILT = "stage-not-built"
    CONFLICTS_WITH_PRINT = "conflicts-with-print"
    CONFLICTING_EVIDENCE = "conflicting-evidence"
    TEST_DIFFERS = "test-differs"
    DEPENDS_ON_TEST = "depends-on-test"
    DEPENDS_ON_READING = "depends-on-reading"
    SENTENCE_NOT_CARRIED = "sentence-not-carried"
    NAMES_ONLY = "names-only"
    OUTSIDE_INFORMATION = "outside-information"
    BASIC_FACT = "basic-fact"
    PRINTED_BLANK = "printed-blank"
    ONLY_BOUNDED = "only-bounded"
    TIED = "tied"
    STATED_ONCE = "stated-once"
    RECORDS_DIFFER = "records-differ"
    OTHER_RECORDS = "other-records"

    @property
    def meaning(self) -> str:
        """One plain sentence for legends and the documentation."""
        return _REASON_MEANINGS[self]


_REASON_MEANINGS = {
    Reason.STAGE_NOT_BUILT: "Nothing that is part of medlead bears on this value yet.",
    Reason.CONFLICTS_WITH_PRINT: (
        "Other printed figures, taken together, imply another value for this cell; if one cell "
        "alone is wrong, it is this one."
    ),
    Reason.CONFLICTING_EVIDENCE: (
        "This cell is one of several that cannot all be right, and the print does not show "
        "which of them is the wrong one."
    ),
    Reason.TEST_DIFFERS: "The printed mark does not follow from the printed r and n by any "
    "declared test.",
    Reason.DEPENDS_ON_TEST: (
        "The printed mark follows by one declared test and not by another, and the report "
        "does not say which it used."
    ),
    Reason.DEPENDS_ON_READING: (
        "The printed number follows if the print is read in one way and not if it is read in "
        "another, and the report does not say which it means."
    ),
    Reason.SENTENCE_NOT_CARRIED: (
        "The cell is a sentence of the report; only its fingerprint is kept, not its words."
    ),
    Reason.NAMES_ONLY: "The cell is a heading or a note that names something; nothing to derive.",
    Reason.OUTSIDE_INFORMATION: (
        "The value comes from a source outside the report that is not part of the evidence."
    ),
    Reason.PRINTED_BLANK: "The cell is printed empty, and nothing implies a value for it.",
    Reason.BASIC_FACT: "A basic count or range stated in the text from which others are derived.",
    Reason.ONLY_BOUNDED: (
        "Other printed figures were tested against this value and allow it, but they would "
        "allow others too."
    ),
    Reason.TIED: "Equal counts leave this place in the order open.",
    Reason.STATED_ONCE: "Stated once, and no other printed figure bears on it.",
    Reason.RECORDS_DIFFER: (
        "The solved records give another value, but nothing printed contradicts this one: the "
        "fault is theirs."
    ),
    Reason.OTHER_RECORDS: (
        "This table was counted from a study's own records, which are not those that the print "
        "is about: neither says anything of the other."
    ),
}


CERTAIN, CONDITIONAL, JUDGEMENT = "certain", "conditional", "judgement"
CERTAINTIES = (CERTAIN, CONDITIONAL, JUDGEMENT)
"""How sure a finding is, the surest first. Arithmetic is certain; what rests on an assumption that
is named is conditional; where readers may weigh words differently, it is a judgement."""


def item_name(item: str) -> str:
    """An item as a person names it: `table-05` is `Table 5`, `section-4.1` is `Section 4.1`."""
    kind, _, rest = item.partition("-")
    return f"{kind.capitalize()} {rest.lstrip('0') if rest.isdigit() else rest}"
