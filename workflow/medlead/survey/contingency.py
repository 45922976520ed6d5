"""Tests of association in a two-way table of counts, exact where that can be had.

The exact test of Freeman and Halton (1951) adds up the probabilities of all tables with
the observed margins that are no more probable than the observed one. The tables are gone
through column by column as in the network algorithm of Mehta and Patel (1983): what
matters of the columns done is how much of each row is left, and the product of factorials
so far; equal ones are counted together, and those whose every completion counts, or none,
are settled at once. Where that grows too large, random tables with the same margins take
its place, with the standard error of the p-value.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float64]

EXACT = "exact (network)"
MONTE_CARLO = "Monte Carlo, margins fixed"
# States of the network that are held at once, beyond which random tables take over.
MOST_STATES = 100_000
# Steps between states that are gone through at once, for each state allowed (memory).
_STEPS = 30
# Probabilities closer than this (relative) count as equal, as in R's fisher.test.
_SAME = 1e-7
# Logarithms of products of factorials closer than this are one product.
_DIGITS = 9


class Result(NamedTuple):
    """A p-value, how it was found, and its standard error (0 where it is exact)."""

    p: float
    method: str
    error: float = 0.0


def used_part(table: IntArray) -> IntArray:
    """The table without its empty rows and columns."""
    counts = np.asarray(table, dtype=np.int64)
    if counts.ndim != 2 or (counts < 0).any():
        raise ValueError("the table must have rows and columns of counts")
    kept: IntArray = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    return kept


def freeman_halton(
    table: IntArray, *, samples: int, seed: int, most_states: int = MOST_STATES
) -> Result:
    """The exact test of association in an r by c table (Freeman and Halton 1951), two-sided.

    For two by two it is Fisher's exact test. Where more than `most_states` states would be
    held at once, `samples` random tables with the same margins give the p-value
    (1 + those no more probable) / (1 + samples) with its standard error. Empty rows and
    columns do not count; a single row or column gives p = 1. Raises ValueError for
    anything but counts.
    """
    counts = used_part(table)
    if min(counts.shape, default=0) < 2:
        return Result(1.0, EXACT)
    p = _network(counts, most_states)
    if p is not None:
        return Result(p, EXACT)
    drawn = random_tables(counts, samples, seed)
    observed = float(_log_factorials(counts).sum())
    # Less probable is a larger product of factorials.
    rarer = int((_log_factorials(drawn).sum(axis=(1, 2)) >= observed - _SAME).sum())
    return _sampled(rarer, samples)


def random_tables(counts: IntArray, samples: int, seed: int) -> IntArray:
    """Random tables with the margins of `counts`, each as probable as under no association.

    Shape (samples, rows, columns); Patefield's or Boyett's algorithm as scipy chooses.
    """
    margins = stats.random_table(counts.sum(axis=1), counts.sum(axis=0))
    drawn = margins.rvs(samples, random_state=np.random.default_rng(seed))
    return np.asarray(drawn, dtype=np.int64).reshape(samples, *counts.shape)


def _sampled(extreme: int, samples: int) -> Result:
    p = (1 + extreme) / (1 + samples)
    return Result(p, MONTE_CARLO, float(np.sqrt(p * (1 - p) / samples)))


def rank_test(table: IntArray, *, samples: int, seed: int, ordered_rows: bool = False) -> Result:
    """Whether the columns, in their order, lie higher in some rows than in others.

    The statistic is that of Kruskal and Wallis (1952) with mid-ranks for ties (for two rows
    that of Mann and Whitney), or with `ordered_rows` the concordant less the discordant
    pairs (Kendall); its p-value comes from `samples` random tables with the same margins.
    A table of one row or column gives p = 1.
    """
    counts = used_part(table)
    if min(counts.shape, default=0) < 2:
        return Result(1.0, EXACT)
    statistic = _pairs_apart if ordered_rows else _rank_spread
    drawn = statistic(random_tables(counts, samples, seed))
    observed = float(statistic(counts[None])[0])
    return _sampled(int((drawn >= observed * (1 - _SAME)).sum()), samples)


def middle_ranks(totals: IntArray) -> FloatArray:
    """The mid-rank of each column, given how many observations it has."""
    return np.asarray(np.cumsum(totals) - (totals - 1) / 2, dtype=np.float64)


def _rank_spread(tables: IntArray) -> FloatArray:
    """The squared distances of the rows' mean ranks from the overall one, weighted by size."""
    ranks = middle_ranks(tables[0].sum(axis=0))
    sizes = tables[0].sum(axis=1)
    apart = tables @ ranks / sizes - (sizes.sum() + 1) / 2
    return np.asarray((sizes * apart**2).sum(axis=1), dtype=np.float64)


