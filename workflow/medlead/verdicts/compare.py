"""The verdict on every printed cell.

Evidence is asked in a fixed order: records copied from the print (agreement by
construction), significance marks tested from r and n, values that other printed
cells determine, and last what the declared relations say against a cell. What
remains is not derivable, with its reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.printed import interval
from medlead.verdicts.mends import Mend
from medlead.verdicts.relations import (
    Cell,
    Instance,
    Key,
    Outcome,
    numeric_values,
    share_of,
)
from medlead.writing import plain_number

VERDICT_COLUMNS = [
    "item",
    "row",
    "column",
    "printed",
    "low",
    "high",
    "rebuilt",
    "evidence",
    "verdict",
    "rule",
    "reason",
]
RELATION_COLUMNS = [
    "relation",
    "instance",
    "kind",
    "items",
    "cells",
    "left",
    "right",
    "outcome",
    "says",
]
_NAMING = ("(heading)", "(note)")
SUBHEADING = "(sub-heading)"
FINGERPRINT = "sha256:"
# What an agreement rests on: the first words of its rule.
ARITHMETIC, REPEATED, TESTED = "arithmetic", "printed twice", "test"


@dataclass(frozen=True)
class Judgement:
    """What the evidence says of one printed cell."""

    verdict: Verdict
    evidence: EvidenceClass
    rebuilt: str = ""
    rule: str = ""
    reason: Reason | None = None


def rebuilt_cells(
    tables: Mapping[str, pd.DataFrame],
) -> dict[Key, tuple[str, EvidenceClass]]:
    """The rebuilt text and evidence class of every cell of the rebuilt tables.

    `tables` maps an item to its tidy frame (`row,column,value,text,n,evidence`).
    Raises ValueError where a table gives one cell twice.
    """
    found: dict[Key, tuple[str, EvidenceClass]] = {}
    for item, frame in tables.items():
        columns = (frame["row"], frame["column"], frame["text"], frame["evidence"])
        for row, column, text, evidence in zip(*columns, strict=True):
            key = (item, str(row), str(column))
            if key in found:
                raise ValueError(f"{item} gives the cell {row!r}, {column!r} twice")
            found[key] = (str(text), EvidenceClass(evidence))
    return found


def _from_table(cell: Cell, text: str, evidence: EvidenceClass) -> Judgement:
    by_construction = evidence in (
        EvidenceClass.PRINTED_RECORDS,
        EvidenceClass.RECONSTRUCTED,
        EvidenceClass.SIMULATED,
        EvidenceClass.STUDY,
    )
    if text != cell.text:
        return Judgement(
            Verdict.DIFFERS,
            evidence,
            text,
            reason=Reason.CONFLICTS_WITH_PRINT,
            rule="exact",
        )
    if by_construction:
        return Judgement(Verdict.AGREES_BY_CONSTRUCTION, evidence, text, "copied-record")
    return Judgement(Verdict.AGREES, evidence, text, f"{ARITHMETIC}: exact")


def _implied_text(outcome: Outcome, values: Mapping[Key, Fraction]) -> str:
    instance = outcome.instance
    if instance.kind == "share":
        share = share_of(instance, values)
        return "" if share is None else plain_number(float(share))
    return outcome.left  # the parts of a total, or the first of two printings


def _blames(outcome: Outcome) -> bool:
    """Whether a failing test shows its derived cell wrong, and not just one of its cells."""
    return outcome.instance.kind not in ("total", "same")


def _from_relations(
    derived: Sequence[Outcome], values: Mapping[Key, Fraction], evidence: EvidenceClass
) -> Judgement:
    """One verdict from all tests that derive a cell: a failing one decides.

    A percentage or an extreme is what must follow; a failing total or repetition
    blames none of its cells by itself.
    """
    failing = [o for o in derived if not o.holds]
    blaming = [o for o in failing if _blames(o)]
    if blaming:
        return Judgement(
            Verdict.DIFFERS,
            EvidenceClass.PRINTED_AGGREGATES,
            _implied_text(blaming[0], values),
            reason=Reason.CONFLICTS_WITH_PRINT,
        )
    if failing:
        return Judgement(Verdict.NOT_DERIVABLE, evidence, reason=Reason.CONFLICTING_EVIDENCE)
    # Arithmetic says more than a repetition, and a rounding rule more than exactness.
    best = min(derived, key=lambda o: (o.instance.kind == "same", o.rule == "exact"))
    repeated = best.instance.kind == "same"
    how = REPEATED if repeated else ARITHMETIC
    rounded = [o for o in derived if o.rule != "exact" and (o.instance.kind == "same") == repeated]
    rules = list(dict.fromkeys(o.rule for o in rounded))
    return Judgement(
        Verdict.AGREES_BY_ROUNDING if rounded else Verdict.AGREES,
        EvidenceClass.PRINTED_AGGREGATES,
        _implied_text(best, values),
        f"{how}: {' + '.join(rules) or 'exact'}",
    )


def _underivable(
    cell: Cell,
    outside: frozenset[Key],
    subheadings: frozenset[Key],
    related: set[Key],
    evidence: EvidenceClass,
) -> Judgement:
    if cell.text.startswith(FINGERPRINT):
        reason = Reason.SENTENCE_NOT_CARRIED
    elif cell.key[1] in _NAMING or (*cell.key[:2], SUBHEADING) in subheadings:
        reason = Reason.NAMES_ONLY
    elif cell.text == "":
        reason = Reason.PRINTED_BLANK
    elif cell.key in outside:
        reason = Reason.OUTSIDE_INFORMATION
    elif cell.key in related and cell.key[0].startswith("section-"):
        reason = Reason.BASIC_FACT
    else:
        reason = Reason.STAGE_NOT_BUILT
    return Judgement(Verdict.NOT_DERIVABLE, evidence, reason=reason)


def judge_cells(
    cells: Sequence[Cell],
    *,
    item_evidence: Mapping[str, EvidenceClass],
    rebuilt: Mapping[Key, tuple[str, EvidenceClass]],
    marks: Mapping[Key, Judgement],
    outcomes: Sequence[Outcome],
    mends: Sequence[Mend],
    unresolved: Sequence[Instance],
    outside: frozenset[Key] = frozenset(),
) -> pd.DataFrame:
    """One verdict for each printed cell, in print order (columns `VERDICT_COLUMNS`).

    `item_evidence` gives the class of each item, `rebuilt` the rebuilt tables,
    `marks` the judgements of significance marks, `outcomes`, `mends` and
    `unresolved` come from the relations. `low` and `high` bound the values that
    the printed number can stand for. Raises KeyError for a cell of an unknown item,
    ValueError for a rebuilt cell or mark that is printed nowhere.
    """
    values = numeric_values(cells)
    derived: dict[Key, list[Outcome]] = {}
    # Where an error elsewhere explains a failing test, that test says nothing of its result.
    explained = {name for m in mends for name in m.restores}
    for outcome in outcomes:
        if outcome.instance.derived is not None and outcome.instance.name not in explained:
            derived.setdefault(outcome.instance.derived, []).append(outcome)
    mended = {m.key: m for m in mends}
    subheadings = frozenset(c.key for c in cells if c.key[2] == SUBHEADING)
    doubtful = {key for instance in unresolved for key in instance.cells}
    doubtful |= {
        key
        for o in outcomes
        if o.instance.kind == "same" and not o.holds and o.instance.name not in explained
        for key in o.instance.cells
    }
    related = {key for o in outcomes for key in o.instance.cells}
    printed = {c.key for c in cells}
    strange = [key for key in (*rebuilt, *marks) if key not in printed]
    if strange:
        raise ValueError(f"rebuilt, but not printed: {strange[:5]}")

    rows = []
    for cell in cells:
        key, evidence = cell.key, item_evidence[cell.key[0]]
        if cell.text.startswith(FINGERPRINT):
            judged = _underivable(cell, outside, subheadings, related, evidence)
        elif key in rebuilt:
            judged = _from_table(cell, *rebuilt[key])
        elif key in marks:
            judged = marks[key]
        elif key in mended:
            judged = Judgement(
                Verdict.DIFFERS,
                EvidenceClass.PRINTED_AGGREGATES,
                str(mended[key].implied),
                reason=Reason.CONFLICTS_WITH_PRINT,
            )
        elif key in derived and (
            key not in doubtful or any(_blames(o) for o in derived[key] if not o.holds)
        ):
            judged = _from_relations(derived[key], values, evidence)
        elif key in doubtful:
            judged = Judgement(Verdict.NOT_DERIVABLE, evidence, reason=Reason.CONFLICTING_EVIDENCE)
        else:
            judged = _underivable(cell, outside, subheadings, related, evidence)
        low, high = _bounds(cell)
        rows.append(
            (
                *key,
                cell.text,
                low,
                high,
                judged.rebuilt,
                str(judged.evidence),
                str(judged.verdict),
                judged.rule,
                str(judged.reason or ""),
            )
        )
    return pd.DataFrame(rows, columns=VERDICT_COLUMNS)


def _bounds(cell: Cell) -> tuple[str, str]:
    if cell.kind in ("label", "stars"):
        return "", ""
    try:
        span = interval(cell.text, cell.kind)
    except ValueError:
        return "", ""
    return plain_number(float(span.low)), plain_number(float(span.high))


def relation_frame(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Every single test with its outcome: what was tested and held is a result too."""
    return pd.DataFrame(
        [
            {
                "relation": o.instance.relation,
                "instance": o.instance.name,
                "kind": o.instance.kind,
                "items": ";".join(dict.fromkeys(k[0] for k in o.instance.cells)),
                "cells": len(o.instance.cells),
                "left": o.left,
                "right": o.right,
                "outcome": "holds" if o.holds else "fails",
                "says": o.instance.says,
            }
            for o in outcomes
        ],
        columns=RELATION_COLUMNS,
    )
