"""The reranker that people use: ``Reranker()`` is the carried model, ``rank`` sorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path

from pertinent.engine.causal_model import EngineName, EngineOptions
from pertinent.errors import UsageError
from pertinent.families.catalogue import CARRIED_RERANKER
from pertinent.families.instructions import find_instruction, instruction_read
from pertinent.rerankers.cached import with_cache
from pertinent.rerankers.cascade import Cascade
from pertinent.rerankers.documents import RankInput, to_document
from pertinent.rerankers.more import MoreQuestions
from pertinent.rerankers.opening import ModelOptions, open_scorer
from pertinent.rerankers.ordering import Prune, put_in_order, score_for_top
from pertinent.rerankers.protocol import Scorer
from pertinent.types import (
    Document,
    ModelInfo,
    Progress,
    Query,
    Ranking,
    Scores,
)


class Reranker(MoreQuestions):
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
    cache : bool | str | Path | None
        Whether scores are kept on disk and found again: in a file of the settings' cache folder, or in
        the one named. Hashes and numbers are kept, no text.
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
        cache: bool | str | Path | None = False,
        progress: Progress | None = None,
    ) -> None:
        runs_on = EngineOptions(engine, device, dtype, batch_tokens, threads, compiled)
        options = ModelOptions(runs_on, family, max_tokens, prompt, check, offline)
        if model is None or isinstance(model, str | Path):
            model = open_scorer(CARRIED_RERANKER if model is None else model, options, progress=progress)
        elif options != ModelOptions():
            raise UsageError(
                "Options were given for a reranker that is made already.",
                hint="Give them where it is made, or give the name of a model.",
            )
        elif not isinstance(model, Scorer):
            raise UsageError(
                f"The model is of type {type(model).__name__}.",
                hint="Give a name, a folder or anything with the methods of Scorer.",
            )
        elif isinstance(model, Reranker):
            model = model._scorer  # so that what it wraps still prunes, cascades and is cached
        if cache is not None and cache is not False:
            model = with_cache(model, cache)
        self._scorer: Scorer = model

    @classmethod
    def cascade(
        cls,
        small: str | Path | Scorer,
        large: str | Path | Scorer,
        *,
        top_k: int | None = None,
        depth: int | None = None,
        slack: float = 0.0,
        patience: int | None = None,
    ) -> Reranker:
        """Two models in a row: the large one reads only what the small one puts near the top.

        Parameters
        ----------
        small, large : str | Path | Scorer
            Models by name, or rerankers with options of their own.
        top_k : int | None
            How many first places matter where a call does not say, as in search.
        depth, slack, patience
            What the large model reads (see ``Cascade``).

        Returns
        -------
        Reranker
            Its rankings tell in ``large_share_saved`` how much the large model did not read.

        Examples
        --------
        >>> both = Reranker.cascade(Reranker(), Reranker(), top_k=1, depth=1)
        >>> both.rank("what lowers glucose?", ["It rained.", "Insulin lowers it."]).large_share_saved
        0.5
        """
        two = (cls(model) if isinstance(model, str | Path) else model for model in (small, large))
        return cls(Cascade(*two, top_k=top_k, depth=depth, slack=slack, patience=patience))

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
        if top_k is not None and not _is_count(top_k):
            raise UsageError(
                f"top_k is {top_k!r}.", hint="Give 1 or more, or leave it out for all documents."
            )
        if threshold is not None and not _is_probability(threshold):
            raise UsageError(f"threshold is {threshold!r}.", hint="Give a probability from 0 to 1.")
        if isinstance(documents, str | bytes | Mapping | Document) or not isinstance(documents, Iterable):
            raise UsageError("The documents are no list.", hint="Give a list of documents.")
        known = [to_document(document, place) for place, document in enumerate(documents)]
        texts = [
            f"{document.title}\n{document.text}" if document.title else document.text for document in known
        ]
        instruction = _instruction(instruction)
        scores = score_for_top(
            self._scorer, query, texts, instruction, top_k=top_k, prune=prune, progress=progress
        )
        asked = Query(query, instruction_read(self.model, instruction))
        return put_in_order(self._scorer, asked, known, scores, top_k=top_k, threshold=threshold)


def _instruction(given: str | None) -> str | None:
    return None if given is None else find_instruction(given)


def _is_count(given: object) -> bool:
    return isinstance(given, Integral) and int(given) >= 1


def _is_probability(given: object) -> bool:
    return isinstance(given, Real) and 0 <= float(given) <= 1
