"""How fast the carried reranker is beside its peers: same weights, same pairs, same run, same threads.

Usage: ``python benchmarks/engine_speed.py [--rounds N]`` with PERTINENT_DATA and PERTINENT_WEIGHTS
set, in an environment with ``benchmarks/requirements.txt``. Writes ``benchmarks/results/engine_speed.json``.

Peers: ONNX Runtime on the int8 file that the carried weights come from, given length-sorted
batches under the same token budget; and sentence-transformers' CrossEncoder on torch, with the
same weights dequantised, in float32 and in bfloat16. Each scores lists of one query and 40 SciFact
abstracts, tokenisation included. Systems take turns within a round; medians over rounds are told.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from sentence_transformers import CrossEncoder
from tokenizers import Tokenizer

from machine import write_result
from pertinent.rerankers.local import LocalReranker

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from make_goldens import torch_reranker

Lists = list[tuple[str, list[str]]]
System = Callable[[str, list[str]], np.ndarray[Any, Any]]

QUERIES, DOCUMENTS = 2, 40
TOKEN_BUDGET = 4096
THREADS = len(os.sched_getaffinity(0))


def scifact_lists(data: Path, tokenizer: Tokenizer, tokens: int) -> Lists:
    """Queries with 40 abstracts each, cut so that a pair has at most so many tokens."""
    with gzip.open(data / "scifact" / "corpus.jsonl.gz", "rt") as lines:
        abstracts = [f"{row['title']}\n{row['text']}" for row in map(json.loads, lines)]
    with gzip.open(data / "scifact" / "queries.jsonl.gz", "rt") as lines:
        queries = [json.loads(line)["text"] for line in lines]
    chosen = random.Random(0)
    lists = []
    for query in chosen.sample(queries, QUERIES):
        limit = tokens - 3 - len(tokenizer.encode(query, add_special_tokens=False).ids)
        documents = []
        for text in chosen.sample(abstracts, DOCUMENTS):
            offsets = tokenizer.encode(text, add_special_tokens=False).offsets[:limit]
            documents.append(text[: offsets[-1][1]])
        lists.append((query, documents))
    return lists


def onnx_runtime(file: Path, tokenizer: Tokenizer, workers: int = 1) -> System:
    """Length-sorted batches under the token budget, each padded to its longest pair.

    With several ``workers`` that many batches run side by side, on an equal share of the threads each.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS // workers
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    pool = ThreadPoolExecutor(workers)

    def score(query: str, documents: list[str]) -> np.ndarray[Any, Any]:
        pairs = tokenizer.encode_batch([(query, document) for document in documents])
        order = sorted(range(len(pairs)), key=lambda index: -len(pairs[index].ids))
        margins = np.empty(len(pairs))
        share = max(1, len(pairs) // (4 * workers)) if workers > 1 else len(pairs)
        batches = []
        while order:
            size = min(share, max(1, TOKEN_BUDGET // len(pairs[order[0]].ids)))
            batches.append(order[:size])
            order = order[size:]

        def run(batch: list[int]) -> None:
            longest = len(pairs[batch[0]].ids)
            feed = {
                name: np.array(
                    [getattr(pairs[i], field) + [0] * (longest - len(pairs[i].ids)) for i in batch], np.int64
                )
                for name, field in (
                    ("input_ids", "ids"),
                    ("attention_mask", "attention_mask"),
                    ("token_type_ids", "type_ids"),
                )
            }
            margins[batch] = session.run(None, feed)[0][:, 0]

        list(pool.map(run, batches))
        return margins

    return score


def cross_encoder(weights: Path, scratch: Path, dtype: torch.dtype) -> System:
    """sentence-transformers on torch, from the dequantised weights."""
    torch_reranker(weights).save_pretrained(scratch)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        (scratch / name).write_bytes((weights / name).read_bytes())
    torch.set_num_threads(THREADS)
    model = CrossEncoder(str(scratch), device="cpu", max_length=512, model_kwargs={"dtype": dtype})
    identity = torch.nn.Identity()

    def score(query: str, documents: list[str]) -> np.ndarray[Any, Any]:
        return np.asarray(
            model.predict(
                [(query, text) for text in documents], activation_fn=identity, show_progress_bar=False
            )
        )

    return score


def pertinent() -> System:
    """The carried reranker as people use it."""
    reranker = LocalReranker(threads=THREADS, batch_tokens=TOKEN_BUDGET)
    return lambda query, documents: np.array([score.margin for score in reranker.score(query, documents)])


def measure(systems: dict[str, System], lists: Lists, rounds: int) -> dict[str, Any]:
    """Pairs a second of each system, and how far its margins lie from the float32 ones."""
    seconds: dict[str, list[float]] = {name: [] for name in systems}
    margins: dict[str, np.ndarray[Any, Any]] = {}
    for _ in range(rounds + 1):
        for name, system in systems.items():
            begun = time.perf_counter()
            margins[name] = np.concatenate([system(query, documents) for query, documents in lists])
            seconds[name].append(time.perf_counter() - begun)
    pairs = QUERIES * DOCUMENTS
    exact = margins["sentence-transformers float32"]
    ours = [pairs / value for value in seconds["pertinent"][1:]]
    table = {}
    for name in systems:
        rates = [pairs / value for value in seconds[name][1:]]  # the first round warms up
        table[name] = {
            "pairs_per_second": round(statistics.median(rates), 1),
            "lowest": round(min(rates), 1),
            "highest": round(max(rates), 1),
            "pertinent_is_times": round(
                statistics.median(a / b for a, b in zip(ours, rates, strict=True)), 2
            ),
            "margin_difference_mean": round(float(np.abs(margins[name] - exact).mean()), 3),
            "margin_difference_max": round(float(np.abs(margins[name] - exact).max()), 3),
        }
        print(name, table[name], flush=True)
    return table


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    data, weights = (Path(os.environ[name]) for name in ("PERTINENT_DATA", "PERTINENT_WEIGHTS"))
    folder = weights / "ms-marco-minilm-l12"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    with tempfile.TemporaryDirectory() as scratch:
        systems = {
            "pertinent": pertinent(),
            "onnxruntime int8": onnx_runtime(folder / "model.onnx", tokenizer),
            "onnxruntime int8, batches side by side": onnx_runtime(folder / "model.onnx", tokenizer, THREADS),
            "sentence-transformers float32": cross_encoder(folder, Path(scratch), torch.float32),
            "sentence-transformers bfloat16": cross_encoder(folder, Path(scratch), torch.bfloat16),
        }
        tables = {}
        for tokens in (128, 512):
            lists = scifact_lists(data, tokenizer, tokens)
            print(f"pairs of at most {tokens} tokens")
            tables[f"pairs of at most {tokens} tokens"] = measure(systems, lists, rounds)
    write_result("engine_speed", {"threads": THREADS, "rounds": rounds, "tables": tables})


if __name__ == "__main__":
    main()
