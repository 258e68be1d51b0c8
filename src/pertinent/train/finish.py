"""The end of a training run: a checkpoint becomes a model folder, checked against the float32 student."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from pertinent.embedders.local import LocalEmbedder
from pertinent.engine.bert_graph import build_embedder, build_reranker
from pertinent.engine.model_folder import DESCRIPTION_FILE
from pertinent.engine.quantized import FloatArray
from pertinent.errors import ModelError
from pertinent.families import bert_embedder, cross_encoder
from pertinent.rerankers.local import LocalReranker
from pertinent.train.base import Base, Weights, find_base, read_base
from pertinent.train.card import CardFacts
from pertinent.train.checked_pairs import checked_pairs
from pertinent.train.config import StudentConfig
from pertinent.train.encoder import CLASSIFIER
from pertinent.train.examples import Example
from pertinent.train.export import Origin, canary, canary_ids, run_float, write_model
from pertinent.train.export_config import CalibrationConfig, ExportConfig
from pertinent.train.quantise import Accuracy, compare_margins, quantise
from pertinent.train.students import SCALE, open_student, pruning_of
from pertinent.types import ModelInfo

POSITIONS = "embeddings.position_embeddings.weight"

LEAST_TAU = 0.9
"""Where the integer model orders pairs less like the float32 one, it is refused."""


def export_student(
    checkpoint: Path,
    out: Path,
    student: StudentConfig,
    export: ExportConfig,
    examples: Sequence[Example],
    *,
    facts: CardFacts,
    bases: Path | None = None,
    origin: Origin | None = None,
    shared_tokenizer: bytes | None = None,
) -> Accuracy:
    """Write the folder that ``Reranker`` or ``Embedder`` opens: integers of an encoder (see also
    ``finish_causal``).

    Parameters
    ----------
    checkpoint : Path
        From ``distil`` or ``merge``.
    out : Path
        The model's folder.
    student : StudentConfig
        What it is.
    export : ExportConfig
        Its name, licence and grid.
    examples : Sequence[Example]
        Pairs on which the written model is compared with the student, besides those of the canary.
    facts : CardFacts
        For the model card.
    bases : Path | None
        Folder in which the base of a causal student is looked for.
    origin : Origin | None
        Where an encoder's first weights come from; None says the name of its base.
    shared_tokenizer : bytes | None
        An encoder's tokenizer that lies beside the folder, for several models; None writes its own into it.

    Returns
    -------
    Accuracy
        What the integers cost.

    Raises
    ------
    ModelError
        If the written model orders pairs in another way.
    """
    if student.kind == "causal":
        # Only here: encoders are exported without peft.
        from pertinent.train.finish_causal import export_causal

        base_folder = find_base(student.base, bases)
        return export_causal(checkpoint, base_folder, out, student, export, examples, facts=facts)
    base = read_base(checkpoint)
    reranks = student.kind == "cross_encoder"
    weights = {
        name: tensor for name, tensor in base.weights.items() if reranks or not name.startswith("pooler.")
    }
    if reranks:
        weights |= calibrated(weights, export.calibration)
    grid = quantise(weights, export.word_table_largest, export.matrix_largest)
    tokenizer = shared_tokenizer or base.tokenizer
    first, *documents = canary_ids(tokenizer)
    extra: dict[str, Any]
    if reranks:
        graph = build_reranker(grid, replace(base.shape, pruning=pruning_of(student, base)))
        answer, other = (float(run_float(graph, cross_encoder.join(first, ids))[0]) for ids in documents)
        extra = {"final": export.final.model_dump()} if export.final else {}
    else:
        graph = build_embedder(grid, base.shape, mean=student.pooling == "mean")
        vectors = [run_float(graph, bert_embedder.wrap(ids)) for ids in (first, *documents)]
        answer, other = (float(vectors[0] @ vector) for vector in vectors[1:])
        extra = {"pooling": bert_embedder.Pooling(student.pooling), "query_prefix": export.query_prefix}
    origin = origin or Origin(student.base, "", checkpoint.name, _digest(base))
    write_model(
        out, graph, grid, _info(student, export, base), origin, tokenizer, facts,
        extra | canary(answer, other), shared_tokenizer=shared_tokenizer is not None,
    )  # fmt: skip
    accuracy = _compared(checkpoint, out, student, export.calibration, examples)
    if not accuracy.kendall_tau >= LEAST_TAU:
        (out / DESCRIPTION_FILE).unlink()  # without which nothing opens it
        raise ModelError(
            f"In integers the model orders pairs in another way (Kendall tau {accuracy.kendall_tau:.2f}).",
            hint="Train longer or with a smaller learning rate, or give the word table a finer grid.",
        )
    (out / "accuracy.json").write_text(json.dumps(accuracy.to_dict(), indent=1) + "\n", "utf-8")
    return accuracy


def _info(student: StudentConfig, export: ExportConfig, base: Base) -> ModelInfo:
    reranks = student.kind == "cross_encoder"
    return ModelInfo(
        export.name,
        "",
        cross_encoder.NAME if reranks else bert_embedder.NAME,
        "reranker" if reranks else "embedder",
        len(base.weights[POSITIONS]),
        0,
        export.licence,
        0 if reranks else base.shape.hidden,
        export.description or f"Trained from {Path(student.base).name}",
    )


def calibrated(weights: Weights, line: CalibrationConfig) -> dict[str, FloatArray]:
    """Classifier whose margins are ``slope * margin + bias``, as Platt's method fits them: no order changes.

    Parameters
    ----------
    weights : Mapping[str, float32 array]
        Of a cross-encoder.
    line : CalibrationConfig
        Slope and bias.

    Returns
    -------
    dict[str, float32 array]
        ``classifier.weight`` and ``classifier.bias``.
    """
    slope, bias = np.float32(line.slope), np.float32(line.bias)
    matrix, offset = (weights[f"{CLASSIFIER}.{part}"] for part in ("weight", "bias"))
    return {f"{CLASSIFIER}.weight": slope * matrix, f"{CLASSIFIER}.bias": slope * offset + bias}


def _compared(
    checkpoint: Path,
    out: Path,
    config: StudentConfig,
    line: CalibrationConfig,
    examples: Sequence[Example],
) -> Accuracy:
    """Margins of the float32 student beside those of the written model."""
    import torch

    whole = {"layers": None, "max_tokens": len(read_base(checkpoint).weights[POSITIONS])}
    student = open_student(config.model_copy(update=whole), checkpoint, seed=0)
    student.module.eval()
    exact: list[float] = []
    integer: list[float] = []
    reranks = config.kind == "cross_encoder"
    written = LocalReranker(out) if reranks else LocalEmbedder(out)
    for query, text in checked_pairs(examples):
        with torch.no_grad():
            margin = float(student.margins([query], [[text]]).own[0, 0])
        exact.append(line.slope * margin + line.bias if reranks else margin)
        if isinstance(written, LocalReranker):
            integer.append(written.score(query, [text])[0].margin)
        else:
            cosine = float(written.embed_queries([query])[0] @ written.embed_documents([text])[0])
            integer.append(SCALE * cosine)
    return compare_margins(exact, integer)


def _digest(base: Base) -> str:
    digest = sha256()
    for name in sorted(base.weights):
        digest.update(name.encode() + base.weights[name].tobytes())
    return digest.hexdigest()
