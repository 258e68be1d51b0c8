"""Any string becomes one that can be written as UTF-8, and most stay as they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pertinent.engine.unicode_text import valid_text


@given(st.text(st.characters(codec=None)))
def test_the_result_is_valid_and_stays_so(text: str) -> None:
    valid = valid_text(text)
    valid.encode("utf-8")
    assert valid_text(valid) == valid


@given(st.text(st.characters(codec="utf-8")))
def test_valid_texts_stay(text: str) -> None:
    assert valid_text(text) is text
