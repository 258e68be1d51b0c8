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

FIRST_SHARE = 0.45
"""Share of the layers before which nothing is dropped: earlier states tell little of the answer."""

KEPT_SHARE = 0.5
"""Share of the candidates that goes on at each boundary."""

KEPT_PER_PLACE = 2
"""Candidates that go on for each place asked for, whatever the share."""


BOUNDARIES = (0.5, 0.65, 0.8)
"""Shares of the layers after which candidates may be dropped."""


def boundaries(layers: int) -> list[int]:
    """Numbers of layers after which candidates may be dropped.

    Examples
    --------
    >>> boundaries(28), boundaries(2), boundaries(1)
    ([14, 18, 22], [1], [])
    """
    return sorted({round(share * layers) for share in BOUNDARIES} - {0, layers})


def keep(lens_margins: FloatArray, top_k: int, layer_share: float) -> npt.NDArray[np.bool_]:
    """Choose who goes on.

    Parameters
    ----------
    lens_margins : float32, shape (candidates,)
        Margins as the layers so far would give them.
    top_k : int
        Places that matter.
    layer_share : float
        Share of the layers that is done, 0 to 1.

    Returns
    -------
    bool, shape (candidates,)
        Who goes on; of equals the earlier ones.

    Examples
    --------
    >>> lens = np.array([3, 1, 4, 1, 5, 9], np.float32)
    >>> keep(lens, top_k=1, layer_share=0.5)
    array([False, False,  True, False,  True,  True])
    >>> keep(lens, top_k=1, layer_share=0.25)
    array([ True,  True,  True,  True,  True,  True])
    """
    count = len(lens_margins)
    chosen = np.ones(count, np.bool_)
    if layer_share < FIRST_SHARE:
        return chosen
    kept = max(KEPT_PER_PLACE * top_k, int(np.ceil(KEPT_SHARE * count)))
    chosen[np.argsort(-lens_margins, kind="stable")[kept:]] = False
    return chosen


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
