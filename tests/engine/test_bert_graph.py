"""The graph computes BERT: parity with a plain numpy BERT on tiny random weights."""

from __future__ import annotations

from math import erf

import numpy as np
import numpy.typing as npt
import openvino as ov
import pytest

from pertinent.engine.bert_graph import BertShape, build_embedder, build_reranker
from pertinent.engine.quantized import QuantizedMatrix, Weight, quantize

Array = npt.NDArray[np.float64]
SHAPE = BertShape(layers=2, hidden=32, heads=4)
WORDS, POSITIONS, WIDE = 50, 24, 64


def random_weights(seed: int, *, integers: bool) -> dict[str, Weight]:
    """Weights of a tiny BERT with a classifier, as floats or on an int8 grid."""
    rng = np.random.default_rng(seed)
    hidden = SHAPE.hidden
    sizes = {
        "embeddings.word_embeddings": (WORDS, hidden),
        "embeddings.token_type_embeddings": (2, hidden),
        "embeddings.position_embeddings": (POSITIONS, hidden),
        "pooler.dense": (hidden, hidden),
        "classifier": (1, hidden),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(SHAPE.layers):
        name = f"encoder.layer.{layer}."
        sizes |= {name + f"attention.self.{part}": (hidden, hidden) for part in ("query", "key", "value")}
        sizes |= {
            name + "attention.output.dense": (hidden, hidden),
            name + "intermediate.dense": (WIDE, hidden),
            name + "output.dense": (hidden, WIDE),
        }
        norms += [name + "attention.output.LayerNorm", name + "output.LayerNorm"]
    weights: dict[str, Weight] = {}
    for name, size in sizes.items():
        matrix = rng.normal(scale=0.3, size=size).astype(np.float32)
        weights[name + ".weight"] = quantize(matrix) if integers else matrix
        weights[name + ".bias"] = rng.normal(size=size[0]).astype(np.float32)
    for name in norms:
        weights[name + ".weight"] = rng.normal(1, 0.1, hidden).astype(np.float32)
        weights[name + ".bias"] = rng.normal(size=hidden).astype(np.float32)
    return weights


def reference_states(weights: dict[str, Weight], ids: list[int], types: list[int]) -> Array:
    """Token states of the last layer in float64: (tokens, hidden)."""

    def get(name: str) -> Array:
        weight = weights[name]
        return np.asarray(weight.dequantized() if isinstance(weight, QuantizedMatrix) else weight, np.float64)

    def dense(x: Array, name: str) -> Array:
        return x @ get(name + ".weight").T + get(name + ".bias")

    def norm(x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + SHAPE.epsilon)
        return centred / deviation * get(name + ".weight") + get(name + ".bias")

    states = norm(
        get("embeddings.word_embeddings.weight")[ids]
        + get("embeddings.token_type_embeddings.weight")[types]
        + get("embeddings.position_embeddings.weight")[: len(ids)],
        "embeddings.LayerNorm",
    )
    size = SHAPE.hidden // SHAPE.heads
    for layer in range(SHAPE.layers):
        name = f"encoder.layer.{layer}."
        query, key, value = (
            dense(states, name + f"attention.self.{part}").reshape(len(ids), SHAPE.heads, size).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        power = np.exp(query @ key.swapaxes(1, 2) / np.sqrt(size))
        mixed = (power / power.sum(-1, keepdims=True) @ value).swapaxes(0, 1).reshape(len(ids), SHAPE.hidden)
        states = norm(
            states + dense(mixed, name + "attention.output.dense"), name + "attention.output.LayerNorm"
        )
        wide = dense(states, name + "intermediate.dense")
        wide = wide * 0.5 * (1 + np.vectorize(erf)(wide / np.sqrt(2)))
        states = norm(states + dense(wide, name + "output.dense"), name + "output.LayerNorm")
    return states


def run(model: ov.Model, **inputs: list[list[int]]) -> Array:
    exact = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
    compiled = ov.Core().compile_model(model, "CPU", exact)
    result: Array = compiled({name: np.array(values, np.int32) for name, values in inputs.items()})[0]
    return result


@pytest.mark.parametrize("integers", [False, True], ids=["floats", "int8"])
def test_reranker_margin(integers: bool) -> None:
    weights = random_weights(1, integers=integers)
    ids, types = [3, 7, 9, 30, 31, 9], [0, 0, 0, 1, 1, 1]
    head = reference_states(weights, ids, types)[0]
    arrays = {
        name: w.dequantized() if isinstance(w, QuantizedMatrix) else w
        for name, w in weights.items()
        if name.startswith(("pooler", "classifier"))
    }
    pooled = np.tanh(head @ arrays["pooler.dense.weight"].T + arrays["pooler.dense.bias"])
    expected = pooled @ arrays["classifier.weight"].T + arrays["classifier.bias"]

    margins = run(
        build_reranker(weights, SHAPE),
        input_ids=[[*ids, 0, 0], [*ids, 11, 12]],
        token_type_ids=[[*types, 0, 0], [*types, 1, 1]],
        attention_mask=[[1] * 6 + [0, 0], [1] * 8],
    )

    assert margins.shape == (2, 1)
    assert abs(margins[0, 0] - expected[0]) < 1e-3


@pytest.mark.parametrize("mean", [True, False], ids=["mean", "cls"])
@pytest.mark.parametrize("integers", [False, True], ids=["floats", "int8"])
def test_embedder_vector(integers: bool, mean: bool) -> None:
    weights = random_weights(2, integers=integers)
    ids = [3, 7, 9, 30, 31, 9]
    states = reference_states(weights, ids, [0] * len(ids))
    expected = states.mean(0) if mean else states[0]
    expected = expected / np.linalg.norm(expected)

    vectors = run(
        build_embedder(weights, SHAPE, mean=mean),
        input_ids=[[*ids, 0, 0], [*ids, 11, 12]],
        attention_mask=[[1] * 6 + [0, 0], [1] * 8],
    )

    assert np.abs(vectors[0] - expected).max() < 1e-3
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_equal_weights_make_equal_names() -> None:
    first, second = (build_reranker(random_weights(3, integers=True), SHAPE) for _ in range(2))
    names = [[node.get_friendly_name() for node in model.get_ordered_ops()] for model in (first, second)]
    assert names[0] == names[1]
    assert len(set(names[0])) == len(names[0])
