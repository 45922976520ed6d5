"""Which test do printed significance marks follow, and which marks would fall (section 6.3).

A table that prints r, n and stars without naming the test can be held against several: each
`Hypothesis` is a test and a tail. What is counted is how many marks each would give, with r as
printed and with every r that rounds to it.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.performance.null_tests import TESTS, NullTest
from medlead.performance.significance import (
    ADJUSTMENTS,
    EXACT,
    NO_MATCH,
    THRESHOLDS,
    WITHIN_ROUNDING,
    Tail,
    stars,
)
from medlead.sources.messages import Problem, ProblemsFound

NO_ADJUSTMENT = "none"
ALL_CELLS, PER_MEASURE = "all", "measure"
CARRIED, NOT_CARRIED = "carried", "not carried"
EVERYWHERE = "all measures"
_TAILS = ("two-sided", "one-sided")
_KEYS = ("item", "tests", "tails", "adjustments", "families", "decision_test", "largest_n")


@dataclass(frozen=True)
class Hypothesis:
    """One way in which the marks may have been made."""

    test: NullTest
    tail: Tail
    label: str

    @property
    def name(self) -> str:
        """The name in results: test and tail."""
        return f"{self.test.name}, {self.tail}"


@dataclass(frozen=True)
class MarkReading:
    """What `significance.yaml` declares."""

    item: str
    hypotheses: tuple[Hypothesis, ...]
    adjustments: tuple[str, ...]
    families: tuple[str, ...]
    decision_test: NullTest
    largest_n: int


def load_mark_reading(
    content: Mapping[str, Any], *, file: str = "significance.yaml"
) -> MarkReading:
    """The declared tests, tails and corrections; raises ProblemsFound with every fault."""
    problems = [
        Problem(file, f"the key '{key}' is not known", "delete it", allowed=", ".join(_KEYS))
        for key in content
        if key not in _KEYS
    ]
    missing = [key for key in _KEYS if key not in content]
    problems += [Problem(file, f"the key '{key}' is missing", "add it") for key in missing]
    if missing:
        raise ProblemsFound(problems)

    def listed(key: str, allowed: Sequence[str]) -> list[str]:
        given = content[key]
        if not isinstance(given, list) or not given or len(set(map(str, given))) < len(given):
            what = f"`{key}` is not a list of different entries"
            problems.append(Problem(file, what, "list each once", allowed=", ".join(allowed)))
            return []
        for entry in given:
            if entry not in allowed:
                what, mend = f"`{key}` has an unknown entry", "correct or delete it"
                problems.append(
                    Problem(file, what, mend, value=str(entry), allowed=", ".join(allowed))
                )
        return [entry for entry in given if entry in allowed]

    tests: list[tuple[NullTest, str]] = []
    entries = content["tests"] if isinstance(content["tests"], list) else []
    for entry in entries:
        name = entry.get("test") if isinstance(entry, Mapping) else None
        label = entry.get("label") if isinstance(entry, Mapping) else None
        if name not in TESTS or not isinstance(label, str) or set(entry) - {"test", "label"}:
            what, mend = "an entry of `tests` is no known test with a label", "test: and label:"
            problems.append(Problem(file, what, mend, value=str(entry), allowed=", ".join(TESTS)))
        else:
            tests.append((TESTS[str(name)], label))
    if not entries or len({test.name for test, _ in tests}) < len(tests):
        problems.append(Problem(file, "`tests` lists none, or one twice", "list each once"))
    tails = listed("tails", _TAILS)
    adjustments = listed("adjustments", (NO_ADJUSTMENT, *ADJUSTMENTS))
    families = listed("families", (ALL_CELLS, PER_MEASURE))
    if content["decision_test"] not in TESTS:
        what, value = "`decision_test` is no known test", str(content["decision_test"])
        problems.append(Problem(file, what, "name one", value=value, allowed=", ".join(TESTS)))
    largest = content["largest_n"]
    if not isinstance(largest, int) or isinstance(largest, bool) or not 10 <= largest <= 1000:
        what = "`largest_n` is no number of pairs"
        problems.append(
            Problem(file, what, "write a whole number", value=str(largest), allowed="10 to 1000")
        )
    if problems:
        raise ProblemsFound(problems)
    return MarkReading(
        item=str(content["item"]),
        hypotheses=tuple(
            Hypothesis(test, cast(Tail, tail), label) for test, label in tests for tail in tails
        ),
        adjustments=tuple(adjustments),
        families=tuple(families),
        decision_test=TESTS[content["decision_test"]],
        largest_n=largest,
    )


def judge_hypotheses(
    cells: pd.DataFrame,
    hypotheses: Sequence[Hypothesis],
    thresholds: Sequence[float] = THRESHOLDS,
) -> pd.DataFrame:
    """Each printed mark against the marks that each hypothesis gives, one row per pair.

    `cells` has the columns of `medlead.performance.significance.judge_stars`: measure, scale,
    r, r_low, r_high, n, printed. `p` and `implied` are at the printed r, `p_low`, `p_high`,
    `implied_fewest` and `implied_most` over the r that round to it; `match` is `exact` where
    the printed mark is `implied`, `within rounding` where another r of the interval gives
    it, else `no`. A mark between the fewest and the most is given by some r of the interval
    (for a coefficient with steps: by some value that it can take there).
    """
    rows = []
    for hypothesis in hypotheses:
        test, tail = hypothesis.test, hypothesis.tail
        for cell in cells.to_dict("records"):
            n, printed = int(cell["n"]), str(cell["printed"])
            p = test.p(cell["r"], n, tail)
            low, high = test.p_range(cell["r_low"], cell["r_high"], n, tail)
            implied, fewest, most = (stars(value, thresholds) for value in (p, high, low))
            within = len(fewest) <= len(printed) <= len(most)
            match = EXACT if implied == printed else WITHIN_ROUNDING if within else NO_MATCH
            rows.append(
                {
                    "hypothesis": hypothesis.name,
                    "label": hypothesis.label,
                    "tail": tail,
                    **{key: cell[key] for key in ("measure", "scale", "r", "r_low", "r_high")},
                    "n": n,
                    "printed": printed,
                    "p": p,
                    "p_low": low,
                    "p_high": high,
                    "implied": implied,
                    "implied_fewest": fewest,
                    "implied_most": most,
                    "match": match,
                    "evidence": str(EvidenceClass.PRINTED_AGGREGATES),
                }
            )
    return pd.DataFrame(rows)


def tally_hypotheses(judged: pd.DataFrame) -> pd.DataFrame:
    """How many marks each hypothesis gives: per measure and over all, rounding carried or not.

    Columns `hypothesis,label,tail,measure,rounding,cells,matched,evidence`; the rows of
    all measures together come first.
    """
    rows = []
    measures = [EVERYWHERE, *judged["measure"].unique()]
    for measure, rounding in itertools.product(measures, (NOT_CARRIED, CARRIED)):
        part = judged if measure == EVERYWHERE else judged[judged["measure"] == measure]
        given = part["match"] == EXACT if rounding == NOT_CARRIED else part["match"] != NO_MATCH
        for name, group in part.groupby("hypothesis", sort=False):
            rows.append(
                {
                    "hypothesis": name,
                    "label": group["label"].iloc[0],
                    "tail": group["tail"].iloc[0],
                    "measure": measure,
                    "rounding": rounding,
                    "cells": len(group),
                    "matched": int(given[group.index].sum()),
                    "evidence": str(EvidenceClass.PRINTED_AGGREGATES),
                }
            )
    return pd.DataFrame(rows)


def by_cell(judged: pd.DataFrame) -> pd.DataFrame:
    """Per printed mark: which hypotheses give it, and whether it tells them apart.

    `given_by` names those that give it at the printed r, `given_within_rounding` those that need
    another r of the interval. `explained` is `by all`, `by some` (the mark discriminates) or
    `by none`, rounding carried; `explained_as_printed` the same at the printed r.
    """
    rows = []
    for (measure, scale), cell in judged.groupby(["measure", "scale"], sort=False):
        exact = cell.loc[cell["match"] == EXACT, "hypothesis"]
        rounded = cell.loc[cell["match"] == WITHIN_ROUNDING, "hypothesis"]
        first = cell.iloc[0]
        rows.append(
            {
                "measure": measure,
                "scale": scale,
                "r": first["r"],
                "n": first["n"],
                "printed": first["printed"],
                "given_by": "; ".join(exact),
                "given_within_rounding": "; ".join(rounded),
                "explained_as_printed": _explained(len(exact), len(cell)),
                "explained": _explained(len(exact) + len(rounded), len(cell)),
                "evidence": str(EvidenceClass.PRINTED_AGGREGATES),
            }
        )
    return pd.DataFrame(rows)


def _explained(count: int, of: int) -> str:
    return "by all" if count == of else "by some" if count else "by none"


def apart(judged: pd.DataFrame) -> pd.DataFrame:
    """Each pair of hypotheses: the marks that only the first gives, only the second, both, none.

    Rounding carried. Two hypotheses with neither an `only_first` nor an `only_second` cannot be
    told apart by these marks.
    """
    given = (judged["match"] != NO_MATCH).to_numpy()
    names = list(judged["hypothesis"].unique())
    marks = {name: given[(judged["hypothesis"] == name).to_numpy()] for name in names}
    rows = []
    for first, second in itertools.combinations(names, 2):
        a, b = marks[first], marks[second]
        counts = [int(c.sum()) for c in (a & ~b, ~a & b, a & b, ~a & ~b)]
        rows.append(
            (first, second, *counts, str(EvidenceClass.PRINTED_AGGREGATES)),
        )
    columns = ["first", "second", "only_first", "only_second", "both", "neither", "evidence"]
    return pd.DataFrame(rows, columns=columns)


def needed(
    judged: pd.DataFrame,
    hypotheses: Sequence[Hypothesis],
    largest_n: int,
    thresholds: Sequence[float] = THRESHOLDS,
) -> pd.DataFrame:
    """What r or what n would give each mark that a hypothesis does not give.

    One row per hypothesis and mark without a match, rounding carried. `r_needed_low` and
    `r_needed_high` are the ends of |r| (the lower one included, the upper one not) that give the
    printed mark at the printed n, empty where none does; `n_needed` are the n up to `largest_n`
    at which some r of the rounding interval gives it; `change_of_r` is how far the printed |r|
    is from the nearest end, beyond its own rounding.
    """
    tests = {hypothesis.name: hypothesis for hypothesis in hypotheses}
    rows = []
    for cell in judged[judged["match"] == NO_MATCH].to_dict("records"):
        hypothesis, count = tests[str(cell["hypothesis"])], len(str(cell["printed"]))
        test, tail, n = hypothesis.test, hypothesis.tail, int(cell["n"])
        low, high = strengths(test, tail, n, count, thresholds)
        weak, strong = sorted((abs(cell["r_low"]), abs(cell["r_high"])))
        sizes = [
            size
            for size in range(test.smallest_n, largest_n + 1)
            if _gives(test, cell["r_low"], cell["r_high"], size, tail, count, thresholds)
        ]
        rows.append(
            {
                **{k: cell[k] for k in ("hypothesis", "measure", "scale", "r", "n", "printed")},
                "implied": cell["implied"],
                "r_needed_low": low if low < high else math.nan,
                "r_needed_high": high if low < high else math.nan,
                "change_of_r": max(low - strong, weak - high, 0.0) if low < high else math.nan,
                "n_needed": spans(sizes, largest_n),
                "evidence": str(EvidenceClass.PRINTED_AGGREGATES),
            }
        )
    columns = ["hypothesis", "measure", "scale", "r", "n", "printed", "implied"]
    columns += ["r_needed_low", "r_needed_high", "change_of_r", "n_needed", "evidence"]
    return pd.DataFrame(rows, columns=columns)


def strengths(
    test: NullTest, tail: Tail, n: int, count: int, thresholds: Sequence[float] = THRESHOLDS
) -> tuple[float, float]:
    """The |r| at which n pairs carry exactly `count` stars: from (included) and to (excluded).

    The upper end is above 1 where |r| = 1 is included.
    """
    low = test.strength_at(thresholds[count - 1], n, tail) if count else 0.0
    high = math.inf
    if count < len(thresholds):
        high = test.strength_at(thresholds[count], n, tail)
    return low, min(high, math.nextafter(1, 2))


def _gives(
    test: NullTest,
    r_low: float,
    r_high: float,
    n: int,
    tail: Tail,
    count: int,
    thresholds: Sequence[float],
) -> bool:
    try:
        p_low, p_high = test.p_range(r_low, r_high, n, tail)
    except ValueError:  # so few pairs have no coefficient within the interval
        return False
    return len(stars(p_high, thresholds)) <= count <= len(stars(p_low, thresholds))


def spans(numbers: Sequence[int], largest: int) -> str:
    """Whole numbers in order as text: `4, 7 to 9`; `or more` where they reach the largest."""
    parts = []
    for _, run in itertools.groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        members = [number for _, number in run]
        first, last = members[0], members[-1]
        if last == largest:
            parts.append(f"{first} or more")
        else:
            parts.append(f"{first} to {last}" if last > first else str(first))
    return ", ".join(parts)
