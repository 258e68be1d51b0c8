"""Reading published weights of BERT: safetensors, ONNX with int8 matrices, and ONNX with fused attention.

All come out under the names of Hugging Face's ``BertModel`` without the ``bert.`` prefix, a classifier as
``classifier.weight`` and ``classifier.bias``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pertinent.engine.checkpoint import FLOAT_TYPES
from pertinent.engine.quantized import FloatArray, QuantizedMatrix, Weight
from pertinent.engine.safetensors_file import opened
from pertinent.errors import ModelError, UsageError

PREFIX = "bert."

_Arrays = Mapping[str, npt.NDArray[Any]]


def read_safetensors(file: Path) -> dict[str, FloatArray]:
    """Read the floating-point tensors of a safetensors file as float32, by name.

    Raises
    ------
    ModelError
        If the file cannot be read.
    """
    with opened(file) as tensors:
        return {
            name.removeprefix(PREFIX): np.asarray(tensors.get_tensor(name), np.float32)
            for name in tensors.keys()  # noqa: SIM118 (the handle is no mapping)
            if tensors.get_slice(name).get_dtype() in FLOAT_TYPES
        }


def read_onnx(file: Path) -> dict[str, Weight]:
    """Read a BERT from ONNX, whichever of the two kinds it is.

    Raises
    ------
    ModelError
        If the file cannot be read or is another network.
    UsageError
        If the package onnx is missing.
    """
    arrays, nodes = _open(file)
    fused = any(node.op_type == "Attention" for node in nodes)
    try:
        return dict(_fused(arrays, nodes)) if fused else _quantized(arrays, nodes)
    except (KeyError, ValueError, IndexError) as error:
        raise _no_bert(file) from error


def read_quantized_onnx(file: Path) -> dict[str, Weight]:
    """Read the weights of a dynamically quantised BERT, integers as they are (see ``read_onnx``)."""
    try:
        return _quantized(*_open(file))
    except (KeyError, ValueError, IndexError) as error:
        raise _no_bert(file) from error


def _open(file: Path) -> tuple[_Arrays, list[Any]]:
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise UsageError(
            f"Reading {file.name} needs the package onnx.", hint="Install it with: pip install onnx"
        ) from error
    try:
        graph = onnx.load(str(file)).graph
    except Exception as error:  # protobuf's own error is no other's subclass
        raise _no_bert(file) from error
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}, list(graph.node)


def _quantized(arrays: _Arrays, nodes: list[Any]) -> dict[str, Weight]:
    """The exporter kept the names of tables, biases and normalisation; the encoder's matrices have
    numbers for names, so theirs are taken from the products they stand in.
    """

    def matrix(stem: str, *, transposed: bool) -> QuantizedMatrix:
        values = arrays[stem + "_quantized"]
        values = np.ascontiguousarray(values.T) if transposed else values
        scales = np.full((len(values), 1), arrays[stem + "_scale"], np.float32)
        return QuantizedMatrix(values, scales, int(arrays[stem + "_zero_point"]))

    weights: dict[str, Weight] = {}
    for name, array in arrays.items():
        short = name.removeprefix(PREFIX)
        if short.startswith("embeddings.") and name.endswith("_quantized"):
            weights[short.removesuffix("_quantized")] = matrix(
                name.removesuffix("_quantized"), transposed=False
            )
        elif array.dtype == np.float32 and name.endswith((".bias", "LayerNorm.weight")):
            weights[short] = array
    for node in nodes:
        if node.op_type == "MatMulInteger":
            # Gemm kept the pooler's matrix as (out, in); plain products have (in, out).
            weights[f"{_module(node)}.weight"] = matrix(
                node.input[1].removesuffix("_quantized"), transposed=True
            )
    return weights


def _fused(arrays: _Arrays, nodes: list[Any]) -> dict[str, FloatArray]:
    """Optimised graphs hold query, key and value of a layer as one matrix (in, 3 * out)."""
    weights = {
        name.removeprefix(PREFIX): array.astype(np.float32)
        for name, array in arrays.items()
        if name.endswith((".bias", ".weight"))
    }
    layer = 0
    for node in nodes:
        if node.op_type == "Attention":
            matrices = np.split(arrays[node.input[1]].astype(np.float32), 3, axis=1)
            biases = np.split(arrays[node.input[2]].astype(np.float32), 3)
            for part, matrix, bias in zip(("query", "key", "value"), matrices, biases, strict=True):
                stem = f"encoder.layer.{layer}.attention.self.{part}"
                weights[f"{stem}.weight"] = np.ascontiguousarray(matrix.T)
                weights[f"{stem}.bias"] = bias
            layer += 1
        elif node.op_type == "MatMul" and node.input[1] in arrays:
            matrix = arrays[node.input[1]].astype(np.float32)
            weights[f"{_module(node)}.weight"] = np.ascontiguousarray(matrix.T)
    return weights


def _module(node: Any) -> str:
    """``/bert/encoder/layer.0/output/dense/MatMul`` multiplies by ``encoder.layer.0.output.dense``."""
    return ".".join(node.name.split("/")[1:-1]).removeprefix(PREFIX)


def _no_bert(file: Path) -> ModelError:
    return ModelError(
        f"{file.name} of {file.parent.name} is no BERT that can be read.",
        hint="Give the folder of a BERT with model.safetensors, or an ONNX file that names its layers.",
    )
