"""An embedder at a service: any dialect that has one, split by what it takes, every vector checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from pertinent.embedders.protocol import Vectors
from pertinent.engine.chunks import require_texts
from pertinent.engine.unicode_text import valid_text
from pertinent.errors import ProviderError, UsageError
from pertinent.families import qwen3_embedding
from pertinent.families.instructions import find_instruction
from pertinent.providers.account import note
from pertinent.providers.answers import broken
from pertinent.providers.background import Report, run
from pertinent.providers.calls import EmbedAnswer, EmbedCall
from pertinent.providers.client import Service
from pertinent.providers.remote_model import Took, remote_info
from pertinent.providers.spending import cost_of, dollars, price_of
from pertinent.providers.splitting import estimated_tokens, split_texts
from pertinent.providers.together import together
from pertinent.types import ModelInfo, Progress

PROBE = "dimensions"
"""What is embedded to learn the width of a model that nobody here knows."""


class RemoteEmbedder:
    """Embeds texts at a service; implements ``TextEmbedder``.

    Parameters
    ----------
    service : Service
        Who is asked.
    model : str
        As the service knows it; empty where it has but one.
    dimensions : int | None
        Width of the vectors; None takes the model's own, which is asked for once where it is not known.
    query_instruction : str | None
        For a Qwen3-Embedding model, what queries ask for, in words or by name; None takes the published one,
        the empty string none.
    source : str
        The name that finds it again; empty makes one of provider and model.

    Raises
    ------
    UsageError
        If an instruction is given for a model that has no known form for it.
    """

    def __init__(
        self,
        service: Service,
        model: str,
        *,
        dimensions: int | None = None,
        query_instruction: str | None = None,
        source: str = "",
    ) -> None:
        self._service = service
        self._model = model
        provider = service.provider
        self._price = price_of(model, provider.settings.prices, provider.dialect.prices)
        info = remote_info(provider, model, "embedder", source)
        self._whole = info.dimensions
        self._wanted = dimensions
        wording = ""
        if info.family == qwen3_embedding.NAME:
            standing = qwen3_embedding.DEFAULT_INSTRUCTION
            wording = find_instruction(standing if query_instruction is None else query_instruction)
        elif query_instruction:
            raise UsageError(
                f"{info.name} has no known form for an instruction.",
                hint="Leave query_instruction out, or write it into the queries.",
            )
        self._info = replace(info, dimensions=dimensions or info.dimensions, default_instruction=wording)

    def __repr__(self) -> str:
        return f"RemoteEmbedder({self._info.name!r})"

    @property
    def model(self) -> ModelInfo:
        """Which model embeds; asks the service once where the width of its vectors is not known."""
        self._measure()
        return self._info

    @property
    def services(self) -> tuple[str, ...]:
        """Who is sent texts (see ``services_of``)."""
        return (self._service.provider.name,)

    def embed_queries(self, texts: Sequence[str], instruction: str | None = None) -> Vectors:
        """Embed questions: float32, shape (len(texts), dimensions), each row of length 1.

        Raises
        ------
        ProviderError
            If the service did not answer, or not with one finite vector for each text.
        UsageError
            If something given is not a string.
        """
        require_texts(texts, "texts")
        standing = self._info.default_instruction
        told = find_instruction(instruction) if standing and instruction is not None else standing
        return self._embed([qwen3_embedding.query_text(text, told) for text in texts], "query")

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Embed texts to be found; as ``embed_queries``."""
        require_texts(texts, "texts")
        return self._embed(texts, "document", progress)

    def _embed(self, texts: Sequence[str], kind: str, progress: Progress | None = None) -> Vectors:
        self._measure()
        if not texts:
            return np.empty((0, self._info.dimensions), np.float32)
        return self._asked(texts, kind, progress)

    def _measure(self) -> None:
        """Learn the width of vectors that are not cut; asks once where no model of that name is known."""
        if not self._whole:
            self._whole = self._asked([PROBE], "document", None).shape[1]
            self._info = replace(self._info, dimensions=self._wanted or self._whole)

    def _asked(self, texts: Sequence[str], kind: str, progress: Progress | None) -> Vectors:
        took = Took(self._price)
        try:
            valid = [valid_text(text) for text in texts]
            return run(
                lambda report: self._embedding(valid, kind, took, report),
                None if progress is None else lambda done: progress(done, len(texts)),
            )
        finally:
            note(*took.receipts(self._service.provider.name, self._model))

    async def _embedding(self, texts: Sequence[str], kind: str, took: Took, report: Report) -> Vectors:
        deadline = self._service.deadline()
        done = 0

        async def part(place: slice) -> Vectors:
            nonlocal done
            vectors = await self._ask(tuple(texts[place]), kind, took, deadline)
            done += len(vectors)
            report(done)
            return vectors

        parts = split_texts(texts, self._service.provider.limits)
        at_once = self._service.provider.settings.connections
        vectors = await together([partial(part, place) for place in parts], at_once)
        if len({rows.shape[1] for rows in vectors}) > 1:
            raise ProviderError(
                f"{self._service.provider.name} answered parts of one call with vectors of several widths.",
                hint="Name the dimensions, or another model.",
                provider=self._service.provider.name,
            )
        return np.concatenate(vectors)

    async def _ask(self, texts: tuple[str, ...], kind: str, took: Took, deadline: float) -> Vectors:
        service = self._service
        dialect = service.provider.dialect
        call = EmbedCall(
            texts,
            self._model,
            # Not every service takes the field, and none needs it for the width that it gives anyway.
            dimensions=self._wanted if self._whole and self._wanted != self._whole else None,
            # Queries of this family say what they are by their instruction.
            kind=None if self._info.family == qwen3_embedding.NAME else kind,
            base64=service.provider.certain,
        )

        def read(body: Any) -> EmbedAnswer:
            answer = dialect.embed_answer(body, call)
            return replace(answer, vectors=self._checked(answer.vectors))

        price = self._price
        reply = await service.ask(
            dialect.embed_request(call),
            read,
            deadline=deadline,
            estimate=dollars(sum(map(estimated_tokens, texts)), price),
            cost=lambda answer: cost_of(answer.usage, price),
            sent=took.sent,
        )
        answer = reply.value
        took.usages.append(replace(answer.usage, request_id=answer.usage.request_id or reply.request_id))
        return answer.vectors

    def _checked(self, vectors: Vectors) -> Vectors:
        """Rows of length 1."""
        wanted = self._info.dimensions if self._whole else 0
        if wanted and vectors.shape[1] != wanted:
            raise broken(f"its vectors have {vectors.shape[1]} dimensions where {wanted} were asked for")
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
        if not (lengths > 0).all():
            raise broken("a vector has no direction")
        rows: Vectors = (vectors / lengths).astype(np.float32)
        return rows
