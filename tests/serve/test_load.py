"""Full queues, clients that leave, deadlines, and the end of a server."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pertinent.serve import models
from pertinent.serve.options import Limits, ServerOptions
from pertinent.serve.refusals import Refusal
from pertinent.serve.runners import Wanted
from support.held_model import HeldModel
from support.serving import DOCUMENTS, QUERY, Running, running


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> HeldModel:
    model = HeldModel()
    real = models._opened
    monkeypatch.setattr(models, "_opened", lambda kind, name: model if name == "held" else real(kind, name))
    return model


@contextmanager
def serving(collections: Path | None = None, **limits: Any) -> Iterator[Running]:
    options = ServerOptions(models=("held",), collections=collections, port=0, limits=Limits(**limits))
    with running(options) as server:
        yield server


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def body(*documents: str) -> dict[str, Any]:
    return {"query": "q", "documents": list(documents)}


def test_a_full_server_answers_429_at_once(held: HeldModel) -> None:
    with serving(requests=3, client_requests=3) as server, ThreadPoolExecutor(3) as pool:
        held.hold()
        accepted = [pool.submit(server.post, "/cohere/v2/rerank", body("a")) for _ in range(3)]
        until(lambda: server.service.gate.taken == 3)
        refused = server.post("/cohere/v2/rerank", body("a"))
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.json().keys() == {"message"}
        held.go.set()
        assert [answer.result().status_code for answer in accepted] == [200, 200, 200]
        assert server.post("/cohere/v2/rerank", body("a")).status_code == 200


def test_one_client_cannot_take_every_place(held: HeldModel) -> None:
    gate_limits = {"requests": 3, "client_requests": 2}
    with serving(**gate_limits) as server, ThreadPoolExecutor(3) as pool:
        held.hold()
        server.service.gate._of_client["127.0.0.1:1"] = 2
        with pytest.raises(Refusal, match="one may have"), server.service.gate.place("127.0.0.1:1"):
            pass
        other = pool.submit(server.post, "/cohere/v2/rerank", body("a"))
        until(lambda: server.service.gate.taken == 3)
        held.go.set()
        assert other.result().status_code == 200
        del server.service.gate._of_client["127.0.0.1:1"]


def test_too_many_tokens_in_the_queue_are_429(held: HeldModel) -> None:
    with serving(queue_tokens=300) as server, ThreadPoolExecutor(3) as pool:
        held.hold()
        first = pool.submit(server.post, "/v1/rerank", body("runs"))
        until(lambda: ("runs",) in held.calls)
        second = pool.submit(server.post, "/v1/rerank", body(*["w"] * 16))  # waits: the queue was empty
        until(lambda: server.service._queued_tokens() > 0)
        assert server.post("/v1/rerank", body(*["w"] * 16)).status_code == 429
        held.go.set()
        assert first.result().status_code == second.result().status_code == 200


def test_one_client_cannot_fill_the_queue_of_tokens(held: HeldModel) -> None:
    with serving(client_queue_tokens=300) as server, ThreadPoolExecutor(1) as pool:
        held.hold()
        address = server.address
        # One connection is one client.
        with httpx2.Client(base_url=address, limits=httpx2.Limits(max_connections=1)) as client:
            port = client.get("/healthz").extensions["network_stream"].get_extra_info("client_addr")[1]
            me = f"127.0.0.1:{port}"
            (served,) = server.service.rerankers.all
            read = served.read(Wanted(("w",) * 32, ("q",)))
            job = served.submit(me, read)
            until(lambda: bool(held.calls))
            assert client.post("/v1/rerank", json=body(*["w"] * 16)).status_code == 429
        other = pool.submit(server.post, "/v1/rerank", body("w"))
        held.go.set()
        assert other.result().status_code == 200
        assert len(job.future.result(20)) == 2


def test_who_leaves_is_not_worked_for(held: HeldModel) -> None:
    with serving() as server, ThreadPoolExecutor(2) as pool:
        held.hold()
        first = pool.submit(server.post, "/v1/rerank", body("runs"))
        until(lambda: ("runs",) in held.calls)
        with pytest.raises(httpx2.TimeoutException):
            httpx2.post(f"{server.address}/v1/rerank", json=body("left"), timeout=0.3)
        until(lambda: server.service.gate.taken == 1)
        assert server.service._queued_tokens() == 0
        held.go.set()
        assert first.result().status_code == 200
        assert server.post("/v1/rerank", body("stays")).status_code == 200
        assert ("left",) not in held.calls


def test_a_deadline_gives_what_there_is_in_our_own_dialect(held: HeldModel) -> None:
    with serving() as server:
        held.hold(free=1)
        header = {"X-Request-Deadline-Ms": "700"}
        documents = ["x" * (place + 1) for place in range(40)]  # three groups
        began = time.monotonic()
        answer = server.post("/pertinent/v1/rerank", body(*documents), headers=header)
        assert time.monotonic() - began < 5
        said = answer.json()
        assert answer.status_code == 200
        assert said["partial"] is True
        assert len(said["results"]) == 16
        assert said["missing"] == 24
        assert [row["index"] for row in said["results"]] == list(range(15, -1, -1))
        late = server.post("/cohere/v2/rerank", body(*documents), headers=header)
        assert late.status_code == 504
        held.go.set()
        for wrong in ("0", "-1", "soon", "1e3", "9999999999"):
            refused = server.post("/v1/rerank", body("a"), headers={"X-Request-Deadline-Ms": wrong})
            assert refused.status_code == 400


def test_a_search_comes_back_without_a_reranker_that_is_too_late(
    held: HeldModel, collections_folder: Path
) -> None:
    asked = {"collection": "notes", "query": QUERY}
    with serving(collections_folder, answer_seconds=2.0) as server:
        held.hold(free=1)
        header = {"X-Request-Deadline-Ms": "1500"}
        partial = server.post("/v1/search", asked, headers=header).json()
        assert partial["reranked"] == "partial"
        assert [hit["reranked"] for hit in partial["hits"]].count(True) == 1
        assert len(partial["hits"]) == len(DOCUMENTS)
        late = server.post("/v1/search", asked)  # the server's own bound on answers
        assert late.status_code == 200
        assert late.json()["reranked"] is False
        assert "longer than the time" in late.json()["reason"]
        held.go.set()
        assert server.post("/v1/search", asked).json()["reranked"] is True


def test_a_search_beyond_the_queue_is_not_reranked(held: HeldModel, collections_folder: Path) -> None:
    with serving(collections_folder, queue_tokens=100) as server, ThreadPoolExecutor(2) as pool:
        held.hold()
        first = pool.submit(server.post, "/v1/rerank", body("runs"))
        until(lambda: ("runs",) in held.calls)
        second = pool.submit(server.post, "/v1/rerank", body(*["w"] * 16))
        until(lambda: server.service._queued_tokens() > 0)
        found = server.post("/v1/search", {"collection": "notes", "query": QUERY})
        assert found.status_code == 200
        assert found.json()["reranked"] is False
        assert "As many tokens wait" in found.json()["reason"]
        held.go.set()
        assert first.result().status_code == second.result().status_code == 200


def test_who_leaves_a_search_is_not_reranked_for(held: HeldModel, collections_folder: Path) -> None:
    with serving(collections_folder) as server, ThreadPoolExecutor(1) as pool:
        held.hold()
        first = pool.submit(server.post, "/v1/rerank", body("runs"))
        until(lambda: ("runs",) in held.calls)
        calls = len(held.calls)
        asked = {"collection": "notes", "query": QUERY}
        with pytest.raises(httpx2.TimeoutException):
            httpx2.post(f"{server.address}/v1/search", json=asked, timeout=1.5)
        until(lambda: server.service.gate.taken == 1)
        until(lambda: server.service._queued_tokens() == 0)
        held.go.set()
        assert first.result().status_code == 200
        assert server.post("/v1/rerank", body("stays")).status_code == 200
        assert held.calls[calls:] == [("stays",)]


def test_a_fault_is_500_for_its_request_alone_and_tells_no_text(
    held: HeldModel, caplog: pytest.LogCaptureFixture
) -> None:
    with serving() as server:
        answer = server.post("/v1/rerank", body("fault"))
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert server.post("/v1/rerank", body("fine")).status_code == 200
        numbers = httpx2.get(f"{server.address}/metrics").text
        assert 'pertinent_errors_total{kind="ValueError"} 1.0' in numbers


def test_a_slow_body_has_its_time(held: HeldModel) -> None:
    with serving(body_seconds=0.3) as server:
        host, port = server.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as slow:
            slow.sendall(
                b"POST /cohere/v2/rerank HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"
            )
            slow.settimeout(10)
            assert b" 408 " in slow.recv(4096).split(b"\r\n")[0]
        until(lambda: server.service.gate.taken == 0)


def test_an_ending_server_finishes_what_it_accepted(held: HeldModel) -> None:
    with serving() as server, ThreadPoolExecutor(1) as pool:
        held.hold()
        accepted = pool.submit(server.post, "/v1/rerank", body("accepted"))
        until(lambda: ("accepted",) in held.calls)
        server.server.handle_exit(15, None)
        refused = server.post("/cohere/v2/rerank", body("late"))
        assert refused.status_code == 503
        assert refused.headers["connection"] == "close"
        assert int(refused.headers["retry-after"]) >= 1
        assert httpx2.get(f"{server.address}/readyz").status_code == 503
        assert httpx2.get(f"{server.address}/healthz").status_code == 200
        held.go.set()
        assert accepted.result().status_code == 200
