"""An embedder on this machine: family ``bert_embedder`` on the OpenVINO engine.

A text longer than the window is read in overlapping windows; its vector is the mean of the
windows' unit vectors, scaled to length 1 again, so every part of the text has its say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pertinent.embedders.protocol import Vectors
from pertinent.engine.catalogue import CARRIED
from pertinent.engine.chunks import chunk_texts, require_texts
from pertinent.engine.identity import CARRIED_RUN_ON, SENTINEL_DOCUMENT, SENTINEL_QUERY, RunsOn, hash_prompts
from pertinent.engine.lazy_model import LazyModel
from pertinent.engine.windows import count_windows, run_windows
from pertinent.families import bert_embedder
from pertinent.families.carried import CARRIED_EMBEDDER
from pertinent.families.tokens import TokenIds
from pertinent.types import ModelInfo, Progress

if TYPE_CHECKING:
    from pertinent.engine.local_model import LocalModel

CANARY_TOLERANCE = 0.05
"""How far int8 cosines of the canary texts may lie from the float32 ones."""


class LocalEmbedder:
    """Embeds texts with a local model; implements ``TextEmbedder``.

    Making one is instant: weights are loaded at the first text, or by ``load``. Several threads
    may embed at the same time, and embedder objects of one model share its weights.

    Parameters
    ----------
    model : str | Path
        Name of a carried model, or a folder in the same layout.
    threads, batch_tokens : int | None
        CPU threads (0: the engine chooses) and tokens of one batch; None takes the settings'.

    Raises
    ------
    ModelError
        If there is no such model, or it is not an embedder of this family.

    Examples
    --------
    >>> LocalEmbedder().embed_documents(["Metformin lowers glucose.", ""]).shape
    (2, 384)
    """

    def __init__(
        self,
        model: str | Path = CARRIED_EMBEDDER,
        *,
        threads: int | None = None,
        batch_tokens: int | None = None,
    ) -> None:
        self._lazy = LazyModel(model, bert_embedder.NAME, passes_canary, threads, batch_tokens)
        folder = self._lazy.folder
        # A carried model is found by its name, wherever the package is installed.
        source = "" if folder.path.parent == CARRIED else str(folder.path.resolve())
        self._info = replace(folder.info, source=source)

    @property
    def model(self) -> ModelInfo:
        """Which weights embed; ``model.dimensions`` is the width of the vectors."""
        return self._info

    @property
    def runs_on(self) -> RunsOn:
        """What computes the vectors."""
        return CARRIED_RUN_ON

    def prompt_hash(
        self,
        instruction: str | None = None,  # noqa: ARG002 (not read)
    ) -> str:
        """Hash of the ids that a fixed query and document become (see ``Embedder.prompt_hash``)."""
        texts = [self._lazy.folder.query_prefix + SENTINEL_QUERY, SENTINEL_DOCUMENT]
        encoded = self._lazy.loaded().tokenizer.encode(texts)
        return hash_prompts(*(bert_embedder.wrap(ids).ids for ids in encoded))

    def load(
        self,
        *,
        progress: Progress | None = None,  # noqa: ARG002 (nothing has to be converted)
    ) -> None:
        """Load and check the weights now rather than at the first text.

        Raises
        ------
        ModelError
            If a file is missing or damaged.
        """
        self._lazy.loaded()

    def embed_queries(
        self,
        texts: Sequence[str],
        instruction: str | None = None,  # noqa: ARG002 (the family has no place for it)
    ) -> Vectors:
        """Embed questions (see ``TextEmbedder``); the model's query prefix is put before each."""
        require_texts(texts, "texts")
        return self._embed([self._lazy.folder.query_prefix + text for text in texts], None)

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Embed texts to be found (see ``TextEmbedder``)."""
        require_texts(texts, "texts")
        return self._embed(texts, progress)

    def read(self, texts: Sequence[str], *, queries: bool = False) -> list[TokenIds]:
        """Turn texts into ids for :meth:`embed_read`; questions get the model's query prefix.

        Raises
        ------
        UsageError
            If something given is not a string.
        ModelError
            If the model cannot be loaded.
        """
        require_texts(texts, "texts")
        prefix = self._lazy.folder.query_prefix if queries else ""
        return self._lazy.loaded().tokenizer.encode([prefix + text for text in texts])

    def embed_read(self, texts: Sequence[TokenIds]) -> Vectors:
        """Embed what :meth:`read` made: float32, shape (texts, dimensions), rows of length 1.

        Examples
        --------
        >>> embedder = LocalEmbedder()
        >>> embedder.embed_read(embedder.read(["Metformin lowers glucose."])).shape
        (1, 384)
        """
        return embed_ids(self._lazy.loaded(), texts)

    def _embed(self, texts: Sequence[str], progress: Progress | None) -> Vectors:
        if not texts:
            return np.empty((0, self.model.dimensions), np.float32)
        model = self._lazy.loaded()
        vectors = np.empty((len(texts), model.engine.outputs), np.float32)
        done = 0
        for chunk in chunk_texts(texts):
            report = (lambda n, done=done: progress(done + n, len(texts))) if progress else None
            vectors[done : done + len(chunk)] = embed_texts(model, chunk, report)
            done += len(chunk)
        return vectors


def embed_texts(
    model: LocalModel, texts: Sequence[str], report: Callable[[int], None] | None = None
) -> Vectors:
    """Embed texts with a loaded model: float32, shape (texts, dimensions), rows of length 1."""
    return embed_ids(model, model.tokenizer.encode(texts), report)


def embed_ids(
    model: LocalModel, encoded: Sequence[TokenIds], report: Callable[[int], None] | None = None
) -> Vectors:
    """Embed texts that are ids already: float32, shape (texts, dimensions), rows of length 1."""
    limit = bert_embedder.text_limit(model.folder.info.max_tokens)
    # Minus zero plus a number is that number to the last bit; plus zero would lose the sign of -0.
    vectors: Vectors = np.full((len(encoded), model.engine.outputs), -0.0, np.float32)
    for owners, rows in run_windows(model.engine, encoded, limit, bert_embedder.wrap, report):
        for owner, row in zip(owners, rows, strict=True):
            vectors[owner] += row
    # A single window's vector stays as it is: dividing it by its length again would change its last bits.
    for text in np.flatnonzero(count_windows(encoded, limit) > 1):
        vectors[text] /= np.linalg.norm(vectors[text])
    return vectors


def passes_canary(model: LocalModel) -> bool:
    """Whether the model gives its canary texts the cosines that they should have."""
    canary = model.folder.canary
    query, answer, other = embed_texts(model, [canary.query, canary.answer, canary.other])
    return canary.agrees([float(query @ answer), float(query @ other)], CANARY_TOLERANCE)
