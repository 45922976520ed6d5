"""The step as a whole: everything that units at the two ends of a ranking can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from medlead.evidence import EvidenceClass, resting_on
from medlead.performance.corrected_readings import Whole, corrected_readings, spreads
from medlead.performance.dependence import (
    crosstabs,
    effective_tests,
    joint_test,
    monotone_rules,
    partial_associations,
    rank_correlations,
    rating_pairs,
)
from medlead.performance.doses import smallest_without_ties, within_groups
from medlead.performance.extremes_plan import ExtremesPlan
from medlead.performance.extremes_words import EXTREME_WORDS, SIMULATED_WORDS
from medlead.performance.identified import Row
from medlead.performance.influence import holm_within, leave_one_out, leave_two_out
from medlead.performance.ordinal_tables import cut_regressions, ordinal_regressions
from medlead.performance.significance import adjust
from medlead.performance.trusts import extreme_groups
from medlead.provenance import step_seed
from medlead.ratings import RatingScale, code

TOP, BOTTOM = "top", "bottom"


@dataclass(frozen=True)
class Extremes:
    """Tables of the step: see the functions that make them for their columns."""

    spread: pd.DataFrame
    corrected: pd.DataFrame
    influence: pd.DataFrame
    pairs_left_out: pd.DataFrame
    doses: pd.DataFrame
    ordinal: pd.DataFrame
    cuts: pd.DataFrame
    ratings: pd.DataFrame
    crosstabs: pd.DataFrame
    rules: pd.DataFrame
    partial: pd.DataFrame
    joint: pd.DataFrame
    words: pd.DataFrame


EXTREME_TABLES = tuple(field.name for field in fields(Extremes))


def wholes_of(rows: list[Row]) -> dict[str, Whole]:
    """What printed rows say of the whole sample of each rating, for `examine_extremes`."""
    found = {}
    for row in rows:
        target = row.target
        printed = None if row.printed is None else float(row.printed)
        whole = None if printed is None or target is None else (printed, *target)
        found[row.rating] = Whole(row.ends, whole)
    return found


def examine_extremes(
    frame: pd.DataFrame,
    scales: Mapping[str, RatingScale],
    plan: ExtremesPlan,
    wholes: Mapping[str, Whole],
    evidence: EvidenceClass,
    *,
    decimals: int,
    seed: int,
    settings: Mapping[str, Any],
) -> Extremes:
    """All tables from one frame with a row per shown unit.

    `frame` has the columns `plan.unit`, `plan.score` (with so many decimals) and those of `scales`
    that have levels; the ends are the `extreme_group_size` highest and lowest. `wholes` says what
    is known of the whole sample of a rating, and may lack any of them. `settings` has
    `confidence`, `alpha`, `permutations` and `extreme_group_size`. What rests on draws from a
    model is of class `simulated`, in rows of its own.
    """
    confidence, alpha = settings["confidence"], settings["alpha"]
    shuffles, ends = settings["permutations"], (TOP, BOTTOM)
    ordered = frame.sort_values(plan.score, ascending=False, kind="stable", ignore_index=True)
    ratings = [c for c in ordered.columns if c in scales and scales[c].levels]
    coded = pd.DataFrame({name: code(ordered[name], scales[name]) for name in ratings})
    scores, units = ordered[plan.score].astype(float), ordered[plan.unit].astype(str)
    groups = extreme_groups(scores, settings["extreme_group_size"])
    levels = {name: scales[name].levels for name in ratings}
    counts = {name: len(levels[name]) for name in ratings}

    def stream(name: str) -> np.random.Generator:
        return np.random.default_rng(step_seed(seed, f"examine_extremes {name}"))

    doses = within_groups(
        np.asarray(scores, dtype=np.float64),
        coded,
        groups,
        ends,
        confidence=confidence,
        alpha=alpha,
        power=plan.power,
        draws=plan.draws,
        permutations=shuffles,
        streams={name: stream(f"doses {name}") for name in ratings},
    )
    ordinal = ordinal_regressions(
        scores, coded, groups, ends, confidence=confidence, fewest=plan.fewest
    )
    cuts = cut_regressions(scores, coded, levels, confidence=confidence, decimals=decimals)
    nyholt, li_ji = effective_tests(rank_correlations(coded))
    joint = joint_test(scores, coded, permutations=shuffles, rng=stream("joint"))
    built = plan.built if plan.built in coded.columns else None
    rules, partial = pd.DataFrame(), pd.DataFrame()
    if built is not None:
        rules = monotone_rules(coded, built, units, permutations=plan.shuffles, rng=stream("rules"))
        partial = partial_associations(
            scores, coded, built, permutations=shuffles, rng=stream("partial")
        )
    doses["p_holm"] = holm_within(doses, ["part", "statistic"])
    tables = {
        "spread": spreads(wholes, evidence),
        "corrected": corrected_readings(scores, coded, wholes, evidence, confidence=confidence),
        "influence": leave_one_out(
            units, scores, coded, groups, counts, ends, alpha=alpha, decimals=decimals
        ),
        "pairs_left_out": leave_two_out(units, coded, groups, counts, ends, alpha=alpha),
        "doses": _with_power(doses, groups, plan, alpha, stream("without ties"), evidence),
        "ordinal": ordinal,
        "cuts": cuts,
        "ratings": rating_pairs(coded).pipe(
            lambda pairs: pairs.assign(p_holm=adjust(pairs["p_value"], "holm"))
        ),
        "crosstabs": crosstabs(coded, levels),
        "rules": rules,
        "partial": partial,
        "joint": joint.assign(effective_nyholt=nyholt, effective_li_ji=li_ji),
    }
    tables = {
        name: table if "evidence" in table else table.assign(evidence=str(evidence))
        for name, table in tables.items()
    }
    labels = {name: scales[name].label for name in ratings}
    simulated = resting_on(evidence, EvidenceClass.SIMULATED)
    told = [
        {
            "about": about,
            "says": words,
            "evidence": str(simulated if about in SIMULATED_WORDS else evidence),
        }
        for about, tell in EXTREME_WORDS.items()
        if (words := tell(tables, labels, plan, alpha))
    ]
    return Extremes(**tables, words=pd.DataFrame(told, columns=["about", "says", "evidence"]))


def _with_power(
    doses: pd.DataFrame,
    groups: "pd.Series[str]",
    plan: ExtremesPlan,
    alpha: float,
    rng: np.random.Generator,
    evidence: EvidenceClass,
) -> pd.DataFrame:
    """The tests, and below them what they can detect: rows of their own, of class `simulated`."""
    power = ["detectable_rank", "detectable_latent", "power_at_most"]
    keys = ["rating", "part", "statistic", "n", "levels"]
    tests = doses.drop(columns=power).assign(kind="test", evidence=str(evidence))
    model = doses.loc[doses["power_at_most"].notna(), [*keys, *power]]
    size = int((groups == TOP).sum())
    best = smallest_without_ties(size, power=plan.power, alpha=alpha, draws=plan.draws, rng=rng)
    no_ties = {
        **dict(
            zip(keys, ["", "one end, ratings all different", "Spearman", size, size], strict=True)
        ),
        **dict(zip(power, [best.rank, best.latent, best.most], strict=True)),
    }
    model = pd.concat([model, pd.DataFrame([no_ties])], ignore_index=True)
    simulated = resting_on(evidence, EvidenceClass.SIMULATED)
    model = model.assign(kind="power", power=plan.power, evidence=str(simulated))
    both = pd.concat([tests, model], ignore_index=True)
    first = ["kind", *keys]
    rest = [c for c in both.columns if c not in (*first, "evidence")]
    text = dict.fromkeys(("p_method", "note"), "")
    return both[[*first, *rest, "evidence"]].fillna(text)
