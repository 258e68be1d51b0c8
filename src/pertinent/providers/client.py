"""The client of all providers: one request, sent until it is answered or there is no sense in it any more."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import uuid4

import httpx2

from pertinent.errors import ProviderError, ProviderUnavailable
from pertinent.providers.answers import broken
from pertinent.providers.breaker import Breaker
from pertinent.providers.calls import Request
from pertinent.providers.complaints import shown, texts_in
from pertinent.providers.configured import Configured
from pertinent.providers.connections import MOST_ANSWER_BYTES, Connections, is_success, parsed, user_agent
from pertinent.providers.leaving import require_leave
from pertinent.providers.outcomes import Failed, broken_off, refused, request_id_of, unusable
from pertinent.providers.retrying import Clock, RetryBudget, backoff, wished_wait
from pertinent.providers.spending import Purse

T = TypeVar("T")

LEAST_PATIENCE = 1.0
"""Seconds; a service that is given less and does not answer has not failed."""


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """An answer.

    Parameters
    ----------
    value : T
        What was read of it.
    request_id : str
        The service's name of the request, by its header; empty where it has none.
    """

    value: T
    request_id: str = ""


@dataclass(slots=True)
class _Endpoint:
    """What is remembered of one address."""

    breaker: Breaker = field(default_factory=Breaker)
    budget: RetryBudget = field(default_factory=RetryBudget)


class Service:
    """A provider with its connections, breakers and purse; all but making one happens on the background loop.

    Parameters
    ----------
    provider : Configured
        Who is asked.
    clock : Clock | None
        The time, and waiting; None takes the machine's.
    chance : Callable[[], float]
        Random numbers from 0 to 1, for jitter.
    """

    def __init__(
        self,
        provider: Configured,
        *,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.provider = provider
        self.clock = clock or Clock()
        self.purse = Purse(provider.name, provider.settings.spend_cap)
        self.dialect = provider.dialect
        """How it is spoken to: what was named or guessed, and after a guess what it understood."""
        self.repeats_query: set[str] = set()
        """Endpoints that want the query once for each document."""
        self._chance = chance
        self._endpoints: dict[str, _Endpoint] = {}
        self._connections = Connections(provider.settings)

    def __repr__(self) -> str:
        return f"Service({self.provider.name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as the provider alone: connections, breakers and purse belong to a process."""
        return service_of, (self.provider,)

    def deadline(self, seconds: float | None = None) -> float:
        """When a call that begins now has to end, by the clock."""
        longest = self.provider.settings.deadline
        return self.clock.now() + (longest if seconds is None else min(longest, seconds))

    async def ask(
        self,
        request: Request,
        read: Callable[[Any], T],
        *,
        deadline: float,
        estimate: float | None = None,
        cost: Callable[[T], float | None] = lambda _: None,
        sent: Callable[[], None] = lambda: None,
        rephrase: Callable[[str], Request | None] = lambda _: None,
    ) -> Reply[T]:
        """Post a request until it is answered.

        Parameters
        ----------
        request : Request
            What is posted.
        read : Callable[[Any], T]
            Reads the parsed body; raises ProviderError where it cannot be used, and it is asked for again.
        deadline : float
            When all attempts and waits have to be over, by the service's clock.
        estimate : float | None
            US dollars that one attempt may cost at most.
        cost : Callable[[T], float | None]
            US dollars that the answer cost, as far as it tells.
        sent : Callable[[], None]
            Called for each attempt.
        rephrase : Callable[[str], Request | None]
            Another request in the place of one that could not be read, given the complaint; None where
            there is none.

        Raises
        ------
        ProviderRefused, ProviderUnavailable, ProviderError
            If there is no usable answer.
        LocalOnlyError
            If no text may leave here.
        """
        require_leave(self.provider.name)
        url = self.provider.endpoint(request.path)
        endpoint = self._endpoints.setdefault(url, _Endpoint())
        headers = self._headers()
        endpoint.budget.earn()
        attempt = 0
        while True:
            attempt += 1
            self._require_closed(endpoint)
            self.purse.reserve(estimate)
            charged: float | None = 0.0
            sent()
            try:
                endpoint.breaker.begin(self.clock.now())
                reply = await self._attempt(url, headers, request, read, deadline)
                charged = cost(reply.value)
                endpoint.breaker.succeeded()
                return reply
            except Failed as caught:
                # Dealt with below: what is raised in here would carry the complaint and the request along.
                failed = caught
                charged = None if failed.billed else 0.0
                self._note(endpoint, failed)
            except BaseException:
                charged = None
                endpoint.breaker.abandoned()
                raise
            finally:
                self.purse.settle(estimate, charged)
            other = rephrase(failed.complaint) if failed.unread else None
            if other is None:
                wait = self._wait_after(failed, attempt, endpoint, deadline)
            else:
                request, attempt, wait = other, 0, 0.0
            await self.clock.sleep(wait)

    def _headers(self) -> dict[str, str]:
        """Of all attempts of one request, which share a name so that the service can tell them."""
        return {
            **self.dialect.headers(self.provider.key),
            "Content-Type": "application/json",
            "Accept": "application/json",
            # As sent: what is compressed against our wish could be any size.
            "Accept-Encoding": "identity",
            "User-Agent": user_agent(),
            "X-Request-ID": uuid4().hex,
        }

    def _note(self, endpoint: _Endpoint, failed: Failed) -> None:
        if failed.unwell:
            endpoint.breaker.failed(self.clock.now())
        elif failed.error.status is not None:
            endpoint.breaker.succeeded()
        else:
            endpoint.breaker.abandoned()

    def _wait_after(self, failed: Failed, attempt: int, endpoint: _Endpoint, deadline: float) -> float:
        """Seconds until the next attempt; raises where there shall be none."""
        error = failed.error
        if not failed.again or attempt >= self.provider.settings.attempts:
            raise _told(error, attempt)
        wait = backoff(attempt, self._chance()) if failed.wait is None else failed.wait
        if self.clock.now() + wait >= deadline:
            raise _told(error, attempt, f"waiting {wait:.3g} s more would go beyond the deadline")
        if endpoint.breaker.wait(self.clock.now()):
            raise _told(error, attempt, f"it failed {endpoint.breaker.failures} times in a row")
        if not endpoint.budget.take():
            raise _told(error, attempt, "too many requests had to be sent again lately")
        return wait

    def _require_closed(self, endpoint: _Endpoint) -> None:
        wait = endpoint.breaker.wait(self.clock.now())
        if wait:
            name, failures = self.provider.name, endpoint.breaker.failures
            raise ProviderUnavailable(
                f"{name} failed {failures} times in a row and is left alone for {wait:.0f} s.",
                hint="Try again later, or name a chain of providers.",
                provider=name,
            )

    async def _attempt(
        self,
        url: str,
        headers: Mapping[str, str],
        request: Request,
        read: Callable[[Any], T],
        deadline: float,
    ) -> Reply[T]:
        provider = self.provider
        content = json.dumps(request.body).encode()
        given = max(0.0, deadline - self.clock.now())
        try:
            async with asyncio.timeout(given):
                status, answered, body = await self._connections.post(url, content, headers)
        except TimeoutError:
            raise Failed(
                ProviderUnavailable(
                    f"{provider.name} did not answer in time.",
                    hint=f"Raise deadline under [providers.{provider.name}], or score fewer texts.",
                    provider=provider.name,
                ),
                again=False,
                # A caller in a hurry says nothing of the service, which others may have time for.
                unwell=given >= LEAST_PATIENCE,
            ) from None
        except httpx2.TransportError as error:
            raise broken_off(provider, error) from None
        if not is_success(status):
            complaint = self._complaint(body)
            raise refused(
                provider,
                status,
                answered,
                said=shown(complaint, texts_in(request.body), provider.key) if complaint else "",
                complaint=complaint,
                wait=wished_wait(answered, self.clock.wall()),
            )
        request_id = request_id_of(answered)
        try:
            if len(body) > MOST_ANSWER_BYTES:
                raise broken(f"it is larger than {MOST_ANSWER_BYTES >> 20} MiB")
            return Reply(read(parsed(body)), request_id)
        except ProviderError as error:
            raise unusable(provider, error, request_id) from None

    def _complaint(self, body: bytes) -> str:
        try:
            return self.dialect.complaint(parsed(body))
        except ProviderError:
            return ""


def _told(error: ProviderError, attempts: int, why: str = "") -> ProviderError:
    """The error with what was tried."""
    times = "" if attempts == 1 else f" It was asked {attempts} times."
    message = f"{error.message}{times}{f' It is not asked again: {why}.' if why else ''}"
    return type(error)(
        message, hint=error.hint, provider=error.provider, status=error.status, request_id=error.request_id
    )


_sharing = threading.Lock()
_services: dict[tuple[str, ...], Service] = {}


def service_of(provider: Configured) -> Service:
    """The one service of a provider in this process, so that breaker, budget and purse see all calls."""
    with _sharing:
        return _services.setdefault(provider.identity, Service(provider))
