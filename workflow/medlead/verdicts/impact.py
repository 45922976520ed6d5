"""What each wrong number and sentence changes: other claims, and conclusions of the report.

Computed by trying the other way: a wrong cell with what the evidence implies, a failing claim as
if it held. What nothing rests on changes nothing; where no other value is implied and something
rests on it, that is not known.
"""

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from medlead.evidence import Verdict
from medlead.verdicts.claim_evidence import FRAME, RELATION, STATEMENT
from medlead.verdicts.claim_language import Check, parse
from medlead.verdicts.claim_registry import WORDS, Context
from medlead.verdicts.claim_verdicts import BETWEEN, ClaimVerdict, Touch
from medlead.verdicts.claims import Decided
from medlead.verdicts.conclusions import (
    Rows,
    Stood,
    claims_named,
    conclusion_check,
    rows_of,
    standing_of,
)
from medlead.verdicts.counterfactual import Print
from medlead.verdicts.findings import Severity, tells
from medlead.verdicts.impact_changes import Changes, TurnedStanding, furthest, told_turned
from medlead.verdicts.impact_ways import Way, Ways, sentences_of, ways_of_finding
from medlead.verdicts.marks_alike import CHECK as ALIKE
from medlead.verdicts.places import place
from medlead.verdicts.relations import Instance, Key

IMPACT_COLUMNS = (
    *("about", "kind", "section", "line", "printed", "instead", "changes", "touches"),
    *("claims_turned", "conclusions_turned", "unfollowed", "bears_on", "says", "evidence"),
)
CELL, FINDING, CLAIM = "cell", "finding", "claim"
_MARKS = "marks"
_P_COLUMNS = ("p", "p_")


_OF_RELATIONS: Mapping[str, Touch] = {
    **dict.fromkeys(("commonest", "ranked", "descending"), Touch.RANK),
    **dict.fromkeys(("lowest-band", "highest-band", "commonest-within"), Touch.BAND),
    **dict.fromkeys(("lowest", "highest"), Touch.BAND),
    "most-within": Touch.MAJORITY,
}
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass
class _Found:
    """What mending one thing turned, over all ways to mend it."""

    claims: dict[str, str] = field(default_factory=dict)
    conclusions: dict[str, TurnedStanding] = field(default_factory=dict)
    unfollowed: dict[str, None] = field(default_factory=dict)
    tried: int = 0


class Weighing:
    """The print, the claims and the conclusions, ready to be tried the other way."""

    def __init__(
        self,
        printed: Print,
        claims: pd.DataFrame,
        judged: Mapping[str, Decided],
        conclusions: pd.DataFrame,
        context: Context,
    ) -> None:
        self.printed, self.judged, self.context = printed, judged, context
        self.claims = rows_of(claims)
        self.checks = {
            str(row["conclusion"]): conclusion_check(row, str(row["conclusion"]))
            for row in conclusions.to_dict("records")
        }
        self.named = {n: claims_named(check) for n, check in self.checks.items()}
        self.stand = {n: self._stood(check, self.claims) for n, check in self.checks.items()}

    def _stood(self, check: Check, rows: Rows) -> Stood:
        return standing_of(check, rows, self.context)

    def touches(self, name: str) -> list[Touch]:
        """What a claim settles (`touches_of`)."""
        check = parse(str(self.claims[name]["check"]))
        return touches_of(check, self.judged[name], self.printed)

    def tried(self, ways: Iterable[Way]) -> _Found:
        """What all these ways turn, taken together."""
        found = _Found()
        for way in ways:
            found.tried += 1
            verdicts = dict(way.verdicts)
            if way.texts:
                turned = self.printed.changed(way.texts, self.claims, self.judged)
                found.unfollowed |= dict.fromkeys(turned.unfollowed)
                for name, again in turned.verdicts.items():
                    verdicts[name] = str(again.verdict)
                    found.claims[name] = f"{self.claims[name]['verdict']} -> {again.verdict}"
            for name, turned_to in self.conclusions_with(verdicts).items():
                # What turns the whole in one way is not made less by a way that turns a part.
                if name not in found.conclusions or turned_to.whole:
                    found.conclusions[name] = turned_to
        return found

    def turned_with_others(self, name: str) -> dict[str, TurnedStanding]:
        """The conclusions that name a claim and stand otherwise once all they name hold."""
        found = {}
        for conclusion, names in self.named.items():
            failing = [n for n in names if self.claims[n]["verdict"] == str(ClaimVerdict.FAILS)]
            turned = self.conclusions_with(dict.fromkeys(failing, str(ClaimVerdict.HOLDS)))
            if name in failing and conclusion in turned:
                found[conclusion] = turned[conclusion]
        return found

    def resting_on(self, claims: Iterable[str]) -> list[str]:
        """The conclusions that name one of these claims."""
        asked = set(claims)
        return [name for name, named in self.named.items() if asked.intersection(named)]

    def conclusions_with(self, verdicts: Mapping[str, str]) -> dict[str, TurnedStanding]:
        """The conclusions of which a part is otherwise once these claims have these verdicts."""
        if not verdicts:
            return {}
        rows = dict(self.claims)
        for name, verdict in verdicts.items():
            rows[name] = {**rows[name], "verdict": verdict, "reason": ""}
        found = {}
        for name, check in self.checks.items():
            if not set(verdicts).intersection(self.named[name]):
                continue
            before, after = self.stand[name], self._stood(check, rows)
            if before.parts != after.parts:
                found[name] = TurnedStanding(before.standing, after.standing)
        return found


