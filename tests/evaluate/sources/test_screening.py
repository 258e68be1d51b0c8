from __future__ import annotations

import json
from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.evaluate.sources import screening
from pertinent.evaluate.sources.screening import screening_files, screening_tasks
from pertinent.evaluate.task import Task
from support.judged_sets import write_lines

RECORDS: list[dict[str, object]] = [
    {"id": "1", "title": "Bees", "abstract": "They fly.", "label": 1, "year": 1990},
    {"id": 2, "title": "Tides", "abstract": "", "label": 0},
    {"id": "3", "title": "", "abstract": None, "label": 1},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for review in ("Asked_2001", "Topical_2002", "Titled_2003", "Bare_2004"):
        write_lines(tmp_path / f"{review}.jsonl", RECORDS)
    reviews = [
        {"review": "Asked_2001", "query": "bees in flight", "topic": "bees", "title": "All bees"},
        {"review": "Topical_2002", "query": "", "topic": "bees", "title": "All bees"},
        {"review": "Titled_2003", "topic": None, "title": "All bees"},
        {"review": "Elsewhere", "title": "x"},
    ]
    write_lines(tmp_path / "reviews.json", json.dumps(reviews))
    return tmp_path


def tasks_of(path: Path, split: str | None = None) -> list[Task]:
    return screening_tasks(path, screening_files(path), split)


def test_what_a_review_is_asked(folder: Path) -> None:
    assert [dict(task.queries) for task in tasks_of(folder)] == [
        {"Asked_2001": "bees in flight"},
        {"Bare_2004": "Bare 2004"},
        {"Titled_2003": "All bees"},
        {"Topical_2002": "bees"},
    ]


def test_a_review_is_a_task(folder: Path) -> None:
    (task,) = tasks_of(folder / "Topical_2002.jsonl")
    assert (task.name, task.split, task.kind) == ("Topical_2002", "test", "screening")
    assert task.queries == {"Topical_2002": "bees"}
    assert task.judgements == {"Topical_2002": {"1": 1, "2": 0, "3": 1}}
    assert task.documents is not None
    assert [(d.id, d.title, d.text, dict(d.metadata)) for d in task.documents()] == [
        ("1", "Bees", "They fly.", {}),
        ("2", "Tides", "", {}),
    ]


def test_the_query_is_part_of_the_data(folder: Path) -> None:
    before = tasks_of(folder / "Topical_2002.jsonl")[0].data_hash
    (folder / "reviews.json").unlink()
    (task,) = tasks_of(folder / "Topical_2002.jsonl")
    assert task.queries == {"Topical_2002": "Topical 2002"}
    assert task.data_hash != before


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"id": "1", "title": "x", "label": 0}, "line 4: a record with this id stands further up"),
        ({"id": "9", "title": "x", "label": 2}, "line 4: field label is not 0 or 1"),
        ({"id": "9", "title": "x"}, "line 4: field label is not 0 or 1"),
        ({"id": "9", "title": "x", "label": []}, "line 4: field label is not 0 or 1"),
        ({"title": "x", "label": 0}, "line 4: there is no _id or id or doc_id"),
    ],
)
def test_broken_records(tmp_path: Path, record: dict[str, object], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        tasks_of(write_lines(tmp_path / "x.jsonl", [*RECORDS, record]))


def test_too_many_records(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "MAX_RECORDS", 2)
    with pytest.raises(DataError, match="line 3: more than 2 records"):
        tasks_of(folder)


@pytest.mark.parametrize("content", ["", '{"text": "x", "label": "a"}', '{"title": "x"}'])
def test_other_lines_are_none_of_this(tmp_path: Path, content: str) -> None:
    assert screening_files(write_lines(tmp_path / "a.jsonl", content)) == []
    assert screening_files(tmp_path) == []


def test_there_is_one_split(folder: Path) -> None:
    with pytest.raises(DataError, match="there are: test"):
        tasks_of(folder, "train")


def test_published_counts(data_folder: Path) -> None:
    tasks = tasks_of(data_folder / "screening")
    labels = [label for task in tasks for grades in task.judgements.values() for label in grades.values()]
    assert (len(tasks), len(labels), sum(labels)) == (9, 9883, 863)
    documents = [[d.id for d in task.documents()] for task in tasks if task.documents is not None]
    assert documents == [list(next(iter(task.judgements.values()))) for task in tasks]
    assert tasks[1].queries == {"Cohen_2006_ADHD": "ADHD"}
