"""A wrapper tells of the scorer within what that tells of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.engine.causal_model import EngineOptions
from pertinent.engine.identity import RunsOn
from pertinent.errors import UsageError
from pertinent.rerankers.cached import CachedScorer
from pertinent.rerankers.causal import CausalReranker
from pertinent.rerankers.local import LocalReranker
from pertinent.rerankers.reranker import Reranker
from pertinent.rerankers.score_cache import ScoreCache
from support.fakes import WordOverlap
from support.tiny_reranker import tiny_reranker

QUERY, TEXTS = "what lowers glucose?", ["It rained.", "Metformin " * 600]


@pytest.fixture(scope="module")
def causal(tmp_path_factory: pytest.TempPathFactory) -> CausalReranker:
    folder = tmp_path_factory.mktemp("models") / "tiny-reranker"
    tiny_reranker(folder, seed=2)
    return CausalReranker(folder, options=EngineOptions("torch", "cpu", "float32"))


def test_facade_and_cache_say_what_the_model_says(causal: CausalReranker, tmp_path: Path) -> None:
    cached = CachedScorer(causal, ScoreCache(tmp_path / "scores.sqlite"))
    for wrapper in (cached, Reranker(causal), Reranker(cached)):
        assert wrapper.model == causal.model
        assert wrapper.runs_on == causal.runs_on == RunsOn("torch", "float32", "cpu")
        assert wrapper.prompt_hash() == causal.prompt_hash()
        assert wrapper.prompt_hash("Find ships.") == causal.prompt_hash("Find ships.")
        found = wrapper.count_tokens(QUERY, TEXTS, "Find ships.")
        assert found == causal.count_tokens(QUERY, TEXTS, "Find ships.")


def test_what_the_cache_knows_counts_as_well(causal: CausalReranker, tmp_path: Path) -> None:
    cached = CachedScorer(causal, ScoreCache(tmp_path / "scores.sqlite"))
    before = cached.count_tokens(QUERY, TEXTS)
    cached.score(QUERY, TEXTS)
    assert cached.count_tokens(QUERY, TEXTS) == before


def test_the_facade_takes_instructions_by_name(causal: CausalReranker) -> None:
    reranker = Reranker(causal)
    plain = "Given a rule of a community, retrieve messages that break it"
    assert reranker.prompt_hash("moderation") == causal.prompt_hash(plain) != causal.prompt_hash()
    assert reranker.count_tokens(QUERY, TEXTS, "moderation") == causal.count_tokens(QUERY, TEXTS, plain)
    with pytest.raises(UsageError, match="no ready instruction"):
        reranker.prompt_hash("no-such-name")


def test_a_scorer_that_tells_nothing_is_no_error() -> None:
    reranker = Reranker(WordOverlap())
    assert reranker.prompt_hash() == ""
    assert reranker.runs_on == RunsOn()
    assert reranker.count_tokens(QUERY, TEXTS) is None
    assert dict(reranker.constants) == {}
    reranker.load()


def test_a_cascade_joins_what_both_say(causal: CausalReranker) -> None:
    local = LocalReranker()
    cascade = Reranker.cascade(local, causal, top_k=1, depth=1)
    assert cascade.prompt_hash() == f"{local.prompt_hash()} + {causal.prompt_hash()}"
    assert cascade.runs_on == ("openvino + torch", "int8 + float32", "cpu + cpu")
    assert Reranker.cascade(local, WordOverlap()).count_tokens(QUERY, TEXTS) is None


@pytest.mark.parametrize("texts", [TEXTS, [*TEXTS, *TEXTS], TEXTS[:1], []])
def test_of_a_cascade_counts_what_each_model_read(causal: CausalReranker, texts: list[str]) -> None:
    local = LocalReranker()
    cascade = Reranker.cascade(local, causal, top_k=1, depth=1)
    scores = cascade.score(QUERY, texts)
    unique = list(dict.fromkeys(texts))
    read = [text for text in unique if scores[texts.index(text)].exact]
    assert len(read) == min(1, len(texts))
    small = local.count_tokens(QUERY, unique) if len(unique) > 1 else 0
    assert cascade.count_tokens(QUERY, texts, None, scores) == small + causal.count_tokens(QUERY, read)
    assert cascade.count_tokens(QUERY, texts) == small + causal.count_tokens(QUERY, unique)


def test_a_cascade_that_read_on_to_the_end_counts_both(causal: CausalReranker) -> None:
    local = LocalReranker()
    cascade = Reranker.cascade(local, causal, top_k=1, depth=1, slack=1000.0)
    scores = cascade.score(QUERY, TEXTS)
    assert all(score.exact for score in scores)
    both = local.count_tokens(QUERY, TEXTS) + causal.count_tokens(QUERY, TEXTS)
    assert cascade.count_tokens(QUERY, TEXTS, None, scores) == both
