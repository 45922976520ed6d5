"""The report's sentences as the page shows them: by section, with verdict and what decided."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medlead.evidence import EvidenceClass, item_name
from medlead.present.tables import Badge, evidence_badge, records
from medlead.sources.printed_claims import SUMMARY
from medlead.verdicts.claim_evidence import RELATION
from medlead.verdicts.claim_findings import ASSUMED, GRAVE, SAME_CAUSE
from medlead.verdicts.claim_verdicts import ClaimReason, ClaimVerdict

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    *("claim", "section", "line", "statement", "verdict", "evidence", "computed", "reason"),
    *("judgement", "turns_at", "rests_on"),
)
_INPUTS = ("claim", "kind", "item")
_ITEM = re.compile(r"\b(?:table|figure|section|appendix)-\d[\d.]*\b")
_NAME = re.compile(r"(?:relation )?[a-z]+(?:[-_][a-z]+)*[-_][a-z]+(?:\[.*\])?")
_ASIDE = re.compile(r" \([a-z]+(?:-[a-z]+){2,}\)")
_PART = re.compile(r";\s+(?![^()]*\))")
_TESTED = ("instance", "items")
_SYMBOLS = {
    ClaimVerdict.HOLDS: "✓",
    ClaimVerdict.FAILS: "✗",
    ClaimVerdict.UNDECIDABLE: "?",
    ClaimVerdict.NOT_CHECKABLE: "○",
}
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
    read: str
    judgement: bool
    turns_at: str
    items: tuple[tuple[str, str], ...]
    held: bool
    turned: str = ""

    @property
    def notes(self) -> list[tuple[str, str]]:
        """What stands below the computed text, line by line: a few words, and what they tell."""
        read = self.badge.name != ClaimVerdict.NOT_CHECKABLE.value and not self.held
        turns = f"Turns: {self.turns_at}" if self.turns_at else ""
        return [
            *([("Read:" if read else "Rests on:", self.read)] if self.read else []),
            *([("Our threshold decides.", turns)] if self.judgement else []),
            *([("Would turn:", self.turned)] if self.turned else []),
        ]

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


def how_read(rests_on: str, reason: str = "") -> str:
    """How a sentence was read, in plain words: `rests_on` without what is a mere name.

    Items stand as people name them. What only names an item, a relation or a file is left out,
    and so is what says no more than the reason of the verdict.
    """
    told = [_plain(part) for part in _PART.split(rests_on) if not _bare(part, reason)]
    words = "; ".join(part for part in told if part)
    # A single letter is a statistic: t stays t.
    return words if words[1:2] == " " else words[:1].upper() + words[1:]


def _bare(part: str, reason: str) -> bool:
    names = re.split(r",? and |, ", part)
    if part.startswith(GRAVE):  # it is for the finding, and no reading
        return True
    only = all(_ITEM.fullmatch(name) or _NAME.fullmatch(name) for name in names)
    return only or part == reason.replace("-", " ")


def _plain(part: str) -> str:
    if part.startswith(SAME_CAUSE):
        cause = part.removeprefix(SAME_CAUSE)
        return f"same cause as {cause}" if cause.startswith("claim ") else ""
    assumed = part.removeprefix(ASSUMED)
    words = _ITEM.sub(lambda found: item_name(found[0]), _ASIDE.sub("", assumed))
    return words if assumed == part else f"assuming that {words}"


def _named(text: str) -> Iterable[str]:
    return _ITEM.findall(text)


def claim_views(
    claims: "pd.DataFrame",
    inputs: "pd.DataFrame",
    items: Collection[str],
    relations: "pd.DataFrame | None" = None,
    turned: Mapping[str, str] | None = None,
) -> list[SectionView]:
    """The sentences by section, in printed order.

    `claims` and `inputs` have the columns of results/verdicts/claims.csv and claim-inputs.csv;
    `items` are the ids of the items on the page. A sentence links to those that it used, that
    it names, and that a relation which it used (`relations`, as in relations.csv) is between.
    `turned` tells of each claim what would turn it (`turned_by_claim`).
    Raises ValueError for a missing column or a word that is not of the vocabulary.
    """
    tested = records(relations, _TESTED, "relations") if relations is not None else []
    between = {r["instance"]: _named(r["items"]) for r in tested}
    used: dict[str, dict[str, None]] = {}
    for record in records(inputs, _INPUTS, "claim-inputs"):
        name = record["item"].rpartition("/")[2]
        names = between.get(name, ()) if record["kind"] == RELATION else (name,)
        used.setdefault(record["claim"], {}).update(dict.fromkeys(names))
    sections: dict[str, list[ClaimView]] = {}
    for record in records(claims, _COLUMNS, "claims"):
        named = [*used.get(record["claim"], ()), *_named(record["rests_on"])]
        links = tuple((i, item_name(i)) for i in dict.fromkeys(named) if i in items)
        sections.setdefault(record["section"], []).append(
            _view(record, links, (turned or {}).get(record["claim"], ""))
        )
    return [
        SectionView(f"said-{name.lower().replace('.', '-')}", section_title(name), tuple(views))
        for name, views in sections.items()
    ]


def _view(record: Mapping[str, str], links: tuple[tuple[str, str], ...], turned: str) -> ClaimView:
    reason = ClaimReason(record["reason"]) if record["reason"] else None
    return ClaimView(
        claim=record["claim"],
        line=record["line"],
        statement=record["statement"],
        badge=claim_badge(ClaimVerdict(record["verdict"])),
        evidence=evidence_badge(EvidenceClass(record["evidence"])),
        computed=record["computed"],
        why=reason.value.replace("-", " ") if reason else "",
        read=how_read(record["rests_on"], record["reason"]),
        judgement=record["judgement"] == "yes",
        turns_at=record["turns_at"].replace("_", " "),
        items=links,
        held=reason is ClaimReason.BY_CONSTRUCTION,
        turned=turned,
    )


def reasons_of(sections: list[SectionView]) -> list[tuple[str, str]]:
    """The reasons that occur, with their meanings, in the order of the vocabulary."""
    found = {c.why for s in sections for c in s.claims if c.why}
    given = [(r.value.replace("-", " "), r.meaning) for r in ClaimReason]
    return [(word, meaning) for word, meaning in given if word in found]
