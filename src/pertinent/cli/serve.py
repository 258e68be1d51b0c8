"""``pertinent serve``: models and collections over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            help="A reranker: carried name, folder or Hugging Face name; NAME=MODEL serves it as NAME too. "
            "Repeatable; the first answers where a request names none.",
        ),
    ] = None,
    embedders: Annotated[
        list[str] | None, typer.Option("--embedder", help="An embedder, in the same way.")
    ] = None,
    collections: Annotated[
        Path | None, typer.Option(help="Folder of the collections; else that of the settings.")
    ] = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    keys: Annotated[
        bool | None,
        typer.Option(
            "--keys/--no-keys", help="Ask for API keys; off only on a loopback host, and there unless asked."
        ),
    ] = None,
    max_requests: Annotated[
        int | None, typer.Option(min=1, help="Requests at a time; beyond them the answer is 429.")
    ] = None,
    cache: Annotated[
        bool, typer.Option("--cache", help="Keep scores on disk and find them again; no text is kept.")
    ] = False,
    traces: Annotated[
        bool, typer.Option("--traces", help="Send spans to OpenTelemetry (extra otel; OTEL_* say where).")
    ] = False,
    max_body_mb: Annotated[int | None, typer.Option(min=1, max=1024, help="Largest body.")] = None,
) -> None:
    """Answer over HTTP, in the dialects of Cohere, Jina, Voyage and others; /docs lists all paths."""
    from dataclasses import replace

    from pertinent.serve.keys import KEYS_FILE
    from pertinent.serve.options import Limits, ServerOptions, is_loopback
    from pertinent.serve.running import serve as run
    from pertinent.settings import load_settings

    limits = Limits()
    if max_requests is not None:
        limits = replace(limits, requests=max_requests, client_requests=max(1, max_requests * 3 // 4))
    if max_body_mb is not None:
        limits = replace(limits, body_bytes=max_body_mb << 20)
    wanted = not is_loopback(host) if keys is None else keys
    run(
        ServerOptions(
            models=tuple(models or ()),
            embedders=tuple(embedders or ()),
            collections=collections,
            host=host,
            port=port,
            keys=load_settings().home / KEYS_FILE if wanted else None,
            limits=limits,
            cache=cache,
            traces=traces,
        )
    )
