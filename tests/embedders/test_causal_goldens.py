"""The published weights give the similarities that their model card prints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pertinent.embedders.embedder import Embedder

QUERIES = ["What is the capital of China?", "Explain gravity"]
DOCUMENTS = [
    "The capital of China is Beijing.",
    "Gravity is a force that attracts two bodies towards each other. It gives weight to physical objects "
    "and is responsible for the movement of planets around the sun.",
]
SMALL = [
    [0.7645568251609802, 0.14142508804798126],
    [0.13549736142158508, 0.5999549627304077],
]
LARGER = {
    "qwen3-embedding-4b": [[0.7534, 0.1147], [0.0320, 0.6258]],
    "qwen3-embedding-8b": [[0.7493, 0.0751], [0.0880, 0.6318]],
}


def similarities(folder: Path, engine: str, dtype: str) -> np.ndarray:
    embedder = Embedder(folder, engine=engine, dtype=dtype, device="cpu")  # type: ignore[arg-type]
    return embedder.embed_queries(QUERIES) @ embedder.embed_documents(DOCUMENTS).T


@pytest.mark.published("qwen3-embedding-0.6b")
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("engine", "dtype", "bound"),
    [("torch", "float32", 2e-3), ("torch", "bfloat16", 1e-2), ("openvino", "int8", 5e-2)],
)
def test_the_smallest_model(published_folder: Path, engine: str, dtype: str, bound: float) -> None:
    assert np.abs(similarities(published_folder, engine, dtype) - SMALL).max() <= bound


@pytest.mark.published("qwen3-embedding-4b")
@pytest.mark.timeout(1800)
def test_the_middle_model(published_folder: Path) -> None:
    found = similarities(published_folder, "torch", "bfloat16")
    assert np.abs(found - LARGER["qwen3-embedding-4b"]).max() <= 2e-2


@pytest.mark.published("qwen3-embedding-8b")
@pytest.mark.timeout(3600)
def test_the_largest_model(published_folder: Path) -> None:
    found = similarities(published_folder, "torch", "bfloat16")
    assert np.abs(found - LARGER["qwen3-embedding-8b"]).max() <= 2e-2
