"""A rebuilt set of trusts against everything it must meet, and what differs between such sets."""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pandas as pd
from scipy import stats

from medlead.evidence import EvidenceClass
from medlead.reconstruction.trust_solver import NotSolved, freedom, solve_trusts
from medlead.reconstruction.trust_targets import (
    BOTTOM,
    HIDDEN,
    TOP,
    Targets,
    coded_measures,
    correlations_of,
)
from medlead.sources.messages import Problem, ProblemsFound

COLUMNS = ("kind", "row", "column", "wanted", "found", "holds", "evidence")
_EVIDENCE = str(EvidenceClass.RECONSTRUCTED)
_MOST_FAILURES = 10


def read_trusts(frame: pd.DataFrame, targets: Targets, file: str) -> pd.DataFrame:
    """The set as text (see `medlead.writing.read_csv`) with every column found readable.

    Raises ProblemsFound with every missing column, level that the scale does not have and
    number that is none.
    """
    missing = [c for c in targets.columns if c not in frame.columns]
    if missing:
        mend = "make the set anew, or add the column"
        raise ProblemsFound(
            [Problem(file, "the column is missing", mend, column=c) for c in missing]
        )
    rated = {m.column: targets.rating_scales[m.rated] for m in targets.measures if m.rated}
    optional = {m.column for m in targets.measures}
    problems = []
    for column in targets.columns:
        for row, text in enumerate(frame[column].astype(str), start=2):
            if column in rated:
                scale = rated[column]
                if text not in scale.levels and text not in scale.missing:
                    what, mend = "the scale has no such level", "write one of the allowed levels"
                    problems.append(Problem(file, what, mend, row, column, text, scale.allowed))
            elif column == "rank_group":
                if text not in (TOP, HIDDEN, BOTTOM):
                    allowed = f"{TOP}, {HIDDEN}, {BOTTOM}"
                    what, mend = "no such group", "write one of the allowed names"
                    problems.append(Problem(file, what, mend, row, column, text, allowed))
            elif not (_number(text) or (text == "" and column in optional)):
                what, mend = "this is not a number", "write a plain decimal number"
                problems.append(Problem(file, what, mend, row, column, text))
    if problems:
        raise ProblemsFound(problems)
    return frame[targets.columns]


def _number(text: str) -> bool:
    try:
        Fraction(text)
    except ValueError:
        return False
    return "/" not in text


def as_numbers(trusts: pd.DataFrame, targets: Targets) -> pd.DataFrame:
    """The set with its scales as numbers, its measures as they are."""
    return trusts.assign(**{name: pd.to_numeric(trusts[name]) for name in targets.scales})


