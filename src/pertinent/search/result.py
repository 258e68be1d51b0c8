"""What a search is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pertinent.errors import UsageError
from pertinent.families.instructions import find_instruction, instruction_read
from pertinent.search.fusion import RRF_CONSTANT
from pertinent.store.filters import Filters
from pertinent.types import Candidate, Failover, Hit, ModelInfo, Query, Receipt, printable
from pertinent.types.served import served

Reranked: TypeAlias = bool | Literal["partial"]

Rerank: TypeAlias = Literal["auto", "off", "required"]
"""Whether to rerank: where it works, never, or not to answer without it."""

RERANK = ("auto", "off", "required")


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How much to look at and what to leave out.

    Parameters
    ----------
    top_k : int
        Hits returned at most.
    candidates : int | None
        Length of each first-stage list; ``candidate_multiplier`` x top_k where it is None.
    candidate_multiplier : int
        See above.
    rerank_limit : int
        Candidates the reranker reads at most; 0 asks no reranker.
    deadline : float | None
        Seconds for the whole search; the reranker stops in time.
    max_per_document : int
        Passages of one document at most.
    floor : float | None
        Hits with a lower probability, or without one, are left out; all stay where nothing could be scored.
    filters : tuple[Condition, ...]
        What passages must satisfy.
    rrf_constant : int
        Of reciprocal rank fusion (see ``fuse``).
    rerank : {"auto", "off", "required"}
        Whether to rerank where it works, never, or to fail where the candidates could not be reranked.
    """

    top_k: int = 10
    candidates: int | None = None
    candidate_multiplier: int = 4
    rerank_limit: int = 40
    deadline: float | None = None
    max_per_document: int = 3
    floor: float | None = None
    filters: Filters = ()
    rerank: Rerank = "auto"
    rrf_constant: int = RRF_CONSTANT

    LARGEST = 10_000

    def __post_init__(self) -> None:
        least = {
            "top_k": 1,
            "candidates": 1,
            "candidate_multiplier": 1,
            "rerank_limit": 0,
            "max_per_document": 1,
            "rrf_constant": 1,
        }
        for name, smallest in least.items():
            value = getattr(self, name)
            if name == "candidates" and value is None:
                continue
            if type(value) is not int or not smallest <= value <= SearchOptions.LARGEST:
                hint = f"Give a whole number from {smallest} to {SearchOptions.LARGEST}."
                raise UsageError(f"{name} is {value!r}.", hint=hint)
        if self.deadline is not None and not (_is_number(self.deadline) and self.deadline > 0):
            raise UsageError(f"The deadline is {self.deadline!r}.", hint="Give seconds, above 0.")
        if self.floor is not None and not (_is_number(self.floor) and 0 <= self.floor <= 1):
            raise UsageError(f"The floor is {self.floor!r}.", hint="Give a probability from 0 to 1.")

        if self.rerank not in RERANK:
            raise UsageError(f"rerank is {self.rerank!r}.", hint=f"Give one of: {', '.join(RERANK)}.")
        if self.rerank == "required" and self.rerank_limit == 0:
            raise UsageError(
                "Reranking of 0 candidates is required.", hint="Leave rerank_limit out, or raise it."
            )

    @property
    def reranked_at_most(self) -> int:
        """Candidates that the reranker reads at most."""
        return 0 if self.rerank == "off" else self.rerank_limit

    @property
    def depth(self) -> int:
        """Length of each first-stage list."""
        if self.candidates is not None:
            return self.candidates
        return min(self.candidate_multiplier * self.top_k, SearchOptions.LARGEST)


def as_query(text: str, instruction: str | None = None) -> Query:
    """Read what somebody asks.

    Parameters
    ----------
    text : str
        The question.
    instruction : str | None
        What counts as an answer, in words or by name.

    Raises
    ------
    UsageError
        If the question is not a string, or there is no instruction of that name.
    """
    if not isinstance(text, str):
        raise UsageError(f"The query is of type {type(text).__name__}.", hint="Give a string.")
    return Query(text, instruction and find_instruction(instruction))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to a search.

    Parameters
    ----------
    query : Query
        What was asked.
    hits : tuple[Hit, ...]
        Best first.
    reranked : bool | "partial"
        Whether the reranker scored the candidates it should.
    reason : str
        Why not all of them, or why there is nothing; empty where all went as asked.
    timings : dict[str, float]
        Milliseconds of each stage, and ``total_ms``.
    candidates : tuple[Candidate, ...]
        The first stage's order, before reranking.
    embedder, reranker : ModelInfo | None
        Who did the work.
    mixed : bool
        Whether embedder and reranker are of different families, which costs quality.
    receipts : tuple[Receipt, ...]
        What services took; empty where nothing was asked elsewhere.
    failovers : tuple[Failover, ...]
        Rerankers of a chain that did not answer, and why.
    """

    query: Query
    hits: tuple[Hit, ...] = ()
    reranked: Reranked = False
    reason: str = ""
    timings: dict[str, float] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    embedder: ModelInfo | None = None
    reranker: ModelInfo | None = None
    mixed: bool = False
    receipts: tuple[Receipt, ...] = ()
    failovers: tuple[Failover, ...] = ()

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __str__(self) -> str:
        if not self.hits:
            return f"(nothing found{': ' + self.reason if self.reason else ''})"
        return "\n".join(
            f"{hit.rank:>3}  {hit.final:6.4f}  {printable(hit.passage.title or hit.passage.document_id)}"
            for hit in self.hits
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "query": self.query.text,
            "instruction": self.query.instruction,
            "hits": [hit.to_dict() for hit in self.hits],
            "reranked": self.reranked,
            "reason": self.reason,
            "candidates": len(self.candidates),
            "timings": {name: round(value, 3) for name, value in self.timings.items()},
            "models": {
                kind: {
                    "name": model.name,
                    "revision": model.revision,
                    "instruction": instruction_read(model, self.query.instruction),
                }
                for kind, model in (("embedder", self.embedder), ("reranker", self.reranker))
                if model
            },
            "mixed": self.mixed,
            "served": served(self.receipts, self.failovers),
        }
