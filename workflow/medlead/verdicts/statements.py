"""The report's statements on engagement, and the printed cells that hold their numbers.

Simulated doctors are held to the statements, so that a statement is true of them confirms
nothing; it agrees by construction. That one set of doctors meets all statements that are
followed shows that these do not contradict each other. A statement that was not followed,
and is not true of the doctors who meet those against it, is a finding of the print alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pandas as pd

from medlead.engagement.instrument import same_name
from medlead.evidence import CERTAIN, EvidenceClass, Reason, Verdict, item_name
from medlead.sources.printed_statements import (
    CELL,
    GROUP_NAME,
    HIGHER,
    JOIN,
    NOT_CHECKABLE,
    SCALE_NAME,
)
from medlead.verdicts.findings import Finding, Severity
from medlead.verdicts.judgement import AGAINST, HELD, NAMED, Judgement
from medlead.verdicts.places import place, places
from medlead.verdicts.relations import Cell, Key

Row = Mapping[Any, Any]
CONTRADICTION, SIZES, NAMES, GROUPS = "statements", "group-sizes", "scale-names", "group-names"
"""The checks behind the findings."""
_TOGETHER = {
    True: "This cannot be true together with",
    False: "On one reading, this does not go with",
}
_TOLD = ("section", "line", "words", "reason", *CELL, "against", "certainty", "severity")


@dataclass(frozen=True)
class ToldOfEngagement:
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
) -> ToldOfEngagement:
    """What the statements say of the printed cells that hold their numbers.

    `statements` is the frame of `judged_statements` (all columns as text), `sizes` that of
    `possible_sizes`; without statements there is nothing. A cell agrees by construction
    where all its statements hold of the doctors. One whose statement was not followed, or
    whose percentage no possible size of the group gives, is conflicting evidence.
    Raises ValueError for a statement on a cell that is not printed.
    """
    if statements is None:
        return ToldOfEngagement()
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
    findings = [
        *_contradictions(rows, by_name),
        *_size_findings(rows, impossible, texts),
        *_group_findings(rows),
    ]
    return ToldOfEngagement(conflicts, met, tuple(findings))


def _key(row: Row) -> Key | None:
    item, heading, column = (str(row[part]) for part in CELL)
    return (item, heading, column) if item else None


def _against(row: Row) -> list[str]:
    return [name for name in str(row["against"]).split(JOIN) if name]


def _conflicting(evidence: EvidenceClass, rule: str) -> Judgement:
    return Judgement(Verdict.NOT_DERIVABLE, evidence, rule=rule, reason=Reason.CONFLICTING_EVIDENCE)


def _contradictions(rows: Iterable[Row], by_name: Mapping[str, Row]) -> list[Finding]:
    """Statements that were not followed and do not hold where those against them do."""
    found = []
    for row in rows:
        others = [by_name[name] for name in _against(row)]
        # Doctors of whom all of it is true would show that there is no contradiction.
        if row["why"] != Reason.CONFLICTING_EVIDENCE or row["holds"] == "yes":
            continue
        missed = [str(o["statement"]) for o in others if o["holds"] == "no"]
        said = "; ".join(told for _, told in _grouped(others))
        parts = [
            f"{_capital(_place(row))}: {about_statement(row)}.",
            f"{_TOGETHER[str(row['certainty']) == CERTAIN]} {said}.",
            f"What was followed, and why: {row['reason']}."
            if not missed
            else f"The responses at hand do not meet {', '.join(missed)} either.",
        ]
        found.append(
            Finding(
                _key(row) or ("", "", ""),
                about_statement(row),
                "; ".join(dict.fromkeys(told for told, _ in _grouped(others))),
                f"{CONTRADICTION} {row['statement']}",
                Severity(str(row["severity"])),
                str(row["certainty"]),
                " ".join(parts),
                at=(str(row["section"]), int(str(row["line"]))),
            )
        )
    return found


def _grouped(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """Statements in our words, and with their lines; those alike but for scale and value as one."""
    alike: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        key = tuple(str(row[name]) for name in ("section", "site", "group", "words"))
        alike.setdefault(key, []).append(row)
    found = []
    for several in alike.values():
        by_value: dict[str, list[str]] = {}
        for row in several:
            by_value.setdefault(_value(row), []).append(str(row["scale"]))
        pairs = [(_scale(JOIN.join(dict.fromkeys(s))), v) for v, s in by_value.items()]
        told = " / ".join(filter(None, (": ".join(filter(None, pair)) for pair in pairs)))
        words = f"{_who(several[0])}{several[0]['words']}" + (f" ({told})" if told else "")
        lines = list(dict.fromkeys(str(row["line"]) for row in several))
        many = "lines" if len(lines) > 1 else "line"
        found.append(
            (words, f"section {several[0]['section']}, {many} {', '.join(lines)}: {words}")
        )
    return found


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _place(row: Row) -> str:
    return f"section {row['section']}, line {row['line']}"


def about_statement(row: Row) -> str:
    """A statement in our words, with the site, group, scale and value that it is about."""
    told = _parts_of(row)
    return f"{_who(row)}{row['words']}" + (f" ({told})" if told else "")


def _who(row: Row) -> str:
    who = [f"site {row['site']}"] if row["site"] else []
    who += [str(row["group"])] if row["group"] not in ("", "all") else []
    return f"{', '.join(who)}: " if who else ""


def _parts_of(row: Row) -> str:
    return ": ".join(part for part in (_scale(str(row["scale"])), _value(row)) if part)


def _scale(scales: str) -> str:
    """Scales for a reader: `meta-1 + b2` is meta-scale 1 and question 2 of Section B."""
    names = []
    parts = [name for name in re.split(r"\s*\+\s*", scales) if name]
    asked = [name[1:] for name in parts if re.fullmatch(r"b\d+", name)]
    if len(asked) == len(parts) > 1:
        return f"questions {', '.join(asked[:-1])} and {asked[-1]} of Section B"
    for name in parts:
        question = re.fullmatch(r"b(\d*)", name)
        several = re.fullmatch(r"(meta|sub)s", name)
        one = re.fullmatch(r"(meta|sub)-(\d+)", name)
        if question:
            names.append(f"question {question[1]} of Section B" if question[1] else "Section B")
        elif several:
            names.append(f"{several[1]}-scales")
        else:
            names.append(f"{one[1]}-scale {one[2]}" if one else name)
    return " and ".join(names)


def _value(row: Row) -> str:
    """The value of a statement for a reader: a share, a limit or a number spelt out."""
    if row["kind"] == HIGHER:
        return f"than {row['value']}"
    value = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", str(row["value"]))
    what, over, limit = value.partition(">")
    if over:
        limit, number, count = limit.partition(" in ")
        # A limit such as 100/3 is told as a reader would write it.
        above = f"{float(Fraction(limit)):.3g}" if "/" in limit else limit
        return f"{what} over {above} %" + (f", in {count}" if number else "")
    what, equal, count = value.partition("=")
    if row["kind"] == "b-percent":
        return f"{what} {count} %"
    return f"{what} {count}" if equal else value


def _without_size(sizes: pd.DataFrame | None) -> set[tuple[str, str]]:
    """Groups whose printed percentages no size allows that leaves room for the others."""
    if sizes is None or sizes.empty:
        return set()
    fits = (sizes["fits_site"] == "yes").groupby([sizes["site"], sizes["group"]]).any()
    return {(str(site), str(group)) for site, group in fits.index[~fits.to_numpy()]}


def _size_findings(
    rows: Iterable[Row],
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


def _group_findings(rows: Iterable[Row]) -> list[Finding]:
    """Groups that the text calls by more than one name."""
    spelt: dict[tuple[str, str], dict[str, list[Row]]] = {}
    for row in rows:
        if row["kind"] == GROUP_NAME and row["followed"] != "no":
            who = (str(row["site"]), str(row["group"]))
            spelt.setdefault(who, {}).setdefault(str(row["value"]), []).append(row)
    found = []
    for (site, group), spellings in spelt.items():
        others = [name for name in spellings if name != group]
        if not others:
            continue
        placed = [f"{name} ({_place(row)})" for name, given in spellings.items() for row in given]
        first = spellings[others[0]][0]
        found.append(
            Finding(
                ("", "", ""),
                "; ".join(others),
                group,
                f"{GROUPS} {site} {group}",
                Severity.WORDING,
                CERTAIN,
                f"One group of site {site} has several names: {'; '.join(placed)}. "
                f"The name that is used here is {group}.",
                at=(str(first["section"]), int(str(first["line"]))),
            )
        )
    return found


def told_of_names(
    names: pd.DataFrame | None, cells: Sequence[Cell], statements: pd.DataFrame | None = None
) -> ToldOfEngagement:
    """What is to be said of the printed names of scales (`compared_names`, as text).

    A name that the print has elsewhere in another way differs, against the places where it
    stands as it is used; the others agree by construction, since the name that is used
    was taken from the print. Each scale with several names is one finding of wording, which
    has the names that `statements` (those of `judged_statements`) find in the text as well.
    """
    if names is None:
        return ToldOfEngagement()
    said = [] if statements is None else statements.to_dict("records")
    conflicts: dict[Key, Judgement] = {}
    met: dict[Key, Judgement] = {}
    findings = []
    for which, scale in names.groupby("scale", sort=False):
        rows = scale.to_dict("records")
        spelt = [
            row
            for row in said
            if row["kind"] == SCALE_NAME
            and row["scale"] == which
            and not same_name(str(row["value"]), str(rows[0]["name"]))
        ]
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
        if keys["no"] or spelt:
            findings.append(_name_finding(rows, keys, spelt))
    return ToldOfEngagement(conflicts, met, tuple(findings))


def _named(row: Row) -> Key:
    return str(row["item"]), str(row["row"]), str(row["column"])


def _name_finding(
    rows: Sequence[Row], keys: Mapping[str, Sequence[Key]], spelt: Sequence[Row]
) -> Finding:
    other = [r["printed"] for r in rows if r["same"] == "no"] + [r["value"] for r in spelt]
    placed = [f"{place(_named(r))}: {r['printed']}" for r in rows if r["same"] == "no"]
    placed += [f"{_place(r)}: {r['value']}" for r in spelt]
    used = [item_name(key[0]) for key in keys["yes"]]
    where = f", as in {', '.join(dict.fromkeys(used))}" if used else ""
    at = None if keys["no"] else (str(spelt[0]["section"]), int(str(spelt[0]["line"])))
    return Finding(
        keys["no"][0] if keys["no"] else ("", "", ""),
        "; ".join(dict.fromkeys(map(str, other))),
        str(rows[0]["name"]),
        f"{NAMES} {rows[0]['scale']}",
        Severity.WORDING,
        CERTAIN,
        f"One scale has several names: {'; '.join(placed)}. "
        f"The name that is used here is {rows[0]['name']}{where}.",
        at=at,
    )
