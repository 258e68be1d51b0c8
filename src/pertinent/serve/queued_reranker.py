"""A reranker for code that waits: its pairs queue with everybody's, in the turn of the client that asked."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import Any

from pertinent.errors import ModelError
from pertinent.families.instructions import find_instruction
from pertinent.providers.leaving import services_of
from pertinent.rerankers.chain import constants_of
from pertinent.serve.engines import ServedModel, results_of
from pertinent.serve.fair_queue import Job, QueueFull
from pertinent.serve.runners import Wanted
from pertinent.types import ModelInfo, Progress, Scores


class Turn:
    """Whose pairs these are, and whether anybody still waits for them.

    Parameters
    ----------
    client : str
        Whose turn they take.
    seconds : float
        How long somebody will wait.
    """

    def __init__(self, client: str, seconds: float) -> None:
        self.client = client
        self._until = time.monotonic() + seconds
        self._lock = Lock()
        self._gone = False
        self._running: tuple[ServedModel, Job[Any, Sequence[Any]]] | None = None

    def begin(self, served: ServedModel, job: Job[Any, Sequence[Any]]) -> None:
        """Remember what is queued, to take it back."""
        with self._lock:
            self._running = served, job
            gone = self._gone
        if gone:
            served.batcher.cancel(job)

    @property
    def left(self) -> float:
        """Seconds that somebody will still wait."""
        return max(0.0, self._until - time.monotonic())

    def leave(self) -> None:
        """Nobody waits any more: what is queued is taken back, and what comes is not run."""
        with self._lock:
            self._gone = True
            running = self._running
        if running is not None:
            running[0].batcher.cancel(running[1])


TURN: ContextVar[Turn] = ContextVar("TURN")
"""Of the request that the current thread works for."""


@dataclass(frozen=True)
class QueuedReranker:
    """Scores through the queue of a served model; implements ``Scorer``.

    Parameters
    ----------
    served : ServedModel
        What scores.
    """

    served: ServedModel

    @property
    def model(self) -> ModelInfo:
        """Which weights score."""
        return self.served.info

    @property
    def services(self) -> tuple[str, ...]:
        """Who is sent texts (see ``services_of``)."""
        return services_of(self.served.model)

    @property
    def constants(self) -> Mapping[str, float]:
        """The model's constants for the formula that search orders by."""
        return constants_of(self.served.model)

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        """Score each document (see ``Scorer.score``); waits for the turns of others.

        Raises
        ------
        ModelError
            If its queue is full, or time is up before the last score.
        """
        told = None if instruction is None else find_instruction(instruction)
        read = self.served.read(Wanted(tuple(documents), (query,), told))
        turn = TURN.get()
        try:
            job = self.served.submit(turn.client, read)
        except QueueFull as full:
            raise ModelError(str(full), hint="Ask again later.") from None
        turn.begin(self.served, job)
        try:
            job.future.result(turn.left)
        except TimeoutError:
            turn.leave()
            raise ModelError(
                "Its queue was longer than the time.", hint="Ask again later, or give more time."
            ) from None
        if progress is not None:
            progress(len(documents), len(documents))
        return tuple(results_of(job, read))
