"""The correlation over the ends of a sample beside its corrected readings, and the printed one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.performance.completion import Ends
from medlead.performance.intervals import FISHER, fisher_interval
from medlead.performance.latent import Selected, Target, latent_correlation
from medlead.performance.range_enhancement import (
    corrected,
    corrected_range,
    normal_ratio,
    rounded_r,
    spread,
)
from medlead.performance.resampling import FloatArray, pearson

PRINTED, ENDS = "printed for all", "ends alone"
BOUNDED, NORMAL = "corrected, spread of all bounded", "corrected, spread of a normal score"
CODES, LATENT = "model of both ends, r of the codes", "model of both ends, latent r"
READINGS = (PRINTED, ENDS, BOUNDED, NORMAL, CODES, LATENT)
PROFILE = "profile likelihood"
ROUNDING = "rounding of the printed value"
BOTH = "Fisher z of the ends, corrected at either end of the spread"
YES, NO = "yes", "no"
_TARGETS: tuple[tuple[str, Target], ...] = ((CODES, "codes"), (LATENT, "latent"))

COLUMNS = (
    *("rating", "reading", "n", "estimate", "least", "most", "low", "high", "interval"),
    *("holds_printed", "interval_holds_printed", "note", "evidence"),
)


@dataclass(frozen=True)
class Whole:
    """What is known of the whole sample of one rating: its ends, and a printed r with its interval.

    `printed` is (r, lowest, highest) for the whole sample, None where none is printed.
    """

    ends: Ends
    printed: tuple[float, float, float] | None = None


def spreads(wholes: Mapping[str, Whole], evidence: EvidenceClass) -> pd.DataFrame:
    """The spread of the score over the ends and over all units, one row per rating (`spread`).

    `normal_ratio` is the ratio of the two for a normal score of which as large a share is shown
    at each end.
    """
    lines = []
    for rating, whole in wholes.items():
        found = spread(whole.ends)
        share = found.n_ends / found.n_all / 2
        lines.append(
            {
                "rating": rating,
                **found._asdict(),
                "normal_ratio": normal_ratio(share) if whole.ends.hidden else 1.0,
                "evidence": str(evidence),
            }
        )
    return pd.DataFrame(lines)


def corrected_readings(
    scores: "pd.Series[float]",
    coded: pd.DataFrame,
    wholes: Mapping[str, Whole],
    evidence: EvidenceClass,
    *,
    confidence: float,
) -> pd.DataFrame:
    """All readings of the correlation of a score with each rating, one row per rating and reading.

    `scores`, `coded` are of the shown units (codes from 1); `wholes` says of each rating what is
    known of the whole sample. Pearson's r of equal steps throughout but for the last reading.

    - `printed for all`: the printed r; `low`, `high` what rounds to it.
    - `ends alone`: r over the shown units, Fisher's interval; `least`, `most` carry the rounding.
    - `corrected, spread of all bounded`: Thorndike's case 2 with the spread of all units between
      its bounds (`medlead.performance.range_enhancement`): no point, but `least` to `most`; the
      interval corrects Fisher's limits at either end of the spread. It takes the regression as
      straight and its scatter as even.
    - `corrected, spread of a normal score`: the same with the ratio of a normal distribution.
    - the model of both ends (`medlead.performance.latent`): a bivariate normal score and
      tendency by maximum likelihood, as r of the codes in the whole distribution and as the
      latent r. The hidden units count by their scores' place alone.

    `holds_printed`: whether the printed r's interval meets least to most, where these are bounds
    and not one estimate; `interval_holds_printed`: whether it meets the interval.
    """
    lines = []
    x = np.asarray(scores, dtype=np.float64)
    # A unit whose rating is missing is still one of the sample that the ends were chosen from.
    hidden = max((whole.ends.hidden for whole in wholes.values()), default=0)
    for rating, whole in wholes.items():
        y = np.asarray(coded[rating], dtype=np.float64)
        for row in _readings(x, y, whole, hidden, confidence):
            held = dict.fromkeys(("holds_printed", "interval_holds_printed"), "")
            if whole.printed is not None and row["reading"] not in (PRINTED, LATENT):
                held = _held(row, whole.printed)
            line = {"note": "", "evidence": str(evidence)} | row | held
            lines.append({"rating": rating} | line)
    return pd.DataFrame(lines, columns=COLUMNS)


def _readings(
    x: FloatArray, y: FloatArray, whole: Whole, hidden: int, confidence: float
) -> list[dict[str, object]]:
    ends, rows = whole.ends, list[dict[str, object]]()
    if whole.printed is not None:
        r, low, high = whole.printed
        rows.append(
            _row(PRINTED, ends.n, r, (r, r), (low, high), ROUNDING)
            | {"evidence": str(EvidenceClass.PRINTED_AGGREGATES)}
        )
    known = ~np.isnan(y)
    n = int(known.sum())
    if np.ptp(y[known]) == 0:
        return [*rows, _row(ENDS, n, np.nan, (np.nan, np.nan), (np.nan, np.nan), "")]
    r = float(pearson(x[known], y[known]))
    low, high = (float(v) for v in fisher_interval(r, n, confidence))
    around = rounded_r(ends, np.arange(1.0, ends.levels + 1))
    rows.append(_row(ENDS, n, r, around, (low, high), FISHER))
    found = spread(ends)
    if not ends.hidden:
        return rows
    shrink = found.shrink_low, found.shrink_high
    limits = corrected_range((low, high), shrink)
    rows.append(_row(BOUNDED, n, np.nan, corrected_range(around, shrink), limits, BOTH))
    ratio = normal_ratio(found.n_ends / found.n_all / 2)
    one, down, up = (float(corrected(v, ratio)) for v in (r, low, high))
    rows.append(_row(NORMAL, n, one, (one, one), (down, up), f"{FISHER}, corrected"))
    ranked = np.sort(x)
    cuts = float(ranked[ends.below - 1]), float(ranked[ends.below])
    data = Selected(x, y, hidden, *cuts)
    for name, target in _TARGETS:
        reading = latent_correlation(data, target=target, confidence=confidence)
        limits = reading.low, reading.high
        rows.append(_row(name, n, reading.estimate, (reading.estimate,) * 2, limits, PROFILE))
    return rows


def _row(
    reading: str,
    n: int,
    estimate: float,
    around: tuple[float, float],
    limits: tuple[float, float],
    interval: str,
) -> dict[str, object]:
    return {
        "reading": reading,
        "n": n,
        "estimate": estimate,
        "least": around[0],
        "most": around[1],
        "low": limits[0],
        "high": limits[1],
        "interval": interval,
    }


def _held(row: Mapping[str, object], printed: tuple[float, float, float]) -> dict[str, str]:
    _, low, high = printed

    def meets(first: object, last: object) -> str:
        return YES if float(first) <= high and float(last) >= low else NO  # type: ignore[arg-type]

    bounds = row["reading"] in (ENDS, BOUNDED)
    return {
        "holds_printed": meets(row["least"], row["most"]) if bounds else "",
        "interval_holds_printed": meets(row["low"], row["high"]),
    }
