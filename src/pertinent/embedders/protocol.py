"""What every embedder can do: local or remote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from pertinent.types import ModelInfo, Progress

Vectors: TypeAlias = npt.NDArray[np.float32]


@runtime_checkable
class TextEmbedder(Protocol):
    """Turns texts into unit vectors whose dot product is their similarity."""

    @property
    def model(self) -> ModelInfo:
        """Which weights embed; ``model.dimensions`` is the width of the vectors."""
        ...

    def embed_queries(self, texts: Sequence[str], instruction: str | None = None) -> Vectors:
        """Embed questions: float32, shape (len(texts), dimensions), each row of length 1."""
        ...

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Embed texts to be found: float32, shape (len(texts), dimensions), each row of length 1."""
        ...
