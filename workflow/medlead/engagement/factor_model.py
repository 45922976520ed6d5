"""Which items hang on which factors: the models that can be fitted to a scale.

All are of simple structure, each item on one factor: one factor behind everything; several
that correlate freely; or a tree, where the factors of the scales hang on those of the scales
above them, as the instrument builds them (report, section 6.2). Factors have variance one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from medlead.engagement.answered import ONE_ITEM, TWICE
from medlead.engagement.instrument import Instrument, Scale

IntArray = NDArray[np.intp]


class NotIdentified(ValueError):
    """The loadings of a model cannot be told from any data; the message says why."""


@dataclass(frozen=True)
class FactorModel:
    """Items on factors, and what correlates the factors.

    `factor_of` gives each item's place in `factors`. `chains` lists for each factor the
    edges that lead up to the top of the tree, or is None where factors correlate freely.
    `edges` names each edge by its lower end. Equal numbers in `item_parameters` and
    `edge_parameters` are equal loadings.
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    factor_of: tuple[int, ...]
    edges: tuple[str, ...]
    chains: tuple[tuple[int, ...], ...] | None
    item_parameters: tuple[int, ...]
    edge_parameters: tuple[int, ...]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs of factors."""
        return list(combinations(range(len(self.factors)), 2))

    @property
    def between(self) -> int:
        """The number of free parameters between factors."""
        return len(self.pairs) if self.chains is None else len(set(self.edge_parameters))

    @property
    def parameters(self) -> int:
        """The number of free parameters: loadings, uniquenesses, and those between factors."""
        return len(set(self.item_parameters)) + len(self.items) + self.between

    @property
    def freedom(self) -> int:
        """Variances and covariances less free parameters."""
        return len(self.items) * (len(self.items) + 1) // 2 - self.parameters

    def paths(self) -> NDArray[np.bool_]:
        """(pairs, edges): whether an edge lies on the way from one factor to the other."""
        found = np.zeros((len(self.pairs), len(self.edges)), dtype=bool)
        for row, (f, g) in enumerate(self.pairs):
            chains = self.chains or ()
            found[row, list(set(chains[f]) ^ set(chains[g]))] = True
        return found


def one_factor(items: Sequence[str], name: str = "one") -> FactorModel:
    """One factor behind all items; two items get equal loadings. NotIdentified for one item."""
    if len(items) < 2:
        raise NotIdentified(ONE_ITEM)
    own = tuple(range(len(items))) if len(items) > 2 else (0, 0)
    return FactorModel(tuple(items), (name,), (0,) * len(items), (), None, own, ())


def correlated(groups: Mapping[str, Sequence[str]]) -> FactorModel:
    """A factor for each group of items, all freely correlated.

    NotIdentified where a group has a single item or an item stands in two.
    """
    if len(groups) == 1:
        ((name, only),) = groups.items()
        return one_factor(only, name)
    items, factor_of = _placed(groups)
    return FactorModel(items, tuple(groups), factor_of, (), None, tuple(range(len(items))), ())


def tree(instrument: Instrument, scale: Scale) -> FactorModel:
    """The factors of a scale as the instrument builds it: scales on the scales above them.

    A scale with a single part adds nothing and is passed over. Where the top has two parts
    their loadings are equal, as only their product can be told. NotIdentified where a scale
    has a single item or an item counts in two parts.
    """
    if scale.of_items:
        return one_factor(scale.parts, scale.name)
    groups: dict[str, tuple[str, ...]] = {}
    chains: list[tuple[int, ...]] = []
    edges: list[str] = []

    def descend(at: Scale, above: tuple[int, ...]) -> None:
        while not at.of_items and len(at.parts) == 1:
            at = instrument.scale(at.parts[0])
        if at.of_items:
            if at.name in groups:
                raise NotIdentified(TWICE)
            groups[at.name] = at.parts
            chains.append(above)
            return
        for part in at.parts:
            edges.append(part)
            descend(instrument.scale(part), (*above, len(edges) - 1))

    descend(scale, ())
    if len(groups) == 1:
        return one_factor(next(iter(groups.values())), scale.name)
    tops = {chain[0] for chain in chains}
    tied = len(tops) == 2
    numbers = {edge: min(tops) if tied and edge in tops else edge for edge in range(len(edges))}
    order = sorted(set(numbers.values()))
    items, factor_of = _placed(groups)
    return FactorModel(
        items,
        tuple(groups),
        factor_of,
        tuple(edges),
        tuple(chains),
        tuple(range(len(items))),
        tuple(order.index(numbers[edge]) for edge in range(len(edges))),
    )


def groups_at(instrument: Instrument, scale: Scale, level: str) -> dict[str, tuple[str, ...]]:
    """The items of each scale of one level below a scale; NotIdentified where there is none."""
    found: dict[str, tuple[str, ...]] = {}

    def descend(at: Scale) -> None:
        if at.level == level:
            found[at.name] = _items(instrument, at)
        elif not at.of_items:
            for part in at.parts:
                descend(instrument.scale(part))

    descend(scale)
    if not found:
        raise NotIdentified(f"no scale of the level '{level}' below '{scale.name}'")
    return found


def _items(instrument: Instrument, scale: Scale) -> tuple[str, ...]:
    if scale.of_items:
        return scale.parts
    return tuple(i for part in scale.parts for i in _items(instrument, instrument.scale(part)))


def _placed(groups: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    items = tuple(item for group in groups.values() for item in group)
    if len(set(items)) < len(items):
        raise NotIdentified(TWICE)
    if any(len(group) < 2 for group in groups.values()):
        raise NotIdentified(ONE_ITEM)
    return items, tuple(place for place, group in enumerate(groups.values()) for _ in group)
