"""Printed coefficients together: which ways can give all at once, and what the ends alone give.

The hidden units have one score each and several ratings. Without ties there is one order of
places, so ratings are free of each other and a rank method can give all printed values where it
can give each. With ties the ratings would have to share them, so only what it can give without
counts there. For Pearson a shared set of scores is looked for: a found one is a proof, and a
method that misses a single printed value is refuted by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.performance.completion import Ends
from medlead.performance.completion_pearson import largest, smallest
from medlead.performance.completion_plan import ANY_CODING, CompletionPlan
from medlead.performance.completion_ranks import RANKED, ranked_bounds, sequences
from medlead.performance.identified import (
    CONTINUOUS,
    NO,
    NO_TIES,
    OPEN,
    PEARSON,
    TIES,
    YES,
    Row,
    Way,
)
from medlead.performance.resampling import FloatArray

_AT_ONCE = 65_536
# How hidden scores lie between the neighbours (0 to 1): powers of evenly spread places.
_SPREADS = (1.0, 0.5, 2.0, 0.25, 4.0)

ALL_SHOWN, LOWER, UPPER, TWO_GROUPS = (
    "all printed",
    "lower end",
    "upper end",
    "upper end (1) against lower end (0)",
)


def joint(
    rows: Sequence[Row], sets: pd.DataFrame, plan: CompletionPlan
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """For each way: which printed values it can give, and whether all at once, with a witness.

    `sets` are the identified sets of the rows. `together` is `open` where every value alone
    can be given and no common completion was found. The witness has one line per hidden unit.
    """
    asked = [row for row in rows if row.printed is not None]
    lines, witness = [], []
    shared: dict[str, str] = {}
    without_ties: dict[str, str] = {}
    for key, part in sets[sets["printed"] != ""].groupby(["method", "coding", "ties"], sort=False):
        way = Way(*map(str, key))
        missed = part.loc[part["attained"] == NO, "rating"].tolist()
        given = part.loc[part["attained"] == YES, "rating"].tolist()
        together = NO if missed else OPEN
        if not missed and len(given) == len(asked):
            if way.method == PEARSON and way.coding in plan.codings:
                found = _shared(asked, np.array(plan.codings[way.coding]))
                together = YES if found is not None else OPEN
                if found is not None:
                    witness += [{**way._asdict(), **line} for line in found]
            elif way.method == PEARSON:
                together = YES if YES in shared.values() else OPEN
            elif way.ties == NO_TIES:
                together = without_ties[way.method] = YES
            else:
                together = without_ties.get(way.method, OPEN)
        if way.method == PEARSON:
            shared[way.coding] = together
        lines.append(
            {
                **way._asdict(),
                "printed_values": len(asked),
                "can_give": len(given),
                "given": "; ".join(given),
                "not_given": "; ".join(missed),
                "together": together,
                "evidence": str(EvidenceClass.PRINTED_AGGREGATES),
            }
        )
    evidence = str(EvidenceClass.PRINTED_AGGREGATES)
    columns = ["method", "coding", "ties", "unit", "score", *(row.rating for row in asked)]
    told = pd.DataFrame(witness, columns=columns).assign(evidence=evidence)
    return pd.DataFrame(lines), told


def _shared(rows: Sequence[Row], scores: FloatArray) -> list[dict[str, object]] | None:
    """Scores of the hidden units under which ratings exist that give each printed r; or None."""
    most = max(row.ends.hidden for row in rows)
    for power in _SPREADS:
        places = ((np.arange(most) + 1) / (most + 1)) ** power
        found = {row.rating: _ratings_giving(row, places, scores) for row in rows}
        if all(given is not None for given in found.values()):
            ends = rows[0].ends
            floor, ceiling = ((ends.low + ends.high) / 2)[[ends.below - 1, ends.below]]
            return [
                {
                    "unit": f"hidden {i + 1}",
                    "score": floor + (ceiling - floor) * place,
                    **{
                        row.rating: row.levels[given[i]] if given[i] >= 0 else ""
                        for row, given in zip(rows, found.values(), strict=True)
                        if given is not None
                    },
                }
                for i, place in enumerate(places)
            ]
    return None


def _ratings_giving(row: Row, places: FloatArray, scores: FloatArray) -> list[int] | None:
    """Ratings (-1 for none) of the hidden units at these places whose r is nearest the printed.

    All ratings are tried, and all choices of the units that have none until one gives it.
    """
    ends = row.ends
    assert row.target is not None
    centre = (ends.low + ends.high) / 2
    floor, ceiling = centre[[ends.below - 1, ends.below]]
    middle = floor + (ceiling - floor) * places
    wanted = (row.target[0] + row.target[1]) / 2
    every = sequences(ends.hidden, ends.levels)
    for rated in combinations(range(len(places)), ends.hidden):
        x = np.concatenate([centre[ends.rated], middle[list(rated)]])
        dx = x - x.mean()
        shown, hidden = dx[: -ends.hidden], dx[-ends.hidden :]
        y = scores[ends.codes[ends.rated]]
        best, at = np.inf, -1
        for start in range(0, len(every), _AT_ONCE):
            part = scores[every[start : start + _AT_ONCE]]
            total = part.sum(axis=1) + y.sum()
            square = (part**2).sum(axis=1) + (y**2).sum() - total**2 / ends.n
            product = part @ hidden + y @ shown
            r = product / np.sqrt(np.where(square > 1e-12, square, np.nan) * (dx**2).sum())
            off = np.abs(np.nan_to_num(r, nan=9.0) - wanted)
            if off.min() < best:
                best, at = float(off.min()), start + int(np.argmin(off))
        if row.target[0] <= wanted - best and wanted + best <= row.target[1]:
            given = [-1] * len(places)
            for place, level in zip(rated, every[at].tolist(), strict=True):
                given[place] = int(level)
            return given
    return None


def other_sizes(row: Row, way: Way, codings: Mapping[str, Sequence[float]], most: int) -> list[int]:
    """The n, from the shown units alone to `most` hidden ones, at which the printed value is
    inside the bounds of this way: what a misprinted n would have to be.
    """
    if row.target is None:
        return []
    shown = int(row.ends.rated.sum())
    found = []
    for hidden in range(most + 1):
        low, high = _range(replace(row.ends, hidden=hidden), way, codings)
        if low <= row.target[1] and high >= row.target[0]:
            found.append(shown + hidden)
    return found


def _range(ends: Ends, way: Way, codings: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    if way.method != PEARSON:
        bounds = ranked_bounds(ends, way.method, ties=way.ties == TIES)
        return float(np.nanmin(bounds.low)), float(np.nanmax(bounds.high))
    scores = np.array(codings[way.coding])
    low, high = (f(ends, ends.counts(), scores).proved for f in (smallest, largest))
    if np.isnan(low).all():
        return np.nan, np.nan  # every rating counts the same
    return float(np.nanmin(low)), float(np.nanmax(high))


def without_middle(rows: Sequence[Row], plan: CompletionPlan) -> pd.DataFrame:
    """Each coefficient from the printed units alone: all, one end, or the ends as two groups.

    `low` and `high` carry the rounding of the printed scores; `matches` tells whether a value
    between them rounds to the printed coefficient, and `n` is to be held against `printed_n`.
    """
    lines = []
    for row in rows:
        for sample, ends in _parts(row.ends):
            if len(np.unique(ends.codes[ends.rated])) < 2:
                continue
            for way in _plain_ways(plan, len(row.levels), groups=sample == TWO_GROUPS):
                if way.method == PEARSON and not _varies(ends, plan.codings[way.coding]):
                    continue
                low, high = _range(ends, way, plan.codings)
                target = row.target
                fits = target is not None and low <= target[1] and high >= target[0]
                lines.append(
                    {
                        "row": row.measure,
                        "rating": row.rating,
                        "sample": sample,
                        "method": way.method,
                        "coding": way.coding,
                        "n": ends.n,
                        "low": low,
                        "high": high,
                        "printed": row.printed or "",
                        "printed_n": row.ends.n if row.printed else np.nan,
                        "matches": "" if target is None else YES if fits else NO,
                        "evidence": str(EvidenceClass.PRINTED_RECORDS),
                    }
                )
    return pd.DataFrame(lines)


def _varies(ends: Ends, scores: Sequence[float]) -> bool:
    return len({scores[c] for c in ends.codes[ends.rated]}) > 1


def _parts(ends: Ends) -> list[tuple[str, Ends]]:
    def part(chosen: slice) -> Ends:
        low, high, codes = ends.low[chosen], ends.high[chosen], ends.codes[chosen]
        return Ends(low, high, codes, len(low) // 2, 0, ends.levels)

    group = (np.arange(len(ends.low)) >= ends.below).astype(np.float64)
    return [
        (ALL_SHOWN, part(slice(None))),
        (LOWER, part(slice(None, ends.below))),
        (UPPER, part(slice(ends.below, None))),
        (TWO_GROUPS, replace(ends, low=group, high=group, hidden=0)),
    ]


def _plain_ways(plan: CompletionPlan, levels: int, *, groups: bool) -> list[Way]:
    codings = [name for name, scores in plan.codings.items() if len(scores) == levels]
    ranked = [] if groups else [Way(method, "", NO_TIES) for method in RANKED]
    return [*(Way(PEARSON, name, CONTINUOUS) for name in codings if name != ANY_CODING), *ranked]
