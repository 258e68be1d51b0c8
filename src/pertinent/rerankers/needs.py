"""What a person needs of a reranker, in numbers, and what follows from them by calculation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from pertinent.errors import UsageError
from pertinent.rerankers.offers import CARRIED, Size

Priority: TypeAlias = Literal["speed", "balance", "accuracy"]
Where: TypeAlias = Literal["local", "remote", "any"]
Language: TypeAlias = Literal["english", "other", "unknown"]

SECONDS_PER_MONTH = 30 * 24 * 3600

PROMPT_TOKENS = 72
"""Tokens of Qwen3-Reranker's prompt beside query and passage, with the default instruction."""

CLOSING_TOKENS = 9
"""Those of them that stand behind the passage, and so are read anew for each."""

BERT_SPECIAL_TOKENS = 3
"""What a cross-encoder reads beside query and passage."""

HIGH_VOLUME = 1000.0
"""Queries per second from which the guide names the smallest size whatever the priority."""

NO_TIME_TO_RERANK_MS = 100.0
"""Answers that must come within this, such as completions while one types, are the embedder's alone."""

ORDERS: dict[Priority, tuple[str, ...]] = {
    "speed": ("0.6B", "carried", "4B", "8B"),
    "balance": ("4B", "0.6B", "8B", "carried"),
    "accuracy": ("8B", "4B", "0.6B", "carried"),
}
ACCURATE_IN_ENGLISH = ("4B", "8B", "0.6B", "carried")
"""Sizes, best first. In English the published results put 4B before 8B."""


@dataclass(frozen=True, slots=True)
class Need:
    """What is wanted.

    Parameters
    ----------
    priority : {"speed", "balance", "accuracy"}
        What matters most.
    queries_per_second : float
        Mean over the month.
    latency_ms : float
        How long reranking one query may take.
    budget : float | None
        US dollars a month for a provider's fees; None for no limit.
    candidates, passage_tokens, query_tokens : int
        Passages reranked for each query; tokens of each, and of the query.
    where : {"local", "remote", "any"}
        Where texts may go.
    language : {"english", "other", "unknown"}
        What they are written in.
    tflops : float
        Tera-operations per second that this machine reaches. The default is an assumption for a CPU;
        a data-centre GPU reaches some hundreds.

    Raises
    ------
    UsageError
        If a number makes no sense.

    Examples
    --------
    >>> Need(candidates=10, passage_tokens=100, query_tokens=20).billed_tokens
    1920
    """

    priority: Priority = "balance"
    queries_per_second: float = 1.0
    latency_ms: float = 2000.0
    budget: float | None = None
    candidates: int = 40
    passage_tokens: int = 180
    query_tokens: int = 20
    where: Where = "any"
    language: Language = "unknown"
    tflops: float = 1.0

    def __post_init__(self) -> None:
        for name, kind in (("priority", Priority), ("where", Where), ("language", Language)):
            if getattr(self, name) not in get_args(kind):
                raise UsageError(
                    f"{name} is {getattr(self, name)!r}.", hint=f"Give one of: {', '.join(get_args(kind))}."
                )
        bounds: dict[str, tuple[float, float]] = {
            "queries_per_second": (1e-6, 1e6),
            "latency_ms": (1, 1e7),
            "candidates": (1, 10_000),
            "passage_tokens": (1, 32_000),
            "query_tokens": (1, 16_000),
            "tflops": (1e-3, 1e6),
            "budget": (0, 1e12),
        }
        for name, (least, most) in bounds.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise UsageError(f"{name} is {value}.", hint=f"Give a number from {least:g} to {most:g}.")

    @property
    def billed_tokens(self) -> int:
        """Tokens of one query at a provider, who reads the whole prompt with each passage."""
        return self.candidates * (self.passage_tokens + self.query_tokens + PROMPT_TOKENS)

    @property
    def order(self) -> tuple[str, ...]:
        """Sizes, the most suitable first."""
        if self.queries_per_second > HIGH_VOLUME:
            return ORDERS["speed"]
        if self.priority == "accuracy" and self.language == "english":
            return ACCURATE_IN_ENGLISH
        return ORDERS[self.priority]

    @property
    def tokens_per_month(self) -> float:
        """Tokens that a provider bills in 30 days."""
        return self.queries_per_second * SECONDS_PER_MONTH * self.billed_tokens

    def operations(self, size: Size) -> float:
        """Tera-operations of reranking for one query on a machine of one's own, at least.

        Two for each weight and token; attention comes on top. What stands before the passages is read
        once for all of them, except by the carried cross-encoder.

        Examples
        --------
        >>> from pertinent.rerankers.offers import SIZES
        >>> round(Need(candidates=40, passage_tokens=180).operations(SIZES[1]), 1)
        6.7
        """
        if size is CARRIED:
            tokens = self.candidates * (self.passage_tokens + self.query_tokens + BERT_SPECIAL_TOKENS)
        else:
            shared = self.query_tokens + PROMPT_TOKENS - CLOSING_TOKENS
            tokens = shared + self.candidates * (self.passage_tokens + CLOSING_TOKENS)
        return 2 * size.multiplied * tokens / 1e12

    def dollars_per_month(self, price: float) -> float:
        """Fees of a provider who takes ``price`` US dollars for a million tokens.

        Examples
        --------
        >>> Need(queries_per_second=1, candidates=10, passage_tokens=100).dollars_per_month(0.01)
        49.7664
        """
        return self.tokens_per_month * price / 1e6
