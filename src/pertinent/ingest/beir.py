"""BEIR folders: a corpus beside its queries and judgements, of which only the corpus is indexed.

The layout is that of the BEIR benchmark (Thakur et al., 2021): ``corpus.jsonl`` (or ``.gz``) with
``_id``, ``title``, ``text`` and perhaps ``metadata``. Ids stay as they are, so that judgements fit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pertinent.ingest.jsonl import JsonlReader
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.streams import MAX_LINE_BYTES
from pertinent.types import Document

CORPUS_NAMES = ("corpus.jsonl", "corpus.jsonl.gz")


def corpus_of(folder: Path) -> Path | None:
    """The corpus file of a BEIR folder; None where the folder is none."""
    # Unlike Path.is_file, this is False and not an error where nobody may look.
    return next((file for name in CORPUS_NAMES if os.path.isfile(file := folder / name)), None)  # noqa: PTH113


@dataclass(frozen=True, slots=True)
class BeirReader:
    """Reads the corpus of a BEIR folder; every record needs its ``_id``.

    Parameters
    ----------
    max_line_bytes : int
        Longest line.
    """

    max_line_bytes: int = MAX_LINE_BYTES
    name: str = "beir"

    def accepts(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 (only the name tells)
        """Whether the file is a corpus by name."""
        return path.name in CORPUS_NAMES

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """Stream the corpus file."""
        reader = JsonlReader(max_line_bytes=self.max_line_bytes, needs_id=True)
        yield from reader.read(path, on_broken=on_broken)
