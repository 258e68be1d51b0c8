"""Streamable HTTP on a real socket: the SDK's client, keys, and who is kept out."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from pertinent import Collection, Document
from pertinent.kb.settings import PipelineSettings
from pertinent.mcp.http import make_http_server
from pertinent.mcp.visible import VisibleCollections
from pertinent.rerankers.protocol import Scorer
from pertinent.serve.keys import KeyFile
from pertinent.serve.options import Limits, ServerOptions
from support.fakes import WordOverlap
from support.mcp_clients import cancel_a_call_at_work, with_client
from support.slow_models import Given, Slow

INITIALIZE = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "t", "version": "1"},
}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


SCRIPT = Path(__file__).parents[1] / "support" / "stuck_http.py"


@contextmanager
def listening(
    home: Path, keys: Path | None = None, reranker: Scorer | None = None, **limits: float
) -> Iterator[str]:
    given = tuple(str(home / "collections" / name) for name in ("notes", "private"))
    visible = VisibleCollections(given, PipelineSettings(), writable=True)
    if reranker is not None:
        visible._models = Given(reranker)
    options = ServerOptions(port=0, keys=keys, limits=Limits(**limits))  # type: ignore[arg-type]
    server, door = make_http_server(visible, options)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[door])))
    thread.start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        thread.join()
        door.close()
        visible.close()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_searches_over_http(home: Path, mode: str) -> None:
    told: list[float] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append(done)

    async def work(client: Client) -> None:
        assert len((await client.list_tools()).tools) == 6
        asked = {"query": "What lowers glucose?", "collection": "notes", "top_k": 3}
        found = await client.call_tool("search", asked, progress_callback=progress)
        assert found.structured_content["reranked"] is True
        assert found.structured_content["hits"][0]["document"] in ("metformin", "insulin")
        assert (await client.call_tool("search", {"query": "x", "nonsense": 1})).is_error

    with listening(home) as address:
        with_client(address, work, mode=mode)
    assert told


def test_without_keys_other_hosts_and_pages_are_kept_out(home: Path) -> None:
    with listening(home) as address:
        for headers, status in (
            ({"Host": "evil.example"}, 421),
            ({"Origin": "https://evil.example"}, 403),
        ):
            assert httpx2.post(address, json=LIST, headers=headers).status_code == status
        assert httpx2.get(address.replace("/mcp", "/elsewhere")).status_code == 404


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_call_that_is_cancelled_stops_the_work(home: Path, mode: str) -> None:
    scorer = Slow()

    async def work(client: Client) -> None:
        await cancel_a_call_at_work(client)
        await asyncio.sleep(0.5)
        at = scorer.scored
        await asyncio.sleep(0.5)
        assert scorer.scored == at < 200
        assert not (await client.call_tool("collections", {})).is_error

    with listening(home, reranker=scorer) as address:
        with_client(address, work, mode=mode)


def test_two_clients_at_once_do_not_get_in_each_others_way(home: Path, tmp_path: Path) -> None:
    with Collection(tmp_path / "collections" / "notes") as collection:
        collection.add([Document("file", "It rained.")])
    Collection(tmp_path / "collections" / "private").add([Document("file", "It rained.")])

    async def ask(address: str, name: str) -> list[bool]:
        async with Client(address, mode="legacy") as client:
            calls = [
                client.call_tool("add", {"text": f"Fact {number} of {name}.", "collection": "notes"})
                for number in range(3)
            ]
            added = await asyncio.gather(*calls)
            found = await client.call_tool("search", {"query": f"Fact of {name}", "collection": "notes"})
            return [*(one.is_error for one in added), found.is_error]

    async def both(address: str) -> list[list[bool]]:
        return await asyncio.gather(ask(address, "Ann"), ask(address, "Ben"))

    with listening(tmp_path, reranker=WordOverlap()) as address:
        assert asyncio.run(both(address)) == [[False] * 4] * 2


def test_what_is_no_message_is_refused(home: Path) -> None:
    call = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    initialize = json.dumps(LIST | {"method": "initialize", "params": INITIALIZE})
    deep = json.dumps(LIST)[:-1] + ', "x": ' + "[" * 100_000 + "]" * 100_000 + "}"
    with listening(home, body_bytes=300_000) as address:
        for headers, body, status in (
            (call, initialize, 200),
            (call | {"Content-Type": "text/plain"}, initialize, 400),
            (call | {"Accept": "text/html"}, initialize, 406),
            (call, "{", 400),
            (call, f"[{initialize}]", 400),
            (call, deep, 400),
            (call, "x" * 300_001, 413),
            (call | {"Mcp-Session-Id": "unknown"}, json.dumps(LIST), 404),
            (call, json.dumps(LIST), 400),  # without a session
        ):
            assert httpx2.post(address, content=body, headers=headers).status_code == status
        assert httpx2.post(address, content=iter([b"x" * 1000] * 400), headers=call).status_code == 413
        assert httpx2.put(address, content="x").status_code == 405


def test_a_body_that_does_not_come_is_not_waited_for(home: Path) -> None:
    with listening(home, body_seconds=0.3) as address:
        where = urlsplit(address)
        with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
            connection.sendall(
                f"POST /mcp HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: 9\r\n\r\n{{".encode()
            )
            assert b" 408 " in connection.recv(4096)


def test_a_session_belongs_to_its_key_and_ends_with_it(home: Path, tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    one, first = keys.add("one", ["admin"])
    _, other = keys.add("other", ["admin"])
    accept = {"Accept": "application/json, text/event-stream"}

    def post(address: str, secret: str, message: dict[str, object], **more: str) -> httpx2.Response:
        headers = accept | {"Authorization": f"Bearer {secret}"} | more
        return httpx2.post(address, json=message, headers=headers)

    with listening(home, tmp_path / "keys.json") as address:
        begun = post(address, first, LIST | {"method": "initialize", "params": INITIALIZE})
        session = {"Mcp-Session-Id": begun.headers["mcp-session-id"]}
        assert post(address, first, LIST, **session).status_code == 200
        assert post(address, other, LIST, **session).status_code == 404
        keys.revoke(one.id)
        refused = post(address, first, LIST, **session)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_ctrl_c_ends_it_though_a_model_is_busy(home: Path) -> None:
    pipe = subprocess.PIPE
    command = [sys.executable, str(SCRIPT), str(home / "collections" / "notes")]
    with subprocess.Popen(command, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()

            async def ask() -> None:
                async with Client(address) as client:
                    with anyio.move_on_after(60):
                        call = client.call_tool("rerank", {"query": "x", "documents": ["y"]})
                        asking = asyncio.create_task(call)
                        assert await asyncio.to_thread(process.stdout.readline) == "busy\n"
                        process.send_signal(signal.SIGINT)
                        assert await asyncio.to_thread(process.wait, 30) in (0, 130)
                        asking.cancel()

            with suppress(Exception):  # the connection is gone
                asyncio.run(ask())
            assert process.returncode in (0, 130)
        finally:
            process.kill()


def test_a_key_opens_what_its_scopes_say(home: Path, tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    _, reader = keys.add("reader", ["search:notes"])
    _, admin = keys.add("admin", ["admin"])

    async def ask(address: str, secret: str) -> tuple[list[str], list[bool]]:
        headers = {"Authorization": f"Bearer {secret}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            told = (await client.call_tool("collections", {})).structured_content["collections"]
            calls = (
                ("search", {"query": "glucose", "collection": "private", "rerank": "off"}),
                ("rerank", {"query": "glucose", "documents": ["glucose"]}),
                ("remove", {"document": "text:" + 32 * "0", "collection": "notes"}),
            )
            faults = [(await client.call_tool(*call)).is_error for call in calls]
            return [one["name"] for one in told], faults

    with listening(home, tmp_path / "keys.json") as address:
        for headers in ({}, {"Authorization": "Bearer pt_wrong"}):
            assert httpx2.post(address, json=LIST, headers=headers).status_code == 401
        assert asyncio.run(ask(address, reader)) == (["notes"], [True, True, True])
        assert asyncio.run(ask(address, admin)) == (["notes", "private"], [False, False, False])
