"""What lies around every request: its id, its time, its log line, and errors in the dialect being spoken."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pertinent.errors import PertinentError
from pertinent.providers.catalogue import DIALECTS
from pertinent.providers.dialect import Dialect
from pertinent.serve.answers import json_response
from pertinent.serve.refusals import Gone, Refusal, refusal_of
from pertinent.serve.service import Service

log = logging.getLogger("pertinent.serve")

CLIENT_LEFT = 499
"""What a log says of a client that left before the answer; no client ever sees it."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_MOUNTS = {dialect.mount: dialect for dialect in DIALECTS}


class Speaking:
    """What is known of one request while it is answered.

    Attributes
    ----------
    id : str
        Its name, the client's own where it gives a harmless one.
    began : float
        When its head had come, by ``time.perf_counter``.
    dialect : Dialect | None
        What errors are written in; None for Pertinent's own.
    """

    def __init__(self, scope: Scope) -> None:
        given = Headers(scope=scope).get("x-request-id", "")
        self.id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        self.began = time.perf_counter()
        self.dialect: Dialect | None = _MOUNTS.get(
            scope["path"].split("/")[1] if "/" in scope["path"] else ""
        )
        self.fields: dict[str, Any] = {}

    def note(self, **fields: Any) -> None:
        """Keep numbers and names for the log line; no text."""
        self.fields |= fields

    def error(self, refusal: Refusal) -> Response:
        """The answer that a refusal is."""
        if self.dialect is not None:
            body = self.dialect.error(refusal.status, refusal.message)
        else:
            body = {"error": {"status": refusal.status, "message": refusal.message, "request_id": self.id}}
        response = json_response(body, refusal.status)
        if refusal.retry_after is not None:
            response.headers["Retry-After"] = str(refusal.retry_after)
        if refusal.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response


class Outer:
    """ASGI middleware around the whole application.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    service : Service
        Whose metrics and state it keeps.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        speaking = scope["pertinent"] = Speaking(scope)
        status = 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(raw=message["headers"])
                headers["X-Request-ID"] = speaking.id
                if self._service.gate.draining:
                    headers["Connection"] = "close"
                message["headers"] = headers.raw
            await send(message)

        try:
            await self._app(scope, receive, tell)
        except Gone:
            status = CLIENT_LEFT
        except asyncio.CancelledError:
            status = CLIENT_LEFT
            raise
        except Exception as error:
            refusal = self._refusal(error, speaking)
            if not status:
                await speaking.error(refusal)(scope, receive, tell)
        finally:
            self._tell(scope, speaking, status)

    def _refusal(self, error: Exception, speaking: Speaking) -> Refusal:
        if isinstance(error, Refusal):
            return error
        if isinstance(error, PertinentError):
            refusal = refusal_of(error)
            if refusal.status < 500:
                return refusal
        else:
            refusal = Refusal(500, "The server met a fault of its own; its log has the request's id.")
        self._service.metrics.errors.labels(type(error).__name__).inc()
        log.error("fault", exc_info=error, extra={"fields": {"request": speaking.id}})
        return refusal

    def _tell(self, scope: Scope, speaking: Speaking, status: int) -> None:
        # The route's pattern, not the path: a path may hold anything.
        route = scope.get("route")
        operation = getattr(route, "path_format", "") or "unknown"
        dialect = speaking.dialect.name if speaking.dialect else "pertinent"
        seconds = time.perf_counter() - speaking.began
        self._service.metrics.requests.labels(dialect, operation, str(status)).inc()
        self._service.metrics.seconds.labels(operation).observe(seconds)
        fields = {"request": speaking.id, "dialect": dialect, "operation": operation, "status": status}
        log.info("request", extra={"fields": {**fields, "ms": round(1000 * seconds, 1), **speaking.fields}})
