"""``pertinent mcp``: search, rerank and read collections as tools of an agent."""

from __future__ import annotations

import gc
from typing import Annotated

import typer


def mcp(
    collections: Annotated[
        list[str] | None,
        typer.Option(
            "--collection",
            help="A collection that clients may see, by name or folder; repeatable. Without it those of "
            "MCP_COLLECTIONS, and without that none.",
        ),
    ] = None,
    allow_write: Annotated[
        bool, typer.Option("--allow-write", help="Let clients add texts, and remove those they added.")
    ] = False,
    http: Annotated[
        bool, typer.Option("--http", help="Listen on HTTP, at /mcp, instead of stdin and stdout.")
    ] = False,
    host: Annotated[str | None, typer.Option(help="Where to listen; 127.0.0.1 unless told.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="8001 unless told; 0 takes a free one.")
    ] = None,
    keys: Annotated[
        bool | None,
        typer.Option(
            "--keys/--no-keys", help="Ask for API keys; off only on a loopback host, and there unless asked."
        ),
    ] = None,
) -> None:
    """Serve collections to agents over the Model Context Protocol."""
    from pertinent.errors import UsageError
    from pertinent.kb.settings import load_pipeline_settings
    from pertinent.mcp.visible import VisibleCollections
    from pertinent.serve.logs import log_as_json

    if not http and (host, port, keys) != (None, None, None):
        raise UsageError("--host, --port and --keys are for --http.", hint="Add --http, or leave them out.")
    settings = load_pipeline_settings()
    given = tuple(collections or settings.mcp_collections)
    visible = VisibleCollections(given, settings, writable=allow_write)
    log_as_json()
    if not http:
        # The SDK makes thousands of classes, which stay; looking for garbage among them takes long.
        gc.disable()
        try:
            from pertinent.mcp.stdio import serve_stdio
        finally:
            gc.freeze()
            gc.enable()

        serve_stdio(visible)
        return
    from pertinent.mcp.http import serve_http
    from pertinent.serve.keys import KEYS_FILE
    from pertinent.serve.options import ServerOptions, is_loopback
    from pertinent.settings import load_settings

    host = host or "127.0.0.1"
    wanted = not is_loopback(host) if keys is None else keys
    key_file = load_settings().home / KEYS_FILE if wanted else None
    serve_http(visible, ServerOptions(host=host, port=8001 if port is None else port, keys=key_file))
