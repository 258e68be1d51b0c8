from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import docx
import pytest

from pertinent.ingest import extras
from pertinent.ingest.docx import MEDIA_TYPE, DocxReader

if TYPE_CHECKING:
    from conftest import ReadContent

READER = DocxReader()


def written(title: str = "A trial") -> bytes:
    """A file with a bit of everything."""
    document = docx.Document()
    document.core_properties.title = title
    document.add_paragraph("The plan", style="Title")
    document.add_heading("Methods", 1)
    document.add_paragraph("We asked.")
    document.add_heading("Doses", 2)
    document.add_paragraph("Two puffs", style="List Bullet")
    document.add_paragraph("One spacer", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("Drug", "Dose"), ("Salbutamol", "100")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.add_paragraph("After it.")
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def test_a_file_becomes_text_with_headings(read_content: ReadContent) -> None:
    reading = read_content(READER, written(), "a.docx")
    (document,) = reading.documents
    assert not reading.errors
    assert document.title == "A trial"
    assert document.metadata == {"media_type": MEDIA_TYPE}
    assert document.text == (
        "The plan\n\nMethods\n\nWe asked.\n\nDoses\n\n- Two puffs\n- One spacer\n\nDrug | Dose\n"
        "Salbutamol | 100\n\nAfter it."
    )
    assert [section.headings for section in document.sections] == [
        (),
        ("Methods",),
        ("Methods", "Doses"),
    ]


def test_the_title_may_stand_in_the_text(read_content: ReadContent) -> None:
    assert read_content(READER, written(title=""), "a.docx").documents[0].title == "The plan"


def test_what_cannot_be_read_is_told(read_content: ReadContent, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = BytesIO()
    docx.Document().save(empty)
    assert read_content(READER, empty.getvalue(), "a.docx").reasons == ["whole file: there is no text"]
    assert read_content(READER, b"PK\3\4 broken", "a.docx").reasons == [
        "whole file: the docx file is damaged, or asks for a password"
    ]
    assert read_content(DocxReader(max_bytes=9), written(), "a.docx").reasons == [
        "whole file: larger than 9 bytes"
    ]
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    assert read_content(READER, written(), "a.docx").reasons == [
        "whole file: docx files need the package docx: pip install 'pertinent[docx]'"
    ]


def test_accepts() -> None:
    assert READER.accepts(Path("a.DOCX"), b"")
    assert not READER.accepts(Path("a.zip"), b"PK\3\4")
