"""The reranker that people use: ``Reranker()`` is the carried model, ``rank`` sorts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pertinent.engine.causal_model import EngineName, EngineOptions
from pertinent.errors import UsageError
from pertinent.families.catalogue import CARRIED_RERANKER
from pertinent.families.instructions import find_instruction
from pertinent.rerankers.causal import CausalReranker
from pertinent.rerankers.documents import to_document
from pertinent.rerankers.opening import ModelOptions, open_scorer
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.types import (
    Document,
    ModelInfo,
    Progress,
    Query,
    RankedDocument,
    Ranking,
    Score,
    Scores,
)

RankInput: TypeAlias = str | Mapping[str, Any] | Document
"""What ``rank`` takes: a text; a mapping with ``text`` and perhaps ``title``, ``id``, more; a Document."""

Prune: TypeAlias = Literal["top_k"] | None
"""Whether documents may be dropped before the model's last layer."""


class Reranker:
    """Puts the document that truly answers the question first; implements ``Scorer``.

    Parameters
    ----------
    model : str | Path | Scorer | None
        A carried model's name, a folder, a Hugging Face name (``"Qwen/Qwen3-Reranker-0.6B"``, perhaps
        with ``@revision``), or anything that scores; None is the carried model.
    engine, device, dtype, batch_tokens, threads, compiled
        What a Hugging Face model runs on (see ``EngineOptions``).
    family, prompt, max_tokens, check
        How it is asked (see ``CausalReranker``).
    offline : bool | None
        Never ask the hub; None takes the setting's.
    progress : Callable[[int, int], None] | None
        Called with (bytes here, bytes in all) during a download.

    Raises
    ------
    ModelError
        If there is no such model.
    FetchError
        If it cannot be downloaded.
    UsageError
        If an option is not one, or the model has no choice of it.

    Examples
    --------
    >>> ranking = Reranker().rank("what lowers glucose?", ["It rained.", "Metformin lowers glucose."])
    >>> [item.index for item in ranking]
    [1, 0]
    """

    def __init__(
        self,
        model: str | Path | Scorer | None = None,
        *,
        engine: EngineName = "auto",
        device: str = "auto",
        dtype: str = "auto",
        batch_tokens: int | None = None,
        threads: int = 0,
        compiled: bool = False,
        family: str | None = None,
        prompt: str = "card",
        max_tokens: int | None = None,
        check: bool = True,
        offline: bool | None = None,
        progress: Progress | None = None,
    ) -> None:
        if model is None or isinstance(model, str | Path):
            runs_on = EngineOptions(engine, device, dtype, batch_tokens, threads, compiled)
            options = ModelOptions(runs_on, family, max_tokens, prompt, check, offline)
            model = open_scorer(model or CARRIED_RERANKER, options, progress=progress)
        self._scorer: Scorer = model

    @property
    def model(self) -> ModelInfo:
        """Which weights score."""
        return self._scorer.model

    @property
    def constants(self) -> Mapping[str, float]:
        """The model's constants for the formula that search orders by; empty where it has none."""
        constants: Mapping[str, float] = getattr(self._scorer, "constants", {})
        return constants

    def load(self, *, progress: Progress | None = None) -> None:
        """Load a local model now rather than at the first score; a no-op for others.

        Parameters
        ----------
        progress : Callable[[int, int], None] | None
            Called with (layers done, layers in all) where the model has to be converted first.
        """
        load = getattr(self._scorer, "load", None)
        if load is not None:
            load(progress=progress)

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        """Score each document: one score each, in their order (see ``Scorer.score``).

        The instruction may be the name of a ready one (``families/instructions.py``).
        """
        return self._scorer.score(query, documents, _instruction(instruction), progress=progress)

    def scores(
        self,
        pairs: Sequence[tuple[str, str]],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        """Score pairs of query and document: one score each, in their order.

        Pairs of the same query share its part of the prompt.

        Examples
        --------
        >>> good, poor = Reranker().scores([("glucose?", "It lowers glucose."), ("glucose?", "It rained.")])
        >>> good.margin > poor.margin
        True
        """
        places: dict[str, list[int]] = {}
        for place, (query, _) in enumerate(pairs):
            places.setdefault(query, []).append(place)
        found: dict[int, Score] = {}
        for query, own in places.items():
            done = len(found)
            report = (lambda n, _, done=done: progress(done + n, len(pairs))) if progress else None
            scores = self.score(query, [pairs[place][1] for place in own], instruction, progress=report)
            found.update(zip(own, scores, strict=True))
        return tuple(found[place] for place in range(len(pairs)))

    def rank_many(
        self,
        queries: Sequence[str],
        documents_per_query: Sequence[Sequence[RankInput]],
        *,
        instruction: str | None = None,
        top_k: int | None = None,
        threshold: float | None = None,
        prune: Prune = None,
        progress: Progress | None = None,
    ) -> list[Ranking]:
        """Rank documents of several queries; what the prompts share is computed once.

        Parameters
        ----------
        queries : Sequence[str]
            The questions.
        documents_per_query : Sequence[Sequence]
            The documents of each, as for ``rank``.
        instruction, top_k, threshold, prune
            As for ``rank``.
        progress : Callable[[int, int], None] | None
            Called with (documents done, documents in all).

        Raises
        ------
        UsageError
            If there is not one list of documents for each query, or as for ``rank``.
        """
        if isinstance(queries, str) or len(queries) != len(documents_per_query):
            raise UsageError("Each query needs one list of documents.", hint="Give two lists of one length.")
        total = sum(map(len, documents_per_query))
        rankings = []
        done = 0
        for query, documents in zip(queries, documents_per_query, strict=True):
            report = (lambda n, _, done=done: progress(done + n, total)) if progress else None
            rankings.append(
                self.rank(
                    query,
                    documents,
                    instruction=instruction,
                    top_k=top_k,
                    threshold=threshold,
                    prune=prune,
                    progress=report,
                )
            )
            done += len(documents)
        return rankings

    async def ascore(self, query: str, documents: Sequence[str], instruction: str | None = None) -> Scores:
        """Score without holding up the event loop (see ``score``)."""
        return await asyncio.to_thread(self.score, query, documents, instruction)

    async def arank(self, query: str, documents: Sequence[RankInput], **options: Any) -> Ranking:
        """Rank without holding up the event loop; options as for ``rank``."""
        return await asyncio.to_thread(self.rank, query, documents, **options)

    async def arank_many(
        self, queries: Sequence[str], documents_per_query: Sequence[Sequence[RankInput]], **options: Any
    ) -> list[Ranking]:
        """Rank for several queries without holding up the event loop; options as for ``rank_many``."""
        return await asyncio.to_thread(self.rank_many, queries, documents_per_query, **options)

    def rank(
        self,
        query: str,
        documents: Sequence[RankInput],
        *,
        instruction: str | None = None,
        top_k: int | None = None,
        threshold: float | None = None,
        prune: Prune = None,
        progress: Progress | None = None,
    ) -> Ranking:
        """Sort documents by margin, best first; equal margins keep the order given.

        Parameters
        ----------
        query : str
            The question.
        documents : Sequence[str | Mapping | Document]
            Texts; mappings with ``text`` and optionally ``title``, ``id`` and other keys, which
            become metadata; or Documents. The title is scored with the text.
        instruction : str | None
            What counts as an answer, in words or by the name of a ready instruction; families
            without instructions ignore it.
        top_k : int | None
            Keep at most this many.
        threshold : float | None
            Keep those whose probability is at least this.
        prune : "top_k" | None
            Drop documents between the model's layers once they are not on their way to the first
            ``top_k``: faster, and the order may change a little (docs/speed.md tells how much).
        progress : Callable[[int, int], None] | None
            Called with (documents done, documents in all).

        Returns
        -------
        Ranking
            Best first; ``index`` of each item is its place in ``documents``.

        Raises
        ------
        UsageError
            If a document has no text or is of another type, or ``top_k`` or ``threshold`` makes
            no sense.
        ModelError
            If the model cannot be loaded, or does not give one finite margin per document.
        """
        if top_k is not None and top_k < 1:
            raise UsageError(f"top_k is {top_k}.", hint="Give 1 or more, or leave it out for all documents.")
        if threshold is not None and not 0 <= threshold <= 1:
            raise UsageError(f"threshold is {threshold}.", hint="Give a probability from 0 to 1.")
        if isinstance(documents, str | bytes | Mapping | Document):
            raise UsageError("The documents are a single one.", hint="Give a list of documents.")
        known = [to_document(document, place) for place, document in enumerate(documents)]
        texts = [
            f"{document.title}\n{document.text}" if document.title else document.text for document in known
        ]
        instruction = _instruction(instruction)
        if prune is not None:
            scores = self._score_pruned(query, texts, instruction, prune, top_k, progress)
        else:
            scores = self._scorer.score(query, texts, instruction, progress=progress)
        scores = checked(scores, texts)
        order = sorted(range(len(known)), key=lambda index: -scores[index].margin)
        kept = [index for index in order if threshold is None or scores[index].probability >= threshold][
            :top_k
        ]
        items = (
            RankedDocument(rank, index, known[index], scores[index]) for rank, index in enumerate(kept, 1)
        )
        used = instruction if instruction is not None else self.model.default_instruction or None
        return Ranking(Query(query, used), self.model, tuple(items))

    def _score_pruned(
        self,
        query: str,
        texts: Sequence[str],
        instruction: str | None,
        prune: str,
        top_k: int | None,
        progress: Progress | None,
    ) -> Scores:
        if prune != "top_k" or top_k is None:
            raise UsageError(f"prune is {prune!r} and top_k {top_k}.", hint='Give prune="top_k" and a top_k.')
        if not isinstance(self._scorer, CausalReranker):
            raise UsageError(f"{self.model.name} cannot prune.", hint="Leave prune out, or name a decoder.")
        return self._scorer.score(query, texts, instruction, progress=progress, keep_top=top_k)


def _instruction(given: str | None) -> str | None:
    return None if given is None else find_instruction(given)
