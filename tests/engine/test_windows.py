"""Windows cover a text without a gap, overlap, and report texts as they are done."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.engine.quantized import FloatArray
from pertinent.engine.windows import OVERLAP_SHARE, run_windows, split_windows, window_texts
from pertinent.families.bert import BertInput


@given(st.integers(0, 20_000), st.integers(1, 512))
def test_windows_cover_everything_with_overlap(tokens: int, size: int) -> None:
    windows = split_windows(tokens, size)

    assert windows[0].start == 0
    assert windows[-1].stop == tokens
    if tokens > size:
        assert all(window.stop - window.start == size for window in windows)
    for earlier, later in itertools.pairwise(windows):
        assert earlier.start < later.start
        assert earlier.stop - later.start >= int(size * OVERLAP_SHARE)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=10), st.integers(4, 64))
def test_window_texts_knows_whose_windows_are_whose(lengths: list[int], size: int) -> None:
    texts = [np.full(length, owner, np.int32) for owner, length in enumerate(lengths)]

    windows = window_texts(texts, size)

    assert len(windows.pieces) == windows.counts.sum()
    for owner, (start, count) in enumerate(zip(windows.starts, windows.counts, strict=True)):
        assert count >= 1
        for piece in windows.pieces[start : start + count]:
            assert set(piece.tolist()) <= {owner}


class CountingEngine:
    """Says of each input how many tokens it has; runs in the order given."""

    outputs = 1

    def __init__(self) -> None:
        self.closed = False

    def run(self, inputs: Sequence[BertInput]) -> Generator[tuple[tuple[int, ...], FloatArray], None, None]:
        try:
            for place, sequence in enumerate(inputs):
                yield (place,), np.array([[len(sequence.ids)]], np.float32)
        finally:
            self.closed = True


def inputs_of(*lengths: int) -> list[BertInput]:
    return [BertInput(np.zeros(length, np.int32), 0) for length in lengths]


def test_run_windows_reports_texts_whose_windows_are_all_done() -> None:
    reported: list[int] = []

    rows = run_windows(CountingEngine(), inputs_of(3, 5, 7), np.array([2, 1]), reported.append)  # type: ignore[arg-type]

    assert rows[:, 0].tolist() == [3, 5, 7]
    assert reported == [0, 1, 2]


def test_run_windows_stops_the_engine_when_the_report_fails() -> None:
    engine = CountingEngine()

    def fail(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_windows(engine, inputs_of(3, 5), np.array([1, 1]), fail)  # type: ignore[arg-type]
    assert engine.closed
