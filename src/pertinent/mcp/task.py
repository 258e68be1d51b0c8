"""One call of a tool: who asks, how long there is, how far it is, and whether anybody still waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING

from pertinent.errors import Abandoned, UsageError
from pertinent.mcp.visible import VisibleCollections

if TYPE_CHECKING:
    from pertinent.kb.pipeline import ConfiguredSearch

TOLD_EVERY = 0.1
"""Seconds between two reports of progress."""


class Task:
    """What a tool works for; its methods are called in the thread that works.

    Parameters
    ----------
    visible : VisibleCollections
        What may be seen at all.
    may : Callable[[str], bool]
        Whether the caller's key opens a scope, such as ``"search:notes"``.
    report : Callable[[float, float, str], None]
        Sends progress: done, in all, in words.
    seconds : float
        For the whole call, from now.
    """

    def __init__(
        self,
        visible: VisibleCollections,
        may: Callable[[str], bool],
        report: Callable[[float, float, str], None],
        seconds: float,
    ) -> None:
        self.visible = visible
        self.may = may
        self._report = report
        self._begun = time.monotonic()
        self._seconds = seconds
        self._abandoned = Event()
        self._told = (0, 0.0)

    def abandon(self) -> None:
        """Nobody waits any more; called from another thread."""
        self._abandoned.set()

    def look(self) -> None:
        """End the work where nobody waits for it.

        Raises
        ------
        Abandoned
            If so.
        """
        if self._abandoned.is_set():
            raise Abandoned

    @property
    def passed(self) -> float:
        """Seconds since the call came."""
        self.look()
        return time.monotonic() - self._begun

    def left(self, deadline_ms: int | None = None) -> float:
        """Seconds that are left of the call's time, or of a shorter deadline."""
        seconds = self._seconds if deadline_ms is None else min(self._seconds, deadline_ms / 1000)
        return max(0.001, seconds - self.passed)

    def progress(self, done: int, total: int) -> None:
        """Tell how many documents are reranked; numbers only ever rise."""
        self.look()
        now = time.monotonic()
        before, at = self._told
        if done > before and (done == total or now - at >= TOLD_EVERY):
            self._told = done, now
            self._report(done, total, f"reranked {done} of {total}")

    def collection(self, name: str | None) -> tuple[str, ConfiguredSearch]:
        """The collection that a call names, or the only one there is.

        Raises
        ------
        UsageError
            If it may not be seen, or none is named where there are several.
        """
        names = self.names()
        if name is None:
            if len(names) != 1:
                raise UsageError(
                    "The call names no collection.", hint=f"Offered: {', '.join(names) or 'none'}."
                )
            name = names[0]
        # One that the key does not open is as absent as one that was never offered.
        if name not in names:
            raise UsageError(
                "No collection of that name is offered here.", hint=f"Offered: {', '.join(names) or 'none'}."
            )
        return name, self.visible.find(name)

    def names(self) -> list[str]:
        """Collections that the caller may see."""
        return [name for name in self.visible.names if self.may(f"search:{name}")]
