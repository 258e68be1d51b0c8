"""What a provider wrote is asked for once, also over interruptions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pertinent.errors import FetchError, RecordError
from pertinent.train.data_config import ProviderConfig
from pertinent.train.written import open_writer
from support.fake_provider import FakeProvider, fake_provider


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fake_provider() as running:
        yield running


def written(provider: FakeProvider, path: Path, *passages: str, **more: Any) -> list[list[str]]:
    settings = {"address": provider.address, "model": "writer", "attempts": 1} | more
    with open_writer(ProviderConfig.model_validate(settings), path) as writer:
        return [writer(passage) for passage in passages]


def test_a_passage_is_asked_about_once(tmp_path: Path, provider: FakeProvider) -> None:
    path = tmp_path / "work" / "written.jsonl"
    provider.write = lambda passage: f"über {passage}? 糖尿病"
    first = written(provider, path, "one", "two", "one")
    assert first == [["über one? 糖尿病"], ["über two? 糖尿病"], ["über one? 糖尿病"]]
    assert written(provider, path, "two", "one", timeout=3)[0] == first[1]
    assert provider.passages == ["one", "two"]


def test_another_model_or_prompt_is_asked_anew(tmp_path: Path, provider: FakeProvider) -> None:
    path = tmp_path / "written.jsonl"
    for more in ({}, {"model": "other"}, {"queries": 5}, {"temperature": 0.0}):
        written(provider, path, "one", **more)
    assert len(provider.requests) == 4


def test_after_a_fault_the_rest_is_asked(tmp_path: Path, provider: FakeProvider) -> None:
    path = tmp_path / "written.jsonl"
    answers = iter(["a?"])
    provider.write = lambda passage: next(answers, None)
    written(provider, path, "one")
    provider.faults = [(503, b"", {})]
    with pytest.raises(FetchError):
        written(provider, path, "one", "two")
    with path.open("ab") as stream:
        stream.write(b'{"key": "half a li')
    provider.write = lambda passage: f"about {passage}?"
    assert written(provider, path, "one", "two") == [["a?"], ["about two?"]]
    assert written(provider, path, "one", "two") == [["a?"], ["about two?"]]
    assert provider.passages == ["one", "two", "two"]


def test_silence_is_not_kept(tmp_path: Path, provider: FakeProvider) -> None:
    provider.write = lambda passage: None
    assert written(provider, tmp_path / "written.jsonl", "one") == [[]]
    provider.write = lambda passage: "one?"
    assert written(provider, tmp_path / "written.jsonl", "one") == [["one?"]]


@pytest.mark.parametrize(
    "line", ["no", "[]", "{}", '{"key": 1, "queries": []}', '{"key": "k", "queries": [1]}']
)
def test_a_file_of_something_else(tmp_path: Path, provider: FakeProvider, line: str) -> None:
    path = tmp_path / "written.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(RecordError, match="line 1"):
        written(provider, path, "one")
