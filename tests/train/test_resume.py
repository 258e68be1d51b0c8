from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pertinent.train.examples import Example, TrainingPassage, read_examples
from pertinent.train.resume import write_resumed

EXAMPLES = [Example(f"query {n}", (TrainingPassage("Ein Text über 糖尿病.", True),), "own") for n in range(6)]


class Stage:
    """Marks what it saw, and can stop on the way."""

    def __init__(self, stop_at: str = "") -> None:
        self.seen: list[str] = []
        self.stop_at = stop_at

    def __call__(self, examples: Iterator[Example]) -> Iterator[Example]:
        for example in examples:
            if example.query == self.stop_at:
                raise KeyboardInterrupt
            self.seen.append(example.query)
            yield replace(example, made_by="stage")


def interrupted(path: Path, made_of: str = "one") -> None:
    with pytest.raises(KeyboardInterrupt):
        write_resumed(path, EXAMPLES, Stage(stop_at="query 3"), made_of)


def test_a_second_run_goes_on_where_the_first_one_stopped(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "mined.jsonl"
    interrupted(path)
    assert not path.exists()
    stage = Stage()
    assert write_resumed(path, EXAMPLES, stage, "one") == 6
    assert stage.seen == ["query 3", "query 4", "query 5"]
    assert list(read_examples(path)) == [replace(e, made_by="stage") for e in EXAMPLES]
    assert [p.name for p in path.parent.iterdir()] == ["mined.jsonl"]


def test_half_a_line_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "mined.jsonl"
    interrupted(path)
    (part,) = tmp_path.iterdir()
    part.write_bytes(part.read_bytes()[:-7])
    stage = Stage()
    write_resumed(path, EXAMPLES, stage, "one")
    assert stage.seen[0] == "query 2"
    assert [e.query for e in read_examples(path)] == [e.query for e in EXAMPLES]


def test_a_first_line_without_end_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "mined.jsonl"
    interrupted(path)
    (part,) = tmp_path.iterdir()
    part.write_bytes(b'{"query": ')
    assert write_resumed(path, EXAMPLES, Stage(), "one") == 6
    assert len(list(read_examples(path))) == 6


def test_what_was_made_of_something_else_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "mined.jsonl"
    interrupted(path)
    stage = Stage()
    write_resumed(path, EXAMPLES, stage, "two")
    assert len(stage.seen) == 6
