"""Build the models that travel in the package from published weights.

    python tools/build_carried.py --weights FOLDER --out src/pertinent/carried

FOLDER (default: the environment variable PERTINENT_WEIGHTS) holds ``minilm-l6-embedder/``
(sentence-transformers/all-MiniLM-L6-v2: safetensors) and ``ms-marco-minilm-l12/``
(cross-encoder/ms-marco-MiniLM-L-12-v2: int8 ONNX). The same input gives the same bytes on the
same versions of openvino and zlib. Reading ONNX needs the ``onnx`` package, which Pertinent
itself does not.

The reranker keeps exactly the integers that were published. The embedder is put on an integer
grid here: matrices on int8, one scale per row; the word table on 5 bits, one scale per word. Small
integers are then compressed without loss, which brings each to its true content of bits.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

from pertinent.engine.bert_graph import BertShape, build_embedder, build_reranker
from pertinent.engine.model_folder import (
    DESCRIPTION_FILE,
    FORMAT,
    GRAPH_FILE,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
)
from pertinent.engine.quantized import FloatArray, Weight, quantize
from pertinent.engine.tokenization import TextTokenizer
from pertinent.errors import PertinentError
from pertinent.families import bert_embedder, cross_encoder
from pertinent.families.bert import CONTROL_TOKENS, BertInput, TokenIds
from pertinent.families.catalogue import CARRIED_EMBEDDER, CARRIED_RERANKER, known_model
from published_weights import read_quantized_onnx, read_safetensors

EMBEDDER_FOLDER = "minilm-l6-embedder"
RERANKER_FOLDER = "ms-marco-minilm-l12"
WORD_TABLE = "embeddings.word_embeddings.weight"
WORD_TABLE_LARGEST = 15
SIZE_LIMIT = 40_000_000
HIDDEN, HEADS = 384, 12

FINAL = {"weight": 0.5, "temperature": 2.0}
"""Constants of the formula that search orders by, chosen by benchmarks/fit_final.py on train splits."""

CANARY = (
    "Which medicine lowers blood sugar in type 2 diabetes?",
    "Metformin reduces blood glucose in patients with type 2 diabetes.",
    "The bridge over the river was closed for repairs last winter.",
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a carried model comes from, for its description and card."""

    title: str
    address: str
    file: str
    sha256: str
    method: str


def main() -> int:
    """Build both models; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--weights", type=Path, default=os.environ.get("PERTINENT_WEIGHTS"))
    parser.add_argument("--out", type=Path, default=Path("src/pertinent/carried"))
    arguments = parser.parse_args()
    if arguments.weights is None:
        parser.error("give --weights FOLDER, or set PERTINENT_WEIGHTS")
    try:
        size = build(arguments.weights, arguments.out)
    except (PertinentError, OSError, ImportError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{arguments.out}: {size / 1e6:.1f} MB")
    return 0


def build(weights: Path, out: Path) -> int:
    """Build both models and the tokenizer they share; return their size in bytes."""
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = compact_tokenizer(
        weights / EMBEDDER_FOLDER / TOKENIZER_FILE, weights / RERANKER_FOLDER / TOKENIZER_FILE
    )
    (out / TOKENIZER_FILE).write_bytes(tokenizer)
    build_carried_embedder(weights / EMBEDDER_FOLDER / "model.safetensors", out, tokenizer)
    build_carried_reranker(weights / RERANKER_FOLDER / "model.onnx", out, tokenizer)
    size = sum(file.stat().st_size for file in out.rglob("*") if file.suffix != ".py")
    if size > SIZE_LIMIT:
        raise OSError(
            f"The models take {size:,} bytes, more than the {SIZE_LIMIT:,} that the package may carry."
        )
    return size


def compact_tokenizer(*files: Path) -> bytes:
    """Read tokenizers that must be equal, and write one without padding, cutting or spaces."""
    definitions = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    for definition in definitions:
        definition["truncation"] = definition["padding"] = None
    if any(definition != definitions[0] for definition in definitions):
        raise OSError("The two models' tokenizers differ; they cannot share one.")
    vocabulary = definitions[0]["model"]["vocab"]
    definitions[0]["model"]["vocab"] = dict(sorted(vocabulary.items(), key=lambda entry: entry[1]))
    return json.dumps(definitions[0], ensure_ascii=False, separators=(",", ":")).encode()


def build_carried_embedder(file: Path, out: Path, tokenizer: bytes) -> None:
    """Quantise the embedder and write its folder."""
    weights: dict[str, Weight] = {}
    for name, tensor in read_safetensors(file).items():
        if name.startswith("pooler."):
            continue  # trained for another purpose and never read by mean pooling
        if tensor.ndim == 2:
            weights[name] = quantize(tensor, WORD_TABLE_LARGEST if name == WORD_TABLE else 127)
        else:
            weights[name] = tensor
    model = build_embedder(weights, BertShape(layers=6, hidden=HIDDEN, heads=HEADS), mean=True)
    query, answer, other = (run_float(model, bert_embedder.wrap(ids)) for ids in canary_ids(tokenizer))
    extra = {"pooling": bert_embedder.Pooling.MEAN, "query_prefix": ""} | canary(
        float(query @ answer), float(query @ other)
    )
    source = Source(
        title="sentence-transformers/all-MiniLM-L6-v2",
        address="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
        file=file.name,
        sha256=sha256(file.read_bytes()).hexdigest(),
        method="Matrices on an int8 grid with one scale per row, the word table on a 5-bit grid with one "
        "scale per word, both compressed without loss. Biases and normalisation stay float32.",
    )
    write_model(out, CARRIED_EMBEDDER, model, weights, source, tokenizer, extra)


def build_carried_reranker(file: Path, out: Path, tokenizer: bytes) -> None:
    """Take the reranker's published integers and write its folder."""
    weights = read_quantized_onnx(file)
    model = build_reranker(weights, BertShape(layers=12, hidden=HIDDEN, heads=HEADS))
    query, *documents = canary_ids(tokenizer)
    answer, other = (run_float(model, cross_encoder.join(query, ids))[0] for ids in documents)
    source = Source(
        title="cross-encoder/ms-marco-MiniLM-L-12-v2",
        address="https://huggingface.co/cross-encoder/ms-marco-MiniLM-L-12-v2",
        file=file.name,
        sha256=sha256(file.read_bytes()).hexdigest(),
        method="The int8 ONNX publication's own integers and scales, none changed, compressed without loss. "
        "Biases and normalisation stay float32.",
    )
    extra = {"final": FINAL} | canary(float(answer), float(other))
    write_model(out, CARRIED_RERANKER, model, weights, source, tokenizer, extra)


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


