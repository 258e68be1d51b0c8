from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pertinent.errors import DataError, FetchError, UsageError
from pertinent.evaluate.named.ir_sets import MAX_CANDIDATES, open_ir_dataset, task_of

ir_datasets = pytest.importorskip("ir_datasets")

DOCUMENTS = {
    "d1": "Metformin lowers glucose.",
    "d2": "Rain fell.",
    "d3": "Statins lower cholesterol.",
    "d4": "",
}
QUERIES = {"q1": "what lowers glucose?", "q2": "what lowers cholesterol?", "q3": "not judged"}
QRELS = "q1 0 d1 2\nq1 0 d2 0\nq2 0 d3 1\nq9 0 d1 1\n"
RUN = "q1 Q0 d2 1 0.5 x\nq1 Q0 d1 2 3.5 x\nq2 Q0 d3 1 9 x\nq3 Q0 d1 1 9 x\nq2 Q0 gone 2 8 x\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set as ir_datasets reads it, and its home."""
    monkeypatch.setenv("IR_DATASETS_HOME", str(tmp_path / "home"))
    (tmp_path / "docs.tsv").write_text("".join(f"{d}\t{text}\n" for d, text in DOCUMENTS.items()))
    (tmp_path / "queries.tsv").write_text("".join(f"{q}\t{text}\n" for q, text in QUERIES.items()))
    (tmp_path / "qrels").write_text(QRELS)
    (tmp_path / "run").write_text(RUN)
    return tmp_path


def local_set(files: Path, *, scored: bool = False) -> Any:
    formats, local = ir_datasets.formats, ir_datasets.util.LocalDownload
    grades = {2: "right", 1: "near", 0: "wrong"}
    parts = [
        formats.TsvDocs(local(files / "docs.tsv"), namespace="pertinent-test", lang="en"),
        formats.TsvQueries(local(files / "queries.tsv"), lang="en"),
        formats.TrecQrels(local(files / "qrels"), grades),
    ]
    if scored:
        parts.append(formats.TrecScoredDocs(local(files / "run")))
    return ir_datasets.datasets.base.Dataset(*parts)


def test_documents_queries_and_judgements(files: Path) -> None:
    task = task_of(local_set(files), "own/set/dev", "1")
    assert (task.name, task.split, task.kind, task.language) == ("own-set", "dev", "retrieval", "english")
    assert task.queries == {"q1": QUERIES["q1"], "q2": QUERIES["q2"]}
    assert task.judgements == {"q1": {"d1": 2, "d2": 0}, "q2": {"d3": 1}}
    assert task.documents is not None
    for _ in range(2):
        assert {d.id: d.text for d in task.documents()} == {d: t for d, t in DOCUMENTS.items() if t}
    assert not task.without_self


def test_scored_documents_become_candidates_best_first(files: Path) -> None:
    task = task_of(local_set(files, scored=True), "own/set", "1")
    assert (task.name, task.split, task.kind, task.documents) == ("own-set", "test", "candidates", None)
    assert task.candidates is not None
    found = {
        q: [(row.document_id, row.text, row.score) for row in rows] for q, rows in task.candidates.items()
    }
    assert found == {
        "q1": [("d1", DOCUMENTS["d1"], 3.5), ("d2", DOCUMENTS["d2"], 0.5)],
        "q2": [("d3", DOCUMENTS["d3"], 9.0)],
    }
    assert MAX_CANDIDATES == 1000


def test_titles_stay_titles() -> None:
    from pertinent.evaluate.named.ir_sets import _document

    titled = ir_datasets.load("beir/scifact").docs_cls()
    document = _document(titled(doc_id="1", text="Text.", title="Title"))
    assert document is not None
    assert (document.title, document.text) == ("Title", "Text.")
    cord = ir_datasets.load("cord19").docs_cls()
    document = _document(cord("1", "Title", "10.1", "2020", "Abstract."))
    assert document is not None
    assert (document.title, document.text) == ("", "Title Abstract.")


