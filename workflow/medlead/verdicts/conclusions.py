"""How each conclusion of the report stands: its check, evaluated over the verdicts on claims.

The outermost `and` of a check joins the parts of a conclusion. Each part can stand by itself:
a conclusion of which some parts hold and others do not stands in part.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pandas as pd

from medlead.evidence import FREEST, EvidenceClass
from medlead.sources.messages import Problem, ProblemsFound
from medlead.verdicts.claim_evaluation import evaluate
from medlead.verdicts.claim_language import Check, literal_of, parse
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claim_values import Refused, Truth
from medlead.verdicts.claim_verdicts import BETWEEN, ClaimReason, ClaimVerdict
from medlead.verdicts.conclusion_words import CLAIM_WORDS

CONCLUSION_COLUMNS = (
    *("conclusion", "section", "line", "statement", "standing", "parts", "says"),
    *("holds", "by_construction", "fails", "undecidable", "not_checkable"),
    *("judgement", "turns_at", "needs", "findings", "check", "note", "evidence"),
)


class Standing(StrEnum):
    """How a conclusion stands on the claims that it rests on."""

    FAILS = "fails"
    OPEN = "open"
    IN_PART = "stands-in-part"
    STANDS = "stands"
    BY_CONSTRUCTION = "stands-by-construction"
    NOT_CHECKABLE = "not-checkable"

    @property
    def meaning(self) -> str:
        """One plain sentence for legends."""
        return _MEANINGS[self]


_MEANINGS = {
    Standing.FAILS: "What it rests on does not hold.",
    Standing.OPEN: "What is printed allows both that it is so and that it is not.",
    Standing.IN_PART: "Some of what it says holds, and some fails, is open or cannot be checked.",
    Standing.STANDS: "Everything that it rests on holds.",
    Standing.BY_CONSTRUCTION: (
        "It holds of records that were made to meet it, and so nothing confirms it."
    ),
    Standing.NOT_CHECKABLE: "Nothing that has come down to us could decide it.",
}
_HELD = "by-construction"
STATES = ("holds", _HELD, "fails", str(ClaimVerdict.UNDECIDABLE), str(ClaimVerdict.NOT_CHECKABLE))
"""What a claim, or a part of a conclusion, can be."""
Rows = Mapping[str, Mapping[Any, Any]]
"""Claims by their name, each with the columns of results/verdicts/claims.csv."""


@dataclass(frozen=True)
class Stood:
    """How a conclusion stands: as a whole, part by part, and whether a threshold of ours decides.

    `turning` are the claims of thresholds of ours that alone would change a part.
    """

    standing: Standing
    parts: tuple[str, ...]
    judgement: bool = False
    turning: tuple[str, ...] = ()


def state_of(claim: Mapping[Any, Any]) -> str:
    """The verdict on a claim; one that holds by construction is apart."""
    held = claim["reason"] == ClaimReason.BY_CONSTRUCTION
    return _HELD if held and claim["verdict"] == ClaimVerdict.HOLDS else str(claim["verdict"])


def claims_named(check: Check) -> list[str]:
    """The claims that a check asks for, in the order in which they are written."""
    found: list[str] = []
    calls = sorted(check.calls, key=lambda call: (call.lineno, call.col_offset))
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id in CLAIM_WORDS:
            given = [*call.args, *(k.value for k in call.keywords)]
            for literal in map(literal_of, given):
                found += literal if isinstance(literal, list) else [str(literal)]
    return list(dict.fromkeys(found))


def parts_of(check: Check) -> list[Check]:
    """The parts that the outermost `and` joins; a check without one is one part."""
    tree = check.tree
    together = isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And)
    nodes: Sequence[ast.expr] = tree.values if together else [tree]  # type: ignore[attr-defined]
    return [Check(ast.unparse(node), node) for node in nodes]


def _truth(state: str) -> Truth:
    value = {"holds": True, _HELD: True, "fails": False}.get(state)
    return Truth(value, value)


def standing_of(check: Check, claims: Rows, context: Context) -> Stood:
    """How a conclusion stands, with the verdicts that `claims` give.

    Raises Refused for a claim that is not there.
    """
    named = [name for name in claims_named(check) if name in claims]
    states = {name: state_of(claims[name]) for name in named}
    ours = [name for name in named if claims[name]["judgement"] == "yes"]

    def stands(turned: str = "", without: bool = False) -> tuple[Standing, tuple[str, ...]]:
        used = dict(states)
        if turned:
            other = {"holds": "fails", "fails": "holds"}
            used[turned] = other.get(states[turned], states[turned])
        if without:
            used |= dict.fromkeys(ours, str(ClaimVerdict.UNDECIDABLE))
        found = tuple(_part(part, used, context) for part in parts_of(check))
        return _together(found), found

    standing, parts = stands()
    turning = tuple(name for name in ours if stands(turned=name)[1] != parts)
    judged = bool(ours) and stands(without=True)[1] != parts
    return Stood(standing, parts, judged, turning)


def _part(part: Check, states: Mapping[str, str], context: Context) -> str:
    names = [name for name in claims_named(part) if name in states]
    truths = {name: _truth(state) for name, state in states.items()}
    value = evaluate(part, replace(context, claims=truths)).value
    if value is False:
        return "fails"
    if value:
        free = {n: _truth("open" if s == _HELD else s) for n, s in states.items()}
        return "holds" if evaluate(part, replace(context, claims=free)).value else _HELD
    unknown = {states[n] for n in names if truths[n].value is None}
    only = {str(ClaimVerdict.NOT_CHECKABLE)}
    return str(ClaimVerdict.NOT_CHECKABLE if unknown == only else ClaimVerdict.UNDECIDABLE)


def _together(parts: Iterable[str]) -> Standing:
    found = set(parts)
    if found == {"holds"}:
        return Standing.STANDS
    if found == {_HELD}:
        return Standing.BY_CONSTRUCTION
    if "holds" in found:
        return Standing.IN_PART
    if "fails" in found:
        return Standing.FAILS
    undecided = str(ClaimVerdict.UNDECIDABLE) in found
    return Standing.OPEN if undecided else Standing.NOT_CHECKABLE


def rows_of(claims: pd.DataFrame) -> Rows:
    """The claims of a frame (columns of results/verdicts/claims.csv) by name, in their order."""
    return {str(row["claim"]): row for row in claims.to_dict("records")}


def judge_conclusions(
    conclusions: pd.DataFrame, claims: pd.DataFrame, context: Context, file: str
) -> pd.DataFrame:
    """How each conclusion stands: columns `CONCLUSION_COLUMNS`, in their order.

    `conclusions` has the columns of data/published/conclusions.csv as text, `claims` those of
    results/verdicts/claims.csv. Raises ProblemsFound with all that is wrong with the checks.
    """
    rows = rows_of(claims)
    problems: list[Problem] = []
    found = []
    for at, conclusion in enumerate(conclusions.to_dict("records"), 2):
        try:
            check = conclusion_check(conclusion, file, at)
            stood = standing_of(check, rows, context)
        except ProblemsFound as faults:
            problems.extend(faults.problems)
            continue
        except Refused as refused:
            text = str(conclusion["check"])
            problems.append(Problem(file, refused.what, refused.mend, at, "check", text))
            continue
        found.append(_row(conclusion, check, stood, rows))
    if problems:
        raise ProblemsFound(problems)
    return pd.DataFrame(found, columns=list(CONCLUSION_COLUMNS))


def conclusion_check(conclusion: Mapping[Any, Any], file: str, row: int | None = None) -> Check:
    """The parsed check of a conclusion; raises ProblemsFound for one that asks for no claim."""
    text = str(conclusion["check"])
    check = parse(text, file, row)
    if not claims_named(check):
        mend = "ask for claims by claim(...), all_claims(...) or claims_holding(...)"
        raise ProblemsFound([Problem(file, "it names no claim", mend, row, "check", text)])
    return check


def _row(conclusion: Mapping[Any, Any], check: Check, stood: Stood, rows: Rows) -> dict[str, Any]:
    named = {name: rows[name] for name in claims_named(check)}
    by_state = {s: [n for n, row in named.items() if state_of(row) == s] for s in STATES}
    decided = [
        EvidenceClass(row["evidence"])
        for row in named.values()
        if row["verdict"] != ClaimVerdict.NOT_CHECKABLE
    ]
    turns = [f"{n}: {rows[n]['turns_at']}" for n in stood.turning if rows[n]["turns_at"]]
    return {
        **{name: conclusion[name] for name in ("conclusion", "section", "line", "statement")},
        "standing": str(stood.standing),
        "parts": _counted(stood.parts),
        "says": _says(by_state, rows),
        **{s.replace("-", "_"): BETWEEN.join(names) for s, names in by_state.items()},
        "judgement": "yes" if stood.judgement else "",
        "turns_at": BETWEEN.join(turns),
        "needs": BETWEEN.join(needed(named.values())),
        # What bears on it is known once every finding is weighed (`medlead.verdicts.meaning`).
        "findings": "",
        "check": conclusion["check"],
        "note": str(conclusion.get("note") or ""),
        "evidence": str(next((e for e in FREEST if e in decided), EvidenceClass.CONCEPTUAL)),
    }


_PART_WORDS = {
    "holds": "holding",
    _HELD: "by construction",
    "fails": "failing",
    "undecidable": "open",
    "not-checkable": "not checkable",
}


def _counted(parts: Sequence[str]) -> str:
    counts = [f"{parts.count(s)} {_PART_WORDS[s]}" for s in STATES if s in parts]
    one = f"{len(parts)} {'part' if len(parts) == 1 else 'parts'}"
    return f"{one}: {', '.join(counts)}"


_SAID = {
    "fails": "Does not hold",
    "undecidable": "Open",
    "holds": "Holds",
    _HELD: "Holds by construction only",
    "not-checkable": "Cannot be checked",
}


def _says(by_state: Mapping[str, Sequence[str]], rows: Rows) -> str:
    """What was found, in sentences with the numbers that decided, what does not hold first."""
    said = []
    for state, words in _SAID.items():
        told = [_told(rows[name]) for name in by_state[state]]
        if told:
            said.append(f"{words}: {BETWEEN.join(told)}.")
    return " ".join(said)


def _told(row: Mapping[Any, Any]) -> str:
    statement = str(row["statement"]).rstrip(".")
    if row["verdict"] == ClaimVerdict.NOT_CHECKABLE:
        why = ClaimReason(row["reason"]).value.replace("-", " ") if row["reason"] else "no evidence"
        return f"{statement} ({why})"
    computed = str(row["computed"]).replace(BETWEEN, ", ")
    return f"{statement} ({computed})" if computed else statement


NEEDED: Mapping[ClaimReason, str] = {
    ClaimReason.INTERVIEWS: "the records of the interviews",
    ClaimReason.FREE_TEXT: "the answers in words to the survey",
    ClaimReason.FIGURE: "the numbers behind a figure that has not come down",
    ClaimReason.RECORDS: "the records that are not printed",
    ClaimReason.LITERATURE: "the cited work",
    ClaimReason.OUTSIDE: "facts from outside the report",
    ClaimReason.OPINION: "a stated criterion: it values, and does not only find",
    ClaimReason.WITHIN_ROUNDING: "the numbers before they were rounded",
    ClaimReason.SET_HAS_BOTH: "the records behind the printed counts",
    ClaimReason.INTERVAL_HAS_BOTH: "more organisations: with so few, chance leaves it open",
    ClaimReason.READINGS: "to know which of several fair readings is meant",
    ClaimReason.AT_HAND: "the records behind the printed counts",
    ClaimReason.TIED: "a rule for ties",
    ClaimReason.CONFLICTING_EVIDENCE: "the records that show which of two statements is wrong",
    ClaimReason.RECORDS_DIFFER: "the records of the doctors",
    ClaimReason.NO_CONDITION: "a statement that says what would count against it",
    ClaimReason.NOT_BUILT: "a check that medlead does not have yet",
}
"""What it would take to decide a claim that is open, or that nothing decides, by its reason."""


def needed(claims: Iterable[Mapping[Any, Any]]) -> list[str]:
    """What it would take to decide the claims that are not decided, each said once."""
    reasons = [
        ClaimReason(row["reason"])
        for row in claims
        if row["verdict"] in (ClaimVerdict.UNDECIDABLE, ClaimVerdict.NOT_CHECKABLE)
        and row["reason"]
    ]
    return list(dict.fromkeys(NEEDED[r] for r in reasons if r in NEEDED))


def conclusion_counts(conclusions: pd.DataFrame) -> dict[str, Any]:
    """How many conclusions stand how, and how many by a threshold of ours."""
    ours = conclusions["judgement"] == "yes"
    return {
        "conclusions_total": len(conclusions),
        "conclusions_by_standing": {
            str(s): int((conclusions["standing"] == str(s)).sum()) for s in Standing
        },
        "conclusions_judgement": int(ours.sum()),
    }
