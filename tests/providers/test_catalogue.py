"""Dialects by name and by path, and the paths of the server."""

from __future__ import annotations

import pytest

from pertinent.errors import UsageError
from pertinent.providers.catalogue import DIALECTS, dialect_of_path, find_dialect, routes


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
