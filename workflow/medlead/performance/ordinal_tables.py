"""Ordered ratings on a score and on groups: proportional odds, and each cut by itself."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from medlead.performance.exact_logistic import exact_slope
from medlead.performance.ordinal import IntArray, Slope, fit_slope, parallel_slopes
from medlead.performance.permutation import whole
from medlead.performance.resampling import FloatArray
from medlead.performance.separation import OVERLAP

SCORE, GROUP = "score", "group"
STATSMODELS, MAXIMUM, PENALISED = (
    "OrderedModel (statsmodels), Wald interval",
    "maximum likelihood, profile interval",
    "Jeffreys penalty, profile interval",
)
EXACT_CONDITIONAL = "exact conditional"


def ordinal_regressions(
    scores: "pd.Series[float]",
    coded: pd.DataFrame,
    groups: "pd.Series[str]",
    ends: Sequence[str],
    *,
    confidence: float,
    fewest: int,
) -> pd.DataFrame:
    """Proportional odds of each rating on the score (per standard deviation) and on the group.

    `ends` are the upper and the lower group; units of another one are left out of the group's
    rows. One row per rating, predictor and method: the log odds ratio of a better rating with its
    interval and p, the same as odds ratios, and `separation`. Where the rating is separated
    there is no finite maximum: statsmodels is not asked, the maximum is infinite, and the penalised
    fit stands. `parallel_*`: whether one slope serves all cuts, or why that is not tested.
    """
    lines: list[dict[str, object]] = []
    x = np.asarray(scores, dtype=np.float64)
    labels = groups.to_numpy()
    for rating in coded.columns:
        values = np.asarray(coded[rating], dtype=np.float64)
        for predictor in (SCORE, GROUP):
            known = ~np.isnan(values)
            if predictor == GROUP:
                known &= np.isin(labels, list(ends))
            unit = float(np.std(x[known], ddof=1)) if predictor == SCORE else 1.0
            given = x[known] / unit if predictor == SCORE else (labels[known] == ends[0]) * 1.0
            about = {"rating": rating, "predictor": predictor, "per": unit, "n": int(known.sum())}
            codes = _levels_there(values[known])
            if codes.max(initial=0) < 1 or np.ptp(given) == 0:
                lines.append(about | {"method": PENALISED, "note": "nothing to compare"})
                continue
            both = {
                m: fit_slope(codes, given, penalised=m == PENALISED, confidence=confidence)
                for m in (MAXIMUM, PENALISED)
            }
            kind = both[MAXIMUM].separation
            if kind == OVERLAP:
                lines.append(about | _line(STATSMODELS, _by_statsmodels(codes, given, confidence)))
            lines += [about | _line(method, slope) for method, slope in both.items()]
            if predictor == SCORE:
                parallel = parallel_slopes(codes, given, fewest=fewest)
                lines[-1] |= {"parallel_p": parallel.p_value, "parallel_note": parallel.note}
    columns = [
        *("rating", "predictor", "per", "method", "n", "separation"),
        *("log_odds", "low", "high", "odds_ratio", "odds_low", "odds_high", "p_value"),
        *("parallel_p", "parallel_note", "note"),
    ]
    frame = pd.DataFrame(lines, columns=columns)
    return _texts(frame, "parallel_note", "note", "separation")


def cut_regressions(
    scores: "pd.Series[float]",
    coded: pd.DataFrame,
    levels: Mapping[str, Sequence[str]],
    *,
    confidence: float,
    decimals: int,
) -> pd.DataFrame:
    """Each cut of each rating on the score: exact conditional and penalised logistic regression.

    Log odds ratios per standard deviation of the score among the units rated (`per`). One row
    per rating, cut and method; `above` of n are at least at the cut. The exact estimate at the
    end of what is possible is infinite, and `median` unbiased instead. A cut with all units on one
    side has a note only. Scores have so many decimals.
    """
    lines: list[dict[str, object]] = []
    x = np.asarray(scores, dtype=np.float64)
    for rating, names in levels.items():
        values = np.asarray(coded[rating], dtype=np.float64)
        known = ~np.isnan(values)
        unit = float(np.std(x[known], ddof=1))
        steps = whole(x[known], decimals)
        for cut in range(2, len(names) + 1):
            above = values[known] >= cut
            about = {"rating": rating, "cut": cut, "at_least": names[cut - 1], "per": unit}
            about |= {"n": int(known.sum()), "above": int(above.sum())}
            if above.all() or not above.any():
                lines.append(about | {"note": "all units are on one side of the cut"})
                continue
            exact = exact_slope(above, steps, confidence)
            size = unit * 10.0**decimals
            soft = fit_slope(
                above.astype(np.int64), x[known] / unit, penalised=True, confidence=confidence
            )
            lines += [
                about
                | {
                    "method": EXACT_CONDITIONAL,
                    "separation": soft.separation,
                    "log_odds": exact.estimate * size,
                    "median": exact.median * size,
                    "low": exact.low * size,
                    "high": exact.high * size,
                    "p_value": exact.p_value,
                },
                about | _line(PENALISED, soft),
            ]
    columns = [
        *("rating", "cut", "at_least", "per", "n", "above", "method", "separation"),
        *("log_odds", "median", "low", "high", "p_value", "note"),
    ]
    frame = pd.DataFrame(lines, columns=columns)
    return _texts(frame, "method", "separation", "note")


def _texts(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The frame with nothing instead of NA in these columns."""
    filled = {n: frame[n].astype(object).where(frame[n].notna(), "") for n in names}
    return frame.assign(**filled)


def _levels_there(values: FloatArray) -> IntArray:
    """Codes 0, 1, ... of the levels that occur: others say nothing of the slope."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _line(method: str, slope: Slope) -> dict[str, object]:
    with np.errstate(over="ignore"):
        odds = {
            name: float(np.exp(value))
            for name, value in (
                ("odds_ratio", slope.estimate),
                ("odds_low", slope.low),
                ("odds_high", slope.high),
            )
        }
    return {
        "method": method,
        "log_odds": slope.estimate,
        "low": slope.low,
        "high": slope.high,
        "p_value": slope.p_value,
        "separation": slope.separation,
        **odds,
    }


def _by_statsmodels(codes: IntArray, x: FloatArray, confidence: float) -> Slope:
    """The fit of statsmodels with its Wald interval and p; only for a rating that overlaps."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel  # slow to import

    fitted = OrderedModel(codes, x[:, None], distr="logit").fit(method="bfgs", disp=False)
    estimate, error = float(fitted.params[0]), float(fitted.bse[0])
    z = float(stats.norm.isf((1 - confidence) / 2))
    p = float(2 * stats.norm.sf(abs(estimate / error)))
    return Slope(estimate, estimate - z * error, estimate + z * error, p, OVERLAP)
