"""Pairs as token ids: read once, then scored in common batches with pairs of other queries."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pertinent.engine.chunks import chunk_texts
from pertinent.engine.windows import MAX_WINDOWS, split_windows
from pertinent.families import cross_encoder
from pertinent.families.tokens import TokenIds

if TYPE_CHECKING:
    from pertinent.engine.local_model import LocalModel
    from pertinent.engine.quantized import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ReadPair:
    """A query and a document as ids, to be scored together with pairs of other queries.

    Parameters
    ----------
    query, document : int32, shape (tokens,)
        What is read of them.
    query_cut : int
        Tokens of the query that did not fit.
    windows : tuple[slice, ...]
        How the document is read.
    """

    query: TokenIds
    document: TokenIds
    query_cut: int
    windows: tuple[slice, ...]

    @property
    def tokens(self) -> int:
        """Tokens of all windows, the query and the control tokens counted in each."""
        beside = len(self.query) + cross_encoder.CONTROL_COUNT
        return sum(beside + window.stop - window.start for window in self.windows)


def read_query(model: LocalModel, query: str) -> tuple[TokenIds, int]:
    """Tokenise a query; what exceeds its share of the window is cut.

    Returns
    -------
    ids : int32, shape (tokens,)
        What is read.
    cut : int
        How many tokens are not.
    """
    (query_ids,) = model.tokenizer.encode([query])
    limit = cross_encoder.query_limit(model.folder.info.max_tokens)
    return query_ids[:limit], max(0, len(query_ids) - limit)


def read_pairs(model: LocalModel, query: str, documents: Sequence[str]) -> tuple[ReadPair, ...]:
    """Tokenise a query and its documents: one pair for each document, in their order."""
    query_ids, query_cut = read_query(model, query)
    size = cross_encoder.passage_limit(model.folder.info.max_tokens, len(query_ids))
    return tuple(
        ReadPair(query_ids, text, query_cut, tuple(split_windows(len(text), size)))
        for chunk in chunk_texts(documents)
        for text in model.tokenizer.encode(chunk)
    )


def run_pairs(model: LocalModel, pairs: Sequence[ReadPair]) -> FloatArray:
    """Best margin over the windows of each pair: float32, shape (pairs,)."""
    margins = np.full(len(pairs), -np.inf, np.float32)
    windows = [(place, window) for place, pair in enumerate(pairs) for window in pair.windows]
    for start in range(0, len(windows), MAX_WINDOWS):
        group = windows[start : start + MAX_WINDOWS]
        owners = np.array([place for place, _ in group], np.int64)
        inputs = [
            cross_encoder.join(pairs[place].query, pairs[place].document[window]) for place, window in group
        ]
        with closing(model.engine.run(inputs)) as batches:
            for indices, rows in batches:
                np.maximum.at(margins, owners[list(indices)], rows[:, 0])
    return margins
