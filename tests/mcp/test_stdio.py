"""A process as clients start it, and the SDK's own client on its pipes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError, StdioServerParameters

from pertinent import Collection, Document
from pertinent.cli.mcp import mcp
from pertinent.errors import UsageError
from support.knowledge import write
from support.mcp_clients import command, with_client

INITIALIZE = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "t", "version": "1"},
}
"""How a session begins that is written by hand."""

MODES = ("auto", "legacy")
"""Both ways of the protocol: without a handshake, and with the one that most clients still speak."""


@contextmanager
def started(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A server to write to by hand."""
    asked = command(home, "--collection", "notes")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, *asked.args], env=asked.env, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def send(process: subprocess.Popen[str], number: int, method: str, params: dict[str, Any]) -> None:
    assert process.stdin is not None
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()


def ask(process: subprocess.Popen[str], number: int, method: str, params: dict[str, Any]) -> str:
    """Send, and give the answer's line."""
    send(process, number, method, params)
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("mode", MODES)
def test_a_client_lists_searches_and_reads(home: Path, mode: str) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total, message))

    async def work(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["search", "rerank", "read", "collections"]
        assert all(tool.input_schema["additionalProperties"] is False for tool in tools)
        # The first call waits for the models, which are loaded in the background.
        found = await client.call_tool(
            "search", {"query": "What lowers glucose?", "top_k": 3}, progress_callback=progress
        )
        answer = found.structured_content
        assert answer["reranked"] is True, answer["reason"]
        assert {hit["document"] for hit in answer["hits"][:2]} == {"metformin", "insulin"}
        hit = answer["hits"][0]
        assert hit["score"]["model"] == answer["models"]["reranker"] == "pertinent-mini-reranker"
        assert hit["first_stage"]["bm25_rank"] is not None
        assert answer["found_by"] == "vectors and words"
        resource = await client.read_resource(hit["uri"])
        assert resource.contents[0].text.endswith(hit["text"])
        read = await client.call_tool("read", {"passage": hit["passage"]})
        assert read.structured_content["text"] == hit["text"]

    with_client(command(home, "--collection", "notes"), work, mode=mode)
    numbers = [done for done, _, _ in told]
    assert numbers == sorted(set(numbers))
    assert told[-1][0] == told[-1][1]


@pytest.mark.parametrize(("how", "reranked"), [("stuck", False), ("slow", "partial")])
def test_no_call_takes_longer_than_the_cap_however_slow_the_reranker(
    home: Path, how: str, reranked: object
) -> None:
    # A second stands for the 55 of the real cap; the reranker would take ten minutes, or ten seconds.
    script = Path(__file__).parents[1] / "support" / "slow_mcp.py"
    arguments = [str(script), str(home / "collections" / "notes"), how, "1"]
    server = StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))
    asked = {"query": "glucose"}
    texts = asked | {"documents": ["rain", *["glucose"] * 99]}

    async def work(client: Client) -> None:
        for more in ({}, {"deadline_ms": 55_000}, {"deadline_ms": 300}):
            begun = time.monotonic()
            ranked = (await client.call_tool("rerank", texts | more)).structured_content
            assert time.monotonic() - begun < 8
            assert (ranked["reranked"], ranked["reason"]) == (reranked, "The deadline was reached.")
            unscored = [one["index"] for one in ranked["results"] if one["score"] is None]
            assert unscored == sorted(unscored)
            assert len(ranked["results"]) == 100
        begun = time.monotonic()
        found = (
            await client.call_tool("search", {"query": "glucose", "deadline_ms": 55_000})
        ).structured_content
        assert time.monotonic() - begun < 8
        ranks = [hit["first_stage"]["rank"] for hit in found["hits"] if hit["score"] is None]
        assert ranks == sorted(ranks)
        assert how == "slow" or found["reranked"] is False
        refused = await client.call_tool("search", asked | {"deadline_ms": 55_001})
        assert refused.is_error
        assert "deadline_ms: Input should be less than or equal to 55000" in refused.content[0].text

    with_client(server, work)


