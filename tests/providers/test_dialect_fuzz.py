"""No body, however wrong, breaks a dialect on either side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.errors import ProviderError
from pertinent.providers.bare_paths import EMBED_DEFAULTS, RERANK_DEFAULTS, spoken_at
from pertinent.providers.calls import EmbedAnswer, EmbedCall, RerankCall
from pertinent.providers.catalogue import detect, find_dialect
from pertinent.providers.dialect import Dialect
from pertinent.providers.faults import RequestFault
from support.dialect_calls import answered, as_sayable, calls, each, each_embedding, wire

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
