"""Maps from margin to probability that never turn two margins round."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias, get_args

from pertinent.errors import UsageError
from pertinent.types import logistic

Method: TypeAlias = Literal["temperature", "platt", "isotonic"]
METHODS: tuple[Method, ...] = get_args(Method)
"""From the fewest numbers to the most."""

LARGEST = 1e12
"""Numbers of a map and their inverses are at most this: nothing overflows on the way."""

MOST_KNOTS = 10_000


@dataclass(frozen=True, slots=True)
class MarginMap:
    """A probability for every margin, never falling as the margin rises.

    ::

        temperature   logistic(slope * margin)           slope is 1 / T
        platt         logistic(slope * margin + bias)
        isotonic      straight lines between the knots, level before the first and after the last

    Temperature scaling is from Guo et al. (ICML 2017), the line from Platt (1999), isotonic
    regression for calibration from Zadrozny and Elkan (KDD 2002).

    Parameters
    ----------
    method : {"temperature", "platt", "isotonic"}
        Which of these.
    slope : float
        Above 0.
    bias : float
        0 for a temperature.
    knots : tuple[tuple[float, float], ...]
        Margin and probability of each knot, for ``isotonic`` alone: margins rise, probabilities never
        fall and lie between 0 and 1, both excluded.

    Raises
    ------
    UsageError
        If the numbers make no such map.

    Examples
    --------
    >>> MarginMap("platt", slope=2.0, bias=-4.0).probability(2.0)
    0.5
    >>> MarginMap("isotonic", knots=((-1.0, 0.25), (1.0, 0.75))).probability(0.5)
    0.625
    """

    method: Method
    slope: float = 1.0
    bias: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        numbers = (self.slope, self.bias, *(number for knot in self.knots for number in knot))
        sound = (
            self.method in METHODS
            and all(math.isfinite(number) and abs(number) <= LARGEST for number in numbers)
            and self.slope >= 1 / LARGEST
            and (self.method == "platt" or self.bias == 0)
            and (self.method != "isotonic" or self.slope == 1)
            and (self.method == "isotonic") == bool(self.knots)
            and len(self.knots) <= MOST_KNOTS
            and _rises(self.knots)
        )
        if not sound:
            raise UsageError(
                f"These numbers make no {self.method} map from margin to probability.",
                hint="Give a slope above 0, or knots whose margins rise and whose probabilities never fall.",
            )

    def probability(self, margin: float) -> float:
        """The probability that a pair of this margin is relevant."""
        if self.method != "isotonic":
            return logistic(self.slope * margin + self.bias)
        place = bisect_right(self.knots, margin, key=lambda knot: knot[0])
        if place in (0, len(self.knots)):
            return self.knots[max(0, place - 1)][1]
        (left, low), (right, high) = self.knots[place - 1 : place + 1]
        return min(high, low + (margin - left) / (right - left) * (high - low))


def _rises(knots: Sequence[tuple[float, float]]) -> bool:
    return all(0 < probability < 1 for _, probability in knots) and all(
        left < right and low <= high for (left, low), (right, high) in pairwise(knots)
    )
