from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

from pertinent.engine.checkpoint import Checkpoint, open_checkpoint
from pertinent.engine.openvino_decoder import GROUP, MASKED, Storage, build_layers
from support.tiny_models import KINDS, Kind, random_ids, reference_margin, tiny_model

YES, NO = 5, 9


def compiled(checkpoint: Checkpoint, storage: Storage, layers: range | None = None) -> Any:
    layers = layers or range(checkpoint.shape.layers)
    graph = build_layers(checkpoint.array, checkpoint.shape, layers, storage)
    options = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
    return ov.Core().compile_model(graph, "CPU", options)


def feed(checkpoint: Checkpoint, ids: Any, layers: range | None = None) -> dict[str, Any]:
    shape, tokens = checkpoint.shape, len(ids)
    angles = np.arange(tokens)[:, None] * np.concatenate([shape.rope_frequencies()] * 2)
    values: dict[str, Any] = {
        "states": checkpoint.array("embed_tokens.weight")[ids][None],
        "cosines": np.cos(angles).astype(np.float32)[None, None],
        "sines": np.sin(angles).astype(np.float32)[None, None],
        "mask": np.triu(np.full((tokens, tokens), MASKED, np.float32), 1)[None, None],
        "kept": np.array([0]),
        "last": np.array([tokens - 1], np.int32),
    }
    empty = np.zeros((1, shape.kv_heads, 0, shape.head_dim), np.float32)
    for layer in layers or range(shape.layers):
        values |= {f"keys.{layer}": empty, f"values.{layer}": empty}
    return values


def margin(checkpoint: Checkpoint, states: Any) -> float:
    root = np.sqrt(np.mean(states**2) + checkpoint.shape.norm_epsilon)
    return float(states / root * checkpoint.array("norm.weight") @ checkpoint.margin_vector(YES, NO))


@pytest.mark.parametrize("kind", KINDS)
def test_is_what_transformers_computes(tmp_path: Path, kind: Kind) -> None:
    model = tiny_model(tmp_path, kind, dtype="bfloat16")
    checkpoint = open_checkpoint(tmp_path)
    graph = compiled(checkpoint, "float")
    generator = np.random.default_rng(1)
    for length in (1, 2, 17, 40):
        ids = random_ids(generator, length)
        found = margin(checkpoint, graph(feed(checkpoint, ids))["new_states"][0])
        assert found == pytest.approx(reference_margin(model, ids, YES, NO), abs=1e-4)


def test_grid_has_one_scale_per_group(tmp_path: Path) -> None:
    """A column group of large weights leaves the precision of the others alone."""
    tiny_model(tmp_path, "qwen3", layers=1, hidden=2 * GROUP, intermediate=2 * GROUP, spread=0.05)
    checkpoint = open_checkpoint(tmp_path)
    weights = {name: checkpoint.array(name) for name in checkpoint.shape.tensor_shapes()}
    for name, values in weights.items():
        if values.ndim == 2:
            values[:, GROUP:] *= 100 if name.startswith("layers.") else 1
    rows = weights["layers.0.mlp.down_proj.weight"]
    graph = build_layers(weights.__getitem__, checkpoint.shape, range(1), "int8")
    grids = [node for node in graph.get_ops() if node.get_type_name() == "Constant"]
    steps = next(
        node.get_data()
        for node in grids
        if list(node.get_output_shape(0)) == [len(rows), 2, 1]
        and np.allclose(node.get_data()[:, 0, 0], np.abs(rows[:, :GROUP]).max(1) / 127)
    )
    assert (steps[:, 0] < steps[:, 1]).all()
    assert {str(node.get_element_type()) for node in grids if node.get_output_shape(0)[1:] == [2, GROUP]} == {
        "<Type: 'int8_t'>"
    }


def test_bfloat16_weights_are_kept_in_two_bytes(tmp_path: Path) -> None:
    sizes = {}
    for dtype in ("bfloat16", "float32"):
        tiny_model(tmp_path / dtype, "llama3", layers=1, dtype=dtype)
        checkpoint = open_checkpoint(tmp_path / dtype)
        graph = build_layers(checkpoint.array, checkpoint.shape, range(1), "float")
        sizes[dtype] = sum(
            node.get_byte_size() for node in graph.get_ops() if node.get_type_name() == "Constant"
        )
    assert sizes["bfloat16"] < 0.55 * sizes["float32"]


def test_keys_and_values_go_out_as_far_as_asked(tmp_path: Path) -> None:
    tiny_model(tmp_path, "qwen2")
    checkpoint = open_checkpoint(tmp_path)
    graph = compiled(checkpoint, "float", range(1))
    values = feed(checkpoint, random_ids(np.random.default_rng(2), 7), range(1))
    del values["last"]
    for kept in (0, 3, 7):
        out = graph(values | {"kept": np.array([kept])})
        assert out["new_keys.0"].shape == out["new_values.0"].shape == (1, 2, kept, 16)
        assert out["new_states"].shape == (1, 7, 64)
