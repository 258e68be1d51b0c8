from __future__ import annotations

import pytest

from pertinent.errors import RecordError
from pertinent.ingest.citation_fields import (
    MAX_AUTHORS,
    Citation,
    doi_in,
    inverted_name,
    is_pmid,
    short_name,
    texts_of,
)
from pertinent.ingest.fields import MAX_METADATA_BYTES
from pertinent.types import Document


def made(title: str, abstract: str = "", **fields: object) -> Document:
    citation = Citation(title, abstract, fields)  # type: ignore[arg-type]
    return citation.document(source="s", position="p", on_broken=pytest.fail)


def test_identity() -> None:
    assert made("T", pmid="7", doi="10.1/a").id == "pmid:7"
    assert made("T", doi="10.1/a").id == "doi:10.1/a"
    assert made("T").id == made("T").id != made("U").id
    assert made("T", year=1998).id != made("T").id
    assert made("T").id.startswith("citation:")


def test_what_is_empty_is_left_out() -> None:
    assert made("T", doi="", year=None, mesh=()).metadata == {"has_abstract": False}
    assert made("T", "A", year=1998).metadata == {"year": 1998, "has_abstract": True}
    with pytest.raises(RecordError, match="neither a title nor an abstract"):
        made("", pmid="7")


def test_metadata_is_bounded() -> None:
    authors = tuple(f"Author {number}" for number in range(2 * MAX_AUTHORS))
    assert made("T", authors=authors).metadata["authors"] == authors[:MAX_AUTHORS]
    faults: list[RecordError] = []
    citation = Citation("T", "", {"journal": "x" * MAX_METADATA_BYTES, "year": 1998})
    document = citation.document(source="s", position="p", on_broken=faults.append)
    assert document.metadata == {"year": 1998, "has_abstract": False}
    assert [fault.position for fault in faults] == ["p"]


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1/A", "10.1/a"),
        ("doi: 10.1/a", "10.1/a"),
        ("http://dx.doi.org/10.1/a", "10.1/a"),
        ("10.1/a b", ""),
        ("S0140-6736", ""),
        ("10." + "1" * 300, ""),
    ],
)
def test_doi(text: str, doi: str) -> None:
    assert doi_in(text) == doi


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Roe, Jane", "Roe J"),
        ("Roe, J.-P. A.", "Roe JPA"),
        ("van der Roe, JANE", "van der Roe JANE"),
        ("Roe, Émile, Jr.", "Roe É"),
        ("Roe,", "Roe"),
        (", Jane", "J"),
        ("毛, 泽东", "毛 泽"),
    ],
)
def test_names(name: str, short: str) -> None:
    assert inverted_name(name) == short
    assert short_name("", "") == ""


def test_numbers_and_texts() -> None:
    assert is_pmid("123")
    assert not any(map(is_pmid, ("", "12a", "１２", "1" * 13)))
    assert texts_of({"a": ("x", "y"), "b": True, "c": 1.5}, "a") == ("x", "y")
    assert (texts_of({"b": True}, "b"), texts_of({}, "b"), texts_of({"b": 1.5}, "b")) == ((), (), ("1.5",))
