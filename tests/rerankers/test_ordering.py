from __future__ import annotations

import pytest

from pertinent.errors import ModelError, UsageError
from pertinent.providers.account import Account
from pertinent.rerankers.cascade import Cascade
from pertinent.rerankers.ordering import put_in_order, score_for_top
from pertinent.rerankers.protocol import Scorer
from pertinent.types import Document, Failover, Query, Ranking, Receipt, Score, Scores
from support.fakes import Counting

TEXTS = ["aaa", "a", "aa", "aaa"]


def ranked(scores: Scores, scorer: Scorer | None = None, **options: object) -> Ranking:
    documents = [Document(str(place), "text") for place in range(len(scores))]
    given = {"top_k": None, "threshold": None, "account": Account()} | options
    return put_in_order(scorer or Counting("m"), Query("q"), documents, scores, **given)  # type: ignore[arg-type]


def scored(scorer: Scorer, **options: object) -> Scores:
    given = {"top_k": None, "prune": None, "progress": None} | options
    return score_for_top(scorer, "q", TEXTS, None, **given)  # type: ignore[arg-type]


def test_best_first_and_equals_as_they_came() -> None:
    ranking = ranked(scored(Counting("m")))
    assert [item.index for item in ranking] == [0, 3, 2, 1]
    assert [item.rank for item in ranking] == [1, 2, 3, 4]
    assert [item.index for item in ranked(scored(Counting("m")), top_k=2)] == [0, 3]


def test_a_threshold_is_a_probability_and_ranks_have_no_gaps() -> None:
    scores = tuple(Score.from_margin(margin, Counting("m").model) for margin in (-2.0, 3.0, 0.0))
    ranking = ranked(scores, threshold=0.5)
    assert [(item.rank, item.index) for item in ranking] == [(1, 1), (2, 2)]


def test_what_was_accounted_stands_in_the_ranking() -> None:
    account = Account([Receipt("p", "m")], [Failover("other", "no key")])
    ranking = ranked((), account=account)
    assert (len(ranking), ranking.receipts, ranking.failovers) == (
        0, tuple(account.receipts), tuple(account.failovers),
    )  # fmt: skip


def test_a_cascade_hears_how_many_places_matter_and_tells_what_it_saved() -> None:
    both = Cascade(Counting("small"), Counting("large"), depth=1)
    scores = scored(both, top_k=1)
    assert [score.exact for score in scores] == [True, False, False, True], "equals are read together"
    assert ranked(scores, both).large_share_saved == 0.5
    assert ranked(scores).large_share_saved is None


@pytest.mark.parametrize("options", [{"prune": "top_k"}, {"prune": "other", "top_k": 1}])
def test_pruning_needs_to_know_for_how_many(options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="--prune"):
        scored(Counting("m"), **options)


def test_only_a_decoder_prunes() -> None:
    with pytest.raises(UsageError, match="m cannot prune"):
        scored(Counting("m"), prune="top_k", top_k=1)


def test_a_scorer_that_loses_a_text_is_refused() -> None:
    class Losing(Counting):
        def score(self, query, documents, instruction=None, *, progress=None) -> Scores:  # type: ignore[no-untyped-def]
            return super().score(query, documents, instruction)[1:]

    with pytest.raises(ModelError, match="4 documents"):
        scored(Losing("m"))
