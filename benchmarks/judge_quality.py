"""What a real causal model adds as a judge, and what int8 and pruning take from it.

Usage: ``python benchmarks/judge_quality.py [FOLDER] [--queries N]`` with PERTINENT_DATA set. FOLDER is any
Hugging Face folder of a causal model; without it ``PERTINENT_WEIGHTS/qwen2.5-coder-1.5b-folder``, which
``tools/gguf_to_folder.py`` makes. Writes ``benchmarks/results/judge_quality.json``.

20 test queries of SciFact (those with the smallest hash), each with its first BM25 candidates: 20 for
quality and int8, 50 for pruning. Every list that is scored is kept under ``PERTINENT_HOME``, so that an
interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kendalltau

from judged_data import candidates, judged_set, ndcg
from machine import write_result
from pertinent import Reranker
from pertinent.evaluate.statistics.significance import interval
from pertinent.evaluate.task import Task
from pertinent.settings import load_settings

SET, SPLIT = "scifact", "test"
JUDGED, PRUNED, TOP = 20, 50, 10
INSTRUCTION = "Given a scientific claim, retrieve documents that support or refute the claim"
"""The task as benchmarks of retrieval word it; not chosen by results."""
WINDOW = 256
"""Tokens of prompt and document: what a passage has beyond it is cut, which keeps the run under an hour."""
RESAMPLES = 10_000
LIST = 200
"""Passages asked for, from which the first of each document are taken."""

Candidates = list[tuple[str, str]]
"""Document id and text, best first."""
Margins = list[list[float | None]]
"""Of each query; None where a candidate was dropped between layers."""


def bm25_candidates(task: Task, limit: int) -> dict[str, Candidates]:
    """The first documents of our store's BM25 list, each by its best passage; queries by their ids."""
    found = {}
    for query, passages in candidates(task, LIST, None):
        first: dict[str, str] = {}
        for each in passages:
            first.setdefault(each.passage.document_id, each.passage.content)
        found[query] = list(first.items())[:limit]
    return dict(sorted(found.items()))


class Kept:
    """Margins on disk, named by everything they depend on.

    Parameters
    ----------
    name : str
        Of the model and the way it ran.
    made_of : object
        What else the margins depend on.
    """

    def __init__(self, name: str, made_of: object) -> None:
        key = hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]
        self._file = load_settings().cache / "benchmarks" / f"judge-{name.replace(' ', '-')}-{key}.json"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self.values: dict[str, list[float | None]] = {}
        if self._file.exists():
            self.values = json.loads(self._file.read_text("utf-8"))

    def add(self, query: str, margins: list[float | None]) -> None:
        """Keep one query's margins now."""
        self.values[query] = margins
        whole = self._file.with_suffix(".new")
        whole.write_text(json.dumps(self.values), "utf-8")
        whole.replace(self._file)


def judged(
    name: str, reranker: Reranker, task: Task, pool: dict[str, Candidates], top: int | None = None
) -> Margins:
    """Margins of every candidate, or with ``top`` those that pruning leaves."""
    asked = {query: task.queries[query] for query in pool}
    kept = Kept(name, (reranker.model.revision, INSTRUCTION, WINDOW, asked, list(pool.values()), top))
    for number, (query, text) in enumerate(asked.items(), start=1):
        if query in kept.values:
            continue
        texts = [content for _, content in pool[query]]
        begun = time.monotonic()
        if top is None:
            margins: list[float | None] = [score.margin for score in reranker.score(text, texts, INSTRUCTION)]
        else:
            margins = [None] * len(texts)
            for item in reranker.rank(text, texts, instruction=INSTRUCTION, top_k=top, prune="top_k"):
                margins[item.index] = item.score.margin
        kept.add(query, margins)
        print(f"{name}: {number}/{len(asked)}, {time.monotonic() - begun:.0f} s", flush=True)
    return [kept.values[query] for query in asked]


