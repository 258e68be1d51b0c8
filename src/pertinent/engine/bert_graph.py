"""BERT as an OpenVINO graph, built from numpy weights; post-norm encoder with learned positions.

Architecture: Devlin et al. 2019, arXiv:1810.04805. Weights carry the names of Hugging Face's
``BertModel`` without the ``bert.`` prefix. Matrices on an int8 grid stay int8 in the graph: the
CPU plugin sees ``int8 -> Convert -> Multiply -> MatMul`` and runs it as an integer product with
activations quantised per token.

Two things differ from the textbook and change no result. Query, key and value come out of one
product. And where only ``[CLS]`` is read, the last layer computes nothing else after its keys
and values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset15 as op

from pertinent.engine.quantized import QuantizedMatrix, Weight, stack
from pertinent.engine.token_pruning import (
    PADDING,
    Node,
    TokenPruning,
    drop,
    heard,
    kept_counts,
    standing,
)

MASKED = -1e9
"""Added to the attention scores of padding: its weight becomes exactly 0."""


@dataclass(frozen=True, slots=True)
class BertShape:
    """The sizes of a BERT.

    Parameters
    ----------
    layers, hidden, heads : int
        Depth, width of a token state, attention heads.
    epsilon : float
        Added to the variance by layer normalisation.
    pruning : tuple[TokenPruning, ...]
        Where a cross-encoder drops tokens of the passage; nowhere if empty.
    """

    layers: int
    hidden: int
    heads: int
    epsilon: float = 1e-12
    pruning: tuple[TokenPruning, ...] = ()


def build_reranker(weights: Mapping[str, Weight], shape: BertShape) -> ov.Model:
    """Build a cross-encoder: inputs to one margin per sequence.

    Parameters
    ----------
    weights : Mapping[str, QuantizedMatrix | float32 array]
        ``BertModel`` names plus ``classifier.weight`` and ``classifier.bias``.
    shape : BertShape
        Sizes.

    Returns
    -------
    openvino.Model
        Inputs ``input_ids``, ``token_type_ids`` and ``attention_mask``, int32 (batch, tokens);
        output ``margin``, float32 (batch, 1).
    """
    graph = _BertGraph(weights, shape)
    ids, types, mask = (_input(name) for name in ("input_ids", "token_type_ids", "attention_mask"))
    states = graph.encode(ids, types, mask, only_cls=True)
    pooled = op.tanh(graph.dense(op.squeeze(states, _ints(1)), ["pooler.dense"]))
    # One row gains nothing from integers, and OpenVINO 2026.4 loses the scale of a one-row int8
    # matrix when it runs in bfloat16 on several streams.
    row = op.constant(_array(weights["classifier.weight"]))
    margin = op.add(op.matmul(pooled, row, False, True), op.constant(_array(weights["classifier.bias"])))
    return _model(margin, "margin", [ids, types, mask])


def build_embedder(weights: Mapping[str, Weight], shape: BertShape, *, mean: bool) -> ov.Model:
    """Build an embedder: inputs to one vector of length 1 per sequence.

    Parameters
    ----------
    weights : Mapping[str, QuantizedMatrix | float32 array]
        ``BertModel`` names.
    shape : BertShape
        Sizes.
    mean : bool
        Pool by the mean over all tokens; otherwise take the state of ``[CLS]``.

    Returns
    -------
    openvino.Model
        Inputs ``input_ids`` and ``attention_mask``, int32 (batch, tokens); output ``vector``,
        float32 (batch, hidden).
    """
    graph = _BertGraph(weights, shape)
    ids, mask = (_input(name) for name in ("input_ids", "attention_mask"))
    states = graph.encode(ids, None, mask, only_cls=not mean)
    if mean:
        # The row vector of the mask times the states sums them; padding contributes 0.
        real = op.unsqueeze(op.convert(mask, ov.Type.f32), _ints(1))
        total = op.squeeze(op.matmul(real, states, False, False), _ints(1))
        pooled = op.divide(total, op.reduce_sum(real, _ints(2), False))
    else:
        pooled = op.squeeze(states, _ints(1))
    return _model(op.normalize_l2(pooled, _ints([1]), 1e-12, "max"), "vector", [ids, mask])


class _BertGraph:
    """Adds the parts of one BERT to a graph."""

    def __init__(self, weights: Mapping[str, Weight], shape: BertShape) -> None:
        self.weights = weights
        self.shape = shape

    def encode(self, ids: Node, types: Node | None, mask: Node, *, only_cls: bool) -> Node:
        """Token states of the last layer: (batch, tokens or 1, hidden)."""
        states = self.embed(ids, types)
        bias = _bias(mask)
        pruning = {each.after: each for each in self.shape.pruning} if types is not None else {}
        positions = self.weights["embeddings.position_embeddings.weight"].shape[0]
        first = standings = standing(types, mask) if pruning else None
        for number in range(1, self.shape.layers + 1):
            name = f"encoder.layer.{number - 1}."
            last = number == self.shape.layers
            states, query, key = self.layer(name, states, bias, only_cls=only_cls and last)
            if number in pruning:
                attention = heard(query, key, standings)
                counts = kept_counts(first, standings, pruning[number], positions)
                states, standings = drop(states, standings, attention, counts)
                bias = _bias(op.greater(standings, op.constant(np.int32(PADDING))))
        return states

    def embed(self, ids: Node, types: Node | None) -> Node:
        """Sum of word, type and position, normalised."""
        length = op.gather(op.shape_of(ids), _ints(1), _ints(0))
        positions = op.range(_ints(0), length, _ints(1), output_type="i64")
        kind = _ints(0) if types is None else types
        total = op.add(
            op.add(
                self.look_up("embeddings.word_embeddings", ids),
                self.look_up("embeddings.token_type_embeddings", kind),
            ),
            self.look_up("embeddings.position_embeddings", positions),
        )
        return self.normalize(total, "embeddings.LayerNorm")

    def layer(self, name: str, states: Node, bias: Node, *, only_cls: bool) -> tuple[Node, Node, Node]:
        """One encoder layer: states, queries and keys; with ``only_cls``, the first token's state alone."""
        attention = name + "attention.self."
        read = states
        if only_cls:
            read = op.slice(states, _ints([0]), _ints([1]), _ints([1]), _ints([1]))
            query = self.dense(read, [attention + "query"])
            key, value = self.split(self.dense(states, [attention + "key", attention + "value"]), 2)
        else:
            names = [attention + part for part in ("query", "key", "value")]
            query, key, value = self.split(self.dense(states, names), 3)
        query, key, value = map(self.heads, (query, key, value))
        mixed = op.scaled_dot_product_attention(query, key, value, bias)
        joined = op.reshape(op.transpose(mixed, _ints([0, 2, 1, 3])), _ints([0, -1, self.shape.hidden]), True)
        attended = self.dense(joined, [name + "attention.output.dense"])
        states = self.normalize(op.add(attended, read), name + "attention.output.LayerNorm")
        wide = op.gelu(self.dense(states, [name + "intermediate.dense"]), "ERF")
        summed = op.add(self.dense(wide, [name + "output.dense"]), states)
        return self.normalize(summed, name + "output.LayerNorm"), query, key

    def split(self, states: Node, parts: int) -> Sequence[Node]:
        """Cut the last axis into parts of the hidden size."""
        outputs: Sequence[Node] = op.variadic_split(
            states, _ints(2), _ints([self.shape.hidden] * parts)
        ).outputs()
        return outputs

    def heads(self, states: Node) -> Node:
        """(batch, tokens, hidden) to (batch, heads, tokens, hidden / heads)."""
        size = self.shape.hidden // self.shape.heads
        return op.transpose(
            op.reshape(states, _ints([0, -1, self.shape.heads, size]), True), _ints([0, 2, 1, 3])
        )

    def dense(self, states: Node, names: list[str]) -> Node:
        """``states @ weight.T + bias``; several names are computed as one product, side by side."""
        matrices = [self.weights[name + ".weight"] for name in names]
        biases = [_array(self.weights[name + ".bias"]) for name in names]
        quantized = [matrix for matrix in matrices if isinstance(matrix, QuantizedMatrix)]
        if len(quantized) == len(matrices):
            grid = stack(quantized)
            matrix = op.multiply(op.convert(op.constant(grid.values), ov.Type.f32), op.constant(grid.scales))
        else:
            matrix = op.constant(np.concatenate([_array(matrix) for matrix in matrices]))
        return op.add(op.matmul(states, matrix, False, True), op.constant(np.concatenate(biases)))

    def look_up(self, name: str, index: Node) -> Node:
        """Rows of a table. Only the rows that are asked for are turned into floats."""
        table = self.weights[name + ".weight"]
        if not isinstance(table, QuantizedMatrix):
            return op.gather(op.constant(table), index, _ints(0))
        rows = op.convert(op.gather(op.constant(table.values), index, _ints(0)), ov.Type.f32)
        if table.zero_point:
            rows = op.subtract(rows, _floats(float(table.zero_point)))
        if np.all(table.scales == table.scales[0]):
            return op.multiply(rows, _floats(float(table.scales[0, 0])))
        return op.multiply(rows, op.gather(op.constant(table.scales), index, _ints(0)))

    def normalize(self, states: Node, name: str) -> Node:
        """Layer normalisation over the last axis."""
        centred = op.mvn(states, _ints([-1]), True, self.shape.epsilon, "INSIDE_SQRT")
        scaled = op.multiply(centred, op.constant(_array(self.weights[name + ".weight"])))
        return op.add(scaled, op.constant(_array(self.weights[name + ".bias"])))


def _array(weight: Weight) -> np.ndarray[Any, np.dtype[np.float32]]:
    return weight.dequantized() if isinstance(weight, QuantizedMatrix) else weight


def _bias(mask: Node) -> Node:
    real = op.unsqueeze(op.convert(mask, ov.Type.f32), _ints([1, 2]))
    return op.multiply(op.subtract(_floats(1.0), real), _floats(MASKED))


def _ints(value: int | list[int]) -> Node:
    return op.constant(np.array(value, np.int64))


def _floats(value: float) -> Node:
    return op.constant(np.array(value, np.float32))


def _input(name: str) -> Node:
    parameter = op.parameter([-1, -1], ov.Type.i32, name=name)
    parameter.output(0).get_tensor().set_names({name})
    return parameter


def _model(output: Node, name: str, inputs: list[Node]) -> ov.Model:
    output.output(0).get_tensor().set_names({name})
    model = ov.Model([op.result(output, name=name)], inputs, name)
    # Automatic names count over the whole process; numbering by place makes equal graphs equal files.
    for place, node in enumerate(model.get_ordered_ops()):
        if node.get_type_name() not in ("Parameter", "Result"):
            node.set_friendly_name(f"{node.get_type_name()}_{place}")
    return model
