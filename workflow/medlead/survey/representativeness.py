"""Whether those who answered stand for all: exact tests against the population (4.1.1-4.1.3).

Nothing outside the evidence is brought in. Where a share of the population is only known
rounded, where printed shares leave some of it unaccounted for, or where no number is printed
at all, the result is a range over all that could be meant, or the plain statement that there
is nothing to test.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from medlead.survey.claims import (
    BASES,
    BINOMIAL,
    COLUMNS,
    FINITE,
    FINITE_COUNTS,
    MULTINOMIAL,
    RESPONSES,
    UNACCOUNTED,
    Claim,
    Tested,
    rounded,
)
from medlead.survey.declared import Numbers, level_counts, with_texts
from medlead.survey.sampling import (
    Floats,
    binomial_p,
    compositions,
    detectable,
    finite_counts_p,
    finite_detectable,
    finite_p,
    members_interval,
    multinomial_p,
    possible_bases,
    share_interval,
)
from medlead.survey.statements import judge

# Points of a percentage between the splits of an unaccounted share that are tried.
STEP = 0.5
_MANY = 20_000


def representativeness(
    coded: pd.DataFrame,
    declared: Mapping[str, Any],
    numbers: Numbers,
    *,
    confidence: float,
    alpha: float,
) -> pd.DataFrame:
    """Responses against the population, variable by variable (`COLUMNS`, one row per test).

    `percent`, `low`, `high`, the `population_percent_...` and `detects_...` are per cent; `n`
    counts the responses. `method` is one of `METHODS`:

    - `responses`: the count with Clopper and Pearson's interval for an endless population;
    - `possible bases`: which bases make the printed percentage of the printed number;
    - `binomial`: each level against its share of the population, with the range of p over the
      shares that print so, a tenth of a point apart (p leaps between shares, so between two of
      them it can be a little beyond); `detects_below` and `detects_above` are the nearest
      shares that this many responses would tell from it with the declared power;
    - `finite population`: the same for draws without replacement from the population, with the
      exact interval of the members' share in it;
    - `multinomial` and `finite population, all types`: all levels at once. Where the printed
      shares do not add up to 100, for several ways to deal out what is missing, and over all
      ways in steps of half a point;
    - `statement`: what was said about a level, and what the tests leave of it: those of the
      finite population, or the binomial ones where its members cannot be told.

    Keeps problems in `numbers`; variables with problems are left out.
    """
    population = numbers.find("representativeness / population", declared["population"]["count"])
    rows: list[dict[str, object]] = []
    for given in declared["claims"]:
        place = f"representativeness / {given['claim']}"
        counts = level_counts(place, coded, given["variable"], given["counts"], numbers)
        members, shares = (
            {
                level: found
                for level, source in given[key].items()
                if numbers.known(f"{place} / {key}", "level", level, counts)
                and (
                    found := numbers.find(
                        f"{place} / {key} / {level}", source, whole=key == "members"
                    )
                )
            }
            for key in ("members", "shares")
        )
        for said in given["statements"]:
            numbers.known(f"{place} / statements", "level", said["level"], counts)
        if population is None or numbers.problems or not sum(c.count for c in counts.values()):
            continue
        claim = Claim(
            str(given["claim"]),
            counts,
            population,
            members,
            shares,
            alpha,
            confidence,
            float(declared["power"]),
        )
        _check_sizes(place, claim, numbers)
        if not numbers.problems:
            _test(claim, given["statements"], str(declared["population"]["says"]))
            rows += claim.rows
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    texts = ["level", "against", "verdict", "says"]
    return with_texts(frame, texts).astype({"count": "Int64"})


def _check_sizes(place: str, claim: Claim, numbers: Numbers) -> None:
    if claim.n > claim.population.count:
        numbers.wrong(
            place,
            f"{claim.n} responses from a population of {claim.population.count}",
            "correct the size of the population",
        )
    for level, members in claim.members.items():
        others = claim.population.count - members.count
        if (
            members.count < claim.counts[level].count
            or others < claim.n - claim.counts[level].count
        ):
            numbers.wrong(
                f"{place} / members / {level}",
                f"{members.count} of {claim.population.count} do not fit "
                f"{claim.counts[level].count} of {claim.n} responses",
                "correct the number of members",
            )
    if claim.shares and sum(rounded(s)[0] for s in claim.shares.values()) > 100:
        numbers.wrong(f"{place} / shares", "they add up to more than 100 %", "correct them")


def _test(claim: Claim, statements: Sequence[Mapping[str, str]], whom: str) -> None:
    tested: dict[str, dict[str, list[Tested]]] = {}
    for level, count in claim.counts.items():
        low, high = share_interval(count.count, claim.n, claim.confidence)
        known = bool(claim.members or claim.shares)
        claim.add(
            level,
            RESPONSES,
            low=100 * low,
            high=100 * high,
            says=""
            if known
            else f"How many {whom} are of this level is not given: nothing to test.",
        )
    for level in claim.counts:
        if level in claim.members and level in claim.shares:
            _bases(claim, level, whom)
        if level in claim.members or level in claim.shares:
            _one_level(claim, level, tested)
    if len(claim.counts) > 2 and set(claim.shares) == set(claim.counts):
        _all_levels(claim)
    for said in statements:
        found = tested.get(said["level"], {})
        judge(claim, said, found.get(FINITE) or found.get(BINOMIAL, []))


def _bases(claim: Claim, level: str, whom: str) -> None:
    members, share = claim.members[level], claim.shares[level]
    bases = possible_bases(members.count, share.text)
    listed = ", ".join(map(str, bases)) or "none"
    size = claim.population.count
    within = "is" if size in bases else "is not"
    claim.add(
        level,
        BASES,
        against=listed,
        says=f"{members.count} is {share.text} % of {listed} {whom}; "
        f"their number, {size}, {within} among these bases.",
    )


def _one_level(claim: Claim, level: str, tested: dict[str, dict[str, list[Tested]]]) -> None:
    count, n, size = claim.counts[level].count, claim.n, claim.population.count
    readings: list[tuple[str, float, float]] = []
    if level in claim.members:
        exact = 100 * claim.members[level].count / size
        readings.append((f"{claim.members[level].count} of {size}", exact, exact))
    if level in claim.shares:
        text = claim.shares[level].text
        readings.append((f"{text} % with its rounding", *rounded(claim.shares[level])))
        low, high = claim.shares_between(level)
        if high > readings[-1][2]:
            readings.append((f"{text} % {UNACCOUNTED}", low, high))
    for against, low, high in readings:
        ps = [binomial_p(count, n, share / 100) for share in _grid(low, high)]
        printed = not against.endswith(UNACCOUNTED)
        found = Tested(low, high, min(ps), max(ps), printed)
        _add_test(claim, level, BINOMIAL, against, found, tested)
    for against, possible in claim.finite_readings(level):
        members = [m for m in possible if m >= count and size - m >= n - count]
        if not members:
            continue
        ps = [finite_p(count, n, m, size) for m in members]
        ends = (100 * members[0] / size, 100 * members[-1] / size)
        found = Tested(*ends, min(ps), max(ps), not against.endswith(UNACCOUNTED))
        _add_test(claim, level, FINITE, against, found, tested, members)


def _add_test(
    claim: Claim,
    level: str,
    method: str,
    against: str,
    found: Tested,
    tested: dict[str, dict[str, list[Tested]]],
    members: Sequence[int] = (),
) -> None:
    """The row of one test; what it detects only where the share is known up to its rounding."""
    count, n, size = claim.counts[level].count, claim.n, claim.population.count
    row: dict[str, object] = {
        "against": against,
        "population_percent_low": found.low,
        "population_percent_high": found.high,
        "p_low": found.p_low,
        "p_high": found.p_high,
    }
    if members:
        ends = members_interval(count, n, size, claim.confidence)
        row |= {"low": 100 * ends[0] / size, "high": 100 * ends[1] / size}
    if len(members) == 1:
        others = size - members[0]
        row["says"] = (
            f"{count} of {members[0]} answered ({100 * count / members[0]:.1f} %), "
            f"and {n - count} of the other {others} ({100 * (n - count) / others:.1f} %)."
            if others
            else ""
        )
    if found.as_printed:
        middle = (found.low + found.high) / 200
        below, above = (
            finite_detectable(n, members[len(members) // 2], size, claim.alpha, claim.power)
            if members
            else detectable(n, middle, claim.alpha, claim.power)
        )
        row |= {"detects_below": 100 * below, "detects_above": 100 * above}
    claim.add(level, method, **row)
    tested.setdefault(level, {}).setdefault(method, []).append(found)


def _all_levels(claim: Claim) -> None:
    levels = list(claim.counts)
    counts = [claim.counts[level].count for level in levels]
    printed = np.array([claim.shares[level].value for level in levels])
    rest = 100 - printed.sum()
    readings: list[tuple[str, list[int], Floats]] = [
        ("the printed shares, scaled to 100 %", counts, printed / printed.sum())
    ]
    if rest > 0:
        for place, level in enumerate(levels):
            dealt = printed.copy()
            dealt[place] += rest
            readings.append((f"the missing {rest:g} % are {level}", counts, dealt / 100))
        other = f"the missing {rest:g} % are of another type, of which none answered"
        readings.append((other, [*counts, 0], np.append(printed, rest) / 100))
    for against, found, shares in readings:
        p = float(multinomial_p(found, shares)[0])
        claim.add("", MULTINOMIAL, against=against, p_low=p, p_high=p)
    splits = _splits([rounded(claim.shares[level]) for level in levels])
    if len(splits):
        ps = multinomial_p(counts, splits / 100)
        claim.add(
            "",
            MULTINOMIAL,
            against=f"all shares that print so, the missing ones dealt out in steps of {STEP:g}",
            p_low=float(ps.min()),
            p_high=float(ps.max()),
            says=_rejecting(ps, claim.alpha),
        )
    _finite_levels(claim, levels, counts)


def _finite_levels(claim: Claim, levels: Sequence[str], counts: list[int]) -> None:
    size = claim.population.count
    possible = [claim.known_members(level) for level in levels]
    tables = []
    for base in product(*possible):
        left = size - sum(base)
        if left >= 0 and math.comb(left + len(levels) - 1, len(levels) - 1) <= _MANY:
            tables.append(np.array(base) + compositions(left, len(levels)))
    if not tables:
        return
    members = np.unique(np.concatenate(tables), axis=0)
    if len(members) > _MANY:
        return
    ps = finite_counts_p(counts, members)
    claim.add(
        "",
        FINITE_COUNTS,
        against=f"all numbers among {size} that print so, those missing dealt out in every way",
        p_low=float(ps.min()),
        p_high=float(ps.max()),
        says=_rejecting(ps, claim.alpha),
    )


def _rejecting(ps: Floats, alpha: float) -> str:
    return f"In {int((ps < alpha).sum())} of {len(ps)} ways p is below {alpha:g}."


def _grid(low: float, high: float) -> list[float]:
    """Shares from low to high, both included, at most a tenth of a point apart."""
    steps = max(1, math.ceil((high - low) / 0.1))
    return [low + (high - low) * i / steps for i in range(steps + 1)]


def _splits(ends: Sequence[tuple[float, float]]) -> Floats:
    """All shares that add up to 100, each at least its least one, in steps of `STEP`."""
    lows = np.array([low for low, _ in ends])
    steps = round((100 - lows.sum()) / STEP)
    if steps < 0 or math.comb(steps + len(ends) - 1, len(ends) - 1) > _MANY:
        return np.zeros((0, len(ends)))
    dealt = lows + STEP * compositions(steps, len(ends))
    return np.asarray(dealt * (100 / dealt.sum(axis=1, keepdims=True)), dtype=np.float64)