def _pairs_apart(tables: IntArray) -> FloatArray:
    return np.abs(concordance(tables)).astype(np.float64)


def concordance(tables: IntArray) -> IntArray:
    """Concordant less discordant pairs of each table (in the last two axes)."""
    below = np.cumsum(np.cumsum(tables, axis=-2), axis=-1)
    higher = np.zeros_like(tables)
    lower = np.zeros_like(tables)
    # Observations in earlier rows: in earlier columns, and in later ones.
    higher[..., 1:, 1:] = below[..., :-1, :-1]
    rows = np.cumsum(tables.sum(axis=-1, keepdims=True), axis=-2)
    lower[..., 1:, :] = rows[..., :-1, :] - below[..., :-1, :]
    return np.asarray((tables * (higher - lower)).sum(axis=(-2, -1)), dtype=np.int64)


def _log_factorials(counts: IntArray) -> FloatArray:
    return np.asarray(special.gammaln(counts + 1.0), dtype=np.float64)


def _network(counts: IntArray, most_states: int) -> float | None:
    """The exact p-value, or None where more states would be needed than are allowed."""
    if counts.shape[0] > counts.shape[1]:
        counts = counts.T
    rows = counts.sum(axis=1)
    # Large columns first: the states stay few while a column has many ways.
    columns = np.sort(counts.sum(axis=0))[::-1]
    radix = np.concatenate([[1], np.cumprod(rows[:-1] + 1)]).astype(np.int64)
    if float(np.prod(rows + 1.0)) > 1e12:
        return None
    stages = _stages(rows, columns, radix, most_states)
    if stages is None:
        return None
    observed = float(_log_factorials(counts).sum())
    base = float(_log_factorials(rows).sum() + _log_factorials(columns).sum())
    base -= float(special.gammaln(rows.sum() + 1.0))
    left = int(rows.sum())
    nodes, sums, ways = np.array([rows @ radix]), np.array([0.0]), np.array([1.0])
    total = 0.0
    for number, column in enumerate(columns.tolist()):
        stage = stages[number]
        left -= column
        place = np.searchsorted(stage.nodes, nodes)
        first, ways_on = stage.starts[place], np.diff(stage.starts)[place]
        if ways_on.sum() > _STEPS * most_states:
            return None
        taken = np.repeat(np.arange(len(nodes)), ways_on)
        edge = np.arange(len(taken)) + np.repeat(first - np.cumsum(ways_on) + ways_on, ways_on)
        reached = stage.reached[edge]
        made = np.round(sums[taken] + stage.costs[edge], _DIGITS)
        many = ways[taken]
        after = stages[number + 1]
        at = np.searchsorted(after.nodes, reached)
        all_count = made + after.least[at] >= observed - _SAME
        some_count = made + after.most[at] >= observed - _SAME
        # All completions of a state together have a known probability.
        rest = base - made[all_count] + after.completions[at[all_count]]
        total += float((many[all_count] * np.exp(rest)).sum())
        open_ = some_count & ~all_count
        nodes, sums, ways = _merged(reached[open_], made[open_], many[open_])
        if len(nodes) > most_states:
            return None
        if not len(nodes):
            break
    return min(1.0, total)


