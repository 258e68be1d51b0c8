"""Every model says which services it asks, whatever is around it; and a lock lets nothing through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pertinent import Embedder, Reranker
from pertinent.embedders.local import LocalEmbedder
from pertinent.errors import LocalOnlyError, PertinentError
from pertinent.providers.leaving import require_local, services_of, texts_stay
from pertinent.rerankers.cached import CachedScorer
from pertinent.rerankers.cascade import Cascade
from pertinent.rerankers.missing import MissingReranker
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.score_cache import ScoreCache
from pertinent.serve.engines import ServedModel
from pertinent.serve.metrics import Metrics
from pertinent.serve.queued_reranker import QueuedReranker
from pertinent.types import Progress, Scores
from support.fakes import BagOfWords, WordOverlap
from support.faulty_server import embed, faulty_server
from support.services import remote

NOWHERE = "http://127.0.0.1:9"
THERE = f"{NOWHERE}/v1/rerank"
HERE = WordOverlap()

ROUND_A_SERVICE: dict[str, Callable[[Path], object]] = {
    "a service": lambda _: remote(NOWHERE),
    "a name": lambda _: Reranker(THERE),
    "a reranker of a reranker": lambda _: Reranker(Reranker(THERE)),
    "a chain": lambda _: Reranker([HERE, THERE]),
    "a chain that has a model still to fetch": lambda _: Reranker(["Qwen/Qwen3-Reranker-0.6B", THERE]),
    "a chain in a chain": lambda _: Reranker([HERE, Reranker([HERE, remote(NOWHERE)])]),
    "the small model of a cascade": lambda _: Cascade(remote(NOWHERE), HERE),
    "the large model of a cascade": lambda _: Reranker.cascade(HERE, THERE),
    "a cache": lambda folder: CachedScorer(remote(NOWHERE), ScoreCache(folder / "s")),  # type: ignore[arg-type]
    "a queue": lambda _: QueuedReranker(ServedModel(remote(NOWHERE), Metrics())),
    "a reranker without its key": lambda _: MissingReranker(
        ["local:a", "deepinfra:m"], PertinentError("", hint="")
    ),
    "an embedder": lambda _: Embedder(f"{NOWHERE}/v1/embeddings"),
}


@pytest.mark.parametrize("make", ROUND_A_SERVICE.values(), ids=ROUND_A_SERVICE)
def test_what_asks_a_service_says_so(make: Callable[[Path], object], tmp_path: Path) -> None:
    model = make(tmp_path)
    assert len(services_of(model)) == 1
    with pytest.raises(LocalOnlyError, match="'notes' is local-only"):
        require_local("notes", BagOfWords(), model)


@pytest.mark.parametrize(
    "model",
    [HERE, BagOfWords(), Reranker(), Reranker([HERE, "local:pertinent-mini-reranker"]), LocalEmbedder()],
    ids=lambda model: type(model).__name__,
)
def test_what_works_here_asks_nobody(model: object) -> None:
    assert services_of(model) == ()
    require_local("notes", model)


class Hidden:
    """A reranker of somebody's own that does not tell whom it asks."""

    def __init__(self, inside: Scorer) -> None:
        self._inside = inside
        self.model = inside.model

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        return self._inside.score(query, documents, instruction)


def test_no_request_is_sent_where_texts_stay() -> None:
    with faulty_server() as server:
        hidden = Hidden(remote(server))
        assert services_of(hidden) == ()
        with texts_stay(), pytest.raises(LocalOnlyError):
            hidden.score("q", ["d"])
        hedged = Reranker([remote(server), remote(server, name="other")], hedge=True)
        with texts_stay(), pytest.raises(PertinentError):
            hedged.score("q", ["d"])
        assert server.count == 0
        assert len(hidden.score("q", ["d"])) == 1
        assert server.count == 1


def test_no_text_is_embedded_where_texts_stay() -> None:
    with faulty_server(usual=embed) as server:
        embedder = Embedder(f"{server.address}/v1/embeddings")
        with texts_stay(), pytest.raises(LocalOnlyError):
            embedder.embed_documents(["d"])
        assert server.count == 0
