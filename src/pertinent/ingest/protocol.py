"""What every reader can do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeAlias

from pertinent.errors import RecordError
from pertinent.types import Document

OnBroken: TypeAlias = Callable[[RecordError], None]
"""Told of each record that cannot be used. It counts and returns, or raises to stop the reading."""


class Reader(Protocol):
    """Reads one format. Readers hold only limits, so one instance serves all files."""

    @property
    def name(self) -> str:
        """The word a user names the format with."""
        ...

    def accepts(self, path: Path, head: bytes) -> bool:
        """Whether this file looks like the format.

        Parameters
        ----------
        path : Path
            The file; its name may decide.
        head : bytes
            The first bytes of its content, decompressed.
        """
        ...

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """Stream the documents of one file.

        Whatever the file holds, nothing is raised but what ``on_broken`` raises.

        Parameters
        ----------
        path : Path
            Absolute path of the file; it becomes the documents' ``source``.
        on_broken : Callable[[RecordError], None]
            Told of records that cannot be used.
        """
        ...
