"""Every dialect reads what it writes, on either side of the wire, and nothing that arrives breaks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.errors import ProviderError, UsageError
from pertinent.providers.bare_paths import EMBED_DEFAULTS, RERANK_DEFAULTS, spoken_at
from pertinent.providers.calls import EmbedAnswer, EmbedCall, Ranked, RerankAnswer, RerankCall, Usage
from pertinent.providers.catalogue import DIALECTS, detect, find_dialect
from pertinent.providers.dialect import Dialect
from pertinent.providers.facts import MODEL_IN_PATH
from pertinent.providers.faults import RequestFault

RERANKING = [dialect for dialect in DIALECTS if dialect.rerank_paths]
EMBEDDING = [dialect for dialect in DIALECTS if dialect.embed_paths]
PAIRED = {"deepinfra", "vllm-score"}
ACTIVATED = {"vllm", "vllm-score"}
"""These say that scores are to be margins under a name that means the opposite."""
SILENT_ON_TOKENS = {"tei", "sglang"}
SILENT_ON_NAMES = {"fireworks", "jina", "voyage", "tei", "sglang"}
SILENT_ON_MODELS = {"deepinfra", "siliconflow", "siliconflow-cn", "cohere", "tei", "sglang"}

each = pytest.mark.parametrize("dialect", RERANKING, ids=lambda dialect: dialect.name)
each_embedding = pytest.mark.parametrize("dialect", EMBEDDING, ids=lambda dialect: dialect.name)
TEXTS = st.text(max_size=12)
MODELS = st.sampled_from(["", "m", "Qwen/Qwen3-Reranker-8B", "a b/ü?#%41"])
SCORES = st.floats(allow_nan=False, allow_infinity=False)


def wire(body: Any) -> Any:
    return json.loads(json.dumps(body, allow_nan=False))


def in_path(dialect: Dialect, path: str) -> str:
    start, found, _ = dialect.rerank_paths[0].partition(MODEL_IN_PATH)
    return unquote(path.removeprefix(start)) if found else ""


@st.composite
def calls(draw: st.DrawFn) -> RerankCall:
    documents = draw(st.lists(TEXTS, min_size=1, max_size=5))
    queries = draw(st.lists(TEXTS, min_size=1, max_size=1) | st.permutations(documents))
    return RerankCall(
        queries=tuple(queries),
        documents=tuple(documents),
        model=draw(MODELS),
        instruction=draw(st.none() | TEXTS),
        limit=draw(st.none() | st.integers(1, 9)),
        with_documents=draw(st.none() | st.booleans()),
        raw_scores=draw(st.booleans()),
        truncate=draw(st.booleans()),
    )


def as_sayable(dialect: Dialect, call: RerankCall) -> RerankCall:
    """The call without what the dialect has no words for."""
    names = dialect.fields
    says_model = bool(names.model) or MODEL_IN_PATH in dialect.rerank_paths[0]
    return replace(
        call,
        queries=call.queries if dialect.name in PAIRED else call.queries[:1],
        model=call.model if says_model else "",
        instruction=call.instruction if names.instruction else None,
        limit=call.limit if names.limit else None,
        with_documents=call.with_documents if names.with_documents else None,
        raw_scores=call.raw_scores and (bool(names.raw_scores) or dialect.name in ACTIVATED),
        truncate=call.truncate or not names.truncate,
    )


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


@st.composite
def answered(draw: st.DrawFn, dialect: Dialect) -> tuple[RerankCall, RerankAnswer]:
    call = as_sayable(dialect, draw(calls()))
    scores = draw(st.lists(SCORES, min_size=len(call.documents), max_size=len(call.documents)))
    ranked = [Ranked(index, score) for index, score in enumerate(scores)]
    if dialect.sorted:
        ranked = sorted(draw(st.permutations(ranked)), key=lambda item: -item.score)
    usage = Usage(draw(st.integers(0, 10**9)), None, draw(st.text("abc-019", max_size=8)))
    return call, RerankAnswer(tuple(ranked[: call.limit]), usage, call.model)


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


WORDS = """
    query queries documents passages texts input inputs model instruction task top_n top_k return_documents
    text raw_scores truncate truncation use_activation webhook text_1 text_2 scores results data index score
    usage relevance_score embedding embeddings float total_tokens meta tokens inference_status cost id
    detail error message embedding_types input_type encoding_format normalize dimensions
