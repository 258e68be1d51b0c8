"""A knowledge base: a collection that follows folders of files.

The id of a document is its file's path below the folder, so it is the same on every machine. Of several
folders the first has no prefix; a document of another one is ``name//path``, which no path can be. A file
of many records gives ``path#record``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pertinent.errors import DataError, RecordError, UnknownFormat, UsageError
from pertinent.ingest.chunker import carried_chunker
from pertinent.ingest.detect import is_collection
from pertinent.ingest.indexer import IndexReport, index
from pertinent.ingest.naming import file_id
from pertinent.ingest.protocol import OnBroken
from pertinent.kb.added import is_added
from pertinent.kb.comparing import ChangedFile, Comparison, compare
from pertinent.kb.folders import BROKEN, FOLDERS_FILE, FileState, Folder, Folders
from pertinent.kb.globs import check_globs
from pertinent.kb.part import EVERYTHING, Part
from pertinent.search.collection import Collection
from pertinent.search.names import collection_names
from pertinent.store import collection as stored
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


class KnowledgeBase:
    """A collection and the folders that it follows.

    Parameters
    ----------
    collection : Collection
        Where documents go; made when the first folder is added.

    Examples
    --------
    >>> import tempfile
    >>> home = Path(tempfile.mkdtemp())
    >>> (home / "notes").mkdir()
    >>> _ = (home / "notes" / "a.md").write_text("The moon pulls the sea.")
    >>> with Collection(home / "kb") as collection:
    ...     base = KnowledgeBase(collection)
    ...     folder = base.add(home / "notes")
    ...     report = base.update()
    ...     [hit.passage.document_id for hit in collection.search("What makes the tides?")]
    ['a.md']
    """

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    def folders(self) -> list[Folder]:
        """The folders it follows, the first one first."""
        if not (self.collection.path / FOLDERS_FILE).is_file():
            return []
        with Folders(self.collection.path) as remembered:
            return remembered.all()

    def add(self, path: str | Path, include: Iterable[str] | None = None) -> Folder:
        """Remember a folder; the next :meth:`update` reads it.

        Parameters
        ----------
        path : str | Path
            The folder.
        include : Iterable[str] | None
            Patterns of the files that are taken; None keeps what was said before, and else takes all.

        Raises
        ------
        DataError
            If it is no folder, or one of a collection.
        UsageError
            If it lies in a folder that is followed, or one of these in it, or a pattern is of no use.
        """
        root = _existing(path)
        globs = None if include is None else check_globs(list(include))
        with self.collection.writing(IndexReport()), Folders(self.collection.path) as remembered:
            folders = remembered.all()
            known = next((folder for folder in folders if folder.path == root), None)
            if known:
                folder = known if globs is None else replace(known, include=globs)
            else:
                _refuse_overlap(root, folders)
                folder = Folder(root, _prefix(root, folders), globs or ())
            remembered.keep(folder)
        return folder

    def remove(self, path: str | Path) -> int:
        """Forget a folder and remove its documents; the files stay. Returns how many documents there were.

        Raises
        ------
        UsageError
            If it is none of the folders.
        """
        root = Path(path).expanduser().resolve()
        if root not in [folder.path for folder in self.folders()]:
            raise UsageError(
                f"{root} is no folder of {self.collection.name}.", hint="See them: pertinent kb list."
            )
        with self.collection.writing(IndexReport()) as store, Folders(self.collection.path) as remembered:
            gone = [
                document.id
                for document in store.documents()
                if Path(document.source).is_relative_to(root) and not is_added(document.id)
            ]
            store.remove(gone)
            store.publish()
            remembered.forget(root)
        return len(gone)

    def update(
        self,
        part: Part = EVERYTHING,
        *,
        report: UpdateReport | None = None,
        progress: Callable[[UpdateReport], None] | None = None,
    ) -> UpdateReport:
        """Bring the collection to what the folders hold.

        What can be read no longer, because a file is broken or a folder is not there, stays as it was.

        Parameters
        ----------
        part : Part
            Look only there.
        report : UpdateReport | None
            Counts are kept up to date in it, so that an interrupted update can be told too.
        progress : Callable[[UpdateReport], None] | None
            Called after each acknowledged batch.
        """
        report = report or UpdateReport()
        with self.collection.writing(report) as store, Folders(self.collection.path) as remembered:
            run = _Update(store, remembered, report)
            run.compare(part)
            run.remove_gone()
            seen = index(
                run.documents(),
                store,
                self.collection.embedder,
                carried_chunker(),
                report,
                on_broken=report.note,
                progress=lambda _: run.acknowledged(progress),
            )
            run.acknowledged(progress)
            run.remove_stale(seen)
        return report

    def differs(self, part: Part) -> bool:
        """Whether files there are not as they were read; looks without the writer's lock."""
        ignored: OnBroken = UpdateReport().note
        with Folders(self.collection.path) as remembered:
            for folder in remembered.all():
                known = _known(remembered, folder, part)
                found = compare(folder, known, part, ignored)
                if found.changed or not known.keys() <= found.there:
                    return True
        return False


class _Update:
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
            known = _known(self._remembered, folder, part)
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


def knowledge_bases() -> list[KnowledgeBase]:
    """The collections of the data folder that follow folders, by name."""
    found = (KnowledgeBase(Collection(name)) for name in collection_names())
    return [base for base in found if base.folders()]


def _known(remembered: Folders, folder: Folder, part: Part) -> dict[str, FileState]:
    """What is remembered of the files of a folder that belong to the part."""
    if part.paths is None or part.holds(folder.path):
        return remembered.files(folder.path)
    below = [path for path in part.paths if path.is_relative_to(folder.path)]
    return {name: state for path in below for name, state in remembered.files(path).items()}


def _named(document: Document, file: ChangedFile) -> Document:
    place = file.source.path.relative_to(file.folder.path).as_posix()
    record = "" if document.id == file_id(file.source.path) else f"#{document.id}"
    return replace(document, id=f"{file.folder.prefix}{place}{record}")


def _existing(path: str | Path) -> Path:
    try:
        root = Path(path).expanduser().resolve(strict=True)
    except (OSError, RuntimeError):
        raise DataError(f"There is no folder at {path}.", hint="Check the path.") from None
    if not root.is_dir():
        raise DataError(f"{root} is no folder.", hint="Name the folder that holds the files.")
    if is_collection(root) or stored.exists(root):
        raise DataError(
            f"{root} is a collection of Pertinent.", hint="Name the folder that holds the documents."
        )
    return root


def _refuse_overlap(root: Path, folders: Iterable[Folder]) -> None:
    for folder in folders:
        if root.is_relative_to(folder.path) or folder.path.is_relative_to(root):
            raise UsageError(
                f"{root} and {folder.path}, which is followed already, lie in one another.",
                hint="Use --include to take a part of a folder, or remove the other one first.",
            )


def _prefix(root: Path, folders: Iterable[Folder]) -> str:
    taken = {folder.prefix for folder in folders}
    if "" not in taken:
        return ""
    prefix, number = f"{root.name}//", 1
    while prefix in taken:
        number += 1
        prefix = f"{root.name}-{number}//"
    return prefix
