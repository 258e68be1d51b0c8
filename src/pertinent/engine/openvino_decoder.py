"""A run of decoder layers as an OpenVINO graph, built from a checkpoint's arrays.

The graph holds no embedding and no head: states come in, states go out. Keys and values of what
stands before come in once for the whole batch, and those of the new tokens go out as far as they
are asked for, so the same graph reads a prefix and scores the texts that follow it.

Matrices are int8 with one scale per ``GROUP`` inputs of each row. The CPU plugin sees
``int8 -> Convert -> Multiply -> MatMul`` and runs it as an integer product with activations
quantised per token in groups of the same width: group scales cost nothing then, and are more
exact than one scale per row. Rotation is written in the form the plugin knows as one operation.

In the last layer only one token of each sequence is read, so it computes keys and values of all,
and everything else of that one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import openvino as ov
from openvino import opset15 as op

from pertinent.engine.quantized import FloatArray, quantize
from pertinent.families.decoder import DecoderShape

Node: TypeAlias = Any
"""An OpenVINO node or one output of it; the library has no types."""

Storage: TypeAlias = Literal["int8", "float"]
"""How matrices are kept: on an integer grid, or as the checkpoint has them."""

GROUP = 128
"""Inputs of a row that share a scale; the whole row where its length is no multiple of this."""

MASKED = -1e9
"""Added to the attention scores of tokens that may not be seen: their weight becomes exactly 0."""


@dataclass(frozen=True, slots=True)
class _Context:
    """The inputs that every layer reads."""

    cosines: Node
    sines: Node
    mask: Node
    kept: Node


def build_layers(
    read: Callable[[str], FloatArray], shape: DecoderShape, layers: range, storage: Storage
) -> ov.Model:
    """Build consecutive layers of a decoder.

    Parameters
    ----------
    read : Callable[[str], FloatArray]
        Gives a tensor by its name in :meth:`DecoderShape.tensor_shapes`; asked once for each.
    shape : DecoderShape
        Sizes and switches.
    layers : range
        Which layers.
    storage : {"int8", "float"}
        How matrices are kept.

    Returns
    -------
    openvino.Model
        Inputs, float32 but for the last two: ``states`` (batch, tokens, hidden); ``cosines`` and
        ``sines`` (1, 1, tokens, head_dim) of the tokens' positions; ``mask`` (1, 1, tokens, past +
        tokens), added to attention scores; ``keys.N`` and ``values.N`` (1, kv_heads, past, head_dim)
        of every layer N; ``kept`` int64 (1,), of how many tokens keys and values go out; and, with
        the decoder's last layer, ``last`` int32 (batch,), the token that is read.
        Outputs: ``new_states`` (batch, tokens, hidden), or (batch, hidden) of the tokens that are
        read; ``new_keys.N`` and ``new_values.N`` (batch, kv_heads, kept, head_dim).
    """
    return _Layers(read, shape, storage).build(layers)


class _Layers:
    """Adds layers to a graph, and remembers its inputs and outputs."""

    def __init__(self, read: Callable[[str], FloatArray], shape: DecoderShape, storage: Storage) -> None:
        self.read = read
        self.shape = shape
        self.storage = storage
        self.inputs: list[Node] = []
        self.outputs: list[Node] = []

    def build(self, layers: range) -> ov.Model:
        states = self.input("states", [-1, -1, self.shape.hidden])
        wide = [1, 1, -1, self.shape.head_dim]
        context = _Context(
            self.input("cosines", wide),
            self.input("sines", wide),
            self.input("mask", [1, 1, -1, -1]),
            self.input("kept", [1], ov.Type.i64),
        )
        for layer in layers:
            last = self.input("last", [-1], ov.Type.i32) if layer == self.shape.layers - 1 else None
            states = self.layer(layer, states, context, last)
        if self.shape.layers - 1 in layers:
            states = op.squeeze(states, _ints([1]))
        self.output("new_states", states)
        model = ov.Model(self.outputs, self.inputs, "decoder layers")
        # Automatic names count over the whole process; numbering by place makes equal graphs equal files.
        for place, node in enumerate(model.get_ordered_ops()):
            if node.get_type_name() not in ("Parameter", "Result"):
                node.set_friendly_name(f"{node.get_type_name()}_{place}")
        return model

    def layer(self, layer: int, states: Node, context: _Context, last: Node | None) -> Node:
        """One layer; with ``last`` only the state of that token of each sequence: (batch, 1, hidden)."""
        name = f"layers.{layer}."
        normed = self.normalize(states, name + "input_layernorm")
        keys, values = self.keys_and_values(layer, normed, context)
        if last is not None:
            states, normed = (_pick(rows, last) for rows in (states, normed))
            cosines, sines, mask = (
                _rows_of(table, last) for table in (context.cosines, context.sines, context.mask)
            )
            context = _Context(cosines, sines, mask, context.kept)
        attended = self.attention(name + "self_attn.", normed, keys, values, context)
        states = op.add(self.dense(attended, name + "self_attn.o_proj"), states)
        normed = self.normalize(states, name + "post_attention_layernorm")
        gate = op.swish(self.dense(normed, name + "mlp.gate_proj"))
        wide = op.multiply(gate, self.dense(normed, name + "mlp.up_proj"))
        return op.add(self.dense(wide, name + "mlp.down_proj"), states)

    def keys_and_values(self, layer: int, normed: Node, context: _Context) -> tuple[Node, Node]:
        """Keys and values of past and new tokens: (batch, kv_heads, past + tokens, head_dim)."""
        name = f"layers.{layer}.self_attn."
        keys = self.rotate(self.heads(normed, name + "k", self.shape.kv_heads), context)
        values = self.heads(normed, name + "v", self.shape.kv_heads)
        batch = op.gather(op.shape_of(values), _ints([0]), _ints(0))
        whole = []
        for kind, new in (("keys", keys), ("values", values)):
            past = self.input(f"{kind}.{layer}", [1, self.shape.kv_heads, -1, self.shape.head_dim])
            self.output(
                f"new_{kind}.{layer}", op.slice(new, _ints([0]), context.kept, _ints([1]), _ints([2]))
            )
            # The past is copied for each sequence: about a hundredth of the layer's time, and less than
            # attending to it apart and joining the scores.
            spread = op.broadcast(
                past, op.concat([batch, _ints([1, 1, 1])], 0), broadcast_spec="BIDIRECTIONAL"
            )
            whole.append(op.concat([spread, new], 2))
        return whole[0], whole[1]

    def attention(self, name: str, normed: Node, keys: Node, values: Node, context: _Context) -> Node:
        """Attention before its output projection: (batch, tokens, heads * head_dim).

        Heads that share keys are rows of one product, so that keys are not repeated.
        """
        shape = self.shape
        queries = self.rotate(self.heads(normed, name + "q", shape.heads), context)
        scaled = op.multiply(queries, _floats(shape.head_dim**-0.5))
        grouped = op.reshape(scaled, _ints([0, shape.kv_heads, -1, shape.head_dim]), True)
        scores = op.matmul(grouped, keys, False, True)
        batch, tokens = (op.gather(op.shape_of(queries), _ints([axis]), _ints(0)) for axis in (0, 2))
        by_head = op.reshape(scores, op.concat([batch, _ints([shape.heads]), tokens, _ints([-1])], 0), False)
        weights = op.softmax(op.add(by_head, context.mask), -1)
        mixed = op.matmul(op.reshape(weights, op.shape_of(scores), False), values, False, False)
        apart = op.reshape(
            mixed, op.concat([batch, _ints([shape.heads]), tokens, _ints([shape.head_dim])], 0), False
        )
        joined = op.transpose(apart, _ints([0, 2, 1, 3]))
        return op.reshape(joined, _ints([0, 0, shape.heads * shape.head_dim]), True)

    def heads(self, normed: Node, name: str, heads: int) -> Node:
        """Project, cut into heads and norm each: (batch, heads, tokens, head_dim)."""
        cut = op.reshape(self.dense(normed, name + "_proj"), _ints([0, 0, heads, self.shape.head_dim]), True)
        if self.shape.qk_norm and not name.endswith("v"):
            cut = self.normalize(cut, name + "_norm")
        return op.transpose(cut, _ints([0, 2, 1, 3]))

    def rotate(self, heads: Node, context: _Context) -> Node:
        """Rotary positions: the first half of each head turns with the second."""
        half = self.shape.head_dim // 2
        first, second = op.variadic_split(heads, _ints(3), _ints([half, half])).outputs()
        turned = op.concat([op.multiply(second, _floats(-1.0)), first], -1)
        return op.add(op.multiply(heads, context.cosines), op.multiply(turned, context.sines))

    def normalize(self, states: Node, name: str) -> Node:
        """RMS norm over the last axis."""
        square = op.reduce_mean(op.power(states, _floats(2.0)), _ints([-1]), True)
        root = op.sqrt(op.add(square, _floats(self.shape.norm_epsilon)))
        weight = op.constant(self.read(name + ".weight"))
        return op.multiply(weight, op.multiply(states, op.divide(_floats(1.0), root)))

    def dense(self, states: Node, name: str) -> Node:
        """``states @ weight.T + bias``."""
        product = op.matmul(states, self.matrix(name + ".weight"), False, True)
        if name + ".bias" not in self.shape.tensor_shapes():
            return product
        return op.add(product, op.constant(self.read(name + ".bias")))

    def matrix(self, name: str) -> Node:
        """A weight as float32, kept as ``storage`` says."""
        values = self.read(name)
        if self.storage == "float":
            return _as_stored(values)
        rows, columns = values.shape
        group = GROUP if columns % GROUP == 0 else columns
        grid = quantize(values.reshape(-1, group))
        cut = (rows, columns // group, group)
        steps = op.constant(grid.scales.reshape(*cut[:2], 1))
        scaled = op.multiply(op.convert(op.constant(grid.values.reshape(cut)), ov.Type.f32), steps)
        return op.reshape(scaled, _ints([rows, columns]), False)

    def input(self, name: str, shape: list[int], kind: ov.Type = ov.Type.f32) -> Node:
        parameter = op.parameter(shape, kind, name=name)
        parameter.output(0).get_tensor().set_names({name})
        self.inputs.append(parameter)
        return parameter

    def output(self, name: str, node: Node) -> None:
        node.output(0).get_tensor().set_names({name})
        self.outputs.append(op.result(node, name=name))


def _as_stored(values: FloatArray) -> Node:
    """Bfloat16 in the file where that is exact, as it is for bfloat16 checkpoints."""
    bits = values.view(np.uint32)
    if np.any(bits & 0xFFFF):
        return op.constant(values)
    # A tensor that owns its memory: one around a numpy array would outlive the array.
    kept = ov.Tensor(ov.Type.bf16, list(values.shape))
    kept.data.view(np.uint16)[...] = bits >> 16
    return op.convert(op.constant(kept), ov.Type.f32)


def _pick(rows: Node, last: Node) -> Node:
    """One row of each sequence: (batch, tokens, hidden) to (batch, 1, hidden)."""
    return op.gather(rows, op.unsqueeze(last, _ints(1)), _ints(1), 1)


def _rows_of(table: Node, last: Node) -> Node:
    """One row of a table for each sequence: (1, 1, tokens, width) to (batch, 1, 1, width)."""
    return op.unsqueeze(op.gather(op.squeeze(table, _ints([0, 1])), last, _ints(0)), _ints([1, 2]))


def _ints(value: int | list[int]) -> Node:
    return op.constant(np.array(value, np.int64))


def _floats(value: float) -> Node:
    return op.constant(np.array(value, np.float32))
