"""Bounds over completions: against brute force, scipy's optimiser, and random completions."""

import itertools
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from medlead.performance.completion import Ends, admits, completed, multisets
from medlead.performance.completion_codings import cuts, largest_monotone, smallest_monotone
from medlead.performance.completion_pearson import largest, smallest
from medlead.performance.completion_ranks import (
    GAMMA,
    RANKED,
    SPEARMAN,
    TAU_A,
    TAU_B,
    WITH_TIES,
    blocks,
    ranked_bounds,
)


def small(seed: int, *, levels: int = 3, hidden: int = 3, half: float = 0.2) -> Ends:
    """Three shown units at each end; some seeds leave one unrated, some rate the top worst."""
    rng = np.random.default_rng(seed)
    middle = np.array([2.0, 3.1, 4.0, 6.0, 7.2, 8.0]) + rng.uniform(-0.1, 0.1, 6)
    codes = rng.integers(0, levels, 6)
    codes[:2], codes[4:] = (0, 1), (levels - 1, 1)
    if seed % 3 == 1:
        codes[seed % 6] = -1
    if seed % 3 == 2:
        codes = levels - 1 - codes  # most completions then have a coefficient below 0
    return Ends(middle - half, middle + half, codes.astype(np.int64), 3, hidden, levels)


def r_of(ends: Ends, shown: np.ndarray, middle: np.ndarray, y: list[float], scores) -> float:
    x = [*shown[ends.rated], *middle]
    rated = [*np.asarray(scores)[ends.codes[ends.rated]], *y]
    if np.ptp(rated) == 0:
        return np.nan
    return float(np.corrcoef(x, rated)[0, 1])


def every_vertex(ends: Ends, counts: np.ndarray, scores: np.ndarray) -> list[float]:
    y = np.repeat(scores, counts)
    found = []
    for sides in itertools.product((0, 1), repeat=len(ends.low)):
        shown = np.where(np.array(sides) == 1, ends.high, ends.low)
        for split in itertools.product((ends.below - 1, ends.below), repeat=ends.hidden):
            found.append(r_of(ends, shown, shown[list(split)], list(y), scores))
    return found


def by_optimiser(ends: Ends, counts: np.ndarray, scores: np.ndarray, sign: float) -> float:
    """The largest sign * r by SLSQP from several starts: another method, no proof."""
    y = list(np.repeat(scores, counts))
    size = len(ends.low)

    def loss(x: np.ndarray) -> float:
        value = r_of(ends, x[:size], x[size:], y, scores)
        return 0.0 if np.isnan(value) else -sign * value

    a, b = ends.below - 1, ends.below
    limits = [*zip(ends.low, ends.high, strict=True), *[(ends.low[a], ends.high[b])] * ends.hidden]
    between = [
        {
            "type": "ineq",
            "fun": lambda x: np.concatenate([x[size:] - x[a], x[b] - x[size:]]),
        }
    ]
    rng = np.random.default_rng(1)
    best = -np.inf
    for _ in range(2):
        start = np.concatenate(
            [(ends.low + ends.high) / 2, rng.uniform(ends.high[a], ends.low[b], ends.hidden)]
        )
        done = optimize.minimize(
            loss,
            start,
            method="SLSQP",
            bounds=limits,
            constraints=between,
            options={"ftol": 1e-13, "maxiter": 300},
        )
        best = max(best, -float(done.fun))
    return best


@pytest.mark.parametrize(("size", "kinds"), [(0, 4), (3, 1), (3, 2), (10, 4), (7, 4)])
def test_multisets_are_all_there_once(size: int, kinds: int) -> None:
    found = multisets(size, kinds)
    assert len(found) == comb(size + kinds - 1, size) == len(np.unique(found, axis=0))
    assert (found.sum(axis=1) == size).all()
    assert (found >= 0).all()


@pytest.mark.parametrize("seed", range(6))
def test_the_largest_and_smallest_r_are_those_of_another_method(seed: int) -> None:
    ends, scores = small(seed, hidden=2), np.array([1.0, 2.0, 4.0])
    counts = ends.counts()
    top, bottom = largest(ends, counts, scores), smallest(ends, counts, scores)
    for row, count in enumerate(counts):
        vertices = every_vertex(ends, count, scores)
        if np.isnan(top.value[row]):
            assert np.isnan(vertices).all()
            continue
        least = min(np.nanmin(vertices), -by_optimiser(ends, count, scores, -1.0))
        most = max(np.nanmax(vertices), by_optimiser(ends, count, scores, 1.0))
        assert top.value[row] == pytest.approx(most, abs=2e-6)
        assert bottom.value[row] == pytest.approx(least, abs=2e-6)


