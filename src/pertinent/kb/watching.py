"""Following the folders of a knowledge base: a change is indexed within seconds, and nothing else is read.

What the system may have failed to tell is found by a look at all files' times after each run of changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from pertinent.errors import CollectionLocked, CollectionNotFound, PertinentError
from pertinent.kb.folders import Folder
from pertinent.kb.knowledge_base import KnowledgeBase
from pertinent.kb.notices import Notices
from pertinent.kb.part import EVERYTHING, Part
from pertinent.kb.updating import UpdateReport
from pertinent.store import collection as stored

TICK_MS = 500
"""How often we look whether folders were added, went away or came back."""

LOOK_AFTER = 5.0
"""Seconds after the last change until all files' times are looked at, once ..."""

LOOK_EVERY = 600.0
"""... and after which they are in any case."""

MOST_PATHS = 2000
"""More changes than this are found faster by a look at everything."""

FIRST_WAIT, MOST_WAIT = 0.5, 8.0
"""Seconds until the next attempt where one failed; doubled from the first to the most."""


class Watcher:
    """Follows the folders of a knowledge base until it is interrupted.

    The writer's lock is held only while an update is written, so others can write in between.

    Parameters
    ----------
    base : KnowledgeBase
        Whose folders; it is updated with whatever changes.
    on_update : Callable[[UpdateReport], None]
        Told of the first update and of every later one.
    on_fault : Callable[[PertinentError], None]
        Told of what keeps updates from being made, once; they are tried again.
    """

    def __init__(
        self,
        base: KnowledgeBase,
        *,
        on_update: Callable[[UpdateReport], None],
        on_fault: Callable[[PertinentError], None],
    ) -> None:
        self._base = base
        self._on_update = on_update
        self._on_fault = on_fault
        self._pending: set[Path] | None = None  # what changed and is not indexed; None is for everything
        self._updated = False
        self._failed = 0
        self._not_before = 0.0
        self._look_at = 0.0

    def run(self, stop: Event | None = None) -> None:
        """Update, then follow.

        Parameters
        ----------
        stop : Event | None
            Ends it, within :data:`TICK_MS`, where it is set.

        Raises
        ------
        KeyboardInterrupt
            If the user ends it; what was acknowledged is kept.
        CollectionNotFound
            If the collection was deleted.
        StoreError
            If the system refuses to watch so many folders.
        """
        stop = stop or Event()
        while not stop.is_set():
            folders = self._base.folders()
            # Watched before it is read, so that no change falls between.
            with Notices([folder.path for folder in folders]) as notices:
                self._pending = None
                while not stop.is_set() and self._follows(folders):
                    self._attempt()
                    self._gather(notices.wait(TICK_MS))

    def _follows(self, folders: list[Folder]) -> bool:
        """Whether these are the folders still; another process may have added one."""
        if not stored.exists(self._base.collection.path):
            raise CollectionNotFound(
                f"The collection {self._base.collection.name!r} is there no more.",
                hint="Make it anew: pertinent kb add NAME DIR",
            )
        return self._base.folders() == folders

    def _gather(self, paths: set[Path] | None) -> None:
        now = time.monotonic()
        if paths is None or now > self._look_at:
            self._pending = None
        elif self._pending is not None:
            self._pending |= paths
            if len(self._pending) > MOST_PATHS:
                self._pending = None
        if paths:
            self._look_at = now + LOOK_AFTER
        elif now > self._look_at:
            self._look_at = now + LOOK_EVERY

    def _attempt(self) -> None:
        """Index what is pending; where that fails, it stays pending."""
        if self._pending == set() or time.monotonic() < self._not_before:
            return
        part = EVERYTHING if self._pending is None else Part(self._pending)
        try:
            # The first one also publishes what a killed update left behind.
            if not self._updated or self._base.differs(part):
                report = self._base.update(part)
                self._updated = True
                self._on_update(report)
        except CollectionNotFound:
            raise
        except PertinentError as error:
            if not isinstance(error, CollectionLocked):
                self._pending = None  # an update that was broken off may have come to some of it
            if not self._failed:
                self._on_fault(error)
            self._not_before = time.monotonic() + min(MOST_WAIT, FIRST_WAIT * 2**self._failed)
            self._failed = min(self._failed + 1, 10)
        else:
            self._pending, self._failed = set(), 0
