"""How far ratings of the same units hang together, and how far one follows from the others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from medlead.performance.doses import stratified, stratified_p
from medlead.performance.influence import exact_p
from medlead.performance.resampling import FloatArray, kendall, spearman


def rating_pairs(coded: pd.DataFrame) -> pd.DataFrame:
    """Every two ratings: Kendall's tau-b, Goodman and Kruskal's gamma (1954), exact p, both ways.

    n counts the units with both. `same` is how many have the same level number in both;
    the p is that of Kendall's S over all orderings, ties as they are (gamma has the same S).
    """
    lines = []
    for first, second in combinations(coded.columns, 2):
        both = coded[[first, second]].dropna()
        x, y = (both[c].to_numpy(dtype=np.float64) for c in (first, second))
        tau, p = exact_p(x, y, "Kendall tau-b", 0)
        lines.append(
            {
                "first": first,
                "second": second,
                "n": len(both),
                "tau_b": tau,
                "gamma": gamma(x, y),
                "p_value": p,
                "same": int((x == y).sum()),
            }
        )
    return pd.DataFrame(lines)


def gamma(x: FloatArray, y: FloatArray) -> float:
    """Goodman and Kruskal's gamma: concordant less discordant over both; NaN without either."""
    first, second = np.triu_indices(len(x), k=1)
    signs = np.sign(x[first] - x[second]) * np.sign(y[first] - y[second])
    counted = int((signs != 0).sum())
    return float(signs.sum() / counted) if counted else np.nan


