"""Exact tests of a sample: against scipy, against enumeration by hand, and their properties."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medlead.survey.sampling import (
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

SAMPLES = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
POPULATIONS = st.integers(2, 40).flatmap(
    lambda size: st.tuples(st.just(size), st.integers(1, size - 1), st.integers(1, size))
)


@given(SAMPLES, st.sampled_from([0.8, 0.95, 0.99]))
def test_the_interval_of_a_share_is_scipys(sample: tuple[int, int], confidence: float) -> None:
    count, n = sample
    theirs = stats.binomtest(count, n).proportion_ci(confidence, method="exact")
    assert share_interval(count, n, confidence) == pytest.approx((theirs.low, theirs.high))


@given(SAMPLES, st.floats(0.01, 0.99))
def test_the_binomial_p_is_scipys(sample: tuple[int, int], share: float) -> None:
    count, n = sample
    assert binomial_p(count, n, share) == pytest.approx(
        stats.binomtest(count, n, share).pvalue, abs=1e-9
    )


@given(POPULATIONS, st.data())
def test_the_p_of_a_finite_population_is_fishers(
    population: tuple[int, int, int], data: st.DataObject
) -> None:
    size, members, n = population
    lowest, highest = max(0, n - (size - members)), min(n, members)
    count = data.draw(st.integers(lowest, highest))
    table = [[count, n - count], [members - count, size - members - (n - count)]]
    theirs = stats.fisher_exact(table).pvalue
    assert finite_p(count, n, members, size) == pytest.approx(theirs, abs=1e-9)


@given(POPULATIONS, st.data())
def test_the_members_of_a_population_are_those_that_no_tail_rejects(
    population: tuple[int, int, int], data: st.DataObject
) -> None:
    size, _, n = population
    count = data.draw(st.integers(0, n))
    low, high = members_interval(count, n, size, 0.9)
    kept = []
    for members in range(size + 1):
        ways = [math.comb(members, k) * math.comb(size - members, n - k) for k in range(n + 1)]
        every = math.comb(size, n)
        if not ways[count]:
            continue
        upper, lower = Fraction(sum(ways[count:]), every), Fraction(sum(ways[: count + 1]), every)
        if min(upper, lower) > Fraction(1, 20):
            kept.append(members)
    assert (low, high) == (kept[0], kept[-1])


def test_a_sample_of_everybody_leaves_nothing_open() -> None:
    assert members_interval(3, 10, 10, 0.95) == (3, 3)


@pytest.mark.parametrize("parts", [1, 2, 3, 4])
def test_compositions_are_all_ways_and_each_once(parts: int) -> None:
    mine = {tuple(map(int, way)) for way in compositions(6, parts)}
    every = {way for way in product(range(7), repeat=parts) if sum(way) == 6}
    assert mine == every
    assert len(compositions(6, parts)) == len(every)


def test_too_many_ways_are_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        compositions(500, 5)


def by_hand(counts: list[int], chance_of: "dict[tuple[int, ...], Fraction]") -> float:
    seen = chance_of[tuple(counts)]
    return float(sum((c for c in chance_of.values() if c <= seen), Fraction(0)))


def test_the_multinomial_p_by_fractions() -> None:
    counts, shares = [4, 1, 2], [Fraction(1, 2), Fraction(3, 10), Fraction(1, 5)]
    ways = [w for w in product(range(8), repeat=3) if sum(w) == 7]
    chances = {
        w: math.factorial(7)
        * math.prod(
            (share**k / math.factorial(k) for share, k in zip(shares, w, strict=True)),
            start=Fraction(1),
        )
        for w in ways
    }
    assert sum(chances.values()) == 1
    found = multinomial_p(counts, np.array([[float(s) for s in shares]]))
    assert found == pytest.approx([by_hand(counts, chances)])


def test_the_multinomial_p_of_two_levels_is_the_binomial_one() -> None:
    found = multinomial_p([18, 54], np.array([[0.15, 0.85], [0.2, 0.8]]))
    assert found == pytest.approx([binomial_p(18, 72, 0.15), binomial_p(18, 72, 0.2)])


def test_a_level_that_cannot_be_but_was_seen_has_no_chance() -> None:
    assert multinomial_p([3, 1], np.array([[1.0, 0.0]]))[0] == 0
    assert finite_counts_p([3, 1], np.array([[8, 0]]))[0] == 0


def test_the_p_of_several_levels_of_a_finite_population_by_fractions() -> None:
    counts, members = [2, 3, 0], [3, 5, 4]
    ways = [w for w in product(range(6), repeat=3) if sum(w) == 5]
    every = math.comb(12, 5)
    chances = {
        w: Fraction(math.prod(math.comb(m, k) for m, k in zip(members, w, strict=True)), every)
        for w in ways
    }
    assert sum(chances.values()) == 1
    found = finite_counts_p(counts, np.array([members]))
    assert found == pytest.approx([by_hand(counts, chances)])


def test_two_levels_of_a_finite_population_are_the_hypergeometric_test() -> None:
    found = finite_counts_p([38, 34], np.array([[134, 111], [150, 95]]))
    assert found == pytest.approx([finite_p(38, 72, 134, 245), finite_p(38, 72, 150, 245)])


def power_at(n: int, share: float, truth: float, alpha: float) -> float:
    rejects = [k for k in range(n + 1) if stats.binomtest(k, n, share).pvalue <= alpha]
    return float(sum(stats.binom.pmf(k, n, truth) for k in rejects))


@pytest.mark.parametrize(("n", "share"), [(72, 0.55), (72, 0.15), (30, 0.5)])
def test_the_shares_that_are_noticed_have_that_power_and_nearer_ones_less(
    n: int, share: float
) -> None:
    below, above = detectable(n, share, 0.05, 0.8)
    assert below < share < above
    for end in (below, above):
        assert power_at(n, share, end, 0.05) == pytest.approx(0.8, abs=1e-4)
        assert power_at(n, share, (end + share) / 2, 0.05) < 0.8


def test_few_cannot_notice_that_something_rare_is_rarer() -> None:
    below, above = detectable(72, 0.05, 0.05, 0.8)
    assert math.isnan(below)
    assert above > 0.05


def test_outcomes_as_rare_as_each_other_are_rejected_together() -> None:
    # Of five at one half, none or all five have p = 2/32 between them: above 0.05.
    assert all(math.isnan(end) for end in detectable(5, 0.5, 0.05, 0.8))
    below, above = detectable(5, 0.5, 0.07, 0.8)
    assert below == pytest.approx(1 - above)
    # The other tail adds next to nothing where all five are that likely.
    assert above == pytest.approx(0.8 ** (1 / 5), abs=1e-4)


def test_what_is_noticed_in_a_finite_population_by_scipys_noncentral_distribution() -> None:
    n, members, size = 72, 134, 245
    rejects = [k for k in range(n + 1) if finite_p(k, n, members, size) <= 0.05]
    for end in finite_detectable(n, members, size, 0.05, 0.8):

        def shares(odds: float, end: float = end) -> float:
            return float(stats.nchypergeom_fisher.mean(size, members, n, odds)) / n - end

        low, high = 1e-3, 1e3
        for _ in range(60):
            middle = math.sqrt(low * high)
            low, high = (middle, high) if shares(middle) < 0 else (low, middle)
        power = sum(stats.nchypergeom_fisher.pmf(k, size, members, n, low) for k in rejects)
        assert power == pytest.approx(0.8, abs=1e-3)


def test_the_finite_population_notices_more() -> None:
    # Nobody is drawn twice, so the same number of returns says more.
    wide = detectable(72, 134 / 245, 0.05, 0.8)
    narrow = finite_detectable(72, 134, 245, 0.05, 0.8)
    assert wide[0] < narrow[0] < 134 / 245 < narrow[1] < wide[1]


@settings(max_examples=50)
@given(st.integers(1, 40), st.integers(1, 99))
def test_possible_bases_are_all_that_print_so(count: int, percent: int) -> None:
    every = []
    for base in range(count, 201 * count + 1):
        value = Fraction(100 * count, base)
        # Halves go up, or to the even number; both are rounding to nearest.
        up, even = math.floor(value + Fraction(1, 2)), round(value)
        if percent in (up, even):
            every.append(base)
    assert possible_bases(count, str(percent)) == every


def test_decimals_narrow_the_bases() -> None:
    assert possible_bases(1, "50") == [2]
    # 10/0.3335 to 10/0.3325 per cent.
    assert possible_bases(10, "33.3") == [30]


@pytest.mark.parametrize(("count", "n"), [(5, 4), (-1, 4), (0, 0)])
def test_impossible_counts_are_refused(count: int, n: int) -> None:
    for function in (
        lambda: share_interval(count, n, 0.95),
        lambda: binomial_p(count, n, 0.5),
        lambda: finite_p(count, n, 2, 9),
        lambda: members_interval(count, n, 9, 0.95),
    ):
        with pytest.raises(ValueError, match="not a count"):
            function()


def test_a_percentage_of_nothing_has_no_bases() -> None:
    with pytest.raises(ValueError, match="no largest base"):
        possible_bases(0, "0")
