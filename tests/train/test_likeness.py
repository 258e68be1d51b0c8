from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pertinent.train.likeness import bare_text, same_text

ABSTRACT = (
    "Sleep apnoea raises blood pressure in many adults. Ninety adults slept with a mask for six weeks. "
    "Nightly masks reduced morning blood pressure. Old men had the most to gain from it."
)


def same(one: str, other: str) -> bool:
    return same_text(bare_text(one), bare_text(other))


def test_a_text_without_its_title_or_a_sentence_is_the_same() -> None:
    assert same(f"Masks and blood pressure\n{ABSTRACT}", ABSTRACT)
    assert same(ABSTRACT.replace("Nightly masks reduced morning blood pressure. ", ""), ABSTRACT)
    assert same(ABSTRACT.upper().replace(" ", "\n"), ABSTRACT)
    assert same(ABSTRACT[60:], ABSTRACT)


def test_other_texts_of_the_same_matter_are_not() -> None:
    other = (
        "Nightly masks helped old men. Blood pressure of ninety other adults was the same after six weeks."
    )
    assert not same(other, ABSTRACT)


def test_short_texts_are_the_same_only_where_they_are_equal() -> None:
    assert same("Aspirin.", "aspirin")
    assert not same("Aspirin.", "Insulin.")
    assert not same("Aspirin.", "Aspirin eases headache and thins the blood.")


def test_scripts_without_spaces() -> None:
    text = "糖尿病の患者は世界中で増えている。" * 3
    assert same(text, f"題{text}")
    assert not same(text, "水を毎日飲むことは体に良いと言われる。" * 3)


@given(st.text(), st.text())
def test_likeness_is_mutual_and_a_text_is_like_itself(one: str, other: str) -> None:
    assert same(one, other) == same(other, one)
    assert same(one, one) == bool(bare_text(one))
