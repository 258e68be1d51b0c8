"""A reranker on this machine: family ``cross_encoder`` on the OpenVINO engine.

A document longer than the window beside the query is read in overlapping windows; the best
window's margin counts, because an answer in one place answers the question.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pertinent.engine.chunks import chunk_texts, require_texts
from pertinent.engine.identity import CARRIED_RUN_ON, SENTINEL_DOCUMENT, SENTINEL_QUERY, RunsOn, hash_prompts
from pertinent.engine.lazy_model import LazyModel
from pertinent.engine.windows import count_windows, run_windows, split_windows
from pertinent.families import cross_encoder
from pertinent.families.bert import BertInput
from pertinent.families.carried import CARRIED_RERANKER
from pertinent.families.tokens import TokenIds
from pertinent.rerankers.read_pairs import ReadPair, read_pairs, read_query, run_pairs
from pertinent.types import ModelInfo, Progress, Score, Scores

if TYPE_CHECKING:
    from pertinent.engine.local_model import LocalModel
    from pertinent.engine.quantized import FloatArray

log = logging.getLogger(__name__)

ENGINE, DTYPE, _ = CARRIED_RUN_ON

CANARY_TOLERANCE = 0.5
"""How far int8 margins of the canary texts may lie from the float32 ones."""


class LocalReranker:
    """Scores pairs with a local cross-encoder; implements ``Scorer``.

    Making one is instant: weights are loaded at the first score, or by ``load``. Several threads
    may score at the same time, and reranker objects of one model share its weights.

    Parameters
    ----------
    model : str | Path
        Name of a carried model, or a folder in the same layout.
    threads, batch_tokens : int | None
        CPU threads (0: the engine chooses) and tokens of one batch; None takes the settings'.

    Raises
    ------
    ModelError
        If there is no such model, or it is not a cross-encoder.

    Examples
    --------
    >>> reranker = LocalReranker()
    >>> good, poor = reranker.score("what lowers glucose", ["Metformin lowers glucose.", "It rained."])
    >>> good.margin > poor.margin
    True
    """

    def __init__(
        self,
        model: str | Path = CARRIED_RERANKER,
        *,
        threads: int | None = None,
        batch_tokens: int | None = None,
    ) -> None:
        self._lazy = LazyModel(model, cross_encoder.NAME, passes_canary, threads, batch_tokens)

    @property
    def model(self) -> ModelInfo:
        """Which weights score."""
        return self._lazy.folder.info

    @property
    def constants(self) -> Mapping[str, float]:
        """This model's constants for the formula that search orders by."""
        return self._lazy.folder.constants

    @property
    def fingerprint(self) -> str:
        """Everything that scores depend on besides the texts."""
        info = self.model
        return json.dumps([info.name, info.revision, info.family, info.max_tokens, ENGINE, DTYPE])

    @property
    def runs_on(self) -> RunsOn:
        """What computes the scores."""
        return CARRIED_RUN_ON

    def prompt_hash(
        self,
        instruction: str | None = None,  # noqa: ARG002 (not read)
    ) -> str:
        """Hash of the ids that a fixed pair becomes (see ``Reranker.prompt_hash``); loads the model."""
        model = self._lazy.loaded()
        query_ids, _ = read_query(model, SENTINEL_QUERY)
        (document_ids,) = model.tokenizer.encode([SENTINEL_DOCUMENT])
        pair = cross_encoder.join(query_ids, document_ids)
        return hash_prompts(pair.ids[: pair.segment], pair.ids[pair.segment :])

    def count_tokens(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,  # noqa: ARG002 (not read)
        scores: Scores | None = None,  # noqa: ARG002 (all is read, whatever comes out)
    ) -> int:
        """Tokens of all windows, the query and the control tokens counted in each; no padding."""
        model = self._lazy.loaded()
        query_ids, _ = read_query(model, query)
        size = cross_encoder.passage_limit(model.folder.info.max_tokens, len(query_ids))
        beside = len(query_ids) + cross_encoder.CONTROL_COUNT
        return sum(
            beside + window.stop - window.start
            for chunk in chunk_texts(documents)
            for text in model.tokenizer.encode(chunk)
            for window in split_windows(len(text), size)
        )

    def load(
        self,
        *,
        progress: Progress | None = None,  # noqa: ARG002 (nothing has to be converted)
    ) -> None:
        """Load and check the weights now rather than at the first score.

        Raises
        ------
        ModelError
            If a file is missing or damaged.
        """
        self._lazy.loaded()

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        """Score each document of any length against the query (see ``Scorer.score``).

        Of the query, what exceeds half of the model's window is cut, and each score says how much. The
        instruction is not read, because models of this family were trained without; that is logged once.
        """
        require_texts([query], "query")
        require_texts(documents, "documents")
        if not documents:
            return ()
        if instruction:
            _warn_of_instruction(self.model.name)
        model = self._lazy.loaded()
        query_ids, query_cut = read_query(model, query)
        if query_cut:
            read = len(query_ids)
            log.warning("The query has %d tokens; the first %d are read.", read + query_cut, read)
        scores: list[Score] = []
        for chunk in chunk_texts(documents):
            done = len(scores)
            report = (lambda n, done=done: progress(done + n, len(documents))) if progress else None
            margins, windows = score_texts(model, query_ids, chunk, report)
            scores.extend(
                self._score(margin, int(count), query_cut)
                for margin, count in zip(margins, windows, strict=True)
            )
        return tuple(scores)

    def read(self, query: str, documents: Sequence[str]) -> tuple[ReadPair, ...]:
        """Turn a query and its documents into pairs for :meth:`score_read`.

        Raises
        ------
        UsageError
            If something given is not a string.
        ModelError
            If the model cannot be loaded.
        """
        require_texts([query], "query")
        require_texts(documents, "documents")
        return read_pairs(self._lazy.loaded(), query, documents)

    def score_read(self, pairs: Sequence[ReadPair]) -> Scores:
        """Score pairs of any number of queries in common batches.

        Each gets the score that :meth:`score` gives it: one per pair, in their order.

        Examples
        --------
        >>> reranker = LocalReranker()
        >>> pairs = [*reranker.read("a drug", ["Metformin."]), *reranker.read("rain", ["It rained."])]
        >>> [score.windows for score in reranker.score_read(pairs)]
        [1, 1]
        """
        return tuple(
            self._score(margin, len(pair.windows), pair.query_cut)
            for margin, pair in zip(run_pairs(self._lazy.loaded(), pairs), pairs, strict=True)
        )

    def _score(self, margin: np.float32, windows: int, query_cut: int) -> Score:
        return Score.from_margin(
            float(margin), self.model, windows=windows, engine=ENGINE, dtype=DTYPE, query_cut=query_cut
        )


