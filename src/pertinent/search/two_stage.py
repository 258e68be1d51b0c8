"""Two stages over documents that a program holds: the most similar are found, the best of them come first.

The names and defaults are those of a guide that many programs follow; a collection on disk, which also
searches by words and filters, is ``Collection``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from threading import Lock
from typing import TypeAlias

import numpy as np

from pertinent.embedders.embedder import Embedder
from pertinent.embedders.protocol import TextEmbedder, Vectors
from pertinent.engine.chunks import require_texts
from pertinent.errors import UsageError
from pertinent.families.instructions import find_instruction
from pertinent.providers.account import accounting
from pertinent.providers.catalogue import find_dialect
from pertinent.rerankers.chain import answered
from pertinent.rerankers.documents import RankInput, content_of, to_document
from pertinent.rerankers.missing import made_or_missing
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from pertinent.search.pipeline import Stopwatch
from pertinent.search.presets import PRESETS, PresetName, model_at
from pertinent.search.reranking import NOT_ASKED, score_head
from pertinent.search.result import Rerank, Reranked, SearchOptions
from pertinent.search.two_stage_result import Similar, TwoStageHit, TwoStageResult
from pertinent.search.vector_cache import CACHE_BYTES, VectorCache
from pertinent.settings import load_settings
from pertinent.types import Document, Query, Ranking, Scores

TOP_K = 50
"""Documents that the first stage hands on."""

FINAL_K = 10
"""Documents that the second stage keeps."""

EmbeddingModel: TypeAlias = str | Path | TextEmbedder
RerankerModel: TypeAlias = str | Path | Scorer | list[str | Path | Scorer]


class TwoStageRetrieval:
    """Finds the documents that answer a query among those a program holds.

    Models are opened when they are first needed (see :meth:`load`). Vectors of documents are kept in memory,
    so that a second search over the same documents embeds its query alone.

    Parameters
    ----------
    embedding_model, reranker_model : str | Path | model | None
        As ``Embedder`` and ``Reranker`` take them, made ones included; None is the preset's.
    preset : {"fast", "balanced", "precision"}
        Qwen3 models of 0.6, 4 or 8 billion weights.
    provider : str
        Where models run that are given by a name alone: a provider (``"deepinfra"``, or a section of
        ``pertinent.toml``), or the address of a ``pertinent serve``, such as ``"http://127.0.0.1:8000"``;
        texts go there. Empty runs them here.
    dimensions : int | None
        Width of the vectors; None takes them whole.
    cache_bytes : int
        Memory for vectors of documents; 0 keeps none.

    Raises
    ------
    UsageError
        If there is no such preset or provider.

    Examples
    --------
    >>> two = TwoStageRetrieval("pertinent-mini-embedder", "pertinent-mini-reranker")
    >>> corpus = ["It rained.", {"id": "m", "text": "Metformin lowers glucose."}, "A ferry leaves."]
    >>> [(hit.document.id, hit.index) for hit in two.search("What lowers glucose?", corpus, final_k=1)]
    [('m', 1)]
    """

    def __init__(
        self,
        embedding_model: EmbeddingModel | None = None,
        reranker_model: RerankerModel | None = None,
        *,
        preset: PresetName = "balanced",
        provider: str = "",
        dimensions: int | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        if preset not in PRESETS:
            raise UsageError(f"There is no preset {preset!r}.", hint=f"Give one of: {', '.join(PRESETS)}.")
        chosen = PRESETS[preset]
        embedding_model = chosen.embedding_model if embedding_model is None else embedding_model
        reranker_model = chosen.reranker_model if reranker_model is None else reranker_model
        pertinent = find_dialect("pertinent")
        self._embedding_model = model_at(embedding_model, provider, pertinent.embed_paths[0])
        path = pertinent.rerank_paths[0]
        self._reranker_model: RerankerModel = (
            [model_at(one, provider, path) for one in reranker_model]
            if isinstance(reranker_model, list)
            else model_at(reranker_model, provider, path)
        )
        self._dimensions = dimensions
        self._vectors = VectorCache(cache_bytes)
        self._embedder: Embedder | None = None
        self._reranker: Reranker | None = None
        self._opening = Lock()

    @property
    def embedder(self) -> Embedder:
        """Who makes the vectors; opened now if it was not."""
        with self._opening:
            if self._embedder is None:
                self._embedder = Embedder(self._embedding_model, dimensions=self._dimensions)
            return self._embedder

    @property
    def reranker(self) -> Reranker:
        """Who reranks; opened now if it was not."""
        with self._opening:
            if self._reranker is None:
                self._reranker = Reranker(self._reranker_model)
            return self._reranker

    def load(self) -> None:
        """Open and load both models now rather than in the first search."""
        self.embedder.load()
        self.reranker.load()

    def get_embeddings(
        self, texts: Sequence[str], *, queries: bool = False, instruction: str | None = None
    ) -> Vectors:
        """Embed texts: float32, shape (len(texts), dimensions), each row of length 1.

        Parameters
        ----------
        texts : Sequence[str]
            Any number.
        queries : bool
            Whether they are questions, which these models read with an instruction; documents they read
            as they are.
        instruction : str | None
            What the questions ask for; None takes what the model was published with.

        Raises
        ------
        ProviderError, ModelError, FetchError
            If the embedder does not answer, or is not found.
        """
        require_texts(texts, "texts")
        if queries:
            return _unit(self.embedder.embed_queries(texts, instruction))
        if not texts:
            return self.embedder.embed_documents([])
        return self._vectors.embed(texts, lambda new: _unit(self.embedder.embed_documents(new)))

    def similarity_search(
        self,
        query: str,
        documents: Sequence[RankInput],
        top_k: int = TOP_K,
        *,
        instruction: str | None = None,
    ) -> tuple[Similar, ...]:
        """Find the documents whose vectors are nearest to the query's, best first.

        Equal ones keep their order. Each tells the document, its place in ``documents`` and the cosine.
        """
        require_texts([query], "query")
        told = instruction and find_instruction(instruction)
        return self._similar(query, _documents(documents), _most(top_k), told)

    def rerank(
        self, query: str, documents: Sequence[RankInput], *, instruction: str | None = None
    ) -> Ranking:
        """Sort documents by the reranker's margin, best first (see ``Reranker.rank``)."""
        return self.reranker.rank(query, documents, instruction=instruction)

    def search(
        self,
        query: str,
        document_corpus: Sequence[RankInput],
        final_k: int = FINAL_K,
        *,
        top_k: int = TOP_K,
        instruction: str | None = None,
        rerank: Rerank | None = None,
        deadline: float | None = None,
    ) -> TwoStageResult:
        """Find what answers the query: the most similar documents, reranked.

        A reranker that fails or runs out of time never fails a search: what it did not score follows by
        similarity, and the result says so.

        Parameters
        ----------
        query : str
            The question; an empty one finds nothing.
        document_corpus : Sequence[str | Mapping | Document]
            As for ``Reranker.rank``.
        final_k : int
            Hits at most.
        top_k : int
            Documents that the reranker reads; at least ``final_k`` are taken.
        instruction : str | None
            What counts as an answer, in words or by name.
        rerank : {"auto", "off", "required"} | None
            As for ``Collection.search``; None takes the setting ``rerank_enabled``.
        deadline : float | None
            Seconds for the whole search; the reranker stops in time.

        Raises
        ------
        ProviderError, ModelError, FetchError
            If the embedder does not answer or is not found, or reranking is required and failed.
        """
        watch = Stopwatch()
        options = SearchOptions(
            top_k=final_k,
            rerank_limit=_most(top_k),
            rerank=rerank or ("auto" if load_settings().rerank_enabled else "off"),
            deadline=deadline,
        )
        documents = _documents(document_corpus)
        require_texts([query], "query")
        asked = Query(query, instruction and find_instruction(instruction))
        if not query.strip() or not documents:
            reason = "There are no documents." if query.strip() else "The query is empty."
            return TwoStageResult(asked, reason=reason, timings=watch.finish())
        with accounting() as account:
            with watch.stage("first_stage"):
                similar = self._similar(query, documents, max(top_k, final_k), asked.instruction)
            with watch.stage("rerank"):
                head = [content_of(one.document) for one in similar[: options.reranked_at_most]]
                reranker = self._reranker_for_search() if head else None
                scores: Scores = ()
                reranked: Reranked = False
                reason = NOT_ASKED
                if reranker is not None:
                    required = options.rerank == "required"
                    scores, reranked, reason = score_head(
                        asked, head, reranker, deadline, lambda: watch.seconds, required=required
                    )
        pairs = list(zip_longest(similar, scores))
        pairs[: len(scores)] = sorted(pairs[: len(scores)], key=lambda pair: -pair[1].margin)
        hits = tuple(
            TwoStageHit(rank, one.index, one.document, one.similarity, score)
            for rank, (one, score) in enumerate(pairs[:final_k], start=1)
        )
        return TwoStageResult(
            asked,
            hits,
            reranked,
            reason,
            watch.finish(),
            self.embedder.model,
            answered(reranker, scores) if reranker is not None else None,
            tuple(account.receipts),
            tuple(account.failovers),
        )

    def _reranker_for_search(self) -> Scorer:
        given = self._reranker_model if isinstance(self._reranker_model, list) else [self._reranker_model]
        names = [one.model.name if isinstance(one, Scorer) else str(one) for one in given]
        return made_or_missing(lambda: self.reranker, names)

    def _similar(
        self, query: str, documents: Sequence[Document], top_k: int, instruction: str | None
    ) -> tuple[Similar, ...]:
        if not documents:
            return ()
        vectors = self.get_embeddings([content_of(document) for document in documents])
        cosines = vectors @ self.get_embeddings([query], queries=True, instruction=instruction)[0]
        nearest = np.argsort(-cosines, kind="stable")[:top_k]
        return tuple(Similar(int(place), documents[place], float(cosines[place])) for place in nearest)


def _documents(given: Sequence[RankInput]) -> list[Document]:
    if isinstance(given, str | bytes | Mapping | Document) or not isinstance(given, Iterable):
        raise UsageError("The documents are no list.", hint="Give a list of documents.")
    return [to_document(document, place) for place, document in enumerate(given)]


def _most(top_k: int) -> int:
    return SearchOptions(top_k=top_k).top_k  # refused there where it makes no sense


def _unit(vectors: Vectors) -> Vectors:
    """Rows of length 1, whoever made them."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows: Vectors = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return rows
