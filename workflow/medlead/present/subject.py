"""What one figure of the survey is about: its counts, its evidence, and the words beside them."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass, item_name
from medlead.present.bars import DOUBT, Bar
from medlead.present.declared import Cell, Declared, FigurePlan
from medlead.present.sheet import number_text, range_kinds
from medlead.printed import number
from medlead.writing import plain_number

DATA_COLUMNS = ["part", "by", "group", "level", "value", "low", "high", "n", "note", "evidence"]


@dataclass(frozen=True)
class Mark:
    """A printed figure on a numeric axis: one value, or a span."""

    says: str
    low: float
    high: float


@dataclass(frozen=True)
class Group:
    """The counts of one panel."""

    by: str
    name: str
    label: str
    colour: str
    n: int
    counts: pd.DataFrame

    @property
    def heading(self) -> str:
        """The name of the panel with the number of returns in it."""
        return f"{self.label} (n = {self.n})"

    def bars(self, at: Mapping[str, float], *, shares: bool = False) -> list[Bar]:
        """One bar for each level that has a place."""
        return [
            Bar(
                at[row["level"]],
                int(row["count"]),
                None if pd.isna(row["rebuilt"]) else int(row["rebuilt"]),
                number_text(row["count"] / self.n, "share") if shares and self.n else "",
            )
            for row in self.counts.to_dict("records")
            if row["level"] in at
        ]


@dataclass(frozen=True)
class Subject:
    """One figure with all that it draws.

    `counts` as in `medlead.survey.counts`; `frame` holds the used coded returns, `total` their
    number or the printed one; `ranges` the declared statistics with what the print leaves open.
    """

    declared: Declared
    plan: FigurePlan
    evidence: EvidenceClass
    counts: pd.DataFrame
    frame: pd.DataFrame
    total: int
    confidence: float
    ranges: pd.DataFrame | None = None
    marks: tuple[Mark, ...] = ()
    cells: Mapping[Cell, str] = field(default_factory=dict)

    @property
    def of(self) -> str:
        """The variable that is counted (the first of several)."""
        return self.declared.of[0]

    @property
    def is_printed(self) -> bool:
        """Whether the counts are those of a printed table."""
        return self.evidence is EvidenceClass.PRINTED_AGGREGATES

    @property
    def warning(self) -> str:
        """The words that this evidence needs in the picture."""
        words = [self.plan.warnings.get(str(self.evidence), "")]
        # Numbers of rebuilt records are never shown without what is known of their range.
        bare = self.ranges is None or self.ranges.empty
        if self.evidence is EvidenceClass.RECONSTRUCTED and bare:
            words.append(self.plan.warnings.get("no_ranges", ""))
        return " ".join(" ".join(map(str, words)).split())

    @property
    def levels(self) -> list[str]:
        """The levels drawn: all of a printed table, else those of the tables or that occur."""
        found = list(dict.fromkeys(self.counts["level"]))
        if self.is_printed:
            return found
        coded = next(v for v in self.plan.instrument.coded if v.name == self.of)
        bands = self.plan.instrument.bands.get(coded.bands or "")
        left_out = {b.label for b in bands.bands if not b.printed} if bands else set()
        used = set(self.counts.loc[self.counts["count"] > 0, "level"])
        return [level for level in found if level not in left_out or level in used]

    def groups(self) -> list[Group]:
        """The panels in order."""
        found = []
        for (by, name), part in self.counts.groupby(["by", "group"], sort=False):
            label = self.plan.label(str(by), str(name)) if name else "All returns"
            if by and not name:
                label = self.plan.heading(str(by))
            colour = self.plan.colour(str(by), str(name))
            n = int(part["n"].iloc[0])
            found.append(Group(str(by), str(name), label, colour, n, part))
        return found

    def most(self) -> int:
        """The longest bar of all panels."""
        both = [self.counts["count"].max(), self.counts["rebuilt"].max()]
        return max((int(b) for b in both if not pd.isna(b)), default=0)

    # -- words

    @property
    def note(self) -> str:
        """The last sentence below the picture."""
        study = self.evidence is EvidenceClass.STUDY
        return self.declared.note_study if study else self.declared.note

    @property
    def unknown(self) -> str:
        """What stands in a tile of which nothing is known."""
        study = self.evidence is EvidenceClass.STUDY
        return self.declared.unknown_study if study else self.declared.unknown

    def caption(self, *extra: str) -> str:
        """What stands below the picture: numbers answering, marks, notes and source."""
        parts = [*self._answering(), *extra, *self._doubts(), self.note, self._source()]
        return " ".join(filter(None, parts))

    def _answering(self) -> Iterator[str]:
        for by, part in self.counts.groupby("by", sort=False):
            n = int(part.drop_duplicates("group")["n"].sum())
            several = self.counts["by"].nunique() > 1
            within = f"{self.plan.heading(str(by))}: " if by and several else ""
            if n > self.total:
                yield (
                    f"{within}The printed counts add up to n = {n}, {n - self.total} more than the "
                    f"{self.total} completed returns."
                )
                continue
            left = self.total - n
            fate = "not in the table" if self.is_printed else "without an answer"
            yield f"{within}n = {n} of {self.total} completed returns" + (
                f", {left} {fate}." if left else "."
            )

    def _doubts(self) -> Iterator[str]:
        doubted = self.counts[self.counts["rebuilt"].notna()]
        for why, part in doubted.groupby("doubt", sort=False):
            told = "; ".join(
                f"{self._place(row)} {int(row['rebuilt'])} instead of {int(row['count'])}"
                for row in part.to_dict("records")
            )
            yield (
                f"{DOUBT} The print cannot all be met: the rebuilt records have other counts here "
                f"(hatched: more in print; dashed: fewer): {told}. {why}"
            )

    def _place(self, row: Mapping[Hashable, Any]) -> str:
        level = self.plan.label(self.of, row["level"])
        group = f"{self.plan.label(row['by'], row['group'])}, " if row["by"] else ""
        return f"{group}{level}:"

    def _source(self) -> str:
        if self.is_printed:
            summed = (
                f", summed over {self._lower(self.declared.over)}" if self.declared.over else ""
            )
            return f"Counts: {item_name(self.declared.printed)} in print{summed}."
        return "Counted from the coded returns."

    def _lower(self, variable: str) -> str:
        return self.plan.heading(variable).lower()

    def alt(self, kind: str, *extra: str) -> str:
        """The picture in sentences: what is drawn, every count, warnings and ranges."""
        parts = [f"{self.declared.title}. {kind}"]
        parts += [self._told(group) for group in self.groups()]
        parts += [*self._doubts(), *extra, *self.range_sentences(), self.note, self.warning]
        return " ".join(filter(None, parts))

    def _told(self, group: Group) -> str:
        counts = [
            (self.plan.label(self.of, row["level"]), int(row["count"]))
            for row in group.counts.to_dict("records")
        ]
        numbers = not self.plan.instrument.levels(self.of)
        told = ", ".join(
            f"{count} at {label}" if numbers else f"{label}: {count}"
            for label, count in counts
            if count
        )
        return f"{group.heading}: {told or 'none'}."

    def range_sentences(self) -> list[str]:
        """Each statistic of the records with what the print allows."""
        if self.ranges is None:
            return []
        kinds = range_kinds(self.ranges)
        told = []
        for row, kind in zip(self.ranges.to_dict("records"), kinds, strict=True):
            here, low, high = (
                number_text(float(row[name]), kind) for name in ("shipped", "low", "high")
            )
            told.append(
                f"{row['says']}: {here} in these records; the print allows {low} to {high}."
            )
        return told

    def data(self, *extra: pd.DataFrame) -> pd.DataFrame:
        """What is drawn, tidy: counts, further parts, printed marks and ranges (`DATA_COLUMNS`)."""
        counts = pd.DataFrame(
            {
                "part": "count",
                "by": self.counts["by"],
                "group": self.counts["group"],
                "level": self.counts["level"],
                "value": self.counts["count"],
                "n": self.counts["n"],
                "note": [
                    "" if pd.isna(r) else f"the rebuilt records have {int(r)}: {why}"
                    for r, why in zip(self.counts["rebuilt"], self.counts["doubt"], strict=True)
                ],
            }
        )
        marks = pd.DataFrame(
            [{"part": "printed", "level": m.says, "low": m.low, "high": m.high} for m in self.marks]
        ).assign(evidence=str(EvidenceClass.PRINTED_AGGREGATES))
        parts = [counts, *extra, marks, self._range_data()]
        return tidy_data(parts, self.evidence)

    def _range_data(self) -> pd.DataFrame:
        if self.ranges is None:
            return pd.DataFrame()
        return pd.DataFrame(
            {
                "part": "range",
                "level": self.ranges["statistic"],
                "value": self.ranges["shipped"].astype(float),
                "low": self.ranges["low"].astype(float),
                "high": self.ranges["high"].astype(float),
                "note": self.ranges["says"],
            }
        )


def tidy_data(parts: Sequence[pd.DataFrame], evidence: EvidenceClass) -> pd.DataFrame:
    """Parts of a figure's data one below the other, as text, with empty cells where not told."""
    rows: list[dict[str, str]] = []
    for part in parts:
        for row in part.to_dict("records"):
            told = {"evidence": str(evidence)} | {str(k): v for k, v in row.items()}
            rows.append({name: _text(told.get(name)) for name in DATA_COLUMNS})
    return pd.DataFrame(rows, columns=DATA_COLUMNS)


def _text(value: object) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):  # type: ignore[call-overload]
        return ""
    if isinstance(value, str):
        return value
    return plain_number(float(value))  # type: ignore[arg-type]


def printed_number(cells: Mapping[Cell, str], cell: Sequence[str]) -> float | None:
    """The number printed in a cell; None where there is no such cell."""
    item, row, column = (str(part) for part in cell)
    text = cells.get((item, row, column), "")
    return float(number(text)) if text else None
