from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

from pertinent.ingest.text import TextReader

if TYPE_CHECKING:
    from conftest import ReadContent


def test_a_file_is_a_document(read_content: ReadContent) -> None:
    reading = read_content(TextReader(), gzip.compress(b"Line one.\r\nLine two."), "heart_failure.txt.gz")
    (document,) = reading.documents
    assert document.text == "Line one.\nLine two."
    assert document.title == "heart failure"
    assert document.source == str(reading.path)
    assert document.id.startswith("heart_failure.txt.gz:")


def test_identity_is_the_place_not_the_content(read_content: ReadContent) -> None:
    one = read_content(TextReader(), "one", "a.txt").documents[0]
    two = read_content(TextReader(), "two", "a.txt").documents[0]
    other = read_content(TextReader(), "one", "b.txt").documents[0]
    assert one.id == two.id
    assert one.fingerprint != two.fingerprint
    assert one.id != other.id


def test_limits_are_told(read_content: ReadContent) -> None:
    assert read_content(TextReader(max_bytes=3), "four").reasons == ["whole file: larger than 3 bytes"]
    assert not read_content(TextReader(max_bytes=3), "four").documents


def test_accepts() -> None:
    accepts = TextReader().accepts
    assert accepts(Path("README"), b"x")
    assert accepts(Path("note.TXT.gz"), b"x")
    assert not accepts(Path("page.html"), b"x")
