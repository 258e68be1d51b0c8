"""What is known of a model that runs elsewhere, and what calls of it took."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from pertinent.errors import UsageError
from pertinent.families.catalogue import KNOWN_MODELS
from pertinent.providers.calls import RerankCall, Usage
from pertinent.providers.configured import Configured
from pertinent.providers.dialect import Dialect
from pertinent.providers.spending import cost_of
from pertinent.types import ModelInfo
from pertinent.types.served import Receipt

N = TypeVar("N", int, float)

REVISION = "remote"
"""Of models whose weights nobody here can see; the name stands behind it, since nothing else tells them."""


@dataclass(slots=True)
class Took:
    """What the parts of one call took, as they come in.

    Parameters
    ----------
    price : float | None
        US dollars for a million tokens.
    """

    price: float | None
    attempts: int = 0
    usages: list[Usage] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def sent(self) -> None:
        """Count an attempt."""
        self.attempts += 1

    def receipts(self, provider: str, model: str) -> tuple[Receipt, ...]:
        """All of it as one receipt; none where nothing was answered."""
        if not self.usages:
            return ()
        return (
            Receipt(
                provider,
                model,
                _total([usage.tokens for usage in self.usages]),
                _total([cost_of(usage, self.price) for usage in self.usages]),
                requests=len(self.usages),
                attempts=self.attempts,
                seconds=time.monotonic() - self.began,
                request_ids=tuple(usage.request_id for usage in self.usages if usage.request_id),
            ),
        )


def remote_info(
    provider: Configured, model: str, kind: Literal["reranker", "embedder"], source: str
) -> ModelInfo:
    """Describe a model by its name: where it is a published one, by what is known of that.

    Providers write names in ways of their own, such as ``accounts/fireworks/models/qwen3-reranker-8b``; the
    last part tells, whatever its case.
    """
    name = source or f"{provider.name}:{model}"
    last = model.rpartition("/")[2].casefold()
    known = next(
        (
            info
            for info in KNOWN_MODELS
            if info.kind == kind and info.name.rpartition("/")[2].casefold() == last
        ),
        None,
    )
    return ModelInfo(
        name=name,
        revision=f"{REVISION}:{model or provider.endpoint('')}",
        family=known.family if known else "",
        kind=kind,
        max_tokens=provider.limits.pair_tokens or (known.max_tokens if known else 0),
        parameters=known.parameters if known else 0,
        licence=known.licence if known else "",
        dimensions=known.dimensions if known else 0,
        description=f"at {provider.name}",
        source=name,
    )


def can_say(dialect: Dialect, *, raw_scores: bool | None = None, truncate: bool | None = None) -> bool:
    """Whether a dialect has words for what a rerank call wants; None takes what it does by itself."""
    try:
        dialect.rerank_request(
            RerankCall(
                ("q",),
                ("d",),
                model="m",
                raw_scores=dialect.raw if raw_scores is None else raw_scores,
                truncate=dialect.truncates if truncate is None else truncate,
            )
        )
    except UsageError:
        return False
    return True


def _total(numbers: Sequence[N | None]) -> N | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None
