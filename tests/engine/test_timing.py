"""Texts have the length that is told; timing is true, and ends."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.engine import timing
from pertinent.engine.catalogue import CARRIED
from pertinent.engine.timing import MOST_ROUNDS, measure, sample_texts


@settings(max_examples=20)
@given(count=st.integers(1, 40), tokens=st.integers(4, 300))
def test_sample_texts_have_the_length_that_is_told(count: int, tokens: int) -> None:
    texts, longest = sample_texts(CARRIED / "tokenizer.json", count, tokens)
    assert len(set(texts)) == len(texts) == count
    assert abs(longest - tokens) <= 1


class Clock:
    """Time that passes only while texts are read."""

    def __init__(self, per_text: float, once: float = 0.0) -> None:
        self.now, self.per_text, self.once = 0.0, per_text, once
        self.calls: list[int] = []

    def run(self, texts: Sequence[str]) -> None:
        self.now += self.once + self.per_text * len(texts)
        self.calls.append(len(texts))


@given(
    per_text=st.floats(1e-6, 100), once=st.floats(0, 10), texts=st.integers(1, 40), seconds=st.floats(0.1, 10)
)
def test_timing_is_true_and_ends(per_text: float, once: float, texts: int, seconds: float) -> None:
    clock = Clock(per_text, once)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing, "perf_counter", lambda: clock.now)
        patch.setattr(timing, "ENOUGH_SECONDS", 1.0)
        count, per_second = measure(clock.run, [""] * texts, seconds)
    assert 1 <= count <= texts
    assert per_second == pytest.approx(count / (once + per_text * count), rel=1e-3)
    assert len(clock.calls) <= MOST_ROUNDS + 2
    slowest = max(once + per_text, seconds)
    assert clock.now <= 4.5 * slowest + 2 * once


def test_a_slow_model_reads_few_texts_and_a_fast_one_reads_them_often() -> None:
    slow, fast = Clock(100.0), Clock(0.001)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing, "ENOUGH_SECONDS", 1.0)
        patch.setattr(timing, "perf_counter", lambda: slow.now)
        assert measure(slow.run, [""] * 32) == (1, pytest.approx(0.01))
        patch.setattr(timing, "perf_counter", lambda: fast.now)
        assert measure(fast.run, [""] * 32) == (32, pytest.approx(1000))
    assert slow.calls == [1, 1]
    assert fast.calls[:2] == [1, 4]
    assert fast.calls[2:] == [32] * MOST_ROUNDS
