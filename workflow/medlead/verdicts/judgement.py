"""The judgement of one printed cell, and the words for what an agreement rests on."""

from dataclasses import dataclass

from medlead.evidence import EvidenceClass, Reason, Verdict

ARITHMETIC, REPEATED, TESTED = "arithmetic", "printed twice", "test"
"""What an agreement rests on: the first words of its rule."""
COPIED, SOLVED, FROM_RECORDS = "copied-record", "solved-margin", "solved-record"
"""What an agreement by construction rests on: a copied record, a printed figure that records
were solved to meet, or another figure of such records."""
HELD, NAMED = "held-statement", "used-name"
"""The same of doctors who were held to a statement, and of a name taken from the print."""
LEAST_SLACK, AGAINST = "least slack", "against"
"""How a conflict is known: from all that is printed at once, or from cells that are named."""


@dataclass(frozen=True)
class Judgement:
    """What the evidence says of one printed cell."""

    verdict: Verdict
    evidence: EvidenceClass
    rebuilt: str = ""
    rule: str = ""
    reason: Reason | None = None
