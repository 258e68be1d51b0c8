from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.ingest.naming import file_id, suffix, title_of


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("a.MD", ".md"),
        ("a.jsonl.gz", ".jsonl"),
        ("a.XML.GZ", ".xml"),
        ("README", ""),
        (".hidden", ""),
        ("a.gz", ""),
    ],
)
def test_the_ending_behind_which_gzip_does_not_count(name: str, ending: str) -> None:
    assert suffix(Path(name)) == ending


def test_a_name_reads_as_a_title() -> None:
    assert title_of(Path("/x/heart__failure_2021.txt.gz")) == "heart failure 2021"


def test_a_file_is_its_name_and_its_place() -> None:
    here, there = file_id(Path("/a/notes.md")), file_id(Path("/b/notes.md"))
    assert here != there
    assert here.startswith("notes.md:")
    assert here == file_id(Path("/a/notes.md"))
