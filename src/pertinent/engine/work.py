"""The jobs of one call on a pool of threads: in order, few at a time, stopped when the caller leaves."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, TypeVar

Result = TypeVar("Result")


class Stopped(Exception):  # noqa: N818 (it is no fault)
    """Nobody wants the job's result any more."""


class Work:
    """A context in which jobs run; leaving it in whatever way stops them and waits for them.

    Parameters
    ----------
    pool : ThreadPoolExecutor
        Threads, which other calls may use too.
    ahead : int
        Jobs that are begun at most before the first result is taken: bounds memory.

    Examples
    --------
    >>> with ThreadPoolExecutor(2) as pool, Work(pool, ahead=3) as work:
    ...     list(work.run(lambda number=number: number**2 for number in range(5)))
    [0, 1, 4, 9, 16]
    """

    def __init__(self, pool: ThreadPoolExecutor, ahead: int) -> None:
        self._pool = pool
        self._ahead = ahead
        self._stop = threading.Event()
        self._futures: deque[Future[Any]] = deque()

    def run(self, jobs: Iterable[Callable[[], Result]]) -> Generator[Result, None, None]:
        """Run jobs and yield their results in the order of the jobs."""
        for job in jobs:
            if len(self._futures) == self._ahead:
                yield self._first()
            self._futures.append(self._pool.submit(job))
        while self._futures:
            yield self._first()

    def check(self) -> None:
        """Leave a long job early: a job calls this between its steps.

        Raises
        ------
        Stopped
            If the caller has left.
        """
        if self._stop.is_set():
            raise Stopped

    def _first(self) -> Any:
        result = self._futures[0].result()  # still in the queue, should waiting be interrupted
        self._futures.popleft()
        return result

    def __enter__(self) -> Work:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        wait([future for future in self._futures if not future.cancel()])
