"""A BERT with random weights and a small vocabulary, in the folder of a base that students begin with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from pertinent.engine.quantized import FloatArray
from pertinent.families.bert import CONTROL_TOKENS

if TYPE_CHECKING:
    import openvino as ov
    import torch

WORDS = (
    "aspirin", "metformin", "lowers", "glucose", "fever", "heart", "pain", "what",
    "does", "the", "a", "of", "rain", "train", "bridge", "river",
)  # fmt: skip
HEADS = 4


def tiny_tokenizer() -> bytes:
    """A WordPiece tokenizer whose control tokens have BERT's ids."""
    vocabulary = {f"[unused{number}]": number for number in range(103)}
    for token, number in CONTROL_TOKENS.items():
        del vocabulary[f"[unused{number}]"]
        vocabulary[token] = number
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    for word in [*WORDS, *letters, *(f"##{letter}" for letter in letters)]:
        vocabulary.setdefault(word, len(vocabulary))
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer.to_str().encode()


def tiny_weights(
    seed: int = 0, *, layers: int = 2, hidden: int = 32, wide: int = 48, positions: int = 64, words: int = 200
) -> dict[str, FloatArray]:
    """Random weights with pooler and classifier."""
    generator = np.random.default_rng(seed)
    sizes = {
        "embeddings.word_embeddings": (words, hidden),
        "embeddings.token_type_embeddings": (2, hidden),
        "embeddings.position_embeddings": (positions, hidden),
        "pooler.dense": (hidden, hidden),
        "classifier": (1, hidden),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(layers):
        name = f"encoder.layer.{layer}."
        sizes |= {name + f"attention.self.{part}": (hidden, hidden) for part in ("query", "key", "value")}
        sizes |= {
            name + "attention.output.dense": (hidden, hidden),
            name + "intermediate.dense": (wide, hidden),
            name + "output.dense": (hidden, wide),
        }
        norms += [name + "attention.output.LayerNorm", name + "output.LayerNorm"]
    weights: dict[str, FloatArray] = {}
    for name, size in sizes.items():
        weights[name + ".weight"] = generator.normal(scale=0.2, size=size).astype(np.float32)
        if not name.endswith("_embeddings"):
            weights[name + ".bias"] = generator.normal(scale=0.1, size=size[0]).astype(np.float32)
    for name in norms:
        weights[name + ".weight"] = generator.normal(1, 0.1, hidden).astype(np.float32)
        weights[name + ".bias"] = generator.normal(scale=0.1, size=hidden).astype(np.float32)
    return weights


def save_base(folder: Path, weights: dict[str, FloatArray], *, heads: int = HEADS) -> Path:
    """Write weights as the folder of a base."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "model.safetensors")
    config = {"num_attention_heads": heads, "layer_norm_eps": 1e-12, "hidden_act": "gelu"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_bytes(tiny_tokenizer())
    return folder


IDS = [[3, 7, 9, 30, 31, 9, 0, 0], [3, 7, 9, 30, 31, 9, 11, 12]]
TYPES = [[0, 0, 0, 1, 1, 1, 0, 0], [0, 0, 0, 1, 1, 1, 1, 1]]
MASK = [[1] * 6 + [0] * 2, [1] * 8]


def run_graph(model: ov.Model) -> Any:
    """What a graph computes of two sequences, one of them filled up."""
    import openvino as ov

    exact = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
    compiled = ov.Core().compile_model(model, "CPU", exact)
    feed = {"input_ids": IDS, "token_type_ids": TYPES, "attention_mask": MASK}
    names = [port.get_any_name() for port in compiled.inputs]
    return compiled({name: np.array(feed[name], np.int32) for name in names})[0]


def tensors() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The same two sequences for torch."""
    import torch

    return torch.tensor(IDS), torch.tensor(TYPES), torch.tensor(MASK)
