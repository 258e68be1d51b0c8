"""Plain text files, plain or gzip: one document each, titled with the file's name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pertinent.ingest.naming import file_id, suffix, title_of
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.streams import MAX_TEXT_BYTES, read_text
from pertinent.types import Document, line_places

SUFFIXES = frozenset({"", ".txt", ".text", ".rst", ".adoc", ".org", ".log"})


@dataclass(frozen=True, slots=True)
class TextReader:
    """Reads UTF-8 text.

    Parameters
    ----------
    max_bytes : int
        Largest file.
    """

    max_bytes: int = MAX_TEXT_BYTES
    name: str = "text"

    def accepts(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 (only the name tells)
        """Whether the name has no ending or one of plain text."""
        return suffix(path) in SUFFIXES

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """The file as one document."""
        text = read_text(path, on_broken=on_broken, max_bytes=self.max_bytes)
        if text is not None:
            yield Document(
                file_id(path), text, title=title_of(path), source=str(path), places=line_places(text)
            )
