from __future__ import annotations

import math

import pytest

from pertinent.errors import ModelError
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.types import Score
from support.fakes import BagOfWords, Counting

MODEL = Counting("m").model


@pytest.mark.parametrize("margins", [[1.0], [1.0, 2.0, 3.0], [1.0, math.nan], [math.inf, 0.0]])
def test_without_one_finite_margin_each_nothing_is_passed_on(margins: list[float]) -> None:
    scores = tuple(Score.from_margin(margin, MODEL) for margin in margins)
    with pytest.raises(ModelError, match="2 documents"):
        checked(scores, ["the patient", "b"])


def test_sound_scores_pass() -> None:
    scores = (Score.from_margin(-3.0, MODEL), Score.from_margin(0.0, MODEL))
    assert checked(scores, ["a", "b"]) is scores


def test_whoever_has_the_methods_is_a_scorer() -> None:
    assert isinstance(Counting("m"), Scorer)
    assert not isinstance(BagOfWords(), Scorer)
