"""Overlapping windows over texts that are longer than a model reads at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pertinent.families.bert import BertInput
from pertinent.families.tokens import TokenIds

if TYPE_CHECKING:
    from pertinent.engine.openvino_engine import OpenVinoEngine
    from pertinent.engine.quantized import FloatArray

OVERLAP_SHARE = 0.25
"""Share of a window that the next one reads again, so that a sentence at a border is whole in one."""

MAX_WINDOWS = 4096
"""Windows whose inputs and results stand in memory at once."""


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


def count_windows(texts: Sequence[TokenIds], size: int) -> npt.NDArray[np.int64]:
    """Count the windows of each text: int64, shape (texts,), at least 1 each.

    Examples
    --------
    >>> count_windows([np.arange(10, dtype=np.int32), np.arange(2, dtype=np.int32)], 4).tolist()
    [3, 1]
    """
    return np.array([len(split_windows(len(text), size)) for text in texts], np.int64)


def run_windows(
    engine: OpenVinoEngine,
    texts: Sequence[TokenIds],
    size: int,
    make_input: Callable[[TokenIds], BertInput],
    report: Callable[[int], None] | None = None,
) -> Iterator[tuple[npt.NDArray[np.int64], FloatArray]]:
    """Run texts window by window, and report how many texts are done after each batch.

    Windows come in order, one text's after another's, in runs of at most ``MAX_WINDOWS``; a text
    may go on in the next run.

    Parameters
    ----------
    engine : OpenVinoEngine
        What runs them.
    texts : Sequence of int32 arrays
        Token ids of each text.
    size : int
        Tokens of a window.
    make_input : Callable[[TokenIds], BertInput]
        Makes of a window what the model reads.
    report : Callable[[int], None] | None
        Called with the number of texts all of whose windows have run.

    Yields
    ------
    owners : int64, shape (windows,)
        Place of each window's text in ``texts``.
    rows : float32, shape (windows, engine outputs)
        What the model says of each window.
    """
    waiting = count_windows(texts, size)
    windows = (
        (owner, text[part]) for owner, text in enumerate(texts) for part in split_windows(len(text), size)
    )
    while group := list(islice(windows, MAX_WINDOWS)):
        owners = np.array([owner for owner, _ in group], np.int64)
        rows = np.empty((len(group), engine.outputs), np.float32)
        with closing(engine.run([make_input(piece) for _, piece in group])) as batches:
            for indices, batch_rows in batches:
                places = list(indices)
                rows[places] = batch_rows
                np.subtract.at(waiting, owners[places], 1)
                if report is not None:
                    report(int(np.count_nonzero(waiting == 0)))
        yield owners, rows
