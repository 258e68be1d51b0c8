"""The decoder's forward pass in torch: Qwen2, Qwen3 and Llama-style layers, readable in one go.

Sequences lie end to end in one row of tokens, so no linear layer works on padding. All of them
follow the same prefix, whose keys and values are given. The last layer computes only what the last
token of each sequence needs.

Source: the layers of Qwen3 (arXiv:2505.09388), Qwen2 (arXiv:2407.10671) and Llama (arXiv:2302.13971)
as ``transformers`` runs them, to which ``tests/engine/test_torch_decoder.py`` compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own custom)

from pertinent.engine.checkpoint import Checkpoint
from pertinent.engine.safetensors_file import opened
from pertinent.engine.torch_attention import attend, attend_last
from pertinent.engine.torch_layout import KeysValues, Layout


@dataclass(frozen=True, slots=True)
class Linear:
    """A weight, shape (outputs, inputs), and perhaps a bias."""

    weight: torch.Tensor
    bias: torch.Tensor | None = None

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Multiply: shape (..., inputs) to (..., outputs)."""
        return F.linear(x, self.weight, self.bias)


@dataclass(frozen=True, slots=True)
class RmsNorm:
    """Divides by the root mean square over the last dimension, in float32."""

    weight: torch.Tensor
    epsilon: float

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Norm the last dimension."""
        wide = x.float()
        wide = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon)
        return wide.to(x.dtype) * self.weight


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: attention, then feed-forward, each after a norm and added to the state."""

    attention_norm: RmsNorm
    q: Linear
    k: Linear
    v: Linear
    o: Linear
    q_norm: RmsNorm | None
    k_norm: RmsNorm | None
    feed_norm: RmsNorm
    gate: Linear
    up: Linear
    down: Linear

    def keys_values(self, x: torch.Tensor, layout: Layout, head_dim: int) -> KeysValues:
        """Keys and values of normed states: each of shape (tokens, kv_heads, head_dim)."""
        keys = split_heads(self.k(x), head_dim)
        if self.k_norm is not None:
            keys = self.k_norm(keys)
        return KeysValues(rotate(keys, layout.cosines, layout.sines), split_heads(self.v(x), head_dim))

    def queries(
        self, x: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor, head_dim: int
    ) -> torch.Tensor:
        """Queries of normed states: shape (tokens, heads, head_dim)."""
        queries = split_heads(self.q(x), head_dim)
        if self.q_norm is not None:
            queries = self.q_norm(queries)
        return rotate(queries, cosines, sines)

    def finish(self, states: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        """Add the attention's output, then the feed-forward's."""
        states = states + self.o(attended.flatten(-2))
        x = self.feed_norm(states)
        return states + self.down(F.silu(self.gate(x)) * self.up(x))


class TorchDecoder:
    """A decoder's weights on one device, and its forward pass.

    Parameters
    ----------
    checkpoint : Checkpoint
        Where the weights lie; files are mapped, and a tensor is copied only to change its type or device.
    dtype : torch.dtype
        What weights and states are held in.
    device : torch.device
        Where they are.
    compiled : bool
        Whether layers run through ``torch.compile``: the first batches wait for it.
    """

    def __init__(
        self, checkpoint: Checkpoint, dtype: torch.dtype, device: torch.device, *, compiled: bool = False
    ) -> None:
        self.shape = checkpoint.shape
        self.dtype, self.device = dtype, device
        weights = _read_weights(checkpoint, dtype, device)
        self.embedding = weights["embed_tokens.weight"]
        self.norm = RmsNorm(weights["norm.weight"].float(), self.shape.norm_epsilon)
        self.layers = [self._layer(weights, f"layers.{place}.") for place in range(self.shape.layers)]
        self._frequencies = torch.from_numpy(self.shape.rope_frequencies()).to(device, torch.float32)
        self._run_layer = torch.compile(self._whole_layer, dynamic=True) if compiled else self._whole_layer

    def layout(self, lengths: Sequence[int], prefix: int) -> Layout:
        """Plan sequences of these lengths, end to end, after a prefix of so many tokens."""
        return Layout.plan(lengths, prefix, self._frequencies, self.dtype)

    def embed(self, ids: np.ndarray) -> torch.Tensor:
        """Look tokens up: shape (tokens, hidden)."""
        return F.embedding(torch.from_numpy(ids.astype(np.int64)).to(self.device), self.embedding)

    def run(
        self,
        states: torch.Tensor,
        layout: Layout,
        prefix: Sequence[KeysValues] | None,
        layers: range,
    ) -> torch.Tensor:
        """Run some layers; those before the model's last one give back all tokens' states.

        Parameters
        ----------
        states : shape (tokens, hidden)
            Sequences end to end.
        layout : Layout
            Where each begins and ends.
        prefix : Sequence[KeysValues] | None
            Of every layer of the model, each of shape (prefix tokens, kv_heads, head_dim).
        layers : range
            Which to run.

        Returns
        -------
        shape (tokens, hidden), or (sequences, hidden) once the last layer has run
            There only the last token of each sequence is computed.
        """
        for place in layers:
            before = prefix[place] if prefix else None
            if place == self.shape.layers - 1:
                return self._last_layer(states, layout, before)
            states, _ = self._run_layer(self.layers[place], states, layout, before)
        return states

    def run_prefix(self, ids: np.ndarray, before: Sequence[KeysValues] | None) -> list[KeysValues]:
        """Keys and values of a prefix part in every layer, those of the parts before it included."""
        layout = self.layout([len(ids)], before[0].tokens if before else 0)
        states = self.embed(ids)
        found = []
        for place, layer in enumerate(self.layers):
            past = before[place] if before else None
            states, own = self._whole_layer(layer, states, layout, past)
            found.append(own.after(past))
        return found

    def final(self, states: torch.Tensor) -> torch.Tensor:
        """Norm the last states in float32."""
        return self.norm(states.float())

    def _whole_layer(
        self, layer: Layer, states: torch.Tensor, layout: Layout, prefix: KeysValues | None
    ) -> tuple[torch.Tensor, KeysValues]:
        x = layer.attention_norm(states)
        queries = layer.queries(x, layout.cosines, layout.sines, self.shape.head_dim)
        own = layer.keys_values(x, layout, self.shape.head_dim)
        return layer.finish(states, attend(queries, own, prefix, layout)), own

    def _last_layer(self, states: torch.Tensor, layout: Layout, prefix: KeysValues | None) -> torch.Tensor:
        layer, last = self.layers[-1], layout.last
        x = layer.attention_norm(states)
        own = layer.keys_values(x, layout, self.shape.head_dim)
        queries = layer.queries(x[last], layout.cosines[last], layout.sines[last], self.shape.head_dim)
        return layer.finish(states[last], attend_last(queries, own, prefix, layout))

    def _layer(self, weights: dict[str, torch.Tensor], start: str) -> Layer:
        def norm(name: str) -> RmsNorm:
            return RmsNorm(weights[f"{start}{name}.weight"], self.shape.norm_epsilon)

        def linear(name: str) -> Linear:
            return Linear(weights[f"{start}{name}.weight"], weights.get(f"{start}{name}.bias"))

        return Layer(
            attention_norm=norm("input_layernorm"),
            q=linear("self_attn.q_proj"),
            k=linear("self_attn.k_proj"),
            v=linear("self_attn.v_proj"),
            o=linear("self_attn.o_proj"),
            q_norm=norm("self_attn.q_norm") if self.shape.qk_norm else None,
            k_norm=norm("self_attn.k_norm") if self.shape.qk_norm else None,
            feed_norm=norm("post_attention_layernorm"),
            gate=linear("mlp.gate_proj"),
            up=linear("mlp.up_proj"),
            down=linear("mlp.down_proj"),
        )


def split_heads(x: torch.Tensor, head_dim: int) -> torch.Tensor:
    """(tokens, heads x head_dim) -> (tokens, heads, head_dim)."""
    return x.view(x.shape[0], -1, head_dim)


def rotate(x: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor) -> torch.Tensor:
    """Turn each pair of dimensions (i, i + half) by its token's angle.

    Parameters
    ----------
    x : shape (tokens, heads, head_dim)
    cosines, sines : shape (tokens, head_dim / 2)
    """
    first, second = x.chunk(2, dim=-1)
    cosines, sines = cosines.unsqueeze(1), sines.unsqueeze(1)
    return torch.cat((first * cosines - second * sines, second * cosines + first * sines), dim=-1)


def _read_weights(
    checkpoint: Checkpoint, dtype: torch.dtype, device: torch.device
) -> dict[str, torch.Tensor]:
    names: dict[Path, list[tuple[str, str]]] = {}
    for name in checkpoint.shape.tensor_shapes():
        file, stored = checkpoint.where(name)
        names.setdefault(file, []).append((name, stored))
    weights = {}
    for file, wanted in names.items():
        with opened(file, "pt") as tensors:
            for name, stored in wanted:
                weights[name] = tensors.get_tensor(stored).to(device=device, dtype=dtype)
    return weights
