"""Which threshold of probability keeps pairs of a chosen precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pertinent.evaluate.calibration.fitting import BoolArray
from pertinent.evaluate.statistics.reliability import FloatArray, wilson_interval

STEPS = 1000
"""Thresholds are looked for in steps of one in so many, as people would type them."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """The smallest threshold that keeps pairs of a chosen precision.

    Parameters
    ----------
    wanted : float
        The chosen precision.
    threshold : float | None
        What to give as ``threshold=``; None where no threshold reaches it, and all else is None then.
    precision, recall : float | None
        Share of what is kept that is relevant; share of what is relevant that is kept.
    interval : tuple[float, float] | None
        95 % interval of the precision (Wilson 1927), as if the pairs had nothing to do with each other.
    pairs : int
        How many are kept.
    """

    wanted: float
    threshold: float | None = None
    precision: float | None = None
    recall: float | None = None
    interval: tuple[float, float] | None = None
    pairs: int = 0


def find_threshold(probabilities: FloatArray, relevant: BoolArray, wanted: float) -> Threshold:
    """The smallest threshold, in steps of 0.001, at which what is kept has the precision wanted.

    Parameters
    ----------
    probabilities : float64, shape (pairs,)
        Of unseen pairs.
    relevant : bool, shape (pairs,)
        What is true.
    wanted : float
        A precision.
    """
    order = np.argsort(probabilities)
    steps = np.arange(STEPS + 1) / STEPS
    begins = np.searchsorted(probabilities[order], steps)
    kept = len(order) - begins
    good = np.append(np.cumsum(relevant[order][::-1])[::-1], 0)[begins]
    precision = good / np.maximum(kept, 1)
    reached = np.flatnonzero((kept > 0) & (precision >= wanted))
    if not len(reached):
        return Threshold(wanted)
    at = reached[0]
    return Threshold(
        wanted,
        float(steps[at]),
        float(precision[at]),
        float(good[at] / max(1, relevant.sum())),
        wilson_interval(int(good[at]), int(kept[at])),
        int(kept[at]),
    )
