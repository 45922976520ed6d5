"""Identified sets: what a coefficient over a whole sample can be when only its ends are printed.

For each rating and method the smallest and the largest coefficient over all completions, whether
the printed one lies between them and a completion has it, which ratings of the hidden units can
give it, and the completions themselves, so that anyone can compute them again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from medlead.evidence import EvidenceClass
from medlead.performance.completion import Ends, IntArray, ends_of
from medlead.performance.completion_codings import largest_monotone, smallest_monotone
from medlead.performance.completion_pearson import largest, smallest
from medlead.performance.completion_plan import ANY_CODING, CompletionPlan
from medlead.performance.completion_ranks import RANKED, WITH_TIES, ranked_bounds
from medlead.performance.resampling import FloatArray, pearson
from medlead.printed import interval, number, printed_cells
from medlead.ratings import RatingScale, code

PEARSON = "Pearson"
NO_TIES, TIES = "none", "allowed"
LOW, HIGH, PRINTED = "low", "high", "printed"
YES, NO, OPEN = "yes", "no", "open"
CONTINUOUS = "makes no difference"

SET_COLUMNS = (
    *("item", "row", "column", "rating", "method", "coding", "ties"),
    *("n", "hidden_rated"),
    *("low", "high", "low_proved", "high_proved"),
    *("printed", "printed_low", "printed_high", "inside", "attained"),
    *("multisets", "possible", "possible_at_most", "other_n", "chance_outside", "evidence"),
)
WITNESS_COLUMNS = (
    *("rating", "method", "coding", "ties", "at", "unit"),
    *("score", "level", "counts_as", "evidence"),
)


class Way(NamedTuple):
    """One way to compute a coefficient: the coding is empty for ranks."""

    method: str
    coding: str
    ties: str


@dataclass(frozen=True)
class Row:
    """One rating: its ends, names, and the printed coefficient (None where none is printed)."""

    rating: str
    measure: str
    levels: tuple[str, ...]
    ends: Ends
    units: tuple[str, ...]
    printed: str | None

    @property
    def target(self) -> tuple[float, float] | None:
        """The values that the printed coefficient can stand for."""
        if self.printed is None:
            return None
        span = interval(self.printed, "statistic")
        return float(span.low), float(span.high)


class Set(NamedTuple):
    """The bounds per multiset and over all, which multisets can give the printed value, and
    completions by where they stand (`low`, `high`, `printed`): scores, levels, level scores.
    """

    low: float
    high: float
    low_proved: float
    high_proved: float
    lows: FloatArray
    highs: FloatArray
    possible: NDArray[np.bool_]
    attained: str
    witnesses: Mapping[str, pd.DataFrame]

    def within(self, target: tuple[float, float]) -> NDArray[np.bool_]:
        """Which multisets have bounds that hold a value of this interval."""
        return np.asarray((self.lows <= target[1]) & (self.highs >= target[0]), dtype=np.bool_)


def rows_of(
    trusts: pd.DataFrame,
    scales: Mapping[str, RatingScale],
    cells: pd.DataFrame,
    plan: CompletionPlan,
    *,
    half: float,
    below: int,
    unit: str = "trust",
) -> list[Row]:
    """Each declared rating of the printed records with its row of the printed table.

    `half` is half a unit of the last printed digit of the score, `below` how many of the
    records are below the hidden ones. The sample is as large as the largest n; a rating
    without a row is taken as given for all. Raises ValueError where a row is not printed.
    """
    texts = {(r, c): t for (i, r, c), t in printed_cells(cells).items() if i == plan.item}
    strange = [
        m for m in (*plan.ratings.values(), *plan.apart) if m and (m, plan.score) not in texts
    ]
    if strange:
        raise ValueError(f"{plan.item} has no row {strange[0]!r} with {plan.score!r}")
    ns = [int(number(t)) for (_, c), t in texts.items() if c == plan.sizes]
    sample = max(ns)
    ordered = trusts.sort_values(plan.column, kind="stable", ignore_index=True)
    rows = []
    for rating, measure in plan.ratings.items():
        n = int(number(texts[measure, plan.sizes])) if measure else sample
        ends = ends_of(
            ordered[plan.column],
            code(ordered[rating], scales[rating]),
            below=below,
            sample=sample,
            n=n,
            levels=len(scales[rating].levels),
            half=half,
        )
        units = tuple(ordered[unit].astype(str))
        printed = texts[measure, plan.score] if measure else None
        rows.append(Row(rating, measure, scales[rating].levels, ends, units, printed))
    return rows


def ways(plan: CompletionPlan, levels: int) -> list[Way]:
    """Every declared way to compute a coefficient for a scale with that many levels."""
    codings = [name for name, scores in plan.codings.items() if len(scores) == levels]
    return [
        *(Way(PEARSON, name, CONTINUOUS) for name in (*codings, ANY_CODING)),
        *(Way(method, "", NO_TIES) for method in RANKED),
        *(Way(method, "", TIES) for method in WITH_TIES),
    ]


def solve(row: Row, plan: CompletionPlan) -> Iterator[tuple[Way, Set]]:
    """The identified set of one rating by each declared way."""
    attaining: pd.DataFrame | None = None
    for way in ways(plan, len(row.levels)):
        if way.method != PEARSON:
            found = _ranked_set(row, way)
        elif way.coding == ANY_CODING:
            found = _monotone_set(row, plan.gap, attaining)
        else:
            found = _pearson_set(row, np.array(plan.codings[way.coding]))
            if attaining is None:
                attaining = found.witnesses.get(PRINTED)
        yield way, found


def _frame(ends: Ends, shown: FloatArray, middle: FloatArray, codes: Any) -> pd.DataFrame:
    """A completion: `unit` (place among the shown, -1 for hidden), `score`, `code`."""
    kept = np.flatnonzero(ends.rated)
    return pd.DataFrame(
        {
            "unit": np.concatenate([kept, np.full(len(middle), -1)]),
            "score": np.concatenate([shown[kept], middle]),
            "code": np.concatenate([ends.codes[kept], np.asarray(codes, dtype=np.int64)]),
        }
    )


def _first(values: FloatArray) -> int:
    """The first of the largest: those that differ by rounding alone are the same anywhere."""
    return int(np.nanargmax(np.round(values, 10)))


def _pearson_set(row: Row, scores: FloatArray) -> Set:
    ends, counts = row.ends, row.ends.counts()
    top, bottom = largest(ends, counts, scores), smallest(ends, counts, scores)
    at_high, at_low = _first(top.value), _first(-bottom.value)
    found = {
        LOW: _frame(ends, bottom.shown[at_low], *bottom.middle(at_low, counts)),
        HIGH: _frame(ends, top.shown[at_high], *top.middle(at_high, counts)),
    }
    possible, attained = np.zeros(len(counts), dtype=bool), ""
    if row.target is not None:
        # The completions of one multiset are connected and r is continuous over them, so that
        # it takes every value between its ends.
        possible = (bottom.value <= row.target[1]) & (top.value >= row.target[0])
        attained = YES if possible.any() else NO
        if possible.any():
            wanted = (row.target[0] + row.target[1]) / 2
            room = np.minimum(top.value - wanted, wanted - bottom.value)
            at = _first(np.where(possible, room, np.nan))
            first, last = (_frame(ends, b.shown[at], *b.middle(at, counts)) for b in (bottom, top))
            found[PRINTED] = _between(first, last, scores, wanted)
    found = {at: f.assign(counts_as=scores[f["code"]]) for at, f in found.items()}
    return Set(
        float(np.nanmin(bottom.value)),
        float(np.nanmax(top.value)),
        float(np.nanmin(bottom.proved)),
        float(np.nanmax(top.proved)),
        bottom.value,
        top.value,
        possible,
        attained,
        found,
    )


def _between(
    low: pd.DataFrame, high: pd.DataFrame, scores: FloatArray, wanted: float
) -> pd.DataFrame:
    """A completion on the way from one to the other whose r is as near to `wanted` as can be."""
    y = scores[low["code"]]
    first, last = low["score"].to_numpy(), high["score"].to_numpy()
    near, far = 0.0, 1.0
    for _ in range(60):
        middle = (near + far) / 2
        below = float(pearson((1 - middle) * first + middle * last, y)) < wanted
        near, far = (middle, far) if below else (near, middle)
    # Its bounds hold to rounding, so a wanted value just outside ends at the nearer completion.
    return low.assign(score=(1 - far) * first + far * last)


def _monotone_set(row: Row, gap: float, attaining: pd.DataFrame | None) -> Set:
    ends = row.ends
    low, high = smallest_monotone(ends, gap=gap), largest_monotone(ends, gap=gap)
    found = {}
    for at, best, search in ((LOW, low, smallest), (HIGH, high, largest)):
        one = search(ends, best.counts[None], best.scores)
        frame = _frame(ends, one.shown[0], *one.middle(0, best.counts[None]))
        found[at] = frame.assign(counts_as=best.scores[frame["code"]])
    attained = ""
    if row.target is not None:
        outside = row.target[1] < low.proved or row.target[0] > high.proved
        attained = NO if outside else YES if attaining is not None else OPEN
    if attaining is not None:
        found[PRINTED] = attaining
    none = np.full(0, np.nan)
    return Set(
        *(low.value, high.value, low.proved, high.proved),
        *(none, none, np.zeros(0, dtype=bool)),
        *(attained, found),
    )


def _ranked_set(row: Row, way: Way) -> Set:
    ends, counts = row.ends, row.ends.counts()
    bounds = ranked_bounds(ends, way.method, ties=way.ties == TIES, target=row.target)
    at_low, at_high = _first(-bounds.low), _first(bounds.high)
    shown = (ends.low + ends.high) / 2
    rising = [np.repeat(np.arange(ends.levels), counts[at]) for at in (at_low, at_high)]
    found = {
        LOW: _frame(ends, shown, _placed(ends, bounds.places_low[at_low]), rising[0][::-1]),
        HIGH: _frame(ends, shown, _placed(ends, bounds.places_high[at_high]), rising[1]),
    }
    attained = ""
    if row.target is not None:
        inside = (bounds.low <= row.target[1]) & (bounds.high >= row.target[0])
        attained = YES if bounds.possible.any() else OPEN if inside.any() else NO
        if way.ties == NO_TIES and not bounds.possible.any():
            attained = NO  # every order was looked at
        if bounds.possible.any():
            at = int(np.argmax(bounds.possible))
            scores = _placed(ends, bounds.places[at])
            found[PRINTED] = _frame(ends, shown, scores, bounds.sequence[at])
    low, high = float(np.nanmin(bounds.low)), float(np.nanmax(bounds.high))
    return Set(low, high, low, high, bounds.low, bounds.high, bounds.possible, attained, found)


def _placed(ends: Ends, places: IntArray) -> FloatArray:
    """A score for each block of tied places, evenly spread between the two neighbours."""
    floor, ceiling = ((ends.low + ends.high) / 2)[[ends.below - 1, ends.below]]
    last = max(places.max(initial=0), 0)
    spread = floor + (ceiling - floor) * places / (last + 1)
    return np.asarray(np.where(places == -1, ceiling, spread), dtype=np.float64)


def set_row(row: Row, way: Way, found: Set, plan: CompletionPlan) -> dict[str, object]:
    """One line of the table of identified sets (`SET_COLUMNS`)."""
    target = row.target
    inside = ""
    if target is not None:
        beyond = target[1] < found.low_proved or target[0] > found.high_proved
        within = target[0] <= found.high and target[1] >= found.low
        inside = YES if within else NO if beyond else OPEN
    counted = bool(len(found.possible)) and target is not None
    return {
        "item": plan.item if row.measure else "",
        "row": row.measure,
        "column": plan.score if row.measure else "",
        "rating": row.rating,
        **way._asdict(),
        "n": row.ends.n,
        "hidden_rated": row.ends.hidden,
        "low": found.low,
        "high": found.high,
        "low_proved": found.low_proved,
        "high_proved": found.high_proved,
        "printed": row.printed or "",
        "printed_low": np.nan if target is None else target[0],
        "printed_high": np.nan if target is None else target[1],
        "inside": inside,
        "attained": found.attained,
        "multisets": len(row.ends.counts()),
        "possible": int(found.possible.sum()) if counted else np.nan,
        "possible_at_most": int(found.within(target).sum()) if counted and target else np.nan,
        "other_n": "",
        "chance_outside": _chance(row, found, plan) if counted else np.nan,
        "evidence": str(EvidenceClass.PRINTED_AGGREGATES),
    }


def _chance(row: Row, found: Set, plan: CompletionPlan) -> float:
    """The chance that as many units drawn from the population outside have possible ratings.

    NaN where no such distribution is declared: it is not in the report.
    """
    if row.rating not in plan.shares:
        return np.nan
    shares = np.array(plan.shares[row.rating])
    each = stats.multinomial.pmf(row.ends.counts(), row.ends.hidden, shares / shares.sum())
    return float(each[found.possible].sum())


def possible_rows(row: Row, way: Way, found: Set) -> Iterator[dict[str, object]]:
    """Each multiset of hidden ratings that can give the printed value, one line each."""
    counts = row.ends.counts()
    for at in np.flatnonzero(found.possible):
        levels = zip(row.levels, counts[at].tolist(), strict=True)
        yield {
            "rating": row.rating,
            **way._asdict(),
            "ratings": "; ".join(f"{count} {level}" for level, count in levels if count),
            **{f"level_{i}": count for i, count in enumerate(counts[at].tolist(), 1)},
            "low": found.lows[at],
            "high": found.highs[at],
            "evidence": str(EvidenceClass.PRINTED_AGGREGATES),
        }


def level_rows(row: Row, way: Way, found: Set) -> Iterator[dict[str, object]]:
    """The fewest and the most hidden units of each level that the printed value allows."""
    if not found.possible.any():
        return
    counts = row.ends.counts()[found.possible]
    for level, name in enumerate(row.levels):
        yield {
            "rating": row.rating,
            **way._asdict(),
            "level": name,
            "fewest": int(counts[:, level].min()),
            "most": int(counts[:, level].max()),
            "hidden_rated": row.ends.hidden,
            "evidence": str(EvidenceClass.PRINTED_AGGREGATES),
        }


def witness_rows(row: Row, way: Way, found: Set) -> Iterator[dict[str, object]]:
    """Every unit of every completion that has a bound or the printed value."""
    for at, frame in found.witnesses.items():
        ordered = frame.sort_values(["score", "unit"], kind="stable")
        hidden = 0
        for one in ordered.to_dict("records"):
            hidden += one["unit"] < 0
            yield {
                "rating": row.rating,
                **way._asdict(),
                "at": at,
                "unit": f"hidden {hidden}" if one["unit"] < 0 else row.units[one["unit"]],
                "score": one["score"],
                "level": row.levels[one["code"]],
                "counts_as": one.get("counts_as", np.nan),
                "evidence": str(EvidenceClass.PRINTED_AGGREGATES),
            }
