from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.train.schedule import learning_rate


@given(st.integers(1, 300), st.floats(0, 0.9))
def test_it_rises_once_to_the_highest_and_falls_and_is_never_nothing(steps: int, warmup: float) -> None:
    rates = [learning_rate(step, steps=steps, highest=2.0, warmup=warmup) for step in range(steps)]
    assert all(0 < rate <= 2.0 for rate in rates)
    assert max(rates) == 2.0
    top = rates.index(2.0)
    assert all(one < two for one, two in pairwise(rates[: top + 1]))
    assert all(one >= two for one, two in pairwise(rates[top:]))


def test_without_warmup_it_begins_at_the_highest() -> None:
    assert learning_rate(0, steps=4, highest=1.0, warmup=0.0) == 1.0
    assert learning_rate(3, steps=4, highest=1.0, warmup=0.0) == pytest.approx(0.25)