def check_trusts(trusts: pd.DataFrame, targets: Targets) -> pd.DataFrame:
    """Every condition on the set, one row each; the sums and the groups are told as one.

    `trusts` is text as it stands in the file. Sums and printed values are compared as decimal
    fractions, correlations with the interval that rounds to the printed one.
    """
    rows = [*_about_trusts(trusts, targets), *_about_scales(trusts, targets)]
    numbers = as_numbers(trusts, targets)
    measures = coded_measures(numbers, targets)
    for measure, values in zip(targets.measures, measures.T, strict=True):
        n = int((~np.isnan(values)).sum())
        rows.append(_row("n", measure.printed, "", str(measure.n), str(n), n == measure.n))
    found = correlations_of(numbers[list(targets.base)].to_numpy(dtype=float), measures, targets)
    for (j, measure), (s, heading) in itertools.product(
        enumerate(targets.measures), enumerate(targets.headings)
    ):
        holds = targets.low[j, s] <= found[j, s] <= targets.high[j, s]
        printed, value = f"{targets.printed[j, s]:.2f}", f"{found[j, s]:.5f}"
        rows.append(_row("correlation", measure.printed, heading, printed, value, bool(holds)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(kind: str, row: str, column: str, wanted: str, found: str, holds: bool) -> tuple[str, ...]:
    return (kind, row, column, wanted, found, "yes" if holds else "no", _EVIDENCE)


def _about_trusts(trusts: pd.DataFrame, targets: Targets) -> Iterator[tuple[str, ...]]:
    ids = [int(Fraction(t)) for t in trusts["trust"]]
    yield _row(
        "trusts", "", "trust", _short(sorted(targets.numbers)), _short(sorted(ids)),
        sorted(ids) == sorted(targets.numbers),
    )  # fmt: skip
    index = [Fraction(t) for t in trusts[targets.index]]
    falling = all(a >= b for a, b in itertools.pairwise(index))
    ranks = [int(Fraction(t)) for t in trusts["rank"]]
    in_order = falling and ranks == list(range(1, len(ranks) + 1))
    yield _row("order", "", "rank", "by falling index", "", in_order)
    place = {number: i for i, number in enumerate(ids)}
    low, high = (Fraction(str(end)) for end in targets.hidden_between)
    hidden = [v for v, g in zip(index, trusts["rank_group"], strict=True) if g == HIDDEN]
    wanted = f"{float(low):g} to {float(high):g}"
    shown = f"{float(min(hidden)):g} to {float(max(hidden)):g}" if hidden else ""
    yield _row(
        "hidden index", "", targets.index, wanted, shown, all(low <= v <= high for v in hidden)
    )
    for listed in targets.listed.to_dict("records"):
        number = int(listed["trust"])
        if number not in place:
            yield _row("printed trust", str(number), "", "listed", "not there", False)
            continue
        mine = trusts.iloc[place[number]]
        value = Fraction(str(listed["index"]))
        holds = (
            Fraction(mine[targets.index]) == value and mine["rank_group"] == listed["rank_group"]
        )
        yield _row(
            "printed index",
            str(number),
            targets.index,
            str(float(value)),
            mine[targets.index],
            holds,
        )
        for measure in targets.measures:
            if measure.rated is not None:
                given = listed[measure.rated]
                text = "" if pd.isna(given) else str(given)
                mine_text = str(mine[measure.column])
                yield _row(
                    "printed rating",
                    str(number),
                    measure.column,
                    text,
                    mine_text,
                    mine_text == text,
                )


def _about_scales(trusts: pd.DataFrame, targets: Targets) -> Iterator[tuple[str, ...]]:
    base = [[Fraction(t) for t in row] for row in trusts[list(targets.base)].to_numpy()]
    for scale, weights in zip(targets.scales, targets.loading, strict=True):
        if scale in targets.base:
            continue
        used = [(i, Fraction(float(w)).limit_denominator(1000)) for i, w in enumerate(weights) if w]
        wrong = [
            str(number)
            for number, text, parts in zip(trusts["trust"], trusts[scale], base, strict=True)
            if Fraction(text) != sum((w * parts[i] for i, w in used), Fraction(0))
        ]
        shown = "" if not wrong else f"not at trust {_short(wrong)}"
        yield _row("sum", "", scale, "the mean of its parts", shown, not wrong)


def _short(values: list[str] | list[int]) -> str:
    if len(values) > _MOST_FAILURES:
        return f"{values[0]} to {values[-1]} ({len(values)})"
    return ", ".join(map(str, values))


def measured(trusts: pd.DataFrame, targets: Targets) -> dict[tuple[str, str], float]:
    """What of a set the print does not give, by kind and name."""
    numbers = as_numbers(trusts, targets)
    scales = numbers[list(targets.scales)]
    measures = coded_measures(numbers, targets)
    found: dict[tuple[str, str], float] = {}
    for name in targets.base:
        found["standard deviation", name] = float(scales[name].std())
    correlated = scales.corr().to_numpy()
    for i, j in itertools.combinations(range(len(targets.scales)), 2):
        pair = {targets.scales[i], targets.scales[j]}
        if len(pair & set(targets.base)) != 1:
            found["correlation of scales", f"{targets.scales[i]}, {targets.scales[j]}"] = float(
                correlated[i, j]
            )
    index = scales[targets.index].to_numpy()
    hidden = (numbers["rank_group"] == HIDDEN).to_numpy()
    for measure, values in zip(targets.measures, measures.T, strict=True):
        has = ~np.isnan(values)
        rho = stats.spearmanr(index[has], values[has]).statistic
        tau = stats.kendalltau(index[has], values[has]).statistic
        found["Spearman with the index", measure.column] = float(rho)
        found["Kendall with the index", measure.column] = float(tau)
        if measure.rated is not None:
            found["mean rating of the hidden", measure.column] = float(np.nanmean(values[hidden]))
    for (i, a), (j, b) in itertools.combinations(enumerate(targets.measures), 2):
        both = ~np.isnan(measures[:, i]) & ~np.isnan(measures[:, j])
        r = np.corrcoef(measures[both, i], measures[both, j])[0, 1]
        found["correlation of measures", f"{a.column}, {b.column}"] = float(r)
    found["mean index of the hidden", targets.index] = float(index[hidden].mean())
    return found


def compare_solutions(
    kept: pd.DataFrame, others: list[pd.DataFrame], targets: Targets
) -> pd.DataFrame:
    """What varies between sets that all meet the print: `kept`, least and greatest of each.

    The ends are those of the solutions at hand, not bounds: others may go beyond.
    """
    values = [measured(trusts, targets) for trusts in (kept, *others)]
    rows = []
    for (kind, name), own in values[0].items():
        every = [v[kind, name] for v in values]
        rows.append((kind, name, own, min(every), max(every), len(every), _EVIDENCE))
    columns = ["kind", "name", "kept", "least", "greatest", "solutions", "evidence"]
    return pd.DataFrame(rows, columns=columns)


def several_solutions(targets: Targets, seed: int) -> list[pd.DataFrame]:
    """As many sets as are declared, each from a stream of random numbers of its own.

    A start from which no set is found is passed over, as often as there are sets to find.
    """
    found: list[pd.DataFrame] = []
    for attempt in range(2 * targets.solutions):
        try:
            found.append(solve_trusts(targets, np.random.default_rng([seed, attempt])))
        except NotSolved:
            continue
        if len(found) == targets.solutions:
            return found
    raise NotSolved(f"only {len(found)} of {targets.solutions} sets were found")


def left_free(trusts: pd.DataFrame, targets: Targets) -> pd.DataFrame:
    """`freedom` of a set as it is read, with its evidence."""
    return freedom(as_numbers(trusts, targets), targets).assign(evidence=_EVIDENCE)
