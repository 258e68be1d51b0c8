"""Providers for tests: configured in code, with a clock that waits without taking time."""

from __future__ import annotations

from typing import Any

from pertinent.providers.catalogue import find_dialect
from pertinent.providers.client import Service
from pertinent.providers.configured import Configured
from pertinent.providers.retrying import Clock
from pertinent.rerankers.remote import RemoteReranker
from pertinent.settings import ProviderSettings
from support.faulty_server import FaultyServer

MODEL = "Qwen/Qwen3-Reranker-8B"
KEY = "sk-a-key-that-nobody-may-see"


class Hands(Clock):
    """Waiting moves its hands and takes no time."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def now(self) -> float:
        return super().now() + sum(self.waits)

    def wall(self) -> float:
        return 1_700_000_000.0 + sum(self.waits)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


def service(
    server: FaultyServer | str, dialect: str = "deepinfra", *, name: str = "", **settings: Any
) -> Service:
    """A provider at the server's address."""
    address = server if isinstance(server, str) else server.address
    provider = Configured(
        name or dialect,
        find_dialect(dialect),
        address,
        settings=ProviderSettings(**{"deadline": 20.0, **settings}),
        key_variable="TEST_KEY",
        key=KEY,
    )
    return Service(provider, clock=Hands(), chance=lambda: 1.0)


def remote(server: FaultyServer | str, dialect: str = "deepinfra", **settings: Any) -> RemoteReranker:
    """A reranker there."""
    return RemoteReranker(service(server, dialect, **settings), MODEL)


def waits(reranker: RemoteReranker) -> list[float]:
    """How long it waited between attempts."""
    clock = reranker._service.clock
    assert isinstance(clock, Hands)
    return clock.waits
