"""The second stage: scores for the head of a list, as many as time and the reranker allow."""

from __future__ import annotations

from collections.abc import Sequence

from pertinent.errors import ModelError, PertinentError
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.rerankers.timed import Clock, Deadline, Timed, score_timed
from pertinent.search.result import Reranked
from pertinent.types import Progress, Query, Scores

NOT_ASKED = "No reranker was asked for."


def score_head(
    query: Query,
    texts: Sequence[str],
    reranker: Scorer,
    end: float | None,
    clock: Clock,
    *,
    required: bool = False,
    progress: Progress | None = None,
) -> tuple[Scores, Reranked, str]:
    """Score the first candidates; a reranker that fails or is out of time fails nothing.

    Parameters
    ----------
    query : Query
        Question and instruction.
    texts : Sequence[str]
        Candidates, best first; none where no reranker is to be asked.
    reranker : Scorer
        Who scores.
    end : float | None
        When to stop, by the clock, in seconds; None takes all the time that it needs.
    clock : Callable[[], float]
        Seconds.
    required : bool
        Whether all have to be scored.
    progress : Callable[[int, int], None] | None
        Called with (texts scored, texts in all).

    Returns
    -------
    tuple[Scores, Reranked, str]
        Scores of the first texts; whether that is all, ``"partial"`` or none; and why not all.

    Raises
    ------
    ModelError
        If reranking is required, and not all were scored.
    """
    if not texts:
        return (), False, NOT_ASKED
    try:
        if end is None:
            scores = reranker.score(query.text, texts, query.instruction, progress=progress)
            timed = Timed(checked(scores, texts))
        else:
            deadline = Deadline(end, clock)
            timed = score_timed(reranker, query.text, texts, query.instruction, deadline, progress=progress)
    except Exception as error:  # whatever a reranker does, a search goes on
        timed = Timed((), error)
    if len(timed.scores) == len(texts):
        return timed.scores, True, ""
    reason = _reason(timed.error)
    if required:
        raise ModelError(
            f"The search was to be reranked, and was not. {reason}",
            hint='Correct that, or search with --rerank auto (rerank="auto").',
        )
    return timed.scores, "partial" if timed.scores else False, reason


def _reason(error: Exception | None) -> str:
    if error is None:
        return "The deadline was reached."
    if isinstance(error, PertinentError):
        return f"The reranker failed: {error.message}"
    return f"The reranker failed ({type(error).__name__})."  # its text may hold the query
