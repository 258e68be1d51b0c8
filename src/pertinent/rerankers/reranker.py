"""The reranker that people use: ``Reranker()`` is the carried model, ``rank`` sorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path

from pertinent.engine.causal_model import EngineName, EngineOptions
from pertinent.engine.identity import prompt_hash_of
from pertinent.errors import UsageError
from pertinent.families.carried import CARRIED_RERANKER
from pertinent.families.instructions import find_instruction, instruction_read
from pertinent.providers.account import accounting
from pertinent.rerankers.cached import with_cache
from pertinent.rerankers.calibration import Calibration, find_calibration
from pertinent.rerankers.cascade import Cascade
from pertinent.rerankers.chain import answered, constants_of
from pertinent.rerankers.documents import RankInput, content_of, to_document
from pertinent.rerankers.more import MoreQuestions
from pertinent.rerankers.opening import ModelOptions, open_chain, open_scorer
from pertinent.rerankers.ordering import Prune, put_in_order, score_for_top
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.timed import Deadline, Timed, score_timed
from pertinent.rerankers.wrapping import WrappedScorer
from pertinent.types import Document, ModelInfo, Progress, Query, Ranking, Scores


class Reranker(WrappedScorer, MoreQuestions):
    """Puts the document that truly answers the question first; implements ``Scorer``.

    Parameters
    ----------
    model : str | Path | Scorer | Sequence | None
        A carried model's name, a folder, a Hugging Face name (``"Qwen/Qwen3-Reranker-0.6B"``, perhaps
        with ``@revision``), each perhaps behind ``local:``; a model at a service
        (``"deepinfra:Qwen/Qwen3-Reranker-8B"``) or the address of an endpoint
        (``"http://host/v1/rerank"``), whose texts then leave this machine; or anything that scores. A
        list of these is asked in its order until one answers. None is the carried model.
    engine, device, dtype, batch_tokens, threads, compiled
        What a Hugging Face model runs on (see ``EngineOptions``).
    family, prompt, max_tokens, check
        How it is asked (see ``CausalReranker``).
    offline : bool | None
        Never ask the hub; None takes the setting's.
    cache : bool | str | Path | None
        Whether scores are kept on disk and found again: in a file of the settings' cache folder, or in
        the one named. Hashes and numbers are kept, no text.
    calibration : str | Path | Calibration | None
        What probabilities mean: a domain that ``pertinent calibrate`` fitted for this model, or a file
        of it (docs/calibration.md). The order is the same with and without. Of a cascade it is the
        large model's; None takes that of the reranker given, else probabilities are plain.
    hedge : bool
        Whether the second service of a list is asked as well where the first is unusually late.
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
        model: str | Path | Scorer | Sequence[str | Path | Scorer] | None = None,
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
        calibration: str | Path | Calibration | None = None,
        hedge: bool = False,
        progress: Progress | None = None,
    ) -> None:
        runs_on = EngineOptions(engine, device, dtype, batch_tokens, threads, compiled)
        options = ModelOptions(runs_on, family, max_tokens, prompt, check, offline)
        if hedge and not isinstance(model, list | tuple):
            raise UsageError("One reranker cannot be hedged.", hint="Give a list of services.")
        if isinstance(model, list | tuple):
            model = open_chain(model, options, hedge=hedge, progress=progress)
        elif model is None or isinstance(model, str | Path):
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
        if calibration is None:
            calibration = getattr(model.large if isinstance(model, Cascade) else model, "calibration", None)
        if isinstance(model, Reranker):
            model = model._scorer  # so that what it wraps still prunes, cascades and is cached
        if cache is not None and cache is not False:
            model = with_cache(model, cache)
        super().__init__(model)
        self.calibration: Calibration | None = None
        if calibration is not None:
            self.calibration = find_calibration(calibration, _judge_of(model).model)

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
        calibration: str | Path | Calibration | None = None,
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
        calibration : str | Path | Calibration | None
            Of the large model, for all margins, estimates too; None takes what that has of its own.

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
        both = Cascade(*two, top_k=top_k, depth=depth, slack=slack, patience=patience)
        return cls(both, calibration=calibration)

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
        instruction = self._worded(instruction)
        calibration = self._fitting(instruction)
        scores = self._scorer.score(query, documents, instruction, progress=progress)
        return scores if calibration is None else calibration.applied(scores)

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
            Keep those whose probability, with a calibration the calibrated one, is at least this.
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
            If a document has no text or is of another type, ``top_k`` or ``threshold`` makes no
            sense, or the calibration was fitted with another instruction.
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
        texts = [content_of(document) for document in known]
        instruction = self._worded(instruction)
        calibration = self._fitting(instruction)
        with accounting() as account:
            scores = score_for_top(
                self._scorer, query, texts, instruction, top_k=top_k, prune=prune, progress=progress
            )
        if calibration is not None:
            scores = calibration.applied(scores)
        asked = Query(query, instruction_read(self.model, instruction))
        return put_in_order(
            self._scorer, asked, known, scores, top_k=top_k, threshold=threshold, account=account
        )

    def answered(self, scores: Scores) -> ModelInfo:
        """Which model gave these scores: of a list of rerankers the one that answered."""
        return answered(self._scorer, scores)

    def constants_of(self, scores: Scores) -> Mapping[str, float]:
        """The constants of the model that gave these scores (see :attr:`constants`)."""
        return constants_of(self._scorer, scores)

    def score_timed(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None,
        deadline: Deadline,
        *,
        progress: Progress | None = None,
    ) -> Timed:
        """Score the first documents, as many as there is time for (see ``score_timed`` in ``timed``)."""
        instruction = self._worded(instruction)
        calibration = self._fitting(instruction)
        timed = score_timed(self._scorer, query, documents, instruction, deadline, progress=progress)
        return timed if calibration is None else timed._replace(scores=calibration.applied(timed.scores))

    def _worded(self, instruction: str | None) -> str | None:
        return None if instruction is None else find_instruction(instruction)

    def _fitting(self, instruction: str | None) -> Calibration | None:
        """The calibration, where there is one; refused where it was fitted for another prompt."""
        if self.calibration is not None:
            judge = _judge_of(self._scorer)
            prompt = prompt_hash_of(judge, instruction)
            self.calibration.require_prompt(prompt, instruction_read(judge.model, instruction))
        return self.calibration


def _judge_of(scorer: Scorer) -> Scorer:
    """Whose margins a scorer's are; a cascade's estimates lie on the large model's scale."""
    if isinstance(scorer, Cascade):
        return _judge_of(scorer.large)
    return _judge_of(scorer._scorer) if isinstance(scorer, Reranker) else scorer


def _is_count(given: object) -> bool:
    return isinstance(given, Integral) and int(given) >= 1


def _is_probability(given: object) -> bool:
    return isinstance(given, Real) and 0 <= float(given) <= 1
