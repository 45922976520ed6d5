"""The verdict on each sentence of the report: its check, evaluated on the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass

from medlead.evidence import EvidenceClass
from medlead.verdicts.claim_evaluation import evaluate
from medlead.verdicts.claim_evidence import Use
from medlead.verdicts.claim_language import Check
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claim_values import NotBuilt, Truth
from medlead.verdicts.claim_verdicts import ClaimReason, ClaimVerdict, Conflicting, Nothing

_VERDICTS: Mapping[bool | None, ClaimVerdict] = {
    True: ClaimVerdict.HOLDS,
    False: ClaimVerdict.FAILS,
    None: ClaimVerdict.UNDECIDABLE,
}
BETWEEN = "; "


@dataclass(frozen=True)
class Judged:
    """What was found of one sentence."""

    verdict: ClaimVerdict
    evidence: EvidenceClass
    computed: str = ""
    reason: ClaimReason | None = None
    judgement: bool = False
    turns_at: str = ""
    used: tuple[Use, ...] = ()


def judged_claim(check: Check, context: Context) -> Judged:
    """Evaluate one check, and say what decided it.

    Raises Refused for a check that does not fit the evidence.
    """
    evidence = context.evidence
    evidence.begin()
    try:
        truth = evaluate(check, context)
    except Nothing as nothing:
        open_ = isinstance(nothing, Conflicting)
        verdict = ClaimVerdict.UNDECIDABLE if open_ else ClaimVerdict.NOT_CHECKABLE
        return Judged(
            verdict, evidence.evidence, nothing.words, nothing.reason, used=tuple(evidence.used)
        )
    except NotBuilt as missing:
        reason = ClaimReason.NOT_BUILT
        return Judged(ClaimVerdict.NOT_CHECKABLE, EvidenceClass.CONCEPTUAL, str(missing), reason)
    used, kind = tuple(evidence.used), evidence.evidence
    ours = truth.firm is None and (bool(truth.judged) or truth.value is not None)
    return Judged(
        _VERDICTS[truth.value],
        kind,
        BETWEEN.join(truth.told),
        _reason(truth, ours, kind, used),
        ours,
        _turns(check, context, truth) if ours else "",
        used,
    )


def _reason(
    truth: Truth, ours: bool, kind: EvidenceClass, used: tuple[Use, ...]
) -> ClaimReason | None:
    if truth.value is None:
        return ClaimReason(truth.why[0]) if truth.why else ClaimReason.SET_HAS_BOTH
    if truth.value:
        return ClaimReason.BY_CONSTRUCTION if truth.held else None
    if ours:
        return ClaimReason.OUR_THRESHOLD
    computed = any(use.kind == "frame" for use in used)
    return ClaimReason.OTHER_RESULT if computed else ClaimReason.CONFLICTS_WITH_PRINT


def _turns(check: Check, context: Context, truth: Truth) -> str:
    """At which threshold the verdict would be the other, word by word."""
    told = []
    for judged in truth.judged:
        other = evaluate(check, context, turned=judged.place)
        if other.value is not truth.value:
            told.append(f"{judged.word} at {judged.turns_at} (ours: {judged.threshold})")
    return BETWEEN.join(told)
