"""Among all counts that meet the print equally well, those nearest to plausible shapes.

The shapes are declared (`records.yaml`) and ours; where a variable is counted by the
key (status and type), its target is what the margins of a solution give if they are
independent within a level.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from medlead.reconstruction.facts import Fact
from medlead.reconstruction.programme import Programme, Vector
from medlead.reconstruction.space import MISSING, Space

Targets = dict[int, float]
EFFORT = 20_000


def targets(
    space: Space, facts: Sequence[Fact], counts: Vector, shapes: Mapping[str, Any]
) -> Targets:
    """The target of each count, by its position.

    `counts` is a solution; only such of its sums are used as the print holds.
    """
    wanted: Targets = {}
    key = space.blocks[0]
    for number, block in enumerate(space.blocks):
        own = [name for name in block if name not in key]
        table = counts[space.cells({}, number)].reshape(space.shape(block))
        if len(own) == len(block) and len(own) == 1 and own[0] in shapes:
            shape = [float(shapes[own[0]].get(lv.name, 0)) for lv in space.variables[own[0]]]
            last = [lv.name for lv in space.variables[own[0]]].index(MISSING)
            shape[last] = max(table.sum() - sum(shape), 0.0)
            _put(wanted, space, number, np.array(shape))
        elif len(block) == len(key) + len(own) and own:
            _put(wanted, space, number, _independent(table, len(own)))
        elif number == 0:
            by_row, by_column = table.sum(axis=1), table.sum(axis=0)
            _put(wanted, space, number, np.outer(by_row, by_column) / table.sum())
        elif own and own[0] in shapes.get("spread", {}):
            _put(wanted, space, number, _around(space, facts, own[0], table, shapes["spread"]))
    return wanted


def nearest_counts(
    programme: Programme, wanted: Targets, seed: int, *, effort: int = EFFORT
) -> Vector:
    """Columns of the programme whose counts are near the targets (least sum of distances).

    Ties are broken by weights drawn with the seed. This is a choice among equals, so it
    stops half a per cent from the optimum, or after `effort` nodes, with the best found.
    """
    random = np.random.default_rng(seed)
    held = programme.copy()
    cost: dict[int, float] = {}
    for cell, target in sorted(wanted.items()):
        distance = held.add_columns(1, whole=False)
        held.add_row([(distance, 1.0), (cell, -1.0)], -target, float("inf"))
        held.add_row([(distance, 1.0), (cell, 1.0)], target, float("inf"))
        cost[distance] = 1.0 + 0.01 * float(random.random())
    _, columns = held.minimise(cost, gap=0.005, nodes=effort)
    return columns[: programme.width]


def _put(wanted: Targets, space: Space, number: int, table: npt.NDArray[np.float64]) -> None:
    cells = space.cells({}, number)
    wanted.update(zip((int(c) for c in cells), table.ravel().tolist(), strict=True))


def _independent(table: npt.NDArray[np.float64], own: int) -> npt.NDArray[np.float64]:
    """Each level spread over the key as its two margins say, if they are independent."""
    levels = table.reshape(*(-1,), *table.shape[own:])
    spread = np.zeros_like(levels)
    for i, level in enumerate(levels.reshape(levels.shape[0], *table.shape[own:])):
        if level.sum() > 0:
            spread[i] = np.outer(level.sum(axis=1), level.sum(axis=0)) / level.sum()
    return spread.reshape(table.shape)


def _around(
    space: Space,
    facts: Sequence[Fact],
    name: str,
    table: npt.NDArray[np.float64],
    spread: Mapping[str, float | Sequence[float]],
) -> npt.NDArray[np.float64]:
    """Ratings that thin out around the printed mode of each group."""
    levels = space.variables[name]
    widths = np.ravel(spread[name])
    modes, outside = _printed(space, facts, name)
    shape = np.zeros_like(table)
    for group in range(table.shape[1]):
        answered = sorted(space.answered(name))
        middle = modes.get(group)
        n = table[answered, group].sum()
        if middle is not None and n > 0:
            values = np.array([levels[i].low for i in answered], dtype=float)
            width = np.where(values < middle, widths[0], widths[-1])
            weight = np.exp(-0.5 * ((values - middle) / width) ** 2)
            weight[[i in outside.get(group, ()) for i in answered]] = 0.0
            shape[answered, group] = n * weight / weight.sum()
        rest = [i for i in range(len(levels)) if i not in answered]
        shape[rest, group] = table[rest, group]
    return shape


def _printed(
    space: Space, facts: Sequence[Fact], name: str
) -> tuple[dict[int, float], dict[int, set[int]]]:
    """The printed mode of each group, and the levels that none of the group holds."""
    modes: dict[int, float] = {}
    outside: dict[int, set[int]] = {}
    for fact in facts:
        for requirement in fact.requirements[:1] if fact.kind == "mode" else fact.requirements:
            _, chosen = requirement.terms[0]
            if name not in chosen or len(chosen) != 2:
                continue
            ((_, groups),) = ((k, v) for k, v in chosen.items() if k != name)
            for group in groups:
                if fact.kind == "mode":
                    (level,) = chosen[name]
                    modes[group] = space.variables[name][level].low or 0.0
                elif requirement.high == 0:
                    outside.setdefault(group, set()).update(chosen[name])
    return modes, outside
