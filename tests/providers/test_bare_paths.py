from __future__ import annotations

import pytest

from pertinent.providers.bare_paths import (
    EMBED_DEFAULTS,
    EMBED_MARKS,
    RERANK_DEFAULTS,
    RERANK_MARKS,
    spoken_at,
)


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
