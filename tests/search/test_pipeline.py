from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.errors import Abandoned, ModelError, UsageError
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from pertinent.search import pipeline
from pertinent.search.pipeline import Stopwatch, search
from pertinent.search.result import SearchOptions, SearchResult
from pertinent.types import Passage, Query
from support.fakes import BagOfWords, Clock, ListStore, WordOverlap, passages

TEXTS = (
    "Asthma is a chronic disease of the airways.",
    "The weather was fine. Nobody fell ill.",
    "Metformin lowers glucose. It is taken with food.",
    "Insulin lowers glucose in blood.",
    "Which drug lowers glucose? Metformin is the drug.",
)


def ask(
    query: str = "Which drug lowers glucose",
    texts: tuple[str, ...] = TEXTS,
    reranker: Scorer | None = None,
    **options: object,
) -> SearchResult:
    store = ListStore(passages(*texts))
    chosen = SearchOptions(**options)  # type: ignore[arg-type]
    return search(Query(query), store, BagOfWords(), reranker or WordOverlap(), chosen)


def ids(result: SearchResult) -> list[str]:
    return [hit.passage.id for hit in result]


def test_the_passage_that_answers_comes_first() -> None:
    result = ask()
    assert ids(result)[0] == "p4"
    assert result.reranked is True
    assert result.reason == ""
    assert [hit.rank for hit in result] == [1, 2, 3, 4, 5]
    assert [hit.final for hit in result] == sorted((hit.final for hit in result), reverse=True)
    assert [c.passage.id for c in result.candidates] == ["p0", "p1", "p2", "p3", "p4"]


def test_final_is_the_documented_formula() -> None:
    for hit in ask():
        assert hit.score is not None
        assert hit.final == pytest.approx(0.9 * hit.score.probability + 0.1 * hit.candidate.rrf * 61 / 2)


def test_the_best_sentence_is_marked() -> None:
    by_id = {hit.passage.id: hit for hit in ask("Metformin lowers glucose")}
    assert by_id["p2"].sentence == "Metformin lowers glucose."
    assert by_id["p0"].sentence == TEXTS[0]


def test_the_first_stage_is_asked_for_four_times_top_k_unless_told() -> None:
    store = ListStore(passages(*TEXTS))
    for options in (SearchOptions(top_k=3), SearchOptions(top_k=3, candidates=50)):
        search(Query("q"), store, BagOfWords(), WordOverlap(), options)
    assert [limit for _, limit, _ in store.asked] == [12, 50]


def test_only_the_first_candidates_are_reranked_and_the_rest_follows() -> None:
    reranker = WordOverlap()
    result = ask(reranker=reranker, rerank_limit=2)
    assert reranker.scored == 2
    assert [hit.reranked for hit in result] == [True, True, False, False, False]
    assert ids(result)[2:] == ["p2", "p3", "p4"]
    assert result.reranked is True


def test_a_cascade_reads_the_head_of_its_small_model_and_says_so() -> None:
    small, large = WordOverlap(), WordOverlap()
    result = ask(reranker=Reranker.cascade(small, large, top_k=1, depth=3))
    assert result.reranked is True
    assert (small.scored, large.scored) == (len(TEXTS), 3)
    assert ids(result)[0] == "p4"
    assert [hit.score is not None and hit.score.exact for hit in result].count(True) == 3


def test_a_cascade_that_does_not_know_how_many_places_matter_leaves_the_first_stage() -> None:
    result = ask(reranker=Reranker.cascade(WordOverlap(), WordOverlap()))
    assert result.reranked is False
    assert "few first places" in result.reason


def test_without_a_reranker_the_first_stage_order_stays() -> None:
    result = ask(rerank_limit=0)
    assert ids(result) == ["p0", "p1", "p2", "p3", "p4"]
    assert result.reranked is False
    assert "No reranker" in result.reason


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pipeline, "time", clock)
    return clock


