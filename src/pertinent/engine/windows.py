"""Overlapping windows over texts that are longer than a model reads at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from pertinent.families.bert import BertInput, TokenIds

if TYPE_CHECKING:
    from pertinent.engine.openvino_engine import OpenVinoEngine
    from pertinent.engine.quantized import FloatArray

OVERLAP_SHARE = 0.25
"""Share of a window that the next one reads again, so that a sentence at a border is whole in one."""


class Windows(NamedTuple):
    """The windows of several texts, one text's after another's.

    Parameters
    ----------
    pieces : list of int32 arrays
        Token ids of each window.
    counts : int64, shape (texts,)
        Windows of each text, at least 1.
    """

    pieces: list[TokenIds]
    counts: npt.NDArray[np.int64]

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """Place of each text's first window."""
        return np.cumsum(self.counts) - self.counts


def split_windows(tokens: int, size: int) -> list[slice]:
    """Cut a number of tokens into windows of at most ``size``; together they cover all.

    The last window ends with the text and is full, so it may overlap more than the others. A text
    that fits is one window; so is an empty one.

    Examples
    --------
    >>> split_windows(10, 4)
    [slice(0, 4, None), slice(3, 7, None), slice(6, 10, None)]
    >>> split_windows(0, 4)
    [slice(0, 0, None)]
    """
    if tokens <= size:
        return [slice(0, tokens)]
    stride = max(1, size - int(size * OVERLAP_SHARE))
    last = tokens - size
    return [slice(start, start + size) for start in range(0, last, stride)] + [slice(last, tokens)]


def window_texts(texts: Sequence[TokenIds], size: int) -> Windows:
    """Cut tokenised texts into windows.

    Examples
    --------
    >>> windows = window_texts([np.arange(10, dtype=np.int32), np.arange(2, dtype=np.int32)], 4)
    >>> windows.counts.tolist(), windows.starts.tolist()
    ([3, 1], [0, 3])
    """
    slices = [split_windows(len(text), size) for text in texts]
    pieces = [text[part] for text, parts in zip(texts, slices, strict=True) for part in parts]
    return Windows(pieces, np.array([len(parts) for parts in slices], np.int64))


def run_windows(
    engine: OpenVinoEngine,
    inputs: Sequence[BertInput],
    counts: npt.NDArray[np.int64],
    report: Callable[[int], None] | None,
) -> FloatArray:
    """Run the inputs made of windows, and report how many texts are done after each batch.

    Parameters
    ----------
    engine : OpenVinoEngine
        What runs them.
    inputs : Sequence[BertInput]
        One per window, in the windows' order.
    counts : int64, shape (texts,)
        Windows of each text.
    report : Callable[[int], None] | None
        Called with the number of texts all of whose windows have run.

    Returns
    -------
    float32, shape (windows, engine outputs)
        One row per window.
    """
    rows = np.empty((len(inputs), engine.outputs), np.float32)
    owners = np.repeat(np.arange(len(counts)), counts)
    waiting = counts.copy()
    with closing(engine.run(inputs)) as batches:
        for indices, batch_rows in batches:
            places = list(indices)
            rows[places] = batch_rows
            np.subtract.at(waiting, owners[places], 1)
            if report is not None:
                report(int(np.count_nonzero(waiting == 0)))
    return rows
