"""The report's statements on engagement, and the printed cells that hold their numbers.

Simulated doctors are held to the statements, so that a statement is true of them confirms
nothing; it agrees by construction. That one set of doctors meets all statements that are
followed shows that these do not contradict each other. A statement that was not followed,
and is not true of the doctors who meet those against it, is a finding of the print alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from medlead.evidence import EvidenceClass, Reason, Verdict, item_name
from medlead.sources.printed_statements import CELL, JOIN, NOT_CHECKABLE
from medlead.verdicts.findings import CERTAIN, Finding, Severity
from medlead.verdicts.judgement import AGAINST, HELD, NAMED, Judgement
from medlead.verdicts.places import place, places
from medlead.verdicts.relations import Cell, Key

CONTRADICTION, SIZES, NAMES = "statements", "group-sizes", "scale-names"
"""The checks behind the findings."""
_TOLD = ("section", "line", "words", "reason", *CELL, "against", "certainty", "severity")


@dataclass(frozen=True)
class Told:
    """Judgements of printed cells, those that stand before others apart, and findings."""

    conflicts: Mapping[Key, Judgement] = field(default_factory=dict)
    met: Mapping[Key, Judgement] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def judged_statements(
    report: pd.DataFrame, statements: pd.DataFrame, evidence: EvidenceClass
) -> pd.DataFrame:
    """Every statement with what was found of the doctors, and its verdict.

    `report` is that of `check_doctors`, `statements` the file as text, in the same order.
    Adds `verdict` and `why` (a reason, or that it cannot be checked): what is followed
    and holds agrees by construction; all else is not derivable from simulated doctors.
    """
    if list(report["statement"]) != list(statements["statement"]):
        raise ValueError("the report is not about these statements")
    told = statements[list(_TOLD)].reset_index(drop=True)
    frame = pd.concat([report.reset_index(drop=True), told], axis=1)
    verdicts = [
        _verdict(kind, followed, holds)
        for kind, followed, holds in zip(
            frame["kind"], frame["followed"], frame["holds"], strict=True
        )
    ]
    frame["verdict"] = [str(verdict) for verdict, _ in verdicts]
    frame["why"] = [why for _, why in verdicts]
    return frame.assign(evidence=str(evidence))


def _verdict(kind: str, followed: str, holds: str) -> tuple[Verdict, str]:
    if followed == "no":
        return Verdict.NOT_DERIVABLE, str(Reason.CONFLICTING_EVIDENCE)
    if kind == NOT_CHECKABLE:
        return Verdict.NOT_DERIVABLE, NOT_CHECKABLE
    if holds == "yes":
        return Verdict.AGREES_BY_CONSTRUCTION, ""
    return Verdict.NOT_DERIVABLE, str(Reason.RECORDS_DIFFER)


def told_of_statements(
    statements: pd.DataFrame | None, sizes: pd.DataFrame | None, cells: Sequence[Cell]
) -> Told:
    """What the statements say of the printed cells that hold their numbers.

    `statements` is the frame of `judged_statements` (all columns as text), `sizes` that of
    `possible_sizes`; without statements there is nothing. A cell agrees by construction
    where all its statements hold of the doctors. One whose statement was not followed, or
    whose percentage no possible size of the group gives, is conflicting evidence.
    Raises ValueError for a statement on a cell that is not printed.
    """
    if statements is None:
        return Told()
    texts = {cell.key: cell.text for cell in cells}
    rows = statements.to_dict("records")
    by_name = {str(row["statement"]): row for row in rows}
    impossible = _without_size(sizes)
    conflicts: dict[Key, Judgement] = {}
    met: dict[Key, Judgement] = {}
    for row in rows:
        key = _key(row)
        if key is None:
            continue
        if key not in texts:
            raise ValueError(f"a statement on what is not printed: {key}")
        evidence = EvidenceClass(row["evidence"])
        if (row["site"], row["group"]) in impossible and row["kind"] == "b-percent":
            conflicts[key] = _conflicting(evidence, SIZES)
        elif row["why"] == Reason.CONFLICTING_EVIDENCE:
            others = [k for name in _against(row) if (k := _key(by_name[name])) is not None]
            conflicts[key] = _conflicting(evidence, f"{AGAINST} {places(others)}" if others else "")
        elif row["verdict"] == Verdict.AGREES_BY_CONSTRUCTION:
            held = Judgement(Verdict.AGREES_BY_CONSTRUCTION, evidence, texts[key], HELD)
            met.setdefault(key, held)
        elif row["why"] == Reason.RECORDS_DIFFER:
            met[key] = Judgement(
                Verdict.NOT_DERIVABLE, evidence, rule=HELD, reason=Reason.RECORDS_DIFFER
            )
    findings = [*_contradictions(rows, by_name), *_size_findings(rows, impossible, texts)]
    return Told(conflicts, met, tuple(findings))


def _key(row: Mapping[str, object]) -> Key | None:
    item, heading, column = (str(row[part]) for part in CELL)
    return (item, heading, column) if item else None


def _against(row: Mapping[str, object]) -> list[str]:
    return [name for name in str(row["against"]).split(JOIN) if name]


def _conflicting(evidence: EvidenceClass, rule: str) -> Judgement:
    return Judgement(Verdict.NOT_DERIVABLE, evidence, rule=rule, reason=Reason.CONFLICTING_EVIDENCE)


def _contradictions(
    rows: Iterable[Mapping[str, object]], by_name: Mapping[str, Mapping[str, object]]
) -> list[Finding]:
    """Statements that were not followed and do not hold where those against them do."""
    found = []
    for row in rows:
        others = [by_name[name] for name in _against(row)]
        # Doctors of whom all of it is true would show that there is no contradiction.
        if row["why"] != Reason.CONFLICTING_EVIDENCE or row["holds"] == "yes":
            continue
        missed = [str(o["statement"]) for o in others if o["holds"] != "yes"]
        said = "; ".join(f"{_place(o)}: {_about(o)}" for o in others)
        parts = [
            f"{_place(row)}: {_about(row)}.",
            f"Not true together with {said}.",
            f"Why the latter was followed: {row['reason']}."
            if not missed
            else f"The responses at hand do not meet {', '.join(missed)} either.",
        ]
        found.append(
            Finding(
                _key(row) or ("", "", ""),
                str(row["words"]),
                "; ".join(str(o["words"]) for o in others),
                f"{CONTRADICTION} {row['statement']}",
                Severity(str(row["severity"])),
                str(row["certainty"]),
                " ".join(parts),
                at=(str(row["section"]), int(str(row["line"]))),
            )
        )
    return found


def _place(row: Mapping[str, object]) -> str:
    return f"section {row['section']}, line {row['line']}"


def _about(row: Mapping[str, object]) -> str:
    """A statement in our words, with the site and group that it is about."""
    who = [f"site {row['site']}"] if row["site"] else []
    who += [str(row["group"])] if row["group"] not in ("", "all") else []
    value = f" ({row['value']})" if row["value"] else ""
    return f"{', '.join(who)}: {row['words']}{value}" if who else f"{row['words']}{value}"


def _without_size(sizes: pd.DataFrame | None) -> set[tuple[str, str]]:
    """Groups whose printed percentages no size allows that leaves room for the others."""
    if sizes is None or sizes.empty:
        return set()
    fits = (sizes["fits_site"] == "yes").groupby([sizes["site"], sizes["group"]]).any()
    return {(str(site), str(group)) for site, group in fits.index[~fits.to_numpy()]}


def _size_findings(
    rows: Iterable[Mapping[str, object]],
    impossible: set[tuple[str, str]],
    texts: Mapping[Key, str],
) -> list[Finding]:
    keys: dict[tuple[str, str], list[Key]] = {}
    for row in rows:
        who, key = (str(row["site"]), str(row["group"])), _key(row)
        if who in impossible and row["kind"] == "b-percent" and key is not None:
            keys.setdefault(who, []).append(key)
    return [
        Finding(
            found[0],
            "; ".join(texts[k] for k in found),
            "",
            SIZES,
            Severity.MAJOR,
            CERTAIN,
            f"{places(found)}: no number of doctors that the site leaves room for gives all of "
            "these percentages, by any declared rounding.",
        )
        for found in keys.values()
    ]


def told_of_names(names: pd.DataFrame | None, cells: Sequence[Cell]) -> Told:
    """What is to be said of the printed names of scales (`compared_names`, as text).

    A name that the print has elsewhere in another way differs, against the places where it
    stands as it is used; the others agree by construction, since the name that is used
    was taken from the print. Each scale with several names is one finding of wording.
    """
    if names is None:
        return Told()
    conflicts: dict[Key, Judgement] = {}
    met: dict[Key, Judgement] = {}
    findings = []
    for _, scale in names.groupby("scale", sort=False):
        rows = scale.to_dict("records")
        keys = {same: [_named(r) for r in rows if r["same"] == same] for same in ("yes", "no")}
        for row in rows:
            if row["same"] == "yes":
                met[_named(row)] = Judgement(
                    Verdict.AGREES_BY_CONSTRUCTION, EvidenceClass.CONCEPTUAL, row["name"], NAMED
                )
            else:
                conflicts[_named(row)] = Judgement(
                    Verdict.DIFFERS,
                    EvidenceClass.PRINTED_AGGREGATES,
                    row["name"],
                    f"{AGAINST} {places(keys['yes'])}" if keys["yes"] else NAMED,
                    Reason.CONFLICTS_WITH_PRINT,
                )
        if keys["no"]:
            findings.append(_name_finding(rows, keys))
    return Told(conflicts, met, tuple(findings))


def _named(row: Mapping[str, object]) -> Key:
    return str(row["item"]), str(row["row"]), str(row["column"])


def _name_finding(
    rows: Sequence[Mapping[str, object]], keys: Mapping[str, Sequence[Key]]
) -> Finding:
    other = dict.fromkeys(str(r["printed"]) for r in rows if r["same"] == "no")
    used = [item_name(key[0]) for key in keys["yes"]]
    where = f", as in {', '.join(dict.fromkeys(used))}" if used else ""
    return Finding(
        keys["no"][0],
        "; ".join(other),
        str(rows[0]["name"]),
        f"{NAMES} {rows[0]['scale']}",
        Severity.WORDING,
        CERTAIN,
        f"One scale has several names: {'; '.join(place(key) for key in keys['no'])}. "
        f"The name that is used here is {rows[0]['name']}{where}.",
    )
