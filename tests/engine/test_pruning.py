"""Who goes on between layers, and what becomes of the others' margins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pertinent.engine.pruning import SLACK, boundaries, estimates_below, keep

MARGINS = arrays.arrays(np.float32, st.integers(1, 40), elements=st.floats(-30, 30, width=32))


@given(MARGINS, st.integers(1, 50))
def test_the_first_places_and_their_equals_go_on(margins: np.ndarray, top_k: int) -> None:
    kept = keep(margins, top_k)
    bar = np.sort(margins)[::-1][min(top_k, len(margins)) - 1]
    assert kept[margins >= bar].all()
    assert kept.sum() >= min(top_k, len(margins))


@given(MARGINS, st.integers(1, 10))
def test_whoever_goes_on_stands_before_whoever_does_not(margins: np.ndarray, top_k: int) -> None:
    kept = keep(margins, top_k)
    if not kept.all():
        assert margins[kept].min() > margins[~kept].max()


def test_the_slack_is_in_standard_deviations() -> None:
    margins = np.array([10.0, 5.0, 4.0, 0.0], np.float32)
    bar = 10.0 - SLACK * margins.std()
    assert keep(margins, 1).tolist() == (margins >= bar).tolist()
    assert keep(margins * 100, 1).tolist() == keep(margins, 1).tolist()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_nobody_is_dropped_beside_what_is_no_number(wrong: float) -> None:
    assert keep(np.array([9, wrong, 1, 0, 0, 0], np.float32), 1).all()


@given(st.integers(1, 100))
def test_boundaries_lie_inside_the_model(layers: int) -> None:
    found = boundaries(layers)
    assert found == sorted(set(found))
    assert all(0 < place < layers for place in found)


@given(st.floats(-30, 30, width=32), st.lists(MARGINS, max_size=3))
def test_estimates_stand_below_and_in_the_order_of_leaving(lowest: float, dropped: list[np.ndarray]) -> None:
    estimates = estimates_below(lowest, dropped)
    ceiling = np.float32(lowest)
    for lens, placed in reversed(list(zip(dropped, estimates, strict=True))):
        assert placed.max() < ceiling
        assert np.array_equal(np.argsort(-placed, kind="stable"), np.argsort(-lens, kind="stable")) or (
            np.diff(np.sort(lens)).min(initial=1.0) < 1e-4
        )
        ceiling = placed.min()
