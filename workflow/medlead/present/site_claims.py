"""The report's sentences as the page shows them: by section, with verdict and what decided."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medlead.evidence import EvidenceClass, item_name
from medlead.present.tables import Badge, evidence_badge, records
from medlead.sources.printed_claims import SUMMARY
from medlead.verdicts.claim_verdicts import ClaimReason, ClaimVerdict

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    *("claim", "section", "line", "statement", "verdict", "evidence", "computed", "reason"),
    *("judgement", "turns_at", "rests_on"),
)
_INPUTS = ("claim", "kind", "item")
_SYMBOLS = {
    ClaimVerdict.HOLDS: "✓",
    ClaimVerdict.FAILS: "✗",
    ClaimVerdict.UNDECIDABLE: "?",
    ClaimVerdict.NOT_CHECKABLE: "○",
}
_ROOM = 400
HELD_STYLE, HELD_SYMBOL = "q-held", "≡"


@dataclass(frozen=True)
class ClaimView:
    """One sentence, ready for the template; `items` are printed items to link to (id, label)."""

    claim: str
    line: str
    statement: str
    badge: Badge
    evidence: Badge
    computed: str
    why: str
    judgement: bool
    turns_at: str
    items: tuple[tuple[str, str], ...]
    held: bool

    @property
    def words(self) -> str:
        """The verdict as it is shown; what holds by construction says only that."""
        return "by construction" if self.held else self.badge.word

    @property
    def style(self) -> str:
        """The style of the verdict."""
        return HELD_STYLE if self.held else self.badge.style

    @property
    def symbol(self) -> str:
        """The symbol of the verdict."""
        return HELD_SYMBOL if self.held else self.badge.symbol


@dataclass(frozen=True)
class SectionView:
    """The sentences of one section of the report, and how many have which verdict."""

    id: str
    title: str
    claims: tuple[ClaimView, ...]

    @property
    def counts(self) -> list[tuple[str, str, str, int]]:
        """The verdicts that occur: style, symbol, words and number; by construction apart."""
        found = Counter((c.style, c.symbol, c.words) for c in self.claims)
        order = [f"q-{v.value}" for v in ClaimVerdict]
        order.insert(1, HELD_STYLE)
        return [(*key, found[key]) for key in sorted(found, key=lambda k: order.index(k[0]))]


def claim_badge(verdict: ClaimVerdict) -> Badge:
    """The badge of a verdict on a sentence."""
    word = verdict.value.replace("-", " ")
    return Badge(verdict.value, _SYMBOLS[verdict], word, f"q-{verdict.value}", verdict.meaning)


def section_title(section: str) -> str:
    """A section of the report as a reader finds it."""
    return "Executive summary" if section == SUMMARY else f"Section {section}"


def claim_views(
    claims: "pd.DataFrame", inputs: "pd.DataFrame", items: Collection[str]
) -> list[SectionView]:
    """The sentences by section, in printed order.

    `claims` and `inputs` have the columns of results/verdicts/claims.csv and claim-inputs.csv;
    `items` are the ids of the items on the page. Raises ValueError for a missing
    column or a word that is not of the vocabulary.
    """
    used: dict[str, dict[str, None]] = {}
    for record in records(inputs, _INPUTS, "claim-inputs"):
        name = record["item"].rpartition("/")[2]
        if name in items:
            used.setdefault(record["claim"], {})[name] = None
    sections: dict[str, list[ClaimView]] = {}
    for record in records(claims, _COLUMNS, "claims"):
        links = tuple((i, item_name(i)) for i in used.get(record["claim"], ()))
        sections.setdefault(record["section"], []).append(_view(record, links))
    return [
        SectionView(f"said-{name.lower().replace('.', '-')}", section_title(name), tuple(views))
        for name, views in sections.items()
    ]


def _view(record: Mapping[str, str], links: tuple[tuple[str, str], ...]) -> ClaimView:
    reason = ClaimReason(record["reason"]) if record["reason"] else None
    computed = record["computed"]
    return ClaimView(
        claim=record["claim"],
        line=record["line"],
        statement=record["statement"],
        badge=claim_badge(ClaimVerdict(record["verdict"])),
        evidence=evidence_badge(EvidenceClass(record["evidence"])),
        computed=computed if len(computed) <= _ROOM else f"{computed[:_ROOM].rstrip()} …",
        why=reason.value.replace("-", " ") if reason else "",
        judgement=record["judgement"] == "yes",
        turns_at=record["turns_at"].replace("_", " "),
        items=links,
        held=reason is ClaimReason.BY_CONSTRUCTION,
    )


def reasons_of(sections: list[SectionView]) -> list[tuple[str, str]]:
    """The reasons that occur, with their meanings, in the order of the vocabulary."""
    found = {c.why for s in sections for c in s.claims if c.why}
    given = [(r.value.replace("-", " "), r.meaning) for r in ClaimReason]
    return [(word, meaning) for word, meaning in given if word in found]
