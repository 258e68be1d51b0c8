from __future__ import annotations

import pytest

from pertinent.errors import RecordError
from pertinent.ingest.admission import admit
from pertinent.types import Document


def admitted(
    *documents: Document, fields: dict[str, str] | None = None
) -> tuple[dict[str, Document], list[str]]:
    faults: list[RecordError] = []
    found = admit(documents, fields or {}, faults.append)  # type: ignore[arg-type]
    return found, [fault.message for fault in faults]


def test_a_sound_document_goes_in_as_it_is() -> None:
    document = Document("1", "Text.", metadata={"year": 1979, "mesh": ("a", "b")})
    found, faults = admitted(document)
    assert found["1"] is document
    assert faults == []


def test_the_last_of_several_with_one_id_stays() -> None:
    found, _ = admitted(Document("1", "Early."), Document("1", "Late."))
    assert [document.text for document in found.values()] == ["Late."]


def test_only_the_field_that_does_not_fit_is_left_out() -> None:
    metadata = {"age": "old", "sex": "f", "bad": float("nan")}
    found, faults = admitted(Document("1", "Text.", metadata=metadata), fields={"age": "integer"})
    assert dict(found["1"].metadata) == {"sex": "f"}
    assert len(faults) == 2
    assert all("left out" in fault and "'1'" in fault for fault in faults)


@pytest.mark.parametrize(
    "document",
    [
        Document("", "Text."),
        Document("x" * 2000, "Text."),
        Document("1", "\ud800"),
        Document("1", "Text.", title="\udfff"),
        Document("1", None),  # type: ignore[arg-type]
        Document(5, "Text."),  # type: ignore[arg-type]
    ],
)
def test_a_document_that_cannot_be_stored_is_reported_and_the_others_go_in(document: Document) -> None:
    found, faults = admitted(document, Document("ok", "Text."))
    assert list(found) == ["ok"]
    assert len(faults) == 1
