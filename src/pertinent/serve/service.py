"""A server's parts, and the way of every request through them: key, place, body, work, answer.

The event loop only waits. Parsing, tokenising and writing answers run on a few threads, models on those of
their batchers.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import Request

from pertinent.rerankers.cached import CACHE_FILE
from pertinent.serve.access import Access, client_of, require_scope
from pertinent.serve.engines import ServedModel, results_of
from pertinent.serve.fair_queue import QueueFull
from pertinent.serve.gate import Gate
from pertinent.serve.keys import KeyFile
from pertinent.serve.metrics import Metrics
from pertinent.serve.models import Models
from pertinent.serve.options import ServerOptions
from pertinent.serve.refusals import Gone, Refusal
from pertinent.serve.runners import Read, Wanted
from pertinent.serve.shelf import Shelf
from pertinent.settings import load_settings

Result = TypeVar("Result")

DEADLINE = "x-request-deadline-ms"
LONGEST_DEADLINE = 600_000
READERS = 2
"""Threads that parse, tokenise and write; a tokenizer itself uses more where it has many texts."""


SEARCHERS = 8
"""Searches at a time; most of a search is waiting for its turn at the reranker."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a request's texts.

    Parameters
    ----------
    results : list
        One for each text; None for what the deadline left undone.
    tokens : int | None
        That the model read for it.
    """

    results: list[Any]
    tokens: int | None
    missing: int = field(default=0)


class Service:
    """Everything that requests share.

    Parameters
    ----------
    options : ServerOptions
        What the server was told.

    Attributes
    ----------
    ready : bool
        Whether all models are loaded and have passed their canaries.
    fault : Exception | None
        Why they could not be.

    Raises
    ------
    PertinentError
        If a model is not found.
    """

    def __init__(self, options: ServerOptions) -> None:
        self.options = options
        self.limits = options.limits
        self.metrics = Metrics()
        cache = load_settings().cache / CACHE_FILE if options.cache else None
        self.rerankers = Models("reranker", options.models, self.metrics, cache, self.limits)
        self.embedders = Models("embedder", options.embedders, self.metrics, limits=self.limits)
        self.access = Access(KeyFile(options.keys) if options.keys is not None else None)
        self.gate = Gate(self.limits.requests, self.limits.client_requests, self._seconds_of_queues)
        self.ready = False
        self.fault: Exception | None = None
        self.shelf = Shelf(options.collections or load_settings().collections, self.embedders)
        self._pool = ThreadPoolExecutor(READERS, "read")
        self._searching = ThreadPoolExecutor(SEARCHERS, "search")
        self.metrics.watch("requests_active", "Requests that are being answered.", lambda: self.gate.taken)
        self.metrics.watch("queue_tokens", "Tokens that wait for models.", self._queued_tokens)

    def load(self) -> None:
        """Load all models and try each on its canary; requests are answered from then on.

        Raises
        ------
        ModelError
            If a model is missing, damaged or fails.
        """
        for served in self._models():
            served.load()
        self.ready = True

    def close(self) -> None:
        """Run what is queued, and stop."""
        self._searching.shutdown()
        for served in self._models():
            served.batcher.close()
        self._pool.shutdown()
        self.shelf.close()

    def admit(self, request: Request, scope: str) -> str:
        """Check that a request may ask for this, and say who asks.

        Raises
        ------
        Refusal
            If it may not.
        """
        key = self.access.key_of(request)
        require_scope(key, scope)
        if not self.ready:
            raise Refusal(503, "Models are being loaded.", retry_after=2)
        return client_of(request, key)

    async def off_loop(self, work: Callable[[], Result]) -> Result:
        """Do some CPU work on the reading threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def search(self, request: Request, work: Callable[[], Result], leave: Callable[[], None]) -> Result:
        """Do work that waits for models on the searching threads; ``leave`` is called if the client leaves.

        Raises
        ------
        Gone
            If the client has left; the work goes on to its end, for nobody.
        """
        context = copy_context()
        done = asyncio.get_running_loop().run_in_executor(self._searching, context.run, work)
        left = asyncio.create_task(_until_gone(request))
        waiting: set[asyncio.Future[Any]] = {done, left}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not done.done():
                raise Gone
            return await done
        finally:
            left.cancel()
            if not done.done():
                leave()
                # Nobody asks how it ended; asyncio would write an error with its words into the log.
                done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    def read(self, served: ServedModel, wanted: Wanted) -> Read:
        """Make a request's texts ready to queue; not for the event loop.

        Raises
        ------
        Refusal
            If it has too many texts or tokens.
        """
        if len(wanted.texts) > self.limits.documents:
            raise Refusal(
                413, f"There are {len(wanted.texts)} texts; one request may have {self.limits.documents}."
            )
        read = served.read(wanted)
        tokens = sum(read.costs)
        if tokens > self.limits.request_tokens:
            raise Refusal(
                413, f"The texts have {tokens} tokens; one request may have {self.limits.request_tokens}."
            )
        return read

    async def run(
        self, request: Request, client: str, served: ServedModel, read: Read, *, partial: bool = False
    ) -> Done:
        """Queue what was read and wait for it; a client that leaves, and time that is up, end the wait.

        Parameters
        ----------
        partial : bool
            Whether results so far are an answer when the request's own deadline is up.

        Raises
        ------
        Refusal
            If the queue is full, or time is up.
        Gone
            If the client has left.
        """
        seconds, own = self.time_for(request)
        try:
            job = served.submit(client, read)
        except QueueFull as full:
            raise self.gate.full(str(full)) from None
        finished = asyncio.wrap_future(job.future)
        left = asyncio.create_task(_until_gone(request))
        try:
            waiting: set[asyncio.Future[Any]] = {finished, left}
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if finished.done():
                await finished  # raises what stopped it
            elif left.done():
                raise Gone
            elif not (own and partial):
                raise Refusal(504, "There was not enough time to answer.")
        finally:
            left.cancel()
            served.batcher.cancel(job)
        if job.waited is not None:
            self.metrics.queue.labels(served.info.name).observe(job.waited)
        results = results_of(job, read)
        missing = sum(result is None for result in results)
        self.metrics.documents.labels(served.info.name).inc(len(results) - missing)
        return Done(results, read.tokens, missing)

    def time_for(self, request: Request) -> tuple[float, bool]:
        """Seconds for the answer, and whether the request has named them.

        Raises
        ------
        Refusal
            If what it has named is no time.
        """
        given = request.headers.get(DEADLINE)
        if given is None:
            return self.limits.answer_seconds, False
        if not (
            given.isascii() and given.isdecimal() and len(given) < 10 and 0 < int(given) <= LONGEST_DEADLINE
        ):
            raise Refusal(400, f"{DEADLINE} must be milliseconds, from 1 to {LONGEST_DEADLINE}.")
        asked = int(given) / 1000
        left = asked - (time.perf_counter() - request.scope["pertinent"].began)
        return min(max(left, 0.0), self.limits.answer_seconds), asked <= self.limits.answer_seconds

    def _models(self) -> list[ServedModel]:
        return [*self.rerankers.all, *self.embedders.all]

    def _queued_tokens(self) -> float:
        return float(sum(served.batcher.queued_tokens for served in self._models()))

    def _seconds_of_queues(self) -> float:
        return math.fsum(served.batcher.seconds_of_queue for served in self._models())


async def _until_gone(request: Request) -> None:
    """Wait until the client has left; its body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
