"""Engagement and ratings of the trusts: Tables 27 and 28 (report section 6.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.layout import lay_out, tidy
from medlead.performance.association_options import AssociationOptions
from medlead.performance.associations import associate
from medlead.performance.correlation import correlate
from medlead.performance.groups import compare_cuts, compare_groups
from medlead.performance.significance import (
    fisher_interval,
    judge_stars,
    survivors,
    tally,
)
from medlead.printed import STARS, interval, number
from medlead.provenance import step_seed
from medlead.ratings import RatingScale, code

TRUSTS, CORRELATIONS = "table-27", "table-28"
N_COLUMN = "n Trusts"


@dataclass(frozen=True)
class TrustComparison:
    """The rebuilt tables by item, and the analyses by name; the last column is the evidence."""

    tables: dict[str, pd.DataFrame]
    results: dict[str, pd.DataFrame]


def compare_trusts(
    trusts: pd.DataFrame,
    scales: Mapping[str, RatingScale],
    cells: pd.DataFrame,
    layouts: Mapping[str, Any],
    evidence: EvidenceClass,
    *,
    seed: int,
    settings: Mapping[str, Any],
    rebuilt: pd.DataFrame | None = None,
) -> TrustComparison:
    """Everything that the printed trusts and the printed correlations allow.

    `trusts` is the checked record frame (`trust`, `index`, one column per rating of
    `scales`), `cells` the printed cells, of which `table-28` is read. `settings`
    holds `confidence`, `alpha`, `permutations`, `extreme_group_size` and
    `star_thresholds`. The correlations rest on the printed trusts alone, which
    are the two ends of the sample: they overstate the association over all. Where a set of
    trusts was solved to the printed correlations, `rebuilt` are those of the set (from
    `correlate_scales`): they stand in the table, and agree by construction.
    """
    confidence = settings["confidence"]
    size = settings["extreme_group_size"]
    ordered = trusts.sort_values("index", ascending=False, kind="stable", ignore_index=True)
    ratings = [c for c in ordered.columns if c in scales]
    coded = pd.DataFrame({name: code(ordered[name], scales[name]) for name in ratings})
    rng = np.random.default_rng(step_seed(seed, "compare_trusts"))
    correlations = correlate(
        ordered["index"],
        coded,
        rng=rng,
        confidence=confidence,
        permutations=settings["permutations"],
    )
    grouped = coded.assign(group=extreme_groups(ordered["index"], size))
    levels = {name: scales[name].levels for name in ratings}
    printed = printed_correlations(cells)
    judged = judge_stars(printed, thresholds=settings["star_thresholds"])
    low, high = fisher_interval(judged["r"].to_numpy(), judged["n"].to_numpy(), confidence)
    judged = judged.assign(low=low, high=high)
    # The marks follow from printed r and n; everything else from the records.
    of_print = {
        "significance": judged,
        "tally": tally(judged),
        "survivors": survivors(printed, settings["alpha"]),
    }
    of_records = {
        "correlations": correlations,
        "groups": compare_groups(grouped, "group", levels, confidence=confidence),
        "cuts": compare_cuts(grouped, "group", levels, confidence=confidence),
    }
    return TrustComparison(
        tables={
            TRUSTS: lay_out(ordered, layouts[TRUSTS], evidence, group_size=size),
            CORRELATIONS: pd.concat(
                [
                    *([rebuilt_correlations(rebuilt)] if rebuilt is not None else []),
                    implied_marks(judged),
                ],
                ignore_index=True,
            ),
        },
        results={
            name: frame.assign(evidence=str(found))
            for frames, found in (
                (of_records, evidence),
                (of_print, EvidenceClass.PRINTED_AGGREGATES),
            )
            for name, frame in frames.items()
        },
    )


def correlate_scales(
    scores: pd.DataFrame,
    ratings: pd.DataFrame,
    evidence: EvidenceClass,
    options: AssociationOptions,
    *,
    seed: int,
    settings: Mapping[str, Any],
) -> pd.DataFrame:
    """Every score with every rating, by the step that any study's organisations go through.

    Columns are those of `medlead.performance.associations.associate`, in which a score is a
    `scale` and a measure a `rating`, and `evidence`. `settings` holds `confidence`,
    `permutations` and `star_thresholds`.
    """
    found = associate(
        scores,
        ratings,
        options,
        seed=seed,
        confidence=settings["confidence"],
        permutations=settings["permutations"],
        thresholds=settings["star_thresholds"],
    )
    named = found.rename(columns={"score": "scale", "measure": "rating"})
    return named.assign(evidence=str(evidence))


def rebuilt_correlations(found: pd.DataFrame, coefficient: str = "Pearson") -> pd.DataFrame:
    """One coefficient of `correlate_scales` and its n as the table prints them: two decimals."""
    chosen = found[found["coefficient"] == coefficient]
    cells: list[tuple[str, str, object, str, int, EvidenceClass]] = []
    for measure, rows in chosen.groupby("rating", sort=False):
        evidence = EvidenceClass(rows["evidence"].iloc[0])
        for scale, r, n in zip(
            rows["scale"], rows["estimate"].astype(float), rows["n"], strict=True
        ):
            cells.append((str(measure), str(scale), float(r), f"{r:z.2f}", int(n), evidence))
        sizes = {int(n) for n in rows["n"]}
        cells += [
            (str(measure), N_COLUMN, n, str(n), n, evidence) for n in sizes if len(sizes) == 1
        ]
    return tidy(cells)


def extreme_groups(scores: pd.Series, size: int) -> pd.Series:
    """`top`, `bottom` or `middle` for each score: the `size` highest and lowest.

    Raises ValueError where the groups would overlap, or where a tie at an edge
    leaves open who belongs to a group.
    """
    if 2 * size > len(scores):
        raise ValueError(f"two groups of {size} do not fit into {len(scores)} scores")
    ranked = scores.sort_values(ascending=False).to_numpy(dtype=float)
    top_edge, bottom_edge = ranked[size - 1], ranked[-size]
    for edge, beyond in ((top_edge, ranked[size:]), (bottom_edge, ranked[:-size])):
        if len(beyond) and edge in beyond:
            raise ValueError(f"the score {edge:g} stands on both sides of the edge of a group")
    groups = np.where(
        scores >= top_edge, "top", np.where(scores <= bottom_edge, "bottom", "middle")
    )
    return pd.Series(groups, index=scores.index, name="group")


def printed_correlations(cells: pd.DataFrame) -> pd.DataFrame:
    """The printed correlations with n and mark, one row each (input of `judge_stars`).

    `r_low` and `r_high` bound the r that rounds to the printed one. Raises
    ValueError where a correlation has no n or no line of marks.
    """
    table = cells[cells["item"] == CORRELATIONS]
    texts = {
        (r, c): t for r, c, t in zip(table["row"], table["column"], table["text"], strict=True)
    }
    rows = []
    for (measure, scale), text in texts.items():
        if measure.startswith("(") or measure.endswith(STARS) or scale == N_COLUMN:
            continue
        mark, size = texts.get((measure + STARS, scale)), texts.get((measure, N_COLUMN))
        if mark is None or size is None:
            raise ValueError(f"no mark or no n is printed for {measure!r}, {scale!r}")
        span = interval(text, "statistic")
        rows.append(
            {
                "measure": measure,
                "scale": scale,
                "r": float(number(text)),
                "r_low": float(span.low),
                "r_high": float(span.high),
                "n": int(size),
                "printed": mark,
            }
        )
    return pd.DataFrame(rows)


def implied_marks(judged: pd.DataFrame) -> pd.DataFrame:
    """Table 28 as the printed r and n imply it: the mark of each cell under each tail.

    The correlations themselves rest on records that were not published; only
    the marks follow from what is printed.
    """
    rows = []
    for row in judged.to_dict("records"):
        head = f"{row['measure']}{STARS}, {row['tail']}"
        rows.append(
            (
                head,
                row["scale"],
                row["p"],
                row["implied"],
                row["n"],
                EvidenceClass.PRINTED_AGGREGATES,
            )
        )
    return tidy(rows)
