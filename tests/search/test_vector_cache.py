from __future__ import annotations

import numpy as np

from pertinent.embedders.protocol import Vectors
from pertinent.search.vector_cache import VectorCache


def test_the_cache_lets_go_of_what_was_asked_for_least_recently() -> None:
    asked: list[str] = []

    def embed(texts: list[str]) -> Vectors:
        asked.extend(texts)
        return np.ones((len(texts), 4), np.float32)

    cache = VectorCache(most_bytes=2 * 16)
    for texts in (["a"], ["b"], ["a"], ["c"], ["a"], ["b"]):
        assert cache.embed(texts, embed).shape == (1, 4)
    assert asked == ["a", "b", "c", "b"]
    assert len(cache) == 2
    none = VectorCache(0)
    assert none.embed(["a", "a"], embed).shape == (2, 4)
    assert len(none) == 0
