"""The part of a study's page that tells of engagement: tables to read, and how to read them."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from medlead.engagement.instrument import Instrument, Standing
from medlead.engagement.results import POOL
from medlead.evidence import EvidenceClass
from medlead.layout import tidy
from medlead.present.engagement_topic import Results, band_range
from medlead.present.standing_words import (
    NOTES,
    NOTHING,
    interval_text,
    percentile_text,
    probability_text,
    section_b_frame,
    standing_frame,
    summing_scale,
)
from medlead.present.tables import html_table
from medlead.writing import file_stems

_EVERYBODY = "All together"
# What stands in each file that the page names.
ENGAGEMENT_FILES = {
    "standings": "every site and group on every scale: percentiles, intervals, bands",
    "placements": "every site and group on the grid of engagement",
    "endorsements": "the answers to Section B",
    "norms": "the doctors that ranks are taken against",
    "withheld": "sites and groups that are not shown, and why",
    "doctors": "the scores of every single doctor: in confidence",
    "reliability": "reliability of each scale, and of its items",
    "structure": "how many factors the answers show, and how well the scales fit",
    "aggregation": "agreement within groups and sites, and differences between them",
    "counts": "themes of the open comments",
}


def engagement_tables(
    results: Results,
    withheld: pd.DataFrame,
    measures: Mapping[str, pd.DataFrame],
    instrument: Instrument,
    confidence: float,
) -> dict[str, tuple[str, str, EvidenceClass]]:
    """The tables of the page as (title, HTML, class), by name, in their order.

    `results` are as read from their files, `withheld` is the table of units that are not
    shown, `measures` holds `reliability`, `structure` and `aggregation` (numbers as numbers).
    What rests on no rank has the class of the answers. A table without rows is left out.
    """
    ranks, answers = results.evidence, results.responses
    sites = sorted({*results.standings["site"]} - {""})
    stems = file_stems("site", sites)
    wide: dict[str, tuple[str, pd.DataFrame, EvidenceClass]] = {
        "sites": ("Where the sites stand", sites_frame(results, instrument), ranks)
    }
    maps = [m.name for m in instrument.typology.maps]
    for site in sites:
        groups = results.standings[results.standings["site"] == site]["group"]
        if not (groups != "").any():
            continue
        of = (results.standings, results.placements, instrument, site)
        frame = standing_frame(*of, summing_scale(instrument).name, maps[0] if maps else "")
        wide[f"{stems[site]}-groups"] = (f"Site {site}: where its groups stand", frame, ranks)
        said = section_b_frame(results.endorsements, instrument, site, confidence)
        if len(said):
            said.insert(0, "Statement and group", said.iloc[:, 0] + ": " + said["Group"])
            said = said.drop(columns=[said.columns[1], "Group"])
            wide[f"{stems[site]}-answers"] = (f"Site {site}: Section B", said, answers)
    wide["reliability"] = (
        "Reliability of the scales",
        reliability_frame(measures["reliability"], instrument),
        answers,
    )
    wide["structure"] = ("Structure of the scale", structure_frame(measures["structure"]), answers)
    wide["agreement"] = (
        "Do doctors of one group answer alike?",
        agreement_frame(measures["aggregation"], instrument),
        answers,
    )
    wide["withheld"] = ("Not shown", _withheld_frame(withheld), answers)
    return {
        name: (title, text_table(f"engagement-{name}", title, frame, evidence), evidence)
        for name, (title, frame, evidence) in wide.items()
        if len(frame)
    }


def text_table(name: str, title: str, frame: pd.DataFrame, evidence: EvidenceClass) -> str:
    """A frame of text as a table; its first column heads the rows."""
    head, *columns = frame.columns
    cells: list[tuple[str, str, object, str, int, EvidenceClass]] = [
        (str(row[head]), str(column), str(row[column]), str(row[column]), 1, evidence)
        for row in frame.to_dict("records")
        for column in columns
    ]
    return html_table(tidy(cells), identifier=name, title=title, evidence=evidence)


def sites_frame(results: Results, instrument: Instrument) -> pd.DataFrame:
    """Every site on the index and on the first map of the grid, and below them all together.

    Ranked among themselves, all together are in the middle whatever they answered, and left out.
    """
    name, maps = summing_scale(instrument).name, instrument.typology.maps
    whole = results.standings[
        (results.standings["group"] == "") & (results.standings["scale"] == name)
    ]
    places = results.placements
    of_map = places[(places["group"] == "") & (places["map"] == maps[0].name)] if maps else None
    rows = []
    for row in whole.to_dict("records"):
        shown = {
            "Site": row["site"] or _EVERYBODY,
            "Doctors": f"{row['n']:.0f}",
            "Percentile": percentile_text(float(row["percentile"]), instrument.bands),
            "Interval": interval_text(float(row["low"]), float(row["high"])),
            "Band": row["band"] or NOTES.get(str(row["note"]), str(row["note"])),
            "Probability": probability_text(float(row.get(f"p_{row['band']}", math.nan))),
        }
        if of_map is not None:
            place = of_map[of_map["site"] == row["site"]].iloc[0]
            kind = str(place["quadrant"])
            chance = float(place[f"p_{kind}"]) if kind else math.nan
            shown |= {"Type": kind or NOTHING, "Probability of the type": probability_text(chance)}
        rows.append(shown)
    everybody = [row for row in rows if row["Site"] == _EVERYBODY and not results.pool]
    return pd.DataFrame([*(row for row in rows if row["Site"] != _EVERYBODY), *everybody])


def _number(value: float, low: float = math.nan, high: float = math.nan) -> str:
    if math.isnan(value):
        return NOTHING
    return f"{value:.2f}" if math.isnan(low) else f"{value:.2f} ({low:.2f} to {high:.2f})"


def reliability_frame(reliability: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Alpha and omega of each scale with their intervals, of all doctors."""
    here = reliability[(reliability["sample"] == "all") & (reliability["item"] == "")]
    rows = []
    for scale in instrument.scales:
        of = here[here["scale"] == scale.name]
        if not len(of):
            continue
        row = {"Scale": scale.title, "Items": str(of["items"].iloc[0])}
        for name in here["statistic"].unique():
            found = of[of["statistic"] == name]
            cell = found.iloc[0] if len(found) else None
            heading = name.replace("-", " ").capitalize()
            row[heading] = (
                NOTHING if cell is None else _number(*map(float, cell[["value", "low", "high"]]))
            )
        row["Remark"] = "; ".join(dict.fromkeys(filter(None, of["note"])))
        rows.append(row)
    return pd.DataFrame(rows)


