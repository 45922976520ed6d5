"""Reliability, structure and aggregation of an engagement scale, by declared choices."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from medlead.engagement.aggregation import aggregation
from medlead.engagement.answered import Sample
from medlead.engagement.disclosure import hidden_units, unit_sizes
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
    of fewer than `smallest` doctors are not shown. Raises ProblemsFound where a choice does
    not fit the instrument.
    """
    check_choices(declared, instrument, file)
    hidden = hidden_units(unit_sizes(responses), smallest)
    own, of_norms = (str(kind) for kind in evidence)
    whole = [Sample("all", "", responses.items, own)]
    if norms is not None:
        whole.insert(0, Sample("norms", "", norms, of_norms))
    site_of = np.array([site for site, _ in responses.units], dtype=object)[responses.unit]
    sites = [
        Sample("site", site, responses.items[:, site_of == site], own)
        for site in sorted({site for site, _ in responses.units})
        if (site, "") not in hidden
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
        nulls={null["chance"]: null["shares"] for null in declared["agreement"]["nulls"]},
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
            of=declared["confirmatory"]["of"],
            models=declared["confirmatory"]["models"],
            per_item=parallel["per_item"],
            replicates=parallel["replicates"],
            percentile=parallel["percentile"],
            rng_of=rng_of("parallel"),
            **shared,
        ),
        "aggregation": agreed[told].reset_index(drop=True),
    }


def check_choices(declared: Mapping[str, Any], instrument: Instrument, file: str) -> None:
    """Raise ProblemsFound with every choice that does not fit the instrument: scales and
    levels that it does not have, shares of answers of another number or sum.
    """
    problems: list[Problem] = []

    def known(place: str, name: str, names: tuple[str, ...]) -> None:
        if name not in names:
            near = nearest(name, names)
            mend = f"did you mean '{near}'?" if near else "name one of the instrument's"
            what = "the instrument has no such name"
            problems.append(Problem(file, what, mend, None, place, name, ", ".join(names)))

    confirmatory = declared["confirmatory"]
    known("confirmatory.of", confirmatory["of"], instrument.scale_names)
    levels = tuple(dict.fromkeys(scale.level for scale in instrument.scales))
    for model in confirmatory["models"]:
        place = f"confirmatory.models.{model['model']}.level"
        if model["kind"] == "correlated":
            known(place, model.get("level", ""), levels)
        elif "level" in model:
            what, mend = "only a correlated model has a level", "delete it"
            problems.append(Problem(file, what, mend, column=place, value=model["level"]))
    for null in declared["agreement"]["nulls"]:
        place, shares = f"agreement.nulls.{null['chance']}.shares", null["shares"]
        shown = ", ".join(map(str, shares))
        if len(shares) != len(instrument.points):
            what = f"there are {len(shares)} shares for {len(instrument.points)} answers"
            mend = "write one for each answer, the least first"
            problems.append(Problem(file, what, mend, column=place, value=shown))
        elif abs(sum(shares) - 1) > _EXACT or sum(share > 0 for share in shares) < 2:
            what = "the shares do not add up to 1, or leave a single answer"
            problems.append(Problem(file, what, "correct them", column=place, value=shown))
    if problems:
        raise ProblemsFound(problems)
