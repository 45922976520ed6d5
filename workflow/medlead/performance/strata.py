"""Associations within strata, such as types of organisation, and over them.

Organisations of different types differ in engagement and in performance alike, so that a
correlation over all of them may be one between types. Here it is taken within each stratum, and
the strata are then summed up in two ways that do not need each other: a random-effects mean of
Fisher's z, and an exact or drawn permutation test that moves measures within strata only.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.performance.association_options import PAULE_MANDEL, AssociationOptions
from medlead.performance.associations import align, stream
from medlead.performance.inference import (
    analytic_p,
    count_extreme,
    degenerate,
    interval_name,
    interval_note,
    intervals_of,
    permutation_p,
)
from medlead.performance.resampling import FloatArray, orderings
from medlead.performance.vectorised import (
    KENDALL,
    SPEARMAN,
    IndexArray,
    coefficients,
    permuted,
)

STRATUM_COLUMNS = (
    *("score", "measure", "coefficient", "stratum", "n", "missing"),
    *("estimate", "low", "high", "interval", "p_analytic", "p_analytic_method", "pooled", "note"),
)
SUMMARY_COLUMNS = (
    *("score", "measure", "coefficient", "strata", "strata_left_out", "n", "n_left_out"),
    *("estimator", "estimate", "low", "high", "interval", "p_analytic"),
    *("tau2", "i2", "q", "q_p", "tail", "within", "p_value", "p_method", "p_low", "p_high", "note"),
)
_STRATUM_NUMBERS = ("estimate", "low", "high", "p_analytic")
_SUMMARY_NUMBERS = (
    *("estimate", "low", "high", "p_analytic", "tau2", "i2", "q", "q_p"),
    *("within", "p_value", "p_low", "p_high"),
)
HARTUNG_KNAPP = "Student t, Hartung-Knapp (2003), not narrower than without"
WALD = "normal"
_METHODS = {PAULE_MANDEL: "pm"}


def associate_strata(
    scores: pd.DataFrame,
    measures: pd.DataFrame,
    strata: "pd.Series[str]",
    options: AssociationOptions,
    *,
    seed: int,
    confidence: float = 0.95,
    permutations: int = 9999,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each coefficient within each stratum, and the strata summed up, one row per pair there.

    Frames are those of `medlead.performance.associations.associate`, `strata` names the stratum of
    each organisation. In the first frame `pooled` says whether the stratum counts in the mean:
    it needs the declared smallest n, a coefficient, and one short of perfect (whose z is
    infinite); `note` says what it lacks.

    In the second: `estimate`, the random-effects mean of Fisher's z as a coefficient again
    (statsmodels' `combine_effects`; `estimator` is Paule and Mandel 1982 or DerSimonian and
    Laird 1986) with its interval and two-sided p, `tau2` on the scale of z, `i2` in percent
    (Higgins and Thompson 2002), Cochran's `q` with its p. None from fewer than two strata.
    `within` is the mean of the coefficients of all strata that have one, small ones too, each
    weighed by n - 1; `p_value` tests it over orderings within strata, all of them where they can be
    counted. Raises ValueError for an organisation without a stratum.
    """
    x, y = align(scores, measures)
    if strata.isna().any():
        raise ValueError("every organisation needs a stratum")
    own = strata.astype(str).reindex(x.index)
    rows: list[dict[str, object]] = []
    summary: list[dict[str, object]] = []
    for score in scores.columns:
        for measure in measures.columns:
            kept = np.flatnonzero((x[score].notna() & y[measure].notna()).to_numpy())
            pair = x[score].to_numpy()[kept], y[measure].to_numpy()[kept]
            groups = own.to_numpy()[kept]
            drawn = None
            codes = pd.factorize(groups, sort=True)[0].astype(np.intp)
            if _usable(*pair, codes):
                rng = stream(seed, "strata", x.index[kept])
                drawn = orderings(len(kept), permutations, rng, codes)
            for name in options.coefficients:
                about = {"score": score, "measure": measure, "coefficient": name}
                of_pair = [
                    about | row for row in _strata(name, pair, groups, own, options, confidence)
                ]
                rows += of_pair
                told = about | _summary(name, of_pair, options, confidence)
                if drawn is not None:
                    told |= _within(
                        name, pair, codes, drawn.index, drawn.exact, options, confidence
                    )
                summary.append(told)
    return (
        _frame(rows, STRATUM_COLUMNS, _STRATUM_NUMBERS),
        _frame(summary, SUMMARY_COLUMNS, _SUMMARY_NUMBERS),
    )


def _frame(
    rows: list[dict[str, object]], columns: tuple[str, ...], numbers: tuple[str, ...]
) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numbers, "float64"))


