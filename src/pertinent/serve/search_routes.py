"""Pertinent's own: ``/v1/search`` and ``/v1/collections``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from pertinent.serve.access import client_of, require_scope
from pertinent.serve.answers import json_response
from pertinent.serve.bodies import parse_json, read_body
from pertinent.serve.documented import documented
from pertinent.serve.queued_reranker import TURN, Turn
from pertinent.serve.refusals import Refusal
from pertinent.serve.service import Service

LONGEST_QUERY = 32_768
MOST_FILTERS = 64
NAME_SHOWN = 80

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]


class SearchBody(BaseModel):
    """What is searched for, and where; numbers that are left out are the settings'."""

    model_config = ConfigDict(extra="forbid", strict=True)

    collection: Name
    query: str = Field(max_length=LONGEST_QUERY)
    instruction: str | None = Field(default=None, max_length=LONGEST_QUERY)
    model: str = Field(default="", max_length=256)
    top_k: int | None = Field(default=None, ge=1, le=1000)
    candidates: int | None = Field(default=None, ge=1, le=10_000)
    rerank_limit: int | None = Field(default=None, ge=0, le=10_000)
    max_per_document: int | None = Field(default=None, ge=1, le=1000)
    floor: float | None = Field(default=None, ge=0, le=1)
    filters: list[str] | dict[str, Any] | None = Field(default=None, max_length=MOST_FILTERS)


def add_search(app: FastAPI, service: Service) -> None:
    """Add the paths."""

    async def search(request: Request) -> Response:
        """Find the passages of a collection that answer a query.

        Passages that the deadline left without a score come in first-stage order, and ``reranked`` says so.
        """
        key = service.access.key_of(request)
        speaking = request.scope["pertinent"]
        if not service.ready:
            raise Refusal(503, "Models are being loaded.", retry_after=2)
        with service.gate.place(client_of(request, key)):
            body = await read_body(request, service.limits)
            asked = await service.off_loop(lambda: _checked(body, service.limits.json_depth))
            require_scope(key, f"search:{asked.collection}")
            seconds, own = service.time_for(request)
            turn = Turn(client_of(request, key), seconds)

            def work() -> Response:
                TURN.set(turn)
                reranker = service.rerankers.find(asked.model)
                collection = service.shelf.find(asked.collection, reranker)
                found = collection.search(
                    asked.query,
                    instruction=asked.instruction,
                    top_k=asked.top_k,
                    candidates=asked.candidates,
                    rerank_limit=asked.rerank_limit,
                    deadline=max(seconds, 0.001) if own else None,
                    filters=asked.filters,
                    floor=asked.floor,
                    max_per_document=asked.max_per_document,
                )
                speaking.note(texts=len(found.candidates), reranked=found.reranked)
                return json_response(found.to_dict())

            with speaking.stage("search"):
                return await service.search(request, work, turn.leave)

    async def collections(request: Request) -> Response:
        """The collections that the key may search."""
        key = service.access.key_of(request)
        with service.gate.place(client_of(request, key)):

            def work() -> Response:
                names = [name for name in service.shelf.names() if key is None or key.may(f"search:{name}")]
                return json_response({"collections": [service.shelf.describe(name) for name in names]})

            return await service.off_loop(work)

    async def collection(request: Request, name: str) -> Response:
        """What a collection holds and is made of."""
        key = service.access.key_of(request)
        require_scope(key, f"search:{name}")
        with service.gate.place(client_of(request, key)):
            return await service.off_loop(lambda: json_response(service.shelf.describe(name)))

    told = {"responses": documented({})["responses"]}
    add = app.add_api_route
    add("/v1/search", search, methods=["POST"], response_model=None, tags=["search"], openapi_extra=_about())
    add(
        "/v1/collections",
        collections,
        methods=["GET"],
        response_model=None,
        tags=["search"],
        openapi_extra=told,
    )
    add(
        "/v1/collections/{name}",
        collection,
        methods=["GET"],
        response_model=None,
        tags=["search"],
        openapi_extra=told,
    )


def _checked(body: bytes, depth: int) -> SearchBody:
    try:
        return SearchBody.model_validate(parse_json(body, depth))
    except ValidationError as error:
        # Only names and rules are told; a value may be a patient's.
        faults = [
            f"{'.'.join(map(str, fault['loc']))[:NAME_SHOWN] or 'body'}: {fault['msg']}"
            for fault in error.errors()[:3]
        ]
        raise Refusal(422, "; ".join(faults)) from None


def _about() -> dict[str, Any]:
    return documented(SearchBody.model_json_schema())
