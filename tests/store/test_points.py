from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.store.points import payload_path, to_passage, to_payload
from pertinent.types import Passage, Place

names = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
values = st.one_of(
    texts, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.lists(texts, max_size=3).map(tuple)
)


@given(texts, texts, st.lists(texts, max_size=3).map(tuple), st.dictionaries(names, values, max_size=5))
def test_a_passage_comes_back_as_it_went(
    text: str, title: str, headings: tuple[str, ...], metadata: dict[str, object]
) -> None:
    passage = Passage("id", "d", text, 3, 9, title, headings, metadata, "/f")  # type: ignore[arg-type]
    back = to_passage("id", to_payload(passage, "print"))
    assert back == passage
    assert dict(back.metadata) == metadata


@given(names, names)
def test_two_fields_never_share_a_place(one: str, other: str) -> None:
    paths = payload_path(one, "keyword"), payload_path(other, "keyword")
    assert (paths[0] == paths[1]) == (one == other)


def test_metadata_never_reaches_the_fields_of_the_store() -> None:
    payload = to_payload(Passage("id", "d", "own text", metadata={"text": "foreign", "flag": True}), "print")
    assert payload["text"] == "own text"
    assert payload["meta"] == {"text": "foreign", "flag": True}
    assert payload["flags"] == {"flag": "true"}


@pytest.mark.parametrize("place", [Place("line", 3, 9), Place("page", 2, 2), None])
def test_lines_and_pages_come_back(place: Place | None) -> None:
    assert to_passage("id", to_payload(Passage("id", "d", "x", place=place), "print")).place == place


def test_passages_of_older_collections_have_no_place() -> None:
    payload = to_payload(Passage("id", "d", "x"), "print")
    assert "place" not in payload
    assert to_passage("id", payload).place is None
