from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.ingest.docx_child import DAMAGED, read_blocks

PARTS, SIZE = 100, 4 << 20
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def written() -> bytes:
    document = docx.Document()
    document.add_heading("Methods", 1)
    document.add_paragraph("We asked.")
    file = BytesIO()
    document.save(file)
    return file.getvalue()


WRITTEN = written()


def changed(change: Callable[[str, bytes], bytes], extra: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """The file with every part passed through ``change``; the parts of ``extra`` behind them."""
    file = BytesIO()
    with ZipFile(BytesIO(WRITTEN)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(ZipInfo(name), change(name, old.read(name)), ZIP_DEFLATED)
        for name, data in extra:
            new.writestr(ZipInfo(name), data, ZIP_DEFLATED)
    return file.getvalue()


def with_body(body: str) -> list[tuple[str, int, str]]:
    document = f"<w:document {W}><w:body>{body}</w:body></w:document>".encode()
    data = changed(lambda name, part: document if name == "word/document.xml" else part)
    blocks: list[tuple[str, int, str]] = read_blocks(data, parts=PARTS, size=SIZE)["blocks"]
    return blocks


def test_headings_and_text() -> None:
    outcome = read_blocks(WRITTEN, parts=PARTS, size=SIZE)
    assert outcome["blocks"] == [("heading", 1, "Methods"), ("text", 0, "We asked.")]


def test_changes_fields_and_breaks() -> None:
    runs = (
        "<w:r><w:t>a</w:t></w:r><w:ins><w:r><w:t>b</w:t></w:r></w:ins><w:del><w:r><w:delText>c</w:delText></w:r>"
        "<w:r><w:t>d</w:t></w:r></w:del><w:r><w:tab/><w:t>e</w:t><w:noBreakHyphen/><w:t>f</w:t></w:r>"
    )
    assert with_body(f"<w:sdt><w:sdtContent><w:p>{runs}</w:p></w:sdtContent></w:sdt>") == [
        ("text", 0, "ab e-f")
    ]
    item = "<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>x</w:t></w:r></w:p>"
    cell = f"<w:tc>{item}<w:tbl><w:tr><w:tc>{item}</w:tc></w:tr></w:tbl></w:tc>"
    assert with_body(f"{item}<w:tbl><w:tr>{cell}<w:tc><w:p/></w:tc></w:tr></w:tbl>") == [
        ("item", 0, "x"),
        ("row", 0, "x x | "),
    ]


@pytest.mark.parametrize("name", ["word/document.xml", "word/styles.xml", "[Content_Types].xml", "extra.bin"])
def test_document_types_are_refused(name: str) -> None:
    entity = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaa">]><w>&a;</w>'
    extra = ((name, entity),) if name == "extra.bin" else ()
    data = changed(lambda part, old: entity if part == name else old, extra)
    assert read_blocks(data, parts=PARTS, size=SIZE) == {
        "refused": "it declares a document type, which could be an attack"
    }


def test_archive_bombs_are_refused() -> None:
    bomb = changed(lambda _, part: part, (("bomb", b"\0" * (2 * SIZE)),))
    assert len(bomb) < SIZE // 10
    assert read_blocks(bomb, parts=PARTS, size=SIZE) == {
        "refused": "the archive holds more than 4,194,304 bytes"
    }
    many = changed(lambda _, part: part, tuple((f"part{number}", b"") for number in range(PARTS)))
    assert read_blocks(many, parts=PARTS, size=SIZE) == {"refused": "the archive has more than 100 parts"}


def test_a_part_larger_than_it_says_is_damage() -> None:
    bomb = changed(lambda _, part: part, (("bomb", b"\0" * (2 * SIZE)),))
    lying = bomb.replace((2 * SIZE).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != bomb
    assert read_blocks(lying, parts=PARTS, size=SIZE) == {"refused": DAMAGED}


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert read_blocks(data, parts=PARTS, size=SIZE) == {"refused": DAMAGED}


@given(at=st.floats(0, 1), cut=st.integers(0, 40), put=st.binary(max_size=8))
@settings(max_examples=60, deadline=None)
def test_mutated_files_give_blocks_or_a_reason(at: float, cut: int, put: bytes) -> None:
    start = int(at * len(WRITTEN))
    outcome = read_blocks(WRITTEN[:start] + put + WRITTEN[start + cut :], parts=PARTS, size=SIZE)
    assert set(outcome) in ({"refused"}, {"blocks", "title"})
