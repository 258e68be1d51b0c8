from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from pertinent.embedders.embedder import Embedder
from pertinent.errors import Abandoned, CollectionMismatch, LocalOnlyError, ModelError
from pertinent.kb import pipeline
from pertinent.kb.models import ConfiguredModels
from pertinent.kb.pipeline import ConfiguredSearch, open_knowledge_base
from pertinent.kb.settings import PipelineSettings
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from support.fakes import Clock, WordOverlap
from support.knowledge import GivenModels

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")

QUESTION = "What lowers glucose?"


@cache
def carried() -> Embedder:
    return Embedder()


def given(reranker: Scorer | None = None, *, embeds: bool = True) -> GivenModels:
    return GivenModels(reranker, carried() if embeds else None)


def base(path: Path, models: ConfiguredModels, **settings: object) -> ConfiguredSearch:
    return ConfiguredSearch(path, PipelineSettings(**settings), models)  # type: ignore[arg-type]


def test_it_searches_as_configured(answers: Path) -> None:
    scorer = WordOverlap()
    with base(answers, given(scorer), top_k=2, candidate_multiplier=1, max_per_file=1) as asked:
        found = asked.search(QUESTION)
    assert found.reranked is True
    assert len(found) == 2
    assert scorer.scored == len(found.candidates) <= 4  # all that two lists of two hold
    assert found.mixed is False


def test_at_most_so_many_passages_of_one_file(answers: Path) -> None:
    for most in (1, 3):
        with base(answers, given(WordOverlap()), max_per_file=most, top_k=20) as asked:
            counted = Counter(hit.passage.document_id for hit in asked.search("glucose measured on day 3"))
        assert counted["long"] == most


def test_the_threshold_leaves_out_what_is_not_relevant(answers: Path) -> None:
    with base(answers, given(WordOverlap()), rerank_threshold=0.5) as asked:
        found = asked.search("lowers glucose")
        assert {hit.passage.document_id for hit in found} == {"0", "1"}
        assert len(asked.search("lowers glucose", threshold=0.0)) > 2


def test_the_constant_of_fusion_is_that_of_the_settings(answers: Path) -> None:
    with base(answers, given(WordOverlap()), rrf_k=1) as asked:
        best = asked.search(QUESTION, rerank="off").hits[0]
    candidate = best.candidate
    ranks = [rank for rank in (candidate.dense_rank, candidate.bm25_rank) if rank]
    assert candidate.rrf == pytest.approx(sum(1 / (1 + rank) for rank in ranks))
    assert 0 < best.final <= 0.1 + 1e-9


def test_without_reranking_no_reranker_is_waited_for(answers: Path) -> None:
    with base(answers, given(), rerank_enabled=False) as asked:
        found = asked.search(QUESTION)
    assert found.reranked is False
    assert "No reranker" in found.reason
    assert len(found) > 0


def test_a_reranker_that_is_still_being_loaded_leaves_first_stage_order(answers: Path) -> None:
    with base(answers, given(), rerank_deadline_ms=500) as asked:
        found = asked.search(QUESTION)
    assert found.reranked is False
    assert "still being loaded" in found.reason
    ranks = [hit.candidate.rank for hit in found]
    assert ranks == sorted(ranks)
    assert found.timings["total_ms"] < 5000


def test_an_embedder_that_is_still_being_loaded_leaves_words(
    answers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "LOADING_SHARE", 0.01)
    with base(answers, given(WordOverlap(), embeds=False)) as asked:
        found = asked.search(QUESTION)
    assert found.embedder is None
    assert "by their words alone" in found.reason
    assert {hit.candidate.dense_rank for hit in found} == {None}
    assert found.hits[0].candidate.bm25_rank is not None
    assert found.reranked in (True, "partial")


def test_whoever_waits_no_longer_ends_the_search(answers: Path) -> None:
    class Slow(WordOverlap):
        pass

    scorer = Slow(clock=Clock())
    looks = iter([False] * 12 + [True] * 1000)

    def look() -> None:
        if next(looks):
            raise Abandoned

    with base(answers, given(scorer)) as asked, pytest.raises(Abandoned):
        asked.search(QUESTION, look=look)


def test_progress_is_told_in_candidates(answers: Path) -> None:
    told: list[tuple[int, int]] = []

    class Telling(WordOverlap):
        def score(self, query, documents, instruction=None, *, progress=None):  # type: ignore[no-untyped-def]
            scores = super().score(query, documents, instruction)
            progress(len(documents), len(documents))
            return scores

    with base(answers, given(Telling())) as asked:
        found = asked.search(QUESTION, progress=lambda done, total: told.append((done, total)))
    count = len(found.candidates)
    assert told[-1] == (count, count)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_another_embedder_than_that_of_the_collection_is_an_error(answers: Path, tmp_path: Path) -> None:
    with (
        open_knowledge_base(answers, PipelineSettings(embedding_model=str(tmp_path / "none"))) as asked,
        pytest.raises(CollectionMismatch, match="pertinent-mini-embedder"),
    ):
        asked.search(QUESTION)


def test_a_name_that_no_model_has_is_an_error(answers: Path) -> None:
    with (
        open_knowledge_base(answers, PipelineSettings(rerank_model=("no-such-model",))) as asked,
        pytest.raises(ModelError, match="no-such-model"),
    ):
        asked.search(QUESTION)


def test_a_key_that_is_missing_takes_one_member_out(answers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEPINFRA_TOKEN", raising=False)
    chain = ("deepinfra:Qwen/Qwen3-Reranker-8B", "pertinent-mini-reranker")
    with open_knowledge_base(answers, PipelineSettings(rerank_model=chain)) as asked:
        found = asked.search(QUESTION)
    assert found.reranked is True
    assert found.reranker is not None
    assert found.reranker.name == "pertinent-mini-reranker"
    assert [failover.name for failover in found.failovers] == [chain[0]]
    assert found.mixed is False  # of the one that answered


def test_nothing_of_a_local_only_collection_leaves_whatever_is_set(patients: Path) -> None:
    remote = "http://127.0.0.1:9/v1/rerank"  # nobody listens there: an attempt would be told
    with open_knowledge_base(patients, PipelineSettings(rerank_model=(remote,))) as asked:
        found = asked.search(QUESTION)
    assert found.reranked is True
    assert found.failovers == ()
    assert found.reranker is not None
    assert found.reranker.name == "pertinent-mini-reranker"


def test_a_local_only_collection_takes_no_embedder_at_a_service(patients: Path) -> None:
    models = given(Reranker("http://127.0.0.1:9/v1/rerank"))
    with base(patients, models) as asked, pytest.raises(LocalOnlyError):
        asked.search(QUESTION)


def test_a_mixed_pair_is_reported(answers: Path) -> None:
    class Other(WordOverlap):
        model = WordOverlap.model.__class__("other", "1", "qwen3_reranker", "reranker", 512, 1, "CC0-1.0")

    with base(answers, given(Other())) as asked:
        assert asked.search(QUESTION).mixed is True
