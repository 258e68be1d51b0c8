"""What the reranking benchmark lets systems read: pieces of the sample collection, cut by token."""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import NormalDist
from typing import TypedDict

from tokenizers import Tokenizer

from random_rerankers import Shape
from reranker_contenders import CLOSING, INSTRUCTION, OPENING

SAMPLE = Path(__file__).parents[1] / "src" / "pertinent" / "sample" / "corpus.jsonl"
GPU_PREFIX, GPU_TAIL = 120, 180


class Workload(TypedDict):
    """One query, its documents, and what a system has to read of them in tokens."""

    query: str
    documents: list[str]
    prefix: int
    tails: list[int]


def candidate_lengths(count: int = 100, low: int = 40, high: int = 400, mean: int = 130) -> list[int]:
    """Token counts of a log-normal collection, cut at both ends, with that mean."""
    values = [math.exp(NormalDist(0, 0.7).inv_cdf((place + 0.5) / count)) for place in range(count)]
    below, above, lengths = float(low), float(high), [mean] * count
    for _ in range(60):
        middle = (below + above) / 2
        lengths = [min(high, max(low, round(middle * value))) for value in values]
        below, above = (middle, above) if sum(lengths) < mean * count else (below, middle)
    # A fixed stride mixes long and short: a sorted list would flatter batches in the order given.
    return [lengths[place * 37 % count] for place in range(count)]


class Texts:
    """Makes texts of a wanted length.

    Parameters
    ----------
    tokenizer : Tokenizer
        Counts tokens.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        rows = [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines()]
        self._stream = " ".join(row["text"] for row in rows)
        self._offsets = tokenizer.encode(self._stream, add_special_tokens=False).offsets

    def piece(self, number: int, tokens: int) -> str:
        """A text of that many tokens, another for each number."""
        start = number * 977 % (len(self._offsets) - tokens)
        return self._stream[self._offsets[start][0] : self._offsets[start + tokens - 1][1]].strip()

    def count(self, text: str) -> int:
        """Tokens of a text."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def prefix(self, query: str) -> int:
        """Tokens of a prompt before the document."""
        return self.count(f"{OPENING}<Instruct>: {INSTRUCTION}\n<Query>: {query}\n<Document>:")

    def workload(self, query: str, documents: list[str]) -> Workload:
        """Texts with their token counts; the prompt's end counts with the document."""
        tails = [self.count(f" {text}{CLOSING}") for text in documents]
        return {"query": query, "documents": documents, "prefix": self.prefix(query), "tails": tails}


def cpu_workloads(texts: Texts, *, smoke: bool) -> dict[str, Workload]:
    """100 candidates of one query; and a long text with 20 short labels, as in zero-shot classification."""
    lengths = candidate_lengths()[: 12 if smoke else None]
    candidates = [texts.piece(number, length) for number, length in enumerate(lengths)]
    query = "does a diet low in salt bring blood pressure down in older people"
    labels = [texts.piece(300 + number, 10) for number in range(20)]
    return {
        "candidates": texts.workload(query, candidates),
        "labels": texts.workload(texts.piece(200, 400), labels),
    }


def gpu_workloads(texts: Texts, candidates: int) -> dict[str, Workload]:
    """A prefix of 120 tokens, and tails of 180: document and the prompt's end."""
    query = texts.piece(1, GPU_PREFIX - texts.prefix(""))
    tokens = GPU_TAIL - texts.count(CLOSING)
    documents = [texts.piece(number, tokens) for number in range(candidates)]
    return {"pairs": texts.workload(query, documents)}


def limits(shape: Shape, workload: Workload, rate: float) -> dict[str, float]:
    """Pairs a second if nothing but products took time: with the prefix read once, and with every pair."""
    prefix, tails = workload["prefix"], workload["tails"]
    once = shape.flops(prefix, prefix / 2) + sum(shape.flops(tail, prefix + tail / 2) for tail in tails)
    every = sum(shape.flops(prefix + tail, (prefix + tail) / 2) for tail in tails)
    return {
        "prefix_once": round(len(tails) * rate / once, 1),
        "prefix_every_time": round(len(tails) * rate / every, 1),
    }
