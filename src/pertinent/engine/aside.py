"""Work in a thread of its own that a command does not wait for when it ends.

A model may be busy for long with what nobody waits for any more. Such threads are no daemons: the interpreter
would stop one in the middle of native code, which aborts the process. So Python waits for them as for any
thread, and a command, which knows that all it wrote is written, ends past them (see ``cli.app``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

NAME = "pertinent-aside"
"""Of these threads."""

Result = TypeVar("Result")


def begun(work: Callable[[], Result]) -> Future[Result]:
    """Begin some work; what it returns or raises comes as a future, which cannot be cancelled.

    Parameters
    ----------
    work : Callable[[], Result]
        What is done.

    Raises
    ------
    RuntimeError
        If the system has no more threads.

    Examples
    --------
    >>> begun(lambda: 6 * 7).result()
    42
    """
    future: Future[Result] = Future()
    future.set_running_or_notify_cancel()

    def working() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=working, name=NAME).start()
    return future


def is_busy() -> bool:
    """Whether some of it has not ended yet."""
    return any(thread.name == NAME for thread in threading.enumerate())
