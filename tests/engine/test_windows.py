"""Windows cover a text without a gap, overlap, and report texts as they are done."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.engine import windows
from pertinent.engine.quantized import FloatArray
from pertinent.engine.windows import OVERLAP_SHARE, count_windows, run_windows, split_windows
from pertinent.families.bert import BertInput
from pertinent.families.tokens import TokenIds


@given(st.integers(0, 20_000), st.integers(1, 512))
def test_windows_cover_everything_with_overlap(tokens: int, size: int) -> None:
    cuts = split_windows(tokens, size)

    assert cuts[0].start == 0
    assert cuts[-1].stop == tokens
    if tokens > size:
        assert all(window.stop - window.start == size for window in cuts)
    for earlier, later in itertools.pairwise(cuts):
        assert earlier.start < later.start
        assert earlier.stop - later.start >= int(size * OVERLAP_SHARE)


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


def texts_of(*lengths: int) -> list[TokenIds]:
    return [np.full(length, owner, np.int32) for owner, length in enumerate(lengths)]


def as_input(piece: TokenIds) -> BertInput:
    return BertInput(piece, 0)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=10), st.integers(4, 64), st.integers(1, 30))
def test_runs_of_windows_are_bounded_and_know_whose_they_are(
    lengths: list[int], size: int, bound: int
) -> None:
    texts = texts_of(*lengths)
    made: list[TokenIds] = []

    def remember(piece: TokenIds) -> BertInput:
        made.append(piece)
        return as_input(piece)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "MAX_WINDOWS", bound)
        runs = list(windows.run_windows(CountingEngine(), texts, size, remember))  # type: ignore[arg-type]

    assert all(1 <= len(owners) == len(rows) <= bound for owners, rows in runs)
    owners = np.concatenate([owners for owners, _ in runs])
    assert np.concatenate([rows for _, rows in runs])[:, 0].tolist() == [len(piece) for piece in made]
    assert np.bincount(owners, minlength=len(texts)).tolist() == count_windows(texts, size).tolist()
    for owner, piece in zip(owners, made, strict=True):
        assert set(piece.tolist()) <= {owner}


def test_texts_are_reported_when_all_their_windows_are_done() -> None:
    reported: list[int] = []

    runs = run_windows(CountingEngine(), texts_of(10, 3), 6, as_input, reported.append)  # type: ignore[arg-type]

    assert [rows[:, 0].tolist() for _, rows in runs] == [[6, 6, 3]]
    assert reported == [0, 1, 2]


def test_the_engine_stops_when_the_report_fails() -> None:
    engine = CountingEngine()

    def fail(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_windows(engine, texts_of(3, 5), 8, as_input, fail))  # type: ignore[arg-type]
    assert engine.closed
