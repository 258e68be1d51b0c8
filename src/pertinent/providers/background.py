"""One event loop in a thread of its own, on which all requests of this process run.

So code with and without an event loop of its own shares connections, and a request that is given up is
cancelled.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
Report: TypeAlias = Callable[[int], None]

CLOSING = 2.0
"""Seconds that requests which are still under way get at the end of the process."""

REPORTED_AGAIN = 0.2
"""Seconds after which whoever waits hears of the same progress again."""

_starting = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def background_loop() -> asyncio.AbstractEventLoop:
    """The loop; it is started when it is first asked for."""
    global _loop  # noqa: PLW0603 (one for the process)
    with _starting:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(_loop,), name="pertinent-providers", daemon=True).start()
        return _loop


def submit(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Run on the loop; the future's ``cancel`` stops it."""
    return asyncio.run_coroutine_threadsafe(work, background_loop())


def run(work: Callable[[Report], Coroutine[Any, Any, T]], report: Report | None = None) -> T:
    """Run on the loop and wait; the work is cancelled where the wait is interrupted.

    Parameters
    ----------
    work : Callable[[Report], Coroutine]
        Makes what is run; it is given what to call with numbers on its way.
    report : Callable[[int], None] | None
        Gets these numbers, here in the thread that waits: what a caller gave may raise, and must not stop
        the loop. While there are no new ones it gets the last again, so that it can end the wait.
    """
    reports: SimpleQueue[int | None] = SimpleQueue()
    future = submit(work(reports.put))
    future.add_done_callback(lambda _: reports.put(None))
    last: int | None = 0
    try:
        while True:
            with suppress(Empty):
                last = reports.get(timeout=None if report is None else REPORTED_AGAIN)
            if last is None:
                return future.result()
            if report is not None:
                report(last)
    except BaseException:
        future.cancel()
        raise


async def run_from(work: Coroutine[Any, Any, T]) -> T:
    """Run on the loop and wait from another one; the work is cancelled where the caller is."""
    return await asyncio.wrap_future(submit(work))


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()


async def _give_up() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=CLOSING)


def _close() -> None:
    if _loop is not None and _loop.is_running():
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(_give_up(), _loop).result(CLOSING)
        _loop.call_soon_threadsafe(_loop.stop)


def _forget() -> None:
    """A forked child has no copy of the thread, and must not touch its parent's connections."""
    global _loop, _starting
    _loop, _starting = None, threading.Lock()


atexit.register(_close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
