from __future__ import annotations

import dataclasses
from uuid import UUID

import numpy as np
import pytest

from pertinent.errors import DataError, StoreError
from pertinent.store.incoming import check_documents, check_identity, check_replacement
from pertinent.store.manifest import Manifest
from pertinent.store.protocol import EncodedDocument, StoredDocument
from pertinent.store.vectors import EmbedderIdentity
from pertinent.types import Passage

MANIFEST = Manifest(EmbedderIdentity("mini", "1", 4))


def document(name: str = "d", *, number: int = 1, **changes: object) -> EncodedDocument:
    passage = Passage(str(UUID(int=number)), name, "Text.", metadata={"year": 1979})
    whole = EncodedDocument(name, f"print of {name}", "/f", (passage,), np.ones((1, 4), np.float32))
    return dataclasses.replace(whole, **changes)  # type: ignore[arg-type]


def test_sound_documents_bring_their_fields() -> None:
    found, fields = check_documents([document("a", number=1), document("b", number=2)], MANIFEST)
    assert [each.id for each in found] == ["a", "b"]
    assert dict(fields) == {"year": "integer"}


def test_of_several_with_one_id_the_last_counts() -> None:
    last = document(number=2)
    assert check_documents([document(number=1), last], MANIFEST)[0] == [last]


@pytest.mark.parametrize(
    "wrong",
    [
        document(vectors=np.ones((1, 3), np.float32)),
        document(vectors=np.ones((2, 4), np.float32)),
        document(vectors=np.full((1, 4), np.nan, np.float32)),
        document(passages=(Passage("no uuid", "d", "x"),)),
        document(passages=(Passage(str(UUID(int=1)), "another", "x"),)),
    ],
)
def test_passages_and_vectors_that_do_not_belong_together(wrong: EncodedDocument) -> None:
    with pytest.raises(StoreError):
        check_documents([wrong], MANIFEST)


def test_one_passage_id_in_two_documents_is_refused() -> None:
    with pytest.raises(StoreError):
        check_documents([document("a", number=1), document("b", number=1)], MANIFEST)


@pytest.mark.parametrize("texts", [("",), ("x" * 2000,), ("\ud800",), ("id", "\ud800")])
def test_an_identity_that_cannot_be_stored(texts: tuple[str, ...]) -> None:
    with pytest.raises(DataError):
        check_identity(*texts)


def test_a_changed_document_needs_new_passage_ids() -> None:
    new = document()
    kept = tuple(passage.id for passage in new.passages)
    check_replacement(new, None)
    check_replacement(new, StoredDocument("d", new.fingerprint, "/old", kept))
    with pytest.raises(StoreError, match="keeps passage ids"):
        check_replacement(new, StoredDocument("d", "older print", "/f", kept))
