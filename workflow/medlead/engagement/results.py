"""What the stage gives: doctors, standings, places on the grid and Section B, each with its class.

One frame tells of groups, of whole sites (the group is empty) and of everybody (site and
group are empty). Sites of the roster of which nobody answered stand there without numbers.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from medlead.engagement.disclosure import (
    hidden_units,
    of_shown_sites,
    unit_sizes,
    withheld_frame,
    withhold,
)
from medlead.engagement.groups import (
    NO_RESPONSES,
    Totals,
    endorsements,
    individuals,
    standings,
    totals_of,
)
from medlead.engagement.instrument import Instrument
from medlead.engagement.norms import Norms
from medlead.engagement.responses import Answers, Responses
from medlead.engagement.scoring import score
from medlead.engagement.typology import placements
from medlead.evidence import EvidenceClass, resting_on

EVERYBODY = ("", "")

# Where the doctors that ranks are taken against come from.
SAMPLE, SCORES, POOL = "sample", "scores", "own doctors"


@dataclass(frozen=True)
class Results:
    """The frames of the stage; the last column of the first four is `evidence`.

    `withheld` lists the units that are not shown (site, group, why, evidence).
    """

    doctors: pd.DataFrame
    standings: pd.DataFrame
    placements: pd.DataFrame
    endorsements: pd.DataFrame
    withheld: pd.DataFrame


def engagement_results(
    responses: Responses,
    norms: Norms,
    instrument: Instrument,
    roster: Iterable[str],
    *,
    responses_are: EvidenceClass,
    norms_are: EvidenceClass,
    confidence: float = 0.95,
    smallest: int = 0,
) -> Results:
    """Score the responses and place groups, sites and everybody (report, sections 6.4 to 6.8).

    `doctors` is `groups.individuals`, `standings` and `placements` are those of the engine,
    in the order of site and group, everybody first and each site before its groups.
    `endorsements` has a row for each group and site, statement and category; a site of the
    `roster` without responses has no count and no percentage there, and a `note`. A rank
    rests on responses and norms, so it has the freer class of the two. Units of fewer than
    `smallest` doctors are not shown, and sites of fewer count nowhere (see `disclosure`);
    `doctors` has everybody. Raises ProblemsFound where no site may be shown.
    """
    hidden = hidden_units(unit_sizes(responses), smallest)
    shown = of_shown_sites(responses, smallest)
    of_groups = totals_of(shown, score(shown.items, instrument), norms, instrument)
    every = with_wholes(of_groups, roster)
    ranked = str(resting_on(responses_are, norms_are))
    said_by = endorsements(shown, instrument, confidence=confidence)
    shares = with_absent(said_by, instrument, roster)
    placed = standings(every, norms, instrument, confidence=confidence).assign(evidence=ranked)
    mapped = placements(every, norms, instrument, confidence=confidence).assign(evidence=ranked)
    said = shares.assign(evidence=str(responses_are))
    # A scale's name of its own, and how many answered at all, give nobody away.
    own = ["respondents", "category", "side"]
    return Results(
        individuals(responses, score(responses.items, instrument), norms, instrument).assign(
            evidence=ranked
        ),
        withhold(placed, hidden, smallest, "scale", own),
        withhold(mapped, hidden, smallest, "map", own),
        withhold(said, hidden, smallest, "statement", own),
        withheld_frame(hidden).assign(evidence=str(responses_are)),
    )


def norms_frame(norms: Norms, kind: str, evidence: EvidenceClass) -> pd.DataFrame:
    """What ranks are taken against: for each scale the doctors with a score, and their kind."""
    rows = [(name, norm.size, kind, str(evidence)) for name, norm in norms.scales.items()]
    return pd.DataFrame(rows, columns=["scale", "doctors", "kind", "evidence"])


def with_wholes(of_groups: Totals, roster: Iterable[str]) -> Totals:
    """The totals of groups, of their sites, of everybody and of sites without responses, in order.

    Every doctor counts once in each whole.
    """
    sites = of_groups.by_site()
    parts = [of_groups, sites]
    joined = Totals(
        (*of_groups.units, *sites.units, EVERYBODY),
        np.append(np.concatenate([p.respondents for p in parts]), of_groups.respondents.sum()),
        _joined([p.scales for p in parts], of_groups.scales),
        _joined([p.pairs for p in parts], of_groups.pairs),
    )
    return joined.with_units((site, "") for site in roster)


def _joined(parts: list[np.ndarray], whole: np.ndarray) -> np.ndarray:
    return np.concatenate([*parts, whole.sum(axis=-1, keepdims=True)], axis=-1)


def with_absent(
    shares: pd.DataFrame, instrument: Instrument, roster: Iterable[str]
) -> pd.DataFrame:
    """Section B with the sites of the roster that returned nothing: no count is not a count of 0.

    Adds the column `note`; the order is that of `endorsements`, by site.
    """
    there = set(shares["site"])
    absent = [
        (site, "", statement, category.label, category.side, None, 0, *[np.nan] * 3)
        for site in sorted(set(roster) - there)
        for statement in instrument.statements
        for category in instrument.categories
    ]
    told = shares.assign(count=shares["count"].astype("Int64"), note="")
    if not absent:
        return told
    more = pd.DataFrame(absent, columns=list(shares.columns)).astype(
        {"count": "Int64", "n": "int64", "percent": "float64", "low": "float64", "high": "float64"}
    )
    both = pd.concat([told, more.assign(note=NO_RESPONSES)], ignore_index=True)
    order = {name: place for place, name in enumerate(instrument.statements)}
    # Stable: groups and categories keep their order within a statement of a site.
    return both.sort_values(
        ["statement", "site"],
        key=lambda c: c.map(order) if c.name == "statement" else c,
        kind="stable",
        ignore_index=True,
    )


def answers_frame(responses: Responses, instrument: Instrument) -> pd.DataFrame:
    """Responses as text, one row for each doctor, with the columns of the instrument."""
    sites, groups = zip(*responses.units, strict=True) if responses.units else ((), ())
    who = {
        instrument.respondent: [n.decode("utf-8", errors="replace") for n in responses.respondents],
        instrument.site: np.array(sites, dtype=object)[responses.unit],
        instrument.group: np.array(groups, dtype=object)[responses.unit],
    }
    categories = np.array(["", *(str(c.value) for c in instrument.categories)], dtype=object)
    said = zip(instrument.statements, responses.statements, strict=True)
    return pd.concat(
        [
            pd.DataFrame(who),
            items_frame(responses.items, instrument),
            pd.DataFrame({name: categories[codes] for name, codes in said}),
        ],
        axis=1,
    )


def items_frame(items: Answers, instrument: Instrument) -> pd.DataFrame:
    """Answers to the items as text, one row for each doctor; `items` is (items, doctors)."""
    points = np.array(["", *(str(p.value) for p in instrument.points)], dtype=object)
    answered = zip(instrument.item_names, items, strict=True)
    return pd.DataFrame({name: points[codes] for name, codes in answered})
