from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.evaluate.sources.beir import beir_task, is_beir
from pertinent.types import Document
from support.judged_sets import write_beir, write_lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_beir(
        tmp_path / "tiny",
        corpus=[
            {"_id": "d1", "title": "Glucose", "text": "It falls.", "metadata": {"year": "soon"}},
            {"_id": 2, "title": "", "text": "It rises.", "url": float("nan")},
            {"_id": "d3", "title": "", "text": " "},
        ],
        queries=[
            {"_id": "q2", "text": "Rises?"},
            {"_id": "q1", "text": "Falls?"},
            {"_id": "q3", "text": "?"},
        ],
        test="query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\tnowhere\t1\nq2\t2\t0\n",
    )


def test_a_task_has_the_judged_queries_in_file_order(folder: Path) -> None:
    task = beir_task(folder)
    assert (task.name, task.split, task.kind, task.language) == ("tiny", "test", "retrieval", "english")
    assert list(task.queries.items()) == [("q2", "Rises?"), ("q1", "Falls?")]
    assert task.judgements == {"q1": {"d1": 2, "nowhere": 1}, "q2": {"2": 0}}
    assert task.candidates is None


def test_documents_come_anew_without_metadata_and_without_empty_ones(folder: Path) -> None:
    documents = beir_task(folder).documents
    assert documents is not None
    for _ in range(2):
        assert list(documents()) == [
            Document("d1", "It falls.", title="Glucose", source=str(folder / "corpus.jsonl")),
            Document("2", "It rises.", source=str(folder / "corpus.jsonl")),
        ]


def test_judged_queries_without_text_are_counted(folder: Path) -> None:
    write_lines(folder / "qrels" / "dev.tsv", "q1\td1\t1\nx\td1\t1\ny\td1\t1\n")
    with pytest.raises(DataError, match=r"2 of 3 judged queries of .* have no text"):
        beir_task(folder, "dev")


def test_a_query_that_stands_twice_is_an_error(folder: Path) -> None:
    write_lines(folder / "queries.jsonl", '{"_id": "q1", "text": "a"}\n{"_id": "q1", "text": "b"}\n')
    with pytest.raises(DataError, match="line 2: a query with this id"):
        beir_task(folder)


@pytest.mark.parametrize(
    "line", ["{", '{"text": "no id"}', '{"_id": "x", "text": 5}', "[]", '{"_id": {}, "text": "x"}']
)
def test_a_broken_document_ends_the_reading(folder: Path, line: str) -> None:
    write_lines(folder / "corpus.jsonl", '{"_id": "d1", "text": "fine"}\n' + line)
    documents = beir_task(folder).documents
    assert documents is not None
    with pytest.raises(DataError, match=r"line 2: .*leaves no record out"):
        list(documents())


def test_what_is_no_beir_folder(tmp_path: Path, folder: Path) -> None:
    assert is_beir(folder)
    assert not is_beir(tmp_path)
    with pytest.raises(DataError, match=r"has no corpus.jsonl"):
        beir_task(tmp_path)


@pytest.mark.parametrize(
    ("name", "split", "queries", "judgements", "documents"),
    [("scifact", "test", 300, 339, 5183), ("nfcorpus", "dev", 324, 11385, 3633)],
)
def test_published_counts(
    data_folder: Path, name: str, split: str, queries: int, judgements: int, documents: int
) -> None:
    task = beir_task(data_folder / name)
    assert task.documents is not None
    read = [document.id for document in task.documents()]
    assert len(read) == len(set(read)) == documents
    assert (task.split, len(task.queries)) == (split, queries)
    assert sum(map(len, task.judgements.values())) == judgements
    assert {document for grades in task.judgements.values() for document in grades} <= set(read)


def test_other_splits_can_be_asked_for(data_folder: Path) -> None:
    assert len(beir_task(data_folder / "scifact", "train").queries) == 809
