"""A training run over a few texts, whole but small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pertinent.train.config import TrainConfig
from pertinent.train.place import Place
from support.small_task import small_beir
from support.tiny_bert import save_base, tiny_weights

NOTES = (
    (
        "tea",
        "Green tea and the quality of sleep in older adults",
        "Forty people drank green tea each evening for a month. Half of them slept later than before. "
        "The others noticed no change in how long they slept.",
    ),
    (
        "walk",
        "Daily walks after knee surgery shorten the stay in hospital",
        "We compared two wards over a year. On one of them patients walked on the day of the operation. "
        "They went home two days earlier than the patients of the other ward.",
    ),
)


def small_place(folder: Path) -> Place:
    """Data and a base to learn from."""
    small_beir(folder / "data" / "small")
    (folder / "data" / "notes").mkdir()
    rows = [{"_id": name, "title": title, "text": text} for name, title, text in NOTES]
    (folder / "data" / "notes" / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    save_base(folder / "weights" / "tiny", tiny_weights(positions=512))
    return Place(folder / "data", folder / "weights", "cpu")


def small_run(folder: Path, **changes: Any) -> TrainConfig:
    """All stages, each with the least of work."""
    values: dict[str, Any] = {
        "folder": str(folder / "work"),
        "data": [
            {"path": "small", "split": "test"},
            {"path": "notes", "queries": "synthesise"},
        ],
        "synthesise": {"kinds": ["title"]},
        "mine": {"lists": ["bm25"], "negatives": 2, "depth": 5},
        "label": {"teachers": ["pertinent-mini-reranker", "embedder:"]},
        "student": {"kind": "cross_encoder", "base": "tiny", "max_tokens": 32},
        "distil": {"steps": 2, "queries": 2, "passages": 2, "losses": [{"name": "bce"}]},
        "export": {"name": "tiny-reranker", "licence": "CC0-1.0"},
    }
    return TrainConfig.model_validate(values | changes)
