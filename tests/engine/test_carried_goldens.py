"""The carried pair against its own students in float32 (``tools/make_carried_goldens.py`` wrote the values).

Margins and vectors differ by what int8 and bfloat16 cost. Of the reranker that includes tokens that rounding
moves over the border of what is dropped.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from pertinent.embedders.local import LocalEmbedder
from pertinent.rerankers.local import LocalReranker

GOLDENS: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("carried_goldens.json").read_text(encoding="utf-8")
)
PAIRS, TEXTS = GOLDENS["pairs"], GOLDENS["texts"]


def test_margins() -> None:
    reranker = LocalReranker()
    found = np.array([reranker.score(pair["query"], [pair["passage"]])[0].margin for pair in PAIRS])
    difference = np.abs(found - [pair["margin"] for pair in PAIRS])
    assert difference.mean() < 0.2
    assert difference.max() < 0.8


def test_vectors() -> None:
    vectors = LocalEmbedder().embed_documents([golden["text"] for golden in TEXTS])
    expected = np.array([golden["vector"] for golden in TEXTS])
    cosines = (vectors * expected).sum(axis=1) / np.linalg.norm(expected, axis=1)
    assert cosines.mean() > 0.995
    assert cosines.min() > 0.98
