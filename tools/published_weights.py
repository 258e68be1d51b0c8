"""Reading published weights: float safetensors, and BERT as dynamically quantised ONNX."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pertinent.engine.quantized import FloatArray, QuantizedMatrix, Weight


def read_safetensors(file: Path) -> dict[str, FloatArray]:
    """Read the float32 tensors of a safetensors file, by name."""
    data = file.read_bytes()
    header_end = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:header_end]).items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        start, end = (header_end + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[start:end], "<f4").reshape(entry["shape"])
    return tensors


def read_quantized_onnx(file: Path) -> dict[str, Weight]:
    """Read the weights of a dynamically quantised BERT, integers as they are.

    The exporter kept the names of tables, biases and normalisation; the encoder's matrices have
    numbers for names, so theirs are taken from the products they stand in.
    """
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise ImportError("Reading the reranker needs the onnx package: pip install onnx") from error
    graph = onnx.load(str(file)).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}

    def matrix(stem: str, *, transposed: bool) -> QuantizedMatrix:
        values = arrays[stem + "_quantized"]
        values = np.ascontiguousarray(values.T) if transposed else values
        scales = np.full((len(values), 1), arrays[stem + "_scale"], np.float32)
        return QuantizedMatrix(values, scales, int(arrays[stem + "_zero_point"]))

    weights: dict[str, Weight] = {}
    for name, array in arrays.items():
        short = name.removeprefix("bert.")
        if short.startswith("embeddings.") and name.endswith("_quantized"):
            weights[short.removesuffix("_quantized")] = matrix(
                name.removesuffix("_quantized"), transposed=False
            )
        elif array.dtype == np.float32 and name.endswith((".bias", "LayerNorm.weight")):
            weights[short] = array
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            # "/bert/encoder/layer.0/output/dense/MatMul_quant" multiplies by "encoder.layer.0.output.dense".
            layer = ".".join(node.name.split("/")[1:-1]).removeprefix("bert.")
            stem = node.input[1].removesuffix("_quantized")
            # Gemm kept the pooler's matrix as (out, in); plain products have (in, out).
            weights[layer + ".weight"] = matrix(stem, transposed=True)
    return weights
