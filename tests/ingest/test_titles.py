from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pertinent.ingest.titles import MAX_HEADING_PATH_CHARS, cut_at_word, short_headings, title_and_text


def test_a_cut_falls_between_words() -> None:
    assert cut_at_word("one two three", 7) == "one two"
    assert cut_at_word("one two three", 8) == "one two"
    assert cut_at_word("one two three", 6) == "one"
    assert cut_at_word("onetwothree", 6) == "onetwo"
    assert cut_at_word("one two", 7) == "one two"


def test_usual_titles_stay() -> None:
    assert title_and_text("A title", "Text.") == ("A title", "Text.")
    assert title_and_text("x" * 1000, "Text.") == ("x" * 1000, "Text.")


@given(st.text(), st.integers(1, 30))
def test_a_cut_is_a_beginning_of_bounded_length(text: str, limit: int) -> None:
    cut = cut_at_word(text, limit)
    assert len(cut) <= limit
    assert text.startswith(cut)


@given(st.lists(st.text(max_size=200), max_size=6).map(tuple))
def test_headings_stay_in_number_and_bounds(headings: tuple[str, ...]) -> None:
    short = short_headings(headings)
    assert len(short) == len(headings)
    assert sum(map(len, short)) <= MAX_HEADING_PATH_CHARS
    assert all(one.startswith(other) for one, other in zip(headings, short, strict=True))