def test_a_deadline_orders_the_scored_head_and_keeps_the_rest(clock: Clock) -> None:
    texts = tuple(f"glucose {n}" if n % 2 else f"nothing {n}" for n in range(40))
    result = ask(
        "glucose", texts, WordOverlap(clock=clock, seconds=0.02), deadline=0.4, top_k=40, candidates=40
    )
    scored = [hit.reranked for hit in result]
    count = sum(scored)
    assert result.reranked == "partial"
    assert result.reason == "The deadline was reached."
    assert 12 <= count <= 18
    assert scored == [True] * count + [False] * (40 - count)
    assert {hit.candidate.rank for hit in result.hits[:count]} == set(range(1, count + 1))
    assert [hit.candidate.rank for hit in result.hits[count:]] == list(range(count + 1, 41))
    assert result.timings["total_ms"] <= 400


def test_a_deadline_also_bounds_the_best_sentences(clock: Clock) -> None:
    class Slow(BagOfWords):
        def embed_documents(self, texts, *, progress=None):  # type: ignore[no-untyped-def]
            clock.sleep(0.05)
            return super().embed_documents(texts)

    store = ListStore(passages(*(f"One glucose. Two {n}." for n in range(40))))
    options = SearchOptions(top_k=40, deadline=0.5)
    result = search(Query("glucose"), store, Slow(), WordOverlap(), options)
    found = [hit.best_sentence is not None for hit in result]
    assert 8 <= sum(found) <= 10
    assert found == sorted(found, reverse=True)
    assert result.timings["total_ms"] <= 550


def test_a_deadline_that_is_over_before_scoring_leaves_the_first_stage() -> None:
    reranker = WordOverlap()
    result = ask(reranker=reranker, deadline=1e-9)
    assert (reranker.scored, result.reranked, len(result)) == (0, False, 5)


def test_a_failing_reranker_never_fails_a_search() -> None:
    result = ask(reranker=WordOverlap(fail_after=0))
    assert ids(result) == ["p0", "p1", "p2", "p3", "p4"]
    assert result.reranked is False
    assert result.reason == "The reranker failed (RuntimeError)."


def test_our_own_errors_are_told_in_words() -> None:
    reranker = WordOverlap(fail_after=0)
    reranker.error = ModelError("The model is damaged.", hint="Build it again.")
    assert ask(reranker=reranker).reason == "The reranker failed: The model is damaged."


def test_a_reranker_that_fails_half_way_keeps_what_it_scored() -> None:
    result = ask(reranker=WordOverlap(fail_after=1), deadline=60)
    assert result.reranked == "partial"
    assert [hit.reranked for hit in result] == [True, False, False, False, False]


def test_a_reranker_that_returns_the_wrong_number_of_scores_is_a_failure() -> None:
    class Short(WordOverlap):
        def score(self, query, documents, instruction=None, *, progress=None):  # type: ignore[no-untyped-def]
            return super().score(query, documents[:-1])

    result = ask(reranker=Short())
    assert result.reranked is False
    assert "5 documents did not get one finite score each" in result.reason


def test_a_margin_that_is_no_number_is_a_failure() -> None:
    class Broken(WordOverlap):
        def score(self, query, documents, instruction=None, *, progress=None):  # type: ignore[no-untyped-def]
            good = super().score(query, documents)
            return (dataclasses.replace(good[0], margin=float("nan")), *good[1:])

    result = ask(reranker=Broken())
    assert result.reranked is False
    assert "finite" in result.reason
    assert ids(result) == ["p0", "p1", "p2", "p3", "p4"]


def test_interruption_is_not_swallowed() -> None:
    reranker = WordOverlap(fail_after=0)
    reranker.error = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        ask(reranker=reranker)


def test_at_most_n_passages_of_a_document() -> None:
    many = [Passage(f"p{n}", "one", f"glucose {n}") for n in range(5)] + [Passage("q", "two", "glucose")]
    store = ListStore(many)
    result = search(Query("glucose"), store, BagOfWords(), WordOverlap(), SearchOptions(max_per_document=2))
    assert sorted(hit.passage.document_id for hit in result) == ["one", "one", "two"]


def test_the_floor_leaves_out_what_was_judged_worse() -> None:
    result = ask(floor=0.5)
    assert set(ids(result)) == {"p4", "p2", "p3"}
    assert all(hit.score and hit.score.probability >= 0.5 for hit in result)
    nothing = ask(floor=1.0)
    assert (len(nothing), nothing.reason) == (0, "No candidate reached the floor.")


