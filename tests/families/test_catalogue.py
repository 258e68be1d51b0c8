"""The catalogue says what the folders of carried models say, and what the shapes of published ones say."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pertinent.engine.catalogue import CARRIED
from pertinent.engine.model_folder import open_model_folder
from pertinent.families.catalogue import CARRIED_MODELS, KNOWN_MODELS, PUBLISHED_MODELS, known_model
from pertinent.families.decoder import DecoderShape
from pertinent.types import ModelInfo

# hidden, intermediate, layers, heads
SIZES = {"0.6B": (1024, 3072, 28, 16), "4B": (2560, 9728, 36, 32), "8B": (4096, 12288, 36, 32)}


@pytest.mark.parametrize("info", CARRIED_MODELS, ids=lambda info: info.name)
def test_the_folder_agrees(info: ModelInfo) -> None:
    folder = open_model_folder(CARRIED / info.name)
    assert replace(folder.info, revision="") == info
    assert len(folder.info.revision) == 12


@pytest.mark.parametrize("info", PUBLISHED_MODELS, ids=lambda info: info.name)
def test_the_number_of_weights_follows_from_the_shape(info: ModelInfo) -> None:
    size = info.name.rpartition("-")[2]
    hidden, intermediate, layers, heads = SIZES[size]
    reranks = info.kind == "reranker"
    vocabulary = 151669 if reranks or size == "0.6B" else 151665
    shape = DecoderShape.from_config(
        {
            "model_type": "qwen3", "vocab_size": vocabulary, "hidden_size": hidden,
            "intermediate_size": intermediate, "num_hidden_layers": layers, "num_attention_heads": heads,
            "num_key_value_heads": 8, "head_dim": 128, "rope_theta": 1e6, "rms_norm_eps": 1e-6,
            "max_position_embeddings": 40960, "tie_word_embeddings": size != "8B", "hidden_act": "silu",
        }
    )  # fmt: skip
    head = vocabulary * hidden if reranks and size == "8B" else 0
    assert sum(map(math.prod, shape.tensor_shapes().values())) + head == info.parameters
    assert info.dimensions == (0 if reranks else hidden)


def test_names_are_said_once() -> None:
    assert len({info.name for info in KNOWN_MODELS}) == len(KNOWN_MODELS)


def test_an_unknown_name_is_not_known() -> None:
    assert known_model("no-such-model") is None
