"""How many factors stand behind the items, and how the scale's structure fits them.

Section 6.2 tells of a factor analysis that gave the structure of Table 26, without a figure.
Parallel analysis asks how many factors the answers themselves show; the confirmatory fits
ask how far the structure of the instrument, and simpler ones, give the correlations.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.engagement.answered import Sample, complete, left_out_note, too_few
from medlead.engagement.factor_fit import STEADY, Loadings, fit_indices
from medlead.engagement.factor_model import (
    FactorModel,
    NotIdentified,
    correlated,
    groups_at,
    one_factor,
    tree,
)
from medlead.engagement.instrument import Instrument, Scale
from medlead.engagement.polychoric import polychoric
from medlead.engagement.reliability import correlations_of, fitted
from medlead.evidence import EvidenceClass

FloatArray = NDArray[np.float64]

PARALLEL = {"pearson": "parallel analysis, Pearson", "polychoric": "parallel analysis, polychoric"}
CONFIRMATORY = "confirmatory fit"
BUILT_IN = "drawn from a model with these very scales, so that what fits was put in"
COLUMNS = ["sample", "analysis", "model", "part", "statistic", "value", "low", "high", "n",
           "note", "evidence"]  # fmt: skip


@dataclass(frozen=True)
class Parallel:
    """Eigenvalues in falling order, those of chance at the chosen percentile, and how many
    of the first lie above chance one after the other.
    """

    eigenvalues: FloatArray
    chance: FloatArray
    factors: int


def parallel_analysis(
    codes: NDArray[np.integer],
    correlate: Callable[[NDArray[np.integer]], FloatArray],
    *,
    replicates: int,
    percentile: float,
    rng: np.random.Generator,
) -> Parallel:
    """Parallel analysis (Horn 1965) of (respondents, items) of answers.

    Chance is the same answers with each item shuffled by itself, so that every item keeps
    its distribution (Buja and Eyuboglu 1992). Eigenvalues are those of the correlations that
    `correlate` gives. ValueError where it has none (an item without spread).
    """

    def eigenvalues(of: NDArray[np.integer]) -> FloatArray:
        return np.asarray(np.linalg.eigvalsh(correlate(of))[::-1], dtype=np.float64)

    own = eigenvalues(codes)
    by_chance = [eigenvalues(rng.permuted(codes, axis=0)) for _ in range(replicates)]
    chance = np.percentile(np.array(by_chance), percentile, axis=0)
    above = own > chance
    return Parallel(own, chance, int(above.argmin()) if not above.all() else len(own))


def model_of(instrument: Instrument, scale: Scale, declared: Mapping[str, str]) -> FactorModel:
    """The model that is declared: `kind` one | correlated (with a `level`) | hierarchical.

    NotIdentified where the scale does not allow it.
    """
    items = complete(np.zeros((len(instrument.items), 0), np.uint8), instrument, scale).items
    if declared["kind"] == "one":
        return one_factor(items, scale.name)
    if declared["kind"] == "hierarchical":
        return tree(instrument, scale)
    return correlated(groups_at(instrument, scale, declared["level"]))


def structure(
    samples: Sequence[Sample],
    instrument: Instrument,
    *,
    of: str,
    models: Sequence[Mapping[str, str]],
    respondents_from: int,
    per_item: float,
    per_parameter: float,
    replicates: int,
    percentile: float,
    confidence: float,
    rng_of: Callable[[str], np.random.Generator],
) -> pd.DataFrame:
    """Parallel analyses and confirmatory fits of the items of one scale, for each sample.

    One row for each value: eigenvalues with those of chance, factors kept, indices of fit,
    loadings; or the reason why there is none. Simulated answers carry a note, as what they
    were drawn from fits them without saying anything of doctors.
    """
    scale = instrument.scale(of)
    rows: list[dict[str, Any]] = []
    for sample in samples:
        given = complete(sample.answers, instrument, scale)
        codes = given.values.astype(np.int64)
        wanted = max(respondents_from, int(np.ceil(per_item * len(given.items))))
        simulated = BUILT_IN if sample.evidence == EvidenceClass.SIMULATED else ""
        notes = [left_out_note(given.left_out), simulated]
        common = {"sample": sample.name, "n": given.count, "evidence": sample.evidence}

        def add(
            found: Sequence[dict[str, Any]],
            common: dict[str, Any] = common,
            notes: Sequence[str] = tuple(notes),
        ) -> None:
            for row in found:
                told = "; ".join(filter(None, (row.get("note", ""), *notes)))
                rows.append(common | {"model": "", "part": ""} | row | {"note": told})

        for kind, title in PARALLEL.items():
            if given.count < wanted:
                why = too_few(given.count, wanted)
                add([{"analysis": title, "statistic": "factors", "note": why}])
                continue

            def correlate(of: NDArray[np.integer], kind: str = kind) -> FloatArray:
                if kind == "polychoric":
                    return polychoric(of, len(instrument.points))
                return correlations_of(of.astype(np.float64))

            try:
                seen = parallel_analysis(
                    codes, correlate, replicates=replicates, percentile=percentile,
                    rng=rng_of(f"{sample.name}/{kind}"),
                )  # fmt: skip
            except ValueError as reason:
                add([{"analysis": title, "statistic": "factors", "note": str(reason)}])
                continue
            add(_parallel_rows(title, seen))
        for declared in models:
            head = {"analysis": CONFIRMATORY, "model": declared["model"]}
            try:
                model = model_of(instrument, scale, declared)
                place = [given.items.index(item) for item in model.items]
                values = given.values[:, place]
                found = fitted(model, values, respondents_from, per_parameter)
            except (NotIdentified, ValueError) as reason:
                add([head | {"statistic": "chi-square", "note": str(reason)}])
                continue
            add([head | row for row in _fit_rows(found, values, confidence)])
    return pd.DataFrame(rows, columns=COLUMNS)


def _parallel_rows(title: str, seen: Parallel) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"analysis": title, "statistic": "factors", "value": float(seen.factors)}
    ]
    for place, pair in enumerate(zip(seen.eigenvalues, seen.chance, strict=True), 1):
        for statistic, value in zip(("eigenvalue", "chance"), pair, strict=True):
            rows.append(
                {"analysis": title, "part": str(place), "statistic": statistic, "value": value}
            )
    return _steady(rows)


def _fit_rows(found: Loadings, values: FloatArray, confidence: float) -> list[dict[str, Any]]:
    """The indices of one fit, and its loadings."""
    fit = fit_indices(found, correlations_of(values), len(values), confidence)
    held = f"held at its bound: {', '.join(found.held)}" if found.held else ""
    rows: list[dict[str, Any]] = [
        {"statistic": "chi-square", "value": fit.chi_square, "note": held},
        {"statistic": "degrees of freedom", "value": float(fit.freedom)},
        {"statistic": "p", "value": fit.p},
        {"statistic": "CFI", "value": fit.cfi},
        {"statistic": "TLI", "value": fit.tli},
        {"statistic": "RMSEA", "value": fit.rmsea, "low": fit.rmsea_low, "high": fit.rmsea_high},
        {"statistic": "SRMR", "value": fit.srmr},
    ]
    model = found.model
    named = [*zip(model.items, found.items, strict=True)]
    named += [*zip(model.edges, found.edges, strict=True)]
    rows += [{"statistic": "loading", "part": part, "value": value} for part, value in named]
    if model.chains is None:
        for f, g in model.pairs:
            part, r = f"{model.factors[f]} with {model.factors[g]}", found.correlations[f, g]
            rows.append({"statistic": "correlation", "part": part, "value": r})
    return _steady(rows)


def _steady(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Numbers cut to what an iterative fit gives on any machine."""
    return [
        row | {key: round(v, STEADY) for key, v in row.items() if isinstance(v, float)}
        for row in rows
    ]