def test_the_hash_follows_name_version_and_content(files: Path) -> None:
    plain = task_of(local_set(files), "own/set", "1").data_hash
    assert task_of(local_set(files), "own/set", "1").data_hash == plain
    others = [
        task_of(local_set(files), "own/other", "1").data_hash,
        task_of(local_set(files), "own/set", "2").data_hash,
        task_of(local_set(files, scored=True), "own/set", "1").data_hash,
    ]
    (files / "qrels").write_text(QRELS.replace("d1 2", "d1 1"))
    others.append(task_of(local_set(files), "own/set", "1").data_hash)
    assert len({plain, *others}) == 5


def test_beir_leaves_documents_with_the_id_of_the_query_out(files: Path) -> None:
    (files / "queries.tsv").write_text("d1\twhat?\n")
    (files / "qrels").write_text("d1 0 d3 1\n")
    (files / "run").write_text("d1 Q0 d1 1 2 x\nd1 Q0 d3 2 1 x\n")
    assert task_of(local_set(files), "beir/own", "1").without_self
    task = task_of(local_set(files, scored=True), "beir/own", "1")
    assert task.candidates is not None
    assert [row.document_id for row in task.candidates["d1"]] == ["d3"]


def test_a_set_without_judged_queries_is_refused(files: Path) -> None:
    (files / "qrels").write_text("q9 0 d1 1\n")
    with pytest.raises(DataError, match="no judged query"):
        task_of(local_set(files), "own/set", "1")


def test_broken_files_are_told_without_their_text(files: Path) -> None:
    (files / "qrels").write_text("secret words only\n")
    with pytest.raises(FetchError, match=r"own/set cannot be loaded \(\w+\)\.") as caught:
        task_of(local_set(files), "own/set", "1")
    assert "secret" not in str(caught.value)
    assert "IR_DATASETS_HOME" in caught.value.hint


def test_documents_that_cannot_be_read_are_told_when_they_are_asked_for(files: Path) -> None:
    task = task_of(local_set(files), "own/set", "1")
    (files / "docs.tsv").unlink()
    assert task.documents is not None
    with pytest.raises(FetchError, match="cannot be loaded"):
        list(task.documents())


@pytest.mark.parametrize(
    ("name", "split", "found"),
    [
        ("beir/scifact/test", None, "beir/scifact/test"),
        ("beir/scifact", None, "beir/scifact/test"),
        ("beir/scifact", "train", "beir/scifact/train"),
        ("beir/scifact/train", "train", "beir/scifact/train"),
        ("miracl/de", None, "miracl/de/dev"),
        ("beir/trec-covid", None, "beir/trec-covid"),
        ("msmarco-passage/trec-dl-2019/judged", None, "msmarco-passage/trec-dl-2019/judged"),
    ],
)
def test_names_of_the_catalogue(
    name: str, split: str | None, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pertinent.evaluate.named import ir_sets

    asked: list[str] = []
    monkeypatch.setattr(ir_sets, "task_of", lambda dataset, full, version: asked.append(full))
    open_ir_dataset(name, split)
    assert asked == [found]


@pytest.mark.parametrize(("name", "split"), [("nothing", None), ("beir/scifact", "dev"), ("miracl", None)])
def test_unknown_names_are_told(name: str, split: str | None) -> None:
    with pytest.raises(UsageError, match="no judged set") as caught:
        open_ir_dataset(name, split)
    assert ("beir/scifact/test" in caught.value.hint) == (name != "miracl")


def test_what_cannot_be_reached_is_told_with_what_to_do(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    def refuse(*_: Any, **__: Any) -> None:
        raise requests.exceptions.ConnectionError("https://signed.example/secret")

    monkeypatch.setattr(requests, "get", refuse)
    with pytest.raises(FetchError, match="cannot be loaded") as caught:
        open_ir_dataset("nfcorpus/test")
    assert "secret" not in str(caught.value)
