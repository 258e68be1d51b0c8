"""Which files there are under the paths a user gives, and which reader each one gets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pertinent.errors import DataError, RecordError, UsageError
from pertinent.ingest.beir import BeirReader, corpus_of
from pertinent.ingest.jsonl import JsonlReader
from pertinent.ingest.markdown import MarkdownReader
from pertinent.ingest.medline import MedlineReader
from pertinent.ingest.protocol import OnBroken, Reader
from pertinent.ingest.streams import read_head
from pertinent.ingest.tables import CsvReader
from pertinent.ingest.text import TextReader
from pertinent.types import Document

BEIR = BeirReader()
READERS: tuple[Reader, ...] = (MedlineReader(), JsonlReader(), MarkdownReader(), CsvReader(), TextReader())
"""Readers of single files, in the order they are asked; the text reader accepts what is left."""

FORMATS: dict[str, Reader] = {reader.name: reader for reader in (BEIR, *READERS)}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Source:
    """One file and the reader that it gets.

    Parameters
    ----------
    path : Path
        Absolute path with symbolic links resolved; documents carry it as their ``source``.
    reader : Reader
        Chosen by content and name, or named by the user.
    """

    path: Path
    reader: Reader

    def documents(self, on_broken: OnBroken) -> Iterator[Document]:
        """Stream the documents of the file."""
        return self.reader.read(self.path, on_broken=on_broken)


def open_documents(
    paths: Sequence[str | Path], *, format: str | None = None, on_broken: OnBroken
) -> Iterator[Document]:
    """Stream the documents of all files under the paths; see :func:`find_sources`."""
    for source in find_sources(paths, format=format, on_broken=on_broken):
        yield from source.documents(on_broken)


def find_sources(
    paths: Sequence[str | Path], *, format: str | None = None, on_broken: OnBroken
) -> list[Source]:
    """List the files under the paths with their readers.

    Folders are walked in sorted order. Hidden files and folders are passed over, symbolic links
    inside a folder are not followed, and a BEIR folder counts as its corpus alone. No file is
    listed twice. A path that is itself a hidden file or a link is taken as it is meant.

    Parameters
    ----------
    paths : sequence of str or Path
        Files and folders.
    format : str | None
        Name of the reader for every file; None lets content and name decide. With ``beir`` the
        paths are BEIR folders or corpus files.
    on_broken : Callable[[RecordError], None]
        Told of files that no reader knows, that are binary or empty, or that cannot be read.

    Raises
    ------
    UsageError
        If no reader has that name.
    DataError
        If a path does not exist, or is no BEIR folder where one is asked for.
    """
    named = reader_for(format) if format is not None else None
    found: dict[Path, Source] = {}
    for given in paths:
        path = Path(given).expanduser()
        if not path.exists():
            raise DataError(f"There is nothing at {given}.", hint="Check the path.")
        root = path.resolve()
        for file in _walk(root, named, on_broken):
            if file in found:
                continue
            reader = _usable(file, named, on_broken)
            if reader is not None:
                found[file] = Source(file, reader)
    return list(found.values())


def reader_for(format: str) -> Reader:
    """The reader of that name.

    Raises
    ------
    UsageError
        If there is none.
    """
    try:
        return FORMATS[format]
    except KeyError:
        raise UsageError(
            f"There is no format named {format!r}.", hint=f"Choose one of {', '.join(sorted(FORMATS))}."
        ) from None


def _walk(root: Path, named: Reader | None, on_broken: OnBroken) -> Iterator[Path]:
    if not root.is_dir():
        yield root
        return
    if named is BEIR and corpus_of(root) is None:
        raise DataError(f"{root} is no BEIR folder.", hint="It should hold corpus.jsonl or corpus.jsonl.gz.")

    def unreadable(error: OSError) -> None:
        reason = f"the folder cannot be read ({error.strerror})"
        on_broken(RecordError(reason, source=str(error.filename), position="whole folder"))

    for folder, folders, files in os.walk(root, onerror=unreadable):
        here = Path(folder)
        if named in (None, BEIR) and (corpus := corpus_of(here)) is not None and not corpus.is_symlink():
            folders.clear()
            yield corpus
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in files if not name.startswith(".")):
            file = here / name
            # A link into the folder is met as the file it leads to; one that leads out is left alone.
            if not file.is_symlink():
                yield file


def _usable(file: Path, named: Reader | None, on_broken: OnBroken) -> Reader | None:
    """The reader for a file; None, and a report, where there is none."""
    shown = os.fsencode(file).decode("utf-8", "replace")
    if shown != str(file):
        on_broken(_useless(shown, "the file's name is not valid UTF-8"))
        return None
    if not file.is_file():
        on_broken(_useless(shown, "it is not a regular file"))
        return None
    faults: list[RecordError] = []
    head = read_head(file, on_broken=faults.append)
    if head is None:
        on_broken(faults[0])
        return None
    reader = named or _detect(file, head)
    if not head.strip():
        on_broken(_useless(shown, "the file is empty"))
    elif reader is None:
        on_broken(_useless(shown, _why_unknown(head)))
    else:
        return reader
    return None


def _detect(file: Path, head: bytes) -> Reader | None:
    reader = next((reader for reader in (BEIR, *READERS) if reader.accepts(file, head)), None)
    # XML says itself how it is encoded; everything else is UTF-8, which has no zero bytes.
    return reader if isinstance(reader, MedlineReader) or b"\0" not in head else None


def _why_unknown(head: bytes) -> str:
    if head.startswith(_UTF16):
        return "the text is UTF-16; save it as UTF-8"
    if b"\0" in head:
        return "the file is binary"
    return f"no reader knows this kind of file; --format names one of {', '.join(sorted(FORMATS))}"


def _useless(source: str, reason: str) -> RecordError:
    return RecordError(reason, source=source, position="whole file")
