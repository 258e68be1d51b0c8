"""A Qwen3-Embedding model in small: random weights, and a tokenizer with the published one's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from pertinent.embedders.causal import CausalEmbedder
from pertinent.engine.causal_model import EngineOptions
from support.tiny_models import reference_state, tiny_model

EMBEDDERS = Path(__file__).parents[1] / "embedders"
SMALL = (EMBEDDERS / "small_tokenizer.json").read_bytes()
GOLDENS: dict[str, Any] = json.loads((EMBEDDERS / "token_goldens.json").read_text("utf-8"))

FLOATS = EngineOptions(engine="torch", device="cpu", dtype="float32")


class Tiny(NamedTuple):
    folder: Path
    reference: Any


def opened(folder: Path, **options: Any) -> CausalEmbedder:
    return CausalEmbedder(folder, options=FLOATS, check=False, **options)


def numbered_anew() -> tuple[str, int]:
    """The small tokenizer with ids from 0 without gaps, so that a model of few rows can read it."""
    definition = json.loads(SMALL)
    words = sorted(definition["model"]["vocab"].items(), key=lambda item: item[1])
    ids = {word: place for place, (word, _) in enumerate(words)}
    definition["model"]["vocab"] = ids
    for token in definition["added_tokens"]:
        token["id"] = ids[token["content"]]
    return json.dumps(definition), len(ids)


def tiny_embedder(folder: Path, **sizes: Any) -> Any:
    """Save a model with its tokenizer and return it as transformers runs it."""
    definition, vocabulary = numbered_anew()
    model = tiny_model(folder, "qwen3", vocabulary=vocabulary, **sizes)
    (folder / "tokenizer.json").write_text(definition, "utf-8")
    return model


def reference_vector(
    model: Any, folder: Path, text: str, dimensions: int | None = None
) -> npt.NDArray[np.float32]:
    """Vector of a whole text by transformers: last token's state, cut, then scaled to length 1."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = [*tokenizer.encode(text, add_special_tokens=False).ids, tokenizer.token_to_id("<|endoftext|>")]
    state = reference_state(model, np.array(ids, np.int32))[:dimensions]
    return np.asarray(state / np.linalg.norm(state), np.float32)
