"""A second service asked as well where the first is later than it nearly always is: the first answer counts.

At most one call in twenty is asked twice (Dean and Barroso, "The Tail at Scale", 2013).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from threading import Lock
from typing import TypeAlias

from pertinent.providers.account import note
from pertinent.providers.background import submit
from pertinent.providers.retrying import RetryBudget
from pertinent.rerankers.member import Member
from pertinent.rerankers.remote import RemoteReranker
from pertinent.types import Failover, Scores

HEDGED_SHARE = 0.05
"""Of all calls, that a second service may be asked as well."""

REMEMBERED = 100
LEAST_REMEMBERED = 20
"""Calls whose times say when one is late: at most, and at least."""

LATE = 0.95
"""Share of calls that are answered earlier than one that is late."""

Service: TypeAlias = tuple[Member, RemoteReranker]
"""A member, and the service that it is."""


def services(*members: Member) -> tuple[Service, ...]:
    """Those of the members that are services; makes them."""
    made = ((member, member.scorer()) for member in members)
    return tuple((member, scorer) for member, scorer in made if isinstance(scorer, RemoteReranker))


class Hedge:
    """What is known of the first service's times, and how often the second may be asked as well."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=REMEMBERED)
        self._budget = RetryBudget(most=1.0, earned=HEDGED_SHARE)
        self._lock = Lock()

    def score(
        self,
        first: Service,
        second: Service,
        query: str,
        documents: Sequence[str],
        instruction: str | None,
        failed: Callable[[Member, Exception], None],
    ) -> Scores | None:
        """Score by the one of two services that answers first.

        Parameters
        ----------
        first, second : tuple[Member, RemoteReranker]
            The second is asked only where the first is late.
        query, documents, instruction
            As for ``Scorer.score``.
        failed : Callable[[Member, Exception], None]
            Told of one that did not answer.

        Returns
        -------
        tuple[Score, ...] | None
            None where neither answered that was asked.
        """
        begun = time.monotonic()
        running: dict[Future[Scores], tuple[Member, Callable[[], None]]] = {}

        def ask(asked: Service) -> None:
            member, service = asked
            took = service.took()
            future = submit(service.scoring(query, documents, instruction, took))
            running[future] = member, lambda: service.note(took)

        with self._lock:
            self._budget.earn()
        ask(first)
        try:
            done, _ = wait(running, timeout=self._late())
            if not done and self._may_ask():
                ask(second)
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    member, receipts = running.pop(future)
                    receipts()
                    try:
                        scores = future.result()
                    except Exception as error:
                        failed(member, error)
                        continue
                    if member is first[0]:
                        self._seconds.append(time.monotonic() - begun)
                    else:
                        note(Failover(first[0].name, "it was late, and the next one answered first"))
                    return scores
            return None
        finally:
            for future, (_, receipts) in running.items():
                future.cancel()
                receipts()

    def _late(self) -> float | None:
        """Seconds after which the first service's answer is late; None while too few are known."""
        known = sorted(self._seconds)
        return known[int(LATE * len(known))] if len(known) >= LEAST_REMEMBERED else None

    def _may_ask(self) -> bool:
        with self._lock:
            return self._budget.take()
