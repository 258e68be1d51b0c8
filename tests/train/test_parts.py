from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.train.parts import has_file, read_parts, write_parts

DATA = bytes(range(256)) * 4


@pytest.mark.parametrize(
    ("most", "names"),
    [
        (None, ["file"]),
        (1024, ["file"]),
        (1023, ["file.000", "file.001"]),
        (300, ["file.000", "file.001", "file.002", "file.003"]),
    ],
)
def test_what_is_cut_is_read_as_one(tmp_path: Path, most: int | None, names: list[str]) -> None:
    assert not has_file(tmp_path / "file")
    write_parts(tmp_path / "file", DATA, most)
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert has_file(tmp_path / "file")
    assert read_parts(tmp_path / "file") == DATA


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    write_parts(tmp_path / "file", b"", 10)
    assert has_file(tmp_path / "file")
    assert read_parts(tmp_path / "file") == b""


def test_names_that_only_look_alike_are_no_parts(tmp_path: Path) -> None:
    write_parts(tmp_path / "file", DATA, 600)
    (tmp_path / "file.json").write_bytes(b"other")
    (tmp_path / "file.0001").write_bytes(b"other")
    assert read_parts(tmp_path / "file") == DATA
    with pytest.raises(OSError, match="absent"):
        read_parts(tmp_path / "absent")
