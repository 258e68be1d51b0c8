from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pertinent.errors import StoreError
from pertinent.kb.notices import Notices
from support.knowledge import write

LONG = 5000


@pytest.fixture
def notices(notes: Path) -> Iterator[Notices]:
    with Notices([notes]) as watching:
        yield watching


def test_nothing_is_told_where_nothing_changes(notices: Notices) -> None:
    assert notices.wait(60) == set()


def test_changed_new_and_deleted_files_are_told(notices: Notices, notes: Path) -> None:
    write(notes, tides="Changed.", sub__new="New.")
    (notes / "sub" / "rain.md").unlink()
    assert notices.wait(LONG) == {notes / "tides.md", notes / "sub" / "new.md", notes / "sub" / "rain.md"}


def test_a_file_that_is_written_beside_and_renamed_is_told(notices: Notices, notes: Path) -> None:
    (notes / ".tides.swp").write_text("Saved.")
    (notes / ".tides.swp").rename(notes / "tides.md")
    assert notices.wait(LONG) == {notes / "tides.md"}


def test_what_lies_in_a_new_folder_is_told_from_then_on(notices: Notices, notes: Path) -> None:
    write(notes, deep__er__one="One.")
    assert notes / "deep" in (notices.wait(LONG) or ())
    write(notes, deep__er__two="Two.")
    assert notices.wait(LONG) == {notes / "deep" / "er" / "two.md"}


def test_a_folder_that_was_replaced_is_told_from_then_on(notices: Notices, notes: Path) -> None:
    shutil.rmtree(notes / "sub")
    write(notes, sub__one="One.")
    assert notes / "sub" in (notices.wait(LONG) or ())
    write(notes, sub__two="Two.")
    assert notices.wait(LONG) == {notes / "sub" / "two.md"}


def test_what_is_left_out_is_not_told(notices: Notices, notes: Path) -> None:
    write(notes, node_modules__x="x", **{".git__x": "x"})
    (notes / ".hidden").write_text("x")
    assert notices.wait(LONG) == set()
    write(notes, node_modules__y="y", tides="Changed.")
    assert notices.wait(LONG) == {notes / "tides.md"}


def test_links_are_not_watched_through(notes: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside", a="A.")
    (notes / "link").symlink_to(tmp_path / "outside")
    with Notices([notes]) as watching:
        write(tmp_path / "outside", b="B.")
        assert watching.wait(200) == set()


def test_a_root_that_goes_and_comes_back(notices: Notices, notes: Path, tmp_path: Path) -> None:
    notes.rename(tmp_path / "away")
    assert notices.wait(LONG) is None
    (tmp_path / "away").rename(notes)
    assert notices.wait(LONG) is None
    write(notes, tides="Changed.")
    assert notices.wait(LONG) == {notes / "tides.md"}


def test_a_name_that_is_no_text_means_that_anything_may_have_changed(notices: Notices, notes: Path) -> None:
    import os

    (notes / os.fsdecode(b"bad\xff.md")).write_text("x")
    assert notices.wait(LONG) is None
    write(notes, tides="Changed.")
    assert notices.wait(LONG) == {notes / "tides.md"}


def test_a_refusal_of_the_system_is_told(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pertinent.kb.notices.RustNotify", refuse)
    with pytest.raises(StoreError, match="refuses to watch 2 folders"):
        Notices([notes])
