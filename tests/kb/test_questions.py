from __future__ import annotations

import json
from pathlib import Path

import pytest

from pertinent.errors import DataError, RecordError, UsageError
from pertinent.kb.questions import Question, read_questions, write_questions

GOOD = {"id": "1", "question": "What makes the tides?", "relevant": ["sea.md#Tides"]}


def test_what_is_written_is_read_and_nothing_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    questions = (Question("1", "Why?", ("a b.md",), "Because.", "title"), Question("2", "Wo?", ("é.md",)))
    write_questions(file, questions)
    assert read_questions(file) == questions
    with pytest.raises(UsageError, match="there already"):
        write_questions(file, questions[:1])
    assert read_questions(file) == questions
    write_questions(file, questions[:1], replace=True)
    assert read_questions(file) == questions[:1]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"relevent": []}, "unknown field 'relevent'"),
        ({"id": None}, "no id"),
        ({"question": " "}, "no question"),
        ({"question": "x" * 10_001}, "longer than"),
        ({"relevant": []}, "no list of 1 to 100"),
        ({"relevant": "sea.md"}, "no list of 1 to 100"),
        ({"relevant": [1]}, "no text"),
        ({"relevant": ["x" * 2_001]}, "no text"),
        ({"relevant": ["a", "a"]}, "twice"),
        ({"id": "0"}, "question before it"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, more: dict[str, object], words: str) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in ({**GOOD, "id": "0"}, {**GOOD, **more})))
    with pytest.raises(RecordError, match=words) as caught:
        read_questions(file)
    assert "line 2" in str(caught.value)


def test_an_empty_file_holds_no_question(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text("\n")
    with pytest.raises(DataError, match="no question"):
        read_questions(tmp_path / "q.jsonl")
