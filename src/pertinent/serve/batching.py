"""Many clients' requests on one engine: common batches under a token budget, in fair turns.

A request is a job of items (a pair, a text), each with its cost in tokens. Threads of the batcher take items
from the jobs of all clients by deficit round robin (Shreedhar and Varghese 1995): every turn adds the same
allowance, and a client goes on while its allowance lasts. So a client with a thousand documents waits for
itself, and one with ten does not wait for it. Nothing waits for a batch to fill: what is there is run, and
what comes meanwhile makes the next batch.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

TURN_TOKENS = 2048
"""Allowance of one turn: groups of some documents, so that documents of one query stay together."""

LEAST_SECONDS = 1e-6
"""What a batch takes at least: a coarse clock may say 0, which is no speed."""

RATE_MEMORY = 0.8
"""How much the measured speed owes to batches before the last one."""


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


@dataclass(eq=False)
class _Turns(Generic[Item, Result]):
    """A client's jobs and what it may still take in its turn."""

    jobs: deque[Job[Item, Result]] = field(default_factory=deque)
    queued: int = 0
    allowance: int = 0
    at_turn: bool = False


class Batcher(Generic[Item, Result]):
    """Runs jobs of many clients through one function, batch by batch.

    Parameters
    ----------
    run : Callable[[Sequence[Item]], Sequence[Result]]
        One result for each item, in their order; called from the batcher's threads.
    batch_tokens : int
        Cost of one batch at most; a single item may exceed it.
    threads : int
        Batches at a time: with two, the engine has the next one while the last is handed out.
    most, most_of_client : int | None
        Cost of what may wait, of all clients and of one; where nothing waits, a job is taken at any cost.
    on_batch : Callable[[int, float], None] | None
        Called after each batch with its tokens and its seconds.

    Examples
    --------
    >>> batcher = Batcher(lambda items: [item.upper() for item in items], batch_tokens=10)
    >>> job = batcher.submit("someone", ["a", "b"], [1, 1])
    >>> job.future.result(timeout=10)
    ['A', 'B']
    >>> batcher.close()
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        batch_tokens: int,
        threads: int = 1,
        most: int | None = None,
        most_of_client: int | None = None,
        on_batch: Callable[[int, float], None] | None = None,
    ) -> None:
        self._run = run
        self._batch_tokens = batch_tokens
        self._most = most
        self._most_of_client = most_of_client
        self._on_batch = on_batch
        self._clients: dict[str, _Turns[Item, Result]] = {}
        self._order: deque[str] = deque()
        self._change = threading.Condition()
        self._closed = False
        self._queued = 0
        self._rate = 0.0
        self._threads = [
            threading.Thread(target=self._work, name=f"batch-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def queued_tokens(self) -> int:
        """Cost of what waits."""
        return self._queued

    @property
    def seconds_of_queue(self) -> float:
        """How long what waits will take, by the speed of the batches before; 0 while that is not known."""
        return self._queued / self._rate if self._rate else 0.0

    def submit(self, client: str, items: Sequence[Item], costs: Sequence[int]) -> Job[Item, Result]:
        """Queue a request's items.

        Parameters
        ----------
        client : str
            Whose turn they take.
        items : Sequence[Item]
            What to run.
        costs : Sequence[int]
            Tokens of each.

        Raises
        ------
        QueueFull
            If too much waits.
        RuntimeError
            If the batcher is closed.
        """
        job: Job[Item, Result] = Job(client, items, costs)
        if not items:
            job.future.set_result([])
            return job
        cost = sum(costs)
        with self._change:
            if self._closed:
                raise RuntimeError("The batcher is closed.")
            if _beyond(self._most, self._queued, cost):
                raise QueueFull("As many tokens wait for the model as may.")
            waiting = self._clients.get(client)
            if waiting is not None and _beyond(self._most_of_client, waiting.queued, cost):
                raise QueueFull("As many tokens of this client wait for the model as may.")
            if waiting is None:
                waiting = self._clients[client] = _Turns()
                self._order.append(client)
            waiting.jobs.append(job)
            waiting.queued += cost
            self._queued += cost
            self._change.notify()
        return job

    def cancel(self, job: Job[Item, Result]) -> None:
        """Take a job's waiting items out of the queue; what runs already is run to its end."""
        with self._change:
            self._take_back(job)
            job.future.cancel()

    def close(self) -> None:
        """Run what is queued, then stop."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._change:
                while not (batch := self._take()):
                    if self._closed:
                        return
                    self._change.wait()
            self._finish(batch)

    def _take(self) -> list[tuple[Job[Item, Result], int]]:
        """The next batch: jobs with the places of their items."""
        batch: list[tuple[Job[Item, Result], int]] = []
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

    def _pick(self, job: Job[Item, Result], batch: list[tuple[Job[Item, Result], int]]) -> None:
        if job.waited is None:
            job.waited = time.perf_counter() - job.came
        self._queued -= job.costs[job.taken]
        batch.append((job, job.taken))
        job.taken += 1

    def _finish(self, batch: list[tuple[Job[Item, Result], int]]) -> None:
        began = time.perf_counter()
        try:
            results = self._run([job.items[place] for job, place in batch])
            if len(results) != len(batch):
                raise ArithmeticError(f"There are {len(results)} results for {len(batch)} items.")
        except Exception as error:
            self._fail(batch, error)
            return
        seconds = max(time.perf_counter() - began, LEAST_SECONDS)
        tokens = sum(job.costs[place] for job, place in batch)
        self._rate = (
            RATE_MEMORY * self._rate + (1 - RATE_MEMORY) * tokens / seconds
            if self._rate
            else tokens / seconds
        )
        if self._on_batch is not None:
            self._on_batch(tokens, seconds)
        self._hand_out(batch, results)

    def _hand_out(self, batch: list[tuple[Job[Item, Result], int]], results: Sequence[Result]) -> None:
        done = []
        with self._change:
            for (job, place), result in zip(batch, results, strict=True):
                job.results[place] = result
                job.open -= 1
                if job.open == 0:
                    done.append(job)
        for job in done:
            _settle(job.future, job.results)

    def _fail(self, batch: list[tuple[Job[Item, Result], int]], error: Exception) -> None:
        """Run each job's part alone: one job's fault is not another's."""
        jobs = list(dict.fromkeys(job for job, _ in batch))
        if len(jobs) == 1:
            self._drop(jobs[0], error)
            return
        for job in jobs:
            self._finish([(owner, place) for owner, place in batch if owner is job])

    def _drop(self, job: Job[Item, Result], error: Exception) -> None:
        with self._change:
            self._take_back(job)
        _settle(job.future, error)

    def _take_back(self, job: Job[Item, Result]) -> None:
        turns = self._clients.get(job.client)
        if turns is not None and job in turns.jobs:
            turns.jobs.remove(job)
            waiting = sum(job.costs[job.taken :])
            turns.queued -= waiting
            self._queued -= waiting


def _beyond(most: int | None, queued: int, cost: int) -> bool:
    return most is not None and queued > 0 and queued + cost > most


def _settle(future: Future[Any], outcome: Any) -> None:
    # Cancelled meanwhile: nobody waits for it.
    with suppress(Exception):
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(list(outcome))
