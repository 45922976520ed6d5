"""What is declared about units at both ends of a ranking."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medlead.ratings import RatingScale
from medlead.sources.messages import ProblemsFound, fault, with_keys

_TEXTS = ("unit", "units", "built")
_COUNTS = ("draws", "fewest", "shuffles")
_KEYS = (*_TEXTS, "score", "power", *_COUNTS)


@dataclass(frozen=True)
class ExtremesPlan:
    """The declaration `config/instruments/extremes.yaml`, whose head explains the names."""

    unit: str
    units: str
    score: str
    score_name: str
    built: str
    power: float
    draws: int
    fewest: int
    shuffles: int


def read_extremes_plan(
    content: Any, scales: Mapping[str, RatingScale], *, file: str = "extremes.yaml"
) -> ExtremesPlan:
    """The checked declaration; `scales` are those of the record file.

    Raises ProblemsFound with everything that is wrong: unknown and missing keys, names that are
    no text, a built rating without levels, numbers out of range.
    """
    content = with_keys(content, _KEYS, file)
    problems = [
        fault(file, f"'{content[key]}' is no name", "write a name", key)
        for key in _TEXTS
        if not _named(content[key])
    ]
    score = content["score"]
    if (
        not isinstance(score, Mapping)
        or set(score) != {"column", "name"}
        or not all(map(_named, score.values()))
    ):
        problems.append(
            fault(file, f"'{score}' is no score", "write {column: ..., name: ...}", "score")
        )
    known = sorted(name for name, scale in scales.items() if scale.levels)
    if content["built"] not in known:
        what = f"'{content['built']}' is no rating with levels"
        problems.append(fault(file, what, f"one of {', '.join(known)}", "built"))
    power = content["power"]
    if isinstance(power, bool) or not isinstance(power, int | float) or not 0 < power < 1:
        problems.append(fault(file, f"{power} is no power", "a share such as 0.8", "power"))
    problems += [
        fault(file, f"{content[key]} is no count", "a whole number above 0", key)
        for key in _COUNTS
        if isinstance(content[key], bool) or not isinstance(content[key], int) or content[key] < 1
    ]
    if problems:
        raise ProblemsFound(problems)
    return ExtremesPlan(
        unit=content["unit"],
        units=content["units"],
        score=score["column"],
        score_name=score["name"],
        built=content["built"],
        power=float(power),
        draws=content["draws"],
        fewest=content["fewest"],
        shuffles=content["shuffles"],
    )


def _named(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
