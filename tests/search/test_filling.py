from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import DataError, UsageError
from pertinent.ingest.added import added_id
from pertinent.search.collection import Collection
from pertinent.store.collection import create
from pertinent.types import Document
from support.fakes import BagOfWords, WordOverlap
from support.small_collection import DOCUMENTS, small_collection


def test_nothing_is_made_for_paths_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        small_collection(tmp_path / "c").index([tmp_path / "absent"])
    assert not (tmp_path / "c").exists()


def test_nothing_is_made_when_nothing_can_be_stored(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{broken\n")
    report = small_collection(tmp_path / "c").index([tmp_path / "bad.jsonl"], prune=True)
    assert (report.broken, report.read) == (1, 0)
    assert small_collection(tmp_path / "c").add([]).read == 0
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("wrong", ["a text", None, {"text": "x"}])
def test_only_documents_can_be_added(tmp_path: Path, wrong: object) -> None:
    with pytest.raises(UsageError, match="Document records"):
        small_collection(tmp_path / "c").add([wrong])  # type: ignore[list-item]


def test_another_language_is_refused(filled: Collection) -> None:
    with pytest.raises(UsageError, match="another language"):
        small_collection(filled.path, language="german").add(DOCUMENTS)
    assert small_collection(filled.path, language="english").add(DOCUMENTS).unchanged == 3


def test_who_makes_it_at_the_same_time_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def beaten(path: Path, *arguments: object, **named: object) -> object:
        create(path, BagOfWords().model).close()
        return create(path, *arguments, **named)

    monkeypatch.setattr("pertinent.search.filling.stored.create", beaten)
    with Collection(tmp_path / "notes", embedder=BagOfWords(), reranker=WordOverlap()) as notes:
        assert notes.add([Document("1", "metformin")]).added == 1
    with (
        Collection(tmp_path / "german", embedder=BagOfWords(), language="german") as notes,
        pytest.raises(UsageError, match="another language"),
    ):
        notes.add([Document("1", "metformin")])


def test_pruning_takes_what_the_files_no_longer_hold_and_nothing_that_was_added(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("kept", "gone"):
        (folder / f"{name}.md").write_text(f"A text that is {name}.")
    gone = str(folder / "gone.md")
    collection = small_collection(tmp_path / "c")
    collection.index([folder])
    collection.add(
        [
            Document(added_id("", "A thought.", gone, ""), "A thought.", source=gone),
            Document("own", "Of no file."),
            Document("named", "Of something that is no path here.", source="gone.md"),
            Document("claimed", "Of this file.", source=gone),
        ]
    )
    Path(gone).unlink()
    report = collection.index([folder], prune=True)
    assert report.removed == 2  # the file's own text, and what claimed to be of it
    with collection:
        ids = {document.id for document in collection.reader().documents()}
    assert {added_id("", "A thought.", gone, ""), "own", "named"} < ids
    assert len(ids) == 4
