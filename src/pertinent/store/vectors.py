"""What makes the vectors of a collection: an embedder, and BM25 with its numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from pertinent.types import ModelInfo


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """Which embedder made the dense vectors; vectors of another one cannot be compared with them.

    Parameters
    ----------
    name, revision : str
        Which weights.
    dimensions : int
        Width of the vectors.
    query_instruction : str
        What the embedder is told of queries; empty where they are embedded without an instruction.
    source : str
        Where the embedder was found; no part of its identity, because models move.
    """

    name: str
    revision: str
    dimensions: int
    query_instruction: str = ""
    source: str = field(default="", compare=False)

    @classmethod
    def of(cls, model: ModelInfo) -> EmbedderIdentity:
        """Identity of an embedder."""
        return cls(model.name, model.revision, model.dimensions, model.default_instruction, model.source)

    def __str__(self) -> str:
        told = f", queries with instruction {self.query_instruction!r}" if self.query_instruction else ""
        return f"{self.name} (revision {self.revision}, {self.dimensions} dimensions{told})"


@dataclass(frozen=True, slots=True)
class Bm25Settings:
    """How texts become BM25 vectors.

    Parameters
    ----------
    language : str
        Chooses stop words and stemmer; ``"none"`` for neither.
    average_length : float
        Tokens in a typical passage, measured on the first batch that is stored and then fixed,
        because weights stored earlier depend on it. 0 until then.
    k, b : float
        Saturation of term frequency and strength of length normalisation [1]_.

    References
    ----------
    .. [1] Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
    """

    language: str = "english"
    average_length: float = 0.0
    k: float = 1.2
    b: float = 0.75
