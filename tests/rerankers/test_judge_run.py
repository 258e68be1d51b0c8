"""Runs over many documents, and models that are refused because they say nothing."""

from __future__ import annotations

import math
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pertinent.engine import chunks
from pertinent.engine.judge_prompt import JudgePrompter
from pertinent.errors import ModelError
from pertinent.families.qwen3_reranker import EVALUATION_INSTRUCTION, WEB_SEARCH_INSTRUCTION
from pertinent.rerankers import judge_run
from support.tiny_reranker import (
    answers,
    edit_tensors,
    load,
    swap_answers,
    with_engine,
)

QUERY = "Does aspirin prevent stroke?"


@pytest.fixture
def copied(untied: tuple[Path, Any], tmp_path: Path) -> Path:
    """A model to spoil."""
    return Path(shutil.copytree(untied[0], tmp_path / "tiny-reranker"))


def test_a_model_in_order_loads(copied: Path) -> None:
    load(copied).load()


def test_a_wrong_order_is_refused(copied: Path) -> None:
    swap_answers(copied)
    with pytest.raises(ModelError, match="unrelated text before an answer") as caught:
        load(copied).load()
    assert "--no-check" in (caught.value.hint or "")


def no_rows(tensors: dict[str, Any]) -> None:
    tensors["lm_head.weight"].zero_()


def blind_layers(tensors: dict[str, Any]) -> None:
    for name, tensor in tensors.items():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            tensor.zero_()


def no_numbers(tensors: dict[str, Any]) -> None:
    tensors["model.layers.1.self_attn.q_proj.weight"].fill_(math.nan)


def infinite_rows(tensors: dict[str, Any]) -> None:
    tensors["lm_head.weight"][answers()[0]] = math.inf


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (no_rows, "the same score"),
        (blind_layers, "the same score"),
        (no_numbers, "no numbers"),
        (infinite_rows, "no numbers"),
    ],
)
def test_a_model_that_says_nothing_is_refused(
    copied: Path, spoil: Callable[[dict[str, Any]], None], fault: str
) -> None:
    edit_tensors(copied, spoil)
    scorer = load(copied)
    for _ in range(2):
        with pytest.raises(ModelError, match=fault):
            scorer.score(QUERY, ["a"])
    unchecked = load(copied, check=False)
    if fault == "no numbers":
        with pytest.raises(ModelError, match="finite"):
            unchecked.score(QUERY, ["a"])
    else:
        assert len(unchecked.score(QUERY, ["a"])) == 1


def test_an_evaluation_prompt_has_its_own_canary(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    original = JudgePrompter.prompt
    monkeypatch.setattr(
        JudgePrompter,
        "prompt",
        lambda self, query, instruction=None: (
            asked.append(self.form.default_instruction) or original(self, query, instruction)
        ),
    )
    load(copied).load()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge_run, "SAME", -1.0)
        load(copied, prompt="evaluation").load()
    load(copied).load()  # asked already
    assert load(copied).engine is load(copied, check=False).engine, "the weights are loaded once"
    assert asked == [WEB_SEARCH_INSTRUCTION, EVALUATION_INSTRUCTION]


def test_ten_thousand_documents_take_bounded_memory_and_tell_progress(tied: tuple[Path, Any]) -> None:
    scorer, engine = with_engine(tied[0])
    documents = [f"Patient {number} took aspirin." for number in range(10_000)]
    calls: list[tuple[int, int]] = []
    tracemalloc.start()
    try:
        scores = scorer.score("Who?", documents, progress=lambda *call: calls.append(call))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(scores) == 10_000
    assert engine.largest <= chunks.CHUNK_TEXTS
    assert peak < 50e6
    assert calls == sorted(set(calls))
    assert calls[-1] == (10_000, 10_000)
    assert len(calls) > 50


@pytest.mark.parametrize("who", ["engine", "progress"])
def test_an_interrupt_ends_the_call_at_once(tied: tuple[Path, Any], who: str) -> None:
    scorer, engine = with_engine(tied[0], stop_after=3 if who == "engine" else None)

    def stop(done: int, total: int) -> None:
        if who == "progress" and engine.batches == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scorer.score("Who?", [f"Patient {number}." for number in range(10_000)], progress=stop)
    assert engine.batches == 3
    assert engine.closed
    engine.stop_after = None
    assert len(scorer.score("Who?", ["a", "b"])) == 2
