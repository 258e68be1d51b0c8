"""Everything people pass as a document, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from pertinent.errors import UsageError
from pertinent.rerankers.documents import to_document
from pertinent.types import Document


def test_a_document_stays_itself() -> None:
    document = Document("1", "text")
    assert to_document(document, 0) is document


def test_a_text_gets_its_place_as_id() -> None:
    assert to_document("text", 4) == Document("4", "text")


def test_a_mapping_keeps_all_it_has() -> None:
    document = to_document(
        {"id": 7, "text": "t", "title": None, "year": 1998, "mesh": ["a", "b"], "doi": None, "open": True}, 0
    )
    assert (document.id, document.title) == ("7", "")
    assert dict(document.metadata) == {"year": 1998, "mesh": ("a", "b"), "open": True}


def test_a_record_of_a_corpus_keeps_its_id_and_metadata() -> None:
    given = {"_id": "MED-1", "text": "t", "metadata": {"year": 1998, "doi": None}, "journal": "Heart"}
    document = to_document(given, 0)
    assert document.id == "MED-1"
    assert dict(document.metadata) == {"year": 1998, "journal": "Heart"}


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        3,
        b"text",
        ["text"],
        {},
        {"text": None},
        {"text": 3},
        {"text": "t", "title": 3},
        {"text": "t", "x": {}},
        {"text": "t", "metadata": {"x": {}}},
    ],
)
def test_the_rest_is_refused_with_its_place(wrong: Any) -> None:
    with pytest.raises(UsageError, match="12"):
        to_document(wrong, 12)
