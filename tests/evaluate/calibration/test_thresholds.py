from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.evaluate.calibration.thresholds import find_threshold
from pertinent.evaluate.statistics.reliability import wilson_interval


@given(
    st.lists(st.tuples(st.integers(0, 1000), st.booleans()), min_size=1, max_size=40),
    st.sampled_from([0.3, 0.5, 0.9, 1.0]),
)
def test_a_threshold_is_the_smallest_that_will_do(some: list[tuple[int, bool]], wanted: float) -> None:
    probabilities = np.array([p / 1000 for p, _ in some])
    relevant = np.array([r for _, r in some])
    found = find_threshold(probabilities, relevant, wanted)
    for step in range(1001):
        kept = relevant[probabilities >= step / 1000]
        if len(kept) and kept.mean() >= wanted:
            assert (found.threshold, found.pairs) == (step / 1000, len(kept))
            assert found.precision == pytest.approx(kept.mean())
            assert found.interval is not None
            assert 0 <= found.interval[0] <= found.precision + 1e-9
            assert found.precision - 1e-9 <= found.interval[1] <= 1
            assert found.recall == pytest.approx(kept.sum() / relevant.sum())
            return
    assert found.threshold is found.precision is found.recall is None


def test_a_precision_has_its_interval_or_is_not_reached() -> None:
    found = find_threshold(np.array([0.2, 0.6, 0.9]), np.array([True, False, True]), 0.9)
    assert (found.threshold, found.pairs, found.recall) == (0.601, 1, 0.5)
    assert found.interval == wilson_interval(1, 1)
    never = find_threshold(np.array([0.2, 0.9]), np.array([True, False]), 0.6)
    assert (never.threshold, never.interval, never.pairs) == (None, None, 0)
