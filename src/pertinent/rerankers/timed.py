"""Score as many documents as time allows, by one model.

No model looks at a clock, and one long text may take longer than there is time. So the scoring is done in a
thread that can be left behind, and whoever asked goes on with what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from threading import BoundedSemaphore, Event
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

from pertinent.engine import aside
from pertinent.errors import Abandoned
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.types import Progress, Score, Scores

LARGEST_PART = 16
"""Pairs scored between two looks at the clock, at most."""

AT_ONCE = 8
"""Calls that are scored at a time, those included that were left behind; more wait, and their time runs."""

_turns = BoundedSemaphore(AT_ONCE)

STEP = 0.1
"""Seconds between two looks at the clock; a look may end the wait."""

Clock = Callable[[], float]
"""Seconds since some moment."""

Result = TypeVar("Result")


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
    far promises to finish. One that is in the middle of a part when time is up is left behind: it ends when
    it next tells its progress, or with the part.

    Parameters
    ----------
    scorer : Scorer
        What scores.
    query, documents, instruction
        As for ``Scorer.score``.
    deadline : Deadline
        When to stop. Its clock is looked at in another thread too; what it raises ends the scoring.
    progress : Callable[[int, int], None] | None
        Called with (documents done, documents in all), in another thread.

    Returns
    -------
    Timed
        An error of the scorer is in it, not raised.
    """
    if isinstance(scorer, TimedScorer):
        return scorer.score_timed(query, documents, instruction, deadline, progress=progress)
    scores: list[Score] = []
    left = Event()

    def looked() -> float:
        if left.is_set():
            raise Abandoned
        return deadline.clock()

    def work() -> None:
        for part in _parts(documents, Deadline(deadline.end, looked)):
            before = len(scores)

            def tell(done: int, _: int, before: int = before) -> None:
                looked()
                if progress is not None:
                    progress(before + done, len(documents))

            scores.extend(checked(scorer.score(query, part, instruction, progress=tell), part))

    try:
        # What is accounted, and what may not leave, is so in the thread too.
        working = _in_turn(partial(copy_context().run, work), deadline)
        if working is not None:
            ready(working, deadline)
    except Exception as error:  # whatever a reranker does, what was scored before is kept
        return Timed(tuple(scores), error)
    finally:
        left.set()
    return Timed(tuple(scores))


def ready(future: Future[Result], deadline: Deadline) -> Result | None:
    """What a future brings; None where it is not there in time.

    Parameters
    ----------
    future : Future
        Its error is raised.
    deadline : Deadline
        When to stop waiting; what its clock raises ends the wait.
    """
    while not future.done() and (left := deadline.left) > 0:
        wait([future], min(left, STEP))
    return future.result() if future.done() else None


def _in_turn(work: Callable[[], None], deadline: Deadline) -> Future[None] | None:
    """Begin some work as soon as there is a turn for it; None where there is none in time."""
    while (left := deadline.left) > 0:
        # Whoever asked waits here, not in a queue: nothing is kept of those that waited in vain.
        if _turns.acquire(timeout=min(left, STEP)):
            return _begun(work)
    return None


def _begun(work: Callable[[], None]) -> Future[None]:
    """Begin some work that gives its turn back when it has ended."""

    def working() -> None:
        try:
            work()
        finally:
            _turns.release()

    try:
        return aside.begun(working)
    except RuntimeError:  # the system has no more threads
        _turns.release()
        raise


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
