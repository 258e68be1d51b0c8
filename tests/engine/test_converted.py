from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pertinent.engine.checkpoint import Checkpoint, open_checkpoint
from pertinent.engine.converted import MANIFEST_FILE, converted, segments
from pertinent.errors import ModelError
from support.conversions import convert_and_die, convert_together
from support.tiny_models import tiny_model


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("model")
    tiny_model(folder, "qwen3")
    return open_checkpoint(folder)


def entry_of(graphs: list[Path]) -> Path:
    return graphs[0].parent


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 28, 36])
def test_runs_cover_all_layers(layers: int) -> None:
    found = segments(layers)
    assert [layer for run in found for layer in run] == list(range(layers))
    assert all(found)


def test_converts_once_and_tells_progress(checkpoint: Checkpoint, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    first = converted(checkpoint, "int8", tmp_path, lambda done, total: told.append((done, total)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    before = {path: path.stat().st_mtime_ns for path in entry_of(first).iterdir()}
    second = converted(checkpoint, "int8", tmp_path, lambda done, total: pytest.fail("converts again"))
    assert first == second
    assert before == {path: path.stat().st_mtime_ns for path in entry_of(first).iterdir()}


def test_equal_models_give_equal_files_and_options_differ(checkpoint: Checkpoint, tmp_path: Path) -> None:
    graphs = [converted(checkpoint, "int8", tmp_path / place) for place in ("a", "b")]
    for one, other in zip(*graphs, strict=True):
        assert one.read_bytes() == other.read_bytes()
        assert one.with_suffix(".bin").read_bytes() == other.with_suffix(".bin").read_bytes()
    assert entry_of(converted(checkpoint, "float", tmp_path / "a")) != entry_of(graphs[0])
    assert len(names(tmp_path / "a")) == 2


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    "harm",
    [
        lambda entry: flip(next(entry.glob("*.bin"))),
        lambda entry: flip(next(entry.glob("*.xml"))),
        lambda entry: os.truncate(next(entry.glob("*.bin")), 10),
        lambda entry: next(entry.glob("*.xml")).unlink(),
        lambda entry: (entry / MANIFEST_FILE).unlink(),
        lambda entry: (entry / MANIFEST_FILE).write_text("[]"),
        lambda entry: (entry / MANIFEST_FILE).write_text('{"format": 1, "files": {}}'),
    ],
    ids=[
        "flipped weights",
        "flipped graph",
        "cut",
        "lost",
        "no manifest",
        "wrong manifest",
        "empty manifest",
    ],
)
def test_a_damaged_entry_is_made_again(
    checkpoint: Checkpoint, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    entry = entry_of(converted(checkpoint, "int8", tmp_path))
    sound = {path.name: path.read_bytes() for path in entry.iterdir()}
    harm(entry)
    converted(checkpoint, "int8", tmp_path)
    assert sound == {path.name: path.read_bytes() for path in entry.iterdir()}
    assert names(tmp_path) == {entry.name}


def test_an_interrupted_conversion_leaves_nothing(checkpoint: Checkpoint, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        converted(checkpoint, "int8", tmp_path, interrupt)
    assert names(tmp_path) == set()


def test_what_a_killed_conversion_left_is_cleaned_up(checkpoint: Checkpoint, tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=convert_and_die, args=(checkpoint.path, tmp_path)
    )
    process.start()
    process.join(60)
    assert process.exitcode == 9
    assert len(names(tmp_path)) == 1  # a folder that no one takes for an entry
    entry = entry_of(converted(checkpoint, "int8", tmp_path))
    assert names(tmp_path) == {entry.name}


def test_of_processes_that_start_together_one_converts(checkpoint: Checkpoint, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, conversions = context.Barrier(2), context.Value("i", 0)
    processes = [
        context.Process(target=convert_together, args=(checkpoint.path, tmp_path, start, conversions))
        for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert conversions.value == 1


def test_a_full_disk_is_told(checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_bavail=1, f_frsize=4096))
    with pytest.raises(ModelError, match="No space left") as caught:
        converted(checkpoint, "int8", tmp_path)
    assert "PERTINENT_HOME" in caught.value.hint
    assert names(tmp_path) == set()


def test_a_cache_that_is_no_folder_is_told(checkpoint: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match=r"failed: (Not a directory|File exists)"):
        converted(checkpoint, "int8", tmp_path / "file")


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    tiny_model(tmp_path / "model", "qwen3")
    file = tmp_path / "model" / "model.safetensors"
    tensors = load_file(file)
    tensors["model.layers.1.mlp.up_proj.weight"][3, 4] = np.nan
    save_file(tensors, file)
    with pytest.raises(ModelError, match=r"layers\.1\.mlp\.up_proj\.weight .* not finite"):
        converted(open_checkpoint(tmp_path / "model"), "int8", tmp_path / "cache")
    assert names(tmp_path / "cache") == set()
