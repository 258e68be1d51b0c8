"""Calls and answers of every kind, as each dialect can say them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st

from pertinent.providers.calls import Ranked, RerankAnswer, RerankCall, Usage
from pertinent.providers.catalogue import DIALECTS
from pertinent.providers.dialect import Dialect
from pertinent.providers.facts import MODEL_IN_PATH

RERANKING = [dialect for dialect in DIALECTS if dialect.rerank_paths]
EMBEDDING = [dialect for dialect in DIALECTS if dialect.embed_paths]
PAIRED = {"deepinfra", "vllm-score"}
ACTIVATED = {"vllm", "vllm-score"}
"""These say that scores are to be margins under a name that means the opposite."""
each = pytest.mark.parametrize("dialect", RERANKING, ids=lambda dialect: dialect.name)
each_embedding = pytest.mark.parametrize("dialect", EMBEDDING, ids=lambda dialect: dialect.name)
TEXTS = st.text(max_size=12)
MODELS = st.sampled_from(["", "m", "Qwen/Qwen3-Reranker-8B", "a b/ü?#%41"])
SCORES = st.floats(allow_nan=False, allow_infinity=False)


def wire(body: Any) -> Any:
    return json.loads(json.dumps(body, allow_nan=False))


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


@st.composite
def answered(draw: st.DrawFn, dialect: Dialect) -> tuple[RerankCall, RerankAnswer]:
    call = as_sayable(dialect, draw(calls()))
    scores = draw(st.lists(SCORES, min_size=len(call.documents), max_size=len(call.documents)))
    ranked = [Ranked(index, score) for index, score in enumerate(scores)]
    if dialect.sorted:
        ranked = sorted(draw(st.permutations(ranked)), key=lambda item: -item.score)
    usage = Usage(draw(st.integers(0, 10**9)), None, draw(st.text("abc-019", max_size=8)))
    return call, RerankAnswer(tuple(ranked[: call.limit]), usage, call.model)
