"""Hashes of prompts tell every difference, and what tells nothing of itself gets empty answers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pertinent.engine.identity import (
    SENTINEL_DOCUMENT,
    SENTINEL_QUERY,
    RunsOn,
    hash_prompts,
    prompt_hash_of,
    runs_on_of,
    tokens_of,
)
from pertinent.engine.unicode_text import valid_text

IDS = st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=5), max_size=4)


def hashed(sequences: list[list[int]]) -> str:
    return hash_prompts(*(np.array(sequence, np.int32) for sequence in sequences))


@given(IDS, IDS)
def test_hashes_are_equal_where_the_ids_are(some: list[list[int]], others: list[list[int]]) -> None:
    assert (hashed(some) == hashed(others)) == (some == others)


def test_the_number_type_of_ids_does_not_count() -> None:
    assert hash_prompts(np.array([7, 8], np.int64)) == hashed([[7, 8]])


def test_the_sentinels_are_texts_that_every_tokenizer_takes() -> None:
    for text in (SENTINEL_QUERY, SENTINEL_DOCUMENT):
        assert valid_text(text) == text
        assert not text.isascii()
        assert text != text.casefold()


def test_what_tells_nothing_gets_empty_answers() -> None:
    stranger = object()
    assert prompt_hash_of(stranger) == ""
    assert runs_on_of(stranger) == RunsOn("", "", "")
    assert tokens_of(stranger, "q", ["d"]) is None


def test_a_decoder_runs_on_a_kind_of_device() -> None:
    class Engine:
        name, dtype, device = "torch", "bfloat16", "cuda:1"

    class Judge:
        runs_on: ClassVar = RunsOn.of(Engine())  # type: ignore[arg-type]

    assert runs_on_of(Judge()) == ("torch", "bfloat16", "cuda")
