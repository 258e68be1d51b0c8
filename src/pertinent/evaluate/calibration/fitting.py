"""Fitting a map from margin to probability to judged pairs, one function a method."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from pertinent.evaluate.extra import require
from pertinent.evaluate.statistics.reliability import FloatArray
from pertinent.rerankers.margin_map import MarginMap, Method

BoolArray = npt.NDArray[np.bool_]

FLATTEST, STEEPEST = 1e-6, 1e4
"""Bounds of a slope, for margins of spread 1: where margins say nothing, one probability is nearly all."""

LEAST_SPREAD = 1e-3
"""Margins nearer to each other than this are the same."""


def fit_map(method: Method, margins: FloatArray, relevant: BoolArray) -> MarginMap:
    """Fit a map; it may say nothing, but never that a higher margin is a worse sign.

    Parameters
    ----------
    method : {"temperature", "platt", "isotonic"}
        Which form.
    margins : float64, shape (pairs,)
        What the model said.
    relevant : bool, shape (pairs,)
        What is true.
    """
    return _METHODS[method](margins, relevant)


def _temperature(margins: FloatArray, relevant: BoolArray) -> MarginMap:
    """The temperature with the least log loss (Guo et al. 2017); that is convex in the slope."""
    size = max(LEAST_SPREAD, float(np.sqrt(np.mean(margins**2))))
    targets = _soft(relevant)
    found = require("scipy.optimize").minimize_scalar(
        lambda power: _loss(np.exp(power) * margins / size, targets),
        bounds=(np.log(FLATTEST), np.log(STEEPEST)),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return MarginMap("temperature", float(np.exp(found.x)) / size)


def _platt(margins: FloatArray, relevant: BoolArray) -> MarginMap:
    """The line with the least log loss (Platt 1999)."""
    middle, size = float(np.mean(margins)), max(LEAST_SPREAD, float(np.std(margins)))
    scaled = (margins - middle) / size
    targets = _soft(relevant)

    def loss(line: FloatArray) -> tuple[float, FloatArray]:
        logits = line[0] * scaled + line[1]
        wrong = 0.5 * (1 + np.tanh(logits / 2)) - targets  # logistic(x), which cannot overflow so
        return _loss(logits, targets), np.array([np.mean(wrong * scaled), np.mean(wrong)])

    found = require("scipy.optimize").minimize(
        loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=((FLATTEST, STEEPEST), (None, None))
    )
    slope = float(found.x[0]) / size
    return MarginMap("platt", slope, float(found.x[1]) - slope * middle)


def _isotonic(margins: FloatArray, relevant: BoolArray) -> MarginMap:
    """Isotonic regression, joined by lines between the middles of its steps.

    After Oron and Flournoy, "Centered isotonic regression" (2017). No step is sure: its probability
    stays one imagined pair away from 0 and 1.
    """
    places, owners, counts = np.unique(margins, return_inverse=True, return_counts=True)
    shares = np.bincount(owners, relevant) / counts
    steps = require("scipy.optimize").isotonic_regression(shares, weights=counts)
    begins, ends = steps.blocks[:-1], steps.blocks[1:]
    middles = np.add.reduceat(places * counts, begins) / np.add.reduceat(counts, begins)
    # Rounding must not carry the middle of a step over its edge, where the next may begin.
    middles = np.clip(middles, places[begins], places[ends - 1])
    least = 1 / (len(margins) + 2)
    heights = np.clip(steps.x[begins], least, 1 - least)
    return MarginMap("isotonic", knots=tuple(zip(middles.tolist(), heights.tolist(), strict=True)))


_METHODS: Mapping[Method, Callable[[FloatArray, BoolArray], MarginMap]] = {
    "temperature": _temperature,
    "platt": _platt,
    "isotonic": _isotonic,
}


def _soft(relevant: BoolArray) -> FloatArray:
    """Platt's targets: near 0 and 1, so that margins that part the pairs do not ask for an endless slope."""
    good = int(relevant.sum())
    poor = len(relevant) - good
    return np.where(relevant, (good + 1) / (good + 2), 1 / (poor + 2))


def _loss(logits: FloatArray, targets: FloatArray) -> float:
    return float(np.mean(np.logaddexp(0, logits) - targets * logits))
