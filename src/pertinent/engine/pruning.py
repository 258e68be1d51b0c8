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

    Where margins lie close together nearly all go on; where a few stand out, few do. Where one is no
    finite number all do, because nobody's place is known.

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
    if top_k >= len(lens_margins) or not np.isfinite(lens_margins).all():
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


def settle(margins: FloatArray, dropped: Sequence[Sequence[int]]) -> npt.NDArray[np.bool_]:
    """Turn the lens margins of those who were dropped into estimates, in place.

    Parameters
    ----------
    margins : float32, shape (candidates,)
        Exact margins, and for those dropped what the lens saw.
    dropped : Sequence[Sequence[int]]
        Who was dropped at each boundary, first boundary first.

    Returns
    -------
    bool, shape (candidates,)
        Whose margin is exact: of all who were not dropped.

    Examples
    --------
    >>> margins = np.array([2, 8, 7, 3], np.float32)
    >>> settle(margins, [[1, 2]]).tolist(), margins.tolist()
    ([True, False, False, True], [2.0, 1.0, 0.0, 3.0])
    """
    exact = np.ones(len(margins), np.bool_)
    exact[[place for places in dropped for place in places]] = False
    lowest = float(np.min(margins[exact], initial=np.inf))
    estimates = estimates_below(lowest, [margins[list(places)] for places in dropped])
    for places, values in zip(dropped, estimates, strict=True):
        margins[list(places)] = values
    return exact
