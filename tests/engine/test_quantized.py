"""Rounding to a grid stays within half a step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.engine.quantized import QuantizedMatrix, quantize, stack


@given(st.integers(0, 2**32 - 1), st.sampled_from([7, 15, 31, 127]))
def test_error_is_at_most_half_a_step(seed: int, largest: int) -> None:
    matrix = np.random.default_rng(seed).normal(size=(5, 24)).astype(np.float32)

    grid = quantize(matrix, largest)

    assert np.abs(grid.values).max() <= largest
    assert (np.abs(grid.dequantized() - matrix) <= grid.scales * 0.5001).all()


def test_a_row_of_zeros_stays_zero() -> None:
    assert not quantize(np.zeros((1, 4), np.float32)).dequantized().any()


def test_a_zero_point_is_taken_off() -> None:
    grid = QuantizedMatrix(np.array([[0, 86, 255]], np.uint8), np.array([[0.5]], np.float32), 86)
    assert grid.dequantized().tolist() == [[-43.0, 0.0, 84.5]]


def test_stack_joins_rows_and_refuses_other_grids() -> None:
    one, two = (quantize(np.full((1, 2), value, np.float32)) for value in (1.0, 2.0))
    assert np.allclose(stack([one, two]).dequantized(), [[1, 1], [2, 2]])
    with pytest.raises(ValueError, match="symmetric"):
        stack([one, QuantizedMatrix(np.zeros((1, 2), np.uint8), np.ones((1, 1), np.float32), 3)])


def test_scales_must_match_the_rows() -> None:
    with pytest.raises(ValueError, match="per row"):
        QuantizedMatrix(np.zeros((2, 2), np.int8), np.ones((1, 1), np.float32))