def weigh_impact(weighing: Weighing, cells: pd.DataFrame, audit: pd.DataFrame) -> pd.DataFrame:
    """One row for each cell that differs, each finding and each failing claim.

    `cells` are the verdicts on cells and `audit` the findings, as text. Columns
    `IMPACT_COLUMNS`; order: cells, findings, claims, each in printed order.
    """
    differing = cells[cells["verdict"] == str(Verdict.DIFFERS)].to_dict("records")
    rebuilt = {_key(row): str(row["rebuilt"]) for row in differing if row["rebuilt"]}
    asking: dict[str, list[str]] = {}
    for name, row in weighing.claims.items():
        for use in weighing.judged[name].used:
            if use.kind == STATEMENT and str(row["check"]).startswith("statement("):
                asking.setdefault(use.item, []).append(name)
    rows = [_of_cell(weighing, row, rebuilt) for row in differing]
    findings = audit.to_dict("records")
    told = Counter(claim for row in findings for claim in sentences_of(row))
    shared = {claim for claim, findings_of in told.items() if findings_of > 1}
    rows += [_of_finding(weighing, row, rebuilt, asking, shared) for row in findings]
    rows += [
        _of_claim(weighing, row)
        for row in weighing.claims.values()
        if row["verdict"] == str(ClaimVerdict.FAILS)
    ]
    return pd.DataFrame(rows, columns=list(IMPACT_COLUMNS))


def _key(row: Mapping[Any, Any]) -> Key:
    return str(row["item"]), str(row["row"]), str(row["column"])


def _of_cell(
    weighing: Weighing, row: Mapping[Any, Any], rebuilt: Mapping[Key, str]
) -> dict[str, Any]:
    key, printed = _key(row), weighing.printed
    # What is printed twice is wrong, or right, in both places.
    ways = [Way(dict.fromkeys(printed.repeated(key), rebuilt[key]))] if key in rebuilt else []
    users = printed.users([key], weighing.judged)
    return {
        "about": place(key),
        "kind": CELL,
        "section": printed.sections[key],
        "line": printed.lines[key],
        "printed": printed.texts[key],
        "instead": rebuilt.get(key, ""),
        **_weighed(weighing, ways, users, _of_cells(printed, [key])),
        "evidence": row["evidence"],
    }


def _of_finding(
    weighing: Weighing,
    row: Mapping[Any, Any],
    rebuilt: Mapping[Key, str],
    asking: Mapping[str, list[str]],
    shared: Collection[str],
) -> dict[str, Any]:
    about = ways_of_finding(row, weighing.printed, rebuilt, asking, shared)
    users = weighing.printed.users(about.cells, weighing.judged)
    return {
        "about": row["finding"],
        "kind": FINDING,
        "section": row["section"],
        "line": int(row["line"]),
        "printed": row["printed"],
        "instead": row["implied"],
        **_weighed(
            weighing,
            about.ways,
            [*users, *about.claims],
            _of_what(weighing, row, about),
            about.implied,
        ),
        "evidence": row["evidence"],
    }


def _of_claim(weighing: Weighing, row: Mapping[Any, Any]) -> dict[str, Any]:
    name, holds = str(row["claim"]), str(ClaimVerdict.HOLDS)
    alone = weighing.conclusions_with({name: holds})
    # A part of a conclusion that rests on several fails by all of them.
    others = weighing.turned_with_others(name)
    turned = alone or others
    said = []
    if alone:
        said.append(f"If it held, {told_turned(alone)}")
    beside = {n: t for n, t in others.items() if str(alone.get(n)) != str(t)}
    if beside:
        said.append(
            f"If it held together with the others that fail beside it, {told_turned(beside)}"
        )
    return {
        "about": name,
        "kind": CLAIM,
        "section": row["section"],
        "line": int(row["line"]),
        "printed": row["statement"],
        "instead": row["computed"],
        "changes": str(furthest(turned.values()) or Changes.NOTHING),
        "touches": BETWEEN.join(weighing.touches(name)),
        "claims_turned": "",
        "conclusions_turned": BETWEEN.join(f"{n}: {t}" for n, t in turned.items()),
        "unfollowed": "",
        "bears_on": BETWEEN.join(weighing.resting_on([name])),
        "says": " ".join(said) or "It changes nothing: no conclusion rests on it.",
        "evidence": row["evidence"],
    }


