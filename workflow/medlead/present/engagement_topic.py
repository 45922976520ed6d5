"""What one figure of the engagement scale is about: its units, their standings, its words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from medlead.engagement.disclosure import WITHHELD
from medlead.engagement.groups import NO_RESPONSES, NO_SCORES, TOO_FEW
from medlead.engagement.instrument import Band, Instrument, Scale
from medlead.engagement.results import POOL
from medlead.evidence import EvidenceClass
from medlead.present import style
from medlead.present.engagement_declared import EngagementFigure, EngagementPlan
from medlead.present.sheet import Sheet, new_sheet
from medlead.present.standing_words import interval_text, percentile_text
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import nearest
from medlead.writing import plain_number, read_csv

DATA_COLUMNS = ["part", "site", "group", "scale", "level", "value", "low", "high", "label",
                "probability", "n", "note", "evidence"]  # fmt: skip
# Rows of all sites together are not drawn here.
_ALL = ("", "all")
_TEXT = {"site", "group", "scale", "map", "statement", "category", "side"} | {
    "band",
    "band_by_rule",
    "quadrant",
    "quadrant_by_rule",
    "note",
    "evidence",
}


@dataclass(frozen=True)
class Results:
    """Scored responses: the frames of `standings`, `placements` and `endorsements`.

    Rows with an empty group are whole sites. The columns are those of these functions; others
    are not looked at.
    """

    standings: pd.DataFrame
    placements: pd.DataFrame
    endorsements: pd.DataFrame
    # Whether ranks are taken among the doctors who answered, for want of a norm sample.
    pool: bool = False

    @property
    def responses(self) -> EvidenceClass:
        """The class of the answers: that of the counts of Section B, else of the standings."""
        if not len(self.endorsements):
            return self.evidence
        return EvidenceClass(str(self.endorsements["evidence"].iloc[0]))

    @property
    def evidence(self) -> EvidenceClass:
        """The class of ranks, from the column `evidence` of the standings."""
        return EvidenceClass(str(self.standings["evidence"].iloc[0]))


def read_results(
    standings: Path, placements: Path, endorsements: Path, norms: Path | None = None
) -> Results:
    """The results that were written as CSV: names as text, all else as numbers.

    `norms` says what ranks are taken against (`results.norms_frame`).
    """

    def read(path: Path) -> pd.DataFrame:
        frame = read_csv(path)
        for name in frame.columns:
            if name not in _TEXT:
                frame[name] = pd.to_numeric(frame[name].where(frame[name] != "", None)).astype(
                    float
                )
        return frame

    pool = norms is not None and POOL in set(read_csv(norms)["kind"])
    return Results(read(standings), read(placements), read(endorsements), pool)


@dataclass(frozen=True)
class Unit:
    """A group, or with an empty group a whole site; `n` counts its respondents."""

    site: str
    group: str
    n: int
    label: str
    colour: str
    marker: str

    @property
    def size(self) -> str:
        """The number of respondents as it is shown."""
        return f"n = {self.n}"


@dataclass(frozen=True)
class Standing:
    """Where a unit stands on one scale, and how it is shown.

    `band` is by the rule, also where too few are there to place the unit; `chance` is NaN there.
    `text` is the percentile as it is written, on its own side of every band's end.
    """

    percentile: float
    text: str
    low: float
    high: float
    band: str
    chance: float
    n: int
    respondents: int
    note: str

    @property
    def placed(self) -> bool:
        """Whether the unit has enough doctors for a band."""
        return self.note not in (TOO_FEW, NO_SCORES, NO_RESPONSES, WITHHELD)

    @property
    def known(self) -> bool:
        """Whether there is a percentile at all."""
        return not pd.isna(self.percentile)

    @property
    def value(self) -> str:
        """The percentile; in brackets where too few are there to place the unit."""
        return self.text if self.placed or not self.known else f"({self.text})"

    @property
    def interval(self) -> str:
        """Both ends of the interval; empty where there is none."""
        return "" if pd.isna(self.low) else interval_text(self.low, self.high).replace(" to ", "–")

    @property
    def sure(self) -> str:
        """The probability of the band; empty where there is none."""
        return chance_text(self.chance)

    @property
    def sentence(self) -> str:
        """All of it in words."""
        if not self.known:
            return self.note
        ends = interval_text(self.low, self.high) if self.interval else "no interval"
        if not self.placed:
            return f"{self.text} ({ends}), {self.note}"
        sure = f", probability {self.sure}" if self.sure else ""
        return f"{self.text} ({ends}), {self.band}{sure}"


def chance_text(chance: float) -> str:
    """A probability in per cent, never shown as certain; empty for NaN."""
    if pd.isna(chance):
        return ""
    percent = 100 * chance
    if percent >= 99.5:
        return ">99 %"
    return "<1 %" if percent < 0.5 else f"{percent:.0f} %"


@dataclass(frozen=True)
class Topic:
    """One figure with all that it draws."""

    declared: EngagementFigure
    plan: EngagementPlan
    results: Results
    evidence: EvidenceClass
    confidence: float

    @property
    def instrument(self) -> Instrument:
        """The scale."""
        return self.plan.instrument

    @property
    def warning(self) -> str:
        """The words that this evidence needs in the picture."""
        kind = str(self.evidence)
        if self.evidence is self.results.evidence is not self.results.responses:
            kind = f"{kind}-norms"
        return self.plan.warnings.get(kind, "")

    @property
    def coverage(self) -> str:
        """The coverage of the intervals as it is shown."""
        return f"{100 * self.confidence:g} %"

    # -- units

    @cached_property
    def sites(self) -> list[Unit]:
        """Every site as a whole, in order, also those of which nobody answered."""
        frame = self.results.standings
        whole = frame[(frame["group"] == "") & ~frame["site"].isin(_ALL)]
        counts = whole.groupby("site")["respondents"].max()
        return [
            Unit(str(site), "", int(n), f"Site {site}", style.INK, "*")
            for site, n in sorted(counts.items())
        ]

    @cached_property
    def units(self) -> list[Unit]:
        """The groups of the figure's site in order, and after them the whole site.

        Raises ProblemsFound where the responses know no such site.
        """
        names = [unit.site for unit in self.sites]
        site = self.declared.site
        if site not in names:
            near = nearest(site, names)
            what = f"{self.declared.figure}: the site '{site}' is not among the responses"
            mend = f"did you mean '{near}'?" if near else "name a site of the responses"
            file = "engagement_figures.yaml"
            raise ProblemsFound([Problem(file, what, mend, allowed=", ".join(names))])
        frame = self.results.standings
        counts = frame[(frame["site"] == site) & (frame["group"] != "")]
        sizes = counts.groupby("group")["respondents"].max()
        colours = [c for c in style.COLOURS.values() if c != style.COLOURS["black"]]
        markers = style.MARKERS[:-1]
        found = []
        for place, (group, n) in enumerate(sorted(sizes.items())):
            # With more groups than colours, marks move on so that no two look alike.
            marker = markers[(place + place // len(colours)) % len(markers)]
            colour = colours[place % len(colours)]
            found.append(Unit(site, str(group), int(n), str(group), colour, marker))
        whole = next(unit for unit in self.sites if unit.site == site)
        return [*found, replace(whole, label="Whole site")]

    @cached_property
    def _places(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        rows = self.results.placements.to_dict("records")
        return {(str(r["site"]), str(r["group"]), str(r["map"])): r for r in rows}  # type: ignore[misc]

    def place(self, unit: Unit, name: str) -> dict[str, Any]:
        """The row of a unit on a map of the typology."""
        return self._places[unit.site, unit.group, name]

    @cached_property
    def _answers(self) -> dict[tuple[str, str, str], dict[str, dict[str, Any]]]:
        frame = self.results.endorsements
        found: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
        for row in frame[frame["site"] == self.declared.site].to_dict("records"):
            key = (str(row["site"]), str(row["group"]), str(row["statement"]))
            found.setdefault(key, {})[str(row["category"])] = row  # type: ignore[assignment]
        return found

    def answers(self, unit: Unit, statement: str) -> list[dict[str, Any]]:
        """The rows of a unit and a statement, one for each category; none where nobody is."""
        rows = self._answers.get((unit.site, unit.group, statement), {})
        return [rows[category.label] for category in self.instrument.categories if rows]

    # -- standings

    @cached_property
    def _standings(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        rows = self.results.standings.to_dict("records")
        return {(str(r["site"]), str(r["group"]), str(r["scale"])): r for r in rows}  # type: ignore[misc]

    def standing(self, unit: Unit, scale: str) -> Standing:
        """Where a unit stands on a scale."""
        row = self._standings[unit.site, unit.group, scale]
        band = str(row["band_by_rule"])
        return Standing(
            percentile=float(row["percentile"]),
            text=percentile_text(float(row["percentile"]), self.instrument.bands),
            low=float(row["low"]),
            high=float(row["high"]),
            band=band,
            chance=float(row.get(f"p_{band}", float("nan"))),
            n=int(row["n"]),
            respondents=int(row["respondents"]),
            note=str(row["note"]),
        )

    def standing_data(self, units: Sequence[Unit], scales: Sequence[str]) -> list[dict[str, Any]]:
        """Rows of `DATA_COLUMNS` for units on scales."""
        rows: list[dict[str, Any]] = []
        for unit in units:
            for scale in scales:
                at = self.standing(unit, scale)
                rows.append(
                    {
                        "part": "standing",
                        "site": unit.site,
                        "group": unit.group,
                        "scale": scale,
                        "value": at.percentile,
                        "low": at.low,
                        "high": at.high,
                        "label": at.band if at.placed else "",
                        "probability": at.chance,
                        "n": at.n,
                        "note": at.note,
                    }
                )
        return rows

    # -- words

    def caption(self, *about: str, touches: Sequence[str]) -> str:
        """What stands below: how to read it, what is assumed, and the note of the figure."""
        names = [a.name.replace("-", " ") for a in self.instrument.assumed_for(*touches)]
        told = f"Assumed, and open to change: {'; '.join(names)}." if names else ""
        return " ".join(filter(None, [*about, told, self.declared.note]))

    @property
    def axis(self) -> str:
        """What a percentile is taken against, in words."""
        pool = self.results.pool
        return f"percentile {'among all who answered here' if pool else 'against the norm sample'}"

    @property
    def reading(self) -> str:
        """How a percentile of a group is meant."""
        standing = self.instrument.standing.value.replace("-", " ")
        against = self.axis.replace("percentile", "Percentiles")
        return f"{against}; of a group the {standing}. Bands are decided before rounding."

    @property
    def few(self) -> str:
        """What is too few to place, in words."""
        return f"{TOO_FEW}: fewer than {self.instrument.place_from}"

    def alt(self, *sentences: str) -> str:
        """The picture in sentences, with warning and note."""
        parts = [f"{self.declared.title}.", *sentences, self.declared.note, self.warning]
        return " ".join(filter(None, parts))

    # -- the sheet

    def sheet(self, body: float, caption: str) -> Sheet:
        """A sheet with title, badge, warning and caption; call within `style.style()`."""
        return new_sheet(self.declared.title, self.evidence, caption, body, warning=self.warning)

    def finished(self, sheet: Sheet, rows: Sequence[Mapping[str, Any]], alt: str) -> style.Figure:
        """The figure of a sheet that is drawn, with the data that it shows."""
        own = {"evidence": str(self.evidence)}
        table = [{name: _text({**own, **row}.get(name)) for name in DATA_COLUMNS} for row in rows]
        data = pd.DataFrame(table, columns=DATA_COLUMNS)
        return style.Figure(sheet.drawing, data, alt, self.declared.title, self.evidence)


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return plain_number(float(value))  # type: ignore[arg-type]


def tree(instrument: Instrument) -> list[tuple[int, Scale]]:
    """The scales from the index down to those made of items, each with its depth.

    Scales that are part of no other and are no index (components) are left out; without an
    index every scale stands at depth 0.
    """
    named = {scale.name: scale for scale in instrument.scales}
    found: list[tuple[int, Scale]] = []

    def visit(scale: Scale, depth: int) -> None:
        found.append((depth, scale))
        for part in () if scale.of_items else scale.parts:
            visit(named[part], depth + 1)

    for scale in instrument.scales:
        if scale.level == "index":
            visit(scale, 0)
    return found or [(0, scale) for scale in instrument.scales]


KIND_MARKS = {"organisational": "O", "individual": "I"}


def scale_label(scale: Scale) -> str:
    """The name of a scale, marked where it is of one side only."""
    mark = KIND_MARKS.get(scale.kind)
    return f"{scale.title}\N{NO-BREAK SPACE}({mark})" if mark else scale.title


def band_range(bands: Sequence[Band], place: int) -> str:
    """The percentiles of a band in words."""
    band, before = bands[place], bands[place - 1] if place else None
    upto = (
        ""
        if band.to is None
        else f"{band.to:g} or less"
        if band.includes_end
        else f"below {band.to:g}"
    )
    if before is None or before.to is None:
        return upto
    start = f"above {before.to:g}" if before.includes_end else f"{before.to:g} or more"
    return f"{start}, {upto}" if upto else start