def crosstabs(coded: pd.DataFrame, levels: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The counts of every two ratings, one row per pair of levels that somebody has."""
    lines = []
    for first, second in combinations(coded.columns, 2):
        both = coded[[first, second]].dropna()
        counts = Counter(zip(both[first].astype(int), both[second].astype(int), strict=True))
        lines += [
            {
                "first": first,
                "second": second,
                "first_level": levels[str(first)][a - 1],
                "second_level": levels[str(second)][b - 1],
                "count": count,
                "n": len(both),
            }
            for (a, b), count in sorted(counts.items(), reverse=True)
        ]
    return pd.DataFrame(lines)


@dataclass(frozen=True)
class MonotoneRule:
    """How far one rating is a function of others that never falls.

    `comparable` pairs of units of which one is at least as good in all others; `violating` ones
    among them; `changes`: the least number of units to change so that none is left, `units` one
    such choice; `equal_apart` pairs equal in all others but not in this rating.
    """

    n: int
    comparable: int
    violating: int
    equal_apart: int
    changes: int
    units: tuple[int, ...]


def monotone_rule(others: FloatArray, target: FloatArray) -> MonotoneRule:
    """Whether some function of `others` (n x p) that never falls gives `target` (n), or how nearly.

    Two units speak against every such function where one is at least as good in all others and
    worse in the target. That is a strict order (it is transitive), so the largest set of units
    without such a pair is an antichain, and the least number to change is the size of a largest
    matching (Dilworth 1950; Fulkerson 1956). What is kept determines a rule for all.
    """
    n = len(target)
    at_least = _at_least(others)
    against = at_least & (target[:, None] < target[None, :])
    equal = at_least & at_least.T
    graph = csr_array(against.astype(np.int8))
    # The match of each column (a unit as the better rated one), or -1.
    matched = maximum_bipartite_matching(graph, perm_type="row")
    changes = int((matched >= 0).sum())
    return MonotoneRule(
        n=n,
        comparable=int((np.triu(at_least | at_least.T, k=1)).sum()),
        violating=int(against.sum()),
        equal_apart=int((np.triu(equal, k=1) & (target[:, None] != target[None, :])).sum()),
        changes=changes,
        units=_to_change(against, np.asarray(matched, dtype=np.int64)),
    )


def _to_change(against: NDArray[np.bool_], matched: NDArray[np.int64]) -> tuple[int, ...]:
    """The units outside one largest antichain (König's construction of a least cover)."""
    row_match = np.full(len(against), -1)
    for column, row in enumerate(matched.tolist()):
        if row >= 0:
            row_match[row] = column
    reached_rows = set(np.flatnonzero(row_match < 0).tolist())
    reached_columns: set[int] = set()
    todo = list(reached_rows)
    while todo:
        row = todo.pop()
        for column in np.flatnonzero(against[row]).tolist():
            if column not in reached_columns:
                reached_columns.add(column)
                partner = int(matched[column])
                if partner >= 0 and partner not in reached_rows:
                    reached_rows.add(partner)
                    todo.append(partner)
    cover = (set(range(len(against))) - reached_rows) | reached_columns
    return tuple(sorted(cover))


def monotone_rules(
    coded: pd.DataFrame,
    target: str,
    units: "pd.Series[str]",
    *,
    permutations: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """`monotone_rule` of one rating on every choice of the others, over the units that have all.

    `follow` is the share of units that need no change. With few comparable pairs a rule is easily
    found: `by_chance` is the mean number of changes when the rating is handed out at random, and
    `p_value` the chance of as few changes as observed, (b + 1)/(m + 1) over drawn orderings.
    """
    others = [str(c) for c in coded.columns if c != target]
    lines = []
    for size in range(len(others), 0, -1):
        for chosen in combinations(others, size):
            known = coded[[target, *chosen]].dropna()
            x = known[list(chosen)].to_numpy(dtype=np.float64)
            y = known[target].to_numpy(dtype=np.float64)
            found = monotone_rule(x, y)
            at_least = _at_least(x)
            drawn = np.array([_changes(at_least, rng.permutation(y)) for _ in range(permutations)])
            names = units.loc[known.index]
            lines.append(
                {
                    "rating": target,
                    "others": " + ".join(chosen),
                    "n_others": size,
                    "n": found.n,
                    "comparable": found.comparable,
                    "violating": found.violating,
                    "equal_apart": found.equal_apart,
                    "changes": found.changes,
                    "to_change": ", ".join(str(names.iloc[u]) for u in found.units),
                    "follow": 1 - found.changes / found.n,
                    "by_chance": float(drawn.mean()),
                    "p_value": (int((drawn <= found.changes).sum()) + 1) / (permutations + 1),
                }
            )
    return pd.DataFrame(lines)


def _at_least(others: FloatArray) -> NDArray[np.bool_]:
    """Which units (rows) are at least as good in every rating as which others (columns)."""
    return np.asarray((others[:, None, :] >= others[None, :, :]).all(axis=2), dtype=np.bool_)


def _changes(at_least: NDArray[np.bool_], target: FloatArray) -> int:
    against = at_least & (target[:, None] < target[None, :])
    matched = maximum_bipartite_matching(csr_array(against.astype(np.int8)), perm_type="row")
    return int((matched >= 0).sum())


def rank_correlations(coded: pd.DataFrame) -> FloatArray:
    """Spearman's correlations of all ratings, each pair over the units that have both."""
    size = coded.shape[1]
    found = np.eye(size)
    for i, j in combinations(range(size), 2):
        both = coded.iloc[:, [i, j]].dropna().to_numpy(dtype=np.float64)
        found[i, j] = found[j, i] = float(spearman(both[:, 0], both[:, 1]))
    return found


def effective_tests(matrix: FloatArray) -> tuple[float, float]:
    """How many independent tests so many correlated ones are worth, by the eigenvalues.

    Nyholt (2004, Am J Hum Genet 74, 765-769): 1 + (M - 1)(1 - Var(λ)/M), variance with divisor
    M - 1. Li and Ji (2005, Heredity 95, 221-227): Σ 1[|λ| ≥ 1] + (|λ| - floor |λ|).
    """
    roots = np.abs(np.linalg.eigvalsh(matrix))
    # Eigenvalues that are whole but for rounding must not count twice.
    roots = np.where(np.abs(roots - np.rint(roots)) < 1e-9, np.rint(roots), roots)
    size = len(roots)
    nyholt = 1 + (size - 1) * (1 - float(np.var(roots, ddof=1)) / size) if size > 1 else 1.0
    li_ji = float(((roots >= 1).astype(float) + roots - np.floor(roots)).sum())
    return nyholt, li_ji


def partial_associations(
    scores: "pd.Series[float]",
    coded: pd.DataFrame,
    target: str,
    *,
    permutations: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The score with one rating, among units alike in each other rating and in all of them.

    Units are exchanged only within a stratum of equal other ratings, with Kendall's S added up
    (`stratified`); `informative` counts the units in strata that can say anything, `pairs` those
    in a stratum that differ in score and rating, of `pairs_all` without strata. `partial_tau`
    is Kendall's partial tau for one other rating, (t_xy - t_xz t_yz)/√((1 - t_xz²)(1 - t_yz²)): it
    takes out a linear share only, and has no p.
    """
    others = [str(c) for c in coded.columns if c != target]
    lines = []
    for chosen in ([], *([o] for o in others), *([others] if len(others) > 1 else [])):
        known = coded[[target, *chosen]].dropna()
        x = np.asarray(scores.loc[known.index], dtype=np.float64)
        y = np.asarray(known[target], dtype=np.float64)
        strata = np.zeros(len(known), dtype=np.intp)
        if chosen:
            strata[:] = known.groupby(chosen, sort=True).ngroup().to_numpy()
        tested = stratified(x, y, strata, "Kendall tau-b")
        p = np.nan
        if tested.n:
            p, _ = stratified_p(tested, x, y, strata, "Kendall tau-b", permutations, rng)
        lines.append(
            {
                "rating": target,
                "given": " + ".join(chosen),
                "n": len(known),
                "strata": len(np.unique(strata)),
                "informative": tested.n,
                "pairs": _pairs(x, y, strata),
                "pairs_all": _pairs(x, y, np.zeros_like(strata)),
                "estimate": tested.estimate,
                "p_value": p,
                "partial_tau": _partial(x, y, np.asarray(known[chosen[0]], dtype=np.float64))
                if len(chosen) == 1
                else np.nan,
            }
        )
    return pd.DataFrame(lines)


def _pairs(x: FloatArray, y: FloatArray, strata: NDArray[np.intp]) -> int:
    first, second = np.triu_indices(len(x), k=1)
    differ = (x[first] != x[second]) & (y[first] != y[second])
    return int((differ & (strata[first] == strata[second])).sum())


def _partial(x: FloatArray, y: FloatArray, z: FloatArray) -> float:
    xy, xz, yz = (float(kendall(a, b)) for a, b in ((x, y), (x, z), (y, z)))
    rest = (1 - xz * xz) * (1 - yz * yz)
    return (xy - xz * yz) / float(np.sqrt(rest)) if rest > 0 else np.nan


def joint_test(
    scores: "pd.Series[float]",
    coded: pd.DataFrame,
    *,
    permutations: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Spearman's r of the score with every rating, tested together (Westfall and Young 1993).

    The scores are reordered over whole units, so that the ratings keep their dependence (and
    their gaps). Statistics are |r| √(n - 1), of variance 1 under the null whatever the ties; the
    p of each is adjusted by the largest statistic of those not yet passed (step-down maxT),
    (b + 1)/(m + 1) over drawn orderings. The first step is the test that no rating is associated.
    """
    x = scores.to_numpy(dtype=np.float64)
    ratings = [str(c) for c in coded.columns]
    orders = rng.permuted(np.tile(np.arange(len(x)), (permutations, 1)), axis=1)
    observed, drawn, sizes = [], [], []
    for rating in ratings:
        y = coded[rating].to_numpy(dtype=np.float64)
        known = ~np.isnan(y)
        n = int(known.sum())
        sizes.append(n)
        observed.append(abs(float(spearman(x[known], y[known]))) * np.sqrt(n - 1))
        drawn.append(np.abs(spearman(x[orders[:, known]], y[known])) * np.sqrt(n - 1))
    statistic, table = np.array(observed), np.array(drawn)
    order = np.argsort(-statistic, kind="stable")
    single = np.array(
        [
            ((row >= own - 1e-9).sum() + 1) / (permutations + 1)
            for own, row in zip(statistic, table, strict=True)
        ]
    )
    adjusted = np.full(len(ratings), np.nan)
    before = 0.0
    for step, at in enumerate(order):
        largest = table[order[step:]].max(axis=0)
        before = max(before, ((largest >= statistic[at] - 1e-9).sum() + 1) / (permutations + 1))
        adjusted[at] = before
    return pd.DataFrame(
        {
            "rating": ratings,
            "n": sizes,
            "statistic": statistic,
            "p_single": single,
            "p_joint": adjusted,
            "permutations": permutations,
        }
    )
