"""Streamable HTTP on a real socket: the SDK's client, keys, and who is kept out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from pertinent.kb.settings import PipelineSettings
from pertinent.mcp.http import make_http_server
from pertinent.mcp.visible import VisibleCollections
from pertinent.serve.keys import KeyFile
from pertinent.serve.options import ServerOptions
from support.mcp_clients import with_client

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@contextmanager
def listening(home: Path, keys: Path | None = None) -> Iterator[str]:
    given = tuple(str(home / "collections" / name) for name in ("notes", "private"))
    visible = VisibleCollections(given, PipelineSettings(), writable=True)
    server, socket = make_http_server(visible, ServerOptions(port=0, keys=keys))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[socket])))
    thread.start()
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        thread.join()
        socket.close()
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
