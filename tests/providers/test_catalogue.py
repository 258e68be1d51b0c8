"""Dialects by name, by path and by the shape of an answer, and the paths of the server."""

from __future__ import annotations

from typing import Any

import pytest

from pertinent.errors import UsageError
from pertinent.providers.bare_paths import (
    EMBED_DEFAULTS,
    EMBED_MARKS,
    RERANK_DEFAULTS,
    RERANK_MARKS,
    spoken_at,
)
from pertinent.providers.calls import Ranked, RerankAnswer, RerankCall, Usage
from pertinent.providers.catalogue import DIALECTS, detect, dialect_of_path, find_dialect, routes


def test_names_are_unique_and_found() -> None:
    names = [dialect.name for dialect in DIALECTS]
    assert len(set(names)) == len(names)
    assert [find_dialect(name).name for name in names] == names


def test_a_name_nearly_right_is_told() -> None:
    with pytest.raises(UsageError, match="Did you mean deepinfra"):
        find_dialect("deepinfr")
    with pytest.raises(UsageError, match=r"There are: cohere, .*voyage"):
        find_dialect("zzz")


def test_every_documented_path_is_answered_below_its_mount_and_bare() -> None:
    known = {(route.path, route.task) for route in routes()}
    for dialect in DIALECTS:
        for task, paths in (("rerank", dialect.rerank_paths), ("embed", dialect.embed_paths)):
            for path in paths:
                assert {(f"/{dialect.mount}{path}", task), (path, task)} <= known


def test_paths_are_unique_and_bare_ones_speak_what_their_service_speaks() -> None:
    found = {route.path: route for route in routes()}
    assert len(found) == len(routes())
    assert found["/siliconflow/v1/rerank"].spoken({"texts": []}).name == "siliconflow"
    assert found["/vllm/score"].spoken({}).name == "vllm-score"
    assert found["/v1/inference/{model}"].spoken({}).name == "deepinfra"
    assert found["/inference/v1/rerank"].spoken({}).name == "fireworks"
    assert found["/tei"].spoken({}).name == found["/tei/"].spoken({}).name == "tei"
    assert found["/v1/rerank"].spoken({"texts": []}).name == "tei"


@pytest.mark.parametrize("path", [*RERANK_DEFAULTS, *EMBED_DEFAULTS])
def test_a_shared_path_alone_means_its_default(path: str) -> None:
    default = {**RERANK_DEFAULTS, **EMBED_DEFAULTS}[path]
    for body in ({}, {"query": "q", "documents": ["a"], "model": "m"}, [], None, "x"):
        assert spoken_at(path, body) == default


@pytest.mark.parametrize("path", ["/v1/rerank", "/v2/rerank", "/rerank"])
@pytest.mark.parametrize(
    ("name", "dialect"), [(name, which) for names, which in RERANK_MARKS for name in names]
)
def test_a_field_of_one_service_tells_at_every_shared_path(path: str, name: str, dialect: str) -> None:
    assert spoken_at(path, {"query": "q", "documents": ["a"], name: None}) == dialect
    assert spoken_at("/score", {name: None}) == "vllm-score"


@pytest.mark.parametrize(
    ("name", "dialect"), [(name, which) for names, which in EMBED_MARKS for name in names]
)
def test_a_field_of_one_service_tells_at_the_path_of_embeddings(name: str, dialect: str) -> None:
    assert spoken_at("/v1/embeddings", {"input": "a", name: None}) == dialect


def test_a_path_that_is_not_shared_is_not_decided() -> None:
    with pytest.raises(KeyError):
        spoken_at("/v1/inference/m", {})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/rerank", "pertinent"),
        ("/proxy/v1/rerank/", "pertinent"),
        ("/v1/embeddings", "pertinent"),
        ("/v2/rerank", "cohere"),
        ("/rerank", "vllm"),
        ("/score", "vllm-score"),
        ("/v1/score", "vllm-score"),
        ("/embed", "tei"),
        ("/v2/embed", "cohere"),
        ("/inference/v1/rerank", "fireworks"),
        ("/api/openmem/v1/rerank", "openmem"),
        ("/v1/openai/embeddings", "deepinfra"),
        ("/v1/inference/Qwen/Qwen3-Reranker-8B", "deepinfra"),
        ("/voyage/v1/rerank", "voyage"),
        ("/proxy/jina/v1/embeddings", "jina"),
        ("/vllm/score", "vllm-score"),
        ("/tei", "tei"),
        ("/tei/", "tei"),
        ("/siliconflow/v1/rerank", "siliconflow"),
    ],
)
def test_a_path_tells_the_dialect(path: str, name: str) -> None:
    found = dialect_of_path(path)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("path", ["", "/", "/v1", "/search", "/v1/inference/", "/v1/chat/completions"])
def test_other_paths_tell_none(path: str) -> None:
    assert dialect_of_path(path) is None


ALIKE = {"siliconflow-cn": "siliconflow", "openmem": "pertinent"}
"""These answer as others do."""


@pytest.mark.parametrize(
    "dialect", [which for which in DIALECTS if which.rerank_paths], ids=lambda which: which.name
)
def test_an_answer_tells_its_dialect(dialect: Any) -> None:
    answer = RerankAnswer((Ranked(0, 0.9), Ranked(1, 0.1)), Usage(7, None, "rerank-1"), "m")
    call = RerankCall(("q",), ("a", "b"), "m")
    if dialect.name in {"openmem", "pertinent"}:
        answer = RerankAnswer(answer.ranked, Usage(7, None, "1"), "m")
    found = detect(dialect.rerank_result(answer, call))
    assert found is not None
    assert found.name == ALIKE.get(dialect.name, dialect.name)


@pytest.mark.parametrize(
    "body", [[], {}, None, "x", [3], [{}], {"data": []}, {"data": {}}, {"data": [{"embedding": []}]}]
)
def test_other_shapes_tell_none(body: Any) -> None:
    assert detect(body) is None


def test_an_envelope_around_results_is_openmems() -> None:
    found = detect({"code": 0, "data": {"results": [{"index": 0, "relevance_score": 1}]}, "message": "ok"})
    assert found is not None
    assert found.name == "openmem"


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda which: which.name)
def test_a_dialect_says_its_facts(dialect: Any) -> None:
    assert dialect.name
    assert dialect.mount.isalnum()
    assert dialect.rerank_paths or dialect.embed_paths
    assert all(path.startswith("/") for path in (*dialect.rerank_paths, *dialect.embed_paths))
    assert dialect.address == "" or (
        dialect.address.startswith("https://") and not dialect.address.endswith("/")
    )
    assert not dialect.address or dialect.key_variable.isupper()
    assert all(price > 0 for price in dialect.prices.values())
