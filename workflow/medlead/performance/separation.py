"""Whether an ordered rating is separated by its predictors, so that no estimate exists."""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

COMPLETE, QUASI, OVERLAP = "complete", "quasi-complete", "overlap"
_SURE = 1e-7


def separation(codes: IntArray, predictors: FloatArray) -> str:
    """`complete`, `quasi-complete` or `overlap`, for a model of cumulative links.

    `codes` (n) are levels 0 to k - 1, all of them there; `predictors` (n x p) without constant.
    The likelihood of a cumulative model with a log-concave link is log-concave in thresholds
    and slopes, so it has no finite maximum in the slopes exactly if it never falls along some
    direction (d, e) of thresholds and slopes with e ≠ 0: d_j - e·x ≥ 0 for the upper threshold
    of every unit and ≤ 0 for its lower one (Albert and Anderson 1984 for two levels, Biometrika
    71, 1-10; Haberman 1980 in general). Separation is complete where all of these can be strict.

    Two linear programmes (Konis 2007): the largest smallest slack, and the largest sum of slacks
    with every d and e in [-1, 1]. A direction that moves thresholds alone raises nothing where
    every level occurs, so a positive sum is separation. ValueError for an absent level.
    """
    slopes = predictors.shape[1]
    levels = int(codes.max()) + 1
    if len(np.unique(codes)) != levels or levels < 2:
        raise ValueError("every level from 0 on must occur, and there must be two")
    rows = []
    for code, x in zip(codes.tolist(), predictors - predictors.mean(axis=0), strict=True):
        for threshold, sign in ((code, 1.0), (code - 1, -1.0)):
            if 0 <= threshold < levels - 1:
                row = np.zeros(levels - 1 + slopes)
                row[threshold] = sign
                row[levels - 1 :] = -sign * x
                rows.append(row)
    slack = np.array(rows)
    scale = np.abs(slack).max(axis=0)
    slack = slack / np.where(scale > 0, scale, 1.0)
    size = slack.shape[1]
    box = [(-1.0, 1.0)] * size
    whole = optimize.linprog(-slack.sum(axis=0), A_ub=-slack, b_ub=np.zeros(len(slack)), bounds=box)
    if whole.fun is None or -whole.fun <= _SURE:
        return OVERLAP
    least = optimize.linprog(
        np.array([*[0.0] * size, -1.0]),
        A_ub=np.column_stack([-slack, np.ones(len(slack))]),
        b_ub=np.zeros(len(slack)),
        bounds=[*box, (0.0, 1.0)],
    )
    return COMPLETE if least.fun is not None and -least.fun > _SURE else QUASI
