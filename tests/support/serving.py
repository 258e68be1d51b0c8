"""A real server on a real socket, in a thread of the tests' process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2

from pertinent.rerankers.local import LocalReranker
from pertinent.serve.engines import ServedModel, results_of
from pertinent.serve.options import ServerOptions
from pertinent.serve.runners import Wanted
from pertinent.serve.running import DrainingServer, make_server
from pertinent.serve.service import Service
from pertinent.types import Score

QUERY = "Which drug lowers blood glucose?"
DOCUMENTS = (
    "The ferry leaves the island at half past nine.",
    "Metformin lowers blood glucose in type 2 diabetes.",
    "Insulin is injected.",
    "It rained all day in the mountains, and glucose was not measured.",
)
NAMES = ("rerank-v3.5", "Qwen/Qwen3-Reranker-8B", "accounts/fireworks/models/qwen3-reranker-8b")
"""Names that clients have in their code; the carried reranker is served by them."""

EMBEDDER_NAMES = ("text-embedding-3-small", "voyage-3.5")
"""Likewise, of the carried embedder."""


def served_as(model: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """A model by its own name and by others."""
    return (model, *(f"{name}={model}" for name in names))


@dataclass
class Running:
    """A server that listens."""

    address: str
    server: DrainingServer

    @property
    def service(self) -> Service:
        """Its parts."""
        return self.server._service

    def post(self, path: str, body: object, **more: object) -> httpx2.Response:
        """Post JSON."""
        return httpx2.post(self.address + path, json=body, timeout=60, **more)  # type: ignore[arg-type]

    def send(self, content: bytes, path: str = "/cohere/v2/rerank", **headers: str) -> httpx2.Response:
        """Post any bytes."""
        return httpx2.post(self.address + path, content=content, headers=headers, timeout=60)


@contextmanager
def running(options: ServerOptions) -> Iterator[Running]:
    """Run a server until the block ends."""
    server, listening = make_server(options)
    port = listening.getsockname()[1]
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                if httpx2.get(address + "/readyz").status_code == 200:
                    break
            except httpx2.TransportError:
                pass
            threading.Event().wait(0.05)
        yield Running(address, server)
    finally:
        server.should_exit = True
        thread.join()


def answer(served: ServedModel, wanted: Wanted) -> list[Score]:
    """What a served model gives for a request."""
    read = served.read(wanted)
    job = served.submit("someone", read)
    job.future.result(60)
    return results_of(job, read)


def of_itself(reranker: LocalReranker, wanted: Wanted) -> list[Score]:
    """What the reranker itself gives."""
    if len(wanted.queries) == 1:
        return list(reranker.score(wanted.queries[0], wanted.texts))
    each = zip(wanted.queries, wanted.texts, strict=True)
    return [score for query, text in each for score in reranker.score(query, [text])]
