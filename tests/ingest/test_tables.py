from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pertinent.ingest import rows
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


@pytest.mark.parametrize("mark", ["", "n/a", "NA", "NaN", "null", "None", "-", " N/A "])
def test_marks_of_missing_values_leave_a_column_its_type(read_content: ReadContent, mark: str) -> None:
    text = f"text,age,dose,note\na,5,7.5,words\nb,{mark},{mark},{mark}\n"
    first, second = read_content(READER, text).documents
    assert first.metadata == {"age": 5, "dose": 7.5, "note": "words"}
    assert second.metadata == ({"note": mark.strip()} if mark else {})


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


@pytest.mark.parametrize("max_row_bytes", [1000, 1 << 20])
def test_unclosed_quote_costs_its_own_line(read_content: ReadContent, max_row_bytes: int) -> None:
    text = 'id,text\n1,"never closed\n' + "".join(f"{n},b\n" for n in range(2, 200))
    reading = read_content(CsvReader(max_row_bytes=max_row_bytes), text)
    assert [document.id for document in reading.documents] == [str(n) for n in range(2, 200)]
    assert [error.position for error in reading.errors] == ["line 2"]


def test_unclosed_quote_before_quoted_rows(read_content: ReadContent) -> None:
    text = 'id,text\n1,"never closed\n2,"two, with\na break"\n3,"three"\n4,"again open\n5,e\n'
    reading = read_content(READER, text)
    assert [(d.id, d.text) for d in reading.documents] == [
        ("2", "two, with\na break"),
        ("3", "three"),
        ("5", "e"),
    ]
    assert [error.position for error in reading.errors] == ["line 2", "line 6"]


def test_lines_that_a_row_took_in_are_told(read_content: ReadContent) -> None:
    reading = read_content(READER, 'id,text,x\n1,"open\n2,a,b\n3,closed",x,y\n4,d,e\n')
    assert [d.id for d in reading.documents] == ["4"]
    assert reading.reasons == ["line 2: 4 columns where the header has 3, in a row of 3 lines"]


def test_a_row_has_a_bounded_number_of_lines(
    read_content: ReadContent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MAX_ROW_LINES", 10)
    reading = read_content(READER, 'id,text\n1,"open' + "\n" * 30 + "2,b\n")
    assert [d.id for d in reading.documents] == ["2"]
    assert reading.reasons == ["line 2: the row cannot be read (longer than 10 lines)"]


def test_quotes_that_never_end_take_linear_time(
    read_content: ReadContent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line opens a quote and the next one never closes it: every line would be read to the end."""
    monkeypatch.setattr(rows, "FREE_REREAD_BYTES", 10_000)
    lines = 40_000
    reading = read_content(READER, "id,text\n" + 'b","c\n' * lines + "last,row\n")
    assert [d.id for d in reading.documents] == ["last"]
    assert len(reading.errors) == lines


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
