from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.types import ModelInfo, Score, logistic

MODEL = ModelInfo("mini", "r1", "cross_encoder", "reranker", 512, 33_000_000, "Apache-2.0")


@given(st.floats(allow_nan=False))
def test_logistic_is_a_probability_and_symmetric(margin: float) -> None:
    assert 0 <= logistic(margin) <= 1
    assert logistic(margin) + logistic(-margin) == pytest.approx(1)


def test_a_score_knows_who_says_it() -> None:
    score = Score.from_margin(2.0, MODEL, windows=3)
    assert (score.model, score.revision, score.scale, score.windows) == ("mini", "r1", "margin", 3)
    assert score.probability == logistic(2.0)
