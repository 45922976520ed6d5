"""The figures of the survey (report, chapter 4: Figures 1 to 31), as they are declared.

A figure of printed evidence draws the printed counts, every other one the coded returns; a
study's figures all draw its own returns.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.present.counted import draw_columns, draw_rows
from medlead.present.declared import Cell, Declared, FigurePlan
from medlead.present.rated import draw_ratings
from medlead.present.shares import draw_shares, draw_stacked
from medlead.present.style import Figure
from medlead.present.subject import Mark, Subject, printed_number
from medlead.present.tiles import draw_tiles
from medlead.survey.counts import Headings, printed_counts, record_counts

_DRAWN: Mapping[str, Callable[[Subject], Figure]] = {
    "columns": draw_columns,
    "rows": draw_rows,
    "shares": draw_shares,
    "stacked": draw_stacked,
    "ratings": draw_ratings,
    "tiles": draw_tiles,
}


@dataclass(frozen=True)
class Printed:
    """Printed evidence: cells, the class of each item, what headings mean, doubts, ranges.

    `classes` is the register's evidence by item; `identified` has the columns
    `statistic,says,kind,low,high,shipped`.
    """

    cells: pd.DataFrame
    classes: Mapping[str, str]
    headings: tuple[Headings, ...] = ()
    doubts: Mapping[Cell, str] = field(default_factory=dict)
    identified: pd.DataFrame | None = None


def draw_survey(
    plan: FigurePlan,
    coded: pd.DataFrame,
    evidence: EvidenceClass,
    printed: Printed | None = None,
    *,
    confidence: float = 0.95,
) -> Iterator[tuple[str, Figure]]:
    """Every declared figure with its item, in the order of the declaration.

    `coded` are the coded returns (those `used` are drawn), `evidence` their class. Without
    printed evidence, or with returns of a study, everything is drawn from the returns.
    Raises ValueError where a figure's item is not in the register, where the print has no such
    counts, or where a declared range was not computed.
    """
    frame = coded[coded["used"].astype(bool)] if "used" in coded else coded
    known = printed if evidence is not EvidenceClass.STUDY else None
    for declared in plan.figures:
        yield (
            declared.figure,
            _DRAWN[declared.kind](_subject(declared, plan, frame, evidence, known, confidence)),
        )


def _subject(
    declared: Declared,
    plan: FigurePlan,
    frame: pd.DataFrame,
    evidence: EvidenceClass,
    printed: Printed | None,
    confidence: float,
) -> Subject:
    own, total, cells = evidence, len(frame), dict[Cell, str]()
    if printed is not None:
        if declared.figure not in printed.classes:
            raise ValueError(f"{declared.figure} is not in the register of items")
        own = EvidenceClass(printed.classes[declared.figure])
        keys = (printed.cells[name] for name in ("item", "row", "column", "text"))
        cells = {(str(i), str(r), str(c)): str(t) for i, r, c, t in zip(*keys, strict=True)}
    if own is EvidenceClass.PRINTED_AGGREGATES and plan.returns is not None:
        total = int(printed_number(cells, plan.returns) or total)
    return Subject(
        declared=declared,
        plan=plan,
        evidence=own,
        counts=_counts(declared, plan, frame, own, printed),
        frame=frame,
        total=total,
        confidence=confidence,
        ranges=_ranges(declared, own, printed),
        marks=_marks(declared, cells),
        cells=cells,
    )


def _counts(
    declared: Declared,
    plan: FigurePlan,
    frame: pd.DataFrame,
    evidence: EvidenceClass,
    printed: Printed | None,
) -> pd.DataFrame:
    (first, *_) = declared.of
    if declared.kind == "ratings":
        parts = [
            record_counts(frame, name, (), plan.instrument).assign(by=name) for name in declared.of
        ]
        return pd.concat(parts, ignore_index=True)
    if evidence is EvidenceClass.PRINTED_AGGREGATES and printed is not None and not declared.totals:
        return printed_counts(
            printed.cells,
            printed.headings,
            declared.printed,
            first,
            declared.by,
            over=declared.over,
            doubts=printed.doubts,
            records=frame,
        )
    found = record_counts(frame, first, declared.by, plan.instrument)
    if declared.whole:
        found = pd.concat([record_counts(frame, first, (), plan.instrument), found])
    return found


def _ranges(
    declared: Declared, evidence: EvidenceClass, printed: Printed | None
) -> pd.DataFrame | None:
    if not declared.ranges or printed is None or evidence is not EvidenceClass.RECONSTRUCTED:
        return None
    frame = printed.identified
    known = [] if frame is None else list(frame["statistic"])
    missing = [name for name in declared.ranges if name not in known]
    if frame is None or missing:
        raise ValueError(f"{declared.figure}: no range was computed for {', '.join(missing)}")
    return frame.set_index("statistic", drop=False).loc[list(declared.ranges)]


def _marks(declared: Declared, cells: Mapping[Cell, str]) -> tuple[Mark, ...]:
    found = []
    for given in declared.marks:
        ends = [printed_number(cells, given[key]) for key in ("at", "from", "to") if key in given]
        numbers = [end for end in ends if end is not None]
        if numbers and len(numbers) == len(ends):
            found.append(Mark(str(given["says"]), min(numbers), max(numbers)))
    return tuple(found)
