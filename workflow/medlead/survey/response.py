"""How many were asked, approved, returned and completed, and who completed (3.1.1 and 4.1)."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.printed import possible_counts, reconciling_rule
from medlead.survey.declared import Declared, Numbers, level_counts, weakest, with_texts
from medlead.survey.sampling import share_interval

FUNNEL_COLUMNS = (
    *("step", "says", "leaves", "count", "in_returns", "of", "base", "percent"),
    *("low", "high", "estimates", "printed", "follows", "note", "evidence"),
)
COMPLETED_COLUMNS = (
    *("level", "count", "n", "base", "percent", "low", "high", "percent_least", "percent_most"),
    *("in_returns", "note", "evidence"),
)
ALL, KNOWN = "all completed returns", "returns that say who"
CONSTRUCTED = "the returns agree by construction"


def funnel(
    declared: Sequence[Mapping[str, Any]],
    numbers: Numbers,
    confidence: float,
) -> pd.DataFrame:
    """Every step of a survey with its share of every step before it (`FUNNEL_COLUMNS`).

    One row for each step and each step that it is a part of, directly or not (the first step
    has one row without a base). `percent` is exact; `low` and `high` are Clopper and Pearson's
    limits in per cent where the share is declared to estimate something: they speak of trusts
    like these, since all that were asked are counted. `printed` is the printed percentage and
    `follows` the rounding that makes it from this base, `no` where none does; where it follows
    from no base at all, `note` says what the print could mean. `in_returns` is what the returns
    hold of the same count.

    Keeps problems in `numbers` for steps, cells or parts that do not fit; returns what is left.
    """
    counts = _step_counts(declared, numbers)
    by_name = {str(step["step"]): step for step in declared}
    rows: list[dict[str, object]] = []
    for step in declared:
        name = str(step["step"])
        if name not in counts:
            continue
        found = counts[name]
        bases = [b for b in _ancestors(name, by_name) if b in counts]
        printed = numbers.text(f"funnel / {name}", step["percent"]) if "percent" in step else ""
        unexplained = _unexplained(found.count, [counts[b].count for b in bases], printed or "")
        notes = [n for n in (_constructed(step, found, numbers), unexplained) if n]
        common = {
            "step": name,
            "says": step["says"],
            "leaves": "yes" if step.get("leaves") else "no",
            "count": found.count,
            "in_returns": numbers.returns[step["returns"]] if "returns" in step else None,
            "note": "; ".join(notes),
        }
        if not bases:
            rows.append(common | {"of": "", "evidence": str(found.evidence)})
        for base in bases:
            low, high = (
                share_interval(found.count, counts[base].count, confidence)
                if "estimates" in step
                else (math.nan, math.nan)
            )
            rows.append(
                common
                | {
                    "of": base,
                    "base": counts[base].count,
                    "percent": 100 * found.count / counts[base].count,
                    "low": 100 * low,
                    "high": 100 * high,
                    "estimates": step.get("estimates", ""),
                    "printed": printed,
                    "follows": _follows(found.count, counts[base].count, printed or ""),
                    "evidence": str(weakest((found.evidence, counts[base].evidence))),
                }
            )
    frame = pd.DataFrame(rows, columns=list(FUNNEL_COLUMNS))
    texts = ["of", "estimates", "printed", "follows", "note"]
    return with_texts(frame, texts).astype({"in_returns": "Int64", "base": "Int64"})


def completed_by(
    coded: pd.DataFrame,
    declared: Mapping[str, Any],
    numbers: Numbers,
    confidence: float,
) -> pd.DataFrame:
    """Who completed the returns, and between what limits (`COMPLETED_COLUMNS`).

    One row for each level and base (all completed returns; those that say who). `low` and
    `high` are Clopper and Pearson's limits for trusts like these; `percent_least` and
    `percent_most` are the ends of the share if those who do not say were told apart: none or
    all of them may belong to the level.
    """
    missing = str(declared["missing"])
    counts = level_counts(
        "completed_by",
        coded,
        declared["variable"],
        declared["counts"],
        numbers,
        missing=missing,
    )
    if missing not in counts:
        return pd.DataFrame(columns=list(COMPLETED_COLUMNS))
    own = level_counts("completed_by", coded, declared["variable"], {}, numbers, missing=missing)
    named = {name: [name] for name in counts} | {
        name: [str(p) for p in parts] for name, parts in declared["together"].items()
    }
    n = sum(c.count for c in counts.values())
    unsaid = counts[missing].count
    evidence = weakest(c.evidence for c in counts.values())
    rows = []
    for name, parts in named.items():
        place = f"completed_by / together / {name}"
        if not all(numbers.known(place, "level", part, counts) for part in parts):
            continue
        count = sum(counts[p].count for p in parts)
        for base, size in ((ALL, n), (KNOWN, n - unsaid)):
            if size == 0 or (base == KNOWN and missing in parts):
                continue
            low, high = share_interval(count, size, confidence)
            most = count if missing in parts else count + unsaid
            rows.append(
                {
                    "level": name,
                    "count": count,
                    "n": size,
                    "base": base,
                    "percent": 100 * count / size,
                    "low": 100 * low,
                    "high": 100 * high,
                    "percent_least": 100 * (0 if missing in parts else count) / n,
                    "percent_most": 100 * most / n,
                    "in_returns": sum(own[p].count for p in parts),
                    "note": CONSTRUCTED
                    if numbers.evidence is EvidenceClass.RECONSTRUCTED
                    and evidence is not numbers.evidence
                    else "",
                    "evidence": str(evidence),
                }
            )
    return pd.DataFrame(rows, columns=list(COMPLETED_COLUMNS))


def _step_counts(declared: Sequence[Mapping[str, Any]], numbers: Numbers) -> dict[str, Declared]:
    """The count of each step; parts that are more than their step are a problem."""
    counts: dict[str, Declared] = {}
    names: list[str] = []
    for step in declared:
        name, place = str(step["step"]), f"funnel / {step['step']}"
        if name in names:
            numbers.wrong(place, "the step stands there twice", "give each step its own name")
            continue
        if "of" in step:
            numbers.known(place, "step before it", step["of"], names)
        names.append(name)
        if "rest_of" not in step["count"]:
            found = numbers.find(place, step["count"])
            if found is not None:
                counts[name] = found
    for step in declared:
        name, whole = str(step["step"]), step["count"].get("rest_of")
        if whole is None or not numbers.known(f"funnel / {name}", "step", whole, counts):
            continue
        parts = [
            counts[s["step"]]
            for s in declared
            if s.get("of") == whole and s["step"] != name and s["step"] in counts
        ]
        rest = counts[whole].value - sum(p.value for p in parts)
        evidence = weakest([counts[whole].evidence, *(p.evidence for p in parts)])
        counts[name] = Declared(rest, f"{rest:g}", evidence)
    for name in counts:
        parts = [counts[s["step"]] for s in declared if s.get("of") == name and s["step"] in counts]
        if parts and sum(p.value for p in parts) > counts[name].value:
            numbers.wrong(
                f"funnel / {name}",
                f"its parts add up to {sum(p.count for p in parts)} of {counts[name].count}",
                "correct the counts of the steps",
            )
        elif counts[name].value < 1 and parts:
            numbers.wrong(f"funnel / {name}", "nobody is left", "correct the counts of the steps")
    return {} if numbers.problems else counts


def _ancestors(name: str, steps: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The steps that a step is a part of, the nearest first."""
    found: list[str] = []
    before = str(steps[name].get("of", ""))
    while before in steps and before not in found:
        found.append(before)
        before = str(steps[before].get("of", ""))
    return found


def _follows(count: int, base: int, printed: str) -> str:
    """The rounding that makes the printed percentage of this base, `no`, or empty."""
    if not printed:
        return ""
    return reconciling_rule(Fraction(100 * count, base), printed) or "no"


def _unexplained(count: int, bases: Sequence[int], printed: str) -> str:
    if not printed or any(reconciling_rule(Fraction(100 * count, base), printed) for base in bases):
        return ""
    widest = max(bases)
    exact = 100 * count / widest
    share = f"{count} of {widest} are {exact:.{2 if exact < 1 else 1}f} %, not {printed} %"
    if not possible_counts(printed, widest):
        return f"{share}; no count of {widest} rounds to that"
    could = possible_counts(printed, widest)
    return f"{share}; {' or '.join(map(str, could))} of {widest} would be printed so"


def _constructed(step: Mapping[str, Any], found: Declared, numbers: Numbers) -> str:
    if "returns" not in step or found.evidence is numbers.evidence:
        return ""
    counted = numbers.returns[step["returns"]]
    if counted != found.count:
        return f"the returns hold {counted}"
    return CONSTRUCTED if numbers.evidence is EvidenceClass.RECONSTRUCTED else "the returns agree"
