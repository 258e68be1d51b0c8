"""How many requests are taken on at once: beyond that the answer is 429, and 503 while the server ends."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pertinent.serve.refusals import Refusal

LONGEST_WAIT = 60


class Gate:
    """Counts the requests that are being answered; used on the event loop alone.

    Parameters
    ----------
    most : int
        Requests at a time.
    most_of_client : int
        Those of one client, so that one alone cannot take every place.
    wait : Callable[[], float]
        Seconds that the queues will take, for ``Retry-After``.

    Examples
    --------
    >>> gate = Gate(1, 1, lambda: 2.5)
    >>> with gate.place("a"):
    ...     try:
    ...         with gate.place("b"):
    ...             pass
    ...     except Refusal as refusal:
    ...         print(refusal.status, refusal.retry_after)
    429 3
    """

    def __init__(self, most: int, most_of_client: int, wait: Callable[[], float]) -> None:
        self._most = most
        self._most_of_client = most_of_client
        self._wait = wait
        self._of_client: Counter[str] = Counter()
        self.draining = False

    @property
    def taken(self) -> int:
        """Requests that are being answered."""
        return self._of_client.total()

    @contextmanager
    def place(self, client: str) -> Iterator[None]:
        """Hold a place while a request is answered.

        Raises
        ------
        Refusal
            If there is none.
        """
        if self.draining:
            raise Refusal(
                503, "The server is ending; ask another one, or later.", retry_after=self.retry_after
            )
        if self.taken >= self._most:
            raise self.full("The server answers as many requests as it can.")
        if self._of_client[client] >= self._most_of_client:
            raise self.full("This client has as many requests here as one may have.")
        self._of_client[client] += 1
        try:
            yield
        finally:
            self._of_client[client] -= 1
            if not self._of_client[client]:
                del self._of_client[client]

    def full(self, message: str) -> Refusal:
        """A 429 that says when to come back."""
        return Refusal(429, message, retry_after=self.retry_after)

    @property
    def retry_after(self) -> int:
        """Seconds until the queues have run, at least 1."""
        return min(LONGEST_WAIT, max(1, math.ceil(self._wait())))
