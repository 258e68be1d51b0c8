from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.evaluate.sources import memory
from pertinent.evaluate.sources.memory import memory_files, memory_task
from pertinent.evaluate.task import SCOPE, Task
from pertinent.types import Document
from support.judged_sets import locomo_sample, realtalk_chat, write_lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_lines(tmp_path / "talks" / "b.json", json.dumps(locomo_sample()))
    write_lines(tmp_path / "talks" / "a.json", json.dumps(realtalk_chat()))
    return tmp_path / "talks"


def task_of(path: Path, split: str | None = None) -> Task:
    return memory_task(path, memory_files(path), split)


def documents_of(task: Task) -> list[Document]:
    assert task.documents is not None
    return list(task.documents())


def test_questions_find_turns_of_their_conversation(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    task = task_of(folder)
    assert (task.name, task.split, task.kind) == ("talks", "test", "memory")
    assert list(task.queries) == ["a/q1", "a/q2", "conv-1/q1", "conv-1/q2"]
    assert task.judgements["conv-1/q1"] == {"conv-1/D1:2": 1, "conv-1/D2:1": 1}
    assert task.judgements["conv-1/q2"] == {"conv-1/D2:1": 1}
    assert task.groups["conv-1/q2"] == "temporal"
    assert task.scopes == {"a/q1": "a", "a/q2": "a", "conv-1/q1": "conv-1", "conv-1/q2": "conv-1"}
    assert "1 of 5 questions name no turn and are left out" in caplog.text


def test_documents_are_turns_with_words(folder: Path) -> None:
    found = documents_of(task_of(folder))
    assert [document.id for document in found] == ["a/D1:1", "conv-1/D1:1", "conv-1/D1:2", "conv-1/D2:1"]
    assert found[-1].title == "9 May, 2023"
    assert found[-1].text == "Ada: I sold it. [picture: a bill]"
    assert found[-1].metadata == {SCOPE: "conv-1"}


def test_one_file_is_a_task_too(folder: Path) -> None:
    assert task_of(folder / "b.json").name == "b"


def test_a_conversation_comes_once(folder: Path) -> None:
    write_lines(folder / "c.json", json.dumps(locomo_sample()))
    with pytest.raises(DataError, match=r"c\.json has a conversation that is there already"):
        task_of(folder)


def test_too_much_text(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_CHARS", 50)
    with pytest.raises(DataError, match="more than 50 characters"):
        task_of(folder)


def test_no_question_that_can_be_used(folder: Path) -> None:
    write_lines(folder / "b.json", json.dumps(locomo_sample() | {"qa": []}))
    with pytest.raises(DataError, match="has no question"):
        task_of(folder / "b.json")


def test_there_is_one_split(folder: Path) -> None:
    with pytest.raises(DataError, match="there are: test"):
        task_of(folder, "dev")


@pytest.mark.parametrize("content", ["{}", '{"resourceType": "Bundle"}', "", "[1, 2"])
def test_other_json_is_none_of_this(tmp_path: Path, content: str) -> None:
    assert memory_files(write_lines(tmp_path / "a.json", content)) == []
    assert memory_files(tmp_path) == []
    assert memory_files(write_lines(tmp_path / "b.txt", '{"qa": []}')) == []


def test_published_locomo(data_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    task = task_of(data_folder / "locomo")
    assert "2 of 999 questions" in caplog.text
    assert Counter(task.groups.values()) == {
        "single-hop": 418, "adversarial": 237, "temporal": 156, "multi-hop": 142, "open-domain": 44,
    }  # fmt: skip
    documents = documents_of(task)
    assert len({document.id for document in documents}) == len(documents) == 2760
    assert len(set(task.scopes.values())) == 5
    turns = {document.id for document in documents}
    assert all(set(grades) <= turns for grades in task.judgements.values())


def test_published_realtalk(data_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    task = task_of(data_folder / "realtalk")
    assert "2 of 360 questions" in caplog.text
    assert "pieces of evidence name no turn" in caplog.text
    assert len(documents_of(task)) == 3309
    assert set(task.groups.values()) == {"multi-hop", "temporal", "commonsense"}
