"""Request bodies: read within bounds of size, time and depth."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

from pertinent.serve.options import Limits
from pertinent.serve.refusals import Gone, Refusal


async def read_body(request: Request, limits: Limits) -> bytes:
    """Take a body off the wire.

    Raises
    ------
    Refusal
        If it is too large or comes too slowly.
    Gone
        If the client leaves meanwhile.
    """
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > limits.body_bytes:
        raise _too_large(limits)
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for part in request.stream():
                body += part
                if len(body) > limits.body_bytes:
                    raise _too_large(limits)
    except TimeoutError:
        raise Refusal(408, f"The body did not come within {limits.body_seconds:g} seconds.") from None
    except ClientDisconnect:
        raise Gone from None
    return bytes(body)


def parse_json(body: bytes, depth: int) -> Any:
    """Parse a body; not for the event loop.

    Raises
    ------
    Refusal
        If it is no JSON, or lists and objects stand too deeply within each other.

    Examples
    --------
    >>> parse_json(b'{"query": "a"}', 4)
    {'query': 'a'}
    """
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise _too_deep(depth) from None
    except ValueError:  # of decoding too: UnicodeDecodeError is one
        raise Refusal(400, "The body is no JSON.") from None
    level = [value]
    for _ in range(depth + 1):
        level = [inner for outer in level for inner in _containers(outer)]
        if not level:
            return value
    raise _too_deep(depth)


def _containers(value: Any) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [item for item in inside if isinstance(item, dict | list)]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _too_large(limits: Limits) -> Refusal:
    return Refusal(413, f"The body has more than {limits.body_bytes} bytes.")


def _too_deep(depth: int) -> Refusal:
    return Refusal(400, f"More than {depth} lists and objects stand within each other.")
