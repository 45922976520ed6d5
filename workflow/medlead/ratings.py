"""Rating scales: the allowed values of a rated measure, their order and their codes.

A scale is either a list of levels, from the worst to the best, or a range of
numbers with a good end. Which values exist and which way they run is a choice
of the analyst (`config/instruments/ratings.yaml`), not of the code.
"""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeGuard

import pandas as pd

from medlead.sources.messages import Problem, ProblemsFound

Best = Literal["high", "low"]


@dataclass(frozen=True)
class RatingScale:
    """One scale: `levels` from worst to best, or `low` to `high` with its `best` end.

    `step` is the smallest difference between two numbers, counted from `low`
    (None: any number). `missing` marks stand for "not known"; `not_applicable`
    marks say that the measure does not exist for a record, which is no value
    and not the same as unknown.
    """

    label: str
    levels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    best: Best = "high"
    step: float | None = None
    missing: tuple[str, ...] = ("",)
    not_applicable: tuple[str, ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether the scale is a range of numbers, not a list of levels."""
        return not self.levels

    @property
    def allowed(self) -> str:
        """The allowed values in one line, for messages and legends."""
        if self.levels:
            shown = ", ".join(self.levels)
        else:
            shown = f"{_plain(self.low)} to {_plain(self.high)}"
            if self.step is not None:
                shown += f" in steps of {_plain(self.step)}"
        marks = [mark for mark in (*self.not_applicable, *self.missing) if mark]
        return ", ".join((shown, *marks))

    def admits(self, number: float) -> bool:
        """Whether a number lies on a numeric scale (within its ends, on one of its steps)."""
        if self.low is None or self.high is None or not self.low <= number <= self.high:
            return False
        if self.step is None:
            return True
        steps = (number - self.low) / self.step
        return math.isclose(steps, round(steps), abs_tol=1e-9)


def load_rating_scales(
    mapping: Mapping[str, Any], *, file: str = "ratings.yaml"
) -> dict[str, dict[str, RatingScale]]:
    """The rating scales by file and column, from the parsed definition file.

    Strict: an unknown key, a scale without values, a value that stands twice or
    for two things, or a number where text belongs is a `Problem`; all are raised
    together as `ProblemsFound`, under the name `file`.
    """
    problems: list[Problem] = []
    scales: dict[str, dict[str, RatingScale]] = {}
    for name, columns in mapping.items():
        if not isinstance(columns, Mapping):
            problems.append(_wrong(file, str(name), "this is not a list of columns"))
            continue
        scales[str(name)] = {}
        for column, definition in columns.items():
            place = f"{name} / {column}"
            if not isinstance(definition, Mapping):
                problems.append(_wrong(file, place, "this is not the definition of a scale"))
                continue
            found = list(_check(file, place, definition))
            problems.extend(found)
            if not found:
                scales[str(name)][str(column)] = _build(definition)
    if problems:
        raise ProblemsFound(problems)
    return scales


def code(series: "pd.Series[Any]", scale: RatingScale) -> "pd.Series[float]":
    """The ratings as numbers of which a higher one is always better.

    Levels become 1 to k from worst to best. Numbers stay as they are, or are
    mirrored within their range where the low end is the good one. Missing and
    not-applicable marks and NA become NaN. Takes text as it stands in a file or
    a validated column; the index is kept. Raises ValueError naming every value
    that the scale does not have.
    """
    codes: list[float] = []
    unknown: list[str] = []
    for value in series:
        coded = _code_one(value, scale)
        if coded is None:
            unknown.append(str(value))
        codes.append(math.nan if coded is None else coded)
    if unknown:
        shown = ", ".join(repr(v) for v in sorted(set(unknown)))
        raise ValueError(f"not on the scale '{scale.label}': {shown}; allowed: {scale.allowed}")
    return pd.Series(codes, index=series.index, name=series.name, dtype="float64")


def _code_one(value: object, scale: RatingScale) -> float | None:
    # NA of any sort; a mark is text and is looked up below.
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return math.nan
    if isinstance(value, str):
        text = value.strip()
        if text in scale.missing or text in scale.not_applicable:
            return math.nan
        if scale.levels:
            return float(scale.levels.index(text) + 1) if text in scale.levels else None
        try:
            number = float(text)
        except ValueError:
            return None
    elif scale.levels or isinstance(value, bool):
        # A bare number is no level: whether it meant a code cannot be known.
        return None
    else:
        number = float(value)  # type: ignore[arg-type]
    if not scale.admits(number):
        return None
    if scale.best == "low":
        assert scale.low is not None
        assert scale.high is not None
        return scale.low + scale.high - number
    return number


_KEYS = tuple(field.name for field in fields(RatingScale))


def _check(file: str, place: str, definition: Mapping[str, Any]) -> Iterable[Problem]:
    for key in definition:
        if key not in _KEYS:
            near = difflib.get_close_matches(str(key), _KEYS, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "delete it"
            yield _wrong(file, place, f"the key '{key}' is not known", hint, ", ".join(_KEYS))
    label = definition.get("label")
    if not isinstance(label, str) or not label.strip():
        yield _wrong(file, place, "the scale has no label", "add `label:` with a name to show")
    has_levels, has_ends = (
        "levels" in definition,
        "low" in definition or "high" in definition,
    )
    if has_levels == has_ends:
        what = "the scale has both levels and ends" if has_levels else "the scale has no values"
        yield _wrong(file, place, what, "give either `levels` or `low` and `high`")
    texts: list[str] = []
    for key in ("levels", "missing", "not_applicable"):
        given = definition.get(key, [])
        if not isinstance(given, list) or not all(isinstance(mark, str) for mark in given):
            mend = "write a list of texts; put numbers in quotation marks, e.g. ['1', '2']"
            yield _wrong(file, place, f"`{key}` is not a list of texts", mend)
            continue
        if any(mark != mark.strip() for mark in given):
            yield _wrong(file, place, f"`{key}` has a value with blanks around it", "remove them")
        texts.extend(given)
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        shown = ", ".join(f"'{text}'" for text in twice)
        yield _wrong(file, place, f"{shown} stands more than once", "give each value one meaning")
    if has_levels and isinstance(definition["levels"], list) and len(definition["levels"]) < 2:
        yield _wrong(file, place, "a scale needs at least two levels", "list them, worst first")
    if has_levels and definition.keys() & {"best", "step"}:
        mend = "delete `best` and `step`; the order of the levels says which is best"
        yield _wrong(file, place, "levels take neither `best` nor `step`", mend)
    if has_ends and not has_levels:
        yield from _check_ends(file, place, definition)


def _check_ends(file: str, place: str, definition: Mapping[str, Any]) -> Iterable[Problem]:
    low, high = definition.get("low"), definition.get("high")
    if not (_is_number(low) and _is_number(high)) or low >= high:
        what = f"`low` ({low}) and `high` ({high}) are no range"
        yield _wrong(file, place, what, "give two numbers, the smaller one as `low`")
    if definition.get("best") not in ("high", "low"):
        mend = "write `best: high` where a high number is good, else `best: low`"
        yield _wrong(file, place, "it is not said which end is the good one", mend, "high, low")
    step = definition.get("step")
    if "step" in definition and not (_is_number(step) and step > 0):
        yield _wrong(file, place, f"`step` ({step}) is not a positive number", "e.g. `step: 0.5`")


def _build(definition: Mapping[str, Any]) -> RatingScale:
    low, high, step = (definition.get(key) for key in ("low", "high", "step"))
    return RatingScale(
        label=definition["label"],
        levels=tuple(definition.get("levels", ())),
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        best=definition.get("best", "high"),
        step=None if step is None else float(step),
        missing=tuple(definition.get("missing", ("",))),
        not_applicable=tuple(definition.get("not_applicable", ())),
    )


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _wrong(
    file: str,
    place: str,
    what: str,
    mend: str = "see the head of the file",
    allowed: str = "",
) -> Problem:
    return Problem(file=file, what=f"{place}: {what}", mend=mend, allowed=allowed or None)
