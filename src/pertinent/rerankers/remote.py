"""A reranker at a service: any dialect, split by what it takes, every score checked."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pertinent.engine.chunks import require_texts
from pertinent.engine.unicode_text import valid_text
from pertinent.errors import PertinentError, ProviderError
from pertinent.providers.account import note
from pertinent.providers.background import Report, run, run_from
from pertinent.providers.calls import Request, RerankAnswer, RerankCall
from pertinent.providers.catalogue import DIALECTS
from pertinent.providers.client import Service
from pertinent.providers.dialect import Dialect
from pertinent.providers.remote_model import Took, can_say, remote_info
from pertinent.providers.spending import cost_of, dollars, price_of
from pertinent.providers.splitting import fit_documents, fit_query, pair_tokens, split_documents
from pertinent.providers.together import together
from pertinent.rerankers.timed import Deadline, Timed
from pertinent.types import ModelInfo, Progress, Score, Scores

LEAST_PROBABILITY = sys.float_info.min
MOST_PROBABILITY = 1 - 2**-53
"""The numbers next to 0 and 1 whose logit is still told apart from its neighbours'."""

_LENGTHS = re.compile(r"length|same (?:number|size|count)|match|equal|mismatch|as many", re.IGNORECASE)


class RemoteReranker:
    """Scores pairs at a service; implements ``Scorer``.

    Parameters
    ----------
    service : Service
        Who is asked.
    model : str
        As the service knows it; empty where it has but one.
    source : str
        The name that finds it again; empty makes one of provider and model.
    """

    def __init__(self, service: Service, model: str, *, source: str = "") -> None:
        self._service = service
        self._model = model
        provider = service.provider
        self._price = price_of(model, provider.settings.prices, provider.dialect.prices)
        scale = provider.settings.scale or ("margin" if provider.dialect.raw else "probability")
        self._margins = scale == "margin"
        self._info = remote_info(provider, model, "reranker", source)

    def __repr__(self) -> str:
        return f"RemoteReranker({self._info.name!r})"

    @property
    def model(self) -> ModelInfo:
        """Which model scores, as far as its name tells."""
        return self._info

    @property
    def services(self) -> tuple[str, ...]:
        """Who is sent texts (see ``services_of``)."""
        return (self._service.provider.name,)

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        """Score each document (see ``Scorer.score``).

        A text that is longer than what the service takes is cut, and its score says by how many tokens;
        tokens are estimated here.

        Raises
        ------
        ProviderError
            If the service did not answer, or not with one finite score for each document.
        UsageError
            If something given is not a string, or the dialect cannot say an instruction.
        """
        return self.score_within(query, documents, instruction, progress=progress)

    def score_within(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        seconds: float | None = None,
        progress: Progress | None = None,
    ) -> Scores:
        """Score each document, all attempts within so many seconds; None takes the provider's deadline."""
        took = self.took()
        try:
            return run(
                lambda report: self.scoring(query, documents, instruction, took, seconds, report),
                None if progress is None else lambda done: progress(done, len(documents)),
            )
        finally:
            self.note(took)

    def score_timed(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None,
        deadline: Deadline,
        *,
        progress: Progress | None = None,
    ) -> Timed:
        """Score all documents until a moment, or none (see ``score_timed`` in ``timed``)."""
        left = deadline.left
        if left <= 0:
            return Timed(())
        try:
            return Timed(self.score_within(query, documents, instruction, seconds=left, progress=progress))
        except PertinentError as error:
            return Timed((), error)

    async def ascore(self, query: str, documents: Sequence[str], instruction: str | None = None) -> Scores:
        """Score from an event loop; given up there, it is given up at the service."""
        took = self.took()
        try:
            return await run_from(self.scoring(query, documents, instruction, took))
        finally:
            self.note(took)

    def took(self) -> Took:
        """An empty record for :meth:`scoring`."""
        return Took(self._price)

    def note(self, took: Took) -> None:
        """Write what a call took into the accounts that are open."""
        note(*took.receipts(self._service.provider.name, self._model))

    async def scoring(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None,
        took: Took,
        seconds: float | None = None,
        report: Report | None = None,
    ) -> Scores:
        """The work itself, on the background loop; ``took`` tells what it took, even where it fails."""
        require_texts([query, *([instruction] if instruction is not None else [])], "query and instruction")
        require_texts(documents, "documents")
        if not documents:
            return ()
        limits = self._service.provider.limits
        asked, query_cut = fit_query(valid_text(query), limits)
        texts, cuts = fit_documents(asked, [valid_text(document) for document in documents], limits)
        told = None if instruction is None else valid_text(instruction)
        deadline = self._service.deadline(seconds)
        done = 0

        async def part(place: slice) -> RerankAnswer:
            nonlocal done
            answer = await self._ask(asked, texts[place], told, took, deadline)
            done += len(answer.ranked)
            if report is not None:
                report(done)
            return answer

        parts = split_documents(asked, texts, limits)
        at_once = self._service.provider.settings.connections
        answers = await together([partial(part, place) for place in parts], at_once)
        self._require_one_model(answers)
        scores = [
            item.score for answer in answers for item in sorted(answer.ranked, key=lambda item: item.index)
        ]
        return tuple(self._score(score, query_cut, cut) for score, cut in zip(scores, cuts, strict=True))

    async def _ask(
        self, query: str, documents: tuple[str, ...], instruction: str | None, took: Took, deadline: float
    ) -> RerankAnswer:
        """One part: all its documents, from one answer."""
        service = self._service
        call = RerankCall((query,), documents, self._model, instruction)
        dialect = service.dialect
        url = service.provider.endpoint(dialect.rerank_request(call).path)
        repeats = url in service.repeats_query
        others = self._others()

        def rephrased(complaint: str) -> Request | None:
            nonlocal dialect, repeats
            if dialect.paired and len(documents) > 1 and not repeats and _LENGTHS.search(complaint):
                repeats = True
            elif other := next(others, None):
                dialect, repeats = other, False
            else:
                return None
            return self._written(dialect, call, repeats)

        def read(body: Any) -> RerankAnswer:
            return self._read(dialect, body, call)

        reply = await service.ask(
            self._written(dialect, call, repeats),
            read,
            deadline=deadline,
            estimate=dollars(pair_tokens(query, documents), self._price),
            cost=lambda answer: cost_of(answer.usage, self._price),
            sent=took.sent,
            rephrase=rephrased,
        )
        service.dialect = dialect
        if repeats:
            service.repeats_query.add(url)
        answer = reply.value
        name = answer.usage.request_id or reply.request_id
        took.usages.append(replace(answer.usage, request_id=name))
        return answer

    def _written(self, dialect: Dialect, call: RerankCall, repeats: bool) -> Request:
        """The request of a call, with the query once or once for each document."""
        asked = replace(
            call,
            queries=call.queries * (len(call.documents) if repeats and dialect.paired else 1),
            # What a dialect cannot say, the service does in its own way.
            raw_scores=self._margins if can_say(dialect, raw_scores=self._margins) else dialect.raw,
            truncate=True if can_say(dialect, truncate=True) else dialect.truncates,
            with_documents=False if dialect.fields.with_documents else None,
        )
        return dialect.rerank_request(asked)

    def _others(self) -> Iterator[Dialect]:
        """Dialects that the path may mean as well, where none was named."""
        provider = self._service.provider
        if provider.certain:
            return
        path = urlsplit(provider.url).path
        for dialect in DIALECTS:
            if dialect is not self._service.dialect and any(map(path.endswith, dialect.rerank_paths)):
                yield dialect

    def _read(self, dialect: Dialect, body: Any, call: RerankCall) -> RerankAnswer:
        answer = dialect.rerank_answer(body, call)
        if not self._margins and not all(0 <= item.score <= 1 for item in answer.ranked):
            raise ProviderError(
                "its scores are no probabilities.",
                hint='If they are margins, set scale = "margin" in its section [providers.NAME].',
            )
        return answer

    def _score(self, number: float, query_cut: int, document_cut: int) -> Score:
        details: dict[str, Any] = {
            "engine": self._service.provider.name,
            "query_cut": query_cut,
            "document_cut": document_cut,
        }
        if self._margins:
            return Score.from_margin(number, self._info, **details)
        name, revision = self._info.name, self._info.revision
        return Score(logit(number), number, "probability", name, revision, **details)

    def _require_one_model(self, answers: Sequence[RerankAnswer]) -> None:
        if len({answer.model for answer in answers if answer.model}) > 1:
            raise ProviderError(
                f"{self._service.provider.name} answered parts of one call with different models.",
                hint="Ask again; if it stays so, name a revision that the provider keeps.",
                provider=self._service.provider.name,
            )


def logit(probability: float) -> float:
    """Margin of a probability: finite also for 0 and 1, and in the same order.

    Examples
    --------
    >>> logit(0.5), round(logit(1.0), 2), round(logit(0.0), 2)
    (0.0, 36.74, -708.4)
    """
    inside = min(max(probability, LEAST_PROBABILITY), MOST_PROBABILITY)
    return math.log(inside) - math.log1p(-inside)
