"""The opening of the report page: its question, and the conclusions one by one."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medlead.evidence import EvidenceClass
from medlead.present.site_claims import (
    ClaimView,
    SectionView,
    claim_badge,
    claim_views,
    reasons_of,
    section_title,
)
from medlead.present.tables import Badge, evidence_badge, records
from medlead.present.turned import turned_by_claim, turned_counts
from medlead.verdicts.answer import WHOLE
from medlead.verdicts.claim_values import short_text
from medlead.verdicts.claim_verdicts import BETWEEN, ClaimReason, ClaimVerdict, Touch, Turns
from medlead.verdicts.conclusions import NEEDED, Standing
from medlead.verdicts.impact import CLAIM, FINDING
from medlead.verdicts.impact_changes import Changes

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    *("conclusion", "section", "line", "statement", "standing", "parts", "evidence"),
    *("holds", "by_construction", "fails", "undecidable", "not_checkable"),
    *("judgement", "turns_at", "needs", "findings", "note"),
)
_ANSWER = ("part", "about", "conclusions", "stands", "says", "evidence")
_AUDIT = ("finding", "severity", "certainty", "section", "line", "explanation")
_IMPACT = (
    *("about", "kind", "section", "line", "printed", "instead", "changes", "touches"),
    *("claims_turned", "says", "evidence"),
)
_SYMBOLS = {
    Standing.FAILS: "✗",
    Standing.OPEN: "?",
    Standing.IN_PART: "◑",
    Standing.STANDS: "✓",
    Standing.BY_CONSTRUCTION: "≡",
    Standing.NOT_CHECKABLE: "○",
}
_FURTHEST = (Changes.CONCLUSION, Changes.PART, Changes.CLAIM)
_NUMBERS = 3
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_ROOM = 420
_STATES = ("fails", "undecidable", "holds", "by_construction", "not_checkable")


@dataclass(frozen=True)
class FindingView:
    """A finding that bears on a conclusion: its name and anchor, how grave it is, what it says."""

    id: str
    link: str
    severity: str
    certainty: str
    where: str
    says: str


@dataclass(frozen=True)
class AnswerView:
    """One part of the answer to the opening question: what it is about, and what was found."""

    about: str
    conclusions: tuple[str, ...]
    stands: str
    says: str
    evidence: Badge


@dataclass(frozen=True)
class ConclusionView:
    """One conclusion: its standing, and the sentences it rests on by what they are."""

    id: str
    where: str
    statement: str
    badge: Badge
    evidence: Badge
    parts: str
    claims: Mapping[str, tuple[ClaimView, ...]]
    judgement: bool
    turns_at: str
    needs: str
    note: str
    findings: tuple[FindingView, ...] = ()

    @property
    def numbers(self) -> str:
        """What was computed for the first sentences that hold."""
        told = [c.computed for c in self.claims["holds"] if c.computed]
        return BETWEEN.join(told[:_NUMBERS]) + (" …" if len(told) > _NUMBERS else "")

    @property
    def rests_on(self) -> int:
        """On how many sentences it rests."""
        return sum(map(len, self.claims.values()))

    @property
    def doubted(self) -> bool:
        """Whether something that was found speaks against it, or leaves it open."""
        return bool(self.claims["fails"] or self.claims["undecidable"])


@dataclass(frozen=True)
class Answer:
    """All that the page says on whether the report is right."""

    question: AnswerView | None
    rests: Sequence[AnswerView]
    counts: Sequence[tuple[Badge, int]]
    total: int
    doubted: Sequence[ConclusionView]
    firm: Sequence[ConclusionView]
    apart: Sequence[ConclusionView]
    beyond: Sequence[ConclusionView]
    changing: Sequence[Mapping[str, Any]]
    unknown: Sequence[Mapping[str, Any]]
    told: Mapping[str, int]
    changes: Sequence[tuple[Changes, int]]
    needs: Sequence[tuple[str, int]]
    sections: Sequence[SectionView]
    claim_counts: Sequence[tuple[Badge, int]]
    claim_total: int
    held: int
    judged: int
    reasons: Sequence[tuple[str, str]]
    turning: Sequence[tuple[Turns, int, int]]

    @property
    def spoken_against(self) -> list[ConclusionView]:
        """Of those that stand firm the ones that a finding bears on."""
        return [v for v in self.firm if v.findings]


def standing_badge(standing: Standing) -> Badge:
    """The badge of how a conclusion stands."""
    name = standing.value
    return Badge(name, _SYMBOLS[standing], name.replace("-", " "), f"s-{name}", standing.meaning)


def read_answer(
    conclusions: "pd.DataFrame",
    impact: "pd.DataFrame",
    claims: "pd.DataFrame",
    inputs: "pd.DataFrame",
    answer: "pd.DataFrame",
    summary: Mapping[str, Any],
    items: Collection[str],
    relations: "pd.DataFrame | None" = None,
    audit: "pd.DataFrame | None" = None,
    turns: "pd.DataFrame | None" = None,
) -> Answer:
    """What the page says, from the frames of results/verdicts and the content of summary.json.

    `items` are the ids of the items of the page, `relations` the tests that sentences are linked to
    them by, `audit` the findings, `turns` what would turn a sentence. Raises ValueError where the
    counts of the summary are not those of the frames, or a conclusion names a claim that is
    not there: the page must not contradict itself.
    """
    turned = turned_by_claim(turns) if turns is not None else {}
    sections = claim_views(claims, inputs, items, relations, turned)
    by_name = {c.claim: c for s in sections for c in s.claims}
    found_by = _findings(audit)
    views = [_view(r, by_name, found_by) for r in records(conclusions, _COLUMNS, "conclusions")]
    standings = Counter(v.badge.name for v in views)
    told = {str(s): int(n) for s, n in summary["conclusions_by_standing"].items()}
    if {s: n for s, n in told.items() if n} != dict(standings):
        raise ValueError("summary: the counts of conclusions are not those of the conclusions")
    verdicts = {str(v): int(n) for v, n in summary["claims_by_verdict"].items()}
    found = Counter(c.badge.name for c in by_name.values())
    if {v: n for v, n in verdicts.items() if n} != dict(found):
        raise ValueError("summary: the counts of claims are not those of the claims")
    wrong = [_impact(r) for r in records(impact, _IMPACT, "impact")]
    changing = [w for c in _FURTHEST for w in wrong if w["changes"] is c]
    unknown = [w for w in wrong if w["changes"] is Changes.UNKNOWN]
    told_parts = [_answer(r) for r in records(answer, _ANSWER, "answer")]
    order = list(map(str, Standing))
    doubted = sorted(
        (v for v in views if v.doubted),
        key=lambda v: (-len(v.claims["fails"]), order.index(v.badge.name)),
    )
    calm = [v for v in views if not v.doubted]

    def standing(*wanted: Standing) -> list[ConclusionView]:
        return [v for v in calm if v.badge.name in {s.value for s in wanted}]

    return Answer(
        question=told_parts[0] if told_parts else None,
        rests=told_parts[1:],
        counts=[(standing_badge(s), told.get(s.value, 0)) for s in Standing],
        total=int(summary["conclusions_total"]),
        doubted=doubted,
        firm=standing(Standing.STANDS) + standing(Standing.IN_PART),
        apart=standing(Standing.BY_CONSTRUCTION),
        beyond=standing(Standing.NOT_CHECKABLE),
        changing=_once(changing),
        unknown=_once(unknown),
        told={"changing": len(changing), "unknown": len(unknown)},
        changes=[(c, int(summary["impact_by_changes"][c.value])) for c in Changes],
        needs=_needs(claims),
        sections=sections,
        claim_counts=[(claim_badge(v), verdicts.get(v.value, 0)) for v in ClaimVerdict],
        claim_total=int(summary["claims_total"]),
        held=int(summary["claims_by_reason"][ClaimReason.BY_CONSTRUCTION.value]),
        judged=sum(int(n) for n in summary["claims_judgement"].values()),
        reasons=reasons_of(sections),
        turning=turned_counts(turns) if turns is not None else (),
    )


def _answer(record: Mapping[str, str]) -> AnswerView:
    return AnswerView(
        about=record["about"] if record["part"] == WHOLE else record["part"],
        conclusions=tuple(n for n in record["conclusions"].split(BETWEEN) if n),
        stands=record["stands"],
        says=record["says"],
        evidence=evidence_badge(EvidenceClass(record["evidence"])),
    )


def _findings(audit: "pd.DataFrame | None") -> dict[str, FindingView]:
    return {
        r["finding"]: FindingView(
            id=r["finding"],
            link=_anchor(r["finding"]),
            severity=r["severity"],
            certainty=r["certainty"],
            where=f"{section_title(r['section'])}, line {r['line']}",
            says=shorter(r["explanation"]),
        )
        for r in (records(audit, _AUDIT, "audit") if audit is not None else ())
    }


def shorter(text: str) -> str:
    """The first sentences of an explanation, as far as there is room."""
    kept = ""
    for sentence in _SENTENCE.split(text):
        if kept and len(kept) + len(sentence) > _ROOM:
            return f"{kept} …"
        kept = f"{kept} {sentence}".strip()
    return kept


def _view(
    record: Mapping[str, str],
    claims: Mapping[str, ClaimView],
    findings: Mapping[str, FindingView],
) -> ConclusionView:
    named = {s: [n for n in record[s].split(BETWEEN) if n] for s in _STATES}
    unknown = [n for names in named.values() for n in names if n not in claims]
    if unknown:
        raise ValueError(f"conclusions: no such claim: {', '.join(unknown)}")
    return ConclusionView(
        id=record["conclusion"],
        where=f"{section_title(record['section'])}, line {record['line']}",
        statement=record["statement"],
        badge=standing_badge(Standing(record["standing"])),
        evidence=evidence_badge(EvidenceClass(record["evidence"])),
        parts=record["parts"],
        claims={s: tuple(claims[n] for n in names) for s, names in named.items()},
        judgement=record["judgement"] == "yes",
        turns_at=record["turns_at"].replace("_", " "),
        needs=record["needs"],
        note=record["note"],
        findings=tuple(findings[n] for n in record["findings"].split(BETWEEN) if n in findings),
    )


def _impact(record: Mapping[str, str]) -> dict[str, Any]:
    touches = [Touch(t) for t in record["touches"].split(BETWEEN) if t]
    return {
        **record,
        "where": f"{section_title(record['section'])}, line {record['line']}",
        "changes": Changes(record["changes"]),
        "touches": touches,
        "instead": short_text(record["instead"]),
        "link": _link(record),
        "badge": evidence_badge(EvidenceClass(record["evidence"])),
    }


def _link(record: Mapping[str, str]) -> str:
    """The place on the page of a finding or a sentence; a cell has none of its own."""
    if record["kind"] == FINDING:
        return _anchor(record["about"])
    return f"claim-{record['about']}" if record["kind"] == CLAIM else ""


def _anchor(finding: str) -> str:
    return f"finding-{int(finding.rpartition('-')[2])}"


def _once(wrong: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each wrong thing once: the finding on a cell and the sentence on it join it."""
    kept: dict[tuple[str, str], dict[str, Any]] = {}
    told: set[str] = set()
    for one in wrong:
        if one["kind"] == CLAIM and one["about"] in told:
            continue
        kept.setdefault((one["line"], one["printed"]), one)
        told |= {turned.partition(":")[0] for turned in one["claims_turned"].split(BETWEEN)}
    return list(kept.values())


def _needs(claims: "pd.DataFrame") -> list[tuple[str, int]]:
    """What it would take to decide the sentences that are not decided, and how many need it."""
    wanted = {str(ClaimVerdict.UNDECIDABLE), str(ClaimVerdict.NOT_CHECKABLE)}
    undecided = claims[claims["verdict"].isin(wanted)]
    found = Counter(NEEDED[ClaimReason(r)] for r in undecided["reason"] if r)
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
