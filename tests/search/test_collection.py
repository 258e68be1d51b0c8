from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest

from pertinent.errors import (
    CollectionLocked,
    CollectionMismatch,
    CollectionNotFound,
    DataError,
    FilterError,
    UsageError,
)
from pertinent.search.collection import Collection, list_collections
from pertinent.settings import load_settings
from pertinent.store.collection import create, open_writer
from pertinent.types import Document
from support.fakes import EMBEDDER, BagOfWords, WordOverlap
from support.pdfs import pdf

DOCUMENTS = [
    Document("a", "Metformin lowers glucose. It is a tablet.", title="Metformin", metadata={"year": 1995}),
    Document("b", "It rained all day in the mountains.", metadata={"year": 2001}),
    Document("c", "Insulin lowers glucose too.", metadata={"year": 1922}),
]


def make(name: str | Path, **more: object) -> Collection:
    return Collection(name, embedder=BagOfWords(), reranker=WordOverlap(), **more)  # type: ignore[arg-type]


@pytest.fixture
def filled(tmp_path: Path) -> Collection:
    collection = make(tmp_path / "c")
    assert collection.add(DOCUMENTS).added == 3
    return collection


def found(collection: Collection, query: str, **options: object) -> list[str]:
    return [hit.passage.document_id for hit in collection.search(query, **options)]  # type: ignore[arg-type]


def test_documents_that_went_in_are_found(filled: Collection) -> None:
    with filled:
        assert found(filled, "Metformin lowers glucose", top_k=2) == ["a", "c"]
        assert found(filled, "Metformin lowers glucose", filters={"year": {"lt": 1990}}) == ["c"]
        assert found(filled, "Metformin lowers glucose", filters=["year=1990..2000"]) == ["a"]


def test_an_unknown_filter_is_an_error_even_for_an_empty_query(filled: Collection) -> None:
    for query in ("glucose", ""):
        with filled, pytest.raises(FilterError, match="yaer"):
            filled.search(query, filters={"yaer": 1990})


def test_a_search_sees_what_was_added_since_the_last(filled: Collection) -> None:
    with filled:
        assert "d" not in found(filled, "asthma")
        filled.add([Document("d", "Asthma narrows the airways.")])
        assert found(filled, "asthma", top_k=1) == ["d"]


