"""The tools ``search`` and ``rerank``."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from pertinent.errors import UsageError
from pertinent.mcp.answers import (
    FirstStageAnswer,
    HitAnswer,
    RankedAnswer,
    RerankAnswer,
    ScoreAnswer,
    SearchAnswer,
)
from pertinent.mcp.arguments import RerankArguments, SearchArguments
from pertinent.mcp.task import Task
from pertinent.mcp.visible import uri_of
from pertinent.types import printable

if TYPE_CHECKING:
    from pertinent.types import Failover, Hit, Score

LONGEST_SHOWN = 8_000
"""Characters of one passage; ``read`` gives the rest."""

MOST_CHARACTERS = 1_000_000
"""Of all documents of one call."""


def search(asked: SearchArguments, task: Task) -> SearchAnswer:
    """Find passages of a collection."""
    name, base = task.collection(asked.collection)
    found = base.search(
        asked.query,
        instruction=asked.instruction,
        top_k=asked.top_k if asked.top_k is not None else min(base.settings.top_k, 50),
        rerank="off" if asked.rerank == "off" else None,
        deadline=task.left(asked.deadline_ms or base.settings.rerank_deadline_ms),
        threshold=asked.threshold,
        filters=asked.filters,
        progress=task.progress,
        look=task.look,
    )
    models = {"embedder": found.embedder, "reranker": found.reranker if found.reranked else None}
    return SearchAnswer(
        collection=name,
        hits=[_hit(name, hit) for hit in found],
        reranked=found.reranked,
        reason=found.reason,
        found_by="words" if found.embedder is None else "vectors and words",
        candidates=len(found.candidates),
        models={kind: model.name for kind, model in models.items() if model is not None},
        mixed=found.mixed,
        failovers=_told(found.failovers),
        timings_ms={stage: round(value, 1) for stage, value in found.timings.items()},
    )


def rerank(asked: RerankArguments, task: Task) -> RerankAnswer:
    """Put texts in order."""
    from pertinent.families.instructions import find_instruction
    from pertinent.kb.models import LOADING_SHARE
    from pertinent.providers.account import accounting
    from pertinent.providers.leaving import texts_stay
    from pertinent.rerankers.chain import answered
    from pertinent.rerankers.timed import Deadline, ready
    from pertinent.search.reranking import score_head
    from pertinent.types import Query

    if not task.may("rerank"):
        raise UsageError("The API key does not open reranking.", hint="Ask for a key of scope rerank.")
    if sum(map(len, asked.documents)) > MOST_CHARACTERS:
        raise UsageError(
            f"The documents have more than {MOST_CHARACTERS} characters.", hint="Send fewer or shorter ones."
        )
    query = Query(asked.query, asked.instruction and find_instruction(asked.instruction))
    seconds = task.left(asked.deadline_ms or task.visible.settings.rerank_deadline_ms)
    end = task.passed + seconds
    stays = task.visible.stays()
    model = task.visible.models.reranker(local_only=stays)
    reranker = ready(model, Deadline(end, lambda: task.passed).part(LOADING_SHARE))
    places = range(len(asked.documents))
    if reranker is None:
        reason = "The reranker is still being loaded: the documents are in their own order."
        unscored = [RankedAnswer(rank=place + 1, index=place, score=None) for place in places]
        return RerankAnswer(
            results=unscored[: asked.top_k], reranked=False, reason=reason, model="", failovers=[]
        )
    with accounting() as account, texts_stay() if stays else nullcontext():
        scores, reranked, reason = score_head(
            query, asked.documents, reranker, end, lambda: task.passed, progress=task.progress
        )
    scored = sorted(range(len(scores)), key=lambda place: -scores[place].margin)
    order = [*scored, *places[len(scores) :]]
    return RerankAnswer(
        results=[
            RankedAnswer(rank=rank, index=place, score=_score(scores[place]) if place < len(scores) else None)
            for rank, place in enumerate(order[: asked.top_k], start=1)
        ],
        reranked=reranked,
        reason=reason,
        model=answered(reranker, scores).name,
        failovers=_told(account.failovers),
    )


def _hit(collection: str, hit: Hit) -> HitAnswer:
    passage, candidate = hit.passage, hit.candidate
    return HitAnswer(
        rank=hit.rank,
        document=passage.document_id,
        passage=passage.id,
        uri=uri_of(collection, passage.document_id),
        title=printable(passage.title),
        headings=[printable(heading) for heading in passage.headings],
        source=printable(passage.source),
        place="" if passage.place is None else str(passage.place),
        metadata=shown(passage.metadata),
        text=printable(passage.text[:LONGEST_SHOWN]),
        cut=len(passage.text) > LONGEST_SHOWN,
        best_sentence=printable(hit.sentence[:LONGEST_SHOWN]),
        score=_score(hit.score),
        final=hit.final,
        first_stage=FirstStageAnswer(
            rank=candidate.rank,
            rrf=candidate.rrf,
            dense_rank=candidate.dense_rank,
            bm25_rank=candidate.bm25_rank,
        ),
    )


def shown(metadata: Any) -> dict[str, Any]:
    """Metadata as plain values that steer no terminal."""
    return {printable(name): _value(value) for name, value in metadata.items()}


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    return [printable(item) for item in value] if isinstance(value, tuple) else value


def _score(score: Score | None) -> ScoreAnswer | None:
    if score is None:
        return None
    return ScoreAnswer(margin=score.margin, probability=score.probability, model=score.model)


def _told(failovers: tuple[Failover, ...] | list[Failover]) -> list[str]:
    return [f"{failover.name}: {failover.reason}" for failover in failovers]
