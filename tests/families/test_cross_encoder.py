"""Pairs are joined as ids, inside the window, whatever the lengths."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pertinent.families import cross_encoder
from pertinent.families.bert import CLS, SEP


@given(st.integers(0, 2000), st.integers(0, 2000), st.integers(16, 512))
def test_query_and_passage_fit_the_window(query_tokens: int, passage_tokens: int, max_tokens: int) -> None:
    query = np.arange(min(query_tokens, cross_encoder.query_limit(max_tokens)), dtype=np.int32) + 1000
    limit = cross_encoder.passage_limit(max_tokens, len(query))
    assert limit >= len(query), "at least half of the window is left for the passage"
    passage = np.arange(min(passage_tokens, limit), dtype=np.int32) + 5000

    pair = cross_encoder.join(query, passage)

    assert len(pair.ids) <= max_tokens
    assert pair.ids.tolist() == [CLS, *query, SEP, *passage, SEP]
    assert pair.segment == len(query) + 2
    assert pair.ids.dtype == np.int32