@pytest.mark.parametrize("seed", range(6))
def test_bounds_are_attained_and_proved(seed: int) -> None:
    ends, scores = small(seed), np.array([0.0, 1.0, 3.0])
    counts = ends.counts()
    for best, sign in ((largest(ends, counts, scores), 1), (smallest(ends, counts, scores), -1)):
        for row in np.flatnonzero(~np.isnan(best.value)):
            middle, codes = best.middle(row, counts)
            assert np.bincount(codes, minlength=3).tolist() == counts[row].tolist()
            assert admits(ends, best.shown[row], middle)
            r = r_of(ends, best.shown[row], middle, list(scores[codes]), scores)
            assert r == pytest.approx(best.value[row], abs=1e-9)
            assert 0 <= sign * (best.proved[row] - best.value[row]) < 1e-8


@pytest.mark.parametrize("seed", [0, 3, 6])
def test_the_proof_holds_wherever_the_search_stops(seed: int, monkeypatch) -> None:
    ends, scores = small(seed), np.array([0.0, 1.0, 3.0])
    counts = ends.counts()
    whole = largest(ends, counts, scores)
    behind = []
    for steps in (1, 2, 4):
        monkeypatch.setattr("medlead.performance.completion_pearson._MOST_STEPS", steps)
        early = largest(ends, counts, scores)
        known = ~np.isnan(whole.value)
        assert (early.proved[known] >= whole.value[known] - 1e-12).all()
        behind.append(np.max(whole.value[known] - early.value[known]))
    assert behind[0] > 1e-6  # it did stop early


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), draw=st.integers(0, 2**32 - 1))
def test_random_completions_of_small_samples_lie_inside(seed: int, draw: int) -> None:
    ends, rng = small(seed), np.random.default_rng(draw)
    counts = ends.counts()
    row = int(rng.integers(len(counts)))
    scores = np.sort(rng.normal(size=3))
    top = largest(ends, counts[[row]], scores)
    bottom = smallest(ends, counts[[row]], scores)
    for _ in range(20):
        shown = rng.uniform(ends.low, ends.high)
        middle = rng.uniform(shown[2], shown[3], 3)
        y = rng.permutation(np.repeat(scores, counts[row]))
        r = r_of(ends, shown, middle, list(y), scores)
        if not np.isnan(r):
            assert bottom.proved[0] - 1e-9 <= r <= top.proved[0] + 1e-9


@given(seed=st.integers(0, 1000), shift=st.floats(-5, 5), scale=st.floats(0.1, 9))
@settings(max_examples=15)
def test_a_coding_shifted_or_stretched_has_the_same_bounds(
    seed: int, shift: float, scale: float
) -> None:
    ends, scores = small(seed), np.array([1.0, 2.0, 3.0])
    counts = ends.counts()
    for search in (largest, smallest):
        plain = search(ends, counts, scores).value
        assert search(ends, counts, shift + scale * scores).value == pytest.approx(
            plain, abs=1e-7, nan_ok=True
        )


def gamma(x, y) -> float:
    pairs = [
        np.sign(a - b) * np.sign(c - d)
        for (a, c), (b, d) in itertools.combinations(zip(x, y, strict=True), 2)
    ]
    signs = [p for p in pairs if p]
    return sum(signs) / len(signs) if signs else np.nan


def tau_a(x, y) -> float:
    pairs = [
        np.sign(a - b) * np.sign(c - d)
        for (a, c), (b, d) in itertools.combinations(zip(x, y, strict=True), 2)
    ]
    return sum(pairs) / len(pairs)


def by_scipy(method: str, x, y) -> float:
    if np.ptp(y) == 0:
        return np.nan if method != TAU_A else 0.0
    if method == SPEARMAN:
        return float(stats.spearmanr(x, y).statistic)
    if method == TAU_B:
        return float(stats.kendalltau(x, y).statistic)
    return gamma(x, y) if method == GAMMA else tau_a(x, y)


def grid(ends: Ends, *, ties: bool):
    """All scores of three hidden units that differ as weak orders, with ties with neighbours."""
    floor, ceiling = ends.high[ends.below - 1], ends.low[ends.below]
    inner = floor + (ceiling - floor) * np.arange(1, 4) / 4
    if not ties:
        return list(itertools.permutations(inner))
    shown = (ends.low + ends.high) / 2
    near = [shown[at] for at in (ends.below - 1, ends.below) if ends.rated[at]]
    return list(itertools.product([*inner, *near], repeat=3))


