"""A study's own scores and measures by organisation, and everything that is computed of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from medlead.evidence import EvidenceClass, resting_on
from medlead.performance.association_options import AssociationOptions
from medlead.performance.associations import associate
from medlead.performance.groups import GROUP_COLUMNS, compare_groups
from medlead.performance.strata import associate_strata
from medlead.performance.trusts import extreme_groups
from medlead.ratings import RatingScale, code

CODING_COLUMNS = ("score", "measure", "coding", "coefficient", "n", "estimate", "low", "high")
DECLARED = "as declared"


@dataclass(frozen=True)
class Organisations:
    """Scores, measures and strata of the same organisations, with what they are called.

    `scores` and `measures` hold numbers of which a higher one is better; `ratings` the measures as
    they were given; `strata` is empty where there are none. `labels` names columns, scores and
    measures alike. `without_measures` lists organisations with scores and no row of performance.
    """

    scores: pd.DataFrame
    measures: pd.DataFrame
    ratings: pd.DataFrame
    strata: "pd.Series[str] | None"
    labels: Mapping[str, str]
    evidence: EvidenceClass
    without_measures: tuple[str, ...] = ()


def organisations(
    frame: pd.DataFrame,
    scales: Mapping[str, RatingScale],
    options: AssociationOptions,
    evidence: EvidenceClass | str,
    standings: "tuple[pd.DataFrame, Mapping[str, str]] | None" = None,
) -> Organisations:
    """The organisations of a checked file of performance, with scores of its own or of standings.

    `standings` are those of the engagement stage and the titles of its scales; they are used
    where the file declares no scores. Sites that stand in only one of the two are listed.
    """
    keyed = frame.set_index(frame[options.organisation].astype(str))
    ratings = keyed[list(scales)]
    measures = pd.DataFrame({name: code(keyed[name], scale) for name, scale in scales.items()})
    classes = [EvidenceClass(evidence)]
    lone: tuple[str, ...] = ()
    if options.scores or standings is None:
        scores = keyed[list(options.scores)].astype("float64")
        names = {name: column.label for name, column in options.scores.items()}
    else:
        told, titles = standings
        whole = told[(told["group"] == "") & (told["site"] != "")]
        wide = whole.pivot(index="site", columns="scale", values=options.standing)
        wanted = [name for name in titles if not options.scales or name in options.scales]
        wide = wide.reindex(columns=wanted).apply(pd.to_numeric)
        scores, names = wide.reindex(keyed.index), {name: titles[name] for name in wanted}
        lone = tuple(sorted(set(wide.index[wide.notna().any(axis=1)]) - set(keyed.index)))
        # A percentile rests on norms too; a score on the responses alone, told as freely.
        classes += [EvidenceClass(e) for e in dict.fromkeys(whole["evidence"])]
    strata = keyed[options.type].astype(str) if options.type and options.type in keyed else None
    if strata is not None and keyed[options.type].isna().all():
        strata = None
    return Organisations(
        scores,
        measures,
        ratings,
        strata,
        names | {name: scale.label for name, scale in scales.items()},
        resting_on(*classes),
        lone,
    )


def told(given: Organisations, scales: Mapping[str, RatingScale]) -> dict[str, pd.DataFrame]:
    """Which organisations count and what they lack, and what scores and measures are called."""
    rows = []
    for name in (*given.scores.index, *given.without_measures):
        inside = name in given.scores.index
        scores = int(given.scores.loc[name].notna().sum()) if inside else given.scores.shape[1]
        measures = int(given.measures.loc[name].notna().sum()) if inside else 0
        lacking = [
            f"no {one}" if not count else f"{every - count} of {every} {many} missing"
            for one, many, count, every in (
                ("engagement score", "engagement scores", scores, given.scores.shape[1]),
                (
                    "measure of performance",
                    "measures of performance",
                    measures,
                    given.measures.shape[1],
                ),
            )
            if count < every
        ]
        kind = "" if given.strata is None or not inside else str(given.strata[name])
        rows.append([name, kind, scores, measures, "; ".join(lacking)])
    listed = pd.DataFrame(rows, columns=["organisation", "type", "scores", "measures", "note"])
    names = [("score", name, given.labels[name], "") for name in given.scores.columns]
    names += [("measure", name, scale.label, scale.allowed) for name, scale in scales.items()]
    called = pd.DataFrame(names, columns=["kind", "name", "label", "allowed"])
    frames = {"organisations": listed, "names": called}
    return {name: frame.assign(evidence=str(given.evidence)) for name, frame in frames.items()}


def study_results(
    given: Organisations,
    scales: Mapping[str, RatingScale],
    options: AssociationOptions,
    *,
    seed: int,
    settings: Mapping[str, Any],
) -> dict[str, pd.DataFrame]:
    """Associations, strata and their summary, codings and extreme groups, by name.

    `settings` holds `confidence`, `permutations`, `star_thresholds` and `extreme_group_size`. The
    last column of each frame is its evidence class. Without strata their frames have no rows.
    """
    drawn = {name: settings[name] for name in ("confidence", "permutations")}
    pair = (given.scores, given.measures)
    found = {
        "associations": associate(
            *pair, options, seed=seed, thresholds=settings["star_thresholds"], **drawn
        )
    }
    strata = given.strata
    if strata is None:
        strata = pd.Series("", index=given.scores.index)
    within, summary = associate_strata(*pair, strata, options, seed=seed, **drawn)
    found |= {"strata": within, "strata_summary": summary}
    if given.strata is None:
        found |= {name: found[name].iloc[:0] for name in ("strata", "strata_summary")}
    found["codings"] = sensitivity(given, scales, options, seed=seed, settings=settings)
    found["extremes"] = extremes(given, scales, settings)
    return {name: frame.assign(evidence=str(given.evidence)) for name, frame in found.items()}


def sensitivity(
    given: Organisations,
    scales: Mapping[str, RatingScale],
    options: AssociationOptions,
    *,
    seed: int,
    settings: Mapping[str, Any],
) -> pd.DataFrame:
    """Each association under other codings of the measure's levels, beside the declared one.

    Dichotomies are `at least` each level above the worst; alternatives give each level a
    number. Measures in numbers have none.
    """
    coded: dict[str, pd.Series[float]] = {}
    about: dict[str, tuple[str, str]] = {}
    for name, scale in scales.items():
        own = {DECLARED: given.measures[name]}
        for place, level in enumerate(scale.levels[1:] if options.dichotomies else (), 2):
            reached = (given.measures[name] >= place).astype("float64")
            own[f"at least {level}"] = reached.where(given.measures[name].notna())
        for coding, numbers in options.codings.get(name, {}).items():
            own[coding] = given.ratings[name].astype(object).map(numbers).astype("float64")
        for coding, values in own.items() if len(own) > 1 else ():
            key = f"{name} / {coding}"
            coded[key], about[key] = values, (name, coding)
    columns = [*CODING_COLUMNS, "interval", "p_value", "p_method", "p_low", "p_high", "note"]
    if not coded:
        return pd.DataFrame(columns=columns)
    found = associate(
        given.scores,
        pd.DataFrame(coded),
        # Codings are readings of one pair, no further tests; resampling adds nothing to see.
        AssociationOptions(coefficients=options.coefficients, tail=options.tail),
        seed=seed,
        confidence=settings["confidence"],
        permutations=settings["permutations"],
    )
    named = [about[str(key)] for key in found["measure"]]
    found["measure"], found["coding"] = ([n[i] for n in named] for i in (0, 1))
    return found[columns]


def extremes(
    given: Organisations, scales: Mapping[str, RatingScale], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """The organisations at both ends of each score, compared on each measure.

    Where groups of the configured size do not fit or an edge is tied, a row says so. Numbers are
    compared by their ranks, so that every measure has levels.
    """
    size = int(settings["extreme_group_size"])
    coded, levels = ranked_levels(given, scales)
    parts = []
    for score in given.scores.columns:
        known = given.scores[score].dropna()
        try:
            group = extreme_groups(known, size)
        except ValueError as reason:
            note = pd.DataFrame([{"note": str(reason)}], columns=[*GROUP_COLUMNS])
            parts.append(note.assign(score=score, size=size))
            continue
        frame = coded.reindex(known.index).assign(group=group)
        found = compare_groups(frame, "group", levels, confidence=settings["confidence"])
        parts.append(found.assign(score=score, size=size))
    table = pd.concat(parts, ignore_index=True)
    return table[["score", "size", *GROUP_COLUMNS]].rename(columns={"rating": "measure"})


def ranked_levels(
    given: Organisations, scales: Mapping[str, RatingScale]
) -> tuple[pd.DataFrame, dict[str, Sequence[str]]]:
    """Measures as codes 1 to k, and the names of these levels from the worst to the best."""
    coded: dict[str, pd.Series[float]] = {}
    levels: dict[str, Sequence[str]] = {}
    for name, scale in scales.items():
        values = given.measures[name]
        if not scale.numeric:
            coded[name], levels[name] = values, scale.levels
            continue
        distinct = np.unique(values.dropna())
        coded[name] = values.map({v: float(i) for i, v in enumerate(distinct, 1)})
        given_as = pd.to_numeric(given.ratings[name])
        levels[name] = [f"{given_as[values == value].iloc[0]:g}" for value in distinct]
    return pd.DataFrame(coded), levels
