from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

from pertinent.ingest.beir import BeirReader, corpus_of

if TYPE_CHECKING:
    from conftest import ReadContent


def test_corpus_of(tmp_path: Path) -> None:
    assert corpus_of(tmp_path) is None
    (tmp_path / "corpus.jsonl.gz").write_bytes(gzip.compress(b""))
    assert corpus_of(tmp_path) == tmp_path / "corpus.jsonl.gz"


def test_ids_stay_and_are_needed(read_content: ReadContent) -> None:
    lines = '{"_id": "7", "title": "T", "text": "x", "metadata": {"year": 1980}}\n{"text": "nameless"}\n'
    reading = read_content(BeirReader(), lines, "corpus.jsonl")
    assert [(d.id, d.title, dict(d.metadata)) for d in reading.documents] == [("7", "T", {"year": 1980})]
    assert reading.reasons == ["line 2: there is no _id"]


def test_real_collection(data_folder: Path) -> None:
    corpus = corpus_of(data_folder / "scifact")
    assert corpus is not None
    errors: list[object] = []
    ids = [document.id for document in BeirReader().read(corpus, on_broken=errors.append)]
    assert len(ids) == len(set(ids)) == 5183
    assert not errors
