"""What every reranker can do: local, remote or cascaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from pertinent.errors import ModelError
from pertinent.types import ModelInfo, Progress, Scores


@runtime_checkable
class Scorer(Protocol):
    """Scores documents against a query, each pair on its own.

    A score never depends on the other documents of the call, their number or their order.
    """

    @property
    def model(self) -> ModelInfo:
        """Which weights score."""
        ...

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        """Score each document.

        Parameters
        ----------
        query : str
            The question.
        documents : Sequence[str]
            Texts as models read them (``Passage.content``).
        instruction : str | None
            What counts as an answer; families without instructions ignore it.
        progress : Callable[[int, int], None] | None
            Called with (documents done, documents in all).

        Returns
        -------
        tuple[Score, ...]
            One score per document, in their order.

        Raises
        ------
        UsageError
            If something given is not a string.
        ModelError, ProviderError
            If the model cannot be loaded, does not answer, or gives no finite margin.
        """
        ...


def checked(scores: Scores, documents: Sequence[object]) -> Scores:
    """Return what a scorer gave, or refuse it: a wrong number would break the order of all others.

    Parameters
    ----------
    scores : tuple[Score, ...]
        What came back.
    documents : Sequence
        What was asked about.

    Raises
    ------
    ModelError
        If there is not one score per document, or a margin is not a finite number.

    Examples
    --------
    >>> checked((), [])
    ()
    """
    if len(scores) == len(documents) and all(math.isfinite(score.margin) for score in scores):
        return scores
    raise ModelError(
        f"{len(documents)} documents did not get one finite score each.",
        hint="Report this to whoever made the reranker, or leave it out for the carried one.",
    )
