"""The server in the tests' process, with models that are slow, late or broken on purpose."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import anyio
import pytest
from mcp import Client, MCPError

from pertinent.kb.pipeline import ConfiguredSearch
from pertinent.kb.settings import PipelineSettings
from pertinent.mcp import server as module
from pertinent.mcp.server import McpServer
from pertinent.mcp.visible import VisibleCollections
from pertinent.rerankers import timed
from support.mcp_clients import cancel_a_call_at_work, served, with_client
from support.slow_models import Slow, Stuck


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_a_call_that_is_cancelled_stops_the_work(home: Path, mode: str) -> None:
    scorer = Slow()

    async def work(client: Client) -> None:
        await cancel_a_call_at_work(client)
        at = scorer.scored
        await asyncio.sleep(2.0)
        assert scorer.scored == at < 200  # not even the part that was under way has come to its end
        assert not (await client.call_tool("collections", {})).is_error

    with_client(served(home, scorer).sdk, work, mode=mode)


def test_a_deadline_brings_what_there_is(home: Path) -> None:
    async def work(client: Client) -> None:
        begun = time.monotonic()
        texts = {"query": "glucose", "documents": ["glucose"] * 100, "deadline_ms": 1500}
        answer = (await client.call_tool("rerank", texts)).structured_content
        assert time.monotonic() - begun < 5
        assert answer["reranked"] == "partial"
        assert "deadline" in answer["reason"]
        assert len(answer["results"]) == 100
        assert answer["results"][-1]["score"] is None

    with_client(served(home, Slow()).sdk, work)


def test_without_its_reranker_a_call_answers_before_clients_give_up(home: Path) -> None:
    async def work(client: Client) -> None:
        found = await client.call_tool("search", {"query": "glucose", "deadline_ms": 1500})
        assert found.structured_content["reranked"] is False
        assert "still being loaded" in found.structured_content["reason"]
        assert "still being loaded" in found.content[0].text
        texts = {"query": "glucose", "documents": ["rain", "glucose"], "deadline_ms": 300}
        ranked = (await client.call_tool("rerank", texts)).structured_content
        assert [one["index"] for one in ranked["results"]] == [0, 1]
        assert ranked["reranked"] is False

    with_client(served(home, None).sdk, work)


def test_a_fault_of_ours_tells_its_kind_alone(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(VisibleCollections):
        def find(self, name):  # type: ignore[no-untyped-def]
            raise RuntimeError("the patient's name")

    broken = McpServer(Broken((str(home / "collections" / "notes"),), PipelineSettings()))

    async def work(client: Client) -> None:
        with pytest.raises(MCPError, match="RuntimeError") as caught:
            await client.call_tool("search", {"query": "x"})
        assert "patient" not in str(caught.value)

    with_client(broken.sdk, work)
    assert "patient" not in caplog.text


def test_too_many_calls_are_told_to_come_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 1)
    stuck = Stuck()

    async def work(client: Client) -> None:
        texts = {"query": "glucose", "documents": ["glucose"]}
        first = asyncio.create_task(client.call_tool("rerank", texts))
        await asyncio.sleep(0.3)
        with pytest.raises(MCPError, match="Too many"):
            await client.call_tool("rerank", texts)
        stuck.go.set()
        assert not (await first).is_error

    with_client(served(home, stuck).sdk, work)


def test_cancelled_calls_count_until_their_work_has_ended(home: Path) -> None:
    stuck = Stuck()

    async def work(client: Client) -> None:
        texts = {"query": "glucose", "documents": ["glucose"]}
        for _ in range(timed.AT_ONCE + 2):
            with anyio.move_on_after(0.3):
                await client.call_tool("rerank", texts)
        assert stuck.begun == timed.AT_ONCE
        late = (await client.call_tool("rerank", {**texts, "deadline_ms": 200})).structured_content
        assert (late["reranked"], late["reason"]) == (False, "The deadline was reached.")
        stuck.go.set()
        assert (await client.call_tool("rerank", texts)).structured_content["reranked"] is True

    with_client(served(home, stuck).sdk, work)


def test_a_call_that_waits_for_others_is_told_in_time(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 1)
    monkeypatch.setattr(module, "GRACE", 0.1)
    go = threading.Event()

    class Stopped(VisibleCollections):
        def find(self, name: str) -> ConfiguredSearch:
            go.wait(20)
            return super().find(name)

    async def work(client: Client) -> None:
        calls = [client.call_tool("search", {"query": "glucose"}) for _ in range(3)]
        for fault in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(fault, MCPError)
            assert "too long" in str(fault)
        go.set()

    stopped = Stopped((str(home / "collections" / "notes"),), PipelineSettings())
    with_client(McpServer(stopped, seconds=0.4).sdk, work)
