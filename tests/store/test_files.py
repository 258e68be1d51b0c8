from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pertinent.errors import StoreError
from pertinent.store import files
from pertinent.store.files import check_space, disk_faults, disk_usage, write_atomically


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "f"
    write_atomically(file, b"old")
    write_atomically(file, b"new")
    assert file.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_write_that_fails_leaves_the_old_content_and_no_scraps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "f"
    write_atomically(file, b"old")

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(OSError, match="full"):
        write_atomically(file, b"new")
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.ENOSPC, "Free some space"), (errno.EROFS, "read-only"), (errno.EIO, "Check the disk")],
)
def test_a_disk_fault_says_what_to_do(number: int, says: str) -> None:
    with pytest.raises(StoreError, match="Writing failed") as caught, disk_faults("Writing"):
        raise OSError(number, os.strerror(number))
    assert says in caught.value.hint


def test_work_that_the_disk_cannot_take_is_refused(tmp_path: Path) -> None:
    check_space(tmp_path, reserve=0)
    with pytest.raises(StoreError, match="almost full"):
        check_space(tmp_path, 1 << 60)


def test_holes_take_no_space(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 24)
    assert disk_usage(tmp_path) < 1 << 20
