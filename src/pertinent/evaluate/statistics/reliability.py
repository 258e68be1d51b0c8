"""How far probabilities can be believed: among pairs of probability 0.8, about 80 % should be relevant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from pertinent.errors import UsageError

FloatArray: TypeAlias = npt.NDArray[np.float64]

Equal: TypeAlias = Literal["width", "mass"]
"""Bins of one width, as in Guo et al., or (adaptive) of about one number of pairs."""

MOST_BINS = 1000

_LEAST = 1e-15
_Z = 1.959963984540054
"""Standard deviations either way that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Pairs of similar probability.

    Parameters
    ----------
    low, high : float
        Edges; a probability on an edge belongs to the lower bin.
    pairs : int
        How many, at least 1.
    probability : float
        Their mean probability.
    relevant : float
        Share of them that is relevant.
    """

    low: float
    high: float
    pairs: int
    probability: float
    relevant: float

    @property
    def gap(self) -> float:
        """Distance between what was promised and what was found."""
        return abs(self.probability - self.relevant)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share, wide where there are few pairs."""
        return wilson_interval(round(self.relevant * self.pairs), self.pairs)


def reliability_bins(
    probabilities: Sequence[float] | FloatArray,
    relevant: Sequence[bool] | npt.NDArray[np.bool_],
    bins: int = 15,
    *,
    equal: Equal = "width",
) -> tuple[ReliabilityBin, ...]:
    """Sort pairs into bins of probability; what a reliability diagram shows.

    Parameters
    ----------
    probabilities : Sequence[float], shape (pairs,)
        In 0..1.
    relevant : Sequence[bool], shape (pairs,)
        Whether each pair is relevant.
    bins : int
        How many at most; those without pairs are left out.
    equal : {"width", "mass"}
        What the bins have in common. Pairs of one probability always share a bin.

    Returns
    -------
    tuple[ReliabilityBin, ...]
        By rising probability; empty without pairs.

    Raises
    ------
    UsageError
        If the two differ in length, or a number makes no sense.

    Examples
    --------
    >>> for bin in reliability_bins([0.1, 0.2, 0.9, 0.7], [False, True, True, True], bins=2):
    ...     print(bin.pairs, round(bin.probability, 3), bin.relevant)
    2 0.15 0.5
    2 0.8 1.0
    """
    promised, found = checked_pairs(probabilities, relevant)
    if not 1 <= bins <= MOST_BINS:
        raise UsageError(f"bins is {bins}.", hint=f"Give a number from 1 to {MOST_BINS}.")
    if not len(promised):
        return ()
    steps = np.linspace(0, 1, bins + 1)
    edges = steps if equal == "width" else np.percentile(promised, 100 * steps)
    place = np.searchsorted(edges[1:-1], promised)
    pairs = np.bincount(place, minlength=bins)
    sums = np.bincount(place, promised, bins)
    hits = np.bincount(place, found, bins)
    return tuple(
        ReliabilityBin(
            float(edges[at]),
            float(edges[at + 1]),
            int(pairs[at]),
            float(sums[at] / pairs[at]),
            float(hits[at] / pairs[at]),
        )
        for at in np.flatnonzero(pairs)
    )


def expected_calibration_error(
    probabilities: Sequence[float] | FloatArray,
    relevant: Sequence[bool] | npt.NDArray[np.bool_],
    bins: int = 15,
    *,
    equal: Equal = "width",
) -> float:
    """Mean distance between probability and share of relevant pairs, over bins weighted by pairs.

    After Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks" (ICML 2017),
    for the probability of the one class "relevant".

    Parameters
    ----------
    probabilities, relevant, bins, equal
        As for :func:`reliability_bins`.

    Returns
    -------
    float
        In 0..1, lower is better; 0 without pairs.

    Examples
    --------
    >>> expected_calibration_error([0.75, 0.75, 0.75, 0.75], [True, True, True, False])
    0.0
    """
    found = reliability_bins(probabilities, relevant, bins, equal=equal)
    return sum(bin.pairs * bin.gap for bin in found) / max(1, len(probabilities))


def brier(
    probabilities: Sequence[float] | FloatArray, relevant: Sequence[bool] | npt.NDArray[np.bool_]
) -> float:
    """Mean squared distance of probability and outcome (Brier 1950): 0 is best, 0.25 says always 0.5.

    Parameters
    ----------
    probabilities, relevant
        As for :func:`reliability_bins`; without pairs the value is 0.

    Examples
    --------
    >>> brier([0.5, 1.0], [True, True])
    0.125
    """
    promised, found = checked_pairs(probabilities, relevant)
    return float(np.mean((promised - found) ** 2)) if len(promised) else 0.0


def log_loss(
    probabilities: Sequence[float] | FloatArray, relevant: Sequence[bool] | npt.NDArray[np.bool_]
) -> float:
    """Mean of ``-log`` of the probability that each outcome was given; always 0.5 has 0.693.

    Parameters
    ----------
    probabilities, relevant
        As for :func:`reliability_bins`; 0 and 1 count as 1e-15 from there. Without pairs it is 0.

    Examples
    --------
    >>> round(log_loss([0.5, 0.8], [True, True]), 3)
    0.458
    """
    promised, found = checked_pairs(probabilities, relevant)
    given = np.where(found > 0, promised, 1 - promised)
    return float(-np.log(np.clip(given, _LEAST, 1 - _LEAST)).mean()) if len(given) else 0.0


def wilson_interval(hits: int, pairs: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), as if the pairs had nothing to do with each other.

    Parameters
    ----------
    hits, pairs : int
        How many of how many, of at least 1.

    Examples
    --------
    >>> low, high = wilson_interval(1, 1)
    >>> round(low, 3), high
    (0.207, 1.0)
    """
    share, doubt = hits / pairs, _Z * _Z / pairs
    middle = share + doubt / 2
    reach = math.sqrt(doubt * (share * (1 - share) + doubt / 4))
    return max(0.0, (middle - reach) / (1 + doubt)), min(1.0, (middle + reach) / (1 + doubt))


def checked_pairs(
    probabilities: Sequence[float] | FloatArray, relevant: Sequence[bool] | npt.NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Both as arrays of float64, shape (pairs,), outcomes as 0 and 1.

    Raises
    ------
    UsageError
        If they differ in length, or a probability is none.
    """
    promised, found = np.asarray(probabilities, np.float64), np.asarray(relevant, np.bool_)
    if promised.shape != found.shape or promised.ndim != 1:
        raise UsageError(
            f"There are {promised.size} probabilities and {found.size} outcomes.",
            hint="Give two lists of one length.",
        )
    if not ((promised >= 0) & (promised <= 1)).all():
        raise UsageError("A probability lies outside 0..1.", hint="Give Score.probability of each pair.")
    return promised, found.astype(np.float64)
