"""From a scorer to a ranking: how it is asked where only the first places count, and what order follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from pertinent.errors import UsageError
from pertinent.providers.account import Account
from pertinent.rerankers.cached import CachedScorer
from pertinent.rerankers.cascade import Cascade
from pertinent.rerankers.causal import CausalReranker
from pertinent.rerankers.chain import answered
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.types import Document, Progress, Query, RankedDocument, Ranking, Scores

Prune: TypeAlias = Literal["top_k"] | None
"""Whether documents may be dropped before the model's last layer."""


def score_for_top(
    scorer: Scorer,
    query: str,
    texts: Sequence[str],
    instruction: str | None,
    *,
    top_k: int | None,
    prune: Prune,
    progress: Progress | None,
) -> Scores:
    """Score texts of which the first ``top_k`` are wanted; cascades and pruned models do less then.

    Raises
    ------
    UsageError
        If documents shall be pruned without ``top_k`` or by a model that cannot.
    ModelError
        If there is not one finite margin per text.
    """
    if prune is not None:
        if prune != "top_k" or top_k is None:
            raise UsageError(
                f"prune is {prune!r} and top_k {top_k}.",
                hint='Give prune="top_k" (--prune) together with a top_k (--top-k).',
            )
        # A cache holds exact scores only, and pruned ones are not.
        plain = scorer.scorer if isinstance(scorer, CachedScorer) else scorer
        if not isinstance(plain, CausalReranker):
            raise UsageError(f"{scorer.model.name} cannot prune.", hint="Leave prune out, or name a decoder.")
        scores = plain.score(query, texts, instruction, progress=progress, keep_top=top_k)
    elif isinstance(scorer, Cascade):
        scores = scorer.score(query, texts, instruction, progress=progress, top_k=top_k)
    else:
        scores = scorer.score(query, texts, instruction, progress=progress)
    return checked(scores, texts)


def put_in_order(
    scorer: Scorer,
    query: Query,
    documents: Sequence[Document],
    scores: Scores,
    *,
    top_k: int | None,
    threshold: float | None,
    account: Account,
) -> Ranking:
    """Sort documents by margin, best first; equal margins keep their order.

    ``account`` holds what services took for the scores.
    """
    order = sorted(range(len(documents)), key=lambda index: -scores[index].margin)
    kept = [index for index in order if threshold is None or scores[index].probability >= threshold]
    items = (
        RankedDocument(rank, index, documents[index], scores[index])
        for rank, index in enumerate(kept[:top_k], 1)
    )
    saved = None
    if isinstance(scorer, Cascade):
        saved = sum(not score.exact for score in scores) / max(1, len(scores))
    model = answered(scorer, scores)
    return Ranking(query, model, tuple(items), saved, tuple(account.receipts), tuple(account.failovers))
