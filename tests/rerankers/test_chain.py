"""Chains: the first that answers scores all, failover says why, and no ranking mixes models."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from pertinent import Collection, Document, Reranker
from pertinent.errors import Abandoned, FetchError, ModelError, ProviderUnavailable, UsageError
from pertinent.rerankers.local import LocalReranker
from pertinent.search.final import FinalFormula
from pertinent.search.pipeline import search
from pertinent.search.result import SearchOptions
from pertinent.types import Passage, Query, Score
from support.fakes import BagOfWords, Counting, ListStore, within
from support.faulty_server import drip, faulty_server, good, hang, status
from support.services import remote

QUERY, DOCUMENTS = "what lowers glucose", ["It rained.", "metformin lowers glucose", "glucose is a sugar"]


pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


def test_the_first_answers_and_no_other_is_asked() -> None:
    first, second = Counting("a"), Counting("b")
    ranking = Reranker([first, second]).rank("q", ["a", "bb"])
    assert ranking.model.name == "a"
    assert (ranking.failovers, second.calls) == ((), 0)


def test_search_orders_by_the_constants_of_the_one_that_answered() -> None:
    def final_weight(*chain: Counting) -> float:
        store = ListStore([Passage("p", "d", "glucose")])
        (hit,) = search(Query("q"), store, BagOfWords(), Reranker(list(chain)), SearchOptions())
        assert hit.score is not None
        return (1 - hit.final) / (1 - hit.score.probability)  # final is w * p + (1 - w) * 1

    first, second = Counting("a"), Counting("b")
    first.constants, second.constants = {"weight": 0.4}, {"weight": 0.7}  # type: ignore[attr-defined]
    assert final_weight(first, second) == pytest.approx(0.4)
    first.fails = 9
    assert final_weight(first, second) == pytest.approx(0.7)
    assert final_weight(Counting("c", fails=9), Counting("d")) == pytest.approx(FinalFormula().weight)


def test_a_failure_is_told_with_its_reason_and_without_foreign_texts() -> None:
    known = ModelError("The model is broken.", hint="Mend it.")
    chain = [Counting("a", fails=1), Counting("b", fails=1, error=known), Counting("c")]
    ranking = Reranker(chain).rank("q", ["a", "bb"])
    assert ranking.model.name == "c"
    assert [(one.name, one.reason) for one in ranking.failovers] == [
        ("a", "it failed (RuntimeError)"),
        ("b", "The model is broken."),
    ]
    assert ranking.served["failovers"][1]["name"] == "b"


def test_where_none_answers_every_reason_is_told() -> None:
    with pytest.raises(ProviderUnavailable, match=r"None of the 2.*a: it failed.*b: it failed") as caught:
        Reranker([Counting("a", fails=9), Counting("b", fails=9)]).rank("q", ["a"])
    assert "secret" not in str(caught.value)


def test_nan_is_a_failure_too() -> None:
    broken = Counting("a")
    broken.score = lambda *_, **__: (Score.from_margin(float("nan"), broken.model),)  # type: ignore[method-assign]
    assert Reranker([broken, Counting("b")]).rank("q", ["a"]).model.name == "b"


def test_a_failed_part_has_all_documents_scored_by_one_provider() -> None:
    with faulty_server(good, usual=status(500, {})) as first, faulty_server() as second:
        chain = [
            remote(first, name="first", attempts=1, connections=1, limits={"documents": 1}),
            remote(second, name="second"),
        ]
        ranking = Reranker(chain).rank(QUERY, DOCUMENTS)
    assert {item.score.engine for item in ranking} == {"second"}
    assert len(second.bodies[0]["documents"]) == 3
    assert [receipt.provider for receipt in ranking.receipts] == ["first", "second"]


def test_a_chain_answers_everything_while_its_first_provider_fails_half_the_time() -> None:
    chance = random.Random(7)

    def moody(handler: object) -> None:
        say = status(503, {}) if chance.random() < 0.5 else good
        say(handler)  # type: ignore[arg-type]

    with faulty_server(usual=moody) as first, faulty_server() as second:
        chain = [remote(first, name="first", attempts=2), remote(second, name="second")]
        reranker = Reranker(chain)
        failed = 0
        for number in range(1000):
            ranking = reranker.rank(QUERY, DOCUMENTS)
            assert [item.index for item in ranking] == [1, 2, 0], number
            assert len({item.score.engine for item in ranking}) == 1
            failed += bool(ranking.failovers)
        assert 0 < failed < 1000
        assert second.count == failed


def test_names_are_checked_at_once_and_models_of_the_hub_are_fetched_when_needed() -> None:
    chain = Reranker(["pertinent-mini-reranker", "local:Qwen/Qwen3-Reranker-0.6B"], offline=True)
    assert chain.model.name == "pertinent-mini-reranker | Qwen/Qwen3-Reranker-0.6B"
    assert chain.rank(QUERY, DOCUMENTS)[0].index == 1
    with pytest.raises(UsageError, match="no provider named 'deepinfraa'"):
        Reranker(["pertinent-mini-reranker", "deepinfraa:m"])
    with pytest.raises(ModelError, match="an embedder"):
        Reranker(["pertinent-mini-reranker", "Qwen/Qwen3-Embedding-0.6B"])
    with pytest.raises(ModelError):
        Reranker(["pertinent-mini-reranker", "no-such-model"])
    with pytest.raises(UsageError, match="Options"):
        Reranker(["pertinent-mini-reranker"], device="cuda")
    with pytest.raises(UsageError, match="no rerankers"):
        Reranker([])


def test_a_hub_that_does_not_answer_is_a_failover() -> None:
    chain = Reranker(["local:Qwen/Qwen3-Reranker-0.6B", "local:pertinent-mini-reranker"], offline=True)
    ranking = chain.rank(QUERY, DOCUMENTS)
    assert ranking.model.name == "pertinent-mini-reranker"
    assert ranking.failovers[0].name == "Qwen/Qwen3-Reranker-0.6B"
    with pytest.raises(FetchError):
        Reranker("local:Qwen/Qwen3-Reranker-0.6B", offline=True)


def test_a_search_goes_on_with_the_chain_and_says_so(tmp_path: Path) -> None:
    with faulty_server(usual=status(500, {})) as server:
        first = remote(server, attempts=1)
        with Collection(tmp_path / "notes", reranker=[first, LocalReranker()]) as notes:
            notes.add([Document("1", "Metformin lowers glucose."), Document("2", "It rained all day.")])
            for deadline in (None, 60.0):
                result = notes.search("What lowers glucose?", deadline=deadline)
                assert result.reranked is True
                assert result.reranker is not None
                assert result.reranker.name == "pertinent-mini-reranker"
                (failover,) = result.to_dict()["served"]["failovers"]
                assert failover["name"] == first.model.name


def test_under_a_deadline_a_service_that_hangs_leaves_time_for_the_next() -> None:
    with faulty_server(usual=hang) as slow, faulty_server() as quick:
        chain = Reranker([remote(slow), remote(quick, name="quick")])
        timed = chain.score_timed(QUERY, DOCUMENTS, None, within(2.0))  # after it there would be no scores
    assert timed.error is None
    assert [score.engine for score in timed.scores] == ["quick"] * 3


def test_under_a_deadline_that_nobody_keeps_there_are_no_scores_and_a_reason() -> None:
    with faulty_server(usual=drip(0.02)) as slow:
        timed = Reranker([remote(slow)]).score_timed(QUERY, DOCUMENTS, None, within(0.2))
    assert timed.scores == ()
    assert isinstance(timed.error, ProviderUnavailable)


def test_a_local_member_scores_what_it_can_until_the_deadline() -> None:
    chain = Reranker([Counting("a", fails=1), Counting("b", late=0.03)])
    timed = chain.score_timed("q", ["a"] * 500, None, within(0.3))
    assert 0 < len(timed.scores) < 500
    assert {score.model for score in timed.scores} == {"b"}


def test_a_chain_can_be_asked_from_an_event_loop() -> None:
    with faulty_server(usual=status(500, {})) as first, faulty_server() as second:
        chain = Reranker([remote(first, attempts=1), remote(second, name="second")])
        ranking = asyncio.run(chain.arank(QUERY, DOCUMENTS))
    assert ranking.receipts[0].provider == "second"
    assert len(ranking.failovers) == 1


@pytest.mark.parametrize("refusal", [401, 403])
def test_a_service_that_refuses_the_key_is_not_asked_again(
    refusal: int, caplog: pytest.LogCaptureFixture
) -> None:
    with faulty_server(status(refusal)) as server:
        chain = Reranker([remote(server), Counting("here")])
        first = chain.rank(QUERY, DOCUMENTS)
        second = chain.rank(QUERY, DOCUMENTS)
        timed = chain.score_timed(QUERY, DOCUMENTS, None, within(5))
        assert server.count == 1
    assert {first.model.name, second.model.name, timed.scores[0].model} == {"here"}
    assert f"answered {refusal} and is not asked again" in second.failovers[0].reason
    assert [record.message.count("not asked again by this process") for record in caplog.records] == [1]


def test_nobody_is_left_where_all_refuse_the_key() -> None:
    with faulty_server(status(401)) as server:
        chain = Reranker([remote(server)])
        for _ in range(2):
            with pytest.raises(ProviderUnavailable, match="401"):
                chain.score(QUERY, DOCUMENTS)
        assert server.count == 1


def test_progress_under_a_deadline_counts_all_documents_and_can_end_the_work() -> None:
    class Telling(Counting):
        def score(self, query, documents, instruction=None, *, progress=None):  # type: ignore[no-untyped-def]
            scores = super().score(query, documents, instruction)
            progress(len(documents), len(documents))
            return scores

    told: list[tuple[int, int]] = []
    one = Telling("a")
    Reranker([one]).score_timed("q", ["x"] * 9, None, within(5), progress=lambda *of: told.append(of))
    assert told[-1] == (9, 9)
    assert told == sorted(told)

    def stop(done: int, total: int) -> None:
        raise Abandoned

    second = Counting("b")
    with pytest.raises(Abandoned):
        Reranker([Telling("a"), second]).score_timed("q", ["x"] * 9, None, within(5), progress=stop)
    assert second.calls == 0
