from __future__ import annotations

import os
from pathlib import Path

import pytest

from pertinent.errors import DataError, RecordError
from pertinent.kb import walking
from pertinent.kb.folders import Folder
from pertinent.kb.part import EVERYTHING, Part
from pertinent.kb.walking import files_of
from pertinent.store.server.link import Link, write_link
from support.knowledge import knowledge_base, write


def names(
    root: Path, part: Part = EVERYTHING, *, include: tuple[str, ...] = ()
) -> tuple[list[str], list[str]]:
    faults: list[RecordError] = []
    files = files_of(Folder(root, include=include), faults.append, part)
    return [file.relative_to(root).as_posix() for file in files], [fault.reason for fault in faults]


def test_what_programs_made_and_what_is_hidden_is_left_out(notes: Path) -> None:
    write(
        notes, **{f"{name}__x": "text" for name in (".git", ".hidden", "node_modules", "__pycache__", "venv")}
    )
    write(notes, **{"sub__node_modules__x": "text", ".dot": "text"})
    (notes / "__pycache__").mkdir(exist_ok=True)
    (notes / "__pycache__" / "x.md").write_text("text")
    assert names(notes) == (["tides.md", "sub/rain.md", "sub/wind.md"], [])


def test_links_are_not_followed(notes: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside", secret="Outside.")
    (notes / "folder").symlink_to(tmp_path / "outside")
    (notes / "file.md").symlink_to(tmp_path / "outside" / "secret.md")
    assert "secret" not in str(names(notes))


def test_collections_below_are_passed_over(notes: Path) -> None:
    inner = knowledge_base(notes / "inner")
    inner.add(notes / "sub")
    assert names(notes)[0] == ["tides.md", "sub/rain.md", "sub/wind.md"]


def test_only_a_part_is_walked(notes: Path) -> None:
    assert names(notes, Part([notes / "sub"]))[0] == ["sub/rain.md", "sub/wind.md"]
    assert names(notes, Part([notes / "tides.md"]))[0] == ["tides.md"]
    assert names(notes, Part([notes / "sub" / "wind.md", notes / "absent"]))[0] == ["sub/wind.md"]


def test_patterns_choose(notes: Path) -> None:
    assert names(notes, include=("sub/*",))[0] == ["sub/rain.md", "sub/wind.md"]


def test_large_files_are_told(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MAX_FILE_BYTES", 20)
    files, faults = names(notes)
    assert files == ["sub/rain.md", "sub/wind.md"]
    assert faults == ["larger than 20 bytes"]


def test_pipes_are_passed_over(notes: Path) -> None:
    os.mkfifo(notes / "pipe.md")
    assert "pipe.md" not in names(notes)[0]


def test_names_that_are_no_text_are_told(notes: Path) -> None:
    (notes / os.fsdecode(b"bad\xff.md")).write_text("text")
    files, faults = names(notes)
    assert len(files) == 3
    assert faults == ["the file's name is not valid UTF-8"]


def test_too_many_files_are_refused(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MAX_FILES", 2)
    with pytest.raises(DataError, match="--include"):
        names(notes)


def test_a_missing_root_is_told_and_a_missing_folder_below_is_not(notes: Path) -> None:
    assert names(notes / "absent") == ([], ["the folder cannot be read (No such file or directory)"])


def test_links_to_collections_are_passed_over_and_what_only_looks_like_one_is_not(notes: Path) -> None:
    for folder, content in (("link", Link("https://h", "n")), ("other", None)):
        (notes / folder).mkdir()
        if content:
            write_link(notes / folder, content)
        else:
            (notes / folder / "server.json").write_text('{"name": "n", "url": "https://h", "version": 1}')
    assert names(notes)[0] == ["tides.md", "other/server.json", "sub/rain.md", "sub/wind.md"]
