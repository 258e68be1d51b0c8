"""Which candidates go on to the next layers, when only the first few places matter.

After some of the layers, the state of a candidate's last token is read as if it were final: the
"lens" margin (nostalgebraist 2020; the pruning of rerankers by it, arXiv:2510.15620). Candidates
far behind by it are dropped. That is a guess: it loses a candidate that only the last layers lift.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pertinent.engine.quantized import FloatArray

BOUNDARIES = (0.71, 0.86)
"""Shares of the layers after which candidates may be dropped: earlier states tell little of the answer."""

SLACK = 1.25
"""Standard deviations of the lens margins that a candidate may lie behind the ``top_k``-th to go on.

Chosen with the boundaries on train queries by ``benchmarks/fit_pruning.py``."""


def boundaries(layers: int) -> list[int]:
    """Numbers of layers after which candidates may be dropped.

    Examples
    --------
    >>> boundaries(28), boundaries(3), boundaries(1)
    ([20, 24], [2], [])
    """
    return sorted({round(share * layers) for share in BOUNDARIES} - {0, layers})


def keep(lens_margins: FloatArray, top_k: int) -> npt.NDArray[np.bool_]:
    """Choose who goes on: the first ``top_k``, and who is near enough behind them.

    Where margins lie close together nearly all go on; where a few stand out, few do.

    Parameters
    ----------
    lens_margins : float32, shape (candidates,)
        Margins as the layers so far would give them.
    top_k : int
        Places that matter.

    Returns
    -------
    bool, shape (candidates,)
        Who goes on.

    Examples
    --------
    >>> keep(np.array([9, 8, 1, 0, 0, 0], np.float32), top_k=2).tolist()
    [True, True, False, False, False, False]
    >>> keep(np.array([9, 8, 7, 6], np.float32), top_k=3).tolist()
    [True, True, True, True]
    """
    if top_k >= len(lens_margins):
        return np.ones(len(lens_margins), np.bool_)
    bar = np.partition(lens_margins, -top_k)[-top_k]
    return np.asarray(lens_margins >= bar - SLACK * lens_margins.std(), np.bool_)


def estimates_below(lowest: float, dropped: Sequence[FloatArray]) -> list[FloatArray]:
    """Give dropped candidates margins under every exact one, in the order the lens saw.

    Parameters
    ----------
    lowest : float
        Lowest exact margin.
    dropped : Sequence[FloatArray]
        Lens margins of those dropped at each boundary, first boundary first.

    Returns
    -------
    list[float32 arrays]
        Estimates: those dropped later stand above those dropped earlier, and differences at one
        boundary are those of the lens.

    Examples
    --------
    >>> early, late = np.array([7, 8], np.float32), np.array([1, 0], np.float32)
    >>> [estimates.tolist() for estimates in estimates_below(2.0, [early, late])]
    [[-2.0, -1.0], [1.0, 0.0]]
    """
    estimates: list[FloatArray] = []
    for lens in reversed(dropped):
        ceiling = np.float32(lowest) - np.float32(1)
        placed = np.asarray(ceiling - (np.max(lens, initial=-np.inf) - lens), np.float32)
        estimates.append(placed)
        lowest = float(np.min(placed, initial=lowest))
    return estimates[::-1]
