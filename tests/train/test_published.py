"""Published weights come out under one set of names, and say what they are known to say."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from pertinent.engine.catalogue import CARRIED
from pertinent.engine.quantized import QuantizedMatrix
from pertinent.errors import ModelError, UsageError
from pertinent.train.config import StudentConfig
from pertinent.train.published import read_onnx, read_quantized_onnx
from pertinent.train.students import open_student


def expected(name: str) -> tuple[str, list[str], list[float]]:
    """Query, texts and what the carried model was built to say of them."""
    canary = json.loads((CARRIED / name / "model.json").read_text("utf-8"))["canary"]
    return canary["query"], [canary["answer"], canary["other"]], canary["expected"]


@pytest.mark.parametrize(
    ("carried", "base", "kind"),
    [
        ("pertinent-mini-reranker", "ms-marco-minilm-l12", "cross_encoder"),
        ("pertinent-mini-embedder", "minilm-l6-embedder", "embedder"),
    ],
)
@torch.no_grad()
def test_students_begin_as_the_published_models(
    weights_folder: Path, carried: str, base: str, kind: str
) -> None:
    query, texts, scores = expected(carried)
    student = open_student(
        StudentConfig.model_validate({"kind": kind, "base": base}), weights_folder / base, seed=0
    )
    student.module.eval()
    margins = student.margins([query], [texts])
    found = margins.scores if kind == "embedder" else margins.own
    # The carried embedder's word table stands on a coarser grid.
    assert found[0].tolist() == pytest.approx(scores, abs=0.02)


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
