"""From float32 weights to the integer grid that the engine runs, and what that costs in accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pertinent.engine.quantized import FloatArray, Weight, quantize
from pertinent.evaluate.extra import require

WORD_TABLE = "embeddings.word_embeddings.weight"
INT8 = 127
"""Largest position on the grid of int8."""


def quantise(
    weights: Mapping[str, FloatArray], word_table_largest: int = INT8, matrix_largest: int = INT8
) -> dict[str, Weight]:
    """Put matrices on an integer grid, one scale per row; vectors stay float32.

    Parameters
    ----------
    weights : Mapping[str, float32 array]
        By name of ``BertModel``.
    word_table_largest, matrix_largest : int
        Largest grid positions of the word table and of all other matrices; smaller ones take less space once
        compressed, and 0 leaves them in float32.

    Examples
    --------
    >>> grid = quantise({"a.weight": np.ones((2, 3), np.float32), "a.bias": np.ones(2, np.float32)})
    >>> type(grid["a.weight"]).__name__, grid["a.bias"].dtype.name
    ('QuantizedMatrix', 'float32')
    """
    largest = {
        name: (word_table_largest if name == WORD_TABLE else matrix_largest) if tensor.ndim == 2 else 0
        for name, tensor in weights.items()
    }
    return {
        name: quantize(tensor, largest[name]) if largest[name] else tensor for name, tensor in weights.items()
    }


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Margins of the written model beside those of the float32 student.

    Parameters
    ----------
    pairs : int
        How many were compared.
    spread : float
        Standard deviation of the float32 margins.
    error_mean, error_max : float
        Absolute differences.
    kendall_tau : float
        How alike the two orders are over all pairs; 1 is the same.
    """

    pairs: int
    spread: float
    error_mean: float
    error_max: float
    kendall_tau: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def compare_margins(exact: Sequence[float], integer: Sequence[float]) -> Accuracy:
    """Compare margins of the same pairs.

    Examples
    --------
    >>> compare_margins([1.0, 2.0, 3.0], [1.0, 2.5, 3.0]).error_max
    0.5
    """
    one, two = np.asarray(exact, float), np.asarray(integer, float)
    error = np.abs(one - two)
    tau = float(require("scipy.stats").kendalltau(one, two).statistic) if len(one) > 1 else 1.0
    return Accuracy(len(one), float(one.std()), float(error.mean()), float(error.max()), tau)
