"""Scored doctors for the tests of the engagement figures: the project's, and made-up ones."""

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import yaml

from medlead.engagement.groups import endorsements, standings, totals_of
from medlead.engagement.instrument import load_instrument
from medlead.engagement.norms import norms_from_items
from medlead.engagement.responses import responses_from
from medlead.engagement.scoring import score
from medlead.engagement.typology import placements
from medlead.present.engagement_declared import load_engagement_figures
from medlead.present.engagement_topic import Results, read_results
from medlead.writing import write_csv

ROOT = Path(__file__).parents[2]
RAW, PUBLISHED = ROOT / "data" / "raw", ROOT / "data" / "published"
SILENT = ("F", "G")


def parsed(name):
    return yaml.safe_load((ROOT / "config" / "instruments" / name).read_text(encoding="utf-8"))


@cache
def own_instrument():
    return load_instrument(parsed("mes.yaml"))


@cache
def own_plan():
    return load_engagement_figures(parsed("engagement_figures.yaml"), own_instrument())


@cache
def raw(name):
    return pd.read_csv(RAW / f"{name}.csv", dtype=str, keep_default_na=False)


def scored(answers, norm_items, instrument, silent=()):
    """The frames of a set of responses: groups, sites, and sites of which nobody answered."""
    responses = responses_from(answers, instrument)
    norms = norms_from_items(norm_items, instrument)
    groups = totals_of(responses, score(responses.items, instrument), norms, instrument)
    sites = groups.by_site().with_units([(site, "") for site in silent])
    frames = [
        pd.concat([make(given, norms, instrument) for given in (groups, sites)], ignore_index=True)
        for make in (standings, placements)
    ]
    return Results(*frames, endorsements(responses, instrument))


def through_files(results, folder, evidence):
    """The results as they are read back from what was written."""
    frames = {
        "standings": results.standings,
        "placements": results.placements,
        "endorsements": results.endorsements,
    }
    for name, frame in frames.items():
        write_csv(folder / f"{name}.csv", frame.assign(evidence=evidence))
    return read_results(*(folder / f"{name}.csv" for name in frames))


def own_results(folder):
    instrument = own_instrument()
    norm = raw("mes_norms")[list(instrument.item_names)].to_numpy().astype(np.uint8).T
    return through_files(
        scored(raw("mes_responses"), norm, instrument, SILENT), folder, "simulated"
    )


@cache
def written(drawing):
    found = drawing.findobj(matplotlib.text.Text)
    return [t for t in found if t.get_visible() and t.get_text().strip()]


def texts(figure):
    return written(figure.drawing)


def words(figure):
    """All that is written in a picture, line breaks aside."""
    return " ".join(" ".join(t.get_text().split()) for t in texts(figure))
