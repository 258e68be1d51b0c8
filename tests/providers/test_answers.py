"""An answer is read under every name that is known, and refused where it is not whole."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from pertinent.errors import ProviderError
from pertinent.providers.answers import (
    COMPLAINT_LENGTH,
    read_complaint,
    read_model,
    read_scores,
    read_usage,
    read_vectors,
)
from pertinent.providers.calls import Ranked, Usage

ROWS = [{"index": 1, "score": 0.9}, {"index": 0, "score": 0.2}]
READ = [Ranked(1, 0.9), Ranked(0, 0.2)]


@pytest.mark.parametrize(
    "body",
    [
        ROWS,
        {"results": ROWS},
        {"data": ROWS},
        {"scores": ROWS},
        {"code": 0, "data": {"results": ROWS}, "message": "ok"},
        {"data": {"data": {"results": ROWS}}},
        {"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.2}]},
        {"results": [{"index": 1, "rerank_score": 0.9}, {"index": 0, "rerank_score": 0.2}]},
        {"results": [{"index": 1, "score": None, "relevance_score": 0.9}, {"index": 0, "score": 0.2}]},
    ],
)
def test_scores_are_found_under_every_name(body: Any) -> None:
    assert read_scores(body, 2, None) == READ


@pytest.mark.parametrize(
    "body", [{"scores": [0.2, 0.9]}, [0.2, 0.9], {"data": [0.2, 0.9]}, {"results": [0.2, 0.9]}]
)
def test_scores_alone_stand_in_the_order_of_the_documents(body: Any) -> None:
    assert read_scores(body, 2, None) == [Ranked(0, 0.2), Ranked(1, 0.9)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"scores": [0.1]}, "1 scores where 2"),
        ({"scores": [0.1, 0.2, 0.3]}, "3 scores where 2"),
        ({"scores": []}, "0 scores where 2"),
        ({"results": ROWS[:1]}, "1 scores where 2"),
        ({"scores": [0.1, float("nan")]}, "not finite"),
        ({"scores": [0.1, float("-inf")]}, "not finite"),
        ({"scores": [0.1, 10**400]}, "not finite"),
        ({"scores": [0.1, "0.2"]}, "no number"),
        ({"scores": [0.1, None]}, "no number"),
        ({"scores": [0.1, True]}, "no number"),
        ({"scores": [[0.1], [0.2]]}, "no number"),
        ([{"index": 0, "score": 0.1}, {"index": 0, "score": 0.2}], "index twice"),
        ([{"index": 0, "score": 0.1}, {"index": 2, "score": 0.2}], "out of range 0 to 1"),
        ([{"index": -1, "score": 0.1}, {"index": 0, "score": 0.2}], "out of range"),
        ([{"index": 0.0, "score": 0.1}, {"index": 1, "score": 0.2}], "no index"),
        ([{"index": True, "score": 0.1}, {"index": 0, "score": 0.2}], "no index"),
        ([{"score": 0.1}, {"score": 0.2}], "no index"),
        ([{"index": 0}, {"index": 1}], "no number"),
        ([{"index": 0, "score": 0.1}, 0.2], "no index"),
        ({"message": "ok"}, "no list"),
        ({"data": {"data": {"data": {"data": {"results": ROWS}}}}}, "no list"),
        ("ok", "no list"),
        (None, "no list"),
        ({}, "no list"),
    ],
)
def test_scores_that_are_not_whole_are_refused(body: Any, reason: str) -> None:
    with pytest.raises(ProviderError, match=reason) as caught:
        read_scores(body, 2, None)
    assert caught.value.hint


def test_a_limit_may_be_kept_or_not_known() -> None:
    assert read_scores(ROWS[:1], 2, 1) == READ[:1]
    assert read_scores(ROWS, 2, 1) == READ
    assert read_scores(ROWS, 2, 9) == READ
    with pytest.raises(ProviderError, match="says not which"):
        read_scores({"scores": [0.9]}, 2, 1)


PACKED = [base64.b64encode(np.array(row, dtype="<f4").tobytes()).decode() for row in ([1, 2], [3, 4])]


@pytest.mark.parametrize(
    "body",
    [
        [[1, 2], [3, 4.0]],
        {"embeddings": [[1, 2], [3, 4]]},
        {"embeddings": {"float": [[1, 2], [3, 4]]}},
        {"embeddings": {"base64": PACKED}},
        {"data": [{"index": 1, "embedding": [3, 4]}, {"index": 0, "embedding": [1, 2]}]},
        {"data": [{"index": 0, "embedding": PACKED[0]}, {"index": 1, "embedding": PACKED[1]}]},
        {"data": {"data": [{"index": 0, "embedding": [1, 2]}, {"index": 1, "embedding": [3, 4]}]}},
    ],
)
def test_vectors_are_found_under_every_name(body: Any) -> None:
    vectors = read_vectors(body, 2)
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([[1, 2]], "1 vectors for 2 texts"),
        ([[1, 2], [3]], "one width"),
        ([[], []], "one width"),
        ([[1, 2], [3, float("nan")]], "not finite"),
        ([[1, 2], [3, 1e300]], "not finite"),
        ([[1, 2], [3, 10**400]], "no list of numbers"),
        ([[1, 2], [3, "4"]], "no list of numbers"),
        ([[1, 2], [3, True]], "no list of numbers"),
        ([[1, 2], "!!"], "no list of numbers"),
        ([[1, 2], PACKED[1][:-4]], "no list of numbers"),
        ([[1, 2], None], "no list of numbers"),
        ([[1, 2], [[3], [4]]], "no list of numbers"),
        ([{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [2]}], "index twice"),
        ([{"index": 0, "embedding": [1]}, {"index": 2, "embedding": [2]}], "out of range"),
        ([{"index": 0, "embedding": [1]}, [2]], "no index"),
        ({"embeddings": {"int8": [[1], [2]]}}, "no list"),
        ({}, "no list"),
    ],
)
def test_vectors_that_are_not_whole_are_refused(body: Any, reason: str) -> None:
    with pytest.raises(ProviderError, match=reason):
        read_vectors(body, 2)


@pytest.mark.parametrize(
    ("body", "usage"),
    [
        ({"usage": {"total_tokens": 7}}, Usage(7)),
        ({"usage": {"prompt_tokens": 7}}, Usage(7)),
        ({"input_tokens": 7, "request_id": "r"}, Usage(7, request_id="r")),
        ({"inference_status": {"cost": 0.25, "tokens_input": 7}}, Usage(7, 0.25)),
        ({"tokens": {"input_tokens": 7, "output_tokens": 0}, "id": "i"}, Usage(7, request_id="i")),
        ({"meta": {"tokens": {"input_tokens": 7}}}, Usage(7)),
        ({"code": 0, "data": {"usage": {"total_tokens": 7}, "id": "i"}}, Usage(7, request_id="i")),
        ({"usage": {"total_tokens": -7}}, Usage()),
        ({"usage": {"total_tokens": 10**400}}, Usage()),
        ({"usage": {"total_tokens": "7"}, "id": 7}, Usage()),
        ({"inference_status": {"cost": float("nan")}}, Usage()),
        ({"inference_status": {"cost": -1}}, Usage()),
        ({"inference_status": [], "usage": None, "meta": 3}, Usage()),
        ([], Usage()),
        (None, Usage()),
    ],
)
def test_usage_is_read_as_far_as_it_is_understood(body: Any, usage: Usage) -> None:
    assert read_usage(body) == usage


def test_a_models_name_is_a_string() -> None:
    assert read_model({"model": "m"}) == "m"
    assert read_model({"model": 3}) == read_model([]) == ""


@pytest.mark.parametrize(
    "body",
    [
        "No such model.",
        {"error": "No such model."},
        {"error": {"message": "No such model.", "type": "x"}},
        {"detail": {"error": "No such model."}},
        {"detail": "No such model."},
        {"detail": [{"loc": ["body"], "msg": "No such model."}]},
        {"message": "No such model."},
        {"code": 20012, "message": "No\n  such\tmodel.", "data": None},
        {"object": "error", "message": "No such\x1b model."},
        {"error": None, "detail": {}, "message": "No such model."},
    ],
)
def test_complaints_are_found_under_every_name(body: Any) -> None:
    assert read_complaint(body) == "No such model."


def test_what_is_no_complaint_is_none() -> None:
    assert read_complaint({"status": "bad"}) == read_complaint(None) == read_complaint([3]) == ""
    deep: Any = "x"
    for _ in range(50):
        deep = {"error": deep}
    assert read_complaint(deep) == ""


def test_a_complaint_is_short() -> None:
    said = read_complaint({"error": "too long " * 1000})
    assert len(said) == COMPLAINT_LENGTH
    assert said.endswith("…")


@pytest.mark.parametrize(
    "secret", ["sk-proj-4fk2k3", "Bearer abc.def", "jina_93hd83kd93", "0123456789abcdef0123456789abcdef"]
)
def test_a_complaint_repeats_no_key(secret: str) -> None:
    said = read_complaint({"error": f"Incorrect key: {secret} (see the page on keys)"})
    assert secret.rsplit(maxsplit=1)[-1] not in said
    assert said.startswith("Incorrect key:")


@pytest.mark.parametrize(
    "echo",
    [
        "1 error: [{'type': 'missing', 'loc': ('body', 'query'), 'input': {'documents': ['patient']}}]",
        "Input should be a string [type=string_type, input_value=['patient'], input_type=list]",
        json.dumps({"msg": "Field required", "input": {"documents": ["patient"]}}),
    ],
)
def test_a_complaint_repeats_no_text_of_the_request(echo: str) -> None:
    said = read_complaint({"error": {"message": echo}})
    assert said
    assert "patient" not in said
