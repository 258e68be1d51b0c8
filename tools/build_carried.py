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
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import openvino as ov

from pertinent.engine.bert_graph import BertShape, build_embedder, build_reranker
from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.engine.quantized import Weight, quantize
from pertinent.errors import PertinentError
from pertinent.families import bert_embedder, cross_encoder
from pertinent.families.catalogue import CARRIED_EMBEDDER, CARRIED_RERANKER, known_model
from pertinent.train.card import CardFacts
from pertinent.train.export import Origin, canary, canary_ids, run_float, write_model
from pertinent.train.published import read_quantized_onnx, read_safetensors

EMBEDDER_FOLDER = "minilm-l6-embedder"
RERANKER_FOLDER = "ms-marco-minilm-l12"
WORD_TABLE = "embeddings.word_embeddings.weight"
WORD_TABLE_LARGEST = 15
SIZE_LIMIT = 40_000_000
HIDDEN, HEADS = 384, 12

FINAL = {"weight": 0.5, "temperature": 2.0}
"""Constants of the formula that search orders by, chosen by benchmarks/fit_final.py on train splits."""

LIMITS = "Trained on English web text by its publishers; other languages and clinical use are untested."
MADE_BY = "python tools/build_carried.py --weights FOLDER"


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
    method = (
        "Matrices on an int8 grid with one scale per row, the word table on a 5-bit grid with one "
        "scale per word, both compressed without loss. Biases and normalisation stay float32."
    )
    origin = published("sentence-transformers/all-MiniLM-L6-v2", file)
    write_carried(out, CARRIED_EMBEDDER, model, weights, origin, tokenizer, method, extra)


def build_carried_reranker(file: Path, out: Path, tokenizer: bytes) -> None:
    """Take the reranker's published integers and write its folder."""
    weights = read_quantized_onnx(file)
    model = build_reranker(weights, BertShape(layers=12, hidden=HIDDEN, heads=HEADS))
    query, *documents = canary_ids(tokenizer)
    answer, other = (run_float(model, cross_encoder.join(query, ids))[0] for ids in documents)
    method = (
        "The int8 ONNX publication's own integers and scales, none changed, compressed without loss. "
        "Biases and normalisation stay float32."
    )
    extra = {"final": FINAL} | canary(float(answer), float(other))
    origin = published("cross-encoder/ms-marco-MiniLM-L-12-v2", file)
    write_carried(out, CARRIED_RERANKER, model, weights, origin, tokenizer, method, extra)


def published(name: str, file: Path) -> Origin:
    """Say which published file a model comes from."""
    return Origin(name, f"https://huggingface.co/{name}", file.name, sha256(file.read_bytes()).hexdigest())


def write_carried(
    out: Path,
    name: str,
    model: ov.Model,
    weights: Mapping[str, Weight],
    origin: Origin,
    tokenizer: bytes,
    method: str,
    extra: Mapping[str, Any],
) -> None:
    """Write the folder of a carried model, which shares its tokenizer with the others."""
    info = known_model(name)
    if info is None:
        raise OSError(f"{name} is not in the catalogue.")
    facts = CardFacts(method, LIMITS, MADE_BY)
    write_model(out / name, model, weights, info, origin, tokenizer, facts, extra, shared_tokenizer=True)


if __name__ == "__main__":
    raise SystemExit(main())