def test_what_was_not_scored_does_not_pass_a_floor_unless_nothing_was() -> None:
    assert all(hit.reranked for hit in ask(floor=0.01, rerank_limit=3))
    assert len(ask(floor=0.9, reranker=WordOverlap(fail_after=0))) == 5


@pytest.mark.parametrize("query", ["", "   ", "\n\t"])
def test_an_empty_query_finds_nothing_and_says_why(query: str) -> None:
    result = ask(query)
    assert (len(result), result.reason) == (0, "The query is empty.")


def test_an_empty_collection_says_so() -> None:
    result = ask(texts=())
    assert (len(result), result.reranked, result.reason) == (0, False, "The collection is empty.")


@pytest.mark.parametrize(
    "wrong",
    [
        {"top_k": 0},
        {"top_k": "5"},
        {"top_k": 2.5},
        {"candidates": True},
        {"deadline": "1"},
        {"floor": "x"}, {"top_k": 10**6}, {"candidates": 0}, {"rerank_limit": -1}, {"max_per_document": 0},
        {"deadline": 0}, {"deadline": float("nan")}, {"floor": 1.5}, {"floor": float("nan")},
    ],
)  # fmt: skip
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        SearchOptions(**wrong)  # type: ignore[arg-type]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.text(alphabet="abc ", min_size=1), max_size=12),
    st.integers(1, 12),
    st.integers(0, 12),
    st.integers(1, 3),
)
def test_every_search_keeps_its_promises(texts: list[str], top_k: int, limit: int, few: int) -> None:
    stored = [Passage(f"p{n}", f"d{n % 3}", text) for n, text in enumerate(texts)]
    options = SearchOptions(top_k=top_k, rerank_limit=limit, max_per_document=few)
    result = search(Query("a b"), ListStore(stored), BagOfWords(), WordOverlap(), options)
    assert len(result) <= top_k
    assert len(set(ids(result))) == len(result)
    documents = [hit.passage.document_id for hit in result]
    assert all(documents.count(d) <= few for d in documents)
    judged = [hit.reranked for hit in result]
    assert judged == sorted(judged, reverse=True)
    again = search(Query("a b"), ListStore(stored), BagOfWords(), WordOverlap(), options)
    assert again.hits == result.hits


def test_reranking_can_be_turned_off() -> None:
    result = ask(rerank="off")
    assert ids(result) == ids(ask(rerank_limit=0))
    assert result.reranked is False


def test_reranking_can_be_required() -> None:
    assert ask(rerank="required").reranked is True
    with pytest.raises(ModelError, match=r"was not\. The reranker failed \(RuntimeError\)"):
        ask(reranker=WordOverlap(fail_after=0), rerank="required")
    with pytest.raises(UsageError, match="0 candidates"):
        ask(rerank="required", rerank_limit=0)
    with pytest.raises(UsageError, match="sometimes"):
        ask(rerank="sometimes")


def test_nor_does_it_under_a_deadline(clock: Clock) -> None:
    for deadline in (None, 10.0):
        result = ask(reranker=WordOverlap(fail_after=0), deadline=deadline)
        assert ids(result) == ids(ask(rerank_limit=0))
        assert (result.reranked, result.reason) == (False, "The reranker failed (RuntimeError).")


def test_without_an_embedder_passages_are_found_by_their_words() -> None:
    store = ListStore(passages(*TEXTS))
    found = search(Query("glucose"), store, None, WordOverlap(), SearchOptions())
    assert len(found) == len(TEXTS)
    assert found.embedder is None
    assert found.mixed is False
    assert {hit.best_sentence for hit in found} == {None}


def test_whoever_looks_at_the_watch_may_end_the_search() -> None:
    reranker = WordOverlap()

    def look() -> None:
        if reranker.scored:
            raise Abandoned

    store = ListStore(passages(*TEXTS))
    options = SearchOptions(deadline=60.0)
    with pytest.raises(Abandoned):
        search(Query("glucose"), store, BagOfWords(), reranker, options, Stopwatch(look))
    assert reranker.scored == 1


def test_another_constant_of_fusion_keeps_final_within_bounds() -> None:
    first = ask(rrf_constant=1, rerank_limit=0).hits[0]
    assert first.candidate.rrf == 1.0
    assert first.final == pytest.approx(0.1)
