"""Whether what the survey's two-way tables set against each other goes together.

The report prints the counts and says "little variance"; here each crossing is tested, the
p-values are adjusted for the number of crossings, and an effect size with its interval
says how large a difference the few returns leave room for.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.performance.significance import adjust
from medlead.provenance import step_seed
from medlead.survey.contingency import Result, freeman_halton, rank_test
from medlead.survey.crossings import Crossing
from medlead.survey.effects import CLIFFS_DELTA, Effect, effect_of
from medlead.writing import plain_number

# What each of the two tests looks at.
WHOLE, IN_ORDER = "the whole pattern", "the order of the levels"
COLUMNS = (
    *("item", "group", "of", "groups", "levels", "n", "missing"),
    *("p", "p_error", "method", "p_holm"),
    *("rank_p", "rank_p_error", "rank_method", "rank_p_holm"),
    *("effect", "estimate", "low", "high", "interval"),
    *("p_as_printed", "rests_on", "says", "evidence"),
)


def association(
    crossings: Sequence[Crossing],
    labels: Mapping[str, str],
    evidence: EvidenceClass,
    *,
    seed: int,
    samples: int = 9999,
    confidence: float = 0.95,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """One row for each crossing: tests, effect size, and what the counts rest on.

    - `p`: Freeman and Halton's exact test, whatever the order of the levels; `method` and
      `p_error` tell whether it is exact or of random tables (then the standard error).
    - `rank_p`: where the described variable has an order, whether some groups lie higher
      (`contingency.rank_test`), from `samples` random tables; empty elsewhere.
    - `p_holm`, `rank_p_holm`: adjusted over all crossings of the frame by Holm (1979), each
      of the two tests being a family of its own.
    - `effect`, `estimate`, `low`, `high`, `interval`: see `medlead.survey.effects`.
    - `p_as_printed`: the test of the counts as they are printed, where they are.
    - `says`: all of it in words; a test counts as passed below `alpha` after adjustment.

    `labels` names the variables. Each crossing has its own random stream from `seed`.
    """
    tests = [_tests(c, seed, samples) for c in crossings]
    effects = [
        effect_of(
            c.counts,
            ordered_rows=c.ordered_groups,
            ordered_columns=c.ordered,
            confidence=confidence,
        )
        for c in crossings
    ]
    holm = adjust(np.array([whole.p for whole, _ in tests]), "holm")
    ranked = np.array([np.nan if rank is None else rank.p for _, rank in tests])
    rank_holm = adjust(ranked, "holm")
    rows = []
    for i, (crossing, (whole, rank), effect) in enumerate(
        zip(crossings, tests, effects, strict=True)
    ):
        group, of = labels.get(crossing.group, crossing.group), labels.get(crossing.of, crossing.of)
        told = [(WHOLE, whole, float(holm[i]))]
        if rank is not None:
            told.append((IN_ORDER, rank, float(rank_holm[i])))
        rows.append(
            {
                "item": crossing.item,
                "group": group,
                "of": of,
                "groups": len(crossing.groups),
                "levels": len(crossing.levels),
                "n": int(crossing.counts.sum()),
                "missing": crossing.missing,
                "p": whole.p,
                "p_error": whole.error,
                "method": whole.method,
                "p_holm": float(holm[i]),
                "rank_p": ranked[i],
                "rank_p_error": np.nan if rank is None else rank.error,
                "rank_method": "" if rank is None else rank.method,
                "rank_p_holm": float(rank_holm[i]),
                **effect._asdict(),
                "p_as_printed": _as_printed(crossing, whole, seed, samples),
                "rests_on": _rests_on(crossing, evidence),
                "says": _says(f"{of} by {_lower(group)}", told, crossing, effect, alpha),
                "evidence": str(evidence),
            }
        )
    frame = pd.DataFrame(rows).rename(columns={"name": "effect"})
    return frame.reindex(columns=list(COLUMNS))


def _seed(crossing: Crossing, seed: int, test: str) -> int:
    return step_seed(seed, f"{crossing.item}/{crossing.group}/{crossing.of}/{test}")


def _tests(crossing: Crossing, seed: int, samples: int) -> tuple[Result, Result | None]:
    whole = freeman_halton(crossing.counts, samples=samples, seed=_seed(crossing, seed, "table"))
    if not crossing.ordered:
        return whole, None
    rank = rank_test(
        crossing.counts,
        samples=samples,
        seed=_seed(crossing, seed, "rank"),
        ordered_rows=crossing.ordered_groups,
    )
    return whole, rank


def _as_printed(crossing: Crossing, whole: Result, seed: int, samples: int) -> float:
    if crossing.printed is None:
        return np.nan
    if np.array_equal(crossing.printed, crossing.counts):
        return whole.p
    table = _seed(crossing, seed, "table")
    return freeman_halton(crossing.printed, samples=samples, seed=table).p


def _rests_on(crossing: Crossing, evidence: EvidenceClass) -> str:
    """Whether the print alone gives the result, or these records do."""
    if crossing.printed is not None:
        apart = int((crossing.printed != crossing.counts).sum())
        if not apart:
            return "the printed counts: no record is needed for it"
        cells = "cell" if apart == 1 else "cells"
        return f"the records, which differ from the printed table in {apart} {cells}"
    if not crossing.from_counts and evidence in (
        EvidenceClass.RECONSTRUCTED,
        EvidenceClass.SIMULATED,
    ):
        return "the records alone: others that fit the print as well give other results"
    return "the records"


def _says(
    named: str,
    tests: list[tuple[str, Result, float]],
    crossing: Crossing,
    effect: Effect,
    alpha: float,
) -> str:
    """Each test and the effect size in words; `tests` have a name, a result and an adjusted p."""
    if np.isnan(effect.estimate):
        return f"{named}: fewer than two groups or levels are there, so nothing can go together."
    told = [f"in {what}, {_verdict(test.p, holm, alpha)}" for what, test, holm in tests]
    size = f"{effect.name.partition(',')[0].partition(' (')[0]} {_short(effect.estimate)}"
    if not np.isnan(effect.low):
        size += f" ({_short(effect.low)} to {_short(effect.high)})"
    if effect.name == CLIFFS_DELTA:
        size += f", below 0 where {crossing.groups[0]} lies lower"
    return f"{named}: {'; '.join(told)}. Size: {size}."


def _verdict(p: float, holm: float, alpha: float) -> str:
    numbers = f"p {_short(p)}, {_short(holm)} after Holm"
    if holm < alpha:
        return f"an association, with all tests counted in ({numbers})"
    if p < alpha:
        return f"an association only if this had been the one test ({numbers})"
    return f"no sign of an association ({numbers})"


def _lower(label: str) -> str:
    # Abbreviations keep their capitals.
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _short(value: float) -> str:
    return "below 0.001" if 0 <= value < 0.0005 and value != 0 else plain_number(round(value, 3))
