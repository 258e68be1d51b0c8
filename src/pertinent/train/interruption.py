"""Ctrl-C between two steps, never within one: half an update would spoil the weights."""

from __future__ import annotations

import signal
import threading
from types import TracebackType


class Interruption:
    """While it is open, the first Ctrl-C is only noted; the second one acts as ever.

    In other threads than the main one signals never arrive, and it does nothing.

    Attributes
    ----------
    wanted : bool
        Whether somebody asked to stop.
    """

    def __init__(self) -> None:
        self.wanted = False
        self._before: object = None

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _note(self, *_: object) -> None:
        self.wanted = True
        self._restore()

    def _restore(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]
            self._before = None
