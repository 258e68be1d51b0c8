"""Things that are made once per process, however many threads ask."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

Made = TypeVar("Made")


@dataclass(slots=True)
class _Slot(Generic[Made]):
    lock: Lock = field(default_factory=Lock)
    made: Made | None = None


class OncePerKey(Generic[Made]):
    """Makes one object for each key and keeps it.

    Two threads may make two objects at the same time; of two that ask for the same one, the second
    waits for the first. What could not be made is tried again by the next who asks.

    Examples
    --------
    >>> numbers = OncePerKey[list[int]]()
    >>> numbers.get("a", lambda: [1]) is numbers.get("a", lambda: [2])
    True
    """

    def __init__(self) -> None:
        self._slots: dict[Hashable, _Slot[Made]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return the object of a key; make it first where there is none."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
        with slot.lock:
            if slot.made is None:
                slot.made = make()
            return slot.made
