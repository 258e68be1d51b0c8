from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pertinent.engine.hub_checks import MAX_RECORD_BYTES, HubRecord, content_digest
from support.fake_hub import git_digest


def test_digests_are_those_of_git_and_of_large_file_storage(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"what is in it\n")
    assert content_digest(file, like="0" * 64) == hashlib.sha256(b"what is in it\n").hexdigest()
    assert content_digest(file, like="0" * 40) == git_digest(b"what is in it\n")
    file.write_bytes(b"")
    assert content_digest(file, like="0" * 40) == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_what_was_right_is_remembered_until_it_changes(tmp_path: Path) -> None:
    file, digest = tmp_path / "file", hashlib.sha256(b"right").hexdigest()
    file.write_bytes(b"right")
    record = HubRecord.read(tmp_path / "records" / "tiny--judge.json")
    assert record.is_right(file, digest)
    record.commits["c"] = {"file": digest}
    record.save()
    again = HubRecord.read(record.file)
    assert (again.commits, again.checked) == (record.commits, record.checked)
    assert again.is_right(file, digest)
    file.write_bytes(b"wrong")
    assert not again.is_right(file, digest)
    assert digest not in again.checked


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"commits": [], "checked": {}}', '{"commits": {}, "checked": {"a": [1]}}',
     '{"commits": {}, "checked": {"a": ["x", 2]}}', "[" * 5000, " " * (MAX_RECORD_BYTES + 1)],
)  # fmt: skip
def test_a_damaged_record_is_an_empty_one(tmp_path: Path, content: str) -> None:
    file = tmp_path / "record.json"
    file.write_text(content)
    record = HubRecord.read(file)
    assert (record.commits, record.checked) == ({}, {})


def test_a_record_that_cannot_be_kept_is_no_fault() -> None:
    HubRecord(Path("/proc/none/record.json")).save()
