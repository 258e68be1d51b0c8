"""The folder that a student begins with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pertinent.errors import ModelError, UsageError
from pertinent.train.base import find_base, keep_layers, read_base
from support.tiny_bert import save_base, tiny_weights


def test_a_saved_base_is_read(tmp_path: Path) -> None:
    weights = tiny_weights()
    base = read_base(save_base(tmp_path, weights))
    assert (base.shape.layers, base.shape.hidden, base.shape.heads) == (2, 32, 4)
    assert base.weights.keys() == weights.keys()
    assert all(np.array_equal(base.weights[name], weights[name]) for name in weights)


def test_prefix_half_precision_and_other_numbers(tmp_path: Path) -> None:
    save_base(tmp_path, tiny_weights())
    file = tmp_path / "model.safetensors"
    tensors = {f"bert.{name}": array.astype(np.float16) for name, array in load_file(file).items()}
    save_file(tensors | {"bert.embeddings.position_ids": np.arange(64)}, file)
    base = read_base(tmp_path)
    assert base.weights.keys() == tiny_weights().keys()
    assert {array.dtype for array in base.weights.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    "config", ["[]", "{", json.dumps({"num_attention_heads": 5}), json.dumps({"hidden_act": "relu"}), "{}"]
)
def test_a_wrong_configuration_is_refused(tmp_path: Path, config: str) -> None:
    save_base(tmp_path, tiny_weights())
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(ModelError):
        read_base(tmp_path)


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_missing_and_damaged_files_are_told(tmp_path: Path, file: str) -> None:
    save_base(tmp_path, tiny_weights())
    if file == "model.safetensors":
        (tmp_path / file).write_bytes(b"\0" * 64)
        with pytest.raises(ModelError, match="damaged"):
            read_base(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(ModelError, match=file):
        read_base(tmp_path)


def test_a_file_that_is_no_onnx_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"none")
    with pytest.raises(ModelError, match="no BERT"):
        read_base(tmp_path)


def test_layers_are_kept_in_order() -> None:
    weights = tiny_weights(layers=4)
    kept = keep_layers(weights, [3, 0])
    name = "encoder.layer.{}.output.dense.weight"
    assert np.array_equal(kept[name.format(0)], weights[name.format(3)])
    assert np.array_equal(kept[name.format(1)], weights[name.format(0)])
    assert name.format(2) not in kept
    assert kept["classifier.bias"] is weights["classifier.bias"]


@pytest.mark.parametrize("layers", [[], [4], [-1, 0]])
def test_layers_that_are_not_there(layers: list[int]) -> None:
    with pytest.raises(UsageError, match="layers 0 to 3"):
        keep_layers(tiny_weights(layers=4), layers)


def test_a_base_is_found_by_name_or_path(tmp_path: Path) -> None:
    folder = save_base(tmp_path / "base", tiny_weights())
    assert find_base("base", tmp_path) == folder
    assert find_base(str(folder), None) == folder
    with pytest.raises(UsageError, match="no base"):
        find_base("other", tmp_path)


@pytest.mark.parametrize(
    ("name", "layers", "head"),
    [("minilm-l6-embedder", 6, False), ("ms-marco-minilm-l12", 12, True), ("bge-small-en", 12, False)],
)
def test_published_bases_are_read(weights_folder: Path, name: str, layers: int, head: bool) -> None:
    base = read_base(weights_folder / name)
    assert (base.shape.layers, base.shape.hidden, base.shape.heads) == (layers, 384, 12)
    assert ("classifier.weight" in base.weights) is head
    assert base.weights["encoder.layer.0.intermediate.dense.weight"].shape == (1536, 384)
