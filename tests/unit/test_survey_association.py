"""Tests and effect sizes of two-way tables against enumeration, other libraries and by hand."""

import itertools
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from medlead.evidence import EvidenceClass
from medlead.performance.exact import two_group_tests
from medlead.survey import contingency
from medlead.survey.association import association
from medlead.survey.contingency import (
    EXACT,
    MONTE_CARLO,
    concordance,
    freeman_halton,
    random_tables,
    rank_test,
)
from medlead.survey.crossings import Crossing, crossings
from medlead.survey.effects import (
    CLIFFS_DELTA,
    CRAMERS_V,
    EPSILON_SQUARED,
    TAU_C,
    cliffs_delta,
    cramers_v,
    effect_of,
    epsilon_squared,
    tau_c,
)
from medlead.survey.instrument import load_instrument
from medlead.survey.selection import Returns
from medlead.survey.table_definition import load_tables

ROOT = Path(__file__).parents[2]
Counts = npt.NDArray[np.int64]

SAMPLES, SEED = 4000, 7


def table(*rows: tuple[int, ...]) -> Counts:
    return np.array(rows, dtype=np.int64)


def whole_p(counts: Counts, **choices: Any) -> float:
    return freeman_halton(counts, **{"samples": SAMPLES, "seed": SEED, **choices}).p


# --- the exact test --------------------------------------------------------------------


def all_tables(rows: list[int], columns: list[int]) -> list[list[list[int]]]:
    """Every table with these margins, row by row: slow, and of another kind than the network."""
    if len(rows) == 1:
        return [[columns]]
    found = []
    for first in itertools.product(*(range(c + 1) for c in columns)):
        if sum(first) == rows[0]:
            left = [c - taken for c, taken in zip(columns, first, strict=True)]
            found += [[list(first), *rest] for rest in all_tables(rows[1:], left)]
    return found


def weight(cells: list[list[int]]) -> Fraction:
    return Fraction(1, math.prod(math.factorial(c) for row in cells for c in row))


def by_hand(counts: Counts) -> float:
    """Freeman and Halton's p-value in exact fractions over all tables."""
    cells = counts.tolist()
    weights = [weight(t) for t in all_tables(counts.sum(1).tolist(), counts.sum(0).tolist())]
    return float(sum(w for w in weights if w <= weight(cells)) / sum(weights))


