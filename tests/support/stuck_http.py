"""An MCP server on HTTP whose reranker never ends: ``python stuck_http.py COLLECTION``.

It says its address, and "busy" once a call waits for the reranker.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pertinent.kb.settings import PipelineSettings
from pertinent.mcp.http import serve_http
from pertinent.mcp.visible import VisibleCollections
from pertinent.serve.options import ServerOptions
from pertinent.types import Scores
from support.slow_models import Given, Stuck


class Telling(Stuck):
    def score(self, *arguments: Any, **named: Any) -> Scores:
        print("busy", flush=True)
        return super().score(*arguments, **named)


class Address(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        where: dict[str, Any] = getattr(record, "fields", {})
        if "port" in where:
            print(f"http://{where['host']}:{where['port']}{where['path']}", flush=True)


if __name__ == "__main__":
    log = logging.getLogger("pertinent.mcp")
    log.addHandler(Address())
    log.setLevel(logging.INFO)
    visible = VisibleCollections((sys.argv[1],), PipelineSettings())
    visible._models = Given(Telling(600.0))
    serve_http(visible, ServerOptions(port=0))
