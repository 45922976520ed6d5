"""The one question that the page opens with, answered from declared conclusions and tests.

Which conclusions say so, and which tests show how firmly, is declared (`answer.yaml`); the words
of the answer follow from how the conclusions stand and from the tests.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.evidence import FREEST, EvidenceClass
from medlead.sources.messages import Problem, ProblemsFound, fault, with_keys
from medlead.verdicts.claim_evaluation import measured
from medlead.verdicts.claim_language import Check, parse
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claim_values import NotBuilt, Refused
from medlead.verdicts.claim_verdicts import BETWEEN
from medlead.verdicts.conclusions import Standing
from medlead.verdicts.impact_changes import STANDS
from medlead.verdicts.places import listed

ANSWER_COLUMNS = ("part", "about", "conclusions", "stands", "beyond", "not_beyond", "says")
WHOLE = "answer"
_KEYS = ("question", "level", "parts", "bears")
_PART = ("about", "conclusions", "numbers", "tests", "adjust")
_ADJUST = ("", "holm")


@dataclass(frozen=True)
class Part:
    """One thing that the answer rests on: its conclusions, numbers and tests."""

    about: str
    conclusions: tuple[str, ...]
    numbers: tuple[tuple[str, tuple[Check, ...]], ...]
    tests: Mapping[str, Check]
    adjust: str = ""


@dataclass(frozen=True)
class Declared:
    """The question, the level of its tests, what the answer rests on, and findings by check.

    `bears` gives, for checks of the audit, the conclusions that they bear on though no sentence
    of theirs looks at the same cell.
    """

    question: str
    level: float
    parts: tuple[Part, ...]
    bears: Mapping[str, tuple[str, ...]]


def load_answer(content: Any, file: str = "answer.yaml") -> Declared:
    """The declaration of the question; raises ProblemsFound with everything that is wrong."""
    given = with_keys(content, _KEYS, file)
    level, parts = given["level"], given["parts"]
    problems: list[Problem] = []
    if not (isinstance(level, float) and 0 < level < 1):
        problems.append(fault(file, f"{level!r} is no level", "write one such as 0.05", "level"))
    if not (isinstance(parts, list) and parts):
        problems.append(fault(file, "no part is declared", "see its head", "parts"))
        parts = []
    found = []
    for at, part in enumerate(parts, 1):
        try:
            found.append(_part(part, level, f"parts / {at}", file))
        except ProblemsFound as faults:
            problems.extend(faults.problems)
    if problems:
        raise ProblemsFound(problems)
    bears = {str(check): tuple(names) for check, names in (given["bears"] or {}).items()}
    return Declared(str(given["question"]), level, tuple(found), bears)


def _part(part: Any, level: float, key: str, file: str) -> Part:
    entry = part if isinstance(part, Mapping) else {}
    missing = [k for k in ("about", "conclusions") if not entry.get(k)]
    unknown = [k for k in entry if k not in _PART]
    problems = [
        fault(file, f"the key '{name}' is {how}", f"the keys are {', '.join(_PART)}", key)
        for how, names in (("missing", missing), ("not known", unknown))
        for name in names
    ]
    adjust = str(entry.get("adjust") or "")
    if adjust not in _ADJUST:
        problems.append(fault(file, f"'{adjust}' is no adjustment", "write holm", key))
    if problems:
        raise ProblemsFound(problems)
    return Part(
        about=str(entry["about"]),
        conclusions=tuple(map(str, entry["conclusions"])),
        numbers=tuple(
            (str(n["words"]), tuple(_number(e, "0", file) for e in n["of"]))
            for n in entry.get("numbers") or ()
        ),
        tests={str(a): _number(e, str(level), file) for a, e in (entry.get("tests") or {}).items()},
        adjust=adjust,
    )


def _number(expression: Any, against: str, file: str) -> Check:
    """A number of the language of checks; a check compares it, so that it can be parsed."""
    return parse(f"{expression} < {against}", file)


def answered(declared: Declared, conclusions: pd.DataFrame, context: Context) -> pd.DataFrame:
    """The answer and what it rests on: columns `ANSWER_COLUMNS` and `evidence`.

    `conclusions` has the columns of results/verdicts/conclusions.csv. The first row is the
    answer as a whole. A part of which this run lacks a result is left out. Raises ProblemsFound
    for a conclusion that is not there.
    """
    by_name = {str(row["conclusion"]): row for row in conclusions.to_dict("records")}
    named = [c for part in declared.parts for c in part.conclusions]
    absent = sorted(set(named) - set(by_name))
    if absent:
        what = f"there is no conclusion {', '.join(absent)}"
        raise ProblemsFound([fault("answer.yaml", what, "name those of conclusions.csv", "parts")])
    rows = []
    for part in declared.parts:
        try:
            rows.append(_row(part, declared.level, by_name, context))
        except (NotBuilt, Refused):
            continue
    if not rows:
        return pd.DataFrame(columns=[*ANSWER_COLUMNS, "evidence"])
    whole = _whole(declared, rows, {c: by_name[c] for c in dict.fromkeys(named)})
    columns = [*ANSWER_COLUMNS, "evidence"]
    return pd.DataFrame([whole, *rows], columns=columns)


def _row(
    part: Part, level: float, by_name: Mapping[str, Mapping[Any, Any]], context: Context
) -> dict[str, Any]:
    rows = {name: by_name[name] for name in part.conclusions}
    p = {about: float(measured(check, context).low) for about, check in part.tests.items()}
    adjusted = _adjusted(p, part.adjust)
    beyond = [_test(a, v) for a, v in adjusted.items() if v < level]
    chance = [_test(a, v) for a, v in adjusted.items() if v >= level]
    said = []
    for words, of in part.numbers:
        said.append(words.format(*(_plain(check, context) for check in of)) + ".")
    if adjusted:
        allowed = f", their number allowed for ({part.adjust.title()})" if part.adjust else ""
        said.append(_tests(beyond, chance, level, allowed))
    return {
        "part": part.about,
        "about": BETWEEN.join(str(r["statement"]) for r in rows.values()),
        "conclusions": BETWEEN.join(rows),
        "stands": _standing_of(rows),
        "beyond": BETWEEN.join(beyond),
        "not_beyond": BETWEEN.join(chance),
        "says": " ".join(said),
        "evidence": str(_freest(rows.values())),
    }


def _plain(check: Check, context: Context) -> str:
    number = measured(check, context)
    return str(number.low.numerator) if number.low.denominator == 1 else f"{float(number.low):.3g}"


def _adjusted(p: Mapping[str, float], adjust: str) -> dict[str, float]:
    if not (adjust and p):
        return dict(p)
    from medlead.performance.significance import holm

    return dict(zip(p, map(float, holm(list(p.values()))), strict=True))


def _test(about: str, p: float) -> str:
    return f"{about} (p = {p:.2g})"


def _tests(beyond: Sequence[str], chance: Sequence[str], level: float, allowed: str) -> str:
    parts = []
    if beyond:
        parts.append(f"more than chance explains, at {level:g}{allowed}: {', '.join(beyond)}")
    if chance:
        again = "" if beyond else f", at {level:g}{allowed}"
        parts.append(f"no more than chance can give{again}: {', '.join(chance)}")
    told = BETWEEN.join(parts)
    return f"{told[:1].upper()}{told[1:]}."


def _standing_of(rows: Mapping[str, Mapping[Any, Any]]) -> str:
    """How the conclusions of a part stand: `it stands`, or of several how many do."""
    standings = Counter(Standing(row["standing"]) for row in rows.values())
    if len(rows) == 1:
        return f"the conclusion {STANDS[next(iter(standings))]}"
    if len(standings) == 1:
        (only,) = standings
        return (
            f"{'both' if len(rows) == 2 else f'all {len(rows)}'} conclusions "
            f"{_several(only, len(rows))}"
        )
    counted = [f"{n} {_several(s, n)}" for s, n in standings.items()]
    return f"of {len(rows)} conclusions {listed(counted)}"


def _several(standing: Standing, count: int) -> str:
    words = STANDS[standing]
    if count == 1 or standing is Standing.NOT_CHECKABLE:
        return words
    return words.replace("is open", "are open").replace("stands", "stand").replace("fails", "fail")


def _freest(rows: Any) -> EvidenceClass:
    classes = [EvidenceClass(row["evidence"]) for row in rows]
    return next((e for e in FREEST if e in classes), EvidenceClass.CONCEPTUAL)


def _whole(
    declared: Declared, rows: Sequence[Mapping[str, Any]], named: Mapping[str, Mapping[Any, Any]]
) -> dict[str, Any]:
    standings = Counter(Standing(row["standing"]) for row in named.values())
    beyond = [t for row in rows for t in str(row["beyond"]).split(BETWEEN) if t]
    chance = [t for row in rows for t in str(row["not_beyond"]).split(BETWEEN) if t]
    counted = listed([f"{n} {_several(s, n)}" for s, n in standings.items()])
    said = (
        f"{_word(standings, bool(chance))} Of the {len(named)} conclusions that say so {counted}."
    )
    if beyond or chance:
        said += (
            f" Of {len(beyond) + len(chance)} tests {len(beyond)} show more than chance explains "
            f"(p below {declared.level:g})"
        )
        said += f" and {len(chance)} {'does' if len(chance) == 1 else 'do'} not." if chance else "."
    return {
        "part": WHOLE,
        "about": declared.question,
        "conclusions": BETWEEN.join(named),
        "stands": "",
        "beyond": BETWEEN.join(beyond),
        "not_beyond": BETWEEN.join(chance),
        "says": said,
        "evidence": str(_freest(named.values())),
    }


def _word(standings: Mapping[Standing, int], by_chance: bool) -> str:
    """Yes only where every conclusion stands, no only where none does, even in part."""
    found = set(standings)
    firm = "" if not by_chance else ", but not firmly"
    if found == {Standing.STANDS}:
        return f"Yes{firm}."
    if found & {Standing.STANDS, Standing.IN_PART}:
        return f"In part{firm.replace('but', 'and')}."
    if Standing.FAILS in found:
        return "No."
    return "It cannot be told."


def answer_counts(answer: pd.DataFrame) -> dict[str, Any]:
    """The answer for summary.json: part by part how its conclusions stand, and what is found.

    The first is the whole, under the question itself.
    """
    return {
        "answer": [
            {
                "about": str(row["about"] if row["part"] == WHOLE else row["part"]),
                "stands": str(row["stands"]),
                "says": str(row["says"]),
            }
            for row in answer.to_dict("records")
        ]
    }
