from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import ModelError
from pertinent.ingest import tokens
from pertinent.ingest.tokens import token_starts, tokenizer_offsets


def words(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


@given(st.lists(st.text(alphabet="ab .", min_size=1, max_size=12), min_size=1, max_size=20))
def test_blocks_change_nothing(pieces: list[str]) -> None:
    text = " ".join(pieces)
    cuts = [match.start() for match in re.finditer(r"(?<=\s)\S", text)]
    whole = [start for start, _ in words(text)]
    largest = tokens.MAX_BLOCK_CHARS
    try:
        tokens.MAX_BLOCK_CHARS = 20
        assert list(token_starts(text, words, cuts)) == whole
    finally:
        tokens.MAX_BLOCK_CHARS = largest


def test_no_block_is_longer_than_the_bound() -> None:
    seen: list[int] = []

    def measure(text: str) -> list[tuple[int, int]]:
        seen.append(len(text))
        return []

    token_starts("x" * (2 * tokens.MAX_BLOCK_CHARS + 5), measure, [])
    assert seen == [tokens.MAX_BLOCK_CHARS, tokens.MAX_BLOCK_CHARS, 5]


def test_a_file_that_is_no_tokenizer(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text("{}")
    with pytest.raises(ModelError, match="cannot be read"):
        tokenizer_offsets(path)


def test_real_tokenizer_counts_without_limit(weights_folder: Path) -> None:
    offsets = tokenizer_offsets(weights_folder / "minilm-l6-embedder" / "tokenizer.json")
    text = "Metformin lowers glucose. " * 400
    found = offsets(text)
    assert len(found) > 2000
    assert text[found[-1][0] : found[-1][1]] == "."
    assert offsets("")[:] == []
