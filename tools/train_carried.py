"""Train the models that travel in the package, and write them into it.

    python tools/train_carried.py --data FOLDER --weights FOLDER --out work/carried

Both are trained as ``tools/carried/embedder.toml`` and ``reranker.toml`` say; every stage is passed over
once it is done, so the same command goes on after an interruption. ``--small`` takes a twentieth of
the steps: it shows that the recipe runs, not what it reaches.

--data      judged sets and texts by the names that the configurations use; ``tools/general_text.py``
            makes ``debian_docs`` there
--weights   ``minilm-l6-embedder/`` (sentence-transformers/all-MiniLM-L6-v2), ``ms-marco-minilm-l12/``
            (cross-encoder/ms-marco-MiniLM-L-12-v2), which is base and teacher of the reranker, and
            ``bge-small-en/`` (BAAI/bge-small-en-v1.5), its other teacher

What is made on the way lies in ``work`` in the present folder. Once the pair was measured, its folder is
copied to ``src/pertinent/carried``.
"""

from __future__ import annotations

import argparse
import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import Literal

# Read when torch is loaded: threads that wait asleep leave the cores to others.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from pertinent.engine.bert_graph import BertShape, build_reranker
from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.errors import PertinentError, UsageError
from pertinent.families import cross_encoder
from pertinent.train.base import find_base
from pertinent.train.card import CardFacts
from pertinent.train.config import StudentConfig, TrainConfig, read_config
from pertinent.train.export import Origin, canary, canary_ids, run_float, write_model
from pertinent.train.export_config import ExportConfig
from pertinent.train.finish import export_student
from pertinent.train.place import Place
from pertinent.train.published import read_quantized_onnx
from pertinent.train.stages import TrainingRun
from pertinent.types import ModelInfo
from shared_tokenizer import compact_tokenizer

CONFIGS = Path(__file__).parent / "carried"
RERANKER = "ms-marco-minilm-l12"
EMBEDDERS: dict[str, tuple[Literal["mean", "cls"], str]] = {
    "minilm-l6-embedder": ("mean", ""),
    "bge-small-en": ("cls", "Represent this sentence for searching relevant passages: "),
}
"""Of each published embedder, how it pools and what stands before its queries."""
TEACHERS = Path("work/teachers")
CARD = "README.md"
SIZE_LIMIT = 40_000_000
SMALL = 20

PUBLISHED = {
    "minilm-l6-embedder": "sentence-transformers/all-MiniLM-L6-v2",
    "ms-marco-minilm-l12": "cross-encoder/ms-marco-MiniLM-L-12-v2",
    "bge-small-en": "BAAI/bge-small-en-v1.5",
}
MADE_BY = "python tools/train_carried.py --data FOLDER --weights FOLDER"


