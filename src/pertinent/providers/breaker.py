"""A circuit breaker: an endpoint that fails again and again is left alone for a while.

::

    closed ──(THRESHOLD failures in a row)──▶ open ──(COOLDOWN)──▶ half-open ──success──▶ closed
                                               ▲                       │
                                               └────────failure────────┘

Half-open lets one request through; what comes back decides. Failures are missing answers and faults of the
service; a refusal of a key or a request is an answer.
"""

from __future__ import annotations

from typing import Literal

THRESHOLD = 5
COOLDOWN = 30.0
"""Seconds that an open endpoint is not asked."""


class Breaker:
    """Of one endpoint; used by one thread.

    Examples
    --------
    >>> breaker = Breaker(threshold=1, cooldown=30)
    >>> breaker.failed(now=0)
    >>> breaker.wait(now=10), breaker.state(now=10), breaker.state(now=30)
    (20, 'open', 'half-open')
    """

    def __init__(self, threshold: int = THRESHOLD, cooldown: float = COOLDOWN) -> None:
        self._threshold = threshold
        self._cooldown = cooldown
        self._failures = 0
        self._opened: float | None = None
        self._trying = False

    @property
    def failures(self) -> int:
        """Failures in a row."""
        return self._failures

    def state(self, now: float) -> Literal["closed", "open", "half-open"]:
        """Whether requests pass."""
        if self._opened is None:
            return "closed"
        return "open" if now < self._opened + self._cooldown else "half-open"

    def wait(self, now: float) -> float:
        """Seconds until the endpoint may be asked; 0 where it may be now."""
        if self._opened is None:
            return 0.0
        left = self._opened + self._cooldown - now
        # While one request tries, the others wait for a full round; it may take as long.
        return max(0.0, left) or (self._cooldown if self._trying else 0.0)

    def begin(self, now: float) -> None:
        """Note that a request is sent, which :meth:`wait` allowed."""
        self._trying = self.state(now) == "half-open"

    def succeeded(self) -> None:
        """Note an answer."""
        self._failures, self._opened, self._trying = 0, None, False

    def failed(self, now: float) -> None:
        """Note a failure."""
        self._failures += 1
        if self._opened is not None or self._failures >= self._threshold:
            self._opened = now
        self._trying = False

    def abandoned(self) -> None:
        """Note a request that was given up before anything could be said of it."""
        self._trying = False
