"""Score as many documents as time allows, by one model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol, runtime_checkable

from pertinent.rerankers.protocol import Scorer, checked
from pertinent.types import Progress, Score, Scores

LARGEST_PART = 16
"""Pairs scored between two looks at the clock, at most."""

Clock = Callable[[], float]
"""Seconds since some moment."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When to stop.

    Parameters
    ----------
    end : float
        The moment, by the clock.
    clock : Callable[[], float]
        Seconds.

    Examples
    --------
    >>> deadline = Deadline(5.0, lambda: 3.0)
    >>> deadline.left, deadline.part(0.5).left
    (2.0, 1.0)
    """

    end: float
    clock: Clock

    @property
    def left(self) -> float:
        """Seconds until then; below 0 afterwards."""
        return self.end - self.clock()

    def part(self, share: float) -> Deadline:
        """An earlier one: so much of what is left."""
        now = self.clock()
        return Deadline(now + share * (self.end - now), self.clock)


class Timed(NamedTuple):
    """What was scored, and what stopped it.

    Parameters
    ----------
    scores : tuple[Score, ...]
        Of the first documents, as many as there was time for; all by one model.
    error : Exception | None
        Why there are no more; None where all is scored or time was up.
    """

    scores: Scores
    error: Exception | None = None


@runtime_checkable
class TimedScorer(Protocol):
    """A scorer that keeps a deadline by itself."""

    def score_timed(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None,
        deadline: Deadline,
        *,
        progress: Progress | None = None,
    ) -> Timed:
        """Score the first documents, as many as there is time for."""
        ...


def score_timed(
    scorer: Scorer,
    query: str,
    documents: Sequence[str],
    instruction: str | None,
    deadline: Deadline,
    *,
    progress: Progress | None = None,
) -> Timed:
    """Score documents until a moment.

    A scorer that does not keep deadlines itself is given parts, as many documents at a time as the pace so
    far promises to finish.

    Parameters
    ----------
    scorer : Scorer
        What scores.
    query, documents, instruction
        As for ``Scorer.score``.
    deadline : Deadline
        When to stop.
    progress : Callable[[int, int], None] | None
        Called with (documents done, documents in all).

    Returns
    -------
    Timed
        An error of the scorer is in it, not raised.
    """
    if isinstance(scorer, TimedScorer):
        return scorer.score_timed(query, documents, instruction, deadline, progress=progress)
    scores: list[Score] = []
    for part in _parts(documents, deadline):
        tell = None if progress is None else partial(_tell, progress, len(scores), len(documents))
        try:
            scores.extend(checked(scorer.score(query, part, instruction, progress=tell), part))
        except Exception as error:  # whatever a reranker does, what was scored before is kept
            return Timed(tuple(scores), error)
    return Timed(tuple(scores))


def _tell(progress: Progress, before: int, total: int, done: int, _: int) -> None:
    """Report what is done of a part as done of all."""
    progress(before + done, total)


def _parts(texts: Sequence[str], deadline: Deadline) -> Iterator[Sequence[str]]:
    """Texts, as many at a time as the pace so far promises to finish."""
    end, clock = deadline.end, deadline.clock
    done, begun = 0, clock()
    size = 1
    while done < len(texts) and clock() < end:
        yield texts[done : done + size]
        done += size
        pace = (clock() - begun) / done
        # Half of what fits: a later text may be longer than those before.
        size = max(1, min(LARGEST_PART, int((end - clock()) / pace / 2))) if pace > 0 else LARGEST_PART
        if clock() + pace > end:
            return
