"""Many clients' requests on one engine: common batches under a token budget, in fair turns.

Threads of the batcher take items from the jobs of all clients (:mod:`pertinent.serve.fair_queue`). Nothing
waits for a batch to fill: what is there is run, and what comes meanwhile makes the next batch.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Generic

from pertinent.serve.fair_queue import Batch, FairQueue, Item, Job, Result

LEAST_SECONDS = 1e-6
"""What a batch takes at least: a coarse clock may say 0, which is no speed."""

RATE_MEMORY = 0.8
"""How much the measured speed owes to batches before the last one."""


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
        self._on_batch = on_batch
        self._queue: FairQueue[Item, Result] = FairQueue(
            batch_tokens=batch_tokens, most=most, most_of_client=most_of_client
        )
        self._change = threading.Condition()
        self._closed = False
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
        return self._queue.tokens

    @property
    def seconds_of_queue(self) -> float:
        """How long what waits will take, by the speed of the batches before; 0 while that is not known."""
        return self._queue.tokens / self._rate if self._rate else 0.0

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
        with self._change:
            if self._closed:
                raise RuntimeError("The batcher is closed.")
            self._queue.add(job)
            self._change.notify()
        return job

    def cancel(self, job: Job[Item, Result]) -> None:
        """Take a job's waiting items out of the queue; what runs already is run to its end."""
        with self._change:
            self._queue.take_back(job)
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
                while not (batch := self._queue.take()):
                    if self._closed:
                        return
                    self._change.wait()
            self._finish(batch)

    def _finish(self, batch: Batch[Item, Result]) -> None:
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

    def _hand_out(self, batch: Batch[Item, Result], results: Sequence[Result]) -> None:
        done = []
        with self._change:
            for (job, place), result in zip(batch, results, strict=True):
                job.results[place] = result
                job.open -= 1
                if job.open == 0:
                    done.append(job)
        for job in done:
            _settle(job.future, job.results)

    def _fail(self, batch: Batch[Item, Result], error: Exception) -> None:
        """Run each job's part alone: one job's fault is not another's."""
        jobs = list(dict.fromkeys(job for job, _ in batch))
        if len(jobs) == 1:
            self._drop(jobs[0], error)
            return
        for job in jobs:
            self._finish([(owner, place) for owner, place in batch if owner is job])

    def _drop(self, job: Job[Item, Result], error: Exception) -> None:
        with self._change:
            self._queue.take_back(job)
        _settle(job.future, error)


def _settle(future: Future[Any], outcome: Any) -> None:
    # Cancelled meanwhile: nobody waits for it.
    with suppress(Exception):
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(list(outcome))
