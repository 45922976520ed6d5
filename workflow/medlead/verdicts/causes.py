"""Conflicts that one fault can explain, taken together: one cause is one finding."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medlead.verdicts.compare import suspects
from medlead.verdicts.mends import Mend
from medlead.verdicts.relations import Key, Outcome
from medlead.verdicts.solved import Pool, Solved


@dataclass(frozen=True)
class Told:
    """A conflict told in words by those who solved the records: its cells and why they differ.

    `chosen` says why these cells and not others that would do as well, `mend` what would do.
    """

    cells: tuple[Key, ...]
    because: str
    chosen: str = ""
    mend: str = ""

    @property
    def words(self) -> str:
        """Why, and why these cells, as sentences."""
        return " ".join(
            [self.because, *([f"Chosen for the records: {self.chosen}"] if self.chosen else [])]
        )


@dataclass(frozen=True)
class Cause:
    """Failing tests and cells that cannot hold together, as far as one fault can explain them."""

    outcomes: tuple[Outcome, ...]
    mends: tuple[Mend, ...] = ()
    pools: tuple[Pool, ...] = ()
    always: tuple[Key, ...] = ()
    told: tuple[Told, ...] = ()


def told_conflicts(declared: Mapping[str, Any]) -> list[Told]:
    """The declared exceptions, those with one reason together."""
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for given in declared.get("exceptions", ()):
        grouped.setdefault(given["because"], []).append(given)
    return [
        Told(
            tuple((g["item"], str(g["row"]), str(g["column"])) for g in group),
            because,
            *(next((str(g[name]) for g in group if name in g), "") for name in ("chosen", "mend")),
        )
        for because, group in grouped.items()
    ]


def together(groups: Sequence[Iterable[Key]]) -> list[list[int]]:
    """Positions of the groups that share a cell, directly or through others, in their order."""
    found: list[tuple[set[Key], list[int]]] = []
    for position, group in enumerate(groups):
        cells, members = set(group), [position]
        apart = []
        for other, others in found:
            if other & cells:
                cells, members = cells | other, [*others, *members]
            else:
                apart.append((other, others))
        found = [*apart, (cells, sorted(members))]
    return sorted((members for _, members in found), key=lambda m: m[0])


def find_causes(
    outcomes: Sequence[Outcome], mends: Sequence[Mend], solved: Solved, told: Sequence[Told]
) -> list[Cause]:
    """The causes of all that does not hold, in the order of the tests.

    Two conflicts have one cause where one wrong cell could explain both; but what bears on
    its cells by a reading alone, and derives none of them, is told apart, so that nothing
    conditional stands in a certain finding. Words are given to the conflicts whose cells they
    name; words without a conflict are no cause.
    """
    failing = [o for o in outcomes if not o.holds]
    as_read = [o for o in failing if o.instance.reading and o.instance.derived is None]
    others: list[Outcome | Pool | Key] = [o for o in failing if o not in as_read]
    return [
        *_causes([*others, *solved.pools, *solved.always, *told], mends),
        *_causes([*as_read, *told], mends),
    ]


def _causes(parts: Sequence[Outcome | Pool | Key | Told], mends: Sequence[Mend]) -> Iterable[Cause]:
    """The causes among some conflicts, each with the words that name a cell of it."""
    mend_of = {name: m for m in mends for name in m.restores}

    def blamed(part: Outcome | Pool | Key | Told) -> Iterable[Key]:
        if isinstance(part, Outcome):
            mend = mend_of.get(part.instance.name)
            return suspects(part) if mend is None else (mend.key,)
        return part.cells if isinstance(part, Pool | Told) else (part,)

    for members in together([list(blamed(part)) for part in parts]):
        here = [parts[m] for m in members]
        tests = tuple(p for p in here if isinstance(p, Outcome))
        cause = Cause(
            tests,
            tuple(
                dict.fromkeys(mend_of[o.instance.name] for o in tests if o.instance.name in mend_of)
            ),
            tuple(p for p in here if isinstance(p, Pool)),
            tuple(p for p in here if isinstance(p, tuple)),
            tuple(p for p in here if isinstance(p, Told)),
        )
        if cause.outcomes or cause.pools or cause.always:
            yield cause
