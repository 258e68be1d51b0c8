from __future__ import annotations

import logging
from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.evaluate.sources.candidates import candidates_task
from pertinent.evaluate.sources.trec import is_trec, trec_folder_task, trec_task
from pertinent.evaluate.task import GivenCandidate
from support.judged_sets import write_lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_lines(tmp_path / "topics.tsv", "1\tBees?\n2\tTides?\n3\tUnjudged?\n")
    write_lines(tmp_path / "qrels.txt", "1 0 a 2\n1 0 gone 1\n2 0 b 0\n")
    write_lines(
        tmp_path / "corpus.jsonl",
        '{"id": "a", "contents": "Of bees."}\n{"_id": "b", "title": "T", "text": "x"}\n',
    )
    return tmp_path


def test_without_a_run_the_corpus_is_searched(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    task = trec_folder_task(folder)
    assert is_trec(folder)
    assert (task.kind, task.split, task.queries) == ("retrieval", "test", {"1": "Bees?", "2": "Tides?"})
    assert task.judgements == {"1": {"a": 2, "gone": 1}, "2": {"b": 0}}
    assert task.documents is not None
    with caplog.at_level(logging.INFO):
        assert [(d.id, d.title, d.text) for d in task.documents()] == [("a", "", "Of bees."), ("b", "T", "x")]
    assert "1 judged documents are not there" in caplog.text


def test_with_a_run_its_documents_are_given(folder: Path) -> None:
    write_lines(folder / "run.txt", "1 Q0 a 1 0.5 t\n1 Q0 b 2 1.5 t\n3 Q0 unknown 1 1 t\n")
    task = trec_folder_task(folder)
    assert (task.kind, task.documents) == ("candidates", None)
    assert task.candidates == {
        "1": (GivenCandidate("b", "T\nx", 1.5), GivenCandidate("a", "Of bees.", 0.5)),
        "2": (),
    }


def test_the_run_is_part_of_the_data(folder: Path) -> None:
    without = trec_folder_task(folder).data_hash
    write_lines(folder / "run.txt", "1 Q0 a 1 0.5 t\n")
    assert trec_folder_task(folder).data_hash != without


def test_documents_that_the_corpus_lacks(folder: Path) -> None:
    write_lines(folder / "run.txt", "1 Q0 a 1 2 t\n2 Q0 c 1 1 t\n")
    with pytest.raises(DataError, match=r"1 of 2 documents of .*run\.txt are not in the corpus"):
        trec_folder_task(folder)


def test_files_by_split(folder: Path) -> None:
    write_lines(folder / "qrels.dl20.txt", "9 0 a 1\n")
    with pytest.raises(DataError, match="1 of 1 judged queries"):
        trec_folder_task(folder, "dl20")
    write_lines(folder / "topics.dl20.tsv", "9\tWhy?\n")
    write_lines(folder / "run.test.txt", "1 Q0 a 1 0.5 t\n")
    task = trec_folder_task(folder, "dl20")
    assert (task.split, task.kind, task.queries) == ("dl20", "retrieval", {"9": "Why?"})
    assert trec_folder_task(folder).kind == "candidates"
    with pytest.raises(DataError, match="there are: dl20, test"):
        trec_folder_task(folder, "dl19")


@pytest.mark.parametrize("name", ["topics.txt", "qrels.test.txt"])
def test_two_files_for_one_part(folder: Path, name: str) -> None:
    write_lines(folder / name, "x")
    with pytest.raises(DataError, match="play the same part"):
        trec_folder_task(folder)


def test_a_missing_corpus(folder: Path) -> None:
    (folder / "corpus.jsonl").unlink()
    with pytest.raises(DataError, match="has no file corpus for test"):
        trec_folder_task(folder)


def test_the_same_set_in_both_layouts_is_the_same(data_folder: Path, tmp_path: Path) -> None:
    given = candidates_task(data_folder / "trec_dl19_bm25")
    assert given.candidates is not None
    corpus = {row.document_id: row.text for rows in given.candidates.values() for row in rows}
    write_lines(tmp_path / "corpus.tsv", "".join(f"{key}\t{text}\n" for key, text in corpus.items()))
    write_lines(tmp_path / "topics.tsv", "".join(f"{key}\t{text}\n" for key, text in given.queries.items()))
    judged = [(q, d, grade) for q, grades in given.judgements.items() for d, grade in grades.items()]
    write_lines(tmp_path / "qrels.txt", "".join(f"{q} 0 {d} {grade}\n" for q, d, grade in judged))
    rows = [(q, n, row) for q, found in given.candidates.items() for n, row in enumerate(found, start=1)]
    write_lines(tmp_path / "run.txt", "".join(f"{q} Q0 {r.document_id} {n} {-n} x\n" for q, n, r in rows))
    task = trec_task(
        *(tmp_path / name for name in ("topics.tsv", "qrels.txt", "corpus.tsv", "run.txt")), name="dl19"
    )
    assert task.queries == given.queries
    assert task.judgements == given.judgements
    assert task.candidates is not None
    texts = {
        q: [(row.document_id, row.text.strip()) for row in found] for q, found in given.candidates.items()
    }
    assert {
        q: [(row.document_id, row.text) for row in found] for q, found in task.candidates.items()
    } == texts
