"""Write what the carried pair said in float32, before it was put on an integer grid.

    python tools/make_carried_goldens.py --out tests/engine/carried_goldens.json

Reads the checkpoints that ``tools/train_carried.py`` left under ``work`` in the present folder, in torch: the
embedder on Hugging Face's ``BertModel``, the reranker on its layers (``train/pruned_encoder``). The texts are
those of ``make_goldens.py``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from make_goldens import PAIRS, TEXTS
from pertinent.families import bert_embedder
from pertinent.train.checkpoints import best_checkpoint, newest_checkpoint
from pertinent.train.config import TrainConfig, read_config
from pertinent.train.students import open_student, run_sequences

CONFIGS = Path(__file__).parent / "carried"
WINDOW = 512


def main() -> None:
    """Run both students and write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--out", type=Path, default=Path("tests/engine/carried_goldens.json"))
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    goldens = {
        "made_by": f"torch {torch.__version__}, float32",
        "pairs": reranker_goldens(read_config(CONFIGS / "reranker.toml")),
        "texts": embedder_goldens(read_config(CONFIGS / "embedder.toml")),
    }
    arguments.out.write_text(json.dumps(goldens, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def reranker_goldens(config: TrainConfig) -> list[dict[str, Any]]:
    """Margin of each pair."""
    student, line = open_trained(config), config.export.calibration
    goldens = []
    for query, passage in PAIRS:
        margin = line.slope * float(student.margins([query], [[passage]]).own[0, 0]) + line.bias
        goldens.append({"query": query, "passage": passage, "margin": round(margin, 4)})
    return goldens


def embedder_goldens(config: TrainConfig) -> list[dict[str, Any]]:
    """Vector of each text, cut to the window."""
    student = open_trained(config)
    texts = [
        bert_embedder.wrap(ids[: bert_embedder.text_limit(WINDOW)]) for ids in student.texts.encode(TEXTS)
    ]
    vectors = run_sequences(student.module, texts).tolist()
    return [
        {"text": text, "vector": [round(value, 4) for value in vector]}
        for text, vector in zip(TEXTS, vectors, strict=True)
    ]


def open_trained(config: TrainConfig) -> Any:
    """The student of a finished run, as it was exported."""
    folder = Path(config.folder)
    student = folder / "student"
    checkpoint = folder / "merged" if config.merge else best_checkpoint(student) or newest_checkpoint(student)
    whole = config.student.model_copy(update={"layers": None, "max_tokens": WINDOW})
    opened = open_student(whole, checkpoint, seed=0)
    opened.module.eval()
    return opened


if __name__ == "__main__":
    main()
