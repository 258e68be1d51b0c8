"""A knowledge base: a collection that follows folders of files.

The id of a document is its file's path below the folder, so it is the same on every machine. Of several
folders the first has no prefix; a document of another one is ``name//path``, which no path can be. A file
of many records gives ``path#record``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from pertinent.errors import DataError, StoreError, UsageError
from pertinent.ingest.added import is_added
from pertinent.ingest.chunker import carried_chunker
from pertinent.ingest.detect import is_collection, shown
from pertinent.ingest.indexer import IndexReport, index
from pertinent.ingest.protocol import OnBroken
from pertinent.kb.comparing import compare
from pertinent.kb.folders import FOLDERS_FILE, Folder, Folders
from pertinent.kb.globs import check_globs
from pertinent.kb.part import EVERYTHING, Part
from pertinent.kb.updating import Update, UpdateReport, known_files
from pertinent.search.collection import Collection
from pertinent.search.names import collection_names
from pertinent.store.collection import open_writer
from pertinent.store.schema import is_encodable


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
        for folder in self.folders():
            if folder.path == root and globs in (None, folder.include):
                return folder  # nothing is new, so whoever writes just now is in nobody's way
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
        with open_writer(self.collection.path) as store, Folders(self.collection.path) as remembered:
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
            run = Update(store, remembered, report)
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
                known = known_files(remembered, folder, part)
                found = compare(folder, known, part, ignored)
                if found.changed or not known.keys() <= found.there:
                    return True
        return False


def knowledge_bases() -> list[KnowledgeBase]:
    """The collections of the data folder that follow folders, by name."""
    found = (KnowledgeBase(Collection(name)) for name in collection_names())
    return [base for base in found if _follows(base)]


def _follows(base: KnowledgeBase) -> bool:
    """Whether it follows a folder; where that cannot be told, whoever looks at it is to meet the fault."""
    try:
        return bool(base.folders())
    except StoreError:
        return True


def _existing(path: str | Path) -> Path:
    try:
        root = Path(path).expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise DataError(f"There is no folder at {shown(path)}.", hint="Check the path.") from None
    if not root.is_dir():
        raise DataError(f"{shown(root)} is no folder.", hint="Name the folder that holds the files.")
    if not is_encodable(str(root)):
        raise DataError(f"The name of {shown(root)} is not valid UTF-8.", hint="Rename the folder.")
    if is_collection(root):
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
