"""The shape of a decoder: Qwen2, Qwen3 and Llama-style models, as their ``config.json`` tells it.

All of them are a stack of equal layers: RMS norm, grouped-query attention with rotary positions,
RMS norm, gated SiLU. They differ in a few switches, which are the fields below. What this reading
does not know (sliding windows, other activations, other position scalings) is refused, because a
model that runs with a part ignored gives plausible, wrong scores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pertinent.errors import ModelError

MODEL_TYPES = ("qwen2", "qwen3", "llama")
"""What ``model_type`` may say."""

MOST_LAYERS = 1024
"""The tensors of every layer are listed when a checkpoint is opened; no published model has 200 layers."""


@dataclass(frozen=True, slots=True)
class Llama3Scaling:
    """How Llama 3.1 and later stretch slow rotations to longer contexts."""

    factor: float
    low_frequency: float
    high_frequency: float
    original_context: int

    @property
    def makes_sense(self) -> bool:
        """Whether frequencies stretched so are finite numbers."""
        finite = all(map(math.isfinite, (self.factor, self.low_frequency, self.high_frequency)))
        return finite and self.factor > 0 and self.low_frequency < self.high_frequency


@dataclass(frozen=True, slots=True)
class DecoderShape:
    """Sizes and switches of a decoder.

    Parameters
    ----------
    vocabulary, hidden, intermediate, layers, heads, kv_heads, head_dim : int
        Rows of the embedding; widths of state and feed-forward; layers; heads and their width.
    rope_theta : float
        Base of the rotary frequencies.
    rope_scaling : Llama3Scaling | None
        How they are stretched.
    norm_epsilon : float
        Added under the root of every RMS norm.
    qkv_bias, output_bias : bool
        Whether the attention's projections have biases.
    qk_norm : bool
        Whether queries and keys are normalised per head before rotation.
    tied : bool
        Whether the embedding is the head.
    context : int
        Positions the model was made for.
    """

    vocabulary: int
    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    rope_theta: float
    rope_scaling: Llama3Scaling | None
    norm_epsilon: float
    qkv_bias: bool
    output_bias: bool
    qk_norm: bool
    tied: bool
    context: int

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> DecoderShape:
        """Read ``config.json``.

        Raises
        ------
        ModelError
            If it describes another kind of model, or lacks something.

        Examples
        --------
        >>> shape = DecoderShape.from_config({
        ...     "model_type": "qwen3", "vocab_size": 151669, "hidden_size": 1024, "intermediate_size": 3072,
        ...     "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8,
        ...     "head_dim": 128, "rope_theta": 1e6, "rms_norm_eps": 1e-6, "hidden_act": "silu",
        ...     "tie_word_embeddings": True, "max_position_embeddings": 40960})
        >>> shape.parameters
        595776512
        """
        kind = config.get("model_type")
        if kind not in MODEL_TYPES:
            raise ModelError(
                f"The model is of type {kind!r}.", hint=f"Types that can be run: {', '.join(MODEL_TYPES)}."
            )
        _refuse_unknown_parts(config)
        try:
            heads, hidden = int(config["num_attention_heads"]), int(config["hidden_size"])
            biased = bool(config.get("attention_bias", False))
            shape = cls(
                vocabulary=int(config["vocab_size"]),
                hidden=hidden,
                intermediate=int(config["intermediate_size"]),
                layers=int(config["num_hidden_layers"]),
                heads=heads,
                kv_heads=int(config.get("num_key_value_heads") or heads),
                head_dim=int(config.get("head_dim") or hidden // heads),
                rope_theta=float(_rope(config).get("rope_theta") or config.get("rope_theta") or 10_000.0),
                rope_scaling=_scaling(_rope(config)),
                norm_epsilon=float(config["rms_norm_eps"]),
                qkv_bias=kind == "qwen2" or biased,
                output_bias=kind != "qwen2" and biased,
                qk_norm=kind == "qwen3",
                tied=bool(config.get("tie_word_embeddings", False)),
                context=int(config["max_position_embeddings"]),
            )
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise ModelError(
                f"config.json does not describe a {kind} model ({type(error).__name__}: {error}).",
                hint="Download the model again.",
            ) from error
        shape._require_sense()
        return shape

    def _require_sense(self) -> None:
        sizes = (self.vocabulary, self.hidden, self.intermediate, self.layers, self.heads, self.kv_heads)
        sound = (
            all(0 < size < 1 << 24 for size in (*sizes, self.head_dim, self.context))
            and self.layers <= MOST_LAYERS
            and self.heads % self.kv_heads == 0
            and self.head_dim % 2 == 0
            and math.isfinite(self.rope_theta)
            and self.rope_theta > 0
            and 0 <= self.norm_epsilon < 1
            and (self.rope_scaling is None or self.rope_scaling.makes_sense)
        )
        if not sound:
            raise ModelError("config.json gives sizes that make no model.", hint="Download the model again.")

    def rope_frequencies(self) -> npt.NDArray[np.float64]:
        """Angle per position of each pair of dimensions: float64, shape (head_dim / 2,).

        Source: Su et al. 2021, arXiv:2104.09864; the stretching is that of the Llama 3.1 release.
        """
        frequencies = self.rope_theta ** -(np.arange(0, self.head_dim, 2) / self.head_dim)
        if self.rope_scaling is None:
            return np.asarray(frequencies)
        scaling = self.rope_scaling
        turns = scaling.original_context * frequencies / (2 * math.pi)
        share = (turns - scaling.low_frequency) / (scaling.high_frequency - scaling.low_frequency)
        kept = np.clip(share, 0.0, 1.0)
        return np.asarray(frequencies * (kept + (1 - kept) / scaling.factor))

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Every tensor of the body and its shape, under its name without ``model.`` before it."""
        queries, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        layer: dict[str, tuple[int, ...]] = {
            "input_layernorm.weight": (self.hidden,),
            "self_attn.q_proj.weight": (queries, self.hidden),
            "self_attn.k_proj.weight": (keys, self.hidden),
            "self_attn.v_proj.weight": (keys, self.hidden),
            "self_attn.o_proj.weight": (self.hidden, queries),
            "post_attention_layernorm.weight": (self.hidden,),
            "mlp.gate_proj.weight": (self.intermediate, self.hidden),
            "mlp.up_proj.weight": (self.intermediate, self.hidden),
            "mlp.down_proj.weight": (self.hidden, self.intermediate),
        }
        if self.qk_norm:
            layer |= {f"self_attn.{name}_norm.weight": (self.head_dim,) for name in "qk"}
        if self.qkv_bias:
            layer |= {
                "self_attn.q_proj.bias": (queries,),
                "self_attn.k_proj.bias": (keys,),
                "self_attn.v_proj.bias": (keys,),
            }
        if self.output_bias:
            layer["self_attn.o_proj.bias"] = (self.hidden,)
        return {
            "embed_tokens.weight": (self.vocabulary, self.hidden),
            **{
                f"layers.{place}.{name}": size for place in range(self.layers) for name, size in layer.items()
            },
            "norm.weight": (self.hidden,),
        }

    @property
    def parameters(self) -> int:
        """Number of weights, an untied head included."""
        body = sum(math.prod(size) for size in self.tensor_shapes().values())
        return body if self.tied else body + self.vocabulary * self.hidden


