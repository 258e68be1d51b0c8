"""A Qwen3-Reranker in small: random weights behind the published tokenizer's ids."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pertinent.engine.causal_model import EngineOptions
from pertinent.rerankers.causal import CausalReranker
from support.tiny_models import Kind, edit_config, tiny_model
from support.tokens import SMALL, small_tokens

if TYPE_CHECKING:
    from pertinent.engine.torch_engine import TorchEngine

VOCABULARY = 151_669
SIZES: dict[str, Any] = {"hidden": 32, "intermediate": 48, "heads": 2, "kv_heads": 1, "layers": 2}

TORCH = EngineOptions(engine="torch", device="cpu", dtype="float32")

RIGHT, RIGHT_UNTIED = 2, 5
"""Seeds of models, tied and untied, that give the canary texts margins in the right order."""


def load(folder: Path, **options: Any) -> CausalReranker:
    return CausalReranker(folder, **{"options": TORCH, **options})


def answers() -> tuple[int, int]:
    """Ids of yes and no."""
    return small_tokens().single_id("yes"), small_tokens().single_id("no")


def tiny_reranker(folder: Path, kind: Kind = "qwen3", **sizes: Any) -> Any:
    """Save a model with its tokenizer and return it as transformers runs it.

    Whether it passes the canary is up to its seed; ``pass_canary`` sees to it.
    """
    model = tiny_model(folder, kind, vocabulary=VOCABULARY, **(SIZES | sizes))
    (folder / "tokenizer.json").write_bytes(SMALL)
    return model


def edit_tensors(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the tensors of a saved model (name -> torch tensor) in place."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "model.safetensors")


def swap_answers(folder: Path) -> None:
    """Make yes of no in an untied model: all margins change their sign."""
    yes, no = answers()

    def swap(tensors: dict[str, Any]) -> None:
        head = tensors["lm_head.weight"]
        head[[yes, no]] = head[[no, yes]]

    edit_tensors(folder, swap)


def same_answers(folder: Path) -> None:
    """Give yes and no one row in a tied model: all margins are 0."""
    yes, no = answers()

    def equal(tensors: dict[str, Any]) -> None:
        rows = tensors["model.embed_tokens.weight"]
        rows[yes] = rows[no]

    edit_tensors(folder, equal)


def as_score_head(folder: Path, target: Path) -> None:
    """Copy a model as its sequence-classification conversion: one row in place of the head."""
    shutil.copytree(folder, target)
    yes, no = answers()

    def convert(tensors: dict[str, Any]) -> None:
        head = tensors.pop("lm_head.weight", tensors["model.embed_tokens.weight"])
        tensors["score.weight"] = (head[yes] - head[no])[None]

    edit_tensors(target, convert)
    edit_config(target, architectures=["Qwen3ForSequenceClassification"], num_labels=1)


class CountingEngine:
    """Passes work on, and counts what is in the air."""

    def __init__(self, engine: TorchEngine, stop_after: int | None = None) -> None:
        self.engine = engine
        self.name, self.dtype = engine.name, engine.dtype
        self.largest = self.batches = 0
        self.closed = False
        self.stop_after = stop_after

    def margins(self, prefix: Any, tails: Sequence[Any]) -> Any:
        self.largest = max(self.largest, len(tails))
        try:
            for batch in self.engine.margins(prefix, tails):
                self.batches += 1
                if self.batches == self.stop_after:
                    raise KeyboardInterrupt
                yield batch
        finally:
            self.closed = True


def with_engine(folder: Path, **options: Any) -> tuple[CausalReranker, CountingEngine]:
    scorer = load(folder, options=replace(TORCH, batch_tokens=4096))
    model, prompter = scorer._ready()
    engine = CountingEngine(model.engine, **options)  # type: ignore[arg-type]
    scorer._loaded = replace(model, engine=engine), prompter  # type: ignore[arg-type]
    return scorer, engine