def test_bad_arguments_are_told_and_end_nothing(home: Path) -> None:
    async def work(client: Client) -> None:
        bad: list[tuple[str, dict[str, Any], str]] = [
            ("search", {"query": "x", "collections": "notes"}, "collections: Extra"),
            ("search", {"query": 3}, "query: Input should be a valid string"),
            ("search", {}, "query: Field required"),
            ("search", {"query": "secret " * 2000}, "query: String should have at most"),
            ("search", {"query": "x", "top_k": 0}, "top_k"),
            ("search", {"query": "x", "top_k": 1.5}, "top_k"),
            ("search", {"query": "x", "filters": ["secret=1"]}, "Known fields"),
            ("search", {"query": "x", "filters": [{"secret": 1}]}, "filters.0"),
            ("search", {"query": "x", "collection": "private"}, "Offered: notes"),
            ("search", {"query": "x", "collection": "../private"}, "Offered: notes"),
            ("search", {"query": "x", "instruction": "no-such-name"}, "no ready instruction"),
            ("search", {"query": "x", "deadline_ms": 60_000}, "deadline_ms"),
            ("rerank", {"query": "x", "documents": []}, "documents"),
            ("rerank", {"query": "x", "documents": ["a"] * 201}, "documents"),
            ("rerank", {"query": "x", "documents": ["y" * 150_000] * 7}, "characters"),
            ("read", {}, "Give either"),
            ("read", {"document": "none"}, "no document of that id"),
            ("read", {"document": "ferry", "offset": 10_000}, "ends before"),
            ("read", {"passage": "none"}, "no passage of that id"),
            ("read", {"passage": "0" * 8 + "-0000" * 3 + "-" + "0" * 12}, "no passage of that id"),
        ]
        for name, arguments, says in bad:
            answer = await client.call_tool(name, arguments)
            assert answer.is_error, (name, says)
            assert says in answer.content[0].text, answer.content[0].text
            assert "secret secret" not in answer.content[0].text
        for name in ("add", "remove", "drop"):  # nothing writes unless that was allowed
            with pytest.raises(MCPError, match="no tool of that name"):
                await client.call_tool(name, {"text": "x"})
        for uri in (
            "pertinent://private/ferry",
            "pertinent://notes/none",
            "pertinent://notes",
            "file:///etc",
        ):
            with pytest.raises(MCPError):
                await client.read_resource(uri)
        with pytest.raises(MCPError, match="cursor"):
            await client.list_resources(cursor="nonsense")
        with pytest.raises(MCPError, match="question"):
            await client.get_prompt("answer-with-citations", {"collection": "notes"})
        alive = await client.call_tool("collections", {})
        assert [one["name"] for one in alive.structured_content["collections"]] == ["notes"]

    with_client(command(home, "--collection", "notes"), work)


def test_without_names_nothing_is_seen(home: Path) -> None:
    async def work(client: Client) -> None:
        told = (await client.call_tool("collections", {})).structured_content
        assert told["collections"] == []
        assert "--collection" in told["note"]
        assert (await client.call_tool("search", {"query": "x"})).is_error
        assert (await client.list_resources()).resources == []

    with_client(command(home), work)


@pytest.mark.parametrize("where", ["environment", "file"])
def test_names_may_come_from_the_settings(home: Path, tmp_path: Path, where: str) -> None:
    if where == "environment":
        server = command(home, MCP_COLLECTIONS="private,notes")
    else:
        (tmp_path / "pertinent.toml").write_text('mcp_collections = ["private", "notes"]\n')
        server = command(home).model_copy(update={"cwd": tmp_path})

    async def work(client: Client) -> list[str]:
        told = (await client.call_tool("collections", {})).structured_content
        return [one["name"] for one in told["collections"]]

    assert with_client(server, work) == ["private", "notes"]


