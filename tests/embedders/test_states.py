"""Texts as the model reads them, and models that are refused because their states say nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pertinent.embedders.causal import CausalEmbedder
from pertinent.embedders.states import passes_canary
from pertinent.engine.causal_model import CausalModel
from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.text_tokens import TextTokens
from pertinent.errors import ModelError
from pertinent.families import qwen3_embedding as family
from support.tiny_embedder import FLOATS, GOLDENS, SMALL, Tiny, opened
from support.tiny_models import edit_config


def test_a_model_without_sense_is_refused_when_it_is_loaded(tiny: Tiny) -> None:
    with pytest.raises(ModelError, match="does not tell an answer"):
        CausalEmbedder(tiny.folder, options=FLOATS).load()


class Planted:
    """An engine whose states are those it is given."""

    def __init__(self, *states: list[float]) -> None:
        self._states = np.array(states, np.float32)

    def states(self, sequences: list[np.ndarray]) -> Any:
        yield tuple(range(len(sequences))), self._states


@pytest.mark.parametrize(
    ("states", "fault"),
    [
        (([1, 0], [1, 0.2], [0, 1]), None),
        (([1, 0], [0, 1], [1, 0.2]), "does not tell"),
        (([1, 0], [1, 0], [1, 0]), "does not tell"),
        (([1, 0], [np.nan, 0], [1, 0]), "no direction"),
        (([1, 0], [0, 0], [1, 0]), "no direction"),
    ],
)
def test_the_canary(tiny: Tiny, states: tuple[list[float], ...], fault: str | None) -> None:
    checkpoint = open_checkpoint(tiny.folder)
    tokens = TextTokens((tiny.folder / "tokenizer.json").read_bytes())
    wide = [row + [0.0] * (checkpoint.shape.hidden - 2) for row in states]
    model = CausalModel(checkpoint, tokens, Planted(*wide))  # type: ignore[arg-type]
    if fault is None:
        passes_canary(model)
    else:
        with pytest.raises(ModelError, match=fault):
            passes_canary(model)


def test_a_tokenizer_without_the_end_token_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "endless"
    shutil.copytree(tiny.folder, folder)
    text = (folder / "tokenizer.json").read_text("utf-8")
    (folder / "tokenizer.json").write_text(text.replace("<|endoftext|>", "<|other|>"), "utf-8")
    with pytest.raises(ModelError, match="closes every text"):
        opened(folder).embed_documents(["asthma"])


def test_rows_for_tokens_that_are_never_read_may_lack(tiny: Tiny, tmp_path: Path) -> None:
    """The published 4B and 8B models have 151,665 rows; Qwen3's tokenizer has ids up to 151,668."""
    folder = tmp_path / "rows"
    shutil.copytree(tiny.folder, folder)
    definition = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    end = definition["model"]["vocab"][family.END]
    tensors = load_file(folder / "model.safetensors")
    name = next(name for name in tensors if name.endswith("embed_tokens.weight"))
    for rows in (end + 1, end):
        save_file({**tensors, name: tensors[name][:rows].copy()}, folder / "model.safetensors")
        edit_config(folder, vocab_size=rows)
        if rows > end:
            assert opened(folder).embed_documents(["asthma"]).shape == (1, 64)
        else:
            with pytest.raises(ModelError, match="closes every text"):
                opened(folder).embed_documents(["asthma"])


def golden_ids(tokens: TextTokens, text: str) -> list[int]:
    (end,) = tokens.encode_control(family.END).tolist()
    (read,) = tokens.text_ids([text], family.MAX_TOKENS - 1)
    return family.close_text(read.ids, end, family.MAX_TOKENS).tolist()


@pytest.fixture(scope="module")
def small_tokens() -> TextTokens:
    return TextTokens(SMALL)


@pytest.fixture(scope="module")
def whole_tokens(weights_folder: Path) -> TextTokens:
    return TextTokens((weights_folder / "qwen3-tokenizer" / "tokenizer.json").read_bytes())


@pytest.mark.parametrize("which", ["small_tokens", "whole_tokens"])
def test_texts_have_the_committed_ids(which: str, request: pytest.FixtureRequest) -> None:
    tokens = request.getfixturevalue(which)
    assert GOLDENS["end"] == 151_643
    for case in GOLDENS["queries"]:
        wording = family.DEFAULT_INSTRUCTION if case["instruction"] is None else case["instruction"]
        assert golden_ids(tokens, family.query_text(case["query"], wording)) == case["ids"], case["name"]
        assert case["ids"].count(151_643) == 1
    for case in GOLDENS["documents"]:
        assert golden_ids(tokens, case["text"]) == case["ids"], case["name"]
        assert case["ids"].count(151_643) == 1
