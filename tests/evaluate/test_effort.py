from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pertinent.errors import ModelError
from pertinent.evaluate.effort import CountingCache, Judge, timed
from pertinent.evaluate.result import Effort
from pertinent.rerankers.cached import CachedScorer
from pertinent.types import Scores
from support.fakes import WordOverlap


class Fingerprinted(WordOverlap):
    fingerprint = "overlap 1"


class Paid(WordOverlap):
    price_per_million_tokens = 50.0

    def count_tokens(self, query: str, documents: Sequence[str], *rest: object) -> int:
        return 100 * len(documents)


def test_what_the_cache_had_is_no_time(tmp_path: Path) -> None:
    cache = CountingCache(tmp_path / "scores.sqlite")
    judge = Judge(CachedScorer(Fingerprinted(), cache), [cache])
    judge.score("a b", ["a", "c"], None, before=1.0)
    first = judge.effort
    assert first.queries == 1
    assert first.seconds_median is not None
    assert first.seconds_median > 1.0
    judge.score("a b", ["a", "c"], None, before=1.0)
    assert judge.effort.queries == 1
    assert judge.effort.seconds_median == first.seconds_median
    judge.score("a b", ["a", "new"], None, before=1.0)  # one of two was there: no time of a whole query
    assert judge.effort.queries == 1
    assert judge.effort.documents_per_query == 2


def test_without_a_cache_every_query_is_timed() -> None:
    judge = Judge(WordOverlap())
    for _ in range(3):
        judge.score("a", ["a", "b"], None, before=None)
    assert judge.effort.queries == 3
    assert judge.effort.tokens_per_query is None
    assert judge.effort.cost_per_query is None


def test_a_query_without_candidates_takes_no_time() -> None:
    judge = Judge(WordOverlap())
    judge.score("a", ["a"], None, before=5.0)
    judge.score("b", [], None, before=0.0)
    effort = judge.effort
    assert effort.queries == 1
    assert effort.seconds_median is not None
    assert effort.seconds_median >= 5.0
    assert effort.documents_per_query == 0.5


def test_tokens_and_their_price() -> None:
    judge = Judge(Paid())
    judge.score("a", ["a", "b"], None, before=None)
    judge.score("a", ["a", "b", "c", "d"], None, before=None)
    effort = judge.effort
    assert effort.tokens_per_query == 300
    assert effort.cost_per_query == pytest.approx(50 * 300 / 1e6)


def test_a_wrong_number_of_scores_is_refused() -> None:
    class Short(WordOverlap):
        def score(self, *args: object, **options: object) -> Scores:
            return ()

    with pytest.raises(ModelError):
        Judge(Short()).score("a", ["a"], None, before=None)


def test_effort_of_no_query() -> None:
    assert timed([]) == Effort(0)
    assert timed([1.0, 3.0]).seconds_median == 2.0
