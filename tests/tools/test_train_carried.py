"""The tool that trains the carried pair: what it begins with, and that what travels belongs together."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from pertinent.engine.catalogue import CARRIED
from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.errors import UsageError
from pertinent.rerankers.local import LocalReranker

TOOLS = Path(__file__).parents[2] / "tools"
GOLDENS = Path(__file__).parents[1] / "engine" / "goldens.json"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(TOOLS))
    yield import_module("train_carried")
    for name in ("train_carried", "shared_tokenizer"):
        sys.modules.pop(name, None)


def test_the_teacher_says_what_was_published(tool: ModuleType, weights_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "teacher"
    tool.build_reranking_teacher(weights_folder / tool.RERANKER, out)
    pairs = json.loads(GOLDENS.read_text("utf-8"))["pairs"]
    teacher = LocalReranker(out)
    found = np.array([teacher.score(pair["query"], [pair["passage"]])[0].margin for pair in pairs])
    difference = np.abs(found - [pair["margin"] for pair in pairs])
    assert difference.mean() < 0.1
    assert difference.max() < 0.4


def test_the_carried_tokenizer_is_the_one_of_both_bases(tool: ModuleType, weights_folder: Path) -> None:
    files = [weights_folder / name / TOKENIZER_FILE for name in tool.PUBLISHED]
    assert tool.compact_tokenizer(*files) == (CARRIED / TOKENIZER_FILE).read_bytes()


def test_other_tokenizers_are_refused(tool: ModuleType, tmp_path: Path) -> None:
    for name, vocabulary in (("one", {"a": 0}), ("two", {"b": 0})):
        (tmp_path / name).write_text(json.dumps({"model": {"vocab": vocabulary}}), "utf-8")
    with pytest.raises(UsageError, match="differ"):
        tool.compact_tokenizer(tmp_path / "one", tmp_path / "two")


@pytest.mark.parametrize("kind", ["embedder", "reranker"])
def test_the_small_setting_has_a_folder_of_its_own(tool: ModuleType, kind: str) -> None:
    config = tool.read_config(tool.CONFIGS / f"{kind}.toml")
    small = tool.smaller(config)
    assert 1 <= small.distil.steps == config.distil.steps // tool.SMALL
    assert small.folder != config.folder
    assert (small.data, small.student) == (config.data, config.student)


@pytest.mark.parametrize("kind", ["embedder", "reranker"])
def test_what_travels_says_what_the_configuration_says(tool: ModuleType, kind: str) -> None:
    export = tool.read_config(tool.CONFIGS / f"{kind}.toml").export
    description = json.loads((CARRIED / export.name / "model.json").read_text("utf-8"))
    assert description["description"] == export.description
    assert description.get("final") == (export.final.model_dump() if export.final else None)


def test_without_data_it_says_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERTINENT_DATA", raising=False)
    refused = subprocess.run(
        [sys.executable, TOOLS / "train_carried.py"], check=False, capture_output=True, text=True
    )
    assert refused.returncode == 2
    assert "PERTINENT_DATA" in refused.stderr
