"""Sentences that fail by what is printed, as findings beside those among the printed cells.

A sentence that fails where a failing relation tells the same cells, or for a cause that the
register names, joins that finding; any other one is a finding of its own. What fails by a
threshold of ours is no finding.
"""

from collections.abc import Iterable, Mapping, Sequence
from string import Formatter
from typing import Any

import pandas as pd

from medlead.evidence import CERTAIN, CONDITIONAL, EvidenceClass
from medlead.sources.printed_claims import SUMMARY
from medlead.verdicts.audit import AUDIT_COLUMNS
from medlead.verdicts.claim_evidence import CELL, FRAME, IDENTIFIED, RECORD, RELATION
from medlead.verdicts.claim_verdicts import BETWEEN, ClaimVerdict
from medlead.verdicts.claims import Decided
from medlead.verdicts.findings import (
    BETWEEN_CHECKS,
    Severity,
    joined,
    tells,
)
from medlead.verdicts.relations import Instance, Key

ASSUMED = "conditional: "
"""What begins an assumption among the things that a sentence rests on."""
GRAVE = "severity: "
"""What begins the severity of the finding that a sentence makes, where it is another."""
SAME_CAUSE = "same cause as: "
"""What begins the check of the finding that tells already why a sentence fails."""
CLAIM = "claim"
"""The check behind a finding of a sentence: `claim 4.2.1-03`."""
SEVERITY = Severity.MINOR
"""That of one sentence; where it joins a finding that is severer, it has that one's."""
_PRINTED = (EvidenceClass.PRINTED_RECORDS, EvidenceClass.PRINTED_AGGREGATES)


def contradicts(found: Decided) -> bool:
    """Whether a sentence fails by what is printed, without a threshold of ours.

    What the print leaves possible counts as print.
    """
    if found.verdict is not ClaimVerdict.FAILS or found.judgement:
        return False
    bounded = all(u.kind == IDENTIFIED or u.evidence in _PRINTED for u in found.used)
    return bool(found.used) and bounded


def audit_with_claims(
    audit: pd.DataFrame,
    claims: pd.DataFrame,
    judged: Mapping[str, Decided],
    instances: Sequence[Instance],
    cells: pd.DataFrame,
    layouts: Mapping[str, Any],
) -> pd.DataFrame:
    """The findings among the cells, with the sentences that fail by the print.

    `audit` keeps its rows, their order and their names; new findings follow, in the order of
    the lines. A sentence joins the finding of the check that it names (`SAME_CAUSE`), among them
    those of sentences before it, and none where several findings are that cause together; else
    it joins the finding of a failing test if it asks for that test, if the cells of one are all
    among those of the other, or if it shares a cell and the line; a finding that no test is
    behind is joined by what uses the cell where it stands. Sentences that fail by the same cells
    are one finding. `cells` are the printed ones, as text; `layouts` say in which of them the
    records stand.
    """
    rows: list[dict[Any, Any]] = audit.to_dict("records")
    tests = {i.name: i for i in instances}
    known = [_tests_of(str(row["check"]), tests) for row in rows]
    places = [set() if of else _place_of(row, cells) for row, of in zip(rows, known, strict=True)]
    printed = _headings(layouts)
    new: dict[object, dict[Any, Any]] = {}
    for claim in claims.to_dict("records"):
        found = judged[str(claim["claim"])]
        if not contradicts(found):
            continue
        if _joins_cause(rows, new, claim, found):
            continue
        used = _cells_of(found, printed)
        asked = {use.item for use in found.used if use.kind == RELATION}
        at = next(
            (
                n
                for n, of in enumerate(known)
                if places[n] & used or _same(asked, used, str(claim["line"]), rows[n], of)
            ),
            None,
        )
        what: object = frozenset((u.kind, u.item, u.row, u.column, u.where) for u in found.used)
        if at is not None:
            rows[at] = _joined(rows[at], claim)
        elif what in new:
            new[what] = _joined(new[what], claim)
        else:
            new[what] = _finding(claim, found)
    first = len(rows) + 1
    rows += [{"finding": f"finding-{n:03d}", **row} for n, row in enumerate(new.values(), first)]
    columns = [*AUDIT_COLUMNS, *(c for c in audit.columns if c not in AUDIT_COLUMNS)]
    return pd.DataFrame(rows, columns=columns)


def _joins_cause(
    rows: list[dict[Any, Any]],
    new: dict[object, dict[Any, Any]],
    claim: Mapping[Any, Any],
    found: Decided,
) -> bool:
    """Let a sentence join the findings of the causes that it names; whether there are any."""
    causes = _parts(claim, SAME_CAUSE)
    told = [[n for n, row in enumerate(rows) if tells(row, c)] for c in causes]
    # Where several findings are one cause together, to mend one of them would not mend it.
    for n in {of[0] for of in told if len(of) == 1}:
        rows[n] = _joined(rows[n], claim)
    before = [w for w, row in new.items() if any(tells(row, c) for c in causes)]
    for which in before:
        new[which] = _joined(new[which], claim, found)
    return any(told) or bool(before)


