"""The SDK's client in tests that have no event loop, and what the server is started with."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
from mcp import Client, StdioServerParameters

from pertinent.kb.settings import PipelineSettings
from pertinent.mcp.server import McpServer
from pertinent.mcp.visible import VisibleCollections
from pertinent.rerankers.protocol import Scorer
from support.slow_models import Given

T = TypeVar("T")


def command(home: Path, *arguments: str, **environment: str) -> StdioServerParameters:
    """How a client starts `pertinent mcp`."""
    code = "from pertinent.cli.app import main; main()"
    return StdioServerParameters(
        command=sys.executable,
        args=["-c", code, "mcp", *arguments],
        env={**os.environ, "PERTINENT_HOME": str(home), **environment},
    )


def with_client(server: Any, work: Callable[[Client], Awaitable[T]], **options: Any) -> T:
    """Connect, do some work, and close."""

    async def run() -> T:
        async with Client(server, **options) as client:
            return await work(client)

    return asyncio.run(run())


def served(home: Path, reranker: Scorer | None) -> McpServer:
    """The notes of a data folder, with this reranker."""
    visible = VisibleCollections((str(home / "collections" / "notes"),), PipelineSettings())
    visible._models = Given(reranker)
    return McpServer(visible)


async def cancel_a_call_at_work(client: Client) -> None:
    """Begin to rerank 200 documents, and cancel it once it has told its progress."""
    begun = asyncio.Event()

    async def progress(*_: object) -> None:
        begun.set()

    async with anyio.create_task_group() as group:
        texts = {"query": "glucose", "documents": ["glucose"] * 200}
        group.start_soon(lambda: client.call_tool("rerank", texts, progress_callback=progress))
        await begun.wait()
        group.cancel_scope.cancel()
