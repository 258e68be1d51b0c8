"""The pipeline as configured: ``search.pipeline`` with models and numbers of :class:`PipelineSettings`.

Models that are still being loaded fail no search: without the reranker it comes in first-stage order, without
the embedder passages are found by their words alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from pertinent.embedders.protocol import TextEmbedder
from pertinent.errors import ModelError
from pertinent.kb.models import LOADING_SHARE, ConfiguredModels
from pertinent.kb.settings import PipelineSettings, load_pipeline_settings
from pertinent.providers.leaving import require_local, texts_stay
from pertinent.rerankers.missing import MissingReranker
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.timed import Deadline, ready
from pertinent.search.names import existing_path
from pertinent.search.newest import Newest
from pertinent.search.pipeline import Stopwatch, search
from pertinent.search.reranking import NOT_ASKED
from pertinent.search.result import Rerank, SearchOptions, SearchResult, as_query
from pertinent.store import collection as stored
from pertinent.store.filters import parse_filters
from pertinent.store.protocol import Store
from pertinent.types import Progress

BY_WORDS = "The embedder is still being loaded: passages were found by their words alone."
UNORDERED = "The reranker is still being loaded: hits are in first-stage order."


class ConfiguredSearch:
    """A collection that is searched by the configured pipeline; several threads may search at once.

    Parameters
    ----------
    name : str | Path
        A collection that exists, by name or path.
    settings : PipelineSettings
        The pipeline's numbers.
    models : ConfiguredModels
        What embeds and reranks; several knowledge bases may share it.

    Raises
    ------
    CollectionNotFound
        If there is none of that name.
    """

    def __init__(self, name: str | Path, settings: PipelineSettings, models: ConfiguredModels) -> None:
        self.name = str(name)
        self.path = existing_path(name)
        self.settings = settings
        self._models = models
        self._newest = Newest(self.path)

    @property
    def local_only(self) -> bool:
        """Whether no text of it may leave this machine, whatever is configured."""
        return stored.is_local_only(self.path)

    def load(self, *, required: bool = False) -> None:
        """Wait for both models, however long they take.

        Parameters
        ----------
        required : bool
            Whether a reranker that cannot be made is an error; else each search tells it.

        Raises
        ------
        PertinentError
            If the embedder cannot be loaded.
        """
        embedder, reranker = self._embedder(), self._reranker_to_be()
        embedder.result()
        wait([reranker])
        if required:
            reranker.result()

    def begin(self) -> None:
        """Begin to load both models, and wait for neither."""
        self._embedder()
        self._reranker_to_be()

    def search(
        self,
        query: str,
        *,
        instruction: str | None = None,
        top_k: int | None = None,
        rerank: Rerank | None = None,
        deadline: float | None = None,
        threshold: float | None = None,
        filters: str | Iterable[str] | Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        look: Callable[[], None] | None = None,
    ) -> SearchResult:
        """Answer a query; what is None is as configured.

        Parameters
        ----------
        query : str
            The question.
        instruction : str | None
            What counts as an answer, in words or by name.
        top_k : int | None
            Hits at most.
        rerank : {"auto", "off", "required"} | None
            Whether to rerank.
        deadline : float | None
            Seconds for all of it, waiting for models included.
        threshold : float | None
            Least probability of a hit.
        filters : Mapping | Iterable[str] | None
            As :func:`pertinent.store.filters.parse_filters` reads them.
        progress : Callable[[int, int], None] | None
            Called with (candidates reranked, candidates to be reranked).
        look : Callable[[], None] | None
            Called often; what it raises ends the search.

        Raises
        ------
        LocalOnlyError
            If the collection is local-only, and its embedder is a service.
        CollectionMismatch
            If the collection was made with another embedder than the configured one.
        """
        watch = Stopwatch(look)
        asked = as_query(query, instruction)
        options = self._options(top_k, rerank, deadline, threshold, filters)
        assert options.deadline is not None
        loaded = Deadline(LOADING_SHARE * options.deadline, lambda: watch.seconds)
        embedder = ready(self._embedder(), loaded)
        judge = ready(self._reranker_to_be(), loaded) if options.reranked_at_most else None
        told = [BY_WORDS] if embedder is None else []
        if judge is None and options.reranked_at_most:
            if options.rerank == "required":
                raise ModelError("The reranker is still being loaded.", hint="Ask again in a moment.")
            told.append(UNORDERED)
            options = replace(options, rerank="off")
        local_only = self.local_only
        reranker = judge or self._absent()
        if local_only:
            require_local(self.name, embedder, reranker)
        with texts_stay() if local_only else nullcontext():
            store = self.reader(embedder)
            result = search(asked, store, embedder, reranker, options, watch, progress)
        if told and result.hits:
            more = result.reason if result.reason != NOT_ASKED else ""
            result = replace(result, reason=" ".join(filter(None, (*told, more))))
        return result

    def reader(self, embedder: TextEmbedder | None = None) -> Store:
        """The newest published generation.

        Raises
        ------
        CollectionMismatch
            If it was made with another embedder than this.
        """
        return self._newest.opened(None if embedder is None else embedder.model)

    def describe(self) -> dict[str, Any]:
        """What the collection holds and is made of."""
        return stored.describe(self.path).to_dict()

    def close(self) -> None:
        """Let go of files; the next search opens them again."""
        self._newest.close()

    def __enter__(self) -> ConfiguredSearch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _options(
        self,
        top_k: int | None,
        rerank: Rerank | None,
        deadline: float | None,
        threshold: float | None,
        filters: str | Iterable[str] | Mapping[str, Any] | None,
    ) -> SearchOptions:
        settings = self.settings
        options = SearchOptions(
            top_k=settings.top_k if top_k is None else top_k,
            candidate_multiplier=settings.candidate_multiplier,
            rerank=rerank or ("auto" if settings.rerank_enabled else "off"),
            deadline=settings.deadline if deadline is None else deadline,
            max_per_document=settings.max_per_file,
            floor=settings.rerank_threshold if threshold is None else threshold,
            filters=parse_filters(filters),
            rrf_constant=settings.rrf_k,
        )
        # The whole merged list: at most both lists, where they have nothing in common.
        return replace(options, rerank_limit=min(2 * options.depth, SearchOptions.LARGEST))

    def _embedder(self) -> Future[TextEmbedder]:
        return self._models.embedder(self.path)

    def _reranker_to_be(self) -> Future[Scorer]:
        return self._models.reranker(local_only=self.local_only)

    def _absent(self) -> Scorer:
        """What stands where no reranker is asked."""
        names = self._models.reranker_names(local_only=self.local_only)
        return MissingReranker(names, ModelError("It is not there.", hint="Wait until it is loaded."))


def open_knowledge_base(
    name: str | Path, settings: PipelineSettings | None = None, models: ConfiguredModels | None = None
) -> ConfiguredSearch:
    """Open a collection as a knowledge base.

    Parameters
    ----------
    name : str | Path
        A collection, by name or path.
    settings : PipelineSettings | None
        None takes those of the environment.
    models : ConfiguredModels | None
        Shared with others; None makes its own.

    Raises
    ------
    CollectionNotFound
        If there is none of that name.
    SettingsError
        If a setting is not valid.

    Examples
    --------
    >>> import tempfile
    >>> from pertinent import Collection, Document
    >>> folder = tempfile.mkdtemp() + "/notes"
    >>> with Collection(folder) as notes:
    ...     report = notes.add([Document("1", "Metformin lowers glucose."), Document("2", "A cold is mild.")])
    >>> with open_knowledge_base(folder) as base:
    ...     base.load()
    ...     [hit.passage.document_id for hit in base.search("Which drug lowers glucose?", top_k=1)]
    ['1']
    """
    settings = settings or load_pipeline_settings()
    return ConfiguredSearch(name, settings, models or ConfiguredModels(settings))