def _tests_of(check: str, tests: Mapping[str, Instance]) -> list[Instance]:
    return [tests[name] for name in check.split(BETWEEN_CHECKS) if name in tests]


def _headings(layouts: Mapping[str, Any]) -> dict[tuple[str, str, str], list[tuple[str, str]]]:
    """Under which heading of which item a column of records stands, by source and row column."""
    found: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for item, layout in layouts.items():
        for column in layout.get("columns", ()):
            parts = Formatter().parse(column.get("template", f"{{{column.get('from', '')}}}"))
            for name in (part for _, part, _, _ in parts if part):
                key = (str(layout["source"]), str(layout["row"]), name)
                found.setdefault(key, []).append((item, str(column["heading"])))
    return found


def _cells_of(
    found: Decided, printed: Mapping[tuple[str, str, str], Sequence[tuple[str, str]]]
) -> set[Key]:
    """The printed cells that a sentence rests on, those of records among them."""
    cells = {(u.item, u.row, u.column) for u in found.used if u.kind == CELL}
    for use in found.used:
        by, _, row = use.where.partition(" ")
        if use.kind == RECORD:
            places = printed.get((use.item, by, use.column), ())
            cells |= {(item, row, heading) for item, heading in places}
    return cells


def _place_of(row: Mapping[Any, Any], cells: pd.DataFrame) -> set[Key]:
    """The cell at which a finding stands, where its line prints one such text; else none."""
    if row["severity"] == str(Severity.WORDING):
        return set()
    here = cells[(cells["line"] == str(row["line"])) & (cells["text"] == str(row["printed"]))]
    keys = zip(here["item"], here["row"], here["column"], strict=True)
    return set(keys) if len(here) == 1 else set()


def _same(
    asked: set[str], used: set[Key], line: str, row: Mapping[Any, Any], tests: Iterable[Instance]
) -> bool:
    for test in tests:
        cells = set(test.cells)
        nested = bool(used) and (used <= cells or cells <= used)
        placed = bool(used & cells) and line == str(row["line"])
        if test.name in asked or nested or placed:
            return True
    return False


def _parts(claim: Mapping[Any, Any], beginning: str) -> list[str]:
    """What a sentence rests on, of the parts that begin in this way, without the beginning."""
    parts = str(claim["rests_on"]).split(BETWEEN)
    return [part.removeprefix(beginning) for part in parts if part.startswith(beginning)]


def _joined(
    row: Mapping[Any, Any], claim: Mapping[Any, Any], found: Decided | None = None
) -> dict[Any, Any]:
    """A finding with a sentence that fails for its cause; `found` where other numbers decide it."""
    place = _place(claim)
    words = f"The same is wrong in {place[:1].lower()}{place[1:]}: {claim['statement']}."
    if (str(claim["section"]), str(claim["line"])) == (str(row["section"]), str(row["line"])):
        words = f"The sentence says: {claim['statement']}."
    if found is not None:
        words = _told(claim, found)
    return joined(row, f"{CLAIM} {claim['claim']}", words.replace("..", "."), _severity(claim))


def _severity(claim: Mapping[Any, Any]) -> Severity:
    return next((Severity(part) for part in _parts(claim, GRAVE)), SEVERITY)


def _told(claim: Mapping[Any, Any], found: Decided) -> str:
    kinds = {use.kind for use in found.used}
    how = "By what is printed elsewhere"
    if FRAME in kinds:
        how = "By what is computed here from what is printed"
    elif IDENTIFIED in kinds:
        how = "By all that the print leaves possible"
    return f"{_place(claim)}: {claim['statement']}. {how}: {found.computed}."


def _finding(claim: Mapping[Any, Any], found: Decided) -> dict[Any, Any]:
    kinds = {use.kind for use in found.used}
    assumed = _parts(claim, ASSUMED)
    certain = kinds <= {CELL, RECORD, RELATION} and not assumed
    told = _told(claim, found)
    told += "".join(f" Conditional: {part}." for part in assumed)
    return {
        "section": claim["section"],
        "line": claim["line"],
        "printed": claim["statement"],
        "implied": found.computed,
        "check": f"{CLAIM} {claim['claim']}",
        "severity": str(_severity(claim)),
        "certainty": CERTAIN if certain else CONDITIONAL,
        "explanation": told.replace("..", "."),
        "evidence": str(EvidenceClass.PRINTED_AGGREGATES),
    }


def _place(claim: Mapping[Any, Any]) -> str:
    section = claim["section"]
    where = "The executive summary" if section == SUMMARY else f"Section {section}"
    return f"{where}, line {claim['line']}"
