"""What is known of one request while it is answered: its id, its dialect, what took how long."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from pertinent.providers.catalogue import DIALECTS
from pertinent.providers.dialect import Dialect
from pertinent.serve.answers import json_response
from pertinent.serve.refusals import Refusal

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_MOUNTS = {dialect.mount: dialect for dialect in DIALECTS}


class Stage(NamedTuple):
    """A part of an answer, by ``time.perf_counter``."""

    name: str
    began: float
    ended: float


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
    trace_parent : str
        Of which trace the request is a part, as W3C's header says it.
    fields : dict
        Numbers and names for the log line.
    stages : list[Stage]
        What took its time.
    """

    def __init__(self, scope: Scope) -> None:
        given = Headers(scope=scope).get("x-request-id", "")
        self.id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        self.began = time.perf_counter()
        self.dialect: Dialect | None = _MOUNTS.get(
            scope["path"].split("/")[1] if "/" in scope["path"] else ""
        )
        self.trace_parent = Headers(scope=scope).get("traceparent", "")
        self.fields: dict[str, Any] = {}
        self.stages: list[Stage] = []

    def note(self, **fields: Any) -> None:
        """Keep numbers and names for the log line; no text."""
        self.fields |= fields

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a part of the answer."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.stages.append(Stage(name, began, time.perf_counter()))

    def milliseconds(self) -> dict[str, float]:
        """Of each stage, for the log line."""
        return {f"{stage.name}_ms": round(1000 * (stage.ended - stage.began), 1) for stage in self.stages}

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
