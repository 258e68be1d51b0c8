"""Documents with a tiny deterministic embedding, for tests of stores."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from uuid import UUID

import numpy as np

from pertinent.embedders.protocol import Vectors
from pertinent.store.protocol import EncodedDocument
from pertinent.types import Document, Metadata, ModelInfo, Passage, content_hash

DIMENSIONS = 16
EMBEDDER = ModelInfo(
    "tiny", "1", "bert_embedder", "embedder", 64, 1, "CC0-1.0", dimensions=DIMENSIONS, description="for tests"
)


def embed(texts: Iterable[str]) -> Vectors:
    """Sum of one fixed random direction per word, scaled to length 1; zero for no words."""
    rows = []
    for text in texts:
        row = np.zeros(DIMENSIONS, dtype=np.float32)
        for word in text.lower().split():
            seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
            row += np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)
        length = float(np.linalg.norm(row))
        rows.append(row / length if length else row)
    return np.stack(rows) if rows else np.zeros((0, DIMENSIONS), dtype=np.float32)


def encode(
    document_id: str,
    *texts: str,
    title: str = "",
    metadata: Metadata | None = None,
    source: str = "notes.txt",
) -> EncodedDocument:
    """A document with one passage per text."""
    values = metadata or {}
    whole = Document(document_id, "\n".join(texts), title=title, metadata=values)
    passages, start = [], 0
    for number, text in enumerate(texts):
        passage_id = str(UUID(content_hash(whole.fingerprint, str(number))))
        end = start + len(text)
        passages.append(
            Passage(passage_id, document_id, text, start, end, title, (f"Part {number}",), values, source)
        )
        start = end + 1
    vectors = embed(passage.content for passage in passages)
    return EncodedDocument(document_id, whole.fingerprint, source, tuple(passages), vectors)
