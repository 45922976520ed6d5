"""Findings: where the print contradicts itself, in plain words with the smallest mend."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from medlead.evidence import CERTAIN, CONDITIONAL, Verdict
from medlead.printed import decimals, number
from medlead.verdicts.causes import Cause, Told, find_causes
from medlead.verdicts.compare import FINGERPRINT, readings
from medlead.verdicts.findings import (
    BETWEEN_CHECKS,
    Finding,
    Severity,
    ToldAgain,
    joined,
    tells,
)
from medlead.verdicts.judgement import LEAST_SLACK, TESTED
from medlead.verdicts.marks_alike import CHECK as ALIKE
from medlead.verdicts.marks_alike import AlikeMarks, untold
from medlead.verdicts.mends import Mend
from medlead.verdicts.places import place, places
from medlead.verdicts.relations import BOUNDING, Instance, Key, Outcome
from medlead.verdicts.solved import Solved

AUDIT_COLUMNS = [
    "finding",
    "section",
    "line",
    "printed",
    "implied",
    "check",
    "severity",
    "certainty",
    "explanation",
]
_SENTENCES = re.compile(r"(?<=[.!?]) +")
_NEAREST = "No set of returns gives every number that is printed of the survey; those nearest to it"
"""What a conflict of all the print together is: the check `least slack`."""
_COUNTS = ("total", "equal-sums", "at-most", "none", "counted")
_LEFT = (
    "share",
    "equal-sums",
    "at-most",
    "whole",
    "within",
    "on-scale",
    "counted",
    "possible-share",
)
"""The kinds whose printed figure is the left side; of all others it is the right one."""


def _is_wording(outcome: Outcome) -> bool:
    """Whether a sentence is worded in two ways; of sentences only fingerprints are kept."""
    return outcome.instance.kind == "same" and outcome.left.startswith(FINGERPRINT)


def _severity(outcome: Outcome) -> Severity:
    if _is_wording(outcome):
        return Severity.WORDING
    if outcome.instance.kind == "goes-with":
        return Severity.WORDING
    return Severity.MAJOR if outcome.instance.kind in _COUNTS else Severity.MINOR


def _told(outcome: Outcome) -> str:
    """What a failing test found: what the print says, and what the rest of it implies."""
    kind, left, right = outcome.instance.kind, outcome.left, outcome.right
    if _is_wording(outcome):
        how = outcome.instance.differs
        told = "The print words this in two ways, which are not the same letter for letter"
        return f"{told}: {how}." if how else f"{told}."
    unit = "" if outcome.instance.per == 1 else " %"
    if kind == "share" and right == "undefined":
        return f"The print says {left}{unit}; its base is 0, so there is no such number."
    words = {
        "share": f"The print says {left}{unit}; its count and base imply "
        f"{_short(right, left)}{unit}.",
        "total": f"The print says {right}; its parts add up to {_short(left, right)}.",
        "equal-sums": f"The print adds up to {left} on one side and to {right} on the other.",
        "same": f"The print says {left} in one place and {right} in the other.",
        "at-most": _at_most(outcome),
        "lowest": f"The print says {right}; the lowest of its cells is {left}.",
        "highest": f"The print says {right}; the highest of its cells is {left}.",
        "commonest": f"The text says {right}; the table implies {left}.",
        "ranked": f"The print says place {right}; its counts imply place {left}.",
        "most-within": f"The print says that most lie within {right}; only {left} do.",
        "commonest-within": f"The print says that the commonest lies within {right}; the "
        f"commonest band is {left}.",
        "whole": f"The print adds up to {left}, further from {right} than rounding explains.",
        "none": f"The print says that there are none; there are {left}.",
        "number-of": f"The print says {right}; by the cells that are counted it is {left}.",
        "descending": f"The print states an order that its numbers break: {left}.",
        "within": f"The print says {left}, which does not lie within {right}.",
        "on-scale": f"The print says {left}, which is not on its scale: {right}.",
        "together": f"The print says {left} in one place, which does not go with {right} in the "
        "other.",
        "goes-with": f"The print says {left}, and then {right}, which is not of that kind.",
        "counted": f"The print says {left}; the tables of the survey have {right} of that kind.",
        "listed": f"The print says {right}; it lists {left}.",
        "product": f"The print says {right}, which is not {left}.",
        "possible-share": f"The print says {left} %; no number out of at most {right} is that.",
        "composite": f"The print says {right}, which is less than of each part: {left}.",
        "monotone": f"The print says {right}, but {left} of one that is weaker.",
    }
    band = f"The print says {right}; that band is {left} by the table, and does not hold it."
    return words.get(kind, band)


def _at_most(outcome: Outcome) -> str:
    """What is too much: of two single cells by name, else the sums."""
    one, other, left, right = (
        outcome.instance.left,
        outcome.instance.right,
        outcome.left,
        outcome.right,
    )
    if len(one) == len(other) == 1:
        return f"{place(one[0])}: the print says {left}; {place(other[0])}: only {right}."
    return f"The print adds up to {left} here; elsewhere it has only {right} in all."


def _short(text: str, like: str) -> str:
    """A number with one decimal more than that which is printed; other texts as they are."""
    try:
        value = float(text)
    except ValueError:
        return text
    places = decimals(like) + 1 if _is_number(like) else 2
    short = f"{value:.{places}f}"
    return short.rstrip("0").rstrip(".") if "." in short else short


def _is_number(text: str) -> bool:
    try:
        number(text)
    except ValueError:
        return False
    return True


def _sides(outcome: Outcome, mend: Mend | None, is_open: bool) -> tuple[str, str]:
    """What is printed at the place of a finding, and what is implied instead."""
    kind = outcome.instance.kind
    if mend is not None:
        return mend.printed, str(mend.implied)
    if _is_wording(outcome):
        # A fingerprint tells a reader nothing.
        return f"worded otherwise than in {place(outcome.instance.left[0])}", ""
    sides = outcome.left, outcome.right
    printed, implied = sides if kind in _LEFT else sides[::-1]
    # Where the other side is as doubtful, or a range bounds and does not give, nothing is implied.
    nothing = is_open or kind in ("same", "most-within", *BOUNDING)
    return printed, "" if nothing else _short(implied, printed)


def _held(outcomes: Iterable[Outcome]) -> dict[Key, list[str]]:
    """The readings by which a cell does follow."""
    derived: dict[Key, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.instance.reading and outcome.instance.derived:
            derived.setdefault(outcome.instance.derived, []).append(outcome)
    return {
        k: held for k, of in derived.items() if (held := [r for r, h in readings(of).items() if h])
    }


def _explained(cause: Cause, is_open: bool, held: Mapping[Key, Sequence[str]]) -> str:
    parts: list[str] = []
    says_of: dict[str, list[str]] = {}
    for outcome in cause.outcomes:
        reading = outcome.instance.reading
        told = f"{_told(outcome)} This supposes that {reading}." if reading else _told(outcome)
        says_of.setdefault(told, []).append(outcome.instance.says)
    for told, says in says_of.items():
        parts += [told, f"What should hold: {' '.join(dict.fromkeys(says))}"]
    otherwise = [
        r for o in cause.outcomes for r in held.get(o.instance.derived or o.instance.left[0], ())
    ]
    parts += [f"It holds if {reading}." for reading in dict.fromkeys(otherwise)]
    for mend in cause.mends:
        every = "these and" if len(mend.restores) > 1 else "this and"
        parts.append(
            f"If one cell alone is wrong, it is {place(mend.key)}: {mend.implied} instead of "
            f"{mend.printed} restores {every} every other relation of that cell."
        )
    if is_open:
        parts.append(
            "The print does not show which cell is wrong: to change no single one, or any of "
            "several, would mend it."
        )
    if cause.always:
        parts.append(f"{_NEAREST} all miss {places(cause.always)}.")
    parts += [
        f"{_NEAREST} miss some of {len(pool.cells)} cells, in {pool.counted}: {places(pool.cells)}."
        for pool in cause.pools
    ]
    parts += [told.words for told in cause.told]
    if len(cause.outcomes) > 1:
        # The test of most cells first: it names them in their printed order.
        longest = sorted(cause.outcomes, key=lambda o: -len(o.instance.cells))
        concerned = (k for o in longest for k in o.instance.cells)
        parts.append(f"Cells concerned: {places(concerned)}.")
    return " ".join(parts)


def _once(words: str) -> str:
    """Every sentence once: tests of one kind that fail together share theirs."""
    return " ".join(dict.fromkeys(_SENTENCES.split(words)))


def _finding(
    cause: Cause,
    open_names: Iterable[str],
    texts: Mapping[Key, str],
    line: Mapping[Key, int],
    held: Mapping[Key, Sequence[str]],
) -> Finding:
    """One finding for one cause, at its blamed cell or else at the first that is printed."""
    mend_of = {name: m for m in cause.mends for name in m.restores}
    # Only where every test of it rests on a reading does the finding.
    as_read = bool(cause.outcomes) and all(o.instance.reading for o in cause.outcomes)
    # No mend is sought by a reading, so either side of a limit may be the wrong one.
    is_open = any(
        o.instance.name in open_names or (as_read and o.instance.kind == "at-most")
        for o in cause.outcomes
    )

    def spot(outcome: Outcome) -> Key:
        mend = mend_of.get(outcome.instance.name)
        blamed = next(iter(outcome.blamed), outcome.instance.left[0])
        return mend.key if mend else outcome.instance.derived or blamed

    if cause.outcomes:
        first = min(cause.outcomes, key=lambda o: (line[spot(o)], o.instance.name))
        key = spot(first)
        nothing = is_open or (as_read and key in held)
        printed, implied = _sides(first, mend_of.get(first.instance.name), nothing)
    else:
        key = min((*cause.always, *(k for p in cause.pools for k in p.cells)), key=line.__getitem__)
        printed, implied = texts[key], ""
    if not implied:
        implied = next((t.mend for t in cause.told if t.mend), "")
    checks = sorted(o.instance.name for o in cause.outcomes)
    severities = [_severity(o) for o in cause.outcomes]
    if cause.pools or cause.always:
        checks.append(LEAST_SLACK)
        severities = severities or [Severity.MAJOR]
    return Finding(
        key,
        printed,
        implied,
        BETWEEN_CHECKS.join(checks),
        min(severities, key=list(Severity).index),
        CONDITIONAL if as_read else CERTAIN,
        _explained(cause, is_open, held),
    )


def _with_others(found: Mapping[Cause, Finding], others: Sequence[Finding]) -> list[Finding]:
    """All findings, those of a record on the same cell as one of `others` told with that one."""
    merged = list(others)
    apart = []
    for cause, finding in found.items():
        blamed = {key for outcome in cause.outcomes for key in outcome.blamed}
        same = [n for n, o in enumerate(merged) if o.certainty == CONDITIONAL and o.key in blamed]
        if not same or any(o.instance.kind != "counted" for o in cause.outcomes):
            apart.append(finding)
            continue
        for n in same:
            check = f"{merged[n].check}{BETWEEN_CHECKS}{finding.check}"
            told = f"{merged[n].explanation} {finding.explanation}"
            merged[n] = replace(merged[n], check=check, explanation=told)
    return [*apart, *merged]


def _marks(judged: pd.DataFrame, alike: Sequence[AlikeMarks]) -> list[Finding]:
    """What no declared test gives, each with the marks beside which it cannot stand."""
    found = []
    differing = judged[
        (judged["reason"] == "test-differs") & (judged["verdict"] == str(Verdict.DIFFERS))
    ]
    for row in differing.to_dict("records"):
        key = (row["item"], row["row"], row["column"])
        printed = row["printed"] or "no star"
        text = (
            f"{place(key)}: the print says {printed}; the printed coefficient and number give "
            f"{row['rebuilt']}, by every test that is declared "
            f"({str(row['rule']).removeprefix(f'{TESTED}: ')}) and "
            "whatever the coefficient was before it was rounded."
        )
        beside = [one for one in alike if key in one.keys]
        check = BETWEEN_CHECKS.join(["marks", *([ALIKE] if beside else [])])
        text = " ".join([text, *(one.words for one in beside)])
        found.append(
            Finding(key, printed, row["rebuilt"], check, Severity.MINOR, CONDITIONAL, text)
        )
    return [*found, *untold(alike, [one.key for one in found])]


def audit_frame(
    outcomes: Sequence[Outcome],
    mends: Sequence[Mend],
    unresolved: Sequence[Instance],
    judged: pd.DataFrame,
    cells: pd.DataFrame,
    *,
    solved: Solved | None = None,
    told: Sequence[Told] = (),
    others: Sequence[Finding] = (),
    alike: Sequence[AlikeMarks] = (),
) -> pd.DataFrame:
    """One row per finding (columns `AUDIT_COLUMNS`), in the order of the lines.

    Failing relations, and conflicts that only all the print together shows, are one
    finding where one wrong cell could explain them; `check` names all of them. Every
    significance mark that differs is a finding, told with those of `alike`, and so are
    `others`. `told` are words for conflicts. `certainty` is `certain` for arithmetic; it is
    `conditional` for marks, which rest on the tests that are declared, and for what rests on a
    named assumption or reading.
    """
    columns = (cells[k].astype(str) for k in ("item", "row", "column", "text"))
    keyed = [(i, r, c, t) for i, r, c, t in zip(*columns, strict=True)]
    texts = {(i, r, c): t for i, r, c, t in keyed}
    lines = dict(zip(texts, cells["line"].astype(int), strict=True))
    sections = dict(zip(texts, cells["section"], strict=True))
    open_names = {i.name for i in unresolved}
    causes = find_causes(outcomes, mends, solved or Solved(), told)
    held = _held(outcomes)
    findings = _with_others(
        {c: _finding(c, open_names, texts, lines, held) for c in causes}, others
    )
    findings += _marks(judged, alike)
    frame = pd.DataFrame(
        [
            [
                *(f.at or (sections[f.key], lines[f.key])),
                f.printed,
                f.implied,
                f.check,
                str(f.severity),
                f.certainty,
                _once(f.explanation),
            ]
            for f in findings
        ],
        columns=AUDIT_COLUMNS[1:],
    )
    frame = frame.sort_values(["line", "check"], kind="stable", ignore_index=True)
    frame.insert(0, "finding", [f"finding-{n:03d}" for n in range(1, len(frame) + 1)])
    return frame


def with_told_again(audit: pd.DataFrame, again: Iterable[ToldAgain]) -> pd.DataFrame:
    """The findings, each with what fails for the same cause; raises ValueError where none does."""
    rows = audit.to_dict("records")
    for one in again:
        at = [n for n, row in enumerate(rows) if tells(row, one.by)]
        if not at:
            raise ValueError(f"{one.check}: no finding has the check {one.by!r}")
        rows[at[0]] = joined(rows[at[0]], one.check, one.words, one.severity)
    return pd.DataFrame(rows, columns=audit.columns)
