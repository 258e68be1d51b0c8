from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.evaluate.sources import candidates
from pertinent.evaluate.sources.candidates import candidates_task, is_candidates
from pertinent.evaluate.task import GivenCandidate
from support.judged_sets import write_lines


def given(identity: str, **fields: object) -> dict[str, object]:
    return {"doc_id": identity, "text": f"Text of {identity}.", **fields}


def write(folder: Path, *queries: list[dict[str, object]]) -> Path:
    write_lines(
        folder / "candidates.jsonl",
        [
            {"query_id": f"q{n}", "query": "Why?", "candidates": found}
            for n, found in enumerate(queries, start=1)
        ],
    )
    write_lines(folder / "qrels" / "dev.tsv", "query-id\tcorpus-id\tscore\nq1\ta\t1\nq1\telsewhere\t3\n")
    return folder


def test_candidates_of_judged_queries_by_rank(tmp_path: Path) -> None:
    found = [
        given("a", first_stage_rank=2, first_stage_score=None),
        given("b", first_stage_rank=1, first_stage_score=7),
    ]
    task = candidates_task(write(tmp_path / "set", found, [given("c")]))
    assert is_candidates(tmp_path / "set")
    assert (task.name, task.split, task.kind, task.documents) == ("set", "dev", "candidates", None)
    assert task.queries == {"q1": "Why?"}
    assert task.judgements == {"q1": {"a": 1, "elsewhere": 3}}
    assert task.candidates == {
        "q1": (GivenCandidate("b", "Text of b.", 7.0), GivenCandidate("a", "Text of a.", None))
    }


def test_without_ranks_the_order_stays(tmp_path: Path) -> None:
    task = candidates_task(write(tmp_path, [given("z"), given("a"), given("m", text="")]))
    assert task.candidates is not None
    assert [candidate.document_id for candidate in task.candidates["q1"]] == ["z", "a", "m"]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([given("a"), given("a")], "a document stands there twice"),
        (
            [given("a", first_stage_score=float("nan"))],
            "candidates 1: field first_stage_score is not a finite number",
        ),
        ([given("a", first_stage_rank="1")], "field first_stage_rank is not a finite number"),
        ([given("a", text=[])], "field text is not a text"),
        ([given("a b")], "field doc_id is no id"),
        ([{"text": "x"}], "there is no doc_id"),
        ([5], "candidates 1 is not an object"),
        ({"a": 1}, "field candidates is not a list"),
    ],
)
def test_broken_candidates(tmp_path: Path, found: list[dict[str, object]], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        candidates_task(write(tmp_path, found))


def test_judged_queries_without_candidates(tmp_path: Path) -> None:
    write_lines(write(tmp_path, [given("a")]) / "qrels" / "dev.tsv", "q1\ta\t1\nq9\ta\t1\n")
    with pytest.raises(DataError, match="1 of 2 judged queries"):
        candidates_task(tmp_path)


def test_too_much_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MAX_TEXT_CHARS", 19)
    with pytest.raises(DataError, match="more than 19 characters"):
        candidates_task(write(tmp_path, [given("a"), given("b")]))


def test_published_counts(data_folder: Path) -> None:
    task = candidates_task(data_folder / "trec_dl19_bm25")
    assert task.candidates is not None
    assert (task.split, len(task.queries), sum(map(len, task.judgements.values()))) == ("test", 43, 9260)
    assert sum(map(len, task.candidates.values())) == 4300
    for rows in task.candidates.values():
        scores = [row.score or 0.0 for row in rows]
        assert scores == sorted(scores, reverse=True)


def test_several_splits_that_are_neither_test_nor_dev(data_folder: Path) -> None:
    assert candidates_task(data_folder / "mediqa2019_qa").split == "dev"
    assert len(candidates_task(data_folder / "mediqa2019_qa", "train_alexa").queries) == 104
    with pytest.raises(DataError, match="there are: dev, train_alexa, train_liveqa"):
        candidates_task(data_folder / "mediqa2019_qa", "test")
