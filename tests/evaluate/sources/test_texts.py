from __future__ import annotations

import gzip
import logging
from pathlib import Path

import pytest

from pertinent.errors import RecordError
from pertinent.evaluate.sources import texts
from pertinent.evaluate.sources.texts import corpus_documents, query_texts


def test_a_corpus_is_json_lines_or_tabs_plain_or_compressed(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text('{"_id": "1", "title": "T", "text": "one"}\n')
    (tmp_path / "corpus.tsv").write_text("1\tone\n2\ttwo\twith a tab\n")
    (tmp_path / "corpus.tsv.gz").write_bytes(gzip.compress(b"1\tone\n"))
    found = {
        path.name: [(document.id, document.text) for document in corpus_documents(path)]
        for path in tmp_path.iterdir()
    }
    assert found["corpus.jsonl"][0][0] == "1"
    assert found["corpus.tsv"] == [("1", "one"), ("2", "two\twith a tab")]
    assert found["corpus.tsv.gz"] == [("1", "one")]


def test_empty_documents_and_judged_ones_that_lack_are_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "corpus.tsv"
    file.write_text("1\tone\n2\t \n")
    with caplog.at_level(logging.INFO):
        assert [document.id for document in corpus_documents(file, {"q": {"1": 1, "2": 1, "3": 1}})] == ["1"]
    assert "1 empty documents" in caplog.text
    assert "2 judged documents" in caplog.text


def test_queries_have_their_texts_by_id_in_file_order(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text('{"qid": "b", "query": " who? "}\n{"_id": "a", "text": "why?"}\n')
    (tmp_path / "queries.txt").write_text("b\twho?\na\twhy?\n")
    for path in tmp_path.iterdir():
        assert list(query_texts(path).items()) == [("b", "who?"), ("a", "why?")]


@pytest.mark.parametrize(
    ("lines", "told"),
    [("a\twho?\na\twhy?\n", "further up"), ("a who?\n", "no tab"), ("a\t\n", "there is no")],
)
def test_a_broken_query_is_an_error_with_its_line(lines: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "queries.tsv").write_text(lines)
    with pytest.raises(RecordError, match=told):
        query_texts(tmp_path / "queries.tsv")


def test_there_are_not_endlessly_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAX_QUERIES", 1)
    (tmp_path / "queries.tsv").write_text("a\twho?\nb\twhy?\n")
    with pytest.raises(RecordError, match="more than 1"):
        query_texts(tmp_path / "queries.tsv")
