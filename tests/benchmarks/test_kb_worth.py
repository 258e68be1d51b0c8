"""The benchmark brings packages' documents together, asks its questions and writes what they gave."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType

import pytest

from support.pdfs import pdf

Script = Callable[[str], ModuleType]


@pytest.fixture
def benchmark(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script over two packages, a PDF and one question."""
    kb_worth = script("kb_worth")
    (tmp_path / "data" / "formats" / "pdf").mkdir(parents=True)
    (tmp_path / "data" / "formats" / "pdf" / "tides.pdf").write_bytes(pdf(["The moon pulls the sea."]))
    monkeypatch.setenv("PERTINENT_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(kb_worth, "QUESTIONS", tmp_path / "questions.jsonl")
    packages = {name: distribution(name).version for name in ("pluggy", "iniconfig")}
    monkeypatch.setattr(kb_worth, "pinned", lambda constraints: packages)
    monkeypatch.setattr(sys, "argv", ["kb_worth.py", "--out", str(tmp_path / "found.json")])
    return kb_worth


def ask(folder: Path, document: str) -> None:
    question = {"id": "tides", "question": "What makes the tides?", "relevant": [document]}
    (folder / "questions.jsonl").write_text(json.dumps(question))


def test_what_was_found_is_written(benchmark: ModuleType, tmp_path: Path) -> None:
    ask(tmp_path, "formats/pdf/tides.pdf")
    benchmark.main()
    found = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert (found["packages"], found["documents"], found["kinds"][".pdf"]) == (2, 3, 1)
    assert (found["questions"], found["relevant_files"]) == (1, 1)
    assert found["measures"]["MRR@10"]["reranked"] == 1.0
    assert found["models"]["rerankers"][0]["questions"] == 1


def test_a_document_that_is_not_there_ends_it(benchmark: ModuleType, tmp_path: Path) -> None:
    ask(tmp_path, "formats/pdf/tides.pdf")
    with (tmp_path / "questions.jsonl").open("a") as file:
        file.write('\n{"id": "away", "question": "Where?", "relevant": ["packages/away.md"]}\n')
    with pytest.raises(SystemExit, match=r"Not among the files: .*away\.md"):
        benchmark.main()
    assert not (tmp_path / "found.json").exists()