def test_texts_are_added_found_and_removed_where_writing_is_allowed(tmp_path: Path) -> None:
    with Collection(tmp_path / "collections" / "memory") as collection:
        collection.add([Document("file", "It rained.")])

    async def work(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools["remove"].annotations.destructive_hint
        text = {
            "text": "The key lies under the red stone.",
            "source": "Ann",
            "time": "2026-01-31T12:00:00+01:00",
        }
        added = (await client.call_tool("add", text)).structured_content
        assert (added["known"], added["passages"]) == (False, 1)
        assert (await client.call_tool("add", text)).structured_content["known"] is True
        found = (await client.call_tool("search", {"query": "Where is the key?"})).structured_content
        first = found["hits"][0]
        assert first["document"] == added["document"]
        assert first["source"] == "Ann"
        assert first["metadata"]["time"] == "2026-01-31T11:00:00+00:00"
        for file in ("file", "text:notes.md"):
            refused = await client.call_tool("remove", {"document": file})
            assert "come from files" in refused.content[0].text
        for there in (True, False):
            gone = await client.call_tool("remove", {"document": added["document"]})
            assert gone.structured_content["removed"] is there
        found = (await client.call_tool("search", {"query": "Where is the key?"})).structured_content
        assert [hit["document"] for hit in found["hits"]] == ["file"]
        for bad in ("yesterday", "2026-13-01"):
            assert (await client.call_tool("add", {"text": "x", "time": bad})).is_error

    with_client(command(tmp_path, "--collection", "memory", "--allow-write"), work)


@contextmanager
def watched(home: Path, folder: Path) -> Iterator[None]:
    """`pertinent kb add notes FOLDER --watch`, from its first update on."""
    asked = command(home)
    arguments = [*asked.args[:2], "kb", "add", "notes", str(folder), "--watch", "--json"]
    with subprocess.Popen(
        [sys.executable, *arguments], env=asked.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"{")
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


def test_two_processes_see_within_seconds_what_changes_in_a_watched_folder(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    write(folder, first="The answer is glucose.", other="It rained.")

    async def found(client: Client) -> set[str]:
        answer = await client.call_tool("search", {"query": "What is the answer?", "top_k": 50})
        assert not answer.is_error, answer.content[0].text
        return {hit["document"] for hit in answer.structured_content["hits"]}

    async def work() -> None:
        server = command(tmp_path, "--collection", "notes")
        async with Client(server) as one, Client(server) as other:

            async def until(*names: str) -> None:
                waited = time.monotonic() + 30
                while [set(names)] * 2 != await asyncio.gather(found(one), found(other)):
                    assert time.monotonic() < waited, "both should have seen it"

            await until("first.md", "other.md")
            write(folder, second="The answer is insulin.")
            await until("first.md", "other.md", "second.md")
            (folder / "first.md").unlink()
            (folder / "second.md").rename(folder / "third.md")
            await until("other.md", "third.md")

    with watched(tmp_path, folder):
        asyncio.run(work())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_though_stdin_stays_open(home: Path, number: signal.Signals) -> None:
    with started(home) as process:
        ask(process, 1, "initialize", INITIALIZE)
        texts = {"query": "glucose", "documents": ["glucose was measured " * 400] * 100}
        asked = {"name": "rerank", "arguments": texts, "_meta": {"progressToken": 1}}
        assert "notifications/progress" in ask(process, 2, "tools/call", asked)  # it is at work
        process.send_signal(number)
        assert process.wait(10) == 128 + number
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_client_that_is_gone_is_no_fault(home: Path) -> None:
    with started(home) as process:
        ask(process, 1, "initialize", INITIALIZE)
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        send(process, 2, "tools/list", {})
        process.stdin.close()
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


def test_stdout_holds_messages_alone_and_stderr_no_text(home: Path) -> None:
    with started(home) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        first = ask(process, 1, "initialize", INITIALIZE)
        process.stdin.write("secret: this is no message\n")
        wrong = {"name": "search", "arguments": {"query": "glucose secret", "nonsense": "secret"}}
        right = {"name": "search", "arguments": {"query": "glucose secret"}}
        lines = [first, ask(process, 2, "tools/call", wrong), ask(process, 3, "tools/call", right)]
        process.stdin.close()
        rest, said = process.stdout.read(), process.stderr.read()
        assert process.wait(20) == 0
    assert all(one.startswith('{"jsonrpc"') for one in [*lines, *rest.splitlines()])
    assert "secret" not in said


def test_the_list_of_tools_needs_none_of_what_searches() -> None:
    heavy = "numpy", "openvino", "qdrant_edge", "qdrant_client", "tokenizers", "torch"
    code = "import sys, pertinent.cli.mcp, pertinent.kb.settings, pertinent.mcp.stdio"
    code += f"\nprint([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_wrong_options_are_told(home: Path) -> None:
    asked = command(home, "--http", "--host", "0.0.0.0", "--no-keys")
    done = subprocess.run(
        [sys.executable, *asked.args], env=asked.env, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "Without API keys" in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(UsageError, match="--http"):
        mcp(port=1)
    with pytest.raises(UsageError, match="same name"):
        mcp(collections=["a", "./a"])


def test_a_hit_of_a_file_says_headings_and_lines(tmp_path: Path) -> None:
    (tmp_path / "drugs.md").write_text("# Drugs\n\nMany.\n\n## Metformin\n\nIt lowers glucose.\n")
    with Collection(tmp_path / "collections" / "notes") as collection:
        collection.index([tmp_path / "drugs.md"])

    async def work(client: Client) -> None:
        found = await client.call_tool("search", {"query": "What lowers glucose?", "top_k": 1})
        hit = found.structured_content["hits"][0]
        assert hit["headings"] == ["Drugs", "Metformin"]
        assert hit["place"] == "line 7"
        assert hit["source"].endswith("drugs.md")
        assert 'place="line 7"' in found.content[0].text

    with_client(command(tmp_path, "--collection", "notes"), work)
