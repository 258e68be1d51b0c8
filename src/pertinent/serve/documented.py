"""What the OpenAPI document says of requests: the documented names of each dialect, with their types."""

from __future__ import annotations

from typing import Any

from pertinent.providers.catalogue import Route
from pertinent.providers.dialect import Dialect

TEXT: dict[str, Any] = {"type": "string"}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT, "minItems": 1}
FLAG: dict[str, Any] = {"type": "boolean"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 1}

REFUSALS = {
    400: "The request is not one.",
    401: "No API key, or one that is not known.",
    403: "The key does not open this.",
    404: "No such model or collection.",
    408: "The body came too slowly.",
    413: "The body, or what is in it, is too large.",
    421: "Without API keys, only names of this machine are answered to.",
    422: "A field is not what it should be.",
    429: "Too many requests; Retry-After says when.",
    503: "The server starts or ends, or a model or collection cannot be used.",
    504: "There was not enough time.",
}


def body_of(route: Route) -> dict[str, Any]:
    """The part of a path's OpenAPI entry that tells of bodies and refusals.

    At a shared path that is the dialect of a body without any other's marks.
    """
    dialect = route.spoken({})
    return documented(_rerank(dialect) if route.task == "rerank" else _embed(dialect))


def documented(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON body of that schema, and every refusal."""
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {str(status): {"description": about} for status, about in REFUSALS.items()},
    }


def _rerank(dialect: Dialect) -> dict[str, Any]:
    names = dialect.fields
    fields = [
        (names.query, TEXTS if dialect.paired else TEXT),
        (names.documents, TEXTS),
        (names.model, TEXT),
        (names.instruction or ("instruction",), TEXT),
        (names.limit, COUNT),
        (names.with_documents, FLAG),
        (names.raw_scores, FLAG),
        (names.truncate, FLAG),
    ]
    return _object(f"{dialect.name} rerank", fields, required=2)


def _embed(dialect: Dialect) -> dict[str, Any]:
    names = dialect.embed_fields
    kinds = {"type": "string", "enum": list(names.kinds)}
    fields = [
        (names.texts, {"anyOf": [TEXT, TEXTS]}),
        (names.model, TEXT),
        (names.dimensions, COUNT),
        (names.encoding, {"type": "string", "enum": ["float", "base64"]}),
        (names.kind, kinds),
    ]
    return _object(f"{dialect.name} embed", fields, required=1)


def _object(
    title: str, fields: list[tuple[tuple[str, ...], dict[str, Any]]], required: int
) -> dict[str, Any]:
    return {
        "type": "object",
        "title": title,
        "required": [names[0] for names, _ in fields[:required]],
        "properties": {names[0]: schema for names, schema in fields if names},
    }