"""
NAMES = st.sampled_from(WORDS.split())
ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=6)
JSON = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)
HUGE = st.sampled_from([10**400, -(10**400), 1e308, float("nan"), float("inf")])


@each
@settings(max_examples=60, deadline=None)
@given(body=JSON, documents=st.integers(1, 3))
def test_no_answer_breaks_the_client(dialect: Dialect, body: Any, documents: int) -> None:
    call = RerankCall(("q",), ("d",) * documents, limit=2)
    try:
        ranked = dialect.rerank_answer(body, call).ranked
    except ProviderError:
        pass
    else:
        assert len(ranked) == min(2, documents)
        assert all(0 <= item.index < documents and np.isfinite(item.score) for item in ranked)
    assert isinstance(dialect.complaint(body), str)
    detect(body)


@each
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_damaged_answer_is_passed_on(dialect: Dialect, data: st.DataObject) -> None:
    call, answer = data.draw(answered(dialect))
    body = damaged(data, wire(dialect.rerank_result(answer, call)))
    try:
        read = dialect.rerank_answer(body, call)
    except ProviderError:
        return
    assert len({item.index for item in read.ranked}) == len(read.ranked) == len(answer.ranked)


def damaged(data: st.DataObject, body: Any) -> Any:
    """The body with one value in it, somewhere, replaced by another."""
    if isinstance(body, dict) and body and data.draw(st.booleans() | st.just(True)):
        name = data.draw(st.sampled_from(sorted(body)))
        return {**body, name: damaged(data, body[name])}
    if isinstance(body, list) and body:
        at = data.draw(st.integers(0, len(body) - 1))
        return [*body[:at], damaged(data, body[at]), *body[at + 1 :]]
    return data.draw(JSON | HUGE)


@each
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_request_breaks_the_server(dialect: Dialect, data: st.DataObject) -> None:
    valid = wire(dialect.rerank_request(as_sayable(dialect, data.draw(calls()))).body)
    body = data.draw(JSON) if data.draw(st.booleans()) else damaged(data, valid)
    call = call_or_fault(dialect.rerank_call, body)
    if isinstance(call, RequestFault):
        assert 400 <= call.status < 500
        assert dialect.complaint(wire(dialect.error(call.status, str(call))))
    else:
        assert len(call.queries) in {1, len(call.documents)}
        "".join((*call.queries, *call.documents)).encode()


def call_or_fault(read: Callable[[Any], Any], body: Any) -> Any:
    try:
        return read(body)
    except RequestFault as fault:
        return fault


@each_embedding
@settings(max_examples=60, deadline=None)
@given(body=JSON, data=st.data())
def test_nothing_breaks_either_side_of_embedding(dialect: Dialect, body: Any, data: st.DataObject) -> None:
    call = EmbedCall(("a", "b"), "m")
    vectors = np.ones((2, 2), np.float32)
    broken = damaged(data, wire(dialect.embed_result(EmbedAnswer(vectors), call)))
    for answer in (body, broken):
        try:
            read = dialect.embed_answer(answer, call).vectors
        except ProviderError:
            continue
        assert len(read) == 2
        assert np.isfinite(read).all()
    for request in (body, damaged(data, wire(dialect.embed_request(call).body))):
        asked = call_or_fault(dialect.embed_call, request)
        assert 400 <= asked.status < 500 if isinstance(asked, RequestFault) else asked.texts


@settings(max_examples=60, deadline=None)
@given(body=JSON, path=st.sampled_from([*RERANK_DEFAULTS, *EMBED_DEFAULTS]))
def test_every_body_at_a_shared_path_has_a_dialect(body: Any, path: str) -> None:
    dialect = find_dialect(spoken_at(path, body))
    assert dialect.rerank_paths if path in RERANK_DEFAULTS else dialect.embed_paths
