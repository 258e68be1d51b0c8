from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pertinent.engine.work import Stopped, Work


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_few_jobs_are_begun_ahead_of_their_results(pool: ThreadPoolExecutor) -> None:
    begun = 0

    def jobs() -> Iterator[Callable[[], int]]:
        nonlocal begun
        for number in range(1000):
            begun += 1
            yield lambda number=number: number

    with Work(pool, ahead=4) as work:
        for number, result in enumerate(work.run(jobs())):
            assert result == number
            assert begun <= number + 5


def test_leaving_stops_what_runs_and_what_waits(pool: ThreadPoolExecutor) -> None:
    started, leave, stopped = threading.Event(), threading.Event(), []

    def long_job() -> None:
        started.set()
        leave.wait()
        try:
            work.check()
        except Stopped:
            stopped.append(True)
            raise

    with Work(pool, ahead=8) as work:
        results = work.run([int, *[long_job] * 7])
        assert next(results) == 0
        started.wait()
        threading.Timer(0.05, leave.set).start()
    assert 0 < len(stopped) <= 2  # the running ones; those that waited never began


def test_a_failing_job_tells_its_error(pool: ThreadPoolExecutor) -> None:
    def failing() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), Work(pool, ahead=2) as work:
        list(work.run([failing, lambda: None]))
