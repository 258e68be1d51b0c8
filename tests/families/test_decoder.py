"""Shapes are read strictly: what is not known is refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import ModelError
from pertinent.families.decoder import DecoderShape

CONFIG: dict[str, Any] = {
    "model_type": "qwen3",
    "vocab_size": 151669,
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "rope_theta": 1_000_000,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": True,
    "max_position_embeddings": 40960,
}
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}
SIZES = {
    "0.6B": ({}, 595_776_512),
    "4B": (
        {
            "hidden_size": 2560,
            "intermediate_size": 9728,
            "num_hidden_layers": 36,
            "num_attention_heads": 32,
        },
        4_021_784_576,
    ),
    "8B": (
        {
            "hidden_size": 4096,
            "intermediate_size": 12288,
            "num_hidden_layers": 36,
            "num_attention_heads": 32,
            "tie_word_embeddings": False,
        },
        8_188_548_096,
    ),
}


@pytest.mark.parametrize("size", SIZES)
def test_published_sizes_have_their_published_number_of_weights(size: str) -> None:
    changes, parameters = SIZES[size]
    assert DecoderShape.from_config({**CONFIG, **changes}).parameters == parameters


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "bert"},
        {"model_type": None},
        {"use_sliding_window": True},
        {"layer_types": ["full_attention", "sliding_attention"]},
        {"hidden_act": "gelu"},
        {"mlp_bias": True},
        {"rope_scaling": {"rope_type": "yarn", "factor": 4.0}},
        {"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5}},
        {"quantization_config": {"bits": 4}},
        {"num_attention_heads": 15},
        {"num_attention_heads": 0},
        {"head_dim": 127},
        {"hidden_size": -1024},
        {"hidden_size": "many"},
        {"rope_theta": float("inf")},
        {"vocab_size": 1 << 40},
        {"vocab_size": float("inf")},
        {"num_hidden_layers": 1 << 22},
        {"rope_scaling": {**LLAMA3, "high_freq_factor": 1.0}},
        {"rope_scaling": {**LLAMA3, "factor": 0.0}},
        {"rope_scaling": {**LLAMA3, "factor": float("nan")}},
        {"rope_scaling": {**LLAMA3, "original_max_position_embeddings": float("inf")}},
        {"rms_norm_eps": None},
    ],
)
def test_what_is_not_known_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        DecoderShape.from_config({**CONFIG, **change})


@pytest.mark.parametrize("missing", ["vocab_size", "hidden_size", "rms_norm_eps", "max_position_embeddings"])
def test_a_missing_size_is_named(missing: str) -> None:
    with pytest.raises(ModelError, match=missing):
        DecoderShape.from_config({key: value for key, value in CONFIG.items() if key != missing})


def test_rotary_settings_of_newer_files_are_found() -> None:
    newer = {key: value for key, value in CONFIG.items() if key != "rope_theta"}
    newer["rope_parameters"] = {"rope_type": "default", "rope_theta": 1_000_000}
    assert DecoderShape.from_config(newer) == DecoderShape.from_config(CONFIG)


def test_llama_3_slows_only_the_slow_rotations() -> None:
    plain = DecoderShape.from_config(CONFIG).rope_frequencies()
    slowed = DecoderShape.from_config({**CONFIG, "rope_scaling": LLAMA3}).rope_frequencies()
    assert slowed[0] == plain[0]
    assert slowed[-1] == pytest.approx(plain[-1] / 8)
    assert (np.diff(slowed) < 0).all()


def test_biases_belong_to_their_families() -> None:
    def switches(kind: str, biased: bool) -> tuple[bool, bool, bool]:
        shape = DecoderShape.from_config({**CONFIG, "model_type": kind, "attention_bias": biased})
        return shape.qkv_bias, shape.output_bias, shape.qk_norm

    assert switches("qwen2", False) == (True, False, False)
    assert switches("qwen3", False) == (False, False, True)
    assert switches("qwen3", True) == (True, True, True)
    assert switches("llama", True) == (True, True, False)


@given(
    st.dictionaries(
        st.sampled_from([*CONFIG, "rope_scaling", "rope_parameters", "layer_types"]),
        st.none() | st.integers(-5, 5) | st.text(max_size=5) | st.lists(st.integers(), max_size=2),
    )
)
def test_any_config_is_read_or_refused(changes: dict[str, Any]) -> None:
    with suppress(ModelError):
        assert DecoderShape.from_config({**CONFIG, **changes}).parameters > 0
