"""Checkpoints are opened strictly: names, shapes and types, from headers alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pertinent.engine.checkpoint import open_checkpoint
from pertinent.errors import ModelError
from support.tiny_models import edit_config, tiny_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_model(tmp_path)
    return tmp_path


def change(folder: Path, **tensors: Any) -> None:
    """Replace tensors of the only weights file; None takes one away."""
    file = folder / "model.safetensors"
    kept = {name: value for name, value in load_file(file).items() if name not in tensors}
    save_file({**kept, **{name: value for name, value in tensors.items() if value is not None}}, file)


@pytest.mark.parametrize(("kind", "head"), [("qwen3", "tied"), ("qwen3-untied", "lm_head")])
def test_the_margin_vector_is_the_difference_of_two_rows(kind: Any, head: str, tmp_path: Path) -> None:
    model = tiny_model(tmp_path, kind)
    checkpoint = open_checkpoint(tmp_path)
    rows = model.lm_head.weight.detach().numpy()
    assert checkpoint.head == head
    assert np.array_equal(checkpoint.margin_vector(7, 9), rows[7] - rows[9])


@pytest.mark.parametrize("answers", [(7, 500), (-1, 7)])
def test_answers_without_a_row_are_refused(folder: Path, answers: tuple[int, int]) -> None:
    with pytest.raises(ModelError, match="no rows for the answers"):
        open_checkpoint(folder).margin_vector(*answers)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_every_float_type_is_read_as_float32(dtype: str, tmp_path: Path) -> None:
    model = tiny_model(tmp_path, dtype=dtype)
    checkpoint = open_checkpoint(tmp_path)
    found = checkpoint.array("layers.1.mlp.up_proj.weight")
    assert checkpoint.dtype == dtype
    assert found.dtype == np.float32
    assert np.array_equal(found, model.model.layers[1].mlp.up_proj.weight.detach().numpy())


def test_shards_are_one_model(tmp_path: Path) -> None:
    tiny_model(tmp_path, shard_bytes="100KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    checkpoint = open_checkpoint(tmp_path)
    assert set(checkpoint.tensors) == set(checkpoint.shape.tensor_shapes())


def test_names_may_lack_their_prefix(folder: Path) -> None:
    expected = open_checkpoint(folder).array("norm.weight")
    tensors = load_file(folder / "model.safetensors")
    save_file(
        {name.removeprefix("model."): value for name, value in tensors.items()}, folder / "model.safetensors"
    )
    assert np.array_equal(open_checkpoint(folder).array("norm.weight"), expected)


def test_a_score_head_is_the_margin_vector(folder: Path) -> None:
    vector = np.linspace(-1, 1, 64, dtype=np.float32)
    change(folder, **{"score.weight": vector[None]})
    checkpoint = open_checkpoint(folder)
    assert checkpoint.head == "score"
    assert np.array_equal(checkpoint.margin_vector(-1, -1), vector)


def test_an_embedder_has_no_head(folder: Path) -> None:
    edit_config(folder, tie_word_embeddings=False)
    checkpoint = open_checkpoint(folder)
    assert checkpoint.head == "none"
    with pytest.raises(ModelError, match="load it with Embedder"):
        checkpoint.margin_vector(1, 2)


@pytest.mark.parametrize(
    ("tensors", "fault"),
    [
        ({"model.norm.weight": None}, "norm.weight is missing"),
        ({"model.layers.9.extra": np.zeros(3, np.float32)}, "layers.9.extra is not known"),
        ({"model.norm.weight": np.zeros(63, np.float32)}, r"norm.weight is \(63,\), not \(64,\)"),
        ({"score.weight": np.zeros((2, 64), np.float32)}, r"score.weight is \(2, 64\)"),
        ({"norm.weight": np.zeros(64, np.float32)}, "holds norm.weight twice"),
        ({"model.norm.weight": np.zeros(64, np.int8)}, "stores numbers as I8"),
        ({"model.norm.weight": np.zeros(64, ml_dtypes.float8_e4m3fn)}, "stores numbers as F8_E4M3"),
    ],
)
def test_faults_in_the_weights_are_told(folder: Path, tensors: dict[str, Any], fault: str) -> None:
    change(folder, **tensors)
    with pytest.raises(ModelError, match=fault):
        open_checkpoint(folder)


def test_derived_frequencies_are_passed_over(folder: Path) -> None:
    change(folder, **{"model.layers.0.self_attn.rotary_emb.inv_freq": np.zeros(8, np.float32)})
    open_checkpoint(folder)


def test_damage_is_told(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ModelError, match="is damaged"):
        open_checkpoint(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError):
        open_checkpoint(folder)


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000, '{"a": 1}'])
def test_no_config_is_told(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)
    with pytest.raises(ModelError):
        open_checkpoint(folder)


@pytest.mark.parametrize(
    "placed", [None, {}, [], {"a": 3}, {"a": "../model.safetensors"}, {"a": "absent.safetensors"}]
)
def test_an_index_names_files_beside_it(folder: Path, placed: Any) -> None:
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": placed}))
    with pytest.raises(ModelError):
        open_checkpoint(folder)


def test_the_revision_follows_the_content(folder: Path) -> None:
    first = open_checkpoint(folder).revision
    assert open_checkpoint(folder).revision == first
    changed = load_file(folder / "model.safetensors")["model.embed_tokens.weight"] + 1
    change(folder, **{"model.embed_tokens.weight": changed})
    assert open_checkpoint(folder).revision != first


def test_the_revision_follows_the_smallest_tensor(folder: Path) -> None:
    """A norm is a few kilobytes among gigabytes; what is kept under the old revision would be wrong."""
    change(folder, **{"padding.rotary_emb.inv_freq": np.zeros(4_000_000, np.float32)})
    first = open_checkpoint(folder).revision
    change(folder, **{"model.norm.weight": np.full(64, 2, np.float32)})
    assert open_checkpoint(folder).revision != first


def test_a_file_that_went_away_is_told(folder: Path) -> None:
    checkpoint = open_checkpoint(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        checkpoint.array("norm.weight")


def test_a_folder_that_is_no_commit_is_fingerprinted(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots" / ("my favourite reranker " * 2)[:40]
    tiny_model(folder)
    assert len(open_checkpoint(folder).revision) == 12


def test_the_revision_of_a_download_is_its_commit(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots" / ("ab" * 20)
    tiny_model(folder)
    assert open_checkpoint(folder).revision == "ab" * 20
