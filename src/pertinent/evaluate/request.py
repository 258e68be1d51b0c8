"""What an evaluation is asked to do: everything that its numbers depend on besides data and models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from pertinent.errors import DataError, UsageError

FIRST_STAGES = ("bm25", "dense", "rrf")
RERANKED = ("rerank", "final")
STAGES = (*FIRST_STAGES, *RERANKED)
"""In the order of the pipeline; ``rerank`` sorts by margin alone, ``final`` as search does."""

GIVEN = "first_stage"
"""Stage of candidates that came with the queries; it stands in the place of the first three."""

BOUNDS: Mapping[str, tuple[int, int]] = {
    "candidates": (1, 10_000),
    "resamples": (100, 1_000_000),
    "queries": (1, 10_000_000),
    "bm25_k": (0, 1_000),
    "bm25_b": (0, 1),
    "max_tokens": (1, 10_000_000),
    "seed": (0, 2**63 - 1),
}
"""Least and most of every number."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call of ``pertinent evaluate``.

    Parameters
    ----------
    paths : tuple[str, ...]
        Folders, files and named sets.
    split : str | None
        Which judgements; None takes ``test``, else ``dev``, where there is no other choice the only one.
    embedder : str | None
        Name or folder; None is the carried one.
    rerankers : tuple[str, ...]
        Names or folders; ``SMALL+LARGE`` is a cascade. Empty takes the carried one.
    candidates : int
        Length of each first-stage list, and candidates that are reranked at most.
    stages : tuple[str, ...]
        Of :data:`STAGES`.
    metrics : tuple[str, ...]
        Empty for those that are usual for the kind of set.
    instruction : str | None
        For rerankers that read one, in words or by name.
    queries : int | None
        Sample of so many queries.
    bm25_k, bm25_b : float
        BM25's saturation and length normalisation.
    language : str | None
        Of BM25; None takes the set's.
    baseline : str | None
        Stage that others are compared with; None takes ``rrf``, else the first there is.
    engine, device, dtype, prompt, max_tokens
        What Hugging Face models run on, and how rerankers are asked.
    resamples : int
        Of bootstrap and randomisation test.
    seed : int
        Of both.
    """

    paths: tuple[str, ...]
    split: str | None = None
    embedder: str | None = None
    rerankers: tuple[str, ...] = ()
    candidates: int = 100
    stages: tuple[str, ...] = STAGES
    metrics: tuple[str, ...] = ()
    instruction: str | None = None
    queries: int | None = None
    bm25_k: float = 1.2
    bm25_b: float = 0.75
    language: str | None = None
    baseline: str | None = None
    engine: str = "auto"
    device: str = "auto"
    dtype: str = "auto"
    prompt: str = "card"
    max_tokens: int | None = None
    resamples: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        if unknown := [stage for stage in self.stages if stage not in STAGES]:
            raise UsageError(
                f"There is no stage {', '.join(unknown)}.", hint=f"Stages are {', '.join(STAGES)}."
            )
        if not self.stages or not self.paths:
            raise UsageError("There is nothing to evaluate.", hint="Give a set and at least one stage.")
        for name, (least, most) in BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:  # NaN is neither
                raise UsageError(f"{name} is {value}.", hint=f"Give a number from {least} to {most}.")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a run card.

        Examples
        --------
        >>> request = Request(("scifact",), candidates=50)
        >>> Request.from_dict(request.to_dict()) == request
        True
        """
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Request:
        """Read one back.

        Raises
        ------
        DataError
            If something is missing or unknown, or of a wrong type.
        """
        known = {field.name for field in fields(cls)}
        try:
            if set(values) - known:
                raise ValueError
            plain: dict[str, Any] = {
                name: tuple(map(str, value)) if isinstance(value, list) else value
                for name, value in values.items()
            }
            return cls(**plain)
        except (TypeError, ValueError):
            raise DataError(
                "The request in the run card cannot be read.",
                hint="Give a card that this version of Pertinent wrote.",
            ) from None
