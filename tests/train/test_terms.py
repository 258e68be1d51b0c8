from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.train.terms import DocumentFrequencies, cosine, terms, words

WEIGHTS = st.dictionaries(st.sampled_from("abcd"), st.floats(0, 100))


def test_terms_of_scripts_with_and_without_spaces() -> None:
    assert terms("Type-2 Diabetes, p<0.05") == ["type-2", "diabetes", "p", "0", "05"]
    assert terms("東京の水") == ["東京", "京の", "の水"]
    assert terms("水") == ["水"]
    assert terms("السكري مرض") == ["السكري", "مرض"]
    assert words("It's 東京 water") == ["It's", "water"]


def test_what_is_in_every_text_weighs_nothing() -> None:
    frequencies = DocumentFrequencies()
    for text in ("the heart beats", "the lung", "the heart"):
        frequencies.add(terms(text))
    assert frequencies.rarity("the") == 0
    assert 0 < frequencies.rarity("heart") < frequencies.rarity("lung") < frequencies.rarity("liver")
    weights = frequencies.weights(terms("lung the lung"))
    assert list(weights) == ["lung", "the"]
    assert weights["lung"] == pytest.approx(2 * frequencies.rarity("lung"))


def test_a_term_counts_once_a_text() -> None:
    once, often = DocumentFrequencies(), DocumentFrequencies()
    once.add(["a", "b"])
    often.add(["a", "a", "a", "b"])
    assert once.rarity("a") == often.rarity("a")


@given(WEIGHTS, WEIGHTS)
def test_cosine_is_symmetric_and_between_zero_and_one(one: dict, other: dict) -> None:
    assert cosine(one, other) == pytest.approx(cosine(other, one))
    assert -1e-9 <= cosine(one, other) <= 1 + 1e-9
