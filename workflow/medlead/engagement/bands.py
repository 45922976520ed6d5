"""Bands of percentiles: low, medium, high (report, section 6.4).

The report gives high as 60 and above, low as 50 or less, and medium as 50 to 60: the ends
stand in two bands each. Low and high say that they own their ends, so medium lies strictly
between; the instrument holds that reading as data. A band is decided by the value itself,
never by what it is rounded to for show.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from medlead.engagement.instrument import Band

FloatArray = NDArray[np.float64]


def band_numbers(percentiles: FloatArray, bands: Sequence[Band]) -> NDArray[np.intp]:
    """The place of the band of each percentile, from 0; -1 for NaN.

    A percentile on the end of a band belongs to it if the band includes its end.
    """
    values = np.asarray(percentiles, dtype=np.float64)
    found = np.zeros(values.shape, dtype=np.intp)
    for band in bands[:-1]:
        if band.to is None:
            raise ValueError("only the last band has no end")
        found += (values > band.to) if band.includes_end else (values >= band.to)
    return np.where(np.isnan(values), -1, found)


def band_labels(percentiles: FloatArray, bands: Sequence[Band]) -> list[str]:
    """The label of the band of each percentile; empty for NaN."""
    labels = [*(band.label for band in bands), ""]
    return [labels[number] for number in band_numbers(percentiles, bands)]


def band_probabilities(
    below: Callable[[float, bool], FloatArray], bands: Sequence[Band]
) -> list[FloatArray]:
    """The probability of each band, from `below(end, includes)`: the probability of lying
    below an end of a band that includes it or does not.

    The probabilities of all bands add up to 1; NaN stays NaN.
    """
    edges = [below(band.to, band.includes_end) for band in bands[:-1] if band.to is not None]
    if not edges:
        return [below(50.0, True) * 0 + 1]
    edges = [edges[0] * 0, *edges, edges[0] * 0 + 1]
    return [high - low for low, high in pairwise(edges)]