def best(margins: list[float | None], count: int = TOP) -> list[int]:
    """Places of the highest margins; of equals the earlier."""
    scored = [place for place, margin in enumerate(margins) if margin is not None]
    return sorted(scored, key=lambda place: -(margins[place] or 0.0))[:count]


def quality(task: Task, pool: dict[str, Candidates], margins: Margins) -> np.ndarray[Any, Any]:
    """nDCG@10 of each query by margins."""
    run = {
        query: [(listed[place][0], row[place] or 0.0) for place in best(row, len(row))]
        for (query, listed), row in zip(pool.items(), margins, strict=True)
    }
    values = ndcg(run, task)
    return np.array([values[query] for query in pool])


def with_interval(values: np.ndarray[Any, Any]) -> tuple[float, float, float]:
    """Mean and its 95 % bootstrap interval over queries."""
    return (float(values.mean()), *interval(values, resamples=RESAMPLES, seed=0))


def agreement(exact: Margins, other: Margins) -> dict[str, Any]:
    """How far margins and orders lie from the exact ones, over the candidates of all queries."""
    pairs = list(zip(exact, other, strict=True))
    errors = np.abs(np.array(other, float) - np.array(exact, float))
    taus = [float(kendalltau(a, b).statistic) for a, b in pairs]
    return {
        "pairs": int(errors.size),
        "margin_spread": float(np.std(np.array(exact, float))),
        "error_mean": float(errors.mean()),
        "error_95th": float(np.percentile(errors, 95)),
        "error_max": float(errors.max()),
        "kendall_tau_mean": float(np.mean(taus)),
        "kendall_tau_lowest": min(taus),
    }


def same_top(exact: Margins, other: Margins) -> dict[str, Any]:
    """In how many queries the first places are the same."""
    pairs = list(zip(exact, other, strict=True))
    return {
        "same_order": sum(best(a) == best(b) for a, b in pairs),
        "same_documents": sum({*best(a)} == {*best(b)} for a, b in pairs),
        "shared_in_top": float(np.mean([len({*best(a)} & {*best(b)}) / TOP for a, b in pairs])),
    }


def main() -> None:
    """Score, compare and write the result."""
    parser = argparse.ArgumentParser(description="A causal model as a judge: quality, int8 and pruning.")
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--queries", type=int, default=20)
    arguments = parser.parse_args()
    folder = arguments.folder or Path(os.environ["PERTINENT_WEIGHTS"]) / "qwen2.5-coder-1.5b-folder"
    task = judged_set(SET, SPLIT, arguments.queries)
    long = bm25_candidates(task, PRUNED)
    short = {query: listed[:JUDGED] for query, listed in long.items()}

    quantised = Reranker(folder, engine="openvino", dtype="int8", family="causal_judge", max_tokens=WINDOW)
    int8 = judged("openvino int8", quantised, task, long)
    pruned = judged("openvino int8 pruned", quantised, task, long, TOP)
    reference = Reranker(folder, engine="torch", dtype="float32", family="causal_judge", max_tokens=WINDOW)
    float32 = judged("torch float32", reference, task, short)

    int8_short = [row[:JUDGED] for row in int8]
    places: Margins = [[-float(place) for place in range(len(row))] for row in short.values()]
    values = {
        name: quality(task, short, margins)
        for name, margins in {"bm25": places, "float32": float32, "int8": int8_short}.items()
    }
    model = reference.model
    result = {
        "model": model.name,
        "family": model.family,
        "instruction": INSTRUCTION,
        "window": WINDOW,
        "queries": len(task.queries),
        "candidates": JUDGED,
        "ndcg": {name: with_interval(each) for name, each in values.items()},
        "minus_bm25": {name: with_interval(values[name] - values["bm25"]) for name in ("float32", "int8")},
        "int8_minus_float32": with_interval(values["int8"] - values["float32"]),
        "int8": {**agreement(float32, int8_short), **same_top(float32, int8_short)},
        "pruning": {"candidates": PRUNED, "top": TOP, **same_top(int8, pruned)},
    }
    write_result("judge_quality", result)


if __name__ == "__main__":
    main()
