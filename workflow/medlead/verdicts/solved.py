"""What records solved to the print say of it: which cells they meet, and which cannot all hold.

Records that were solved to meet printed cells can never confirm them; but that no records
meet all cells is evidence of the print alone, and says among which cells the fault lies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import pandas as pd

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.survey.tables import AND
from medlead.verdicts.judgement import FROM_RECORDS, LEAST_SLACK, SOLVED, Judgement
from medlead.verdicts.relations import Cell, Key

ALWAYS = "always"
"""The word of the solver for a cell that every best solution changes."""
# Rows of the check that tell of single records or of the coding, not of a printed margin.
_ABOUT_RECORDS = ("record", "coding", "slack", "source")
# Figures that the check finds as the text prints them; of others it finds how many records.
_COUNTED = ("count", "n")
# Conditions that stand in two cells, the ends of a range, and are checked at one of them.
_RANGES = ("most", "commonest")


@dataclass(frozen=True)
class Pool:
    """Cells among which a fault of the print lies, and how many equally good sets blame some."""

    cells: tuple[Key, ...]
    sets: int
    complete: bool = True

    @property
    def counted(self) -> str:
        """The number of sets in words, `at least` where the search for more was not ended."""
        return f"{'' if self.complete else 'at least '}{self.sets} equally good sets"


@dataclass(frozen=True)
class Solved:
    """Judgements from solved records: conflicts that stand before all, and cells that are met.

    `always` are the cells that every best solution changes, `pools` those of which it
    changes some, and which ones is open.
    """

    conflicts: Mapping[Key, Judgement] = field(default_factory=dict)
    met: Mapping[Key, Judgement] = field(default_factory=dict)
    always: tuple[Key, ...] = ()
    pools: tuple[Pool, ...] = ()


def in_order(*told: Solved) -> Solved:
    """One set of judgements from several: of each cell the first that says something of it.

    They are given from what says most to what says least. Bounds over all that hidden records
    can be come first: they hold whatever those records were, while one solved set shows no
    more than that some records have the printed value. Then the names and statements that
    doctors were held to, last the records solved to the print. `always` and `pools` are kept.
    A conflict of any of them is no less one because another can meet the cell: `judge_cells`
    asks all conflicts before all that is met.
    """
    return Solved(
        {k: j for found in reversed(told) for k, j in found.conflicts.items()},
        {k: j for found in reversed(told) for k, j in found.met.items()},
        tuple(key for found in told for key in found.always),
        tuple(pool for found in told for pool in found.pools),
    )


def _keys(frame: pd.DataFrame) -> list[Key]:
    columns = (frame[name].astype(str) for name in ("item", "row", "column"))
    return list(zip(*columns, strict=True))


def pools_of(slack: pd.DataFrame, sets: pd.DataFrame | None) -> tuple[list[Key], list[Pool]]:
    """The cells that every best solution changes, and the pools of those that some change.

    `slack` has one row for each cell (`needed`, `of_sets`, `complete`), `sets` one for each
    cell of each set. Cells are in one pool where the sets tie them together: pools are the
    finest division of the cells under which the sets are all combinations of what each
    pool can contribute. Without `sets` there is one pool.
    """
    keys = _keys(slack)
    needed = slack["needed"].astype(str) == ALWAYS
    always = [key for key, every in zip(keys, needed, strict=True) if every]
    open_keys = [key for key, every in zip(keys, needed, strict=True) if not every]
    if not open_keys:
        return always, []
    complete = bool((slack["complete"].astype(str) == str(True)).all())
    number = int(slack["of_sets"].astype(int).max())
    if sets is None or sets.empty:
        return always, [Pool(tuple(open_keys), number, complete)]
    wanted = set(open_keys)
    by_set: dict[str, set[Key]] = {}
    for name, key in zip(sets["set"].astype(str), _keys(sets), strict=True):
        by_set.setdefault(name, set()).update({key} & wanted)
    family = {frozenset(cells) for cells in by_set.values()}
    parts = _independent(open_keys, family)
    return always, [
        Pool(tuple(part), len({cells & set(part) for cells in family}), complete) for part in parts
    ]


def _independent(keys: Sequence[Key], family: set[frozenset[Key]]) -> list[list[Key]]:
    """Parts of the cells that vary independently of each other over a family of sets."""
    groups: list[list[Key]] = []
    inside = {key: {cells for cells in family if key in cells} for key in keys}
    for key in keys:
        tied = [
            group
            for group in groups
            if any(
                len(inside[key] & inside[other]) * len(family)
                != len(inside[key]) * len(inside[other])
                for other in group
            )
        ]
        groups = [group for group in groups if group not in tied]
        groups.append([*(k for group in tied for k in group), key])
    # Pairs can be independent and three together not: the fewest that vary independently of
    # all the rest are one part.
    parts: list[list[Key]] = []
    while groups:
        part = next(
            part
            for size in range(1, len(groups) + 1)
            for others in combinations(groups[1:], size - 1)
            if _apart(part := [k for group in (groups[0], *others) for k in group], keys, family)
        )
        groups = [group for group in groups if group[0] not in part]
        parts.append(part)
    order = {key: position for position, key in enumerate(keys)}
    return sorted((sorted(g, key=order.__getitem__) for g in parts), key=lambda g: order[g[0]])


def _apart(part: Sequence[Key], keys: Sequence[Key], family: set[frozenset[Key]]) -> bool:
    """Whether a part of the cells and the rest of them come in all combinations."""
    here = set(part)
    rest = set(keys) - here
    return len({s & here for s in family}) * len({s & rest for s in family}) == len(family)


@dataclass(frozen=True)
class _Checked:
    """The conditions on one cell, together: whether all hold, and the figure found."""

    holds: bool
    found: str


def _checked(check: pd.DataFrame, cells: Sequence[Cell]) -> dict[Key, _Checked]:
    printed = {c.key for c in cells}
    found: dict[Key, _Checked] = {}
    ranges: dict[tuple[str, str], bool] = {}
    columns = (check[name].astype(str) for name in ("kind", "found", "holds"))
    for key, kind, value, holds in zip(_keys(check), *columns, strict=True):
        if kind in _ABOUT_RECORDS:
            continue
        if key not in printed:
            raise ValueError(f"checked, but not printed: {key}")
        before = found.get(key, _Checked(True, ""))
        shown = value if kind in _COUNTED else before.found
        found[key] = _Checked(before.holds and holds == "yes", shown)
        if kind in _RANGES:
            ranges[key[:2]] = ranges.get(key[:2], True) and holds == "yes"
    for cell in cells:
        if cell.key[:2] in ranges and cell.key not in found:
            found[cell.key] = _Checked(ranges[cell.key[:2]], "")
    return found


def solved_judgements(
    cells: Sequence[Cell],
    item_evidence: Mapping[str, EvidenceClass],
    *,
    check: pd.DataFrame | None = None,
    slack: pd.DataFrame | None = None,
    sets: pd.DataFrame | None = None,
    rebuilt: Mapping[Key, str] | None = None,
) -> Solved:
    """The judgement of every cell on which solved records bear.

    `check` tells for each condition whether the shipped records meet it (`holds`), `slack`
    and `sets` which cells the best solutions change, `rebuilt` what the tables made from
    the records show. A cell that every best solution changes differs; one of a pool is
    conflicting evidence, also where the shipped records happen to meet it, since it may
    be the wrong one. A cell that is met agrees by construction. Where the records miss a
    cell that no conflict touches, the records are at fault and nothing follows for the
    print. Raises ValueError for a condition on a cell that is not printed.
    """
    tables = rebuilt or {}
    checked = _checked(check, cells) if check is not None else {}
    always, pools = pools_of(slack, sets) if slack is not None and len(slack) else ([], [])
    pool_of = {key: pool for pool in pools for key in pool.cells}
    conflicts: dict[Key, Judgement] = {}
    met: dict[Key, Judgement] = {}
    for cell in cells:
        key, known = cell.key, checked.get(cell.key)
        shown = tables.get(key, known.found if known else "")
        if key in always:
            conflicts[key] = Judgement(
                Verdict.DIFFERS,
                EvidenceClass.PRINTED_AGGREGATES,
                "" if shown == cell.text else shown,
                LEAST_SLACK,
                Reason.CONFLICTS_WITH_PRINT,
            )
        elif key in pool_of:
            pool = pool_of[key]
            conflicts[key] = Judgement(
                Verdict.NOT_DERIVABLE,
                item_evidence[key[0]],
                rule=f"{LEAST_SLACK}: some of {len(pool.cells)} cells, {pool.counted}",
                reason=Reason.CONFLICTING_EVIDENCE,
            )
        elif known is not None or tables.get(key):
            # Of several commonest values a table names all, and the print one.
            as_printed = cell.text in {tables.get(key, cell.text), *shown.split(AND)}
            if as_printed and (known is None or known.holds):
                met[key] = Judgement(
                    Verdict.AGREES_BY_CONSTRUCTION,
                    EvidenceClass.RECONSTRUCTED,
                    cell.text,
                    FROM_RECORDS if known is None else SOLVED,
                )
            else:
                met[key] = Judgement(
                    Verdict.NOT_DERIVABLE,
                    EvidenceClass.RECONSTRUCTED,
                    rule=FROM_RECORDS,
                    reason=Reason.RECORDS_DIFFER,
                )
    return Solved(conflicts, met, tuple(always), tuple(pools))
