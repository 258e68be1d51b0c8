"""Weight matrices on an integer grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class QuantizedMatrix:
    """A matrix stored as small integers: ``(values - zero_point) * scales``.

    Parameters
    ----------
    values : int8 or uint8, shape (rows, columns)
        The grid positions.
    scales : float32, shape (rows, 1)
        One step width per row.
    zero_point : int
        The grid position that means 0.
    """

    values: npt.NDArray[np.int8] | npt.NDArray[np.uint8]
    scales: FloatArray
    zero_point: int = 0

    def __post_init__(self) -> None:
        if self.scales.shape != (len(self.values), 1):
            raise ValueError("scales need one step width per row")

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return self.values.shape

    def dequantized(self) -> FloatArray:
        """Return the float32 matrix that the grid stands for."""
        return (self.values.astype(np.float32) - np.float32(self.zero_point)) * self.scales


Weight: TypeAlias = QuantizedMatrix | FloatArray


def quantize(matrix: FloatArray, largest: int = 127) -> QuantizedMatrix:
    """Put a matrix on a symmetric grid, one scale per row, by rounding to the nearest step.

    Parameters
    ----------
    matrix : float32, shape (rows, columns)
        The weights; one row per output or per table entry.
    largest : int
        Largest grid position. 127 is int8; a smaller one takes less space once compressed.

    Examples
    --------
    >>> grid = quantize(np.array([[1.0, -0.5]], np.float32))
    >>> grid.values.tolist()
    [[127, -64]]
    >>> bool(abs(grid.dequantized() - [[1.0, -0.5]]).max() < 1 / 127)
    True
    """
    highest = np.abs(matrix).max(axis=1, keepdims=True)
    scales = np.where(highest > 0, highest / largest, 1.0).astype(np.float32)
    values = np.clip(np.rint(matrix / scales), -largest, largest).astype(np.int8)
    return QuantizedMatrix(values, scales)


def stack(parts: list[QuantizedMatrix]) -> QuantizedMatrix:
    """Put symmetric int8 matrices under one another, so that one product computes them all."""
    if any(part.zero_point or part.values.dtype != np.int8 for part in parts):
        raise ValueError("only symmetric int8 matrices are stacked")
    return QuantizedMatrix(
        np.concatenate([part.values for part in parts]), np.concatenate([part.scales for part in parts])
    )