def _strata(
    name: str,
    pair: tuple[FloatArray, FloatArray],
    groups: "NDArray[np.object_]",
    every: "pd.Series[str]",
    options: AssociationOptions,
    confidence: float,
) -> Iterator[dict[str, object]]:
    for stratum in sorted(set(every)):
        x, y = (side[groups == stratum] for side in pair)
        n = len(x)
        row: dict[str, object] = {"stratum": stratum, "n": n, "pooled": False}
        row |= {"missing": int((every == stratum).sum()) - n, "interval": interval_name(name)}
        note = degenerate(x, y)
        if not note:
            observed = coefficients(name, x[:, None], y[:, None])
            estimate = observed.item()
            low, high = (limit.item() for limit in intervals_of(name, observed, n, confidence))
            p, method = analytic_p(name, estimate, x, y, options.tail)
            row |= {"estimate": estimate, "low": low, "high": high}
            row |= {"p_analytic": p, "p_analytic_method": method}
            note = interval_note(name, estimate, n)
            if n < options.smallest_stratum:
                note = f"fewer than {options.smallest_stratum} pairs: not in the mean"
            elif not note:
                row["pooled"] = True
        yield row | {"note": note}


def _summary(
    name: str, rows: list[dict[str, object]], options: AssociationOptions, confidence: float
) -> dict[str, object]:
    used = [row for row in rows if row["pooled"]]
    sizes = np.array([float(str(row["n"])) for row in used])
    told: dict[str, object] = {
        "strata": len(used),
        "strata_left_out": len(rows) - len(used),
        "n": int(sizes.sum()),
        "n_left_out": sum(int(str(row["n"])) for row in rows if not row["pooled"]),
        "estimator": options.estimator,
        "tail": options.tail,
        "interval": HARTUNG_KNAPP if options.hartung_knapp else WALD,
        "p_method": "",
        "note": "",
    }
    if len(used) < 2:
        return told | {"note": "fewer than two strata for a mean"}
    r = np.array([float(str(row["estimate"])) for row in used])
    return told | combine(np.arctanh(r), z_variance(name, r, sizes), options, confidence)


def z_variance(name: str, r: FloatArray, n: FloatArray) -> FloatArray:
    """The variance of Fisher's z of a coefficient, as in `medlead.performance.intervals`."""
    if name == KENDALL:
        return np.asarray(0.437 / (n - 4), dtype=np.float64)
    factor = 1 + r**2 / 2 if name == SPEARMAN else np.ones_like(r)
    return np.asarray(factor / (n - 3), dtype=np.float64)


def combine(
    z: FloatArray, variance: FloatArray, options: AssociationOptions, confidence: float
) -> dict[str, object]:
    """The random-effects mean of at least two effects; see `associate_strata`."""
    from scipy import stats
    from statsmodels.stats.meta_analysis import combine_effects  # slow to import

    method = _METHODS.get(options.estimator, "dl")
    # Where the moment estimate is negative, what is computed with it is not used.
    with np.errstate(invalid="ignore", divide="ignore"):
        found = combine_effects(z, variance, method_re=method)
    # The moment estimate may be negative, and is then zero: the common-effect mean.
    common = found.tau2 <= 0
    mean = found.mean_effect_fe if common else found.mean_effect_re
    error = found.sd_eff_w_fe if common else found.sd_eff_w_re
    scale = found.scale_hksj_fe if common else found.scale_hksj_re
    if options.hartung_knapp:
        error = error * np.sqrt(max(1.0, scale))
    # The normal distribution is Student's with endless degrees of freedom.
    freedom = len(z) - 1 if options.hartung_knapp else np.inf
    half = stats.t.isf((1 - confidence) / 2, freedom) * error
    q, df = float(found.q), len(z) - 1
    return {
        "estimate": float(np.tanh(mean)),
        "low": float(np.tanh(mean - half)),
        "high": float(np.tanh(mean + half)),
        "p_analytic": float(2 * stats.t.sf(abs(mean) / error, freedom)),
        "tau2": max(0.0, float(found.tau2)),
        "i2": 100 * max(0.0, (q - df) / q) if q > 0 else 0.0,
        "q": q,
        "q_p": float(stats.chi2.sf(q, df)),
    }


def _parts(x: FloatArray, y: FloatArray, codes: IndexArray) -> list[IndexArray]:
    """The rows of each stratum that has a coefficient."""
    members = (np.flatnonzero(codes == code) for code in np.unique(codes))
    return [rows for rows in members if not degenerate(x[rows], y[rows])]


def _usable(x: FloatArray, y: FloatArray, codes: IndexArray) -> bool:
    return bool(_parts(x, y, codes))


def _within(
    name: str,
    pair: tuple[FloatArray, FloatArray],
    codes: IndexArray,
    index: IndexArray,
    exact: bool,
    options: AssociationOptions,
    confidence: float,
) -> dict[str, object]:
    x, y = pair
    parts = _parts(x, y, codes)
    weights = np.array([len(rows) - 1.0 for rows in parts])
    weights /= weights.sum()
    observed, moved = 0.0, np.zeros(len(index))
    for weight, rows in zip(weights, parts, strict=True):
        u, v = x[rows, None], y[rows, None]
        observed += weight * coefficients(name, u, v).item()
        # An ordering within strata, seen from one of them: positions among its own rows.
        own = np.searchsorted(rows, index[:, rows])
        moved += weight * np.concatenate([b.ravel() for b in permuted(name, u, v, own)])
    count = int(count_extreme(np.asarray(observed), moved, options.tail))
    found = permutation_p(count, len(index), exact, confidence)
    return {
        "within": observed,
        "p_value": found.p,
        "p_method": found.method,
        "p_low": found.low,
        "p_high": found.high,
    }