def _refuse_unknown_parts(config: Mapping[str, Any]) -> None:
    unknown = {
        "use_sliding_window": bool(config.get("use_sliding_window", False)),
        "layer_types": not _all_full(config.get("layer_types")),
        "hidden_act": config.get("hidden_act", "silu") != "silu",
        "mlp_bias": bool(config.get("mlp_bias", False)),
        "partial_rotary_factor": _rope(config).get("partial_rotary_factor", 1.0) != 1.0,
        "quantization_config": config.get("quantization_config") is not None,
    }
    if names := [name for name, found in unknown.items() if found]:
        raise ModelError(
            f"config.json asks for what this engine does not do: {', '.join(names)}.",
            hint="Use the model in its plain float form, or serve it with an engine that knows it.",
        )


def _all_full(layer_types: object) -> bool:
    if layer_types is None:
        return True
    return isinstance(layer_types, list) and all(kind == "full_attention" for kind in layer_types)


def _rope(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rotary settings: ``rope_parameters`` in newer files, ``rope_scaling`` in older ones."""
    found = config.get("rope_parameters") or config.get("rope_scaling") or {}
    return found if isinstance(found, Mapping) else {}


def _scaling(rope: Mapping[str, Any]) -> Llama3Scaling | None:
    kind = rope.get("rope_type") or rope.get("type") or "default"
    if kind == "default":
        return None
    if kind != "llama3":
        raise ModelError(
            f"The model stretches its positions by {kind!r}.", hint="Known ways are default and llama3."
        )
    return Llama3Scaling(
        factor=float(rope["factor"]),
        low_frequency=float(rope["low_freq_factor"]),
        high_frequency=float(rope["high_freq_factor"]),
        original_context=int(rope["original_max_position_embeddings"]),
    )
