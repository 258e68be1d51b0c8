from __future__ import annotations

import numpy as np
import pytest

from pertinent.engine.quantized import QuantizedMatrix
from pertinent.train.quantise import INT8, WORD_TABLE, compare_margins, quantise
from support.tiny_bert import tiny_weights

WEIGHTS = tiny_weights()


def test_matrices_lie_on_their_grids_and_vectors_stay() -> None:
    grid = quantise(WEIGHTS, word_table_largest=15, matrix_largest=63)
    for name, weight in grid.items():
        assert isinstance(weight, QuantizedMatrix) is (WEIGHTS[name].ndim == 2), name
        if isinstance(weight, QuantizedMatrix):
            assert np.abs(weight.values).max() <= (15 if name == WORD_TABLE else 63)
            assert weight.shape == WEIGHTS[name].shape
        else:
            assert weight is WEIGHTS[name]


def test_a_finer_grid_lies_nearer_and_zero_leaves_a_matrix_whole() -> None:
    name = "bert.encoder.layer.0.attention.self.query.weight"
    name = name if name in WEIGHTS else next(key for key in WEIGHTS if key.endswith("query.weight"))
    exact = WEIGHTS[name]

    def error(largest: int) -> float:
        weight = quantise({name: exact}, matrix_largest=largest)[name]
        assert isinstance(weight, QuantizedMatrix)
        return float(np.abs(weight.dequantized() - exact).max())

    assert error(INT8) < error(31) < error(3)
    assert quantise({name: exact}, matrix_largest=0)[name] is exact


def test_an_order_that_turned_shows() -> None:
    same = compare_margins([1.0, 2.0, 3.0], [1.1, 2.1, 3.1])
    assert (same.kendall_tau, same.pairs) == (1.0, 3)
    assert same.error_mean == pytest.approx(0.1)
    assert compare_margins([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]).kendall_tau == -1.0
    assert compare_margins([1.0], [2.0]).to_dict()["error_max"] == 1.0