def write_model(
    out: Path,
    name: str,
    model: ov.Model,
    weights: Mapping[str, Weight],
    source: Source,
    tokenizer: bytes,
    extra: Mapping[str, Any],
) -> None:
    """Write one model's folder: graph, compressed constants, description and card."""
    info = known_model(name)
    if info is None:
        raise OSError(f"{name} is not in the catalogue.")
    folder = out / name
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        ov.save_model(model, Path(scratch) / GRAPH_FILE, compress_to_fp16=False)
        shutil.copyfile(Path(scratch) / GRAPH_FILE, folder / GRAPH_FILE)
        constants = (Path(scratch) / GRAPH_FILE).with_suffix(".bin").read_bytes()
    compressor = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_FILTERED)
    (folder / WEIGHTS_FILE).write_bytes(compressor.compress(constants) + compressor.flush())
    graph = (folder / GRAPH_FILE).read_bytes()
    digests = {file: sha256((folder / file).read_bytes()).hexdigest() for file in (GRAPH_FILE, WEIGHTS_FILE)}
    description = {
        "format": FORMAT,
        "name": name,
        "revision": sha256(graph + constants + tokenizer).hexdigest()[:12],
        "family": info.family,
        "max_tokens": info.max_tokens,
        "parameters": sum(int(np.prod(weight.shape)) for weight in weights.values()),
        "licence": info.licence,
        "dimensions": info.dimensions,
        "description": info.description,
        "origin": {
            "name": source.title,
            "address": source.address,
            "file": source.file,
            "sha256": source.sha256,
        },
        "weights_bytes": len(constants),
        "files": digests | {f"../{TOKENIZER_FILE}": sha256(tokenizer).hexdigest()},
        **extra,
    }
    text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
    (folder / DESCRIPTION_FILE).write_text(text, encoding="utf-8")
    (folder / "README.md").write_text(model_card(description, source), encoding="utf-8")


def model_card(description: Mapping[str, Any], source: Source) -> str:
    """Write the model card: what people should know before they use or pass on the weights."""
    files = "\n".join(f"| `{file}` | `{digest}` |" for file, digest in description["files"].items())
    return f"""# {description["name"]}

{description["description"]}.

| | |
|---|---|
| revision | `{description["revision"]}` |
| family | `{description["family"]}` |
| window | {description["max_tokens"]} tokens |
| parameters | {description["parameters"]:,} |
| licence | {description["licence"]} |
| origin | [{source.title}]({source.address}), `{source.file}`, SHA-256 `{source.sha256}` |

{source.method}

Trained on English web text by its publishers; other languages and clinical use are untested.

Made by `python tools/build_carried.py --weights FOLDER`.

| file | SHA-256 |
|---|---|
{files}
"""


if __name__ == "__main__":
    raise SystemExit(main())
