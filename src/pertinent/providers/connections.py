"""Connections to one provider: a pool, its timeouts, and a bound on what is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import httpx2

from pertinent.errors import UsageError
from pertinent.providers.answers import broken
from pertinent.settings import ProviderSettings

MOST_ANSWER_BYTES = 64 << 20
MOST_ERROR_BYTES = 64 << 10
"""Of an answer, and of an error's body, that are read."""

KEPT_ALIVE = 30.0
"""Seconds that a connection stays open without work."""


class Connections:
    """A pool of connections, opened when the first request is sent; used on one event loop.

    Parameters
    ----------
    settings : ProviderSettings
        How many there may be, and how long each step may take.
    """

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self._client: httpx2.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(
        self, url: str, content: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Post once.

        Returns
        -------
        status : int
            HTTP status.
        headers : Mapping[str, str]
            Names in lower case.
        body : bytes
            Not much more than the bound of it; empty where it is compressed, which was not asked for.

        Raises
        ------
        httpx2.TransportError
            If there is no whole answer.
        """
        async with self._pool().stream("POST", url, content=content, headers=headers) as response:
            answered = {name.lower(): value for name, value in response.headers.items()}
            most = MOST_ANSWER_BYTES if is_success(response.status_code) else MOST_ERROR_BYTES
            if answered.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
                return response.status_code, answered, b""
            body = bytearray()
            # As sent: what is compressed against our wish could be any size.
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > most:
                    break
            return response.status_code, answered, bytes(body)

    def _pool(self) -> httpx2.AsyncClient:
        loop = asyncio.get_running_loop()
        # A forked process has another loop, and must not touch its parent's connections.
        if self._client is None or self._loop is not loop:
            times, count = self._settings.timeouts, self._settings.connections
            try:
                self._client = httpx2.AsyncClient(
                    timeout=httpx2.Timeout(
                        connect=times.connect, read=times.read, write=times.write, pool=times.pool
                    ),
                    limits=httpx2.Limits(
                        max_connections=count, max_keepalive_connections=count, keepalive_expiry=KEPT_ALIVE
                    ),
                    # The key and the texts are for this address alone.
                    follow_redirects=False,
                )
            except (httpx2.InvalidURL, ValueError, ImportError, OSError) as error:
                raise UsageError(
                    "The proxy or the certificates that the environment names cannot be used "
                    f"({type(error).__name__}).",
                    hint="Correct HTTP_PROXY, HTTPS_PROXY, ALL_PROXY or SSL_CERT_FILE, or set NO_PROXY=*.",
                ) from None
            self._loop = loop
        return self._client


def is_success(status: int) -> bool:
    """Whether a status says that the request was answered."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def parsed(body: bytes) -> Any:
    """A body as JSON.

    Raises
    ------
    ProviderError
        If it is none.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise broken("it is no JSON") from None


@cache
def user_agent() -> str:
    """What this client calls itself."""
    try:
        return f"pertinent/{version('pertinent')}"
    except PackageNotFoundError:  # run from a source tree
        return "pertinent"
