"""The server over streamable HTTP, behind the door of ``pertinent serve``: keys, or this machine alone."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable
from typing import NoReturn

import uvicorn
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pertinent.mcp.server import Context, McpServer
from pertinent.mcp.visible import VisibleCollections
from pertinent.serve.access import Access
from pertinent.serve.answers import json_response
from pertinent.serve.bodies import read_body
from pertinent.serve.keys import Key, KeyFile
from pertinent.serve.options import Limits, ServerOptions
from pertinent.serve.patience import patient
from pertinent.serve.refusals import Gone, Refusal
from pertinent.serve.running import BACKLOG, CONNECTIONS, KEEP_ALIVE_SECONDS, bound

log = logging.getLogger("pertinent.mcp")

PATH = "/mcp"
MOST_SESSIONS = 256
IDLE_SECONDS = 1800.0
ENDING_SECONDS = 5
"""For calls that are under way when the server is asked to end."""

KEY = "pertinent.key"


class Door:
    """ASGI middleware: lets in what brings a key, or without keys what comes from this machine; whole bodies.

    Parameters
    ----------
    app : ASGIApp
        What is behind it.
    access : Access
        Who may come in.
    limits : Limits
        How large bodies may be, and how long they may take, which the SDK does not bound.
    """

    def __init__(self, app: ASGIApp, access: Access, limits: Limits) -> None:
        self._app = app
        self._access = access
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] == "http":
            try:
                key = scope[KEY] = self._access.key_of(Request(scope))
                if scope["method"] == "POST":
                    receive = _again(await read_body(Request(scope, receive), self._limits), receive)
            except Refusal as refusal:
                response = json_response({"error": refusal.message}, refusal.status)
                if refusal.status == 401:
                    response.headers["WWW-Authenticate"] = "Bearer"
                await response(scope, receive, send)
                return
            except Gone:
                return
            if key is not None:
                # So that the SDK lets nobody into a session that another key has begun.
                scope["user"] = AuthenticatedUser(AccessToken(token="", client_id=key.id, scopes=[]))
        await self._app(scope, receive, send)


def _again(body: bytes, receive: Receive) -> Receive:
    """What was read, as if it came now; then whatever comes."""
    read: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return read.pop() if read else await receive()

    return again


def may(ctx: Context) -> Callable[[str], bool]:
    """Which scopes the key of a request opens; one that did not come through the door opens none."""
    if ctx.request is None or KEY not in ctx.request.scope:
        return lambda _: False
    key: Key | None = ctx.request.scope[KEY]
    return (lambda _: True) if key is None else key.may


def make_http_server(
    visible: VisibleCollections, options: ServerOptions
) -> tuple[uvicorn.Server, socket.socket]:
    """Bind the port and make the server; nothing is answered yet.

    Raises
    ------
    UsageError
        If the address cannot be listened on.
    """
    app = McpServer(visible, may).sdk.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=options.limits.body_bytes,
        max_sessions=MOST_SESSIONS,
        session_idle_timeout=IDLE_SECONDS,
        # The door looks at Host and Origin itself.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    config = uvicorn.Config(
        Door(app, Access(KeyFile(options.keys) if options.keys is not None else None), options.limits),
        log_config=None,
        http=patient(options.limits),
        ws="none",
        proxy_headers=False,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=ENDING_SECONDS,
    )
    return uvicorn.Server(config), bound(options.host, options.port)


def serve_http(visible: VisibleCollections, options: ServerOptions) -> NoReturn:
    """Serve until SIGTERM or Ctrl-C, and end the process."""
    server, listening = make_http_server(visible, options)
    host, port = listening.getsockname()[:2]
    where = {"host": host, "port": port, "path": PATH, "keys": options.keys is not None}
    log.info("listening", extra={"fields": where})
    code = 0
    try:
        with listening:
            asyncio.run(server.serve(sockets=[listening]))
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    finally:
        visible.close()
    # A process waits for its threads, and a model may be busy for long with what nobody waits for any more.
    os._exit(code)
