"""Answers as numbers: the items behind a scale, turned the right way, and who answered all.

What is said of the reliability and structure of a scale rests on respondents who answered
every item of it (complete cases): a scale's score may do with fewer, but its covariances
may not, and nothing is filled in. How many were left out is told beside each value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medlead.engagement.instrument import Instrument, Scale
from medlead.engagement.responses import Answers
from medlead.evidence import EvidenceClass

FloatArray = NDArray[np.float64]

NO_SPREAD = "no spread"
ONE_ITEM = "a single item"
TWICE = "an item counts in two of its parts"
SIMULATED = "of simulated answers, and so of the model behind them, not of doctors"


def too_few(found: int, wanted: int) -> str:
    """The reason for no value where there are too few respondents."""
    return f"{found} complete respondents, {wanted} needed"


@dataclass(frozen=True)
class Sample:
    """Respondents that are looked at together: `name` and `site` (empty: all), their answers.

    `answers` is (items, respondents) of codes, 0 for none; `evidence` the class of the file.
    """

    name: str
    site: str
    answers: Answers
    evidence: str


@dataclass(frozen=True)
class Complete:
    """The answers to one scale: (respondents, items), turned round where the key says so.

    `weights` say how much each item counts in the score, on average 1; `left_out` how many
    respondents answered some of the items, not all.
    """

    items: tuple[str, ...]
    values: FloatArray
    weights: FloatArray
    left_out: int

    @property
    def count(self) -> int:
        """The number of complete respondents."""
        return len(self.values)


def weights_of(instrument: Instrument, scale: Scale) -> dict[str, float]:
    """How much each item counts in a scale's score where none is missing; they add up to 1."""
    whole = sum(scale.weights)
    found: dict[str, float] = {}
    for part, weight in zip(scale.parts, scale.weights, strict=True):
        inner = {part: 1.0} if scale.of_items else weights_of(instrument, instrument.scale(part))
        for item, share in inner.items():
            found[item] = found.get(item, 0.0) + share * weight / whole
    return found


def turned(answers: Answers, instrument: Instrument, items: Sequence[str]) -> FloatArray:
    """The answers to some items as numbers (respondents, items): 1 to the number of points,
    high for engagement, NaN where there is none.
    """
    rows = [instrument.item_names.index(item) for item in items]
    codes = answers[rows].astype(np.float64)
    reverse = np.array([instrument.items[row].reverse for row in rows])[:, None]
    codes = np.where(codes == 0, np.nan, codes)
    return np.ascontiguousarray(np.where(reverse, len(instrument.points) + 1 - codes, codes).T)


def complete(answers: Answers, instrument: Instrument, scale: Scale) -> Complete:
    """Who answered every item of a scale, and what."""
    shares = weights_of(instrument, scale)
    items = tuple(name for name in instrument.item_names if name in shares)
    values = turned(answers, instrument, items)
    there = ~np.isnan(values)
    whole = there.all(axis=1)
    weights = np.array([shares[item] for item in items])
    left_out = int((there.any(axis=1) & ~whole).sum())
    return Complete(items, values[whole], weights / weights.mean(), left_out)


def left_out_note(left_out: int) -> str:
    """How many respondents a value does without, in words; empty where it has all."""
    return f"{left_out} left out, who answered a part" if left_out else ""


def simulated_note(evidence: str, value: float) -> str:
    """The caution beside a value of simulated answers; empty for others, and without a value."""
    return SIMULATED if evidence == EvidenceClass.SIMULATED and not np.isnan(value) else ""
