from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.types import Document, Passage, content_hash, printable

texts = st.lists(st.text())


@given(texts, texts)
def test_content_hash_tells_lists_of_texts_apart(a: list[str], b: list[str]) -> None:
    assert (content_hash(*a) == content_hash(*b)) == (a == b)


def test_content_hash_takes_lone_surrogates_and_stays_what_it_is() -> None:
    assert len(content_hash("\ud800")) == 32
    assert content_hash("a", "b") == "6a93c5780b9861cdd8d2761a748d9591"


def test_fingerprint_follows_the_content_and_not_the_place() -> None:
    one = Document("1", "text", title="t", metadata={"year": 1979, "mesh": ("a", "b")}, source="/a")
    assert one.fingerprint == dataclasses.replace(one, source="/b").fingerprint
    assert (
        one.fingerprint == dataclasses.replace(one, metadata={"mesh": ("a", "b"), "year": 1979}).fingerprint
    )
    for change in ({"text": "other"}, {"title": "other"}, {"metadata": {"year": "1979"}}, {"id": "2"}):
        assert one.fingerprint != dataclasses.replace(one, **change).fingerprint  # type: ignore[arg-type]


def test_content_leaves_out_what_is_empty() -> None:
    assert Passage("p", "d", "text").content == "text"
    assert Passage("p", "d", "", title="title").content == "title"
    assert Passage("p", "d", "text", title="t", headings=("a", "b")).content == "t\na > b\ntext"


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\x9b", "\ud800", "\u202e", "\u2066", "\u200e", "\ufeff"])
def test_what_steers_a_terminal_or_turns_its_text_around_is_replaced(sign: str) -> None:
    assert printable(f"a{sign}b") == "a\ufffdb"


@pytest.mark.parametrize(
    "text", ["नमस्\u200cते", "👩\u200d⚕️", "می\u200cخواهم", "treat\u00adment", "a\n\tb", "血糖"]
)
def test_what_scripts_need_stays(text: str) -> None:
    assert printable(text) == text
