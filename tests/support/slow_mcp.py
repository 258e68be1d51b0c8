"""An MCP server on stdin and stdout: ``python slow_mcp.py COLLECTION slow|stuck [SECONDS]``.

SECONDS is the cap of a call; without it the real one holds.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pertinent.kb.settings import PipelineSettings
from pertinent.mcp.server import MOST_SECONDS
from pertinent.mcp.stdio import serve_stdio
from pertinent.mcp.visible import VisibleCollections
from support.slow_models import Given, Slow, Stuck

if __name__ == "__main__":
    collection, how, *cap = sys.argv[1:]
    visible = VisibleCollections((collection,), PipelineSettings(rerank_deadline_ms=600_000))
    visible._models = Given({"slow": Slow, "stuck": lambda: Stuck(600.0)}[how]())
    serve_stdio(visible, float(cap[0]) if cap else MOST_SECONDS)
