"""What lies around every request: its id, its time, its log line, and errors in the dialect being spoken."""

from __future__ import annotations

import asyncio
import logging
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pertinent.errors import PertinentError
from pertinent.serve.refusals import Gone, Refusal, refusal_of
from pertinent.serve.service import Service
from pertinent.serve.speaking import Speaking
from pertinent.serve.tracing import Traces

log = logging.getLogger("pertinent.serve")

CLIENT_LEFT = 499
"""What a log says of a client that left before the answer; no client ever sees it."""


class Outer:
    """ASGI middleware around the whole application.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    service : Service
        Whose metrics and state it keeps.
    traces : Traces | None
        Where spans go; None makes none.
    """

    def __init__(self, app: ASGIApp, service: Service, traces: Traces | None = None) -> None:
        self._app = app
        self._service = service
        self._traces = traces

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
        told = {**fields, "ms": round(1000 * seconds, 1), **speaking.fields, **speaking.milliseconds()}
        log.info("request", extra={"fields": told})
        if self._traces is not None:
            self._traces.tell(speaking, {**fields, **speaking.fields})
