from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.evaluate.sources import files
from pertinent.evaluate.sources.files import files_of, find_file, needed_file, split_files
from support.judged_sets import write_lines


def test_a_plain_file_comes_before_a_packed_one(tmp_path: Path) -> None:
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(b"{}"))
    assert find_file(tmp_path, "a.jsonl") == packed
    plain = write_lines(tmp_path / "a.jsonl", "{}")
    assert find_file(tmp_path, "a.jsonl") == plain
    assert files_of(tmp_path, ".jsonl") == [plain]
    assert find_file(tmp_path / "a.jsonl", "b") is None


def test_files_are_sorted_and_hidden_ones_left_out(tmp_path: Path) -> None:
    for name in ("b.tsv", "a.txt", ".c.tsv", "d.json"):
        write_lines(tmp_path / "qrels" / name, "x")
    (tmp_path / "qrels" / "folder.tsv").mkdir()
    assert list(split_files(tmp_path)) == ["a", "b"]
    assert files_of(tmp_path / "qrels" / "d.json", ".json") == [tmp_path / "qrels" / "d.json"]
    assert split_files(tmp_path / "nowhere") == {}


def test_a_file_that_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no x\.jsonl\. It should be a set\."):
        needed_file(tmp_path, "x.jsonl", "set")


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 2)
    for name in "abc":
        write_lines(tmp_path / name, "")
    with pytest.raises(DataError, match="more than 2 files"):
        files_of(tmp_path, ".json")
