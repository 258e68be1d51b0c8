"""From weights to a folder that Pertinent runs: OpenVINO graph, compressed constants, description, card."""

from __future__ import annotations

import json
import shutil
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

from pertinent.engine.model_folder import (
    DESCRIPTION_FILE,
    FORMAT,
    GRAPH_FILE,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
)
from pertinent.engine.quantized import FloatArray, Weight
from pertinent.engine.tokenization import TextTokenizer
from pertinent.families.bert import CONTROL_TOKENS, BertInput
from pertinent.families.tokens import TokenIds
from pertinent.train.card import CardFacts, model_card
from pertinent.types import ModelInfo

CANARY = (
    "Which medicine lowers blood sugar in type 2 diabetes?",
    "Metformin reduces blood glucose in patients with type 2 diabetes.",
    "The bridge over the river was closed for repairs last winter.",
)
"""A question, its answer and another text, whose margins every copy of the model must give."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the weights, or the first ones of a training, come from."""

    name: str
    address: str
    file: str
    sha256: str


def write_model(
    folder: Path,
    model: ov.Model,
    weights: Mapping[str, Weight],
    info: ModelInfo,
    origin: Origin,
    tokenizer: bytes,
    facts: CardFacts,
    extra: Mapping[str, Any],
    *,
    shared_tokenizer: bool = False,
) -> None:
    """Write a model's folder; the same input gives the same bytes on the same versions of openvino and zlib.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    model : openvino.Model
        From ``bert_graph``.
    weights : Mapping[str, QuantizedMatrix | float32 array]
        What the graph was built from.
    info : ModelInfo
        Name, family, window, licence, dimensions, description; revision and size follow from the weights.
    origin : Origin
        Where they come from.
    tokenizer : bytes
        ``tokenizer.json``.
    facts : CardFacts
        For the model card.
    extra : Mapping
        Further entries of ``model.json``: canary, pooling, constants.
    shared_tokenizer : bool
        The tokenizer lies beside the folder, for several models, and is not written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        ov.save_model(model, Path(scratch) / GRAPH_FILE, compress_to_fp16=False)
        shutil.copyfile(Path(scratch) / GRAPH_FILE, folder / GRAPH_FILE)
        constants = (Path(scratch) / GRAPH_FILE).with_suffix(".bin").read_bytes()
    compressor = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_FILTERED)
    (folder / WEIGHTS_FILE).write_bytes(compressor.compress(constants) + compressor.flush())
    if not shared_tokenizer:
        (folder / TOKENIZER_FILE).write_bytes(tokenizer)
    graph = (folder / GRAPH_FILE).read_bytes()
    digests = {file: sha256((folder / file).read_bytes()).hexdigest() for file in (GRAPH_FILE, WEIGHTS_FILE)}
    place = f"../{TOKENIZER_FILE}" if shared_tokenizer else TOKENIZER_FILE
    description = {
        "format": FORMAT,
        "name": info.name,
        "revision": sha256(graph + constants + tokenizer).hexdigest()[:12],
        "family": info.family,
        "max_tokens": info.max_tokens,
        "parameters": sum(int(np.prod(weight.shape)) for weight in weights.values()),
        "licence": info.licence,
        "dimensions": info.dimensions,
        "description": info.description,
        "origin": {
            "name": origin.name,
            "address": origin.address,
            "file": origin.file,
            "sha256": origin.sha256,
        },
        "weights_bytes": len(constants),
        "files": digests | {place: sha256(tokenizer).hexdigest()},
        **extra,
    }
    text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
    (folder / DESCRIPTION_FILE).write_text(text, encoding="utf-8")
    (folder / "README.md").write_text(model_card(description, facts), encoding="utf-8")


def canary_ids(tokenizer: bytes) -> list[TokenIds]:
    """Token ids of the canary texts."""
    return TextTokenizer(tokenizer, CONTROL_TOKENS).encode(CANARY)


def canary(answer: float, other: float) -> dict[str, Any]:
    """Describe the canary: rounded, so that the last bits of a CPU do not change the file."""
    texts: dict[str, Any] = dict(zip(("query", "answer", "other"), CANARY, strict=True))
    return {"canary": texts | {"expected": [round(answer, 2), round(other, 2)]}}


def run_float(model: ov.Model, sequence: BertInput) -> FloatArray:
    """Run one sequence in float32, activations not quantised."""
    options = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
    compiled = ov.Core().compile_model(model, "CPU", options)
    ids = sequence.ids[None]
    types = (np.arange(ids.shape[1]) >= sequence.segment).astype(np.int32)[None]
    feed = {"input_ids": ids, "token_type_ids": types, "attention_mask": np.ones_like(ids)}
    row: FloatArray = compiled({port.get_any_name(): feed[port.get_any_name()] for port in compiled.inputs})[
        0
    ][0]
    return row
