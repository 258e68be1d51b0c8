from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.ingest import sample
from pertinent.ingest.chunker import Chunker
from pertinent.ingest.detect import find_sources
from pertinent.ingest.sample import sample_documents, sample_folder, sample_questions


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def test_counts_and_sizes() -> None:
    documents = sample_documents()
    topics = Counter(d.metadata["topic"] for d in documents)
    assert len(documents) == len({d.id for d in documents}) == 120
    assert len(topics) == 12
    assert set(topics.values()) == {10}
    assert all(60 <= len(d.text.split()) <= 140 for d in documents)
    assert all(d.title and isinstance(d.metadata["year"], int) and d.metadata["journal"] for d in documents)
    assert all(str(d.metadata["journal"]).startswith("Pertinent Sample") for d in documents)


def test_passages_are_distinct() -> None:
    documents = sample_documents()
    assert len({d.title for d in documents}) == 120
    runs = [{tuple(w[i : i + 5]) for i in range(len(w) - 4)} for w in (words(d.text) for d in documents)]
    assert max(len(one & two) for one, two in combinations(runs, 2)) <= 8


def test_each_passage_is_one_chunk() -> None:
    chunker = Chunker(lambda text: [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)])
    assert all(len(chunker.chunk(document)) == 1 for document in sample_documents())


def test_questions_and_judgements() -> None:
    documents = {d.id: d for d in sample_documents()}
    questions = sample_questions()
    assert 24 <= len(questions) <= 36
    assert len({q.id for q in questions}) == len({q.text for q in questions}) == len(questions)
    for question in questions:
        grades = dict(question.judgements)
        assert len(grades) == len(question.judgements) >= 4
        assert set(grades) <= set(documents)
        assert set(grades.values()) <= {0, 1, 2}
        assert {0, 2} <= set(grades.values())
        relevant = [documents[id] for id, grade in grades.items() if grade]
        if question.filters:
            assert question.filters == ("year>=2015",)
            assert all(int(str(d.metadata["year"])) >= 2015 for d in relevant)
    assert sum(sum(grade > 0 for _, grade in q.judgements) > 1 for q in questions) >= 20
    covered = {documents[id].metadata["topic"] for q in questions for id, grade in q.judgements if grade}
    assert len(covered) == 12


def test_the_demo_has_six_questions_one_of_them_filtered() -> None:
    assert sum(bool(q.filters) for q in sample_questions()[:6]) == 1


def test_the_readme_tells_the_truth() -> None:
    readme = (sample_folder() / "README.md").read_text(encoding="utf-8")
    questions = sample_questions()
    judgements = sum(len(q.judgements) for q in questions)
    assert f"{len(questions)} questions and {judgements} graded judgements" in readme
    assert "CC0" in readme


def test_the_folder_is_a_beir_folder() -> None:
    (source,) = find_sources([sample_folder()], on_broken=pytest.fail)
    assert source.reader.name == "beir"


@pytest.mark.parametrize("content", ["", '{"_id": "q1"}', "not json"])
def test_a_damaged_sample_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr(sample, "sample_folder", lambda: tmp_path)
    if content:
        (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n")
        (tmp_path / "queries.jsonl").write_text(content)
    with pytest.raises(DataError, match="damaged"):
        sample_questions()
    (tmp_path / "corpus.jsonl").write_text("not json")
    with pytest.raises(DataError, match="damaged"):
        sample_documents()
