"""Examples and configurations of training runs that take less than a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pertinent.train.config import TrainConfig
from pertinent.train.examples import Example, TrainingPassage, write_examples

ANSWERS = {
    "what lowers glucose": "metformin lowers glucose",
    "what lowers fever": "aspirin lowers fever",
    "does the train": "the train of rain",
    "a bridge": "the bridge of the river",
}


def tiny_examples() -> list[Example]:
    """Four queries; the answers of the others are no answers."""
    return [
        Example(
            query,
            tuple(
                TrainingPassage(text, text == answer, label=0.95 if text == answer else 0.05)
                for text in sorted(ANSWERS.values(), key=lambda text: text != answer)
            ),
            "tiny",
        )
        for query, answer in ANSWERS.items()
    ]


def examples_file(folder: Path) -> Path:
    """The examples in a file."""
    path = folder / "examples.jsonl"
    write_examples(path, tiny_examples())
    return path


def tiny_config(
    base: Path, *, kind: str = "cross_encoder", student: Any = None, **distil: Any
) -> TrainConfig:
    """A run of a few steps over the tiny examples."""
    settings = {
        "steps": 6,
        "queries": 2,
        "passages": 4,
        "learning_rate": 2e-3,
        "save_every": 2,
        "losses": [{"name": "bce"}],
    }
    return TrainConfig.model_validate(
        {
            "seed": 3,
            "folder": "unused",
            "student": {"kind": kind, "base": str(base), "max_tokens": 32} | (student or {}),
            "distil": settings | distil,
        }
    )
