"""From options to a process that listens, and from SIGTERM to its end."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from types import FrameType

import uvicorn

from pertinent.errors import UsageError
from pertinent.serve.app import make_app
from pertinent.serve.logs import log_as_json
from pertinent.serve.options import ServerOptions
from pertinent.serve.patience import patient
from pertinent.serve.service import Service

log = logging.getLogger("pertinent.serve")

FAREWELL_SECONDS = 1.0
"""How long a server that ends still takes connections, to tell them so: what is on its way gets an answer."""

CONNECTIONS = 1024
BACKLOG = 1024
KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep an idle connection, so that none sends a request on one that is being closed."""


class DrainingServer(uvicorn.Server):
    """Finishes what it has accepted: new requests are refused with 503, and it ends when none is left.

    Parameters
    ----------
    config : uvicorn.Config
        What it runs.
    service : Service
        Whose gate it closes.
    """

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service
        self._asked_at: float | None = None
        self._deaf = False

    @property
    def fault(self) -> Exception | None:
        """Why models could not be loaded."""
        return self._service.fault

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end; a second signal ends at once."""
        if self._asked_at is None:
            self._asked_at = time.monotonic()
            self._service.gate.draining = True
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """End once accepted requests are done, or have had their time."""
        if self._asked_at is not None:
            waited = time.monotonic() - self._asked_at
            idle = self._service.gate.taken == 0 and waited >= FAREWELL_SECONDS
            if idle and not self._deaf:
                # Connections first, requests later: what came on the last one is read and answered until
                # the next tick. To close both at once would reset it.
                for server in self.servers:
                    server.close()
                self._deaf = True
            elif idle or waited >= self._service.limits.drain_seconds:
                log.info("ending", extra={"fields": {"unfinished": self._service.gate.taken}})
                self.should_exit = True
        if self.fault is not None:
            self.should_exit = True
        return await super().on_tick(counter)


def make_server(options: ServerOptions) -> tuple[DrainingServer, socket.socket]:
    """Bind the port and make the server; nothing is answered yet.

    Raises
    ------
    UsageError
        If the address cannot be listened on.
    PertinentError
        If a model is not found.
    """
    service = Service(options)
    config = uvicorn.Config(
        make_app(service),
        log_config=None,
        http=patient(options.limits),
        ws="none",
        # Clients are told apart by their connections; a header would let one pass for many.
        proxy_headers=False,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(options.limits.drain_seconds),
    )
    return DrainingServer(config, service), bound(options.host, options.port)


def serve(options: ServerOptions) -> None:
    """Serve until SIGTERM or Ctrl-C; accepted requests are finished first.

    Raises
    ------
    ModelError
        If a model cannot be loaded.
    """
    log_as_json()
    server, listening = make_server(options)
    host, port = listening.getsockname()[:2]
    log.info("listening", extra={"fields": {"host": host, "port": port, "keys": options.keys is not None}})
    with listening:
        asyncio.run(server.serve(sockets=[listening]))
    if server.fault is not None:
        raise server.fault


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    Raises
    ------
    UsageError
        If the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sets TCP_NODELAY; without, each answer waits some 40 ms for an ACK.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host.strip("[]"), port))
        listening.listen(BACKLOG)  # who reads that it listens may connect at once
    except OSError as error:
        listening.close()
        raise UsageError(
            f"{host}:{port} cannot be listened on ({error.strerror}).", hint="Give another --host or --port."
        ) from None
    listening.set_inheritable(True)
    return listening
