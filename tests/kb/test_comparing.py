from __future__ import annotations

import os
from pathlib import Path

import pytest

from pertinent.errors import RecordError
from pertinent.kb import comparing
from pertinent.kb.comparing import compare, digest_of, signature_of
from pertinent.kb.folders import FileState, Folder
from pertinent.kb.part import EVERYTHING


def known(notes: Path) -> dict[str, FileState]:
    found = compare(Folder(notes), {}, EVERYTHING, _raise)
    return {str(file.source.path): FileState(file.digest, file.signature, 1) for file in found.changed}


def changed(notes: Path, before: dict[str, FileState]) -> list[str]:
    return [file.source.path.name for file in compare(Folder(notes), before, EVERYTHING, _raise).changed]


def _raise(error: RecordError) -> None:
    raise error


def test_only_what_changed_is_to_be_read(notes: Path) -> None:
    before = known(notes)
    assert changed(notes, before) == []
    (notes / "sub" / "rain.md").write_text("Rain falls.")
    (notes / "new.md").write_text("New.")
    assert changed(notes, before) == ["new.md", "rain.md"]


def test_a_change_that_keeps_size_and_time_is_seen(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "_CLOCK_NS", -1)
    before, file = known(notes), notes / "tides.md"
    status = file.stat()
    file.write_text(file.read_text().swapcase())
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert changed(notes, before) == ["tides.md"]


def test_an_untouched_file_is_not_even_opened(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "_CLOCK_NS", -1)
    before = known(notes)
    monkeypatch.setattr(comparing, "digest_of", lambda *_: pytest.fail("read"))
    assert changed(notes, before) == []


def test_the_signature_of_what_changed_just_now_says_nothing(notes: Path) -> None:
    assert signature_of(notes / "tides.md") == ""


def test_a_file_of_which_documents_are_missing_is_read_again(notes: Path) -> None:
    path = str(notes / "tides.md")
    held = {name: ["one"] for name in known(notes) if name != path}
    found = compare(Folder(notes), known(notes), EVERYTHING, _raise, held=held)
    assert [str(file.source.path) for file in found.changed] == [path]


def test_kinds_that_no_reader_knows_are_counted(notes: Path) -> None:
    for name in ("a.png", "b.PNG", "c.bin"):
        (notes / name).write_bytes(b"\0\1\2")
    faults: list[RecordError] = []
    found = compare(Folder(notes), {}, EVERYTHING, faults.append)
    assert found.unknown == {".png": 2, ".bin": 1}


def test_a_link_and_a_pipe_are_not_read(notes: Path) -> None:
    faults: list[RecordError] = []
    (notes / "link").symlink_to(notes / "tides.md")
    assert digest_of(notes / "link", faults.append) is None
    assert digest_of(notes / "absent", faults.append) is None
    assert len(faults) == 1


def test_a_file_that_outgrows_the_limit_while_it_is_read_is_told(
    notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "MAX_FILE_BYTES", 4)
    faults: list[RecordError] = []
    assert digest_of(notes / "tides.md", faults.append) is None
    assert "larger" in faults[0].reason
