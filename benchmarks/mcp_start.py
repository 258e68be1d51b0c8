"""How long a client waits for `pertinent mcp`: from starting the process to its first list of tools.

Usage: ``python benchmarks/mcp_start.py [RUNS]``; writes ``benchmarks/results/mcp_start.json``.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from mcp import Client, StdioServerParameters

from machine import write_result
from pertinent import Collection, Document

START = "from pertinent.cli.app import main; main()"


async def seconds(folder: Path) -> tuple[float, float]:
    """Seconds until the list of tools, and from there to the answer of the first search."""
    arguments = ["-c", START, "mcp", "--collection", str(folder)]
    server = StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))
    begun = time.perf_counter()
    async with Client(server) as client:
        await client.list_tools()
        listed = time.perf_counter()
        found = await client.call_tool("search", {"query": "What lowers glucose?"})
        if not (found.structured_content and found.structured_content["reranked"] is True):
            sys.exit("The search was not reranked: wait until the machine is quiet.")
        return listed - begun, time.perf_counter() - listed


def main() -> None:
    """Measure and keep."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes"
        with Collection(notes) as collection:
            collection.add([Document("1", "Metformin lowers glucose.")])
        measured = [asyncio.run(seconds(notes)) for _ in range(runs)]
    lists, searches = zip(*measured, strict=True)
    waited = {"first list of tools": lists, "first search after it": searches}
    told = {what: {"median": median(values), "longest": max(values)} for what, values in waited.items()}
    print(told)
    write_result("mcp_start", {"runs": runs, "seconds": told})


if __name__ == "__main__":
    main()