small_tables = st.tuples(st.integers(2, 4), st.integers(2, 4)).flatmap(
    lambda shape: st.lists(
        st.lists(st.integers(0, 3), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)


@given(small_tables)
@settings(max_examples=60, deadline=None)
def test_the_network_agrees_with_every_table_in_fractions(rows: list[list[int]]) -> None:
    counts = np.array(rows, dtype=np.int64)
    assume(counts.sum() <= 14)
    assert whole_p(counts) == pytest.approx(by_hand(counts), rel=1e-6)


def test_a_published_result() -> None:
    """Job satisfaction by income, Agresti (2002, p. 57); R's fisher.test gives 0.7827."""
    jobs = table((1, 2, 1, 0), (3, 3, 6, 1), (10, 10, 14, 9), (6, 7, 12, 11))
    result = freeman_halton(jobs, samples=SAMPLES, seed=SEED)
    assert result.method == EXACT
    assert result.error == 0
    assert result.p == pytest.approx(0.7827, abs=5e-5)


@pytest.mark.parametrize("seed", range(6))
def test_two_by_two_is_fisher_s_test_and_two_rows_are_the_enumeration(seed: int) -> None:
    random = np.random.default_rng(seed)
    square = random.integers(0, 12, (2, 2)) + 1
    assert whole_p(square) == pytest.approx(stats.fisher_exact(square).pvalue)
    wide = random.integers(0, 5, (2, 6)) + np.eye(2, 6, dtype=int)
    assert whole_p(wide) == pytest.approx(two_group_tests(wide).table_p)
    assert whole_p(wide.T) == pytest.approx(whole_p(wide))
    order = random.permutation(6)
    assert whole_p(wide[:, order]) == pytest.approx(whole_p(wide))


def test_random_tables_take_over_with_their_standard_error() -> None:
    counts = table((6, 2, 1, 4), (1, 5, 3, 1), (2, 2, 6, 1))
    exact = whole_p(counts)
    drawn = freeman_halton(counts, samples=SAMPLES, seed=SEED, most_states=1)
    assert drawn.method == MONTE_CARLO
    assert drawn.error == pytest.approx(math.sqrt(drawn.p * (1 - drawn.p) / SAMPLES))
    assert abs(drawn.p - exact) < 4 * drawn.error
    assert drawn.p != exact
    again = freeman_halton(counts, samples=SAMPLES, seed=SEED, most_states=1)
    assert again == drawn
    assert freeman_halton(counts, samples=SAMPLES, seed=SEED + 1, most_states=1) != drawn
    # The p-value of random tables is never 0.
    apart = np.diag([30, 30, 30])
    assert whole_p(apart, most_states=1) == 1 / (1 + SAMPLES)


def test_scipy_s_random_tables_agree() -> None:
    counts = table((6, 2, 1, 4), (1, 5, 3, 1), (2, 2, 6, 1))
    method = stats.MonteCarloMethod(n_resamples=9999, rng=np.random.default_rng(1))
    theirs = float(stats.fisher_exact(counts, method=method).pvalue)
    assert abs(theirs - whole_p(counts)) < 4 * math.sqrt(theirs * (1 - theirs) / 9999)


def test_random_tables_have_the_margins() -> None:
    counts = table((3, 2, 1), (1, 0, 4))
    drawn = random_tables(counts, 50, SEED)
    assert drawn.shape == (50, 2, 3)
    assert (drawn.sum(axis=2) == counts.sum(axis=1)).all()
    assert (drawn.sum(axis=1) == counts.sum(axis=0)).all()


def test_empty_rows_and_columns_change_nothing() -> None:
    counts = table((3, 0, 1), (0, 0, 0), (1, 0, 4))
    assert whole_p(counts) == whole_p(table((3, 1), (1, 4)))
    for alone in (table((3, 0), (2, 0)), table((0, 0), (0, 0)), np.zeros((2, 0), dtype=np.int64)):
        assert whole_p(alone) == 1
        assert rank_test(alone, samples=99, seed=1).p == 1
    with pytest.raises(ValueError, match="counts"):
        whole_p(table((1, -1), (2, 3)))


# --- the order of levels ---------------------------------------------------------------


def observations(counts: Counts) -> tuple[list[int], list[int]]:
    cells = [(i, j) for i, j in np.ndindex(*counts.shape) for _ in range(int(counts[i, j]))]
    return [i for i, _ in cells], [j for _, j in cells]


def test_the_rank_test_is_kruskal_and_wallis_over_all_orderings() -> None:
    counts = table((2, 1, 0), (0, 1, 2), (1, 0, 1))
    rows, columns = observations(counts)

    def h(values: tuple[int, ...]) -> float:
        groups = [[v for r, v in zip(rows, values, strict=True) if r == g] for g in range(3)]
        return float(stats.kruskal(*groups).statistic)

    observed = h(tuple(columns))
    ways = [h(order) for order in set(itertools.permutations(columns))]
    exact = float(np.mean([w >= observed - 1e-9 for w in ways]))
    found = rank_test(counts, samples=20000, seed=3)
    assert 0.1 < exact < 0.9
    assert abs(found.p - exact) < 4 * found.error


def test_two_rows_in_order_are_mann_and_whitney_s_test() -> None:
    counts = table((4, 3, 2, 0, 1), (0, 2, 3, 4, 3))
    found = rank_test(counts, samples=20000, seed=3)
    assert abs(found.p - two_group_tests(counts).u_p) < 4 * found.error
    # The order matters to it, and only to it.
    mixed = counts[:, [0, 4, 1, 3, 2]]
    assert rank_test(mixed, samples=20000, seed=3).p > 2 * found.p
    assert whole_p(mixed) == pytest.approx(whole_p(counts))


def test_with_rows_in_order_too_it_is_kendall_s() -> None:
    counts = table((2, 1, 0), (0, 1, 2), (1, 0, 1))
    rows, columns = observations(counts)

    def apart(values: tuple[int, ...]) -> int:
        pairs = itertools.combinations(range(len(rows)), 2)
        return sum(np.sign(rows[a] - rows[b]) * np.sign(values[a] - values[b]) for a, b in pairs)

    assert concordance(counts) == apart(tuple(columns))
    observed = abs(apart(tuple(columns)))
    ways = [abs(apart(order)) for order in set(itertools.permutations(columns))]
    exact = float(np.mean([w >= observed for w in ways]))
    found = rank_test(counts, samples=20000, seed=3, ordered_rows=True)
    assert abs(found.p - exact) < 4 * found.error


# --- effect sizes ----------------------------------------------------------------------

JOBS = table((1, 2, 1, 0), (3, 3, 6, 1), (10, 10, 14, 9), (6, 7, 12, 11))
UNEVEN = table((8, 3, 1), (2, 4, 6))


def test_cramers_v_is_corrected_as_bergsma_says() -> None:
    found = cramers_v(UNEVEN, 0.9)
    plain = stats.contingency.association(UNEVEN, method="cramer")
    n = UNEVEN.sum()
    phi = plain**2  # the smaller of rows and columns less one is one
    corrected = max(0, phi - 2 / (n - 1))
    divisor = min(2 - 1 / (n - 1), 3 - 4 / (n - 1)) - 1
    assert found.estimate == pytest.approx(math.sqrt(corrected / divisor))
    assert found.name == CRAMERS_V
    # At each end, what was found lies at the edge of a tail.
    chi_square = stats.chi2_contingency(UNEVEN, correction=False).statistic
    for end, tail in ((found.low, 0.95), (found.high, 0.05)):
        assert stats.ncx2.cdf(chi_square, 2, end**2 * divisor * n) == pytest.approx(tail, abs=1e-6)
    assert found.low < found.estimate < found.high


@pytest.mark.parametrize(
    "counts", [JOBS[:3], UNEVEN, table((4, 1), (0, 5), (3, 3), (9, 1), (2, 2))]
)
def test_cramers_v_does_not_ask_which_side_is_which(counts: Counts) -> None:
    assert cramers_v(counts)[1:4] == pytest.approx(cramers_v(counts.T)[1:4])


def test_nothing_in_a_table_gives_an_interval_from_zero() -> None:
    flat = table((5, 5, 5), (5, 5, 5))
    for effect in (cramers_v(flat), epsilon_squared(np.vstack([flat, flat[:1]]))):
        assert effect.estimate == 0
        assert effect.low == 0


def test_cliffs_delta_counts_pairs() -> None:
    first, second = (np.repeat([0, 1, 2], row) for row in UNEVEN)
    pairs = [np.sign(a - b) for a in first for b in second]
    found = cliffs_delta(UNEVEN)
    assert found.estimate == pytest.approx(np.mean(pairs))
    assert found.estimate < 0  # the first row lies lower
    assert found.low < found.estimate < found.high
    turned = cliffs_delta(UNEVEN[::-1])
    assert (turned.estimate, turned.low) == pytest.approx((-found.estimate, -found.high))


def test_epsilon_squared_is_kruskal_and_wallis_corrected() -> None:
    groups = [np.repeat(range(4), row) for row in JOBS]
    n, k = JOBS.sum(), 4
    h = stats.kruskal(*groups).statistic
    found = epsilon_squared(JOBS)
    assert found.estimate == pytest.approx(max(0, (h - k + 1) / (n - k)))
    strong = table((6, 1, 0), (1, 6, 1), (0, 1, 7))
    groups = [np.repeat(range(3), row) for row in strong]
    f = stats.f_oneway(*np.split(stats.rankdata(np.concatenate(groups)), [7, 15])).statistic
    found = epsilon_squared(strong)
    n = strong.sum()
    assert found.estimate == pytest.approx((stats.kruskal(*groups).statistic - 2) / (n - 3))
    for end, tail in ((found.low, 0.975), (found.high, 0.025)):
        assert stats.ncf.cdf(f, 2, n - 3, n * end / (1 - end)) == pytest.approx(tail, abs=1e-6)
    assert found.name == EPSILON_SQUARED
    assert epsilon_squared(np.diag([4, 4, 4])).estimate == 1


def test_tau_c_is_scipy_s_and_its_error_is_that_of_the_delta_method() -> None:
    for counts in (JOBS, UNEVEN):
        found = tau_c(counts)
        expected = stats.kendalltau(*observations(counts), variant="c").statistic
        assert found.estimate == pytest.approx(expected)
        n, shares = counts.sum(), counts / counts.sum()
        slopes = np.empty(counts.shape)
        for cell in np.ndindex(*counts.shape):
            moved = [shares.copy(), shares.copy()]
            moved[0][cell] += 1e-6
            moved[1][cell] -= 1e-6
            slopes[cell] = (c_of(moved[0]) - c_of(moved[1])) / 2e-6
        variance = ((shares * slopes**2).sum() - (shares * slopes).sum() ** 2) / n
        half = stats.norm.isf(0.025) * math.sqrt(variance)
        assert found.low == pytest.approx(found.estimate - half, abs=1e-6)
        assert found.high == pytest.approx(found.estimate + half, abs=1e-6)


def c_of(shares: npt.NDArray[np.float64]) -> float:
    """tau-c as a function of cell probabilities."""
    m = min(shares.shape)
    total = 0.0
    for (i, j), (a, b) in itertools.product(np.ndindex(*shares.shape), repeat=2):
        total += shares[i, j] * shares[a, b] * np.sign(i - a) * np.sign(j - b)
    return float(total * m / (m - 1))


def test_the_measure_follows_what_has_an_order() -> None:
    names = {
        (rows, columns): effect_of(JOBS, ordered_rows=rows, ordered_columns=columns).name
        for rows in (True, False)
        for columns in (True, False)
    }
    assert names[True, True] == TAU_C
    assert names[False, True] == names[True, False] == EPSILON_SQUARED
    assert names[False, False] == CRAMERS_V
    assert effect_of(UNEVEN, ordered_rows=False, ordered_columns=True).name == CLIFFS_DELTA
    turned = effect_of(JOBS.T, ordered_rows=True, ordered_columns=False)
    assert turned == effect_of(JOBS, ordered_rows=False, ordered_columns=True)
    for rows, columns in names:
        alone = effect_of(table((3, 2)), ordered_rows=rows, ordered_columns=columns)
        assert np.isnan(alone.estimate)


# --- crossings of declared tables ------------------------------------------------------

LIBRARIES = load_instrument(
    yaml.safe_load((ROOT / "tests" / "data" / "small_survey.yaml").read_text(encoding="utf-8"))
)
TWO = load_tables(
    {
        "tables": {
            "table-1": {
                "of": "readers",
                "rows": {
                    "All": {"county": "answered"},
                    "North": {"county": "N"},
                    "South": {"county": "S"},
                    "South again": {"county": "S"},
                    "Northern print": {"county": "N", "main": "Print"},
                    "Not screen": {"main": ["Print", "Rest"]},
                    "Screen": {"main": "Screen"},
                },
                "columns": {"each": "readers", "no answer": {"readers": "missing"}},
            },
            "table-2": {
                "of": "clerks",
                "rows": {"each": "clerks"},
                "columns": {"North": {"county": "N"}, "South": {"county": "S"}},
            },
            "table-3": {
                "of": "mood",
                "rows": {"North": {"county": "N"}, "South": {"county": "S"}, "Both": {}},
                "show": {"low": "lowest"},
            },
            "table-4": {"of": "county", "rows": {"each": "county"}, "show": {"n": "count"}},
        }
    },
    LIBRARIES,
)
FRAME = pd.DataFrame(
    {
        "used": [True, True, True, True, True, False],
        "county": ["N", "N", "S", "S", None, "N"],
        "readers": ["few", "some", "some", None, "few", "many"],
        "main": ["Print", "Screen", "Rest", "Print", "Screen", "Print"],
        "clerks": pd.array([1, 2, 2, None, 1, 1], dtype="Int64"),
        "mood": pd.array([1, 9.5, 1, 2, 5, 1], dtype="Float64"),
    }
)
CROSSED = crossings(Returns(FRAME, LIBRARIES), TWO)


def test_rows_of_two_variables_are_two_crossings_by_hand() -> None:
    status, stock = CROSSED[:2]
    assert (status.item, status.group, status.of) == ("table-1", "county", "readers")
    assert status.groups == ("North", "South")
    assert status.levels == ("few", "some", "many")
    assert status.counts.tolist() == [[1, 1, 0], [0, 1, 0]]
    assert status.missing == 2  # one county and one number of readers
    assert stock.group == "main"
    assert stock.groups == ("Not screen", "Screen")
    assert stock.counts.tolist() == [[1, 1, 0], [1, 1, 0]]
    assert status.ordered
    assert not status.ordered_groups


def test_turned_tables_and_tables_of_ends_are_crossed_too() -> None:
    turned, moods = CROSSED[2:]
    assert (turned.item, turned.groups, turned.levels) == (
        "table-2",
        ("North", "South"),
        ("1", "2"),
    )
    assert turned.counts.tolist() == [[1, 1], [0, 1]]
    assert moods.levels == ("1", "2", "5", "9.5")
    assert moods.counts.tolist() == [[1, 0, 0, 1], [1, 1, 0, 0]]
    assert (turned.from_counts, moods.from_counts) == (True, False)
    assert len(CROSSED) == 4


def test_printed_counts_are_found_by_their_headings_whichever_way_they_stand() -> None:
    cells = {
        **{("table-1", g, lv): "3" for g in ("North", "South") for lv in ("few", "some", "many")},
        **{
            ("table-2", lv, g): t
            for (lv, g), t in zip(
                itertools.product(("1", "2"), ("North", "South")), ("1", "0", "1", "1"), strict=True
            )
        },
    }
    status, stock, turned, moods = crossings(Returns(FRAME, LIBRARIES), TWO, cells)
    assert status.printed is not None
    assert (status.printed == 3).all()
    assert turned.printed is not None
    assert (turned.printed == turned.counts).all()
    assert stock.printed is None
    assert moods.printed is None
    told = association(
        [status, stock, turned, moods], {}, EvidenceClass.RECONSTRUCTED, seed=1, samples=99
    )
    assert told["rests_on"].tolist() == [
        "the records, which differ from the printed table in 6 cells",
        "the records",
        "the printed counts: no record is needed for it",
        "the records alone: others that fit the print as well give other results",
    ]
    assert told["p_as_printed"].notna().tolist() == [True, False, True, False]
    assert told["p_as_printed"][0] == freeman_halton(status.printed, samples=99, seed=1).p
    assert told["p_as_printed"][2] == told["p"][2]
    own = association([moods], {}, EvidenceClass.STUDY, seed=1, samples=99)
    assert own["rests_on"].tolist() == ["the records"]


# --- the frame -------------------------------------------------------------------------


def crossing(counts: Counts, *, ordered: bool = False, item: str = "table-1") -> Crossing:
    rows, columns = counts.shape
    return Crossing(
        item,
        "g",
        "v",
        tuple("abcd"[:rows]),
        tuple("wxyz"[:columns]),
        counts,
        0,
        False,
        ordered,
        True,
    )


STRONG = crossing(table((20, 1), (1, 20)))
MIDDLING = crossing(table((9, 3), (3, 9)))
FLAT = crossing(table((5, 5), (5, 6)))


def found(*crossed: Crossing, **choices: Any) -> pd.DataFrame:
    given = {"seed": SEED, "samples": 999, **choices}
    return association(crossed, {"g": "Kind", "v": "Size"}, EvidenceClass.STUDY, **given)


def test_p_values_are_adjusted_over_the_whole_family() -> None:
    frame = found(STRONG, MIDDLING, FLAT)
    p = frame["p"].tolist()
    assert p == [
        pytest.approx(stats.fisher_exact(c.counts).pvalue) for c in (STRONG, MIDDLING, FLAT)
    ]
    assert p[0] < p[1] < p[2]
    assert frame["p_holm"].tolist() == pytest.approx(
        [3 * p[0], max(3 * p[0], 2 * p[1]), min(1, max(2 * p[1], p[2]))]
    )
    assert p[1] < 0.05 < 2 * p[1]
    says = frame["says"].tolist()
    assert "an association, with all tests counted in" in says[0]
    assert "only if this had been the one test" in says[1]
    assert "no sign of an association" in says[2]
    assert all(s.startswith("Size by kind:") for s in says)
    assert "with all tests counted in" in found(MIDDLING)["says"][0]
    assert "no sign" in found(MIDDLING, alpha=0.01)["says"][0]


def test_only_levels_in_order_have_the_second_test() -> None:
    ordered = crossing(table((9, 3, 1), (3, 9, 1)), ordered=True)
    frame = found(STRONG, ordered)
    assert frame["rank_p"].notna().tolist() == [False, True]
    assert frame["rank_method"].tolist() == ["", MONTE_CARLO]
    assert frame["rank_p_holm"][1] == frame["rank_p"][1]
    assert "in the order of the levels" in frame["says"][1]
    assert "below 0 where a lies lower" in frame["says"][1]
    assert frame["effect"].tolist() == [CRAMERS_V, CLIFFS_DELTA]


def test_each_crossing_has_its_own_stream_whatever_stands_beside_it() -> None:
    one = crossing(table((9, 3, 1), (3, 9, 1)), ordered=True)
    other = crossing(one.counts, ordered=True, item="table-2")
    both = found(one, other)
    assert both["rank_p"][0] == found(one)["rank_p"][0] == found(other, one)["rank_p"][1]
    assert both["rank_p"][0] != both["rank_p"][1]
    assert found(one, seed=SEED + 1)["rank_p"][0] != both["rank_p"][0]


def test_a_group_that_stands_alone_is_told_and_not_tested() -> None:
    frame = found(crossing(table((3, 4), (0, 0)), ordered=True), STRONG)
    assert frame["p"][0] == 1
    assert np.isnan(frame["estimate"][0])
    assert "nothing can go together" in frame["says"][0]
    assert found().empty
    assert list(found().columns) == list(frame.columns)


def test_the_network_is_left_before_it_grows_too_large() -> None:
    random = np.random.default_rng(1)
    large = random.integers(1, 30, (6, 9))
    assert contingency._network(large, 1000) is None
    assert freeman_halton(large, samples=99, seed=1, most_states=1000).method == MONTE_CARLO
