"""The client over real sockets: what is sent, what comes back, and what is kept of it."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from pertinent import Reranker
from pertinent.errors import ProviderError, ProviderRefused, ProviderUnavailable, SettingsError, UsageError
from pertinent.providers.account import accounting
from support.faulty_server import drip, faulty_server, good, hang, status
from support.services import KEY, MODEL, remote, waits

QUERY = "what lowers glucose"
DOCUMENTS = ["It rained.", "metformin lowers glucose", "glucose is a sugar"]


def configure(text: str) -> None:
    Path("pertinent.toml").write_text(text)


@pytest.mark.parametrize("dialect", ["deepinfra", "cohere"])
def test_a_provider_by_its_name(dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with faulty_server() as server:
        configure(f'[providers.{dialect}]\naddress = "{server.address}"\nkey_variable = "MY_KEY"\n')
        ranking = Reranker(f"{dialect}:{MODEL}").rank(QUERY, DOCUMENTS)
    assert [item.index for item in ranking] == [1, 2, 0]
    assert [item.score.scale for item in ranking] == ["probability"] * 3
    assert ranking.model.name == f"{dialect}:{MODEL}"
    assert ranking[0].score.engine == dialect
    (receipt,) = ranking.receipts
    assert (receipt.tokens, receipt.requests, receipt.request_ids) == (30, 1, ("r-1",))
    (headers,) = server.headers
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["X-Request-ID"]
    path = f"/v1/inference/{MODEL}" if dialect == "deepinfra" else "/v2/rerank"
    assert server.paths == [path]


def test_the_address_of_an_endpoint_gets_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("PERTINENT_API_KEY", "CO_API_KEY", "VLLM_API_KEY"):
        monkeypatch.setenv(variable, KEY)
    with faulty_server() as server:
        for path in ("/v1/rerank", "/v2/rerank", "/rerank"):
            ranking = Reranker(f"{server.address}{path}#m").rank(QUERY, DOCUMENTS, top_k=1)
            assert ranking[0].index == 1
    assert server.paths == ["/v1/rerank", "/v2/rerank", "/rerank"]
    assert [body["model"] for body in server.bodies] == ["m"] * 3
    assert all("Authorization" not in headers for headers in server.headers)


def test_a_server_that_does_not_understand_is_asked_in_the_other_words_of_its_path() -> None:
    def only_texts(handler: object) -> None:
        known = "texts" in handler.asked  # type: ignore[attr-defined]
        (good if known else status(422, {"error": "missing field `texts`"}))(handler)  # type: ignore[arg-type]

    with faulty_server(usual=only_texts) as server:
        reranker = Reranker(f"{server.address}/rerank")
        assert reranker.rank(QUERY, DOCUMENTS)[0].index == 1
        asked = server.count
        assert reranker.rank(QUERY, DOCUMENTS)[0].index == 1
        assert server.count == asked + 1


def test_margins_are_finite_and_keep_the_order() -> None:
    scores = [0.0, 1.0, 0.5, 1e-30, 1 - 1e-9]
    with faulty_server(usual=status(200, {"scores": scores})) as server:
        found = remote(server).score("q", ["a", "b", "c", "d", "e"])
    assert [score.probability for score in found] == scores
    margins = [score.margin for score in found]
    assert sorted(range(5), key=margins.__getitem__) == sorted(range(5), key=scores.__getitem__)
    assert all(abs(margin) < 1000 for margin in margins)


def test_raw_scores_are_margins() -> None:
    with faulty_server(usual=status(200, {"scores": [-3.5, 2.0]})) as server:
        first, second = remote(server, scale="margin").score("q", ["a", "b"])
        assert (first.margin, second.margin, first.scale) == (-3.5, 2.0, "margin")
        with pytest.raises(ProviderError, match="no probabilities") as caught:
            remote(server, attempts=1).score("q", ["a", "b"])
    assert 'scale = "margin"' in caught.value.hint


def test_the_query_is_repeated_where_the_service_wants_it_so_and_that_is_remembered() -> None:
    def paired(handler: object) -> None:
        asked = handler.asked  # type: ignore[attr-defined]
        same = len(asked["queries"]) == len(asked["documents"])
        refusal = status(422, {"detail": {"error": "queries and documents must have the same length"}})
        (good if same else refusal)(handler)  # type: ignore[arg-type]

    with faulty_server(usual=paired) as server:
        reranker = remote(server)
        reranker.score(QUERY, DOCUMENTS)
        reranker.score(QUERY, DOCUMENTS)
        assert [len(body["queries"]) for body in server.bodies] == [1, 3, 3]


def test_another_complaint_is_no_reason_to_repeat_the_query() -> None:
    with faulty_server(usual=status(422, {"detail": "no such service tier"})) as server:
        reranker = remote(server)
        with pytest.raises(ProviderRefused, match="no such service tier"):
            reranker.score(QUERY, DOCUMENTS)
        assert server.count == 1
        assert waits(reranker) == []


def test_a_call_is_split_and_merged() -> None:
    documents = [f"glucose {n}" if n % 3 else f"what lowers glucose {n}" for n in range(25)]
    with faulty_server() as server:
        with accounting() as account:
            split = remote(server, limits={"documents": 4}).score(QUERY, documents)
        whole = remote(server).score(QUERY, documents)
    assert [score.margin for score in split] == [score.margin for score in whole]
    assert sorted(len(body["documents"]) for body in server.bodies[:-1]) == [1, *[4] * 6]
    assert account.receipts[0].requests == 7
    assert account.receipts[0].tokens == 250


def test_a_part_that_fails_is_scored_again_as_a_whole() -> None:
    with faulty_server(status(200, {"scores": []})) as server:
        scores = remote(server, limits={"documents": 2}).score(QUERY, DOCUMENTS)
    assert len(scores) == 3
    assert server.count == 3
    assert sorted(len(body["documents"]) for body in server.bodies) in ([1, 2, 2], [1, 1, 2])


def test_parts_of_two_models_are_not_mixed() -> None:
    answers = [status(200, {"scores": [0.5], "model": name}) for name in ("a", "b")]
    with faulty_server(*answers) as server, pytest.raises(ProviderError, match="different models"):
        remote(server, limits={"documents": 1}).score("q", ["a", "b"])


def test_a_document_too_long_for_the_service_is_cut_and_says_so() -> None:
    with faulty_server() as server:
        scores = remote(server, limits={"pair_tokens": 256}).score(QUERY, ["glucose", "glucose " * 500])
    assert [score.document_cut > 0 for score in scores] == [False, True]
    assert len(server.bodies[0]["documents"][1]) < 500


def test_a_spend_cap_refuses_before_sending() -> None:
    with faulty_server() as server:
        reranker = remote(server, spend_cap=1e-3, prices={MODEL: 1.0})
        reranker.score("q", ["a"])
        with pytest.raises(ProviderRefused, match="could exceed"):
            reranker.score("q", ["word " * 1000])
        assert server.count == 1
        with pytest.raises(ProviderRefused, match="price is not known"):
            remote(server, "cohere", spend_cap=1.0).score("q", ["a"])
        assert server.count == 1


def test_what_a_service_says_it_cost_counts() -> None:
    said = {"scores": [0.5], "inference_status": {"cost": 0.25, "tokens_input": 7}}
    with faulty_server(usual=status(200, said)) as server, accounting() as account:
        remote(server).score("q", ["a"])
    assert account.receipts[0].cost == 0.25


def test_no_key_is_told_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEPINFRA_TOKEN", raising=False)
    with pytest.raises(SettingsError, match="DEEPINFRA_TOKEN"):
        Reranker(f"deepinfra:{MODEL}")


def test_options_of_local_models_are_refused() -> None:
    with pytest.raises(UsageError, match="chooses engine"):
        Reranker("http://127.0.0.1:1/v1/rerank", device="cuda")


def test_two_event_loops_and_threads_share_a_client() -> None:
    with faulty_server() as server:
        reranker = remote(server)

        async def ask() -> int:
            both = await asyncio.gather(*(reranker.ascore(QUERY, DOCUMENTS) for _ in range(5)))
            return len({scores[1].margin for scores in both})

        assert asyncio.run(ask()) == 1
        assert asyncio.run(ask()) == 1
        threads = [threading.Thread(target=reranker.score, args=(QUERY, DOCUMENTS)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.count == 15


def test_a_cancelled_call_lets_its_connection_go() -> None:
    with faulty_server(hang) as server:
        reranker = remote(server, connections=1)

        async def give_up() -> None:
            task = asyncio.create_task(reranker.ascore(QUERY, DOCUMENTS))
            while not server.count:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(give_up())
        assert len(reranker.score(QUERY, DOCUMENTS)) == 3


def test_no_more_requests_at_once_than_connections() -> None:
    most = now = 0
    lock = threading.Lock()

    def counted(handler: object) -> None:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1
        good(handler)  # type: ignore[arg-type]

    with faulty_server(usual=counted) as server:
        remote(server, connections=3, limits={"documents": 1}).score(
            QUERY, [f"glucose {n}" for n in range(20)]
        )
    assert server.count == 20
    assert most <= 3


def test_busy_connections_are_told() -> None:
    with faulty_server(usual=hang) as server:
        reranker = remote(server, connections=1, timeouts={"pool": 0.1, "read": 1.0}, attempts=1)

        async def both() -> list[object]:
            tasks = [asyncio.create_task(reranker.ascore("q", ["a"])) for _ in range(2)]
            return list(await asyncio.gather(*tasks, return_exceptions=True))

        told = sorted(str(error) for error in asyncio.run(both()))
    assert "All 1 connections to deepinfra were busy" in told[0]
    assert "nothing came" in told[1]


def test_a_deadline_bounds_a_slow_answer() -> None:
    with faulty_server(usual=drip(0.02)) as server:
        begun = time.monotonic()
        with pytest.raises(ProviderUnavailable, match="in time"):
            remote(server, deadline=0.3).score("q", ["a"])
        assert time.monotonic() - begun < 2


def test_texts_and_keys_are_in_no_error_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    secret = "Patient Smith has a rare disease"

    def parrot(handler: object) -> None:
        asked = handler.asked  # type: ignore[attr-defined]
        said = {"detail": [{"msg": f"bad input {asked['documents'][0]}"}]}
        status(400, said)(handler)  # type: ignore[arg-type]

    caplog.set_level("DEBUG")
    with faulty_server(usual=parrot) as server:
        reranker = remote(server)
        with pytest.raises(ProviderRefused) as caught:
            reranker.score("q?", [secret])
    shown = (
        f"{caught.value} {caught.value!r} {reranker!r} {reranker._service!r} {reranker._service.provider!r}"
    )
    for text in (shown, caplog.text):
        assert "Smith" not in text
        assert KEY not in text
    assert "HTTP 400" in shown
    assert caught.value.__cause__ is None
    # Nor what was sent and answered, which tools that report errors would show.
    assert caught.value.__context__ is None


def test_a_caller_in_a_hurry_does_not_close_the_service_to_others() -> None:
    with faulty_server(usual=hang) as server:
        reranker = remote(server)
        for _ in range(6):
            with pytest.raises(ProviderUnavailable, match="in time"):
                reranker.score_within("q", ["a"], seconds=0.05)
        server.usual = good
        assert len(reranker.score("q", ["a"])) == 1


def test_a_query_that_is_too_long_leaves_room_for_the_documents() -> None:
    with faulty_server() as server:
        reranker = remote(server, limits={"pair_tokens": 200})
        (score,) = reranker.score("what " * 1000, ["metformin lowers glucose"])
    assert server.bodies[0]["documents"] == ["metformin lowers glucose"]
    assert score.query_cut > 0
    assert score.document_cut == 0
