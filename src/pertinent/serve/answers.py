"""Answers as JSON."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON answer; for the event loop only where it is small.

    Examples
    --------
    >>> json_response({"score": 0.5}).body
    b'{"score":0.5}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Half a surrogate pair, which a client may have put into a name, is written as JSON escapes it.
    return Response(text.encode("utf-8", "backslashreplace"), status, media_type="application/json")
