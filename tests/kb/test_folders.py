from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import StoreError
from pertinent.kb.folders import FOLDERS_FILE, FileState, Folder, Folders


def test_folders_and_files_are_remembered(tmp_path: Path) -> None:
    one, two = Folder(Path("/b")), Folder(Path("/a"), "a//", ("*.md",))
    state = FileState("digest", "signature", 2)
    with Folders(tmp_path) as remembered:
        remembered.keep(two)
        remembered.keep(one)
        remembered.note([("/a/x", state), ("/a/x/y", state), ("/a/x0", state), ("/a/w", state)])
    with Folders(tmp_path) as remembered:
        assert remembered.all() == [one, two]
        assert remembered.files(Path("/a/x")) == {"/a/x": state, "/a/x/y": state}
        remembered.drop(["/a/x"])
        assert remembered.files(Path("/a/x")) == {"/a/x/y": state}
        remembered.forget(Path("/a"))
        assert remembered.all() == [one]
        assert remembered.files(Path("/a")) == {}


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / FOLDERS_FILE).write_text("no database, but long enough to be taken for one" * 50)
    with pytest.raises(StoreError, match="list of folders"):
        Folders(tmp_path)
