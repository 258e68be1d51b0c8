"""The embedder that people use: ``Embedder()`` is the carried model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pertinent.embedders.local import LocalEmbedder
from pertinent.embedders.protocol import TextEmbedder, Vectors
from pertinent.families.catalogue import CARRIED_EMBEDDER
from pertinent.types import ModelInfo, Progress


class Embedder:
    """Turns texts into unit vectors whose dot product is their similarity.

    Parameters
    ----------
    model : str | Path | TextEmbedder | None
        Name or folder of a local model, or anything that embeds; None is the carried model.

    Raises
    ------
    ModelError
        If there is no such model.

    Examples
    --------
    >>> embedder = Embedder()
    >>> question = embedder.embed_queries(["what lowers glucose?"])
    >>> near, far = (embedder.embed_documents(["Metformin lowers glucose.", "It rained."]) @ question.T)[:, 0]
    >>> bool(near > far)
    True
    """

    def __init__(self, model: str | Path | TextEmbedder | None = None) -> None:
        if model is None or isinstance(model, str | Path):
            model = LocalEmbedder(CARRIED_EMBEDDER if model is None else model)
        self._embedder: TextEmbedder = model

    @property
    def model(self) -> ModelInfo:
        """Which weights embed; ``model.dimensions`` is the width of the vectors."""
        return self._embedder.model

    def load(self) -> None:
        """Load a local model now rather than at the first text; a no-op for others."""
        if isinstance(self._embedder, LocalEmbedder):
            self._embedder.load()

    def embed_queries(self, texts: Sequence[str], instruction: str | None = None) -> Vectors:
        """Embed questions: float32, shape (len(texts), dimensions), each row of length 1."""
        return self._embedder.embed_queries(texts, instruction)

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Embed texts to be found: float32, shape (len(texts), dimensions), each row of length 1."""
        return self._embedder.embed_documents(texts, progress=progress)
