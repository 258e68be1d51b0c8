"""Forms, the end token, widths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pertinent.errors import ModelError, UsageError
from pertinent.families import qwen3_embedding as family

IDS = st.lists(st.integers(0, 200), max_size=30).map(lambda ids: np.array(ids, np.int32))


def test_a_query_follows_its_mark_without_a_space() -> None:
    assert family.query_text("Explain gravity", family.DEFAULT_INSTRUCTION) == (
        "Instruct: Given a web search query, retrieve relevant passages that answer the query\n"
        "Query:Explain gravity"
    )


@given(IDS, st.integers(1, 40))
def test_the_end_token_survives_every_cut_once(ids: np.ndarray, max_tokens: int) -> None:
    closed = family.close_text(ids, end=777, max_tokens=max_tokens)
    assert closed.dtype == np.int32
    assert closed.tolist() == [*ids[: max_tokens - 1].tolist(), 777]


@pytest.mark.parametrize("wrong", [0, 31, 1025, -1, 512.0, "512", True])
def test_widths_that_were_not_trained_are_refused(wrong: object) -> None:
    with pytest.raises(UsageError, match="dimensions") as caught:
        family.checked_dimensions(wrong, 1024)  # type: ignore[arg-type]
    assert "32 to 1024" in caught.value.hint


def test_a_model_narrower_than_the_least_width_gives_all_it_has() -> None:
    assert family.checked_dimensions(16, 16) == family.checked_dimensions(None, 16) == 16


@given(arrays(np.float32, (3, 64), elements=st.floats(-1e6, 1e6, width=32)), st.integers(1, 64))
def test_vectors_are_cut_and_then_have_length_one(states: np.ndarray, dimensions: int) -> None:
    states[:, 0] = 1.0
    vectors = family.to_vectors(states, dimensions)
    assert vectors.shape == (3, dimensions)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-6)
    whole = family.to_vectors(states, 64)[:, :dimensions].astype(np.float64)
    again = whole / np.linalg.norm(whole, axis=1, keepdims=True)
    assert np.allclose(vectors, again, atol=1e-4)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_state_without_direction_is_an_error(value: float) -> None:
    with pytest.raises(ModelError, match="no direction"):
        family.to_vectors(np.full((2, 8), value, np.float32), 4)
