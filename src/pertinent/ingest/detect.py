"""Which files there are under the paths a user gives, and which reader each one gets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pertinent.errors import DataError, EmptyFile, RecordError, UnknownFormat, UsageError
from pertinent.ingest.beir import BeirReader, corpus_of
from pertinent.ingest.code import CodeReader
from pertinent.ingest.docx import DocxReader
from pertinent.ingest.html import HtmlReader
from pertinent.ingest.jats import JatsReader
from pertinent.ingest.jsonl import JsonlReader
from pertinent.ingest.markdown import MarkdownReader
from pertinent.ingest.medline import MedlineReader
from pertinent.ingest.pdf import PdfReader
from pertinent.ingest.protocol import OnBroken, Reader
from pertinent.ingest.streams import read_head
from pertinent.ingest.tables import CsvReader
from pertinent.ingest.tagged_citations import NBIB, RIS
from pertinent.ingest.text import TextReader
from pertinent.store.generations import SHARD_FOLDER
from pertinent.store.lock import LOCK_FILE
from pertinent.store.manifest import MANIFEST_FILE
from pertinent.store.server.link import is_link
from pertinent.types import Document

BEIR = BeirReader()
READERS: tuple[Reader, ...] = (
    MedlineReader(),
    JatsReader(),
    RIS,
    NBIB,
    PdfReader(),
    DocxReader(),
    JsonlReader(),
    MarkdownReader(),
    HtmlReader(),
    CsvReader(),
    CodeReader(),
    TextReader(),
)
"""Readers of single files, in the order they are asked; the text reader accepts what is left."""

FORMATS: dict[str, Reader] = {reader.name: reader for reader in (BEIR, *READERS)}
_BINARY = (MedlineReader, JatsReader, PdfReader, DocxReader)
"""XML says itself how it is encoded, PDF and docx are binary; all else is text, which has no zero bytes."""
_SHOWN_CHARS = 300
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

    Folders are walked in sorted order. Hidden files and folders and collections of Pertinent are
    passed over, symbolic links inside a folder are not followed, and a BEIR folder counts as its
    corpus alone. No file is listed twice. A path that is itself a hidden file or a link is taken as
    it is meant.

    Parameters
    ----------
    paths : sequence of str or Path
        Files and folders.
    format : str | None
        Name of the reader for every file; None lets content and name decide. With ``beir`` the
        paths are BEIR folders or corpus files.
    on_broken : Callable[[RecordError], None]
        Told of files that no reader knows, that are binary or empty, and of files and folders that
        cannot be read.

    Raises
    ------
    UsageError
        If no reader has that name.
    DataError
        If a path does not exist or cannot be read, is a collection, or is no BEIR folder where one is
        asked for.
    """
    named = reader_for(format) if format is not None else None
    found: dict[Path, Source] = {}
    for given in paths:
        root = _named_by_user(given)
        for file in _walk(root, named, on_broken):
            if file in found:
                continue
            source = source_of(file, named, on_broken=on_broken)
            if source is not None:
                found[file] = source
    return list(found.values())


def source_of(file: Path, named: Reader | None = None, *, on_broken: OnBroken) -> Source | None:
    """Give a file the reader that it gets; None, and a report, where there is none.

    Parameters
    ----------
    file : Path
        Absolute path without symbolic links.
    named : Reader | None
        The reader that a user named; None lets content and name decide.
    on_broken : Callable[[RecordError], None]
        Told why there is none: :class:`UnknownFormat` where the file may be sound, but no reader knows it.
    """
    reader = _usable(file, named, on_broken)
    return None if reader is None else Source(file, reader)


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


def _named_by_user(given: str | Path) -> Path:
    """The path, absolute and without links."""
    told = shown(given)[:_SHOWN_CHARS]
    try:
        path = Path(given).expanduser()
        if path.exists():
            return path.resolve()
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"{told} cannot be read ({_reason(error)}).", hint="Check the path and its permissions."
        ) from None
    raise DataError(f"There is nothing at {told}.", hint="Check the path.")


