"""Standings, places on the grid and Section B as tables to read: numbers with their doubt.

Takes the frames of the engagement stage and gives frames of text, ready to show. A
percentile is rounded only so far that it stays on its own side of every band's end:
49.9 is low and must not be shown as 50 where 50.4 is shown so as well.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.engagement.bands import band_labels
from medlead.engagement.groups import NO_RESPONSES, NO_SCORES, NO_SPREAD, TOO_FEW
from medlead.engagement.instrument import Band, Instrument, Scale
from medlead.engagement.uncertainty import share_intervals

WHOLE_SITE = "Whole site"
NOTHING = "–"
# What a note of the results means, in a few words for the reader.
NOTES = {
    TOO_FEW: "too few to place",
    NO_SPREAD: "all alike, so no interval",
    NO_SCORES: "too few answers for a score",
    NO_RESPONSES: "nobody answered",
}


def percentile_text(value: float, bands: Sequence[Band]) -> str:
    """A percentile with as few decimals as keep it in its own band (at most four)."""
    if math.isnan(value):
        return NOTHING
    ends = [band.to for band in bands if band.to is not None]
    (own,) = band_labels(_array(value), bands)
    for places in range(5):
        shown = f"{value:.{places}f}"
        rounded = float(shown)
        (named,) = band_labels(_array(rounded), bands)
        # On an end itself only if it is that end: nothing is rounded to one.
        if named == own and (rounded not in ends or value == rounded):
            return shown
    return f"{value:.4f}"


def _array(value: float) -> NDArray[np.float64]:
    return np.array([value])


def interval_text(low: float, high: float) -> str:
    """An interval in whole percentiles, rounded outwards so that it never looks surer."""
    if math.isnan(low) or math.isnan(high):
        return NOTHING
    return f"{math.floor(low)} to {math.ceil(high)}"


def probability_text(share: float) -> str:
    """A probability in per cent; never 0 or 100."""
    if math.isnan(share):
        return NOTHING
    if share < 0.01:
        return "under 1 %"
    return "over 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def of_site(frame: pd.DataFrame, site: str) -> pd.DataFrame:
    """The rows of one site, its groups first and the whole site last."""
    here = frame[frame["site"] == site]
    return pd.concat([here[here["group"] != ""], here[here["group"] == ""]])


def unit_name(group: str) -> str:
    """The name of a group, or of the whole site."""
    return group or WHOLE_SITE


def summing_scale(instrument: Instrument) -> Scale:
    """The scale that sums up all others: the index, else the first."""
    named = [scale for scale in instrument.scales if scale.level == "index"]
    return (named or [*instrument.scales])[0]


def standing_frame(
    standings: pd.DataFrame,
    placements: pd.DataFrame,
    instrument: Instrument,
    site: str,
    scale: str,
    grid: str,
) -> pd.DataFrame:
    """Each group of a site, and the site, on one scale and one map of the grid.

    Columns: Group, Doctors, Percentile, Interval, Band, Probability, Type, Probability of
    the type. Where there is no place, Band says why; without a `grid` ("") there are no types.
    """
    placed = of_site(placements, site)
    places = {p["group"]: p for p in placed[placed["map"] == grid].to_dict("records")}
    here = of_site(standings, site)
    rows = []
    for row in here[here["scale"] == scale].to_dict("records"):
        group = str(row["group"])
        place = places.get(group, {})
        quadrant = str(place.get("quadrant", ""))
        chance = float(place[f"p_{quadrant}"]) if quadrant else math.nan
        rows.append(
            {
                "Group": unit_name(group),
                "Doctors": int(row["n"]),
                "Percentile": percentile_text(row["percentile"], instrument.bands),
                "Interval": interval_text(row["low"], row["high"]),
                "Band": row["band"] or NOTES.get(row["note"], row["note"]),
                "Probability": probability_text(float(row.get(f"p_{row['band']}", math.nan))),
                "Type": quadrant or NOTHING,
                "Probability of the type": probability_text(chance),
            }
        )
    frame = pd.DataFrame(rows)
    return frame if grid else frame.drop(columns=["Type", "Probability of the type"])


def scales_frame(standings: pd.DataFrame, instrument: Instrument, site: str) -> pd.DataFrame:
    """All scales of a site: one row for each, one column for each group and for the site.

    A cell is the percentile and its band, or the percentile alone where there is no place.
    """
    here = of_site(standings, site)
    names = {scale.name: scale.title for scale in instrument.scales}
    table: dict[str, list[str]] = {"Scale": list(names.values())}
    for group in dict.fromkeys(here["group"]):
        rows = here[here["group"] == group].set_index("scale")
        shown = [percentile_text(rows.loc[n, "percentile"], instrument.bands) for n in names]
        bands = [str(rows.loc[n, "band"]) for n in names]
        column = [f"{p} {band}".strip() for p, band in zip(shown, bands, strict=True)]
        table[unit_name(str(group))] = column
    return pd.DataFrame(table)


def likeliest_others(row: Mapping[Hashable, Any], instrument: Instrument) -> str:
    """The likeliest type but the named one, with its probability, of a row of the placements."""
    chances = {q.label: float(row[f"p_{q.label}"]) for q in instrument.typology.quadrants}
    named = str(row["quadrant"])
    known = {label: p for label, p in chances.items() if not math.isnan(p) and label != named}
    if not known or not named:
        return NOTHING
    best = max(known, key=lambda label: known[label])
    return f"{best}, {probability_text(known[best])}"


def places_frame(placements: pd.DataFrame, instrument: Instrument, site: str) -> pd.DataFrame:
    """The groups of a site and the site: one row for each, one column for each map of the grid.

    A cell is the type with its probability and the next likeliest, or why there is no place.
    """
    titles = {scale.name: scale.title for scale in instrument.scales}
    rows: dict[str, dict[str, object]] = {}
    for place in of_site(placements, site).to_dict("records"):
        group, named = unit_name(str(place["group"])), str(place["quadrant"])
        row = rows.setdefault(group, {"Group": group, "Doctors": int(place["n"])})
        cell = NOTES.get(place["note"], place["note"]) or NOTHING
        if named:
            chance = probability_text(float(place[f"p_{named}"]))
            cell = f"{named} {chance}; or {likeliest_others(place, instrument)}"
        row[titles.get(str(place["map"]), str(place["map"]))] = cell
    return pd.DataFrame(list(rows.values()))


def section_b_frame(
    endorsements: pd.DataFrame, instrument: Instrument, site: str, confidence: float
) -> pd.DataFrame:
    """Section B of a site: for each statement and group how many are on each side.

    A cell is the share in per cent, the number of doctors behind it and its exact interval.
    """
    here = of_site(endorsements, site)
    rows = []
    for statement, says in instrument.statements.items():
        for group in dict.fromkeys(here["group"]):
            part = here[(here["statement"] == statement) & (here["group"] == group)]
            answered = int(part["n"].iloc[0])
            row: dict[str, object] = {
                "The trust's arrangements …": says,
                "Group": unit_name(str(group)),
                "Doctors": answered,
            }
            for side in dict.fromkeys(c.side for c in instrument.categories):
                count = float(part.loc[part["side"] == side, "count"].sum())
                ends = share_intervals(_array(count), _array(answered), confidence)
                low, high = (float(end[0]) for end in ends)
                share = f"{100 * count / answered:.0f} % ({count:.0f})" if answered else NOTHING
                row[side.capitalize()] = f"{share}; {interval_text(low, high)}".removesuffix(
                    f"; {NOTHING}"
                )
            rows.append(row)
    return pd.DataFrame(rows)


def unplaced(standings: pd.DataFrame, site: str) -> dict[str, str]:
    """The groups of a site that have no place on any scale, and why."""
    found = {}
    for group, rows in of_site(standings, site).groupby("group", sort=False):
        if (rows["band"] == "").all():
            notes = rows["note"].unique()
            found[unit_name(str(group))] = "; ".join(NOTES.get(n, n) for n in notes)
    return found


def across_an_end(standings: pd.DataFrame, instrument: Instrument) -> "pd.Series[bool]":
    """Whether the interval of each standing holds the end of a band: another band is possible."""
    ends = [band.to for band in instrument.bands if band.to is not None]
    found = pd.Series(False, index=standings.index)
    for end in ends:
        found |= (standings["low"] <= end) & (standings["high"] >= end)
    return found
