from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pertinent.engine.causal_batches import (
    ATTENTION_CELLS,
    LONGEST_CHUNK,
    PRUNED_TOKENS,
    chunk_ends,
    groups,
    longest_chunk,
    padded,
)


@given(st.integers(0, 40_000), st.integers(0, 40_000))
def test_chunks_cover_a_text_and_fit(tokens: int, past: int) -> None:
    ends = chunk_ends(tokens, past)
    starts = [0, *ends[:-1]]
    assert (ends[-1] if ends else 0) == tokens
    for start, end in zip(starts, ends, strict=False):
        assert 0 < end - start <= longest_chunk(past + start) <= LONGEST_CHUNK
        assert (end - start) * (past + end) <= ATTENTION_CELLS


def test_padding_stands_on_the_right() -> None:
    ids, last = padded([np.array([3, 4], np.int32), np.array([5], np.int32)], 4)
    assert ids.tolist() == [[3, 4, 0, 0], [5, 0, 0, 0]]
    assert last.tolist() == [1, 0]


@given(st.lists(st.integers(1, PRUNED_TOKENS // 3), max_size=20))
def test_groups_hold_every_place_once(lengths: list[int]) -> None:
    tails = [np.zeros(length, np.int32) for length in lengths]
    found = list(groups(list(range(len(tails))), tails))
    assert [place for group in found for place in group] == list(range(len(tails)))
    assert all(0 < sum(lengths[place] for place in group) <= PRUNED_TOKENS for group in found)
