"""Reranking and embedding in every dialect: each below its own mount, and all documented paths bare."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import numpy as np
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from pertinent.families.instructions import find_instruction
from pertinent.providers.calls import EmbedAnswer, EmbedCall, Ranked, RerankAnswer, RerankCall, Usage
from pertinent.providers.catalogue import Route, routes
from pertinent.providers.dialect import Dialect
from pertinent.serve.answers import json_response
from pertinent.serve.bodies import parse_json, read_body
from pertinent.serve.documented import body_of
from pertinent.serve.engines import ServedModel
from pertinent.serve.refusals import Refusal
from pertinent.serve.runners import Read, Wanted
from pertinent.serve.service import Done, Service

OWN = "pertinent"
"""The dialect whose answers may be partial, and tell margins beside what all dialects tell."""

Endpoint = Callable[[Request], Awaitable[Response]]
Call = TypeVar("Call", RerankCall, EmbedCall)


def add_dialects(app: FastAPI, service: Service) -> None:
    """Add the paths of all dialects."""
    for route in routes():
        spoken = route.dialect.name if route.dialect else "the dialect that the body is in"
        if route.task == "rerank":
            endpoint = _endpoint(service, route, _asked_to_rerank, _reranked)
        else:
            endpoint = _endpoint(service, route, _asked_to_embed, _embedded)
        app.add_api_route(
            route.path.replace("{model}", "{model:path}"),
            endpoint,
            methods=["POST"],
            response_model=None,
            operation_id=f"{route.task} {route.path}",
            summary=f"{route.task.capitalize()} in {spoken}",
            tags=[route.dialect.mount if route.dialect else "shared"],
            openapi_extra=body_of(route),
        )


def _endpoint(
    service: Service,
    route: Route,
    asked: Callable[[Service, Dialect, Any, str], tuple[Call, ServedModel, Wanted]],
    written: Callable[[Dialect, Call, ServedModel, Done, Usage], Any],
) -> Endpoint:
    """The way of a request of either task: what its body asks for, and what its results are written as."""

    async def answer(request: Request) -> Response:
        client = service.admit(request, "rerank")
        speaking = request.scope["pertinent"]
        with service.gate.place(client):
            body = await read_body(request, service.limits)

            def prepare() -> tuple[Dialect, Call, ServedModel, Read]:
                parsed = parse_json(body, service.limits.json_depth)
                dialect = speaking.dialect = route.spoken(parsed)
                call, served, wanted = asked(service, dialect, parsed, request.path_params.get("model", ""))
                speaking.note(model=served.info.name, texts=len(wanted.texts))
                return dialect, call, served, service.read(served, wanted)

            with speaking.stage("read"):
                dialect, call, served, read = await service.off_loop(prepare)
            speaking.note(tokens=read.tokens)
            # Our own reranking may be partial; no embedding can be.
            partial = dialect.name == OWN and route.task == "rerank"
            with speaking.stage("run"):
                done = await service.run(request, client, served, read, partial=partial)
            usage = Usage(done.tokens, request_id=speaking.id)
            with speaking.stage("write"):
                return await service.off_loop(
                    lambda: json_response(written(dialect, call, served, done, usage))
                )

    return answer


def _asked_to_rerank(
    service: Service, dialect: Dialect, parsed: Any, model: str
) -> tuple[RerankCall, ServedModel, Wanted]:
    call = dialect.rerank_call(parsed, model)
    told = None if call.instruction is None else find_instruction(call.instruction)
    return call, service.rerankers.find(call.model), Wanted(call.documents, call.queries, told)


def _asked_to_embed(
    service: Service, dialect: Dialect, parsed: Any, model: str
) -> tuple[EmbedCall, ServedModel, Wanted]:
    call = dialect.embed_call(parsed, model)
    served = service.embedders.find(call.model)
    if call.dimensions not in (None, served.info.dimensions):
        raise Refusal(422, f"Vectors of this model have {served.info.dimensions} dimensions.")
    return call, served, Wanted(call.texts, as_queries=call.kind == "query")


def _embedded(dialect: Dialect, call: EmbedCall, served: ServedModel, done: Done, usage: Usage) -> Any:
    vectors = np.stack(done.results).astype(np.float32)
    return dialect.embed_result(EmbedAnswer(vectors, usage, call.model or served.info.name), call)


def _reranked(dialect: Dialect, call: RerankCall, served: ServedModel, done: Done, usage: Usage) -> Any:
    """Write scores in a dialect; those that the deadline left out are missing, which only our own may say."""
    scores = {place: score for place, score in enumerate(done.results) if score is not None}
    if not call.truncate and any(score.query_cut or score.document_cut for score in scores.values()):
        raise Refusal(422, "A text is longer than the model reads, and the request says not to cut it.")
    order = list(scores)
    if dialect.sorted:
        # By margin, whatever is shown: different margins may have one probability.
        order = sorted(order, key=lambda place: (-scores[place].margin, place))[: call.limit]
    shown = tuple(
        Ranked(place, scores[place].margin if call.raw_scores else scores[place].probability)
        for place in order
    )
    result = dialect.rerank_result(RerankAnswer(shown, usage, call.model or served.info.name), call)
    if dialect.name == OWN:
        rows = [
            {**row, "pertinent": {**scores[place].to_dict()}}
            for row, place in zip(result["results"], order, strict=True)
        ]
        result = {**result, "results": rows, "partial": bool(done.missing), "missing": done.missing}
    return result