def main() -> int:
    """Train and write both; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("PERTINENT_DATA"))
    parser.add_argument("--weights", type=Path, default=os.environ.get("PERTINENT_WEIGHTS"))
    parser.add_argument("--out", type=Path, default=Path("work/carried"))  # not the package: look first
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seconds", type=float, help="stop each training after so long; run again to go on")
    parser.add_argument("--small", action="store_true", help="a twentieth of the steps")
    arguments = parser.parse_args()
    for name in ("data", "weights"):
        if getattr(arguments, name) is None:
            parser.error(f"give --{name} FOLDER, or set PERTINENT_{name.upper()}")
    place = Place(Path(arguments.data), Path(arguments.weights), arguments.device, arguments.seconds)
    try:
        size = train_pair(place, arguments.out, small=arguments.small)
    except (PertinentError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on.", file=sys.stderr)
        return 130
    print(f"{arguments.out}: {size / 1e6:.1f} MB")
    return 0


def train_pair(place: Place, out: Path, *, small: bool = False) -> int:
    """Train both models and write them with the tokenizer they share; return their size in bytes."""
    assert place.weights is not None
    build_reranking_teacher(place.weights / RERANKER, TEACHERS / RERANKER)
    for name in EMBEDDERS:
        build_embedding_teacher(place.weights / name, TEACHERS / name)
    configs = [read_config(CONFIGS / f"{kind}.toml") for kind in ("embedder", "reranker")]
    if small:
        configs = [smaller(config) for config in configs]
    bases = (find_base(config.student.base, place.weights) for config in configs)
    tokenizer = compact_tokenizer(*(base / TOKENIZER_FILE for base in bases))
    out.mkdir(parents=True, exist_ok=True)
    (out / TOKENIZER_FILE).write_bytes(tokenizer)
    for config in configs:
        carry(config, place, out, tokenizer)
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    if size > SIZE_LIMIT:
        raise UsageError(
            f"The models take {size:,} bytes; the package may carry {SIZE_LIMIT:,}.",
            hint="Lower the grids under [export].",
        )
    return size


def smaller(config: TrainConfig) -> TrainConfig:
    """The same with a twentieth of the steps, in a folder of its own."""
    distil = config.distil.model_copy(update={"steps": max(1, config.distil.steps // SMALL)})
    return config.model_copy(update={"distil": distil, "folder": f"{config.folder}-small"})


def build_reranking_teacher(source: Path, out: Path) -> None:
    """Write the published reranker as a model folder: its own integers, none changed."""
    if (out / CARD).exists():  # which is written last
        return
    weights = read_quantized_onnx(source / "model.onnx")
    tokenizer = compact_tokenizer(source / TOKENIZER_FILE)
    model = build_reranker(weights, BertShape(layers=12, hidden=384, heads=12))
    query, *documents = canary_ids(tokenizer)
    answer, other = (run_float(model, cross_encoder.join(query, ids))[0] for ids in documents)
    info = ModelInfo(
        name=RERANKER,
        revision="",
        family=cross_encoder.NAME,
        kind="reranker",
        max_tokens=512,
        parameters=0,
        licence="Apache-2.0",
        description="English cross-encoder, as published in int8",
    )
    facts = CardFacts("The published integers and scales, none changed.", "See the publication.", MADE_BY)
    said = canary(float(answer), float(other))
    write_model(out, model, weights, info, origin(source), tokenizer, facts, said)


def build_embedding_teacher(source: Path, out: Path) -> None:
    """Write a published embedder as a model folder: it finds hard negatives, or says how near texts lie."""
    if (out / CARD).exists():
        return
    pooling, prefix = EMBEDDERS[source.name]
    student = StudentConfig(kind="embedder", base=source.name, pooling=pooling)
    export = ExportConfig(name=source.name, query_prefix=prefix)
    facts = CardFacts("As published, in int8.", "See the publication.", MADE_BY)
    export_student(source, out, student, export, [], facts=facts, origin=origin(source))


def carry(config: TrainConfig, place: Place, out: Path, tokenizer: bytes) -> None:
    """Train one model and write its folder beside the tokenizer."""
    assert config.export is not None, "both configurations say how to export"
    run = TrainingRun(config, place, tell)
    checkpoint = run.go("merge" if config.merge else "distil")
    accuracy = run.export(
        checkpoint,
        out / config.export.name,
        origin=origin(find_base(config.student.base, place.weights)),
        shared_tokenizer=tokenizer,
        made_by=MADE_BY,
    )
    # Of this machine's run, and no part of the model.
    (out / config.export.name / "accuracy.json").replace(Path(config.folder) / "accuracy.json")
    print(f"{config.export.name}: Kendall tau of int8 to float32 {accuracy.kendall_tau:.3f}")


def origin(folder: Path) -> Origin:
    """Say which published file a folder of weights holds."""
    name = PUBLISHED[folder.name]
    files = [file for file in sorted(folder.iterdir()) if file.suffix in (".safetensors", ".onnx")]
    if len(files) != 1:
        raise UsageError(f"{folder.name} holds {len(files)} files of weights.", hint="Fetch it again.")
    (file,) = files
    address = f"https://huggingface.co/{name}"
    return Origin(name, address, file.name, sha256(file.read_bytes()).hexdigest())


def tell(stage: str, done: int, total: int, detail: str) -> None:
    """Progress on one line."""
    count = f" {done}/{total}" if total else ""
    print(f"\r\033[K{stage}{count} {detail}", end="" if total else "\n", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
