from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pertinent.errors import FilterError, UsageError
from pertinent.store.bm25 import Bm25Encoder
from pertinent.store.filters import parse_filters
from pertinent.store.manifest import Manifest
from pertinent.store.reading import MAX_LIMIT, first_stage
from pertinent.store.vectors import Bm25Settings, EmbedderIdentity
from pertinent.types import FirstStage

MANIFEST = Manifest(EmbedderIdentity("mini", "1", 4), fields={"year": "integer"})
ONES = np.ones(4, np.float32)


class Shard:
    """Remembers what it was asked."""

    words: Any = None

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def search(self, dense: Any, sparse: Any, limit: int, condition: Any) -> FirstStage:
        self.asked.append((dense, list(sparse.indices), limit, condition))
        return FirstStage((), ())


def ask(text: str = "glucose", vector: Any = ONES, limit: int = 5, **filters: Any) -> tuple[Any, ...]:
    shard = Shard()
    first_stage(shard, MANIFEST, Bm25Encoder(Bm25Settings()), text, vector, limit, parse_filters(filters))
    (asked,) = shard.asked
    return asked


def test_a_question_is_put_as_vector_and_words() -> None:
    dense, words, limit, condition = ask()
    assert (dense, limit, condition) == ([1.0] * 4, 5, None)
    assert len(words) == 1


def test_what_says_nothing_finds_nothing() -> None:
    assert ask(vector=np.zeros(4))[0] is None
    assert ask("the of and")[1] == []


@pytest.mark.parametrize("limit", [0, -1, MAX_LIMIT + 1])
def test_as_many_as_may_be_asked_for(limit: int) -> None:
    with pytest.raises(UsageError, match="between 1 and"):
        ask(limit=limit)


@pytest.mark.parametrize(
    "vector", [np.ones(3), np.ones(5), np.array([1, 1, 1, np.nan]), np.array([1, 1, 1, np.inf])]
)
def test_a_vector_of_another_space_is_refused(vector: Any) -> None:
    with pytest.raises(UsageError, match="4 dimensions"):
        ask(vector=vector)


def test_an_unknown_field_is_an_error_before_anything_is_asked() -> None:
    with pytest.raises(FilterError, match="yaer"):
        ask(yaer=1990)
