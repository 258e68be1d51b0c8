"""Devices, types, and how much fits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pertinent.engine import torch_device
from pertinent.engine.torch_device import (
    FEWEST_TOKENS,
    MOST_TOKENS,
    choose_device,
    choose_dtype,
    plan_tokens,
    prefix_tokens,
)
from pertinent.families.decoder import DecoderShape

CPU = torch.device("cpu")
SHAPE = DecoderShape.from_config(
    {
        "model_type": "qwen3",
        "vocab_size": 151_669,
        "hidden_size": 1024,
        "intermediate_size": 3072,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "rms_norm_eps": 1e-6,
        "max_position_embeddings": 40_960,
    }
)


@pytest.mark.parametrize("available", [0, 300_000, 1_000_000, 64_000_000])
def test_batches_follow_the_memory_that_can_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, available: int
) -> None:
    file = tmp_path / "meminfo"
    file.write_text(f"MemTotal: 99999999 kB\nMemFree:  1 kB\nMemAvailable:  {available} kB\n")
    monkeypatch.setattr(torch_device, "MEMORY_FILE", file)
    planned = plan_tokens(SHAPE, torch.float32, CPU)
    fit = available * 1024 // 2 // (4 * 31_744)
    assert planned == min(max(FEWEST_TOKENS, fit), MOST_TOKENS["cpu"])


def test_a_system_that_does_not_tell_is_asked_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_device, "MEMORY_FILE", tmp_path / "absent")
    assert FEWEST_TOKENS <= plan_tokens(SHAPE, torch.bfloat16, CPU) <= MOST_TOKENS["cpu"]


def test_a_prefix_counts_less_than_a_text() -> None:
    assert prefix_tokens(SHAPE, 0) == 0
    assert 0 < prefix_tokens(SHAPE, 1000) < 500


def test_a_torch_without_the_library_has_no_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert choose_dtype("auto", CPU) == torch.float32


def test_without_a_gpu_the_cpu_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == CPU
