"""Collections on Qdrant servers for tests: the client's own mode without a server, and a real one.

``PERTINENT_QDRANT_URL`` names a server that tests may make collections on, and
``PERTINENT_QDRANT_API_KEY`` its key. They are read before the settings of a test are made empty.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from qdrant_client import QdrantClient, models

URL = os.environ.get("PERTINENT_QDRANT_URL", "")
_KEY = os.environ.get("PERTINENT_QDRANT_API_KEY")

Connect = Callable[[], QdrantClient]


class Local(QdrantClient):
    """The client's own mode: it multiplies a whole matrix, where equal rows differ in the last bit."""

    def query_batch_points(self, *arguments: Any, **named: Any) -> list[models.QueryResponse]:
        """The same, with scores that are equal where the vectors are."""
        answers = super().query_batch_points(*arguments, **named)
        for point in (point for answer in answers for point in answer.points):
            point.score = round(point.score, 6)
        return answers


class InMemory(Local):
    """Several stores share it, so none of them closes it."""

    def __init__(self) -> None:
        super().__init__(":memory:")

    def close(self, grpc_grace: float | None = None, **kwargs: object) -> None:
        """Keep what is stored."""


@contextmanager
def in_memory(folder: Path) -> Iterator[Connect]:
    """One server in this process."""
    client = InMemory()
    yield lambda: client


@contextmanager
def on_disk(folder: Path) -> Iterator[Connect]:
    """The client's own mode on disk, which one client at a time may open."""
    yield lambda: Local(path=str(folder / "server"), force_disable_check_same_thread=True)


@contextmanager
def real(folder: Path) -> Iterator[Connect]:
    """The server that the environment names."""
    yield lambda: QdrantClient(url=URL, api_key=_KEY, timeout=60, check_compatibility=False)


@contextmanager
def own_name(connect: Connect) -> Iterator[str]:
    """A name that no other test uses; nothing of that name is left on a server."""
    name = f"pertinent-test-{uuid4().hex}"
    try:
        yield name
    finally:
        client = connect()
        client.delete_collection(name)
        client.close()
