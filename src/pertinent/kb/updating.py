"""One update of a knowledge base: what is to be read, what is gone, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pertinent.errors import RecordError, UnknownFormat
from pertinent.ingest.added import is_added
from pertinent.ingest.indexer import IndexReport
from pertinent.ingest.naming import file_id
from pertinent.kb.comparing import ChangedFile, Comparison, compare
from pertinent.kb.folders import BROKEN, FileState, Folder, Folders
from pertinent.kb.part import Part
from pertinent.store.protocol import WritableStore
from pertinent.types import Document


@dataclass(slots=True)
class UpdateReport(IndexReport):
    """What one update did; counts of files beside those of documents.

    Parameters
    ----------
    files : int
        Files that a reader knows.
    to_read, files_read : int
        Of these, new or changed ones, and how many of them have been read.
    unknown : dict[str, int]
        Files that no reader knows, by the ending of their names.
    """

    files: int = 0
    to_read: int = 0
    files_read: int = 0
    unknown: dict[str, int] = field(default_factory=dict)

    def note(self, error: RecordError) -> None:
        """Count one broken record; of a file that no reader knows, that alone is kept."""
        if isinstance(error, UnknownFormat):
            self.broken_sources.add(error.source)
        else:
            IndexReport.note(self, error)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "broken_sources": sorted(self.broken_sources)}


class Update:
    """One update under way: what is to be read, and what the collection held of it before."""

    def __init__(self, store: WritableStore, remembered: Folders, report: UpdateReport) -> None:
        self._store = store
        self._remembered = remembered
        self._report = report
        self._held: dict[str, list[str]] = {}
        self._there: set[str] = set()
        self._changed: list[ChangedFile] = []
        self._read: list[tuple[ChangedFile, int]] = []

    def compare(self, part: Part) -> None:
        """Find what is to be read and what is gone."""
        folders = self._remembered.all()
        roots = {folder.path for folder in folders}
        for document in self._store.documents():
            source = Path(document.source)
            of_a_file = part.holds(source) and not roots.isdisjoint(source.parents)
            if of_a_file and not is_added(document.id):
                self._held.setdefault(document.source, []).append(document.id)
        for folder in folders:
            known = known_files(self._remembered, folder, part)
            found = compare(folder, known, part, self._report.note, held=self._held)
            self._take(found)
            self._remembered.note(found.touched.items())
            self._remembered.drop(path for path in known if path not in found.there)
        self._report.files = len(self._there) - sum(self._report.unknown.values())
        self._report.to_read = len(self._changed)

    def _take(self, found: Comparison) -> None:
        self._there |= found.there
        self._changed += found.changed
        for ending, count in found.unknown.items():
            self._report.unknown[ending] = self._report.unknown.get(ending, 0) + count

    def remove_gone(self) -> None:
        """Remove the documents of files that are there no more; the next publication tells readers."""
        gone = [
            id
            for path, ids in self._held.items()
            if path not in self._there
            for id in ids
            if self._lost(path)
        ]
        self._report.removed += self._store.remove(gone)

    def _lost(self, path: str) -> bool:
        """Whether a file is known to be gone, and does not lie where something could not be read."""
        return self._report.broken_sources.isdisjoint([path, *map(str, Path(path).parents)])

    def documents(self) -> Iterator[Document]:
        """The documents of all files that are to be read, named by path."""
        for file in self._changed:
            ids = set()
            for document in file.source.documents(self._report.note):
                named = _named(document, file)
                ids.add(named.id)
                yield named
            self._read.append((file, len(ids)))
            self._report.files_read += 1

    def acknowledged(self, progress: Callable[[UpdateReport], None] | None) -> None:
        """Remember the files whose last document is stored: the reading halts while a batch is stored."""
        broken = self._report.broken_sources
        self._remembered.note(
            (path, FileState(file.digest, file.signature, BROKEN if path in broken else documents))
            for file, documents in self._read
            for path in [str(file.source.path)]
        )
        self._read.clear()
        if progress:
            progress(self._report)

    def remove_stale(self, seen: set[str]) -> None:
        """Remove records that a file held before and holds no more."""
        whole = [
            path
            for path in (str(file.source.path) for file in self._changed)
            if path not in self._report.broken_sources
        ]
        stale = [id for path in whole for id in self._held.get(path, ()) if id not in seen]
        if stale:
            self._report.removed += self._store.remove(stale)
            self._store.publish()


def known_files(remembered: Folders, folder: Folder, part: Part) -> dict[str, FileState]:
    """What is remembered of the files of a folder that belong to the part."""
    if part.paths is None or part.holds(folder.path):
        return remembered.files(folder.path)
    below = [path for path in part.paths if path.is_relative_to(folder.path)]
    return {name: state for path in below for name, state in remembered.files(path).items()}


def _named(document: Document, file: ChangedFile) -> Document:
    place = file.source.path.relative_to(file.folder.path).as_posix()
    record = "" if document.id == file_id(file.source.path) else f"#{document.id}"
    return replace(document, id=f"{file.folder.prefix}{place}{record}")
