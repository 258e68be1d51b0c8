from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pertinent.ingest.tables import CsvReader, sniff_delimiter

if TYPE_CHECKING:
    from conftest import ReadContent

READER = CsvReader()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_delimiter(read_content: ReadContent, delimiter: str) -> None:
    text = "id,text,note\n1,a,x\n2,b,y\n".replace(",", delimiter)
    reading = read_content(READER, text)
    assert [(d.id, d.text, dict(d.metadata)) for d in reading.documents] == [
        ("1", "a", {"note": "x"}),
        ("2", "b", {"note": "y"}),
    ]


def test_delimiters_inside_texts_do_not_mislead() -> None:
    assert sniff_delimiter(b"id;text\n1;a, b, c\n2;d, e\n3;f\n") == ";"
    assert sniff_delimiter(b'id,text\n1,"a; b; c"\n2,"d; e"\n') == ","
    assert sniff_delimiter(b"text\nonly one column\n") == ","
    assert sniff_delimiter(b"") == ","


def test_quotes_hold_delimiters_and_line_breaks(read_content: ReadContent) -> None:
    reading = read_content(READER, '\ufeffid,text\r\n1,"a, ""b""\r\nc"\r\n2,d\r\n3\r\n')
    assert [d.text for d in reading.documents] == ['a, "b"\nc', "d"]
    assert reading.reasons == ["line 5: 1 columns where the header has 2"]


def test_columns_have_one_type(read_content: ReadContent) -> None:
    header = "pmid,site_id,Title,Abstract,age,dose,code,Publication Year,x"
    text = f"{header}\n1,5,T,A,30,1.5,007,1980,\n2,6,U,B,,2,12,1981,z\n"
    first, second = read_content(READER, text).documents
    assert first.metadata == {
        "pmid": "1",
        "site_id": "5",
        "age": 30,
        "dose": 1.5,
        "code": "007",
        "Publication_Year": 1980,
    }
    assert second.metadata["dose"] == 2.0
    assert isinstance(second.metadata["dose"], float)
    assert second.metadata["code"] == "12"
    assert "age" not in second.metadata
    assert second.metadata["x"] == "z"
    assert first.text == "A"


def test_unnamed_column_is_left_out(read_content: ReadContent) -> None:
    (document,) = read_content(READER, ",text,b\n0,hello,1\n").documents
    assert document.metadata == {"b": 1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,b\n1,2\n", "no column of the first row is named abstract, body"),
        ("text,Text\n1,2\n", "two columns have the same name"),
        (",".join(["text", *(f"c{i}" for i in range(600))]), "more than 512 columns"),
    ],
)
def test_headers_that_cannot_be_used(read_content: ReadContent, text: str, reason: str) -> None:
    reading = read_content(READER, text)
    assert not reading.documents
    assert len(reading.errors) == 1
    assert reading.errors[0].position == "header"
    assert reading.errors[0].reason.startswith(reason)


def test_broken_rows_are_told_and_skipped(read_content: ReadContent) -> None:
    rows = [b"id,text", b"1,a", b"2,caf\xe9", b'3,"a"b', b"4,", b"", b"5,b"]
    reading = read_content(READER, b"\n".join(rows))
    assert [d.id for d in reading.documents] == ["1", "5"]
    assert [error.position for error in reading.errors] == ["line 3", "line 4", "line 5"]


def test_unclosed_quote_is_bounded(read_content: ReadContent) -> None:
    text = 'id,text\n1,"never closed\n' + "2,b\n" * 1000
    reading = read_content(CsvReader(max_row_bytes=1000), text)
    assert "longer than 1,000 bytes" in reading.errors[0].reason
    assert reading.errors[0].position == "line 2"
    assert len(reading.documents) > 600
    assert len(read_content(READER, text).errors) == 1


def test_long_fields_are_read(read_content: ReadContent) -> None:
    long = "word " * 60_000
    assert read_content(READER, f"id,text\n1,{long}\n").documents[0].text == long


def test_gzip_and_accepts(read_content: ReadContent) -> None:
    assert len(read_content(READER, gzip.compress(b"text\na\nb\n"), "a.csv.gz").documents) == 2
    assert READER.accepts(Path("a.TSV.gz"), b"")
    assert not READER.accepts(Path("a.txt"), b"a,b")


def test_damage_is_reported_once(read_content: ReadContent) -> None:
    reading = read_content(READER, gzip.compress(b"text\n" + b"some words\n" * 100)[:-12], "a.csv.gz")
    assert len(reading.errors) == 1
