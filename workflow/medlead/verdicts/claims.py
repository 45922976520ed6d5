"""The verdict on each sentence of the report: its check, evaluated on the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.sources.messages import Problem, ProblemsFound
from medlead.verdicts.claim_evaluation import evaluate
from medlead.verdicts.claim_evidence import FRAME, Use
from medlead.verdicts.claim_language import Check, parse
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claim_values import NotBuilt, Refused, Truth
from medlead.verdicts.claim_verdicts import (
    BETWEEN,
    ClaimReason,
    ClaimVerdict,
    Conflicting,
    Nothing,
)
from medlead.verdicts.statements import about_statement

_VERDICTS: Mapping[bool | None, ClaimVerdict] = {
    True: ClaimVerdict.HOLDS,
    False: ClaimVerdict.FAILS,
    None: ClaimVerdict.UNDECIDABLE,
}
CLAIM_COLUMNS = (
    *("claim", "section", "line", "statement", "verdict", "computed", "reason"),
    *("judgement", "turns_at", "rests_on", "check", "evidence"),
)
INPUT_COLUMNS = ("claim", "kind", "item", "row", "column", "where", "evidence")


@dataclass(frozen=True)
class Decided:
    """What was found of one sentence."""

    verdict: ClaimVerdict
    evidence: EvidenceClass
    computed: str = ""
    reason: ClaimReason | None = None
    judgement: bool = False
    turns_at: str = ""
    used: tuple[Use, ...] = ()
    absent: bool = False


@dataclass(frozen=True)
class Claims:
    """The sentences with their verdicts, what each of them used, and how many are what."""

    claims: pd.DataFrame
    inputs: pd.DataFrame
    judged: Mapping[str, Decided]
    summary: dict[str, Any]


def with_statements(claims: pd.DataFrame, statements: pd.DataFrame | None) -> pd.DataFrame:
    """The claims, and each statement on engagement as a claim, in the order of the lines.

    `statements` are those of `judged_statements`, as text; one that a check asks for by
    itself does not come again.
    """
    given = claims.assign(line=claims["line"].astype(int))
    if statements is None:
        return given
    asked = set(claims["check"])
    rows = [
        {
            "claim": said["statement"],
            "section": said["section"],
            "line": int(said["line"]),
            "statement": about_statement(said),
            "rests_on": BETWEEN.join(p for p in (said["item"], "responses of doctors") if p),
            "check": f'statement("{said["statement"]}")',
        }
        for said in statements.to_dict("records")
    ]
    told = pd.DataFrame([r for r in rows if r["check"] not in asked], columns=list(given))
    return pd.concat([given, told]).sort_values("line", kind="stable", ignore_index=True)


def judge_claims(
    claims: pd.DataFrame, context: Context, *, complete: bool = True, file: str = "claims.csv"
) -> Claims:
    """Judge every claim (columns of claims.csv and of `with_statements`).

    Raises ProblemsFound with the faults of all checks: what does not parse, and what names
    evidence that is not there. Unless the run is `complete`, a claim on a result that the run
    leaves out is not checkable instead.
    """
    judged: dict[str, Decided] = {}
    problems: list[Problem] = []
    for claim in claims.to_dict("records"):
        name, text = str(claim["claim"]), str(claim["check"])
        try:
            judged[name] = judged_claim(parse(text, f"{file}, {name}"), context)
        except ProblemsFound as found:
            problems.extend(found.problems)
        except Refused as refused:
            what, mend = refused.what, refused.mend
            problems.append(Problem(f"{file}, {name}", what, mend, None, "check", text))
        else:
            found_ = judged[name]
            if complete and found_.reason is ClaimReason.NOT_BUILT and found_.absent:
                mend = "name a result that the build makes"
                what = found_.computed
                problems.append(Problem(f"{file}, {name}", what, mend, None, "check", text))
    if problems:
        raise ProblemsFound(problems)
    rows = [_row(claim, judged[str(claim["claim"])]) for claim in claims.to_dict("records")]
    frame = pd.DataFrame(rows, columns=list(CLAIM_COLUMNS))
    inputs = [
        (name, use.kind, use.item, use.row, use.column, use.where, str(use.evidence))
        for name, found in judged.items()
        for use in found.used
    ]
    used = pd.DataFrame(inputs, columns=list(INPUT_COLUMNS))
    return Claims(frame, used, judged, claim_counts(frame))


def _row(claim: Mapping[Any, Any], found: Decided) -> dict[str, Any]:
    return {
        **{name: claim[name] for name in ("claim", "section", "line", "statement")},
        "verdict": str(found.verdict),
        "computed": found.computed,
        "reason": str(found.reason or ""),
        "judgement": "yes" if found.judgement else "",
        "turns_at": found.turns_at,
        **{name: claim[name] for name in ("rests_on", "check")},
        "evidence": str(found.evidence),
    }


def claim_counts(claims: pd.DataFrame) -> dict[str, Any]:
    """How many claims have which verdict: in all, by section, by evidence, by our thresholds."""
    crossed = claims.groupby(["verdict", "evidence"]).size().reset_index(name="claims")
    sections = {
        str(section): {str(v): int((part["verdict"] == str(v)).sum()) for v in ClaimVerdict}
        for section, part in claims.groupby("section")
    }
    ours = claims[claims["judgement"] == "yes"]
    return {
        "claims_total": len(claims),
        "claims_by_verdict": {
            str(v): int((claims["verdict"] == str(v)).sum()) for v in ClaimVerdict
        },
        "claims_by_section": sections,
        "claims_by_verdict_and_evidence": [
            {"verdict": r["verdict"], "evidence": r["evidence"], "claims": int(r["claims"])}
            for r in crossed.to_dict("records")
        ],
        "claims_by_reason": {str(r): int((claims["reason"] == str(r)).sum()) for r in ClaimReason},
        "claims_judgement": {str(v): int((ours["verdict"] == str(v)).sum()) for v in ClaimVerdict},
    }


def judged_claim(check: Check, context: Context) -> Decided:
    """Evaluate one check, and say what decided it.

    Raises Refused for a check that does not fit the evidence.
    """
    evidence = context.evidence
    evidence.begin()
    try:
        truth = evaluate(check, context)
    except Nothing as nothing:
        verdict = _where_nothing_decides(nothing)
        open_ = verdict is ClaimVerdict.UNDECIDABLE
        kind = evidence.evidence if open_ else EvidenceClass.CONCEPTUAL
        return Decided(verdict, kind, nothing.words, nothing.reason, used=tuple(evidence.used))
    except NotBuilt as missing:
        reason = ClaimReason.NOT_BUILT
        return Decided(
            ClaimVerdict.NOT_CHECKABLE, EvidenceClass.CONCEPTUAL, str(missing), reason, absent=True
        )
    used, kind = tuple(evidence.used), evidence.evidence
    ours = truth.firm is None and (bool(truth.judged) or truth.value is not None)
    return Decided(
        _VERDICTS[truth.value],
        kind,
        BETWEEN.join(truth.told),
        _reason(truth, ours, kind, used),
        ours,
        _turns(check, context, truth) if ours else "",
        used,
    )


def verdict_of(check: Check, context: Context) -> ClaimVerdict:
    """The verdict of one check alone; raises Refused for a check that does not fit the evidence."""
    try:
        return _VERDICTS[evaluate(check, context).value]
    except Nothing as nothing:
        return _where_nothing_decides(nothing)


def _where_nothing_decides(nothing: Nothing) -> ClaimVerdict:
    open_ = isinstance(nothing, Conflicting)
    return ClaimVerdict.UNDECIDABLE if open_ else ClaimVerdict.NOT_CHECKABLE


def _reason(
    truth: Truth, ours: bool, kind: EvidenceClass, used: tuple[Use, ...]
) -> ClaimReason | None:
    if truth.value is None:
        return truth.why[0] if truth.why else ClaimReason.SET_HAS_BOTH
    if truth.value:
        return ClaimReason.BY_CONSTRUCTION if truth.held else None
    if ours:
        return ClaimReason.OUR_THRESHOLD
    computed = any(use.kind == FRAME for use in used)
    return ClaimReason.OTHER_RESULT if computed else ClaimReason.CONFLICTS_WITH_PRINT


def _turns(check: Check, context: Context, truth: Truth) -> str:
    """At which threshold the verdict would be the other, word by word."""
    told = []
    for judged in truth.judged:
        other = evaluate(check, context, turned=judged.place)
        if other.value is not truth.value:
            told.append(f"{judged.word} at {judged.turns_at} (ours: {judged.threshold})")
    return BETWEEN.join(dict.fromkeys(told))
