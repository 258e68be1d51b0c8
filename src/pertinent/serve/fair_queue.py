"""Many clients' requests in one queue, from which their items are taken in fair turns.

A request is a job of items (a pair, a text), each with its cost in tokens. Turns are by deficit round robin
(Shreedhar and Varghese 1995): every turn adds the same allowance, and a client goes on while its allowance
lasts. So a client with a thousand documents waits for itself, and one with ten does not wait for it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

TURN_TOKENS = 2048
"""Allowance of one turn: groups of some documents, so that documents of one query stay together."""


class QueueFull(Exception):  # noqa: N818
    """As many tokens wait as may."""


@dataclass(eq=False)
class Job(Generic[Item, Result]):
    """One request's items on their way.

    Attributes
    ----------
    future : Future[list[Result]]
        Done when all items are, or with the error that stopped them.
    results : list[Result | None]
        What is known so far, in the order of the items.
    waited : float | None
        Seconds from coming to the first item's batch; None before it.
    """

    client: str
    items: Sequence[Item]
    costs: Sequence[int]
    future: Future[list[Result]] = field(default_factory=Future)
    results: list[Result | None] = field(default_factory=list)
    waited: float | None = None
    came: float = field(default_factory=time.perf_counter)
    taken: int = 0
    open: int = 0

    def __post_init__(self) -> None:
        self.results = [None] * len(self.items)
        self.open = len(self.items)


Batch: TypeAlias = list[tuple[Job[Item, Result], int]]
"""Jobs, each with the place of one of its items."""


@dataclass(eq=False)
class _Turns(Generic[Item, Result]):
    """A client's jobs and what it may still take in its turn."""

    jobs: deque[Job[Item, Result]] = field(default_factory=deque)
    queued: int = 0
    allowance: int = 0
    at_turn: bool = False


class FairQueue(Generic[Item, Result]):
    """What waits, by client; used by one thread at a time.

    Parameters
    ----------
    batch_tokens : int
        Cost of one batch at most; a single item may exceed it.
    most, most_of_client : int | None
        Cost of what may wait, of all clients and of one; where nothing waits, a job is taken at any cost.

    Examples
    --------
    >>> queue = FairQueue(batch_tokens=10)
    >>> queue.add(Job("someone", ["a", "b"], [1, 1]))
    >>> [job.items[place] for job, place in queue.take()]
    ['a', 'b']
    """

    def __init__(
        self, *, batch_tokens: int, most: int | None = None, most_of_client: int | None = None
    ) -> None:
        self._batch_tokens = batch_tokens
        self._most = most
        self._most_of_client = most_of_client
        self._clients: dict[str, _Turns[Item, Result]] = {}
        self._order: deque[str] = deque()
        self.tokens = 0
        """Cost of what waits."""

    def add(self, job: Job[Item, Result]) -> None:
        """Queue a job that has items.

        Raises
        ------
        QueueFull
            If too much waits.
        """
        cost = sum(job.costs)
        if _beyond(self._most, self.tokens, cost):
            raise QueueFull("As many tokens wait for the model as may.")
        waiting = self._clients.get(job.client)
        if waiting is not None and _beyond(self._most_of_client, waiting.queued, cost):
            raise QueueFull("As many tokens of this client wait for the model as may.")
        if waiting is None:
            waiting = self._clients[job.client] = _Turns()
            self._order.append(job.client)
        waiting.jobs.append(job)
        waiting.queued += cost
        self.tokens += cost

    def take(self) -> Batch[Item, Result]:
        """The next batch; empty where nothing waits."""
        batch: Batch[Item, Result] = []
        left = self._batch_tokens
        while self._order:
            client = self._order[0]
            turns = self._clients[client]
            if not turns.at_turn:
                turns.allowance += TURN_TOKENS
                turns.at_turn = True
            while turns.jobs:
                job = turns.jobs[0]
                cost = job.costs[job.taken]
                if cost > turns.allowance:
                    break
                if batch and cost > left:
                    return batch
                self._pick(job, batch)
                turns.queued -= cost
                turns.allowance -= cost
                left -= cost
                if job.taken == len(job.items):
                    turns.jobs.popleft()
            self._order.popleft()
            turns.at_turn = False
            if turns.jobs:
                self._order.append(client)
            else:
                del self._clients[client]
        return batch

    def take_back(self, job: Job[Item, Result]) -> None:
        """Let a job's items wait no longer."""
        turns = self._clients.get(job.client)
        if turns is not None and job in turns.jobs:
            turns.jobs.remove(job)
            waiting = sum(job.costs[job.taken :])
            turns.queued -= waiting
            self.tokens -= waiting

    def _pick(self, job: Job[Item, Result], batch: Batch[Item, Result]) -> None:
        if job.waited is None:
            job.waited = time.perf_counter() - job.came
        self.tokens -= job.costs[job.taken]
        batch.append((job, job.taken))
        job.taken += 1


def _beyond(most: int | None, queued: int, cost: int) -> bool:
    return most is not None and queued > 0 and queued + cost > most
