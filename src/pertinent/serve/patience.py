"""Connections whose client says nothing, or takes nothing, come to an end.

The body of a request has its own bound of time (``bodies``), idle connections have uvicorn's; here are the
heads of requests, what a client goes on sending after its answer, and answers that nobody reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.h11_impl import H11Protocol

from pertinent.serve.options import Limits


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with bounds of time; h11 bounds the size of a head.

    Attributes
    ----------
    head_seconds : float
        From the first byte of a request, or from connecting, to the end of its head.
    write_seconds : float
        For a client to take so much of an answer that the rest of it can be sent.
    """

    head_seconds: float
    write_seconds: float
    _head: asyncio.TimerHandle | None = None
    _write: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a head."""
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        super().data_received(data)
        self._watch_head()

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._write = self._write or self._after(self.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        self._stop_write()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_head()
        self._stop_write()
        super().connection_lost(exc)

    def _watch_head(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_head()
        elif self._head is None and not self.transport.is_closing():
            self._head = self._after(self.head_seconds, self.transport.close)

    def _stop_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _stop_write(self) -> None:
        if self._write is not None:
            self._write.cancel()
            self._write = None

    def _after(self, seconds: float, end: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, end)


def patient(limits: Limits) -> type[PatientProtocol]:
    """The protocol with a server's bounds."""

    class Bounded(PatientProtocol):
        head_seconds = limits.head_seconds
        write_seconds = limits.write_seconds

    return Bounded
