"""Texts get their control tokens and stay of type 0."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pertinent.families import bert_embedder
from pertinent.families.bert import CLS, SEP


@given(st.lists(st.integers(1000, 30_000), max_size=300), st.integers(16, 512))
def test_text_fits_the_window(ids: list[int], max_tokens: int) -> None:
    text = np.array(ids[: bert_embedder.text_limit(max_tokens)], np.int32)

    given_to_model = bert_embedder.wrap(text)

    assert len(given_to_model.ids) <= max_tokens
    assert given_to_model.ids.tolist() == [CLS, *text, SEP]
    assert given_to_model.segment == len(given_to_model.ids), "no token is of type 1"
