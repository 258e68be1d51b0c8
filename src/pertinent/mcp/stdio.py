"""The server over stdin and stdout: a process of one client."""

from __future__ import annotations

import asyncio
import os
import signal

from mcp.server.stdio import stdio_server

from pertinent.mcp.server import MOST_SECONDS, McpServer
from pertinent.mcp.visible import VisibleCollections


def serve_stdio(visible: VisibleCollections, seconds: float = MOST_SECONDS) -> None:
    """Serve until the client closes stdin, or a signal; nothing but messages reaches stdout.

    Parameters
    ----------
    visible : VisibleCollections
        The collections.
    seconds : float
        For the work of a call at most.
    """
    try:
        asyncio.run(_serve(McpServer(visible, seconds=seconds), visible))
    except* BrokenPipeError:
        pass  # the client is gone, and with it whoever would read of this
    finally:
        visible.close()


async def _serve(server: McpServer, visible: VisibleCollections) -> None:
    def leave(number: int) -> None:
        visible.close()
        # The SDK reads stdin in a thread that nothing wakes but its end, and a process waits for its threads.
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, leave, number)
    # The SDK turns the process's stdout to stderr meanwhile, so that no print of anybody breaks a message.
    async with stdio_server() as (read, write):
        await server.sdk.run(read, write, server.sdk.create_initialization_options())
