"""Checkpoints appear whole, the best one stays, and damage is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pertinent.errors import ModelError
from pertinent.train.checkpoints import (
    best_checkpoint,
    newest_checkpoint,
    read_checkpoint,
    read_file,
    save_checkpoint,
)


def save(folder: Path, step: int, quality: float | None = None, data: bytes = b"data") -> Path:
    return save_checkpoint(folder, {"file": data}, step=step, run="run", quality=quality, part_bytes=1000)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_two_newest_and_the_best_are_kept(tmp_path: Path) -> None:
    for step, quality in ((10, 0.3), (20, 0.9), (30, 0.4), (40, 0.9), (50, None)):
        save(tmp_path, step, quality)
    assert names(tmp_path) == ["step-00000020", "step-00000040", "step-00000050"]
    assert best_checkpoint(tmp_path) == tmp_path / "step-00000020"
    assert newest_checkpoint(tmp_path) == tmp_path / "step-00000050"


def test_nothing_yet(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path / "absent") is None
    save(tmp_path, 1)
    assert best_checkpoint(tmp_path) is None


def test_a_half_written_one_is_none(tmp_path: Path) -> None:
    whole = save(tmp_path, 5)
    (tmp_path / ".step-00000006.new").mkdir()
    assert newest_checkpoint(tmp_path) == whole
    save(tmp_path, 6)
    assert names(tmp_path) == ["step-00000005", "step-00000006"]


def test_parts_are_put_together(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10
    path = save(tmp_path, 1, data=data)
    assert names(path) == ["file.000", "file.001", "file.002", "state.json"]
    assert read_file(path, read_checkpoint(path), "file") == data
    (path / "file.001").unlink()
    with pytest.raises(ModelError, match="file of checkpoint step-00000001"):
        read_file(path, read_checkpoint(path), "file")


def test_missing_files_are_told(tmp_path: Path) -> None:
    path = save(tmp_path, 1)
    with pytest.raises(ModelError, match="other"):
        read_file(path, read_checkpoint(path), "other")


@pytest.mark.parametrize(
    "state",
    [
        "{",
        "[]",
        json.dumps({"step": "1", "run": "run", "quality": None, "files": {}}),
        json.dumps({"step": 1, "run": "run", "quality": "high", "files": {}}),
        json.dumps({"step": 1, "run": "run", "quality": None, "files": {}, "more": 1}),
    ],
)
def test_a_damaged_state_is_told(tmp_path: Path, state: str) -> None:
    path = save(tmp_path, 1)
    (path / "state.json").write_text(state)
    with pytest.raises(ModelError, match=r"state\.json"):
        read_checkpoint(path)