def test_settings_give_the_defaults(filled: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERTINENT_TOP_K", "1")
    load_settings.cache_clear()
    with filled:
        assert len(filled.search("glucose")) == 1
        assert len(filled.search("glucose", top_k=2)) == 2


def test_nothing_is_made_for_paths_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        make(tmp_path / "c").index([tmp_path / "absent"])
    assert not (tmp_path / "c").exists()


def test_nothing_is_made_when_nothing_can_be_stored(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{broken\n")
    report = make(tmp_path / "c").index([tmp_path / "bad.jsonl"], prune=True)
    assert (report.broken, report.read) == (1, 0)
    assert make(tmp_path / "c").add([]).read == 0
    assert not (tmp_path / "c").exists()


def test_a_large_top_k_looks_as_deep_as_a_search_can(filled: Collection) -> None:
    with filled:
        assert len(filled.search("glucose", top_k=10_000)) == 3


@pytest.mark.parametrize("wrong", ["a text", None, {"text": "x"}])
def test_only_documents_can_be_added(tmp_path: Path, wrong: object) -> None:
    with pytest.raises(UsageError, match="Document records"):
        make(tmp_path / "c").add([wrong])  # type: ignore[list-item]


@pytest.mark.parametrize("query", [None, 5, b"bytes"])
def test_a_query_is_a_string(filled: Collection, query: object) -> None:
    with filled, pytest.raises(UsageError, match="string"):
        filled.search(query)  # type: ignore[arg-type]


def test_a_collection_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFound, match="pertinent index"):
        Collection.open(tmp_path / "c")
    with pytest.raises(CollectionNotFound):
        make(tmp_path / "c").search("q")


def test_another_embedder_is_refused(filled: Collection) -> None:
    class Other(BagOfWords):
        model = dataclasses.replace(EMBEDDER, revision="2")

    other = Collection(filled.path, embedder=Other(), reranker=WordOverlap())
    with pytest.raises(CollectionMismatch):
        other.search("q")
    with pytest.raises(CollectionMismatch):
        other.add(DOCUMENTS)


def test_another_language_is_refused(filled: Collection) -> None:
    with pytest.raises(UsageError, match="another language"):
        make(filled.path, language="german").add(DOCUMENTS)
    assert make(filled.path, language="english").add(DOCUMENTS).unchanged == 3


def test_search_works_while_somebody_writes_and_a_second_writer_is_refused(filled: Collection) -> None:
    writer = open_writer(filled.path, EMBEDDER)
    try:
        with filled:
            assert found(filled, "Metformin", top_k=1) == ["a"]
        with pytest.raises(CollectionLocked):
            filled.add([Document("d", "text")])
    finally:
        writer.close()


def test_one_collection_serves_several_threads(filled: Collection) -> None:
    answers: list[list[str]] = []

    def ask() -> None:
        for _ in range(5):
            answers.append(found(filled, "Metformin lowers glucose", top_k=2))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    filled.close()
    assert answers == [["a", "c"]] * 30


def test_backup_restore_and_delete(filled: Collection, tmp_path: Path) -> None:
    filled.backup(tmp_path / "file")
    filled.delete()
    assert not filled.path.exists()
    Collection.restore(tmp_path / "again", tmp_path / "file")
    with make(tmp_path / "again") as again:
        assert found(again, "Metformin lowers glucose", top_k=1) == ["a"]


def test_collections_are_listed_by_name() -> None:
    assert list_collections() == []
    for name in ("b", "a"):
        make(name).add(DOCUMENTS)
    (load_settings().collections / "stray").mkdir()
    assert [collection.name for collection in list_collections()] == ["a", "b"]


def test_a_damaged_collection_can_be_deleted(filled: Collection) -> None:
    (filled.path / "manifest.json").write_text('{"format_version"')
    Collection.open(filled.path).delete()
    assert not filled.path.exists()


def test_hits_of_files_say_headings_and_lines_or_pages(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "a.md").write_text("---\ntitle: Drugs\n---\n# Diabetes\n\n## Metformin\n\nIt lowers glucose.\n")
    (files / "b.html").write_text("<h1>Asthma</h1>\n<p>Inhalers help\nbreathing.</p>")
    (files / "c.pdf").write_bytes(pdf(["A trial of cimetidine.", "Ulcers healed quickly."]))
    with make(tmp_path / "c") as collection:
        assert collection.index([files]).added == 3
        told = {}
        for query in ("lowers glucose", "inhalers help breathing", "ulcers healed quickly"):
            hit = collection.search(query, top_k=1).to_dict()["hits"][0]
            passage = hit["passage"]
            name = Path(hit["document"]["source"]).name
            told[name] = (passage["headings"], passage["lines"], passage["pages"])
    assert told == {
        "a.md": (["Diabetes", "Metformin"], [8, 8], None),
        "b.html": (["Asthma"], [2, 3], None),
        "c.pdf": ([], None, [1, 2]),
    }


def test_who_makes_it_at_the_same_time_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def beaten(path: Path, *arguments: object, **named: object) -> object:
        create(path, BagOfWords().model).close()
        return create(path, *arguments, **named)

    monkeypatch.setattr("pertinent.search.collection.stored.create", beaten)
    with Collection(tmp_path / "notes", embedder=BagOfWords(), reranker=WordOverlap()) as notes:
        assert notes.add([Document("1", "metformin")]).added == 1
    with (
        Collection(tmp_path / "german", embedder=BagOfWords(), language="german") as notes,
        pytest.raises(UsageError, match="another language"),
    ):
        notes.add([Document("1", "metformin")])
