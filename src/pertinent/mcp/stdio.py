"""The server over stdin and stdout: a process of one client."""

from __future__ import annotations

import asyncio

from mcp.server.stdio import stdio_server

from pertinent.mcp.server import McpServer
from pertinent.mcp.visible import VisibleCollections


def serve_stdio(visible: VisibleCollections) -> None:
    """Serve until the client closes stdin; nothing but messages reaches stdout."""
    asyncio.run(_serve(McpServer(visible)))
    visible.close()


async def _serve(server: McpServer) -> None:
    # The SDK turns the process's stdout to stderr meanwhile, so that no print of anybody breaks a message.
    async with stdio_server() as (read, write):
        await server.sdk.run(read, write, server.sdk.create_initialization_options())