def structure_frame(structure: pd.DataFrame) -> pd.DataFrame:
    """How many factors the answers show, and how well each structure fits, of all doctors."""
    here = structure[(structure["sample"] == "all") & (structure["part"] == "")]
    keys = zip(here["analysis"], here["model"], strict=True)
    names = [f"{a[:1].upper()}{a[1:]}{f': {m}' if m else ''}" for a, m in keys]
    rows: dict[str, dict[str, str]] = {}
    for name, cell in zip(names, here.to_dict("records"), strict=True):
        row = rows.setdefault(name, {"Analysis": name, "Found": "", "Remark": ""})
        if not math.isnan(float(cell["value"])):
            told = f"{cell['statistic']} {float(cell['value']):.3g}"
            row["Found"] = f"{row['Found']}; {told}" if row["Found"] else told
        if cell["note"] and cell["note"] not in row["Remark"]:
            row["Remark"] = f"{row['Remark']}; {cell['note']}".removeprefix("; ")
    return pd.DataFrame([{**row, "Found": row["Found"] or NOTHING} for row in rows.values()])


def agreement_frame(aggregation: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Likeness of groups, and the middle one of their agreements, on each scale."""
    here = aggregation[(aggregation["level"] == "group") & (aggregation["site"] == "")]
    rows = []
    for scale in instrument.scales:
        row = {"Scale": scale.title}
        for cell in here[here["scale"] == scale.name].to_dict("records"):
            beside = f", {cell['null']}" if cell["null"] else ""
            ends = (float(cell["value"]), float(cell["low"]), float(cell["high"]))
            row[f"{cell['statistic'][:1].upper()}{cell['statistic'][1:]}{beside}"] = _number(*ends)
        rows.append(row)
    found = pd.DataFrame(rows).fillna(NOTHING)
    return found if len(found.columns) > 1 else found.iloc[:0]


def _withheld_frame(withheld: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            "Not shown": f"{w['site']} / {w['group']}" if w["group"] else w["site"],
            "Why": w["why"],
        }
        for w in withheld.to_dict("records")
    ]
    return pd.DataFrame(rows)


def engagement_reading(
    results: Results,
    instrument: Instrument,
    norms: pd.DataFrame,
    smallest: int,
    confidence: float,
) -> list[str]:
    """How to read the engagement part, in paragraphs: ranks, bands, doubt, confidence."""
    size = int(pd.to_numeric(norms["doctors"]).max())
    if POOL in set(norms["kind"]):
        ranked = (
            f"No norm sample was given, so each doctor is ranked among all {size:,} who answered "
            "at the sites shown here. Half of them lie below 50 whatever they answered: "
            "percentiles and bands tell sites and groups of this study apart, and nothing of how "
            "engaged doctors are elsewhere. Each site is part of what it is ranked in."
        )
    elif results.evidence is results.responses:
        ranked = f"Each doctor is ranked in the study's own norm sample of {size:,} doctors."
    else:
        ranked = (
            f"Each doctor is ranked in a norm sample of {size:,} doctors of the class "
            f"“{results.evidence}”: {results.evidence.meaning} So every percentile, band and type "
            "here is of that class too, though the answers are the study's own: groups can be "
            "compared with each other, but not said to be high or low. The study's own norm sample "
            "is named in the configuration under inputs.mes_norms; with an empty file name "
            "there, doctors are ranked among those who answered."
        )
    bands = ", ".join(
        f"{band.label} ({band_range(instrument.bands, place)})"
        for place, band in enumerate(instrument.bands)
    )
    mean = instrument.standing is Standing.MEAN_OF_PERCENTILES
    found = [
        ranked,
        f"The percentile of a group or site is the "
        f"{'mean of its doctors’ percentiles' if mean else 'percentile of its mean score'}. "
        f"Bands: {bands}; they are decided before rounding. Intervals cover {confidence:.0%} and "
        "take those who answered as a sample of those who could have; the probability is that of "
        f"the band or type that is named. With fewer than {instrument.place_from} scores there is "
        "no band.",
    ]
    if instrument.statements:
        found.append(
            "Of Section B the share in per cent stands before the number of doctors, and its "
            f"exact interval ({confidence:.0%}) behind it."
        )
    if smallest > 1:
        found.append(
            f"Doctors answered in confidence: groups and sites of fewer than {smallest} are shown "
            "nowhere, nor is any other number that would tell of them by subtraction; doctors of "
            "such sites count nowhere. What is left out is listed below."
        )
    return found


def assumed(instrument: Instrument) -> Sequence[tuple[str, str]]:
    """What the instrument file assumes, as (about, assumed)."""
    topics = ("scores", "percentiles", "bands", "typology", "groups", "section-b")
    return [(a.about, a.assumed) for a in instrument.assumed_for(*topics)]
