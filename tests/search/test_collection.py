from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pertinent.errors import CollectionLocked, CollectionMismatch, CollectionNotFound, FilterError, UsageError
from pertinent.search.collection import Collection, list_collections
from pertinent.settings import load_settings
from pertinent.store.collection import open_writer
from pertinent.types import Document
from support.fakes import EMBEDDER, BagOfWords, WordOverlap
from support.pdfs import pdf
from support.small_collection import DOCUMENTS, found, small_collection


def test_documents_that_went_in_are_found(filled: Collection) -> None:
    with filled:
        assert found(filled, "Metformin lowers glucose", top_k=2) == ["a", "c"]
        assert found(filled, "Metformin lowers glucose", filters={"year": {"lt": 1990}}) == ["c"]
        assert found(filled, "Metformin lowers glucose", filters=["year=1990..2000"]) == ["a"]


def test_an_unknown_filter_is_an_error_even_for_an_empty_query(filled: Collection) -> None:
    for query in ("glucose", ""):
        with filled, pytest.raises(FilterError, match="yaer"):
            filled.search(query, filters={"yaer": 1990})


def test_settings_give_the_defaults(filled: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERTINENT_TOP_K", "1")
    load_settings.cache_clear()
    with filled:
        assert len(filled.search("glucose")) == 1
        assert len(filled.search("glucose", top_k=2)) == 2


def test_a_large_top_k_looks_as_deep_as_a_search_can(filled: Collection) -> None:
    with filled:
        assert len(filled.search("glucose", top_k=10_000)) == 3


@pytest.mark.parametrize("query", [None, 5, b"bytes"])
def test_a_query_is_a_string(filled: Collection, query: object) -> None:
    with filled, pytest.raises(UsageError, match="string"):
        filled.search(query)  # type: ignore[arg-type]


def test_a_collection_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFound, match="pertinent index"):
        Collection.open(tmp_path / "c")
    with pytest.raises(CollectionNotFound):
        small_collection(tmp_path / "c").search("q")


def test_another_embedder_is_refused(filled: Collection) -> None:
    class Other(BagOfWords):
        model = dataclasses.replace(EMBEDDER, revision="2")

    other = Collection(filled.path, embedder=Other(), reranker=WordOverlap())
    with pytest.raises(CollectionMismatch):
        other.search("q")
    with pytest.raises(CollectionMismatch):
        other.add(DOCUMENTS)


def test_search_works_while_somebody_writes_and_a_second_writer_is_refused(filled: Collection) -> None:
    writer = open_writer(filled.path, EMBEDDER)
    try:
        with filled:
            assert found(filled, "Metformin", top_k=1) == ["a"]
        with pytest.raises(CollectionLocked):
            filled.add([Document("d", "text")])
    finally:
        writer.close()


def test_backup_restore_and_delete(filled: Collection, tmp_path: Path) -> None:
    filled.backup(tmp_path / "file")
    filled.delete()
    assert not filled.path.exists()
    Collection.restore(tmp_path / "again", tmp_path / "file")
    with small_collection(tmp_path / "again") as again:
        assert found(again, "Metformin lowers glucose", top_k=1) == ["a"]


def test_collections_are_listed_by_name() -> None:
    assert list_collections() == []
    for name in ("b", "a"):
        small_collection(name).add(DOCUMENTS)
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
    with small_collection(tmp_path / "c") as collection:
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
