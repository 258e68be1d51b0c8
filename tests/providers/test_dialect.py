"""Every dialect reads what it writes, on either side of the wire, and nothing that arrives breaks it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.errors import UsageError
from pertinent.providers.calls import EmbedAnswer, EmbedCall, Ranked, RerankAnswer, RerankCall, Usage
from pertinent.providers.dialect import Dialect
from pertinent.providers.facts import MODEL_IN_PATH
from support.dialect_calls import (
    MODELS,
    RERANKING,
    TEXTS,
    answered,
    as_sayable,
    calls,
    each,
    each_embedding,
    wire,
)

SILENT_ON_TOKENS = {"tei", "sglang"}
SILENT_ON_NAMES = {"fireworks", "jina", "voyage", "tei", "sglang"}
SILENT_ON_MODELS = {"deepinfra", "siliconflow", "siliconflow-cn", "cohere", "tei", "sglang"}


def in_path(dialect: Dialect, path: str) -> str:
    start, found, _ = dialect.rerank_paths[0].partition(MODEL_IN_PATH)
    return unquote(path.removeprefix(start)) if found else ""


@each
@settings(max_examples=40, deadline=None)
@given(call=calls())
def test_a_request_is_read_as_it_was_meant(dialect: Dialect, call: RerankCall) -> None:
    call = as_sayable(dialect, call)
    request = dialect.rerank_request(call)
    assert dialect.rerank_call(wire(request.body), in_path(dialect, request.path)) == call


@each
@pytest.mark.parametrize(
    "wish",
    [{"instruction": "Find trials."}, {"raw_scores": True}, {"truncate": False}, {"queries": ("q", "r")}],
    ids=lambda wish: next(iter(wish)),
)
def test_what_cannot_be_said_is_no_request(dialect: Dialect, wish: dict[str, Any]) -> None:
    call = replace(RerankCall(("q",), ("a", "b")), **wish)
    if as_sayable(dialect, call) == call:
        assert dialect.rerank_request(call).body
    else:
        with pytest.raises(UsageError, match=dialect.name):
            dialect.rerank_request(call)


@each
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_an_answer_is_read_as_it_was_meant(dialect: Dialect, data: st.DataObject) -> None:
    call, answer = data.draw(answered(dialect))
    read = dialect.rerank_answer(wire(dialect.rerank_result(answer, call)), call)
    assert read.ranked == answer.ranked
    assert read.usage.tokens == (None if dialect.name in SILENT_ON_TOKENS else answer.usage.tokens)
    assert read.usage.request_id == ("" if dialect.name in SILENT_ON_NAMES else answer.usage.request_id)
    assert read.model == ("" if dialect.name in SILENT_ON_MODELS else answer.model)


@each
def test_an_answer_is_sorted_as_its_dialect_sorts(dialect: Dialect) -> None:
    call = RerankCall(("q",), ("a", "b", "c", "d"))
    shuffled = [Ranked(2, 0.5), Ranked(0, 0.1), Ranked(3, 0.9), Ranked(1, 0.5)]
    body = {"results": [{"index": item.index, "score": item.score} for item in shuffled]}
    order = [item.index for item in dialect.rerank_answer(body, call).ranked]
    assert order == ([3, 2, 1, 0] if dialect.sorted else [0, 1, 2, 3])
    best = {item.index for item in dialect.rerank_answer(body, replace(call, limit=2)).ranked}
    assert best == {3, 2}


@each
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_dialect_reads_the_answers_of_all_others(dialect: Dialect, data: st.DataObject) -> None:
    other = data.draw(st.sampled_from(RERANKING))
    call, answer = data.draw(answered(other))
    call = replace(call, limit=None)
    answer = replace(answer, ranked=tuple(Ranked(at, 1 / (at + 1)) for at in range(len(call.documents))))
    assert dialect.rerank_answer(wire(other.rerank_result(answer, call)), call).ranked == answer.ranked


@each
def test_texts_are_repeated_where_they_are_wanted(dialect: Dialect) -> None:
    call = RerankCall(("q",), ("alpha", "beta"))
    answer = RerankAnswer((Ranked(1, 0.9), Ranked(0, 0.1)))
    for wanted in (None, True, False):
        shown = "beta" in json.dumps(dialect.rerank_result(answer, replace(call, with_documents=wanted)))
        expected = dialect.with_documents if wanted is None else wanted
        assert shown == (expected and dialect.name != "deepinfra")


@each
@pytest.mark.parametrize("name", ["instruction", "instruct", "task"])
def test_the_server_reads_an_instruction_in_every_dialect(dialect: Dialect, name: str) -> None:
    request = dialect.rerank_request(RerankCall(("q",), ("a",), "m"))
    assert dialect.rerank_call({**request.body, name: "Find trials."}, "m").instruction == "Find trials."


@each
@pytest.mark.parametrize("status", [400, 401, 413, 422, 424, 429, 500, 503])
def test_an_error_is_understood(dialect: Dialect, status: int) -> None:
    assert dialect.complaint(wire(dialect.error(status, "Too many documents."))) == "Too many documents."


@each
def test_keys_travel_in_the_header_alone(dialect: Dialect) -> None:
    scheme = "Token" if dialect.name == "openmem" else "Bearer"
    assert dialect.headers("secret") == {"Authorization": f"{scheme} secret"}
    assert dialect.headers("") == {}
    assert "secret" not in repr(dialect)


VECTORS = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=width, max_size=width),
        min_size=1,
        max_size=4,
    )
)


@each_embedding
@settings(max_examples=30, deadline=None)
@given(
    texts=st.lists(TEXTS, min_size=1, max_size=4),
    model=MODELS,
    dimensions=st.none() | st.integers(1, 4096),
    kind=st.sampled_from([None, "query", "document"]),
    base64=st.booleans(),
)
def test_texts_to_embed_are_read_as_they_were_meant(
    dialect: Dialect, texts: list[str], model: str, dimensions: int | None, kind: str | None, base64: bool
) -> None:
    names = dialect.embed_fields
    call = EmbedCall(tuple(texts), model if names.model else "", dimensions, kind, base64)
    read = dialect.embed_call(wire(dialect.embed_request(call).body))
    if dialect.name == "cohere":
        assert read == replace(call, kind=kind or "document")
    elif dialect.name == "tei":
        assert read == replace(call, kind=None, base64=False)
    else:
        assert read == replace(call, kind=kind if names.kind else None)


@each_embedding
@settings(max_examples=30, deadline=None)
@given(rows=VECTORS, base64=st.booleans(), tokens=st.integers(0, 10**9))
def test_vectors_arrive_bit_by_bit(
    dialect: Dialect, rows: list[list[float]], base64: bool, tokens: int
) -> None:
    call = EmbedCall(("t",) * len(rows), "m", base64=base64)
    vectors = np.array(rows, dtype=np.float32)
    written = wire(dialect.embed_result(EmbedAnswer(vectors, Usage(tokens), "m"), call))
    read = dialect.embed_answer(written, call)
    assert read.vectors.dtype == np.float32
    assert read.vectors.tobytes() == vectors.tobytes()
    assert read.usage.tokens == (None if dialect.name == "tei" else tokens)
