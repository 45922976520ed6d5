"""What is declared about the hidden middle: rows, codings, and information from outside."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medlead.ratings import RatingScale
from medlead.sources.messages import Problem, ProblemsFound, fault, with_keys

_KEYS = ("item", "score", "column", "sizes", "ratings", "apart", "codings", "gap", "outside")
ANY_CODING = "any that never falls"


@dataclass(frozen=True)
class CompletionPlan:
    """The declaration `config/instruments/completions.yaml`, whose head explains the names."""

    item: str
    score: str
    column: str
    sizes: str
    ratings: Mapping[str, str]
    apart: tuple[str, ...]
    codings: Mapping[str, tuple[float, ...]]
    gap: float
    source: str
    shares: Mapping[str, tuple[float, ...]]


def read_completion_plan(
    content: Any,
    scales: Mapping[str, RatingScale],
    *,
    file: str = "completions.yaml",
) -> CompletionPlan:
    """The checked declaration; `scales` are those of the record file.

    Raises ProblemsFound with everything that is wrong: keys, ratings without levels, codings
    that fall or are constant, shares that are none or have no source.
    """
    content = with_keys(content, _KEYS, file)
    problems = [
        fault(file, f"'{key}' is no text", "write a name", key)
        for key in ("item", "score", "column", "sizes")
        if not isinstance(content[key], str) or not content[key]
    ]
    ratings = content["ratings"] if isinstance(content["ratings"], Mapping) else {}
    known = sorted(name for name, scale in scales.items() if scale.levels)
    if not ratings:
        problems.append(fault(file, "no rating is declared", "column: row", "ratings"))
    problems += [
        fault(file, f"'{name}' is no rating with levels", f"one of {', '.join(known)}", "ratings")
        for name in ratings
        if name not in known
    ]
    codings = content["codings"] if isinstance(content["codings"], Mapping) else {}
    problems += [
        fault(file, f"'{name}': {scores} does not ascend", "numbers, worst level first", "codings")
        for name, scores in codings.items()
        if not _numbers(scores) or sorted(scores) != scores or len(set(scores)) < 2
    ]
    gap = content["gap"]
    if not _numbers([gap]) or not 0 < gap < 1:
        problems.append(fault(file, f"{gap} is no gap", "a number such as 0.0005", "gap"))
    problems += _outside_problems(content["outside"], ratings, scales, file)
    if problems:
        raise ProblemsFound(problems)
    outside = content["outside"]
    return CompletionPlan(
        content["item"],
        content["score"],
        content["column"],
        content["sizes"],
        {str(name): str(row or "") for name, row in ratings.items()},
        tuple(str(row) for row in content["apart"] or ()),
        {str(name): tuple(map(float, scores)) for name, scores in codings.items()},
        float(gap),
        str(outside["source"] or ""),
        {name: tuple(map(float, given)) for name, given in (outside["shares"] or {}).items()},
    )


def _outside_problems(
    outside: Any, ratings: Mapping[str, Any], scales: Mapping[str, RatingScale], file: str
) -> list[Problem]:
    if not isinstance(outside, Mapping) or set(outside) != {"source", "shares"}:
        return [fault(file, "it has not the keys source and shares", "see the head", "outside")]
    shares = outside["shares"] or {}
    problems = []
    if shares and not outside["source"]:
        problems.append(fault(file, "shares have no source", "say where they stand", "outside"))
    for name, given in shares.items():
        levels = len(scales[name].levels) if name in ratings and name in scales else 0
        good = _numbers(given) and len(given) == levels and min(given) >= 0
        if not good or not math.isclose(sum(given), 1, abs_tol=0.02):
            mend = f"{levels or 'as many'} shares that add up to 1, worst level first"
            problems.append(fault(file, f"'{name}': {given} are no shares", mend, "outside"))
    return problems


def _numbers(values: Any) -> bool:
    return (
        isinstance(values, list)
        and bool(values)
        and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    )
