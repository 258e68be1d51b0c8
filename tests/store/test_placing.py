from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import StoreError
from pertinent.store.lock import WriterLock
from pertinent.store.placing import put_in_place, remove_left_behind


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "notes"


def test_what_was_filled_takes_the_name(folder: Path) -> None:
    with put_in_place(folder) as scratch:
        (scratch / "manifest.json").write_text("{}")
        assert not folder.exists()
    assert (folder / "manifest.json").read_text() == "{}"
    assert list(folder.parent.iterdir()) == [folder]


def test_a_failure_leaves_nothing(folder: Path) -> None:
    def fill(scratch: Path) -> None:
        (scratch / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), put_in_place(folder) as scratch:
        fill(scratch)
    assert list(folder.parent.iterdir()) == []


@pytest.mark.parametrize("sooner", [True, False])
def test_what_is_there_is_not_overwritten(folder: Path, sooner: bool) -> None:
    def occupy() -> None:
        folder.mkdir()
        (folder / "theirs").touch()

    if sooner:
        occupy()
    with pytest.raises(StoreError, match="already something"), put_in_place(folder):
        occupy()
    assert [path.name for path in folder.iterdir()] == ["theirs"]
    assert list(folder.parent.iterdir()) == [folder]


def test_leftovers_are_removed_unless_somebody_fills_them(folder: Path) -> None:
    left, filled = (folder.with_name(f".notes.{word}.new") for word in ("0badcafe", "0000beef"))
    (left / "shard").mkdir(parents=True)
    filled.mkdir()
    other = folder.with_name(".other.0badcafe.new")
    other.mkdir()
    with WriterLock(filled):
        remove_left_behind(folder)
        assert set(folder.parent.iterdir()) == {filled, other}
    remove_left_behind(folder)
    assert list(folder.parent.iterdir()) == [other]
