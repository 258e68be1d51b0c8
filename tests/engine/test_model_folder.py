"""A model's folder is believed only where size and SHA-256 agree."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pertinent.engine.catalogue import CARRIED
from pertinent.engine.model_folder import (
    DESCRIPTION_FILE,
    GRAPH_FILE,
    WEIGHTS_FILE,
    open_family,
    open_model_folder,
)
from pertinent.errors import ModelError
from pertinent.families import cross_encoder
from pertinent.families.carried import CARRIED_EMBEDDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A private copy of the carried embedder beside its tokenizer."""
    shutil.copytree(CARRIED / CARRIED_EMBEDDER, tmp_path / "model")
    shutil.copy(CARRIED / "tokenizer.json", tmp_path)
    return tmp_path / "model"


def describe(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / DESCRIPTION_FILE
    description = json.loads(file.read_text())
    change(description)
    file.write_text(json.dumps(description))


def test_a_sound_folder_opens(folder: Path) -> None:
    model = open_model_folder(folder)
    assert len(model.read_weights()) == model.weights_bytes
    assert model.size > 1e7
    assert model.outputs == 384


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model") as caught:
        open_model_folder(tmp_path / "absent")
    assert DESCRIPTION_FILE in caught.value.hint


@pytest.mark.parametrize("file", [GRAPH_FILE, WEIGHTS_FILE, "../tokenizer.json"])
def test_a_changed_file_is_found(folder: Path, file: str) -> None:
    data = bytearray((folder / file).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / file).write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        open_model_folder(folder).read(file)


def test_a_missing_file_is_found(folder: Path) -> None:
    (folder / GRAPH_FILE).unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        open_model_folder(folder).read(GRAPH_FILE)


@pytest.mark.parametrize("weights", [zlib.compress(b"\0" * (1 << 26)), zlib.compress(b"\0"), b"not zlib"])
def test_weights_of_another_size_are_refused(folder: Path, weights: bytes) -> None:
    (folder / WEIGHTS_FILE).write_bytes(weights)
    describe(folder, lambda d: d["files"].update({WEIGHTS_FILE: sha256(weights).hexdigest()}))
    with pytest.raises(ModelError):
        open_model_folder(folder).read_weights()


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(format=99),
        lambda d: d.update(family="oracle"),
        lambda d: d.update(max_tokens=2),
        lambda d: d.update(weights_bytes=-1),
        lambda d: d.update(files={"/etc/passwd": "0"}),
        lambda d: d.pop("canary"),
        lambda d: d.pop("name"),
    ],
)
def test_a_description_that_is_not_understood_is_refused(
    folder: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    describe(folder, change)
    with pytest.raises(ModelError, match="format 1"):
        open_model_folder(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "\ufeff{}"])
def test_what_is_not_a_description_is_refused(folder: Path, text: str) -> None:
    (folder / DESCRIPTION_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ModelError):
        open_model_folder(folder)


def test_a_huge_description_is_refused(folder: Path) -> None:
    (folder / DESCRIPTION_FILE).write_text(" " * (1 << 21))
    with pytest.raises(ModelError, match="too large"):
        open_model_folder(folder)


def test_another_family_is_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match="family"):
        open_family(folder, cross_encoder.NAME)


def test_constants_pass_through(folder: Path) -> None:
    describe(folder, lambda d: d.update(final={"weight": 0.25}))
    assert open_model_folder(folder).constants == {"weight": 0.25}
