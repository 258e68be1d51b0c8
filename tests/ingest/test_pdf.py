from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pertinent.ingest import extras
from pertinent.ingest.pdf import PdfReader
from support.pdfs import pdf as written

if TYPE_CHECKING:
    from conftest import ReadContent

READER = PdfReader()


def test_pages_are_known(read_content: ReadContent) -> None:
    reading = read_content(
        READER, written(["First page.\nMore.", "", "Third page."], title="A trial"), "a.pdf"
    )
    (document,) = reading.documents
    assert not reading.errors
    assert document.title == "A trial"
    assert document.text == "First page.\nMore.\n\nThird page."
    assert document.metadata == {"media_type": "application/pdf"}
    assert document.id.startswith("a.pdf:")
    assert document.places is not None
    assert str(document.places.of(0, 5)) == "page 1"
    assert str(document.places.of(0, len(document.text))) == "pages 1-3"
    assert str(document.places.of(document.text.index("Third"), len(document.text))) == "page 3"


def test_a_hyphen_at_a_line_s_end_stays_where_the_word_has_one(read_content: ReadContent) -> None:
    content = written(["Self-\nRefine, COVID-\n19, treat-\nment and TREAT-\nMENT."])
    (document,) = read_content(READER, content, "a.pdf").documents
    assert document.text == "Self-Refine, COVID-19, treatment and TREATMENT."


@pytest.mark.parametrize("title", ["", "untitled", "Microsoft Word - notes", "trial.docx"])
def test_what_is_no_title_gives_way_to_the_name(read_content: ReadContent, title: str) -> None:
    (document,) = read_content(READER, written(["x"], title=title), "heart_failure.pdf").documents
    assert document.title == "heart failure"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (written(["x"], locked=True), "it is encrypted; save a copy without password"),
        (b"%PDF-1.4\nbroken", "the PDF is damaged"),
        (written(["", ""]), "there is no text; its pages may be pictures, which are not read"),
    ],
)
def test_files_that_cannot_be_read_say_why(read_content: ReadContent, content: bytes, reason: str) -> None:
    reading = read_content(READER, content, "a.pdf")
    assert not reading.documents
    assert reading.reasons == [f"whole file: {reason}"]


def test_limits_are_told(read_content: ReadContent) -> None:
    content = written(["One.", "Two.", "Three."])
    reading = read_content(PdfReader(max_pages=2), content, "a.pdf")
    assert reading.documents[0].text == "One.\n\nTwo."
    assert reading.reasons == ["some pages: pages after 2 of 3 are left out"]
    reading = read_content(PdfReader(max_bytes=100), content, "a.pdf")
    assert reading.reasons == ["whole file: larger than 100 bytes"]


def test_a_missing_package_is_named(read_content: ReadContent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    reading = read_content(READER, written(["x"]), "a.pdf")
    assert reading.reasons == [
        "whole file: PDF files need the package pypdfium2: pip install 'pertinent[pdf]'"
    ]


def test_accepts() -> None:
    assert READER.accepts(Path("a"), b"junk\n%PDF-1.7")
    assert not READER.accepts(Path("a.pdf"), b"text")
