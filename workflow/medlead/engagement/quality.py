"""Reliability, structure and aggregation of an engagement scale, by declared choices."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from medlead.engagement.aggregation import aggregation, spread_over
from medlead.engagement.answered import Sample
from medlead.engagement.definition import LEVELS
from medlead.engagement.disclosure import hidden_units, of_shown_sites, unit_sizes
from medlead.engagement.instrument import Instrument
from medlead.engagement.reliability import reliability
from medlead.engagement.responses import Answers, Responses
from medlead.engagement.scoring import score
from medlead.engagement.structure import structure
from medlead.evidence import EvidenceClass
from medlead.provenance import step_seed
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import nearest

_EXACT = 1e-9


def measure(
    responses: Responses,
    norms: Answers | None,
    instrument: Instrument,
    declared: Mapping[str, Any],
    *,
    evidence: tuple[EvidenceClass, EvidenceClass],
    confidence: float,
    seed: int,
    file: str = "mes_reliability.yaml",
    smallest: int = 0,
) -> dict[str, pd.DataFrame]:
    """The tables `reliability`, `structure` and `aggregation`.

    Samples are the norm sample (unless only its scores are known), all respondents, and, for
    reliability, every site.
    `declared` are the choices of `mes_reliability.yaml`, `evidence` the classes of responses
    and norms. Each estimate draws from a random stream of its own, by its name. Sites and groups
    of fewer than `smallest` doctors are not shown, and sites of fewer count nowhere. Raises
    ProblemsFound where a choice does not fit the instrument.
    """
    check_choices(declared, instrument, file)
    of, models, nulls = chosen(declared, instrument)
    responses = of_shown_sites(responses, smallest)
    hidden = hidden_units(unit_sizes(responses), smallest)
    own, of_norms = (str(kind) for kind in evidence)
    whole = [Sample("all", "", responses.items, own)]
    if norms is not None:
        whole.insert(0, Sample("norms", "", norms, of_norms))
    site_of = np.array([site for site, _ in responses.units], dtype=object)[responses.unit]
    sites = [
        Sample("site", site, responses.items[:, site_of == site], own)
        for site in sorted({site for site, _ in responses.units})
    ]

    def rng_of(step: str) -> Callable[[str], np.random.Generator]:
        return lambda name: np.random.default_rng(step_seed(seed, f"{step}/{name}"))

    shared: dict[str, Any] = {
        "respondents_from": declared["respondents_from"],
        "per_parameter": declared["factors"]["per_parameter"],
        "confidence": confidence,
    }
    parallel = declared["parallel"]
    agreed = aggregation(
        responses,
        score(responses.items, instrument),
        instrument,
        nulls=nulls,
        confidence=confidence,
        evidence=own,
    )
    # All units together (no site, no group) stay: they tell of no single one.
    told = [
        not site or ((site, group) not in hidden and n >= smallest)
        for site, group, n in zip(agreed["site"], agreed["group"], agreed["n"], strict=True)
    ]
    return {
        "reliability": reliability(
            [*whole, *sites],
            instrument,
            resamples=declared["factors"]["resamples"],
            rng_of=rng_of("omega"),
            **shared,
        ),
        "structure": structure(
            whole,
            instrument,
            of=of,
            models=models,
            per_item=parallel["per_item"],
            replicates=parallel["replicates"],
            percentile=parallel["percentile"],
            rng_of=rng_of("parallel"),
            **shared,
        ),
        "aggregation": agreed[told].reset_index(drop=True),
    }


def chosen(
    declared: Mapping[str, Any], instrument: Instrument
) -> tuple[str, list[Mapping[str, str]], dict[str, list[float]]]:
    """The scale whose structure is looked at, the models fitted to it, the shares by chance.

    What checked choices (`check_choices`) come to for this instrument: the only scale of a
    level that stands in place of a scale; no models of levels that it does not have; shares of
    another number of answers spread over its own, and called so.
    """
    of, levels = declared["confirmatory"]["of"], _levels(instrument)
    named = [scale.name for scale in instrument.scales if of in (scale.name, scale.level)]
    scale = of if of in named else named[0]
    models = [m for m in declared["confirmatory"]["models"] if m.get("level", levels[0]) in levels]
    nulls: dict[str, list[float]] = {}
    for null in declared["agreement"]["nulls"]:
        given, count = null["shares"], len(instrument.points)
        shares = spread_over(given, count)
        alike = len(given) == count or np.ptp(given) <= _EXACT
        beside = "" if alike else f", spread from {len(given)} to {count} answers"
        nulls[f"{null['chance']}{beside}"] = shares
    return scale, models, nulls


def _levels(instrument: Instrument) -> tuple[str, ...]:
    return tuple(dict.fromkeys(scale.level for scale in instrument.scales))


def check_choices(declared: Mapping[str, Any], instrument: Instrument, file: str) -> None:
    """Raise ProblemsFound with every choice that fits no instrument, or not this one: scales
    that it does not have, levels that there are not, shares that do not add up.

    What follows from the instrument by itself is no problem (`chosen`).
    """
    problems: list[Problem] = []

    def known(place: str, name: str, names: tuple[str, ...]) -> None:
        if name not in names:
            near = nearest(name, names)
            mend = f"did you mean '{near}'?" if near else "name one of the instrument's"
            what = "the instrument has no such name"
            problems.append(Problem(file, what, mend, None, place, name, ", ".join(names)))

    confirmatory = declared["confirmatory"]
    single = [level for level in LEVELS if [s.level for s in instrument.scales].count(level) == 1]
    known("confirmatory.of", confirmatory["of"], (*instrument.scale_names, *single))
    for model in confirmatory["models"]:
        place = f"confirmatory.models.{model['model']}.level"
        if model["kind"] == "correlated":
            known(place, model.get("level", ""), LEVELS)
        elif "level" in model:
            what, mend = "only a correlated model has a level", "delete it"
            problems.append(Problem(file, what, mend, column=place, value=model["level"]))
    for null in declared["agreement"]["nulls"]:
        place, shares = f"agreement.nulls.{null['chance']}.shares", null["shares"]
        shown = ", ".join(map(str, shares))
        if abs(sum(shares) - 1) > _EXACT or sum(share > 0 for share in shares) < 2:
            what = "the shares do not add up to 1, or leave a single answer"
            problems.append(Problem(file, what, "correct them", column=place, value=shown))
    if problems:
        raise ProblemsFound(problems)
