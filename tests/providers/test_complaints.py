from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.providers.complaints import SHARED, shown


@given(st.text(min_size=1, max_size=80), st.text(max_size=40), st.text(max_size=40))
def test_no_long_stretch_of_a_text_is_shown(text: str, before: str, after: str) -> None:
    said = shown(before + text + after, [text])
    flat = " ".join(text.split()).casefold()
    low = said.casefold()
    assert not any(flat[at : at + SHARED] in low for at in range(len(flat) - SHARED + 1))


def test_what_speaks_of_the_request_alone_is_shown() -> None:
    said = "documents: at most 1000 are permitted"
    assert shown(said, ["Metformin lowers glucose."]) == said
    assert shown("unknown query 'flu'", ["flu"]) == ""
    assert shown("no such key sk-123", [], "sk-123") == ""
    assert len(shown("x" * 5000, ["a text"])) <= 300


@pytest.mark.parametrize(
    ("complaint", "text"),
    [
        ("invalid value 'Jo Smith...'", "Jo Smith has a rare disease."),
        ("invalid value `Jo Smith`", "Jo Smith has a rare disease."),
        ("bad input 王小明有艾滋病", "患者王小明有艾滋病,正在治疗。"),
        (r"bad input \u738b\u5c0f\u660e\u6709", "患者王小明有艾滋病,正在治疗。"),
    ],
)
def test_a_few_letters_of_a_text_are_too_many(complaint: str, text: str) -> None:
    assert shown(complaint, [text]) == ""


def test_names_of_fields_are_shown() -> None:
    said = "field 'top_n' must be at least 1"
    assert shown(said, ["Jo Smith has a rare disease."]) == said
