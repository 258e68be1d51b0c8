"""Read what services answer: scores, vectors, usage and complaints, by all names they are known to have.

What is read is checked: a service that drops a score, repeats an index or answers NaN has failed, and its
answer is passed on to nobody.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pertinent.errors import ProviderError
from pertinent.providers.calls import Ranked, Usage

LISTS = ("scores", "results", "data")
SCORES = ("score", "relevance_score", "rerank_score")
ENVELOPES = 3
"""So many objects named ``data`` are opened, one within the other."""

MOST_TOKENS = 10**12
MOST_DOLLARS = 1e6
"""A call that is said to cost more than either is not believed."""
COMPLAINT_LENGTH = 300
_SECRET = re.compile(
    r"\b(?:sk|pa|jina|co|fw)[-_][\w*-]{6,}|(?<=bearer )\S+|(?<=token )\S{12,}|[\w*-]{32,}", re.I
)
_ECHO = re.compile(r"['\"]input['\"]:.*|input_value=.*", re.DOTALL)
"""Where validators begin to repeat what they were sent: texts, which belong in no message."""


def broken(what: str) -> ProviderError:
    """The error of an answer that cannot be used."""
    return ProviderError(
        f"The service's answer cannot be used: {what}.",
        hint="Check the address and the dialect; `pertinent providers check` tries both.",
    )


def number(value: Any, what: str) -> float:
    """A finite number."""
    if type(value) not in {int, float}:
        raise broken(f"{what} is no number")
    try:
        converted = float(value)
    except OverflowError:
        converted = math.inf
    if not math.isfinite(converted):
        raise broken(f"{what} is not finite")
    return converted


def listed(body: Any, names: tuple[str, ...]) -> list[Any]:
    """The list in an answer, under one of the names, within objects named ``data``, or by itself."""
    for _ in range(ENVELOPES + 1):
        if isinstance(body, list):
            return body
        if not isinstance(body, Mapping):
            break
        name = next((name for name in names if isinstance(body.get(name), list)), None)
        body = body.get(name or "data")
    raise broken(f"it has no list named {', '.join(names)}")


def places(items: list[Any], count: int) -> list[int]:
    """The ``index`` of each item: in range, and none twice."""
    found: list[int] = []
    for item in items:
        index = item.get("index") if isinstance(item, Mapping) else None
        if type(index) is not int:
            raise broken("a result has no index")
        if not 0 <= index < count:
            raise broken(f"an index is out of range 0 to {count - 1}")
        found.append(index)
    if len(set(found)) != len(found):
        raise broken("it has an index twice")
    return found


def read_scores(body: Any, documents: int, limit: int | None) -> list[Ranked]:
    """Scores, checked, in the order they came in.

    Parameters
    ----------
    body : Any
        Parsed JSON.
    documents : int
        So many were asked about.
    limit : int | None
        So many were wanted at most. All of them are taken as well, from services that know no limit.
    """
    items = listed(body, LISTS)
    wanted = documents if limit is None else min(limit, documents)
    if len(items) not in {wanted, documents}:
        raise broken(f"it has {len(items)} scores where {wanted} were asked for")
    if all(not isinstance(item, Mapping) for item in items):
        if len(items) != documents:
            raise broken(
                f"it has {len(items)} scores for {documents} documents, and says not which they are of"
            )
        return [Ranked(at, number(item, "a score")) for at, item in enumerate(items)]
    ranked = []
    for index, item in zip(places(items, documents), items, strict=True):
        value = next((item[name] for name in SCORES if item.get(name) is not None), None)
        ranked.append(Ranked(index, number(value, "a score")))
    return ranked


def read_vectors(body: Any, texts: int) -> npt.NDArray[np.float32]:
    """Vectors, checked, in the order of the texts; base64 is read wherever it stands for one."""
    if isinstance(body, Mapping) and isinstance(body.get("embeddings"), Mapping):
        by_type = body["embeddings"]
        body = by_type.get("float") or by_type.get("base64")
    items = listed(body, ("data", "embeddings"))
    if len(items) != texts:
        raise broken(f"it has {len(items)} vectors for {texts} texts")
    rows = [_vector(item.get("embedding") if isinstance(item, Mapping) else item) for item in items]
    if any(isinstance(item, Mapping) for item in items):
        order = places(items, texts)
        rows = [row for _, row in sorted(zip(order, rows, strict=True), key=lambda pair: pair[0])]
    if not rows or len({len(row) for row in rows}) != 1 or not len(rows[0]):
        raise broken("its vectors are not all of one width")
    vectors = np.stack(rows)
    if not np.isfinite(vectors).all():
        raise broken("a vector is not finite")
    return vectors


def _vector(value: Any) -> npt.NDArray[np.float32]:
    try:
        if isinstance(value, str):
            return np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4").astype(np.float32)
        if isinstance(value, list) and all(type(part) in {int, float} for part in value):
            with np.errstate(over="ignore"):  # becomes infinite, which is refused later
                return np.array(value, dtype=np.float32)
    except (binascii.Error, ValueError, OverflowError):
        pass
    raise broken("a vector is no list of numbers")


def read_usage(body: Any) -> Usage:
    """What a call cost, as far as the answer tells; what is not understood there is no error."""
    body = _inside(body)
    meta = _part(body, "meta")
    status = _part(body, "inference_status")
    tokens = next(
        (
            part[name]
            for part in (_part(body, "usage"), body, _part(body, "tokens"), _part(meta, "tokens"), status)
            for name in ("total_tokens", "prompt_tokens", "input_tokens", "tokens_input")
            if type(part.get(name)) is int and 0 <= part[name] < MOST_TOKENS
        ),
        None,
    )
    cost: Any = status.get("cost")
    known = type(cost) in {int, float} and 0 <= cost < MOST_DOLLARS
    name = next((body[name] for name in ("request_id", "id") if isinstance(body.get(name), str)), "")
    return Usage(tokens, float(cost) if known else None, name)


def read_model(body: Any) -> str:
    """The model's name in an answer; empty where there is none."""
    name = _inside(body).get("model")
    return name if isinstance(name, str) else ""


def _inside(body: Any) -> Mapping[str, Any]:
    """The object that says things: the answer, or what an envelope holds as its ``data``."""
    if not isinstance(body, Mapping):
        return {}
    data = body.get("data")
    return data if isinstance(data, Mapping) else body


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}


def read_complaint(body: Any, depth: int = 4) -> str:
    """What an error body says, on one line, shortened, without what looks like a key or repeats the request.

    Examples
    --------
    >>> read_complaint({"detail": {"error": "no such model"}})
    'no such model'
    >>> read_complaint([{"loc": ["body", "query"], "msg": "Field required"}])
    'Field required'
    """
    if isinstance(body, str):
        plain = "".join(letter if letter.isprintable() else " " for letter in _ECHO.sub("…", body))
        said = _SECRET.sub("[key]", " ".join(plain.split()))
        return said if len(said) <= COMPLAINT_LENGTH else said[: COMPLAINT_LENGTH - 1] + "…"
    if depth and isinstance(body, list):
        return next((said for said in (read_complaint(item, depth - 1) for item in body) if said), "")
    if depth and isinstance(body, Mapping):
        parts = (body.get(name) for name in ("error", "detail", "message", "msg"))
        return next((said for said in (read_complaint(part, depth - 1) for part in parts) if said), "")
    return ""
