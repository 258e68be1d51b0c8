"""Test collections and candidate pools: what the pipeline finds for each query, scored once and kept.

Every pool is cached under ``PERTINENT_HOME/cache/benchmarks`` by the models' revisions, so that a second
run of a benchmark only reads it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pertinent import Collection, Embedder, Reranker
from pertinent.ingest.chunker import DEFAULT_MAX_TOKENS, DEFAULT_OVERLAP
from pertinent.search.fusion import RRF_CONSTANT, fuse
from pertinent.settings import load_settings
from pertinent.store.manifest import Bm25Settings

DEPTH = 40
"""Length of each first-stage list, and candidates reranked: the defaults of ``pertinent search``."""

Judgements = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Scored:
    """One candidate of a query, with all evidence."""

    document: str
    rrf: float
    dense_rank: int | None
    dense_score: float | None
    bm25_rank: int | None
    bm25_score: float | None
    margin: float | None


Pool = dict[str, list[Scored]]


def data_folder() -> Path:
    folder = os.environ.get("PERTINENT_DATA")
    if not folder:
        sys.exit("Set PERTINENT_DATA to the folder of test collections.")
    return Path(folder)


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def judgements(name: str, split: str) -> Judgements:
    found: Judgements = defaultdict(dict)
    with gzip.open(data_folder() / name / "qrels" / f"{split}.tsv.gz", "rt", encoding="utf-8") as stream:
        next(stream)
        for line in stream:
            query, document, grade = line.rstrip("\n").split("\t")
            found[query][document] = int(grade)
    return dict(found)


def queries(name: str, split: str, limit: int | None = None) -> dict[str, str]:
    """Queries of a split; with a limit those with the smallest hash, a sample that stays the same."""
    wanted = judgements(name, split)
    texts = {row["_id"]: row["text"] for row in lines(data_folder() / name / "queries.jsonl.gz")}
    ids = sorted(wanted, key=lambda query: hashlib.sha256(query.encode()).hexdigest())[:limit]
    return {query: texts[query] for query in sorted(ids)}


def collection(name: str) -> Collection:
    """The test collection, indexed as `pertinent index` does it."""
    model = Embedder().model
    opened = Collection(f"benchmark-{name}-{model.revision}-{model.max_tokens}")
    report = opened.index([data_folder() / name], format="beir")
    if report.added:
        print(f"{name}: {report.passages} passages in {report.seconds:.0f} s", file=sys.stderr)
    return opened


def pool(name: str, split: str, limit: int | None = None, *, rerank: int = DEPTH) -> Pool:
    """What the first stage finds for each query of a split, the first ``rerank`` with their margins."""
    embedder, reranker = Embedder(), Reranker()
    cache = _cache(name, split, limit, rerank, embedder.model, reranker.model)
    if cache.exists():
        stored = json.loads(cache.read_text("utf-8"))
        return {query: [Scored(**row) for row in rows] for query, rows in stored.items()}
    found: Pool = {}
    asked = queries(name, split, limit)
    begun = time.monotonic()
    with collection(name) as opened:
        store = opened.reader()
        for number, (query, text) in enumerate(asked.items(), start=1):
            vector = embedder.embed_queries([text])[0]
            candidates = fuse(store.first_stage(text, vector, DEPTH))
            scores = reranker.score(text, [c.passage.content for c in candidates[:rerank]])
            margins = [score.margin for score in scores] + [None] * len(candidates)
            found[query] = [
                Scored(
                    c.passage.document_id,
                    c.rrf, c.dense_rank, c.dense_score, c.bm25_rank, c.bm25_score, margin,
                )
                for c, margin in zip(candidates, margins, strict=False)
            ]  # fmt: skip
            if number % 50 == 0:
                seconds = time.monotonic() - begun
                print(f"{name} {split}: {number}/{len(asked)}, {seconds:.0f} s", file=sys.stderr)
    _keep(cache, found)
    return found


def candidate_pool(name: str, split: str) -> Pool:
    """A reranking set: given candidates, whose only first-stage evidence is their rank."""
    reranker = Reranker()
    cache = _cache(name, split, reranker.model)
    if cache.exists():
        stored = json.loads(cache.read_text("utf-8"))
        return {query: [Scored(**row) for row in rows] for query, rows in stored.items()}
    wanted = judgements(name, split)
    found: Pool = {}
    for row in lines(data_folder() / name / "candidates.jsonl.gz"):
        if row["query_id"] not in wanted:
            continue
        given = row["candidates"]
        scores = reranker.score(row["query"], [c["text"] for c in given])
        # One list counts as both: a candidate at its head has the best evidence there is.
        found[row["query_id"]] = [
            Scored(c["doc_id"], 2 / (RRF_CONSTANT + c["first_stage_rank"]), None, None, None, None, s.margin)
            for c, s in zip(given, scores, strict=True)
        ]
    _keep(cache, found)
    return found


def _keep(cache: Path, found: Pool) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    rows = {query: [asdict(row) for row in scored] for query, scored in found.items()}
    whole = cache.with_suffix(".new")
    whole.write_text(json.dumps(rows), "utf-8")
    whole.replace(cache)


def _cache(name: str, *made_of: object) -> Path:
    """File of a pool, named by everything that its scores depend on."""
    files = sorted((data_folder() / name).rglob("*.gz"))
    data = [(file.name, file.stat().st_size) for file in files]
    versions = [version(package) for package in ("openvino", "qdrant-edge-py", "tokenizers")]
    key = repr((made_of, data, versions, DEFAULT_MAX_TOKENS, DEFAULT_OVERLAP, Bm25Settings(), DEPTH))
    return (
        load_settings().cache / "benchmarks" / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
    )
