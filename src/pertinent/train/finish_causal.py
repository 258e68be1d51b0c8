"""The end of a causal student: its adapters, merged into the base, become a Hugging Face folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import load

from pertinent.engine.causal_model import EngineOptions
from pertinent.engine.checkpoint import open_checkpoint
from pertinent.errors import ModelError, UsageError
from pertinent.families import qwen3_reranker
from pertinent.rerankers.causal import CausalReranker
from pertinent.train.base import CONFIG_FILE
from pertinent.train.card import CardFacts, model_card
from pertinent.train.causal_student import LORA_KEY, merged_weights, open_causal_student
from pertinent.train.checked_pairs import checked_pairs
from pertinent.train.checkpoints import MODEL_FILE, read_checkpoint, read_file
from pertinent.train.config import StudentConfig
from pertinent.train.examples import Example
from pertinent.train.export_config import ExportConfig
from pertinent.train.quantise import Accuracy, compare_margins

LARGEST_DIFFERENCE = 1e-3
"""Margins of the engine may lie so far from the student's, both in float32."""

ENGINE = EngineOptions(engine="torch", device="cpu", dtype="float32")
"""On which the written folder is checked."""

CHUNK_BYTES = 1 << 20


def export_causal(
    checkpoint: Path,
    base: Path,
    out: Path,
    student: StudentConfig,
    export: ExportConfig,
    examples: Sequence[Example],
    *,
    facts: CardFacts,
) -> Accuracy:
    """Write the folder that ``Reranker`` opens (see ``finish.export_student``).

    Parameters
    ----------
    checkpoint : Path
        From ``distil``: the adapters.
    base : Path
        Folder of the weights that they belong to.
    out : Path
        The model's folder.
    student : StudentConfig
        Rank of the adapters.
    export : ExportConfig
        Its name and licence.
    examples : Sequence[Example]
        Pairs on which the engine is compared with the student, besides those of the canary.
    facts : CardFacts
        For the model card.

    Returns
    -------
    Accuracy
        How near the engine comes to the student.

    Raises
    ------
    UsageError
        If the base is another one than was trained from, or peft is missing.
    ModelError
        If the checkpoint is damaged, or the engine gives other margins than the student.
    """
    shape = open_checkpoint(base).shape
    window = min(qwen3_reranker.MAX_TOKENS, shape.context)
    learnt = open_causal_student(student.model_copy(update={"max_tokens": window}), base, seed=0)
    found = read_checkpoint(checkpoint)
    config = json.loads(read_file(checkpoint, found, CONFIG_FILE))
    if config.get(LORA_KEY) != learnt.config[LORA_KEY]:
        raise UsageError(
            f"{base.name} or lora_rank is not what {checkpoint.name} was trained with.",
            hint="Give base and lora_rank under [student] as they were.",
        )
    adapters = read_file(checkpoint, found, MODEL_FILE)
    learnt.load(load(adapters))
    learnt.module.eval()
    pairs = checked_pairs(examples)
    with torch.no_grad():
        exact = [float(learnt.margins([query], [[text]]).own[0, 0]) for query, text in pairs]
    merged_weights(learnt)(out)
    reranker = CausalReranker(out, name=export.name, options=ENGINE)
    accuracy = compare_margins(exact, [reranker.score(query, [text])[0].margin for query, text in pairs])
    if not accuracy.error_max <= LARGEST_DIFFERENCE:
        raise ModelError(
            f"The engine's margins lie up to {accuracy.error_max:.4f} from the student's.",
            hint="Do not use the written folder; report the base and its sizes.",
        )
    origin = {"name": student.base, "address": "", "file": checkpoint.name}
    description: Mapping[str, Any] = {
        "name": export.name,
        "description": export.description or f"Trained from {base.name}, LoRA of rank {student.lora_rank}",
        "revision": reranker.model.revision,
        "family": qwen3_reranker.NAME,
        "max_tokens": window,
        "parameters": shape.parameters,
        "licence": export.licence,
        "origin": origin | {"sha256": sha256(adapters).hexdigest()},
        "files": {file.name: _digest(file) for file in sorted(out.glob("*.safetensors"))},
    }
    (out / "README.md").write_text(model_card(description, facts), "utf-8")
    (out / "accuracy.json").write_text(json.dumps(accuracy.to_dict(), indent=1) + "\n", "utf-8")
    return accuracy


def _digest(file: Path) -> str:
    digest = sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
