"""How reader tests read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pertinent.errors import RecordError
from pertinent.ingest.protocol import Reader
from pertinent.types import Document


@dataclass
class Reading:
    """What a reader gave and what it reported."""

    path: Path
    documents: list[Document] = field(default_factory=list)
    errors: list[RecordError] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        return [f"{error.position}: {error.reason}" for error in self.errors]


ReadContent = Callable[..., Reading]


@pytest.fixture(scope="session")
def read_content(tmp_path_factory: pytest.TempPathFactory) -> ReadContent:
    """Write bytes (or text) to a file of that name and read it."""
    folder = tmp_path_factory.mktemp("content")

    def read(reader: Reader, content: bytes | str, name: str = "input") -> Reading:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        reading = Reading(path)
        reading.documents.extend(reader.read(path, on_broken=reading.errors.append))
        return reading

    return read
