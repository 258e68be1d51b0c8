"""The reranker that people use: ``Reranker()`` is the carried model, ``rank`` sorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from pertinent.errors import UsageError
from pertinent.families.catalogue import CARRIED_RERANKER
from pertinent.rerankers.documents import to_document
from pertinent.rerankers.local import LocalReranker
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.types import (
    Document,
    ModelInfo,
    Progress,
    Query,
    RankedDocument,
    Ranking,
    Scores,
)

RankInput: TypeAlias = str | Mapping[str, Any] | Document
"""What ``rank`` takes: a text; a mapping with ``text`` and perhaps ``title``, ``id``, more; a Document."""


class Reranker:
    """Puts the document that truly answers the question first; implements ``Scorer``.

    Parameters
    ----------
    model : str | Path | Scorer | None
        Name or folder of a local model, or anything that scores; None is the carried model.

    Raises
    ------
    ModelError
        If there is no such model.

    Examples
    --------
    >>> ranking = Reranker().rank("what lowers glucose?", ["It rained.", "Metformin lowers glucose."])
    >>> [item.index for item in ranking]
    [1, 0]
    """

    def __init__(self, model: str | Path | Scorer | None = None) -> None:
        if model is None or isinstance(model, str | Path):
            model = LocalReranker(CARRIED_RERANKER if model is None else model)
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

    def load(self) -> None:
        """Load a local model now rather than at the first score; a no-op for others."""
        if isinstance(self._scorer, LocalReranker | Reranker):
            self._scorer.load()

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        """Score each document: one score each, in their order (see ``Scorer.score``)."""
        return self._scorer.score(query, documents, instruction, progress=progress)

    def rank(
        self,
        query: str,
        documents: Sequence[RankInput],
        *,
        instruction: str | None = None,
        top_k: int | None = None,
        threshold: float | None = None,
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
            What counts as an answer; families without instructions ignore it.
        top_k : int | None
            Keep at most this many.
        threshold : float | None
            Keep those whose probability is at least this.
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
        scores = checked(self.score(query, texts, instruction, progress=progress), texts)
        order = sorted(range(len(known)), key=lambda index: -scores[index].margin)
        kept = [index for index in order if threshold is None or scores[index].probability >= threshold][
            :top_k
        ]
        items = (
            RankedDocument(rank, index, known[index], scores[index]) for rank, index in enumerate(kept, 1)
        )
        return Ranking(Query(query, instruction), self.model, tuple(items))
