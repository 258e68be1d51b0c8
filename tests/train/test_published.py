"""Published weights come out under one set of names, and say what they are known to say."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pertinent.engine.quantized import QuantizedMatrix
from pertinent.errors import ModelError, UsageError
from pertinent.train.config import StudentConfig
from pertinent.train.published import read_onnx, read_quantized_onnx
from pertinent.train.students import open_student

GOLDENS = json.loads((Path(__file__).parents[1] / "engine" / "goldens.json").read_text("utf-8"))
"""What transformers says of the published weights."""


def opened(weights_folder: Path, base: str, kind: str) -> Any:
    student = open_student(
        StudentConfig.model_validate({"kind": kind, "base": base, "max_tokens": 512}),
        weights_folder / base,
        seed=0,
    )
    student.module.eval()
    return student


@torch.no_grad()
def test_a_cross_encoder_begins_as_published(weights_folder: Path) -> None:
    student = opened(weights_folder, "ms-marco-minilm-l12", "cross_encoder")
    for pair in GOLDENS["pairs"][:6]:
        found = float(student.margins([pair["query"]], [[pair["passage"]]]).own[0, 0])
        assert found == pytest.approx(pair["margin"], abs=0.01)


@torch.no_grad()
def test_an_embedder_begins_as_published(weights_folder: Path) -> None:
    student = opened(weights_folder, "minilm-l6-embedder", "embedder")
    first, *others = GOLDENS["texts"][:6]
    found = student.margins([first["text"]], [[each["text"] for each in others]]).scores[0]
    cosines = [float(np.dot(first["vector"], each["vector"])) for each in others]
    assert found.tolist() == pytest.approx(cosines, abs=0.005)


def test_fused_attention_comes_apart(weights_folder: Path) -> None:
    weights = read_onnx(weights_folder / "bge-small-en" / "model_optimized.onnx")
    names = {name.removeprefix("encoder.layer.0.") for name in weights if name.startswith("encoder.layer.0.")}
    assert len(names) == 16
    assert {"attention.self.query.weight", "attention.self.value.bias", "output.dense.weight"} <= names
    matrix = weights["encoder.layer.11.attention.self.key.weight"]
    assert not isinstance(matrix, QuantizedMatrix)
    assert (matrix.shape, matrix.dtype) == ((384, 384), np.dtype(np.float32))


def test_without_onnx_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UsageError, match="pip install onnx"):
        read_onnx(tmp_path / "model.onnx")


@pytest.mark.parametrize("read", [read_onnx, read_quantized_onnx])
def test_another_network_is_refused(read: object, tmp_path: Path) -> None:
    from onnx import TensorProto, helper, save

    product = helper.make_node("MatMulInteger", ["x", "w"], ["y"], name="/a/MatMul")
    graph = helper.make_graph(
        [product],
        "other",
        [helper.make_tensor_value_info("x", TensorProto.INT8, [1, 1])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [1, 1])],
    )
    save(helper.make_model(graph), str(tmp_path / "model.onnx"))
    with pytest.raises(ModelError, match="no BERT"):
        read(tmp_path / "model.onnx")  # type: ignore[operator]
