from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pertinent.ingest.jsonl import JsonlReader

if TYPE_CHECKING:
    from conftest import ReadContent

READER = JsonlReader()


def test_one_document_a_line(read_content: ReadContent) -> None:
    reading = read_content(READER, '\ufeff{"id": "a", "text": "One."}\r\n\n{"_id": 2, "title": "T"}')
    assert [(d.id, d.text, d.title) for d in reading.documents] == [("a", "One.", ""), ("2", "", "T")]
    assert {d.source for d in reading.documents} == {str(reading.path)}
    assert not reading.errors


def test_gzip_is_told_by_content(read_content: ReadContent) -> None:
    reading = read_content(READER, gzip.compress(b'{"text": "One."}'), "plain.jsonl")
    assert [d.text for d in reading.documents] == ["One."]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not valid JSON at character 1"),
        (b'{"text": "caf\xe9"}', "not valid UTF-8 at byte 13"),
        (b"[1]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b'{"text": NaN}', "field text is a number"),
        (b'{"text": "\\ud800"}', "lone surrogate"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\0\0\0", "not valid JSON"),
        (b'{"text": "t"} {"text": "u"}', "not valid JSON"),
    ],
)
def test_broken_lines_are_told_and_skipped(read_content: ReadContent, line: bytes, reason: str) -> None:
    reading = read_content(READER, b'{"text": "before"}\n' + line + b'\n{"text": "after"}\n')
    assert [d.text for d in reading.documents] == ["before", "after"]
    assert len(reading.errors) == 1
    assert reading.errors[0].position == "line 2"
    assert reason in reading.errors[0].reason


@pytest.mark.parametrize("number", [b"NaN", b"-Infinity", b"1e999", b"9" * 40, b"-" + b"9" * 6000])
def test_number_that_cannot_be_used_costs_only_its_field(read_content: ReadContent, number: bytes) -> None:
    reading = read_content(READER, b'{"text": "t", "a": ' + number + b', "b": 1}\n{"text": "after"}\n')
    assert [(d.text, dict(d.metadata)) for d in reading.documents] == [("t", {"b": 1}), ("after", {})]
    (reason,) = reading.reasons
    assert reason.endswith("left out what cannot be used: the number in field a is too large or not finite")


def test_overlong_line(read_content: ReadContent) -> None:
    long = json.dumps({"text": "x" * 2000})
    reading = read_content(JsonlReader(max_line_bytes=1000), f'{long}\n{{"text": "ok"}}\n')
    assert [d.text for d in reading.documents] == ["ok"]
    assert reading.reasons == ["line 1: longer than 1,000 bytes"]


def test_stopping_at_the_first_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "one"}\n{\n{"text": "two"}\n')

    class StopError(Exception):
        pass

    def stop(_: object) -> None:
        raise StopError

    documents = READER.read(path, on_broken=stop)
    assert next(documents).text == "one"
    with pytest.raises(StopError):
        next(documents)


def test_reading_twice_gives_the_same(read_content: ReadContent) -> None:
    lines = "\n".join(json.dumps({"text": f"text {i}", "year": 1900 + i}) for i in range(20))
    first, second = read_content(READER, lines), read_content(READER, lines)
    assert first.documents == second.documents
    assert len({d.id for d in first.documents}) == 20


@pytest.mark.parametrize(
    ("name", "head", "accepted"),
    [
        ("a.jsonl", b"", True),
        ("a.NDJSON.gz", b"", True),
        ("a.json", b'{"text": "t"}\n{"text"', True),
        ("a.json", b'{\n  "text": "t"\n}', False),
        ("notes", b'\xef\xbb\xbf{"a": 1}', True),
        ("notes", b"hello", False),
        ("a.txt", b'{"a": 1}', False),
        ("a.json", b"[" * 70_000, False),
    ],
)
def test_accepts(name: str, head: bytes, accepted: bool) -> None:
    assert READER.accepts(Path(name), head) is accepted