def _walk(root: Path, named: Reader | None, on_broken: OnBroken) -> Iterator[Path]:
    if not root.is_dir():
        yield root
        return
    if named is BEIR and corpus_of(root) is None:
        raise DataError(f"{root} is no BEIR folder.", hint="It should hold corpus.jsonl or corpus.jsonl.gz.")
    if is_collection(root):
        raise DataError(
            f"{root} is a collection of Pertinent.", hint="Name the files or folders that hold the documents."
        )
    # A stack, because folders may be nested deeper than functions.
    ahead = [root]
    while ahead:
        here = ahead.pop()
        if named in (None, BEIR) and (corpus := corpus_of(here)) is not None and not corpus.is_symlink():
            yield corpus
            continue
        if is_collection(here):
            continue
        try:
            files, folders = listed(here)
        except OSError as error:
            reason = f"the folder cannot be read ({_reason(error)})"
            on_broken(RecordError(reason, source=shown(here), position="whole folder"))
            continue
        yield from files
        ahead.extend(reversed(folders))


def listed(folder: Path) -> tuple[list[Path], list[Path]]:
    """Files and folders in a folder, sorted, without hidden ones.

    A link into the walked folder is met as the file it leads to; one that leads out is left alone.

    Raises
    ------
    OSError
        If the folder cannot be read.
    """
    files: list[Path] = []
    folders: list[Path] = []
    os.stat(f"{folder}/.")  # noqa: PTH116 (raises where names may be read, but nothing behind them)
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            (folders if entry.is_dir(follow_symlinks=False) else files).append(folder / entry.name)
    return files, folders


def is_collection(folder: Path) -> bool:
    """Whether a folder holds a collection of Pertinent, or a link to one; it is no folder of documents."""
    parts = (folder / SHARD_FOLDER, folder / LOCK_FILE)
    here = os.path.isfile(folder / MANIFEST_FILE) and any(map(os.path.exists, parts))  # noqa: PTH113
    return here or is_link(folder)


def _usable(file: Path, named: Reader | None, on_broken: OnBroken) -> Reader | None:
    """The reader for a file; None, and a report, where there is none."""
    told = shown(file)
    if told != str(file):
        on_broken(_useless(told, "the file's name is not valid UTF-8"))
        return None
    try:
        fault = "" if file.is_file() else "it is not a regular file"
    except OSError as error:
        fault = f"the file cannot be read ({_reason(error)})"
    if fault:
        on_broken(_useless(told, fault))
        return None
    faults: list[RecordError] = []
    head = read_head(file, on_broken=faults.append)
    if head is None:
        on_broken(faults[0])
        return None
    reader = named or _detect(file, head)
    if not head.strip():
        on_broken(EmptyFile("the file is empty", source=told, position="whole file"))
    elif reader is None:
        on_broken(UnknownFormat(_why_unknown(head), source=told, position="whole file"))
    else:
        return reader
    return None


def _detect(file: Path, head: bytes) -> Reader | None:
    reader = next((reader for reader in (BEIR, *READERS) if reader.accepts(file, head)), None)
    return reader if isinstance(reader, _BINARY) or b"\0" not in head else None


def _why_unknown(head: bytes) -> str:
    if head.startswith(_UTF16):
        return "the text is UTF-16; save it as UTF-8"
    if b"\0" in head:
        return "the file is binary"
    return f"no reader knows this kind of file; --format names one of {', '.join(sorted(FORMATS))}"


def shown(path: str | Path) -> str:
    """A path as text, for messages; bytes of a name that are no UTF-8 become question marks."""
    return os.fsencode(path).decode("utf-8", "replace")


def _reason(error: OSError | RuntimeError) -> str:
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__


def _useless(source: str, reason: str) -> RecordError:
    return RecordError(reason, source=source, position="whole file")
