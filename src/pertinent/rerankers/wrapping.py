"""What a reranker around another one tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pertinent.engine.identity import RunsOn, prompt_hash_of, runs_on_of, tokens_of
from pertinent.engine.loading import load_now
from pertinent.providers.leaving import services_of
from pertinent.rerankers.chain import constants_of
from pertinent.rerankers.protocol import Scorer
from pertinent.types import ModelInfo, Progress, Scores


class WrappedScorer:
    """The part of ``Reranker`` and ``CachedScorer`` that the scorer within answers.

    Parameters
    ----------
    scorer : Scorer
        What scores.
    """

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    @property
    def model(self) -> ModelInfo:
        """Which weights score."""
        return self._scorer.model

    @property
    def services(self) -> tuple[str, ...]:
        """Who is sent texts (see ``services_of``)."""
        return services_of(self._scorer)

    @property
    def constants(self) -> Mapping[str, float]:
        """The model's constants for the formula that search orders by; empty where it has none."""
        return constants_of(self._scorer)

    @property
    def settings(self) -> Mapping[str, float]:
        """Numbers that decide what is read, of a cascade; empty for others."""
        settings: Mapping[str, float] = getattr(self._scorer, "settings", {})
        return settings

    @property
    def runs_on(self) -> RunsOn:
        """What computes the scores, empty where the scorer does not tell; loads a local model."""
        return runs_on_of(self._scorer)

    def prompt_hash(self, instruction: str | None = None) -> str:
        """Hash of the token ids that a fixed query and document become; loads a local model.

        Template, instruction, control tokens and tokenizer all have their part in it: with another hash
        a model is asked otherwise, and its numbers cannot be compared. Of a cascade, both; empty where
        the scorer does not tell.

        Examples
        --------
        >>> from pertinent import Reranker
        >>> Reranker().prompt_hash()
        'b7a5d0719d97ba555df1ee706a9e83c7'
        """
        return prompt_hash_of(self._scorer, self._worded(instruction))

    def count_tokens(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        scores: Scores | None = None,
    ) -> int | None:
        """Count the tokens that the model reads of these pairs, prompts and all windows included.

        Every pair counts with its whole prompt, as providers bill it, even where a model here computes
        the shared part once. Scores that come from a cache count as if they were computed.

        Parameters
        ----------
        query, documents, instruction
            As for ``score``.
        scores : tuple[Score, ...] | None
            What came back, which tells of a cascade how much its large model read; None counts as if
            that had read everything.

        Returns
        -------
        int | None
            None where the scorer does not tell.

        Examples
        --------
        >>> from pertinent import Reranker
        >>> Reranker().count_tokens("what lowers glucose?", ["It rained."])
        10
        """
        return tokens_of(self._scorer, query, documents, self._worded(instruction), scores)

    def load(self, *, progress: Progress | None = None) -> None:
        """Load a local model now rather than at the first score; a no-op for others.

        Parameters
        ----------
        progress : Callable[[int, int], None] | None
            Called with (layers done, layers in all) where the model has to be converted first.
        """
        load_now(self._scorer, progress=progress)

    def _worded(self, instruction: str | None) -> str | None:
        """The instruction in words, where the wrapper takes names."""
        return instruction
