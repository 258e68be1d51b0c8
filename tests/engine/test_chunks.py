"""Chunks keep order and lose nothing; only strings pass."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.engine import chunks
from pertinent.errors import UsageError


@given(st.lists(st.text(max_size=40), max_size=60))
def test_chunks_join_to_the_list_and_are_bounded(texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK_TEXTS", 7)
        patch.setattr(chunks, "CHUNK_CHARACTERS", 50)
        cut = list(chunks.chunk_texts(texts))

    assert [text for chunk in cut for text in chunk] == texts
    for chunk in cut:
        assert 1 <= len(chunk) <= 7
        assert sum(map(len, chunk)) <= 50 or len(chunk) == 1


@pytest.mark.parametrize("wrong", ["one string", b"bytes", [1], ["fine", None], None, 3, iter("ab")])
def test_what_is_not_a_list_of_strings_is_refused(wrong: Any) -> None:
    with pytest.raises(UsageError):
        chunks.require_texts(wrong, "documents")