def _merged(
    nodes: IntArray, sums: FloatArray, ways: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Equal states with equal sums as one, with all their ways."""
    if not len(nodes):
        return nodes, sums, ways
    order = np.lexsort((sums, nodes))
    nodes, sums, ways = nodes[order], sums[order], ways[order]
    new = np.ones(len(nodes), dtype=bool)
    new[1:] = (np.diff(nodes) != 0) | (np.diff(sums) != 0)
    return nodes[new], sums[new], np.add.reduceat(ways, np.flatnonzero(new))


class _Stage(NamedTuple):
    """What is left of the rows before a column, and the ways on from there.

    `least` and `most` are the ends of the sum of log factorials over all completions,
    `completions` the logarithm of the sum of their reciprocal products of factorials.
    """

    nodes: IntArray
    starts: IntArray
    reached: IntArray
    costs: FloatArray
    least: FloatArray
    most: FloatArray
    completions: FloatArray


def _stages(
    rows: IntArray, columns: IntArray, radix: IntArray, most_states: int
) -> list[_Stage] | None:
    levels = [np.array([rows @ radix])]
    ways: list[tuple[IntArray, IntArray, FloatArray]] = []
    steps = _STEPS * most_states
    for column in columns.tolist():
        left = _decoded(levels[-1], rows, radix)
        found_ways = _ways(left, column, steps)
        if found_ways is None:
            return None
        source, taken = found_ways
        steps -= len(source)
        reached = (left[source] - taken) @ radix
        ways.append((source, reached, _log_factorials(taken).sum(axis=1)))
        levels.append(np.unique(reached))
    none = np.zeros(0, dtype=np.int64)
    zero = np.zeros(1)
    found = [_Stage(levels[-1], none, none, np.zeros(0), zero, zero, zero)]
    remaining = 0
    for number in range(len(columns) - 1, -1, -1):
        source, reached, costs = ways[number]
        order = np.argsort(source, kind="stable")
        source, reached, costs = source[order], reached[order], costs[order]
        starts = np.searchsorted(source, np.arange(len(levels[number]) + 1))
        after = found[0]
        at = np.searchsorted(after.nodes, reached)
        remaining += int(columns[number])
        left = _decoded(levels[number], rows, radix)
        # The multinomial sum over all tables with these margins.
        completions = special.gammaln(remaining + 1.0) - _log_factorials(left).sum(axis=1)
        completions = completions - _log_factorials(columns[number:]).sum()
        found.insert(
            0,
            _Stage(
                levels[number],
                starts.astype(np.int64),
                reached,
                costs,
                np.minimum.reduceat(costs + after.least[at], starts[:-1]),
                np.maximum.reduceat(costs + after.most[at], starts[:-1]),
                np.asarray(completions, dtype=np.float64),
            ),
        )
    return found


def _decoded(nodes: IntArray, rows: IntArray, radix: IntArray) -> IntArray:
    return np.asarray((nodes[:, None] // radix[None, :]) % (rows + 1)[None, :], dtype=np.int64)


def _ways(left: IntArray, column: int, limit: int) -> tuple[IntArray, IntArray] | None:
    """Every way to take `column` from the rows that are left: the state, and what is taken.

    None where there are more than `limit`.
    """
    source = np.arange(len(left))
    taken = np.zeros((len(left), 0), dtype=np.int64)
    missing = np.full(len(left), column, dtype=np.int64)
    behind = np.cumsum(left[:, ::-1], axis=1)[:, ::-1]
    for row in range(left.shape[1]):
        later = behind[source, row + 1] if row + 1 < left.shape[1] else 0
        low = np.maximum(0, missing - later)
        high = np.minimum(missing, left[source, row])
        times = np.maximum(high - low + 1, 0)
        if times.sum() > limit:
            return None
        again = np.repeat(np.arange(len(source)), times)
        offset = np.arange(len(again)) - np.repeat(np.cumsum(times) - times, times)
        cell = low[again] + offset
        source, missing = source[again], missing[again] - cell
        taken = np.column_stack([taken[again], cell])
    return source, taken
