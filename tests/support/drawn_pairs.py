"""Pairs whose true probabilities are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit

FloatArray = npt.NDArray[np.float64]


def drawn_pairs(
    slope: float, bias: float, *, count: int = 6000
) -> tuple[FloatArray, npt.NDArray[np.bool_], list[str]]:
    """Margins, outcomes by ``logistic(slope * margin + bias)``, ten pairs a query."""
    random = np.random.default_rng(7)
    margins = random.normal(0, 4, count)
    relevant = random.uniform(size=count) < expit(slope * margins + bias)
    return margins, relevant, [f"q{place // 10}" for place in range(count)]
