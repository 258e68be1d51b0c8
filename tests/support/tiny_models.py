"""Tiny decoders with random weights, saved as published models are: the yardstick of every engine."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Kind: TypeAlias = Literal["qwen3", "qwen3-untied", "qwen2", "llama3"]
KINDS: tuple[Kind, ...] = ("qwen3", "qwen3-untied", "qwen2", "llama3")


def tiny_model(
    folder: Path,
    kind: Kind = "qwen3",
    *,
    seed: int = 0,
    layers: int = 3,
    hidden: int = 64,
    intermediate: int = 96,
    heads: int = 4,
    kv_heads: int = 2,
    head_dim: int = 16,
    vocabulary: int = 500,
    context: int = 4096,
    spread: float = 0.15,
    shard_bytes: str | None = None,
    dtype: str = "float32",
) -> Any:
    """Save a random model into ``folder`` and return it as transformers runs it (float32, eager attention).

    ``spread`` is the standard deviation of the matrices: at 0.15 margins are some units wide, as those of
    trained models are. Norms and biases are random too, so that an engine that forgets one is found out.
    ``shard_bytes`` ("100KB") saves shards with an index. ``head_dim`` counts for Qwen3 and Llama;
    Qwen2 has ``hidden / heads``.
    """
    import torch
    import transformers

    sizes: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "max_position_embeddings": context,
        "rms_norm_eps": 1e-6,
        "bos_token_id": None,
        "eos_token_id": 1,
        "attn_implementation": "eager",
    }
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": 10_000.0}
    if kind == "llama3":
        rope = {
            "rope_type": "llama3",
            "rope_theta": 500_000.0,
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64,
        }
    classes = {
        "qwen3": (transformers.Qwen3Config, transformers.Qwen3ForCausalLM),
        "qwen3-untied": (transformers.Qwen3Config, transformers.Qwen3ForCausalLM),
        "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM),
        "llama3": (transformers.LlamaConfig, transformers.LlamaForCausalLM),
    }
    config_class, model_class = classes[kind]
    if kind != "qwen2":
        sizes["head_dim"] = head_dim
    config = config_class(**sizes, rope_parameters=rope, tie_word_embeddings=kind != "qwen3-untied")
    torch.manual_seed(seed)
    model = model_class(config).float().eval()
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            noise = torch.randn(tensor.shape, generator=generator)
            centre, width = (1.0, 0.2) if name.endswith("norm.weight") else (0.0, spread)
            tensor.copy_(centre + width * noise)
            # Rounded here already: casting the whole model would round its rotary frequencies too.
            tensor.copy_(tensor.to(getattr(torch, dtype)))
    saved = copy.deepcopy(model).to(getattr(torch, dtype))
    saved.save_pretrained(folder, **({"max_shard_size": shard_bytes} if shard_bytes else {}))
    return model


def edit_config(folder: Path, **changes: Any) -> None:
    """Change values in a saved model's ``config.json``; None takes a key away."""
    file = folder / "config.json"
    config = json.loads(file.read_text("utf-8"))
    config |= changes
    file.write_text(json.dumps({key: value for key, value in config.items() if value is not None}), "utf-8")


def random_ids(generator: np.random.Generator, length: int, vocabulary: int = 500) -> npt.NDArray[np.int32]:
    """Token ids of a made-up text."""
    return generator.integers(2, vocabulary, length, dtype=np.int32)


def reference_margin(model: Any, ids: npt.NDArray[np.int32], yes: int, no: int) -> float:
    """What transformers says of one whole sequence: logit of "yes" less that of "no" at its last token."""
    import torch

    with torch.inference_mode():
        logits = model(torch.from_numpy(ids.astype(np.int64))[None]).logits[0, -1]
    return float(logits[yes] - logits[no])


def reference_state(model: Any, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """Final, normed state of one whole sequence's last token, from transformers: float32 (hidden,)."""
    import torch

    with torch.inference_mode():
        states = model.model(torch.from_numpy(ids.astype(np.int64))[None]).last_hidden_state
    return np.asarray(states[0, -1].numpy(), np.float32)