@pytest.mark.parametrize("method", RANKED)
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rank_bounds_are_those_of_brute_force(method: str, ties: bool, seed: int) -> None:
    if ties and method not in WITH_TIES:
        with pytest.raises(ValueError, match="not bounded with ties"):
            ranked_bounds(small(seed), method, ties=True)
        return
    ends = small(seed)
    counts = ends.counts()
    target = (0.3, 0.4)
    found = ranked_bounds(ends, method, ties=ties, target=target)
    shown = ((ends.low + ends.high) / 2)[ends.rated]
    for row, count in enumerate(counts):
        y = [*ends.codes[ends.rated], *np.repeat(np.arange(3), count)]
        values = {by_scipy(method, [*shown, *middle], y) for middle in grid(ends, ties=ties)}
        values = {v for v in values if not np.isnan(v)}
        if not values:
            assert np.isnan(found.high[row])
            continue
        assert found.low[row] == pytest.approx(min(values), abs=1e-12)
        assert found.high[row] == pytest.approx(max(values), abs=1e-12)
        reached = any(target[0] - 1e-12 <= v <= target[1] + 1e-12 for v in values)
        # With ties what is found is true, but not all is looked at.
        assert (found.possible[row] <= reached) if ties else (found.possible[row] == reached)


def test_blocks_are_all_weak_orders_once() -> None:
    # 4 divisions of three places, each alone, tied below, tied above; both where there are two.
    assert len(set(blocks(3, True, True))) == len(list(blocks(3, True, True))) == 15
    assert next(iter(blocks(3, False, False))) == (1, 2, 3)
    assert set(blocks(2, False, False)) == {(1, 2), (1, 1)}
    assert list(blocks(0, True, True)) == [()]


@pytest.mark.parametrize("seed", [0, 2])
def test_bounds_over_all_codings_hold_and_are_attained(seed: int) -> None:
    ends, gap = small(seed), 0.01
    top, bottom = largest_monotone(ends, gap=gap), smallest_monotone(ends, gap=gap)
    assert 0 <= top.proved - top.value <= gap + 1e-9
    assert 0 <= bottom.value - bottom.proved <= gap + 1e-9
    for best, search in ((top, largest), (bottom, smallest)):
        assert (np.diff(best.scores) >= -1e-12).all()
        again = search(ends, best.counts[None], best.scores).value[0]
        assert again == pytest.approx(best.value, abs=1e-8)
    counts = ends.counts()
    for middle in np.linspace(0, 1, 41):
        scores = np.array([0.0, middle, 1.0])
        assert np.nanmax(largest(ends, counts, scores).value) <= top.proved + 1e-9
        assert np.nanmin(smallest(ends, counts, scores).value) >= bottom.proved - 1e-9


def test_cones_that_wait_for_their_turn_are_not_lost(monkeypatch) -> None:
    ends, gap = small(1), 0.01
    whole = largest_monotone(ends, gap=gap)
    monkeypatch.setattr("medlead.performance.completion_codings._AT_ONCE", 1)
    slow = largest_monotone(ends, gap=gap)
    assert abs(slow.value - whole.value) <= gap
    assert slow.proved >= whole.value - 1e-9
    assert whole.proved >= slow.value - 1e-9


def test_cuts_are_steps() -> None:
    assert cuts(3).tolist() == [[0, 1, 1], [0, 0, 1]]


def test_ends_that_contradict_are_refused() -> None:
    low = np.array([1.0, 2.0, 3.0])
    codes = np.array([0, 1, 1])
    with pytest.raises(ValueError, match="ascend"):
        Ends(low[::-1], low[::-1], codes, 1, 2, 2)
    with pytest.raises(ValueError, match="ascend"):
        Ends(np.array([1.0, 1.0, 2.0]) - 0.1, np.array([1.0, 1.0, 2.0]) + 0.1, codes, 1, 2, 2)
    with pytest.raises(ValueError, match="code"):
        Ends(low, low, codes + 1, 1, 2, 2)
    with pytest.raises(ValueError, match="each end"):
        Ends(low, low, codes, 3, 2, 2)


def test_a_completion_is_told_with_the_hidden_between_the_ends() -> None:
    ends = small(0)
    shown = (ends.low + ends.high) / 2
    middle = np.array([shown[2], shown[3], 5.0])
    frame = completed(ends, shown, middle, [0, 1, 2])
    assert frame["hidden"].tolist() == [False] * 3 + [True] * 3 + [False] * 3
    assert frame["score"].is_monotonic_increasing
    assert admits(ends, shown, middle)
    assert not admits(ends, shown, np.array([shown[2] - 0.01]))
    assert not admits(ends, shown, np.array([shown[3] + 0.01]))
    assert not admits(ends, shown + 1, middle + 1)
