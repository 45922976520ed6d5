"""The verdict on every printed cell.

Evidence is asked in a fixed order: records copied from the print (agreement by
construction), significance marks tested from r and n, relations that show a cell
wrong, conflicts that only all the print together shows, relations that fail without
naming a cell, values that other printed cells determine, and last records that were
solved to meet the print (agreement by construction again). So no agreement hides a
relation that fails. What remains is not derivable, with its reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.printed import interval, number
from medlead.verdicts.judgement import AGAINST, ARITHMETIC, COPIED, REPEATED, Judgement
from medlead.verdicts.mends import Mend
from medlead.verdicts.places import places
from medlead.verdicts.relations import (
    BANDS,
    BOUNDING,
    TIE,
    WITHIN,
    Cell,
    Instance,
    Key,
    Outcome,
    numeric_values,
    share_of,
)
from medlead.verdicts.solved import Solved
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
    if evidence is EvidenceClass.STUDY:
        raise ValueError(f"{cell.key} comes from the records of a study, not from the print's")
    by_construction = evidence in (
        EvidenceClass.PRINTED_RECORDS,
        EvidenceClass.RECONSTRUCTED,
        EvidenceClass.SIMULATED,
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
        return Judgement(Verdict.AGREES_BY_CONSTRUCTION, evidence, text, COPIED)
    return Judgement(Verdict.AGREES, evidence, text, f"{ARITHMETIC}: exact")


def _implied_text(outcome: Outcome, values: Mapping[Key, Fraction]) -> str:
    instance = outcome.instance
    if instance.kind == "share":
        share = share_of(instance, values)
        return "" if share is None else plain_number(float(share))
    return outcome.left  # the parts of a total, or the first of two printings


def against(outcomes: Iterable[Outcome], key: Key | None) -> str:
    """The rule of a cell that differs: the other printed cells that say so."""
    others = (k for o in outcomes for k in o.instance.cells if k != key)
    return f"{AGAINST} {places(others)}"


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
            against(blaming, derived[0].instance.derived),
            Reason.CONFLICTS_WITH_PRINT,
        )
    if failing:
        return Judgement(Verdict.NOT_DERIVABLE, evidence, reason=Reason.CONFLICTING_EVIDENCE)
    if all(o.rule == TIE for o in derived):
        return Judgement(Verdict.NOT_DERIVABLE, evidence, reason=Reason.TIED)
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


def readings(derived: Iterable[Outcome]) -> dict[str, bool]:
    """Whether a cell follows by each of its readings: only where all tests of one hold."""
    found: dict[str, bool] = {}
    for outcome in derived:
        if reading := outcome.instance.reading:
            found[reading] = found.get(reading, True) and outcome.holds
    return found


def _by_reading(derived: Sequence[Outcome], values: Mapping[Key, Fraction]) -> Judgement:
    """The verdict on a cell that follows by some of its readings only."""
    found = readings(derived)
    implied = (_implied_text(o, values) for o in derived if o.instance.reading)
    return Judgement(
        Verdict.NOT_DERIVABLE,
        EvidenceClass.PRINTED_AGGREGATES,
        ", ".join(dict.fromkeys(map(_as_digits, implied))),
        f"{ARITHMETIC}: by {sum(found.values())} of {len(found)} readings",
        Reason.DEPENDS_ON_READING,
    )


def _as_digits(text: str) -> str:
    try:
        return plain_number(float(number(text)))
    except ValueError:
        return text


@dataclass(frozen=True)
class _Standing:
    """What is known of the cells besides their values: why one may not be derivable."""

    outside: frozenset[Key]
    stated_once: frozenset[Key]
    subheadings: frozenset[Key]
    related: frozenset[Key]
    bounded: frozenset[Key]
    elsewhere: frozenset[str]

    def reason(self, cell: Cell) -> Reason:
        """Why nothing derives this cell."""
        key = cell.key
        if cell.text.startswith(FINGERPRINT):
            return Reason.SENTENCE_NOT_CARRIED
        if key[1] in _NAMING or (*key[:2], SUBHEADING) in self.subheadings:
            return Reason.NAMES_ONLY
        if cell.text == "":
            return Reason.PRINTED_BLANK
        if key in self.outside:
            return Reason.OUTSIDE_INFORMATION
        if key in self.stated_once:
            return Reason.STATED_ONCE
        if key in self.bounded:
            return Reason.ONLY_BOUNDED
        if key in self.related and key[0].startswith("section-"):
            return Reason.BASIC_FACT
        if key[0] in self.elsewhere:
            return Reason.OTHER_RECORDS
        return Reason.STAGE_NOT_BUILT


def suspects(outcome: Outcome) -> frozenset[Key]:
    """The cells of a failing test of which one must be wrong, as far as the test tells.

    What must follow from others is wrong where it does not; a stated range where the
    counts lie elsewhere; some tests tell themselves which cells they are about; in all
    others any cell may be the wrong one.
    """
    instance = outcome.instance
    if outcome.blamed:
        return frozenset(outcome.blamed)
    if instance.derived is not None and _blames(outcome):
        return frozenset({instance.derived})
    if instance.kind in (*BANDS, *WITHIN):
        return frozenset(instance.right)
    return frozenset(instance.cells)


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
    stated_once: frozenset[Key] = frozenset(),
    elsewhere: frozenset[str] = frozenset(),
    solved: Solved | None = None,
) -> pd.DataFrame:
    """One verdict for each printed cell, in print order (columns `VERDICT_COLUMNS`).

    `item_evidence` gives the class of each item, `rebuilt` the tables laid out from
    records that are not solved, `marks` the judgements of significance marks;
    `outcomes`, `mends` and `unresolved` come from the relations, `solved` from records
    that were solved to the print; `elsewhere` are items whose tables a study counted from
    its own records. `low` and `high` bound the values that the printed
    number can stand for. Raises KeyError for a cell of an unknown item, ValueError for
    a rebuilt cell or mark that is printed nowhere, or that comes from a study's records.
    """
    records = solved or Solved()
    values = numeric_values(cells)
    derived: dict[Key, list[Outcome]] = {}
    # Where an error elsewhere explains a failing test, that test says nothing of its result.
    explained = {name for m in mends for name in m.restores}
    for outcome in outcomes:
        if outcome.instance.derived is not None and outcome.instance.name not in explained:
            derived.setdefault(outcome.instance.derived, []).append(outcome)
    mended = {m.key: m for m in mends}
    doubtful = {key for instance in unresolved for key in instance.cells}
    # By these readings a cell fails that another reading explains: they show nothing wrong.
    by_reading = {k for k, found in derived.items() if len({*readings(found).values()}) > 1}
    for outcome in outcomes:
        one_of_several = outcome.instance.reading and outcome.instance.derived in by_reading
        if not (outcome.holds or outcome.instance.name in explained or one_of_several):
            doubtful |= suspects(outcome)
    standing = _Standing(
        outside,
        stated_once,
        frozenset(c.key for c in cells if c.key[2] == SUBHEADING),
        frozenset(key for o in outcomes for key in o.instance.cells),
        frozenset(
            key
            for o in outcomes
            if o.instance.kind in (*BANDS, *WITHIN, *BOUNDING)
            for key in (o.instance.left if o.instance.kind in BOUNDING else o.instance.right)
        ),
        elsewhere,
    )
    printed = {c.key for c in cells}
    strange = [key for key in (*rebuilt, *marks) if key not in printed]
    if strange:
        raise ValueError(f"rebuilt, but not printed: {strange[:5]}")

    rows = []
    for cell in cells:
        key, evidence = cell.key, item_evidence[cell.key[0]]
        certain = [
            o for o in derived.get(key, ()) if not (o.instance.reading and key in by_reading)
        ]
        shown_wrong = any(_blames(o) for o in certain if not o.holds)
        if cell.text.startswith(FINGERPRINT):
            judged = Judgement(Verdict.NOT_DERIVABLE, evidence, reason=standing.reason(cell))
        elif key in rebuilt:
            judged = _from_table(cell, *rebuilt[key])
        elif key in marks:
            judged = marks[key]
        elif key in mended:
            judged = Judgement(
                Verdict.DIFFERS,
                EvidenceClass.PRINTED_AGGREGATES,
                str(mended[key].implied),
                against((o for o in outcomes if o.instance.name in mended[key].restores), key),
                Reason.CONFLICTS_WITH_PRINT,
            )
        elif shown_wrong:
            judged = _from_relations(certain, values, evidence)
        elif key in records.conflicts:
            judged = records.conflicts[key]
        elif key in doubtful:
            judged = Judgement(Verdict.NOT_DERIVABLE, evidence, reason=Reason.CONFLICTING_EVIDENCE)
        elif key in by_reading:
            judged = _by_reading(derived[key], values)
        elif key in derived:
            judged = _from_relations(derived[key], values, evidence)
        elif key in records.met:
            judged = records.met[key]
        else:
            judged = Judgement(Verdict.NOT_DERIVABLE, evidence, reason=standing.reason(cell))
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


def _said(instance: Instance) -> str:
    return f"{instance.says} (If {instance.reading}.)" if instance.reading else instance.says


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
                "says": _said(o.instance),
            }
            for o in outcomes
        ],
        columns=RELATION_COLUMNS,
    )
