"""Bodies that are almost requests, and some that are nothing like one."""

from __future__ import annotations

import json
import random
from typing import Any

RERANK_PATHS = (
    "/v1/rerank", "/v2/rerank", "/rerank", "/score", "/v1/inference/some/model", "/tei/rerank",
    "/voyage/v1/rerank", "/inference/v1/rerank", "/siliconflow/v1/rerank", "/pertinent/v1/rerank",
    "/sglang/v1/rerank", "/openmem/api/openmem/v1/rerank",
)  # fmt: skip
EMBED_PATHS = ("/v1/embeddings", "/embed", "/", "/voyage/v1/embeddings", "/v1/openai/embeddings")
OWN_PATHS = ("/v1/search",)
PATHS = (*RERANK_PATHS, *EMBED_PATHS, *OWN_PATHS)

NAMES = (
    "query", "queries", "documents", "texts", "text_1", "text_2", "input", "inputs", "model", "top_n",
    "top_k", "instruction", "task", "return_documents", "raw_scores", "truncate", "truncation", "dimensions",
    "encoding_format", "input_type", "collection", "filters", "floor", "rerank_limit", "user", "\u0000", "",
    "a\ud800",
)  # fmt: skip
SCALARS: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 3, 2**63, 10**400, 1e308, -0.0, 0.5, "", "a", "what lowers glucose?",
    "\u0000", "a\ud800b", "e" * 5000, "\u202e\ufeff", "<script>", "' OR 1=1 --", "../..", "float", "query",
)  # fmt: skip


def malformed(random_: random.Random) -> bytes:
    """One body: a request with some of it replaced, left out or cut off; or bytes."""
    if random_.random() < 0.1:
        return random_.randbytes(random_.randrange(200))
    body: Any = {"query": "what lowers glucose?", "documents": ["Metformin.", "It rained."]}
    if random_.random() < 0.5:
        body = {"collection": "notes", "query": "a"} if random_.random() < 0.3 else {"input": ["a", "b"]}
    for _ in range(random_.randrange(1, 5)):
        body[random_.choice(NAMES)] = value(random_, 3)
    if random_.random() < 0.3:
        body.pop(random_.choice(list(body)))
    if random_.random() < 0.05:
        body = value(random_, 3)
    written = json.dumps(body, allow_nan=True).encode()
    if random_.random() < 0.1:
        written = written[: random_.randrange(len(written) + 1)]
    if random_.random() < 0.05:
        written = written.replace(b"1", b"NaN")
    return written


def value(random_: random.Random, depth: int) -> Any:
    """A JSON value, strange more often than not."""
    kind = random_.randrange(4) if depth else 0
    if kind == 1:
        return [value(random_, depth - 1) for _ in range(random_.randrange(5))]
    if kind == 2:
        return {random_.choice(NAMES): value(random_, depth - 1) for _ in range(random_.randrange(4))}
    return random_.choice(SCALARS)
