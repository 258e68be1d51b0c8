from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pertinent.ingest.chunker import Chunker
from pertinent.ingest.code import CodeReader

if TYPE_CHECKING:
    from conftest import ReadContent

READER = CodeReader()


def words(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("settings_of.py", "python"),
        ("a.TS", "typescript"),
        ("a.h", "c"),
        ("a.rs.gz", "rust"),
        ("a.x", "other"),
    ],
)
def test_a_file_knows_language_and_lines(read_content: ReadContent, name: str, language: str) -> None:
    content = b"one = 1\r\n\r\ntwo = 2\n"
    reading = read_content(READER, gzip.compress(content) if name.endswith("gz") else content, name)
    (document,) = reading.documents
    assert not reading.errors
    assert (document.title, document.text) == (name.removesuffix(".gz"), "one = 1\n\ntwo = 2\n")
    assert document.metadata == {"programming_language": language}
    assert document.places is not None
    assert str(document.places.of(9, 16)) == "line 3"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x = 1\0", "whole file: the file is binary"),
        (b"var a=1;" * 1000, "whole file: a line is longer than 4,000 characters, as in minified code"),
        (b"x = '\xff'", "byte 5: the text is not valid UTF-8"),
    ],
)
def test_what_nobody_reads_is_left_out(read_content: ReadContent, content: bytes, reason: str) -> None:
    reading = read_content(READER, content, "a.js")
    assert (reading.documents, reading.reasons) == ([], [reason])


def test_passages_are_whole_definitions(read_content: ReadContent) -> None:
    content = "import re\n\n" + "".join(
        f"def function_{number}(x):\n    y = x + {number}\n\n    return y\n\n\n" for number in range(6)
    )
    (document,) = read_content(READER, content, "a.py").documents
    passages = Chunker(words, max_tokens=40, overlap=0).chunk(document)
    assert [passage.text.count("def ") for passage in passages] == [2, 3, 1]
    assert all(passage.text.count("def ") == passage.text.count("return y") for passage in passages)
    assert [str(passage.place) for passage in passages] == ["lines 1-12", "lines 15-30", "lines 33-36"]


def test_a_long_definition_is_cut_at_blank_lines_then_between_lines(read_content: ReadContent) -> None:
    block = "".join(f"    value_{number} = {number}\n" for number in range(9))
    (document,) = read_content(READER, f"def long():\n{block}\n{block}", "a.py").documents
    by_blocks = Chunker(words, max_tokens=32, overlap=0).chunk(document)
    assert [str(passage.place) for passage in by_blocks] == ["lines 1-10", "lines 12-20"]
    assert by_blocks[1].text.startswith("    value_0 = 0")
    by_lines = Chunker(words, max_tokens=16, overlap=0).chunk(document)
    assert all(line in document.text.split("\n") for one in by_lines for line in one.text.split("\n"))


def test_accepts() -> None:
    assert READER.accepts(Path("a.py"), b"")
    assert not READER.accepts(Path("a.txt"), b"import re")