@cache
def _warn_of_instruction(model: str) -> None:
    """Say, once in a process, that a model has no place for an instruction."""
    log.warning("%s reads no instruction; it scores without.", model)


def score_texts(
    model: LocalModel,
    query_ids: TokenIds,
    documents: Sequence[str],
    report: Callable[[int], None] | None = None,
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Score texts with a loaded model.

    Returns
    -------
    margins : float32, shape (documents,)
        Best margin over the windows of each.
    windows : int64, shape (documents,)
        In how many windows each was read.
    """
    size = cross_encoder.passage_limit(model.folder.info.max_tokens, len(query_ids))
    texts = model.tokenizer.encode(documents)

    def pair(piece: TokenIds) -> BertInput:
        return cross_encoder.join(query_ids, piece)

    margins = np.full(len(texts), -np.inf, np.float32)
    for owners, rows in run_windows(model.engine, texts, size, pair, report):
        np.maximum.at(margins, owners, rows[:, 0])
    return margins, count_windows(texts, size)


def passes_canary(model: LocalModel) -> bool:
    """Whether the model gives its canary texts the margins that they should have."""
    canary = model.folder.canary
    query_ids, _ = read_query(model, canary.query)
    margins, _ = score_texts(model, query_ids, [canary.answer, canary.other])
    return canary.agrees(margins.tolist(), CANARY_TOLERANCE)
