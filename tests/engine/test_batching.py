"""Batches hold every sequence once, within the budget, and pad by the sequence's own length."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pertinent.engine.batching import LENGTH_STEP, padded_length, plan_batches

lengths_strategy = st.lists(st.integers(1, 512), max_size=200)


@given(lengths_strategy, st.integers(16, 8192))
def test_plan(lengths: list[int], budget: int) -> None:
    batches = plan_batches(lengths, budget)

    assert sorted(index for batch in batches for index in batch.indices) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch.indices) * batch.length <= budget or len(batch.indices) == 1
        assert {padded_length(lengths[index]) for index in batch.indices} == {batch.length}
    order = [batch.length for batch in batches]
    assert order == sorted(order, reverse=True), "longest first"


@given(st.integers(1, 4096))
def test_padding_is_less_than_a_step(tokens: int) -> None:
    assert tokens <= padded_length(tokens) < tokens + LENGTH_STEP


def test_no_sequences_make_no_batches() -> None:
    assert plan_batches([], 4096) == []
