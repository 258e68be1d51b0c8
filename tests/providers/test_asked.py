"""A field that is not what it should be is a fault that names it and repeats nothing of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pertinent.errors import UsageError
from pertinent.providers.catalogue import find_dialect
from pertinent.providers.faults import RequestFault

GOOD: dict[str, Any] = {"model": "m", "query": "patient", "documents": ["patient", "patient"]}


@pytest.mark.parametrize("body", [None, [], "patient", 3, True, [GOOD]])
def test_a_body_is_an_object(body: Any) -> None:
    with pytest.raises(RequestFault, match="must be a JSON object") as caught:
        find_dialect("cohere").rerank_call(body)
    assert isinstance(caught.value, UsageError)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query": None}, "query is missing"),
        ({"query": 3}, "query must be a string"),
        ({"query": ["patient", "patient"]}, "2 queries for 2 documents; there must be 1"),
        ({"query": []}, "query is empty"),
        ({"query": "patient \ud800"}, "query holds half a surrogate pair"),
        ({"documents": None}, "documents is missing"),
        ({"documents": []}, "documents is empty"),
        ({"documents": "patient"}, "documents must be a list"),
        ({"documents": {"text": "patient"}}, "documents must be a list"),
        ({"documents": ["patient", 3]}, r"documents\[1\] must be a string"),
        ({"documents": ["patient", None]}, r"documents\[1\] must be a string"),
        ({"documents": [{"text": 3}]}, r"documents\[0\]\.text must be a string"),
        ({"documents": [{}]}, r"documents\[0\]\.text must be a string"),
        (
            {"documents": [{"text": "patient", "image": "patient"}]},
            r"documents\[0\]: of an object, its text alone",
        ),
        ({"documents": ["\udfff"]}, r"documents\[0\] holds half"),
        ({"passages": ["patient"]}, "documents and passages mean the same"),
        ({"top_n": 0}, "top_n must be a whole number of at least 1"),
        ({"top_n": -1}, "top_n must be a whole number"),
        ({"top_n": 2.0}, "top_n must be a whole number"),
        ({"top_n": "2"}, "top_n must be a whole number"),
        ({"top_n": True}, "top_n must be a whole number"),
        ({"top_n": 2, "top_k": 2}, "top_n and top_k mean the same"),
        ({"return_documents": 1}, "return_documents must be true or false"),
        ({"return_documents": "patient"}, "return_documents must be true or false"),
        ({"instruction": ["patient"]}, "instruction must be a string"),
        ({"instruction": "patient", "task": "patient"}, "instruction and task mean the same"),
        ({"model": {"patient": 1}}, "model must be a string"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(change: dict[str, Any], message: str) -> None:
    dialect = find_dialect("jina")
    with pytest.raises(RequestFault, match=message) as caught:
        dialect.rerank_call({**GOOD, **change})
    assert caught.value.status == 422
    assert "patient" not in str(caught.value)
    json.dumps(dialect.error(caught.value.status, caught.value.message))


@pytest.mark.parametrize("dialect", ["jina", "siliconflow", "voyage", "cohere", "vllm", "tei"])
def test_objects_with_a_text_are_documents_and_nulls_are_nothing(dialect: str) -> None:
    body = {**GOOD, "documents": ["a", {"text": "b"}], "top_n": None, "instruction": None}
    call = find_dialect(dialect).rerank_call(body)
    assert call.documents == ("a", "b")
    assert call.limit is None
    assert call.instruction is None


@pytest.mark.parametrize("name", ["documents", "passages", "texts", "input"])
@pytest.mark.parametrize(
    "dialect", ["jina", "siliconflow", "voyage", "cohere", "vllm", "tei", "sglang", "deepinfra"]
)
def test_documents_are_read_under_every_name(dialect: str, name: str) -> None:
    call = find_dialect(dialect).rerank_call({"query": "q", name: ["a", "b"]})
    assert call.documents == ("a", "b")
    assert call.queries == ("q",)


@pytest.mark.parametrize("dialect", ["jina", "siliconflow", "voyage", "cohere", "vllm", "sglang", "openmem"])
def test_most_ignore_what_they_do_not_know(dialect: str) -> None:
    assert find_dialect(dialect).rerank_call({**GOOD, "colour": "red", "limit": "none"}).documents


@pytest.mark.parametrize("name", ["colour", "top_k", "truncate", "passages", "queries", "user_id", "x" * 99])
def test_fireworks_refuses_what_it_does_not_know(name: str) -> None:
    with pytest.raises(RequestFault, match="Extra fields are not permitted: " + name[:40]) as caught:
        find_dialect("fireworks").rerank_call({**GOOD, name: "patient"})
    assert len(caught.value.message) < 120
    assert "patient" not in str(caught.value)


@pytest.mark.parametrize(("queries", "documents"), [(1, 1), (1, 3), (3, 3)])
@pytest.mark.parametrize("dialect", ["deepinfra", "vllm-score"])
def test_one_query_or_one_for_each(dialect: str, queries: int, documents: int) -> None:
    body = {"queries": ["q"] * queries, "documents": ["d"] * documents}
    assert len(find_dialect(dialect).rerank_call(body).queries) == queries


@pytest.mark.parametrize(("queries", "documents"), [(2, 1), (2, 3), (3, 2)])
@pytest.mark.parametrize("dialect", ["deepinfra", "vllm-score"])
def test_other_pairings_are_refused_with_their_lengths(dialect: str, queries: int, documents: int) -> None:
    body = {"queries": ["q"] * queries, "documents": ["d"] * documents}
    with pytest.raises(
        RequestFault, match=f"{queries} queries for {documents} documents; there must be 1 or"
    ):
        find_dialect(dialect).rerank_call(body)


@pytest.mark.parametrize(
    ("dialect", "change", "message"),
    [
        ("deepinfra", {"webhook": "https://example.org"}, "webhook is not on offer"),
        ("deepinfra", {"service_tier": 3}, "service_tier must be a string"),
        ("siliconflow", {"overlap_tokens": -1}, "overlap_tokens must be a whole number"),
        ("siliconflow", {"max_chunks_per_doc": "many"}, "max_chunks_per_doc must be a whole number"),
        ("cohere", {"max_tokens_per_doc": 0}, "max_tokens_per_doc must be a whole number"),
        ("voyage", {"truncation": "yes"}, "truncation must be true or false"),
        ("vllm", {"truncate_prompt_tokens": -2}, "truncate_prompt_tokens must be a whole number"),
        ("vllm", {"use_activation": 0}, "use_activation must be true or false"),
        ("vllm", {"mm_processor_kwargs": {}}, "mm_processor_kwargs is not on offer"),
        ("tei", {"raw_scores": "yes"}, "raw_scores must be true or false"),
        ("tei", {"truncation_direction": "Left"}, "cut at their ends"),
        ("tei", {"truncation_direction": "Up"}, "truncation_direction must be one of"),
        ("openmem", {"user_id": 3}, "user_id must be a string"),
    ],
)
def test_a_services_own_fields_are_checked(dialect: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestFault, match=message):
        find_dialect(dialect).rerank_call({**GOOD, **change})


@pytest.mark.parametrize(
    ("dialect", "body", "message"),
    [
        ("openai", {"input": [[1, 2, 3]]}, r"input\[0\] must be a string"),
        ("openai", {"input": []}, "input is empty"),
        (
            "openai",
            {"input": "a", "encoding_format": "int8"},
            "encoding_format must be one of: float, base64",
        ),
        ("openai", {"input": "a", "dimensions": 0}, "dimensions must be a whole number"),
        ("jina", {"input": ["a"], "late_chunking": True}, "late_chunking is not on offer"),
        ("jina", {"input": ["a"], "normalized": False}, "normalized"),
        ("jina", {"input": ["a"], "task": "poetry"}, "task must be one of"),
        ("voyage", {"input": ["a"], "output_dtype": "int8"}, "output_dtype must be one of: float"),
        ("voyage", {"input": ["a"], "input_type": "poem"}, "input_type must be one of"),
        ("cohere", {"texts": ["a"], "embedding_types": ["int8"]}, "embedding_types must be one of"),
        (
            "cohere",
            {"texts": ["a"], "embedding_types": ["float", "base64"]},
            "embedding_types must be one of",
        ),
        ("cohere", {"texts": ["a"], "truncate": "START"}, "cut at their ends"),
        ("cohere", {"texts": ["a"], "images": ["data:"]}, "images is not on offer"),
        ("cohere", {"images": ["data:"]}, "texts is missing"),
        ("tei", {"inputs": ["a"], "normalize": False}, "normalize"),
        ("tei", {"inputs": ["a"], "prompt_name": "poem"}, "prompt_name must be one of"),
        ("tei", {"inputs": [["a"]]}, r"inputs\[0\] must be a string"),
    ],
)
def test_requests_for_vectors_are_checked(dialect: str, body: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestFault, match=message) as caught:
        find_dialect(dialect).embed_call(body)
    assert caught.value.status == find_dialect(dialect).fault_status