def _weighed(
    weighing: Weighing,
    ways: Iterable[Way],
    users: Iterable[str],
    own: Iterable[Touch],
    implied: bool = True,
) -> dict[str, Any]:
    found = weighing.tried(ways)
    rests = list(dict.fromkeys(users))
    turned_any = bool(found.conclusions or found.claims)
    unknown = (rests and not found.tried) or (found.unfollowed and not turned_any)
    if unknown or (turned_any and not implied):
        changes = Changes.UNKNOWN
    else:
        claim = Changes.CLAIM if found.claims else Changes.NOTHING
        changes = furthest(found.conclusions.values()) or claim
    turned = [touch for name in found.claims for touch in weighing.touches(name)]
    touches = dict.fromkeys(turned or own)
    return {
        "changes": str(changes),
        "touches": BETWEEN.join(t for t in Touch if t in touches),
        "claims_turned": BETWEEN.join(f"{n}: {t}" for n, t in found.claims.items()),
        "conclusions_turned": BETWEEN.join(f"{n}: {t}" for n, t in found.conclusions.items()),
        "unfollowed": BETWEEN.join(found.unfollowed),
        "bears_on": BETWEEN.join(weighing.resting_on([*rests, *found.claims])),
        "says": _says(changes, found, rests, implied),
    }


def _says(changes: Changes, found: _Found, rests: list[str], implied: bool) -> str:
    said = []
    if not implied:
        said.append("Nothing says what should stand there.")
        if found.claims:
            said.append("With another value of the same column,")
    turned = BETWEEN.join(f"{n} ({t})" for n, t in found.claims.items())
    if turned:
        what = "sentence gets" if len(found.claims) == 1 else "sentences get"
        said.append(f"{len(found.claims)} other {what} another verdict: {turned}.")
    if found.conclusions:
        told = told_turned(found.conclusions)
        said.append(told[:1].upper() + told[1:])
    if changes is Changes.UNKNOWN and not found.tried:
        what = "sentence looks" if len(rests) == 1 else "sentences look"
        said.append(f"{len(rests)} {what} at it: {BETWEEN.join(rests)}.")
    if found.unfollowed:
        what = "sentence that rests" if len(found.unfollowed) == 1 else "sentences that rest"
        said.append(
            f"Not followed to {len(found.unfollowed)} {what} on results computed from it: "
            f"{BETWEEN.join(found.unfollowed)}."
        )
    if changes is Changes.NOTHING:
        looked = f"of {len(rests)} that look at it, " if len(rests) > 1 else ""
        said.append(f"It changes nothing: {looked}no sentence gets another verdict.")
    return " ".join(said)


def touches_of(check: Check, found: Decided, printed: Print) -> list[Touch]:
    """What a claim settles: by the words of its check and by what it looks at."""
    touched: dict[Touch, None] = {}
    for node in ast.walk(check.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            touch = WORDS[node.func.id].touches
            if touch is not None:
                touched[touch] = None
        elif isinstance(node, ast.Compare):
            ordered = any(isinstance(op, _ORDERED) for op in node.ops)
            worded = any(
                isinstance(part, ast.Constant) and isinstance(part.value, str)
                for part in (node.left, *node.comparators)
            )
            equal = Touch.WORDING if worded else Touch.NUMBER
            touched[Touch.COMPARISON if ordered else equal] = None
    asked = {use.item for use in found.used if use.kind == RELATION}
    kinds = [i for i in printed.instances if asked & {i.name, i.relation}]
    touched |= dict.fromkeys(_OF_RELATIONS.get(i.kind, Touch.NUMBER) for i in kinds)
    cells = [(u.item, u.row, u.column) for u in found.used if u.kind == CELL]
    stars = any(printed.kinds.get(key) == "stars" for key in cells)
    tested = any(u.kind == FRAME and u.column.startswith(_P_COLUMNS) for u in found.used)
    if stars or tested:
        touched[Touch.SIGNIFICANCE] = None
    return [t for t in Touch if t in touched]


def _of_cells(printed: Print, keys: Iterable[Key]) -> list[Touch]:
    found = []
    for key in keys:
        if printed.kinds[key] == "stars":
            found.append(Touch.SIGNIFICANCE)
        else:
            found.append(Touch.NUMBER if key in printed.values else Touch.WORDING)
    return found


def _of_what(weighing: Weighing, row: Mapping[Any, Any], about: Ways) -> list[Touch]:
    if row["severity"] == str(Severity.WORDING):
        return [Touch.WORDING]
    if any(tells(row, check) for check in (_MARKS, ALIKE)):
        return [Touch.SIGNIFICANCE]
    failing: list[Instance] = [i for i in about.instances if not weighing.printed.outcome(i).holds]
    if failing:
        return [_OF_RELATIONS.get(i.kind, Touch.NUMBER) for i in failing]
    found = [touch for name in about.claims for touch in weighing.touches(name)]
    return found or [Touch.NUMBER]


def impact_counts(impact: pd.DataFrame) -> dict[str, Any]:
    """How many wrong things change what: in all, and for cells, findings and claims apart."""

    def counted(part: pd.DataFrame) -> dict[str, int]:
        return {str(c): int((part["changes"] == str(c)).sum()) for c in Changes}

    kinds = {kind: counted(impact[impact["kind"] == kind]) for kind in (CELL, FINDING, CLAIM)}
    return {
        "impact_total": len(impact),
        "impact_by_changes": counted(impact),
        "impact_by_kind": kinds,
    }
