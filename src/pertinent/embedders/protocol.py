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
        """Embed questions.

        Parameters
        ----------
        texts : Sequence[str]
            Questions.
        instruction : str | None
            What they ask for; embedders without instructions ignore it.

        Returns
        -------
        float32, shape (len(texts), dimensions)
            Rows of length 1.

        Raises
        ------
        UsageError
            If something given is not a string.
        ModelError, ProviderError
            If the model cannot be loaded, or does not answer.
        """
        ...

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Embed texts to be found; as :meth:`embed_queries`.

        Parameters
        ----------
        texts : Sequence[str]
            Texts of any length.
        progress : Callable[[int, int], None] | None
            Called with (texts done, texts in all).
        """
        ...
