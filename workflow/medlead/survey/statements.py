"""What is left of a statement about a share once it is tested: a verdict, and why, in words."""

import math
from collections.abc import Mapping, Sequence

from medlead.survey.claims import BINOMIAL, FINITE, STATEMENT, Claim, Tested

# What a statement about a share comes to.
HOLDS, FAILS, NOT_SHOWN, OPEN, UNTESTED = (
    "supported",
    "contradicted",
    "not contradicted",
    "depends on what is not printed",
    "cannot be tested",
)


def judge(claim: Claim, said: Mapping[str, str], tested: Sequence[Tested]) -> None:
    """Add the row of one statement about a level: `over`, `under` or the `same` share.

    `supported` and `contradicted` need every p below alpha (a statement of a side also fails
    where the responses lie on the other one); `not contradicted` is all that a p above it can
    show; where the tests fall on both sides of alpha it `depends on what is not printed`.
    """
    level, direction, alpha = said["level"], said["direction"], claim.alpha
    if not tested:
        verdict, why = UNTESTED, "nothing is known of the population"
    else:
        share = 100 * claim.counts[level].count / claim.n
        p_low, p_high = min(t.p_low for t in tested), max(t.p_high for t in tested)
        span = _p_span(p_low, p_high)
        above, below = all(share > t.high for t in tested), all(share < t.low for t in tested)
        agrees = {"over": above, "under": below, "same": False}[direction]
        against = {"over": below, "under": above, "same": False}[direction]
        if p_low < alpha <= p_high:
            verdict = OPEN
            why = f"{span}: {_open_words(tested, alpha)}"
        elif p_high < alpha:
            verdict = HOLDS if agrees else FAILS
            why = f"{span}: more than chance, whatever the print leaves open"
        elif direction == "same":
            verdict = NOT_SHOWN
            why = f"{span}: no departure is shown, which does not show that there is none"
        elif against:
            verdict = FAILS
            why = f"{span}: the returns lie on the other side"
        else:
            verdict = NOT_SHOWN
            why = f"{span}: so much arises by chance alone in returns that stand for all"
        why += _power_words(claim, level)
    claim.add(level, STATEMENT, against=said["says"], verdict=verdict, says=f"{why}.")


def _open_words(tested: Sequence[Tested], alpha: float) -> str:
    """What decides a test that is passed or failed by what is not printed."""
    # A share as printed may not even leave room for those who answered.
    plain = [t for t in tested if t.as_printed] or tested
    low, high = min(t.p_low for t in plain), max(t.p_high for t in plain)
    if high < alpha:
        return (
            f"by the shares as printed it is more than chance ({_p_span(low, high)}), but not if "
            "what they leave unaccounted for is of this level"
        )
    if low >= alpha:
        return (
            f"by the shares as printed no departure is shown ({_p_span(low, high)}), but one is "
            "if what they leave unaccounted for is of this level"
        )
    return f"it passes or fails the test at {alpha:g} by the rounding of the printed shares"


def _power_words(claim: Claim, level: str) -> str:
    rows = [r for r in claim.rows if r["level"] == level and r["method"] in (FINITE, BINOMIAL)]
    # The finite population is the one that was asked; without its size the endless one.
    best = next((r for r in rows if r["method"] == FINITE), rows[0])
    ends = [float(str(best[k])) for k in ("detects_below", "detects_above")]
    sides = [
        f"{word} {end:.1f} %"
        for word, end in zip(("below", "above"), ends, strict=True)
        if not math.isnan(end)
    ]
    if not sides:
        return f"; no departure would be noticed with {100 * claim.power:g} % power"
    return (
        f"; {claim.n} responses notice an expected share {' or '.join(sides)} "
        f"with {100 * claim.power:g} % power"
    )


def _p_span(low: float, high: float) -> str:
    first, last = f"{low:.2g}", f"{high:.2g}"
    return f"p = {first}" if first == last else f"p from {first} to {last}"
