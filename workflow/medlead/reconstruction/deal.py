"""From counts to records: levels dealt out so that every count holds, related as declared.

Which answers of one trust go together is ours wherever no block counts them together:
sizes follow a hidden size, ratings a hidden attitude, and answers are missing together.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from medlead.reconstruction.programme import Vector
from medlead.reconstruction.space import MISSING, Space

HIDDEN = ("_size", "_attitude", "_willing")


def deal(
    space: Space,
    counts: Vector,
    singles: Mapping[str, Vector],
    recipe: Mapping[str, Any],
    seed: int,
    unknown: Collection[str] = (),
) -> pd.DataFrame:
    """One row for each record: the position of its level of each variable, and `single`.

    `singles` are the counts of single records by name; they come first and keep their
    levels, but for variables of which nothing is known (`unknown`, each counted by
    itself): those they are dealt like any other record, by a hidden attitude that is that
    of their known ratings, and the answer is missing for others first. The hidden
    variables stand in columns that begin with an underscore.
    """
    random = np.random.default_rng(seed)
    rest = counts - sum(singles.values(), np.zeros_like(counts))
    start = max(range(len(space.blocks)), key=lambda i: len(space.blocks[i]))
    block = space.blocks[start]
    rows = [dict(zip(block, levels, strict=True)) for levels in _expand(space, start, rest)]
    for name, own in singles.items():
        for number, names in enumerate(space.blocks):
            (levels,) = _expand(space, number, own)
            if number == 0:
                rows.insert(0, {})
            rows[0] |= dict(zip(names, levels, strict=True))
        rows[0]["single"] = name  # type: ignore[assignment]
    frame = pd.DataFrame(rows)
    if "single" not in frame:
        frame["single"] = ""
    frame["single"] = frame["single"].fillna("")
    known = len(singles)
    _hide(frame, space, recipe, random)
    rated = [name for name in recipe["attitude"] if name not in unknown]
    for row in range(known):
        stands = (_standing(space, counts, name, int(frame[name].iloc[row])) for name in rated)
        told = [stand for stand in stands if stand is not None]
        if told:
            frame.loc[row, "_attitude"] = sum(told) / len(told)
            # Who rated the one has most likely rated the other.
            frame.loc[row, "_willing"] = frame["_willing"].max() + 1
    for number, names in enumerate(space.blocks):
        new = [name for name in names if name not in frame or frame[name].isna().any()]
        if not new:
            continue
        (name,) = new
        shared = [other for other in names if other != name]
        groups: dict[tuple[int, ...], Counter[int]] = {}
        free = not shared and name in unknown
        for levels in _expand(space, number, counts if free else rest):
            held = dict(zip(names, levels, strict=True))
            of = tuple(held[other] for other in shared)
            groups.setdefault(of, Counter())[held[name]] += 1
        dealt = (
            frame[name].to_numpy(dtype=float, copy=True)
            if name in frame and not free
            else np.full(len(frame), np.nan)
        )
        keys = [tuple(int(v) for v in row) for row in frame[shared].to_numpy()]
        for of, amounts in groups.items():
            records = [i for i in range(0 if free else known, len(frame)) if keys[i] == of]
            _give(dealt, records, amounts, space, name, frame, recipe, random)
        frame[name] = dealt
    variables = list(space.variables)
    frame[variables] = frame[variables].astype(int)
    return frame[["single", *variables, *HIDDEN]]


def _expand(space: Space, number: int, counts: Vector) -> list[tuple[int, ...]]:
    shape = space.shape(space.blocks[number])
    table = np.round(counts[space.cells({}, number)]).astype(int).reshape(shape)
    if (table < 0).any():
        raise ValueError("the single records are not among all records")
    return [
        tuple(int(i) for i in levels)
        for levels in np.argwhere(table > 0)
        for _ in range(table[tuple(levels)])
    ]


def _standing(space: Space, counts: Vector, name: str, held: int) -> float | None:
    """Where a level stands among all answers, as a standard normal value; None unanswered."""
    levels = space.variables[name]
    if levels[held].name == MISSING:
        return None
    number = next(i for i, block in enumerate(space.blocks) if name in block)
    block = space.blocks[number]
    table = counts[space.cells({}, number)].reshape(space.shape(block))
    others = tuple(axis for axis, other in enumerate(block) if other != name)
    answers = {
        position: float(amount)
        for position, amount in enumerate(table.sum(axis=others))
        if levels[position].name != MISSING
    }
    order = {i: (levels[i].low or 0.0, i) for i in answers}
    below = sum(amount for i, amount in answers.items() if order[i] < order[held])
    return NormalDist().inv_cdf((below + answers[held] / 2) / sum(answers.values()))


def _hide(
    frame: pd.DataFrame, space: Space, recipe: Mapping[str, Any], random: np.random.Generator
) -> None:
    moved = _moved(frame, space, recipe["size"].get("moved_by", {}))
    frame["_size"] = random.standard_normal(len(frame)) + moved
    frame["_attitude"] = random.standard_normal(len(frame))
    frame["_willing"] = random.standard_normal(len(frame))


def _moved(
    frame: pd.DataFrame, space: Space, by: Mapping[str, Mapping[str, float]]
) -> npt.NDArray[np.float64]:
    moved = np.zeros(len(frame))
    for name, amounts in by.items():
        for level, amount in amounts.items():
            (position,) = space.positions(name, [level])
            moved[(frame[name] == position).to_numpy()] += amount
    return moved


def _give(
    dealt: npt.NDArray[np.float64],
    records: list[int],
    amounts: Counter[int],
    space: Space,
    name: str,
    frame: pd.DataFrame,
    recipe: Mapping[str, Any],
    random: np.random.Generator,
) -> None:
    """Give the levels to the records: the missing to the unwilling, the rest by score."""
    levels = space.variables[name]
    without = [i for i, level in enumerate(levels) if level.name == MISSING]
    by_will = sorted(records, key=lambda i: frame["_willing"].iloc[i])
    silent = by_will[: sum(amounts[i] for i in without)]
    dealt[silent] = without[0] if without else -1
    scores = _scores(frame, space, name, recipe, random)
    speaking = sorted((r for r in records if r not in set(silent)), key=lambda i: scores[i])
    given = [lv for lv in sorted(amounts) if lv not in without for _ in range(amounts[lv])]
    dealt[speaking] = given


def _scores(
    frame: pd.DataFrame,
    space: Space,
    name: str,
    recipe: Mapping[str, Any],
    random: np.random.Generator,
) -> npt.NDArray[np.float64]:
    noise = random.standard_normal(len(frame))
    for family, hidden in (("size", "_size"), ("attitude", "_attitude")):
        if name in recipe[family] and name != "moved_by":
            follows = float(recipe[family][name])
            own = frame[hidden].to_numpy(dtype=float)
            return np.asarray(follows * own + np.sqrt(1 - follows**2) * noise)
    moved = _moved(frame, space, recipe.get(name, {}).get("moved_by", {}))
    return noise + moved
