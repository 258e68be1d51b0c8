"""The application: every route, and the errors of those that there are not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pertinent.serve import metrics
from pertinent.serve.access import require_scope
from pertinent.serve.answers import json_response
from pertinent.serve.dialect_routes import add_dialects
from pertinent.serve.outer import Outer
from pertinent.serve.refusals import Refusal
from pertinent.serve.search_routes import add_search
from pertinent.serve.service import Service
from pertinent.serve.tracing import Traces

log = logging.getLogger("pertinent.serve")

ABOUT = (
    "Reranking, embedding and search. Every dialect answers below its own mount (`/cohere/v2/rerank`), "
    "and at the bare paths that its clients know."
)


def make_app(service: Service) -> FastAPI:
    """Make the application of a service; it loads the models when it starts and ends them when it stops."""

    traces = Traces() if service.options.traces else None

    @asynccontextmanager
    async def lifetime(_: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(_load(service))
        try:
            yield
        finally:
            await loading
            await asyncio.to_thread(service.close)
            if traces is not None:
                await asyncio.to_thread(traces.close)

    app = FastAPI(title="Pertinent", version=version("pertinent"), description=ABOUT, lifespan=lifetime)
    _add_state(app, service)
    add_dialects(app, service)
    add_search(app, service)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_middleware(Outer, service=service, traces=traces)
    return app


async def _load(service: Service) -> None:
    """Load models while ``/healthz`` answers already; ``/readyz`` waits for it."""
    try:
        await asyncio.to_thread(service.load)
    except Exception as error:
        service.fault = error
    else:
        log.info("ready")


def _add_state(app: FastAPI, service: Service) -> None:
    async def healthz() -> Response:
        """Whether the process answers."""
        return json_response({"status": "ok"})

    async def readyz() -> Response:
        """Whether models are loaded and have passed their canary, and the server is not about to end."""
        if service.gate.draining or not service.ready:
            raise Refusal(
                503, "ending" if service.gate.draining else "models are being loaded", retry_after=1
            )
        # No names: whoever reaches the server may ask this, without a key.
        return json_response({"status": "ready"})

    async def prometheus(request: Request) -> Response:
        """Numbers for Prometheus; with keys on, for scope admin."""
        require_scope(service.access.key_of(request), "admin")
        return Response(service.metrics.text(), media_type=metrics.CONTENT_TYPE)

    for path, endpoint in (("/healthz", healthz), ("/readyz", readyz), ("/metrics", prometheus)):
        app.add_api_route(path, endpoint, methods=["GET"], response_model=None, tags=["state"])


async def _no_route(request: Request, error: Exception) -> Response:
    """404 and 405 in the shape of the mount they happened under."""
    assert isinstance(error, HTTPException)
    said = {404: "There is no such path here; see /docs.", 405: "The path does not take this method."}
    refusal = Refusal(error.status_code, said.get(error.status_code, "The request is not one."))
    response: Response = request.scope["pertinent"].error(refusal)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response
