"""The page and the sentence tell what reranking was worth, nothing included."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Script = Callable[[str], ModuleType]


def gain(low: float, high: float) -> dict[str, Any]:
    return {
        "without": 0.5,
        "without_interval": [0.4, 0.6],
        "reranked": 0.625,
        "reranked_interval": [0.5, 0.75],
        "difference": 0.125,
        "difference_interval": [low, high],
        "better": 3,
        "worse": 1,
        "equal": 0,
        "most": 0.6,
    }


def result(**measures: dict[str, Any]) -> dict[str, Any]:
    ranks = [(None, 1), (2, 1), (1, None), (3, 3)]
    return {
        "documents": 5,
        "kinds": {".md": 3, ".pdf": 2},
        "passages": 1234,
        "packages": 2,
        "questions": 40,
        "relevant_files": 4,
        "pipeline": {"top_k": 10, "max_per_file": 3},
        "models": {"embedder": {"name": "e"}, "rerankers": [{"name": "r"}]},
        "measures": measures,
        "asked": [{"without": without, "reranked": reranked} for without, reranked in ranks],
    }


@pytest.fixture
def page(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """The page's module, over a result of these measures."""
    monkeypatch.setattr(script("page_parts"), "RESULTS", tmp_path)

    def over(**measures: dict[str, Any]) -> ModuleType:
        (tmp_path / "kb_worth.json").write_text(json.dumps(result(**measures)), "utf-8")
        return script("kb_worth_page")

    return over


def test_nothing_measured_is_nothing_told(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script("page_parts"), "RESULTS", tmp_path)
    assert script("kb_worth_page").sections() == {}


def test_figures_stand_with_their_intervals(page: Callable[..., ModuleType]) -> None:
    (command, text) = page(**{"P@5": gain(-0.01, 0.26)}).sections()[
        "What reranking is worth on a knowledge base"
    ]
    assert command == 'make bench ARGS="kb_worth"'
    line = (
        "| P@5 | 0.500 (0.400–0.600) | 0.625 (0.500–0.750) | +0.125 (−0.010 to +0.260) | 3 / 1 / 0 | 0.600 |"
    )
    assert line in text
    assert "5 documents (3 Markdown, 2 PDF; 1,234 passages)" in text
    assert "earlier for 2 questions, later for 1, and stayed for 1." in text


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.01, 0.26, "No difference is more than chance"),
        (0.01, 0.26, "Reranking raised P@5, by more"),
        (-0.2, -0.1, "Reranking lowered P@5, by more"),
    ],
)
def test_what_chance_can_do_is_no_gain(
    page: Callable[..., ModuleType], low: float, high: float, words: str
) -> None:
    module = page(**{"P@5": gain(low, high)})
    assert words in module.worth()
    assert words in module.sentence()
    assert "P@5 0.500 without reranking and 0.625 with it" in module.sentence()
